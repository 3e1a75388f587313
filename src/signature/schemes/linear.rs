//! Linear: signs the body, and the time is a member of it.
//!
//! A signed body without that time is refused: it could be replayed forever, and a replay can set any time in a header that is
//! not signed.

use http::HeaderName;
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::signature::code::Encoding;
use crate::signature::error::VerifyError;
use crate::signature::facts::{Protects, SchemeFacts, TimeForm, Tolerance, body};
use crate::signature::received::Received;
use crate::signature::scheme::{Scheme, SignatureClaim, SignedTime};

/// A header that repeats the time; the signature does not cover it.
const TIME_HEADER: HeaderName = HeaderName::from_static("linear-timestamp");

/// The member of the body that holds the time, in milliseconds.
const TIME_MEMBER: &str = "webhookTimestamp";

/// The signature scheme of Linear.
#[derive(Debug)]
pub(in crate::signature) struct Linear(SchemeFacts);

impl Linear {
    pub(in crate::signature) fn new() -> Self {
        Self(body("linear", "Linear", "linear-signature", Encoding::Hex).limit(Tolerance::seconds(60)))
    }
}

/// The time in the body of a Linear webhook.
#[derive(Deserialize)]
struct Body {
    #[serde(rename = "webhookTimestamp")]
    at: i64,
}

impl Scheme for Linear {
    fn facts(&self) -> &SchemeFacts {
        &self.0
    }

    fn protects(&self) -> Protects {
        Protects { body: true, time: true, id: false, url: false }
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let facts = self.facts();
        let code = facts.decode(received.the_header(&facts.header)?)?;
        Ok(SignatureClaim { codes: code.into(), time: header_time(received)?, ..SignatureClaim::default() })
    }

    fn time_member(&self) -> Option<&'static str> {
        Some(TIME_MEMBER)
    }

    fn time_in_body(&self, body: &[u8]) -> Option<Timestamp> {
        serde_json::from_slice::<Body>(body).ok().map(|body| Timestamp::from_millis(body.at))
    }
}

fn header_time(received: &Received) -> Result<Option<SignedTime<'_>>, VerifyError> {
    if !received.headers.contains_key(TIME_HEADER) {
        return Ok(None);
    }
    let text = received.the_header(&TIME_HEADER)?;
    let at = TimeForm::Millis.read(text).ok_or_else(|| VerifyError::TimeMalformed(TIME_HEADER.to_string()))?;
    Ok(Some(SignedTime { text, at, signed: false }))
}
