//! Every sentence that `verify --explain` can print is printed here, by a request whose bytes make it true; and no random key gets
//! a cause, whatever the request.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proc_macro2::{TokenStream, TokenTree};
use syncctl::explain::{CAUSES, Candidate, Role, explain, explain_time};
use syncctl::signature::Received;

use super::mistakes::*;
use super::support::*;

/// Where the words of an explanation are written.
const SOURCES: &[(&str, &str)] = &[
    ("explain.rs", include_str!("../../src/explain.rs")),
    ("explain/collect.rs", include_str!("../../src/explain/collect.rs")),
    ("explain/shape.rs", include_str!("../../src/explain/shape.rs")),
    ("explain/content_variants.rs", include_str!("../../src/explain/content_variants.rs")),
    ("explain/key_variants.rs", include_str!("../../src/explain/key_variants.rs")),
    ("explain/code_variants.rs", include_str!("../../src/explain/code_variants.rs")),
    ("explain/bodies/envelopes.rs", include_str!("../../src/explain/bodies/envelopes.rs")),
    ("explain/bodies/members.rs", include_str!("../../src/explain/bodies/members.rs")),
];

/// The string literals outside of tests, attributes and expectations.
fn literals(tokens: TokenStream, found: &mut Vec<String>) {
    let mut before = [String::new(), String::new()];
    for token in tokens {
        match &token {
            TokenTree::Group(_) if is_attribute(&before) || before[1] == "expect" || before[0] == "mod" => {}
            TokenTree::Group(group) => literals(group.stream(), found),
            TokenTree::Literal(literal) => {
                found.extend(syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|it| it.value()));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        before = [std::mem::take(&mut before[1]), token.to_string()];
    }
}

/// Documentation is an attribute, too.
fn is_attribute(before: &[String; 2]) -> bool {
    before[1] == "#" || (before[0] == "#" && before[1] == "!")
}

/// Literals with a space that are no sentences, and the words for a refusal that comes with no other form yet.
const NO_SENTENCES: &[&str] = &["[object Object]", "`, but not where this scheme reads it"];

/// What is always there of a sentence: the longest part between two values.
fn fixed_part(literal: &str) -> Option<String> {
    let parts = literal.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    let longest = parts.max_by_key(|part| part.len())?.trim();
    let is_prose = longest.contains(' ') && longest.chars().filter(char::is_ascii_lowercase).count() >= 8;
    (is_prose && !NO_SENTENCES.contains(&longest)).then(|| longest.to_owned())
}

/// Everything that an explanation prints.
fn printed(mistake: &Mistake) -> Vec<String> {
    let found = explain(mistake.scheme, &mistake.received, &mistake.secrets);
    found.changes.iter().map(|change| change.text()).chain(found.collect).collect()
}

/// Requests of which nothing is known: what to collect next is told by what they show.
fn unexplained() -> Vec<Mistake> {
    let unknown = |change: fn(&mut Received)| {
        with(header("", "syncctl", |_| "0".repeat(64)), move |mistake| change(&mut mistake.received))
    };
    let unusable = |mut mistake: Mistake| {
        mistake.secrets = vec![Candidate::new(Role::Current, "whsec_no base64 at all")];
        mistake
    };
    vec![
        unknown(|_| {}),
        unknown(|it| set(it, "content-length", "99")),
        unknown(|it| set(it, "content-length", &BODY.len().to_string())),
        unknown(|it| set(it, "content-encoding", "gzip")),
        unknown(|it| it.body = b"{\"a\":\"\xff\"}".as_slice().into()),
        unknown(|it| it.body = bytes::Bytes::new()),
        unknown(|it| set(it, "x-request-id", "r-1")),
        unknown(|it| set(it, "x-webhook-signature", "")),
        unknown(|it| set(it, "x-webhook-signature", "no code")),
        header("", "square", |_| "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()),
        unusable(header("", "discord", str::to_owned)),
    ]
}

/// Requests whose code is right, and whose time, id or version is not written as the scheme has it.
fn refused_for_their_form() -> Vec<Mistake> {
    let mut both = header("", "standard-ed25519", str::to_owned);
    let value = format!("{} v1,{}", get(&both.received, "webhook-signature"), "A".repeat(43) + "=");
    set(&mut both.received, "webhook-signature", &value);
    (both.scheme, both.secrets) = (scheme("standard"), current(PRIVATE));
    let linear = body("", "linear", "{}", "{}");
    vec![
        both,
        linear,
        formed("", "slack", "", "yesterday"),
        formed("", "slack", "", "1706702400000000"),
        formed("", "slack", "", "1706702400000000000"),
        formed("", "zendesk", "", "1706702400000"),
        formed("", "webflow", "", "yesterday"),
        formed("", "mercado-pago", "", "yesterday"),
        formed("", "standard", &"x".repeat(257), "1706702400"),
    ]
}

/// Events of queues and gateways, kept in the place of the body that was signed.
fn enveloped() -> Vec<Mistake> {
    let text = std::str::from_utf8(BODY).expect("text");
    let packed = BASE64.encode(BODY);
    let notification = serde_json::json!({ "Type": "Notification", "Message": text });
    [
        notification.clone(),
        serde_json::json!({ "message": { "data": packed } }),
        serde_json::json!({ "Records": [{ "Sns": { "Message": text } }] }),
        serde_json::json!({ "Records": [{ "kinesis": { "data": packed } }] }),
        serde_json::json!({ "Records": [{ "body": notification.to_string() }] }),
    ]
    .into_iter()
    .map(|event| body("body-in-event", "syncctl", BODY, event.to_string()))
    .collect()
}

#[test]
fn every_sentence_is_printed_by_a_request_that_makes_it_true() {
    let mut wanted = BTreeSet::new();
    for (file, source) in SOURCES {
        let source = source.split("#[cfg(test)]").next().unwrap_or(source);
        let mut all = Vec::new();
        literals(source.parse().expect("it is Rust"), &mut all);
        wanted.extend(all.iter().filter_map(|literal| fixed_part(literal)).map(|part| (*file, part)));
    }
    assert!(wanted.len() >= 40, "{}: {wanted:?}", wanted.len());
    let all = mistakes().into_iter().chain(unexplained()).chain(refused_for_their_form()).chain(enveloped());
    let mut said: Vec<String> = all.flat_map(|mistake| printed(&mistake)).collect();
    said.extend(times());
    let missing: Vec<_> = wanted.iter().filter(|(_, part)| !said.iter().any(|text| text.contains(part))).collect();
    assert!(missing.is_empty(), "{} of {} are never printed:\n{missing:#?}", missing.len(), wanted.len());
    let unsaid = CAUSES.iter().filter(|cause| !said.iter().any(|text| text.starts_with(cause.text())));
    let unsaid: Vec<_> = unsaid.map(|cause| cause.name()).collect();
    assert!(unsaid.is_empty(), "{unsaid:?}");
}

/// What is said of times that are too far from now.
fn times() -> Vec<String> {
    let told = |name: &str, seconds: i64| {
        let scheme = scheme(name);
        let received = request(scheme, secret_of(scheme), BODY);
        let at = syncctl::clock::Timestamp::from_millis((SECONDS + seconds) * 1000);
        let found = explain_time(scheme, &received, at);
        found.into_iter().flat_map(|found| found.changes).map(|change| change.text()).collect::<Vec<_>>()
    };
    let zone = told("stripe", 2 * 3600);
    assert!(zone.iter().any(|text| text.ends_with("(it is -2 h from now)")), "{zone:?}");
    assert_eq!(told("stripe", 1_000), Vec::<String>::new());
    zone
}

/// So many random keys are tried; `SYNCCTL_TRIES=10000` tries more.
const TRIES: usize = 100;

#[test]
fn no_random_key_gets_a_cause_over_every_input_of_the_tests() {
    // Hashes without a key and placeholders are named whatever secret is configured: they are not wrong keys.
    let keyless = ["plain-hash", "secret-unset"];
    let tries = std::env::var("SYNCCTL_TRIES").ok().and_then(|tries| tries.parse().ok()).unwrap_or(TRIES);
    let inputs: Vec<Mistake> = mistakes().into_iter().filter(|it| !keyless.contains(&it.cause)).collect();
    let seed =
        std::env::var("SYNCCTL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let mut chance = fastrand::Rng::with_seed(seed);
    for at in 0..tries {
        let input = &inputs[at % inputs.len()];
        let length = chance.usize(8..64);
        let mut key: Vec<u8> = (0..length).map(|_| chance.u8(..)).collect();
        if chance.bool() {
            key.iter_mut().for_each(|byte| *byte = b'!' + *byte % 94);
        }
        let found = explain(input.scheme, &input.received, &[Candidate::new(Role::Current, key)]);
        assert!(found.changes.is_empty(), "SYNCCTL_SEED={seed}, try {at}, {}: {:?}", input.cause, found.changes);
    }
}
