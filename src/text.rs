//! Foreign text made safe to show.

use std::fmt::{self, Write as _};

/// Text from outside: it shows with every control, bidi and line-separating character escaped.
///
/// Whatever an event, a URL, a response or an error of another system carries goes through this type before it
/// reaches a terminal, a log or a page.
#[derive(Clone, Copy, Debug)]
pub struct Untrusted<'a>(pub &'a str);

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\0'..='\u{1f}' => f.write_char(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\u{7f}' => f.write_char('\u{2421}'),
            c if is_unsafe(c) => write!(f, "\\u{{{:x}}}", u32::from(c)),
            c => f.write_char(c),
        })
    }
}

/// Whether a character above ASCII could change how other text looks or is read.
fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'                                             // C1 controls
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' // marks, separators, bidi
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// `text` cut to `limit` characters, the last one an ellipsis when something was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// The one of `known` that `typed` was probably meant to be.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(typed, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_and_bidi_overrides_are_shown_not_obeyed() {
        assert_eq!(Untrusted("\u{1b}]0;pwn\u{7}").to_string(), "␛]0;pwn␇");
        assert_eq!(Untrusted("a\r\nb\u{9b}c\u{202e}d").to_string(), "a␍␊b\\u{9b}c\\u{202e}d");
        assert_eq!(Untrusted("naïve ♥ 日本").to_string(), "naïve ♥ 日本");
    }

    #[test]
    fn near_misses_are_suggested_and_far_ones_are_not() {
        assert_eq!(did_you_mean("bakcup", ["admin", "backup"]), Some("backup"));
        assert_eq!(did_you_mean("zzzz", ["admin", "backup"]), None);
    }
}
