//! Reports → tables, JSON, CSV. The only module that prints.
//!
//! A [`Screen`] decides once who is looking: which streams are terminals, how wide they are and whether they take colour.
//! Data goes to standard output; notes, warnings, hints, errors and progress to standard error.

mod screen;
mod table;

use std::io::{self, Write};

use chrono::{Local, SecondsFormat};
use serde_json::value::RawValue;

use crate::clock::Timestamp;
use crate::report::{Cell, Column, Report, Table};
use crate::text::{Untrusted, relative, safe_json, short_duration};

pub use screen::{Failure, Options, Progress, Screen, Surroundings};

/// Why a report could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The reader has had enough; no fault of anybody.
    #[error("the reader closed the pipe")]
    ClosedPipe,
    /// Standard output could not be written.
    #[error("failed to write to standard output")]
    Io(#[source] io::Error),
    /// `--columns` names a column the report does not have.
    #[error("no column named `{}`; there are {}", Untrusted(given), known.join(", "))]
    UnknownColumn {
        /// What was asked for.
        given: String,
        /// What there is.
        known: Vec<&'static str>,
    },
}

impl From<io::Error> for RenderError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Io(error),
        }
    }
}

/// The forms a report can take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Tables for people.
    #[default]
    Table,
    /// The same with more columns.
    Wide,
    /// One envelope.
    Json,
    /// One JSON value a line.
    Jsonl,
    /// The first table for spreadsheets.
    Csv,
    /// Names only, for other commands.
    Name,
}

impl Format {
    /// Every format, in the order of `--help`.
    pub const ALL: [Self; 6] = [Self::Table, Self::Wide, Self::Json, Self::Jsonl, Self::Csv, Self::Name];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Wide => "wide",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Name => "name",
        }
    }

    /// The format called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether people read it; `-q` keeps such answers back where they only confirm.
    pub fn is_human(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }

    /// Whether errors are JSON too.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

/// How moments are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeStyle {
    /// `5 minutes ago`.
    Relative,
    /// RFC 3339 in UTC.
    Iso,
    /// RFC 3339 in the local zone.
    Local,
    /// Seconds since 1970.
    Unix,
}

impl TimeStyle {
    /// Every style, in the order of `--help`.
    pub const ALL: [Self; 4] = [Self::Relative, Self::Iso, Self::Local, Self::Unix];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relative => "relative",
            Self::Iso => "iso",
            Self::Local => "local",
            Self::Unix => "unix",
        }
    }

    /// The style called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    fn show(self, moment: Timestamp, now: Timestamp) -> String {
        match self {
            Self::Relative => relative(moment, now),
            Self::Iso => moment.to_string(),
            Self::Local => moment.to_datetime().with_timezone(&Local).to_rfc3339_opts(SecondsFormat::Millis, false),
            Self::Unix => moment.as_seconds().to_string(),
        }
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal that takes it, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    /// Every choice, in the order of `--help`.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// The choice called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// How one report is to look.
#[derive(Clone, Debug)]
struct Look {
    format: Format,
    columns: Vec<String>,
    headers: bool,
    time: TimeStyle,
    color: bool,
    /// Lines are no longer than this; `None` where nobody wraps, as in a pipe.
    width: Option<u16>,
    now: Timestamp,
}

/// Writes `report` to `out` and flushes it.
fn render_to(out: &mut dyn Write, report: &Report, look: &Look) -> Result<(), RenderError> {
    let tables = picked(&report.tables, look)?;
    match look.format {
        Format::Table | Format::Wide => people(out, report, &tables, look)?,
        Format::Json => writeln!(out, "{}", safe_json(&report.envelope(None, look.now)))?,
        Format::Jsonl => values(out, &report.data)?,
        Format::Csv => spreadsheet(out, tables.first(), look)?,
        Format::Name => report.names.iter().try_for_each(|name| writeln!(out, "{}", Untrusted(name)))?,
    }
    Ok(out.flush()?)
}

