use serde_json::Value;

use super::sign::{BODY, SIGNATURE};
use crate::support::place::{Place, Ran};

fn verify(place: &Place, body: &str, args: &[&str]) -> Ran {
    place.run_with_input(&[&["verify", "-"], args].concat(), body.as_bytes())
}

fn header() -> String {
    format!("X-Webhook-Signature: {SIGNATURE}")
}

fn reason(ran: &Ran) -> Value {
    ran.data()["reason"].clone()
}

#[test]
fn a_right_signature_ends_with_0_and_a_wrong_one_with_4_and_one_clear_reason() {
    let place = Place::new();
    let good = verify(&place, BODY, &["--header", &header()]);
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.starts_with("VALID  signature valid\n  scheme    syncctl (the original), detected"));
    for (body, header, expected) in [
        ("{}", header(), "code-mismatch"),
        (BODY, "x-webhook-signature: zz".to_owned(), "code-not-hexadecimal"),
        (BODY, format!("x-webhook-signature: {}", &SIGNATURE[..62]), "code-length"),
        (BODY, "content-type: application/json".to_owned(), "header-not-delivered"),
    ] {
        let wrong = verify(&place, body, &["--header", &header, "-o", "json"]);
        assert_eq!((wrong.code, reason(&wrong)), (4, expected.into()), "{wrong:?}");
        assert_eq!(wrong.data()["valid"], false);
        let words = verify(&place, body, &["--header", &header]);
        assert!(words.code == 4 && words.stdout.starts_with(&format!("INVALID  {expected}: ")), "{words:?}");
    }
    let twice = verify(&place, BODY, &["--header", &header(), "--header", &header(), "-o", "json"]);
    assert_eq!((twice.code, reason(&twice)), (4, "header-doubled".into()));
}

#[test]
fn what_to_say_to_the_sender_holds_what_arrived_and_was_found_and_no_secret() {
    use crate::support::place::SECRET;
    let place = Place::new();
    let pretty = BODY.replace(':', ": ").replace(',', ", ");
    let url = ["--header", &header(), "--explain", "--url", "https://h.example/hook"];
    let said = verify(&place, &pretty, &url).stdout;
    let (_, message) = said.split_once("TO THE SENDER").expect(&said);
    for part in [
        "Your POST to https://h.example/hook was refused: ",
        &format!("x-webhook-signature: {SIGNATURE}"),
        &format!("a body of {} bytes, SHA-256 ", pretty.len()),
        "What we verify (the original): HMAC-SHA256 of {body}, hex, with the secret whose fingerprint",
        "What we found: the signature is valid for the JSON without spaces",
        "[json-minified]",
    ] {
        assert!(message.contains(part), "{part} in {said}");
    }
    assert!(!said.contains(SECRET), "{said}");
    let data = verify(&place, &pretty, &[&url[..], &["-o", "json"]].concat()).data();
    assert!(data["toSender"].as_str().unwrap().starts_with("Your POST to"), "{data}");
    let checked = place.run(&["secret", "check"]).stdout;
    let of = |text: &str| text.split("ingerprint ").nth(1).map(|rest| rest[..16].to_owned());
    let theirs = message.split("secret check` is ").nth(1).map(|rest| rest[..16].to_owned());
    assert_eq!(of(&checked), theirs, "{checked}");
    let unknown = verify(&place, "{}", &["--header", &header(), "--explain"]).stdout;
    assert!(unknown.contains("No known mistake explains the signature"), "{unknown}");
    let bare = verify(&place, "{}", &["--header", &header(), "-o", "json"]).data();
    assert_eq!(bare["toSender"], Value::Null, "only where it was looked for");
    let token = ["--header", "X-Gitlab-Token: not-the-token", "--scheme", "gitlab", "--explain"];
    let told = verify(&place, "{}", &token).stdout;
    assert!(told.contains("a token that is not repeated here") && !told.contains("not-the-token"), "{told}");
}

