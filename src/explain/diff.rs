//! The bytes that were sent against those that arrived: where they part, and what that looks like.

use super::bodies::body_changes;
use super::cause::Change;
use super::same_json::{Writing, writings};

/// How many bytes are shown on either side of the first difference.
const CONTEXT: usize = 24;

/// How two bodies differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The first byte that differs, counted from 0.
    pub offset: usize,
    /// The line of that byte in what was sent, counted from 1.
    pub line: usize,
    /// The byte within that line, counted from 1.
    pub column: usize,
    /// What was sent there, with every byte that is not visible ASCII escaped.
    pub sent: String,
    /// What arrived there.
    pub received: String,
    /// The lengths, sent and received.
    pub lengths: (usize, usize),
    /// What it looks like.
    pub habit: KnownDifference,
}

/// What a difference looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownDifference {
    /// A known change of a proxy or framework: the sent bytes are what is received, so changed.
    Known(Vec<Change>),
    /// The other way round: the received bytes are what was sent, so changed.
    KnownReversed(Vec<Change>),
    /// The same JSON value, written differently in these ways.
    SameJson(Vec<Writing>),
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

    /// What it looks like, in words.
    pub fn text(&self) -> String {
        match self {
            Self::Known(changes) => in_words(changes, "what was sent is"),
            Self::KnownReversed(changes) => in_words(changes, "what arrived is"),
            Self::SameJson(writings) => {
                let ways: Vec<_> = writings.iter().map(|writing| writing.name()).collect();
                format!("the same JSON, written differently: {}", ways.join(", "))
            }
            Self::CutOff => "the end is missing: a limit of a proxy or a field cut it off".to_owned(),
            Self::Appended => "something was appended to what was sent".to_owned(),
            Self::Unknown => "no known habit of a proxy or framework: the content itself differs".to_owned(),
        }
    }
}

fn in_words(changes: &[Change], which: &str) -> String {
    changes.iter().map(|change| seen(change, which)).collect::<Vec<_>>().join("; and ")
}

/// A change in the words of a comparison: nothing was signed or verified here, so no advice about that.
fn seen(change: &Change, which: &str) -> String {
    let text = change.cause.text().replacen("right for", which, 1);
    let text = match text.split_once(": ") {
        Some((what, why)) if why.contains("sign") || why.contains("verify") => what,
        Some(_) | None => &text,
    };
    change.detail.as_ref().map_or_else(|| text.to_owned(), |detail| format!("{text} ({detail})"))
}

/// Where `received` parts from `sent`; `None` when they are equal.
pub fn compare(sent: &[u8], received: &[u8]) -> Option<Difference> {
    if sent == received {
        return None;
    }
    let offset = sent.iter().zip(received).take_while(|(a, b)| a == b).count();
    let before = &sent[..offset];
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    Some(Difference {
        offset,
        line: 1 + before.iter().filter(|b| **b == b'\n').count(),
        column: 1 + offset - line_start,
        sent: around(sent, offset),
        received: around(received, offset),
        lengths: (sent.len(), received.len()),
        habit: habit(sent, received),
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

fn habit(sent: &[u8], received: &[u8]) -> KnownDifference {
    if let Some(changes) = body_changes(received, sent) {
        return KnownDifference::Known(changes);
    }
    // What made `received` of `sent` may not be what makes `sent` of `received`: spaces that were dropped cannot be put back.
    if let Some(changes) = body_changes(sent, received) {
        return KnownDifference::KnownReversed(changes);
    }
    match writings(sent, received) {
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
        match compare(sent.as_bytes(), received.as_bytes()).map(|difference| difference.habit) {
            Some(KnownDifference::Known(changes)) => changes.iter().map(|change| change.cause.name()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn the_first_different_byte_has_its_place_and_context() {
        let found = compare(b"{\n \"a\": 1\n}", b"{\n \"a\": 2\n}").expect("a difference");
        assert_eq!((found.offset, found.line, found.column), (8, 2, 7));
        assert_eq!(found.sent, "{\\n \"a\": 1\\n}");
        assert_eq!(found.habit, KnownDifference::Unknown);
        assert_eq!(compare(b"a", b"a"), None);
        let long = compare(&[b'x'; 100], &[&[b'x'; 50][..], &[b'y'; 50]].concat()).expect("a difference");
        assert_eq!(long.sent, "x".repeat(48), "as much before as from there on");
    }

    #[test]
    fn a_comparison_speaks_of_what_was_sent_and_never_of_signing() {
        let text = |sent: &str, received: &str| {
            compare(sent.as_bytes(), received.as_bytes()).map(|difference| difference.habit.text()).unwrap_or_default()
        };
        assert_eq!(text("{}", "{}\n"), "what was sent is the body without its last newline");
        assert_eq!(
            text("a\r\nb", "a\nb"),
            "what was sent is the body with CRLF at the end of each line: something turned CRLF into plain newlines"
        );
        for cause in super::super::CAUSES.iter().filter(|cause| cause.text().starts_with("right for")) {
            let change = Change::from(*cause);
            assert!(!KnownDifference::Known(vec![change]).text().contains("signed"), "{}", cause.name());
        }
    }

    #[test]
    fn habits_are_named() {
        assert_eq!(known("{}", "{}\n"), ["newline-added"]);
        assert_eq!(known("{\"a\":1}", "{\"a\": 1}"), ["json-minified"]);
        assert_eq!(known("{\"é\": 1}", "{\"\\u00e9\":1}"), ["json-unicode-unescaped", "json-python-spacing"]);
        let habit = |a: &[u8], b: &[u8]| compare(a, b).map(|difference| difference.habit);
        let odd = br#"{"b" :1,  "a":[1.50]}"#;
        let text = |sent: &[u8], received: &[u8]| habit(sent, received).map(|habit| habit.text());
        assert_eq!(
            text(odd, br#"{"b":1,"a":[1.50]}"#).as_deref(),
            Some("what arrived is the JSON without spaces"),
            "what was dropped cannot be put back, but is seen the other way round"
        );
        assert_eq!(
            text(odd, br#"{"a": [1.5],"b" :1}"#).as_deref(),
            Some("the same JSON, written differently: spaces, key order, numbers")
        );
        assert_eq!(habit(b"abcdef", b"abc"), Some(KnownDifference::CutOff));
        assert_eq!(habit(b"abc", b"abcdef"), Some(KnownDifference::Appended));
    }
}
