//! Endpoints tested, checked and configured from the command line.

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

const CANARY: &str = "canary-2b9d";

fn configured(url: &str, more: &str) -> Place {
    let mut place = Place::new();
    let text = format!(
        "# our endpoints\n\n[[endpoints]]\nname = \"admin\" # the panel\nurl = \"{url}\"\ntimeout = \"2s\" # short\n{more}\n\
         # the last line\n"
    );
    std::fs::write(place.path("c.toml"), text).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place
}

fn text(place: &Place) -> String {
    std::fs::read_to_string(place.path("c.toml")).unwrap()
}

#[test]
fn a_test_event_is_signed_sent_and_told_and_leaves_the_queue_alone() {
    let receiver = Receiver::good();
    let mut place = configured(&receiver.url("/hook"), "headers_env = [\"X-Api-Key: KEY\"]");
    place.set("KEY", CANARY);
    let ran = place.run(&["endpoints", "test", "admin", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let data = ran.data();
    assert_eq!(
        (&data["outcome"], &data["status"], &data["eventType"]),
        (&"delivered".into(), &200.into(), &"syncctl.test".into())
    );
    assert!(data["responseMs"].as_f64().unwrap() > 0.0 && data["connectMs"].as_f64().is_some(), "{data}");
    let request = &receiver.requests()[0];
    assert_eq!(data["headers"]["webhook-signature"], request.header("webhook-signature"));
    assert_eq!(request.header("x-api-key"), CANARY);
    assert!(!format!("{ran:?}").contains(CANARY), "{ran:?}");
    assert_eq!(request.json()["type"], "syncctl.test");
    let body = String::from_utf8(request.body.clone()).unwrap();
    let header = |name: &str| format!("{name}: {}", request.header(name));
    let verified = place.run_with_input(
        &[
            "verify",
            "-",
            "--header",
            &header("webhook-id"),
            "--header",
            &header("webhook-timestamp"),
            "--header",
            &header("webhook-signature"),
            "--scheme",
            "standard",
        ],
        body.as_bytes(),
    );
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(!place.database().exists(), "nothing is queued");
}

#[test]
fn a_test_says_what_to_do_about_what_came_back() {
    for (status, says) in [(401, "secret"), (403, "secret"), (404, "path"), (301, "redirects"), (410, "410 Gone")] {
        let receiver = Receiver::new(move |_| Reply::Status(status));
        let place = configured(&receiver.url("/"), "");
        let ran = place.run(&["endpoints", "test", "admin"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.stdout.contains(&format!("HTTP {status}")) && ran.stdout.contains(says),
            "{status}: {}",
            ran.stdout
        );
    }
    let place = configured("http://127.0.0.1:1/", "");
    let ran = place.run(&["endpoints", "test", "http://127.0.0.1:1/other"]);
    assert!(ran.code == 1 && ran.stdout.contains("connection refused"), "{ran:?}");
    let ran = place.run(&["endpoints", "test", "admn"]);
    assert!(ran.code == 2 && ran.stderr.contains("did you mean `admin`"), "{ran:?}");
}

#[test]
fn a_check_names_the_rule_that_decides_and_sends_nothing() {
    let receiver = Receiver::good();
    let mut place = configured(&receiver.url("/"), "");
    let check = |place: &Place, what: &str| {
        let ran = place.run(&["endpoints", "check", what, "-o", "json"]);
        (ran.code, ran.data()["addresses"][0]["rule"].as_str().unwrap().to_owned())
    };
    let (code, rule) = check(&place, "admin");
    assert!(code == 0 && rule.contains("egress.deny_private is not set"), "{rule}");
    let (code, rule) = check(&place, "http://169.254.169.254/latest");
    assert!(code == 1 && rule.contains("metadata"), "{rule}");
    place.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    assert_eq!(check(&place, "admin").0, 1);
    place.set("SYNCCTL_EGRESS_ALLOW", "127.0.0.1");
    let (code, rule) = check(&place, "admin");
    assert!(code == 0 && rule.contains("egress.allow"), "{rule}");
    assert_eq!(receiver.count(), 0);
}

#[test]
fn the_file_is_changed_and_its_comments_and_order_are_kept() {
    let receiver = Receiver::good();
    let place = configured(&receiver.url("/"), "");
    let ran = place.run(&["endpoints", "edit", "admin", "--set", "timeout=3s", "--set", "retry=5xx,429"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let after = text(&place);
    assert!(after.contains("timeout = \"3s\" # short") && after.contains("retry = [\"5xx\", \"429\"]"), "{after}");
    assert!(after.starts_with("# our endpoints\n") && after.contains("name = \"admin\" # the panel"), "{after}");
    assert!(after.trim_end().ends_with("# the last line"), "{after}");
    let ran = place.run(&["endpoints", "add", "backup", "http://127.0.0.1:1/", "--set", "paused=true"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let names = |place: &Place| {
        place.emit("user.created", "u");
        let list = place.data(&["endpoints", "list"]);
        list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&place), ["admin", "backup"]);
    assert_eq!(place.run(&["endpoints", "edit", "admin", "--unset", "retry"]).code, 0);
    assert!(!text(&place).contains("retry"));
    let before = text(&place);
    let ran = place.run(&["endpoints", "remove", "backup", "--dry-run"]);
    assert!(ran.code == 0 && ran.stderr.contains("nothing was written"), "{ran:?}");
    assert_eq!(text(&place), before);
    let ran = place.run(&["endpoints", "remove", "backup"]);
    assert!(ran.code == 0 && ran.stderr.contains("1 deliveries wait"), "{ran:?}");
    assert!(!text(&place).contains("backup"));
}

#[test]
fn a_change_that_would_be_wrong_leaves_the_file_as_it_is() {
    let place = configured("http://127.0.0.1:1/", "");
    let before = text(&place);
    for (args, code) in [
        (&["endpoints", "edit", "admin", "--set", "timeout=never"][..], 78),
        (&["endpoints", "edit", "admin", "--set", "timout=3s"], 78),
        (&["endpoints", "edit", "admin", "--set", "timeout"], 2),
        (&["endpoints", "edit", "admin", "--unset", "retry"], 2),
        (&["endpoints", "edit", "admin"], 2),
        (&["endpoints", "edit", "other", "--set", "timeout=3s"], 2),
        (&["endpoints", "add", "admin", "http://127.0.0.1:1/"], 2),
        (&["endpoints", "add", "x", "ftp://127.0.0.1/"], 78),
        (&["endpoints", "remove", "other"], 2),
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert_eq!(text(&place), before, "{args:?}");
    }
    assert_eq!(
        std::fs::read_dir(place.path(""))
            .unwrap()
            .filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().starts_with(".tmp"))
            .count(),
        0
    );
}

#[test]
fn conditions_decide_which_events_an_endpoint_gets_and_why_names_the_one_that_left_an_event_out() {
    let receiver = Receiver::good();
    let when = "when = [\"data.status = active\", \"data.completionPercentage >= 50\"]";
    let place = configured(&receiver.url("/"), when);
    let emit = |id: &str, data: &str| {
        let ran = place.run(&["emit", "enrollment.updated", id, "--id", id, "--data", data, "-o", "json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.data()["deliveries"].as_i64().unwrap()
    };
    assert_eq!(emit("e1", r#"{"status":"active","completionPercentage":50}"#), 1);
    assert_eq!(emit("e2", r#"{"status":"paused","completionPercentage":90}"#), 0);
    assert_eq!(emit("e3", r#"{"status":"active","completionPercentage":49.5}"#), 0);
    assert_eq!(emit("e4", r#"{"status":"active"}"#), 0);
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(receiver.count(), 1);
    let why = place.run(&["why", "e3"]);
    assert!(
        why.stdout.contains("admin: not sent, its condition `data.completionPercentage >= 50` is not met"),
        "{why:?}"
    );
    let ran = place.run(&["replay", "e2"]);
    assert_eq!(ran.code, 1, "it is left out of a replay as well: {ran:?}");
    std::fs::write(place.path("event.json"), r#"{"type":"enrollment.updated","data":{"status":"paused"}}"#).unwrap();
    let file = place.path("event.json").display().to_string();
    let ran = place.run(&["endpoints", "check", "admin", "--event", &file]);
    assert!(ran.code == 1 && ran.stdout.contains("`data.status = active` is not met"), "{ran:?}");
    let dry =
        place.run(&["emit", "enrollment.updated", "e5", "--data", r#"{"status":"paused"}"#, "--dry-run", "-o", "json"]);
    assert_eq!(dry.data()["deliveries"], 0, "{dry:?}");
}

#[test]
fn what_is_reproduced_is_the_body_that_the_endpoint_gets() {
    let receiver = Receiver::good();
    let place = configured(&receiver.url("/hook"), "payload = \"full\"\n");
    place.ok(&["emit", "user.updated", "u1", "--data", r#"{"name":"Ada"}"#]);
    place.ok(&["emit", "user.updated", "u1", "--data", r#"{"bio":"countess"}"#, "--id", "second"]);
    place.ok(&["process", "-q"]);
    let sent = receiver.requests().pop().unwrap().body;
    let sent = String::from_utf8(sent.to_vec()).unwrap();
    assert!(sent.contains("Ada") && sent.contains("countess"), "{sent}");
    let lines = place.ok(&["events", "reproduce", "second"]);
    assert!(lines.contains(&sent), "{lines}");
}

#[test]
fn an_endpoint_is_shown_with_its_last_hour_its_circuit_and_the_fingerprint_of_its_secret() {
    let receiver = Receiver::new(|request| match request.event_id() {
        "e0" => Reply::Status(422),
        _ => Reply::After(std::time::Duration::from_millis(20), Box::new(Reply::Status(200))),
    });
    let place = configured(&receiver.url("/"), "max_attempts = 1\nsecret_file = \"own.secret\"");
    let secret = "canary-2b9d-a-secret-of-its-own-that-is-long-enough";
    std::fs::write(place.path("own.secret"), secret).unwrap();
    std::fs::set_permissions(place.path("own.secret"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    place.emit_many(4);
    assert_eq!(place.run(&["process"]).code, 3);
    let shown = place.data(&["endpoints", "show", "admin"]);
    let hour = &shown["lastHour"];
    assert_eq!((&hour["attempts"], &hour["delivered"], &hour["failed"]), (&4.into(), &3.into(), &1.into()), "{shown}");
    assert_eq!((&hour["failureRate"], &hour["perMinute"]), (&0.25.into(), &0.1.into()));
    let (p50, p95) = (hour["p50Ms"].as_f64().unwrap(), hour["p95Ms"].as_f64().unwrap());
    assert!((20.0..=p95).contains(&p50), "{hour}");
    assert_eq!((&shown["circuit"]["state"], &shown["circuit"]["nextProbeAt"]), (&"closed".into(), &().into()));
    let checked = place.run(&["secret", "check", "--secret-file", "own.secret", "-o", "json"]).data();
    assert_eq!(shown["secretFingerprint"], checked["fingerprint"]);
    assert_eq!(shown["secretFingerprint"].as_str().unwrap().len(), 16);
    let table = place.ok(&["endpoints", "show", "admin"]);
    for part in ["4 attempts, 0.1 a minute, 1 failed (25%)", "p50", "p95", "secret fingerprint"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(!format!("{shown}{table}").contains(CANARY));
    std::fs::remove_file(place.path("own.secret")).unwrap();
    assert!(place.ok(&["endpoints", "show", "admin"]).contains("not available: "));
}
