//! Converts printed or literal values (JavaScript, Python, Ruby) to JSON.
//!
//! The output of a debugger or `console.log` differs from JSON only in quotes, names, constants and comments. So one
//! conversion serves every reader of JSON; nothing is evaluated.

use std::collections::HashMap;

use super::{MOST_BYTES, body};

/// The deepest nesting that is read.
const MOST_DEPTH: usize = 64;

/// Constants and their JSON.
const CONSTANTS: &[(&str, &str)] = &[
    ("true", "true"),
    ("True", "true"),
    ("false", "false"),
    ("False", "false"),
    ("null", "null"),
    ("None", "null"),
    ("nil", "null"),
    ("undefined", "null"),
    ("Infinity", "null"),
    ("NaN", "null"),
];

/// Converts the value at the start of `text` to JSON, and returns how many bytes of `text` it has; `None` without a value.
pub(super) fn to_json(text: &str) -> Option<(String, usize)> {
    to_json_with(text, &Values::new())
}

/// The values of a script's variables, as JSON.
pub(super) type Values = HashMap<String, String>;

/// The same as [`to_json`], with variables substituted.
pub(super) fn to_json_with(text: &str, values: &Values) -> Option<(String, usize)> {
    let mut reader = LiteralParser { text, at: 0, out: String::new(), values };
    reader.value(0)?;
    Some((reader.out, reader.at))
}

/// Converts the arguments of a call, up to its closing parenthesis, to a JSON array. A named argument becomes an object with
/// one member.
pub(super) fn arguments(text: &str, values: &Values) -> Option<(String, usize)> {
    let mut reader = LiteralParser { text, at: 0, out: String::new(), values };
    reader.list(b')', 0)?;
    Some((reader.out, reader.at))
}

/// The bytes at the start of a text as Python writes them: `b'{\xff}'`.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let values = Values::new();
    let mut reader = LiteralParser { text, at: 1, out: String::new(), values: &values };
    let text = reader.quoted(true).filter(|_| text.starts_with('b'))?;
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Parses a literal of a programming language (Python, JavaScript, …) and writes it as JSON.
struct LiteralParser<'a> {
    text: &'a str,
    at: usize,
    out: String,
    values: &'a Values,
}

