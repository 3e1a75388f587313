//! `reconcile`: compares the records here with an export of the other side, and writes events that would make them agree.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::values;
use crate::event::{MAX_RESOURCE_ID_BYTES, is_resource_id};
use crate::record::{Comparison, RecordKind, compare};
use crate::report::reconcile::{Difference, Mismatch, Reconciled};
use crate::store::Store;
use crate::store::inbound::RecordRow;
use crate::untrusted::Untrusted;

/// Records read at a time.
const BATCH: u64 = 500;
/// The longest line of an export.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;
/// The most differences that are listed; all are counted.
const LISTED: usize = 1_000;

/// The command-line arguments of `reconcile`.
#[derive(Debug, clap::Args)]
pub struct ReconcileArgs {
    /// Export of the other side: lines with resourceType, resourceId and data, as `records export` writes them; `-` for stdin
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Write the events that the other side lacks to this file, for `emit --batch`
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

/// One record in the export of the other system; unknown members are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExportLine<'a> {
    resource_type: String,
    resource_id: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl ReconcileArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.read_store()?;
        let mut comparison =
            RecordComparison { store: store.as_ref(), done: Reconciled::default(), seen: HashSet::new(), events: None };
        comparison.events = self.events.as_deref().map(new_file).transpose()?;
        match self.file.as_os_str() == "-" {
            true => comparison.read(std::io::stdin().lock())?,
            false => comparison.read(BufReader::new(values::open_file(&self.file)?))?,
        }
        comparison.find_missing()?;
        if let Some(mut events) = comparison.events.take() {
            events.flush().map_err(|e| not_written(&e))?;
        }
        let written = self.events.as_ref().map(|path| path.display().to_string());
        context.screen.report(&crate::report::reconcile::reconciled(&comparison.done, written.as_deref()))?;
        Ok(if comparison.done.agree() { Exit::Done } else { Exit::Failure })
    }
}

fn new_file(path: &Path) -> Result<BufWriter<File>, CliError> {
    File::create_new(path).map(BufWriter::new).map_err(|e| {
        Exit::Io
            .error(format!("failed to write {}", path.display()))
            .cause(e)
            .hint("name a file that does not exist yet")
    })
}

fn not_written(error: &std::io::Error) -> CliError {
    Exit::Io.error("failed to write the events").cause(error)
}

/// A comparison of records with another system's export while it is read.
struct RecordComparison<'a> {
    store: &'a dyn Store,
    done: Reconciled,
    /// The resources of the export.
    seen: HashSet<(RecordKind, String)>,
    events: Option<BufWriter<File>>,
}

impl RecordComparison<'_> {
    /// Compares the export with the records here, line by line.
    fn read(&mut self, mut source: impl BufRead) -> Result<(), CliError> {
        let (mut line, mut number) = (Vec::new(), 0_u64);
        loop {
            line.clear();
            let read = source.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line);
            if read.map_err(|e| values::unreadable("the export", &e))? == 0 {
                return Ok(());
            }
            number += 1;
            if !line.trim_ascii().is_empty() {
                let wrong = |why: String| {
                    let what = format!("line {number} of the export is not a record: {}", Untrusted(&why));
                    Exit::Data.error(what).hint("write one JSON object per line: resourceType, resourceId, data")
                };
                let (kind, id, data) = parse(&line).map_err(wrong)?;
                self.compare(kind, id, &data)?;
            }
        }
    }

    fn compare(&mut self, kind: RecordKind, id: String, theirs: &serde_json::Value) -> Result<(), CliError> {
        let row = self.store.record(kind, &id).wait()?;
        match row {
            None => self.differ(kind, &id, Mismatch::Extra, Vec::new(), None),
            Some(row) => match compare(&row.record, theirs) {
                Comparison::Same => self.done.same += 1,
                Comparison::Deleted => {
                    self.differ(kind, &id, Mismatch::Deleted, Vec::new(), Some(&row));
                    self.write_event(deleting(kind), &id, "{}")?;
                }
                Comparison::Differs(fields) => {
                    self.differ(kind, &id, Mismatch::Stale, fields, Some(&row));
                    self.write_event(Some(updating(kind)), &id, &row.record.data())?;
                }
            },
        }
        self.seen.insert((kind, id));
        Ok(())
    }

    /// Finds the records here that the export lacks.
    fn find_missing(&mut self) -> Result<(), CliError> {
        let mut after = 0;
        loop {
            let rows = self.store.records_after(after, BATCH).wait()?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = *last;
            for (_, row) in rows {
                if row.record.exists() && !self.seen.contains(&(row.kind, row.id.clone())) {
                    self.differ(row.kind, &row.id, Mismatch::Missing, Vec::new(), Some(&row));
                    self.write_event(Some(creating(row.kind)), &row.id, &row.record.data())?;
                }
            }
        }
    }

    fn differ(&mut self, kind: RecordKind, id: &str, verdict: Mismatch, fields: Vec<String>, row: Option<&RecordRow>) {
        self.done.count(verdict);
        if self.done.differences.len() < LISTED {
            let sync = row.map(|row| row.sync.name());
            self.done.differences.push(Difference { kind: kind.name(), id: id.to_owned(), verdict, fields, sync });
        }
    }

    /// Writes a line for `emit --batch`; nothing for a kind that no event deletes.
    fn write_event(&mut self, event_type: Option<&str>, id: &str, data: &str) -> Result<(), CliError> {
        let (Some(out), Some(event_type)) = (&mut self.events, event_type) else { return Ok(()) };
        let id = serde_json::to_string(id).expect("text is JSON");
        let line = format!("{{\"type\":\"{event_type}\",\"resourceId\":{id},\"data\":{data}}}\n");
        self.done.events += 1;
        out.write_all(line.as_bytes()).map_err(|e| not_written(&e))
    }
}

fn parse(line: &[u8]) -> Result<(RecordKind, String, serde_json::Value), String> {
    let theirs: ExportLine<'_> = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    let kind = RecordKind::parse(&theirs.resource_type).ok_or("resourceType must be enrollment, user or progress")?;
    if !is_resource_id(&theirs.resource_id) {
        return Err(format!("resourceId must be 1 to {MAX_RESOURCE_ID_BYTES} bytes long, without control characters"));
    }
    let data: serde_json::Value = serde_json::from_str(theirs.data.get()).map_err(|e| e.to_string())?;
    if !data.is_object() {
        return Err("data must be an object".to_owned());
    }
    Ok((kind, theirs.resource_id, data))
}

fn creating(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Enrollment => "enrollment.created",
        RecordKind::User => "user.created",
        RecordKind::Progress => "progress.updated",
    }
}

fn updating(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Enrollment => "enrollment.updated",
        RecordKind::User => "user.updated",
        RecordKind::Progress => "progress.updated",
    }
}

/// The event type that deletes a record of the kind: only enrollments have one.
fn deleting(kind: RecordKind) -> Option<&'static str> {
    match kind {
        RecordKind::Enrollment => Some("enrollment.deleted"),
        RecordKind::User | RecordKind::Progress => None,
    }
}
