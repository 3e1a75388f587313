//! A message to the sender of a refused request: what arrived, how it is verified, what was found. It holds no secret and no
//! valid code.

use sha2::{Digest as _, Sha256};

use super::{Verified, time_words};
use crate::explain::Explanation;
use crate::signature::{Algorithm, SchemeFacts, VerifyError};

/// The message, line by line.
pub(super) fn message(verified: &Verified<'_>) -> Vec<String> {
    let facts = verified.scheme.facts();
    let received = verified.received;
    let wanted = match received.url.as_deref() {
        Some(url) => format!("Your {} to {url} was refused: {}.", received.method, reason(verified)),
        None => format!("Your webhook was refused: {}.", reason(verified)),
    };
    let mut lines = vec![wanted, "What arrived:".to_owned()];
    for name in [facts.id_header.as_ref(), facts.time_header.as_ref(), Some(&facts.header)].into_iter().flatten() {
        let values = received.headers.get_all(name).iter();
        lines.extend(values.map(|value| match facts.algorithm {
            Algorithm::Token => format!("  {name}: a token that is not repeated here"),
            _ => format!("  {name}: {}", String::from_utf8_lossy(value.as_bytes())),
        }));
    }
    let body = &received.body;
    lines.push(format!("  a body of {} bytes, SHA-256 {}", body.len(), hex::encode(Sha256::digest(body))));
    lines.push(format!("What we verify ({}): {}.", facts.title, signed(facts, verified.fingerprint.as_deref())));
    let found = verified.explanation.as_ref().filter(|_| verified.verdict.signature.is_err());
    lines.extend(found.map(finding));
    lines
}

fn reason(verified: &Verified<'_>) -> String {
    match (verified.verdict.refusal(), verified.verdict.time) {
        (Some(VerifyError::OutsideTolerance), Some(time)) => {
            format!("its signature is right, but its time is too far from ours ({})", time_words(&time))
        }
        (refusal, _) => refusal.map(|refusal| refusal.to_string()).unwrap_or_default(),
    }
}

/// The signed content and the algorithm, with the fingerprint of the key.
fn signed(facts: &SchemeFacts, fingerprint: Option<&str>) -> String {
    let key = fingerprint.map_or_else(String::new, |fingerprint| {
        format!(", with the secret whose fingerprint by `syncctl secret check` is {fingerprint}")
    });
    match facts.algorithm {
        Algorithm::Token => format!("the header holds the secret itself{key}"),
        algorithm => format!("{} of {}, {}{key}", algorithm.title(), facts.template(), facts.encoding.title()),
    }
}

fn finding(found: &Explanation) -> String {
    match found.changes.as_slice() {
        [] => "No known mistake explains the signature: please compare the secret, and the SHA-256 of the body that you signed, \
               with the values above."
            .to_owned(),
        changes => {
            let told = changes.iter().map(|change| {
                let text = change.text();
                let subject = if text.starts_with("valid") { "the signature is " } else { "" };
                format!("{subject}{text} [{}]", change.cause.name())
            });
            format!("What we found: {}.", told.collect::<Vec<_>>().join("; and "))
        }
    }
}
