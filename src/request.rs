//! Captured requests, read from any of the formats in which people paste them.
//!
//! [`read_each`] strips what a shell, a chat or an editor put around a text, and asks one reader after the other whether it
//! recognizes the text. The first that does reads it, or says why it cannot.

mod body;
mod charset;
mod command;
mod curl;
mod draft;
mod fetch;
mod headers;
mod hex;
mod http_file;
mod httpie;
mod json;
mod literal;
mod maps;
mod members;
mod output;
mod packets;
mod powershell;
mod program;
mod quotes;
mod raw;
mod shell_words;
mod trace;
mod unknown;
mod values;
mod variables;
mod wget;
mod windows_cmd;
mod wrapping;

use std::fmt;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};

use crate::signature::Received;
pub use shell_words::{WordError, shell_words};

/// The largest request with its headers, in any format, in bytes.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The most headers of one request, beside one `content-length`, which a saved request always has.
pub const MOST_HEADERS: usize = 256;
/// The deepest nesting of formats, such as a command in a code block in a quotation.
const MOST_DEPTH: usize = 6;

/// A request that was read from a captured text, in which format, with notes on what was assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The request.
    pub request: Received,
    /// The format it was read from, such as `AWS API Gateway v2 event, body in base64`.
    pub format: String,
    /// What is uncertain about it, and what was left out.
    pub notes: Vec<Note>,
}

impl Captured {
    /// Whether the file lacks the body.
    pub fn misses_body(&self) -> bool {
        self.notes.contains(&Note::BodyMissing)
    }

    /// Whether it was a raw HTTP request.
    pub fn is_raw(&self) -> bool {
        self.format == raw::FORMAT
    }

    fn named(mut self, format: impl Into<String>) -> Self {
        self.format = format.into();
        self
    }

    /// The length of the body according to the headers.
    fn length_said(&self) -> Option<usize> {
        first(&self.request.headers, CONTENT_LENGTH.as_str())?.parse().ok()
    }
}

/// An assumption that was made, or a part that was left out, when a captured request was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The file holds only the headers.
    BodyMissing,
    /// The file is in another encoding than UTF-8.
    Charset(&'static str),
    /// A response after the request was left out.
    ResponseCut,
    /// There is no request line.
    NoRequestLine,
    /// Text after the command was not read.
    RestNotRead,
    /// The file holds the body as a JSON value rather than as text.
    Rewritten,
    /// The file holds the body as a JSON value, and one way to write it has the length that was sent.
    RewrittenToLength,
    /// The body's characters are bytes.
    SingleBytes,
    /// The body is base64, judged only by its length.
    Base64ByLength,
    /// Bytes that cannot be printed are shown as dots.
    DotsForBytes,
    /// Typographic quotes and dashes were turned into those of a shell.
    QuotesStraightened,
    /// The line break that `<<<` adds was left out.
    HereStringBreak,
    /// Only newer versions of PowerShell pass quotes to programs.
    PowershellQuotes,
    /// Only newer versions of PowerShell pass backslashes before quotes to programs.
    PowershellEscapes,
    /// Older versions of PowerShell send a text as ISO-8859-1.
    PowershellEncoding,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Charset(name) => {
                write!(f, "the file is in {name}: its text was taken as UTF-8, in which most bodies are sent")
            }
            other => f.write_str(other.text()),
        }
    }
}

impl Note {
    /// Whether the body may be other bytes than those that were sent.
    pub const fn doubts_body(&self) -> bool {
        matches!(
            self,
            Self::Charset(_)
                | Self::Rewritten
                | Self::RewrittenToLength
                | Self::DotsForBytes
                | Self::QuotesStraightened
                | Self::PowershellQuotes
                | Self::PowershellEscapes
                | Self::PowershellEncoding
        )
    }

