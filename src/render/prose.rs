//! Lines of prose, broken at spaces so that none is wider than the terminal.

use std::io::{self, Write};

use super::OutputStyle;
use crate::untrusted::Untrusted;

/// How much further than its first line the rest of a broken line is indented.
const INDENT: usize = 2;

/// Writes a line of foreign text, broken to the width of the terminal.
pub(super) fn write(out: &mut dyn Write, line: &str, look: &OutputStyle) -> io::Result<()> {
    parts(line, look).iter().try_for_each(|part| writeln!(out, "{part}"))
}

/// The parts of such a line, without trailing spaces.
pub(super) fn parts(line: &str, look: &OutputStyle) -> Vec<String> {
    let line = Untrusted(line).to_string();
    broken(line.trim_end(), look.width.map_or(usize::MAX, usize::from))
}

/// The line in parts of at most `width` characters. A word that is longer stays whole, so that it can be copied.
fn broken(line: &str, width: usize) -> Vec<String> {
    let indent = line.chars().take_while(|c| *c == ' ').count() + INDENT;
    let (mut parts, mut rest, mut prefix) = (Vec::new(), line, String::new());
    while let Some(at) = break_place(rest, width.saturating_sub(prefix.len())) {
        let (part, behind) = rest.split_at(at);
        parts.push(format!("{prefix}{}", part.trim_end()));
        rest = behind.trim_start();
        prefix = " ".repeat(indent.min(width / 2));
    }
    parts.push(prefix + rest);
    parts
}

/// Where a text that does not fit into `room` is broken: at the last space that leaves a first part that fits, else at the first one.
fn break_place(text: &str, room: usize) -> Option<usize> {
    text.char_indices().nth(room)?;
    let begin = text.len() - text.trim_start().len();
    let spaces = || text.char_indices().enumerate().filter(|(_, (at, c))| *c == ' ' && *at > begin);
    let fitting = spaces().take_while(|(chars, _)| *chars <= room).last();
    fitting.or_else(|| spaces().next()).map(|(_, (at, _))| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_at_spaces_and_the_rest_is_indented() {
        assert_eq!(broken("never empty at this rate", 30), ["never empty at this rate"]);
        assert_eq!(broken("never empty at this rate", 24), ["never empty at this rate"]);
        assert_eq!(broken("never empty at this rate", 15), ["never empty at", "  this rate"]);
        assert_eq!(broken("  held  since then", 9), ["  held", "    since", "    then"]);
        assert_eq!(broken("", 9), [""]);
    }

    #[test]
    fn a_word_that_does_not_fit_stays_whole() {
        assert_eq!(broken("see https://example.org/a/b now", 12), ["see", "  https://example.org/a/b", "  now"]);
        assert_eq!(broken("https://example.org/a/b", 12), ["https://example.org/a/b"]);
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(broken("äöü äöü äöü", 7), ["äöü äöü", "  äöü"]);
    }
}
