//! Escapes foreign text for display.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// Foreign text, displayed with every control, bidi and line-separating character escaped.
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

/// Whether a character above ASCII could change how other text is displayed or read.
fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'                                             // C1 controls
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' // marks, separators, bidi
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// JSON on one line that is safe on a terminal: unsafe characters are written as `\uXXXX`.
///
/// Unsafe characters occur only in strings, raw control characters only between tokens, so the value stays the same.
pub fn safe_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(|c| c.is_ascii_control() || is_unsafe(c)) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            '\0'..='\u{1f}' => safe.push(' '),
            '\u{7f}' => safe.push_str("\\u007f"),
            c if is_unsafe(c) => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(safe, "\\u{unit:04x}");
            }),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Characters no output may carry as they are, for tests: from C0, DEL, C1, marks, separators, bidi and tags.
#[cfg(test)]
pub(crate) const DANGEROUS: &str = "\u{1b}\u{8}\u{7f}\u{85}\u{9b}\u{9d}\u{61c}\u{200b}\u{200f}\u{2028}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}\u{e0001}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_value_and_loses_what_a_terminal_would_obey() {
        let json = "{\"a\":\n\t\"x\u{7f}\u{9b}31m\u{202e}\u{e0001}\u{2028}é\"}";
        let safe = safe_json(json);
        assert_eq!(safe, "{\"a\":  \"x\\u007f\\u009b31m\\u202e\\udb40\\udc01\\u2028é\"}");
        let same = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("still JSON");
        assert_eq!(same(&safe), same(json));
        assert!(matches!(safe_json("{\"a\":1}"), Cow::Borrowed(_)));
    }

    #[test]
    fn terminal_sequences_and_bidi_overrides_are_shown_not_obeyed() {
        assert_eq!(Untrusted("\u{1b}]0;pwn\u{7}").to_string(), "␛]0;pwn␇");
        assert_eq!(Untrusted("a\r\nb\u{9b}c\u{202e}d").to_string(), "a␍␊b\\u{9b}c\\u{202e}d");
        assert_eq!(Untrusted("naïve ♥ 日本").to_string(), "naïve ♥ 日本");
    }
}
