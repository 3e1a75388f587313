//! Compares sent and received bytes: the first difference, and its likely cause.

use super::bodies::body_changes;
use super::cause::Change;
use super::same_json::{TextDifference, text_differences};

/// How many bytes are shown on either side of the first difference.
const CONTEXT: usize = 24;

/// Where and how two bodies differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyDifference {
    /// The first byte that differs, counted from 0.
    pub offset: usize,
    /// The line of that byte in what was sent, counted from 1.
    pub line: usize,
    /// The byte within that line, counted from 1.
    pub column: usize,
    /// The sent bytes there, with every byte that is not visible ASCII escaped.
    pub sent: String,
    /// The received bytes there.
    pub received: String,
    /// The lengths, sent and received.
    pub lengths: (usize, usize),
    /// The kind of difference.
    pub kind: KnownDifference,
}

/// A difference between bodies that has a known cause, such as other line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownDifference {
    /// Known changes that turn the received bytes into the sent ones, as a proxy or framework makes them.
    Known(Vec<Change>),
    /// Known changes that turn the sent bytes into the received ones.
    KnownReversed(Vec<Change>),
    /// The same JSON value, written differently in these ways.
    SameJson(Vec<TextDifference>),
    /// The end is missing.
    CutOff,
    /// Something was appended.
    Appended,
    /// Nothing known.
    Unknown,
}

impl KnownDifference {
    /// The stable name of its kind.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::KnownReversed(_) => "known-reversed",
            Self::SameJson(_) => "same-json",
            Self::CutOff => "cut-off",
            Self::Appended => "appended",
            Self::Unknown => "unknown",
        }
    }

    /// The names of the causes it consists of.
    pub fn causes(&self) -> Vec<&'static str> {
        match self {
            Self::Known(changes) | Self::KnownReversed(changes) => {
                changes.iter().map(|change| change.cause.name()).collect()
            }
            Self::SameJson(_) | Self::CutOff | Self::Appended | Self::Unknown => Vec::new(),
        }
    }

    /// The kind in words.
    pub fn text(&self) -> String {
        match self {
            Self::Known(changes) => in_words(changes, "what was sent is"),
            Self::KnownReversed(changes) => in_words(changes, "what arrived is"),
            Self::SameJson(text_differences) => {
                let ways: Vec<_> = text_differences.iter().map(|writing| writing.name()).collect();
                format!("the same JSON, written differently: {}", ways.join(", "))
            }
            Self::CutOff => "the end is missing: a limit of a proxy or a field cut it off".to_owned(),
            Self::Appended => "something was appended to what was sent".to_owned(),
            Self::Unknown => "no known change by a proxy or framework: the content itself differs".to_owned(),
        }
    }
}

fn in_words(changes: &[Change], which: &str) -> String {
    changes.iter().map(|change| seen(change, which)).collect::<Vec<_>>().join("; and ")
}

/// A change in words for a comparison, without advice about signing or verifying.
fn seen(change: &Change, which: &str) -> String {
    let text = change.cause.text().replacen("valid for", which, 1);
    let text = match text.split_once(": ") {
        Some((what, why)) if why.contains("sign") || why.contains("verify") => what,
        Some(_) | None => &text,
    };
    change.detail.as_ref().map_or_else(|| text.to_owned(), |detail| format!("{text} ({detail})"))
}

/// The first difference between `sent` and `received`; `None` if they are equal.
pub fn compare(sent: &[u8], received: &[u8]) -> Option<BodyDifference> {
    if sent == received {
        return None;
    }
    let offset = sent.iter().zip(received).take_while(|(a, b)| a == b).count();
    let before = &sent[..offset];
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    Some(BodyDifference {
        offset,
        line: 1 + before.iter().filter(|b| **b == b'\n').count(),
        column: 1 + offset - line_start,
        sent: around(sent, offset),
        received: around(received, offset),
        lengths: (sent.len(), received.len()),
        kind: kind(sent, received),
    })
}

