//! Senders whose signature stands in one of two headers: Shopify renamed its header, and Hookdeck writes the code of an older
//! secret into a second one while it is rotated.

use http::HeaderName;

use super::code::Codes;
use super::error::VerifyError;
use super::facts::Facts;
use super::received::Received;
use super::scheme::{Claim, Scheme};

/// A scheme with a second header; a code in either is enough.
#[derive(Debug)]
pub(super) struct SecondHeader {
    pub facts: Facts,
    pub second: HeaderName,
}

impl Scheme for SecondHeader {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn second_header(&self) -> Option<&HeaderName> {
        Some(&self.second)
    }

    fn read<'a>(&self, received: &'a Received) -> Result<Claim<'a>, VerifyError> {
        let facts = &self.facts;
        let both = [&facts.header, &self.second].into_iter().filter(|name| received.headers.contains_key(*name));
        let code = |name: &HeaderName| facts.encoding.decode(received.the_header(name)?, facts.algorithm.code_length());
        let codes = both.map(code).collect::<Result<Codes, VerifyError>>()?;
        match codes.len() {
            0 => Err(VerifyError::HeaderNotDelivered(facts.header.to_string())),
            _ => Ok(Claim { codes, time: None, id: "" }),
        }
    }
}
