//! Webhooks that arrive: applied once, and audited.

use const_format::formatcp;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use sha2::{Digest, Sha256};
use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Connection, args};
use super::db_codes::{ACCEPTED_RESULT, APPLIED, CONFLICT, FURTHER, REFUSED, REFUSED_RESULT, STALE};
use super::error::PostgresError;
use super::known_ids::{Arrived, digest_of, first_bytes};
use super::new_events::NewEvents;
use super::record_rows::LoadedRecords;
use super::requests::{self, ReceivedCounts};
use super::row::{int, maybe_int, storable, time};
use super::where_clause::{DIALECT, SEARCH_DIALECT, bound, count_up_to};
use super::{Listed, Page, Result, StoreError, known_ids, record_rows, search};
use crate::clock::Timestamp;
use crate::event::{EventId, Resource};
use crate::record::{MergeResult, RecordKind};
use crate::signature::Fingerprint;
use crate::store::inbound::{
    ApplyResult, ID_CONFLICT, LOOKED_BACK, REFUSALS_A_MINUTE, REMEMBERED, ReceivedFilter, ReceivedRow, RefusalDetails,
    RefusedWebhook, SenderRow, VerifiedWebhook, WebhookEffect,
};
use crate::store::search::{Search, Source, count_bound};
use crate::store::where_clause::WhereClause;

/// A sender is noted once in so many milliseconds.
const SEEN_EVERY_MS: i64 = 1_000;

/// Applies a webhook, in the order in which this process was asked. Those that wait share one transaction.
pub(super) async fn apply(client: &Client, incoming: VerifiedWebhook, now: Timestamp) -> Result<ApplyResult> {
    let asked = (incoming, client.by_server(now));
    client.webhooks.join(asked, async |all| apply_all(client, all).await).await
}

async fn apply_all(client: &Client, all: &[(VerifiedWebhook, Timestamp)]) -> Result<Vec<Result<ApplyResult>>> {
    let kinds = all.iter().map(|(it, _)| (it.draft.event_type.as_str(), it.draft.resource.kind.as_str())).collect();
    client.learn_kinds(&kinds).await?;
    let emits = all.iter().any(|(incoming, _)| matches!(incoming.effect, WebhookEffect::Emit(_)));
    let applied = client.transact_and_announce(
        async |connection: &Connection| Box::pin(apply_within(client, connection, all)).await,
        |_| emits,
    );
    Ok(applied.await?.into_iter().map(Ok).collect())
}

/// The audit rows of one transaction's webhooks, as columns for `unnest`.
#[derive(Default)]
struct AuditColumns {
    at: Vec<i64>,
    results: Vec<i64>,
    ids: Vec<String>,
    kinds: Vec<Option<i64>>,
    resources: Vec<String>,
    timestamps: Vec<Option<i64>>,
    digests: Vec<Vec<u8>>,
    sources: Vec<String>,
    /// How often each came again within the transaction.
    repeats: Vec<i64>,
}

