//! Reads raw HTTP/1.1, as proxies and debuggers save it: one request, or all of a connection.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};

use super::{Captured, MOST_BYTES, Note, ReadResult, RequestError, first, fits_in_a_line, from_lines, method};
use crate::signature::Received;

/// The name of the format.
pub(super) const FORMAT: &str = "raw HTTP request";
/// The longest request line that is searched for after a body.
const LONGEST_LINE: usize = 16 * 1024;

/// Whether a text begins with a request line. Any word can be a method.
pub(super) fn begins(text: &[u8]) -> bool {
    request_line(first_line(text)).is_ok()
}

/// Whether a text begins with the status line of a response.
pub(super) fn begins_response(text: &[u8]) -> bool {
    let Some(after) = behind_version(text) else { return false };
    let is_status = matches!(after, [b' ', a, b, c, ..] if [a, b, c].into_iter().all(u8::is_ascii_digit));
    is_status && after.get(4).is_none_or(|byte| byte.is_ascii_whitespace())
}

/// The rest of a text that begins with `HTTP/1.1` or `HTTP/2`.
fn behind_version(text: &[u8]) -> Option<&[u8]> {
    let version = text.strip_prefix(b"HTTP/")?;
    match version {
        [major, b'.', minor, after @ ..] if major.is_ascii_digit() && minor.is_ascii_digit() => Some(after),
        [major, after @ ..] if major.is_ascii_digit() => Some(after),
        _ => None,
    }
}

/// Whether a text begins with the pseudo-headers of HTTP/2.
pub(super) fn begins_pseudo(text: &[u8]) -> bool {
    [&b":method:"[..], b":path:", b":authority:", b":scheme:"].iter().any(|name| text.starts_with(name))
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end()
}

/// Reads every request of a text. Responses between and after them are left out.
pub(super) fn read(text: &[u8]) -> ReadResult {
    let mut all: Vec<Result<Captured, RequestError>> = Vec::new();
    let mut rest = text;
    if begins_response(rest) {
        rest = &rest[next_request(rest).ok_or(RequestError::Response)?..];
    }
    loop {
        let (mut captured, after) = match message(rest) {
            Ok(read) => read,
            Err(error) if all.is_empty() => return Err(error),
            Err(error) => {
                all.push(Err(error));
                return Ok(all);
            }
        };
        rest = after;
        if begins_response(rest) {
            captured.notes.push(Note::ResponseCut);
            rest = next_request(rest).map_or(&[], |at| &rest[at..]);
        }
        all.push(Ok(captured));
        if rest.is_empty() {
            return Ok(all);
        }
    }
}

/// Reads the first request of a text.
pub(super) fn read_one(text: &[u8]) -> Result<Captured, RequestError> {
    read(text)?.swap_remove(0)
}

/// The request at the start of a text, and the rest, if that begins another message.
fn message(text: &[u8]) -> Result<(Captured, &[u8]), RequestError> {
    let (head, body) = split_head(text)?;
    let (mut received, format) = of_head(head)?;
    let (body, after) = framed(&received, body)?;
    received.body = body;
    Ok((Captured { request: received, format: format.to_owned(), notes: Vec::new() }, after))
}

fn of_head(head: &[u8]) -> Result<(Received, &'static str), RequestError> {
    let lines = unfolded(head)?;
    let mut lines = lines.iter().map(AsRef::as_ref);
    if head.starts_with(b":") {
        let received = of_pseudo_headers(&lines.collect::<Vec<_>>())?;
        return Ok((received, "HTTP/2 request as debuggers show it"));
    }
    let first = lines.next().unwrap_or_default();
    let (method_text, target) = request_line(first)?;
    let mut received = from_lines(lines, Bytes::new())?;
    received.method = method(method_text)?;
    received.url = url(target, &received);
    Ok((received, FORMAT))
}

/// A request whose head lacks the first line: a `POST` to its host.
pub(super) fn read_headless(text: &[u8]) -> Result<Captured, RequestError> {
    let (head, body) = split_head(text)?;
    let lines = unfolded(head)?;
    let mut received = from_lines(lines.iter(), Bytes::new())?;
    received.url = url("/", &received);
    let (body, after) = framed(&received, body)?;
    received.body = body;
    let cut = begins_response(after).then_some(Note::ResponseCut);
    let notes = [Note::NoRequestLine].into_iter().chain(cut).collect();
    Ok(Captured { request: received, format: "headers and body without a request line".to_owned(), notes })
}

