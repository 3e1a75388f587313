//! Reading the inbound audit log, and who sends webhooks.

use rusqlite::{Connection, Row, params_from_iter};

use crate::clock::Timestamp;
use crate::event::{EventId, Resource};
use crate::signature::Fingerprint;
use crate::store::db_codes::{ACCEPTED_RESULT, APPLIED, CONFLICT, REFUSED_RESULT, STALE};
use crate::store::inbound::{LOOKED_BACK, REMEMBERED, ReceivedFilter, ReceivedRow, RefusalDetails, SenderRow};
use crate::store::search::{Search, Source, count_bound};
use crate::store::sqlite::read::search::{self, STRETCH};
use crate::store::sqlite::read::where_clause::{DIALECT, SEARCH_DIALECT, count_up_to};
use crate::store::where_clause::WhereClause;
use crate::store::{Listed, Page};

pub(crate) fn senders(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<SenderRow>> {
    connection
        .prepare_cached(
            "SELECT source, secret, seen_at FROM sender WHERE seen_at >= ?1 ORDER BY seen_at DESC, source, secret",
        )?
        .query_map([now.minus(REMEMBERED).as_millis()], |row| {
            let (secret, seen_at) = (Fingerprint(row.get(1)?), Timestamp::from_millis(row.get(2)?));
            Ok(SenderRow { source: row.get(0)?, secret, seen_at })
        })?
        .collect()
}

const COLUMNS: &str =
    "r.id, r.at, r.result, r.event_id, k.type, k.resource_type, r.resource_id, r.reason, r.source, r.repeats, r.digest,
     r.route, r.scheme, r.signature, r.claimed_id, r.claimed_type, r.field, r.skew_ms, r.request";
const TABLES: &str = "received r LEFT JOIN kind k ON k.id = r.kind";

/// The log in the order in which webhooks arrived.
const BY_NUMBER: Source =
    Source { table: "received r", number: "r.id", indexed: &[], times: Some(("received r", "r.at")) };

pub(crate) fn latest(connection: &Connection, refused: bool, limit: u32) -> rusqlite::Result<Vec<ReceivedRow>> {
    let which = if refused { REFUSED_RESULT } else { ACCEPTED_RESULT };
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES}
         WHERE r.id > (SELECT coalesce(max(id), 0) FROM received) - ?1 AND {which} ORDER BY r.id DESC LIMIT ?2"
    );
    connection.prepare_cached(&sql)?.query_map([LOOKED_BACK, limit], received_row)?.collect()
}

pub(crate) fn list(
    connection: &Connection,
    filter: &ReceivedFilter,
    page: Page,
) -> rusqlite::Result<Listed<ReceivedRow>> {
    if filter.needs_search() {
        return searched(connection, filter, page);
    }
    let condition = WhereClause::on_received(filter, page, DIALECT);
    let bound = count_bound(page);
    let counted = if condition.refers_to("k") { TABLES } else { "received r" };
    let found = count_up_to(connection, counted, &condition, bound)?;
    Ok(Listed::counted_up_to(page_of(connection, &condition, page)?, found, bound))
}

fn page_of(connection: &Connection, condition: &WhereClause, page: Page) -> rusqlite::Result<Vec<ReceivedRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE {} ORDER BY r.id {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    connection.prepare(&sql)?.query_map(params_from_iter(condition.values()), received_row)?.collect()
}

fn searched(connection: &Connection, filter: &ReceivedFilter, page: Page) -> rusqlite::Result<Listed<ReceivedRow>> {
    let search = Search::new(BY_NUMBER, page, filter.past, filter.row_cost().rows(), STRETCH);
    let condition = WhereClause::on_received(filter, page, SEARCH_DIALECT);
    let window = Search::window(filter.since, filter.until);
    let found = search::run(connection, search, TABLES, condition, Vec::new(), window)?;
    let read = |numbers, whole| {
        let chosen = WhereClause::on_received(&ReceivedFilter::numbered(numbers), whole, DIALECT);
        page_of(connection, &chosen, whole)
    };
    search::list(found, None, page, read)
}

fn received_row(row: &Row<'_>) -> rusqlite::Result<ReceivedRow> {
    let result: i64 = row.get(2)?;
    let resource = match (row.get(5)?, row.get(6)?) {
        (Some(kind), Some(id)) => Some(Resource { kind, id }),
        _ => None,
    };
    Ok(ReceivedRow {
        id: row.get(0)?,
        at: Timestamp::from_millis(row.get(1)?),
        result: match result {
            APPLIED => "applied",
            STALE => "stale",
            CONFLICT => "conflict",
            _ => "refused",
        },
        event_id: row.get::<_, Option<String>>(3)?.map(EventId::stored),
        event_type: row.get(4)?,
        resource,
        reason: row.get(7)?,
        source: row.get(8)?,
        repeats: row.get::<_, i64>(9)?.unsigned_abs(),
        digest: if result >= CONFLICT { row.get(10)? } else { None },
        route: row.get(11)?,
        details: RefusalDetails {
            scheme: row.get(12)?,
            signature_is_right: row.get(13)?,
            claimed_id: row.get(14)?,
            claimed_type: row.get(15)?,
            field: row.get(16)?,
            skew_ms: row.get(17)?,
        },
        request: row.get(18)?,
    })
}
