//! JSON written again as other languages would, from its own tokens, so that nothing else about it changes.

use std::fmt::Write as _;

use serde::de::IgnoredAny;

/// Deeper nesting is not written again.
const MOST_DEPTH: usize = 96;

/// A JSON text whose tokens are kept as they are.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Atom(&'a str),
    Array(Vec<Node<'a>>),
    Object(Vec<(&'a str, Node<'a>)>),
}

/// How the tokens are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Minified,
    Python,
    Indented(&'static str),
}

/// In which order the members of objects are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As they stand.
    Kept,
    /// By their names.
    Sorted,
    /// Names that are whole numbers first and in order, as JavaScript keeps them.
    Javascript,
}

/// Every layout that is tried.
pub(super) const LAYOUTS: &[Layout] =
    &[Layout::Minified, Layout::Python, Layout::Indented("  "), Layout::Indented("    "), Layout::Indented("\t")];

/// Whether a text is one JSON value.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Reads a text that [`is_json`]; `None` when it is nested too deeply.
pub(super) fn parse(text: &str) -> Option<Node<'_>> {
    Reader { text, at: 0 }.value(0)
}

/// JSON indented for reading, its keys, numbers and strings exactly as they are; `None` for anything else.
pub fn indented(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok().filter(|text| is_json(text))?;
    write(&parse(text)?, Layout::Indented("  "), Order::Kept, text.len().saturating_mul(4) + 1024)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        if depth > MOST_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            _ => Some(Node::Atom(self.token()?)),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Node<'a>> {
        self.at += 1;
        let mut items = Vec::new();
        while self.peek()? != b']' {
            if self.peek()? == b',' {
                self.at += 1;
            }
            items.push(self.value(depth + 1)?);
        }
        self.at += 1;
        Some(Node::Array(items))
    }

    fn object(&mut self, depth: usize) -> Option<Node<'a>> {
        self.at += 1;
        let mut members = Vec::new();
        while self.peek()? != b'}' {
            if self.peek()? == b',' {
                self.at += 1;
                self.peek()?;
            }
            let key = self.token()?;
            self.peek()?;
            self.at += 1; // the colon
            members.push((key, self.value(depth + 1)?));
        }
        self.at += 1;
        Some(Node::Object(members))
    }

    fn token(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.at += token_length(&self.text[start..]);
        self.text.get(start..self.at).filter(|token| !token.is_empty())
    }
}

/// The length of the string, number or word at the start of `text`.
fn token_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
    }
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Lays a value out; `None` when it would grow past `most` bytes.
pub(super) fn write(node: &Node<'_>, layout: Layout, order: Order, most: usize) -> Option<String> {
    let mut writer = Writer { layout, order, most, out: String::new() };
    writer.value(node, 0)?;
    Some(writer.out)
}

struct Writer {
    layout: Layout,
    order: Order,
    most: usize,
    out: String,
}

impl Writer {
    fn value(&mut self, node: &Node<'_>, level: usize) -> Option<()> {
        match node {
            Node::Atom(token) => self.out.push_str(token),
            Node::Array(items) if items.is_empty() => self.out.push_str("[]"),
            Node::Object(members) if members.is_empty() => self.out.push_str("{}"),
            Node::Array(items) => self.list('[', ']', level, items, |writer, item| writer.value(item, level + 1))?,
            Node::Object(members) => {
                let mut order: Vec<_> = members.iter().collect();
                match self.order {
                    Order::Kept => {}
                    Order::Sorted => order.sort_by_cached_key(|(key, _)| plain(key)),
                    Order::Javascript => order.sort_by_cached_key(|(key, _)| index(key).unwrap_or(u64::MAX)),
                }
                self.list('{', '}', level, &order, |writer, (key, value)| writer.member(key, value, level + 1))?;
            }
        }
        (self.out.len() <= self.most).then_some(())
    }

    fn member(&mut self, key: &str, value: &Node<'_>, level: usize) -> Option<()> {
        self.out.push_str(key);
        self.out.push_str(if self.layout == Layout::Minified { ":" } else { ": " });
        self.value(value, level)
    }

    fn list<T>(
        &mut self,
        open: char,
        close: char,
        level: usize,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Option<()>,
    ) -> Option<()> {
        self.out.push(open);
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push_str(if self.layout == Layout::Python { ", " } else { "," });
            }
            self.line(level + 1);
            write(self, item)?;
        }
        self.line(level);
        self.out.push(close);
        Some(())
    }

    fn line(&mut self, level: usize) {
        if let Layout::Indented(indent) = self.layout {
            self.out.push('\n');
            (0..level).for_each(|_| self.out.push_str(indent));
        }
    }
}

