//! Standard Webhooks and Svix: id, time and body, and a list of versioned codes.

use std::borrow::Cow;

use http::HeaderName;

use super::Refusal;
use super::pairs::readable;
use super::received::Received;
use super::scheme::{
    Algorithm, Claim, Code, Encoding, Facts, KeyForm, Message, Part, Scheme, TimeForm, Tolerance, id_and_time, id_of,
    time_of,
};
use super::table::body;

/// More codes than any rotation needs; a longer list is refused.
const MOST_CODES: usize = 64;

const SIGNED: &[Part] =
    &[Part::Id, Part::Literal(Cow::Borrowed(".")), Part::Time, Part::Literal(Cow::Borrowed(".")), Part::Body];

/// A scheme whose header holds `version,code` entries separated by spaces. The prefix of its facts is the version.
#[derive(Debug)]
pub(super) struct Listed {
    facts: Facts,
    /// The same scheme under the names its headers may also have.
    also: Option<Facts>,
}

pub(super) fn standard() -> Listed {
    let facts = facts("standard", "Standard Webhooks", ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    Listed { facts, also: None }
}

pub(super) fn standard_ed25519() -> Listed {
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let facts = facts("standard-ed25519", "Standard Webhooks, Ed25519", headers).algorithm(Algorithm::Ed25519);
    Listed { facts: Facts { key_form: KeyForm::StandardPair, ..facts.listed("v1a,") }, also: None }
}

pub(super) fn svix() -> Listed {
    let facts = facts("svix", "Svix", ["svix-id", "svix-timestamp", "svix-signature"]);
    Listed { facts, also: Some(standard().facts) }
}

fn facts(name: &'static str, title: &'static str, [id, time, signature]: [&'static str; 3]) -> Facts {
    let facts = body(name, title, signature, Encoding::Base64)
        .time(time, TimeForm::Seconds)
        .signed(SIGNED)
        .limit(Tolerance::seconds(300));
    Facts { id_header: Some(HeaderName::from_static(id)), key_form: KeyForm::Standard, ..facts.listed("v1,") }
}

impl Scheme for Listed {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn read<'a>(&self, received: &'a Received) -> Result<Claim<'a>, Refusal> {
        let facts = match &self.also {
            Some(also) if !received.headers.contains_key(&self.facts.header) => {
                if received.headers.contains_key(&also.header) { also } else { &self.facts }
            }
            _ => &self.facts,
        };
        let codes = codes(facts, received.the_header(&facts.header)?)?;
        Ok(Claim { codes, time: time_of(facts, received)?, id: id_of(facts, received)? })
    }

    fn write(&self, message: &Message<'_>, codes: &[Vec<u8>]) -> Vec<(String, String)> {
        let entry = |code: &Vec<u8>| format!("{}{}", self.facts.prefix, self.facts.encoding.encode(code));
        let entries: Vec<_> = codes.iter().map(entry).collect();
        let mut headers = id_and_time(&self.facts, message);
        headers.push((self.facts.header.to_string(), entries.join(" ")));
        headers
    }
}

/// The codes of the scheme's own version; entries of other versions are not looked at.
fn codes(facts: &Facts, text: &str) -> Result<Vec<Code>, Refusal> {
    let malformed = |why| Refusal::HeaderMalformed { header: facts.header.to_string(), why };
    if text.split(' ').nth(MOST_CODES).is_some() {
        return Err(malformed("it has too many entries"));
    }
    let length = facts.algorithm.code_length();
    let own = text.split(' ').filter_map(|entry| entry.strip_prefix(facts.prefix.as_ref()));
    readable(own.map(|code| facts.encoding.decode(code, length)), || {
        malformed("it has no signature of the version this scheme verifies")
    })
}
