//! `secret rotate-plan --try-endpoints`: what receivers accept, by asking them; real ones, bad ones and absent ones.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::running::{Running, place};
use crate::support::place::{Place, Ran};
use crate::support::receiver::{Received, Receiver, Reply};

const OLD: &str = "the-old-secret-of-thirty-two-bytes";
const NEW: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const BODY: &[u8] = br#"{"probe":"secret-rotation"}"#;

/// Whose endpoints are tried: each a name, a URL and further lines of its configuration.
fn operator(endpoints: &[(&str, &str, &str)]) -> Place {
    let mut place = Place::new();
    place.set("WEBHOOK_SECRET", OLD);
    place.set("NEW", NEW);
    let config: String = endpoints
        .iter()
        .map(|(name, url, more)| format!("[[endpoints]]\nname = \"{name}\"\nurl = \"{url}\"\n{more}\n"))
        .collect();
    std::fs::write(place.path("c.toml"), config).unwrap();
    place
}

fn plan(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["secret", "rotate-plan", "--new-env", "NEW", "--config", "c.toml"], more].concat())
}

/// How the trial ended, and what it says of each endpoint.
fn tried(place: &Place) -> (i32, Vec<Value>) {
    let ran = plan(place, &["--try-endpoints", "-o", "json"]);
    assert_eq!(ran.stderr, "");
    (ran.code, ran.data()["endpoints"].as_array().unwrap().clone())
}

/// A receiver that is `serve` itself, with these secrets.
fn receiving(current: &str, previous: Option<&str>) -> (Place, Running, String) {
    let mut place = place();
    place.set("WEBHOOK_SECRET", current);
    if let Some(previous) = previous {
        place.set("WEBHOOK_SECRET_PREVIOUS", previous);
    }
    let server = Running::start(&place, &["--no-process"]);
    let url = format!("http://{}/api/webhooks/sync", server.address);
    (place, server, url)
}

/// Answers what is signed with that secret by both schemes with `right`, all else with `wrong`.
fn verifying(secret: &'static str, wrong: u16, right: u16) -> Receiver {
    Receiver::new(move |request| Reply::Status(if is_right(request, secret) { right } else { wrong }))
}

fn is_right(request: &Received, secret: &str) -> bool {
    let secret = syncctl::signature::Secret::new(secret.to_owned()).unwrap();
    let seconds = request.header("webhook-timestamp").parse().unwrap();
    let signer = syncctl::signature::Signer::new(&secret, &[&secret]);
    let signed = signer.sign(request.header("webhook-id"), seconds, &request.body);
    signed.original == request.header("x-webhook-signature") && signed.standard == request.header("webhook-signature")
}

#[test]
fn serve_tells_by_its_answers_which_secrets_it_has_and_applies_nothing() {
    for (current, previous, accepts, new, old) in [
        (OLD, None, "old", "HTTP 401", "HTTP 400"),
        (NEW, Some(OLD), "both", "HTTP 400", "HTTP 400"),
        (NEW, None, "new", "HTTP 400", "HTTP 401"),
        ("another", None, "neither", "HTTP 401", "HTTP 401"),
    ] {
        let (other, _server, url) = receiving(current, previous);
        let place = operator(&[("serve", &url, "")]);
        let (code, endpoints) = tried(&place);
        let one = &endpoints[0];
        assert_eq!((&one["uses"], &one["accepts"], &one["reason"]), (&json!("old"), &json!(accepts), &Value::Null));
        assert_eq!(one["answers"], json!({"random": "HTTP 401", "new": new, "old": old}), "{accepts}");
        assert_eq!(code, i32::from(!matches!(accepts, "new" | "both")), "{accepts}");

        assert_eq!(other.data(&["records", "list"]), json!([]), "nothing was applied");
        let queue = rusqlite::Connection::open(other.database()).unwrap();
        let count = |sql: &str| queue.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM received WHERE result < 2"), 0, "nothing counts as received");
        assert_eq!(count("SELECT count(*) FROM received WHERE result >= 2"), 3, "each probe was refused and audited");
        assert_eq!(count("SELECT count(*) FROM sender") + count("SELECT count(*) FROM event"), 0);
        assert!(!place.database().exists(), "asking leaves nothing behind");
    }
}