/// The whole number that a name is, as JavaScript tells indexes from names.
fn index(token: &str) -> Option<u64> {
    let digits = token.strip_prefix('"')?.strip_suffix('"')?;
    let plain = digits == "0" || !digits.starts_with('0');
    digits.parse::<u32>().ok().filter(|number| plain && *number != u32::MAX && !digits.starts_with('+')).map(u64::from)
}

fn plain(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| token.to_owned())
}

/// A way of writing strings that leaves their meaning as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Characters beyond ASCII as `\u` escapes.
    Ascii,
    /// `\u` escapes as the characters they stand for.
    Plain,
    /// `\u` escapes with the case of their digits swapped.
    Case,
    /// `/` as `\/`.
    Slashes,
    /// `\/` as `/`.
    NoSlashes,
    /// `<`, `>`, `&` as escapes.
    Html,
    /// Those escapes undone.
    NoHtml,
    /// As JavaScript writes: only what must be escaped is.
    Shortest,
}

/// Writes the strings of a JSON text another way, and keeps everything else.
pub(super) fn respell(text: &str, spelling: Spelling) -> String {
    tokens(text, |token, out| if token.starts_with('"') { spell(token, spelling, out) } else { out.push_str(token) })
}

/// Writes the numbers of a JSON text another way, and keeps everything else.
pub(super) fn renumber(text: &str, form: fn(&str) -> Option<String>) -> String {
    tokens(text, |token, out| {
        let number = token.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        match number.then(|| form(token)).flatten() {
            Some(written) => out.push_str(&written),
            None => out.push_str(token),
        }
    })
}

fn tokens(text: &str, mut write: impl FnMut(&str, &mut String)) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' || first == '-' || first.is_ascii_alphanumeric() {
            token_length(rest).max(1)
        } else {
            first.len_utf8()
        };
        let Some((token, after)) = rest.split_at_checked(length) else { break };
        if length > 1 || first.is_ascii_digit() {
            write(token, &mut out);
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    out
}

fn spell(token: &str, spelling: Spelling, out: &mut String) {
    if spelling == Spelling::Shortest {
        let shortest = serde_json::from_str::<String>(token).ok().and_then(|text| serde_json::to_string(&text).ok());
        out.push_str(shortest.as_deref().unwrap_or(token));
        return;
    }
    let mut rest = token;
    while !rest.is_empty() {
        let (unit, after) = rest.split_at_checked(unit_length(rest)).unwrap_or((rest, ""));
        unit_spelled(unit, after, spelling, out);
        // A pair of surrogates was written as one character.
        let second = spelling == Spelling::Plain && pair(unit, after).is_some();
        rest = if second { &after[6..] } else { after };
    }
}

/// The length of one escape or one character.
fn unit_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match (bytes[0], bytes.get(1)) {
        (b'\\', Some(b'u')) => 6,
        (b'\\', Some(_)) => 2,
        _ => text.chars().next().map_or(1, char::len_utf8),
    }
}

fn unit_spelled(unit: &str, after: &str, spelling: Spelling, out: &mut String) {
    let escaped = escape_code(unit);
    match (spelling, unit) {
        (Spelling::Ascii, unit) if !unit.is_ascii() => escape(unit, out),
        (Spelling::Plain, _) if escaped.is_some() => match pair(unit, after).or(escaped.and_then(char::from_u32)) {
            Some(c) if c >= ' ' && c != '"' && c != '\\' => out.push(c),
            _ => out.push_str(unit),
        },
        (Spelling::Case, _) if escaped.is_some() => out.extend(unit.chars().enumerate().map(|(at, c)| match at {
            0 | 1 => c,
            _ if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
            _ => c.to_ascii_lowercase(),
        })),
        (Spelling::Slashes, "/") => out.push_str("\\/"),
        (Spelling::NoSlashes, "\\/") => out.push('/'),
        (Spelling::Html, "<" | ">" | "&" | "\u{2028}" | "\u{2029}") => escape(unit, out),
        (Spelling::NoHtml, _) if matches!(escaped, Some(0x3c | 0x3e | 0x26 | 0x2028 | 0x2029)) => {
            out.extend(escaped.and_then(char::from_u32));
        }
        _ => out.push_str(unit),
    }
}

fn escape_code(unit: &str) -> Option<u32> {
    unit.strip_prefix("\\u").and_then(|digits| u32::from_str_radix(digits, 16).ok())
}

/// The character of two escaped surrogates.
fn pair(unit: &str, after: &str) -> Option<char> {
    let high = escape_code(unit).filter(|code| (0xd800..0xdc00).contains(code))?;
    let low = escape_code(after.get(..6)?).filter(|code| (0xdc00..0xe000).contains(code))?;
    char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
}