#[test]
fn json_says_what_was_signed_and_how_as_the_table_does() {
    let place = Place::new();
    let data = verify(&place, BODY, &["--header", &header(), "-o", "json"]).data();
    let fields = ["signedTemplate", "algorithm", "encoding", "bodyBytes"].map(|name| data[name].to_string());
    assert_eq!(fields, ["\"{body}\"", "\"HMAC-SHA256\"", "\"hex\"", &BODY.len().to_string()]);
    let unknown = verify(&place, BODY, &["-o", "json"]).data();
    assert_eq!((&unknown["algorithm"], &unknown["bodyBytes"]), (&Value::Null, &BODY.len().into()));
}

#[test]
fn the_time_is_told_apart_from_the_signature() {
    let place = Place::new();
    let signed = place.data(&["sign", "--data", BODY, "--scheme", "stripe", "--timestamp", "1706702400"]);
    let header = format!("stripe-signature: {}", signed["headers"]["stripe-signature"].as_str().unwrap());
    let at = |time: &str, more: &[&str]| {
        verify(&place, BODY, &[&["--header", &header, "--at", time, "-o", "json"], more].concat())
    };
    let late = at("1706702832", &[]);
    assert_eq!((late.code, reason(&late)), (4, "outside-tolerance".into()));
    assert_eq!(late.data()["time"]["ageMs"], 432_000);
    assert_eq!(late.data()["time"]["limitMs"], 300_000);
    let words = verify(&place, BODY, &["--header", &header, "--at", "2024-01-31T12:07:12Z"]);
    let headline = "INVALID  outside-tolerance: signature valid, 7m 12s old, limit 5m\n";
    assert!(words.stdout.starts_with(headline), "{words:?}");
    assert_eq!(at("1706702832", &["--tolerance", "10m"]).code, 0);
    assert_eq!(at("1706702399", &[]).data()["time"]["ageMs"], -1000);
}

#[test]
fn a_request_is_read_from_raw_http_a_curl_command_and_a_har_file() {
    let place = Place::new();
    let raw =
        format!("POST /hook HTTP/1.1\r\nHost: h\r\n{}\r\nContent-Length: {}\r\n\r\n{BODY}\n", header(), BODY.len());
    let curl = place.run(&["sign", "--data", BODY, "--curl", "https://h/hook"]).stdout;
    let entry = |signature: &str| {
        serde_json::json!({"request": {"method": "POST", "url": "https://h/hook",
            "headers": [{"name": "x-webhook-signature", "value": signature}], "postData": {"text": BODY}}})
    };
    let har = serde_json::json!({"log": {"entries": [entry("00"), entry(SIGNATURE)]}}).to_string();
    std::fs::write(place.path("raw"), raw).unwrap();
    std::fs::write(place.path("curl"), curl).unwrap();
    std::fs::write(place.path("har"), har).unwrap();
    assert_eq!(place.run(&["verify", "--request", "raw"]).code, 0);
    assert_eq!(place.run(&["verify", "--request", "curl"]).code, 0);
    assert_eq!(place.run(&["verify", "--request", "har", "--which", "2"]).code, 0);
    assert_eq!(place.run(&["verify", "--request", "har", "--which", "1"]).code, 4);
    let many = place.run(&["verify", "--request", "har"]);
    assert_eq!((many.code, many.stderr.contains("--which, from 1 to 2")), (2, true));
    std::fs::write(place.path("none"), "hello").unwrap();
    assert_eq!(place.run(&["verify", "--request", "none"]).code, 65);
    assert_eq!(place.run(&["verify", "--request", "missing"]).code, 66);
}

#[test]
fn the_body_of_a_stored_event_is_verified_against_given_headers() {
    let place = Place::new();
    let id = place.emit("enrollment.created", "enr-1");
    let body = place.run(&["events", "show", &id, "--sent"]).stdout;
    let signature = place.run_with_input(&["sign", "-", "-o", "name"], body.as_bytes()).stdout;
    let header = format!("x-webhook-signature: {}", signature.trim());
    assert_eq!(place.run(&["verify", "--event", &id, "--header", &header]).code, 0);
}

