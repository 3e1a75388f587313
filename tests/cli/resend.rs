use std::process::Command;
use std::time::Duration;

use super::listen::Listening;
use super::sign::{BODY, SIGNATURE};
use crate::support::place::{Place, SECRET};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

/// Verifies what a receiver got, by the binary itself.
fn is_valid(place: &Place, request: &crate::support::receiver::Received) -> bool {
    let mut args = vec!["verify".to_owned(), "-".to_owned()];
    for (name, value) in &request.headers {
        args.extend(["--header".to_owned(), format!("{name}: {value}")]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    place.run_with_input(&args, &request.body).code == 0
}

#[test]
fn a_stored_event_goes_elsewhere_with_the_same_bytes_and_a_fresh_signature() {
    let place = Place::new();
    let receiver = Receiver::good();
    let id = place.emit("enrollment.created", "enr-1");
    let sent = place.run(&["events", "show", &id, "--sent"]).stdout;
    // An event that no endpoint got is sent as well.
    let ran = place.run(&["replay", "--to", &receiver.url("/x"), &id]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(receiver.wait_for(1, Duration::from_secs(10))[0].body.len(), sent.len());

    let place = Place::sending_to(&["http://127.0.0.1:1/none"]);
    let id = place.emit("enrollment.created", "enr-1");
    let before = place.queue();
    let ran = place.run(&["replay", "--to", &receiver.url("/x"), &id]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let request = &receiver.wait_for(2, Duration::from_secs(10))[1];
    assert_eq!(request.event_id(), id);
    assert_eq!(request.body.len(), sent.len());
    assert!(is_valid(&place, request), "{request:?}");
    let after = place.queue();
    assert_eq!(
        (&after["pending"], &after["total"]),
        (&before["pending"], &before["total"]),
        "the queue is left as it is"
    );
}

#[test]
fn captured_requests_go_elsewhere_signed_anew_and_unknown_ones_are_refused() {
    let place = Place::new();
    let receiver = Receiver::good();
    let listening = Listening::start(&place, &["--save", "captured", "--count", "2"]);
    let standard = place.data(&["sign", "--data", BODY, "--scheme", "standard", "--timestamp", "1706702400"]);
    let head: String = standard["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("{name}: {}\r\n", value.as_str().unwrap()))
        .collect();
    listening.send(&head, BODY.as_bytes());
    listening.send(&format!("X-Webhook-Signature: {SIGNATURE}\r\nX-Kept: yes\r\n"), BODY.as_bytes());
    listening.shown();

    let plan = place.run(&["replay", "--from", "captured", "--to", &receiver.url("/y")]);
    assert!(plan.code == 0 && plan.stdout.contains("would send 2 requests"), "{plan:?}");
    assert_eq!(receiver.count(), 0);
    let ran = place.run(&["replay", "--from", "captured", "--to", &receiver.url("/y"), "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let requests = receiver.wait_for(2, Duration::from_secs(10));
    assert!(requests.iter().all(|request| request.body == BODY.as_bytes() && is_valid(&place, request)));
    assert_ne!(requests[0].header("webhook-timestamp"), "1706702400");
    assert_eq!(requests[1].header("x-kept"), "yes");

    std::fs::write(place.path("plain.http"), "POST /x HTTP/1.1\r\nhost: h\r\n\r\n{}").unwrap();
    let refused = place.run(&["replay", "--from", "plain.http", "--to", &receiver.url("/y")]);
    assert_eq!((refused.code, refused.stderr.contains("--scheme")), (65, true), "{refused:?}");
    let to = receiver.url("/y");
    let named = place.run(&["replay", "--from", "plain.http", "--to", &to, "--scheme", "github"]);
    assert_eq!(named.code, 0, "{named:?}");
    assert!(receiver.wait_for(3, Duration::from_secs(10))[2].header("x-hub-signature-256").starts_with("sha256="));
}

#[test]
fn unsigned_requests_of_a_folder_are_left_out_when_asked_and_never_in_silence() {
    let place = Place::new();
    let receiver = Receiver::good();
    let to = receiver.url("/y");
    std::fs::create_dir(place.path("captured")).unwrap();
    std::fs::write(place.path("captured/1-plain.http"), "GET /favicon.ico HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    let replay = ["replay", "--from", "captured", "--to", &to, "--yes"];
    let all_unsigned = place.run(&[&replay[..], &["--skip-unsigned"]].concat());
    assert_eq!(all_unsigned.code, 65, "{all_unsigned:?}");
    let signed = format!("POST /x HTTP/1.1\r\nhost: h\r\nx-webhook-signature: {SIGNATURE}\r\n\r\n{BODY}");
    std::fs::write(place.path("captured/2-signed.http"), signed).unwrap();
    let refused = place.run(&replay);
    assert!(refused.code == 65 && refused.stderr.contains("--skip-unsigned"), "{refused:?}");
    assert_eq!(receiver.count(), 0);
    let sent = place.run(&[&replay[..], &["--skip-unsigned"]].concat());
    assert_eq!(sent.code, 0, "{sent:?}");
    assert!(sent.stderr.contains("skipped 1 request without") && sent.stderr.contains("1-plain.http"), "{sent:?}");
    assert!(is_valid(&place, &receiver.wait_for(1, Duration::from_secs(10))[0]));
}

#[test]
fn a_browsers_recording_is_sent_again_without_what_is_no_request() {
    let place = Place::new();
    let receiver = Receiver::good();
    let signed = serde_json::json!({"request": {"method": "POST", "url": "https://h/x", "postData": {"text": BODY},
        "headers": [{"name": "X-Webhook-Signature", "value": SIGNATURE}]}});
    let image = serde_json::json!({"request": {"method": "GET", "url": "data:image/svg+xml,<svg a='b'>"}});
    let har = serde_json::json!({"log": {"entries": [image, signed]}});
    std::fs::write(place.path("a.har"), har.to_string()).unwrap();
    let sent = place.run(&["replay", "--from", "a.har", "--to", &receiver.url("/y")]);
    assert!(sent.code == 0 && sent.stderr.contains("skipped 1 of 2 requests in a.har"), "{sent:?}");
    assert!(is_valid(&place, &receiver.wait_for(1, Duration::from_secs(10))[0]));
}

#[test]
fn nothing_is_sent_to_a_place_nobody_named_or_may_be_called() {
    let place = Place::new();
    assert_eq!(place.run(&["replay", "--from", "x"]).code, 2);
    assert_eq!(place.run(&["replay", "--to", "http://127.0.0.1:1/"]).code, 2);
    std::fs::write(place.path("a.http"), "POST /x HTTP/1.1\r\nx-hub-signature-256: sha256=00\r\n\r\n{}").unwrap();
    assert_eq!(place.run(&["replay", "--from", "a.http", "--to", "ftp://h/"]).code, 2);
    let metadata = place.run(&["replay", "--from", "a.http", "--to", "http://169.254.169.254/"]);
    assert_eq!(metadata.code, 1, "{metadata:?}");
    assert!(metadata.stdout.contains("failed"), "{metadata:?}");
}

#[test]
fn what_goes_elsewhere_keeps_the_address_rules_follows_no_redirect_and_takes_no_proxy_of_the_environment() {
    let mut place = Place::new();
    std::fs::write(place.path("a.http"), "POST /x HTTP/1.1\r\nx-hub-signature-256: sha256=00\r\n\r\n{}").unwrap();
    let elsewhere = Receiver::good();
    let to = elsewhere.url("/other");
    let receiver = Receiver::new(move |_| Reply::With(307, vec![("Location", to.clone())], Vec::new()));
    place.set("HTTP_PROXY", &elsewhere.url(""));
    place.set("http_proxy", &elsewhere.url(""));
    let replay = |place: &Place, url: &str| place.run(&["replay", "--from", "a.http", "--to", url, "-o", "json"]);
    let port = receiver.address.port();
    let redirected = replay(&place, &format!("http://localhost:{port}/"));
    assert_eq!(redirected.code, 1, "{redirected:?}");
    let detail = redirected.data()["requests"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("HTTP 307: redirects are not followed (to http://127.0.0.1:"), "{detail}");
    assert_eq!((receiver.count(), elsewhere.count()), (1, 0));

    place.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    for host in ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let refused = replay(&place, &format!("http://{host}:{port}/"));
        assert_eq!(refused.code, 1, "{host}: {refused:?}");
        let detail = refused.data()["requests"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("may not be called (egress rules: egress.deny_private"), "{host}: {detail}");
        let listening = Listening::start(&place, &["--forward-to", &format!("http://{host}:{port}/"), "--count", "1"]);
        assert_eq!(listening.send("", b"{}"), 502, "{host}");
    }
    assert_eq!(receiver.count(), 1, "nothing was sent to an address that may not be called");
}

#[test]
fn an_event_is_reproduced_by_curl_and_openssl_without_the_secret_in_the_lines() {
    if !has_tools(&["curl", "openssl"]) {
        return;
    }
    for secret in [SECRET, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="] {
        let receiver = Receiver::good();
        let mut place = Place::sending_to(&[receiver.url("/hook")]);
        place.set("WEBHOOK_SECRET", secret);
        let data = "{\"a\":\t\"it's é $HOME `id` 100%\",\r\n\"b\":\"\\\\n\"}";
        let id = place.data(&["emit", "enrollment.created", "enr 1", "--data", data]);
        let id = id["event"]["id"].as_str().unwrap().to_owned();
        let lines = place.run(&["events", "reproduce", &id]).stdout;
        assert!(!lines.contains(secret) && lines.contains("$WEBHOOK_SECRET"), "{lines}");
        let ran = place.prepare(Command::new("sh"), &["-c", &lines]).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let request = &receiver.wait_for(1, Duration::from_secs(10))[0];
        let sent = place.run(&["events", "show", &id, "--sent"]).stdout;
        assert_eq!(request.body, sent.as_bytes());
        assert!(is_valid(&place, request), "{request:?}");
        let mut only_original = request.clone();
        only_original.headers.retain(|name, _| name == "x-webhook-signature");
        assert!(is_valid(&place, &only_original));
    }
}
