//! Amazon SNS: RSA over members of a message, each after a line with its name. The code is another member.

use std::borrow::Cow;

use serde::Deserialize;

use crate::signature::code::Encoding;
use crate::signature::error::VerifyError;
use crate::signature::facts::{Algorithm, ContentPart, KeyForm, Protects, SchemeFacts, TimeForm, body};
use crate::signature::message::Message;
use crate::signature::received::Received;
use crate::signature::scheme::{Scheme, SignatureClaim, SignedTime};

const MEMBER: &str = "Signature";
/// The signed content for display: the members depend on the type of the message.
const SIGNED: &[ContentPart] = &[ContentPart::Context("members of the message")];

/// The signature scheme of Amazon SNS; the certificate of `SigningCertURL` verifies.
#[derive(Debug)]
pub(in crate::signature) struct Sns {
    facts: SchemeFacts,
    /// The value of `SignatureVersion`.
    version: &'static str,
}

impl Sns {
    /// Version 2, with SHA-256.
    pub(in crate::signature) fn new() -> Self {
        Self::of("sns", "Amazon SNS", Algorithm::RsaSha256, "2")
    }

    /// Version 1, with SHA-1, the default of topics.
    pub(in crate::signature) fn version_1() -> Self {
        Self::of("sns-v1", "Amazon SNS, version 1", Algorithm::RsaSha1, "1")
    }

    fn of(name: &'static str, title: &'static str, algorithm: Algorithm, version: &'static str) -> Self {
        let facts = body(name, title, "x-amz-sns-message-type", Encoding::Base64)
            .signed(SIGNED)
            .times(TimeForm::Date)
            .algorithm(algorithm)
            .key_form(KeyForm::Certificate);
        Self { facts, version }
    }
}

/// A message of SNS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    message_id: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    timestamp: &'a str,
    #[serde(borrow)]
    topic_arn: Cow<'a, str>,
    #[serde(borrow)]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "SubscribeURL")]
    subscribe_url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
    #[serde(borrow)]
    signature_version: Cow<'a, str>,
}

impl<'a> Body<'a> {
    fn of(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Names and values in the order in which they are signed.
    fn signed(&self) -> Vec<(&'static str, &str)> {
        let is_notification = self.r#type == "Notification";
        let all = [
            ("Message", Some(self.message.as_ref())),
            ("MessageId", Some(self.message_id.as_ref())),
            ("Subject", self.subject.as_deref().filter(|_| is_notification)),
            ("SubscribeURL", self.subscribe_url.as_deref().filter(|_| !is_notification)),
            ("Timestamp", Some(self.timestamp)),
            ("Token", self.token.as_deref().filter(|_| !is_notification)),
            ("TopicArn", Some(self.topic_arn.as_ref())),
            ("Type", Some(self.r#type.as_ref())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Scheme for Sns {
    fn facts(&self) -> &SchemeFacts {
        &self.facts
    }

    fn code_member(&self) -> Option<&'static str> {
        Some(MEMBER)
    }

    fn protects(&self) -> Protects {
        Protects { body: true, time: true, id: true, url: false }
    }

    /// Whether the body names this version, or none.
    fn is_named_by(&self, received: &Received) -> bool {
        let is_sns = received.headers.contains_key(&self.facts.header) || received.body.starts_with(b"{");
        let body = is_sns.then(|| Body::of(&received.body)).flatten();
        body.is_some_and(|body| body.signature_version == self.version)
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let body = Body::of(&received.body).filter(|body| body.signature_version == self.version);
        let body = body.ok_or(VerifyError::CodeNotInBody(MEMBER))?;
        let time = self.facts.time_form.read(body.timestamp);
        let at = time.ok_or_else(|| VerifyError::TimeMalformed("Timestamp".to_owned()))?;
        let codes = self.facts.decode(&body.signature)?.into();
        Ok(SignatureClaim {
            codes,
            time: Some(SignedTime { text: body.timestamp, at, signed: true }),
            ..SignatureClaim::default()
        })
    }

    fn feed(&self, message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
        for (name, value) in Body::of(message.body).iter().flat_map(Body::signed) {
            [name, "\n", value, "\n"].into_iter().for_each(|piece| sink(piece.as_bytes()));
        }
    }
}
