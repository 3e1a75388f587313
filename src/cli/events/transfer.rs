//! `events export` and `events import`: events as JSON lines, from one queue to another.
//!
//! A line holds what identifies an event: id, type, resource, timestamp and data, byte for byte. `data` that spans lines
//! is carried as text in `dataText`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::context::Context;
use super::super::emit::bad_data;
use super::super::exit::{CliError, Exit};
use super::super::filter::TimeWindow;
use super::super::values;
use crate::clock::Timestamp;
use crate::endpoint::TypePattern;
use crate::event::{Dispatch, Draft, EventId, InvalidDraft, data_of};
use crate::format::count;
use crate::report::Report;
use crate::store::{EventFilter, EventRow, Page, Schedule, Store};
use crate::untrusted::Untrusted;

/// Events read at a time.
const PAGE: u64 = 200;
/// Events stored by one transaction.
const CHUNK: usize = 1_000;

/// The command-line arguments of `events export`: which events to write.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Only this event type, or a pattern such as `user.*`
    #[arg(long = "type", value_name = "TYPE", value_parser = values::pattern)]
    event_type: Option<TypePattern>,
    /// Only this resource id
    #[arg(long, value_name = "ID")]
    resource: Option<String>,
    #[command(flatten)]
    window: TimeWindow,
}

/// The command-line arguments of `events import`: the file, and which of its events to store.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// File that `events export` wrote; `-` for standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Also queue new events for the endpoints that subscribe to them
    #[arg(long)]
    deliver: bool,
    /// Check the file and store nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// One event in a file that `events export` writes and `events import` reads.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EventLine<'a> {
    id: String,
    #[serde(rename = "type")]
    event_type: String,
    resource_id: String,
    resource_type: String,
    timestamp: Timestamp,
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Timestamp>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_text: Option<String>,
}

impl ExportArgs {
    pub(super) fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        let (since, until) = self.window.bounds(context.now)?;
        let mut filter = EventFilter {
            event_type: self.event_type,
            resource_id: self.resource,
            since,
            until,
            ..EventFilter::default()
        };
        loop {
            let page = Page { limit: PAGE, number: 1, oldest_first: true };
            let events = store.events_with_bodies(&filter, page).wait()?;
            let mut out = Vec::new();
            for (row, body) in &events {
                write_line(&mut out, row, body)?;
            }
            context.screen.bytes(&out)?;
            match events.last() {
                Some((row, _)) if events.len() as u64 == PAGE => filter.past = Some(row.seq),
                _ => return Ok(Exit::Done),
            }
        }
    }
}

fn write_line(out: &mut Vec<u8>, row: &EventRow, body: &[u8]) -> Result<(), CliError> {
    let data = data_of(body).unwrap_or("null");
    let is_line = !data.contains(['\n', '\r']);
    let (scheduled_at, cancelled_at) = match row.schedule {
        Some(Schedule::Waits { at }) => (Some(at), None),
        Some(Schedule::Cancelled { planned, at }) => (Some(planned), Some(at)),
        Some(Schedule::Queued { .. }) | None => (None, None),
    };
    let line = EventLine {
        id: row.id.to_string(),
        event_type: row.event_type.clone(),
        resource_id: row.resource.id.clone(),
        resource_type: row.resource.kind.clone(),
        timestamp: row.timestamp,
        created_at: Some(row.created_at),
        scheduled_at,
        cancelled_at,
        data: if is_line { serde_json::from_str(data).ok() } else { None },
        data_text: (!is_line).then(|| data.to_owned()),
    };
    serde_json::to_writer(&mut *out, &line).map_err(|e| Exit::Bug.error("failed to write an event").cause(e))?;
    out.push(b'\n');
    Ok(())
}

/// What `events import` did: stored, known already, in conflict.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportResult {
    accepted: u64,
    duplicates: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