#[test]
fn a_receiver_that_does_not_tell_is_not_guessed_at() {
    let everything = Receiver::good();
    let (broken, missing, throttled) =
        [500, 404, 429].map(|status| Receiver::new(move |_| Reply::Status(status))).into();
    let fussy = Receiver::new(|_| Reply::Status(400));
    let hanging = Receiver::new(|_| Reply::Hang);
    let moody = Receiver::new(|request| match (is_right(request, OLD), is_right(request, NEW)) {
        (true, _) => Reply::Status(503),
        (_, true) => Reply::Status(200),
        _ => Reply::Status(401),
    });
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls = [&everything, &broken, &missing, &throttled, &fussy, &hanging, &moody].map(|it| it.url("/hook"));
    let names = ["everything", "broken", "missing", "throttled", "fussy", "hanging", "moody"];
    let mut endpoints: Vec<_> =
        names.iter().zip(&urls).map(|(name, url)| (*name, url.as_str(), "timeout = \"300ms\"")).collect();
    let absent = format!("http://{closed}/");
    endpoints.extend([("absent", absent.as_str(), ""), ("metadata", "http://169.254.169.254/", "")]);
    let place = operator(&endpoints);
    let began = Instant::now();
    let (code, all) = tried(&place);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(code, 1);
    let said = |name: &str| {
        let one = all.iter().find(|one| one["name"] == format!("to {name}")).unwrap();
        (one["accepts"].as_str().unwrap().to_owned(), one["reason"].as_str().unwrap().to_owned())
    };
    let (accepts, reason) = said("everything");
    assert!(accepts == "unverified" && reason.starts_with("HTTP 200 with a random secret"), "{reason}");
    for (name, why) in [
        ("broken", "HTTP 500"),
        ("missing", "HTTP 404"),
        ("throttled", "HTTP 429"),
        ("fussy", "HTTP 400 with any signature"),
        ("hanging", "timed out after 300ms waiting for the response"),
        ("moody", "HTTP 503 with the old secret"),
        ("absent", "connection refused"),
        ("metadata", "may not be called"),
    ] {
        let (accepts, reason) = said(name);
        assert!(accepts == "unknown" && reason.contains(why), "{name}: {accepts}, {reason}");
    }
    // Once an answer settles it, nothing more is asked, and nothing is asked twice.
    let asked = [&everything, &broken, &missing, &throttled, &fussy, &hanging, &moody].map(Receiver::count);
    assert_eq!(asked, [1, 1, 1, 1, 3, 1, 3]);
}

#[test]
fn probes_are_signed_and_sent_as_deliveries_are_and_are_no_events() {
    let receiver = verifying(NEW, 400, 204);
    let place = operator(&[("one", &receiver.url("/hook?a=b"), "")]);
    let (code, endpoints) = tried(&place);
    assert_eq!((code, &endpoints[0]["accepts"]), (0, &json!("new")), "a wrong signature may get a 400 too");
    let requests = receiver.requests();
    let by = |secret| requests.iter().map(|request| is_right(request, secret)).collect::<Vec<_>>();
    assert_eq!((by(NEW), by(OLD)), (vec![false, true, false], vec![false, false, true]), "a random one comes first");
    for request in &requests {
        assert_eq!((request.path.as_str(), &request.body[..]), ("/hook?a=b", BODY));
        let named = ["content-type", "x-sync-event-type", "x-sync-attempt", "x-sync-trigger"];
        assert_eq!(named.map(|name| request.header(name)), ["application/json", "syncctl.probe", "1", "manual"]);
        assert!(request.header("user-agent").starts_with("syncctl/"));
        assert_eq!(request.header("webhook-id"), request.event_id());
    }
    let ids: std::collections::BTreeSet<_> = requests.iter().map(Received::event_id).collect();
    assert_eq!(ids.len(), 3, "no two are the same event");
}

