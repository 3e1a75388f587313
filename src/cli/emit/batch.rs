//! `emit --batch`: many events in one transaction.
//!
//! The input is copied to a spool file and checked line by line before the transaction begins, so that a slow pipe holds no
//! lock and a bad line stores nothing.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::super::values;
use super::bad_data;
use crate::event::{Draft, InvalidDraft, MAX_DATA_BYTES, Traceparent};
use crate::format::count;
use crate::render::Progress;
use crate::report::Report;
use crate::report::emitted::{Batch, RejectedLine};
use crate::store::{EnqueueResult, StoreError};
use crate::untrusted::Untrusted;

/// Lines of one batch.
const MAX_LINES: u64 = 1_000_000;
/// Bytes of one batch.
const MAX_BYTES: u64 = 1 << 30;
/// Bytes of one line: the longest data, its escapes and the other keys.
const MAX_LINE: usize = MAX_DATA_BYTES * 2;
/// The most rejected lines that are reported one by one.
const NAMED: u64 = 20;
/// The most rejected lines that a JSON answer lists.
const LISTED: u64 = 1_000;

/// A batch that was checked before any of it is stored: its valid lines in a temporary file, each with its line number.
struct Spool {
    file: File,
    good: u64,
    rejected: u64,
    /// The first of the rejected lines.
    rejected_lines: Vec<RejectedLine>,
    /// The line numbers of the valid lines, in order.
    numbers: Vec<u64>,
}

pub(super) fn emit(
    context: &Context,
    source: &Path,
    traceparent: Option<Traceparent>,
    (skip_invalid, dry_run): (bool, bool),
) -> Result<Exit, CliError> {
    let spool = match source.to_str() {
        Some("-") => check(context, io::stdin().lock(), None, skip_invalid)?,
        _ => {
            let file = values::open_file(source)?;
            let bytes = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
            check(context, BufReader::new(file), bytes, skip_invalid)?
        }
    };
    let (good, rejected, mut rejected_lines) = (spool.good, spool.rejected, spool.rejected_lines.clone());
    if dry_run {
        let view = Batch { accepted: good, duplicates: 0, rejected, rejected_lines };
        let line = format!("would store {}, {}; nothing changed", counted(good, "event"), rejected_words(rejected));
        context.screen.report_done(&Report::new(&view).with_line(line))?;
        return Ok(exit(rejected));
    }
    let (stored, conflicts) = store(context, spool, traceparent, skip_invalid)?;
    let rejected = rejected + stored.conflicted;
    rejected_lines.extend(conflicts);
    rejected_lines.sort_by_key(|rejected| rejected.line);
    let view = Batch { accepted: stored.accepted, duplicates: stored.duplicates, rejected, rejected_lines };
    let (queued, duplicates) = (counted(view.accepted, "event"), counted(view.duplicates, "duplicate"));
    let line = format!("{queued} queued, {duplicates}, {}", rejected_words(rejected));
    if stored.unwanted > 0 {
        context.screen.warn(&format!(
            "no endpoint subscribes to {} of the events: they are stored without deliveries",
            stored.unwanted
        ));
    }
    context.done(&Report::new(&view).with_line(line).with_hint("deliver now with `syncctl process`"))?;
    Ok(exit(rejected))
}

fn exit(rejected: u64) -> Exit {
    if rejected == 0 { Exit::Done } else { Exit::Part }
}

