//! A table for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, CellAlignment, Color, ContentArrangement, presets};

use super::{Format, OutputStyle, VisibleColumns, prose, shown_cell};
use crate::format::shorten;
use crate::report::{Cell, Column, Level};

/// Spaces between two columns.
const GAP: u16 = 2;

/// Writes a table with its title and summary, without a trailing space on any line.
pub(super) fn write(out: &mut dyn Write, visible: &VisibleColumns<'_>, look: &OutputStyle) -> io::Result<()> {
    if let Some(title) = &visible.table.title {
        for part in prose::parts(title, look) {
            writeln!(out, "{}", painted(&part, Style::new().bold(), look.color))?;
        }
    }
    let fitting = VisibleColumns { table: visible.table, columns: fitting(visible, look) };
    for line in laid_out(&fitting, look).lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    match &visible.table.summary {
        Some(summary) => prose::write(out, summary, look),
        None => Ok(()),
    }
}

/// The columns that fit the terminal: optional ones are left out, the last one first, before any text is cut.
fn fitting(visible: &VisibleColumns<'_>, look: &OutputStyle) -> Vec<usize> {
    let mut columns = visible.columns.clone();
    let Some(width) = look.width.filter(|_| look.columns.is_empty() && look.format == Format::Table) else {
        return columns;
    };
    let natural = |at: usize| {
        let cells = visible.table.rows.iter().map(|row| row.get(at).unwrap_or(&Cell::Empty));
        let cells = cells.map(|cell| text(cell, &visible.table.columns[at], look).chars().count());
        cells.chain([visible.table.columns[at].header.chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..visible.table.columns.len()).map(natural).collect();
    let total = |columns: &[usize]| columns.iter().map(|at| widths[*at] + usize::from(GAP)).sum::<usize>();
    while total(&columns) > usize::from(width) + usize::from(GAP) {
        let Some(place) = columns.iter().rposition(|at| visible.table.columns[*at].optional) else { break };
        columns.remove(place);
    }
    columns
}

/// The most characters of a long text that a terminal shows.
const LONG_CHARS: usize = 60;

/// A cell as a table shows it.
fn text(cell: &Cell, column: &Column, look: &OutputStyle) -> String {
    let text = shown_cell(cell, look);
    match column.long && look.width.is_some() && look.format == Format::Table {
        true => shorten(&text, LONG_CHARS),
        false => text,
    }
}

/// `text` in `style`, or as it is where colour is off.
pub(super) fn painted(text: &str, style: Style, color: bool) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// The colour of a word that warns or worse.
pub(super) fn style_of(level: Level) -> Style {
    let color = match level {
        Level::Good => AnsiColor::Green,
        Level::Busy => AnsiColor::Cyan,
        Level::Warning => AnsiColor::Yellow,
        Level::Bad => AnsiColor::Red,
        Level::Quiet => AnsiColor::BrightBlack,
    };
    Style::new().fg_color(Some(color.into()))
}

fn laid_out(visible: &VisibleColumns<'_>, look: &OutputStyle) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING).force_no_tty();
    if look.color {
        table.enforce_styling();
        table.style_text_only();
    }
    match look.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    if look.headers {
        table.set_header(visible.headings().map(|column| heading(column.header, look)));
    }
    for row in &visible.table.rows {
        table.add_row(visible.cells(row).zip(visible.headings()).map(|(cell, column)| shown(cell, column, look)));
    }
    align(&mut table, visible, look);
    table
}

fn align(table: &mut comfy_table::Table, visible: &VisibleColumns<'_>, look: &OutputStyle) {
    let last = visible.columns.len().saturating_sub(1);
    let gap = gap(visible.columns.len(), look.width);
    for ((at, column), heading) in table.column_iter_mut().enumerate().zip(visible.headings()) {
        column.set_padding((0, if at == last { 0 } else { gap }));
        if heading.right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// The gap between columns, smaller if many columns share a narrow terminal, so that each keeps at least a character.
fn gap(columns: usize, width: Option<u16>) -> u16 {
    match width {
        Some(width) if columns * 6 > usize::from(width) => 1,
        _ => GAP,
    }
}

fn heading(text: &str, look: &OutputStyle) -> comfy_table::Cell {
    let cell = comfy_table::Cell::new(text.to_uppercase());
    if look.color { cell.add_attribute(Attribute::Bold) } else { cell }
}

fn shown(cell: &Cell, column: &Column, look: &OutputStyle) -> comfy_table::Cell {
    let shown = comfy_table::Cell::new_owned(text(cell, column, look));
    match cell {
        Cell::Level(level, _) if look.color => shown.fg(color_of(*level)),
        _ => shown,
    }
}

fn color_of(level: Level) -> Color {
    match level {
        Level::Good => Color::DarkGreen,
        Level::Busy => Color::DarkCyan,
        Level::Warning => Color::DarkYellow,
        Level::Bad => Color::DarkRed,
        Level::Quiet => Color::DarkGrey,
    }
}
