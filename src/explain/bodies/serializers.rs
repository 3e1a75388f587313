//! Variants of JSON as serializers of certain languages and libraries write it by default.

use std::fmt::Write as _;

use super::layouts::laid;
use super::{Body, Transform, TransformList};
use crate::explain::cause::Cause as C;
use crate::explain::json::strings::Spelling;
use crate::explain::json::{self, Layout, Node, Order};

/// Writes a number as a serializer does.
type NumberWriter = fn(&str) -> Option<String>;

/// How a library writes JSON: order of members, strings, numbers, white space.
struct Serializer {
    order: Order,
    spellings: &'static [Spelling],
    number: Option<NumberWriter>,
    layout: Layout,
}

impl Serializer {
    fn write(&self, body: &Body<'_>) -> Option<Vec<u8>> {
        let mut text = json::strings::respell(body.json()?, Spelling::Shortest);
        for spelling in self.spellings {
            text = json::strings::respell(&text, *spelling);
        }
        if let Some(number) = self.number {
            text = json::numbers::renumber(&text, number);
        }
        if self.order != Order::Kept {
            text = json::reorder(&text, self.order)?;
        }
        laid(&text, self.layout, body)
    }
}

const PLAIN: Serializer = Serializer { order: Order::Kept, spellings: &[], number: None, layout: Layout::Minified };

fn javascript(body: &Body<'_>) -> Option<Vec<u8>> {
    Serializer { order: Order::Javascript, number: Some(json::numbers::javascript_number), ..PLAIN }.write(body)
}

fn python(body: &Body<'_>, order: Order, layout: Layout) -> Option<Vec<u8>> {
    Serializer { order, spellings: &[Spelling::Ascii], number: Some(json::numbers::python_number), layout }.write(body)
}

fn go(body: &Body<'_>, order: Order, spellings: &'static [Spelling]) -> Option<Vec<u8>> {
    Serializer { order, spellings, number: Some(json::numbers::javascript_number), ..PLAIN }.write(body)
}

fn php(body: &Body<'_>, spellings: &'static [Spelling], number: Option<NumberWriter>) -> Option<Vec<u8>> {
    Serializer { spellings, number, ..PLAIN }.write(body)
}

const PHP: &[Spelling] = &[Spelling::Ascii, Spelling::Slashes];