fn around(bytes: &[u8], offset: usize) -> String {
    let window = &bytes[offset.saturating_sub(CONTEXT)..bytes.len().min(offset + CONTEXT)];
    window.iter().map(|byte| shown(*byte)).collect()
}

fn shown(byte: u8) -> String {
    match byte {
        b'"' | b'\'' => char::from(byte).to_string(),
        other => other.escape_ascii().to_string(),
    }
}

fn kind(sent: &[u8], received: &[u8]) -> KnownDifference {
    if let Some(changes) = body_changes(received, sent) {
        return KnownDifference::Known(changes);
    }
    // Both directions are tried, because some changes, such as dropping spaces, cannot be reversed.
    if let Some(changes) = body_changes(sent, received) {
        return KnownDifference::KnownReversed(changes);
    }
    match text_differences(sent, received) {
        Some(ways) if !ways.is_empty() => KnownDifference::SameJson(ways),
        _ if sent.starts_with(received) => KnownDifference::CutOff,
        _ if received.starts_with(sent) => KnownDifference::Appended,
        _ => KnownDifference::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(sent: &str, received: &str) -> Vec<&'static str> {
        match compare(sent.as_bytes(), received.as_bytes()).map(|difference| difference.kind) {
            Some(KnownDifference::Known(changes)) => changes.iter().map(|change| change.cause.name()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn the_first_different_byte_has_its_place_and_context() {
        let found = compare(b"{\n \"a\": 1\n}", b"{\n \"a\": 2\n}").expect("a difference");
        assert_eq!((found.offset, found.line, found.column), (8, 2, 7));
        assert_eq!(found.sent, "{\\n \"a\": 1\\n}");
        assert_eq!(found.kind, KnownDifference::Unknown);
        assert_eq!(compare(b"a", b"a"), None);
        let long = compare(&[b'x'; 100], &[&[b'x'; 50][..], &[b'y'; 50]].concat()).expect("a difference");
        assert_eq!(long.sent, "x".repeat(48), "as much before as from there on");
    }

    #[test]
    fn a_comparison_speaks_of_what_was_sent_and_never_of_signing() {
        let text = |sent: &str, received: &str| {
            compare(sent.as_bytes(), received.as_bytes()).map(|difference| difference.kind.text()).unwrap_or_default()
        };
        assert_eq!(text("{}", "{}\n"), "what was sent is the body without its last newline");
        assert_eq!(
            text("a\r\nb", "a\nb"),
            "what was sent is the body with CRLF at the end of each line: something turned CRLF into plain newlines"
        );
        for cause in super::super::CAUSES.iter().filter(|cause| cause.text().starts_with("valid for")) {
            let change = Change::from(*cause);
            assert!(!KnownDifference::Known(vec![change]).text().contains("signed"), "{}", cause.name());
        }
    }

    #[test]
    fn habits_are_named() {
        assert_eq!(known("{}", "{}\n"), ["newline-added"]);
        assert_eq!(known("{\"a\":1}", "{\"a\": 1}"), ["json-minified"]);
        assert_eq!(known("{\"é\": 1}", "{\"\\u00e9\":1}"), ["json-unicode-unescaped", "json-python-spacing"]);
        let kind = |a: &[u8], b: &[u8]| compare(a, b).map(|difference| difference.kind);
        let odd = br#"{"b" :1,  "a":[1.50]}"#;
        let text = |sent: &[u8], received: &[u8]| kind(sent, received).map(|kind| kind.text());
        assert_eq!(
            text(odd, br#"{"b":1,"a":[1.50]}"#).as_deref(),
            Some("what arrived is the JSON without spaces"),
            "what was dropped cannot be put back, but is seen the other way round"
        );
        assert_eq!(
            text(odd, br#"{"a": [1.5],"b" :1}"#).as_deref(),
            Some("the same JSON, written differently: spaces, key order, numbers")
        );
        assert_eq!(kind(b"abcdef", b"abc"), Some(KnownDifference::CutOff));
        assert_eq!(kind(b"abc", b"abcdef"), Some(KnownDifference::Appended));
    }
}
