//! Restores commands with typographic quotes and dashes from a chat or word processor.

use std::iter::Peekable;
use std::str::Chars;

/// Double quotes of word processors.
const DOUBLE: &[char] = &['“', '”', '„', '‟', '«', '»'];
/// Single quotes of word processors.
const SINGLE: &[char] = &['‘', '’', '‚', '‛'];

/// A command with typographic quotes and dashes replaced by those of a shell; `None` if no word is quoted so.
pub(super) fn straightened(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    if !text.contains(|c| DOUBLE.contains(&c) || SINGLE.contains(&c) || "–—\u{a0}".contains(c)) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut is_changed = false;
    let mut before = ' ';
    while let Some(next) = rest.next() {
        let begins_word = before.is_whitespace() || before == '=';
        before = next;
        match next {
            '\u{a0}' => {
                out.push(' ');
                before = ' ';
                is_changed = true;
            }
            '–' | '—' if begins_word => {
                out.push_str(dashes(&rest));
                is_changed = true;
            }
            '\'' | '"' => copy_quoted(next, &mut rest, &mut out),
            open if begins_word && (DOUBLE.contains(&open) || SINGLE.contains(&open)) => {
                let family = if DOUBLE.contains(&open) { DOUBLE } else { SINGLE };
                push_quoted(&taken(&mut rest, family), family == DOUBLE, &mut out);
                is_changed = true;
            }
            other => out.push(other),
        }
    }
    is_changed.then(|| out.into_bytes())
}

/// The original of a dash at the start of a word: `-` before a single letter, else `--`.
fn dashes(rest: &Peekable<Chars<'_>>) -> &'static str {
    let mut rest = rest.clone();
    let first = rest.next();
    let is_short = first.is_some_and(char::is_alphabetic) && rest.next().is_none_or(char::is_whitespace);
    if is_short || first == Some('-') { "-" } else { "--" }
}

/// Copies a text in straight quotes unchanged.
fn copy_quoted(quote: char, rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push(quote);
    while let Some(next) = rest.next() {
        out.push(next);
        if next == '\\' && quote == '"' {
            out.extend(rest.next());
        } else if next == quote {
            return;
        }
    }
}

/// The text up to the closing quote: one of `family` at the end of a word.
fn taken(rest: &mut Peekable<Chars<'_>>, family: &[char]) -> String {
    let mut inner = String::new();
    while let Some(next) = rest.next() {
        if family.contains(&next) && rest.peek().is_none_or(|after| after.is_whitespace() || "\\;|&".contains(*after)) {
            break;
        }
        inner.push(next);
    }
    inner
}

/// Writes a text in single quotes. If it has no straight quotes, quotes inside it are restored, too.
fn push_quoted(inner: &str, is_double: bool, out: &mut String) {
    let mut plain = inner.to_owned();
    if !inner.contains('"') {
        plain = plain.replace(DOUBLE, "\"").replace(SINGLE, "'");
    }
    if is_double {
        plain = plain.replace("\\\"", "\"").replace("\\\\", "\\");
    }
    out.push('\'');
    out.push_str(&plain.replace('\'', "'\\''"));
    out.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_dashes_around_words_become_those_of_a_shell() {
        for (text, expected) in [
            ("curl –d ‘{\"a\":1}’ h", Some("curl -d '{\"a\":1}' h")),
            ("curl —data “{\\”a\\”:1}” h", Some("curl --data '{\"a\":1}' h")),
            ("curl –data ‘{“a”:“it’s”}’", Some("curl --data '{\"a\":\"it'\\''s\"}'")),
            ("curl\u{a0}h", Some("curl h")),
            ("curl h -d '{\"a\":\"“b” — c\"}'", None),
            ("curl h", None),
        ] {
            let straight = straightened(text.as_bytes()).map(|text| String::from_utf8(text).expect("text"));
            assert_eq!(straight.as_deref(), expected, "{text}");
        }
    }
}
