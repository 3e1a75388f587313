//! Which endpoints there are, and pausing them.

use std::sync::Arc;

use super::client::Client;
use super::connection::{Connection, args};
use super::endpoint_rows::{EndpointRow, load, save};
use super::error::PostgresError;
use super::row::unreadable;
use super::{DroppedEndpoint, Result, StoreError, StoredEndpoints, db_codes, figures, rules};
use crate::clock::Timestamp;
use crate::endpoint::{ConfiguredEndpoint, Endpoint, EndpointId, PausedBy, ResolvedEndpoint, resolve};

/// Locks the endpoints for a change: their rows, then the claims of all of them.
async fn lock(connection: &Connection) -> Result<Vec<EndpointRow>, PostgresError> {
    connection.query("SELECT id FROM endpoint ORDER BY id FOR UPDATE", &[]).await?;
    connection.query("SELECT endpoint FROM gate ORDER BY endpoint FOR NO KEY UPDATE", &[]).await?;
    load(connection).await
}

pub(super) async fn set(client: &Client, specs: Vec<ConfiguredEndpoint>, now: Timestamp) -> Result<StoredEndpoints> {
    let now = client.by_server(now);
    let configured = client.transact(async |connection: &Connection| set_within(connection, &specs, now).await).await?;
    client.endpoints.borrow_mut().take();
    Ok(configured)
}

async fn set_within(
    connection: &Connection,
    specs: &[ConfiguredEndpoint],
    now: Timestamp,
) -> Result<StoredEndpoints, PostgresError> {
    let mut dropped = Vec::new();
    if !specs.is_empty() && !is_set(connection, specs).await? {
        // Two that add endpoints at once would both find the same name free.
        connection.query("LOCK TABLE gate IN SHARE ROW EXCLUSIVE MODE", &[]).await?;
        let rows = lock(connection).await?;
        let stored: Vec<Endpoint> = rows.iter().map(|row| row.endpoint.clone()).collect();
        let mut named = Vec::with_capacity(specs.len());
        // Names may change hands: each leaves its old one before anybody takes it.
        for resolved in resolve(specs, &stored) {
            named.push(match resolved.id.and_then(|id| rows.iter().find(|row| row.endpoint.id == id)) {
                Some(row) => update(connection, row, resolved, now).await?,
                None => insert(connection, resolved, now).await?,
            });
        }
        for row in rows.iter().filter(|row| row.endpoint.configured && !named.contains(&row.endpoint.id)) {
            dropped.extend(drop_out(connection, row).await?);
        }
    }
    let endpoints = load(connection).await?.into_iter().map(|row| row.endpoint).collect();
    Ok(StoredEndpoints { endpoints: Arc::new(endpoints), dropped })
}

/// Whether the stored endpoints are what `specs` say: then nothing is locked.
async fn is_set(connection: &Connection, specs: &[ConfiguredEndpoint]) -> Result<bool, PostgresError> {
    let stored: Vec<Endpoint> = load(connection).await?.into_iter().map(|row| row.endpoint).collect();
    let resolved = resolve(specs, &stored);
    let same = |new: &ResolvedEndpoint| {
        stored.iter().any(|old| Some(old.id) == new.id && old.configured && is_unchanged(old, new))
    };
    Ok(resolved.len() == stored.iter().filter(|it| it.configured).count() && resolved.iter().all(same))
}

fn is_unchanged(old: &Endpoint, new: &ResolvedEndpoint) -> bool {
    old.name == new.name && !new.moved && old.settings == new.settings && old.paused_by == new.paused_by
}

async fn drop_out(connection: &Connection, row: &EndpointRow) -> Result<Option<DroppedEndpoint>, PostgresError> {
    let mut row = row.clone();
    row.endpoint.configured = false;
    save(connection, &row, true).await?;
    let unfinished = figures::unfinished(connection, row.endpoint.id).await?;
    Ok((unfinished > 0).then_some(DroppedEndpoint { name: row.endpoint.name, unfinished }))
}

async fn update(
    connection: &Connection,
    row: &EndpointRow,
    new: ResolvedEndpoint,
    now: Timestamp,
) -> Result<EndpointId, PostgresError> {
    let mut row = row.clone();
    let id = row.endpoint.id;
    if row.endpoint.configured && is_unchanged(&row.endpoint, &new) {
        return Ok(id);
    }
    if new.moved {
        row.probe = None;
    }
    rules::configure(&mut row.endpoint, new, now);
    save(connection, &row, true).await?;
    Ok(id)
}

async fn insert(connection: &Connection, new: ResolvedEndpoint, now: Timestamp) -> Result<EndpointId, PostgresError> {
    let settings = serde_json::to_string(&new.settings).map_err(|e| unreadable("settings", &e))?;
    let id = connection
        .number(
            "WITH made AS (INSERT INTO endpoint (name, url, settings, configured, paused_by, awake_since)
                VALUES ($1, $2, $3, true, $4, $5) RETURNING id)
             INSERT INTO gate (endpoint) SELECT id FROM made RETURNING endpoint",
            args![new.name, new.url.as_str(), settings, new.paused_by.map(db_codes::paused_by_code), now.as_millis()],
        )
        .await?;
    Ok(EndpointId(id))
}

pub(super) async fn pause(client: &Client, name: String, _now: Timestamp) -> Result<Endpoint> {
    change(client, &name, |endpoint| {
        // An operator's pause outlives one of the configuration.
        if matches!(endpoint.paused_by, None | Some(PausedBy::Configuration)) {
            endpoint.paused_by = Some(PausedBy::Operator);
        }
    })
    .await
}

pub(super) async fn resume(client: &Client, name: String, now: Timestamp) -> Result<Endpoint> {
    let now = client.by_server(now);
    change(client, &name, |endpoint| {
        if endpoint.paused_by.is_some() || endpoint.circuit.open.is_some() {
            endpoint.resumed_at = now;
        }
        endpoint.paused_by = None;
        endpoint.circuit = endpoint.circuit.closed();
    })
    .await
}

async fn change(client: &Client, name: &str, how: impl Fn(&mut Endpoint)) -> Result<Endpoint> {
    let work = async |connection: &Connection| {
        let rows = lock(connection).await?;
        let row = rows.into_iter().find(|row| row.endpoint.name == name);
        let mut row = row.ok_or_else(|| StoreError::NoEndpoint(name.to_owned()))?;
        how(&mut row.endpoint);
        if row.endpoint.circuit.open.is_none() {
            row.probe = None;
        }
        save(connection, &row, false).await?;
        Ok(row.endpoint)
    };
    client.transact_and_announce(work, |_| true).await
}
