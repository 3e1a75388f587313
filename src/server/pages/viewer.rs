//! Who looks at a page, and what its address says.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use maud::Markup;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::frame::{self, Frame, Section};
use crate::clock::Timestamp;
use crate::monitor::{self, Health};

use crate::server::extract;
use crate::server::operator::Operator;
use crate::server::response::Problem;
use crate::server::state::App;
use crate::service::figures::health_figures;
use crate::store::operators::ActionRow;
use crate::store::{QueueFigures, Result as Stored, Store};

/// Seconds after which a page loads itself again where no script does it.
const REFRESH_SECONDS: u64 = 15;

/// The operator who looks at a page, and what pages read on their behalf.
pub(in crate::server) struct Viewer {
    pub(super) app: Arc<App>,
    pub(super) operator: Operator,
    /// The path of the page.
    pub(super) path: String,
    /// The parameters of the address, without empty ones and without those of every page.
    pub(super) pairs: FormFields,
    /// The action that led here, by its row in the audit log.
    action: Option<i64>,
    /// After how many seconds the page loads itself again; none is never.
    refresh: Option<u64>,
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let operator = Operator::from_request_parts(parts, app).await?;
        let mut pairs = FormFields::of(parts.uri.query().unwrap_or_default());
        let action = pairs.take("action").map(|id| number("action", &id)).transpose()?;
        let refresh = match pairs.take("refresh") {
            None => REFRESH_SECONDS,
            Some(seconds) => {
                let seconds = number("refresh", &seconds)?;
                u64::try_from(seconds)
                    .ok()
                    .filter(|seconds| *seconds <= 3_600)
                    .ok_or_else(|| Problem::field("refresh", "must be a number from 0 to 3600"))?
            }
        };
        let refresh = Some(refresh).filter(|seconds| *seconds > 0);
        Ok(Self { app: Arc::clone(app), operator, path: parts.uri.path().to_owned(), pairs, action, refresh })
    }
}

fn number(name: &str, text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::field(name, "must be a number"))
}

/// The queue's figures and health, which every page shows.
pub(super) struct QueueSummary {
    pub(super) figures: QueueFigures,
    pub(super) health: Health,
    action: Option<ActionRow>,
}

impl Viewer {
    pub(super) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// The action that led here, by its row in the audit log.
    pub(super) fn action(&self) -> Option<i64> {
        self.action
    }

    /// The parameters as a query of that form.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        extract::from_query(&self.pairs.encoded())
    }

    /// Reads what a page shows, and how the queue is at the same time.
    pub(super) async fn read<T, F>(&self, read: F) -> Result<(T, QueueSummary), Problem>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Store) -> Stored<T> + Send + 'static,
    {
        let (now, settings, action) = (self.now(), self.app.settings(), self.action);
        self.app
            .read(move |store| {
                let read_health = health_figures(store, &settings.limits, now)?;
                let health = monitor::health(&read_health, &settings.limits, now);
                let action = action.map_or(Ok(None), |id| store.action(id).wait())?;
                Ok((read(store)?, QueueSummary { figures: read_health.figures, health, action }))
            })
            .await
    }

    /// The page with `body` in it.
    pub(super) fn page(&self, section: Section, title: &str, overall: &QueueSummary, body: &Markup) -> Response {
        frame::page(&Frame {
            section,
            title,
            health: &overall.health,
            operator: &self.operator,
            action: overall.action.as_ref(),
            refresh: self.refresh,
            now: self.now(),
            body,
        })
    }
}

/// The query of a page that takes no parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParameters {}

/// The names and values of a form or a query, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// Those of a query. Empty ones are what a form sends for a field that was left empty, so they are left out.
    pub(super) fn of(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The first value of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Takes the values of that name out, and returns the first.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let found = self.get(name).map(ToOwned::to_owned);
        self.0.retain(|(known, _)| known != name);
        found
    }

    /// The same with one value of that name, or without any.
    pub(super) fn with(&self, name: &str, value: Option<String>) -> Self {
        let mut pairs = self.clone();
        pairs.take(name);
        pairs.0.extend(value.map(|value| (name.to_owned(), value)));
        pairs
    }

    /// The pairs in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The pairs as a query.
    pub(super) fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.iter()).finish()
    }

    /// The address of `path` with these parameters.
    pub(super) fn address(&self, path: &str) -> String {
        let query = self.encoded();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}
