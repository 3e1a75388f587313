//! Renders reports as tables, JSON, CSV or names. Only this module prints results.
//!
//! A [`Screen`] finds out once which streams are terminals, how wide they are, and whether they show colour.
//! Data goes to standard output; notes, warnings, hints, errors and progress to standard error.

mod columns;
mod failure;
pub mod live;
mod progress;
mod prose;
mod screen;
mod table;

use std::io::{self, Write};

use chrono::{Local, SecondsFormat};
use serde_json::value::{RawValue, to_raw_value};

use crate::clock::Timestamp;
use crate::format::{relative, short_duration};
use crate::report::{Cell, Column, Report, Table};
use crate::untrusted::{Untrusted, safe_json};

pub use failure::Failure;
pub use progress::Progress;
pub use screen::{OutputOptions, Screen, TerminalInfo};

/// Why a report could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The reader closed the pipe.
    #[error("the reader closed the pipe")]
    ClosedPipe,
    /// Standard output could not be written.
    #[error("failed to write to standard output")]
    Io(#[source] io::Error),
    /// `--columns` names a column the report does not have.
    #[error("no column named `{}`; the columns are {}", Untrusted(given), known.join(", "))]
    UnknownColumn {
        /// The name that was given.
        given: String,
        /// The names of the report's columns.
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

/// The output formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Tables for people.
    #[default]
    Table,
    /// The same with more columns.
    Wide,
    /// One JSON envelope.
    Json,
    /// JSON lines.
    Jsonl,
    /// The first table as CSV.
    Csv,
    /// Names only, one a line, for other commands.
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

    /// Whether it is for people; `-q` suppresses such answers if they only confirm a change.
    pub fn is_human(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }

    /// Whether errors are printed as JSON, too.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

/// How times are written.
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

/// How reports are printed: format, columns, width, colour, times.
#[derive(Clone, Debug)]
struct OutputStyle {
    format: Format,
    columns: Vec<String>,
    headers: bool,
    time: TimeStyle,
    color: bool,
    /// The longest line in characters; `None` for no limit, as in a pipe.
    width: Option<u16>,
    now: Timestamp,
}

/// Writes `report` to `out` and flushes it.
fn render_to(out: &mut dyn Write, report: &Report, look: &OutputStyle) -> Result<(), RenderError> {
    let sheet = report.sheet.as_slice();
    let is_sheet = !sheet.is_empty() && (look.format == Format::Csv || !look.columns.is_empty());
    let tables = visible(if is_sheet { sheet } else { &report.tables }, look)?;
    match look.format {
        Format::Table | Format::Wide if is_sheet => write_text(out, &[], false, &tables, look)?,
        Format::Table | Format::Wide => write_text(out, &report.lines, report.is_sentences, &tables, look)?,
        Format::Json if !look.columns.is_empty() => {
            let data = objects(tables.first());
            writeln!(out, "{}", safe_json(&report.envelope_of(&data, None, look.now)))?;
        }
        Format::Jsonl if !look.columns.is_empty() => values(out, &objects(tables.first()))?,
        Format::Json => writeln!(out, "{}", safe_json(&report.envelope(None, look.now)))?,
        Format::Jsonl => values(out, &report.data)?,
        Format::Csv => write_csv(out, tables.first(), look)?,
        Format::Name => report.names.iter().try_for_each(|name| writeln!(out, "{}", Untrusted(name)))?,
    }
    Ok(out.flush()?)
}

/// A table, and which of its columns are printed, in order.
struct VisibleColumns<'a> {
    table: &'a Table,
    columns: Vec<usize>,
}

impl VisibleColumns<'_> {
    fn headings(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().map(|&at| &self.table.columns[at])
    }

    fn cells<'r>(&self, row: &'r [Cell]) -> impl Iterator<Item = &'r Cell> {
        self.columns.iter().map(|&at| row.get(at).unwrap_or(&Cell::Empty))
    }
}

