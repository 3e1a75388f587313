//! A raw HTTP/1.1 request, as proxies and debuggers save it.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};

use super::{MOST_BYTES, RequestError, first, fits_in_a_line, method};
use crate::signature::Received;

/// Whether a text begins with a request line. Any word is a method, also one that begins something else elsewhere.
pub(super) fn begins(text: &[u8]) -> bool {
    request_line(text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end()).is_ok()
}

pub(super) fn read(text: &[u8]) -> Result<Received, RequestError> {
    let plain = undumped(text);
    let (head, body) = split_head(&plain)?;
    let lines = unfolded(head)?;
    let mut lines = lines.iter().map(AsRef::as_ref);
    if head.starts_with(b":") {
        return of_pseudo_headers(&lines.collect::<Vec<_>>(), body);
    }
    let first = lines.next().unwrap_or_default();
    let (method_text, target) = request_line(first)?;
    let mut received = super::from_lines(lines, Bytes::new())?;
    received.method = method(method_text)?;
    received.url = url(target, &received);
    received.body = framed(&received, body)?;
    Ok(received)
}

/// The request in what `curl -v` tells: its head is marked by `> `, and its body is not part of it unless it was added.
fn undumped(text: &[u8]) -> Cow<'_, [u8]> {
    let is_told = |line: &[u8]| [&b"* "[..], b"< ", b"{ [", b"} ["].iter().any(|mark| line.starts_with(mark));
    if begins(text) || !(text.starts_with(b"> ") || text.starts_with(b"* ")) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        rest = after;
        if let Some(line) = line.strip_prefix(b">") {
            plain.extend_from_slice(line.strip_prefix(b" ").unwrap_or(line));
            if line.trim_ascii().is_empty() {
                break;
            }
        } else if !is_told(line) {
            return Cow::Borrowed(text);
        }
    }
    if !is_told(rest) {
        plain.extend_from_slice(rest);
    }
    Cow::Owned(plain)
}

/// The lines of a head. One that begins with white space goes on with the line before it, as it once was allowed to.
fn unfolded(head: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, RequestError> {
    let mut lines: Vec<Cow<'_, [u8]>> = Vec::new();
    let plain = head.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for line in plain.filter(|line| !line.is_empty()) {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            lines.push(Cow::Borrowed(line));
            continue;
        }
        // The request line itself was never folded.
        let at = lines.len().checked_sub(1).filter(|at| *at > 0);
        let wrong = || RequestError::Header(String::from_utf8_lossy(line).into_owned());
        let before = lines[at.ok_or_else(wrong)?].to_mut();
        before.push(b' ');
        before.extend_from_slice(line.trim_ascii_start());
    }
    Ok(lines)
}

/// A request of HTTP/2 as debuggers show it, where `:method: POST` and its like stand in place of the request line.
fn of_pseudo_headers(lines: &[&[u8]], body: &[u8]) -> Result<Received, RequestError> {
    let (pseudo, plain): (Vec<&[u8]>, Vec<&[u8]>) = lines.iter().partition(|line| line.starts_with(b":"));
    let value = |name: &str| {
        let mut values = pseudo.iter().filter_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b":"));
        // Two of them leave open which was meant.
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
    received.body = framed(&received, body)?;
    Ok(received)
}

/// The head without its blank line, and what follows that line.
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

/// The URL of a target: as it stands, or with the host, and `https` unless a proxy said otherwise.
fn url(target: &str, received: &Received) -> Option<String> {
    if target.contains("://") {
        return Some(target.to_owned()).filter(|url| fits_in_a_line(url));
    }
    let host = first(&received.headers, HOST.as_str())?;
    let scheme = super::forwarded_scheme(&received.headers).unwrap_or("https");
    Some(format!("{scheme}://{host}{target}")).filter(|url| fits_in_a_line(url))
}

/// The body: what stands there, without the line ends that an editor added after the length its header says.
///
/// A body of another length than its header says is the commonest of mistakes, so it is read as it is.
/// [`Received::length_differs`] tells that it is one.
fn framed(received: &Received, rest: &[u8]) -> Result<Bytes, RequestError> {
    let chunked = first(&received.headers, TRANSFER_ENCODING.as_str()).is_some_and(|v| v.ends_with("chunked"));
    // Most who save a request join its chunks and leave the header.
    if chunked && begins_with_a_size(rest) {
        return unchunk(rest).map(Bytes::from);
    }
    let mut lengths = received.headers.get_all(CONTENT_LENGTH).iter();
    let Some(first) = lengths.next() else { return Ok(Bytes::copy_from_slice(rest)) };
    if lengths.any(|other| other != first) {
        return Err(RequestError::ContentLength);
    }
    let said: usize = first.to_str().ok().and_then(|t| t.parse().ok()).ok_or(RequestError::ContentLength)?;
    let added = rest.get(said..).unwrap_or_default();
    let is_whole = added.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
    Ok(Bytes::copy_from_slice(if is_whole { &rest[..rest.len() - added.len()] } else { rest }))
}

fn begins_with_a_size(rest: &[u8]) -> bool {
    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return false };
    let size = rest[..end].split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    !size.is_empty() && size.iter().all(u8::is_ascii_hexdigit)
}

