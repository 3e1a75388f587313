//! The answers of `events show` and `deliveries show`.

use serde::Serialize;
use serde_json::value::RawValue;

use super::attempts::{ATTEMPTS, AttemptView, attempt_cells};
use super::deliveries::{DeliveryView, sent_to};
use super::events::{EventView, schedule_text};
use super::{Report, Table};
use crate::event::{EventId, Traceparent, data_of};
use crate::store::{AttemptRow, DeliveryId, DeliveryRow, EventDetail};
use crate::untrusted::Untrusted;

/// The JSON answer of `events show`.
#[derive(Serialize)]
struct EventDetailView<'a> {
    event: EventWithBody<'a>,
    deliveries: Vec<DeliveryView<'a>>,
    attempts: Vec<AttemptView<'a>>,
}

/// An event in JSON, with its body and where it was edited from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventWithBody<'a> {
    #[serde(flatten)]
    view: EventView<'a>,
    body: String,
    data: Option<Box<RawValue>>,
    /// The body for endpoints with `payload = "full"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole_record_body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_from: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edited_into: Vec<&'a str>,
}

/// One event with its deliveries and attempts.
pub fn event(detail: &EventDetail) -> Report {
    let row = &detail.row;
    let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
    let (body, whole_record_body) = (text(&detail.body), detail.whole_body.as_deref().map(text));
    let traceparent = detail.traceparent.as_ref().map(Traceparent::as_str);
    let data = data_of(&detail.body).and_then(|data| RawValue::from_string(data.to_owned()).ok());
    let view = EventDetailView {
        event: EventWithBody {
            view: EventView::of(row),
            body,
            data,
            whole_record_body,
            traceparent,
            edited_from: detail.edited_from.as_ref().map(EventId::as_str),
            edited_into: detail.edited_into.iter().map(EventId::as_str).collect(),
        },
        deliveries: detail.deliveries.iter().map(DeliveryView::of).collect(),
        attempts: detail.attempts.iter().map(AttemptView::of).collect(),
    };
    let report = Report::new(&view)
        .with_line(format!("Event     evt#{}  {}", row.seq, Untrusted(row.id.as_str())))
        .with_line(format!("Type      {}", Untrusted(&row.event_type)))
        .with_line(format!("Resource  {}/{}", Untrusted(&row.resource.kind), Untrusted(&row.resource.id)))
        .with_line(format!("Happened  {}   emitted {}", row.timestamp, row.created_at))
        .with_line(format!(
            "Body      {} bytes (--body prints the data, --sent the signed request body)",
            detail.body.len()
        ));
    origin(detail)
        .into_iter()
        .fold(report, Report::with_line)
        .with_table(sent_to(&detail.deliveries))
        .with_table(Table::new(ATTEMPTS, detail.attempts.iter().map(attempt_cells).collect()))
        .with_names([row.id.to_string()])
}

/// Lines about an event's schedule, and the events it was edited from and into.
fn origin(detail: &EventDetail) -> Vec<String> {
    let mut lines: Vec<String> =
        detail.row.schedule.iter().map(|it| format!("Schedule  {}", schedule_text(*it))).collect();
    lines.extend(detail.edited_from.iter().map(|from| format!("Made from {}", Untrusted(from.as_str()))));
    lines.extend(detail.edited_into.iter().map(|into| format!("Edited as {}", Untrusted(into.as_str()))));
    lines
}

/// One delivery of an event, with its attempts.
pub fn delivery(detail: &EventDetail, id: DeliveryId) -> Report {
    /// The JSON answer of `deliveries show`.
    #[derive(Serialize)]
    struct DeliveryDetailView<'a> {
        event: EventView<'a>,
        delivery: Option<DeliveryView<'a>>,
        attempts: Vec<AttemptView<'a>>,
    }
    let rows: Vec<DeliveryRow> = detail.deliveries.iter().filter(|row| row.id == id).cloned().collect();
    let attempts: Vec<&AttemptRow> = detail.attempts.iter().filter(|attempt| attempt.delivery == id).collect();
    let view = DeliveryDetailView {
        event: EventView::of(&detail.row),
        delivery: rows.first().map(DeliveryView::of),
        attempts: attempts.iter().map(|attempt| AttemptView::of(attempt)).collect(),
    };
    let row = &detail.row;
    Report::new(&view)
        .with_line(format!("Event     evt#{}  {}  {}", row.seq, Untrusted(row.id.as_str()), Untrusted(&row.event_type)))
        .with_line(format!("Resource  {}/{}", Untrusted(&row.resource.kind), Untrusted(&row.resource.id)))
        .with_table(sent_to(&rows))
        .with_table(Table::new(ATTEMPTS, attempts.iter().map(|attempt| attempt_cells(attempt)).collect()))
        .with_names([id.0.to_string()])
}