/// Copies the valid lines to a spool. Without `skip_invalid`, the first invalid line is an error.
fn check(
    context: &Context,
    mut source: impl BufRead,
    bytes: Option<u64>,
    skip_invalid: bool,
) -> Result<Spool, CliError> {
    let mut out = BufWriter::new(spool_file(context)?);
    let progress = context.screen.progress(bytes, "Checking");
    let (mut number, mut read, mut good, mut rejected) = (0_u64, 0_u64, 0_u64, 0_u64);
    let (mut line, mut numbers, mut rejected_lines) = (Vec::new(), Vec::new(), Vec::new());
    while next_line(&mut source, &mut line).map_err(|e| values::unreadable("the batch", &e))? {
        number += 1;
        read += line.len() as u64;
        progress.inc(line.len() as u64);
        let mut text = line.strip_suffix(b"\n").unwrap_or(&line);
        if number == 1 {
            text = first_line(text)?;
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        within_limits(good + 1, read)?;
        match Draft::from_line(text).and_then(|draft| draft.within_reach(context.now)) {
            Ok(_) => {
                good += 1;
                numbers.push(number);
                keep(&mut out, number, text).map_err(|e| spool_failed(&e))?;
            }
            Err(invalid) if skip_invalid => {
                rejected += 1;
                if rejected <= LISTED {
                    rejected_lines.push(rejected_line(number, &invalid));
                }
                name(context, &progress, rejected, number, &invalid);
            }
            Err(invalid) => return Err(refuse(number, &invalid)),
        }
    }
    progress.finish();
    let mut file = out.into_inner().map_err(|e| spool_failed(e.error()))?;
    file.rewind().map_err(|e| spool_failed(&e))?;
    Ok(Spool { file, good, rejected, rejected_lines, numbers })
}

/// The first line without a byte order mark; an error if the input is not JSON lines.
fn first_line(text: &[u8]) -> Result<&[u8], CliError> {
    let wrong = |what: &str, hint: &str| Err(Exit::Data.error(what).hint(format!("{hint}; nothing was stored")));
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") || text.get(1) == Some(&0) {
        return wrong("the batch is UTF-16, not UTF-8", "convert it with `iconv -f UTF-16 -t UTF-8`");
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.trim_ascii_start().starts_with(b"[") {
        return wrong(
            "the batch is a JSON array, not one JSON object per line",
            "write one object per line with `jq -c '.[]'`",
        );
    }
    Ok(text)
}

/// An unnamed temporary file beside the database, so that no other directory has to be writable.
fn spool_file(context: &Context) -> Result<File, CliError> {
    let database = context.config()?.database()?;
    let beside = database.path().and_then(Path::parent).filter(|directory| directory.is_dir());
    let made = match beside {
        Some(directory) if !directory.as_os_str().is_empty() => tempfile::tempfile_in(directory),
        Some(_) => tempfile::tempfile_in("."),
        None => tempfile::tempfile(),
    };
    made.map_err(|e| spool_failed(&e))
}

fn spool_failed(error: &io::Error) -> CliError {
    Exit::Io.error("failed to spool the batch").cause(error).hint("check the free space beside the database")
}

/// Reads one line with its line break. Of a line that is too long, reads just past the limit.
fn next_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let read = source.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', line)?;
    if line.len() > MAX_LINE {
        source.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

fn within_limits(lines: u64, bytes: u64) -> Result<(), CliError> {
    let split = |what: String| Exit::Data.error(what).hint("split it into several batches; nothing was stored");
    if lines > MAX_LINES {
        return Err(split(format!("the batch has more than {MAX_LINES} lines")));
    }
    if bytes > MAX_BYTES {
        return Err(split(format!("the batch is longer than {MAX_BYTES} bytes")));
    }
    Ok(())
}

fn keep(out: &mut impl Write, number: u64, text: &[u8]) -> io::Result<()> {
    out.write_all(&number.to_le_bytes())?;
    out.write_all(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes())?;
    out.write_all(text)
}

fn name(context: &Context, progress: &Progress, rejected: u64, number: u64, invalid: &InvalidDraft) {
    let text = in_line(number, &Untrusted(&invalid.to_string()).to_string());
    match rejected {
        ..=NAMED => progress.suspend(|| context.screen.warn(&text)),
        n if n == NAMED + 1 => progress.suspend(|| context.screen.warn("further rejected lines are not listed")),
        _ => {}
    }
}

fn refuse(number: u64, invalid: &InvalidDraft) -> CliError {
    at_line(number, bad_data(invalid)).hint("nothing was stored; --skip-invalid stores the good lines")
}

fn counted(number: u64, what: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), what)
}

