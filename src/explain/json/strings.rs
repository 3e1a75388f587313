//! Strings as other encoders escape them.

use std::fmt::Write as _;

use super::tokens;

/// How a character of a JSON string is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Spelling {
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

/// Rewrites the strings of a JSON text, and keeps everything else.
pub(in crate::explain) fn respell(text: &str, spelling: Spelling) -> String {
    tokens(text, |token, _, out| if token.starts_with('"') { spell(token, spelling, out) } else { out.push_str(token) })
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

/// Which characters of JSON strings an encoder escapes, and how.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
