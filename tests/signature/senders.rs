//! Schemes of single senders, each with an answer of its documentation or of another program.

use http::Method;
use syncctl::clock::Timestamp;
use syncctl::explain::{Candidate, Role, explain};
use syncctl::signature::{
    Algorithm, Description, Encoding, Generic, KeyForm, Received, Scheme, SignError, TimeForm, VerifyError, detect,
    find, verify,
};

use super::support::*;

/// A request as its sender documents it.
struct Documented {
    scheme: &'static str,
    headers: &'static [(&'static str, &'static str)],
    url: &'static str,
    body: Vec<u8>,
    secret: &'static str,
    /// In milliseconds.
    at: i64,
}

const NOW: i64 = SECONDS * 1000;

impl Documented {
    fn new(scheme: &'static str, headers: &'static [(&'static str, &'static str)], body: &[u8]) -> Self {
        Self { scheme, headers, url: URL, body: body.to_vec(), secret: SECRET, at: NOW }
    }

    fn secret(self, secret: &'static str) -> Self {
        Self { secret, ..self }
    }

    fn url(self, url: &'static str) -> Self {
        Self { url, ..self }
    }

    fn at(self, at: i64) -> Self {
        Self { at, ..self }
    }

    fn scheme(&self) -> &'static dyn Scheme {
        find(self.scheme).expect("a scheme")
    }

    fn request(&self) -> Received {
        registered(received(self.headers, self.url, &self.body))
    }

    fn refusal(&self, request: &Received, secret: &str) -> Option<VerifyError> {
        let keys = [self.scheme().key(secret.as_bytes()).expect("a key")];
        verify(self.scheme(), request, &keys, Timestamp::from_millis(self.at), None).refusal()
    }
}

/// From the test of SendGrid's library for Node.
const SENDGRID_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==";
const SENDGRID: &[(&str, &str)] = &[
    (
        "x-twilio-email-event-webhook-signature",
        "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=",
    ),
    ("x-twilio-email-event-webhook-timestamp", "1588788367"),
];
/// From HubSpot's pages on request validation.
const HUBSPOT_SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const HUBSPOT_BODY: &str = r#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]"#;
/// From the test of Adyen's library for Ruby.
const ADYEN: &str = r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},"amount":{"value":1130,"currency":"EUR"},"pspReference":"7914073381342284","eventCode":"AUTHORISATION","merchantAccountCode":"TestMerchant","merchantReference":"TestPayment-1407325143704","paymentMethod":"visa","success":"true"}}]}"#;
/// From Mailgun's manual, signed with openssl.
const MAILGUN: &str = r#"{"signature":{"token":"e0b5477167110d68991efc6b9f89f0a11066af27834600e123","timestamp":"1706702400","signature":"cfbe8ee5b8c7c1b43886755e85d78d54941c472c2c36c9a0d2d23ea4cde8c3f7"},"event-data":{"event":"opened"}}"#;
const MAILGUN_FORM: &str = "event=opened&timestamp=1706702400&token=e0b5477167110d68991efc6b9f89f0a11066af27834600e123&signature=cfbe8ee5b8c7c1b43886755e85d78d54941c472c2c36c9a0d2d23ea4cde8c3f7";

