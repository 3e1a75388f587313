//! Webhooks in: verified as raw bytes, read, and applied once. The answer follows the disk.

use std::time::Instant;

use http::HeaderMap;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::PATIENCE;
use super::answer::{Problem, Reply};
use super::call::{BODY_LIMIT, Call};
use crate::event::EventId;
use crate::inbound::{self, Accepts, Refusal};
use crate::report::Report;
use crate::store::inbound::Applied;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Received<'a> {
    message: &'static str,
    event_id: &'a EventId,
    event_type: &'a str,
    result: &'static str,
}

pub(super) async fn enrollments(call: Call) -> Reply {
    receive(call, Accepts::Enrollments).await
}

pub(super) async fn profiles(call: Call) -> Reply {
    receive(call, Accepts::Profiles).await
}

pub(super) async fn progress(call: Call) -> Reply {
    receive(call, Accepts::Progress).await
}

pub(super) async fn everything(call: Call) -> Reply {
    receive(call, Accepts::Everything).await
}

async fn receive(mut call: Call, accepts: Accepts) -> Reply {
    let began = Instant::now();
    let source = call.peer.to_canonical().to_string();
    if !is_signed(&call.parts.headers) {
        // Nobody gets to send a body without at least claiming a signature.
        call.app.audit_refusal("header-not-delivered", None, source).await;
        return Err(Problem::unauthorized());
    }
    let read = match call.body(BODY_LIMIT).await {
        Ok(read) => read,
        Err(problem) => {
            call.app.audit_refusal("body-unread", None, source).await;
            return Err(problem);
        }
    };
    let keys = &call.app.settings().secrets.webhook;
    let incoming = match inbound::read(keys, accepts, &call.parts.headers, &read.bytes, &source, call.now) {
        Ok(incoming) => incoming,
        Err(refusal) => {
            let digest = Sha256::digest(&read.bytes).into();
            call.app.audit_refusal(refusal.reason(), Some(digest), source).await;
            return Err(refusal.into());
        }
    };
    drop(read);
    let (id, event_type) = (incoming.id.clone(), incoming.draft.event_type.clone());
    let applied = call.app.store.apply(incoming, call.now).within(PATIENCE).await?;
    call.app.metrics.applied(applied, began.elapsed());
    let message = match applied {
        Applied::Applied => "the event was applied",
        Applied::Duplicate => "the event was received before",
        Applied::Stale => "later writes stand; nothing changed",
        Applied::Conflict => return Err(Problem::conflict("this event id was received before with another content")),
    };
    Ok(call.answer(&Report::new(&Received { message, event_id: &id, event_type: &event_type, result: applied.name() })))
}

fn is_signed(headers: &HeaderMap) -> bool {
    ["webhook-signature", "x-webhook-signature"].iter().any(|name| headers.contains_key(*name))
}

impl From<Refusal> for Problem {
    /// Whoever is not verified learns nothing; whoever is, everything.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unverified(_) => Self::unauthorized(),
            Refusal::Malformed(_) => Self::invalid("a signature header was sent twice"),
            Refusal::Invalid(fields) => Self::fields(fields),
        }
    }
}
