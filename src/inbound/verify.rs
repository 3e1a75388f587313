//! The two signatures a webhook may carry, verified strictly.

use ::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Refusal;
use crate::clock::Timestamp;
use crate::event::EventId;
use crate::signature::Secret;

/// How old or how far ahead a signature may be, in seconds.
const TOLERANCE: i64 = 300;
/// Codes that are tried at most.
const MOST_CODES: usize = 32;

/// Which signature was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Standard Webhooks: id, time and body are signed.
    Standard,
    /// The original's: the body is signed.
    Original,
}

/// Verifies by the stronger of the signatures that are there.
pub(super) fn verify(secrets: &[Secret], headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Scheme, Refusal> {
    if secrets.is_empty() {
        return Err(Refusal::Unverified("secret-missing"));
    }
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature", "x-webhook-signature"];
    if names.iter().any(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        return Err(Refusal::Malformed("header-doubled"));
    }
    if headers.contains_key("webhook-signature") {
        standard(secrets, headers, body, now).map(|()| Scheme::Standard)
    } else {
        original(secrets, headers, body).map(|()| Scheme::Original)
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Refusal> {
    let value = headers.get(name).ok_or(Refusal::Unverified("header-not-delivered"))?;
    value.to_str().map_err(|_| Refusal::Unverified("header-malformed"))
}

fn standard(secrets: &[Secret], headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Refusal> {
    let (id, time) = (header(headers, "webhook-id")?, header(headers, "webhook-timestamp")?);
    let codes = header(headers, "webhook-signature")?;
    // A dot in the id would make it unclear where the id ends and the time begins.
    EventId::parse(id).map_err(|_| Refusal::Unverified("id-malformed"))?;
    let digits = (1..=12).contains(&time.len()) && time.bytes().all(|b| b.is_ascii_digit());
    let seconds: i64 = time.parse().ok().filter(|_| digits).ok_or(Refusal::Unverified("time-malformed"))?;
    let codes: Vec<[u8; 32]> = codes.split(' ').filter_map(code).take(MOST_CODES).collect();
    let matches = |secret: &Secret| {
        let signed = [id.as_bytes(), b".", time.as_bytes(), b".", body];
        let mac = signed.iter().fold(keyed(secret.standard_key()), |mac, part| mac.chain_update(part));
        codes.iter().any(|code| mac.clone().verify_slice(code).is_ok())
    };
    if !secrets.iter().any(matches) {
        return Err(Refusal::Unverified("code-mismatch"));
    }
    if (now.as_seconds() - seconds).abs() > TOLERANCE {
        return Err(Refusal::Unverified("outside-tolerance"));
    }
    Ok(())
}

/// A code of the version we know, of the exact length; others are passed over.
fn code(entry: &str) -> Option<[u8; 32]> {
    BASE64.decode(entry.strip_prefix("v1,")?).ok()?.try_into().ok()
}

fn original(secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let mut code = [0; 32];
    hex::decode_to_slice(header(headers, "x-webhook-signature")?, &mut code)
        .map_err(|_| Refusal::Unverified("code-malformed"))?;
    let matches = |secret: &Secret| keyed(secret.as_text()).chain_update(body).verify_slice(&code).is_ok();
    if secrets.iter().any(matches) { Ok(()) } else { Err(Refusal::Unverified("code-mismatch")) }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}
