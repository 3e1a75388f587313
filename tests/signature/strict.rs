//! What must be refused, and with which reason.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use syncctl::clock::Timestamp;
use syncctl::signature::{
    Description, Generic, Message, Received, Scheme, SignError, Tolerance, VerifyError, find, sign, verify,
};

use super::support::*;

fn reason(name: &str, change: impl Fn(&mut Received)) -> &'static str {
    let scheme = find(name).expect("a scheme");
    let mut received = request(scheme, secret_of(scheme), BODY);
    change(&mut received);
    judge(scheme, &received, secret_of(scheme)).refusal().map_or("valid", |refusal| refusal.name())
}

#[test]
fn malformed_codes_of_twenty_kinds_are_refused() {
    let good = "f527a5c7369cba3d9dc2b491b97b5f7c67c517643d832db49d0da0803e859a1c";
    let forms = [
        String::new(),
        " ".to_owned(),
        format!("{good}0"),
        format!("{good}00"),
        format!("{good} "),
        format!(" {good}x"),
        format!("0x{good}"),
        good[..63].to_owned(),
        good[..62].to_owned(),
        good[2..].to_owned(),
        format!("{}g", &good[..63]),
        format!("{} ", &good[..63]),
        format!("{good},{good}"),
        format!("{good};"),
        format!("sha256={good}"),
        good.replace('f', "F").replace('5', "５"),
        format!("\"{good}\""),
        good.repeat(2),
        "9Selxzacuj2dwrSRuXtffGfFF2Q9gy20nQ2ggD6Fmhw=".to_owned(),
        "%66".to_owned() + &good[1..],
    ];
    for form in &forms {
        let refused = reason("syncctl", |received| {
            let value = http::HeaderValue::from_bytes(form.as_bytes()).expect("a value");
            received.headers.insert("x-webhook-signature", value);
        });
        assert!(
            matches!(refused, "code-not-hexadecimal" | "code-length" | "header-malformed"),
            "{form:?} gave {refused}"
        );
    }
}

#[test]
fn missing_doubled_malformed_and_wrong_are_four_different_reasons() {
    for scheme in signable() {
        let facts = scheme.facts();
        let header = facts.header.to_string();
        let name = facts.name.as_ref();
        assert_eq!(reason(name, |r| drop(r.headers.remove(&header))), "header-not-delivered", "{name}");
        let doubled = reason(name, |r| {
            let value = r.headers[&header].clone();
            r.headers.append(http::HeaderName::from_bytes(header.as_bytes()).expect("a name"), value);
        });
        assert_eq!(doubled, "header-doubled", "{name}");
        assert_ne!(reason(name, |r| set(r, &header, "x")), "code-mismatch", "{name}");
        let other_body = reason(name, |r| r.body = bytes::Bytes::from_static(b"{}"));
        let refused = match name {
            "twilio" => "body-hash-mismatch",
            "mercado-pago" => "valid",
            _ => "code-mismatch",
        };
        assert_eq!(other_body, refused, "{name}");
        if let Some(time) = &facts.time_header {
            assert_eq!(reason(name, |r| drop(r.headers.remove(time))), "header-not-delivered", "{name}");
            for text in ["", "-1", "+1", "1e9", "1706702400.0", "17067024000000000", " 1", "１７０６７０２４００"]
            {
                let malformed = reason(name, |r| {
                    let value = http::HeaderValue::from_bytes(text.as_bytes()).expect("a value");
                    r.headers.insert(time, value);
                });
                assert!(matches!(malformed, "time-malformed" | "header-malformed"), "{name} {text:?}: {malformed}");
            }
        }
    }
}

#[test]
fn without_a_key_everything_is_refused() {
    for scheme in signable() {
        let received = request(scheme, secret_of(scheme), BODY);
        let verdict = verify(scheme, &received, &[], now(), None);
        assert_eq!(verdict.refusal(), Some(VerifyError::CodeMismatch));
        let message = Message { method: "POST", url: URL, id: ID, time: "1", body: BODY, context: "" };
        assert_eq!(sign(scheme, &message, &[]), Err(SignError::NoKey));
        for empty in ["", " ", "\n", "whsec_", "whsk_", "whpk_"] {
            assert!(scheme.key(empty.as_bytes()).is_err(), "{} took {empty:?}", scheme.facts().name);
        }
    }
}

