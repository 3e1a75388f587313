//! The options of `verify` for a generic scheme under which a request is accepted.

use http::HeaderName;

use crate::clock::Timestamp;
use crate::signature::Received;
use crate::signature::facts::template;
use crate::signature::{Algorithm, ContentPart, Description, Encoding, Generic, Key, TimeForm, verify};

/// A header other than the scheme's own that holds the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CodePlace {
    pub header: HeaderName,
    /// The prefix of the code.
    pub prefix: String,
    pub encoding: Encoding,
    /// Whether it may be verified instead of the scheme's own.
    pub usable: bool,
}

/// What the sender signed, and the headers its parts come from: the options for a scheme of one's own.
pub(super) struct SignedContent<'a> {
    pub parts: &'a [ContentPart],
    pub id: Option<&'a HeaderName>,
    pub time: Option<(&'a HeaderName, &'a str)>,
}

/// The options, if the request is accepted under them by `key`.
pub(super) fn options(
    received: &Received,
    place: &CodePlace,
    length: usize,
    signed: &SignedContent<'_>,
    key: &[u8],
) -> Option<String> {
    let description = description(place, length, signed).filter(|_| place.usable)?;
    let scheme = Generic::new(description.clone()).ok()?;
    let key = Key::hmac(description.algorithm, key);
    verify(&scheme, received, &[key], Timestamp::default(), None).signature.ok()?;
    options_of(&description)
}

fn description(place: &CodePlace, length: usize, signed: &SignedContent<'_>) -> Option<Description> {
    let default = Description::default();
    let algorithm = [Algorithm::HmacSha1, Algorithm::HmacSha256, Algorithm::HmacSha512]
        .into_iter()
        .find(|it| it.code_length() == Some(length))?;
    Some(Description {
        signed: template(signed.parts),
        header: place.header.to_string(),
        id_header: signed.id.map_or(default.id_header, HeaderName::to_string),
        time_header: signed.time.map_or(default.time_header, |(name, _)| name.to_string()),
        time_param: None,
        code_param: None,
        prefix: place.prefix.clone(),
        algorithm,
        encoding: place.encoding,
        time_form: match signed.time {
            Some((_, text)) if TimeForm::Seconds.read(text).is_none() => TimeForm::Millis,
            _ => TimeForm::Seconds,
        },
        key_form: default.key_form,
    })
}

/// A description as options; `None` if a value would need quotes.
fn options_of(description: &Description) -> Option<String> {
    let default = Description::default();
    let mut all = vec![("--scheme", "generic".to_owned()), ("--signature-header", description.header.clone())];
    let mut add = |option, value: &String, default: &String| {
        if value != default {
            all.push((option, value.clone()));
        }
    };
    add("--signed", &description.signed, &default.signed);
    add("--id-header", &description.id_header, &default.id_header);
    add("--timestamp-header", &description.time_header, &default.time_header);
    add("--prefix", &description.prefix, &default.prefix);
    match description.algorithm {
        Algorithm::HmacSha1 => all.push(("--algorithm", "sha1".to_owned())),
        Algorithm::HmacSha512 => all.push(("--algorithm", "sha512".to_owned())),
        Algorithm::HmacSha256
        | Algorithm::SecretThenSha256
        | Algorithm::Token
        | Algorithm::Ed25519
        | Algorithm::EcdsaP256
        | Algorithm::RsaSha256
        | Algorithm::RsaSha1 => {}
    }
    if description.encoding == Encoding::Base64 {
        all.push(("--encoding", "base64".to_owned()));
    }
    if description.time_form == TimeForm::Millis {
        all.push(("--timestamp-unit", "milliseconds".to_owned()));
    }
    let words: Option<Vec<_>> = all.iter().map(|(option, value)| Some(format!("{option} {}", word(value)?))).collect();
    Some(words?.join(" "))
}

/// A value as a shell word. Values may come from foreign headers, so only plain characters are allowed.
fn word(value: &str) -> Option<String> {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    let quotable = |b: u8| b == b' ' || (b.is_ascii_graphic() && b != b'\'');
    match value {
        _ if value.starts_with('-') => None,
        _ if !value.is_empty() && value.bytes().all(bare) => Some(value.to_owned()),
        _ if value.bytes().all(quotable) => Some(format!("'{value}'")),
        _ => None,
    }
}
