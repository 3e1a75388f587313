//! Captured requests, in the forms in which people hand one over: raw HTTP, a curl command, a HAR file.

mod cmd;
mod command;
mod curl;
mod har;
mod raw;
mod words;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};

use crate::signature::Received;
pub use words::{WordError, shell_words};

/// The largest request read, with its headers, in whatever form.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The most headers read from one request, beside one `content-length`, which a request written down always has.
pub const MOST_HEADERS: usize = 256;

/// Why a text is not a request. The text names the line or the option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Longer than [`MOST_BYTES`].
    #[error("the request is longer than {} MiB", MOST_BYTES / 1024 / 1024)]
    TooLong,
    /// More than [`MOST_HEADERS`].
    #[error("the request has more than {MOST_HEADERS} headers")]
    TooManyHeaders,
    /// Not `NAME: VALUE`.
    #[error("`{0}` is not a header like `NAME: VALUE`")]
    Header(String),
    /// The first line is not `POST /path HTTP/1.1`.
    #[error("`{0}` is not the first line of a request, like `POST /path HTTP/1.1`")]
    RequestLine(String),
    /// The blank line after the headers is not there.
    #[error("the headers do not end with a blank line")]
    NoBlankLine,
    /// `content-length` is not a number, or there are two that differ.
    #[error("content-length is not a number")]
    ContentLength,
    /// A chunked body that is not well formed.
    #[error("the chunked body is not well formed")]
    Chunks,
    /// Quotes that do not close, or the like.
    #[error(transparent)]
    Words(#[from] WordError),
    /// A curl option that changes the request in a way only curl could repeat.
    #[error("the curl option `{0}` is not understood here")]
    CurlOption(String),
    /// A curl option that names a file.
    #[error("`{0}` reads what is not in the command")]
    CurlFile(String),
    /// No curl among the commands.
    #[error("there is no curl command that stands alone or reads what is written before it")]
    CurlNone,
    /// A curl option without its value.
    #[error("the curl option `{0}` has no value")]
    CurlValue(String),
    /// A command without a URL, or with two.
    #[error("the curl command must have exactly one URL")]
    CurlUrl,
    /// Not a HAR file.
    #[error("not a HAR file: {0}")]
    Har(String),
    /// A request of a HAR file that does not hold what was sent.
    #[error("{0}")]
    HarEntry(String),
    /// A URL with white space or control characters.
    #[error("`{0}` is not a URL")]
    Url(String),
    /// A method that is not a word.
    #[error("`{0}` is not a method")]
    Method(String),
}

/// A `POST` of `body` with `lines`, each `NAME: VALUE`.
pub fn from_lines<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>, body: Bytes) -> Result<Received, RequestError> {
    let mut received = Received { method: Method::POST, body, ..Received::default() };
    for line in lines {
        add_line(&mut received, line.as_ref())?;
    }
    Ok(received)
}

/// Reads one request from a raw HTTP request or a curl command, or all those of a HAR file.
///
/// The form is told by how the text begins.
pub fn read(text: &[u8]) -> Result<Vec<Received>, RequestError> {
    read_each(text)?.into_iter().collect()
}

/// [`read`], where a request of a HAR file that cannot be read leaves the others as they are.
pub fn read_each(text: &[u8]) -> Result<Vec<Result<Received, RequestError>>, RequestError> {
    if text.len() > MOST_BYTES {
        return Err(RequestError::TooLong);
    }
    // Editors put a byte order mark and blank lines before what was pasted.
    let start = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    if start.starts_with(b"{") {
        har::read(start)
    } else if !raw::begins(start) && command::begins(start) {
        Ok(vec![Ok(curl::read(start)?)])
    } else {
        Ok(vec![Ok(raw::read(start)?)])
    }
}

/// The request as HTTP/1.1 text, from which [`read`] makes an equal one.
pub fn to_raw(request: &Received) -> Vec<u8> {
    raw::write(request)
}

fn add_line(received: &mut Received, line: &[u8]) -> Result<(), RequestError> {
    let shown = || RequestError::Header(String::from_utf8_lossy(line).into_owned());
    let colon = line.iter().position(|b| *b == b':').ok_or_else(shown)?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    add(received, name, value).map_err(|error| if error == RequestError::TooManyHeaders { error } else { shown() })
}

fn add(received: &mut Received, name: &[u8], value: &[u8]) -> Result<(), RequestError> {
    let shown = || RequestError::Header(String::from_utf8_lossy(name).into_owned());
    let name = HeaderName::from_bytes(name.trim_ascii_start()).map_err(|_| shown())?;
    let framed = name == CONTENT_LENGTH || received.headers.contains_key(CONTENT_LENGTH);
    if received.headers.len() >= MOST_HEADERS + usize::from(framed) {
        return Err(RequestError::TooManyHeaders);
    }
    let value = HeaderValue::from_bytes(value.trim_ascii()).map_err(|_| shown())?;
    received.headers.try_append(name, value).map_err(|_| RequestError::TooManyHeaders)?;
    Ok(())
}

/// The first value of a header, as text.
fn first<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The scheme that the first proxy saw, as far as the headers tell.
pub fn forwarded_scheme(headers: &HeaderMap) -> Option<&str> {
    let first = first(headers, "x-forwarded-proto")?.split(',').next()?.trim();
    matches!(first, "http" | "https").then_some(first)
}

/// Whether a URL can stand in a request line: without white space and control characters.
fn fits_in_a_line(url: &str) -> bool {
    !url.is_empty() && url.bytes().all(|byte| byte > b' ' && byte != 0x7f)
}

fn url(text: String) -> Result<String, RequestError> {
    if fits_in_a_line(&text) { Ok(text) } else { Err(RequestError::Url(text)) }
}

fn method(text: &str) -> Result<Method, RequestError> {
    Method::from_bytes(text.as_bytes()).map_err(|_| RequestError::Method(text.to_owned()))
}
