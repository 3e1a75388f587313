//! Reads what the health of the queue is judged by, for the commands and routes that show it.

use crate::clock::Timestamp;
use crate::monitor::forecast::{FORECAST_WINDOW, Flows, measured_since};
use crate::monitor::{self, HEALTH_WINDOW, HealthDetails, HealthFigures, STATS_WINDOW};
use crate::store::{DeliveryFilter, DeliveryRow, Figures, FileStore, Page, Result, Store};

/// Failures that are shown beside the health of the queue.
const RECENT: u64 = 10;

/// Reads the figures that say whether the queue is healthy at `now`. What it costs does not grow with what is finished.
pub fn health_figures(store: &dyn Store, now: Timestamp) -> Result<HealthFigures> {
    let since = now.minus(HEALTH_WINDOW);
    Ok(HealthFigures {
        figures: store.figures(now).wait()?,
        rates: store.rates(since).wait()?,
        received: store.received_figures(since).wait()?,
        storage: store.file().map(FileStore::storage).unwrap_or_default(),
    })
}

/// Reads the same with the failures of the last day and the latest deliveries in trouble.
pub fn health_details(store: &dyn Store, now: Timestamp) -> Result<HealthDetails> {
    let figures = health_figures(store, now)?;
    let since = now.minus(STATS_WINDOW);
    let stats = monitor::failure_stats(&figures.figures, &store.rates(since).wait()?, since);
    Ok(HealthDetails { figures, stats, recent: recent_failures(store, RECENT)? })
}

/// The latest deliveries with a failed attempt that wait or were given up, newest first.
pub fn recent_failures(store: &dyn Store, limit: u64) -> Result<Vec<DeliveryRow>> {
    let troubled = DeliveryFilter { troubled: true, ..DeliveryFilter::default() };
    Ok(store.deliveries(&troubled, Page { limit, number: 1, oldest_first: false }).wait()?.rows)
}

/// Reads how fast deliveries come and go, endpoint by endpoint.
pub fn flows(store: &dyn Store, figures: &Figures, now: Timestamp) -> Result<Flows> {
    let window = now.minus(FORECAST_WINDOW);
    let began = measured_since(&store.activity(window).wait()?, now);
    Ok(Flows::of(figures, &store.rates(began).wait()?, began, &store.arrivals(window).wait()?, now))
}