#[test]
fn a_code_with_a_byte_more_in_the_same_number_of_digits_is_refused() {
    // 44 digits of base64 hold 32 bytes and one sign that stands for nothing, or 33 bytes.
    let longer = |value: &str| {
        let code = BASE64.decode(value).expect("base64");
        BASE64.encode([&code[..], &[7]].concat())
    };
    let shopify = |value: &str| {
        let scheme = find("shopify").expect("a scheme");
        let mut received = request(scheme, SECRET, BODY);
        set(&mut received, "x-shopify-hmac-sha256", value);
        judge(scheme, &received, SECRET).refusal()
    };
    let right = request(find("shopify").expect("a scheme"), SECRET, BODY);
    let right = get(&right, "x-shopify-hmac-sha256");
    assert_eq!(shopify(right), None);
    assert_eq!(shopify(&longer(right)), Some(VerifyError::CodeLength { expected: 32, given: 33 }));
    // The last digit's lowest bits belong to no byte: set, they would be another writing of the same code.
    let last = right.as_bytes()[42];
    let respelt = format!("{}{}=", &right[..42], char::from(last + 1));
    assert_eq!(shopify(&respelt), Some(VerifyError::CodeNotBase64));
}

#[test]
fn a_list_has_room_for_sixty_four_entries_and_no_more() {
    for (name, header, separator) in [("standard", "webhook-signature", " "), ("stripe", "stripe-signature", ",")] {
        for (before, expected) in [(63, "valid"), (64, "header-malformed")] {
            let made = reason(name, |received| {
                let value = get(received, header).to_owned();
                let others = before + 1 - value.split(separator).count();
                let all = [vec!["v9=x"; others].join(separator), value].join(separator);
                set(received, header, &all);
            });
            assert_eq!(made, expected, "{name}, {before} before");
        }
    }
}

#[test]
fn a_header_that_is_not_ascii_is_malformed_whatever_it_would_mean() {
    for (name, header) in [("standard", "webhook-id"), ("syncctl", "x-webhook-signature")] {
        let made = reason(name, |received| {
            let value = http::HeaderValue::from_bytes("é".as_bytes()).expect("a value");
            received.headers.insert(header, value);
        });
        assert_eq!(made, "header-malformed", "{name}");
    }
}

#[test]
fn a_missing_header_is_named_as_the_scheme_calls_it() {
    let svix = find("svix").expect("a scheme");
    let refusal = judge(svix, &received::<String, String>(&[], URL, BODY), STANDARD_SECRET).refusal();
    assert_eq!(refusal, Some(VerifyError::HeaderNotDelivered("svix-signature".to_owned())));
}

#[test]
fn milliseconds_in_place_of_seconds_are_no_time() {
    let slack = find("slack").expect("a scheme");
    let mut received = request(slack, SECRET, BODY);
    set(&mut received, "x-slack-request-timestamp", &(SECONDS * 1000).to_string());
    assert_eq!(judge(slack, &received, SECRET).refusal().map(|r| r.name()), Some("time-malformed"));
}

#[test]
fn a_body_nobody_signed_tells_no_time() {
    let linear = find("linear").expect("a scheme");
    let body = format!("{{\"webhookTimestamp\":{}}}", SECONDS * 1000);
    let received = request(linear, SECRET, body.as_bytes());
    assert!(judge(linear, &received, SECRET).time.expect("a time").signed);
    assert_eq!(judge(linear, &received, "another").time, None);
}

#[test]
fn a_scheme_that_signs_the_url_does_not_sign_without_one() {
    let square = find("square").expect("a scheme");
    let message = Message { method: "POST", url: "", id: "", time: "", body: BODY, context: "" };
    assert_eq!(sign(square, &message, &[key(square, SECRET)]), Err(SignError::UrlUnknown));
}

#[test]
fn a_newer_version_that_fails_is_not_rescued_by_an_older_one() {
    let wrong = "0".repeat(64);
    let stripe = |change: &dyn Fn(&str, &str) -> String| {
        reason("stripe", |received| {
            let value = get(received, "stripe-signature").to_owned();
            let (time, code) = value.split_once(",v1=").expect("two parts");
            let value = change(time, code);
            set(received, "stripe-signature", &value);
        })
    };
    assert_eq!(stripe(&|time, code| format!("{time},v1={wrong},v0={code}")), "code-mismatch");
    assert_eq!(stripe(&|time, code| format!("{time},v0={code}")), "header-malformed");
    assert_eq!(stripe(&|time, code| format!("{time},v1={wrong},v1={code}")), "valid");
    assert_eq!(stripe(&|time, code| format!("{time},v1=garbled,v1={code}")), "valid");
    assert_eq!(stripe(&|time, code| format!("{time},{time},v1={code}")), "header-malformed");
    assert_eq!(stripe(&|_, code| format!("v1={code}")), "header-malformed");
    let many = "v1=00,".repeat(100);
    assert_eq!(stripe(&|time, code| format!("{time},{many}v1={code}")), "header-malformed");
}

