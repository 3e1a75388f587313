//! Which endpoints there are, and pausing them.

use rusqlite::params;

use crate::clock::Timestamp;
use crate::delivery::CircuitState;
use crate::endpoint::{
    ConfiguredEndpoint, Endpoint, EndpointId, EndpointSettings, PausedBy, ResolvedEndpoint, UsedUntil, resolve,
};
use crate::store::sqlite::error;
use crate::store::sqlite::write::writer::Txn;
use crate::store::{DroppedEndpoint, Result, StoreError, StoredEndpoints, db_codes, rules};

pub(crate) fn set(txn: &mut Txn<'_>, specs: &[ConfiguredEndpoint], now: Timestamp) -> Result<StoredEndpoints> {
    let dropped = match specs {
        [] => Vec::new(),
        specs => name_all(txn, specs, now)?,
    };
    let endpoints = txn.cache.snapshot(txn.connection)?;
    Ok(StoredEndpoints { endpoints, dropped })
}

fn name_all(txn: &mut Txn<'_>, specs: &[ConfiguredEndpoint], now: Timestamp) -> rusqlite::Result<Vec<DroppedEndpoint>> {
    let rows = txn.cache.endpoints(txn.connection)?;
    let stored: Vec<Endpoint> = rows.iter().map(|row| row.endpoint.clone()).collect();
    let mut named = Vec::with_capacity(specs.len());
    for resolved in resolve(specs, &stored) {
        named.push(match resolved.id {
            Some(id) => update(txn, id, resolved, now)?,
            None => insert(txn, resolved, now)?,
        });
    }
    let others = stored.iter().filter(|it| it.configured && !named.contains(&it.id));
    Ok(others.filter_map(|it| drop_out(txn, it.id)).collect())
}

/// Marks an endpoint as not configured, and returns it if deliveries wait for it.
fn drop_out(txn: &mut Txn<'_>, id: EndpointId) -> Option<DroppedEndpoint> {
    let row = txn.cache.change(id)?;
    row.endpoint.configured = false;
    let unfinished = row.counts.waiting + row.counts.processing;
    (unfinished > 0).then(|| DroppedEndpoint { name: row.endpoint.name.clone(), unfinished })
}

fn update(txn: &mut Txn<'_>, id: EndpointId, new: ResolvedEndpoint, now: Timestamp) -> rusqlite::Result<EndpointId> {
    let Some(row) = txn.cache.endpoint(id) else { return Ok(id) };
    let old = &row.endpoint;
    let is_row = old.name == new.name && !new.moved && old.settings == new.settings;
    if is_row && old.configured && old.paused_by == new.paused_by {
        return Ok(id);
    }
    if !is_row {
        txn.connection
            .prepare_cached("UPDATE endpoint SET name = ?2, url = ?3, settings = ?4 WHERE id = ?1")?
            .execute(params![id.0, new.name, new.url.as_str(), settings(&new.settings)?])?;
        txn.cache.rename(id, &new.name);
    }
    if let Some(row) = txn.cache.change(id) {
        if new.moved {
            row.probe = None;
        }
        rules::configure(&mut row.endpoint, new, now);
    }
    Ok(id)
}

fn insert(txn: &mut Txn<'_>, new: ResolvedEndpoint, now: Timestamp) -> rusqlite::Result<EndpointId> {
    txn.connection
        .prepare_cached(
            "INSERT INTO endpoint (name, url, settings, configured, paused_by, awake_since) VALUES (?1, ?2, ?3, 1, ?4, ?5)",
        )?
        .execute(params![
            new.name,
            new.url.as_str(),
            settings(&new.settings)?,
            new.paused_by.map(db_codes::paused_by_code),
            now.as_millis()
        ])?;
    let id = EndpointId(txn.connection.last_insert_rowid());
    txn.cache.add(Endpoint {
        id,
        name: new.name,
        url: new.url,
        settings: new.settings,
        configured: true,
        paused_by: new.paused_by,
        circuit: CircuitState::default(),
        rate_used_until: UsedUntil::default(),
        resumed_at: now,
        last_success_at: None,
        last_failure_at: None,
    });
    Ok(id)
}

fn settings(settings: &EndpointSettings) -> rusqlite::Result<String> {
    serde_json::to_string(settings).map_err(|e| error::unreadable("settings", &e))
}

pub(crate) fn pause(txn: &mut Txn<'_>, name: &str, _now: Timestamp) -> Result<Endpoint> {
    change(txn, name, |endpoint| {
        endpoint.paused_by.get_or_insert(PausedBy::Operator);
        // An operator's pause outlives one of the configuration.
        if endpoint.paused_by == Some(PausedBy::Configuration) {
            endpoint.paused_by = Some(PausedBy::Operator);
        }
    })
}

pub(crate) fn resume(txn: &mut Txn<'_>, name: &str, now: Timestamp) -> Result<Endpoint> {
    change(txn, name, |endpoint| {
        if endpoint.paused_by.is_some() || endpoint.circuit.open.is_some() {
            endpoint.resumed_at = now;
        }
        endpoint.paused_by = None;
        endpoint.circuit = endpoint.circuit.closed();
    })
}

fn change(txn: &mut Txn<'_>, name: &str, how: impl FnOnce(&mut Endpoint)) -> Result<Endpoint> {
    let id = txn
        .cache
        .endpoints(txn.connection)?
        .iter()
        .find(|row| row.endpoint.name == name)
        .map(|row| row.endpoint.id)
        .ok_or_else(|| StoreError::NoEndpoint(name.to_owned()))?;
    let row = txn.cache.change(id).ok_or_else(|| StoreError::NoEndpoint(name.to_owned()))?;
    how(&mut row.endpoint);
    if row.endpoint.circuit.open.is_none() {
        row.probe = None;
    }
    Ok(row.endpoint.clone())
}
