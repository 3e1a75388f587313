//! Rewrites JSON as other languages would, token by token, so that nothing else changes: layout and order here, numbers and
//! strings in files of their own.

pub(super) mod numbers;
pub(super) mod strings;

use serde::de::IgnoredAny;

/// The deepest nesting that is rewritten.
const MOST_DEPTH: usize = 96;

/// A parsed JSON text that remembers how each token was written.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Atom(&'a str),
    Array(Vec<Node<'a>>),
    Object(Vec<(&'a str, Node<'a>)>),
}

/// The white space between the tokens of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// No white space.
    Minified,
    /// A space after each comma and colon.
    Spaced,
    /// A space after each colon.
    ColonSpaced,
    /// Each member and item on a line of its own.
    Indented(&'static str),
    /// As Jackson indents: members on lines with spaces around the colon, items on one line.
    Jackson,
}

/// The order of an object's members in a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As written.
    Kept,
    /// By their names.
    Sorted,
    /// Integer names first and in order, as JavaScript orders them.
    Javascript,
    /// By length and then by bytes, of duplicates the last, as PostgreSQL stores `jsonb`.
    Jsonb,
}

/// Whether a text is one JSON value.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Reads a text that [`is_json`]; `None` when it is nested too deeply.
pub(super) fn parse(text: &str) -> Option<Node<'_>> {
    Parser { text, at: 0 }.value(0)
}

/// JSON indented for people, with keys, numbers and strings unchanged; `None` for anything else.
pub fn indented(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok().filter(|text| is_json(text))?;
    lay_out(text, Layout::Indented("  "), text.len().saturating_mul(4) + 1024)
}

/// Parses JSON text into nodes that remember how it was written.
struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
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
pub(super) fn token_length(text: &str) -> usize {
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

/// A text that [`is_json`] with other white space; `None` if it would exceed `most` bytes.
///
/// Reads token by token, so that it needs no memory beyond the result.
pub(super) fn lay_out(text: &str, layout: Layout, most: usize) -> Option<String> {
    let mut out = JsonWriter { layout, level: 0, lists: Vec::new(), text: String::with_capacity(text.len()) };
    let mut rest = text.trim_ascii_start();
    while let Some(first) = rest.as_bytes().first() {
        let length = match first {
            b'{' | b'[' => out.open(rest),
            b'}' | b']' => out.close(*first),
            b',' | b':' => out.separate(*first),
            _ => {
                let length = token_length(rest).max(1);
                out.text.push_str(rest.get(..length)?);
                length
            }
        };
        rest = rest.get(length..)?.trim_ascii_start();
        if out.text.len() > most {
            return None;
        }
    }
    Some(out.text)
}

/// Writes JSON text in one layout, order and spelling.
struct JsonWriter {
    layout: Layout,
    level: usize,
    /// Whether each open value is an array, outermost first.
    lists: Vec<bool>,
    text: String,
}

impl JsonWriter {
    /// Writes the start of an object or array, or an empty one as a whole. Returns how many bytes were read.
    fn open(&mut self, rest: &str) -> usize {
        let (open, inner) = (rest.as_bytes()[0], rest[1..].trim_ascii_start());
        self.text.push(char::from(open));
        if let Some(close @ (b'}' | b']')) = inner.as_bytes().first() {
            if self.layout == Layout::Jackson {
                self.text.push(' ');
            }
            self.text.push(char::from(*close));
            return rest.len() - inner.len() + 1;
        }
        self.lists.push(open == b'[');
        if self.layout == Layout::Jackson && open == b'[' {
            self.text.push(' ');
        } else {
            self.level += 1;
            self.line();
        }
        1
    }

    fn close(&mut self, close: u8) -> usize {
        self.lists.pop();
        if self.layout == Layout::Jackson && close == b']' {
            self.text.push(' ');
        } else {
            self.level = self.level.saturating_sub(1);
            self.line();
        }
        self.text.push(char::from(close));
        1
    }

    fn separate(&mut self, separator: u8) -> usize {
        match (self.layout, separator) {
            (Layout::Jackson, b':') => self.text.push_str(" : "),
            (Layout::Minified, b':') => self.text.push(':'),
            (_, b':') => self.text.push_str(": "),
            (Layout::Spaced, _) => self.text.push_str(", "),
            (Layout::Jackson, _) if self.lists.last() == Some(&true) => self.text.push_str(", "),
            _ => {
                self.text.push(',');
                self.line();
            }
        }
        1
    }

    fn line(&mut self) {
        let indent = match self.layout {
            Layout::Indented(indent) => indent,
            Layout::Jackson => "  ",
            Layout::Minified | Layout::Spaced | Layout::ColonSpaced => return,
        };
        self.text.push('\n');
        (0..self.level).for_each(|_| self.text.push_str(indent));
    }
}

/// A value without white space, with its members in another order.
pub(super) fn reorder(text: &str, order: Order) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    write(&parse(text)?, order, &mut out);
    Some(out)
}

/// Writes a value without white space.
pub(super) fn write(node: &Node<'_>, order: Order, out: &mut String) {
    match node {
        Node::Atom(token) => out.push_str(token),
        Node::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write(item, order, out);
            }
            out.push(']');
        }
        Node::Object(members) => {
            out.push('{');
            for (at, (key, value)) in in_order(members, order).into_iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                out.push_str(key);
                out.push(':');
                write(value, order, out);
            }
            out.push('}');
        }
    }
}

