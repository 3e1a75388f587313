//! Emitting over HTTP: one event, or a batch of lines.

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::PATIENCE;
use super::answer::{Problem, Reply};
use super::call::{BODY_LIMIT, Call, Members};
use crate::clock::Timestamp;
use crate::event::{Draft, Invalid};
use crate::inbound::field_of;
use crate::report::Report;
use crate::report::emitted::{Batch, emitted};

/// The longest batch. Longer ones belong to `syncctl emit --batch`, which needs no memory for them.
const BATCH_LIMIT: usize = 16 * 1024 * 1024;
/// Wrong lines that are named.
const NAMED: usize = 20;

pub(super) async fn emit(call: Call) -> Reply {
    let content_type = call.parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => batch(call).await,
        _ => one(call).await,
    }
}

async fn one(mut call: Call) -> Reply {
    let read = call.body(BODY_LIMIT).await?;
    let draft = Draft::from_line(&read.bytes).map_err(|e| wrong(&e, &read.bytes))?;
    let stored = call.app.store.enqueue(Box::new(std::iter::once(Ok(draft))), false, call.now).within(PATIENCE).await?;
    let receipt = stored.first.ok_or_else(Problem::internal)?;
    let status = if receipt.duplicate { StatusCode::OK } else { StatusCode::CREATED };
    Ok(call.answer_with(status, &emitted(&receipt)))
}

/// What is wrong with an event: each member that is not as it must be, or the rule that is broken.
fn wrong(invalid: &Invalid, body: &[u8]) -> Problem {
    let members = match invalid {
        Invalid::Shape(_) => serde_json::from_slice(body).map(|members| wrong_members(&members)).unwrap_or_default(),
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

async fn batch(mut call: Call) -> Reply {
    let read = call.body(BATCH_LIMIT).await?;
    check(&read.bytes, call.now)?;
    let bytes = read.bytes.clone();
    // Every line was read before: what is read again inside the transaction cannot fail.
    let drafts = Lines { bytes, at: 0 };
    let stored = call.app.store.enqueue(Box::new(drafts.map(Ok)), false, call.now).within(PATIENCE).await?;
    drop(read);
    let answer = Batch { accepted: stored.accepted, duplicates: stored.duplicates, rejected: 0 };
    Ok(call.answer(&Report::new(&answer)))
}

/// All of a batch or nothing: every line is read before the first is stored.
fn check(bytes: &[u8], now: Timestamp) -> Result<(), Problem> {
    let numbered = bytes.split(|b| *b == b'\n').zip(1..).filter(|(line, _)| !is_blank(line));
    let wrong: Vec<(String, String)> = numbered
        .filter_map(|(line, number)| {
            let read = Draft::from_line(line).and_then(|draft| draft.within_reach(now));
            read.err().map(|e| (format!("line {number}"), e.to_string()))
        })
        .take(NAMED)
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(wrong)) }
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// The drafts of a batch, one line at a time.
struct Lines {
    bytes: Bytes,
    at: usize,
}

impl Iterator for Lines {
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