#[test]
fn nothing_is_sent_without_the_option_to_strangers_or_to_who_is_paused() {
    let shared = verifying(NEW, 401, 200);
    let quiet = Receiver::good();
    let mut place = operator(&[
        ("shared", &shared.url("/"), ""),
        ("own", &quiet.url("/own"), "secret_env = \"OWN\""),
        ("paused", &quiet.url("/paused"), "paused = true"),
        ("held", &quiet.url("/held"), ""),
    ]);
    place.set("OWN", "a-secret-of-nobody-elses");
    let before = plan(&place, &["-o", "json"]);
    assert_eq!((before.code, shared.count(), quiet.count()), (1, 0, 0));
    let keys: Vec<_> = before.data()["endpoints"][0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["lastSeenAt", "name", "uses"]);
    assert_eq!(place.run(&["emit", "user.updated", "u", "--data", "{}", "--config", "c.toml"]).code, 0);
    assert_eq!(place.run(&["endpoints", "pause", "held", "--config", "c.toml"]).code, 0);

    let (code, all) = tried(&place);
    assert_eq!((code, shared.count(), quiet.count()), (1, 3, 0), "{all:?}");
    assert_eq!((&all[0]["accepts"], &all[1]["accepts"]), (&json!("new"), &Value::Null));
    assert!(all[1]["reason"].as_str().unwrap().contains("a secret of its own"), "{all:?}");
    for paused in &all[2..] {
        assert_eq!((&paused["accepts"], &paused["answers"]["random"]), (&json!("unknown"), &Value::Null));
        assert!(paused["reason"].as_str().unwrap().contains("paused"), "{paused}");
    }
    let words = plan(&place, &["--try-endpoints"]).stdout;
    assert!(words.contains("1 of 3 endpoints accepts the new one; 1 has a secret of its own"), "{words}");

    // Who has a secret of its own has no say in a rotation of the others'.
    let config = std::fs::read_to_string(place.path("c.toml")).unwrap();
    std::fs::write(place.path("c.toml"), config.split("[[endpoints]]\nname = \"paused\"").next().unwrap()).unwrap();
    assert_eq!(tried(&place).0, 0);
    // But somebody has to have one.
    place.set("WEBHOOK_SECRET", "a-third-secret-nobody-rotates");
    place.set("THE_OLD", OLD);
    let third = plan(&place, &["--secret-env", "THE_OLD", "--try-endpoints"]);
    assert!(third.code == 1 && third.stdout.contains("webhook.secret is not one of the two"), "{third:?}");
    assert_eq!((shared.count(), quiet.count()), (9, 0));
}

#[test]
fn endpoints_that_only_the_queue_knows_are_tried_too() {
    let receiver = verifying(OLD, 401, 200);
    let place = operator(&[("stored", &receiver.url("/"), ""), ("former", &receiver.url("/former"), "")]);
    assert_eq!(place.run(&["emit", "user.updated", "u", "--data", "{}", "--config", "c.toml"]).code, 0);
    let config = std::fs::read_to_string(place.path("c.toml")).unwrap();
    std::fs::write(place.path("c.toml"), config.split("[[endpoints]]\nname = \"former\"").next().unwrap()).unwrap();
    assert_eq!(place.run(&["emit", "user.updated", "v", "--data", "{}", "--config", "c.toml"]).code, 0);
    std::fs::write(place.path("c.toml"), "").unwrap();
    let (code, all) = tried(&place);
    let told: Vec<_> = all.iter().map(|one| (one["name"].clone(), one["accepts"].clone())).collect();
    assert_eq!((code, told), (1, vec![(json!("to stored"), json!("old"))]));
    assert_eq!(receiver.count(), 3);
}

#[test]
fn a_secret_that_cannot_sign_is_told_before_anything_is_sent() {
    let receiver = Receiver::good();
    let mut place = operator(&[("one", &receiver.url("/"), "")]);
    place.set("NEW", "whsec_!");
    let ran = plan(&place, &["--try-endpoints"]);
    assert_eq!((ran.code, receiver.count()), (78, 0), "{ran:?}");
    assert!(ran.stderr.contains("the new secret cannot sign") && !ran.stderr.contains("whsec_!"), "{ran:?}");
}