impl ImportArgs {
    /// Stores the events of a file in batches, one transaction each. After an error the earlier batches are kept, and the same file
    /// can be imported again.
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let source: Box<dyn BufRead> = match self.file.to_str() {
            Some("-") => Box::new(std::io::stdin().lock()),
            _ => Box::new(BufReader::new(values::open_file(&self.file)?)),
        };
        let store = if self.dry_run { None } else { Some(context.store()?.0) };
        let mut done = ImportResult { dry_run: self.dry_run, ..ImportResult::default() };
        let mut chunk = Vec::new();
        let name = values::shown_path(&self.file);
        for (number, line) in (1..).zip(source.lines()) {
            let line = line.map_err(|e| values::unreadable(&name, &e))?;
            if line.trim().is_empty() {
                continue;
            }
            let draft = self.draft(line.as_bytes()).map_err(|fault| at_line(number, fault, &done))?;
            chunk.push(draft);
            if chunk.len() >= CHUNK {
                self.store(context, store.as_deref(), std::mem::take(&mut chunk), &mut done)?;
            }
        }
        self.store(context, store.as_deref(), chunk, &mut done)?;
        let (accepted, duplicates) = (done.accepted, done.duplicates);
        let line = match self.dry_run {
            true => format!("{} can be imported; nothing changed", events(accepted)),
            false => format!("{} imported, {duplicates} already stored", events(accepted)),
        };
        let report = Report::new(&done).with_line(line);
        let is_kept = accepted > 0 && !self.deliver && !self.dry_run;
        context.done(&report.with_hint_if(is_kept, "they have no deliveries; create some with `syncctl replay ID`"))?;
        Ok(Exit::Done)
    }

    fn draft(&self, line: &[u8]) -> Result<Draft, CliError> {
        let shape = |e: &serde_json::Error| bad_data(&InvalidDraft::Shape(e.to_string()));
        let line: EventLine<'_> = serde_json::from_slice(line).map_err(|e| shape(&e))?;
        let data = match (line.data, &line.data_text) {
            (Some(data), None) => data.get(),
            (None, Some(text)) => text,
            (Some(_), Some(_)) | (None, None) => {
                return Err(bad_data(&InvalidDraft::Shape("a line has either data or dataText".to_owned())));
            }
        };
        let draft = Draft::check(&line.event_type, &line.resource_id, Some(&line.resource_type), data.as_bytes());
        let mut draft = draft.map_err(|e| bad_data(&e))?;
        draft.id = Some(EventId::parse(&line.id).map_err(|e| bad_data(&e))?);
        draft.timestamp = Some(line.timestamp);
        draft.dispatch = match (self.deliver, line.cancelled_at, line.scheduled_at) {
            (true, None, Some(at)) => Dispatch::At(at),
            (true, None, None) => Dispatch::Now,
            (false, ..) | (_, Some(_), _) => Dispatch::Never,
        };
        Ok(draft)
    }

    fn store(
        &self,
        context: &Context,
        store: Option<&dyn Store>,
        chunk: Vec<Draft>,
        done: &mut ImportResult,
    ) -> Result<(), CliError> {
        let Some(store) = store else {
            done.accepted += chunk.len() as u64;
            return Ok(());
        };
        if chunk.is_empty() {
            return Ok(());
        }
        let stored = store.enqueue(Box::new(chunk.into_iter().map(Ok)), false, context.now).wait();
        let stored = stored.map_err(|error| so_far(error.into(), done))?;
        done.accepted += stored.accepted;
        done.duplicates += stored.duplicates;
        Ok(())
    }
}

fn events(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "event")
}

/// The error of a line, with its number and how many events were stored before it.
fn at_line(number: u64, fault: CliError, done: &ImportResult) -> CliError {
    match fault.into_failure(None) {
        Some(mut failure) => {
            failure.message = format!("line {number}: {}", Untrusted(&failure.message));
            so_far(failure.into(), done)
        }
        None => CliError::ClosedPipe,
    }
}

fn so_far(fault: CliError, done: &ImportResult) -> CliError {
    match done.dry_run || done.accepted == 0 {
        true => fault.hint("nothing was stored"),
        false => fault.hint(format!("{} were stored; the same file can be imported again", events(done.accepted))),
    }
}