fn unchunk(mut rest: &[u8]) -> Result<Vec<u8>, RequestError> {
    let mut body = Vec::new();
    loop {
        let end = rest.iter().position(|b| *b == b'\n').ok_or(RequestError::Chunks)?;
        let line = std::str::from_utf8(&rest[..end]).map_err(|_| RequestError::Chunks)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| RequestError::Chunks)?;
        if size == 0 {
            return Ok(body);
        }
        let after = &rest[end + 1..];
        if size > MOST_BYTES {
            return Err(RequestError::TooLong);
        }
        body.extend_from_slice(after.get(..size).ok_or(RequestError::Chunks)?);
        let after = &after[size..];
        let after = after.strip_prefix(b"\r").unwrap_or(after);
        rest = after.strip_prefix(b"\n").ok_or(RequestError::Chunks)?;
    }
}

pub(super) fn write(received: &Received) -> Vec<u8> {
    // A URL put together from hostile headers must not end the line early.
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
mod tests {
    use super::*;

    #[test]
    fn the_body_is_what_content_length_says_and_not_what_an_editor_added() {
        let text = b"POST /hook?a=b HTTP/1.1\r\nHost: h.example\r\nContent-Length: 3\r\n\r\n{}\n\n\n";
        let received = read(text).expect("a request");
        assert_eq!(&received.body[..], b"{}\n");
        assert_eq!(received.url.as_deref(), Some("https://h.example/hook?a=b"));
    }

    #[test]
    fn a_body_of_another_length_than_its_header_says_is_read_and_told() {
        for (rest, body, differs) in [
            ("ab\n", "ab\n", None),
            ("ab\n\r\n", "ab\n", None),
            ("ab", "ab", Some((3, 2))),
            ("", "", Some((3, 0))),
            ("ab\nc", "ab\nc", Some((3, 4))),
            ("ab\n\nPOST", "ab\n\nPOST", Some((3, 8))),
        ] {
            let received = read(format!("POST / HTTP/1.1\ncontent-length: 3\n\n{rest}").as_bytes()).expect("a request");
            assert_eq!(&received.body[..], body.as_bytes());
            assert_eq!(received.length_differs(), differs, "{rest:?}");
            assert_eq!(received.headers["content-length"], "3");
        }
    }

    #[test]
    fn without_a_length_every_byte_counts() {
        let received = read(b"POST / HTTP/1.1\nhost: h\n\n{}\r\n").expect("a request");
        assert_eq!(&received.body[..], b"{}\r\n");
    }

    #[test]
    fn chunks_are_joined() {
        let text = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert_eq!(&read(text).expect("a request").body[..], b"abcde");
        for joined in ["a=b&c=d", "abc", "{\"a\":1}\n", "12 monkeys\n", ""] {
            let text = format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{joined}");
            assert_eq!(read(text.as_bytes()).expect("a request").body, joined);
        }
        let cut = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n4c\r\nabc";
        assert_eq!(read(cut), Err(RequestError::Chunks));
    }

    #[test]
    fn a_folded_header_is_one() {
        let received = read(b"POST / HTTP/1.1\r\na: b\r\n\t c\r\n d\r\ne: f\r\n\r\n").expect("a request");
        assert_eq!(
            (&received.headers["a"], &received.headers["e"]),
            (&"b c d".parse().expect("text"), &"f".parse().expect("text"))
        );
        assert!(matches!(read(b"POST / HTTP/1.1\r\n a: b\r\n\r\n"), Err(RequestError::Header(_))));
    }

    #[test]
    fn what_curl_tells_of_a_request_is_one() {
        let head = "* Connected to h\n> POST /x HTTP/1.1\n> Host: h\n> Content-Length: 2\n> \n";
        for (after, body) in [("{}", "{}"), ("* upload sent\n< HTTP/1.1 200 OK\n", ""), ("} [2 bytes data]\n", "")] {
            let received = read(format!("{head}{after}").as_bytes()).expect("a request");
            assert_eq!((received.url.as_deref(), &received.body[..]), (Some("https://h/x"), body.as_bytes()));
            assert_eq!(received.length_differs().is_some(), body.is_empty());
        }
    }

    #[test]
    fn a_head_of_http_2_is_read_by_its_pseudo_headers() {
        let text = ":method: PUT\n:path: /x?y\n:authority: h.example\n:scheme: http\na: b\n\n{}";
        let received = read(text.as_bytes()).expect("a request");
        assert_eq!((received.method.as_str(), received.url.as_deref()), ("PUT", Some("http://h.example/x?y")));
        assert_eq!((received.headers.len(), &received.body[..]), (1, &b"{}"[..]));
        for text in [":path: /x\n\n", ":method: PUT\n\n", ":method: PUT\n:method: GET\n:path: /\n\n", ":\n\n"] {
            assert!(matches!(read(text.as_bytes()), Err(RequestError::RequestLine(_))), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_request_is_refused_with_its_reason() {
        assert!(matches!(read(b"{}\n\n"), Err(RequestError::RequestLine(_))));
        assert!(matches!(read(b""), Err(RequestError::NoBlankLine)));
        assert!(matches!(read(b"POST / HTTP/1.1\na: b"), Err(RequestError::NoBlankLine)));
        assert!(matches!(read(b"POST / HTTP/1.1\nno colon\n\n"), Err(RequestError::Header(_))));
        assert!(matches!(
            read(b"POST / HTTP/1.1\ntransfer-encoding: chunked\n\nffffffffffffffff\nx"),
            Err(RequestError::TooLong)
        ));
    }
}
