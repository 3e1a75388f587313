//! Monitoring: the state of the queue, its health, a run on demand, liveness and readiness.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use serde::Serialize;

use super::answer::{Answer, Problem};
use super::metrics;
use super::state::App;
use crate::report::queue::{self, RunView};
use crate::report::{Report, health as healthy};

/// How long a run on demand may start requests.
const RUN_LIMIT: Duration = Duration::from_secs(25);

pub(super) async fn status(State(app): State<Arc<App>>) -> Result<Answer, Problem> {
    let now = app.now();
    let figures = app.read(move |store| store.figures(now).wait()).await?;
    Ok(Answer::new(queue::status(&figures, &app.settings().ages, now)))
}

/// An unhealthy queue is an answer, not an error: the data say whether it is healthy.
pub(super) async fn health(State(app): State<Arc<App>>) -> Result<Answer, Problem> {
    let (now, settings) = (app.now(), app.settings());
    let (_, report) = app.read(move |store| healthy::examine(store, &settings.limits, now)).await?;
    Ok(Answer::new(report))
}

pub(super) async fn process(State(app): State<Arc<App>>) -> Result<Answer, Problem> {
    let Ok(_permit) = app.runs.try_acquire() else {
        return Err(Problem::unavailable("too many runs at once"));
    };
    let done = app.processing.run(RUN_LIMIT).await.map_err(|error| {
        tracing::error!(error, "a run on demand failed");
        Problem::unavailable("the run failed")
    })?;
    let now = app.now();
    let figures = app.read(move |store| store.figures(now).wait()).await?;
    Ok(Answer::new(queue::processed(&figures, RunView::new(done.stats, 0, done.took), now)))
}

#[derive(Serialize)]
struct Probe {
    status: &'static str,
}

pub(super) async fn live() -> Answer {
    Answer::new(Report::new(&Probe { status: "ok" }))
}

/// Ready means that the database can be read and the server is not stopping.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Answer, Problem> {
    if !app.is_readable().await || app.stopping.load(Ordering::SeqCst) {
        return Err(Problem::unavailable("not ready"));
    }
    Ok(Answer::new(Report::new(&Probe { status: "ready" })))
}

/// The figures for Prometheus.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let (now, metrics) = (app.now(), Arc::clone(&app.metrics));
    let text = app.read(move |store| metrics.text(store, now)).await?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
