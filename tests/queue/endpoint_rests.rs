//! Endpoints: which there are, holding, resting, and what 410 and `Retry-After` mean.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::place::{Place, kill, within};
use crate::support::receiver::{Receiver, Reply};

fn endpoints(place: &Place) -> Vec<(String, String)> {
    let status = place.data(&["status"]);
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    status["endpoints"].as_array().unwrap().iter().map(|e| (text(&e["name"]), text(&e["state"]))).collect()
}

#[test]
fn names_come_from_hosts_and_never_change() {
    let mut place = Place::sending_to(&["http://a.invalid/x", "http://a.invalid:8080/", "http://a.invalid/y"]);
    place.emit("user.created", "u");
    let names = |place: &Place| endpoints(place).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&place), ["a.invalid", "a.invalid:8080", "a.invalid-2"]);
    place.set("SYNC_WEBHOOK_URLS", "http://a.invalid/y");
    place.emit("user.created", "v");
    let states = endpoints(&place);
    assert_eq!(states[0], ("a.invalid".into(), "unconfigured".into()));
    assert_eq!(states[2], ("a.invalid-2".into(), "ok".into()));
    let queue = place.queue();
    assert_eq!((&queue["held"], &queue["pending"]), (&2.into(), &2.into()));
    place.unset("SYNC_WEBHOOK_URLS");
    let emitted = place.data(&["emit", "user.created", "w", "--data", "{}"]);
    assert_eq!(emitted["deliveries"], 1, "without a configuration the stored set stands");
    place.set("SYNC_WEBHOOK_URLS", "http://a.invalid/x,http://a.invalid:8080/,http://a.invalid/y");
    place.emit("user.created", "x");
    assert_eq!(place.queue()["held"], 0, "what was held is pending again");
}

#[test]
fn the_configuration_file_names_endpoints_and_what_they_want() {
    let (all, some) = (Receiver::good(), Receiver::good());
    let mut place = Place::new();
    std::fs::write(place.path("other.secret"), "another-secret-for-this-endpoint\n").unwrap();
    let config = format!(
        "[[endpoints]]\nname = \"all\"\nurl = \"{}\"\n\n[[endpoints]]\nname = \"some\"\nurl = \"{}\"\n\
         events = [\"enrollment.*\"]\nsecret_file = \"other.secret\"\nmax_attempts = 1\n\n\
         [[endpoints]]\nname = \"later\"\nurl = \"http://127.0.0.1:9/\"\npaused = true\n",
        all.url("/"),
        some.url("/")
    );
    std::fs::write(place.path("syncctl.toml"), config).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("syncctl.toml").to_str().unwrap());
    place.emit("enrollment.created", "e");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!((all.count(), some.count()), (2, 1));
    assert_eq!(place.queue()["held"], 2);
    let same = |r: &Receiver| r.requests()[0].header("x-webhook-signature").to_owned();
    assert_ne!(same(&all), same(&some), "signed with its own secret");
}

#[test]
fn gone_gives_up_at_once_and_pauses_the_endpoint() {
    let receiver = Receiver::new(|_| Reply::Status(410));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "a");
    assert_eq!(place.run(&["process", "--wait"]).code, 3);
    place.emit("user.created", "b");
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!(receiver.count(), 1);
    assert_eq!(endpoints(&place)[0].1, "gone");
    let queue = place.queue();
    assert_eq!((&queue["failed"], &queue["held"]), (&1.into(), &1.into()));
}

#[test]
fn retry_after_rests_the_whole_endpoint() {
    let receiver = Receiver::new(|_| Reply::With(429, vec![("retry-after", "3600".into())], Vec::new()));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(40);
    let ran = place.run(&["process", "--wait"]);
    assert_eq!(ran.code, 3, "only a resting endpoint is left");
    assert!(
        ran.stdout.contains("circuit open until ") && ran.stdout.contains(", 40 deliveries pending"),
        "{}",
        ran.stdout
    );
    let made = receiver.count();
    assert!(made <= 10, "{made} requests: those in flight and no more");
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(receiver.count(), made);
    let status = place.data(&["status"]);
    assert_eq!((&status["endpoints"][0]["state"], &status["queue"]["pending"]), (&"resting".into(), &40.into()));
    assert_eq!(status["queue"]["oldestDueAgeMs"], 0, "nothing is due while it rests");
    let name = receiver.address.to_string();
    assert_eq!(place.run(&["endpoints", "resume", &name]).code, 0);
    assert_eq!(endpoints(&place)[0].1, "ok");
}

