//! The layout of columns on the screen of `top`: columns are left out before texts are cut.

use crate::report::Column;

/// Spaces between two columns.
const GAP: usize = 2;
/// The fewest characters that a text is cut to.
const LEAST: usize = 12;

/// A column that is printed, and its width.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ColumnLayout {
    /// Its index in the table.
    pub(super) at: usize,
    /// Its width, with the gap behind it.
    width: usize,
    /// The most characters of a cell that are shown.
    room: usize,
}

impl ColumnLayout {
    /// A cell's text padded to the column, cut with an ellipsis if it does not fit.
    pub(super) fn placed(&self, text: &str, right: bool) -> String {
        let text = crate::format::shorten(text, self.room);
        let (room, width) = (self.room, self.width);
        let aligned = if right { format!("{text:>room$}") } else { format!("{text:<room$}") };
        format!("{aligned:<width$}")
    }
}

/// Lays the columns of a table out on `width` characters. Where they do not fit, `extras` are left out, the first one first;
/// then the widest texts are cut.
pub(super) fn fitted(columns: &[Column], rows: &[Vec<String>], width: usize, extras: &[&str]) -> Vec<ColumnLayout> {
    let natural = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([columns[at].header.chars().count()]).max().unwrap_or_default()
    };
    let mut shown: Vec<(usize, usize)> =
        (0..columns.len()).filter(|&at| !columns[at].wide).map(|at| (at, natural(at))).collect();
    let total = |shown: &[(usize, usize)]| {
        shown.iter().map(|(_, room)| room).sum::<usize>() + GAP * shown.len().saturating_sub(1)
    };
    for extra in extras {
        if total(&shown) <= width {
            break;
        }
        shown.retain(|(at, _)| columns[*at].name != *extra);
    }
    while total(&shown) > width {
        match shown.iter_mut().filter(|(at, room)| !columns[*at].right && *room > LEAST).max_by_key(|(_, room)| *room) {
            Some((_, room)) => *room -= 1,
            None => break,
        }
    }
    let last = shown.len().saturating_sub(1);
    let gap = |place| if place == last { 0 } else { GAP };
    shown.iter().enumerate().map(|(place, &(at, room))| ColumnLayout { at, width: room + gap(place), room }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] =
        &[Column::number("id", "ID"), Column::text("error", "ERROR"), Column::text("endpoint", "ENDPOINT")];

    fn line(width: usize, extras: &[&str]) -> String {
        let row = vec!["7".to_owned(), "HTTP 500: something went wrong".to_owned(), "admin".to_owned()];
        let columns = fitted(COLUMNS, std::slice::from_ref(&row), width, extras);
        columns.iter().map(|column| column.placed(&row[column.at], COLUMNS[column.at].right)).collect()
    }

    #[test]
    fn columns_are_left_out_before_words_are_cut() {
        assert_eq!(line(80, &["endpoint"]), " 7  HTTP 500: something went wrong  admin   ");
        assert_eq!(line(40, &["endpoint"]), " 7  HTTP 500: something went wrong");
        assert_eq!(line(24, &["endpoint"]), " 7  HTTP 500: something…");
        assert_eq!(line(4, &["endpoint"]), " 7  HTTP 500: s…");
    }
}
