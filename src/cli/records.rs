//! `records`: lists, shows, exports and imports the records of enrollments, users and progress.

use std::io::{BufRead, BufReader, Read as _};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::values;
use crate::clock::Timestamp;
use crate::event::{IdSource, MAX_RESOURCE_ID_BYTES, check_json, is_resource_id};
use crate::record::{Change, Record, RecordKind, WriteStamp};
use crate::report::{Report, records};
use crate::store::inbound::{RecordFilter, RecordOrder, RecordRow};
use crate::store::{Location, Page, Store};
use crate::untrusted::Untrusted;

/// Records read or written at a time.
const BATCH: u64 = 500;
/// The longest line of an import.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// The commands below `records`.
#[derive(Debug, clap::Subcommand)]
pub enum RecordsCommand {
    /// List records, newest first
    List(ListArgs),
    /// Show one record
    Show(ShowArgs),
    /// Export all records with field timestamps and tombstones as JSON lines
    Export(ExportArgs),
    /// Merge records from an export, without emitting events
    Import(ImportArgs),
}

/// The command-line arguments of `records list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only this resource type: enrollment, user or progress
    #[arg(value_name = "KIND", value_parser = kind())]
    kind: Option<RecordKind>,
    /// Only records whose name, email or id contains this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only records of this user
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only records of this course
    #[arg(long, value_name = "ID")]
    course: Option<String>,
    /// Sort by name, email or created [default: newest first]
    #[arg(long, value_name = "FIELD", value_parser = sort())]
    sort: Option<RecordOrder>,
    /// Include deleted records
    #[arg(long)]
    deleted: bool,
    /// Start after the record with this number: the `nextAfter` of a page
    #[arg(long, value_name = "NUMBER", conflicts_with = "page", hide_short_help = true)]
    after: Option<i64>,
    #[command(flatten)]
    paging: Paging,
}

/// The command-line arguments of `records show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Resource type: enrollment, user or progress
    #[arg(value_name = "KIND", value_parser = kind())]
    kind: RecordKind,
    /// Resource id
    #[arg(value_name = "ID")]
    id: String,
    /// Print only the record's data, as an event would carry it
    #[arg(long)]
    body: bool,
}

/// The command-line arguments of `records export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {}

/// The command-line arguments of `records import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// Export file, or lines with resourceType, resourceId, data, timestamp; `-` for stdin
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Validate every line and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

fn kind() -> impl TypedValueParser<Value = RecordKind> {
    PossibleValuesParser::new(["enrollment", "user", "profile", "progress"])
        .map(|name| RecordKind::parse(&name).expect("only known names pass"))
}

fn sort() -> impl TypedValueParser<Value = RecordOrder> {
    PossibleValuesParser::new(["name", "email", "created"]).map(|name| match name.as_str() {
        "name" => RecordOrder::Name,
        "email" => RecordOrder::Email,
        _ => RecordOrder::CreatedAt,
    })
}

impl RecordsCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::List(args) => args.run(context),
            Self::Show(args) => args.run(context),
            Self::Export(_) => export(context),
            Self::Import(args) => args.run(context),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let filter = RecordFilter {
            kind: self.kind,
            search: self.search,
            user: self.user,
            course: self.course,
            sort: self.sort.unwrap_or_default(),
            deleted: self.deleted,
            past: self.after,
        };
        let page = Page { oldest_first: self.sort.is_some(), ..self.paging.newest_first() };
        let listed = context.existing_store()?.records(&filter, page).wait()?;
        let report = records::list(&listed, page, &context.config()?.freshness, context.now);
        let hint = "no records; they come from `emit`, from webhooks to `serve`, or by `records import`";
        let is_empty = listed.rows.is_empty() && listed.is_exact;
        let report = report.with_cursor_after(&listed, |row| row.seq).with_hint_if(is_empty, hint);
        context.screen.report(&report)?;
        Ok(Exit::Done)
    }
}

impl ShowArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let found = context.existing_store()?.record(self.kind, &self.id).wait()?;
        let row = found.ok_or_else(|| {
            Exit::NoInput
                .error(format!("there is no {} `{}`", self.kind.name(), Untrusted(&self.id)))
                .hint("list them with `syncctl records list`")
        })?;
        match self.body {
            true => context.screen.bytes(row.record.data().as_bytes())?,
            false => context.screen.report(&records::show(&row, &context.config()?.freshness, context.now))?,
        }
        Ok(Exit::Done)
    }
}

// ── export and import ───────────────────────────────────────────────────────────────────────────────────────────────

/// A line that `records export` writes: the record for people, and the state that an import merges.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported<'a> {
    resource_type: &'static str,
    resource_id: &'a str,
    data: Box<RawValue>,
    state: &'a Record,
}