pub(super) const SERIALIZERS: TransformList = &[
    // Combined neutral changes, before serializers that write the same bytes for some inputs.
    Transform::json(C::JsonUnicodeEscaped, |body| {
        Some(json::strings::respell(body.json()?, Spelling::AsciiUpper).into_bytes())
    })
    .and(C::JsonEscapesCase),
    Transform::json(C::JsonSlashesEscaped, |body| {
        Some(
            json::strings::respell(&json::strings::respell(body.json()?, Spelling::Html), Spelling::Slashes)
                .into_bytes(),
        )
    })
    .and(C::JsonHtmlEscaped),
    Transform::json(C::JsonByJavascript, javascript),
    Transform::json(C::JsonByPython, |body| python(body, Order::Kept, Layout::Spaced)),
    Transform::json(C::JsonByPythonCanonical, |body| python(body, Order::Sorted, Layout::Minified)),
    Transform::json(C::JsonKeysSorted, |body| python(body, Order::Sorted, Layout::Spaced)).and(C::JsonByPython),
    Transform::json(C::JsonByGo, |body| go(body, Order::Sorted, &[Spelling::Html])),
    Transform::json(C::JsonKeysSorted, |body| go(body, Order::Sorted, &[])).and(C::JsonNumbersJavascript),
    Transform::json(C::JsonKeysSorted, |body| Some([go(body, Order::Sorted, &[])?.as_slice(), b"\n"].concat()))
        .and(C::NewlineLost),
    Transform::json(C::JsonByGo, |body| Some([go(body, Order::Sorted, &[Spelling::Html])?.as_slice(), b"\n"].concat()))
        .and(C::NewlineLost),
    Transform::json(C::JsonByPhp, |body| {
        Some(json::numbers::renumber(body.json()?, json::numbers::php_number).into_bytes())
    }),
    Transform::json(C::JsonByPhp, |body| {
        Some(json::numbers::renumber(body.json()?, json::numbers::php_number_17).into_bytes())
    }),
    Transform::json(C::JsonByPhp, |body| php(body, PHP, None)),
    Transform::json(C::JsonByPhp, |body| php(body, PHP, Some(json::numbers::php_number))),
    Transform::json(C::JsonByPhp, |body| php(body, PHP, Some(json::numbers::php_number_17))),
    Transform::json(C::JsonByPhp, |body| php(body, &[Spelling::PhpHex], Some(json::numbers::php_number))),
    Transform::json(C::JsonByPhp, |body| php(body, &[Spelling::PhpHexPlain], Some(json::numbers::php_number))),
    Transform::json(C::JsonByPhp, |body| php(body, &[Spelling::Slashes], Some(json::numbers::php_number))),
    Transform::json(C::JsonByDotnet, |body| Serializer { spellings: &[Spelling::DotNet], ..PLAIN }.write(body)),
    Transform::json(C::JsonByDotnet, |body| Some(json::strings::respell(body.json()?, Spelling::DotNet).into_bytes())),
    Transform::json(C::JsonByMeta, |body| Serializer { spellings: &[Spelling::Meta], ..PLAIN }.write(body)),
    Transform::json(C::JsonByGson, |body| Serializer { spellings: &[Spelling::Gson], ..PLAIN }.write(body)),
    Transform::json(C::JsonByJava, |body| Serializer { number: Some(json::numbers::java_number), ..PLAIN }.write(body)),
    Transform::json(C::JsonByJava, |body| {
        Serializer { number: Some(json::numbers::java_number), layout: Layout::Jackson, ..PLAIN }.write(body)
    }),
    Transform::json(C::JsonByJava, |body| laid(body.json()?, Layout::Jackson, body)),
    // Only another order of keys shows that it was PostgreSQL.
    Transform::json(C::JsonByPostgres, |body| {
        let text = body.json()?;
        let is_moved = json::reorder(text, Order::Jsonb)? != json::reorder(text, Order::Kept)?;
        is_moved.then(|| Serializer { order: Order::Jsonb, layout: Layout::Spaced, ..PLAIN }.write(body))?
    }),
    Transform::json(C::JsonByPythonStr, |body| {
        let mut out = String::new();
        python_str(&json::parse(body.json()?)?, &mut out)?;
        Some(out.into_bytes())
    }),
    Transform::json(C::JsonByRubyInspect, |body| {
        let mut out = String::new();
        ruby_inspect(&json::parse(body.json()?)?, &mut out);
        Some(out.into_bytes())
    }),
];

/// A value as Python's `str` shows it.
fn python_str(node: &Node<'_>, out: &mut String) -> Option<()> {
    match node {
        Node::Atom("true") => out.push_str("True"),
        Node::Atom("false") => out.push_str("False"),
        Node::Atom("null") => out.push_str("None"),
        Node::Atom(token) if token.starts_with('"') => python_repr(&serde_json::from_str::<String>(token).ok()?, out),
        Node::Atom(token) => out.push_str(json::numbers::python_number(token).as_deref().unwrap_or(token)),
        Node::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                python_str(item, out)?;
            }
            out.push(']');
        }
        Node::Object(members) => {
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                python_repr(&serde_json::from_str::<String>(key).ok()?, out);
                out.push_str(": ");
                python_str(value, out)?;
            }
            out.push('}');
        }
    }
    Some(())
}

fn python_repr(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c == quote => out.extend(['\\', c]),
            // Writing into a string cannot fail.
            _ if c.is_control() => drop(write!(out, "\\x{:02x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push(quote);
}

/// A value as Ruby's `inspect` showed hashes until 3.3.
fn ruby_inspect(node: &Node<'_>, out: &mut String) {
    match node {
        Node::Atom("null") => out.push_str("nil"),
        Node::Atom(token) => out.push_str(token),
        Node::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                ruby_inspect(item, out);
            }
            out.push(']');
        }
        Node::Object(members) => {
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(key);
                out.push_str("=>");
                ruby_inspect(value, out);
            }
            out.push('}');
        }
    }
}
