//! Lists of a queue that was used for months, with every filter: what they show first, and how long that takes.

use std::time::{Duration, Instant};

use super::place::Place;

/// The most that a page may take: fifty milliseconds, of a build that is optimised.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 50 });

const FILTERS: &[&str] = &[
    "",
    "--type user.updated",
    "--type user.*",
    "--type user.rare",
    "--type no.such",
    "--resource old-17",
    "--resource hot",
    "--resource nobody",
    "--since 1h",
    "--since 30d",
    "--until 30d",
    "--until 89d",
    "--since 60d --until 59d",
    "--status 200",
    "--status 503",
    "--status 418",
    "--status 299",
    "--error teapot",
    "--error nothing-like-it",
    "--type user.rare --status 200",
];

const BY_ENDPOINT: &[&str] = &["--endpoint 127.0.0.1:9", "--endpoint rare", "--endpoint rare --type user.updated"];

const BY_STATE: &[&str] = &[
    "--state delivered",
    "--state failed",
    "--state pending",
    "--state superseded",
    "--failed --type user.rare",
    "--failed --since 1d",
    "--failed --error teapot",
];

/// A place with two endpoints, of which one gets the rare type only, and an event of each of three types.
pub fn place_with_two_endpoints(database: Option<&str>) -> Place {
    let mut place = Place::new();
    std::fs::write(
        place.path("c.toml"),
        "[[endpoints]]\nname = \"127.0.0.1:9\"\nurl = \"http://127.0.0.1:9/\"\n\
         [[endpoints]]\nname = \"rare\"\nurl = \"http://127.0.0.1:8/\"\nevents = [\"user.rare\"]\n",
    )
    .unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    if let Some(database) = database {
        place.set("SYNCCTL_DB", database);
    }
    place.emit("user.updated", "first");
    for name in ["user.rare", "progress.touched"] {
        place.ok(&["emit", name, "x", "--resource-type", "user", "--data", "{}"]);
    }
    place
}

/// Shows the first page of every list and filter, and fails if one takes too long.
pub fn assert_every_first_page_is_shown_at_once(place: &Place) {
    let lists = [
        ("deliveries list", [FILTERS, BY_ENDPOINT, BY_STATE].concat()),
        ("failures list", [FILTERS, BY_ENDPOINT].concat()),
        ("events list", FILTERS.to_vec()),
        ("logs", [FILTERS, BY_ENDPOINT].concat()),
        ("audit list", FILTERS[..13].to_vec()),
    ];
    let mut slow = Vec::new();
    for (list, filters) in lists {
        for filter in filters {
            let args: Vec<&str> = list.split(' ').chain(filter.split_whitespace()).collect();
            place.run(&args);
            let began = Instant::now();
            let ran = place.run(&args);
            let took = began.elapsed();
            assert_eq!(ran.code, 0, "{list} {filter}: {ran:?}");
            println!("{:6.1} ms {list} {filter}", took.as_secs_f64() * 1e3);
            if took > LIMIT {
                slow.push(format!("{list} {filter}: {took:?}"));
            }
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
