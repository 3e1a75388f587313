//! Which endpoints there are, and pausing them.

use rusqlite::params;

use super::mirror::EndpointRow;
use super::writer::Txn;
use super::{Configured, Dropped, Result, StoreError, row};
use crate::clock::Timestamp;
use crate::delivery::CircuitState;
use crate::endpoint::{Endpoint, EndpointId, PausedBy, Spec};

pub(super) fn set(txn: &mut Txn<'_>, specs: &[Spec], now: Timestamp) -> Result<Configured> {
    let dropped = match specs {
        [] => Vec::new(),
        specs => name_all(txn, specs, now).map_err(|e| txn.mirror.fault(&e))?,
    };
    let endpoints = txn.mirror.snapshot(txn.connection).map_err(|e| txn.mirror.fault(&e))?;
    Ok(Configured { endpoints, dropped })
}

fn name_all(txn: &mut Txn<'_>, specs: &[Spec], now: Timestamp) -> rusqlite::Result<Vec<Dropped>> {
    let mut found = Vec::with_capacity(specs.len());
    for spec in specs {
        found.push(find(txn, spec)?);
    }
    let mut named = Vec::with_capacity(specs.len());
    for (at, spec) in specs.iter().enumerate() {
        if found[at].is_none() {
            found[at] = adopt(txn, spec, &found)?;
        }
        named.push(match found[at] {
            Some(id) => update(txn, id, spec, now)?,
            None => insert(txn, spec, now)?,
        });
    }
    let others: Vec<EndpointId> = txn
        .mirror
        .endpoints(txn.connection)?
        .iter()
        .filter(|row| row.endpoint.configured && !named.contains(&row.endpoint.id))
        .map(|row| row.endpoint.id)
        .collect();
    Ok(others.into_iter().filter_map(|id| drop_out(txn, id)).collect())
}

/// Takes an endpoint out of the set, and tells it if something waits for it.
fn drop_out(txn: &mut Txn<'_>, id: EndpointId) -> Option<Dropped> {
    let row = txn.mirror.change(id)?;
    row.endpoint.configured = false;
    let unfinished = row.counts.pending + row.counts.processing;
    (unfinished > 0).then(|| Dropped { name: row.endpoint.name.clone(), unfinished })
}

fn find(txn: &mut Txn<'_>, spec: &Spec) -> rusqlite::Result<Option<EndpointId>> {
    Ok(find_among(txn.mirror.endpoints(txn.connection)?, spec))
}

/// A named spec is found by its name, one of the environment by its URL, a configured endpoint before a former one.
pub(super) fn find_among(rows: &[EndpointRow], spec: &Spec) -> Option<EndpointId> {
    let found = match &spec.name {
        Some(name) => rows.iter().find(|row| row.endpoint.name == *name),
        None => rows
            .iter()
            .filter(|row| row.endpoint.url == spec.url)
            .min_by_key(|row| (!row.endpoint.configured, row.endpoint.id)),
    };
    found.map(|row| row.endpoint.id)
}

/// Gives a new name to the one endpoint of that URL which no other spec means: it is the same place, so what waits for it, and
/// its order, go on.
fn adopt(txn: &mut Txn<'_>, spec: &Spec, found: &[Option<EndpointId>]) -> rusqlite::Result<Option<EndpointId>> {
    let Some(name) = &spec.name else { return Ok(None) };
    let rows = txn.mirror.endpoints(txn.connection)?;
    let free: Vec<_> =
        rows.iter().filter(|row| row.endpoint.url == spec.url && !found.contains(&Some(row.endpoint.id))).collect();
    let configured: Vec<_> = free.iter().copied().filter(|row| row.endpoint.configured).collect();
    let id = match (&free[..], &configured[..]) {
        ([one], _) | (_, [one]) => one.endpoint.id,
        _ => return Ok(None),
    };
    txn.connection.prepare_cached("UPDATE endpoint SET name = ?2 WHERE id = ?1")?.execute(params![id.0, name])?;
    txn.mirror.rename(id, name);
    Ok(Some(id))
}

