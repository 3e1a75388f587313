//! Failures in clusters: what failed in the same way is one line, which can be listed, acknowledged and replayed.

use serde_json::Value;

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

/// Nine hundred failures of three kinds, all of them given up.
fn broken() -> (Receiver, Receiver, Place) {
    let strict = Receiver::new(|request| {
        let number: u32 = request.event_id().trim_start_matches('e').parse().unwrap_or_default();
        Reply::Status(if number.is_multiple_of(3) { 401 } else { 500 })
    });
    let gone = Receiver::new(|_| Reply::Status(422));
    let mut place = Place::new();
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    let config = format!(
        "[[endpoints]]\nname = \"strict\"\nurl = \"{}\"\n[[endpoints]]\nname = \"picky\"\nurl = \"{}\"\nevents = [\"user.created\"]\n",
        strict.url("/"),
        gone.url("/")
    );
    std::fs::write(place.path("c.toml"), config).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    let events: String = (0..600)
        .map(|n| {
            let event_type = if n < 300 { "user.created" } else { "user.updated" };
            format!("{{\"type\":\"{event_type}\",\"resourceId\":\"u{n}\",\"data\":{{}},\"id\":\"e{n}\"}}\n")
        })
        .collect();
    std::fs::write(place.path("events"), events).unwrap();
    place.ok(&["emit", "--batch", place.path("events").to_str().unwrap()]);
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    (strict, gone, place)
}

fn clusters(place: &Place, more: &[&str]) -> Vec<Value> {
    let args: Vec<&str> = ["failures", "clusters"].iter().chain(more).copied().collect();
    place.data(&args).as_array().unwrap().clone()
}

#[test]
fn nine_hundred_failures_are_three_lines_that_can_be_listed_acknowledged_and_replayed() {
    let (_strict, _gone, mut place) = broken();
    let found = clusters(&place, &[]);
    let told: Vec<_> =
        found.iter().map(|it| (it["endpoint"].as_str().unwrap(), it["status"].clone(), it["failed"].clone())).collect();
    assert_eq!(
        told,
        [("strict", 500.into(), 400.into()), ("picky", 422.into(), 300.into()), ("strict", 401.into(), 200.into())]
    );
    let lines = place.ok(&["failures", "clusters"]);
    assert!(lines.lines().count() <= 6 && lines.contains("900 deliveries in 3 clusters"), "{lines}");
    for cluster in &found {
        assert!(cluster["firstFailedAt"].as_str() <= cluster["lastFailedAt"].as_str(), "{cluster}");
        assert!(cluster["example"]["error"].as_str().unwrap().contains("HTTP"), "{cluster}");
    }
    let names: Vec<&str> = found.iter().map(|it| it["cluster"].as_str().unwrap()).collect();

    // A page of one, by the beginning of its name.
    let listed =
        place.ok(&["failures", "list", "--cluster", &names[2][..6].to_lowercase(), "--limit", "7", "-o", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["pagination"]["total"], 200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 7);
    assert!(listed["data"].as_array().unwrap().iter().all(|row| row["status"] == 401), "{listed}");

    // Somebody takes care of it: it is listed again only with --all, or when something fails after that.
    place.ok(&["failures", "ack", names[0], "--note", "vendor is told"]);
    assert_eq!(clusters(&place, &[]).len(), 2);
    let all = clusters(&place, &["--all"]);
    assert_eq!((all[0]["state"].as_str(), all[0]["note"].as_str()), (Some("acknowledged"), Some("vendor is told")));
    place.ok(&["failures", "ack", "--undo", names[0]]);
    assert_eq!(clusters(&place, &[]).len(), 3);
    place.ok(&["failures", "ack", names[0]]);
    place.ok(&["emit", "user.updated", "new", "--data", "{}", "--id", "e1000"]);
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    let again = clusters(&place, &[]);
    assert_eq!((again[0]["cluster"].as_str(), again[0]["state"].as_str()), (Some(names[0]), Some("failed-since")));

    // A cluster is replayed as any filter: with --yes only.
    let asked = place.run(&["replay", "--cluster", names[1]]);
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.stdout.contains("would replay 300 deliveries to 1 endpoint"), "{asked:?}");
    let replayed = place.data(&["replay", "--cluster", names[1], "--yes"]);
    assert_eq!(replayed["changed"], 300);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    assert_eq!(place.queue()["pending"], 300);
}

#[test]
fn a_name_that_means_no_cluster_or_several_is_told() {
    let (_strict, _gone, place) = broken();
    for (args, code, text) in [
        (&["failures", "list", "--cluster", "x"][..], 2, "such as F"),
        (&["failures", "list", "--cluster", "F123456789"], 2, "such as F"),
        (&["failures", "ack", "F"], 2, "such as F"),
        (&["failures", "ack"], 2, "CLUSTER"),
        (&["replay", "--cluster", "Fffffffff", "--yes"], 66, "failures clusters --all"),
        (&["failures", "list", "--cluster", "Fffffffff"], 66, "failures clusters --all"),
        (&["failures", "ack", "Fffffffff"], 66, "failures clusters --all"),
        (&["replay", "--cluster", "F1", "evt_1"], 2, "cannot be used with"),
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(text), "{args:?}: {ran:?}");
    }
    // Nothing that failed is no error.
    let calm = Place::new();
    calm.ok(&["emit", "user.updated", "u", "--data", "{}"]);
    let none = calm.run(&["failures", "clusters"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""), "{none:?}");
}
