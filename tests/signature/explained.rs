//! Of every mistake the right cause is named, and none for a wrong key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use proptest::prelude::*;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use syncctl::explain::{CAUSES, Candidate, Explanation, Role, explain, explain_unknown};
use syncctl::signature::{Algorithm, Key, Received, detect, verify};

use super::mistakes::*;
use super::support::*;

fn explained(mistake: &Mistake) -> Explanation {
    explain(mistake.scheme, &mistake.received, &mistake.secrets)
}

#[test]
fn the_right_cause_is_named_for_every_mistake() {
    let all = mistakes();
    assert!(all.len() >= 60, "{}", all.len());
    let mut wrong = Vec::new();
    for (at, mistake) in all.iter().enumerate() {
        let keys: Vec<_> = mistake.secrets[..1].iter().filter_map(|s| mistake.scheme.key(&s.text).ok()).collect();
        let verdict = verify(mistake.scheme, &mistake.received, &keys, now(), None);
        assert!(verdict.signature.is_err(), "{at} {} is no mistake", mistake.cause);
        let found = explained(mistake);
        if found.single().map(|change| change.cause.name()) != Some(mistake.cause) {
            wrong.push(format!("{at} {} {}: {:?}", mistake.scheme.facts().name, mistake.cause, found.changes));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn what_is_wrong_with_a_header_of_a_right_code_is_said() {
    let last = BASE64.encode([0; 32]);
    for (mistake, said) in [
        (
            formed("", "standard", ID, "1706702400000"),
            "`webhook-timestamp` is in milliseconds, this scheme has whole seconds",
        ),
        (formed("", "zoom", "", "2024-01-31T12:00:00Z"), "`x-zm-request-timestamp` is a date"),
        (formed("", "standard", "msg.1", "1706702400"), "`webhook-id` has a dot"),
        (again("", "standard", "webhook-id", ID), "`webhook-id` is there more than once"),
        (header("", "stripe", |v| v.replace(',', ", ")), "a space beside a separator"),
        (header("", "stripe", |v| format!("{v},")), "`stripe-signature` ends with `,`"),
        (header("", "stripe", |v| v.replace(',', ";")), "are separated by `;`, this scheme has `,`"),
        (header("", "paddle", |v| v.replace(';', ",")), "are separated by `,`, this scheme has `;`"),
        (header("", "standard", |v| format!("v1,{last},{v}")), "are separated by `,`, this scheme has a space"),
        (header("", "standard", |v| v.replace("v1,", "v1, ")), "has a space between `v1,` and the code"),
    ] {
        let text = explained(&mistake).single().map(|change| change.text()).unwrap_or_default();
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn the_header_with_the_time_or_the_id_that_was_signed_is_named() {
    let signed = [b"1706702400.".as_slice(), BODY].concat();
    let found = explained(&beside("", "syncctl", "x-timestamp", "1706702400", &signed));
    let text = found.single().map(|change| change.text()).unwrap_or_default();
    assert!(text.ends_with("(it signs {timestamp}.{body}, with the time of `x-timestamp`)"), "{text}");
    let listed = header("", "syncctl", |code| format!("t=1706702400,v0={code}"));
    let key = Key::hmac(Algorithm::HmacSha256, SECRET.as_bytes());
    let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(&signed)).expect("a code");
    let value = format!("t=1706702400,v0={}", hex::encode(code.as_bytes()));
    let found = explained(&with(listed, |mistake| set(&mut mistake.received, "x-webhook-signature", &value)));
    let names: Vec<_> = found.changes.iter().map(|change| change.cause.name()).collect();
    assert_eq!(names, ["other-content"], "it is written and signed as another sender does");
}

#[test]
fn a_home_made_scheme_is_found_together_with_a_body_written_again() {
    let signed = [b"1706702400.", COMPACT.as_bytes()].concat();
    let mut mistake = beside("", "syncctl", "x-timestamp", "1706702400", &signed);
    mistake.received.body = Bytes::from_static(PRETTY.as_bytes());
    let names: Vec<_> = explained(&mistake).changes.iter().map(|change| change.cause.name()).collect();
    assert_eq!(names, ["json-minified", "other-content"]);
}

#[test]
fn nobody_is_sent_to_a_weaker_header() {
    for mistake in codes().into_iter().filter(|mistake| ["other-header", "weaker-header"].contains(&mistake.cause)) {
        let found = explained(&mistake);
        let weaker = mistake.cause == "weaker-header";
        let text = found.single().map(|change| change.text()).unwrap_or_default();
        assert_eq!((text.contains("do not fall back"), found.verify_with.is_none()), (weaker, weaker), "{text}");
        assert_eq!(text.contains("verify that one instead"), !weaker, "{text}");
    }
    // The body alone, in a header of nobody's scheme, is less than id, time and body.
    let mut alone = header("", "standard", |_| format!("v1,{}", BASE64.encode([7; 32])));
    let key = key(alone.scheme, STANDARD_SECRET);
    let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(BODY)).expect("a code");
    set(&mut alone.received, "x-signature", &hex::encode(code.as_bytes()));
    let found = explained(&alone);
    let names: Vec<_> = found.changes.iter().map(|change| change.cause.name()).collect();
    assert_eq!((names, found.verify_with), (vec!["body-alone", "weaker-header"], None));
}

#[test]
fn a_key_of_the_other_version_of_a_shared_header_is_recognised() {
    let both = |mistake: &mut Mistake| {
        let value = get(&mistake.received, "webhook-signature").to_owned();
        set(&mut mistake.received, "webhook-signature", &format!("{value} v1,{}", BASE64.encode([7; 32])));
    };
    let public = key(scheme("standard-ed25519"), PRIVATE).public_text().expect("a public key");
    for secret in [PRIVATE, &public] {
        let mut mistake = with(header("code-other-version", "standard-ed25519", str::to_owned), both);
        (mistake.scheme, mistake.secrets) = (scheme("standard"), current(secret));
        let found = explained(&mistake);
        let text = found.single().map(|change| change.text()).unwrap_or_default();
        assert!(text.contains("key of standard-ed25519, whose `v1a` code is valid"), "{text}");
        assert_eq!(found.verify_with.as_deref(), Some("--scheme standard-ed25519"));
        mistake.received.body = Bytes::from_static(b"{}");
        assert_eq!(explained(&mistake).changes, []);
    }
}

#[test]
fn every_cause_is_made_by_some_mistake() {
    let made: Vec<_> = mistakes().iter().map(|mistake| mistake.cause).collect();
    let missing: Vec<_> = CAUSES.iter().map(|cause| cause.name()).filter(|name| !made.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_wrong_key_gets_no_cause_whatever_else_is_wrong() {
    // Hashes without a key and placeholders are named whatever secret is configured: they are not wrong keys.
    let keyless = ["plain-hash", "secret-unset"];
    for (at, mut mistake) in mistakes().into_iter().enumerate().filter(|(_, m)| !keyless.contains(&m.cause)) {
        mistake.secrets = vec![
            Candidate::new(Role::Current, "whsec_YW5vdGhlci1zZWNyZXQtZW50aXJlbHktMTIzNDU2Nzg="),
            Candidate::new(Role::Previous, "and-an-older-one"),
        ];
        let found = explained(&mistake);
        assert!(found.changes.is_empty(), "{at} {}: {:?}", mistake.cause, found.changes);
        assert!(found.ruled_out.len() > 20 && !found.collect.is_empty(), "{at} {}: {found:?}", mistake.cause);
    }
    for scheme in signable() {
        let received = request(scheme, secret_of(scheme), BODY);
        let found = explain(scheme, &received, &current("a-secret-nobody-uses"));
        assert!(found.changes.is_empty(), "{}: {:?}", scheme.facts().name, found.changes);
    }
}

/// What senders and proxies add beside a signature: digests of the body, which anyone can make, times and ids.
fn add_what_others_add(received: &mut Received) {
    let (sha1, sha256) = (Sha1::digest(&received.body), Sha256::digest(&received.body));
    for (name, value) in [
        ("digest", format!("SHA-256={}", BASE64.encode(sha256))),
        ("content-digest", format!("sha-256=:{}:", BASE64.encode(sha256))),
        ("x-amz-content-sha256", hex::encode(sha256)),
        ("x-idempotency-key", hex::encode(sha256)),
        ("etag", format!("\"{}\"", hex::encode(sha256))),
        ("x-body-sha1", hex::encode(sha1)),
        ("x-body-sha512", hex::encode(Sha512::digest(&received.body))),
        ("x-of-nothing", hex::encode(Sha256::digest(b""))),
        ("x-timestamp", SECONDS.to_string()),
        ("x-webhook-timestamp", (SECONDS * 1000).to_string()),
        ("x-event-id", ID.to_owned()),
        ("x-request-id", "7f000001".to_owned()),
    ] {
        set(received, name, &value);
    }
}

#[test]
fn a_digest_of_the_body_in_another_header_is_no_cause() {
    for scheme in signable() {
        let mut received = request(scheme, secret_of(scheme), BODY);
        add_what_others_add(&mut received);
        let found = explain(scheme, &received, &current("a-secret-nobody-uses"));
        assert_eq!(found.changes, [], "{}", scheme.facts().name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_random_key_ever_gets_a_cause(
        theirs in prop::collection::vec(any::<u8>(), 8..64),
        name in prop::sample::select(vec!["syncctl", "standard", "stripe", "github", "shopify", "vercel"]),
    ) {
        let wrong = secret("", name, theirs, "a-secret-that-nobody-signs-with");
        prop_assert_eq!(explained(&wrong).changes, []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_random_key_gets_a_cause_from_what_stands_beside_the_signature(
        theirs in prop::collection::vec(any::<u8>(), 8..64),
        name in prop::sample::select(vec!["syncctl", "standard", "stripe", "github", "shopify", "vercel"]),
    ) {
        let mut wrong = secret("", name, theirs, "a-secret-that-nobody-signs-with");
        add_what_others_add(&mut wrong.received);
        prop_assert_eq!(explained(&wrong).changes, []);
        let value = wrong.received.headers.remove(&wrong.scheme.facts().header).expect("a signature");
        wrong.received.headers.insert("x-signature", value);
        prop_assert_eq!(explain_unknown(&wrong.received, &wrong.secrets).changes, []);
    }
}

#[test]
fn two_changes_together_are_found_and_are_no_single_cause() {
    for (mut mistake, second) in [
        (body("newline-added", "syncctl", BODY, [BODY, b"\n"].concat()), "other"),
        (body("json-minified", "standard", COMPACT, PRETTY), "other"),
        (header("code-base64", "syncctl", |v| BASE64.encode(hex::decode(v).expect("hex"))), "other"),
    ] {
        mistake.secrets.insert(0, Candidate::new(Role::Current, format!("{second}-secret")));
        mistake.secrets[1].role = Role::Endpoint(second.to_owned());
        let found = explained(&mistake);
        let mut names: Vec<_> = found.changes.iter().map(|change| change.cause.name()).collect();
        names.sort_unstable();
        let mut expected = [mistake.cause, "other-endpoint-secret"];
        expected.sort_unstable();
        assert_eq!(names, expected);
        assert!(found.single().is_none());
    }
}

#[test]
fn python_with_sorted_keys_and_a_trimmed_secret_are_pairs() {
    let both = body("", "syncctl", r#"{"a": {"c": null, "d": "é"}, "b": [1, 2]}"#, COMPACT);
    let names: Vec<_> = explained(&both).changes.iter().map(|change| change.cause.name()).collect();
    assert_eq!(names, ["json-keys-sorted", "json-python-spacing"]);
    let mut both = secret("", "syncctl", "my-secret", "bXktc2VjcmV0\n");
    both.received.body = Bytes::copy_from_slice(BODY);
    let names: Vec<_> = explained(&both).changes.iter().map(|change| change.cause.name()).collect();
    assert_eq!(names, ["secret-trimmed", "secret-base64-decoded"]);
}

/// What encoders of languages write by default, beyond what one change explains.
#[test]
fn what_two_habits_of_a_language_wrote_is_a_pair() {
    let go_lines = format!("{}\n", r#"{"a":"\u003cb\u003e","z":1}"#);
    let pairs: [(&str, &str, &[&str]); 9] = [
        (&go_lines, r#"{"z": 1, "a": "<b>"}"#, &["json-by-go", "newline-lost"]),
        ("{\"b\":1,\"a\":\"\\u003c\"}\n", r#"{"b":1,"a":"<"}"#, &["json-html-escaped", "newline-lost"]),
        (r#"{"a": "\u00e9", "b": [1, 2]}"#, r#"{"b":[1,2],"a":"é"}"#, &["json-keys-sorted", "json-by-python"]),
        ("{\n    \"u\": \"a\\/\\u00e9\"\n}", r#"{"u":"a/é"}"#, &["json-by-php", "json-four-spaces"]),
        ("{\n  \"a\": 1,\n  \"u\": \"\\u003c\"\n}", r#"{"u":"<","a":1}"#, &["json-by-go", "json-two-spaces"]),
        (r#"{"a":"\u00e9","n":100000.0}"#, r#"{"a": "é", "n": 1e5}"#, &["json-by-python-canonical"]),
        (r#""{\"a\":1}""#, r#"{"a": 1}"#, &["json-minified", "json-in-string"]),
        ("{\r\n  \"a\": 1\r\n}", r#"{"a":1}"#, &["json-two-spaces", "crlf-lost"]),
        ("{\"a\":1,\"b\":2}\n", r#"{"b":2,"a":1}"#, &["json-keys-sorted", "newline-lost"]),
    ];
    for (signed, arrived, expected) in pairs {
        let found = explained(&body("", "syncctl", signed, arrived));
        let names: Vec<_> = found.changes.iter().map(|change| change.cause.name()).collect();
        assert_eq!(names, expected, "{arrived}");
    }
}

#[test]
fn what_the_request_itself_shows_to_be_missing_comes_first() {
    let mut mistake = header("", "syncctl", |_| "0".repeat(64));
    set(&mut mistake.received, "content-length", "99");
    set(&mut mistake.received, "content-encoding", "gzip");
    let found = explained(&mistake);
    assert!(found.collect[0].contains("99 bytes"), "{:?}", found.collect);
    assert!(found.collect[1].contains("packed"), "{:?}", found.collect);
    assert!(found.tried > 500 && !found.cut_short, "{found:?}");
    set(&mut mistake.received, "content-length", &BODY.len().to_string());
    set(&mut mistake.received, "x-timestamp", "1706702400");
    set(&mut mistake.received, "x-request-id", "r-1");
    let collect = explained(&mistake).collect.join("\n");
    assert!(
        collect.contains("agree on 76 bytes") && collect.contains("`x-timestamp`, `x-request-id` hold"),
        "{collect}"
    );
}

#[test]
fn a_large_body_has_a_bound_and_its_single_causes_are_still_named() {
    let large = format!("{{\"a\": [{}]}}", vec!["\"padding é\""; 22_000].join(", "));
    assert!(large.len() > 256 * 1024);
    let mistake = body("json-minified", "standard", large.replace(", ", ",").replace("\": ", "\":"), &large);
    assert_eq!(explained(&mistake).single().map(|change| change.cause.name()), Some("json-minified"));
    let wrong = Mistake { secrets: current("another"), ..mistake };
    assert!(explained(&wrong).cut_short);
}

#[test]
fn an_upper_case_code_is_accepted_because_its_bytes_are_right() {
    let mut mistake = header("", "syncctl", str::to_ascii_uppercase);
    assert!(judge(mistake.scheme, &mistake.received, SECRET).is_valid());
    mistake.received.body = Bytes::from_static(b"x");
    assert!(!judge(mistake.scheme, &mistake.received, SECRET).is_valid());
}

#[test]
fn a_code_that_is_right_but_for_its_last_digit_names_no_cause() {
    for mistake in bodies().into_iter().filter(|mistake| mistake.scheme.facts().name == "syncctl") {
        let mut received = mistake.received.clone();
        let mut code = get(&received, "x-webhook-signature").to_owned();
        let last = if code.pop() == Some('0') { '1' } else { '0' };
        set(&mut received, "x-webhook-signature", &format!("{code}{last}"));
        let found = explain(mistake.scheme, &received, &mistake.secrets);
        assert_eq!(found.changes, [], "{}", mistake.cause);
    }
}

#[test]
fn a_cut_code_names_its_cause_only_where_enough_is_left_of_it() {
    for (bytes, named) in [(9, false), (10, true), (20, true), (31, true)] {
        let cut = header("code-truncated", "syncctl", |value| value[..bytes * 2].to_owned());
        let found = explain(cut.scheme, &cut.received, &cut.secrets);
        assert_eq!(found.single().map(|change| change.cause.name()), named.then_some("code-truncated"), "{bytes}");
    }
}

#[test]
fn the_stronger_of_two_headers_is_detected_first() {
    let mut both = request(scheme("standard"), STANDARD_SECRET, BODY);
    set(&mut both, "x-webhook-signature", &"00".repeat(32));
    let found = |request: &Received| -> Vec<String> {
        detect(request).iter().map(|scheme| scheme.facts().name.to_string()).collect()
    };
    assert_eq!(found(&both), ["standard", "syncctl"]);
    for (value, expected) in [("v1a,AA== v1,AA==", "standard"), ("v1a,AA==", "standard-ed25519"), ("", "standard")] {
        assert_eq!(found(&received(&[("webhook-signature", value)], URL, BODY)), [expected], "{value}");
    }
    assert_eq!(found(&received(&[("x-hub-signature", "sha1=00")], URL, BODY)), ["github"], "an older version names it");
}