fn update(txn: &mut Txn<'_>, id: EndpointId, spec: &Spec, now: Timestamp) -> rusqlite::Result<EndpointId> {
    let Some(row) = txn.mirror.endpoint(id) else { return Ok(id) };
    let old = &row.endpoint;
    let paused_by = match old.paused_by {
        None | Some(PausedBy::Configuration) => spec.paused.then_some(PausedBy::Configuration),
        by => by,
    };
    let same = old.configured && old.paused_by == paused_by && old.url == spec.url && old.settings == spec.settings;
    if same {
        return Ok(id);
    }
    if old.url != spec.url || old.settings != spec.settings {
        txn.connection
            .prepare_cached("UPDATE endpoint SET url = ?2, settings = ?3 WHERE id = ?1")?
            .execute(params![id.0, spec.url.as_str(), settings(spec)?])?;
    }
    if let Some(row) = txn.mirror.change(id) {
        let held = row.endpoint.is_paused_or_unconfigured();
        if row.endpoint.url != spec.url {
            // What was learned about the old address says nothing about the new one.
            row.endpoint.circuit = CircuitState::default();
        }
        row.endpoint.configured = true;
        row.endpoint.paused_by = paused_by;
        row.endpoint.url = spec.url.clone();
        row.endpoint.settings = spec.settings.clone();
        if held && !row.endpoint.is_paused_or_unconfigured() {
            row.endpoint.awake_since = now;
        }
    }
    Ok(id)
}

fn insert(txn: &mut Txn<'_>, spec: &Spec, now: Timestamp) -> rusqlite::Result<EndpointId> {
    let name = match &spec.name {
        Some(name) => name.clone(),
        None => free_name(txn, &spec.url.default_name())?,
    };
    let paused_by = spec.paused.then_some(PausedBy::Configuration);
    txn.connection
        .prepare_cached(
            "INSERT INTO endpoint (name, url, settings, configured, paused_by, awake_since) VALUES (?1, ?2, ?3, 1, ?4, ?5)",
        )?
        .execute(params![name, spec.url.as_str(), settings(spec)?, paused_by.map(row::paused_by_code), now.as_millis()])?;
    let id = EndpointId(txn.connection.last_insert_rowid());
    txn.mirror.add(Endpoint {
        id,
        name,
        url: spec.url.clone(),
        settings: spec.settings.clone(),
        configured: true,
        paused_by,
        circuit: CircuitState::default(),
        awake_since: now,
        last_success_at: None,
        last_failure_at: None,
    });
    Ok(id)
}

fn settings(spec: &Spec) -> rusqlite::Result<String> {
    serde_json::to_string(&spec.settings).map_err(|e| row::unreadable("settings", &e))
}

/// `host`, or `host-2`, `host-3` when that is another endpoint's.
fn free_name(txn: &mut Txn<'_>, wanted: &str) -> rusqlite::Result<String> {
    let rows = txn.mirror.endpoints(txn.connection)?;
    let taken = |name: &str| rows.iter().any(|row| row.endpoint.name == name);
    let numbered = (2..).map(|n| format!("{wanted}-{n}"));
    let mut candidates = std::iter::once(wanted.to_owned()).chain(numbered);
    Ok(candidates.find(|name| !taken(name)).expect("one of endlessly many names is free"))
}

pub(super) fn pause(txn: &mut Txn<'_>, name: &str, _now: Timestamp) -> Result<Endpoint> {
    change(txn, name, |endpoint| {
        endpoint.paused_by.get_or_insert(PausedBy::Operator);
        // An operator's pause outlives one of the configuration.
        if endpoint.paused_by == Some(PausedBy::Configuration) {
            endpoint.paused_by = Some(PausedBy::Operator);
        }
    })
}

pub(super) fn resume(txn: &mut Txn<'_>, name: &str, now: Timestamp) -> Result<Endpoint> {
    change(txn, name, |endpoint| {
        if endpoint.paused_by.is_some() || endpoint.circuit.open.is_some() {
            endpoint.awake_since = now;
        }
        endpoint.paused_by = None;
        endpoint.circuit = CircuitState::default();
    })
}

fn change(txn: &mut Txn<'_>, name: &str, how: impl FnOnce(&mut Endpoint)) -> Result<Endpoint> {
    let rows = match txn.mirror.endpoints(txn.connection) {
        Ok(rows) => rows,
        Err(error) => return Err(txn.mirror.fault(&error)),
    };
    let id = rows
        .iter()
        .find(|row| row.endpoint.name == name)
        .map(|row| row.endpoint.id)
        .ok_or_else(|| StoreError::NoEndpoint(name.to_owned()))?;
    let row = txn.mirror.change(id).ok_or_else(|| StoreError::NoEndpoint(name.to_owned()))?;
    how(&mut row.endpoint);
    if row.endpoint.circuit.open.is_none() {
        row.probe = None;
    }
    Ok(row.endpoint.clone())
}
