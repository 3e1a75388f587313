//! Inbound: verifies the bytes of a webhook, then reads its event, which is applied once.
//!
//! A body is parsed only after its signature was verified. Why an unsigned webhook was refused is told to the audit log alone,
//! never to the caller; errors in a signed body are answered, field by field.

use std::borrow::Cow;

use ::http::HeaderMap;
use ::http::header::HeaderName;
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::clock::Timestamp;
use crate::event::{Draft, MAX_ORIGINAL_ID_CHARS, known_resource_type};
use crate::record::{Change, WriteStamp};
use crate::signature::Tolerance;
use crate::store::inbound::{RefusalDetails, VerifiedWebhook, WebhookEffect};

pub mod command;
mod foreign_events;
mod message_counts;
mod platform;
mod proxies;
mod source;
mod stored_requests;
mod verify;

pub use message_counts::{MessageCounts, MessageResult};
pub use platform::{AcceptedTypes, field_of};
pub use proxies::{ProxyHeader, TrustedProxies};
pub use source::{
    EventNames, ForwardTarget, InvalidName, NAMED_ROUTES, PlatformKeys, PlatformRules, Source, SourceScheme,
    SourceSettings, SourceTransport, Sources,
};
pub use stored_requests::{copy_of, read_kept, received};
pub use verify::is_claimed_signed;

use platform::{EventBody, RouteRules};
use source::SourceKind;
use verify::Verified;

/// The longest body that is read: the most data an event may have, and what is around it.
pub const MAX_BODY_BYTES: usize = crate::event::MAX_DATA_BYTES + 16 * 1024;

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");

/// The wrong fields of a webhook, each with the rule it breaks.
pub type WrongFields = Vec<(Cow<'static, str>, String)>;

/// Why a webhook is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookRefusal {
    /// The signature was not accepted, for the named reason.
    Unverified(&'static str),
    /// Headers contradict each other, for the named reason.
    HeaderError(&'static str),
    /// The signature is valid, but these fields are wrong.
    Invalid(WrongFields),
}

impl WebhookRefusal {
    /// The stable name of the reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unverified(reason) | Self::HeaderError(reason) => reason,
            Self::Invalid(_) => "event-invalid",
        }
    }

    fn field(name: &'static str, rule: impl Into<String>) -> Self {
        Self::Invalid(vec![(name.into(), rule.into())])
    }
}

/// Verifies a webhook from the address `from`, and reads its event.
///
/// On platform routes `webhook-signature` decides if present, else `x-webhook-signature`: a stronger header that
/// fails is never rescued by a weaker one.
pub fn read(
    source: &Source,
    headers: &HeaderMap,
    body: &Bytes,
    from: &str,
    now: Timestamp,
) -> Result<VerifiedWebhook, WebhookRefusal> {
    read_within(None, source, headers, body, from, now)
}

/// The same with this tolerance for the signed time, instead of that of the source or its scheme.
pub fn read_within(
    tolerance: Option<Tolerance>,
    source: &Source,
    headers: &HeaderMap,
    body: &Bytes,
    from: &str,
    now: Timestamp,
) -> Result<VerifiedWebhook, WebhookRefusal> {
    let verified = verify::verify(source, headers, body, now, tolerance)?;
    let draft = draft(source, headers, body, &verified)?;
    let Some(id) = draft.id.clone() else { return Err(WebhookRefusal::field("id", "is missing")) };
    if !source.takes(&draft.event_type) {
        return Err(WebhookRefusal::field("type", "does not belong to this route"));
    }
    if draft.is_ahead(now) {
        return Err(WebhookRefusal::field("timestamp", "is more than 24 hours ahead"));
    }
    let effect = effect(source, &draft, now)?;
    let route = source.route().clone();
    let Verified { secret, skew_ms, .. } = verified;
    Ok(VerifiedWebhook { id, draft, effect, source: from.to_owned(), secret, route, skew_ms, kept: None })
}

fn draft(source: &Source, headers: &HeaderMap, body: &Bytes, verified: &Verified) -> Result<Draft, WebhookRefusal> {
    let rules =
        |custom_types| RouteRules { ids: verified.ids, requires_timestamp: source.requires_timestamp, custom_types };
    match &source.kind {
        SourceKind::Platform { .. } => named_by(headers, EventBody::read(body)?.draft(rules(false))?),
        SourceKind::Named { settings, .. } => match EventBody::read(body) {
            Ok(envelope) if envelope.is_of_platform() => named_by(headers, envelope.draft(rules(true))?),
            _ => foreign_events::draft(settings, headers, body, verified.signed_id.as_deref()),
        },
    }
}

/// The draft, unless the header `webhook-id` names another event.
fn named_by(headers: &HeaderMap, draft: Draft) -> Result<Draft, WebhookRefusal> {
    let id = draft.id.as_ref().map_or("", |id| id.as_str());
    match headers.get(WEBHOOK_ID) {
        Some(given) if given.as_bytes() != id.as_bytes() => {
            Err(WebhookRefusal::field("id", "is not the one in the header webhook-id"))
        }
        _ => Ok(draft),
    }
}

/// The effect of an event: a known type changes a record, any other type is forwarded as its source says.
fn effect(source: &Source, draft: &Draft, now: Timestamp) -> Result<WebhookEffect, WebhookRefusal> {
    if known_resource_type(&draft.event_type).is_some() {
        let Some(by) = draft.id.clone() else { return Err(WebhookRefusal::field("id", "is missing")) };
        let stamp = WriteStamp { at: draft.timestamp.unwrap_or(now), by };
        let change = Change::new(&draft.event_type, &draft.data, stamp);
        return change.map(WebhookEffect::Change).map_err(|e| WebhookRefusal::field("data", e.to_string()));
    }
    match source.forward() {
        Some(ForwardTarget::Endpoint(name)) => Ok(WebhookEffect::Emit(name.clone())),
        Some(ForwardTarget::Command(command)) => Ok(WebhookEffect::Command(command.clone())),
        None => Err(WebhookRefusal::field("type", "changes no record, and this source forwards nothing")),
    }
}

/// The details of a refused webhook for the audit log: what it claims, and whether its signature is valid.
pub fn examine(
    source: &Source,
    refusal: &WebhookRefusal,
    headers: &HeaderMap,
    body: &Bytes,
    now: Timestamp,
) -> RefusalDetails {
    let claimed = |raw: Option<&RawValue>| {
        let text: Option<String> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
        text.map(|text| text.chars().take(MAX_ORIGINAL_ID_CHARS).collect())
    };
    let envelope = EventBody::read(body).unwrap_or_default();
    let field = match refusal {
        WebhookRefusal::Invalid(fields) => fields.first().map(|(name, _)| name.to_string()),
        WebhookRefusal::Unverified(_) | WebhookRefusal::HeaderError(_) => None,
    };
    let (claimed_id, claimed_type) = (claimed(envelope.id), claimed(envelope.event_type));
    RefusalDetails { claimed_id, claimed_type, field, ..verify::examine(source, headers, body, now) }
}

#[cfg(test)]
mod tests;