async fn apply_within(
    client: &Client,
    connection: &Connection,
    all: &[(VerifiedWebhook, Timestamp)],
) -> Result<Vec<ApplyResult>, PostgresError> {
    let ids: Vec<String> = all.iter().map(|(incoming, _)| storable(incoming.id.as_str())).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let oldest = all.iter().map(|(_, now)| *now).min().unwrap_or_default();
    let about = |incoming: &VerifiedWebhook| {
        RecordKind::parse(&incoming.draft.resource.kind).map(|kind| record_rows::key(kind, &incoming.draft.resource.id))
    };
    let (locked, seen, arrived, emitted, loaded) = tokio::join!(
        biased;
        lock_ids(connection, all),
        see(connection, all),
        known_ids::arrived(connection, &ids, oldest),
        known_ids::known(connection, &ids),
        record_rows::lock(connection, all.iter().filter_map(|(incoming, _)| about(incoming)).collect()),
    );
    locked.and(seen)?;
    let (mut arrived, emitted, mut loaded) = (arrived?, emitted?, loaded?);
    let mut audited = AuditColumns::default();
    let mut counts = ReceivedCounts::default();
    let mut repeated: Vec<i64> = Vec::new();
    let mut applied = Vec::with_capacity(all.len());
    for (incoming, now) in all {
        let id = storable(incoming.id.as_str());
        let draft = &incoming.draft;
        let known = match (arrived.get(&id), emitted.get(&id)) {
            (Some(arrived), _) => {
                let same = arrived.is(draft);
                match arrived.row {
                    Some(row) if same => repeated.push(row),
                    None if same => audited.count_repeat(&id),
                    _ => {}
                }
                Some(same)
            }
            (None, Some(emitted)) => Some(emitted.is(draft, &incoming.id)),
            (None, None) => None,
        };
        let reason = if known == Some(false) { ID_CONFLICT } else { "" };
        counts.add((&incoming.route, reason), 1, incoming.skew_ms, *now);
        let stored = about(incoming).and_then(|key| loaded.get_mut(&key));
        applied.push(match (known, &incoming.effect, stored) {
            (Some(true), ..) => ApplyResult::Duplicate,
            (Some(false), ..) => {
                let refused = RefusedWebhook::id_conflict(incoming);
                let kind = client.kind(&draft.event_type, &draft.resource.kind);
                audit_refusal(connection, &refused, CONFLICT, Some((incoming, kind)), *now).await?;
                ApplyResult::Conflict
            }
            (None, WebhookEffect::Emit(_) | WebhookEffect::Command(_), _) => {
                if let WebhookEffect::Emit(endpoint) = &incoming.effect {
                    let mut forwarded =
                        NewEvents::new(client.endpoints(connection).await?, LoadedRecords::default(), *now);
                    forwarded.add_for(draft, &incoming.id, endpoint)?;
                    forwarded.store_within(client, connection).await?;
                }
                let kind = client.kind(&draft.event_type, &draft.resource.kind);
                audited.push(incoming, kind, MergeResult::Applied, *now);
                arrived.insert(id, Arrived::new(draft));
                ApplyResult::Applied
            }
            (None, WebhookEffect::Change(_), None) => ApplyResult::Stale,
            (None, WebhookEffect::Change(change), Some(stored)) => {
                let merged = stored.arrived(change, *now);
                if stored.record.is_too_large() {
                    return Err(StoreError::RecordTooLarge.into());
                }
                let kind = client.kind(&draft.event_type, &draft.resource.kind);
                audited.push(incoming, kind, merged, *now);
                arrived.insert(id, Arrived::new(draft));
                if merged == MergeResult::Applied { ApplyResult::Applied } else { ApplyResult::Stale }
            }
        });
    }
    let settled = all.iter().zip(&applied).filter_map(|((incoming, now), applied)| {
        Some(requests::settle_within(connection, incoming.kept?, applied.name(), *now))
    });
    let (saved, inserted, counted, repeated, settled) = tokio::join!(
        biased;
        record_rows::save(connection, &loaded),
        audited.insert(connection),
        counts.write(connection, client.slot),
        count_repeats(connection, repeated),
        try_join_all(settled),
    );
    saved.and(inserted).and(counted).and(repeated)?;
    settled?;
    Ok(applied)
}

/// The same id may arrive at two processes at once: one waits for the other here.
async fn lock_ids(connection: &Connection, all: &[(VerifiedWebhook, Timestamp)]) -> Result<(), PostgresError> {
    let keys: BTreeSet<i64> = all.iter().map(|(incoming, _)| lock_key(incoming.id.as_str())).collect();
    let keys: Vec<i64> = keys.into_iter().collect();
    let lock = "SELECT count(pg_advisory_xact_lock(l.key)::text) FROM (SELECT unnest($1) AS key) l";
    connection.query(lock, args![keys]).await.map(|_| ())
}

