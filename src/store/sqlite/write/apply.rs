//! Webhooks that arrive: applied once, and audited.

use const_format::formatcp;
use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::event::Draft;
use crate::record::{Change, MergeResult, RecordKind};
use crate::store::db_codes::{APPLIED, CONFLICT, FURTHER, REFUSED, REFUSED_RESULT, STALE};
use crate::store::inbound::{
    ApplyResult, ID_CONFLICT, REFUSALS_A_MINUTE, RefusalDetails, RefusedWebhook, VerifiedWebhook, WebhookEffect,
};
use crate::store::sqlite::requests;
use crate::store::sqlite::write::writer::Txn;
use crate::store::sqlite::write::{enqueue, known_ids, records};
use crate::store::{Result, StoreError};

pub(crate) fn apply(txn: &mut Txn<'_>, incoming: &VerifiedWebhook, now: Timestamp) -> Result<ApplyResult> {
    let applied = apply_once(txn, incoming, now)?;
    if let Some(kept) = incoming.kept {
        requests::settle(txn.connection, kept, applied.name(), now)?;
    }
    Ok(applied)
}

fn apply_once(txn: &mut Txn<'_>, incoming: &VerifiedWebhook, now: Timestamp) -> Result<ApplyResult> {
    see(txn, incoming, now)?;
    let digest = known_ids::digest_of(&incoming.draft);
    let known = known(txn.connection, incoming, &digest, now)?;
    let reason = if matches!(known, Some(KnownId::Other)) { ID_CONFLICT } else { "" };
    requests::count(txn.connection, (&incoming.route, reason), 1, incoming.skew_ms, now)?;
    match known {
        Some(KnownId::Same) => return Ok(ApplyResult::Duplicate),
        Some(KnownId::Other) => {
            let refused = RefusedWebhook::id_conflict(incoming);
            let Draft { event_type, resource, .. } = &incoming.draft;
            let kind = txn.cache.kind(txn.connection, event_type, &resource.kind)?;
            audit_refusal(txn.connection, &refused, CONFLICT, Some((incoming, kind)), now)?;
            return Ok(ApplyResult::Conflict);
        }
        None => {}
    }
    let merged = match &incoming.effect {
        WebhookEffect::Change(change) => merge(txn, incoming, change, now)?,
        WebhookEffect::Emit(endpoint) => {
            enqueue::forward(txn, &incoming.draft, &incoming.id, endpoint, now)?;
            MergeResult::Applied
        }
        WebhookEffect::Command(_) => MergeResult::Applied,
    };
    remember(txn, incoming, merged, &digest, now)?;
    Ok(match merged {
        MergeResult::Applied => ApplyResult::Applied,
        MergeResult::Stale => ApplyResult::Stale,
    })
}

fn merge(txn: &mut Txn<'_>, incoming: &VerifiedWebhook, change: &Change, now: Timestamp) -> Result<MergeResult> {
    let Some(kind) = RecordKind::parse(&incoming.draft.resource.kind) else { return Ok(MergeResult::Stale) };
    let mut stored = records::load(txn.connection, kind, &incoming.draft.resource.id)?;
    let merged = stored.record.merge(change);
    if stored.record.is_too_large() {
        return Err(StoreError::RecordTooLarge);
    }
    stored.received_at = stored.received_at.max(Some(now));
    records::save(txn.connection, &stored)?;
    Ok(merged)
}

/// Remembers who sent it, under which secret; who sends all the time is noted once a second.
fn see(txn: &mut Txn<'_>, incoming: &VerifiedWebhook, now: Timestamp) -> rusqlite::Result<()> {
    if txn.cache.saw_lately(&incoming.source, incoming.secret, now) {
        return Ok(());
    }
    txn.connection
        .prepare_cached(
            "INSERT INTO sender (source, secret, seen_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)",
        )?
        .execute(params![incoming.source, incoming.secret.0, now.as_millis()])?;
    Ok(())
}

/// Whether a known event id came with the same content, which is a duplicate, or with another, which is a conflict.
enum KnownId {
    Same,
    Other,
}

impl KnownId {
    fn when(same: bool) -> Self {
        if same { Self::Same } else { Self::Other }
    }
}

