//! The forms in which people hand over a request.

use super::sign::{BODY, SIGNATURE};
use crate::support::place::{Place, Ran};

fn verify(place: &Place, request: &str) -> Ran {
    place.run_with_input(&["verify", "--request", "-", "--explain", "-o", "json"], request.as_bytes())
}

fn raw(length: usize, signature: &str, body: &str) -> String {
    format!(
        "POST /hook HTTP/1.1\r\nHost: h.example\r\nX-Webhook-Signature: {signature}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn a_body_whose_length_changed_is_explained_and_both_lengths_are_told() {
    let place = Place::new();
    let with_newline = "322df8918356f5d470541dbad15e50e31410434c1e4754143630d29bc7acc8d0";
    let lost = verify(&place, &raw(77, with_newline, BODY));
    assert_eq!(lost.code, 4, "{lost:?}");
    assert_eq!(lost.data()["explanation"]["cause"], "newline-lost", "{lost:?}");
    assert!(lost.stderr.contains("content-length says 77 bytes and the body has 76"), "{lost:?}");

    let hidden = verify(&place, &raw(70, SIGNATURE, BODY));
    assert!(hidden.stderr.contains("content-length says 70 bytes and the body has 76"), "{hidden:?}");
    assert_eq!(hidden.data()["valid"], true, "every byte that is there is the body: {hidden:?}");

    let by_an_editor = verify(&place, &raw(76, SIGNATURE, &format!("{BODY}\r\n\n")));
    assert_eq!((by_an_editor.code, by_an_editor.stderr.as_str()), (0, ""), "{by_an_editor:?}");
}

#[test]
fn what_is_no_request_as_it_was_sent_is_not_sent_again() {
    let place = Place::new();
    let replay = |request: String| {
        std::fs::write(place.path("a.http"), request).unwrap();
        place.run(&["replay", "--from", "a.http", "--to", "http://127.0.0.1:1/"])
    };
    let cut = replay(raw(77, SIGNATURE, BODY));
    assert_eq!((cut.code, cut.stderr.contains("content-length says 77")), (65, true), "{cut:?}");
    let headers = replay("X-Webhook-Signature: 00\nContent-Length: 2\n".to_owned());
    assert_eq!(
        (headers.code, headers.stderr.contains("the body of the request is not in a.http")),
        (65, true),
        "{headers:?}"
    );
    // Two requests of one connection are two.
    let two = replay(raw(76, SIGNATURE, &format!("{BODY}\n{}", raw(2, "00", "{}"))));
    assert!(two.stdout.contains("would send 2 requests"), "{two:?}");
}

#[test]
fn every_way_to_paste_the_same_request_is_read_as_that_request() {
    let place = Place::new();
    let head = raw(76, SIGNATURE, "");
    let lines = head.trim_end().split("\r\n");
    let curl = format!("curl https://h.example/hook -H 'X-Webhook-Signature: {SIGNATURE}' -H 'Content-Length: 76'");
    let caret = format!(
        "curl ^\"https://h.example/hook^\" ^\r\n  -H ^\"X-Webhook-Signature: {SIGNATURE}^\" ^\r\n  --data-raw ^\"{}^\"",
        BODY.replace('"', "^\\^\"")
    );
    for request in [
        format!("\u{feff}{head}{BODY}"),
        format!("\r\n\n{head}{BODY}\n"),
        format!("{}{BODY}", head.replace("Content-Length: 76", "Transfer-Encoding: chunked")),
        format!("{}{BODY}", head.replace("Host: h.example", "Host: h.example\r\nX-Long: a\r\n b")),
        format!("{}\n> \n{BODY}", lines.map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")),
        format!(":method: POST\n:path: /hook\n:authority: h.example\nx-webhook-signature: {SIGNATURE}\n\n{BODY}"),
        format!("$ {curl} -d '{BODY}'"),
        format!("FOO=1 /usr/bin/{curl} -d '{BODY}' 2>&1 | jq '.a | .b'"),
        format!("# a comment\n{curl} --http3 --proto =https -n -d '{BODY}' > /dev/null; echo $?"),
        format!("{curl} --url-query a=b --data-binary @- <<'EOF' | jq .\n{BODY}\nEOF\n").replace("-binary", ""),
        format!("printf '%s' '{BODY}' | {curl} --data-binary @-"),
        caret,
    ] {
        let ran = verify(&place, &request);
        assert!(ran.code == 0 && ran.stderr.lines().all(|line| line.starts_with("read as: ")), "{request} {ran:?}");
    }
}

#[test]
fn of_a_har_file_the_only_signed_request_is_taken_whatever_the_others_are() {
    let place = Place::new();
    let good = serde_json::json!({"request": {"method": "POST", "url": "https://h/x", "postData": {"text": BODY},
        "headers": [{"name": "X-Webhook-Signature", "value": SIGNATURE}]}});
    let image = serde_json::json!({"request": {"method": "GET", "url": "data:image/svg+xml,<svg a='b'>"}});
    let plain = serde_json::json!({"request": {"method": "GET", "url": "https://h/"}});
    let har = |entries: &[&serde_json::Value]| serde_json::json!({"log": {"entries": entries}}).to_string();
    let ran = verify(&place, &har(&[&plain, &image, &good]));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("1 of 3 requests") && ran.stderr.contains("number 2: `data:image"), "{ran:?}");
    assert!(ran.stderr.contains("request 3 of 3, the only one with a signature header"), "{ran:?}");
    let of = |entry: &str, text: &str| {
        place.run_with_input(&["verify", "--request", "-", "--which", entry], text.as_bytes())
    };
    assert_eq!(of("3", &har(&[&plain, &image, &good])).code, 0);
    let odd = of("2", &har(&[&plain, &image, &good]));
    assert!(odd.code == 65 && odd.stderr.contains("is not a URL"), "{odd:?}");
    let two = verify(&place, &har(&[&good, &good]));
    assert!(two.code == 2 && two.stderr.contains("--which, from 1 to 2"), "{two:?}");
}

#[test]
fn what_cannot_be_read_says_the_way_out_and_never_names_the_form_that_it_has() {
    let place = Place::new();
    for (request, hint) in [
        ("curl https://h/ --data-binary @body.json", "each header with --header"),
        ("curl https://h/ --data-binary @-", "each header with --header"),
        ("curl https://h/ -d \"$BODY\"", "each header with --header"),
        ("curl https://h/ -F a=b", "leave the option out"),
        ("{\"a\":1}", "verify a body alone with"),
    ] {
        let ran = place.run_with_input(&["verify", "--request", "-"], request.as_bytes());
        assert!(ran.code == 65 && ran.stderr.contains(hint), "{request} {ran:?}");
        assert_eq!(ran.stderr.contains("lists the formats"), request.starts_with('{'), "{ran:?}");
    }
    let chunks = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n4c\r\nabc";
    let ran = place.run_with_input(&["verify", "--request", "-"], chunks.as_bytes());
    assert!(ran.code == 65 && !ran.stderr.contains("raw HTTP"), "{ran:?}");
}
