//! Every command that shows a table, on narrow terminals.

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};
use crate::terminal::on_terminal;

/// Commands that show tables, with what stands before and behind them.
const TABLES: &[&str] = &[
    "status",
    "health",
    "endpoints list",
    "endpoints show an-endpoint-with-a-rather-long-name",
    "deliveries list",
    "deliveries list --failed",
    "deliveries show 1",
    "deliveries give-up --all --dry-run",
    "events list",
    "events show e0",
    "why e0",
    "why 2",
    "why an-endpoint-with-a-rather-long-name",
    "why an-enrollment-with-a-rather-long-id",
    "logs",
    "failures list",
    "failures stats",
    "failures clusters",
    "replay --failed --dry-run",
    "process --dry-run",
    "audit list",
    "records list",
    "records show user r0",
    "requests list",
    "alerts list",
    "retry simulate",
    "retry simulate --outage 3h --events 5000",
    "db status",
    "doctor",
    "config show",
    "help exit-codes",
    "help environment",
];

/// A queue whose texts are long: names, URLs, errors, a forecast.
fn full() -> (Receiver, Place) {
    const LONG: &str = "the enrollment of this learner is not known here, and none of its fields can be read";
    let receiver = Receiver::new(|request| match request.path.as_str() {
        "/gone" => Reply::Status(410),
        _ => Reply::With(422, Vec::new(), LONG.into()),
    });
    let mut place = Place::new();
    let endpoints: String = ["an-endpoint-with-a-rather-long-name", "another-endpoint-with-a-long-name", "gone"]
        .iter()
        .zip([
            receiver.url("/a-rather-long-path/of-a-rather-long-url"),
            "http://127.0.0.1:9/".into(),
            receiver.url("/gone"),
        ])
        .map(|(name, url)| format!("[[endpoints]]\nname = \"{name}\"\nurl = \"{url}\"\n"))
        .collect();
    std::fs::write(place.path("c.toml"), endpoints).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(8);
    place.run(&["process", "-q"]);
    place.ok(&["emit", "enrollment.updated", "an-enrollment-with-a-rather-long-id", "--data", "{}", "-q"]);
    (receiver, place)
}

#[test]
fn no_line_of_a_table_command_is_wider_than_the_terminal() {
    let (_receiver, mut place) = full();
    let mut wide = Vec::new();
    for columns in [60, 80] {
        place.set("COLUMNS", &columns.to_string());
        for command in TABLES {
            let Some(seen) = on_terminal(&place, columns, &format!("{command} 2>errors"), "") else { return };
            let lines = seen.stdout.lines().map(|line| line.trim_end().chars().count());
            let widest = lines.max().unwrap_or_default();
            assert!(widest > 0 || command.ends_with("list"), "`{command}` shows nothing: {seen:?}");
            if widest > usize::from(columns) {
                wide.push(format!("{columns} columns, {command}:\n{}", seen.stdout));
            }
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}