    const fn text(&self) -> &'static str {
        match self {
            Self::BodyMissing => "the body is not in the file",
            Self::Charset(_) => "",
            Self::ResponseCut => "what follows the body is a response: it was left out",
            Self::NoRequestLine => "there is no request line: taken as a POST",
            Self::RestNotRead => "what follows the command was not read",
            Self::Rewritten => {
                "the body was kept as JSON and not as it was sent: written without spaces, it may differ from the bytes that were signed"
            }
            Self::RewrittenToLength => {
                "the body was kept as JSON and not as it was sent: written so that it has the length that was sent, it may still differ"
            }
            Self::SingleBytes => {
                "each character of the body was taken as one byte, which gives the length that was sent"
            }
            Self::Base64ByLength => "the body was decoded from base64, which gives the length that was sent",
            Self::DotsForBytes => {
                "bytes that cannot be printed are shown as dots there: a dot in the body may stand for another byte"
            }
            Self::QuotesStraightened => {
                "typographic quotes and dashes were turned into those of a shell: the body may have had others"
            }
            Self::HereStringBreak => "the line break that `<<<` adds when the command runs was left out of the body",
            Self::PowershellQuotes => {
                "Windows PowerShell 5.1 and PowerShell before 7.3 drop the quotes in the body when they call a program"
            }
            Self::PowershellEscapes => {
                "taken as before PowerShell 7.3, where a backslash stands before a quote; newer versions send the backslash"
            }
            Self::PowershellEncoding => {
                "the body is not ASCII: PowerShell before 7.4 sends it as ISO-8859-1 unless the content type says otherwise"
            }
        }
    }
}

/// Why a text is not a captured request. The message names the line or the option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Longer than [`MOST_BYTES`].
    #[error("the request is longer than {} MiB", MOST_BYTES / 1024 / 1024)]
    TooLong,
    /// More than [`MOST_HEADERS`].
    #[error("the request has more than {MOST_HEADERS} headers")]
    TooManyHeaders,
    /// In no known format.
    #[error("{0}")]
    Unknown(String),
    /// Not `NAME: VALUE`.
    #[error("`{0}` is not a header like `NAME: VALUE`")]
    Header(String),
    /// The first line is not `POST /path HTTP/1.1`.
    #[error("`{0}` is not the first line of a request, like `POST /path HTTP/1.1`")]
    RequestLine(String),
    /// A response, and no request.
    #[error("it is a response, not a request")]
    Response,
    /// The blank line after the headers is missing.
    #[error("the headers do not end with a blank line")]
    NoBlankLine,
    /// `content-length` is not a number, or there are two that differ.
    #[error("content-length is not a number")]
    ContentLength,
    /// A chunked body that is not well formed.
    #[error("the chunked body is not well formed")]
    Chunks,
    /// Invalid shell words, such as unclosed quotes.
    #[error(transparent)]
    Words(#[from] WordError),
    /// An option with an effect that cannot be reproduced.
    #[error("the option `{0}` is not supported")]
    UnknownOption(String),
    /// A part of the request in another file.
    #[error("`{0}` reads input that is not in the text")]
    OtherFile(String),
    /// No command that sends a request.
    #[error("no command sends a request without input from outside the text")]
    NoCommand,
    /// An option without its value.
    #[error("the option `{0}` has no value")]
    OptionValue(String),
    /// A command without a URL, or with two.
    #[error("the command must have exactly one URL")]
    CommandUrl,
    /// A variable without a value in the file.
    #[error("the value of the variable `{0}` is not in the file")]
    Variable(String),
    /// A call in a program whose arguments cannot be read.
    #[error("the call cannot be read: {0}")]
    Call(&'static str),
    /// Invalid JSON.
    #[error("it begins like JSON, but is invalid: {0}")]
    Json(String),
    /// A body that should be base64 but is not.
    #[error("its body is not base64")]
    Base64,
    /// A body with bytes that a tool replaced.
    #[error(
        "its body has {kept} bytes and {said} were sent: the tool replaced bytes that are not UTF-8, and they are lost"
    )]
    BytesLost {
        /// The length that was sent.
        said: usize,
        /// The length of the body in the file.
        kept: usize,
    },
    /// A request in a file that lacks what was sent.
    #[error("{0}")]
    Entry(String),
    /// Captured packets without a request.
    #[error("no packet begins an HTTP request")]
    NoPacket,
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

