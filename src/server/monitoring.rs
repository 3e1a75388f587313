//! Monitoring: the state of the queue, its health, a run on demand, liveness and readiness.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, VARY};
use serde::Serialize;

use super::admin::actions::{self, Actor};
use super::metrics;
use super::response::{Problem, ReportResponse};
use super::state::App;
use crate::monitor;
use crate::report;
use crate::report::process::RunView;
use crate::report::{Report, health as healthy};
use crate::service::figures;
use crate::store::Store;

pub(super) async fn status(State(app): State<Arc<App>>) -> Result<ReportResponse, Problem> {
    let now = app.now();
    let read = move |store: &dyn Store| {
        let figures = store.figures(now).wait()?;
        Ok((figures::flows(store, &figures, now)?, figures))
    };
    let (flows, figures) = app.read(read).await?;
    Ok(ReportResponse::new(report::status::status(&figures, &flows, &app.settings().ages, now)))
}

/// An unhealthy queue is an answer, not an error: the data say whether it is healthy.
pub(super) async fn health(State(app): State<Arc<App>>) -> Result<ReportResponse, Problem> {
    let (now, settings) = (app.now(), app.settings());
    let limits = settings.limits.clone();
    let details = app.read(move |store| figures::health_details(store, &limits, now)).await?;
    let judged = monitor::health(&details.figures, &settings.limits, now);
    Ok(ReportResponse::new(healthy::health(&judged, &details, now)))
}

/// A run on demand. One that an operator asks for is audited; a scheduler's is in the list of runs alone.
pub(super) async fn process(
    State(app): State<Arc<App>>,
    actor: Result<Actor, Problem>,
) -> Result<ReportResponse, Problem> {
    let done = match actor {
        Ok(actor) => actor.process().await?.value,
        Err(_) => actions::run(&app).await?,
    };
    let now = app.now();
    let figures = app.read(move |store| store.figures(now).wait()).await?;
    Ok(ReportResponse::new(report::process::processed(&figures, RunView::new(done.stats, 0, done.took), now)))
}

/// The JSON that `/healthz` and `/readyz` answer.
#[derive(Serialize)]
struct ProbeAnswer {
    status: &'static str,
}

pub(super) async fn live() -> ReportResponse {
    ReportResponse::new(Report::new(&ProbeAnswer { status: "ok" }))
}

/// Ready means that the database can be read and written and the server is not stopping.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<ReportResponse, Problem> {
    if !app.is_ready().await || app.stopping.load(Ordering::SeqCst) {
        return Err(Problem::unavailable("not ready"));
    }
    Ok(ReportResponse::new(Report::new(&ProbeAnswer { status: "ready" })))
}

/// The figures for Prometheus, in the format that the scraper asks for.
pub(super) async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    let (now, metrics, settings) = (app.now(), Arc::clone(&app.metrics), app.settings());
    let text = app.read(move |store| metrics.text(store, &settings.limits, now)).await?;
    let accept: Vec<_> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let (content_type, text) = metrics::negotiate(&accept.join(","), text);
    Ok(([(CONTENT_TYPE, content_type), (VARY, "accept")], text).into_response())
}