fn escape(text: &str, out: &mut String) {
    for unit in text.encode_utf16() {
        // Writing into a string cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// A number as JavaScript writes it.
pub(super) fn javascript_number(token: &str) -> Option<String> {
    let value: f64 = token.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    let size = value.abs();
    if size == 0.0 {
        return Some("0".to_owned());
    }
    if (1e-6..1e21).contains(&size) {
        return Some(value.to_string());
    }
    Some(signed_exponent(&format!("{value:e}"), 1))
}

/// A number as Python writes it: whole numbers as they are, others with a point.
pub(super) fn python_number(token: &str) -> Option<String> {
    if !token.contains(['.', 'e', 'E']) {
        return None;
    }
    let value: f64 = token.parse().ok()?;
    let size = value.abs();
    if !value.is_finite() {
        return None;
    }
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        let text = value.to_string();
        return Some(if text.contains('.') { text } else { text + ".0" });
    }
    Some(signed_exponent(&format!("{value:e}"), 2))
}

/// A whole number as `1.0`.
pub(super) fn float_number(token: &str) -> Option<String> {
    (!token.contains(['.', 'e', 'E'])).then(|| format!("{token}.0"))
}

fn signed_exponent(text: &str, digits: usize) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{mantissa}e{sign}{exponent:0>digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\"b\": [1.0, -2e3,\"x\\u00e9/\\\"\"],\n \"a\" :{} , \"é\":[],\"c\":[null,true]}";

    fn again(text: &str, layout: Layout, order: Order) -> String {
        write(&parse(text).expect("JSON"), layout, order, 10_000).expect("short")
    }

    #[test]
    fn layouts_change_nothing_but_white_space() {
        assert_eq!(
            again(TEXT, Layout::Minified, Order::Kept),
            r#"{"b":[1.0,-2e3,"x\u00e9/\""],"a":{},"é":[],"c":[null,true]}"#
        );
        assert_eq!(again(r#"{"a":[1,{"b":2}]}"#, Layout::Python, Order::Kept), r#"{"a": [1, {"b": 2}]}"#);
        assert_eq!(
            again(r#"{"a":[1],"b":[]}"#, Layout::Indented("  "), Order::Kept),
            "{\n  \"a\": [\n    1\n  ],\n  \"b\": []\n}"
        );
        assert_eq!(
            again(r#"{"b":{"d":1,"c":2},"a":3}"#, Layout::Minified, Order::Sorted),
            r#"{"a":3,"b":{"c":2,"d":1}}"#
        );
    }

    #[test]
    fn javascript_writes_whole_numbers_first() {
        let text = r#"{"b":1,"10":2,"a":3,"2":4,"01":5,"-1":6,"4294967295":7,"0":8}"#;
        let written = r#"{"0":8,"2":4,"10":2,"b":1,"a":3,"01":5,"-1":6,"4294967295":7}"#;
        assert_eq!(again(text, Layout::Minified, Order::Javascript), written);
    }

    #[test]
    fn strings_are_spelled_as_asked() {
        let all = |spelling| respell(r#"["é\u00E9 \ud83d\ude00 / \/ < \u003c 😀 \n"]"#, spelling);
        assert_eq!(all(Spelling::Ascii), r#"["\u00e9\u00E9 \ud83d\ude00 / \/ < \u003c \ud83d\ude00 \n"]"#);
        assert_eq!(all(Spelling::Plain), r#"["éé 😀 / \/ < < 😀 \n"]"#);
        assert_eq!(all(Spelling::Slashes), r#"["é\u00E9 \ud83d\ude00 \/ \/ < \u003c 😀 \n"]"#);
        assert_eq!(all(Spelling::NoSlashes), r#"["é\u00E9 \ud83d\ude00 / / < \u003c 😀 \n"]"#);
        assert_eq!(all(Spelling::Html), r#"["é\u00E9 \ud83d\ude00 / \/ \u003c \u003c 😀 \n"]"#);
        assert_eq!(all(Spelling::NoHtml), r#"["é\u00E9 \ud83d\ude00 / \/ < < 😀 \n"]"#);
        assert_eq!(all(Spelling::Shortest), r#"["éé 😀 / / < < 😀 \n"]"#);
        assert_eq!(respell(r#"["\u001B"]"#, Spelling::Case), r#"["\u001b"]"#);
    }

    #[test]
    fn numbers_are_written_as_each_language_does() {
        let text = "[1.0,100,1e2,1E21,1.5e-7,-0.0,0.1,1e16]";
        assert_eq!(renumber(text, javascript_number), "[1,100,100,1e+21,1.5e-7,0,0.1,10000000000000000]");
        assert_eq!(renumber(text, python_number), "[1.0,100,100.0,1e+21,1.5e-07,-0.0,0.1,1e+16]");
        assert_eq!(renumber("[1,2.5]", float_number), "[1.0,2.5]");
    }

    #[test]
    fn deep_nesting_and_growth_have_limits() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(parse(&deep).is_none());
        let node = parse("[[1,2,3]]").expect("JSON");
        assert_eq!(write(&node, Layout::Indented("    "), Order::Kept, 5), None);
    }
}
