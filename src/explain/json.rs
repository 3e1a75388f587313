//! Rewrites JSON as other languages would, token by token, so that nothing else changes.

use std::fmt::Write as _;

use serde::de::IgnoredAny;

/// The deepest nesting that is rewritten.
const MOST_DEPTH: usize = 96;

/// A parsed JSON text whose tokens are kept as they were written.
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

/// A parser of JSON text and its position.
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

/// JSON text being written in one layout.
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

/// A way of escaping JSON strings.
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
    /// These characters without escapes.
    NoHtml,
    /// As JavaScript: only necessary escapes.
    Shortest,
    /// Characters beyond ASCII as `\u` escapes in upper case, as Jackson can be configured to.
    AsciiUpper,
    /// As System.Text.Json of .NET: HTML characters and all beyond ASCII, in upper case.
    DotNet,
    /// As Gson: `<`, `>`, `&`, `=` and `'` as escapes.
    Gson,
    /// As Meta: all beyond ASCII, and `/`, `<`, `%` and `@`.
    Meta,
    /// As PHP with `JSON_HEX_TAG`, `_AMP`, `_APOS` and `_QUOT`.
    PhpHex,
    /// The same with slashes and letters as they are.
    PhpHexPlain,
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

/// Rewrites the strings of a JSON text, and keeps everything else.
pub(super) fn respell(text: &str, spelling: Spelling) -> String {
    tokens(text, |token, _, out| if token.starts_with('"') { spell(token, spelling, out) } else { out.push_str(token) })
}

