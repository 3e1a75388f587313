//! `events export` and `events import`: events go from one queue to another with their ids, times and bytes, once.

use serde_json::Value;

use crate::support::place::Place;
use crate::support::receiver::Receiver;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_was_exported_is_imported_byte_for_byte_and_only_once() {
    let here = Place::new();
    here.ok(&[
        "emit",
        "user.updated",
        "u1",
        "--data",
        "{\"a\": 1.0}",
        "--id",
        "one",
        "--timestamp",
        "2024-01-31T12:00:00.123Z",
    ]);
    here.ok(&[
        "emit",
        "course.archived",
        "c\u{e9}",
        "--resource-type",
        "course",
        "--data",
        "{\n  \"b\": [1,\n2]}",
        "--id",
        "two",
    ]);
    here.ok(&["emit", "user.updated", "u2", "--data", "{}", "--id", "later", "--in", "9d"]);
    here.ok(&["emit", "user.updated", "u3", "--data", "{}", "--id", "never", "--in", "9d"]);
    here.ok(&["events", "cancel", "never"]);
    let exported = here.ok(&["events", "export"]);
    let told = lines(&exported);
    assert_eq!(
        told.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["one", "two", "later", "never"]
    );
    assert_eq!(told[0]["timestamp"], "2024-01-31T12:00:00.123Z");
    assert_eq!(lines(&here.ok(&["events", "export", "--type", "course.*"])).len(), 1);
    assert_eq!(here.ok(&["events", "export", "--resource", "nobody"]), "");

    let receiver = Receiver::good();
    let there = Place::sending_to(&[receiver.url("/")]);
    let import = |more: &[&str]| {
        let ran =
            there.run_with_input(&[&["events", "import", "-", "-o", "json"][..], more].concat(), exported.as_bytes());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.data()
    };
    assert_eq!(import(&["--dry-run"])["accepted"], 4);
    assert!(!there.database().exists(), "a dry run makes no queue");
    let first = import(&[]);
    assert_eq!((&first["accepted"], &first["duplicates"]), (&4.into(), &0.into()));
    let again = import(&["--deliver"]);
    assert_eq!((&again["accepted"], &again["duplicates"]), (&0.into(), &4.into()));
    for id in ["one", "two"] {
        let sent = |place: &Place| place.ok(&["events", "show", id, "--sent"]);
        assert_eq!(sent(&here), sent(&there));
    }
    // It is history: nothing goes out by itself.
    assert_eq!(there.data(&["process"])["run"]["claimed"], 0);
    assert_eq!(there.queue()["scheduled"], 0);
    there.ok(&["replay", "one"]);
    assert_eq!(there.data(&["process"])["run"]["delivered"], 1);
    there.ok(&["db", "verify"]);
}

#[test]
fn an_import_can_deliver_and_keeps_what_was_planned_and_cancelled() {
    let here = Place::new();
    here.ok(&["emit", "user.updated", "u1", "--data", "{}", "--id", "one"]);
    here.ok(&["emit", "user.updated", "u2", "--data", "{}", "--id", "later", "--in", "9d"]);
    here.ok(&["emit", "user.updated", "u3", "--data", "{}", "--id", "never", "--in", "9d"]);
    here.ok(&["events", "cancel", "never"]);
    let exported = here.ok(&["events", "export"]);
    let receiver = Receiver::good();
    let there = Place::sending_to(&[receiver.url("/")]);
    let ran = there.run_with_input(&["events", "import", "-", "--deliver"], exported.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(there.data(&["process"])["run"]["delivered"], 1);
    assert_eq!(there.queue()["scheduled"], 1);
}

#[test]
fn a_bad_line_is_named_and_what_came_before_stands() {
    let place = Place::new();
    let line = |id: &str| {
        format!(
            "{{\"id\":\"{id}\",\"type\":\"user.updated\",\"resourceId\":\"u\",\"resourceType\":\"user\",\"timestamp\":\"2024-01-31T12:00:00.000Z\",\"data\":{{}}}}\n"
        )
    };
    for (bad, text) in [
        ("{\n".to_owned(), "line 2: "),
        (line("b").replace("\"data\":{}", "\"dato\":{}"), "unknown field `dato`"),
        (line("b").replace(",\"data\":{}", ""), "either data or dataText"),
        (line("b").replace("user.updated", "nonsense"), "line 2: "),
    ] {
        let ran = place.run_with_input(&["events", "import", "-"], [line("a"), bad].concat().as_bytes());
        assert_eq!(ran.code, 65, "{ran:?}");
        assert!(ran.stderr.contains(text) && ran.stderr.contains("nothing was stored"), "{ran:?}");
    }
    let many: String = (0..1_500).map(|n| line(&format!("e{n}"))).collect();
    let ran = place.run_with_input(&["events", "import", "-"], (many.clone() + "{}\n").as_bytes());
    assert!(
        ran.code == 65 && ran.stderr.contains("line 1501") && ran.stderr.contains("1000 events were stored"),
        "{ran:?}"
    );
    let rest = place.run_with_input(&["events", "import", "-", "-o", "json"], many.as_bytes()).data();
    assert_eq!((&rest["accepted"], &rest["duplicates"]), (&500.into(), &1000.into()));
    let other = line("e1").replace("{}}", "{\"x\":1}}");
    let conflict = place.run_with_input(&["events", "import", "-"], other.as_bytes());
    assert!(conflict.code == 65 && conflict.stderr.contains("e1"), "{conflict:?}");
    assert_eq!(place.run(&["events", "import", "missing"]).code, 66);
}
