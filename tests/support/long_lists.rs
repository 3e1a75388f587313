//! Lists of a queue that was used for months, with every filter: what they show first, and how long that takes.

use std::time::Duration;

use super::cluster::Cluster;
use super::place::Place;
use super::processor_time_of_children;

/// The most processor time that a page may take of the command and of the server together: fifty milliseconds, of a build that is
/// optimised. What else the machine does meanwhile does not count.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 150 } else { 50 });
/// How often each page is shown: the system counts in ticks of ten milliseconds.
const TIMES: u32 = 5;

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

const OF_RECORDS: &[&str] = &[
    "",
    "user",
    "--user u-7",
    "--user nobody",
    "--course c-hot",
    "--user u-7 --course c-hot",
    "--sort name",
    "user --sort email",
    "--course c-hot --sort created",
    "--deleted",
    "--deleted --user u-7 --sort name",
    "--search 77",
    "--search nothing-like-it --sort name",
    "--after 500000 --sort name",
    "--page 1000 --sort created",
];

/// A million records of three kinds, of a thousand users and in a thousand courses, one of which has a third of all; a tenth is deleted.
/// `numbers` is a table with the numbers `n` from one to a million.
pub fn million_records(numbers: &str) -> String {
    format!(
        "INSERT INTO record (kind, id, present, name, email, user_id, course_id, created_at, last_event, body)
            SELECT n % 3, 'r' || n, n % 10 > 0, 'name ' || n, 'm' || n, 'u-' || n % 1000,
                CASE WHEN n % 3 = 0 THEN 'c-hot' ELSE 'c-' || n % 997 END, n, n, '{{}}' FROM {numbers};"
    )
}

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

/// Shows the first page of every list and filter, and fails if one takes too long; `server` keeps the queue, if one does.
pub fn assert_every_first_page_is_shown_at_once(place: &Place, server: Option<&Cluster>) {
    let lists = [
        ("deliveries list", [FILTERS, BY_ENDPOINT, BY_STATE].concat()),
        ("failures list", [FILTERS, BY_ENDPOINT].concat()),
        ("events list", FILTERS.to_vec()),
        ("logs", [FILTERS, BY_ENDPOINT].concat()),
        ("audit list", FILTERS[..13].to_vec()),
        ("records list", OF_RECORDS.to_vec()),
    ];
    let mut slow = Vec::new();
    for (list, filters) in lists {
        for filter in filters {
            let args: Vec<&str> = list.split(' ').chain(filter.split_whitespace()).collect();
            let show = || {
                let ran = place.run(&args);
                assert_eq!(ran.code, 0, "{list} {filter}: {ran:?}");
            };
            let used = || {
                let server = server.map_or(Duration::ZERO, Cluster::processor_time_of_ended_sessions);
                processor_time_of_children("self") + server
            };
            show();
            let before = used();
            (0..TIMES).for_each(|_| show());
            let took = (used() - before) / TIMES;
            println!("{:6.1} ms {list} {filter}", took.as_secs_f64() * 1e3);
            if took > LIMIT {
                slow.push(format!("{list} {filter}: {took:?}"));
            }
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
