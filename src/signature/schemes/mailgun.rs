//! Mailgun: signs time and token, which are members of the body together with the code. The rest of the body is not signed.

use http::header::USER_AGENT;
use serde::Deserialize;

use crate::signature::code::Encoding;
use crate::signature::error::VerifyError;
use crate::signature::facts::{ContentPart, SchemeFacts, body};
use crate::signature::message::is_id;
use crate::signature::received::Received;
use crate::signature::scheme::{Scheme, SignatureClaim, SignedTime};

/// The member of the body that holds time, token and code.
const MEMBER: &str = "signature";
/// The prefix of Mailgun's [`USER_AGENT`].
const AGENT: &str = "mailgun/";

/// The signature scheme of Mailgun.
#[derive(Debug)]
pub(in crate::signature) struct Mailgun(SchemeFacts);

impl Mailgun {
    pub(in crate::signature) fn new() -> Self {
        Self(body("mailgun", "Mailgun", "user-agent", Encoding::Hex).signed(&[ContentPart::Time, ContentPart::Id]))
    }
}

/// The signed time and token, and their code.
#[derive(Deserialize)]
struct Signature<'a> {
    timestamp: &'a str,
    token: &'a str,
    signature: &'a str,
}

/// The signature in the body of a Mailgun webhook.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    signature: Signature<'a>,
}

impl Scheme for Mailgun {
    fn facts(&self) -> &SchemeFacts {
        &self.0
    }

    fn code_member(&self) -> Option<&'static str> {
        Some(MEMBER)
    }

    fn is_named_by(&self, received: &Received) -> bool {
        let agent = received.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        agent.is_some_and(|agent| agent.to_ascii_lowercase().starts_with(AGENT)) || signature(received).is_some()
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let Signature { timestamp, token, signature } =
            signature(received).ok_or(VerifyError::CodeNotInBody(MEMBER))?;
        let at = self.0.time_form.read(timestamp).ok_or_else(|| VerifyError::TimeMalformed("timestamp".to_owned()))?;
        if !is_id(token) {
            return Err(VerifyError::IdMalformed("token".to_owned()));
        }
        let time = Some(SignedTime { text: timestamp, at, signed: true });
        Ok(SignatureClaim { codes: self.0.decode(signature)?.into(), time, id: token, ..SignatureClaim::default() })
    }
}

/// The signature of a JSON body; older webhooks have the three as form fields.
fn signature(received: &Received) -> Option<Signature<'_>> {
    let body = std::str::from_utf8(&received.body).ok()?;
    if body.trim_start().starts_with('{') {
        return serde_json::from_str::<Body<'_>>(body).ok().map(|body| body.signature);
    }
    let field = |name: &str| {
        let mut fields = body.trim().split('&').filter_map(|field| field.split_once('='));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    Some(Signature { timestamp: field("timestamp")?, token: field("token")?, signature: field("signature")? })
}
