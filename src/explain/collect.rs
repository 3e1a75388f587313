//! What the operator should collect if nothing matches, starting with what this request lacks.

use super::hints::Hints;
use super::search::Search;
use crate::signature::{Message, Received, Scheme};
use crate::untrusted::Untrusted;

pub(super) fn collect(
    scheme: &dyn Scheme,
    received: &Received,
    message: &Message<'_>,
    search: &Search<'_>,
) -> Vec<String> {
    let header = |name: &str| received.headers.get(name).and_then(|value| value.to_str().ok());
    let body = &received.body;
    let mut all = Vec::new();
    if let Some(value) = header(scheme.facts().header.as_str()).filter(|_| search.codes.is_empty()) {
        let what = if value.is_empty() { "is empty" } else { "holds nothing that reads as a code" };
        all.push(format!("the signature itself: `{}` {what}", scheme.facts().header));
    }
    let is_no_key = search.keys.is_empty();
    if is_no_key {
        all.push(
            "the key of this sender: the secret is none that this scheme can use, so nothing could be tried".to_owned(),
        );
    }
    let (said, length) = (header("content-length"), body.len());
    let differs = said.is_some_and(|said| said.parse() != Ok(length));
    all.extend(differs.then(|| lengths(said, length)));
    let was_packed =
        header("content-encoding").is_some_and(|kind| kind != "identity") && !body.starts_with(&[0x1f, 0x8b]);
    if was_packed {
        all.push(
            "content-encoding says that the body was packed, and it is not: capture it before it is unpacked, because no two \
             packers write the same bytes and a signature of them cannot be tried"
                .to_owned(),
        );
    }
    let is_garbled = String::from_utf8_lossy(body).contains('\u{fffd}');
    if is_garbled {
        all.push("the body has bytes that are not text, or were replaced: capture it without decoding it".to_owned());
    }
    if body.is_empty() {
        all.push("the body is empty: a framework may have read it before it was captured".to_owned());
    }
    if scheme.protects().url {
        all.push(format!("the exact URL the sender was given: `{}` was taken here", Untrusted(message.url)));
    }
    let bytes_are_doubtful = differs || was_packed || is_garbled || body.is_empty() || search.cut_short;
    if !is_no_key && !search.codes.is_empty() {
        let likeliest = if bytes_are_doubtful { "" } else { ": another secret is the likeliest cause that is left" };
        all.push(format!("the secret as the sender shows it now{likeliest}"));
    }
    all.extend((!differs).then(|| lengths(said, length)));
    all.push("the body as it arrives, before any framework reads it".to_owned());
    all
}

/// Headers that look signed, but are not part of this scheme.
pub(super) fn unused(hints: &Hints) -> Option<String> {
    let names: Vec<_> = hints.times.iter().chain(&hints.ids).map(|hint| format!("`{}`", hint.header)).collect();
    let headers = names.join(", ");
    let what = format!(
        "what the sender signs besides the body: {headers} hold a time or an id that this scheme does not read"
    );
    (!names.is_empty()).then_some(what)
}

/// `content-length` compared with the body's length.
fn lengths(said: Option<&str>, length: usize) -> String {
    match said {
        Some(said) if said.parse() == Ok(length) => {
            format!("content-length and the body agree on {length} bytes: none were lost, others may stand for them")
        }
        Some(said) => {
            let said = Untrusted(said);
            format!(
                "content-length says {said} bytes and the body has {length}: these are not the bytes that were sent"
            )
        }
        None => format!("the content-length of the request, which is not there: the body has {length} bytes here"),
    }
}
