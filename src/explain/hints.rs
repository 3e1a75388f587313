//! Hints: headers that look like a time or an id and are not read by the scheme.

use http::HeaderName;

use crate::clock::Timestamp;
use crate::signature::Received;
use crate::signature::{ContentPart, SchemeFacts};

/// The most times, and the most ids, that are tried.
const MOST_TIMES: usize = 3;
const MOST_IDS: usize = 2;

/// A header's value that may be part of the signed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hint {
    pub header: HeaderName,
    pub value: String,
}

/// The values of a request's headers that may be part of the signed content, likelier ones first.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    pub times: Vec<Hint>,
    pub ids: Vec<Hint>,
}

impl Hints {
    /// The hints of a request whose scheme has these facts.
    pub(super) fn of(facts: &SchemeFacts, received: &Received) -> Self {
        let own = [&facts.time_header, &facts.id_header];
        let mut hints = Self::default();
        for (name, value) in &received.headers {
            let Ok(value) = value.to_str() else { continue };
            let hint = || Hint { header: name.clone(), value: value.to_owned() };
            if own.contains(&&Some(name.clone())) {
                continue;
            }
            let listed = time_in_list(value).map(|time| Hint { header: name.clone(), value: time.to_owned() });
            if listed.is_some() && (*name != facts.header || !facts.signs(&ContentPart::Time)) {
                hints.times.extend(listed);
            } else if is_time(name.as_str(), value) {
                hints.times.push(hint());
            } else if is_id(name.as_str(), value) {
                hints.ids.push(hint());
            }
        }
        hints.times.sort_by_key(|hint| likelihood(facts, &hint.header, &["webhook", "signature", "timestamp"]));
        hints.ids.sort_by_key(|hint| likelihood(facts, &hint.header, &["webhook", "event", "message", "delivery"]));
        hints.times.truncate(MOST_TIMES);
        hints.ids.truncate(MOST_IDS);
        hints
    }
}

/// The rank of a header: the signature's own first, then names with one of `words`, then any.
fn likelihood(facts: &SchemeFacts, name: &HeaderName, words: &[&str]) -> usize {
    match words.iter().position(|word| name.as_str().contains(word)) {
        _ if *name == facts.header => 0,
        Some(at) => at + 1,
        None => words.len() + 1,
    }
}

fn is_time(name: &str, value: &str) -> bool {
    let named = name.ends_with("timestamp") || ["-time", "-ts", "-date"].iter().any(|end| name.ends_with(end));
    let digits = (9..=19).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    (named && (digits || Timestamp::parse(value).is_some())) || (name == "date" && value.len() <= 40)
}

fn is_id(name: &str, value: &str) -> bool {
    let named = name.ends_with("-id") || ["idempotency-key", "delivery", "nonce"].iter().any(|end| name.ends_with(end));
    named && (1..=256).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic())
}

/// The time in a list of pairs such as `t=…,v1=…`, with any separators, quotes, spaces and encoding.
pub(super) fn time_in_list(text: &str) -> Option<&str> {
    let parts = text.split([',', ';']).flat_map(|part| part.split("%2C")).flat_map(|part| part.split("%3B"));
    let mut parts = parts.map(|part| part.trim_matches(['"', '\'', ' ', '\t']));
    parts.find_map(|part| {
        let (name, time) = part.split_once('=').or_else(|| part.split_once("%3D"))?;
        ["t", "ts"].iter().any(|known| name.trim().eq_ignore_ascii_case(known)).then_some(time.trim())
    })
}
