//! Sources: senders with secrets and schemes of their own, what they may send, and where it goes.

use serde_json::Value;

use super::running::{ADMIN, Answer, Running, event, place, signed, standard};
use crate::support::place::{Place, eventually};
use crate::support::receiver::{Receiver, Reply};

const AT: &str = "2026-01-31T12:00:00.000Z";
const SHOP: &str = "/api/webhooks/in/shop";

/// A place with a configuration file.
fn configured(text: &str) -> Place {
    let mut place = place();
    let path = place.path("config.toml");
    std::fs::write(&path, text).unwrap();
    place.set("SYNCCTL_CONFIG", path.to_str().unwrap());
    place.set("SHOP_SECRET", "whsec_the secret of the shop");
    place.set("PARTNER_SECRET", "the-secret-of-the-partner");
    place
}

/// The headers of a body, signed by `syncctl sign`.
fn signed_by(place: &Place, scheme: &str, variable: &str, body: &str, id: &str) -> String {
    let args = ["sign", "--scheme", scheme, "--secret-env", variable, "--data", body];
    let id = if scheme == "standard" { vec!["--id", id] } else { Vec::new() };
    let headers = place.data(&[&args[..], &id].concat())["headers"].clone();
    let line = |(name, value): (&String, &Value)| format!("{name}: {}\r\n", value.as_str().unwrap());
    headers.as_object().unwrap().iter().map(line).collect()
}

fn post(server: &Running, route: &str, headers: &str, body: &str) -> Answer {
    server.send(&format!("POST {route}"), headers, body.as_bytes())
}

