//! Reads headers that PHP, Go or Java printed as a map, followed by the body.

use super::wrapping::{lines, without_last_break};
use super::{ReadResult, headers};

/// The longest line of a map, in bytes.
const LONGEST_LINE: usize = 32 * 1024;

/// The names and values of a map that a program printed, and the rest of the text.
type Map<'a> = (Vec<(String, String)>, &'a [u8]);

/// Whether a text begins like such a map of headers.
pub(super) fn begins(text: &[u8]) -> bool {
    map(text).is_some_and(|(pairs, _)| headers::are_of_a_request(&pairs))
}

/// Reads the request.
pub(super) fn read(text: &[u8]) -> ReadResult {
    let (pairs, rest) = map(text).unwrap_or_default();
    Ok(vec![headers::of_pairs(&pairs, rest)])
}

fn map(text: &[u8]) -> Option<Map<'_>> {
    php(text).or_else(|| php_dump(text)).or_else(|| go(text)).or_else(|| java(text))
}

/// `print_r`: `Array`, `(`, lines like `[Host] => h`, `)`.
fn php(text: &[u8]) -> Option<Map<'_>> {
    let mut pairs = Vec::new();
    let mut rows = lines(text);
    let is_begun = text[rows.next()?].trim_ascii() == b"Array" && text[rows.next()?].trim_ascii() == b"(";
    for row in rows.filter(|_| is_begun) {
        let content = std::str::from_utf8(&text[row.clone()]).ok()?.trim();
        match content.split_once("] => ") {
            Some((name, value)) => pairs.push((name.trim_start_matches('[').to_owned(), value.to_owned())),
            None if content == ")" => return Some((pairs, &text[row.end..])),
            None if content.is_empty() => {}
            None => return None,
        }
    }
    None
}

/// `var_dump`: `array(1) {`, `["Host"]=>`, `string(1) "h"`, `}`.
fn php_dump(text: &[u8]) -> Option<Map<'_>> {
    let mut pairs = Vec::new();
    let mut rows = lines(text);
    let is_begun = text.starts_with(b"array(") && text[rows.next()?].trim_ascii_end().ends_with(b"{");
    let mut name: Option<String> = None;
    for row in rows.filter(|_| is_begun) {
        let content = std::str::from_utf8(&text[row.clone()]).ok()?.trim();
        if content == "}" {
            return Some((pairs, &text[row.end..]));
        }
        match name.take() {
            Some(name) => pairs.push((name, content.split_once('"')?.1.strip_suffix('"')?.to_owned())),
            None => name = Some(content.strip_prefix("[\"")?.strip_suffix("\"]=>")?.to_owned()),
        }
    }
    None
}

/// `map[Host:[h] Accept:[a b]]`, on one line.
fn go(text: &[u8]) -> Option<Map<'_>> {
    let line = lines(text).next().filter(|line| line.len() <= LONGEST_LINE)?;
    let inner = std::str::from_utf8(without_last_break(&text[line.clone()])).ok()?;
    let inner = inner.strip_prefix("http.Header").unwrap_or(inner).strip_prefix("map[")?.strip_suffix("]]")?;
    let pair = |entry: &str| entry.split_once(":[").map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some((inner.split("] ").map(pair).collect::<Option<_>>()?, &text[line.end..]))
}

/// `{host=h, x-a=[b, c]}`, on one line.
fn java(text: &[u8]) -> Option<Map<'_>> {
    let line = lines(text).next().filter(|line| line.len() <= LONGEST_LINE)?;
    let mut rest =
        std::str::from_utf8(without_last_break(&text[line.clone()])).ok()?.strip_prefix('{')?.strip_suffix('}')?;
    let mut pairs = Vec::new();
    let is_name = |name: &str| http::HeaderName::from_bytes(name.as_bytes()).is_ok();
    loop {
        let (name, after) = rest.split_once('=').filter(|(name, _)| is_name(name))?;
        // A comma begins another pair where a name and `=` follow it.
        let next = after
            .match_indices(", ")
            .find(|(at, _)| after[at + 2..].split_once('=').is_some_and(|(name, _)| is_name(name)));
        let value = next.map_or(after, |(at, _)| &after[..at]);
        let value = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value);
        pairs.push((name.to_owned(), value.to_owned()));
        match next {
            Some((at, _)) => rest = &after[at + 2..],
            None => return Some((pairs, &text[line.end..])),
        }
        if pairs.len() > super::MOST_HEADERS {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_every_language_are_headers_with_the_body_behind_them() {
        for text in [
            "Array\n(\n    [Host] => h\n    [X-A] => b c\n)\n{}\n",
            "array(2) {\n  [\"Host\"]=>\n  string(1) \"h\"\n  [\"X-A\"]=>\n  string(3) \"b c\"\n}\n{}",
            "map[Host:[h] X-A:[b c]]\n{}",
            "{host=h, x-a=[b c]}\nbody: {}\n",
        ] {
            assert!(begins(text.as_bytes()), "{text}");
            let all = read(text.as_bytes()).expect("a map");
            let request = &all[0].as_ref().expect("a request").request;
            assert_eq!((request.headers["x-a"].as_bytes(), &request.body[..]), (&b"b c"[..], &b"{}"[..]), "{text}");
        }
        for text in ["Array\n", "array(2) {\n}", "map[]", "{}", "{a=b}", "{\"host\": 1}", ""] {
            assert!(!begins(text.as_bytes()), "{text}");
        }
    }
}
