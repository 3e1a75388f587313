//! Webhooks in: verified as raw bytes, read, and applied once. The answer follows the commit.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{FromRequest as _, Request, State};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::answer::{Answer, Problem};
use super::connections::Peer;
use super::extract::Payload;
use super::state::{App, STORE_WRITE_TIMEOUT};
use crate::event::EventId;
use crate::inbound::{self, Accepts, WebhookRefusal};
use crate::report::Report;
use crate::store::StoreError;
use crate::store::inbound::{Applied, RefusalDetails, RequestCopy};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Received<'a> {
    message: &'static str,
    event_id: &'a EventId,
    event_type: &'a str,
    result: &'static str,
}

/// Receives a webhook of the types that a route accepts.
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    Extension(accepts): Extension<Accepts>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<Answer, Problem> {
    let began = Instant::now();
    let (source, route) = (peer.address, accepts.route());
    if !is_signed(request.headers()) {
        // Without at least a claimed signature, no body is read.
        app.audit_refusal(("header-not-delivered", route), source, || (None, RefusalDetails::default())).await;
        return Err(Problem::unauthorized());
    }
    let headers = request.headers().clone();
    let body = match Payload::<{ super::extract::BODY_LIMIT }>::from_request(request, &app).await {
        Ok(body) => body,
        Err(problem) => {
            app.audit_refusal(("body-unread", route), source, || (None, RefusalDetails::default())).await;
            return Err(problem);
        }
    };
    let (keys, now) = (&app.settings().secrets.webhook, app.now());
    let address = source.to_canonical().to_string();
    let incoming = match inbound::read(keys, accepts, &headers, &body.bytes, &address, now) {
        Ok(incoming) => incoming,
        Err(refusal) => {
            let details = || {
                let details = inbound::examine(keys, &refusal, &headers, &body.bytes, now);
                let request = Some(copy_of(&headers, &body.bytes));
                (Some(Sha256::digest(&body.bytes).into()), RefusalDetails { request, ..details })
            };
            app.audit_refusal((refusal.reason(), route), source, details).await;
            return Err(refusal.into());
        }
    };
    let (id, event_type) = (incoming.id.clone(), incoming.draft.event_type.clone());
    let applied = match app.store.apply(incoming, now).within(STORE_WRITE_TIMEOUT).await {
        Ok(applied) => applied,
        Err(error) => {
            if matches!(error, StoreError::RecordTooLarge) {
                let details =
                    || (None, RefusalDetails { signature_is_right: Some(true), ..verified_details(&id, &event_type) });
                app.audit_refusal(("record-too-large", route), source, details).await;
            }
            return Err(error.into());
        }
    };
    app.metrics.applied(applied, began.elapsed());
    let message = match applied {
        Applied::Applied => "the event was applied",
        Applied::Duplicate => "the event was received before",
        Applied::Stale => "later writes stand; nothing changed",
        Applied::Conflict => return Err(Problem::conflict("this event id was received before with another content")),
    };
    let received = Received { message, event_id: &id, event_type: &event_type, result: applied.name() };
    Ok(Answer::new(Report::new(&received)))
}

fn verified_details(id: &EventId, event_type: &str) -> RefusalDetails {
    let (claimed_id, claimed_type) = (Some(id.to_string()), Some(event_type.to_owned()));
    RefusalDetails { claimed_id, claimed_type, ..RefusalDetails::default() }
}

/// The request as it is kept: without credentials, which no signature covers.
fn copy_of(headers: &HeaderMap, body: &[u8]) -> RequestCopy {
    let is_credential = |name: &HeaderName| [AUTHORIZATION, COOKIE].contains(name) || name == "x-cron-secret";
    let value = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    let kept = headers.iter().filter(|(name, _)| !is_credential(name));
    RequestCopy { headers: kept.map(|(name, it)| (name.to_string(), value(it))).collect(), body: body.to_vec() }
}

fn is_signed(headers: &HeaderMap) -> bool {
    ["webhook-signature", "x-webhook-signature"].iter().any(|name| headers.contains_key(*name))
}

impl From<WebhookRefusal> for Problem {
    /// A sender whose signature is wrong learns nothing; one whose signature is right, every wrong field.
    fn from(refusal: WebhookRefusal) -> Self {
        match refusal {
            WebhookRefusal::Unverified(_) => Self::unauthorized(),
            WebhookRefusal::HeaderError(_) => Self::invalid("a signature header was sent twice"),
            WebhookRefusal::Invalid(fields) => Self::fields(fields),
        }
    }
}