#[test]
fn a_short_retry_after_is_waited_out() {
    let told = Arc::new(AtomicBool::new(false));
    let once = Arc::clone(&told);
    let receiver = Receiver::new(move |_| match once.swap(true, Ordering::SeqCst) {
        false => Reply::With(503, vec![("Retry-After", "2".into())], Vec::new()),
        true => Reply::Status(200),
    });
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    let at: Vec<_> = receiver.requests().iter().map(|r| r.at).collect();
    assert!(at[1] - at[0] >= Duration::from_millis(1_990), "{:?}", at[1] - at[0]);
}

/// The clock of the machine is sped up instead of waiting: an outage of ten minutes passes by moving the rest's end.
#[test]
fn an_outage_costs_no_dead_letter_and_the_backlog_arrives_in_order() {
    let down = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&down);
    let receiver = Receiver::new(move |_| if state.load(Ordering::SeqCst) { Reply::Reset } else { Reply::Status(200) });
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_lines((0..200).map(|i| (format!("e{i:03}"), format!("r{}", i % 20))));
    let mut watching = place.spawn(&["process", "--watch"]);
    within(Duration::from_secs(20), "it rests", || endpoints(&place)[0].1 == "resting");
    // Probes of the rest, made due one after another, change nothing either.
    for _ in 0..6 {
        let before = receiver.count();
        end_of_rest(&place);
        receiver.wait_for(before + 1, Duration::from_secs(10));
        std::thread::park_timeout(Duration::from_millis(200));
        assert_eq!(receiver.count(), before + 1, "one probe at a time");
    }
    let queue = place.queue();
    assert_eq!((&queue["failed"], &queue["total"]), (&0.into(), &200.into()));
    down.store(false, Ordering::SeqCst);
    let before = receiver.count();
    end_of_rest(&place);
    within(Duration::from_secs(40), "the backlog is delivered", || place.queue()["delivered"] == 200);
    kill(&watching, "-TERM");
    watching.wait().unwrap();
    let mut order = std::collections::BTreeMap::<String, Vec<String>>::new();
    for request in receiver.requests().into_iter().skip(before) {
        order.entry(request.json()["resourceId"].to_string()).or_default().push(request.event_id().to_owned());
    }
    assert_eq!(order.values().map(Vec::len).sum::<usize>(), 200);
    assert!(order.values().all(|ids| ids.is_sorted()));
}

fn end_of_rest(place: &Place) {
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection.execute("UPDATE endpoint SET rest_until = rest_since", []).unwrap();
}

#[test]
fn endpoint_urls_are_checked() {
    for wrong in ["ftp://a.invalid/", "http://user:pw@a.invalid/", "not a url", "http://a.invalid/#x"] {
        let place = Place::sending_to(&[wrong]);
        let ran = place.run(&["emit", "user.created", "u", "--data", "{}"]);
        assert_eq!(ran.code, 78, "{wrong}: {}", ran.stderr);
        assert!(!ran.stderr.contains("pw"), "{}", ran.stderr);
    }
}

#[test]
fn a_wrong_name_is_answered_with_the_right_one() {
    let place = Place::sending_to(&["http://backup.invalid/"]);
    place.emit("user.created", "u");
    let ran = place.run(&["endpoints", "pause", "bakcup.invalid"]);
    assert_eq!(ran.code, 2);
    let ran = place.run(&["endpoints", "show", "backup.invalid", "-o", "json"]);
    assert_eq!(ran.data()["concurrency"], 10);
}