async fn count_repeats(connection: &Connection, repeated: Vec<i64>) -> Result<(), PostgresError> {
    if !repeated.is_empty() {
        let more = "UPDATE received r SET repeats = r.repeats + n.times
            FROM (SELECT id, count(*) AS times FROM unnest($1) AS u(id) GROUP BY id) n WHERE r.id = n.id";
        connection.query(more, args![repeated]).await?;
    }
    Ok(())
}

impl AuditColumns {
    fn push(&mut self, incoming: &VerifiedWebhook, kind: Option<i64>, merged: MergeResult, now: Timestamp) {
        let draft = &incoming.draft;
        self.at.push(now.as_millis());
        self.results.push(if merged == MergeResult::Applied { APPLIED } else { STALE });
        self.ids.push(storable(incoming.id.as_str()));
        self.kinds.push(kind);
        self.resources.push(storable(&draft.resource.id));
        self.timestamps.push(draft.timestamp.map(Timestamp::as_millis));
        self.digests.push(digest_of(draft).to_vec());
        self.sources.push(storable(&incoming.source));
        self.repeats.push(0);
    }

    /// Counts that what has this id came again before its row is written.
    fn count_repeat(&mut self, id: &str) {
        if let Some(at) = self.ids.iter().position(|known| known == id) {
            self.repeats[at] += 1;
        }
    }

    async fn insert(&self, connection: &Connection) -> Result<(), PostgresError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let insert =
            "INSERT INTO received (at, result, event_id, kind, resource_id, timestamp, digest, source, repeats)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let rows = args![
            self.at,
            self.results,
            self.ids,
            self.kinds,
            self.resources,
            self.timestamps,
            self.digests,
            self.sources,
            self.repeats
        ];
        connection.query(insert, rows).await.map(|_| ())
    }
}

fn lock_key(text: &str) -> i64 {
    i64::from_le_bytes(first_bytes(&Sha256::digest(text)))
}

/// Remembers who sent it, under which secret; who sends all the time is noted once a second.
async fn see(connection: &Connection, all: &[(VerifiedWebhook, Timestamp)]) -> Result<(), PostgresError> {
    let mut newest: BTreeMap<(String, &[u8]), i64> = BTreeMap::new();
    for (incoming, now) in all {
        let at = newest.entry((storable(&incoming.source), &incoming.secret.0[..])).or_default();
        *at = (*at).max(now.as_millis());
    }
    let sources: Vec<&str> = newest.keys().map(|(source, _)| source.as_str()).collect();
    let secrets: Vec<&[u8]> = newest.keys().map(|(_, secret)| *secret).collect();
    let seen_at: Vec<i64> = newest.values().copied().collect();
    connection
        .query(
            "INSERT INTO sender AS s (source, secret, seen_at) SELECT * FROM unnest($1, $2, $3)
             ON CONFLICT (source, secret) DO UPDATE SET seen_at = EXCLUDED.seen_at WHERE s.seen_at < EXCLUDED.seen_at - $4",
            args![sources, secrets, seen_at, SEEN_EVERY_MS],
        )
        .await?;
    Ok(())
}

pub(super) async fn senders(client: &Client, now: Timestamp) -> Result<Vec<SenderRow>> {
    let since = client.by_server(now).minus(REMEMBERED).as_millis();
    client
        .read(async |connection: &Connection| {
            let sql =
                "SELECT source, secret, seen_at FROM sender WHERE seen_at >= $1 ORDER BY seen_at DESC, source, secret";
            let rows = connection.query(sql, args![since]).await?;
            let read = |row: &Row| SenderRow {
                source: row.get(0),
                secret: Fingerprint(first_bytes(row.get(1))),
                seen_at: time(row, 2),
            };
            Ok(rows.iter().map(read).collect())
        })
        .await
}