/// The tables to show: all with their default columns, or the first with the columns of `--columns`.
fn visible<'a>(tables: &'a [Table], look: &OutputStyle) -> Result<Vec<VisibleColumns<'a>>, RenderError> {
    match tables.first() {
        Some(table) if !look.columns.is_empty() => {
            let columns = look.columns.iter().map(|given| find_column(table.columns, given));
            Ok(vec![VisibleColumns { table, columns: columns.collect::<Result<_, _>>()? }])
        }
        _ => Ok(tables
            .iter()
            .map(|table| VisibleColumns { table, columns: usual_columns(table.columns, look.format) })
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
    // CSV has all columns.
    let all = matches!(format, Format::Wide | Format::Csv);
    columns.iter().enumerate().filter(|(_, column)| all || !column.wide).map(|(at, _)| at).collect()
}

fn write_text(
    out: &mut dyn Write,
    lines: &[String],
    is_sentences: bool,
    tables: &[VisibleColumns<'_>],
    look: &OutputStyle,
) -> io::Result<()> {
    // Lines without a table may be what somebody copies: a signature, a file, a program.
    let prose = OutputStyle { width: look.width.filter(|_| is_sentences || !tables.is_empty()), ..look.clone() };
    lines.iter().flat_map(|line| line.split('\n')).try_for_each(|line| prose::write(out, line, &prose))?;
    let mut apart = !lines.is_empty();
    for visible in tables.iter().filter(|visible| !visible.table.rows.is_empty()) {
        if apart {
            writeln!(out)?;
        }
        table::write(out, visible, look)?;
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

/// The rows of a table as JSON objects with the columns of `--columns`.
fn objects(visible: Option<&VisibleColumns<'_>>) -> Box<RawValue> {
    let object = |visible: &VisibleColumns<'_>, row: &[Cell]| -> serde_json::Map<String, serde_json::Value> {
        visible.headings().map(|column| column.name.to_owned()).zip(visible.cells(row).map(json_cell)).collect()
    };
    let rows: Vec<_> =
        visible.iter().flat_map(|visible| visible.table.rows.iter().map(|row| object(visible, row))).collect();
    to_raw_value(&rows).expect("cells are text, numbers and times")
}

/// A cell as a JSON value: times as RFC 3339, spans of time in milliseconds.
fn json_cell(cell: &Cell) -> serde_json::Value {
    match cell {
        Cell::Empty => serde_json::Value::Null,
        Cell::Text(text) | Cell::Level(_, text) => text.as_str().into(),
        Cell::Number(number) => (*number).into(),
        Cell::Time(moment) | Cell::Due(moment) => moment.to_string().into(),
        Cell::Took(span) => u64::try_from(span.as_millis()).unwrap_or(u64::MAX).into(),
    }
}

fn write_csv(out: &mut dyn Write, visible: Option<&VisibleColumns<'_>>, look: &OutputStyle) -> io::Result<()> {
    let Some(visible) = visible else { return Ok(()) };
    let mut rows = csv::Writer::from_writer(out);
    if look.headers {
        rows.write_record(visible.headings().map(|column| column.name))?;
    }
    for row in &visible.table.rows {
        rows.write_record(visible.cells(row).map(|cell| csv_cell(cell, look)))?;
    }
    rows.flush()
}

/// A cell as CSV; durations are whole milliseconds.
fn csv_cell(cell: &Cell, look: &OutputStyle) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Level(_, text) => escape_formula(text),
        Cell::Number(number) => number.to_string(),
        Cell::Time(moment) | Cell::Due(moment) => look.time.show(*moment, look.now),
        Cell::Took(span) => span.as_millis().to_string(),
    }
}

/// Text that no spreadsheet evaluates as a formula.
fn escape_formula(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    format!("{}{}", if formula { "'" } else { "" }, Untrusted(text))
}

/// A cell as text for people.
fn shown_cell(cell: &Cell, look: &OutputStyle) -> String {
    match cell {
        Cell::Empty => "-".to_owned(),
        Cell::Text(text) | Cell::Level(_, text) => Untrusted(text).to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Due(moment) if look.time == TimeStyle::Relative && *moment <= look.now => "due now".to_owned(),
        Cell::Time(moment) | Cell::Due(moment) => look.time.show(*moment, look.now),
        Cell::Took(span) => short_duration(*span),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::report::{Level, Pagination};
    use crate::untrusted::DANGEROUS;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);
    const COLUMNS: &[Column] = &[
        Column::number("id", "ID"),
        Column::text("state", "State"),
        Column::text("type", "Type"),
        Column::number("took", "Took"),
        Column::text("updated", "Last updated").only_wide(),
    ];

    fn row(id: i64, text: &str) -> Vec<Cell> {
        let took = Cell::Took(Duration::from_millis(3_412));
        vec![id.into(), (Level::Bad, "failed").into(), text.into(), took, NOW.minus(Duration::from_mins(5)).into()]
    }

    fn of_rows(rows: Vec<Vec<Cell>>) -> Report {
        let data = rows.iter().map(|row| json!({"id": format!("{:?}", row[0])})).collect::<Vec<_>>();
        Report::new(&data).with_table(Table::new(COLUMNS, rows))
    }

    fn look(format: Format) -> OutputStyle {
        let (columns, headers, color) = (Vec::new(), true, false);
        OutputStyle { format, columns, headers, time: TimeStyle::Relative, color, width: None, now: NOW }
    }

    fn shown(report: &Report, look: &OutputStyle) -> String {
        let mut out = Vec::new();
        render_to(&mut out, report, look).expect("a writer that takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    fn assert_safe(text: &str) {
        let unsafe_char = text.chars().find(|c| *c != '\n' && (c.is_control() || DANGEROUS.contains(*c)));
        assert_eq!(unsafe_char, None, "in {text:?}");
    }

    #[test]
    fn a_table_aligns_numbers_right_and_ends_no_line_with_a_space() {
        let report = of_rows(vec![row(7, "profile.updated"), row(1840, "a")]).with_line("2 of 2");
        let table = "2 of 2\n\n  ID  STATE   TYPE             TOOK\n   7  failed  profile.updated  3.4s\n1840  failed  a                3.4s\n";
        assert_eq!(shown(&report, &look(Format::Table)), table);
    }

    #[test]
    fn an_empty_cell_is_a_dash_for_people_and_nothing_for_a_spreadsheet() {
        let report = of_rows(vec![vec![Cell::Number(1), Cell::Empty, None::<&str>.into(), Cell::Empty, Cell::Empty]]);
        assert_eq!(shown(&report, &look(Format::Table)), "ID  STATE  TYPE  TOOK\n 1  -      -        -\n");
        assert_eq!(shown(&report, &look(Format::Csv)), "id,state,type,took,updated\n1,,,,\n");
    }

    #[test]
    fn what_was_due_before_is_due_now_for_people() {
        let (people, scripts) = (look(Format::Table), OutputStyle { time: TimeStyle::Iso, ..look(Format::Table) });
        let (past, coming) =
            (Cell::Due(NOW.minus(Duration::from_hours(1))), Cell::Due(NOW.plus(Duration::from_hours(2))));
        assert_eq!([&past, &coming].map(|cell| shown_cell(cell, &people)), ["due now", "in 2 hours"]);
        assert_eq!(shown_cell(&past, &scripts), NOW.minus(Duration::from_hours(1)).to_string());
    }

    #[test]
    fn wide_has_more_columns_and_no_headers_drops_exactly_one_line() {
        let report = of_rows(vec![row(1, "a.b"), row(2, "c.d")]);
        let wide = shown(&report, &look(Format::Wide));
        assert!(wide.contains("LAST UPDATED") && wide.contains("5 minutes ago"), "{wide}");
        for format in [Format::Table, Format::Wide, Format::Csv] {
            let with = shown(&report, &look(format));
            let without = shown(&report, &OutputStyle { headers: false, ..look(format) });
            assert_eq!(without.lines().count() + 1, with.lines().count());
        }
    }

    #[test]
    fn columns_are_picked_and_ordered_by_name_and_unknown_ones_are_refused_with_a_list() {
        let report = of_rows(vec![row(1, "a.b")]).with_table(Table::new(COLUMNS, vec![row(2, "other")]));
        let of = |names: &[&str], format| OutputStyle {
            columns: names.iter().map(|it| (*it).into()).collect(),
            ..look(format)
        };
        assert_eq!(shown(&report, &of(&["updated", "id"], Format::Table)), "LAST UPDATED   ID\n5 minutes ago   1\n");
        assert_eq!(shown(&report, &of(&["type"], Format::Csv)), "type\na.b\n");
        let error =
            render_to(&mut Vec::new(), &report, &of(&["id", "typo\u{1b}"], Format::Table)).expect_err("unknown");
        assert_eq!(error.to_string(), "no column named `typo␛`; the columns are id, state, type, took, updated");
        assert!(matches!(error, RenderError::UnknownColumn { .. }));
    }

    #[test]
    fn an_empty_list_shows_nothing_to_people_and_an_empty_array_to_machines() {
        let report = of_rows(Vec::new());
        for format in [Format::Table, Format::Wide, Format::Jsonl, Format::Name] {
            assert_eq!(shown(&report, &look(format)), "", "{format:?}");
        }
        assert!(shown(&report, &look(Format::Json)).starts_with(r#"{"data":[],"metadata":"#));
        assert_eq!(shown(&report, &look(Format::Csv)), "id,state,type,took,updated\n");
    }

    #[test]
    fn json_is_one_line_and_jsonl_one_line_for_each_element() {
        let report = Report::new(&json!([{"a": 1}, {"a": [2]}])).paged(Pagination::new(1, 50, 2));
        let json = shown(&report, &look(Format::Json));
        assert_eq!(json.matches('\n').count(), 1);
        assert!(json.ends_with("\"hasPreviousPage\":false}}\n"), "{json}");
        assert_eq!(shown(&report, &look(Format::Jsonl)), "{\"a\":1}\n{\"a\":[2]}\n");
        assert_eq!(shown(&Report::new(&json!({"a": 1})), &look(Format::Jsonl)), "{\"a\":1}\n");
    }

    #[test]
    fn data_with_line_breaks_between_its_tokens_still_is_one_line() {
        let data = RawValue::from_string("[{\n\t\"a\":\r\n 1}]".to_owned()).expect("JSON");
        let report = Report { data, ..Report::new(&()) };
        assert_eq!(shown(&report, &look(Format::Jsonl)).lines().count(), 1);
        assert_eq!(shown(&report, &look(Format::Json)).lines().count(), 1);
    }

    #[test]
    fn prose_has_a_sheet_for_csv_and_for_chosen_columns_only() {
        let report = Report::new(&1).with_line("prose").with_sheet(Table::new(COLUMNS, vec![row(1, "a.b")]));
        let columns = |names: &[&str]| OutputStyle {
            columns: names.iter().map(|it| (*it).into()).collect(),
            ..look(Format::Table)
        };
        assert_eq!(shown(&report, &look(Format::Table)), "prose\n");
        assert!(shown(&report, &look(Format::Csv)).starts_with("id,state,type,took,updated\n1,failed,a.b,"));
        assert_eq!(shown(&report, &columns(&["type"])), "TYPE\na.b\n");
        assert!(render_to(&mut Vec::new(), &report, &columns(&["typo"])).is_err());
    }

    #[test]
    fn names_are_listed_one_a_line() {
        let report = Report::new(&()).with_names(["evt_1", "evt_2"]).with_line("not this");
        assert_eq!(shown(&report, &look(Format::Name)), "evt_1\nevt_2\n");
    }

    #[test]
    fn no_format_lets_a_hostile_text_through() {
        let hostile = format!("x{DANGEROUS}\u{1b}]0;pwn\u{7}\r\n\t\0y");
        let table = Table::new(COLUMNS, vec![row(1, &hostile)]).titled(&*hostile).summed_up(&*hostile);
        let report = Report::new(&json!([{"type": &hostile}]));
        let report = report.with_table(table).with_line(&*hostile).with_names([&*hostile]);
        for format in Format::ALL {
            for (width, color) in [(None, false), (Some(40), false)] {
                let text = shown(&report, &OutputStyle { width, color, ..look(format) });
                assert_safe(&text);
                if format.is_json() {
                    let value = serde_json::from_str::<serde_json::Value>(&text).expect("still JSON");
                    let item = if format == Format::Json { &value["data"][0] } else { &value };
                    assert_eq!(item["type"], hostile);
                }
            }
        }
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"] {
            assert!(escape_formula(text).starts_with('\''), "{text:?}");
            assert_safe(&escape_formula(text));
        }
        assert_eq!(escape_formula("1=1"), "1=1");
        let report = of_rows(vec![row(-3, "=1+1,\"x\"")]);
        let look = OutputStyle { time: TimeStyle::Iso, ..look(Format::Csv) };
        let line = "-3,failed,\"'=1+1,\"\"x\"\"\",3412,2024-01-31T11:55:00.000Z";
        assert_eq!(shown(&report, &look).lines().nth(1), Some(line));
    }

    #[test]
    fn no_line_is_longer_than_the_terminal_and_nothing_is_wrapped_or_cut_in_a_pipe() {
        let long = "word ".repeat(60) + &"x".repeat(300) + "日本語";
        const MANY: &[Column] = &[Column::text("c", "C"); 14];
        let wide_row = vec![Cell::from("some words here"); 14];
        let report = of_rows(vec![row(1, &long)]).with_table(Table::new(MANY, vec![wide_row]));
        for width in [40, 60, 100] {
            let text = shown(&report, &OutputStyle { width: Some(width), ..look(Format::Table) });
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(usize::from(width)), "{longest:?} at {width}\n{text}");
            assert!(!text.lines().any(|line| line.ends_with(' ')));
        }
        let piped = shown(&report, &look(Format::Table));
        assert!(piped.contains(&long));
    }

    #[test]
    fn colour_only_adds_to_the_words() {
        crossterm::style::force_color_output(true);
        let report = of_rows(vec![row(1, "a.b")]);
        let plain = shown(&report, &look(Format::Table));
        let colored = shown(&report, &OutputStyle { color: true, ..look(Format::Table) });
        assert!(colored.contains("\u{1b}[38;5;1mfailed\u{1b}["), "{colored:?}");
        assert!(!colored.lines().any(|line| line.ends_with(' ')));
        assert_eq!(without_escapes(&colored), plain);
    }

    fn without_escapes(text: &str) -> String {
        let mut parts = text.split("\u{1b}[");
        let first = parts.next().unwrap_or_default().to_owned();
        first + &parts.map(|part| part.split_once('m').expect("an SGR sequence").1).collect::<String>()
    }

    #[test]
    fn times_show_in_the_style_asked_for() {
        let shown = |style: TimeStyle| style.show(NOW, NOW.plus(Duration::from_hours(2)));
        assert_eq!(shown(TimeStyle::Relative), "2 hours ago");
        assert_eq!(shown(TimeStyle::Iso), "2024-01-31T12:00:00.000Z");
        assert_eq!(shown(TimeStyle::Unix), "1706702400");
        assert_eq!(Timestamp::parse(&shown(TimeStyle::Local)), Some(NOW));
    }

    #[test]
    fn names_of_formats_styles_and_colours_read_back() {
        assert!(Format::ALL.into_iter().all(|it| Format::parse(it.name()) == Some(it)));
        assert!(TimeStyle::ALL.into_iter().all(|it| TimeStyle::parse(it.name()) == Some(it)));
        assert!(ColorChoice::ALL.into_iter().all(|it| ColorChoice::parse(it.name()) == Some(it)));
        assert_eq!(Format::parse("tab"), None);
    }

    /// A stream of a test that fails, at once or when it is flushed.
    struct Failing(io::ErrorKind, bool);

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1 { Ok(bytes.len()) } else { Err(self.0.into()) }
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_closed_pipe_and_a_full_disk_are_told_apart_in_every_format_also_when_flushing() {
        let report = of_rows(vec![row(1, "a.b")]).with_names(["1"]);
        for (format, late) in Format::ALL.into_iter().flat_map(|format| [(format, false), (format, true)]) {
            let failed = |kind| render_to(&mut Failing(kind, late), &report, &look(format)).expect_err("a failure");
            assert!(matches!(failed(io::ErrorKind::BrokenPipe), RenderError::ClosedPipe), "{format:?} {late}");
            assert!(matches!(failed(io::ErrorKind::StorageFull), RenderError::Io(_)), "{format:?} {late}");
        }
    }
}
