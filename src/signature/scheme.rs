//! What a scheme is: which bytes it signs, with which key, and in which headers it says so.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderName;

use super::key::Key;
use super::received::Received;
use super::{Refusal, SecretError};
use crate::clock::Timestamp;

/// How the bytes are turned into a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-1.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-512.
    HmacSha512,
    /// Ed25519, with a private key to sign and a public one to verify.
    Ed25519,
}

impl Algorithm {
    /// The length of its code in bytes.
    pub const fn code_length(self) -> usize {
        match self {
            Self::HmacSha1 => 20,
            Self::HmacSha256 => 32,
            Self::HmacSha512 | Self::Ed25519 => 64,
        }
    }

    /// Its name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::Ed25519 => "Ed25519",
        }
    }
}

/// How a code is written in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Lower-case hexadecimal; upper case is read too.
    Hex,
    /// Base64 with padding.
    Base64,
}

impl Encoding {
    /// Writes a code.
    pub fn encode(self, code: &[u8]) -> String {
        match self {
            Self::Hex => hex_text(code),
            Self::Base64 => BASE64.encode(code),
        }
    }

    /// Reads a code of exactly `length` bytes; nothing may precede or follow it.
    pub fn decode(self, text: &str, length: usize) -> Result<Code, Refusal> {
        match self {
            Self::Hex => decode_hex(text, length),
            Self::Base64 => decode_base64(text, length),
        }
    }

    /// Its name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }
}

/// Lower-case hex. With a table it costs a fifth of `hex::encode`, which collects character by character.
pub(super) fn hex_text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = vec![0; bytes.len() * 2];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    String::from_utf8(text).unwrap_or_default()
}

/// The value of each hexadecimal digit, and 255 for every other byte.
const HEX_VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let (mut at, mut value) = (0, 0);
    while at < 16 {
        let digit = b"0123456789abcdef"[at];
        values[digit as usize] = value;
        values[digit.to_ascii_uppercase() as usize] = value;
        at += 1;
        value += 1;
    }
    values
};

fn decode_hex(text: &str, length: usize) -> Result<Code, Refusal> {
    let mut code = Code::empty(length);
    let mut seen = 0;
    if text.len() == 2 * length {
        for (byte, pair) in code.bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (high, low) = (HEX_VALUES[usize::from(pair[0])], HEX_VALUES[usize::from(pair[1])]);
            seen |= high | low;
            *byte = (high << 4) | (low & 15);
        }
        return if seen < 16 { Ok(code) } else { Err(Refusal::CodeNotHexadecimal) };
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Refusal::CodeNotHexadecimal);
    }
    Err(Refusal::CodeLength { expected: length, given: text.len().div_ceil(2) })
}

fn decode_base64(text: &str, length: usize) -> Result<Code, Refusal> {
    if text.len() > CODE_SPACE / 3 * 4 {
        let given = BASE64.decode(text).map_err(|_| Refusal::CodeNotBase64)?.len();
        return Err(Refusal::CodeLength { expected: length, given });
    }
    let mut code = Code::empty(length);
    let given = BASE64.decode_slice(text, &mut code.bytes).map_err(|_| Refusal::CodeNotBase64)?;
    if given == length { Ok(code) } else { Err(Refusal::CodeLength { expected: length, given }) }
}

/// Room for the longest code, as whole groups of base64.
const CODE_SPACE: usize = 66;

/// The decoded bytes of a signature.
#[derive(Clone, Copy)]
pub struct Code {
    bytes: [u8; CODE_SPACE],
    length: usize,
}

impl Code {
    fn empty(length: usize) -> Self {
        Self { bytes: [0; CODE_SPACE], length }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", hex::encode(self.as_bytes()))
    }
}

/// What a secret's text means as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyForm {
    /// The text itself, whatever it begins with.
    Text,
    /// Base64 after `whsec_`; any other text as it is.
    Standard,
    /// Ed25519 keys as Standard Webhooks writes them: `whsk_` private, `whpk_` public, each base64.
    StandardPair,
    /// An Ed25519 public key in hex; to sign in a test, a private one as `whsk_`.
    HexPublic,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeForm {
    /// Whole seconds since 1970, at most twelve digits.
    Seconds,
    /// Milliseconds since 1970, at most fifteen digits.
    Millis,
    /// Seconds since 1970 or RFC 3339.
    SecondsOrDate,
}

impl TimeForm {
    /// Writes a time.
    pub fn write(self, at: Timestamp) -> String {
        match self {
            Self::Seconds | Self::SecondsOrDate => at.as_seconds().to_string(),
            Self::Millis => at.as_millis().to_string(),
        }
    }

