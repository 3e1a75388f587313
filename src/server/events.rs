//! Emitting over HTTP: one event, or a batch of lines.

use std::sync::Arc;

use axum::extract::{FromRequest as _, Request, State};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use super::extract::{Members, Payload};
use super::preconditions::IdempotencyKey;
use super::response::{Problem, ReportResponse};
use super::state::{App, STORE_WRITE_TIMEOUT};
use crate::clock::Timestamp;
use crate::event::{Draft, InvalidDraft, Traceparent};
use crate::inbound::field_of;
use crate::report::Report;
use crate::report::emitted::{Batch, emitted};

/// The size limit of a batch. Larger ones belong to `emit --batch`, which does not hold them in memory.
const BATCH_LIMIT: usize = 16 * 1024 * 1024;
/// The most invalid lines that are named.
const MAX_NAMED_LINES: usize = 20;

pub(super) async fn emit(
    State(app): State<Arc<App>>,
    key: IdempotencyKey,
    request: Request,
) -> Result<ReportResponse, Problem> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let traceparent = traceparent_of(request.headers());
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
            batch(&app, Payload::from_request(request, &app).await?, key, traceparent).await
        }
        _ => one(&app, Payload::from_request(request, &app).await?, &key, traceparent).await,
    }
}

/// The caller's place in a trace. One that is wrong, or given twice, is ignored: W3C Trace Context asks for that.
fn traceparent_of(headers: &HeaderMap) -> Option<Traceparent> {
    let mut given = headers.get_all("traceparent").iter();
    let only = given.next().filter(|_| given.next().is_none())?;
    Traceparent::parse(only.to_str().ok()?).ok()
}

async fn one(
    app: &App,
    body: Payload,
    key: &IdempotencyKey,
    traceparent: Option<Traceparent>,
) -> Result<ReportResponse, Problem> {
    let draft = Draft::from_line(&body.bytes).map_err(|e| invalid_event(&e, &body.bytes))?;
    let id = draft.id.clone().or_else(|| key.event_id(0));
    let draft = Draft { id, traceparent, ..draft };
    let drafts = Box::new(std::iter::once(Ok(draft)));
    let stored = app.store.enqueue(drafts, false, app.now()).within(STORE_WRITE_TIMEOUT).await?;
    let receipt = stored.first.ok_or_else(Problem::internal)?;
    let status = if receipt.duplicate { StatusCode::OK } else { StatusCode::CREATED };
    Ok(ReportResponse::with_status(status, emitted(&receipt)))
}

/// The members of an event that are wrong, or the rule it breaks as a whole.
fn invalid_event(invalid: &InvalidDraft, body: &[u8]) -> Problem {
    let members = match invalid {
        InvalidDraft::Shape(_) => {
            serde_json::from_slice(body).map(|members| wrong_members(&members)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    match members.is_empty() {
        true => Problem::field(field_of(invalid), invalid.to_string()),
        false => Problem::fields(members),
    }
}

fn wrong_members(members: &Members) -> Vec<(String, String)> {
    const REQUIRED: [&str; 3] = ["type", "resourceId", "data"];
    const TEXTS: [&str; 5] = ["id", "type", "resourceId", "resourceType", "timestamp"];
    const REST: [&str; 3] = ["data", "retryCount", "status"];
    let missing = REQUIRED.iter().filter(|name| !members.contains_key(**name));
    let missing = missing.map(|name| ((*name).to_owned(), "is missing".to_owned()));
    let wrong = members.iter().filter_map(|(name, value)| {
        let is_text = value.get().starts_with('"') || (value.get() == "null" && !REQUIRED.contains(&name.as_str()));
        match name.as_str() {
            known if TEXTS.contains(&known) => (!is_text).then(|| (name.clone(), "must be text".to_owned())),
            known if REST.contains(&known) => None,
            _ => Some((name.clone(), "is no member of an event".to_owned())),
        }
    });
    missing.chain(wrong).collect()
}

async fn batch(
    app: &App,
    body: Payload<BATCH_LIMIT>,
    key: IdempotencyKey,
    traceparent: Option<Traceparent>,
) -> Result<ReportResponse, Problem> {
    let now = app.now();
    check(&body.bytes, now)?;
    // Every line was read before: what is read again inside the transaction cannot fail.
    let lines = BatchLines { bytes: body.bytes.clone(), at: 0 };
    let numbered = (0..).zip(lines);
    let drafts = Box::new(numbered.map(move |(n, draft)| {
        let id = draft.id.clone().or_else(|| key.event_id(n));
        Ok(Draft { id, traceparent: traceparent.clone(), ..draft })
    }));
    let stored = app.store.enqueue(drafts, false, now).within(STORE_WRITE_TIMEOUT).await?;
    let answer =
        Batch { accepted: stored.accepted, duplicates: stored.duplicates, rejected: 0, rejected_lines: Vec::new() };
    Ok(ReportResponse::new(Report::new(&answer)))
}

/// Checks every line before the first is stored: all of a batch, or nothing.
fn check(bytes: &[u8], now: Timestamp) -> Result<(), Problem> {
    let numbered = bytes.split(|b| *b == b'\n').zip(1..).filter(|(line, _)| !is_blank(line));
    let wrong: Vec<(String, String)> = numbered
        .filter_map(|(line, number)| {
            let read = Draft::from_line(line).and_then(|draft| draft.within_reach(now));
            read.err().map(|e| (format!("line {number}"), e.to_string()))
        })
        .take(MAX_NAMED_LINES)
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(wrong)) }
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// The events in the body of a batch request, one JSON line each.
struct BatchLines {
    bytes: Bytes,
    at: usize,
}

impl Iterator for BatchLines {
    type Item = Draft;

    fn next(&mut self) -> Option<Draft> {
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            self.at += end + 1;
            if let Ok(draft) = Draft::from_line(&rest[..end]) {
                return Some(draft);
            }
        }
        None
    }
}
