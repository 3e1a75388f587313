//! Stripe and Paddle: time and codes as `name=value` pairs in one header.

use std::borrow::Cow;

use super::Refusal;
use super::received::Received;
use super::scheme::{Claim, Code, Encoding, Facts, Message, Part, Scheme, Time, TimeForm, Tolerance};
use super::table::{TIME_COLON_BODY, body};

/// More pairs than any sender needs; a longer header is refused.
const MOST_PAIRS: usize = 64;

const TIME_DOT_BODY: &[Part] = &[Part::Time, Part::Literal(Cow::Borrowed(".")), Part::Body];

/// A scheme whose header holds a list of pairs.
#[derive(Debug)]
pub(super) struct Pairs {
    facts: Facts,
    separator: char,
    time_name: &'static str,
}

pub(super) fn stripe() -> Pairs {
    let facts = body("stripe", "Stripe", "stripe-signature", Encoding::Hex)
        .listed("v1=")
        .signed(TIME_DOT_BODY)
        .limit(Tolerance::seconds(300));
    Pairs { facts, separator: ',', time_name: "t" }
}

pub(super) fn paddle() -> Pairs {
    let facts = body("paddle", "Paddle", "paddle-signature", Encoding::Hex)
        .listed("h1=")
        .signed(TIME_COLON_BODY)
        .limit(Tolerance::past_seconds(5));
    Pairs { facts, separator: ';', time_name: "ts" }
}

impl Scheme for Pairs {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Pairs of other names, such as older versions, are not looked at.
    fn read<'a>(&self, received: &'a Received) -> Result<Claim<'a>, Refusal> {
        let pairs = self.pairs(received.the_header(&self.facts.header)?)?;
        Ok(Claim { codes: self.codes(&pairs)?, time: Some(self.time(&pairs)?), id: "" })
    }

    fn write(&self, message: &Message<'_>, codes: &[Vec<u8>]) -> Vec<(String, String)> {
        let mut value = format!("{}={}", self.time_name, message.time);
        for code in codes {
            value.push(self.separator);
            value.push_str(&self.facts.prefix);
            value.push_str(&self.facts.encoding.encode(code));
        }
        vec![(self.facts.header.to_string(), value)]
    }
}

impl Pairs {
    fn pairs<'a>(&self, text: &'a str) -> Result<Vec<(&'a str, &'a str)>, Refusal> {
        let malformed = |why| Refusal::HeaderMalformed { header: self.facts.header.to_string(), why };
        if text.split(self.separator).nth(MOST_PAIRS).is_some() {
            return Err(malformed("it has too many parts"));
        }
        let pair = |part: &'a str| part.split_once('=').ok_or_else(|| malformed("a part is not `name=value`"));
        text.split(self.separator).map(pair).collect()
    }

    fn time<'a>(&self, pairs: &[(&'a str, &'a str)]) -> Result<Time<'a>, Refusal> {
        let header = || self.facts.header.to_string();
        let mut times = pairs.iter().filter(|(name, _)| *name == self.time_name);
        match (times.next(), times.next()) {
            (Some((_, text)), None) => {
                let at = TimeForm::Seconds.read(text).ok_or_else(|| Refusal::TimeMalformed(header()))?;
                Ok(Time { text, at, signed: true })
            }
            (None, _) => Err(Refusal::HeaderMalformed { header: header(), why: "it has no time" }),
            (Some(_), Some(_)) => Err(Refusal::HeaderMalformed { header: header(), why: "it has two times" }),
        }
    }

    fn codes(&self, pairs: &[(&str, &str)]) -> Result<Vec<Code>, Refusal> {
        let length = self.facts.algorithm.code_length();
        let version = self.facts.prefix.trim_end_matches('=');
        let texts = pairs.iter().filter(|(name, _)| *name == version);
        let missing = || Refusal::HeaderMalformed {
            header: self.facts.header.to_string(),
            why: "it has no signature of the version this scheme verifies",
        };
        readable(texts.map(|(_, text)| self.facts.encoding.decode(text, length)), missing)
    }
}

/// The codes that could be read. Garbled ones are passed over as long as one is left; else the first one's fault is told.
pub(super) fn readable(
    codes: impl Iterator<Item = Result<Code, Refusal>>,
    missing: impl FnOnce() -> Refusal,
) -> Result<Vec<Code>, Refusal> {
    let (mut good, mut fault) = (Vec::new(), None);
    for code in codes {
        match code {
            Ok(code) => good.push(code),
            Err(refusal) => fault = fault.or(Some(refusal)),
        }
    }
    if good.is_empty() { Err(fault.unwrap_or_else(missing)) } else { Ok(good) }
}
