//! Running a search, see [`Search`].

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use crate::clock::Timestamp;
use crate::store::search::{Found, MAX_CANDIDATES, Search, Source, TimePlace};
use crate::store::sqlite::read::where_clause::SEARCH_DIALECT;
use crate::store::where_clause::{Candidates, WhereClause};
use crate::store::{Listed, Page};

/// Rows that are looked at by one statement: what they take fits into the cache, because they are read twice.
pub(crate) const STRETCH: u64 = 5_000;

/// The first of these that are few enough to look at all.
pub(crate) fn few(connection: &Connection, candidates: Vec<Candidates>) -> rusqlite::Result<Option<Vec<i64>>> {
    for candidates in candidates {
        if let Some(events) = candidates.events_sql(SEARCH_DIALECT) {
            let count: i64 =
                connection.prepare_cached(&events)?.query_row(params_from_iter(&candidates.value), |row| row.get(0))?;
            if count.unsigned_abs() > MAX_CANDIDATES {
                continue;
            }
        }
        let mut select = connection.prepare_cached(&candidates.ids_sql(SEARCH_DIALECT))?;
        let ids: Vec<i64> = select
            .query_map(params_from_iter(&candidates.value), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if ids.len() as u64 <= MAX_CANDIDATES {
            return Ok(Some(ids));
        }
    }
    Ok(None)
}

/// Bounds a search to the rows between two times, where numbers rise with times.
fn bound(connection: &Connection, search: &mut Search, [since, until]: [Option<Timestamp>; 2]) -> rusqlite::Result<()> {
    let source = search.source();
    let place = |time: Option<Timestamp>| time.map(|time| place_of(connection, source, time)).transpose();
    let (first, end) = (place(since)?, place(until)?);
    search.bound(first, end);
    Ok(())
}

/// The number from which on rows are not earlier than `time`.
pub(crate) fn place_of(connection: &Connection, source: Source, time: Timestamp) -> rusqlite::Result<i64> {
    let Source { number, table, .. } = source;
    let newest = format!("SELECT {number} FROM {table} ORDER BY {number} DESC LIMIT 1");
    let newest: Option<i64> = connection.query_row(&newest, [], |row| row.get(0)).optional()?;
    let mut place = TimePlace::new(source, time, newest.unwrap_or(0));
    while let Some(sql) = place.sql() {
        place.add(connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?);
    }
    Ok(place.found())
}

/// Runs a search to its end: among the first of `candidates` that are few, else between the two times.
pub(crate) fn run(
    connection: &Connection,
    mut search: Search,
    tables: &str,
    mut condition: WhereClause,
    candidates: Vec<Candidates>,
    window: [Option<Timestamp>; 2],
) -> rusqlite::Result<Found> {
    if let Some(few) = few(connection, candidates)? {
        condition.one_of(search.source().number, few.iter().copied());
        let all = match few.is_empty() {
            true => Vec::new(),
            false => numbers(connection, &search.all_sql(tables, &condition.sql()), &condition)?,
        };
        search.add(&all, None);
        return Ok(search.finish());
    }
    bound(connection, &mut search, window)?;
    while let Some(end) = search.end_sql() {
        let end = connection.query_row(&end, [], |row| row.get(0)).optional()?;
        let matches = search.matches_sql(tables, &condition.sql(), SEARCH_DIALECT.among, end);
        search.add(&numbers(connection, &matches, &condition)?, end);
    }
    Ok(search.finish())
}

/// The list of what was found, whose rows `read` reads by their numbers, all on one page.
pub(crate) fn list<T>(
    found: Found,
    counted: Option<u64>,
    page: Page,
    read: impl FnOnce(Vec<i64>, Page) -> rusqlite::Result<Vec<T>>,
) -> rusqlite::Result<Listed<T>> {
    let numbers = found.ids.clone();
    let rows = if numbers.is_empty() { Vec::new() } else { read(numbers, Page { number: 1, ..page })? };
    Ok(found.list(rows, counted, page))
}

/// The numbers that a statement finds.
pub(crate) fn numbers(connection: &Connection, sql: &str, condition: &WhereClause) -> rusqlite::Result<Vec<i64>> {
    connection.prepare(sql)?.query_map(params_from_iter(condition.values()), |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::search::{MAX_COUNTED, RowCost};

    const SOURCE: Source = Source { table: "row r", number: "r.id", indexed: &[], times: Some(("row r", "r.at")) };
    const NEWEST: Page = Page { limit: 50, number: 1, oldest_first: false };
    const OLDEST: Page = Page { oldest_first: true, ..NEWEST };
    /// Rows of which a search by last attempts looks at a part only.
    const MANY: i64 = 45_000;

    /// Rows `step` numbers and a minute apart.
    fn rows(count: i64, step: i64) -> Connection {
        let connection = Connection::open_in_memory().expect("it opens");
        connection
            .execute_batch(&format!(
                "CREATE TABLE row (id INTEGER PRIMARY KEY, at INTEGER NOT NULL);
                 WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {count})
                     INSERT INTO row SELECT value * {step}, value * 60000 FROM n"
            ))
            .expect("it is filled");
        connection
    }

    fn search(connection: &Connection, part: &str, page: Page, past: Option<i64>) -> (Vec<i64>, Listed<()>) {
        let search = Search::new(SOURCE, page, past, RowCost::LastAttempt.rows(), STRETCH);
        finish(connection, search, part, page, [None; 2])
    }

    fn finish(
        connection: &Connection,
        search: Search,
        part: &str,
        page: Page,
        window: [Option<Timestamp>; 2],
    ) -> (Vec<i64>, Listed<()>) {
        let mut condition = WhereClause::new(SEARCH_DIALECT);
        condition.add(part);
        let found = run(connection, search, "row r", condition, Vec::new(), window).expect("it runs");
        (found.ids.clone(), found.list(Vec::new(), None, page))
    }

    #[test]
    fn what_many_rows_match_is_counted_up_to_a_bound() {
        let (ids, listed) = search(&rows(MANY, 1), "true", NEWEST, None);
        assert_eq!(ids, (MANY - 49..=MANY).rev().collect::<Vec<_>>());
        assert_eq!((listed.total, listed.is_exact, listed.searched_to), (MAX_COUNTED, false, None));
        assert_eq!(listed.total_text(), "10000+");
    }

    #[test]
    fn a_full_page_is_counted_for_half_as_long_as_it_is_looked_for() {
        let connection = rows(MANY, 1);
        let (ids, listed) = search(&connection, "r.id % 4 = 0", NEWEST, None);
        assert_eq!((ids.len(), listed.total, listed.is_exact, listed.searched_to), (50, 2_500, false, None));
        let (ids, listed) = search(&connection, "r.id % 1000 = 0", NEWEST, None);
        assert_eq!((ids.len(), listed.total, listed.searched_to), (20, 20, Some(MANY - 19_999)));
    }

    #[test]
    fn what_is_rare_is_found_by_going_on_where_the_search_ended() {
        let connection = rows(MANY, 1);
        for (page, wanted) in [(NEWEST, 3), (OLDEST, MANY - 3)] {
            let (mut past, mut looks) = (None, 0);
            let ids = loop {
                let (ids, listed) = search(&connection, &format!("r.id = {wanted}"), page, past);
                looks += 1;
                past = listed.searched_to;
                assert_eq!(listed.is_exact, past.is_none());
                if past.is_none() || looks > 9 {
                    break ids;
                }
                assert!(ids.is_empty());
            };
            assert_eq!((ids, looks), (vec![wanted], 3));
        }
    }

    #[test]
    fn a_short_list_with_gaps_is_looked_at_whole() {
        let (ids, listed) = search(&rows(300, 1_000_000), "r.id = 1000000", NEWEST, None);
        assert_eq!((ids, listed.total, listed.is_exact), (vec![1_000_000], 1, true));
    }

    #[test]
    fn what_an_index_leads_to_is_searched_alone() {
        const INDEXED: Source = Source {
            indexed: &["SELECT id FROM row WHERE id % 10 = 0", "SELECT id FROM row WHERE id % 10 = 5"],
            ..SOURCE
        };
        let connection = rows(MANY, 1);
        for (page, first) in [(NEWEST, MANY), (OLDEST, 5)] {
            let search = Search::new(INDEXED, page, None, RowCost::Row.rows(), STRETCH);
            let (ids, listed) = finish(&connection, search, "true", page, [None; 2]);
            assert_eq!((ids[0], ids.len()), (first, 50));
            assert_eq!((listed.total, listed.is_exact, listed.searched_to), (MAX_CANDIDATES, false, None));
        }
    }

    #[test]
    fn pages_with_a_number_follow_each_other() {
        let connection = rows(200, 1);
        let pages: Vec<i64> =
            (1..=3).flat_map(|number| search(&connection, "r.id % 2 = 0", Page { number, ..OLDEST }, None).0).collect();
        assert_eq!(pages, (1..=100).map(|n| n * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_search_between_two_times_begins_and_ends_there() {
        let connection = rows(MANY, 7);
        let minute = |n: i64| Some(Timestamp::from_millis(n * 60_000));
        for page in [NEWEST, OLDEST] {
            let search = Search::new(SOURCE, page, None, RowCost::LastAttempt.rows(), STRETCH);
            let window = Search::window(minute(100), minute(103));
            let part = "r.at >= 100 * 60000 AND r.at < 103 * 60000";
            let (mut ids, listed) = finish(&connection, search, part, page, window);
            ids.sort_unstable();
            assert_eq!((ids, listed.total, listed.is_exact), (vec![700, 707, 714], 3, true));
        }
    }

    #[test]
    fn the_place_of_a_time_is_that_of_the_first_row_that_is_not_earlier() {
        let connection = rows(1_000, 3);
        for (millis, place) in [(0, 3), (60_000, 3), (60_001, 6), (600_000, 30), (60_000_001, 3_001)] {
            let found = place_of(&connection, SOURCE, Timestamp::from_millis(millis)).expect("it is looked for");
            assert_eq!(found, place, "{millis}");
        }
    }
}