#[test]
fn only_a_whole_code_of_the_right_version_counts_in_a_list() {
    let standard = |change: &dyn Fn(&str) -> String| {
        reason("standard", |received| {
            let value = change(&get(received, "webhook-signature")[3..]);
            set(received, "webhook-signature", &value);
        })
    };
    assert_eq!(standard(&|_| "v1,".to_owned()), "code-length");
    assert_eq!(standard(&|code| format!("v1,{}", &code[..40])), "code-length");
    assert_eq!(standard(&|code| format!("v1,{}", &code[..43])), "code-not-base64");
    assert_eq!(standard(&|code| format!("v1,{code}=")), "code-not-base64");
    assert_eq!(standard(&|code| format!("v2,{code}")), "header-malformed");
    assert_eq!(standard(&|code| code.to_owned()), "header-malformed");
    assert_eq!(standard(&|code| format!("v1a,{code}")), "header-malformed");
    assert_eq!(standard(&|code| format!("v9 v1,garbled v1,{code} ,, v1")), "valid");
}

#[test]
fn ids_that_make_the_content_ambiguous_are_refused() {
    for id in ["", "a.b", "a b", "é", &"x".repeat(257)] {
        let refused = reason("standard", |received| {
            let value = http::HeaderValue::from_bytes(id.as_bytes()).expect("a value");
            received.headers.insert("webhook-id", value);
        });
        assert!(matches!(refused, "id-malformed" | "header-malformed"), "{id:?}: {refused}");
        let standard = find("standard").expect("a scheme");
        let message = Message { method: "POST", url: "", id, time: "1", body: BODY, context: "" };
        assert_eq!(sign(standard, &message, &[key(standard, STANDARD_SECRET)]), Err(SignError::Id));
    }
}

#[test]
fn the_time_is_a_fact_of_its_own() {
    let stripe = find("stripe").expect("a scheme");
    let received = request(stripe, SECRET, BODY);
    let at = |seconds: i64, secret: &str| {
        let now = Timestamp::from_millis((SECONDS + seconds) * 1000);
        verify(stripe, &received, &[key(stripe, secret)], now, None)
    };
    for (seconds, within) in [(0, true), (300, true), (301, false), (-300, true), (-301, false), (432, false)] {
        let verdict = at(seconds, SECRET);
        assert!(verdict.signature.is_ok(), "the signature is right whatever the time");
        let time = verdict.time.expect("a time");
        assert_eq!((time.is_within(), verdict.is_valid()), (within, within), "{seconds}");
        let reason = verdict.refusal().map(|refusal| refusal.name());
        assert_eq!(reason, (!within).then_some("outside-tolerance"));
    }
    assert_eq!(at(432, SECRET).time.expect("a time").age, Duration::from_secs(432));
    let wrong = at(432, "another");
    assert_eq!(wrong.refusal(), Some(VerifyError::CodeMismatch));
    assert_eq!(wrong.time.expect("a time").age, Duration::from_secs(432));
    let now = Timestamp::from_millis((SECONDS + 432) * 1000);
    let longer = verify(stripe, &received, &[key(stripe, SECRET)], now, Some(Tolerance::seconds(600)));
    assert!(longer.is_valid());
}

#[test]
fn tolerances_are_those_of_each_scheme() {
    for (name, past, future) in [
        ("standard", Some(300), Some(300)),
        ("stripe", Some(300), Some(300)),
        ("paddle", Some(5), None),
        ("linear", Some(60), Some(60)),
        ("github", None, None),
        ("zoom", None, None),
    ] {
        let tolerance = find(name).expect("a scheme").facts().tolerance;
        assert_eq!(tolerance.map(|t| t.past.as_secs()), past, "{name}");
        assert_eq!(tolerance.and_then(|t| t.future).map(|t| t.as_secs()), future, "{name}");
    }
}

#[test]
fn linear_takes_its_time_from_the_signed_body_and_not_from_a_header() {
    let linear = find("linear").expect("a scheme");
    let body = format!("{{\"webhookTimestamp\":{}}}", (SECONDS - 61) * 1000);
    let mut old = request(linear, SECRET, body.as_bytes());
    set(&mut old, "linear-timestamp", &(SECONDS * 1000).to_string());
    let verdict = judge(linear, &old, SECRET);
    assert_eq!(verdict.refusal(), Some(VerifyError::OutsideTolerance));
    assert!(verdict.time.expect("a time").signed);
}

