//! The answers of `emit` and of the routes that emit.

use serde::Serialize;

use super::Report;
use crate::clock::Timestamp;
use crate::event::{Draft, Event, EventId};
use crate::format::count;
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

/// The JSON answer of `emit` and of the routes that emit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Emitted<'a> {
    event: EventView<'a>,
    deliveries: u64,
    duplicate: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    /// When it is queued, if not now.
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<Timestamp>,
    /// The event whose data was edited to make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_from: Option<&'a str>,
}

impl<'a> Emitted<'a> {
    fn of(receipt: &'a Receipt) -> Self {
        let Receipt { event, deliveries, duplicate } = receipt;
        Self {
            event: EventView::of(event),
            deliveries: *deliveries,
            duplicate: *duplicate,
            dry_run: false,
            scheduled_at: None,
            edited_from: None,
        }
    }
}

/// Type, id and resource of an event in one line.
fn described(event: &Event) -> String {
    let (event_type, kind, id) =
        (Untrusted(&event.event_type), Untrusted(&event.resource.kind), Untrusted(&event.resource.id));
    format!("{}  {event_type}  {kind}/{id}", Untrusted(event.id.as_str()))
}

/// The answer for an event that is scheduled for later.
pub fn scheduled(receipt: &Receipt, at: Timestamp) -> Report {
    let event = &receipt.event;
    Report::new(&Emitted { scheduled_at: Some(at), ..Emitted::of(receipt) })
        .with_line(format!("{}  scheduled for {at}", described(event)))
        .with_names([event.id.to_string()])
        .with_hint(format!("a worker queues it at that time; cancel it with `syncctl events cancel {}`", event.id))
}

/// The answer for an event made from another one by editing its data.
pub fn edited(receipt: &Receipt, from: &EventId) -> Report {
    let report = emitted(receipt);
    let view = Report::new(&Emitted { edited_from: Some(from.as_str()), ..Emitted::of(receipt) });
    Report { data: view.data, ..report }.with_line(format!("created from {}", Untrusted(from.as_str())))
}

/// The answer for one event.
pub fn emitted(receipt: &Receipt) -> Report {
    let Receipt { event, deliveries, duplicate } = receipt;
    let became = match (duplicate, deliveries) {
        (true, _) => "duplicate: already stored, nothing changed".to_owned(),
        (false, 0) => "stored without deliveries".to_owned(),
        (false, 1) => "queued for 1 endpoint".to_owned(),
        (false, n) => format!("queued for {n} endpoints"),
    };
    Report::new(&Emitted::of(receipt))
        .with_line(format!("{}  {became}", described(event)))
        .with_names([event.id.to_string()])
        .with_hint_if(*deliveries > 0, "deliver now with `syncctl process`")
}

/// The answer of a dry run for one event, emitted at `now` with so many deliveries.
pub fn would_emit(draft: &Draft, deliveries: u64, now: Timestamp) -> Report {
    let scheduled_at = draft.dispatch.later_than(now);
    let view = Emitted {
        event: EventView::of_draft(draft, scheduled_at.unwrap_or(now)),
        deliveries,
        duplicate: false,
        dry_run: true,
        scheduled_at,
        edited_from: draft.edited_from.as_ref().map(EventId::as_str),
    };
    let (event_type, id) = (Untrusted(&draft.event_type), Untrusted(&draft.resource.id));
    let at = scheduled_at.map_or_else(String::new, |at| format!(" at {at}"));
    let endpoints = count(usize::try_from(deliveries).unwrap_or(usize::MAX), "endpoint");
    Report::new(&view).with_line(format!("would store {event_type} {id} for {endpoints}{at}; nothing changed"))
}

/// A line of a batch that was not stored, and why.
#[derive(Clone, Debug, Serialize)]
pub struct RejectedLine {
    /// Its number, from 1.
    pub line: u64,
    /// The column in it, from 1, where it is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// The reason.
    pub error: String,
}

/// The JSON answer of a batch that was emitted.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Events stored.
    pub accepted: u64,
    /// Lines stored already.
    pub duplicates: u64,
    /// Lines not stored.
    pub rejected: u64,
    /// The first rejected lines, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected_lines: Vec<RejectedLine>,
}
