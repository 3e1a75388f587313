//! Stripe, Paddle, Calendly, ElevenLabs, Sanity, PagerDuty: time and codes as `name=value` pairs in one header.

use std::borrow::Cow;

use crate::signature::code::{CodeCollector, Codes, Encoding};
use crate::signature::error::VerifyError;
use crate::signature::facts::{ContentPart, SchemeFacts, TIME_COLON_BODY, TimeForm, Tolerance, body};
use crate::signature::message::Message;
use crate::signature::received::Received;
use crate::signature::scheme::{Scheme, SignatureClaim, SignedTime};

/// The most pairs of a header; a longer one is refused.
const MOST_PAIRS: usize = 64;

const TIME_DOT_BODY: &[ContentPart] = &[ContentPart::Time, ContentPart::Literal(Cow::Borrowed(".")), ContentPart::Body];

/// A scheme whose header is a list of names and values, such as `t=…,v1=…`.
#[derive(Debug)]
pub(in crate::signature) struct NameValuePairs {
    facts: SchemeFacts,
    separator: char,
    /// The name of the time; `None` if the header holds only codes.
    time_name: Option<&'static str>,
}

pub(in crate::signature) fn stripe() -> NameValuePairs {
    let facts = body("stripe", "Stripe", "stripe-signature", Encoding::Hex)
        .listed("v1=")
        .signed(TIME_DOT_BODY)
        .limit(Tolerance::seconds(300));
    NameValuePairs { facts, separator: ',', time_name: Some("t") }
}

pub(in crate::signature) fn paddle() -> NameValuePairs {
    let facts = body("paddle", "Paddle", "paddle-signature", Encoding::Hex)
        .listed("h1=")
        .signed(TIME_COLON_BODY)
        .limit(Tolerance::past_seconds(5));
    NameValuePairs { facts, separator: ';', time_name: Some("ts") }
}

pub(in crate::signature) fn calendly() -> NameValuePairs {
    let facts = body("calendly", "Calendly", "calendly-webhook-signature", Encoding::Hex)
        .listed("v1=")
        .signed(TIME_DOT_BODY)
        .limit(Tolerance::seconds(180));
    NameValuePairs { facts, separator: ',', time_name: Some("t") }
}

pub(in crate::signature) fn elevenlabs() -> NameValuePairs {
    let facts = body("elevenlabs", "ElevenLabs", "elevenlabs-signature", Encoding::Hex)
        .listed("v0=")
        .signed(TIME_DOT_BODY)
        .limit(Tolerance::seconds(1800));
    NameValuePairs { facts, separator: ',', time_name: Some("t") }
}

pub(in crate::signature) fn sanity() -> NameValuePairs {
    let facts = body("sanity", "Sanity", "sanity-webhook-signature", Encoding::Base64Url)
        .listed("v1=")
        .signed(TIME_DOT_BODY)
        .times(TimeForm::Millis);
    NameValuePairs { facts, separator: ',', time_name: Some("t") }
}

pub(in crate::signature) fn pagerduty() -> NameValuePairs {
    let facts = body("pagerduty", "PagerDuty", "x-pagerduty-signature", Encoding::Hex).listed("v1=");
    NameValuePairs { facts, separator: ',', time_name: None }
}

/// The header of Mercado Pago; [`super::mercado_pago`] builds the signed content.
pub(in crate::signature) fn mercado_pago(facts: SchemeFacts) -> NameValuePairs {
    NameValuePairs {
        facts: facts.listed("v1=").times(TimeForm::SecondsOrMillis),
        separator: ',',
        time_name: Some("ts"),
    }
}

impl Scheme for NameValuePairs {
    fn facts(&self) -> &SchemeFacts {
        &self.facts
    }

    /// Pairs with other names, such as older versions, are ignored.
    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let facts = &self.facts;
        let malformed = |why| VerifyError::HeaderMalformed { header: facts.header.to_string(), why };
        let version = facts.prefix.trim_end_matches('=');
        let (mut time, mut codes) = (None, CodeCollector::default());
        for (before, part) in received.the_header(&facts.header)?.split(self.separator).enumerate() {
            if before == MOST_PAIRS {
                return Err(malformed("it has too many parts"));
            }
            let (name, value) = part.split_once('=').ok_or_else(|| malformed("a part is not `name=value`"))?;
            if name == version {
                codes.add(facts.decode(value));
            } else if Some(name) == self.time_name && time.replace(value).is_some() {
                return Err(malformed("it has two times"));
            }
        }
        let codes = codes.codes(|| malformed("it has no signature of the version this scheme verifies"))?;
        if self.time_name.is_none() {
            return Ok(SignatureClaim { codes, ..SignatureClaim::default() });
        }
        let text = time.ok_or_else(|| malformed("it has no time"))?;
        let at = facts.time_form.read(text).ok_or_else(|| VerifyError::TimeMalformed(facts.header.to_string()))?;
        Ok(SignatureClaim { codes, time: Some(SignedTime { text, at, signed: true }), ..SignatureClaim::default() })
    }

    fn value(&self, message: &Message<'_>, codes: &Codes) -> String {
        let facts = &self.facts;
        let time = self.time_name.map_or(0, |name| name.len() + 1 + message.time.len());
        let mut value = String::with_capacity(time + (1 + facts.entry_length()) * codes.len());
        if let Some(name) = self.time_name {
            value.extend([name, "=", message.time]);
        }
        for code in codes.iter() {
            if !value.is_empty() {
                value.push(self.separator);
            }
            value.push_str(&facts.prefix);
            facts.encoding.write(code, &mut value);
        }
        value
    }
}
