//! The vocabulary of schemes: algorithms, key forms, time forms, signed parts, and the facts that describe a scheme.
//!
//! Nothing here depends on a single scheme.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderName;

use super::code::{Code, Encoding};
use super::error::VerifyError;
use crate::clock::Timestamp;

/// How a signature is computed from the signed content: HMAC, key pair, hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-1.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-512.
    HmacSha512,
    /// SHA-256 of the secret followed by the content. Such a code allows length-extension attacks.
    SecretThenSha256,
    /// The secret itself; it does not protect the content.
    Token,
    /// Ed25519, with a private key to sign and a public one to verify.
    Ed25519,
    /// ECDSA on P-256 with SHA-256, the signature in ASN.1.
    EcdsaP256,
    /// RSA with SHA-256 (PKCS #1 v1.5).
    RsaSha256,
    /// RSA with SHA-1 (PKCS #1 v1.5); to verify only.
    RsaSha1,
}

impl Algorithm {
    /// The length of its code in bytes; `None` where that depends on the key or the content.
    pub const fn code_length(self) -> Option<usize> {
        match self {
            Self::HmacSha1 => Some(20),
            Self::HmacSha256 | Self::SecretThenSha256 => Some(32),
            Self::HmacSha512 | Self::Ed25519 => Some(64),
            Self::Token | Self::EcdsaP256 | Self::RsaSha256 | Self::RsaSha1 => None,
        }
    }

    /// Whether a public key verifies what a private one signed.
    pub const fn has_key_pair(self) -> bool {
        match self {
            Self::Ed25519 | Self::EcdsaP256 | Self::RsaSha256 | Self::RsaSha1 => true,
            Self::HmacSha1 | Self::HmacSha256 | Self::HmacSha512 | Self::SecretThenSha256 | Self::Token => false,
        }
    }

    /// Whether it is an HMAC.
    pub const fn is_hmac(self) -> bool {
        matches!(self, Self::HmacSha1 | Self::HmacSha256 | Self::HmacSha512)
    }

    /// Its name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::SecretThenSha256 => "SHA-256 of the secret and then",
            Self::Token => "the secret itself",
            Self::Ed25519 => "Ed25519",
            Self::EcdsaP256 => "ECDSA P-256",
            Self::RsaSha256 => "RSA-SHA256",
            Self::RsaSha1 => "RSA-SHA1",
        }
    }
}

/// How a secret's text becomes a key: as it stands, as base64, as hex.
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
    /// The bytes that its hex digits stand for.
    Hex,
    /// A certificate or a public key in PEM, or a public key in base64 (SubjectPublicKeyInfo); to sign in a test, a private key
    /// in PEM (PKCS #8).
    Certificate,
}

/// How the signed time is written: seconds, milliseconds, RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeForm {
    /// Whole seconds since 1970, at most twelve digits.
    Seconds,
    /// Milliseconds since 1970, at most fifteen digits.
    Millis,
    /// Seconds since 1970 or RFC 3339.
    SecondsOrDate,
    /// Seconds or milliseconds since 1970, told apart by the number of digits.
    SecondsOrMillis,
    /// RFC 3339.
    Date,
}

impl TimeForm {
    /// Writes a time.
    pub fn write(self, at: Timestamp) -> String {
        match self {
            Self::Seconds | Self::SecondsOrDate | Self::SecondsOrMillis => at.as_seconds().to_string(),
            Self::Millis => at.as_millis().to_string(),
            Self::Date => at.to_string(),
        }
    }

    /// Reads a time; anything but digits (or a date, where the form allows one) is refused.
    pub fn read(self, text: &str) -> Option<Timestamp> {
        match self {
            Self::Seconds => Some(Timestamp::from_millis(digits(text, 12)?.saturating_mul(1000))),
            Self::Millis => Some(Timestamp::from_millis(digits(text, 15)?)),
            Self::SecondsOrDate => Self::Seconds.read(text).or_else(|| Timestamp::parse(text)),
            Self::SecondsOrMillis => Self::Seconds.read(text).or_else(|| Self::Millis.read(text)),
            Self::Date => Some(text).filter(|text| text.contains('T')).and_then(Timestamp::parse),
        }
    }
}

/// A number of at most `most` digits, eighteen or fewer, so that it always fits.
fn digits(text: &str, most: usize) -> Option<i64> {
    let value = |number: i64, byte: u8| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'));
    if (1..=most).contains(&text.len()) { text.bytes().try_fold(0, value) } else { None }
}