#[test]
fn an_event_of_another_system_is_emitted_once_to_the_endpoint_of_its_source_alone() {
    let (billing, other) = (Receiver::good(), Receiver::good());
    let place = configured(&format!(
        r#"
        [[endpoints]]
        name = "billing"
        url = "{}"
        events = ["course.closed"]
        [[endpoints]]
        name = "other"
        url = "{}"
        [[sources]]
        name = "shop"
        scheme = "stripe"
        secret_env = "SHOP_SECRET"
        forward_to = "billing"
        types = ["shop.invoice.*"]
        "#,
        billing.url("/"),
        other.url("/")
    ));
    let server = Running::start(&place, &[]);
    let body = r#"{"id": "evt_1", "type": "invoice.paid", "amount": 1.50}"#;
    let headers = signed_by(&place, "stripe", "SHOP_SECRET", body, "");
    let taken = post(&server, SHOP, &headers, body);
    assert_eq!((taken.status, &taken.data()["result"]), (200, &"applied".into()), "{}", taken.body);
    assert_eq!(taken.data()["eventId"], "shop:evt_1");
    assert_eq!(taken.data()["eventType"], "shop.invoice.paid");
    assert_eq!(post(&server, SHOP, &headers, body).data()["result"], "duplicate");
    let changed = body.replace("1.50", "2");
    let again = signed_by(&place, "stripe", "SHOP_SECRET", &changed, "");
    assert_eq!(post(&server, SHOP, &again, &changed).code(), "CONFLICT");
    eventually("it arrives", || !billing.requests().is_empty());
    let got = billing.requests();
    assert_eq!((got.len(), got[0].event_id()), (1, "shop:evt_1"));
    assert!(
        String::from_utf8_lossy(&got[0].body)
            .contains(r#""data":{"id": "evt_1", "type": "invoice.paid", "amount": 1.50}"#)
    );
    assert_eq!(got[0].json()["resourceType"], "shop");
    eventually("it is delivered", || place.queue()["delivered"] == 1);
    assert!(other.requests().is_empty(), "every type is wanted there, and this one is not for it");

    let refund = r#"{"id":"evt_2","type":"refund.made"}"#;
    let headers = signed_by(&place, "stripe", "SHOP_SECRET", refund, "");
    assert_eq!(post(&server, SHOP, &headers, refund).fields(), ["type"], "the source may not send it");
    for (headers, what) in [
        (signed_by(&place, "stripe", "PARTNER_SECRET", body, ""), "another secret"),
        (signed_by(&place, "stripe", "WEBHOOK_SECRET", body, ""), "the platform's secret"),
        (signed_by(&place, "github", "SHOP_SECRET", body, ""), "another scheme"),
        (String::new(), "no signature"),
    ] {
        assert_eq!(post(&server, SHOP, &headers, body).status, 401, "{what}");
    }
    assert_eq!(post(&server, "/api/webhooks/in/nobody", &headers, body).status, 404);
    assert_eq!(server.get(SHOP, "").status, 405);
    let audit = place.data(&["audit", "list", "--direction", "inbound"]);
    let refused = audit.as_array().unwrap().iter().find(|row| row["reason"] == "code-mismatch").unwrap();
    assert_eq!((&refused["route"], &refused["scheme"]), (&SHOP.into(), &"stripe".into()));
}

#[test]
fn a_command_gets_each_event_once_and_the_sender_tries_again_after_it_failed() {
    let place = configured(
        r#"
        [[sources]]
        name = "shop"
        scheme = "github"
        secret_env = "SHOP_SECRET"
        command = 'test -e ready || { echo "not \u001b[31mready" >&2; exit 7; }; cat >> got; echo " $SYNCCTL_EVENT_TYPE" >> got'
        "#,
    );
    let server = Running::start(&place, &["--no-process"]);
    let body = r#"{"action":"opened"}"#;
    let headers = format!("{}X-GitHub-Event: pull_request\r\n", signed_by(&place, "github", "SHOP_SECRET", body, ""));
    let failed = post(&server, SHOP, &headers, body);
    assert_eq!((failed.status, failed.code()), (503, "SERVICE_UNAVAILABLE".to_owned()));
    eventually("its failure is logged", || server.told().contains("exit status: 7"));
    assert!(!server.told().contains('\u{1b}'), "{}", server.told());
    std::fs::write(place.path("ready"), "").unwrap();
    assert_eq!(post(&server, SHOP, &headers, body).data()["result"], "applied");
    assert_eq!(post(&server, SHOP, &headers, body).data()["result"], "duplicate");
    let got = std::fs::read_to_string(place.path("got")).unwrap();
    assert_eq!(got.lines().count(), 1, "{got}");
    assert!(got.contains(r#""data":{"action":"opened"}"#) && got.ends_with(" shop.pull_request\n"), "{got}");
    assert_eq!(place.data(&["audit", "list", "--direction", "inbound"])[0]["outcome"], "applied");
}

#[test]
fn two_replays_at_once_give_an_event_to_its_command_once() {
    let mut place = configured(
        r#"
        [[sources]]
        name = "shop"
        scheme = "github"
        secret_env = "SHOP_SECRET"
        command = 'echo ran >> got; while ! test -e go; do sleep 0.05; done'
        "#,
    );
    place.set("RIGHT", "the-right-secret-of-the-shop");
    place.set("SHOP_SECRET", "a-wrong-secret-of-the-shop");
    let server = Running::start(&place, &["--no-process"]);
    let body = r#"{"action":"opened"}"#;
    let headers = format!("{}X-GitHub-Event: pull_request\r\n", signed_by(&place, "github", "RIGHT", body, ""));
    assert_eq!(post(&server, SHOP, &headers, body).status, 401);
    place.set("SHOP_SECRET", "the-right-secret-of-the-shop");
    let mut first = place.spawn(&["requests", "replay", "1"]);
    eventually("its command runs", || place.path("got").exists());
    let second = place.run(&["requests", "replay", "1"]);
    assert_eq!(second.code, 11, "{second:?}");
    assert!(second.stderr.contains("another replay of requests is under way"), "{second:?}");
    std::fs::write(place.path("go"), "").unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(place.data(&["requests", "replay", "1"])[0]["result"], "duplicate");
    assert_eq!(std::fs::read_to_string(place.path("got")).unwrap(), "ran\n");
}

#[test]
fn a_command_that_fails_keeps_no_other_request_from_its_replay() {
    let mut place = configured(
        r#"
        [[sources]]
        name = "shop"
        scheme = "github"
        secret_env = "SHOP_SECRET"
        command = '! grep -q poison'
        "#,
    );
    place.set("RIGHT", "the-right-secret-of-the-shop");
    place.set("SHOP_SECRET", "a-wrong-secret-of-the-shop");
    let server = Running::start(&place, &["--no-process"]);
    for body in [r#"{"action":"poison"}"#, r#"{"action":"opened"}"#] {
        let headers = format!("{}X-GitHub-Event: pull_request\r\n", signed_by(&place, "github", "RIGHT", body, ""));
        assert_eq!(post(&server, SHOP, &headers, body).status, 401);
    }
    place.set("SHOP_SECRET", "the-right-secret-of-the-shop");
    let replayed = place.run(&["requests", "replay", "--all", "--yes", "-o", "json"]);
    assert_eq!(replayed.code, 1, "{replayed:?}");
    let results: Vec<_> = replayed.data().as_array().unwrap().iter().map(|it| it["result"].clone()).collect();
    assert_eq!(results, ["failed", "applied"], "{replayed:?}");
    assert!(replayed.stdout.contains("the command of the source failed: "), "{replayed:?}");
    assert!(replayed.stderr.contains("1 of 2 requests not accepted"), "{replayed:?}");
    let again = place.data(&["requests", "replay", "--all", "--dry-run"]);
    assert_eq!(again.as_array().unwrap().len(), 1, "what failed is not settled: {again}");
}

#[test]
fn a_refused_event_of_a_source_is_replayed_once_its_secret_was_mended() {
    let sink = Receiver::new(|_| Reply::Status(200));
    let mut place = configured(&format!(
        r#"
        [[endpoints]]
        name = "billing"
        url = "{}"
        [[sources]]
        name = "shop"
        secret_env = "SHOP_SECRET"
        forward_to = "billing"
        "#,
        sink.url("/")
    ));
    place.set("RIGHT", "the-right-secret-of-the-shop");
    place.set("SHOP_SECRET", "a-wrong-secret-of-the-shop");
    let server = Running::start(&place, &["--no-process"]);
    let body = r#"{"type":"paid"}"#;
    let headers = signed_by(&place, "standard", "RIGHT", body, "msg_1");
    assert_eq!(post(&server, SHOP, &headers, body).status, 401);
    assert_eq!(place.run(&["requests", "replay", "1"]).code, 1);
    place.set("SHOP_SECRET", "the-right-secret-of-the-shop");
    assert_eq!(place.data(&["requests", "replay", "1"])[0]["result"], "applied");
    assert_eq!(place.data(&["requests", "list"])[0]["result"], "applied", "settled with it");
    assert_eq!(place.data(&["events", "show", "shop:msg_1"])["event"]["type"], "shop.paid");
    assert_eq!(place.data(&["requests", "replay", "1"])[0]["result"], "duplicate");
}

#[test]
fn records_of_a_source_change_under_its_own_secret_from_its_own_network() {
    let place = configured(
        r#"
        [server]
        trusted_proxies = ["127.0.0.1"]
        [webhook]
        networks = ["192.0.2.0/24", "127.0.0.1"]
        [[sources]]
        name = "shop"
        secret_env = "SHOP_SECRET"
        previous_secret_env = "PARTNER_SECRET"
        types = ["user.*"]
        networks = ["192.0.2.7"]
        "#,
    );
    let mut place = place;
    place.set("SHOP_SECRET", "the-secret-of-the-shop");
    let server = Running::start(&place, &["--no-process"]);
    let body = event("e1", "user.updated", "u", r#"{"name":"Ada"}"#, AT);
    let headers = signed_by(&place, "standard", "SHOP_SECRET", &body, "e1");
    let from = |address: &str| format!("{headers}X-Forwarded-For: 6.6.6.6, {address}\r\nForwarded: for=192.0.2.7\r\n");
    assert_eq!(post(&server, SHOP, &headers, &body).status, 403, "the proxy itself is no sender");
    assert_eq!(post(&server, SHOP, &from("192.0.2.8"), &body).code(), "FORBIDDEN");
    assert_eq!(post(&server, SHOP, &from("192.0.2.7"), &body).data()["result"], "applied");
    assert_eq!(place.data(&["records", "show", "user", "u"])["profile"]["name"], "Ada");
    let before = event("e2", "user.updated", "u", "{}", AT);
    let previous = signed_by(&place, "standard", "PARTNER_SECRET", &before, "e2") + "X-Forwarded-For: 192.0.2.7\r\n";
    assert_eq!(post(&server, SHOP, &previous, &before).status, 200, "the secret before");
    let other = event("e3", "enrollment.updated", "r", "{}", AT);
    let headers = signed_by(&place, "standard", "SHOP_SECRET", &other, "e3") + "X-Forwarded-For: 192.0.2.7\r\n";
    assert_eq!(post(&server, SHOP, &headers, &other).fields(), ["type"]);
    // The platform's own routes have their secret and networks.
    let far = format!("{}X-Forwarded-For: 198.51.100.1\r\n", signed(&other));
    assert_eq!(post(&server, "/api/webhooks/sync", &far, &other).status, 403);
    assert_eq!(post(&server, "/api/webhooks/sync", &signed(&other), &other).status, 200);
    let audit = place.data(&["audit", "list", "--direction", "inbound"]);
    let sources: Vec<&str> = audit.as_array().unwrap().iter().filter_map(|row| row["source"].as_str()).collect();
    assert!(sources.contains(&"192.0.2.7") && sources.contains(&"198.51.100.1"), "{sources:?}");
    assert!(!sources.contains(&"6.6.6.6"), "{sources:?}");
}

#[test]
fn guesses_count_for_the_client_behind_a_trusted_proxy() {
    let place = configured("[server]\ntrusted_proxies = [\"127.0.0.0/8\"]\nproxy_header = \"forwarded\"\n");
    let server = Running::start(&place, &["--no-process"]);
    let guess = |from: &str| {
        let headers = format!("Authorization: Bearer wrong\r\nForwarded: for={from}\r\nX-Forwarded-For: 9.9.9.9\r\n");
        server.get("/api/sync/status", &headers).status
    };
    let statuses: Vec<u16> = (0..11).map(|_| guess("192.0.2.1")).collect();
    assert_eq!((statuses[9], statuses[10]), (401, 429));
    assert_eq!(guess("192.0.2.2"), 401, "another client behind the same proxy");
    assert_eq!(server.get("/api/sync/status", &format!("{ADMIN}Forwarded: for=192.0.2.1\r\n")).status, 200);
}

#[test]
fn the_originals_signature_and_events_without_a_time_can_be_refused() {
    let place = configured("[webhook]\nstandard_only = true\nrequire_timestamp = true\n");
    let server = Running::start(&place, &["--no-process"]);
    let body = event("e1", "user.updated", "u", "{}", AT);
    assert_eq!(server.webhook(&body).status, 401);
    let now = syncctl::clock::Clock::now(&syncctl::clock::SystemClock).as_seconds();
    let send = |body: &str| post(&server, "/api/webhooks/sync", &standard(body, "e1", now), body);
    assert_eq!(send(&body).status, 200);
    let timeless = body.replace(&format!(r#","timestamp":"{AT}""#), "");
    assert_eq!(send(&timeless).fields(), ["timestamp"]);
    let audit = place.data(&["audit", "list", "--direction", "inbound"]);
    assert!(audit.as_array().unwrap().iter().any(|row| row["reason"] == "standard-signature-missing"), "{audit}");
}

#[test]
fn what_is_wrong_with_a_source_is_said_before_anything_is_received() {
    let wrong = |source: &str| {
        let place = configured(&format!("[[sources]]\n{source}\n"));
        let ran = place.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.code, 78, "{source}: {}", ran.stderr);
        let check = place.run(&["config", "validate"]);
        (ran.stderr, check.code)
    };
    let named = "name = \"shop\"\nsecret_env = \"SHOP_SECRET\"\n";
    for (source, text) in [
        ("secret_env = \"SHOP_SECRET\"".to_owned(), "a source without a name"),
        ("name = \"shop\"".to_owned(), "a source without a secret"),
        ("name = \"Shop\"\nsecret_env = \"A\"".to_owned(), "begins with a letter"),
        (format!("{named}scheme = \"strip\""), "did you mean `stripe`?"),
        (format!("{named}scheme = \"square\""), "signs the URL: say which with url"),
        (format!("{named}signed = \"{{body}}\""), "describe the scheme `generic`"),
        (format!("{named}scheme = \"generic\"\nsigned = \"{{nothing}}\""), "is not a part of a request"),
        (format!("{named}forward_to = \"a\"\ncommand = \"b\""), "give either forward_to or command"),
        (format!("{named}networks = \"here\""), "is not a network"),
        (format!("{named}forward = \"a\""), "did you mean `forward_to`?"),
        (format!("{named}[[sources]]\n{named}"), "a second source of this name"),
    ] {
        let (told, validated) = wrong(&source);
        assert!(told.contains(text), "{source}: {told}");
        assert_ne!(validated, 0, "{source}");
    }
    let (told, _) = wrong(&format!("{named}scheme = \"stripe\"\nforward_to = \"nowhere\""));
    assert!(told.contains("forwards to the endpoint `nowhere`, which does not exist"), "{told}");
    let (told, _) = wrong("name = \"shop\"\nsecret_env = \"NOT_SET\"");
    assert!(told.contains("the secret of the source shop") && told.contains("NOT_SET is not set"), "{told}");
    let (told, _) = wrong(named);
    assert!(told.contains("not valid base64"), "Standard Webhooks decode what follows whsec_: {told}");
}

#[test]
fn doctor_looks_at_the_sources() {
    let found = |place: &Place| {
        let findings = place.run(&["doctor", "-o", "json"]).data()["checks"].clone();
        let finding =
            findings.as_array().unwrap().iter().find(|it| it["name"] == "sources").cloned().unwrap_or_default();
        format!("{} {}", finding["verdict"], finding["detail"])
    };
    assert_eq!(found(&place()), "null null", "there is none");
    let shop = "[[sources]]\nname = \"shop\"\nscheme = \"stripe\"\nsecret_env = \"SHOP_SECRET\"\n";
    assert_eq!(found(&configured(shop)), r#""ok" "shop (stripe)""#);
    let lost = found(&configured(&format!("{shop}forward_to = \"nowhere\"\n")));
    assert!(lost.contains("fail") && lost.contains("`nowhere`, which does not exist"), "{lost}");
    let mut unset = configured(shop);
    unset.unset("SHOP_SECRET");
    assert!(found(&unset).contains("SHOP_SECRET is not set"), "{}", found(&unset));
}

#[test]
fn a_scheme_of_ones_own_description_verifies() {
    let place = configured(
        r#"
        [[sources]]
        name = "shop"
        scheme = "generic"
        signed = "{timestamp}.{body}"
        signature_header = "X-Shop-Signature"
        timestamp_header = "X-Shop-Time"
        prefix = "sha512="
        algorithm = "sha512"
        encoding = "base64"
        tolerance = "1m"
        secret_env = "SHOP_SECRET"
        command = "cat > got"
        type_member = "kind"
        id_member = "number"
        "#,
    );
    let server = Running::start(&place, &["--no-process"]);
    let body = r#"{"kind":"Sold","number":17}"#;
    let now = syncctl::clock::Clock::now(&syncctl::clock::SystemClock).as_seconds();
    let headers_at = |seconds: i64| {
        let time = seconds.to_string();
        let args = [
            "sign",
            "--scheme",
            "generic",
            "--signed",
            "{timestamp}.{body}",
            "--signature-header",
            "X-Shop-Signature",
            "--timestamp-header",
            "X-Shop-Time",
            "--prefix",
            "sha512=",
            "--algorithm",
            "sha512",
            "--encoding",
            "base64",
            "--secret-env",
            "SHOP_SECRET",
            "--data",
            body,
            "--timestamp",
            &time,
        ];
        let headers = place.data(&args)["headers"].clone();
        let line = |(name, value): (&String, &Value)| format!("{name}: {}\r\n", value.as_str().unwrap());
        headers.as_object().unwrap().iter().map(line).collect::<String>()
    };
    assert_eq!(post(&server, SHOP, &headers_at(now - 90), body).status, 401, "older than its tolerance");
    let taken = post(&server, SHOP, &headers_at(now), body);
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!((&taken.data()["eventId"], &taken.data()["eventType"]), (&"shop:17".into(), &"shop.sold".into()));
}

#[test]
fn a_source_that_is_silent_for_longer_than_it_may_be_is_unhealthy_and_named() {
    let place = configured(
        r#"
        [[sources]]
        name = "partner"
        secret_env = "PARTNER_SECRET"
        silence_after = "1h"
        [[sources]]
        name = "shop"
        scheme = "stripe"
        secret_env = "SHOP_SECRET"
        "#,
    );
    let server = Running::start(&place, &["--no-process"]);
    let health = || server.get("/api/sync/health", ADMIN).data()["health"].clone();
    let silent = "no webhook has ever verified at /api/webhooks/in/partner";
    assert_eq!(health()["message"], format!("unhealthy: {silent}"));
    assert!(place.run(&["check"]).stdout.contains(silent));
    assert!(place.run(&["doctor"]).stdout.contains(silent));
    assert!(server.get("/", ADMIN).body.contains(silent));
    let body = event("e", "user.updated", "u", "{}", AT);
    let headers = signed_by(&place, "standard", "PARTNER_SECRET", &body, "e");
    assert_eq!(post(&server, "/api/webhooks/in/partner", &headers, &body).status, 200);
    assert_eq!(health()["healthy"], true);
}