/// Whether the id arrived before, or was given to an event here.
fn known(
    connection: &Connection,
    incoming: &VerifiedWebhook,
    digest: &[u8],
    now: Timestamp,
) -> rusqlite::Result<Option<KnownId>> {
    let arrived = known_ids::arrived(connection, &incoming.id, now)?;
    let Some(arrived) = arrived else {
        let emitted = known_ids::emitted_before(connection, &incoming.id, &incoming.draft)?;
        return Ok(emitted.map(KnownId::when));
    };
    let same = arrived.is(&incoming.draft, digest);
    if same {
        connection.prepare_cached("UPDATE received SET repeats = repeats + 1 WHERE id = ?1")?.execute([arrived.row])?;
    }
    Ok(Some(KnownId::when(same)))
}

fn remember(
    txn: &mut Txn<'_>,
    incoming: &VerifiedWebhook,
    merged: MergeResult,
    digest: &[u8],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let draft = &incoming.draft;
    let kind = txn.cache.kind(txn.connection, &draft.event_type, &draft.resource.kind)?;
    txn.connection
        .prepare_cached(
            "INSERT INTO received (at, result, event_id, kind, resource_id, timestamp, digest, source)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            now.as_millis(),
            if merged == MergeResult::Applied { APPLIED } else { STALE },
            incoming.id.as_str(),
            kind,
            draft.resource.id,
            draft.timestamp.map(Timestamp::as_millis),
            digest,
            incoming.source
        ])?;
    Ok(())
}

pub(crate) fn refuse(connection: &Connection, refused: &[RefusedWebhook], now: Timestamp) -> rusqlite::Result<()> {
    for refused in refused {
        // A time is measured only where the signature vouches for it.
        let skew = refused.details.skew_ms.filter(|_| refused.details.signature_is_right == Some(true));
        requests::count(connection, (&refused.route, refused.reason), refused.count, skew, now)?;
        audit_refusal(connection, refused, REFUSED, None, now)?;
    }
    Ok(())
}

/// Writes a row of its own for the first refusals of a minute, and counts the others on one more.
fn audit_refusal(
    connection: &Connection,
    refused: &RefusedWebhook,
    result: i64,
    event: Option<(&VerifiedWebhook, i64)>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let minute = now.minute() * 60_000;
    let (rows, further): (i64, Option<i64>) = connection
        .prepare_cached(formatcp!(
            "SELECT count(*), max(id) FILTER (WHERE result = ?3) FROM received
             WHERE reason = ?1 AND at >= ?2 AND {REFUSED_RESULT}"
        ))?
        .query_row(params![refused.reason, minute, FURTHER], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let count = i64::try_from(refused.count).unwrap_or(i64::MAX);
    if let Some(further) = further.filter(|_| !refused.is_only_copy) {
        connection
            .prepare_cached("UPDATE received SET repeats = repeats + ?2 WHERE id = ?1")?
            .execute(params![further, count])?;
        return Ok(());
    }
    let alone = refused.is_only_copy || (refused.count == 1 && rows.unsigned_abs() < REFUSALS_A_MINUTE);
    let event = event.filter(|_| alone);
    let request = match refused.request.as_ref().filter(|_| alone) {
        Some(copy) => Some(requests::keep(connection, refused, copy, now)?),
        None => None,
    };
    let details = if alone { refused.details.clone() } else { RefusalDetails::default() };
    connection
        .prepare_cached(
            "INSERT INTO received (at, result, event_id, digest, reason, source, repeats, kind, resource_id,
                 route, scheme, signature, claimed_id, claimed_type, field, skew_ms, request)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(params![
            now.as_millis(),
            if alone { result } else { FURTHER },
            event.map(|(incoming, _)| incoming.id.as_str()),
            refused.digest.as_ref().filter(|_| alone).map(|digest| &digest[..]),
            refused.reason,
            alone.then_some(&refused.source),
            if alone { 0 } else { count },
            event.map(|(_, kind)| kind),
            event.map(|(incoming, _)| &incoming.draft.resource.id),
            alone.then_some(&*refused.route).filter(|route| !route.is_empty()),
            details.scheme,
            details.signature_is_right,
            details.claimed_id,
            details.claimed_type,
            details.field,
            details.skew_ms,
            request
        ])?;
    Ok(())
}
