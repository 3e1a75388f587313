//! Senders with two signature headers: Shopify renamed its header; Hookdeck, Box and DocuSign write the code of a second secret
//! into a second header while secrets are rotated.

use http::HeaderName;

use crate::signature::code::{Codes, Encoding};
use crate::signature::error::VerifyError;
use crate::signature::facts::{BODY_TIME, SchemeFacts, TimeForm, Tolerance, body};
use crate::signature::received::Received;
use crate::signature::scheme::{Scheme, SignatureClaim, time_of};

/// A scheme with two signature headers; a valid signature in either is enough.
#[derive(Debug)]
pub(in crate::signature) struct SecondHeader {
    facts: SchemeFacts,
    second: HeaderName,
}

fn in_base64(name: &'static str, title: &'static str, [first, second]: [&'static str; 2]) -> SecondHeader {
    SecondHeader { facts: body(name, title, first, Encoding::Base64), second: HeaderName::from_static(second) }
}

pub(in crate::signature) fn shopify() -> SecondHeader {
    in_base64("shopify", "Shopify", ["x-shopify-hmac-sha256", "shopify-hmac-sha256"])
}

pub(in crate::signature) fn hookdeck() -> SecondHeader {
    in_base64("hookdeck", "Hookdeck", ["x-hookdeck-signature", "x-hookdeck-signature-2"])
}

pub(in crate::signature) fn docusign() -> SecondHeader {
    in_base64("docusign", "DocuSign", ["x-docusign-signature-1", "x-docusign-signature-2"])
}

pub(in crate::signature) fn box_com() -> SecondHeader {
    let box_com = in_base64("box", "Box", ["box-signature-primary", "box-signature-secondary"]);
    let facts = box_com.facts.time("box-delivery-timestamp", TimeForm::SecondsOrDate).signed(BODY_TIME);
    SecondHeader { facts: facts.limit(Tolerance::seconds(600)), ..box_com }
}

impl Scheme for SecondHeader {
    fn facts(&self) -> &SchemeFacts {
        &self.facts
    }

    fn second_header(&self) -> Option<&HeaderName> {
        Some(&self.second)
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let facts = &self.facts;
        let both = [&facts.header, &self.second].into_iter().filter(|name| received.headers.contains_key(*name));
        let code = |name: &HeaderName| facts.decode(received.the_header(name)?);
        let codes = both.map(code).collect::<Result<Codes, VerifyError>>()?;
        if codes.len() == 0 {
            return Err(VerifyError::HeaderNotDelivered(facts.header.to_string()));
        }
        let time = |name| time_of(facts, name, received.the_header(name)?);
        Ok(SignatureClaim {
            codes,
            time: facts.time_header.as_ref().map(time).transpose()?,
            ..SignatureClaim::default()
        })
    }
}