#[test]
fn explain_names_the_cause_and_nothing_for_a_wrong_secret() {
    let mut place = Place::new();
    let body = format!("{BODY}\n");
    let found = verify(&place, &body, &["--header", &header(), "--explain", "-o", "json"]);
    let data = found.data();
    assert_eq!((found.code, &data["explanation"]["cause"]), (4, &Value::from("newline-added")));
    assert!(data["explanation"]["text"].as_str().unwrap().starts_with("valid for the body without its last newline"));
    let words = verify(&place, &body, &["--header", &header(), "--explain"]).stdout;
    assert!(words.contains("\nCAUSE  newline-added: valid for the body without its last newline"), "{words}");

    place.set("WEBHOOK_SECRET", "another-secret-altogether");
    let none = verify(&place, &body, &["--header", &header(), "--explain", "-o", "json"]).data();
    assert_eq!((&none["explanation"], &none["pair"]), (&Value::Null, &Value::Null));
    let ruled_out = none["ruledOut"].as_array().unwrap();
    assert!(ruled_out.len() > 15 && ruled_out.contains(&"newline-added".into()), "{ruled_out:?}");
    assert!(!none["collect"].as_array().unwrap().is_empty());

    place.set("WEBHOOK_SECRET_PREVIOUS", "syncctl-test-secret");
    let previous = verify(&place, BODY, &["--header", &header(), "--explain", "-o", "json"]).data();
    assert_eq!(previous["explanation"]["cause"], "previous-secret");
}

#[test]
fn seconds_where_a_scheme_has_milliseconds_are_told_although_the_signature_is_right() {
    let place = Place::new();
    let code = hex_of(&place, &format!("1706702400:{BODY}"));
    let header = format!("x-webflow-signature: {code}");
    let args = ["--header", &header, "--header", "x-webflow-timestamp: 1706702400", "--at", "1706702400"];
    let ran = verify(&place, BODY, &[&args[..], &["--explain", "-o", "json"]].concat());
    assert_eq!((ran.code, reason(&ran)), (4, "outside-tolerance".into()));
    assert_eq!(ran.data()["explanation"]["cause"], "time-form");
    let words = verify(&place, BODY, &[&args[..], &["--explain"]].concat()).stdout;
    assert!(words.contains("`x-webflow-timestamp` is in seconds, this scheme has milliseconds"), "{words}");
}

/// HMAC-SHA256 of `content` with the secret of the tests, in hex.
fn hex_of(place: &Place, content: &str) -> String {
    place.run_with_input(&["sign", "-", "-o", "name"], content.as_bytes()).stdout.trim().to_owned()
}

#[test]
fn a_code_in_an_unknown_header_is_found_and_the_given_options_verify_it() {
    let place = Place::new();
    let (dotted, both) = (format!("1706702400.{BODY}"), format!("m-1|1706702400|{BODY}"));
    for (name, content, prefix, more, cause) in [
        ("x-signature", BODY, "", &[][..], Some("other-header")),
        ("x-acme-hmac", BODY, "sha256=", &["content-type: application/json"], Some("other-header")),
        ("x-acme-signature", &dotted, "v1=", &["x-acme-timestamp: 1706702400"], None),
        ("authorization", &both, "HMAC ", &["x-time-ts: 1706702400", "x-event-id: m-1"], None),
    ] {
        let header = format!("{name}: {prefix}{}", hex_of(&place, content));
        let mut args = vec!["--header", &header];
        more.iter().for_each(|line| args.extend(["--header", line]));
        let found = verify(&place, BODY, &[&args[..], &["--explain", "-o", "json"]].concat());
        let data = found.data();
        assert_eq!((found.code, reason(&found)), (4, "header-not-delivered".into()));
        match cause {
            Some(cause) => assert_eq!(data["explanation"]["cause"], cause, "{data}"),
            None => assert!(data["pair"].to_string().contains("other-content"), "{data}"),
        }
        assert!(data.to_string().contains(&format!("it is in `{name}`")), "{data}");
        let options = data["verifyWith"].as_str().unwrap();
        assert!(options.starts_with(&format!("--scheme generic --signature-header {name}")), "{options}");
        let options = syncctl::request::shell_words(options.as_bytes()).unwrap();
        let options: Vec<_> = options.iter().map(|word| std::str::from_utf8(word).unwrap()).collect();
        assert_eq!(verify(&place, BODY, &[&args[..], &options].concat()).code, 0, "{options:?}");
        let words = verify(&place, BODY, &[&args[..], &["--explain"]].concat()).stdout;
        assert!(words.contains("  verify it with: syncctl verify --scheme generic"), "{words}");
    }
}

