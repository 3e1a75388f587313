//! One table for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, CellAlignment, Color, ContentArrangement, presets};

use super::{Look, Picked, shown_cell};
use crate::report::{Cell, Level};
use crate::untrusted::Untrusted;

/// Spaces between two columns.
const GAP: u16 = 2;

/// Writes a table with its title and summary, without a trailing space on any line.
pub(super) fn write(out: &mut dyn Write, picked: &Picked<'_>, look: &Look) -> io::Result<()> {
    if let Some(title) = &picked.table.title {
        writeln!(out, "{}", painted(&Untrusted(title).to_string(), Style::new().bold(), look.color))?;
    }
    for line in laid_out(picked, look).lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    match &picked.table.summary {
        Some(summary) => writeln!(out, "{}", Untrusted(summary)),
        None => Ok(()),
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

fn laid_out(picked: &Picked<'_>, look: &Look) -> comfy_table::Table {
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
        table.set_header(picked.headings().map(|column| heading(column.header, look)));
    }
    for row in &picked.table.rows {
        table.add_row(picked.cells(row).map(|cell| shown(cell, look)));
    }
    align(&mut table, picked, look);
    table
}

fn align(table: &mut comfy_table::Table, picked: &Picked<'_>, look: &Look) {
    let last = picked.columns.len().saturating_sub(1);
    let gap = gap(picked.columns.len(), look.width);
    for ((at, column), heading) in table.column_iter_mut().enumerate().zip(picked.headings()) {
        column.set_padding((0, if at == last { 0 } else { gap }));
        if heading.right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Many columns on a narrow terminal stand closer, so that each keeps at least a character.
fn gap(columns: usize, width: Option<u16>) -> u16 {
    match width {
        Some(width) if columns * 6 > usize::from(width) => 1,
        _ => GAP,
    }
}

fn heading(text: &str, look: &Look) -> comfy_table::Cell {
    let cell = comfy_table::Cell::new(text.to_uppercase());
    if look.color { cell.add_attribute(Attribute::Bold) } else { cell }
}

fn shown(cell: &Cell, look: &Look) -> comfy_table::Cell {
    let shown = comfy_table::Cell::new_owned(shown_cell(cell, look));
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
