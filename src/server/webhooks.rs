//! Webhooks in: verified as raw bytes, read, and applied once. The answer follows the commit.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{FromRequest as _, Request, State};
use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::connections::Peer;
use super::extract::Payload;
use super::response::{Problem, ReportResponse};
use super::state::{App, STORE_WRITE_TIMEOUT};
use crate::event::EventId;
use crate::inbound::{self, Source, WebhookRefusal, command};
use crate::report::Report;
use crate::store::StoreError;
use crate::store::inbound::{ApplyResult, RefusalDetails, RefusedWebhook, VerifiedWebhook, WebhookEffect};
use crate::untrusted::Untrusted;

/// The JSON answer to an accepted webhook.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AcceptedWebhook<'a> {
    message: &'static str,
    event_id: &'a EventId,
    event_type: &'a str,
    result: &'static str,
}

/// Receives a webhook at the route of a source.
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<ReportResponse, Problem> {
    let began = Instant::now();
    let settings = app.settings();
    let source = settings.sources.at(request.uri().path()).ok_or_else(|| Problem::not_found("route"))?;
    let arrival = ArrivingWebhook { app: &app, source, from: peer.address };
    if !source.may_send_from(peer.address) {
        arrival.audit("network-refused", RefusedWebhook::default).await;
        return Err(Problem::forbidden("webhooks from this address are refused"));
    }
    if !inbound::is_claimed_signed(source, request.headers()) {
        // Without at least a claimed signature, no body is read.
        arrival.audit("header-not-delivered", RefusedWebhook::default).await;
        return Err(Problem::unauthorized());
    }
    let headers = request.headers().clone();
    let body = match Payload::<{ super::extract::BODY_LIMIT }>::from_request(request, &app).await {
        Ok(body) => body,
        Err(problem) => {
            arrival.audit("body-unread", RefusedWebhook::default).await;
            return Err(problem);
        }
    };
    let incoming = arrival.read(&headers, &body.bytes).await?;
    app.senders.add(peer.address);
    peer.connection.prove();
    let (id, event_type) = (incoming.id.clone(), incoming.draft.event_type.clone());
    let applied = arrival.apply(incoming).await?;
    app.metrics.applied(source.route(), applied, began.elapsed());
    let message = match applied {
        ApplyResult::Applied => "the event was applied",
        ApplyResult::Duplicate => "the event was received before",
        ApplyResult::Stale => "the record has newer data; nothing changed",
        ApplyResult::Conflict => {
            return Err(Problem::conflict("this event id was received before with different content"));
        }
    };
    let received = AcceptedWebhook { message, event_id: &id, event_type: &event_type, result: applied.name() };
    Ok(ReportResponse::new(Report::new(&received)))
}

/// A webhook that is being verified and applied: its source and the address it came from.
struct ArrivingWebhook<'a> {
    app: &'a Arc<App>,
    source: &'a Arc<Source>,
    from: IpAddr,
}

impl ArrivingWebhook<'_> {
    /// Verifies and reads it. What is refused is audited, and kept whole.
    async fn read(&self, headers: &HeaderMap, body: &Bytes) -> Result<VerifiedWebhook, Problem> {
        let (from, now) = (self.from.to_canonical().to_string(), self.app.now());
        match inbound::read(self.source, headers, body, &from, now) {
            Ok(incoming) => Ok(incoming),
            Err(refusal) => {
                let refused = || RefusedWebhook {
                    digest: Some(Sha256::digest(body).into()),
                    details: inbound::examine(self.source, &refusal, headers, body, now),
                    request: Some(inbound::copy_of(headers, body)),
                    ..RefusedWebhook::default()
                };
                self.audit(refusal.reason(), refused).await;
                Err(refusal.into())
            }
        }
    }

    /// Applies it, after its command was run with it if it has one.
    async fn apply(&self, incoming: VerifiedWebhook) -> Result<ApplyResult, Problem> {
        let details = RefusalDetails::of_verified(&incoming);
        run_command(self.app, &incoming).await?;
        let applied = self.app.store.apply(incoming, self.app.now()).within(STORE_WRITE_TIMEOUT).await;
        if let Err(StoreError::RecordTooLarge) = applied {
            self.audit("record-too-large", || RefusedWebhook { details, ..RefusedWebhook::default() }).await;
        }
        Ok(applied?)
    }

    async fn audit(&self, reason: &'static str, refused: impl FnOnce() -> RefusedWebhook) {
        self.app.audit_refusal((reason, self.source.route()), self.from, refused).await;
    }
}

/// Runs the command of a source with an event that did not arrive before. If it fails, the sender is to try again.
pub(super) async fn run_command(app: &App, incoming: &VerifiedWebhook) -> Result<(), Problem> {
    let (WebhookEffect::Command(command), now) = (&incoming.effect, app.now()) else { return Ok(()) };
    if app.store.has_arrived(&incoming.id, now).within(STORE_WRITE_TIMEOUT).await? {
        return Ok(());
    }
    let Ok(_permit) = app.commands.try_acquire() else {
        return Err(Problem::unavailable("too many commands at once"));
    };
    let (command, event) = (Arc::clone(command), incoming.clone());
    let done = tokio::task::spawn_blocking(move || command::run(&command, &event, now)).await;
    done.map_err(|_| Problem::internal())?.map_err(|error| {
        let (route, id) = (&incoming.route, &incoming.id);
        tracing::error!(%route, %id, error = %Untrusted(&error.to_string()), "the command of a source failed");
        Problem::unavailable("the event could not be processed")
    })
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
