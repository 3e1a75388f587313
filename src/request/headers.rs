//! Reads headers that a program or page displayed, followed by the body: dumps of Node, Python and others, pages of browser
//! tools and of GitHub.

use serde_json::value::RawValue;

use super::draft::RequestDraft;
use super::values::{body_of, headers};
use super::wrapping::{lines, without_last_break};
use super::{Captured, ReadResult, RequestError, body, literal, raw};

/// Common headers, of which nearly every request has one.
const USUAL: &[&str] = &["host", "content-type", "user-agent", "content-length", "accept", "http_host", "content_type"];
/// Lines of a page that precede the body.
const BODY_TITLES: &[&str] = &["payload", "request payload", "body", "request body", "raw body", "request data"];
/// Lines of a page that are not headers.
const TITLES: &[&str] = &["general", "headers", "request headers", "request", "view source", "view parsed", "raw"];
/// Lines of a page that precede the response.
const ANSWER_TITLES: &[&str] = &["response headers", "response", "response body"];

/// Whether a text begins with lines like `Name: value`, up to a blank one.
pub(super) fn begins(text: &[u8]) -> bool {
    let mut head = lines(text)
        .map(|line| without_last_break(&text[line]))
        .take_while(|line| !line.trim_ascii().is_empty())
        .peekable();
    fn name(line: &[u8]) -> Option<&str> {
        let name = line.split(|byte| *byte == b':').next().filter(|name| name.len() > 1 && name.len() < line.len())?;
        let is_name = name[0].is_ascii_alphabetic() && http::HeaderName::from_bytes(name).is_ok();
        std::str::from_utf8(name).ok().filter(|_| is_name && !line[name.len()..].starts_with(b"://"))
    }
    let is_folded = |line: &[u8]| line.starts_with(b" ") || line.starts_with(b"\t");
    let mut has_usual = false;
    head.peek().is_some_and(|first| name(first).is_some())
        && head.all(|line| {
            has_usual |= name(line).is_some_and(is_usual);
            name(line).is_some() || is_folded(line)
        })
        && has_usual
}

/// Whether a name is a common header, which distinguishes headers from other lines with a colon.
fn is_usual(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    USUAL.contains(&name.as_str()) || name.contains("signature") || name.contains("hmac") || name.contains('-')
}

/// Reads a request without its first line.
pub(super) fn read(text: &[u8]) -> ReadResult {
    let has_end = lines(text).any(|line| text[line].trim_ascii().is_empty());
    if has_end {
        return Ok(vec![raw::read_headless(text)]);
    }
    let mut captured = raw::read_headless(&[text, b"\n\n"].concat())?;
    captured.notes.push(super::Note::BodyMissing);
    Ok(vec![Ok(captured)])
}

/// Reads headers that a program printed as an object, and the body after it; `None` for any other object.
pub(super) fn of_dump(value: &RawValue, rest: &[u8]) -> Option<ReadResult> {
    // An argument of a call, such as `post(url, {…}, data)`, is not followed by the body.
    let is_argument = matches!(rest.trim_ascii_start().first(), Some(b',' | b')' | b']' | b'}'));
    let headers = headers(value).filter(|headers| !is_argument && are_of_a_request(headers))?;
    Some(Ok(vec![of_pairs(&headers, rest)]))
}

/// A request from printed headers, and the body after them.
pub(super) fn of_pairs(headers: &[(String, String)], rest: &[u8]) -> Result<Captured, RequestError> {
    let mut draft = RequestDraft::default();
    for (name, value) in headers {
        draft.header(name.as_bytes(), value.as_bytes())?;
    }
    draft.url = draft.host().map(|host| format!("{}://{host}/", draft.forwarded_scheme()));
    let rest = without_label(rest.trim_ascii_start());
    if rest.is_empty() {
        return Ok(draft.without_body("headers as a program printed them"));
    }
    let (bytes, note) = printed_body(rest, draft.content_length())?;
    draft.body = bytes;
    draft.notes.extend(note);
    Ok(draft.captured("headers and body as a program printed them"))
}

/// Whether these are the headers of a request rather than any map.
pub(super) fn are_of_a_request(headers: &[(String, String)]) -> bool {
    headers.iter().any(|(name, _)| is_usual(name))
}

