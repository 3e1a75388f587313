//! Shows a list page by page, from a cursor, or as a whole.

use super::context::{Context, Paging};
use super::exit::CliError;
use crate::render::Format;
use crate::report::Report;
use crate::store::{Listed, Page};

/// Rows read at a time for `--all`.
const CHUNK: u64 = 1_000;

/// The options `--after` and `--all`: where a page of a list begins, or that all of it is wanted.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Cursor {
    /// Start after the row with this number, so that new rows do not shift pages
    #[arg(long, value_name = "NUMBER", conflicts_with = "page", hide_short_help = true)]
    after: Option<i64>,
    /// Print all rows; streams with -o jsonl and -o name
    #[arg(long, conflicts_with_all = ["page", "limit"], hide_short_help = true)]
    all: bool,
    /// Order of the rows
    #[arg(long, value_name = "ORDER", default_value = "newest", value_parser = ["newest", "oldest"], hide_short_help = true)]
    sort: String,
}

/// Shows one page or all pages of a list. `read` takes a page and the number of the row it starts after; `rows` does without
/// counting, and looks at everything.
pub(super) fn show<T>(
    context: &Context,
    paging: Paging,
    cursor: &Cursor,
    read: impl Fn(Page, Option<i64>) -> Result<Listed<T>, CliError>,
    rows: impl Fn(Page, Option<i64>) -> Result<Vec<T>, CliError>,
    number: impl Fn(&T) -> i64,
    report: impl Fn(&Listed<T>, Page) -> Report,
) -> Result<(), CliError> {
    let page = Page { oldest_first: cursor.sort == "oldest", ..paging.newest_first() };
    if !cursor.all {
        let listed = read(page, cursor.after)?;
        return Ok(context.screen.report(&report(&listed, page).with_cursor_after(&listed, &number))?);
    }
    let chunk = Page { limit: CHUNK, number: 1, ..page };
    let streams = matches!(context.screen.format(), Format::Jsonl | Format::Name);
    let (mut after, mut all) = (cursor.after, Vec::new());
    loop {
        let rows = rows(chunk, after)?;
        let (count, is_last) = (rows.len() as u64, (rows.len() as u64) < CHUNK);
        after = rows.last().map(&number).or(after);
        match streams {
            true => context.screen.report(&report(&Listed::counted(rows, count), chunk))?,
            false => all.extend(rows),
        }
        if is_last {
            break;
        }
    }
    if streams {
        return Ok(());
    }
    let total = all.len() as u64;
    let page = Page { limit: total.max(1), number: 1, ..page };
    Ok(context.screen.report(&report(&Listed::counted(all, total), page))?)
}
