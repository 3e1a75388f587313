//! A request of every scheme, made with one body and secret.

use std::fmt::Display;

use bytes::Bytes;
use http::Method;
use syncctl::clock::Timestamp;
use syncctl::request;
use syncctl::signature::{Key, Message, Received, Scheme, Verification, schemes, sign, verify};

pub(crate) const BODY: &[u8] = br#"{"id":"event-123","type":"enrollment.created","resourceId":"enrollment-123"}"#;
pub(crate) const SECRET: &str = "syncctl-test-secret";
pub(crate) const STANDARD_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// The seed of RFC 8032's first test, as Standard Webhooks writes a private key.
pub(crate) const PRIVATE: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
/// Keys made with openssl for these tests.
pub(crate) const EC_PRIVATE: &str = include_str!("keys/ec-private.pem");
pub(crate) const RSA_PRIVATE: &str = include_str!("keys/rsa-private.pem");
pub(crate) const CERTIFICATE: &str = include_str!("keys/rsa-certificate.pem");
pub(crate) const HEX_SECRET: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
pub(crate) const REGISTERED_ID: &str = "1JE4291016473214C";
pub(crate) const URL: &str = "https://admin.example.com/api/webhooks/sync";
pub(crate) const ID: &str = "msg_event-123";
pub(crate) const SECONDS: i64 = 1_706_702_400;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(SECONDS * 1000)
}

/// The secret that suits a scheme.
pub(crate) fn secret_of(scheme: &dyn Scheme) -> &'static str {
    match scheme.facts().name.as_ref() {
        "standard" | "svix" => STANDARD_SECRET,
        "standard-ed25519" | "discord" => PRIVATE,
        "sendgrid" => EC_PRIVATE,
        "paypal" => RSA_PRIVATE,
        "sns" | "sns-v1" => CERTIFICATE,
        "adyen" => HEX_SECRET,
        _ => SECRET,
    }
}

/// The schemes by which a request can be signed here.
pub(crate) fn signable() -> impl Iterator<Item = &'static dyn Scheme> {
    schemes().filter(|scheme| scheme.can_sign().is_ok())
}

/// What only one scheme signs.
pub(crate) fn context_of(scheme: &dyn Scheme) -> &'static str {
    if scheme.facts().name == "paypal" { REGISTERED_ID } else { "" }
}

pub(crate) fn key(scheme: &dyn Scheme, secret: &str) -> Key {
    scheme.key(secret.as_bytes()).expect("a key of the scheme")
}

pub(crate) fn headers(scheme: &dyn Scheme, secret: &str, id: &str, body: &[u8]) -> Vec<(String, String)> {
    headers_at(scheme, secret, id, body, now())
}

pub(crate) fn headers_at(
    scheme: &dyn Scheme,
    secret: &str,
    id: &str,
    body: &[u8],
    at: Timestamp,
) -> Vec<(String, String)> {
    let time = scheme.facts().time_form.write(at);
    let url = scheme.url_for(URL, body);
    let message = Message { method: "POST", url: &url, id, time: &time, body, context: context_of(scheme) };
    let headers = sign(scheme, &message, &[key(scheme, secret)]).expect("signed");
    headers.into_iter().map(|(name, value)| (name.to_string(), value.into_owned())).collect()
}

/// A request as a receiver would get it.
pub(crate) fn request(scheme: &dyn Scheme, secret: &str, body: &[u8]) -> Received {
    registered(received(&headers(scheme, secret, ID, body), &scheme.url_for(URL, body), body))
}

/// With the id that PayPal signs.
pub(crate) fn registered(received: Received) -> Received {
    Received { registered_id: Some(REGISTERED_ID.to_owned()), ..received }
}

pub(crate) fn received<N: Display, V: Display>(headers: &[(N, V)], url: &str, body: &[u8]) -> Received {
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let mut received = request::from_lines(lines, Bytes::copy_from_slice(body)).expect("a request");
    received.method = Method::POST;
    received.url = Some(url.to_owned());
    received
}

pub(crate) fn judge(scheme: &dyn Scheme, received: &Received, secret: &str) -> Verification {
    verify(scheme, received, &[key(scheme, secret)], now(), None)
}

/// Replaces the only value of a header.
pub(crate) fn set(received: &mut Received, name: &str, value: &str) {
    let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
    received.headers.insert(name, value.parse().expect("a value"));
}

pub(crate) fn get<'r>(received: &'r Received, name: &str) -> &'r str {
    received.headers[name].to_str().expect("text")
}