fn documented() -> Vec<Documented> {
    let new = Documented::new;
    vec![
        new("sendgrid", SENDGRID, br#"{"category":"example_payload","event":"test_event","message_id":"message_id"}"#)
            .secret(SENDGRID_KEY)
            .at(1_588_788_367_000),
        new(
            "hubspot-v1",
            &[("x-hubspot-signature", "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de")],
            HUBSPOT_BODY.as_bytes(),
        )
        .secret(HUBSPOT_SECRET),
        new(
            "hubspot-v2",
            &[
                ("x-hubspot-signature", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
                ("x-hubspot-signature-version", "v2"),
            ],
            b"",
        )
        .secret(HUBSPOT_SECRET)
        .url("https://www.example.com/webhook_uri"),
        new("adyen", &[], ADYEN.as_bytes()).secret(HEX_SECRET),
        new("adyen", &[("hmacsignature", "zuY7wvuI0aygI6CCYd75ekuHVGDfq/IQWDqi5v7o1x8=")], BODY).secret(HEX_SECRET),
        new("mailgun", &[("user-agent", "mailgun/treq-20.9.0")], MAILGUN.as_bytes()),
        new("mailgun", &[], MAILGUN_FORM.as_bytes()),
        // From the tests of Sanity's toolkit.
        new(
            "sanity",
            &[("sanity-webhook-signature", "t=1633519811129,v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0")],
            br#"{"_id":"resume"}"#,
        )
        .secret("test"),
        new(
            "sanity",
            &[("sanity-webhook-signature", "t=1633518820676,v1=e7C9h2sfbFfc4V7TEz7PSOp4IoNzl0UdVsBV-1wgdeA")],
            br#"{"title":"GROQ-Hooks are neat"}"#,
        )
        .secret("try-me"),
        // From Bitbucket's manual.
        new(
            "bitbucket",
            &[("x-hub-signature", "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9")],
            b"Hello World!",
        )
        .secret("It's a Secret to Everybody"),
        // From GitHub's manual: Meta writes its header as GitHub does.
        new(
            "meta",
            &[("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")],
            b"Hello, World!",
        )
        .secret("It's a Secret to Everybody"),
        new("intercom", &[("x-hub-signature", "sha1=b7d1cc282c79b7e5dc9cd85f12a574fd834f9579")], BODY),
        new(
            "pagerduty",
            &[(
                "x-pagerduty-signature",
                "v1=0000000000000000000000000000000000000000000000000000000000000000,v1=f527a5c7369cba3d9dc2b491b97b5f7c67c517643d832db49d0da0803e859a1c",
            )],
            BODY,
        ),
        new(
            "mercado-pago",
            &[
                ("x-signature", "ts=1706702400,v1=6226521bde4a04898995cc01273759626271631cca1963d5a00ea1ac63740303"),
                ("x-request-id", "bb56a2f1-6aae-46ac-982e-9dcd3581d08e"),
            ],
            b"{}",
        )
        .url("https://h.example/notifications?data.id=ORD01JQ4S4KY8HWQ6NAP&type=order"),
        new(
            "mercado-pago",
            &[("x-signature", "ts=1706702400000,v1=d5eb64133f5a5a195112db7d18073a85a00937afa1b7c4a3bd3f2abdf2f982a4")],
            b"{}",
        )
        .url("https://h.example/notifications?data.id=123"),
        new(
            "contentful",
            &[
                ("x-contentful-signature", "38311990a46207c494094dedd2c9834632aac52aad416a32073ca017e0289634"),
                (
                    "x-contentful-signed-headers",
                    "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic",
                ),
                ("x-contentful-timestamp", "1706702400000"),
                ("x-contentful-topic", "ContentManagement.Entry.publish"),
            ],
            BODY,
        )
        .url("https://h.example/api/hook?x=1"),
        new("sns", &[("x-amz-sns-message-type", "Notification")], include_bytes!("keys/sns-2.json"))
            .secret(CERTIFICATE),
        new("sns", &[], include_bytes!("keys/sns-confirmation.json")).secret(CERTIFICATE),
        new("sns-v1", &[], include_bytes!("keys/sns-1.json")).secret(CERTIFICATE),
        new(
            "paypal",
            &[
                ("paypal-transmission-id", "69cd13f0-d67a-11e5-baa3-778b53f4ae55"),
                ("paypal-transmission-time", "2024-01-31T12:00:00Z"),
                ("paypal-transmission-sig", PAYPAL_CODE),
                ("paypal-auth-algo", "SHA256withRSA"),
            ],
            BODY,
        )
        .secret(CERTIFICATE),
        new("gitlab", &[("x-gitlab-token", "syncctl-test-secret")], BODY),
        new(
            "box",
            &[
                ("box-signature-primary", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
                ("box-signature-secondary", "2u7cdsyKFupElYQUPHOyu8+pq4mV1UgVERMMle1eX0o="),
                ("box-delivery-timestamp", "1706702400"),
            ],
            BODY,
        ),
        new("shopify", &[("shopify-hmac-sha256", "9Selxzacuj2dwrSRuXtffGfFF2Q9gy20nQ2ggD6Fmhw=")], BODY),
        new("hookdeck", &[("x-hookdeck-signature-2", "9Selxzacuj2dwrSRuXtffGfFF2Q9gy20nQ2ggD6Fmhw=")], BODY),
        new("docusign", &[("x-docusign-signature-2", "9Selxzacuj2dwrSRuXtffGfFF2Q9gy20nQ2ggD6Fmhw=")], BODY),
    ]
}

/// By `openssl dgst -sha256 -sign` of what PayPal documents.
const PAYPAL_CODE: &str = "KNJe/uTxEyhOH0iygdZ5Hz9SivKai26aHeVi88nzl4vYR71li7QOPIguKT3tBRYeWYWeqxNklS0pJDFZ4HcaPf7fq7dJRKM6haUWAK5w3fG+g53uquVFhwIG6Bj0upOiLgeoKAJAy+OMtwOCrnJdiumtoGHAW/Tmrg7KbWleQ+lfjlOR482xisGxAIZwlpF28+SkVS3Jfe30QD8Qv3NJlSUjnWgfkCiZPlFxrF7hXTdojMf+iH+LIiFKyBMjNu7PWYmr/LiHoHDCeJt777pfQ8ZGJZmRvfWpm+eZXlRGuG/+jRCOl4WkPQKwbazsLuULStinP1XwOaqXjRy7vqyxIQ==";

#[test]
fn what_a_sender_documents_is_valid() {
    for one in documented() {
        let mut request = one.request();
        request.method = if one.scheme == "hubspot-v2" { Method::GET } else { Method::POST };
        assert_eq!(one.refusal(&request, one.secret), None, "{}", one.scheme);
    }
}

#[test]
fn a_changed_part_and_another_key_are_refused() {
    for one in documented() {
        let request = one.request();
        let name = one.scheme;
        if one.scheme().protects().body {
            let text = String::from_utf8(one.body.clone()).expect("text");
            let other =
                Received { body: text.replace("Test", "Best").replace("world", "word").into(), ..request.clone() };
            let other =
                if other.body == request.body { Received { body: "{}x".into(), ..request.clone() } } else { other };
            assert!(one.refusal(&other, one.secret).is_some(), "{name}");
        }
        let other_key = match one.scheme().facts().key_form {
            KeyForm::Certificate if one.scheme().facts().algorithm == Algorithm::EcdsaP256 => EC_PRIVATE,
            KeyForm::Certificate => continue,
            KeyForm::Hex => "00112233",
            _ => "another-secret",
        };
        assert_eq!(one.refusal(&request, other_key), Some(VerifyError::CodeMismatch), "{name}");
    }
}

#[test]
fn a_request_names_its_sender() {
    for one in documented().iter().filter(|one| !["meta", "intercom", "bitbucket"].contains(&one.scheme)) {
        let found = detect(&one.request());
        assert_eq!(found.first().map(|scheme| scheme.facts().name.as_ref()), Some(one.scheme));
    }
    let first = |headers: &[(&str, &str)], body: &str| {
        let found = detect(&received(headers, URL, body.as_bytes()));
        found.first().map_or("none", |scheme| scheme.facts().name.as_ref()).to_owned()
    };
    let hub = [("x-hub-signature", "sha256=00")];
    assert_eq!(first(&hub, "{}"), "bitbucket");
    assert_eq!(first(&[("x-hub-signature", "sha1=00")], r#"{"type":"notification_event"}"#), "intercom");
    assert_eq!(first(&[("x-hub-signature", "sha1=00")], "{}"), "github", "as it was");
    let hub_256 = [("x-hub-signature-256", "sha256=00")];
    assert_eq!(first(&hub_256, r#"{"object":"page","entry":[]}"#), "meta");
    assert_eq!(first(&hub_256, r#"{"action":"opened"}"#), "github");
    let github = [hub_256[0], ("x-github-event", "push")];
    assert_eq!(first(&github, r#"{"object":"page","entry":[]}"#), "github");
    assert_eq!(first(&[("x-signature", "sha256=00")], "{}"), "none");
}

#[test]
fn what_the_sender_puts_into_the_body_or_makes_with_old_hashes_is_not_signed_here() {
    let unsignable = |name: &str| find(name).expect("a scheme").can_sign();
    assert_eq!(unsignable("gitlab"), Err(SignError::SecretItself));
    assert_eq!(unsignable("mailgun"), Err(SignError::InBody("signature")));
    assert_eq!(unsignable("sns"), Err(SignError::InBody("Signature")));
    assert_eq!(signable().count() + 4, syncctl::signature::schemes().count(), "all others are");
}

#[test]
fn paypal_needs_the_id_of_the_webhook_and_one_algorithm() {
    let paypal = documented().into_iter().find(|one| one.scheme == "paypal").expect("it is there");
    let mut request = paypal.request();
    request.registered_id = None;
    assert_eq!(paypal.refusal(&request, CERTIFICATE), Some(VerifyError::RegisteredIdUnknown));
    let mut request = paypal.request();
    set(&mut request, "paypal-auth-algo", "SHA1withRSA");
    assert_eq!(paypal.refusal(&request, CERTIFICATE).map(|refusal| refusal.name()), Some("header-malformed"));
}

#[test]
fn contentful_signs_the_headers_it_lists_and_among_them_the_time() {
    let contentful = documented().into_iter().find(|one| one.scheme == "contentful").expect("it is there");
    let reason = |change: &dyn Fn(&mut Received)| {
        let mut request = contentful.request();
        change(&mut request);
        contentful.refusal(&request, SECRET).map_or("valid", |refusal| refusal.name())
    };
    assert_eq!(reason(&|request| set(request, "x-contentful-topic", "another")), "code-mismatch");
    assert_eq!(reason(&|request| drop(request.headers.remove("x-contentful-topic"))), "header-not-delivered");
    assert_eq!(reason(&|request| set(request, "x-contentful-timestamp", "1706702400001")), "code-mismatch");
    let list = "x-contentful-signed-headers";
    assert_eq!(reason(&|request| set(request, list, "x-contentful-topic")), "header-malformed");
    assert_eq!(reason(&|request| request.url = Some("https://h.example/api/hook".to_owned())), "code-mismatch");
}

#[test]
fn a_certificate_with_spaces_around_it_and_a_key_in_pem_are_read() {
    let sns = find("sns").expect("a scheme");
    for text in [format!("\n{CERTIFICATE}\n"), CERTIFICATE.replace('\n', "\r\n")] {
        assert!(sns.key(text.as_bytes()).is_ok());
    }
    let sendgrid = find("sendgrid").expect("a scheme");
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{SENDGRID_KEY}\n-----END PUBLIC KEY-----\n");
    assert!(sendgrid.key(pem.as_bytes()).is_ok());
    for wrong in ["not a key", "AAAA", CERTIFICATE] {
        assert!(sendgrid.key(wrong.as_bytes()).is_err(), "{wrong}");
    }
    assert!(sns.key(SENDGRID_KEY.as_bytes()).is_err());
}

#[test]
fn what_is_wrong_is_explained_for_key_pairs_tokens_and_hashes_as_well() {
    let cause = |scheme: &str, request: &Received, secret: &str| {
        let found = explain(find(scheme).expect("a scheme"), request, &[Candidate::new(Role::Current, secret)]);
        found.single().map(|change| change.cause.name())
    };
    let of = |name: &str| documented().into_iter().find(|one| one.scheme == name).expect("it is there");
    let mut sendgrid = of("sendgrid").request();
    sendgrid.body = [&sendgrid.body[..], b"\n"].concat().into();
    assert_eq!(cause("sendgrid", &sendgrid, SENDGRID_KEY), Some("newline-added"));
    assert_eq!(cause("sendgrid", &sendgrid, EC_PRIVATE), None);
    assert_eq!(cause("gitlab", &of("gitlab").request(), "\"syncctl-test-secret\""), Some("secret-unquoted"));
    assert_eq!(cause("gitlab", &of("gitlab").request(), "another"), None);
    let mut hubspot = of("hubspot-v1").request();
    hubspot.body = [&hubspot.body[..], b"\r\n"].concat().into();
    assert_eq!(cause("hubspot-v1", &hubspot, HUBSPOT_SECRET), Some("newline-added"));
    let other = cause("hubspot-v2", &of("hubspot-v1").request(), HUBSPOT_SECRET);
    assert_eq!(other, Some("other-content"), "it is version 1");
    assert_eq!(cause("adyen", &of("adyen").request(), &format!("{HEX_SECRET}\n")), Some("secret-trimmed"));
    assert_eq!(cause("mailgun", &of("mailgun").request(), "syncctl-test-secret\n"), Some("secret-trimmed"));
}

/// Every row of the table can be described.
#[test]
fn a_description_says_what_a_row_does() {
    let of = |name: &str| documented().into_iter().find(|one| one.scheme == name).expect("it is there");
    let is_valid = |one: &Documented, description: Description| {
        let scheme = Generic::new(description).expect("a scheme");
        let key = scheme.key(one.secret.as_bytes()).expect("a key");
        verify(&scheme, &one.request(), &[key], Timestamp::from_millis(one.at), None).is_valid()
    };
    let base = Description::default;
    let sendgrid = Description {
        signed: "{timestamp}{body}".into(),
        header: "x-twilio-email-event-webhook-signature".into(),
        time_header: "x-twilio-email-event-webhook-timestamp".into(),
        algorithm: Algorithm::EcdsaP256,
        encoding: Encoding::Base64,
        key_form: KeyForm::Certificate,
        ..base()
    };
    assert!(is_valid(&of("sendgrid"), sendgrid));
    let paypal = Description {
        signed: "{id}|{timestamp}|{registered id}|{crc32 of the body}".into(),
        header: "paypal-transmission-sig".into(),
        id_header: "paypal-transmission-id".into(),
        time_header: "paypal-transmission-time".into(),
        time_form: TimeForm::Date,
        algorithm: Algorithm::RsaSha256,
        encoding: Encoding::Base64,
        key_form: KeyForm::Certificate,
        ..base()
    };
    assert!(is_valid(&of("paypal"), paypal));
    let mercado_pago = Description {
        signed: "id:{query.data.id};request-id:{id};ts:{timestamp};".into(),
        header: "x-signature".into(),
        id_header: "x-request-id".into(),
        time_param: Some("ts".into()),
        code_param: Some("v1".into()),
        ..base()
    };
    let lower = of("mercado-pago").url("https://h.example/notifications?data.id=ord01jq4s4ky8hwq6nap&type=order");
    assert!(is_valid(&lower, mercado_pago));
    let sanity = Description {
        signed: "{timestamp}.{body}".into(),
        header: "sanity-webhook-signature".into(),
        time_param: Some("t".into()),
        code_param: Some("v1".into()),
        time_form: TimeForm::Millis,
        encoding: Encoding::Base64Url,
        ..base()
    };
    assert!(is_valid(&of("sanity"), sanity));
    let hubspot =
        Description { header: "x-hubspot-signature".into(), algorithm: Algorithm::SecretThenSha256, ..base() };
    assert!(is_valid(&of("hubspot-v1"), hubspot));
    let gitlab = Description {
        header: "x-gitlab-token".into(),
        algorithm: Algorithm::Token,
        encoding: Encoding::Text,
        ..base()
    };
    assert!(is_valid(&of("gitlab"), gitlab));
}