/// One part of the signed content: a literal, the body, the time, a header, …
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContentPart {
    /// Fixed text.
    Literal(Cow<'static, str>),
    /// The request's method, as written.
    Method,
    /// The URL the request was sent to.
    Url,
    /// The path and query of that URL.
    Path,
    /// The value of that name in the query of the URL, decoded.
    Query(Cow<'static, str>),
    /// The message id.
    Id,
    /// The time, as written in its header.
    Time,
    /// The body, byte for byte.
    Body,
    /// The names and values of a form, sorted and joined.
    Form,
    /// The CRC-32 of the body, in decimal digits.
    BodyCrc32,
    /// What only one scheme knows, by the name it has in a template.
    Context(&'static str),
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

/// What a valid signature protects: body, time, id, URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protects {
    /// The body.
    pub body: bool,
    /// The time, so that an old request can be refused.
    pub time: bool,
    /// The id, so that a replayed request can be recognised.
    pub id: bool,
    /// The URL, so that a request cannot be sent to another one.
    pub url: bool,
}

/// The description of a signature scheme: headers, algorithm, key, signed content, tolerance.
#[derive(Clone, Debug)]
pub struct SchemeFacts {
    /// Its name on the command line.
    pub name: Cow<'static, str>,
    /// Its name in words.
    pub title: &'static str,
    /// The header of the signature; if the body holds the code, a header that identifies the sender.
    pub header: HeaderName,
    /// The header of the time.
    pub time_header: Option<HeaderName>,
    /// The header of the id.
    pub id_header: Option<HeaderName>,
    /// How the time is written.
    pub time_form: TimeForm,
    /// The prefix of the code in its header, including a version.
    pub prefix: Cow<'static, str>,
    /// Whether the header is a list with codes as entries.
    pub listed: bool,
    /// The signed content as parts.
    pub signed: Cow<'static, [ContentPart]>,
    /// How the code is computed.
    pub algorithm: Algorithm,
    /// How the code is written.
    pub encoding: Encoding,
    /// What the secret's text means.
    pub key_form: KeyForm,
    /// How old a request may be, if the scheme defines that.
    pub tolerance: Option<Tolerance>,
}

impl SchemeFacts {
    /// Whether `part` is signed.
    pub fn signs(&self, part: &ContentPart) -> bool {
        self.signed.contains(part)
    }

    /// The rest of `text` after the prefix.
    ///
    /// An empty prefix is not compared: in the C library that can take a tenth of the time of an HMAC.
    pub(super) fn after_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.prefix.is_empty() { Some(text) } else { text.strip_prefix(self.prefix.as_ref()) }
    }

    /// Reads one code as the scheme writes it, without its prefix.
    pub(super) fn decode(&self, text: &str) -> Result<Code, VerifyError> {
        self.encoding.decode(text, self.algorithm.code_length())
    }

    /// The length of one code with its prefix, as it is written.
    pub(super) fn entry_length(&self) -> usize {
        self.prefix.len() + self.encoding.length(self.algorithm.code_length().unwrap_or(512))
    }

    /// The signed content as a template, such as `{id}.{timestamp}.{body}`.
    pub fn template(&self) -> String {
        template(&self.signed)
    }
}

/// Parts as a template, such as `{id}.{timestamp}.{body}`.
pub(crate) fn template(parts: &[ContentPart]) -> String {
    let word = |part: &ContentPart| match part {
        ContentPart::Literal(text) => text.to_string(),
        ContentPart::Method => "{method}".to_owned(),
        ContentPart::Url => "{url}".to_owned(),
        ContentPart::Path => "{path}".to_owned(),
        ContentPart::Query(name) => format!("{{query.{name}}}"),
        ContentPart::Id => "{id}".to_owned(),
        ContentPart::Time => "{timestamp}".to_owned(),
        ContentPart::Body => "{body}".to_owned(),
        ContentPart::Form => "{sorted form}".to_owned(),
        ContentPart::BodyCrc32 => "{crc32 of the body}".to_owned(),
        ContentPart::Context(name) => format!("{{{name}}}"),
    };
    parts.iter().map(word).collect()
}

/// The id under which a webhook is registered with its sender.
pub(crate) const REGISTERED_ID: ContentPart = ContentPart::Context("registered id");
pub(crate) const BODY: &[ContentPart] = &[ContentPart::Body];
pub(crate) const BODY_TIME: &[ContentPart] = &[ContentPart::Body, ContentPart::Time];
pub(crate) const TIME_BODY: &[ContentPart] = &[ContentPart::Time, ContentPart::Body];
pub(crate) const TIME_COLON_BODY: &[ContentPart] =
    &[ContentPart::Time, ContentPart::Literal(Cow::Borrowed(":")), ContentPart::Body];
pub(crate) const V0_TIME_BODY: &[ContentPart] = &[
    ContentPart::Literal(Cow::Borrowed("v0:")),
    ContentPart::Time,
    ContentPart::Literal(Cow::Borrowed(":")),
    ContentPart::Body,
];
pub(crate) const URL_BODY: &[ContentPart] = &[ContentPart::Url, ContentPart::Body];

/// The facts of a scheme that signs the body by HMAC-SHA256 with the secret's text, from which most rows derive.
pub(super) fn body(name: &'static str, title: &'static str, header: &'static str, encoding: Encoding) -> SchemeFacts {
    SchemeFacts {
        name: name.into(),
        title,
        header: HeaderName::from_static(header),
        time_header: None,
        id_header: None,
        time_form: TimeForm::Seconds,
        prefix: "".into(),
        listed: false,
        signed: BODY.into(),
        algorithm: Algorithm::HmacSha256,
        encoding,
        key_form: KeyForm::Text,
        tolerance: None,
    }
}

impl SchemeFacts {
    pub(super) fn prefix(self, prefix: &'static str) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    pub(super) fn listed(self, prefix: &'static str) -> Self {
        Self { prefix: prefix.into(), listed: true, ..self }
    }

    pub(super) fn signed(self, parts: &'static [ContentPart]) -> Self {
        Self { signed: parts.into(), ..self }
    }

    pub(super) fn algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    pub(super) fn key_form(self, key_form: KeyForm) -> Self {
        Self { key_form, ..self }
    }

    pub(super) fn id(self, header: &'static str) -> Self {
        Self { id_header: Some(HeaderName::from_static(header)), ..self }
    }

    pub(super) fn time(self, header: &'static str, time_form: TimeForm) -> Self {
        Self { time_header: Some(HeaderName::from_static(header)), time_form, ..self }
    }

    /// A time in the header of the signature.
    pub(super) fn times(self, time_form: TimeForm) -> Self {
        Self { time_form, ..self }
    }

    pub(super) fn limit(self, tolerance: Tolerance) -> Self {
        Self { tolerance: Some(tolerance), ..self }
    }
}