fn rejected_words(rejected: u64) -> String {
    format!("{} rejected", counted(rejected, "line"))
}

fn rejected_line(line: u64, invalid: &InvalidDraft) -> RejectedLine {
    let text = invalid.to_string();
    let (error, column) = without_place(&text);
    RejectedLine { line, column, error: error.to_owned() }
}

/// The error of a line with its position. The JSON parser reports line 1 of each line, which is left out.
fn in_line(number: u64, what: &str) -> String {
    let (what, column) = without_place(what);
    match column {
        Some(column) => format!("line {number}, column {column}: {what}"),
        None => format!("line {number}: {what}"),
    }
}

/// The text of a JSON error without its position, and its column.
fn without_place(what: &str) -> (&str, Option<u64>) {
    let parted = what.rsplit_once(" at line 1 column ");
    parted.and_then(|(what, column)| Some((what, Some(column.parse().ok()?)))).unwrap_or((what, None))
}

/// The same error, with the line of the batch where it happened.
fn at_line(number: u64, fault: CliError) -> CliError {
    match fault.into_failure(None) {
        Some(mut failure) => {
            failure.message = in_line(number, &failure.message);
            failure.into()
        }
        None => CliError::ClosedPipe,
    }
}

fn store(
    context: &Context,
    spool: Spool,
    traceparent: Option<Traceparent>,
    skip_conflicts: bool,
) -> Result<(EnqueueResult, Vec<RejectedLine>), CliError> {
    let (store, _) = context.store()?;
    let progress = context.screen.progress(Some(spool.good), "Storing");
    let lines = Lines { source: BufReader::with_capacity(1 << 20, spool.file), left: spool.good };
    let (moving, reading) = (progress.clone(), Arc::new(AtomicU64::new(0)));
    let at = Arc::clone(&reading);
    let drafts = lines.map(move |line| {
        moving.inc(1);
        if let Ok((number, _)) = &line {
            at.store(*number, Ordering::Relaxed);
        }
        let draft = line.and_then(|(_, text)| Draft::from_line(&text).map_err(|e| StoreError::Batch(e.to_string())));
        draft.map(|draft| Draft { traceparent: traceparent.clone(), ..draft })
    });
    let stored = store.enqueue(Box::new(drafts), skip_conflicts, context.now).wait();
    progress.finish();
    let stored = stored.map_err(|error| match error {
        StoreError::Conflict(_) => at_line(reading.load(Ordering::Relaxed), error.into()),
        error => error.into(),
    })?;
    let line = |position: u64| usize::try_from(position).ok().and_then(|at| spool.numbers.get(at)).copied();
    let conflict = |(position, id): &(u64, _)| RejectedLine {
        line: line(*position).unwrap_or_default(),
        column: None,
        error: format!(
            "an event with the id `{id}` and different content is already stored, or precedes it in the batch"
        ),
    };
    let conflicts: Vec<RejectedLine> = stored.conflicts.iter().map(conflict).collect();
    for RejectedLine { line, error, .. } in conflicts.iter().take(usize::try_from(NAMED).unwrap_or(usize::MAX)) {
        context.screen.warn(&format!("line {line}: {error}"));
    }
    Ok((stored, conflicts))
}

/// Reads the lines of a checked batch back, with their line numbers.
struct Lines {
    source: BufReader<File>,
    left: u64,
}

impl Lines {
    fn read(&mut self) -> io::Result<(u64, Vec<u8>)> {
        let (mut number, mut length) = ([0; 8], [0; 4]);
        self.source.read_exact(&mut number)?;
        self.source.read_exact(&mut length)?;
        let mut text = vec![0; u32::from_le_bytes(length) as usize];
        self.source.read_exact(&mut text)?;
        Ok((u64::from_le_bytes(number), text))
    }
}

impl Iterator for Lines {
    type Item = Result<(u64, Vec<u8>), StoreError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(self.read().map_err(|e| StoreError::Batch(e.to_string())))
    }
}
