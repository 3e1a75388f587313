//! Strips wrapping around a request: code fences, quotation marks of mail, indentation.

use std::ops::Range;

/// The delimiters of code blocks in Markdown, Jira and Confluence.
const FENCES: &[&str] = &["```", "~~~", "{code", "{noformat"];

/// Whether a text begins with a fence.
pub(super) fn begins_fenced(text: &[u8]) -> bool {
    FENCES.iter().any(|fence| text.starts_with(fence.as_bytes()))
}

/// The code blocks of a text.
pub(super) fn fenced(text: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    for line in lines(text) {
        let content = text[line.clone()].trim_ascii();
        let fence = FENCES.iter().find(|fence| content.starts_with(fence.as_bytes()));
        match (open, fence) {
            (None, Some(fence)) => open = Some((fence, line.end)),
            (Some((fence, start)), Some(end)) if *end == fence => {
                blocks.push(without_last_break(&text[start..line.start]));
                open = None;
            }
            _ => {}
        }
    }
    blocks
}

/// A text whose lines all begin with `>`, without these marks. A few lines of attribution may precede it.
pub(super) fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let is_marked = |line: &Range<usize>| text[line.clone()].starts_with(b">");
    let is_blank = |line: &Range<usize>| text[line.clone()].trim_ascii().is_empty();
    let introduction = lines(text).take_while(|line| !is_marked(line)).take(4).collect::<Vec<_>>();
    let start = introduction.last().map_or(0, |line| line.end);
    if introduction.len() > 3 || start == text.len() || !introduction.iter().all(|line| is_prose(&text[line.clone()])) {
        return None;
    }
    let mut plain = Vec::with_capacity(text.len());
    for line in lines(&text[start..]).map(|line| line.start + start..line.end + start) {
        if !is_marked(&line) && !is_blank(&line) {
            return None;
        }
        let content = &text[line];
        let content = content.strip_prefix(b">").unwrap_or(content);
        plain.extend_from_slice(content.strip_prefix(b" ").unwrap_or(content));
    }
    Some(plain)
}

/// `On Monday Ada wrote:`, or a blank line.
fn is_prose(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || (line.ends_with(b":") && line.contains(&b' '))
}

/// A text without the indentation that all lines share.
pub(super) fn unindented(text: &[u8]) -> Option<Vec<u8>> {
    let filled = || lines(text).map(|line| &text[line]).filter(|line| !line.trim_ascii().is_empty());
    let indentation = |line: &[u8]| line.iter().take_while(|byte| b" \t".contains(byte)).count();
    let shared = filled().map(indentation).min().filter(|shared| *shared > 0)?;
    let mut plain = Vec::with_capacity(text.len());
    for line in lines(text) {
        let line = &text[line];
        plain.extend_from_slice(&line[indentation(line).min(shared)..]);
    }
    Some(plain)
}

/// The ranges of the lines of a text, with their line ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive(|byte| *byte == b'\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end;
        range
    })
}

/// A text without the line end at its end.
pub(super) fn without_last_break(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_code_are_taken_without_their_fences() {
        assert_eq!(fenced(b"see:\n```sh\na\nb\n```\n\n~~~\nc\n~~~\n"), [&b"a\nb"[..], b"c"]);
        assert_eq!(fenced(b"{code:bash}\na\n{code}"), [&b"a"[..]]);
        assert!(fenced(b"a ``` b\n```\nopen").is_empty());
    }

    #[test]
    fn a_quotation_is_taken_without_its_marks() {
        let plain = |text: &str| unquoted(text.as_bytes()).map(|plain| String::from_utf8(plain).expect("text"));
        assert_eq!(plain("> a\n>\n>b\n").as_deref(), Some("a\n\nb\n"));
        assert_eq!(plain("On Monday Ada wrote:\n> a\n\n> b").as_deref(), Some("a\n\nb"));
        for text in ["a: b\n> c", "> a\nb\n", "* Trying\n> a\n", "", "a"] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn shared_indentation_is_left_out() {
        assert_eq!(unindented(b"    a\n      b\n\n    c").as_deref(), Some(&b"a\n  b\n\nc"[..]));
        assert_eq!(unindented(b"a\n  b"), None);
        assert_eq!(unindented(b" \n"), None);
    }
}