#[test]
fn codes_in_unknown_headers_that_fit_nothing_get_no_cause_and_none_are_needed() {
    let place = Place::new();
    let digest = "x-amz-content-sha256: 9b3bb94c6c4b4ba8e0d1b8e5f5d1c2a7a7a5e0a4f9cbb0e2c1de8ea5cf3e5b41";
    let wrong = verify(&place, BODY, &["--header", digest, "--explain", "-o", "json"]).data();
    assert_eq!(
        (&wrong["explanation"], &wrong["pair"], &wrong["verifyWith"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(!wrong["ruledOut"].as_array().unwrap().is_empty() && !wrong["collect"].as_array().unwrap().is_empty());
    let none = verify(&place, BODY, &["--header", "a: b", "--explain", "-o", "json"]).data();
    assert_eq!(none["ruledOut"].as_array().map(Vec::len), Some(0));
    let odd =
        verify(&place, BODY, &["--header", &format!("x-$a`b: {}", hex_of(&place, BODY)), "--explain", "-o", "json"]);
    assert_eq!(odd.data()["verifyWith"], "--scheme generic --signature-header 'x-$a`b'");
    let quote =
        verify(&place, BODY, &["--header", &format!("x-'a: {}", hex_of(&place, BODY)), "--explain", "-o", "json"]);
    assert_eq!((&quote.data()["verifyWith"], quote.code), (&Value::Null, 4));
}

#[test]
fn another_endpoints_secret_is_recognised_by_its_name() {
    let mut place = Place::new();
    place.set("WEBHOOK_SECRET", "ours");
    place.set("THEIRS", "syncctl-test-secret");
    let config = "[[endpoints]]\nname = \"backup\"\nurl = \"https://backup.example/hook\"\nsecret_env = \"THEIRS\"\n";
    std::fs::write(place.path("c.toml"), config).unwrap();
    let args = ["--header", &header(), "--explain", "--config", "c.toml", "-o", "json"];
    let found = verify(&place, BODY, &args).data();
    assert_eq!(found["explanation"]["cause"], "other-endpoint-secret");
    assert!(found["explanation"]["text"].as_str().unwrap().contains("backup"));
}

#[test]
fn the_right_signature_is_never_shown_to_a_pipe() {
    let place = Place::new();
    for more in [&[][..], &["--explain"], &["--explain", "-o", "json"], &["-vvv"]] {
        let ran = verify(&place, BODY, &[&["--header", "x-webhook-signature: 00"], more].concat());
        assert!(!ran.stdout.contains(SIGNATURE) && !ran.stderr.contains(SIGNATURE), "{ran:?}");
    }
    let asked = verify(&place, BODY, &["--header", "x-webhook-signature: 00", "--show-expected"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (2, ""));
}

#[test]
fn a_stronger_header_that_fails_is_not_rescued_by_a_weaker_one() {
    let place = Place::new();
    let ran = verify(
        &place,
        BODY,
        &[
            "--header",
            &header(),
            "--header",
            "webhook-id: msg_1",
            "--header",
            "webhook-timestamp: 1706702400",
            "--header",
            "webhook-signature: v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "--at",
            "1706702400",
            "-o",
            "json",
        ],
    );
    assert_eq!((ran.code, reason(&ran), ran.data()["scheme"].clone()), (4, "code-mismatch".into(), "standard".into()));
}

#[test]
fn every_named_cause_and_scheme_is_listed_by_help() {
    let place = Place::new();
    let causes = place.data(&["help", "explain"]);
    assert!(causes.as_array().unwrap().iter().any(|cause| cause["cause"] == "newline-added"));
    let schemes = place.data(&["help", "signing"]);
    assert_eq!(schemes.as_array().unwrap().len(), 46);
    let codes = place.data(&["help", "exit-codes"]);
    assert_eq!(codes[4]["name"], "signature");
    let near = place.run(&["help", "explian"]);
    assert_eq!((near.code, near.stderr.contains("did you mean `explain`?")), (2, true));
    assert!(place.run(&["help"]).stdout.contains("Topics"));
    assert!(place.run(&["help", "events", "reproduce"]).stdout.contains("--endpoint"));
}

#[test]
fn foreign_text_cannot_change_a_terminal() {
    let place = Place::new();
    let raw = "POST /\u{1b}]0;x\u{7} HTTP/1.1\n\n";
    let ran = place.run_with_input(&["verify", "--request", "-"], raw.as_bytes());
    let scheme = place.run(&["verify", "--scheme", "a\u{1b}[31m"]);
    let header = place.run_with_input(&["verify", "-", "--header", "\u{1b}]0;x\u{7}"], b"");
    for ran in [ran, scheme, header] {
        assert!(ran.code != 0 && !ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{ran:?}");
    }
}

#[test]
fn a_signature_in_a_legacy_header_is_found_and_told() {
    let place = Place::new();
    let code = "b7d1cc282c79b7e5dc9cd85f12a574fd834f9579";
    let ran = verify(&place, BODY, &["--header", &format!("X-Hub-Signature: sha1={code}"), "--explain", "-o", "json"]);
    assert_eq!((ran.code, reason(&ran)), (4, "header-not-delivered".into()));
    assert_eq!(
        (&ran.data()["explanation"]["cause"], &ran.data()["verifyWith"]),
        (&"older-header".into(), &Value::Null)
    );
    let words = verify(&place, BODY, &["--header", &format!("X-Hub-Signature: sha1={code}")]).stdout;
    assert!(words.contains("github (GitHub), detected from x-hub-signature\n"), "{words}");
    let wrong = verify(&place, BODY, &["--header", "x-hub-signature: sha1=00", "--explain", "-o", "json"]);
    assert_eq!((wrong.code, wrong.data()["ruledOut"].as_array().map(Vec::len)), (4, Some(0)));
}

#[test]
fn an_upper_case_code_is_right_and_worth_a_note() {
    let place = Place::new();
    let header = format!("x-webhook-signature: {}", SIGNATURE.to_uppercase());
    let ran = verify(&place, BODY, &["--header", &header]);
    assert!(ran.code == 0 && ran.stdout.contains("upper case"), "{ran:?}");
}

#[test]
fn a_secret_that_is_no_key_of_the_scheme_is_explained() {
    let mut place = Place::new();
    let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    place.set("WEBHOOK_SECRET", secret);
    let request = place.run(&["sign", "--data", BODY, "--scheme", "standard", "--curl", "https://h/"]).stdout;
    place.set("WEBHOOK_SECRET", &format!("{secret} "));
    let args = ["verify", "--request", "-", "-o", "json"];
    assert_eq!(place.run_with_input(&args, request.as_bytes()).code, 78);
    let ran = place.run_with_input(&[&args[..], &["--explain"]].concat(), request.as_bytes());
    assert_eq!((ran.code, reason(&ran)), (4, "secret-unusable".into()), "{ran:?}");
    assert_eq!(ran.data()["explanation"]["cause"], "secret-trimmed");
}

#[test]
fn what_was_handed_over_wrongly_is_told_with_the_way_to_do_it() {
    let place = Place::new();
    let request = "POST / HTTP/1.1\nX-Webhook-Signature: 00\n\n{}";
    std::fs::write(place.path("one.http"), request).unwrap();
    std::fs::write(place.path("none.har"), r#"{"log":{"entries":[]}}"#).unwrap();
    for (args, code, told) in [
        (&["verify", "one.http", "--header", "X-Webhook-Signature"][..], 65, "--header 'NAME: VALUE'"),
        (&["verify", "--request", "one.http", "--which", "2"], 2, "holds one request"),
        (&["verify", "--request", "none.har"], 65, "no"),
        (&["verify", "one.http", "--secret-env", "NOWHERE"], 78, "a variable that a flag names"),
    ] {
        let ran = place.run(args);
        assert!(ran.code == code && ran.stderr.contains(told), "{ran:?}");
    }
}
