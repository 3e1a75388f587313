//! What emitting answers.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::store::Receipt;

/// The answer to one event emitted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Emitted<'a> {
    event: Event<'a>,
    deliveries: u64,
    duplicate: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    timestamp: Timestamp,
}

impl<'a> Emitted<'a> {
    /// The answer to a receipt.
    pub fn of(receipt: &'a Receipt) -> Self {
        let event = &receipt.event;
        Self {
            event: Event {
                id: event.id.as_str(),
                event_type: &event.event_type,
                resource_id: &event.resource.id,
                resource_type: &event.resource.kind,
                timestamp: event.timestamp,
            },
            deliveries: receipt.deliveries,
            duplicate: receipt.duplicate,
        }
    }
}

/// The answer to a batch.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Batch {
    /// Events stored.
    pub accepted: u64,
    /// Lines stored already.
    pub duplicates: u64,
    /// Lines not stored.
    pub rejected: u64,
}