fn export(context: &Context) -> Result<Exit, CliError> {
    let store = context.existing_store()?;
    let mut after = 0;
    loop {
        let rows = store.records_after(after, BATCH).wait()?;
        let Some((last, _)) = rows.last() else { return Ok(Exit::Done) };
        after = *last;
        let mut lines = Vec::new();
        rows.iter().for_each(|(_, row)| write_line(&mut lines, row));
        context.screen.bytes(&lines)?;
    }
}

fn write_line(lines: &mut Vec<u8>, row: &RecordRow) {
    let data = RawValue::from_string(row.record.data()).expect("a record's data is JSON");
    let line = Exported { resource_type: row.kind.name(), resource_id: &row.id, data, state: &row.record };
    serde_json::to_writer(&mut *lines, &line).expect("a record serialises into memory");
    lines.push(b'\n');
}

/// A line that `records import` reads: from an export, or written by hand.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Imported<'a> {
    resource_type: String,
    resource_id: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    timestamp: Option<Timestamp>,
    state: Option<Record>,
}

/// The JSON answer of `records import`.
#[derive(Serialize)]
struct ImportView {
    read: u64,
    changed: u64,
}

impl ImportArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = if self.dry_run { None } else { Some(context.store()?.0) };
        let done = match self.file.as_os_str() == "-" {
            true => import(context, store.as_deref(), std::io::stdin().lock())?,
            false => import(context, store.as_deref(), BufReader::new(values::open_file(&self.file)?))?,
        };
        let line = match self.dry_run {
            true => format!("{} records would be merged; nothing changed", done.read),
            false => format!("{} records read, {} changed", done.read, done.changed),
        };
        context.screen.report_done(&Report::new(&done).with_line(line))?;
        Ok(Exit::Done)
    }
}

/// Merges records in batches; without a store it only checks them.
fn import(context: &Context, store: Option<&dyn Store>, mut source: impl BufRead) -> Result<ImportView, CliError> {
    let (ids, mut done) = (IdSource::new(), ImportView { read: 0, changed: 0 });
    let (mut batch, mut line, mut number) = (Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        let read = source.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line);
        let ended = read.map_err(|e| values::unreadable("the import", &e))? == 0;
        number += 1;
        if !line.trim_ascii().is_empty() {
            batch.push(parse(&line, context.now, &ids).map_err(|why| wrong_line(number, &why))?);
        }
        if ended || batch.len() as u64 >= BATCH {
            done.read += batch.len() as u64;
            let batch = std::mem::take(&mut batch);
            if let Some(store) = store {
                done.changed += store.import(batch).wait()?;
            }
        }
        if ended {
            return Ok(done);
        }
    }
}

fn wrong_line(number: u64, why: &str) -> CliError {
    Exit::Data
        .error(format!("line {number} is not a record: {}", Untrusted(why)))
        .hint("the batches before it are merged; importing them again changes nothing")
}

/// The record of a line. A line without a state counts as an event with its data.
fn parse(line: &[u8], now: Timestamp, ids: &IdSource) -> Result<(RecordKind, String, Record), String> {
    let text = std::str::from_utf8(line).map_err(|e| e.to_string())?;
    check_json(text.trim_end()).map_err(|e| e.to_string())?;
    let line: Imported<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let kind = RecordKind::parse(&line.resource_type).ok_or("resourceType must be enrollment, user or progress")?;
    if !is_resource_id(&line.resource_id) {
        return Err(format!("resourceId must be 1 to {MAX_RESOURCE_ID_BYTES} bytes long, without control characters"));
    }
    let record = match (line.state, line.data) {
        (Some(state), _) => state,
        (None, Some(data)) => {
            let stamp = WriteStamp { at: line.timestamp.unwrap_or(now), by: ids.next(now) };
            let change = Change::new("imported", data.get(), stamp).map_err(|e| e.to_string())?;
            let mut record = Record::default();
            record.merge(&change);
            record
        }
        (None, None) => return Err("it has neither data nor state".to_owned()),
    };
    if record.is_ahead(now) {
        return Err("it holds a timestamp more than 24 hours ahead".to_owned());
    }
    Ok((kind, line.resource_id, record))
}

/// The data of a record, for commands without `--data`; `None` without a database or a record.
pub(super) fn data_of(context: &Context, event_type: &str, id: &str) -> Result<Option<String>, CliError> {
    let Some(kind) = RecordKind::of_event(event_type) else { return Ok(None) };
    if !database_exists(context.config()?.database()?) {
        return Ok(None);
    }
    let row = context.existing_store()?.record(kind, id).wait()?;
    Ok(row.filter(|row| row.record.exists()).map(|row| row.record.data()))
}

fn database_exists(location: &Location) -> bool {
    location.path().is_none_or(|path| path.try_exists().unwrap_or(true))
}
