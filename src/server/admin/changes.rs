//! The actions of operators as JSON.

use axum::extract::{FromRequest as _, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::actions::{ActionResult, Actor};
use super::lists::{endpoint_report, number};
use crate::report::plans::{self, Planned};
use crate::report::{Report, endpoint_test, stored_requests};
use crate::server::extract::{Path, Payload};
use crate::server::plan::{BulkAction, BulkPlan, BulkResult, Selection};
use crate::server::queries::DeliveriesQuery;
use crate::server::response::{Problem, ReportResponse};
use crate::store::DeliveryId;

/// The response of a route by which operators change something.
type Response = Result<ReportResponse, Problem>;

/// The size limit of a selection.
const SELECTION_LIMIT: usize = 1024 * 1024;

/// The body of a bulk replay or give-up: which deliveries, and what to do. Without `plan`, what would be done is
/// answered and nothing is changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct BulkChange {
    deliveries: Vec<i64>,
    filter: Option<Value>,
    include_delivered: bool,
    force: bool,
    plan: Option<String>,
}

impl BulkChange {
    fn selection(&self, actor: &Actor) -> Result<Selection, Problem> {
        match (&self.filter, self.deliveries.is_empty()) {
            (Some(_), false) => Err(Problem::field("filter", "cannot be combined with deliveries")),
            (None, true) => Err(Problem::field("deliveries", "is missing; give deliveries or a filter")),
            (None, false) => Ok(Selection::Named(self.deliveries.iter().copied().map(DeliveryId).collect())),
            (Some(filter), true) => read_filter(filter, actor),
        }
    }
}

/// The filter of a list, its members by the names of the query.
fn read_filter(filter: &Value, actor: &Actor) -> Result<Selection, Problem> {
    let members = filter.as_object().ok_or_else(|| Problem::field("filter", "must be an object"))?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let pairs = members.iter().map(|(name, value)| (name.as_str(), text(value)));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let query: DeliveriesQuery =
        serde_urlencoded::from_str(&query).map_err(|error| Problem::field("filter", error.to_string()))?;
    if !query.is_narrowed() {
        return Err(Problem::field("filter", "matches everything; give a state, an endpoint, a type or a time"));
    }
    Ok(Selection::Matching(Box::new(query.deliveries(actor.app.now())?), query.cluster()))
}

pub(in crate::server) async fn replay_many(actor: Actor, request: Request) -> Response {
    let change: BulkChange = body(request, &actor).await?;
    let verb = BulkAction::Replay { include_delivered: change.include_delivered, force: change.force };
    change_many(&actor, verb, &change).await
}

pub(in crate::server) async fn give_up_many(actor: Actor, request: Request) -> Response {
    let change: BulkChange = body(request, &actor).await?;
    if change.include_delivered || change.force {
        return Err(Problem::field("force", "belongs to a replay"));
    }
    change_many(&actor, BulkAction::GiveUp, &change).await
}

async fn change_many(actor: &Actor, verb: BulkAction, change: &BulkChange) -> Response {
    let selection = change.selection(actor)?;
    match &change.plan {
        None => Ok(ReportResponse::new(planned(&actor.plan(verb, selection).await?))),
        Some(digest) => Ok(ReportResponse::new(applied(&actor.apply(verb, selection, digest).await?))),
    }
}

fn planned(plan: &BulkPlan) -> Report {
    plans::planned(&Planned {
        digest: &plan.digest,
        changes: plan.ids.len(),
        first: &plan.first,
        endpoints: &plan.endpoints,
        left: &plan.left,
        overtaken: &plan.overtaken,
        cut: plan.cut,
    })
}

fn applied(done: &ActionResult<BulkResult>) -> Report {
    plans::applied(&done.value.changed, &done.value.left, done.action)
}

/// The body of a request that replays one delivery or event.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct ReplayOptions {
    include_delivered: bool,
    force: bool,
}

pub(in crate::server) async fn replay(Path(id): Path, actor: Actor, request: Request) -> Response {
    let how: ReplayOptions = body(request, &actor).await?;
    let verb = BulkAction::Replay { include_delivered: how.include_delivered, force: how.force };
    let id = DeliveryId(number(&id, "delivery")?);
    Ok(ReportResponse::new(applied(&actor.change_named(verb, vec![id]).await?)))
}

pub(in crate::server) async fn give_up(Path(id): Path, actor: Actor) -> Response {
    let id = DeliveryId(number(&id, "delivery")?);
    Ok(ReportResponse::new(applied(&actor.change_named(BulkAction::GiveUp, vec![id]).await?)))
}

pub(in crate::server) async fn replay_event(Path(id): Path, actor: Actor) -> Response {
    Ok(ReportResponse::new(applied(&actor.replay_event(&id).await?)))
}

pub(in crate::server) async fn pause(Path(name): Path, actor: Actor) -> Response {
    actor.pause(&name).await?;
    endpoint_report(&actor.app, &name).await.map(ReportResponse::new)
}

pub(in crate::server) async fn resume(Path(name): Path, actor: Actor) -> Response {
    actor.resume(&name).await?;
    endpoint_report(&actor.app, &name).await.map(ReportResponse::new)
}

pub(in crate::server) async fn test(Path(name): Path, actor: Actor) -> Response {
    let done = actor.test(&name).await?;
    let now = actor.app.now();
    let endpoints = actor.app.read(|store| store.endpoints().wait()).await?;
    let endpoint = endpoints.iter().find(|endpoint| endpoint.name == name);
    let endpoint = endpoint.ok_or_else(|| Problem::not_found("endpoint"))?;
    let (url, open) = (endpoint.url.as_str(), endpoint.circuit.open);
    Ok(ReportResponse::new(endpoint_test::tested(&name, url, &done.value, open, now)))
}

pub(in crate::server) async fn acknowledge(Path(name): Path, actor: Actor) -> Response {
    let done = actor.acknowledge(&name).await?;
    Ok(ReportResponse::new(crate::report::failure_clusters::acknowledged(&[done.value], false)))
}

/// The body of a request that replays a kept webhook.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct ReplayRequest {
    any_time: bool,
}

pub(in crate::server) async fn replay_request(Path(id): Path, actor: Actor, request: Request) -> Response {
    let how: ReplayRequest = body(request, &actor).await?;
    let id = number(&id, "kept request")?;
    let done = actor.replay_request(id, how.any_time).await?;
    Ok(ReportResponse::new(stored_requests::replayed(&[done.value])))
}

pub(in crate::server) async fn end_session(Path(id): Path, actor: Actor) -> Response {
    let id = number(&id, "session")?;
    actor.end_session(id).await?;
    Ok(ReportResponse::new(Report::new(&serde_json::json!({"id": id, "ended": true}))))
}

/// A JSON body of this form; an empty one says nothing.
async fn body<T: DeserializeOwned + Default>(request: Request, actor: &Actor) -> Result<T, Problem> {
    let payload = Payload::<SELECTION_LIMIT>::from_request(request, &actor.app).await?;
    if payload.bytes.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    let mut json = serde_json::Deserializer::from_slice(&payload.bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let name = if error.path().iter().next().is_none() { "body" } else { path.as_str() };
        Problem::field(name, error.inner().to_string())
    })
}
