//! What emitting answers.

use serde::Serialize;

use super::Report;
use crate::clock::Timestamp;
use crate::event::{Draft, Event, EventId};
use crate::store::Receipt;
use crate::untrusted::Untrusted;

/// An event as commands and routes that emit answer it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventView<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    timestamp: Timestamp,
}

impl<'a> EventView<'a> {
    /// The view of a stored event.
    pub fn of(event: &'a Event) -> Self {
        Self {
            id: event.id.as_str(),
            event_type: &event.event_type,
            resource_id: &event.resource.id,
            resource_type: &event.resource.kind,
            timestamp: event.timestamp,
        }
    }

    /// The view of an event that would be stored at `now`; its id is empty unless it was given.
    fn of_draft(draft: &'a Draft, now: Timestamp) -> Self {
        Self {
            id: draft.id.as_ref().map_or("", EventId::as_str),
            event_type: &draft.event_type,
            resource_id: &draft.resource.id,
            resource_type: &draft.resource.kind,
            timestamp: draft.timestamp.unwrap_or(now),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Emitted<'a> {
    event: EventView<'a>,
    deliveries: u64,
    duplicate: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// What became of one event.
pub fn emitted(receipt: &Receipt) -> Report {
    let Receipt { event, deliveries, duplicate } = receipt;
    let view = Emitted { event: EventView::of(event), deliveries: *deliveries, duplicate: *duplicate, dry_run: false };
    let what = format!(
        "{}  {}/{}",
        Untrusted(&event.event_type),
        Untrusted(&event.resource.kind),
        Untrusted(&event.resource.id)
    );
    let became = match (duplicate, deliveries) {
        (true, _) => "duplicate: stored already, nothing changed".to_owned(),
        (false, 0) => "stored; no endpoint gets it".to_owned(),
        (false, 1) => "queued for 1 endpoint".to_owned(),
        (false, n) => format!("queued for {n} endpoints"),
    };
    Report::new(&view)
        .with_line(format!("{}  {what}  {became}", Untrusted(event.id.as_str())))
        .with_names([event.id.to_string()])
        .with_hint_if(*deliveries > 0, "deliver now with `syncctl process`")
}

/// What would become of one event, emitted at `now` for so many endpoints.
pub fn would_emit(draft: &Draft, deliveries: u64, now: Timestamp) -> Report {
    let view = Emitted { event: EventView::of_draft(draft, now), deliveries, duplicate: false, dry_run: true };
    let (event_type, id) = (Untrusted(&draft.event_type), Untrusted(&draft.resource.id));
    Report::new(&view).with_line(format!("would store {event_type} {id} for {deliveries} endpoints; nothing changed"))
}

/// A line of a batch that was not stored.
#[derive(Clone, Debug, Serialize)]
pub struct RejectedLine {
    /// Its number, from 1.
    pub line: u64,
    /// Why not.
    pub error: String,
}

/// The answer to a batch.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Events stored.
    pub accepted: u64,
    /// Lines stored already.
    pub duplicates: u64,
    /// Lines not stored.
    pub rejected: u64,
    /// The first of them, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected_lines: Vec<RejectedLine>,
}
