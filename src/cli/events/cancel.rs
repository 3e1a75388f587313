//! `events cancel`: cancels scheduled events, so that they are never sent.

use serde::Serialize;

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::super::selection;
use super::find;
use crate::report::Report;
use crate::store::{Cancellation, EventRow, Schedule, Store};
use crate::untrusted::Untrusted;

/// The command-line arguments of `events cancel`.
#[derive(Debug, clap::Args)]
pub struct CancelArgs {
    /// Event ids, or evt#N
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Show what would be cancelled and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// The JSON answer of `events cancel`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CancelView<'a> {
    dry_run: bool,
    cancelled: Vec<&'a str>,
    cancelled_before: Vec<&'a str>,
}

impl CancelArgs {
    /// Cancels all of the events, or none: all are checked first.
    pub(super) fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        let mut rows: Vec<EventRow> = Vec::new();
        for id in &self.ids {
            let row = find(store, id)?.row;
            match row.schedule {
                None => return Err(not_scheduled(&row)),
                Some(Schedule::Queued { .. }) => return Err(too_late(&row)),
                Some(Schedule::Waits { .. } | Schedule::Cancelled { .. }) => rows.push(row),
            }
        }
        let (mut done, mut before) = (Vec::new(), Vec::new());
        for row in &rows {
            let cancellation = match (self.dry_run, row.schedule) {
                (true, Some(Schedule::Cancelled { at, .. })) => Cancellation::Before(at),
                (true, _) => Cancellation::Done,
                (false, _) => store.cancel(&row.id, context.now).wait()?,
            };
            match cancellation {
                Cancellation::Done => done.push(row),
                Cancellation::Before(_) => before.push(row),
                Cancellation::TooLate(_) => return Err(too_late(row)),
                Cancellation::NotScheduled => return Err(not_scheduled(row)),
                Cancellation::Unknown => return Err(selection::no_event(row.id.as_str())),
            }
        }
        let (dry_run, ids) = (self.dry_run, |rows: &[&EventRow]| rows.iter().map(|row| row.id.to_string()).collect());
        let (cancelled, cancelled_before): (Vec<String>, Vec<String>) = (ids(&done), ids(&before));
        let view = CancelView {
            dry_run,
            cancelled: cancelled.iter().map(String::as_str).collect(),
            cancelled_before: cancelled_before.iter().map(String::as_str).collect(),
        };
        let mut report = Report::new(&view).with_names(cancelled.clone());
        for id in &cancelled {
            let text = if dry_run { "would be cancelled; nothing changed" } else { "cancelled; it is never sent" };
            report = report.with_line(format!("{}  {text}", Untrusted(id)));
        }
        for id in &cancelled_before {
            report = report.with_line(format!("{}  was already cancelled", Untrusted(id)));
        }
        context.done(&report)?;
        Ok(Exit::Done)
    }
}

fn not_scheduled(row: &EventRow) -> CliError {
    Exit::Failure
        .error(format!("the event `{}` was not scheduled", row.id))
        .hint(format!("give up its unfinished deliveries with `syncctl deliveries give-up {}`", row.id))
}

fn too_late(row: &EventRow) -> CliError {
    Exit::Failure
        .error(format!("the scheduled time of the event `{}` has passed: it is queued", row.id))
        .hint(format!("give up its unfinished deliveries with `syncctl deliveries give-up {}`", row.id))
}
