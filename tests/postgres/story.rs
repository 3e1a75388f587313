//! Every command on a queue in PostgreSQL, as an operator uses it.

use serde_json::Value;

use crate::support::cluster::Cluster;
use crate::support::place::{Place, eventually};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools;

pub(crate) fn place(cluster: &Cluster, urls: &[String]) -> Place {
    let mut place = Place::sending_to(urls);
    place.set("SYNCCTL_DB", &cluster.url());
    place
}

#[test]
fn an_event_goes_from_nothing_to_its_receiver() {
    let Some(cluster) = Cluster::start() else { return };
    let receiver = Receiver::good();
    let place = place(&cluster, &[receiver.url("/hook")]);
    let nothing = place.run(&["status"]);
    assert_eq!(nothing.code, 10, "{nothing:?}");
    let emitted = place.data(&["emit", "user.updated", "u1", "--data", "{\"name\":\"Z\"}", "--id", "e1"]);
    assert_eq!(emitted["deliveries"], 1);
    let again = place.data(&["emit", "user.updated", "u1", "--data", "{\"name\":\"Z\"}", "--id", "e1"]);
    assert_eq!(again["duplicate"], true);
    assert_eq!(place.run(&["emit", "user.updated", "u1", "--data", "{}", "--id", "e1"]).code, 65);
    assert_eq!(place.queue()["pending"], 1);
    let run = place.data(&["process"]);
    assert_eq!(run["run"]["delivered"], 1, "{run}");
    assert_eq!(receiver.count(), 1);
    assert_eq!(place.queue()["delivered"], 1);
    for args in READERS {
        let ran = place.run(args);
        assert!(matches!(ran.code, 0 | 1), "{args:?}: {ran:?}");
        assert!(!ran.stderr.contains("error:"), "{args:?}: {ran:?}");
    }
}

/// Commands that only read, all of which have to work.
const READERS: &[&[&str]] = &[
    &["status"],
    &["health"],
    &["check"],
    &["deliveries", "list"],
    &["deliveries", "list", "--state", "delivered"],
    &["events", "list"],
    &["events", "show", "e1"],
    &["events", "why", "e1"],
    &["failures", "list"],
    &["failures", "stats"],
    &["failures", "clusters"],
    &["audit", "list"],
    &["records", "list", "user"],
    &["endpoints", "list"],
    &["db", "status"],
    &["db", "verify"],
    &["process", "--dry-run"],
    &["metrics"],
];

