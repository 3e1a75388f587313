//! Captured requests, in the forms in which people hand one over.
//!
//! [`read_each`] takes away what a shell, a chat or an editor put around a text, and asks one reader after the other whether the
//! text looks like what it reads. The first that says so reads it, or says why it cannot.

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

/// The largest request read, with its headers, in whatever form.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The most headers read from one request, beside one `content-length`, which a request written down always has.
pub const MOST_HEADERS: usize = 256;
/// Forms within forms are read this deep: JSON in a text of JSON, a command in a fence in a quotation.
const MOST_DEPTH: usize = 6;

/// A captured request as it was read, with notes on how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The request.
    pub request: Received,
    /// What it was read as: `AWS API Gateway v2 event, body in base64`.
    pub format: String,
    /// What is not certain about it, and what was left out.
    pub notes: Vec<Note>,
}

impl Captured {
    /// Whether the file does not hold the body.
    pub fn misses_body(&self) -> bool {
        self.notes.contains(&Note::BodyMissing)
    }

    /// Whether it was a raw request, of which nothing had to be recognised.
    pub fn is_raw(&self) -> bool {
        self.format == raw::FORMAT
    }

    fn named(mut self, format: impl Into<String>) -> Self {
        self.format = format.into();
        self
    }

    /// How long its headers say that the body is.
    fn length_said(&self) -> Option<usize> {
        first(&self.request.headers, CONTENT_LENGTH.as_str())?.parse().ok()
    }
}

/// Something that the reader of a captured request assumed or left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The file holds the headers alone.
    BodyMissing,
    /// The file is in another encoding than UTF-8.
    Charset(&'static str),
    /// Behind the request stood a response.
    ResponseCut,
    /// There is no request line.
    NoRequestLine,
    /// Behind the command stands what is none.
    RestNotRead,
    /// The body was kept as a JSON value, and not as it was written.
    Rewritten,
    /// The body was kept as a JSON value, and one way to write it has the length that was sent.
    RewrittenToLength,
    /// The body's characters are bytes.
    SingleBytes,
    /// The body is base64, which only its length tells.
    Base64ByLength,
    /// Bytes that cannot be printed are shown as dots.
    DotsForBytes,
    /// Typographic quotes and dashes were turned into those of a shell.
    QuotesStraightened,
    /// The line break that `<<<` adds was left out.
    HereStringBreak,
    /// PowerShell hands quotes to programs only in its newer versions.
    PowershellQuotes,
    /// PowerShell hands backslashes before quotes to programs in its newer versions.
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

/// Why a text is not a request. The text names the line or the option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Longer than [`MOST_BYTES`].
    #[error("the request is longer than {} MiB", MOST_BYTES / 1024 / 1024)]
    TooLong,
    /// More than [`MOST_HEADERS`].
    #[error("the request has more than {MOST_HEADERS} headers")]
    TooManyHeaders,
    /// In none of the forms that are read.
    #[error("{0}")]
    Unknown(String),
    /// Not `NAME: VALUE`.
    #[error("`{0}` is not a header like `NAME: VALUE`")]
    Header(String),
    /// The first line is not `POST /path HTTP/1.1`.
    #[error("`{0}` is not the first line of a request, like `POST /path HTTP/1.1`")]
    RequestLine(String),
    /// A response, and no request.
    #[error("it is a response, and no request")]
    Response,
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
    /// An option that changes the request in a way only the program could repeat.
    #[error("the option `{0}` is not understood here")]
    UnknownOption(String),
    /// A part of the request that is in another file.
    #[error("`{0}` reads what is not in the text")]
    OtherFile(String),
    /// No command that sends a request.
    #[error("there is no command that sends a request and reads nothing but what is written before it")]
    NoCommand,
    /// An option without its value.
    #[error("the option `{0}` has no value")]
    OptionValue(String),
    /// A command without a URL, or with two.
    #[error("the command must have exactly one URL")]
    CommandUrl,
    /// A variable whose value the file does not say.
    #[error("the value of the variable `{0}` is not in the file")]
    Variable(String),
    /// A call in a program whose arguments cannot be read.
    #[error("the call cannot be read: {0}")]
    Call(&'static str),
    /// It begins like JSON and is none.
    #[error("it begins like JSON and is not: {0}")]
    Json(String),
    /// A body that should be base64 and is not.
    #[error("its body is not base64")]
    Base64,
    /// A body whose bytes a tool replaced.
    #[error(
        "its body has {kept} bytes and {said} were sent: the tool replaced bytes that are not UTF-8, and they are lost"
    )]
    BytesLost {
        /// The length that was sent.
        said: usize,
        /// The length of what the tool kept.
        kept: usize,
    },
    /// A request of a file that does not hold what was sent.
    #[error("{0}")]
    Entry(String),
    /// Captured packets without a request.
    #[error("no packet there begins a request of HTTP")]
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

