//! What a scheme is: which bytes it signs, with which key, and in which headers it says so.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::HeaderName;

use super::code::{Codes, Encoding};
use super::key::Key;
use super::received::{Received, SingleHeader};
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

/// A number of at most `most` digits, eighteen or fewer, so that it always fits.
fn digits(text: &str, most: usize) -> Option<i64> {
    let value = |number: i64, byte: u8| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'));
    if (1..=most).contains(&text.len()) { text.bytes().try_fold(0, value) } else { None }
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

    /// What follows the prefix in `text`.
    ///
    /// An empty one is not compared, because the C library can take as long for that as for a tenth of an HMAC.
    pub(super) fn after_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.prefix.is_empty() { Some(text) } else { text.strip_prefix(self.prefix.as_ref()) }
    }

    /// The length of one code with its prefix, as it is written.
    pub(super) fn entry_length(&self) -> usize {
        self.prefix.len() + self.encoding.length(self.algorithm.code_length())
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
    pub codes: Codes,
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
        let texts = Texts::of(facts, received)?;
        let code = facts.after_prefix(texts.signature).ok_or(Refusal::PrefixMissing)?;
        let code = facts.encoding.decode(code, facts.algorithm.code_length())?;
        Ok(Claim { codes: code.into(), time: texts.time, id: texts.id })
    }

    /// The member of the body that holds the time, for schemes that have it there: without it the age is not known.
    fn time_member(&self) -> Option<&'static str> {
        None
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

    /// What the signature header holds: one code for each secret, newest first.
    ///
    /// Where it has room for one code only, the first is written.
    fn value(&self, _message: &Message<'_>, codes: &Codes) -> String {
        let facts = self.facts();
        let mut value = String::with_capacity(facts.entry_length());
        for code in codes.iter().take(1) {
            value.push_str(&facts.prefix);
            facts.encoding.write(code, &mut value);
        }
        value
    }

    /// The headers that carry id, time and signature, in the order to write them.
    fn write<'a>(&'a self, message: &Message<'a>, codes: &Codes) -> Vec<Header<'a>> {
        let facts = self.facts();
        let mut headers = Vec::with_capacity(3);
        headers.extend(facts.id_header.as_ref().map(|name| (name, message.id.into())));
        headers.extend(facts.time_header.as_ref().map(|name| (name, message.time.into())));
        headers.push((&facts.header, self.value(message, codes).into()));
        headers
    }
}

/// A header that was signed: its name is the scheme's, and its value the message's own where nothing was computed.
pub type Header<'a> = (&'a HeaderName, Cow<'a, str>);

/// What the headers of a scheme hold.
pub(super) struct Texts<'a> {
    /// The value of the signature header.
    pub signature: &'a str,
    /// The time, where it has a header of its own.
    pub time: Option<Time<'a>>,
    /// The id, where it has a header of its own.
    pub id: &'a str,
}

impl<'a> Texts<'a> {
    /// Reads the headers that `facts` name. One pass over the few headers of a request costs less than to look each up.
    pub(super) fn of(facts: &Facts, received: &'a Received) -> Result<Self, Refusal> {
        let [mut signature, mut time, mut id] = [SingleHeader::default(); 3];
        for (name, value) in &received.headers {
            if *name == facts.header {
                signature.add(value);
            } else if Some(name) == facts.time_header.as_ref() {
                time.add(value);
            } else if Some(name) == facts.id_header.as_ref() {
                id.add(value);
            }
        }
        Ok(Self {
            signature: signature.text(&facts.header)?,
            time: facts.time_header.as_ref().map(|name| time_of(facts, name, time.text(name)?)).transpose()?,
            id: facts.id_header.as_ref().map_or(Ok(""), |name| id_of(name, id.text(name)?))?,
        })
    }
}

fn time_of<'a>(facts: &Facts, name: &HeaderName, text: &'a str) -> Result<Time<'a>, Refusal> {
    let at = facts.time_form.read(text).ok_or_else(|| Refusal::TimeMalformed(name.to_string()))?;
    Ok(Time { text, at, signed: facts.signs(&Part::Time) })
}

/// An id with a dot is refused where dots join the signed parts: `a.1` and `2` would sign like `a` and `1.2`.
fn id_of<'a>(name: &HeaderName, id: &'a str) -> Result<&'a str, Refusal> {
    if is_id(id) { Ok(id) } else { Err(Refusal::IdMalformed(name.to_string())) }
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