fn in_order<'n, 't>(members: &'n [(&'t str, Node<'t>)], order: Order) -> Vec<&'n (&'t str, Node<'t>)> {
    let mut all: Vec<_> = members.iter().collect();
    match order {
        Order::Kept => {}
        Order::Sorted => all.sort_by_cached_key(|(key, _)| plain(key)),
        Order::Javascript => all.sort_by_cached_key(|(key, _)| index(key).unwrap_or(u64::MAX)),
        Order::Jsonb => {
            all.reverse();
            all.sort_by_cached_key(|(key, _)| (plain(key).len(), plain(key)));
            all.dedup_by_key(|(key, _)| plain(key));
        }
    }
    all
}

/// The integer of a name, if JavaScript treats it as an index.
fn index(token: &str) -> Option<u64> {
    let digits = token.strip_prefix('"')?.strip_suffix('"')?;
    let plain = digits == "0" || !digits.starts_with('0');
    digits.parse::<u32>().ok().filter(|number| plain && *number != u32::MAX && !digits.starts_with('+')).map(u64::from)
}

fn plain(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| token.to_owned())
}

/// The members of an object, names decoded and values as written; empty for any other value.
pub(super) fn members(text: &str) -> Vec<(String, &str)> {
    let mut all = Vec::new();
    let mut rest = match text.trim_ascii_start().strip_prefix('{') {
        Some(rest) => rest.trim_ascii_start(),
        None => return all,
    };
    while rest.starts_with('"') {
        let (key, after) = rest.split_at(token_length(rest).min(rest.len()));
        let Some(after) = after.trim_ascii_start().strip_prefix(':') else { break };
        let after = after.trim_ascii_start();
        let Some((value, after)) = after.split_at_checked(value_length(after)) else { break };
        all.push((plain(key), value));
        rest = after.trim_ascii_start().strip_prefix(',').unwrap_or_default().trim_ascii_start();
    }
    all
}

/// The length of the value at the start of a text.
fn value_length(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += if *byte == b'"' || byte.is_ascii_alphanumeric() || *byte == b'-' {
            token_length(&text[at..]).max(1)
        } else {
            1
        };
        if depth == 0 {
            return at.min(text.len());
        }
    }
    text.len()
}

/// Replaces scalar values; names and white space stay.
pub(super) fn edit_values(text: &str, edit: fn(&str) -> Option<String>) -> String {
    tokens(text, |token, after, out| {
        let is_name = after.trim_ascii_start().starts_with(':');
        match edit(token).filter(|_| !is_name) {
            Some(written) => out.push_str(&written),
            None => out.push_str(token),
        }
    })
}

/// Replaces each empty object by an empty array, or the reverse; `open` is the first character of the replaced ones.
pub(super) fn swap_empty(text: &str, open: char) -> String {
    let (from, to) = if open == '{' { ("{}", "[]") } else { ("[]", "{}") };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' { token_length(rest) } else { first.len_utf8() };
        if let Some(after) = rest.strip_prefix(from) {
            out.push_str(to);
            rest = after;
            continue;
        }
        let Some((token, after)) = rest.split_at_checked(length) else { break };
        out.push_str(token);
        rest = after;
    }
    out
}

fn tokens(text: &str, mut write: impl FnMut(&str, &str, &mut String)) -> String {
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
            write(token, after, &mut out);
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\"b\": [1.0, -2e3,\"x\\u00e9/\\\"\"],\n \"a\" :{} , \"é\":[],\"c\":[null,true]}";

    fn again(text: &str, layout: Layout, order: Order) -> String {
        let ordered = if order == Order::Kept { text.to_owned() } else { reorder(text, order).expect("JSON") };
        lay_out(&ordered, layout, 10_000).expect("short")
    }

    #[test]
    fn jackson_and_jsonb_have_layouts_and_orders_of_their_own() {
        let text = r#"{"id":"e","list":[1,{"a":[],"b":{}}],"o":{"x":1,"y":2}}"#;
        let jackson = "{\n  \"id\" : \"e\",\n  \"list\" : [ 1, {\n    \"a\" : [ ],\n    \"b\" : { }\n  } ],\n  \"o\" : {\n    \"x\" : 1,\n    \"y\" : 2\n  }\n}";
        assert_eq!(again(text, Layout::Jackson, Order::Kept), jackson);
        let jsonb = again(r#"{"type":1,"id":2,"b":{"cc":1,"a":2},"id":3}"#, Layout::Spaced, Order::Jsonb);
        assert_eq!(jsonb, r#"{"b": {"a": 2, "cc": 1}, "id": 3, "type": 1}"#);
    }

    #[test]
    fn layouts_change_nothing_but_white_space() {
        assert_eq!(
            again(TEXT, Layout::Minified, Order::Kept),
            r#"{"b":[1.0,-2e3,"x\u00e9/\""],"a":{},"é":[],"c":[null,true]}"#
        );
        assert_eq!(again(r#"{"a":[1,{"b":2}]}"#, Layout::Spaced, Order::Kept), r#"{"a": [1, {"b": 2}]}"#);
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
    fn deep_nesting_and_growth_have_limits() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(parse(&deep).is_none());
        assert_eq!(lay_out("[[1,2,3]]", Layout::Indented("    "), 5), None);
    }
}
