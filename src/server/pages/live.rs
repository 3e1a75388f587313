//! The stream that notifies open pages when something changed. They read what changed themselves, so that a page that
//! is open for a day holds nothing but a connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::HeaderMap;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::server::change_counter::ChangeVersion;
use crate::server::response::Problem;
use crate::server::state::App;

/// How long a stream lasts; the page then asks for another one, from where it was.
const LIFETIME: Duration = Duration::from_mins(10);
/// How often a stream shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A page's open stream of changes, and the last change the page was notified of.
struct OpenStream {
    versions: tokio::sync::watch::Receiver<u64>,
    told: Option<u64>,
    until: Instant,
    started: i64,
    _permit: OwnedSemaphorePermit,
}

/// `GET /changes`: an event named `changed` whenever something was written, two seconds after the first in a quiet time, and at most one every five.
pub(in crate::server) async fn changes(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    let permit = Arc::clone(&app.live).try_acquire_owned();
    let permit = permit.map_err(|_| Problem::unavailable("too many pages are open"))?;
    let (started, versions) = app.changes.subscribe().ok_or_else(|| Problem::unavailable("the server stops"))?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(ChangeVersion::parse);
    // A client without an id has just read its page.
    let told = match last {
        None => Some(*versions.borrow()),
        Some(version) => (version.started == started).then_some(version.number),
    };
    let open = OpenStream { versions, told, until: Instant::now() + LIFETIME, started, _permit: permit };
    let events = stream::unfold(open, next);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
}

/// The next change; none once the stream has lasted long enough or the server stops.
async fn next(mut open: OpenStream) -> Option<(Result<Event, Infallible>, OpenStream)> {
    let told = open.told;
    let changed = open.versions.wait_for(|version| told != Some(*version));
    let number = *tokio::time::timeout_at(open.until, changed).await.ok()?.ok()?;
    open.told = Some(number);
    let id = ChangeVersion { started: open.started, number }.to_string();
    // A browser drops an event without data.
    Some((Ok(Event::default().id(id).event("changed").data("1")), open))
}
