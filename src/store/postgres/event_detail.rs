//! Reading everything that is known of one event.

use super::checksum::EventContent;
use super::client::Client;
use super::connection::{Args, Connection, args};
use super::events::{add_schedules, event_row};
use super::row::int;
use super::{EventDetail, Result, attempts, deliveries};
use crate::event::{EventId, Traceparent};
use crate::store::db_codes::EVENT_COLUMNS;

/// Everything known of the event that `condition` names.
pub(super) async fn event(client: &Client, condition: &str, args: Args<'_>) -> Result<Option<EventDetail>> {
    client
        .read(async |connection: &Connection| {
            let sql = format!(
                "SELECT {EVENT_COLUMNS}, e.body, e.checksum, w.body, w.checksum, e.traceparent FROM event e
             JOIN kind k ON k.id = e.kind LEFT JOIN whole_record w ON w.event = e.seq WHERE {condition}"
            );
            let rows = connection.query_once(&sql, args).await?;
            let Some(found) = rows.first() else { return Ok(None) };
            let (mut row, body) = (event_row(found, 0), found.get::<_, Vec<u8>>(7));
            let sent = |body| EventContent { id: row.id.as_str(), event_type: &row.event_type, body };
            sent(&body).check(int(found, 8))?;
            let whole_body = found.get::<_, Option<Vec<u8>>>(9);
            if let Some(whole) = &whole_body {
                sent(whole).check(int(found, 10))?;
            }
            let traceparent = found.get::<_, Option<String>>(11).map(Traceparent::stored);
            add_schedules(connection, std::slice::from_mut(&mut row)).await?;
            let from = "SELECT e.id FROM edited x JOIN event e ON e.seq = x.from_event WHERE x.event = $1";
            let edited_from = connection.first(from, args![row.seq]).await?.map(|row| EventId::stored(row.get(0)));
            let into =
                "SELECT e.id FROM edited x JOIN event e ON e.seq = x.event WHERE x.from_event = $1 ORDER BY e.seq";
            let into = connection.query(into, args![row.seq]).await?;
            let edited_into = into.iter().map(|row| EventId::stored(row.get(0))).collect();
            let deliveries = deliveries::of_event(connection, row.seq).await?;
            let attempts = attempts::of_event(connection, row.seq).await?;
            Ok(Some(EventDetail { row, body, whole_body, traceparent, deliveries, attempts, edited_from, edited_into }))
        })
        .await
}
