//! What every request goes through, whatever its route.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use url::form_urlencoded;
use uuid::Uuid;

use super::answer::{self, Problem, REQUEST_ID, Reply};
use super::auth::Door;
use super::body::Read;
use super::connections::AtWork;
use super::routes::Route;
use super::{App, Peer, head, page};
use crate::clock::Timestamp;
use crate::report::Report;
use crate::store::StoreError;
use crate::untrusted::Untrusted;

/// The longest request id that is taken from a caller.
const LONGEST_ID: usize = 128;
/// The longest text in a parameter of the query, in characters.
const LONGEST_TEXT: usize = 256;
/// The longest body of a route that does not say otherwise: data and what is around it.
pub(super) const BODY_LIMIT: usize = crate::event::MAX_DATA_BYTES + 16 * 1024;

/// The members of a JSON object, each as it was written. Of one given twice the last counts.
pub(super) type Members = BTreeMap<String, Box<RawValue>>;

/// A request on its way through a route.
pub(super) struct Call {
    pub(super) app: Arc<App>,
    pub(super) parts: Parts,
    pub(super) now: Timestamp,
    pub(super) peer: IpAddr,
    id: String,
    resource: Option<String>,
    body: Option<Body>,
    from: Option<Peer>,
    work: Option<AtWork>,
}

/// Answers one request.
pub(super) async fn answer(
    app: Arc<App>,
    route: &'static Route,
    resource: Result<Option<String>, ()>,
    request: Request,
) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let id = request_id(&parts.headers);
    let now = app.now();
    let from = parts.extensions.get::<Peer>().cloned();
    let peer = from.as_ref().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |from| from.address);
    let line = format!("{} {}", parts.method, Untrusted(parts.uri.path()));
    let call = Call {
        app: Arc::clone(&app),
        parts,
        now,
        peer,
        id: id.clone(),
        resource: None,
        body: Some(body),
        from,
        work: None,
    };
    // In a task of its own, a route that panics takes no connection with it, and a caller that leaves interrupts nothing.
    let done = tokio::spawn(run(call, route, resource)).await.unwrap_or_else(|_| Err(Problem::internal()));
    let refused = if route.page { page::refused } else { Problem::respond };
    let mut response = done.unwrap_or_else(|problem| refused(problem, app.now()));
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        // Who guesses waits for each answer; a right secret never does.
        tokio::time::sleep(GUESS_DELAY).await;
    }
    answer::finish(&mut response, &id);
    app.metrics.answered(route.path, response.status().as_u16());
    let (status, took) = (response.status().as_u16(), began.elapsed());
    tracing::info!(status, ?took, %peer, id, "{line}");
    response
}

async fn run(mut call: Call, route: &'static Route, resource: Result<Option<String>, ()>) -> Reply {
    let settings = call.app.settings();
    head::check(&call.parts, route.who, settings.hosts.as_deref())?;
    let Parts { method, headers, .. } = &call.parts;
    let App { sessions, guesses, .. } = call.app.as_ref();
    let door = Door { secrets: &settings.secrets, sessions, guesses, secure: settings.behind_tls };
    door.check(route.who, (method, headers), (call.peer, call.now))?;
    if route.body.is_none() {
        call.begin_work();
    }
    call.resource = resource.map_err(|()| Problem::invalid("the path is not valid UTF-8"))?;
    (route.run)(call).await
}

/// How long an address that guessed too often waits for each further answer.
const GUESS_DELAY: std::time::Duration = std::time::Duration::from_millis(250);

/// The caller's own name for its request, if it is a harmless one, or a new name.
fn request_id(headers: &HeaderMap) -> String {
    let harmless = |id: &&str| {
        (1..=LONGEST_ID).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
    };
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(harmless);
    given.map_or_else(|| format!("req_{}", Uuid::new_v4().simple()), ToOwned::to_owned)
}

impl Call {
    /// The `{id}` of the path.
    pub(super) fn resource(&self) -> &str {
        self.resource.as_deref().unwrap_or_default()
    }