/// The lines of a head. One that begins with white space continues the line before it (obsolete line folding).
fn unfolded(head: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, RequestError> {
    let mut lines: Vec<Cow<'_, [u8]>> = Vec::new();
    let plain = head.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for line in plain.filter(|line| !line.is_empty()) {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            lines.push(Cow::Borrowed(line));
            continue;
        }
        // The request line itself is never folded.
        let at = lines.len().checked_sub(1).filter(|at| *at > 0);
        let wrong = || RequestError::Header(String::from_utf8_lossy(line).into_owned());
        let before = lines[at.ok_or_else(wrong)?].to_mut();
        before.push(b' ');
        before.extend_from_slice(line.trim_ascii_start());
    }
    Ok(lines)
}

/// An HTTP/2 request as debuggers show it, with pseudo-headers such as `:method: POST` instead of the request line.
fn of_pseudo_headers(lines: &[&[u8]]) -> Result<Received, RequestError> {
    let (pseudo, plain): (Vec<&[u8]>, Vec<&[u8]>) = lines.iter().partition(|line| line.starts_with(b":"));
    let value = |name: &str| {
        let mut values = pseudo.iter().filter_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b":"));
        // Duplicates are ambiguous.
        let only = values.next().filter(|_| values.next().is_none())?;
        std::str::from_utf8(only.trim_ascii()).ok()
    };
    let first = || RequestError::RequestLine(String::from_utf8_lossy(lines.first().unwrap_or(&&b""[..])).into_owned());
    let mut received = super::from_lines(plain, Bytes::new())?;
    received.method = method(value(":method").ok_or_else(first)?)?;
    let target = value(":path").ok_or_else(first)?;
    received.url = match value(":authority") {
        Some(host) => Some(format!("{}://{host}{target}", value(":scheme").unwrap_or("https"))),
        None => url(target, &received),
    };
    received.url = received.url.filter(|url| fits_in_a_line(url));
    Ok(received)
}

/// The head without its blank line, and the rest after that line.
fn split_head(text: &[u8]) -> Result<(&[u8], &[u8]), RequestError> {
    let mut start = 0;
    while let Some(end) = text[start..].iter().position(|b| *b == b'\n').map(|at| start + at) {
        let line = &text[start..end];
        if line.is_empty() || line == b"\r" {
            return Ok((&text[..start], &text[end + 1..]));
        }
        start = end + 1;
    }
    // A request without a body may have been saved without its blank line.
    let last = &text[start..];
    if last.is_empty() && !text.is_empty() { Ok((text, &[])) } else { Err(RequestError::NoBlankLine) }
}

fn request_line(line: &[u8]) -> Result<(&str, &str), RequestError> {
    let wrong = || RequestError::RequestLine(String::from_utf8_lossy(line).chars().take(80).collect());
    let text = std::str::from_utf8(line).map_err(|_| wrong())?;
    let mut words = text.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(method), Some(target), Some(version), None) if version.starts_with("HTTP/") && !target.is_empty() => {
            Ok((method, target))
        }
        _ => Err(wrong()),
    }
}

/// The URL of a target: unchanged, or with the host, and `https` unless a proxy header says otherwise.
fn url(target: &str, received: &Received) -> Option<String> {
    if target.contains("://") {
        return Some(target.to_owned()).filter(|url| fits_in_a_line(url));
    }
    let host = first(&received.headers, HOST.as_str())?;
    let scheme = super::forwarded_scheme(&received.headers).unwrap_or("https");
    Some(format!("{scheme}://{host}{target}")).filter(|url| fits_in_a_line(url))
}

/// The body, and the rest, if that begins another message. Line ends that an editor added after `content-length` bytes are
/// dropped.
///
/// A body whose length differs from its header is a common mistake, so it is read as it is.
/// [`Received::length_differs`] reports it.
fn framed<'a>(received: &Received, rest: &'a [u8]) -> Result<(Bytes, &'a [u8]), RequestError> {
    let chunked = first(&received.headers, TRANSFER_ENCODING.as_str()).is_some_and(|v| v.ends_with("chunked"));
    // Most tools join the chunks of a saved request and keep the header.
    if chunked && begins_with_a_size(rest) {
        let (body, after) = unchunk(rest)?;
        return Ok((Bytes::from(body), without_breaks(after)));
    }
    let mut lengths = received.headers.get_all(CONTENT_LENGTH).iter();
    let said = match lengths.next() {
        Some(first) if lengths.all(|other| other == first) => {
            Some(first.to_str().ok().and_then(|t| t.parse().ok()).ok_or(RequestError::ContentLength)?)
        }
        Some(_) => return Err(RequestError::ContentLength),
        None => None,
    };
    let (body, after) = split_body(rest, said);
    Ok((Bytes::copy_from_slice(body), after))
}

