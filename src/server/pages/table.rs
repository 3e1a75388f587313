//! Tables of reports as tables of pages. On a narrow screen each row becomes a card, so that nothing is cut off.

use maud::{Markup, html};

use super::parts::{ForeignText, class, freshness, id, id_link, segment, state, time_ago};
use crate::clock::Timestamp;
use crate::format::short_duration;
use crate::report::{Cell, Column, Level, Table};

/// A report's table as HTML, with the links and buttons of its rows.
pub(super) struct Grid<'a> {
    table: &'a Table,
    /// What the rows are, for those who cannot see them.
    label: &'a str,
    /// The column whose number is what a row is chosen by.
    chosen_by: Option<&'static str>,
    /// Where each row leads that has no column of its own for it.
    opens: Option<&'a dyn Fn(usize) -> Option<String>>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(table: &'a Table, label: &'a str) -> Self {
        Self { table, label, chosen_by: None, opens: None }
    }

    /// Lets rows be chosen by the number in that column.
    pub(super) fn chosen_by(self, column: &'static str) -> Self {
        Self { chosen_by: Some(column), ..self }
    }

    /// Makes the first cell of each row a link.
    pub(super) fn opening(self, opens: &'a dyn Fn(usize) -> Option<String>) -> Self {
        Self { opens: Some(opens), ..self }
    }

    /// The table, or `empty` where it has no rows.
    pub(super) fn or(&self, empty: &str, now: Timestamp) -> Markup {
        if self.table.rows.is_empty() {
            return html! { p.quiet { (empty) } };
        }
        self.render(now)
    }

    fn render(&self, now: Timestamp) -> Markup {
        let columns = || self.table.columns.iter().filter(|column| self.is_shown(column));
        html! {
            table role="table" aria-label=(self.label) {
                thead role="rowgroup" {
                    tr role="row" {
                        @if self.chosen_by.is_some() {
                            th.choice scope="col" role="columnheader" { input.all type="checkbox" hidden aria-label="Choose all on this page"; span.unseen { "Choose" } }
                        }
                        @for column in columns() {
                            th scope="col" role="columnheader" class=[column.right.then_some("number")] { (sentence(column.header)) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for (at, row) in self.table.rows.iter().enumerate() { (self.row(at, row, now)) }
                }
            }
            @if let Some(summary) = &self.table.summary { p.quiet.summary { (summary) } }
        }
    }

    fn row(&self, at: usize, row: &[Cell], now: Timestamp) -> Markup {
        let cells = self.table.columns.iter().zip(row).filter(|(column, _)| self.is_shown(column));
        let opens = self.opens.and_then(|opens| opens(at));
        html! {
            tr role="row" {
                @if let Some(name) = self.chosen_by {
                    @let number = self.number(name, row);
                    td.choice role="cell" { input type="checkbox" name="id" value=(number) form="choice" aria-label=(format!("Choose {number}")); }
                }
                @for (place, (column, cell)) in cells.enumerate() {
                    td role="cell" data-label=(sentence(column.header)) class=[class_of(column)] {
                        @match (place, &opens) {
                            (0, Some(address)) => a href=(address) { (plain(cell, now)) },
                            _ => (shown(column, cell, now)),
                        }
                    }
                }
            }
        }
    }

    fn number(&self, name: &str, row: &[Cell]) -> String {
        let cell = self.table.columns.iter().zip(row).find(|(column, _)| column.name == name);
        match cell {
            Some((_, Cell::Number(number))) => number.to_string(),
            _ => String::new(),
        }
    }

    /// A column in which no row has anything takes no room.
    fn is_shown(&self, column: &Column) -> bool {
        let place = self.table.columns.iter().position(|known| known.name == column.name);
        place.is_some_and(|place| self.table.rows.iter().any(|row| row.get(place) != Some(&Cell::Empty)))
    }
}

/// The cells of a single row as a list of figures.
pub(super) fn figures(table: &Table, now: Timestamp) -> Markup {
    html! {
        dl.figures {
            @for row in &table.rows {
                @for (column, cell) in table.columns.iter().zip(row) {
                    div.attention[needs_attention(column, cell)] {
                        dt { (sentence(column.header)) }
                        dd { (shown(column, cell, now)) }
                    }
                }
            }
        }
    }
}

/// Pairs of a name and a value as a list.
pub(super) fn facts(table: &Table, now: Timestamp) -> Markup {
    html! {
        dl.facts {
            @for row in &table.rows {
                @if let [name, value, ..] = row.as_slice() {
                    div { dt { (plain(name, now)) } dd { (plain(value, now)) } }
                }
            }
        }
    }
}

/// `LAST SUCCESS` as `Last success`.
fn sentence(header: &str) -> String {
    let lower = header.to_lowercase().replace("sha-256", "SHA-256").replace("url", "URL");
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn class_of(column: &Column) -> Option<&'static str> {
    match column.name {
        _ if column.right => Some("number"),
        "error" | "message" | "detail" | "data" | "value" => Some("words"),
        _ => None,
    }
}

/// Whether a figure calls for an operator.
fn needs_attention(column: &Column, cell: &Cell) -> bool {
    matches!((column.name, cell), ("failed", Cell::Number(1..)))
}

/// A cell, as a link where its column names something that has a page.
fn shown(column: &Column, cell: &Cell, now: Timestamp) -> Markup {
    match (column.name, cell) {
        ("freshness", Cell::Level(level, text)) => freshness(*level, text),
        ("event", Cell::Text(text)) => id_link(&format!("/events/{}", segment(text)), text),
        ("endpoint", Cell::Text(text)) if !text.starts_with("from ") && !text.starts_with("by ") => {
            id_link(&format!("/endpoints/{}", segment(text)), text)
        }
        ("resource", Cell::Text(text)) => id_link(&format!("/deliveries?resource={}", segment(text)), text),
        ("delivery", Cell::Number(number)) => html! { a href=(format!("/deliveries/{number}")) { (number) } },
        _ => plain(cell, now),
    }
}

fn plain(cell: &Cell, now: Timestamp) -> Markup {
    html! {
        @match cell {
            Cell::Empty => span.quiet { "–" },
            Cell::Text(text) if text.contains(' ') => (ForeignText(text)),
            Cell::Text(text) => (id(text)),
            Cell::Number(number) => (number),
            Cell::Time(time) => (time_ago(*time, now)),
            Cell::Due(time) if *time <= now => "due now",
            Cell::Due(time) => { "due " (time_ago(*time, now)) },
            Cell::Took(span) => (short_duration(*span)),
            Cell::Level(Level::Quiet, text) if text.is_empty() => {},
            Cell::Level(level, text) if text.chars().count() > 30 => span class=(class(*level)) { (ForeignText(text)) },
            Cell::Level(level, text) => (state(*level, text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_read_as_words() {
        assert_eq!(
            ["LAST SUCCESS", "URL", "BODY SHA-256", ""].map(sentence),
            ["Last success", "URL", "Body SHA-256", ""]
        );
    }
}