/// The requests of a captured text; each that cannot be read is an error of its own.
type ReadResult = Result<Vec<Result<Captured, RequestError>>, RequestError>;

/// A format in which a captured request can be given, such as curl or HAR.
struct Format {
    /// Whether a text has this format, judged by its beginning.
    begins: fn(&[u8]) -> bool,
    /// Reads a text of this format.
    read: fn(&[u8]) -> ReadResult,
}

/// All formats, the most distinct first; the first that recognizes a text reads it.
const FORMATS: &[Format] = &[
    Format { begins: http_file::begins, read: http_file::read },
    Format { begins: raw::begins, read: raw::read },
    Format { begins: raw::begins_pseudo, read: raw::read },
    Format { begins: raw::begins_response, read: raw::read },
    Format { begins: trace::begins_trace, read: trace::read_trace },
    Format { begins: trace::begins_verbose, read: trace::read_verbose },
    Format { begins: trace::begins_python, read: trace::read_python },
    Format { begins: packets::begins, read: packets::read },
    Format { begins: hex::begins, read: read_dumps },
    Format { begins: maps::begins, read: maps::read },
    Format {
        begins: hex::begins_arrays,
        read: |text| Ok(renamed(raw::read(&hex::arrays(text))?, "bytes of Wireshark as C")),
    },
    Format { begins: headers::begins_page, read: headers::read_page },
    Format { begins: headers::begins, read: headers::read },
    Format { begins: powershell::begins, read: powershell::read },
    Format { begins: command::begins, read: command::read },
    Format { begins: fetch::begins, read: fetch::read },
];

/// Reads every request of a text in any format.
pub fn read(text: &[u8]) -> Result<Vec<Captured>, RequestError> {
    read_each(text)?.into_iter().collect()
}

/// The same as [`read`], but a request that cannot be read is an error of its own.
pub fn read_each(file: &[u8]) -> Result<Vec<Result<Captured, RequestError>>, RequestError> {
    if file.len() > MOST_BYTES {
        return Err(RequestError::TooLong);
    }
    let (text, charset) = charset::decoded(file);
    let mut all = read_text(&text, 0)?;
    if let Some(name) = charset {
        all.iter_mut().flatten().for_each(|one| one.notes.push(Note::Charset(name)));
    }
    Ok(all)
}

fn read_text(text: &[u8], depth: usize) -> ReadResult {
    if depth > MOST_DEPTH {
        return Err(unknown::error(text));
    }
    let plain = wrapping::unindented(text);
    // Pasted text may begin with blank lines.
    let text = plain.as_deref().unwrap_or(text).trim_ascii_start();
    if json::begins(text) && !wrapping::begins_fenced(text) && !maps::begins(text) {
        return json::read(text, depth);
    }
    // A raw request may have code fences and quotations in its body.
    let is_http = raw::begins(text) || raw::begins_pseudo(text) || http_file::begins(text);
    if !is_http && let Some(plain) = wrapping::unquoted(text) {
        return read_text(&plain, depth + 1);
    }
    let blocks = if is_http { Vec::new() } else { wrapping::fenced(text) };
    if !blocks.is_empty() {
        return read_blocks(&blocks, depth + 1);
    }
    match FORMATS.iter().find(|format| (format.begins)(text)) {
        // A text of a known format without any request, such as only comments, is unknown.
        Some(format) => {
            (format.read)(text).and_then(|all| if all.is_empty() { Err(unknown::error(text)) } else { Ok(all) })
        }
        None => read_within(text, depth),
    }
}

