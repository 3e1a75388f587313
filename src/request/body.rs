//! Restores the bytes of a body that a tool saved as text or as a JSON value.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::value::RawValue;

use super::{Note, RequestError};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
/// Lenient standard base64.
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const FOR_URLS: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// A body that was read, and a note on what was assumed.
pub(super) type ReadBody = (Vec<u8>, Option<Note>);

/// Decodes base64 with or without padding, for URLs or not, on one line or several.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let joined: String = text.split_ascii_whitespace().collect();
    let engine = if joined.contains(['-', '_']) { FOR_URLS } else { PLAIN };
    engine.decode(joined).ok()
}

/// The bytes of a body that was saved as text; `said` is the length that was sent, if known.
///
/// Tools read bodies as UTF-8, and a few as single bytes. The latter is assumed if only that gives the length that was sent.
pub(super) fn of_text(text: &str, said: Option<usize>) -> Result<ReadBody, RequestError> {
    let Some(said) = said.filter(|said| *said != text.len()) else { return Ok((text.as_bytes().to_vec(), None)) };
    if text.contains('\u{fffd}') {
        return Err(RequestError::BytesLost { said, kept: text.len() });
    }
    if text.chars().count() == said
        && let Some(bytes) = single_bytes(text)
    {
        return Ok((bytes, Some(Note::SingleBytes)));
    }
    if let Some(bytes) = base64(text).filter(|bytes| bytes.len() == said) {
        return Ok((bytes, Some(Note::Base64ByLength)));
    }
    Ok((text.as_bytes().to_vec(), None))
}

/// The characters of a text as Latin-1, or as Windows-1252, which browsers use instead.
fn single_bytes(text: &str) -> Option<Vec<u8>> {
    let latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    latin.or_else(|| {
        let (bytes, _, is_lossy) = encoding_rs::WINDOWS_1252.encode(text);
        (!is_lossy).then(|| bytes.into_owned())
    })
}

/// The bytes of a body that was saved as a JSON value: those of `JSON.stringify`, which most senders use, unless the length
/// that was sent is that of the text in the file.
pub(super) fn of_json(value: &RawValue, said: Option<usize>) -> ReadBody {
    let written = value.get();
    let candidates = [compact(written), relaid(written, " "), as_python(written), written.to_owned()];
    match said.and_then(|said| candidates.iter().find(|text| text.len() == said)) {
        Some(text) => (text.as_bytes().to_vec(), Some(Note::RewrittenToLength)),
        None => (compact(written).into_bytes(), Some(Note::Rewritten)),
    }
}

/// JSON without white space, with minimal escapes, and with numbers and order unchanged.
pub(super) fn compact(json: &str) -> String {
    relaid(json, "")
}

/// JSON as Python writes it by default.
pub(super) fn as_python(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in relaid(json, " ").chars() {
        match character {
            plain if plain.is_ascii() => out.push(plain),
            other => other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out
}

/// JSON with `behind` after each comma and colon.
fn relaid(json: &str, behind: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(next) = rest.chars().next() {
        let length = if next == '"' { quoted_length(rest) } else { next.len_utf8() };
        let token;
        (token, rest) = rest.split_at(length);
        match next {
            '"' => match serde_json::from_str::<String>(token) {
                Ok(text) => out.push_str(&serde_json::to_string(&text).expect("a text is JSON")),
                Err(_) => out.push_str(token),
            },
            ',' | ':' => out.extend([token, behind]),
            other if other.is_ascii_whitespace() => {}
            _ => out.push_str(token),
        }
    }
    out
}

/// The length of the JSON text at the start of `json`, with its quotes.
fn quoted_length(json: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_that_was_sent_tells_how_a_text_is_to_be_read() {
        let body = |text: &str, said| of_text(text, said).expect("a body");
        assert_eq!(body("Zoë", None), ("Zoë".as_bytes().to_vec(), None));
        assert_eq!(body("Zoë", Some(4)), ("Zoë".as_bytes().to_vec(), None));
        assert_eq!(body("Zoë", Some(3)), (b"Zo\xeb".to_vec(), Some(Note::SingleBytes)));
        assert_eq!(body("ZoÃ«", Some(4)), ("Zoë".as_bytes().to_vec(), Some(Note::SingleBytes)));
        assert_eq!(body("€", Some(1)), (b"\x80".to_vec(), Some(Note::SingleBytes)));
        assert_eq!(body("e30=", Some(2)), (b"{}".to_vec(), Some(Note::Base64ByLength)));
        assert_eq!(body("Zoë!", Some(3)), ("Zoë!".as_bytes().to_vec(), None));
        assert_eq!(of_text("Zo\u{fffd}", Some(3)), Err(RequestError::BytesLost { said: 3, kept: 5 }));
        assert_eq!(body("Zo\u{fffd}", Some(5)).1, None);
    }

    #[test]
    fn a_value_is_written_without_spaces_unless_the_length_says_otherwise() {
        let value: Box<RawValue> = serde_json::from_str("{\"a\" : [1.50,\n \"\\u00e9\\/\"] }").expect("JSON");
        let text = |said| String::from_utf8(of_json(&value, said).0).expect("text");
        assert_eq!(text(None), "{\"a\":[1.50,\"é/\"]}");
        assert_eq!(text(Some(20)), "{\"a\": [1.50, \"é/\"]}");
        assert_eq!(text(Some(value.get().len())), value.get());
        assert_eq!(of_json(&value, Some(18)).1, Some(Note::RewrittenToLength));
        assert_eq!(of_json(&value, Some(7)).1, Some(Note::Rewritten));
    }

    #[test]
    fn base64_is_read_in_every_spelling() {
        for text in ["/+8=", "/+8", "_-8", "/+\n8="] {
            assert_eq!(base64(text).as_deref(), Some(&b"\xff\xef"[..]), "{text}");
        }
        assert_eq!(base64("{}"), None);
    }
}