/// Splits at the end of the body: by its length, if line ends or a message follow there; else at the start of the next
/// message, if there is one.
fn split_body(rest: &[u8], said: Option<usize>) -> (&[u8], &[u8]) {
    if let Some((body, after)) = said.and_then(|said| rest.split_at_checked(said)) {
        let after = without_breaks(after);
        if after.is_empty() || begins_message(after) {
            return (body, after);
        }
    }
    let Some(at) = next_message(rest) else { return (rest, &[]) };
    let (body, after) = rest.split_at(at);
    // Without a length, blank lines before the next message are not part of the body.
    let end = body.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    (&body[..end], after)
}

fn without_breaks(text: &[u8]) -> &[u8] {
    let breaks = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    &text[breaks..]
}

fn begins_message(text: &[u8]) -> bool {
    begins(text) || begins_response(text)
}

/// The start of the next request after the response at the start of a text.
fn next_request(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += 1;
        at += next_message(&text[at..])?;
        if begins(&text[at..]) {
            return Some(at);
        }
    }
}

/// The start of a request line or status line, at the start of a line or directly after a body.
pub(super) fn next_message(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].windows(5).position(|five| five == b"HTTP/").map(|at| from + at) {
        if begins_response(&text[at..]) {
            return Some(at);
        }
        let start = at.saturating_sub(LONGEST_LINE).max(from);
        let line = text[start..at].iter().rposition(|byte| *byte == b'\n').map_or(start, |before| start + before + 1);
        let ends_line = behind_version(&text[at..]).is_some_and(|after| matches!(after, [] | [b'\r' | b'\n', ..]));
        if let Some(offset) = request_start(&text[line..at]).filter(|_| ends_line) {
            return Some(line + offset);
        }
        from = at + 5;
    }
    None
}

/// The start of `POST /path ` in the text before the version of a request line.
fn request_start(line: &[u8]) -> Option<usize> {
    let target = line.strip_suffix(b" ")?;
    let space = target.iter().rposition(|byte| *byte == b' ')?;
    let method = target[..space].iter().rev().take_while(|byte| byte.is_ascii_uppercase()).count();
    let is_target = target[space + 1..].starts_with(b"/") || target[space + 1..].starts_with(b"http");
    (is_target && (3..=7).contains(&method)).then_some(space - method)
}

fn begins_with_a_size(rest: &[u8]) -> bool {
    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return false };
    let size = rest[..end].split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    !size.is_empty() && size.iter().all(u8::is_ascii_hexdigit)
}

/// The joined chunks, and the rest after the last one and its trailers.
fn unchunk(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), RequestError> {
    let mut body = Vec::new();
    loop {
        let end = rest.iter().position(|b| *b == b'\n').ok_or(RequestError::Chunks)?;
        let line = std::str::from_utf8(&rest[..end]).map_err(|_| RequestError::Chunks)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| RequestError::Chunks)?;
        let after = &rest[end + 1..];
        if size == 0 {
            return Ok((body, behind_trailers(after)));
        }
        if size > MOST_BYTES {
            return Err(RequestError::TooLong);
        }
        body.extend_from_slice(after.get(..size).ok_or(RequestError::Chunks)?);
        let after = &after[size..];
        let after = after.strip_prefix(b"\r").unwrap_or(after);
        rest = after.strip_prefix(b"\n").ok_or(RequestError::Chunks)?;
    }
}

/// The rest after the trailers of the last chunk: a message, or nothing.
fn behind_trailers(text: &[u8]) -> &[u8] {
    let text = without_breaks(text);
    next_message(text).map_or(&[], |at| &text[at..])
}

pub(super) fn write(received: &Received) -> Vec<u8> {
    // A URL built from hostile headers must not end the line early.
    let target = received.url.as_deref().filter(|url| fits_in_a_line(url)).unwrap_or("/");
    let mut out = format!("{} {target} HTTP/1.1\r\n", received.method).into_bytes();
    for (name, value) in &received.headers {
        if name == CONTENT_LENGTH || name == TRANSFER_ENCODING {
            continue;
        }
        line(&mut out, name.as_str(), value.as_bytes());
    }
    line(&mut out, CONTENT_LENGTH.as_str(), received.body.len().to_string().as_bytes());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&received.body);
    out
}

fn line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests;