/// Whether an event that arrived under this id is remembered.
pub(super) async fn has_arrived(client: &Client, id: EventId, now: Timestamp) -> Result<bool> {
    let (id, now) = (storable(id.as_str()), client.by_server(now));
    client
        .read(async |connection: &Connection| Ok(!known_ids::arrived(connection, &[&id], now).await?.is_empty()))
        .await
}

pub(super) async fn refuse(client: &Client, refused: Vec<RefusedWebhook>, now: Timestamp) -> Result<()> {
    let now = client.by_server(now);
    client
        .transact(async |connection: &Connection| {
            let mut counts = ReceivedCounts::default();
            for refused in &refused {
                // A time is measured only where the signature vouches for it.
                let skew = refused.details.skew_ms.filter(|_| refused.details.signature_is_right == Some(true));
                counts.add((&refused.route, refused.reason), refused.count, skew, now);
                audit_refusal(connection, refused, REFUSED, None, now).await?;
            }
            counts.write(connection, client.slot).await
        })
        .await
}

/// Writes a row of its own for the first refusals of a minute, and counts the others on one more.
async fn audit_refusal(
    connection: &Connection,
    refused: &RefusedWebhook,
    result: i64,
    event: Option<(&VerifiedWebhook, Option<i64>)>,
    now: Timestamp,
) -> Result<(), PostgresError> {
    // Several processes count together, and keep requests within one limit: one at a time.
    let key = lock_key("refusals");
    connection.query("SELECT pg_advisory_xact_lock($1)::text", args![key]).await?;
    let found = connection
        .first(
            formatcp!(
                "SELECT count(*), max(id) FILTER (WHERE result = $3) FROM received WHERE reason = $1 AND at >= $2 AND {REFUSED_RESULT}"
            ),
            args![refused.reason, now.minute() * 60_000, FURTHER],
        )
        .await?;
    let (rows, further) = found.map_or((0, None), |row| (int(&row, 0), maybe_int(&row, 1)));
    let count = i64::try_from(refused.count).unwrap_or(i64::MAX);
    if let Some(further) = further.filter(|_| !refused.is_only_copy) {
        let more = "UPDATE received SET repeats = repeats + $2 WHERE id = $1";
        connection.query(more, args![further, count]).await?;
        return Ok(());
    }
    let alone = refused.is_only_copy || (refused.count == 1 && rows.unsigned_abs() < REFUSALS_A_MINUTE);
    let event = event.filter(|_| alone);
    let request = match refused.request.as_ref().filter(|_| alone) {
        Some(copy) => Some(requests::keep(connection, refused, copy, now).await?),
        None => None,
    };
    let details = if alone { refused.details.clone() } else { RefusalDetails::default() };
    let text = |text: Option<&String>| text.map(|text| storable(text));
    connection
        .query(
            "INSERT INTO received (at, result, event_id, digest, reason, source, repeats, kind, resource_id,
                 route, scheme, signature, claimed_id, claimed_type, field, skew_ms, request)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            args![
                now.as_millis(),
                if alone { result } else { FURTHER },
                event.map(|(incoming, _)| storable(incoming.id.as_str())),
                refused.digest.as_ref().filter(|_| alone).map(|digest| &digest[..]),
                refused.reason,
                alone.then(|| storable(&refused.source)),
                if alone { 0 } else { count },
                event.and_then(|(_, kind)| kind),
                event.map(|(incoming, _)| storable(&incoming.draft.resource.id)),
                alone.then_some(&*refused.route).filter(|route| !route.is_empty()),
                details.scheme,
                details.signature_is_right,
                text(details.claimed_id.as_ref()),
                text(details.claimed_type.as_ref()),
                text(details.field.as_ref()),
                details.skew_ms,
                request
            ],
        )
        .await?;
    Ok(())
}