    /// Reads a time; anything but digits (or a date, where the form allows one) is refused.
    pub fn read(self, text: &str) -> Option<Timestamp> {
        match self {
            Self::Seconds => Some(Timestamp::from_millis(digits(text, 12)?.saturating_mul(1000))),
            Self::Millis => Some(Timestamp::from_millis(digits(text, 15)?)),
            Self::SecondsOrDate => Self::Seconds.read(text).or_else(|| Timestamp::parse(text)),
        }
    }
}

fn digits(text: &str, most: usize) -> Option<i64> {
    let right = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if right { text.parse().ok() } else { None }
}

/// One stretch of the signed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Fixed text.
    Literal(Cow<'static, str>),
    /// The request's method, as written.
    Method,
    /// The URL the request was sent to.
    Url,
    /// The message id.
    Id,
    /// The time, as written in its header.
    Time,
    /// The body, byte for byte.
    Body,
    /// The names and values of a form, sorted and joined.
    Form,
}

/// How far a signed time may lie from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// The oldest accepted age.
    pub past: Duration,
    /// How far ahead a time may lie; without it, any.
    pub future: Option<Duration>,
}

impl Tolerance {
    /// The same limit both ways.
    pub const fn both(limit: Duration) -> Self {
        Self { past: limit, future: Some(limit) }
    }

    /// The same limit both ways, in seconds.
    pub const fn seconds(limit: u64) -> Self {
        Self::both(Duration::from_secs(limit))
    }

    /// A limit of age only.
    pub const fn past_seconds(limit: u64) -> Self {
        Self { past: Duration::from_secs(limit), future: None }
    }

    /// Whether a time signed at `at` is still accepted at `now`.
    pub fn covers(&self, at: Timestamp, now: Timestamp) -> bool {
        now.since(at) <= self.past && self.future.is_none_or(|ahead| at.since(now) <= ahead)
    }
}

/// What a valid signature proves about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protects {
    /// Nobody changed the body.
    pub body: bool,
    /// Nobody changed the time, so an old request can be refused.
    pub time: bool,
    /// Nobody changed the id, so a repeated request can be recognised.
    pub id: bool,
    /// Nobody sent it to another address.
    pub url: bool,
}

/// Everything about a scheme that is not code.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its name on the command line.
    pub name: Cow<'static, str>,
    /// Its name in words.
    pub title: &'static str,
    /// The header of the signature.
    pub header: HeaderName,
    /// The header of the time.
    pub time_header: Option<HeaderName>,
    /// The header of the id.
    pub id_header: Option<HeaderName>,
    /// How the time is written.
    pub time_form: TimeForm,
    /// What stands before the code in its header, a version included.
    pub prefix: Cow<'static, str>,
    /// Whether the header is a list, of which the code is an entry.
    pub listed: bool,
    /// What is signed.
    pub signed: Cow<'static, [Part]>,
    /// How the code is computed.
    pub algorithm: Algorithm,
    /// How the code is written.
    pub encoding: Encoding,
    /// What the secret's text means.
    pub key_form: KeyForm,
    /// How old a request may be, where the scheme says so.
    pub tolerance: Option<Tolerance>,
}

impl Facts {
    /// Whether `part` is among the signed ones.
    pub fn signs(&self, part: &Part) -> bool {
        self.signed.contains(part)
    }

    /// The signed content as a template, such as `{id}.{timestamp}.{body}`.
    pub fn template(&self) -> String {
        template(&self.signed)
    }
}

/// Parts as a template, such as `{id}.{timestamp}.{body}`.
pub fn template(parts: &[Part]) -> String {
    let word = |part: &Part| match part {
        Part::Literal(text) => text.to_string(),
        Part::Method => "{method}".to_owned(),
        Part::Url => "{url}".to_owned(),
        Part::Id => "{id}".to_owned(),
        Part::Time => "{timestamp}".to_owned(),
        Part::Body => "{body}".to_owned(),
        Part::Form => "{sorted form}".to_owned(),
    };
    parts.iter().map(word).collect()
}

/// The parts of one request, from which the signed bytes are put together.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The method, `POST` for nearly every webhook.
    pub method: &'a str,
    /// The URL it is sent to, for the schemes that sign it.
    pub url: &'a str,
    /// The message id; empty in schemes without one.
    pub id: &'a str,
    /// The time as it is written in the request.
    pub time: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// What a request says of its own signature.
#[derive(Clone, Debug, Default)]
pub struct Claim<'a> {
    /// The codes it carries; one that matches is enough.
    pub codes: Vec<Code>,
    /// When it says it was signed.
    pub time: Option<Time<'a>>,
    /// Its id; empty in schemes without one.
    pub id: &'a str,
}

/// A time as a request carries it.
#[derive(Clone, Copy, Debug)]
pub struct Time<'a> {
    /// As written.
    pub text: &'a str,
    /// As a moment.
    pub at: Timestamp,
    /// Whether the signature covers it.
    pub signed: bool,
}