impl<'a> LiteralParser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next byte that is neither white space nor part of a comment.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            let comment = match rest.as_bytes() {
                [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
                [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
                bytes => return bytes.first().copied(),
            };
            self.at += comment;
        }
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.peek().is_some() && self.rest().starts_with(token);
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > MOST_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => {
                self.at += 1;
                self.object(depth)
            }
            b'[' => {
                self.at += 1;
                self.list(b']', depth)
            }
            b'(' => {
                self.at += 1;
                self.list(b')', depth)
            }
            b'\'' | b'"' | b'`' => self.text_value(),
            b'<' => self.buffer(),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.word(depth),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.out.push('{');
        let mut is_first = true;
        while !self.takes("}") {
            if self.takes(",") {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                self.out.push(',');
            }
            self.name()?;
            if !(self.takes(":") || self.takes("=>")) {
                return None;
            }
            self.out.push(':');
            self.value(depth + 1)?;
        }
        self.out.push('}');
        Some(())
    }

    /// The name of a member: quoted, a word, or in brackets as JavaScript shows symbols.
    fn name(&mut self) -> Option<()> {
        match self.peek()? {
            b'\'' | b'"' | b'`' => self.text_value(),
            b'[' => {
                let end = self.rest().find("]:")?;
                let name = self.rest()[1..end].to_owned();
                self.at += end + 1;
                self.push_text(&name)
            }
            b':' => {
                self.at += 1;
                self.name()
            }
            _ => {
                let word = self.take_word()?;
                self.push_text(word)
            }
        }
    }

    fn list(&mut self, end: u8, depth: usize) -> Option<()> {
        self.out.push('[');
        let mut is_first = true;
        while self.peek()? != end {
            if self.takes(",") {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                self.out.push(',');
            }
            match self.keyword().filter(|_| end == b')') {
                Some(name) => {
                    self.out.push_str(&format!("{{\"{name}\":"));
                    self.value(depth + 1)?;
                    self.out.push('}');
                }
                None => self.value(depth + 1)?,
            }
        }
        self.at += 1;
        self.out.push(']');
        Some(())
    }

    /// The name of an argument of Python: `data=…`.
    fn keyword(&mut self) -> Option<&'a str> {
        let start = self.at;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let rest = self.rest();
        let name = &rest[..rest.find(|c| !is_word(c))?];
        self.at += name.len();
        let is_named = !name.is_empty() && !self.rest().trim_start().starts_with("==") && self.takes("=");
        if !is_named {
            self.at = start;
        }
        is_named.then_some(name)
    }

    /// A text, or several joined by `+` or standing side by side.
    fn text_value(&mut self) -> Option<()> {
        let mut text = self.quoted(true)?;
        loop {
            let before = self.at;
            let is_joined = self.takes("+");
            match self.peek() {
                Some(b'\'' | b'"' | b'`') => text.push_str(&self.quoted(true)?),
                _ if is_joined => return None,
                _ => {
                    self.at = before;
                    return self.push_text(&text);
                }
            }
        }
    }

    /// The text between the quotes at the position. `escapes` is whether backslashes are escapes.
    fn quoted(&mut self, escapes: bool) -> Option<String> {
        let rest = self.rest();
        let quote = ["\"\"\"", "'''"].into_iter().find(|quote| rest.starts_with(quote)).unwrap_or(&rest[..1]);
        self.at += quote.len();
        let mut text = String::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(quote) {
                self.at += quote.len();
                return Some(text);
            }
            // The result of a template with inserted values is unknown.
            if quote == "`" && rest.starts_with("${") {
                return None;
            }
            let next = rest.chars().next()?;
            self.at += next.len_utf8();
            match next {
                '\\' if escapes => self.escape(&mut text)?,
                other => text.push(other),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        match next {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'v' => text.push('\u{b}'),
            '0' if !self.rest().starts_with(|c: char| c.is_ascii_digit()) => text.push('\0'),
            'x' => text.push(char::from_u32(self.digits(2)?)?),
            'u' => text.push(self.character()?),
            '\r' => drop(self.takes_exactly("\n")),
            '\n' => {}
            other => text.push(other),
        }
        Some(())
    }

    /// `\u1234`, `\u{1f600}`, or a pair of surrogates.
    fn character(&mut self) -> Option<char> {
        if self.takes_exactly("{") {
            let end = self.rest().find('}')?;
            let number = u32::from_str_radix(&self.rest()[..end], 16).ok()?;
            self.at += end + 1;
            return char::from_u32(number);
        }
        let first = self.digits(4)?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        let second = if self.takes_exactly("\\u") { self.digits(4)? } else { return None };
        let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
        char::decode_utf16(units).next()?.ok()
    }

    fn takes_exactly(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let number = u32::from_str_radix(self.rest().get(..count)?, 16).ok()?;
        self.at += count;
        Some(number)
    }

    /// `<Buffer 7b 7d>`, as Node prints bytes; `None` if it is truncated.
    fn buffer(&mut self) -> Option<()> {
        let digits = self.rest().strip_prefix("<Buffer")?;
        let end = digits.find('>')?;
        let bytes: Option<Vec<String>> = digits[..end]
            .split_ascii_whitespace()
            .map(|pair| u8::from_str_radix(pair, 16).ok().map(|byte| byte.to_string()))
            .collect();
        self.out.push_str(&format!("{{\"type\":\"Buffer\",\"data\":[{}]}}", bytes?.join(",")));
        self.at += "<Buffer".len() + end + 1;
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c))).unwrap_or(rest.len());
        let number = &rest[..length];
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(number).is_ok();
        self.at += length;
        is_json.then(|| self.out.push_str(number))
    }

    /// A constant, bytes as Python prints them, or a call or class before its value, such as `new Headers({…})`.
    fn word(&mut self, depth: usize) -> Option<()> {
        if depth > MOST_DEPTH {
            return None;
        }
        let rest = self.rest();
        if rest.starts_with("b'") || rest.starts_with("b\"") {
            return self.python_bytes();
        }
        let is_raw = rest.starts_with("r'") || rest.starts_with("r\"");
        let is_text = ["u'", "u\"", "f'", "f\""].iter().any(|start| rest.starts_with(start));
        if is_raw || is_text {
            self.at += 1;
            let text = self.quoted(!is_raw)?;
            return self.push_text(&text);
        }
        let word = self.take_word()?;
        if let Some((_, json)) = CONSTANTS.iter().find(|(name, _)| *name == word) {
            self.out.push_str(json);
            return Some(());
        }
        if let Some(json) = self.values.get(word).filter(|json| self.out.len() + json.len() <= MOST_BYTES) {
            self.out.push_str(json);
            return Some(());
        }
        match (word, self.peek()?) {
            ("JSON.stringify", b'(') => self.stringified(depth, str::to_owned),
            ("json.dumps", b'(') => self.stringified(depth, body::as_python),
            ("new", _) => self.word(depth + 1),
            // `Headers({…})`, `OrderedDict([…])`
            (_, b'(') => {
                self.at += 1;
                if self.takes(")") {
                    self.out.push_str("{}");
                    return Some(());
                }
                self.value(depth + 1)?;
                while self.takes(",") {}
                self.takes(")").then_some(())
            }
            // `IncomingMessage {…}`, `[Object: null prototype] {…}` is read as a list before
            (_, b'{') => self.value(depth + 1),
            _ => None,
        }
    }

    /// A value that the program serializes as JSON, as a string.
    fn stringified(&mut self, depth: usize, written: fn(&str) -> String) -> Option<()> {
        self.at += 1;
        let start = self.out.len();
        self.value(depth + 1)?;
        while self.takes(",") {}
        if !self.takes(")") {
            return None;
        }
        let json = self.out.split_off(start);
        self.push_text(&written(&json))
    }

    /// `b'{\xff}'`, converted to the JSON that Node has for bytes.
    fn python_bytes(&mut self) -> Option<()> {
        self.at += 1;
        let text = self.quoted(true)?;
        let bytes: Option<Vec<String>> =
            text.chars().map(|c| u8::try_from(u32::from(c)).ok().map(|byte| byte.to_string())).collect();
        self.out.push_str(&format!("{{\"type\":\"Buffer\",\"data\":[{}]}}", bytes?.join(",")));
        Some(())
    }

    fn take_word(&mut self) -> Option<&'a str> {
        self.peek();
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || "_$.-".contains(c))).unwrap_or(rest.len());
        self.at += length;
        (length > 0).then(|| &rest[..length])
    }

    fn push_text(&mut self, text: &str) -> Option<()> {
        self.out.push_str(&serde_json::to_string(text).ok()?);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        to_json(text).map(|(json, _)| json)
    }

    #[test]
    fn what_programs_print_is_json() {
        for (text, expected) in [
            ("{ host: 'a.b', 'x-y': \"z\", }", r#"{"host":"a.b","x-y":"z"}"#),
            (
                "{'a': None, 'b': True, 'c': b'{}', 'd': ('x', 1)}",
                r#"{"a":null,"b":true,"c":{"type":"Buffer","data":[123,125]},"d":["x",1]}"#,
            ),
            (r#"{"HTTP_X_Y"=>"z", :a=>nil}"#, r#"{"HTTP_X_Y":"z","a":null}"#),
            ("{ a: 'b\\'c' +\n 'd', // e\n f: `g\nh` }", r#"{"a":"b'cd","f":"g\nh"}"#),
            ("{ body: <Buffer 7b 7d>, n: undefined }", r#"{"body":{"type":"Buffer","data":[123,125]},"n":null}"#),
            ("{ body: JSON.stringify({ a: 1.50, b: [] }), }", r#"{"body":"{\"a\":1.50,\"b\":[]}"}"#),
            ("new Headers({ a: '\\u00e9\\ud83d\\ude00\\x41\\u{e9}' })", r#"{"a":"é😀Aé"}"#),
            ("IncomingMessage { a: 1 }", r#"{"a":1}"#),
            ("Headers([('A', 'b')])", r#"[["A","b"]]"#),
            ("{ [Symbol(a)]: 1 }", r#"{"Symbol(a)":1}"#),
        ] {
            assert_eq!(json(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(arguments("'a', { b: 'c' });", &Values::new()), Some((r#"["a",{"b":"c"}]"#.into(), 16)));
    }

    #[test]
    fn what_is_not_a_value_or_not_all_of_it_is_refused() {
        for text in
            ["", "{", "{ a }", "'a", "<Buffer 7b ... 50 more bytes>", "{ a: [Object] }", "`${a}`", "{a: b}", "'a' + b"]
        {
            assert_eq!(json(text), None, "{text}");
        }
        assert_eq!(json(&"[".repeat(100_000)), None);
    }
}