const COLUMNS: &str =
    "r.id, r.at, r.result, r.event_id, k.type, k.resource_type, r.resource_id, r.reason, r.source, r.repeats, r.digest,
     r.route, r.scheme, r.signature, r.claimed_id, r.claimed_type, r.field, r.skew_ms, r.request";
const TABLES: &str = "received r LEFT JOIN kind k ON k.id = r.kind";

pub(super) async fn latest(client: &Client, refused: bool, limit: u32) -> Result<Vec<ReceivedRow>> {
    let which = if refused { REFUSED_RESULT } else { ACCEPTED_RESULT };
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE r.id > (SELECT coalesce(max(id), 0) FROM received) - {LOOKED_BACK} AND {which}
         ORDER BY r.id DESC LIMIT {limit}"
    );
    client
        .read(async |connection: &Connection| {
            Ok(connection.query_once(&sql, &[]).await?.iter().map(received_row).collect())
        })
        .await
}

/// The log in the order in which webhooks arrived.
const BY_NUMBER: Source =
    Source { table: "received r", number: "r.id", indexed: &[], times: Some(("received r", "r.at")) };

pub(super) async fn list(client: &Client, filter: ReceivedFilter, page: Page) -> Result<Listed<ReceivedRow>> {
    client
        .read(async |connection: &Connection| {
            // Without any condition as well: a server counts a million rows more slowly than it finds a page.
            if filter.ids.is_empty() {
                return searched(connection, &filter, page).await;
            }
            let condition = WhereClause::on_received(&filter, page, DIALECT);
            let bound = count_bound(page);
            let counted = if condition.refers_to("k") { TABLES } else { "received r" };
            let found = count_up_to(connection, counted, &condition, bound).await?;
            Ok(Listed::counted_up_to(rows_within(connection, &condition, page).await?, found, bound))
        })
        .await
}

async fn rows_within(
    connection: &Connection,
    condition: &WhereClause,
    page: Page,
) -> Result<Vec<ReceivedRow>, PostgresError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE {} ORDER BY r.id {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    let rows = connection.query_once(&sql, &bound(condition)).await?;
    Ok(rows.iter().map(received_row).collect())
}

async fn searched(
    connection: &Connection,
    filter: &ReceivedFilter,
    page: Page,
) -> Result<Listed<ReceivedRow>, PostgresError> {
    let search = Search::new(BY_NUMBER, page, filter.past, search::most(filter.row_cost()), search::STRETCH);
    let condition = WhereClause::on_received(filter, page, SEARCH_DIALECT);
    let window = Search::window(filter.since, filter.until);
    let found = search::run(connection, search, TABLES, condition, Vec::new(), window).await?;
    let read = async |numbers, whole| {
        let chosen = WhereClause::on_received(&ReceivedFilter::numbered(numbers), whole, DIALECT);
        rows_within(connection, &chosen, whole).await
    };
    search::list(found, None, page, read).await
}

fn received_row(row: &Row) -> ReceivedRow {
    let result = int(row, 2);
    let resource = match (row.get(5), row.get(6)) {
        (Some(kind), Some(id)) => Some(Resource { kind, id }),
        _ => None,
    };
    ReceivedRow {
        id: int(row, 0),
        at: time(row, 1),
        result: match result {
            APPLIED => "applied",
            STALE => "stale",
            CONFLICT => "conflict",
            _ => "refused",
        },
        event_id: row.get::<_, Option<String>>(3).map(EventId::stored),
        event_type: row.get(4),
        resource,
        reason: row.get(7),
        source: row.get(8),
        repeats: int(row, 9).unsigned_abs(),
        digest: if result >= CONFLICT { row.get(10) } else { None },
        route: row.get(11),
        details: RefusalDetails {
            scheme: row.get(12),
            signature_is_right: row.get(13),
            claimed_id: row.get(14),
            claimed_type: row.get(15),
            field: row.get(16),
            skew_ms: maybe_int(row, 17),
        },
        request: maybe_int(row, 18),
    }
}