/// Reads code blocks. Blocks without a request are skipped. If there is exactly one of them and one request without a body, the
/// block is its body.
fn read_blocks(blocks: &[&[u8]], depth: usize) -> ReadResult {
    let mut all: Vec<Result<Captured, RequestError>> = Vec::new();
    let mut others: Vec<(&[u8], RequestError)> = Vec::new();
    for block in blocks {
        match read_text(block, depth) {
            Ok(found) => all.extend(found),
            Err(error) => others.push((block, error)),
        }
    }
    if let ([Ok(one)], [(body, _)]) = (all.as_mut_slice(), others.as_slice())
        && one.misses_body()
    {
        one.request.body = Bytes::copy_from_slice(body);
        one.notes.retain(|note| *note != Note::BodyMissing);
    }
    match others.into_iter().next() {
        Some((_, error)) if all.is_empty() => Err(error),
        _ => Ok(all),
    }
}

/// Reads hex dumps of a connection or of captured packets.
fn read_dumps(text: &[u8]) -> ReadResult {
    let dumps = hex::dumps(text);
    match dumps.iter().find(|dump| raw::begins(dump)) {
        Some(sent) => Ok(renamed(raw::read(sent)?, "hex dump")),
        None => packets::of_packets(&dumps),
    }
}

/// The longest text before a JSON object, such as the prefix of a log line.
const LONGEST_PREFIX: usize = 400;

/// Reads a request after a few words, or one that is encoded as a whole.
fn read_within(text: &[u8], depth: usize) -> ReadResult {
    let unknown = || Err(unknown::error(text));
    if let Some(bytes) = hex::plain(text).filter(|bytes| raw::begins(bytes)) {
        return Ok(renamed(raw::read(&bytes)?, "raw HTTP request in hex"));
    }
    if let Some(bytes) = std::str::from_utf8(text).ok().and_then(body::base64).filter(|bytes| raw::begins(bytes)) {
        return Ok(renamed(raw::read(&bytes)?, "raw HTTP request in base64"));
    }
    // Such as `Headers([…])`.
    if let Ok(all) = json::read(text, depth + 1) {
        return Ok(all);
    }
    if let Some(plain) = unescaped(text) {
        return Ok(renamed(raw::read(&plain)?, "raw HTTP request with escaped line ends"));
    }
    let prefix = &text[..text.len().min(LONGEST_PREFIX)];
    match prefix.iter().position(|byte| *byte == b'{') {
        Some(at) => json::read(&text[at..], depth + 1).or_else(|_| unknown()),
        None => unknown(),
    }
}

/// A raw request on one line, whose head has literal `\r\n`. The rest stays as it is.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim_end();
    let (head, body) = text.split_once("\\r\\n\\r\\n").or_else(|| text.split_once("\\n\\n"))?;
    let head = head.replace("\\r\\n", "\n").replace("\\n", "\n");
    let plain = [head.as_bytes(), b"\n\n", body.as_bytes()].concat();
    (!text.contains('\n') && text.starts_with(char::is_alphabetic) && raw::begins(&plain)).then_some(plain)
}

fn renamed(mut all: Vec<Result<Captured, RequestError>>, format: &str) -> Vec<Result<Captured, RequestError>> {
    all.iter_mut().flatten().for_each(|one| one.format = format.to_owned());
    all
}

/// The request as HTTP/1.1 text, which [`read`] reads back as an equal one.
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

/// The scheme that the first proxy saw, if the headers tell.
pub fn forwarded_scheme(headers: &HeaderMap) -> Option<&str> {
    let first = first(headers, "x-forwarded-proto")?.split(',').next()?.trim();
    matches!(first, "http" | "https").then_some(first)
}

/// Whether a URL can be part of a request line: it has no white space and control characters.
fn fits_in_a_line(url: &str) -> bool {
    !url.is_empty() && url.bytes().all(|byte| byte > b' ' && byte != 0x7f)
}

fn url(text: String) -> Result<String, RequestError> {
    if fits_in_a_line(&text) { Ok(text) } else { Err(RequestError::Url(text)) }
}

fn method(text: &str) -> Result<Method, RequestError> {
    Method::from_bytes(text.as_bytes()).map_err(|_| RequestError::Method(text.to_owned()))
}