/// One way in which senders sign.
///
/// Most are a row of the table in [`super::table`]; the trait's own code is enough for those.
pub trait Scheme: fmt::Debug + Send + Sync {
    /// What it is called, which headers it uses, what it signs.
    fn facts(&self) -> &Facts;

    /// What a valid signature proves.
    fn protects(&self) -> Protects {
        let mut protects = Protects { body: false, time: false, id: false, url: false };
        for part in self.facts().signed.iter() {
            match part {
                Part::Body | Part::Form => protects.body = true,
                Part::Time => protects.time = true,
                Part::Id => protects.id = true,
                Part::Url => protects.url = true,
                Part::Literal(_) | Part::Method => {}
            }
        }
        protects
    }

    /// Reads a secret's text as a key.
    fn key(&self, secret: &[u8]) -> Result<Key, SecretError> {
        let facts = self.facts();
        Key::read(facts.key_form, facts.algorithm, secret)
    }

    /// Reads what the request's headers say.
    ///
    /// A header that is missing, given twice or not of its form is refused; nothing is guessed.
    fn read<'a>(&self, received: &'a Received) -> Result<Claim<'a>, Refusal> {
        let facts = self.facts();
        let text = received.the_header(&facts.header)?;
        let code = text.strip_prefix(facts.prefix.as_ref()).ok_or(Refusal::PrefixMissing)?;
        Ok(Claim {
            codes: vec![facts.encoding.decode(code, facts.algorithm.code_length())?],
            time: time_of(facts, received)?,
            id: id_of(facts, received)?,
        })
    }

    /// The time that only the body tells, read once the signature is known to be right.
    fn time_in_body(&self, _body: &[u8]) -> Option<Timestamp> {
        None
    }

    /// The spellings of a URL that the sender may have signed.
    fn urls<'a>(&self, url: &'a str) -> Vec<Cow<'a, str>> {
        vec![Cow::Borrowed(url)]
    }

    /// The URL to send `body` to, for schemes that put something of the body into it.
    fn url_for<'a>(&self, url: &'a str, _body: &[u8]) -> Cow<'a, str> {
        Cow::Borrowed(url)
    }

    /// Hands the signed bytes to `sink`, piece by piece.
    fn feed(&self, message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
        feed(&self.facts().signed, message, sink);
    }

    /// The headers that carry `codes`, one code for each secret, newest first.
    ///
    /// Where a header has room for one code only, the first is written.
    fn write(&self, message: &Message<'_>, codes: &[Vec<u8>]) -> Vec<(String, String)> {
        let facts = self.facts();
        let code = codes.first().map(|code| facts.encoding.encode(code)).unwrap_or_default();
        let value = if facts.prefix.is_empty() { code } else { [&facts.prefix, code.as_str()].concat() };
        let mut headers = id_and_time(facts, message);
        headers.push((facts.header.to_string(), value));
        headers
    }
}

/// The headers of id and time.
pub(super) fn id_and_time(facts: &Facts, message: &Message<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::with_capacity(3);
    headers.extend(facts.id_header.as_ref().map(|name| (name.to_string(), message.id.to_owned())));
    headers.extend(facts.time_header.as_ref().map(|name| (name.to_string(), message.time.to_owned())));
    headers
}

/// The time in its own header.
pub(super) fn time_of<'a>(facts: &Facts, received: &'a Received) -> Result<Option<Time<'a>>, Refusal> {
    let Some(header) = &facts.time_header else { return Ok(None) };
    let text = received.the_header(header)?;
    let at = facts.time_form.read(text).ok_or_else(|| Refusal::TimeMalformed(header.to_string()))?;
    Ok(Some(Time { text, at, signed: facts.signed.iter().any(|part| matches!(part, Part::Time)) }))
}

/// The id in its own header.
///
/// An id with a dot is refused where dots join the signed parts: `a.1` and `2` would sign like `a` and `1.2`.
pub(super) fn id_of<'a>(facts: &Facts, received: &'a Received) -> Result<&'a str, Refusal> {
    let Some(header) = &facts.id_header else { return Ok("") };
    let id = received.the_header(header)?;
    if is_id(id) { Ok(id) } else { Err(Refusal::IdMalformed(header.to_string())) }
}

/// Whether an id can be signed without being mistaken for another message's parts.
pub fn is_id(id: &str) -> bool {
    (1..=256).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'.')
}

/// Hands `parts` of a message to `sink`.
pub fn feed(parts: &[Part], message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
    for part in parts {
        match part {
            Part::Literal(text) => sink(text.as_bytes()),
            Part::Method => sink(message.method.as_bytes()),
            Part::Url => sink(message.url.as_bytes()),
            Part::Id => sink(message.id.as_bytes()),
            Part::Time => sink(message.time.as_bytes()),
            Part::Body => sink(message.body),
            Part::Form => sink(super::twilio::sorted_form(message.body).as_bytes()),
        }
    }
}