    /// A parameter of the query.
    fn query(&self, name: &str) -> Option<String> {
        let query = self.parts.uri.query().unwrap_or_default();
        let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// Text to look for, not longer than any name is. An empty one counts as none.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.query(name).filter(|text| !text.is_empty()) {
            Some(text) if text.chars().count() > LONGEST_TEXT => {
                Err(Problem::field(name, format!("must have at most {LONGEST_TEXT} characters")))
            }
            text => Ok(text),
        }
    }

    /// A parameter that must be there.
    pub(super) fn required(&self, name: &str) -> Result<String, Problem> {
        self.text(name)?.ok_or_else(|| Problem::field(name, "is missing"))
    }

    /// A whole number within a range, or the default.
    pub(super) fn number(
        &self,
        name: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, Problem> {
        let Some(text) = self.query(name) else { return Ok(default) };
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        number
            .ok_or_else(|| Problem::field(name, format!("must be a number from {} to {}", range.start(), range.end())))
    }

    /// One of a few words, or the default.
    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)], default: T) -> Result<T, Problem> {
        let Some(text) = self.query(name) else { return Ok(default) };
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            Problem::field(name, format!("must be one of {}", words.join(", ")))
        })
    }

    /// Which page of a list, by `page` and `limit`.
    pub(super) fn page(&self, oldest_first: bool) -> Result<crate::store::Page, Problem> {
        let limit = self.number("limit", 20, 1..=100)?;
        let number = self.number("page", 1, 1..=1_000_000)?;
        Ok(crate::store::Page { limit, number, oldest_first })
    }

    /// From here on the caller has sent what it had to, and its connection is not to be given to another.
    fn begin_work(&mut self) {
        self.work = self.from.as_ref().map(|from| from.guest.work());
    }

    /// The body, which can be read once, and the memory it holds.
    pub(super) async fn body(&mut self, limit: usize) -> Result<Read, Problem> {
        let body = self.body.take().unwrap_or_default();
        let read = self.app.budget.read(&self.parts.headers, body, limit).await?;
        self.begin_work();
        Ok(read)
    }

    /// The members of the object that the body is.
    pub(super) async fn members(&mut self) -> Result<Members, Problem> {
        let read = self.body(BODY_LIMIT).await?;
        let text = std::str::from_utf8(&read.bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
        crate::event::check_json(text).map_err(|e| Problem::field("body", format!("is not valid JSON: {e}")))?;
        serde_json::from_str(text).map_err(|_| Problem::field("body", "must be a JSON object"))
    }

    /// Runs something that waits for the disk where it keeps no other request waiting.
    pub(super) fn blocking<T: Send + 'static, W>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<T, Problem>> + Send + use<T, W>
    where
        W: FnOnce(&App) -> Result<T, StoreError> + Send + 'static,
    {
        self.blocking_among(|app| &app.heavy, work)
    }

    /// The same for what may not wait behind the work of others, nor keep them waiting: a place of its own.
    pub(super) fn blocking_among<T: Send + 'static, W>(
        &self,
        places: fn(&App) -> &Semaphore,
        work: W,
    ) -> impl Future<Output = Result<T, Problem>> + Send + use<T, W>
    where
        W: FnOnce(&App) -> Result<T, StoreError> + Send + 'static,
    {
        let app = Arc::clone(&self.app);
        async move {
            let _place = places(&app).acquire().await.map_err(|_| Problem::internal())?;
            let reader = Arc::clone(&app);
            let done = tokio::task::spawn_blocking(move || work(&reader)).await;
            Ok(done.map_err(|_| Problem::internal())??)
        }
    }

    /// `report` in the envelope.
    pub(super) fn answer(&self, report: &Report) -> Response {
        self.answer_with(StatusCode::OK, report)
    }

    /// `report` in the envelope, with another status.
    pub(super) fn answer_with(&self, status: StatusCode, report: &Report) -> Response {
        answer::report(status, report, &self.id, self.app.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_request_ids_are_kept_and_others_replaced() {
        let id = |value: &str| request_id(&[(REQUEST_ID, value.parse().expect("a value"))].into_iter().collect());
        assert_eq!(id("abc-1.2:3_x"), "abc-1.2:3_x");
        for bad in ["a b", "a\"b", "", &"x".repeat(200)] {
            assert!(id(bad).starts_with("req_"));
        }
    }
}