/// A text without a label such as `body:`.
fn without_label(text: &[u8]) -> &[u8] {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let label = line
        .iter()
        .position(|byte| matches!(byte, b':' | b'='))
        .map(|at| String::from_utf8_lossy(&line[..at]).trim().to_ascii_lowercase());
    let is_label = |label: &str| {
        matches!(label, "body" | "rawbody" | "raw body" | "raw_body" | "payload" | "request body" | "req.body" | "data")
    };
    match label {
        Some(label) if is_label(&label) => {
            let at = line.iter().position(|byte| matches!(byte, b':' | b'=')).unwrap_or(0);
            text[at + 1..].trim_ascii_start()
        }
        _ => text,
    }
}

/// A printed body: unchanged if it is JSON or not an object, else converted to JSON.
fn printed_body(text: &[u8], said: Option<usize>) -> Result<body::ReadBody, RequestError> {
    let printed = match said {
        Some(said) if text.len() > said && text[said..].trim_ascii().is_empty() => &text[..said],
        _ => text.trim_ascii_end(),
    };
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(printed).is_ok();
    let literal = std::str::from_utf8(printed).ok().filter(|_| !is_json).and_then(literal::to_json);
    match literal {
        Some((json, length)) if printed[length..].trim_ascii().is_empty() => {
            let value = RawValue::from_string(json).map_err(|error| RequestError::Json(error.to_string()))?;
            body_of(&value, false, said)
        }
        _ => Ok((printed.to_vec(), None)),
    }
}

/// Whether a text is a request as a page displays it, line by line.
pub(super) fn begins_page(text: &[u8]) -> bool {
    let is_told = |line: &[u8]| {
        let line = line.trim_ascii().to_ascii_lowercase();
        line.starts_with(b"request url") || line.starts_with(b"request method")
    };
    text.split(|byte| *byte == b'\n').take(40).any(is_told)
}

/// Reads a request as a page displays it.
pub(super) fn read_page(text: &[u8]) -> ReadResult {
    let mut page = BrowserPage::default();
    for range in lines(text) {
        let line = String::from_utf8_lossy(text[range.clone()].trim_ascii()).into_owned();
        let title = line.trim_end_matches(':').to_ascii_lowercase();
        if BODY_TITLES.contains(&title.as_str()) {
            page.body = Some(&text[range.end..]);
            break;
        }
        page.is_answer =
            (page.is_answer || ANSWER_TITLES.contains(&title.as_str())) && !TITLES.contains(&title.as_str());
        if !page.is_answer && !TITLES.contains(&title.as_str()) && !line.is_empty() {
            page.line(&line)?;
        }
    }
    Ok(vec![page.captured()])
}

/// A request as a browser's network panel shows it, as far as it has been read.
#[derive(Default)]
struct BrowserPage<'a> {
    draft: RequestDraft,
    /// A name whose value is on the next line.
    name: Option<String>,
    is_answer: bool,
    body: Option<&'a [u8]>,
}

impl BrowserPage<'_> {
    fn line(&mut self, line: &str) -> Result<(), RequestError> {
        if let Some(name) = self.name.take() {
            return self.pair(&name, line);
        }
        let split = line.char_indices().find(|(at, c)| *c == ':' && *at > 0);
        match split {
            Some((at, _)) if line[at + 1..].trim().is_empty() => {
                self.name = Some(line[..at].to_owned());
                Ok(())
            }
            Some((at, _)) => self.pair(&line[..at], line[at + 1..].trim()),
            None => Ok(()),
        }
    }

    fn pair(&mut self, name: &str, value: &str) -> Result<(), RequestError> {
        match name.to_ascii_lowercase().as_str() {
            "request url" => self.draft.url = Some(value.to_owned()),
            "request method" => self.draft.method(&value.to_ascii_uppercase())?,
            // Other facts on the page: `Status Code`, `Remote Address`.
            other if other.contains(' ') => {}
            _ => self.draft.header(name.as_bytes(), value.as_bytes())?,
        }
        Ok(())
    }

    fn captured(mut self) -> Result<Captured, RequestError> {
        const FORMAT: &str = "page of a delivery or of a browser's tools";
        let Some(text) = self.body.map(<[u8]>::trim_ascii).filter(|body| !body.is_empty()) else {
            return Ok(self.draft.without_body(FORMAT));
        };
        let (bytes, note) = shown_body(text, self.draft.content_length());
        self.draft.body = bytes;
        self.draft.notes.extend(note);
        Ok(self.draft.captured(FORMAT))
    }
}

/// A displayed body; indented JSON is compacted, because pages indent it.
fn shown_body(text: &[u8], said: Option<usize>) -> body::ReadBody {
    match serde_json::from_slice::<&RawValue>(text) {
        Ok(value) if text.contains(&b'\n') && said != Some(text.len()) => body::of_json(value, said),
        _ => (text.to_vec(), None),
    }
}