/// Rewrites the numbers of a JSON text, and keeps everything else.
pub(super) fn renumber(text: &str, form: fn(&str) -> Option<String>) -> String {
    tokens(text, |token, _, out| {
        let number = token.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        match number.then(|| form(token)).flatten() {
            Some(written) => out.push_str(&written),
            None => out.push_str(token),
        }
    })
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

fn spell(token: &str, spelling: Spelling, out: &mut String) {
    if spelling == Spelling::Shortest {
        let shortest = serde_json::from_str::<String>(token).ok().and_then(|text| serde_json::to_string(&text).ok());
        out.push_str(shortest.as_deref().unwrap_or(token));
        return;
    }
    if let (Some(form), Ok(text)) = (encoding_of(spelling), serde_json::from_str::<String>(token)) {
        return encode(&text, form, out);
    }
    let mut rest = token;
    while !rest.is_empty() {
        let (unit, after) = rest.split_at_checked(unit_length(rest)).unwrap_or((rest, ""));
        unit_spelled(unit, after, spelling, out);
        // A surrogate pair was written as one character.
        let second = spelling == Spelling::Plain && pair(unit, after).is_some();
        rest = if second { &after[6..] } else { after };
    }
}

/// The escapes of a JSON encoder.
#[derive(Clone, Copy)]
struct StringForm {
    /// Characters that are written as escapes.
    escaped: &'static str,
    /// Whether all beyond ASCII are.
    ascii: bool,
    /// Whether the digits of those beyond ASCII are in upper case.
    upper: bool,
    /// Whether slashes have a backslash.
    slashes: bool,
}

/// The escapes of encoders that differ in the escaped characters.
fn encoding_of(spelling: Spelling) -> Option<StringForm> {
    let form = |escaped, ascii, upper, slashes| Some(StringForm { escaped, ascii, upper, slashes });
    match spelling {
        Spelling::AsciiUpper => form("", true, true, false),
        Spelling::DotNet => form("\"&'+<>`\u{7f}", true, true, false),
        Spelling::Gson => form("<>&='\u{2028}\u{2029}", false, false, false),
        Spelling::Meta => form("<%@", true, false, true),
        Spelling::PhpHex => form("<>&'\"", true, false, true),
        Spelling::PhpHexPlain => form("<>&'\"", false, false, false),
        Spelling::Ascii
        | Spelling::Plain
        | Spelling::Case
        | Spelling::Slashes
        | Spelling::NoSlashes
        | Spelling::Html
        | Spelling::NoHtml
        | Spelling::Shortest => None,
    }
}

fn encode(text: &str, form: StringForm, out: &mut String) {
    // Only Gson writes escapes of ASCII in lower case.
    let lower = form.escaped.contains('=');
    out.push('"');
    for c in text.chars() {
        match c {
            _ if form.escaped.contains(c) && lower => escape(c.encode_utf8(&mut [0; 4]), out),
            _ if form.escaped.contains(c) => escape_upper(c.encode_utf8(&mut [0; 4]), out),
            '/' if form.slashes => out.push_str("\\/"),
            _ if form.ascii && !c.is_ascii() && form.upper => escape_upper(c.encode_utf8(&mut [0; 4]), out),
            _ if form.ascii && !c.is_ascii() => escape(c.encode_utf8(&mut [0; 4]), out),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            _ if c < ' ' && form.upper => escape_upper(c.encode_utf8(&mut [0; 4]), out),
            _ if c < ' ' => escape(c.encode_utf8(&mut [0; 4]), out),
            _ => out.push(c),
        }
    }
    out.push('"');
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

fn escape_upper(text: &str, out: &mut String) {
    for unit in text.encode_utf16() {
        let _ = write!(out, "\\u{unit:04X}");
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

/// A number as Java writes a double: with a point, and with an exponent from ten million on and below a thousandth.
pub(super) fn java_number(token: &str) -> Option<String> {
    if !token.contains(['.', 'e', 'E']) {
        return None;
    }
    let value: f64 = token.parse().ok().filter(|value: &f64| value.is_finite())?;
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = value.to_string();
        return Some(if text.contains('.') { text } else { text + ".0" });
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let point = if mantissa.contains('.') { "" } else { ".0" };
    Some(format!("{mantissa}{point}E{exponent}"))
}

/// A number as PHP writes it: the shortest digits, without `.0`; whole numbers of more than 64 bits as floats.
pub(super) fn php_number(token: &str) -> Option<String> {
    php_digits(token, |value| format!("{value:e}"))
}

/// The same with `serialize_precision` at 17, as older configurations have it.
pub(super) fn php_number_17(token: &str) -> Option<String> {
    php_digits(token, |value| {
        let text = format!("{value:.16e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
    })
}

fn php_digits(token: &str, digits: fn(f64) -> String) -> Option<String> {
    if !token.contains(['.', 'e', 'E']) && token.parse::<i64>().is_ok() {
        return None;
    }
    let value: f64 = token.parse().ok().filter(|value: &f64| value.is_finite())?;
    if value == 0.0 {
        return Some(if value.is_sign_negative() { "-0".to_owned() } else { "0".to_owned() });
    }
    let text = digits(value);
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let point = usize::try_from(exponent + 1);
    Some(match (exponent, point) {
        (-4..=16, Ok(point)) if point > 0 && point >= digits.len() => format!("{sign}{digits:0<point$}"),
        (-4..=16, Ok(point)) if point > 0 => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
        (-4..=16, _) => format!("{sign}0.{}{digits}", "0".repeat(usize::try_from(-exponent - 1).ok()?)),
        _ => {
            let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
            let plus = if exponent < 0 { '-' } else { '+' };
            format!("{sign}{}.{rest}e{plus}{}", &digits[..1], exponent.abs())
        }
    })
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
    fn encoders_are_told_apart_by_what_they_escape() {
        let all = |spelling| respell(r#"["é'<>&+=`\"/%@"]"#, spelling);
        let dotnet = r#"["\u00E9\u0027\u003C\u003E\u0026\u002B=\u0060\u0022/%@"]"#;
        assert_eq!(all(Spelling::DotNet), dotnet);
        assert_eq!(all(Spelling::Gson), r#"["é\u0027\u003c\u003e\u0026+\u003d`\"/%@"]"#);
        assert_eq!(all(Spelling::Meta), r#"["\u00e9'\u003C>&+=`\"\/\u0025\u0040"]"#);
        assert_eq!(all(Spelling::PhpHex), r#"["\u00e9\u0027\u003C\u003E\u0026+=`\u0022\/%@"]"#);
        assert_eq!(all(Spelling::AsciiUpper), r#"["\u00E9'<>&+=`\"/%@"]"#);
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
        let text = "[1,12345678.9,1e3,0.0005,1250.0,0.1]";
        assert_eq!(renumber(text, java_number), "[1,1.23456789E7,1000.0,5.0E-4,1250.0,0.1]");
        let text = "[1,1250.0,0.1,1e25,0.00001,0.00015,12345678901234567890,-2.50]";
        assert_eq!(renumber(text, php_number), "[1,1250,0.1,1.0e+25,1.0e-5,0.00015,1.2345678901234567e+19,-2.5]");
        assert_eq!(renumber("[0.1,0.5]", php_number_17), "[0.10000000000000001,0.5]");
    }

    #[test]
    fn deep_nesting_and_growth_have_limits() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(parse(&deep).is_none());
        assert_eq!(lay_out("[[1,2,3]]", Layout::Indented("    "), 5), None);
    }
}
