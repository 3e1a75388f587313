//! Monitoring: the queue's state and health, a run on demand, liveness and readiness.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;

use super::answer::{Problem, Reply};
use super::call::Call;
use crate::report::queue::{self, RunView};
use crate::report::{Report, health as healthy};
use crate::store::RunStats;

/// How long a run on demand may start requests.
pub(super) const RUN_LIMIT: Duration = Duration::from_secs(25);

/// What a run on demand did.
#[derive(Clone, Copy, Debug)]
pub struct Processed {
    /// Attempts and what became of them.
    pub stats: RunStats,
    /// How long it took.
    pub took: Duration,
}

/// Runs the queue once.
pub trait Processing: Send + Sync {
    /// Sends what is due and ends when nothing is, or after `limit`. The error is for the log.
    fn run(&self, limit: Duration) -> Pin<Box<dyn Future<Output = Result<Processed, String>> + Send + '_>>;
}

pub(super) async fn status(call: Call) -> Reply {
    let now = call.now;
    let figures = call.blocking(move |app| app.store.figures(now).wait()).await?;
    Ok(call.answer(&queue::status(&figures, &call.app.settings().ages, now)))
}

/// An unhealthy queue is an answer, not an error: whether it is healthy stands in the data.
pub(super) async fn health(call: Call) -> Reply {
    let now = call.now;
    let (_, report) =
        call.blocking(move |app| healthy::examine(app.store.as_ref(), &app.settings().limits, now)).await?;
    Ok(call.answer(&report))
}

pub(super) async fn process(call: Call) -> Reply {
    let Ok(_place) = call.app.runs.try_acquire() else {
        return Err(Problem::unavailable("enough runs are under way"));
    };
    let done = call.app.processing.run(RUN_LIMIT).await.map_err(|error| {
        tracing::error!(error, "a run on demand failed");
        Problem::unavailable("the run could not be made to its end")
    })?;
    let now = call.app.now();
    let figures = call.app.store.figures(now).wait()?;
    Ok(call.answer(&queue::processed(&figures, RunView::new(done.stats, 0, done.took), now)))
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
}

pub(super) async fn live(call: Call) -> Reply {
    Ok(call.answer(&Report::new(&Alive { status: "ok" })))
}

/// Ready is who can read the database and is not about to stop.
pub(super) async fn ready(call: Call) -> Reply {
    let readable = call.blocking_among(|app| &app.probes, |app| app.store.endpoints().wait().map(drop)).await.is_ok();
    if !readable || call.app.stopping.load(Ordering::SeqCst) {
        return Err(Problem::unavailable("not ready"));
    }
    Ok(call.answer_with(StatusCode::OK, &Report::new(&Alive { status: "ready" })))
}
