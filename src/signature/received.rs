//! A request as it arrived, and the forms in which people hand one over.

mod cmd;
mod command;
mod curl;
mod har;
mod raw;
mod words;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::{HeaderMap as Headers, Method};

use super::Refusal;
pub use words::{WordError, shell_words};

/// The largest request read, with its headers, in whatever form.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The most headers read from one request, beside one `content-length`, which a request written down always has.
pub const MOST_HEADERS: usize = 256;

/// A request as it arrived: what a signature is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The method; `POST` when nobody said.
    pub method: Method,
    /// The URL it was sent to, when that is known.
    pub url: Option<String>,
    /// Its headers.
    pub headers: Headers,
    /// Its body, byte for byte.
    pub body: Bytes,
}

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

impl Received {
    /// A `POST` of `body` with `lines`, each `NAME: VALUE`.
    pub fn from_lines<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>, body: Bytes) -> Result<Self, RequestError> {
        let mut received = Self { method: Method::POST, body, ..Self::default() };
        for line in lines {
            received.add_line(line.as_ref())?;
        }
        Ok(received)
    }

    /// Reads one request from a raw HTTP request or a curl command, or all those of a HAR file.
    ///
    /// The form is told by how the text begins.
    pub fn read(text: &[u8]) -> Result<Vec<Self>, RequestError> {
        Self::read_each(text)?.into_iter().collect()
    }

    /// [`Self::read`], where a request of a HAR file that cannot be read leaves the others as they are.
    pub fn read_each(text: &[u8]) -> Result<Vec<Result<Self, RequestError>>, RequestError> {
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

    /// The value of a header that must be there exactly once.
    pub fn the_header(&self, name: &HeaderName) -> Result<&str, Refusal> {
        let mut only = Only::default();
        self.headers.get_all(name).iter().for_each(|value| only.add(value));
        only.text(name)
    }

    /// What `content-length` says and how long the body is, where they differ: these are not the bytes that were sent.
    pub fn length_differs(&self) -> Option<(usize, usize)> {
        let said = only(&self.headers, CONTENT_LENGTH.as_str())?.parse().ok()?;
        (said != self.body.len()).then_some((said, self.body.len()))
    }

    /// The request as HTTP/1.1 text, from which [`Self::read`] makes an equal one.
    pub fn to_raw(&self) -> Vec<u8> {
        raw::write(self)
    }

    fn add_line(&mut self, line: &[u8]) -> Result<(), RequestError> {
        let shown = || RequestError::Header(String::from_utf8_lossy(line).into_owned());
        let colon = line.iter().position(|b| *b == b':').ok_or_else(shown)?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        self.add(name, value).map_err(|error| if error == RequestError::TooManyHeaders { error } else { shown() })
    }

    fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), RequestError> {
        let shown = || RequestError::Header(String::from_utf8_lossy(name).into_owned());
        let name = HeaderName::from_bytes(name.trim_ascii_start()).map_err(|_| shown())?;
        let framed = name == CONTENT_LENGTH || self.headers.contains_key(CONTENT_LENGTH);
        if self.headers.len() >= MOST_HEADERS + usize::from(framed) {
            return Err(RequestError::TooManyHeaders);
        }
        let value = HeaderValue::from_bytes(value.trim_ascii()).map_err(|_| shown())?;
        self.headers.try_append(name, value).map_err(|_| RequestError::TooManyHeaders)?;
        Ok(())
    }
}

/// A header's value, as long as it is there once.
#[derive(Clone, Copy, Default)]
pub(super) struct Only<'r> {
    value: Option<&'r HeaderValue>,
    count: usize,
}

impl<'r> Only<'r> {
    /// Takes a value that was found.
    pub(super) fn add(&mut self, value: &'r HeaderValue) {
        self.value = Some(value);
        self.count += 1;
    }

    /// The value of the header `name`, as text.
    pub(super) fn text(self, name: &HeaderName) -> Result<&'r str, Refusal> {
        let plain = || self.value.and_then(|value| value.to_str().ok());
        match self.count {
            0 => Err(Refusal::HeaderNotDelivered(name.to_string())),
            1 => plain()
                .ok_or_else(|| Refusal::HeaderMalformed { header: name.to_string(), why: "it is not plain text" }),
            _ => Err(Refusal::HeaderDoubled(name.to_string())),
        }
    }
}

/// The only value of a header, as text, when there is one.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The scheme that the first proxy saw, as far as the headers tell.
pub fn forwarded_scheme(headers: &HeaderMap) -> Option<&str> {
    let first = only(headers, "x-forwarded-proto")?.split(',').next()?.trim();
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