#[test]
fn a_body_of_linear_whose_time_cannot_be_read_is_never_in_time() {
    let linear = find("linear").expect("a scheme");
    let now = (SECONDS * 1000).to_string();
    for body in [
        "{}".to_owned(),
        "{".to_owned(),
        format!("{{\"webhookTimestamp\":\"{now}\"}}"),
        format!("{{\"webhookTimestamp\":{now}.0}}"),
        format!("{{\"webhookTimestamp\":{now},\"webhookTimestamp\":{now}}}"),
        format!("{{\"data\":{{\"webhookTimestamp\":{now}}}}}"),
    ] {
        for header in [None, Some(&now)] {
            let mut request = request(linear, SECRET, body.as_bytes());
            if let Some(now) = header {
                set(&mut request, "linear-timestamp", now);
            }
            let verdict = judge(linear, &request, SECRET);
            assert_eq!(verdict.refusal(), Some(VerifyError::TimeMissing("webhookTimestamp")), "{body}");
            assert!(verdict.signature.is_ok() && !verdict.is_valid() && !verdict.protects.time);
            assert!(!verdict.time.is_some_and(|time| time.signed));
        }
    }
}

#[test]
fn several_secrets_are_tried_and_the_one_that_fits_is_told() {
    let github = find("github").expect("a scheme");
    let received = request(github, "old", BODY);
    let keys = [key(github, "new"), key(github, "old")];
    assert_eq!(verify(github, &received, &keys, now(), None).signature, Ok(1));
}

#[test]
fn both_secrets_of_a_rotation_are_written_where_the_header_has_room() {
    let standard = find("standard").expect("a scheme");
    let stripe = find("stripe").expect("a scheme");
    let message = Message { method: "POST", url: "", id: ID, time: "1706702400", body: BODY, context: "" };
    for scheme in [standard, stripe] {
        let headers = sign(scheme, &message, &[key(scheme, "new"), key(scheme, "old")]).expect("signed");
        let received = received(&headers, URL, BODY);
        assert!(judge(scheme, &received, "new").is_valid() && judge(scheme, &received, "old").is_valid());
    }
}

#[test]
fn svix_is_read_from_either_set_of_headers_but_never_mixed() {
    let svix = find("svix").expect("a scheme");
    let standard = request(find("standard").expect("a scheme"), STANDARD_SECRET, BODY);
    assert!(judge(svix, &standard, STANDARD_SECRET).is_valid());
    let mut mixed = standard.clone();
    let signature = get(&standard, "webhook-signature").to_owned();
    mixed.headers.remove("webhook-signature");
    set(&mut mixed, "svix-signature", &signature);
    assert_eq!(judge(svix, &mixed, STANDARD_SECRET).refusal().map(|r| r.name()), Some("header-not-delivered"));
}

#[test]
fn twilio_is_verified_with_and_without_the_port_and_needs_the_url() {
    let twilio = find("twilio").expect("a scheme");
    let mut received = request(twilio, SECRET, b"From=%2B1&Body=hi");
    received.url = Some(URL.replace(".com/", ".com:443/"));
    assert!(judge(twilio, &received, SECRET).is_valid());
    received.url = None;
    assert_eq!(judge(twilio, &received, SECRET).refusal(), Some(VerifyError::UrlUnknown));
    let message = Message { method: "POST", url: URL, id: "", time: "", body: BODY, context: "" };
    assert!(matches!(sign(twilio, &message, &[key(twilio, SECRET)]), Err(SignError::UrlWithoutHash(_))));
}

#[test]
fn a_described_scheme_signs_and_verifies() {
    let outpost = Generic::new(Description { signed: "{timestamp}.{body}".into(), ..Description::default() });
    let outpost = outpost.expect("a scheme");
    let body = br#"{"hello":"world"}"#;
    let made = headers_at(&outpost, "test-secret", "", body, Timestamp::from_millis(1_234_567_890_000));
    assert_eq!(made[1].1, "7054f74dae9f73e82b56ca73e8f81450097c698eeda0b00bb8728e89796baf2d");
    assert!(judge(&outpost, &received(&made, URL, body), "test-secret").is_valid());
    assert!(outpost.protects().time && !outpost.protects().id);
}