#[test]
fn retries_replays_pauses_and_pruning_work_as_with_a_file() {
    let Some(cluster) = Cluster::start() else { return };
    let receiver = Receiver::new(|request| match request.header("x-sync-attempt") {
        "1" => Reply::Status(500),
        _ => Reply::Status(200),
    });
    let place = place(&cluster, &[receiver.url("/hook")]);
    for n in 0..4 {
        place.emit("user.updated", &format!("u{}", n % 2));
    }
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    let queue = place.queue();
    assert_eq!((&queue["delivered"], &queue["pending"]), (&Value::from(4), &Value::from(0)));
    assert_eq!(receiver.count(), 8);
    let endpoint = place.data(&["endpoints", "list"]);
    let name = endpoint[0]["name"].as_str().unwrap_or_else(|| panic!("{endpoint}")).to_owned();
    assert_eq!(place.run(&["endpoints", "pause", &name]).code, 0);
    place.emit("user.updated", "u9");
    assert_eq!(place.queue()["held"], 1);
    assert_eq!(place.run(&["endpoints", "resume", &name]).code, 0);
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!(place.queue()["delivered"], 5);
    assert_eq!(place.run(&["db", "verify"]).code, 0);
    assert_eq!(place.run(&["db", "prune", "--older-than", "0s", "--state", "delivered", "--yes", "--force"]).code, 0);
    assert_eq!(cluster.queue("SELECT count(*) FROM delivery"), "0");
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn what_only_a_file_has_names_the_tools_of_the_server() {
    let Some(cluster) = Cluster::start() else { return };
    let place = place(&cluster, &[]);
    place.emit("user.updated", "u");
    let refused = place.run(&["db", "backup", "copy.db"]);
    assert_ne!(refused.code, 0);
    let line = format!("pg_dump --format=custom --schema=syncctl --file=copy.db --dbname={}", cluster.url());
    assert!(refused.stderr.contains(&line), "{refused:?}");
    let refused = place.run(&["db", "restore", "copy.db"]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("pg_restore"), "{refused:?}");
}

#[test]
fn failures_are_clustered_acknowledged_and_replayed() {
    let Some(cluster) = Cluster::start() else { return };
    let receiver = Receiver::new(|_| Reply::Status(401));
    let mut place = place(&cluster, &[receiver.url("/hook")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    for id in ["e1", "e2", "e3"] {
        place.ok(&["emit", "user.updated", id, "--data", "{}", "--id", id]);
    }
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    let found = place.data(&["failures", "clusters"]);
    assert_eq!((&found[0]["deliveries"], &found[0]["status"]), (&Value::from(3), &Value::from(401)), "{found}");
    assert!(found[1].is_null(), "{found}");
    let name = found[0]["cluster"].as_str().unwrap();
    assert_eq!(place.data(&["failures", "list", "--cluster", name]).as_array().unwrap().len(), 3);
    place.ok(&["failures", "ack", name, "--note", "known"]);
    assert_eq!(place.data(&["failures", "clusters"]).as_array().unwrap().len(), 0);
    assert_eq!(place.data(&["failures", "clusters", "--all"])[0]["note"], "known");
    place.ok(&["failures", "ack", "--undo", name]);
    assert_eq!(place.data(&["replay", "--cluster", name, "--yes"])["changed"], 3);
    assert_eq!(place.queue()["pending"], 3);
}

#[test]
fn an_event_for_later_waits_goes_once_and_can_be_cancelled() {
    let Some(cluster) = Cluster::start() else { return };
    let receiver = Receiver::good();
    let place = place(&cluster, &[receiver.url("/hook")]);
    place.ok(&["emit", "user.updated", "u1", "--data", "{\"name\":\"Z\"}", "--id", "soon", "--in", "4s"]);
    place.ok(&["emit", "user.updated", "u2", "--data", "{}", "--id", "never", "--in", "4s"]);
    assert_eq!(place.queue()["scheduled"], 2);
    assert_eq!(place.data(&["events", "cancel", "never"])["cancelled"][0], "never");
    assert_eq!(place.data(&["events", "cancel", "never"])["cancelledBefore"][0], "never");
    assert_eq!(place.data(&["process"])["run"]["delivered"], 0);
    eventually("its time comes", || place.data(&["process"])["run"]["delivered"] == 1);
    assert_eq!(receiver.count(), 1);
    assert!(place.ok(&["records", "export"]).contains("\"Z\""), "the record changed when it happened");
    let events = place.data(&["events", "list"]);
    let schedule: Vec<_> = events.as_array().unwrap().iter().map(|event| event["schedule"].as_str().unwrap()).collect();
    assert_eq!(schedule, ["cancelled", "queued"]);
    assert_eq!(place.run(&["replay", "never"]).code, 1);
    let made = place.data(&["replay", "soon", "--edit", "--data", "{\"name\":\"Y\"}"]);
    assert_eq!(made["editedFrom"], "soon");
    assert_eq!(place.data(&["events", "show", "soon"])["event"]["editedInto"][0], made["event"]["id"]);
    let exported = place.ok(&["events", "export"]);
    let again = place.run_with_input(&["events", "import", "-", "-o", "json"], exported.as_bytes());
    assert_eq!((again.code, &again.data()["duplicates"]), (0, &Value::from(3)), "{again:?}");
    place.ok(&["db", "verify"]);
}

#[test]
fn the_two_commands_of_the_readme_bring_an_event_through_a_new_database() {
    let Some(cluster) = Cluster::start() else { return };
    if !tools::has_tools(&["createdb"]) {
        return;
    }
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let block = text.split("```sh\n").find(|block| block.starts_with("export SYNCCTL_DB=\"postgres:")).unwrap();
    let block = block.split("```").next().unwrap();
    assert_eq!(block.lines().count(), 2, "{block}");
    let receiver = Receiver::new(|_| Reply::Status(200));
    let mut place = Place::new();
    for (name, value) in [("PGHOST", "127.0.0.1"), ("PGPORT", &cluster.port.to_string()), ("PGUSER", "postgres")] {
        place.set(name, value);
    }
    place.set("USER", "postgres");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_syncctl")).parent().unwrap().display().to_string();
    // A database and a receiver of the test's own, in place of those a reader has.
    let script = block
        .replace("@localhost/queue", &format!("@127.0.0.1:{}/readme", cluster.port))
        .replace("createdb queue", "createdb readme")
        .replace("http://127.0.0.1:4000/hook", &receiver.url("/hook"))
        .replace("; syncctl listen &", "");
    let script = format!("set -e; PATH={binary}:$PATH\n{script}");
    let ran = place.prepare(std::process::Command::new("bash"), &["-c", &script]).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(receiver.count(), 1);
}