/// What a reader makes of a text: its requests, each of which may be odd without saying anything against the others.
type Read = Result<Vec<Result<Captured, RequestError>>, RequestError>;

/// A form in which a request is handed over.
struct Format {
    /// Whether a text looks like it.
    begins: fn(&[u8]) -> bool,
    /// Reads such a text.
    read: fn(&[u8]) -> Read,
}

/// Every form, the most distinct first: the first that a text looks like is the one.
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

/// Reads every request of a text in any of the forms.
pub fn read(text: &[u8]) -> Result<Vec<Captured>, RequestError> {
    read_each(text)?.into_iter().collect()
}

/// [`read`], where a request that cannot be read leaves the others as they are.
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

fn read_text(text: &[u8], depth: usize) -> Read {
    if depth > MOST_DEPTH {
        return Err(unknown::error(text));
    }
    let plain = wrapping::unindented(text);
    // Editors put blank lines before what was pasted.
    let text = plain.as_deref().unwrap_or(text).trim_ascii_start();
    if json::begins(text) && !wrapping::begins_fenced(text) && !maps::begins(text) {
        return json::read(text, depth);
    }
    // What begins as a request may have fences and quotations in its body.
    let is_http = raw::begins(text) || raw::begins_pseudo(text) || http_file::begins(text);
    if !is_http && let Some(plain) = wrapping::unquoted(text) {
        return read_text(&plain, depth + 1);
    }
    let blocks = if is_http { Vec::new() } else { wrapping::fenced(text) };
    if !blocks.is_empty() {
        return read_blocks(&blocks, depth + 1);
    }
    match FORMATS.iter().find(|format| (format.begins)(text)) {
        // What looks like a form and holds no request in it, such as comments alone, is unknown.
        Some(format) => {
            (format.read)(text).and_then(|all| if all.is_empty() { Err(unknown::error(text)) } else { Ok(all) })
        }
        None => read_within(text, depth),
    }
}

/// Reads what blocks of code hold. Blocks that hold no request are passed over, unless none does; the only one of them is the
/// body of the only request, where that has none.
fn read_blocks(blocks: &[&[u8]], depth: usize) -> Read {
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

/// Reads the bytes of dumps: of the connection itself, or of captured packets.
fn read_dumps(text: &[u8]) -> Read {
    let dumps = hex::dumps(text);
    match dumps.iter().find(|dump| raw::begins(dump)) {
        Some(sent) => Ok(renamed(raw::read(sent)?, "hex dump")),
        None => packets::of_packets(&dumps),
    }
}

/// The longest text before an object, such as what a log writes before it.
const LONGEST_PREFIX: usize = 400;

/// Reads what stands behind a few words, or is encoded as a whole.
fn read_within(text: &[u8], depth: usize) -> Read {
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

/// A raw request on one line, whose head has `\r\n` written out. What follows the head stays as it is.
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
