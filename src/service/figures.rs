//! Reads the figures that health is judged by, for commands and routes.

use crate::clock::Timestamp;
use crate::monitor::forecast::{FORECAST_WINDOW, Flows, measured_since};
use crate::monitor::{
    self, ExpectedEvents, HEALTH_WINDOW, HealthDetails, HealthFigures, HealthLimits, STATS_WINDOW, SeenEvents,
};
use crate::store::{DeliveryFilter, DeliveryRow, EventFilter, FileStore, Page, QueueFigures, Result, Store};

/// The most recent failures that are shown with the health of the queue.
const RECENT: u64 = 10;

/// Reads the figures that health at `now` is judged by. The cost does not grow with the number of finished deliveries.
pub fn health_figures(store: &dyn Store, limits: &HealthLimits, now: Timestamp) -> Result<HealthFigures> {
    let since = now.minus(HEALTH_WINDOW);
    Ok(HealthFigures {
        figures: store.figures(now).wait()?,
        rates: store.rates(since).wait()?,
        received: store.received_figures(since).wait()?,
        storage: store.file().map(FileStore::storage).unwrap_or_default(),
        expected: seen_events(store, &limits.expect, now)?,
        failing_sinks: store.failing_sinks(now).wait()?,
    })
}

/// Reads when expected events were last seen. A queue younger than their threshold is not judged by them.
fn seen_events(store: &dyn Store, expect: &[ExpectedEvents], now: Timestamp) -> Result<Vec<SeenEvents>> {
    if expect.is_empty() {
        return Ok(Vec::new());
    }
    let oldest = store.events(&EventFilter::default(), Page { limit: 1, number: 1, oldest_first: true }).wait()?;
    let oldest = oldest.rows.first().map(|row| row.created_at);
    let is_judged = |expected: &&ExpectedEvents| oldest.is_some_and(|at| now.since(at) > expected.within);
    let seen = |expected: &ExpectedEvents| {
        let last = store.last_seen(&expected.types, now.minus(expected.within)).wait()?;
        Ok(SeenEvents { expected: expected.clone(), last })
    };
    expect.iter().filter(is_judged).map(seen).collect()
}

/// Reads the same with the failures of the last day and the latest deliveries with failed attempts.
pub fn health_details(store: &dyn Store, limits: &HealthLimits, now: Timestamp) -> Result<HealthDetails> {
    let figures = health_figures(store, limits, now)?;
    let since = now.minus(STATS_WINDOW);
    let stats = monitor::failure_stats(&figures.figures, &store.rates(since).wait()?, since);
    Ok(HealthDetails { figures, stats, recent: recent_failures(store, RECENT)? })
}

/// The latest deliveries with a failed attempt that are waiting or failed, newest first.
pub fn recent_failures(store: &dyn Store, limit: u64) -> Result<Vec<DeliveryRow>> {
    let troubled = DeliveryFilter { troubled: true, ..DeliveryFilter::default() };
    Ok(store.deliveries(&troubled, Page { limit, number: 1, oldest_first: false }).wait()?.rows)
}

/// Reads the rates at which deliveries are queued and delivered, by endpoint.
pub fn flows(store: &dyn Store, figures: &QueueFigures, now: Timestamp) -> Result<Flows> {
    let window = now.minus(FORECAST_WINDOW);
    let began = measured_since(&store.activity(window).wait()?, now);
    Ok(Flows::of(figures, &store.rates(began).wait()?, began, &store.arrivals(window).wait()?, now))
}
