//! The trait of signature schemes: reading and writing headers, and the signed content.

use std::borrow::Cow;
use std::fmt;

use http::HeaderName;

use super::code::Codes;
use super::error::{SecretError, SignError, VerifyError};
use super::facts::{Algorithm, ContentPart, Protects, SchemeFacts};
use super::key::Key;
use super::message::{Message, feed, is_id};
use super::received::{Received, SingleHeader};
use crate::clock::Timestamp;

/// What a request says of its own signature: the codes, the time, the id. Not verified yet.
#[derive(Clone, Debug, Default)]
pub struct SignatureClaim<'a> {
    /// The codes it carries; one that matches is enough.
    pub codes: Codes,
    /// The time at which it claims to be signed.
    pub time: Option<SignedTime<'a>>,
    /// Its id; empty in schemes without one.
    pub id: &'a str,
    /// A signed part that only this scheme uses.
    pub context: Cow<'a, str>,
}

/// A signed time as a request carries it: its text, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct SignedTime<'a> {
    /// As written.
    pub text: &'a str,
    /// The time.
    pub at: Timestamp,
    /// Whether the signature covers it.
    pub signed: bool,
}

/// A signature scheme: how to sign, and how to read a request's signature.
///
/// Most schemes are a row of the registry's table and use the default methods.
pub trait Scheme: fmt::Debug + Send + Sync {
    /// Its description: name, headers, signed content.
    fn facts(&self) -> &SchemeFacts;

    /// The second header that may hold its signature.
    fn second_header(&self) -> Option<&HeaderName> {
        None
    }

    /// The member of the body that holds the code, for schemes whose headers hold none.
    fn code_member(&self) -> Option<&'static str> {
        None
    }

    /// Whether a request claims to be signed by this scheme: it has its header, with any value.
    fn is_named_by(&self, received: &Received) -> bool {
        let names = [Some(&self.facts().header), self.second_header()];
        names.into_iter().flatten().any(|name| received.headers.contains_key(name))
    }

    /// Whether requests can be signed by it here. Some codes are part of the body, or are the secret itself.
    fn can_sign(&self) -> Result<(), SignError> {
        match (self.code_member(), self.facts().algorithm) {
            (Some(member), _) => Err(SignError::InBody(member)),
            (None, Algorithm::Token) => Err(SignError::SecretItself),
            (None, Algorithm::RsaSha1) => Err(SignError::VerifyOnly),
            (None, _) => Ok(()),
        }
    }

    /// The parts that a valid signature protects.
    fn protects(&self) -> Protects {
        let mut protects = Protects { body: false, time: false, id: false, url: false };
        for part in self.facts().signed.iter() {
            match part {
                ContentPart::Body | ContentPart::Form | ContentPart::BodyCrc32 => protects.body = true,
                ContentPart::Time => protects.time = true,
                ContentPart::Id => protects.id = true,
                ContentPart::Url | ContentPart::Path | ContentPart::Query(_) => protects.url = true,
                ContentPart::Literal(_) | ContentPart::Method | ContentPart::Context(_) => {}
            }
        }
        protects
    }

    /// Reads a secret's text as a key.
    fn key(&self, secret: &[u8]) -> Result<Key, SecretError> {
        let facts = self.facts();
        Key::read(facts.key_form, facts.algorithm, secret)
    }

    /// Reads the signature of a request.
    ///
    /// A header that is missing, given twice or not of its form is refused; nothing is guessed.
    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        read(self.facts(), received)
    }

    /// The member of the body that holds the time, for schemes that have it there.
    fn time_member(&self) -> Option<&'static str> {
        None
    }

    /// The time in the body, read once the signature is verified.
    fn time_in_body(&self, _body: &[u8]) -> Option<Timestamp> {
        None
    }

    /// The spellings of a URL that the sender may have signed.
    fn urls<'a>(&self, url: &'a str) -> Vec<Cow<'a, str>> {
        vec![Cow::Borrowed(url)]
    }

    /// The URL to send `body` to, for schemes that put a hash of the body into it.
    fn url_for<'a>(&self, url: &'a str, _body: &[u8]) -> Cow<'a, str> {
        Cow::Borrowed(url)
    }

    /// Whether the signed `url` carries the hash of `body`; true for schemes without such a hash.
    fn body_matches_url(&self, _url: &str, _body: &[u8]) -> bool {
        true
    }

    /// Passes the signed bytes to `sink`, piece by piece.
    fn feed(&self, message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
        feed(&self.facts().signed, message, sink);
    }

    /// The value of the signature header: one code for each secret, newest first.
    ///
    /// A header that holds only one code gets the first.
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

/// Reads a signature whose code, time and id have a header each.
pub(super) fn read<'a>(facts: &SchemeFacts, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
    let texts = HeaderValues::of(facts, received)?;
    let code = facts.after_prefix(texts.signature).ok_or(VerifyError::PrefixMissing)?;
    let code = facts.decode(code)?;
    Ok(SignatureClaim { codes: code.into(), time: texts.time, id: texts.id, ..SignatureClaim::default() })
}

/// A header of a signed request: the name is borrowed from the scheme, the value from the message unless it was computed.
pub type Header<'a> = (&'a HeaderName, Cow<'a, str>);

/// The values of the headers that carry a signature.
pub(super) struct HeaderValues<'a> {
    /// The value of the signature header.
    pub signature: &'a str,
    /// The time, where it has a header of its own.
    pub time: Option<SignedTime<'a>>,
    /// The id, where it has a header of its own.
    pub id: &'a str,
}

impl<'a> HeaderValues<'a> {
    /// Reads the headers that `facts` name. One pass over the headers of a request costs less than several lookups.
    pub(super) fn of(facts: &SchemeFacts, received: &'a Received) -> Result<Self, VerifyError> {
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

pub(super) fn time_of<'a>(
    facts: &SchemeFacts,
    name: &HeaderName,
    text: &'a str,
) -> Result<SignedTime<'a>, VerifyError> {
    let at = facts.time_form.read(text).ok_or_else(|| VerifyError::TimeMalformed(name.to_string()))?;
    Ok(SignedTime { text, at, signed: facts.signs(&ContentPart::Time) })
}

/// Checks an id. One with a dot is refused, because dots join the signed parts: `a.1` and `2` would sign like `a` and `1.2`.
fn id_of<'a>(name: &HeaderName, id: &'a str) -> Result<&'a str, VerifyError> {
    if is_id(id) { Ok(id) } else { Err(VerifyError::IdMalformed(name.to_string())) }
}

/// A signature scheme that its description covers completely, so that it needs no code.
#[derive(Clone, Debug)]
pub(super) struct FactsScheme(pub(super) SchemeFacts);

impl Scheme for FactsScheme {
    fn facts(&self) -> &SchemeFacts {
        &self.0
    }
}