/// A table and which of its columns are shown, in which order.
struct Picked<'a> {
    table: &'a Table,
    columns: Vec<usize>,
}

impl Picked<'_> {
    fn headings(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().map(|&at| &self.table.columns[at])
    }

    fn cells<'r>(&self, row: &'r [Cell]) -> impl Iterator<Item = &'r Cell> {
        self.columns.iter().map(|&at| row.get(at).unwrap_or(&Cell::Empty))
    }
}

/// The tables to show: all with their usual columns, or the first with those asked for.
fn picked<'a>(tables: &'a [Table], look: &Look) -> Result<Vec<Picked<'a>>, RenderError> {
    match tables.first() {
        Some(table) if !look.columns.is_empty() => {
            let columns = look.columns.iter().map(|given| find_column(table.columns, given));
            Ok(vec![Picked { table, columns: columns.collect::<Result<_, _>>()? }])
        }
        _ => Ok(tables
            .iter()
            .map(|table| Picked { table, columns: usual_columns(table.columns, look.format) })
            .collect()),
    }
}

fn find_column(columns: &[Column], given: &str) -> Result<usize, RenderError> {
    columns.iter().position(|column| column.name == given).ok_or_else(|| RenderError::UnknownColumn {
        given: given.to_owned(),
        known: columns.iter().map(|column| column.name).collect(),
    })
}

fn usual_columns(columns: &[Column], format: Format) -> Vec<usize> {
    // A spreadsheet has room for everything.
    let all = matches!(format, Format::Wide | Format::Csv);
    columns.iter().enumerate().filter(|(_, column)| all || !column.wide).map(|(at, _)| at).collect()
}

fn people(out: &mut dyn Write, report: &Report, tables: &[Picked<'_>], look: &Look) -> io::Result<()> {
    for line in report.lines.iter().flat_map(|line| line.split('\n')) {
        writeln!(out, "{}", Untrusted(line).to_string().trim_end())?;
    }
    let mut apart = !report.lines.is_empty();
    for picked in tables.iter().filter(|picked| !picked.table.rows.is_empty()) {
        if apart {
            writeln!(out)?;
        }
        table::write(out, picked, look)?;
        apart = true;
    }
    Ok(())
}

fn values(out: &mut dyn Write, data: &RawValue) -> io::Result<()> {
    match serde_json::from_str::<Vec<&RawValue>>(data.get()) {
        Ok(items) => items.into_iter().try_for_each(|item| writeln!(out, "{}", safe_json(item.get()))),
        Err(_) => writeln!(out, "{}", safe_json(data.get())),
    }
}

fn spreadsheet(out: &mut dyn Write, picked: Option<&Picked<'_>>, look: &Look) -> io::Result<()> {
    let Some(picked) = picked else { return Ok(()) };
    let mut rows = csv::Writer::from_writer(out);
    if look.headers {
        rows.write_record(picked.headings().map(|column| column.name))?;
    }
    for row in &picked.table.rows {
        rows.write_record(picked.cells(row).map(|cell| csv_cell(cell, look)))?;
    }
    rows.flush()
}

/// A cell as a spreadsheet should read it; spans of time are whole milliseconds.
fn csv_cell(cell: &Cell, look: &Look) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Level(_, text) => inert(text),
        Cell::Number(number) => number.to_string(),
        Cell::Time(moment) => look.time.show(*moment, look.now),
        Cell::Took(span) => span.as_millis().to_string(),
    }
}

/// Text that no spreadsheet takes for a formula.
fn inert(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    format!("{}{}", if formula { "'" } else { "" }, Untrusted(text))
}

/// A cell as people read it.
fn shown_cell(cell: &Cell, look: &Look) -> String {
    match cell {
        Cell::Empty => "-".to_owned(),
        Cell::Text(text) | Cell::Level(_, text) => Untrusted(text).to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Time(moment) => look.time.show(*moment, look.now),
        Cell::Took(span) => short_duration(*span),
    }
}
