//! PayPal: RSA over the transmission's id and time, the registered id of the webhook, and the CRC-32 of the body.

use std::borrow::Cow;

use http::HeaderName;

use crate::signature::code::Encoding;
use crate::signature::error::VerifyError;
use crate::signature::facts::{Algorithm, ContentPart, KeyForm, REGISTERED_ID, SchemeFacts, TimeForm, body};
use crate::signature::received::Received;
use crate::signature::scheme::{Scheme, SignatureClaim, read};

const BAR: ContentPart = ContentPart::Literal(Cow::Borrowed("|"));
const SIGNED: &[ContentPart] =
    &[ContentPart::Id, BAR, ContentPart::Time, BAR, REGISTERED_ID, BAR, ContentPart::BodyCrc32];

/// The header that names the algorithm; only one is accepted.
const ALGORITHM_HEADER: HeaderName = HeaderName::from_static("paypal-auth-algo");
const ALGORITHM: &str = "SHA256withRSA";

/// The signature scheme of PayPal; the certificate of `paypal-cert-url` verifies.
#[derive(Debug)]
pub(in crate::signature) struct PayPal(SchemeFacts);

impl PayPal {
    pub(in crate::signature) fn new() -> Self {
        let facts = body("paypal", "PayPal", "paypal-transmission-sig", Encoding::Base64)
            .id("paypal-transmission-id")
            .time("paypal-transmission-time", TimeForm::Date)
            .signed(SIGNED)
            .algorithm(Algorithm::RsaSha256)
            .key_form(KeyForm::Certificate);
        Self(facts)
    }
}

impl Scheme for PayPal {
    fn facts(&self) -> &SchemeFacts {
        &self.0
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let claim = read(&self.0, received)?;
        if received.headers.contains_key(ALGORITHM_HEADER) && received.the_header(&ALGORITHM_HEADER)? != ALGORITHM {
            let header = ALGORITHM_HEADER.to_string();
            return Err(VerifyError::HeaderMalformed { header, why: "it names another algorithm than SHA256withRSA" });
        }
        let registered = received.registered_id.as_deref().ok_or(VerifyError::RegisteredIdUnknown)?;
        Ok(SignatureClaim { context: registered.into(), ..claim })
    }
}
