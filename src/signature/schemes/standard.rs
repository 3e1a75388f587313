//! Standard Webhooks and Svix: sign id, time and body; the header is a list of versioned codes.

use std::borrow::Cow;

use http::HeaderName;

use crate::signature::code::{CodeCollector, Codes, Encoding};
use crate::signature::error::VerifyError;
use crate::signature::facts::{Algorithm, ContentPart, KeyForm, SchemeFacts, TimeForm, Tolerance, body};
use crate::signature::message::Message;
use crate::signature::received::Received;
use crate::signature::scheme::{HeaderValues, Scheme, SignatureClaim};

/// The name of Standard Webhooks, signed with a shared secret.
pub(in crate::signature) const NAME: &str = "standard";

/// The most codes of a header; a longer list is refused.
const MOST_CODES: usize = 64;

const SIGNED: &[ContentPart] = &[
    ContentPart::Id,
    ContentPart::Literal(Cow::Borrowed(".")),
    ContentPart::Time,
    ContentPart::Literal(Cow::Borrowed(".")),
    ContentPart::Body,
];

/// A scheme whose header lists `version,code` entries, as Standard Webhooks; the prefix of its facts is the version.
#[derive(Debug)]
pub(in crate::signature) struct VersionedList {
    facts: SchemeFacts,
    /// The same scheme with alternative header names.
    also: Option<SchemeFacts>,
}

pub(in crate::signature) fn standard() -> VersionedList {
    let facts = facts(NAME, "Standard Webhooks", ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    VersionedList { facts, also: None }
}

pub(in crate::signature) fn standard_ed25519() -> VersionedList {
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let facts = facts("standard-ed25519", "Standard Webhooks, Ed25519", headers).algorithm(Algorithm::Ed25519);
    VersionedList { facts: SchemeFacts { key_form: KeyForm::StandardPair, ..facts.listed("v1a,") }, also: None }
}

pub(in crate::signature) fn svix() -> VersionedList {
    let facts = facts("svix", "Svix", ["svix-id", "svix-timestamp", "svix-signature"]);
    VersionedList { facts, also: Some(standard().facts) }
}

fn facts(name: &'static str, title: &'static str, [id, time, signature]: [&'static str; 3]) -> SchemeFacts {
    let facts = body(name, title, signature, Encoding::Base64)
        .time(time, TimeForm::Seconds)
        .signed(SIGNED)
        .limit(Tolerance::seconds(300));
    SchemeFacts { id_header: Some(HeaderName::from_static(id)), key_form: KeyForm::Standard, ..facts.listed("v1,") }
}

impl Scheme for VersionedList {
    fn facts(&self) -> &SchemeFacts {
        &self.facts
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let facts = match &self.also {
            Some(also) if !received.headers.contains_key(&self.facts.header) => {
                if received.headers.contains_key(&also.header) { also } else { &self.facts }
            }
            _ => &self.facts,
        };
        let texts = HeaderValues::of(facts, received)?;
        Ok(SignatureClaim {
            codes: codes(facts, texts.signature)?,
            time: texts.time,
            id: texts.id,
            ..SignatureClaim::default()
        })
    }

    fn value(&self, _message: &Message<'_>, codes: &Codes) -> String {
        let mut value = String::with_capacity((self.facts.entry_length() + 1) * codes.len());
        for code in codes.iter() {
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(&self.facts.prefix);
            self.facts.encoding.write(code, &mut value);
        }
        value
    }
}

/// The codes of the scheme's own version; entries of other versions are ignored.
fn codes(facts: &SchemeFacts, text: &str) -> Result<Codes, VerifyError> {
    let malformed = |why| VerifyError::HeaderMalformed { header: facts.header.to_string(), why };
    let missing = || malformed("it has no signature of the version this scheme verifies");
    if !text.contains(' ') {
        // The fast path: one entry, as in nearly every request.
        let code = facts.after_prefix(text).ok_or_else(missing)?;
        return Ok(facts.decode(code)?.into());
    }
    let mut codes = CodeCollector::default();
    for (before, entry) in text.split(' ').enumerate() {
        if before == MOST_CODES {
            return Err(malformed("it has too many entries"));
        }
        if let Some(code) = facts.after_prefix(entry) {
            codes.add(facts.decode(code));
        }
    }
    codes.codes(missing)
}
