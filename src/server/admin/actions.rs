//! What operators do. Each thing is noted in the audit log before it is done, with who does it, and what came of it after.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::lists::{MAX_CLUSTERED, find_event};
use crate::delivery::{State, Trigger};
use crate::format::count;
use crate::inbound;
use crate::monitor::failure_clusters::{ClusterPrefix, FailureCluster};
use crate::outbound::test_event::TestResult;
use crate::report::stored_requests::Replayed;
use crate::server::RunResult;
use crate::server::connections::Peer;
use crate::server::operator::Operator;
use crate::server::plan::{BulkAction, BulkPlan, BulkResult, Selection};
use crate::server::response::Problem;
use crate::server::state::{App, STORE_WRITE_TIMEOUT};
use crate::server::webhooks::run_command;
use crate::service::failure_clusters;
use crate::signature::Tolerance;
use crate::store::inbound::REPLAY_LOCK;
use crate::store::operators::{NewAction, Role};
use crate::store::{Acknowledgement, DeliveryFilter, DeliveryId, SkipReason, Store};

/// How long a run on demand may start requests.
const RUN_LIMIT: Duration = Duration::from_secs(25);
/// A century: no clock is wrong by more.
const ANY_TIME: Duration = Duration::from_hours(24 * 365 * 100);

/// The operator who performs an action, and the address it comes from: both go to the audit log.
pub(in crate::server) struct Actor {
    pub(in crate::server) app: Arc<App>,
    pub(in crate::server) operator: Operator,
    source: String,
}

impl FromRequestParts<Arc<App>> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let operator = Operator::from_request_parts(parts, app).await?;
        let peer = parts.extensions.get::<Peer>().ok_or_else(Problem::internal)?;
        let source = peer.address.to_canonical().to_string();
        Ok(Self { app: Arc::clone(app), operator, source })
    }
}

/// What an operator's action did, for its audit row and for the answer.
#[derive(Debug)]
pub(in crate::server) struct ActionResult<T> {
    /// Its row in the audit log.
    pub(in crate::server) action: i64,
    /// What came of it.
    pub(in crate::server) value: T,
}

impl Actor {
    /// Notes the action, does it, and notes what came of it. What cannot be noted is not done.
    async fn audited<T>(
        &self,
        action: &'static str,
        target: String,
        work: impl Future<Output = Result<(T, String), Problem>>,
    ) -> Result<ActionResult<T>, Problem> {
        let new = NewAction { operator: self.operator.name.clone(), source: self.source.clone(), action, target };
        let store = &self.app.store;
        let id = store.record_action(new, self.app.now()).within(STORE_WRITE_TIMEOUT).await?;
        let done = work.await;
        let outcome = match &done {
            Ok((_, outcome)) => outcome.clone(),
            Err(problem) => format!("failed: {}", problem.message()),
        };
        if let Err(error) = store.settle_action(id, outcome).within(STORE_WRITE_TIMEOUT).await {
            tracing::error!(%error, action, "failed to note what came of an action");
        }
        done.map(|(value, _)| ActionResult { action: id, value })
    }

    /// What `verb` would do with `selection`.
    pub(in crate::server) async fn plan(&self, verb: BulkAction, selection: Selection) -> Result<BulkPlan, Problem> {
        self.app.read(move |store| BulkPlan::make(store, verb, &selection)).await
    }

    /// Does it, if the plan is still the one with this digest.
    pub(in crate::server) async fn apply(
        &self,
        verb: BulkAction,
        selection: Selection,
        digest: &str,
    ) -> Result<ActionResult<BulkResult>, Problem> {
        self.operator.require(Role::Operate)?;
        let plan = self.plan(verb, selection).await?;
        plan.require(digest)?;
        self.change(verb, plan, Trigger::Bulk).await
    }

    /// Does it with the deliveries of these numbers. Where none can be changed, says why.
    pub(in crate::server) async fn change_named(
        &self,
        verb: BulkAction,
        ids: Vec<DeliveryId>,
    ) -> Result<ActionResult<BulkResult>, Problem> {
        self.operator.require(Role::Operate)?;
        let plan = self.plan(verb, Selection::Named(ids)).await?;
        match (plan.ids.is_empty(), plan.left.first()) {
            (true, Some((_, SkipReason::Unknown)) | None) => Err(Problem::not_found("delivery")),
            (true, Some((id, why))) => {
                let why = crate::report::plans::skip_reason(*why);
                Err(Problem::conflict(&format!("nothing was changed: delivery {} {why}", id.0)))
            }
            (false, _) => self.change(verb, plan, Trigger::Manual).await,
        }
    }

    async fn change(
        &self,
        verb: BulkAction,
        plan: BulkPlan,
        trigger: Trigger,
    ) -> Result<ActionResult<BulkResult>, Problem> {
        let target = match plan.ids.as_slice() {
            [] => "no delivery".to_owned(),
            [one] => format!("delivery {}", one.0),
            [first, .., last] => format!("{} of {} to {}", count(plan.ids.len(), "delivery"), first.0, last.0),
        };
        let now = self.app.now();
        let work = async {
            let applied = self.app.read(move |store| {
                let applied = verb.apply(store, &plan, trigger, now)?;
                Ok(BulkResult { left: [plan.left, applied.left].concat(), ..applied })
            });
            let applied = applied.await?;
            let outcome = format!("{} {}", count(applied.changed.len(), "delivery"), verb.done());
            Ok((applied, outcome))
        };
        self.audited(verb.action(), target, work).await
    }

    /// Delivers an event again: to those that failed, to all it was delivered to if there is none, and to the endpoints
    /// that subscribe to it now if it has no delivery at all.
    pub(in crate::server) async fn replay_event(&self, id: &str) -> Result<ActionResult<BulkResult>, Problem> {
        self.operator.require(Role::Operate)?;
        let name = id.to_owned();
        let found = self.app.read(move |store| find_event(store, &name)).await?;
        let detail = found.ok_or_else(|| Problem::not_found("event"))?;
        if detail.deliveries.is_empty() {
            return self.create_deliveries(detail.row.id).await;
        }
        let failed = detail.deliveries.iter().any(|row| row.state == State::Failed);
        let verb = BulkAction::Replay { include_delivered: !failed, force: false };
        self.change_named(verb, detail.deliveries.iter().map(|row| row.id).collect()).await
    }

    async fn create_deliveries(&self, id: crate::event::EventId) -> Result<ActionResult<BulkResult>, Problem> {
        let (now, target) = (self.app.now(), format!("event {id}"));
        let work = async {
            let made = self.app.store.create_missing_deliveries(vec![id], Trigger::Manual, None, now);
            let changed = made.within(STORE_WRITE_TIMEOUT).await?;
            if changed.is_empty() {
                return Err(Problem::conflict("no endpoint subscribes to the event"));
            }
            let outcome = format!("{} made", count(changed.len(), "delivery"));
            Ok((BulkResult { changed, left: Vec::new() }, outcome))
        };
        self.audited("event.replay", target, work).await
    }

    /// Holds the deliveries of an endpoint back.
    pub(in crate::server) async fn pause(&self, name: &str) -> Result<ActionResult<()>, Problem> {
        self.operator.require(Role::Operate)?;
        self.endpoint(name).await?;
        let work = async {
            self.app.store.pause(name, self.app.now()).within(STORE_WRITE_TIMEOUT).await?;
            Ok(((), "paused".to_owned()))
        };
        self.audited("endpoint.pause", name.to_owned(), work).await
    }

    /// Ends a pause of an endpoint, and closes its circuit.
    pub(in crate::server) async fn resume(&self, name: &str) -> Result<ActionResult<()>, Problem> {
        self.operator.require(Role::Operate)?;
        self.endpoint(name).await?;
        let work = async {
            self.app.store.resume(name, self.app.now()).within(STORE_WRITE_TIMEOUT).await?;
            Ok(((), "resumed".to_owned()))
        };
        self.audited("endpoint.resume", name.to_owned(), work).await
    }

    /// Acknowledges a cluster of failures. A failure after now counts as new again.
    pub(in crate::server) async fn acknowledge(&self, name: &str) -> Result<ActionResult<FailureCluster>, Problem> {
        self.operator.require(Role::Operate)?;
        let prefix = ClusterPrefix::parse(name).ok_or_else(|| Problem::not_found("cluster of failures"))?;
        let find = |store: &dyn Store| failure_clusters::find(store, &DeliveryFilter::default(), MAX_CLUSTERED);
        let found = self.app.read(find).await?;
        let mut meant = found.clusters.into_iter().filter(|cluster| prefix.matches(cluster.name));
        let cluster = meant.next().ok_or_else(|| Problem::not_found("cluster of failures"))?;
        if meant.next().is_some() {
            return Err(Problem::conflict("the prefix matches several clusters: give the whole name"));
        }
        let at = self.app.now().max(cluster.last_at);
        let noted = Acknowledgement { cluster: cluster.name.to_string(), at, note: None };
        let outcome = format!("{} acknowledged", count(usize::try_from(cluster.deliveries()).unwrap_or(0), "delivery"));
        let target = format!("cluster {}", cluster.name);
        let work = async {
            self.app.store.acknowledge(noted).within(STORE_WRITE_TIMEOUT).await?;
            Ok((cluster, outcome))
        };
        self.audited("failures.acknowledge", target, work).await
    }

    /// Sends one signed test event to an endpoint.
    pub(in crate::server) async fn test(&self, name: &str) -> Result<ActionResult<TestResult>, Problem> {
        self.operator.require(Role::Operate)?;
        let endpoint = self.endpoint(name).await?;
        let work = async {
            let tested = self.app.runner.test(&endpoint).await.map_err(|error| Problem::conflict(&error))?;
            let outcome = tested.result.detail.clone();
            Ok((tested, outcome))
        };
        self.audited("endpoint.test", name.to_owned(), work).await
    }

    /// The endpoint of that name.
    async fn endpoint(&self, name: &str) -> Result<crate::endpoint::Endpoint, Problem> {
        let endpoints = self.app.read(|store| store.endpoints().wait()).await?;
        endpoints.into_iter().find(|endpoint| endpoint.name == name).ok_or_else(|| Problem::not_found("endpoint"))
    }

    /// Runs the queue once.
    pub(in crate::server) async fn process(&self) -> Result<ActionResult<RunResult>, Problem> {
        self.operator.require(Role::Operate)?;
        let work = async {
            let done = run(&self.app).await?;
            let outcome = format!("{} delivered, {} failed", done.stats.delivered, done.stats.failed);
            Ok((done, outcome))
        };
        self.audited("queue.process", "what is due".to_owned(), work).await
    }

    /// Verifies a refused webhook again, as of the time it arrived or of any, and applies it if it is right now.
    pub(in crate::server) async fn replay_request(
        &self,
        id: i64,
        any_time: bool,
    ) -> Result<ActionResult<Replayed>, Problem> {
        self.operator.require(Role::Operate)?;
        let found = self.app.read(move |store| store.kept_request(id).wait()).await?;
        let (row, copy) = found.ok_or_else(|| Problem::not_found("kept request"))?;
        let (now, store) = (self.app.now(), &self.app.store);
        let work = async {
            let lock = store.try_exclusive(REPLAY_LOCK).within(STORE_WRITE_TIMEOUT).await?;
            let _lock = lock.ok_or_else(|| Problem::conflict("another replay of requests is under way"))?;
            let tolerance = any_time.then(|| Tolerance::both(ANY_TIME));
            let (result, reason) = match inbound::read_kept(&self.app.settings().sources, tolerance, &row, &copy) {
                Ok(incoming) => {
                    run_command(&self.app, &incoming).await?;
                    (store.apply(incoming, now).within(STORE_WRITE_TIMEOUT).await?.name().to_owned(), None)
                }
                Err(refusal) => {
                    store.settle_request(id, "refused".to_owned(), now).within(STORE_WRITE_TIMEOUT).await?;
                    ("refused".to_owned(), Some(refusal.reason().to_owned()))
                }
            };
            let outcome = reason.as_ref().map_or(result.clone(), |reason| format!("{result}: {reason}"));
            Ok((Replayed { id, result, reason }, outcome))
        };
        self.audited("request.replay", format!("request {id}"), work).await
    }

    /// Ends a session: one's own, or as an admin anybody's.
    pub(in crate::server) async fn end_session(&self, id: i64) -> Result<ActionResult<()>, Problem> {
        let is_own = self.operator.session.as_ref().is_some_and(|session| session.id == id);
        if !is_own {
            self.operator.require(Role::Admin)?;
        }
        let now = self.app.now();
        let open = self.app.read(move |store| store.sessions(now).wait()).await?;
        let session = open.iter().find(|row| row.id == id).ok_or_else(|| Problem::not_found("session"))?;
        let work = async {
            self.app.store.end_session(id).within(STORE_WRITE_TIMEOUT).await?;
            Ok(((), "ended".to_owned()))
        };
        self.audited("session.end", format!("session {id} of {}", session.operator), work).await
    }
}

/// Runs the queue once, unless too many do already.
pub(in crate::server) async fn run(app: &App) -> Result<RunResult, Problem> {
    let Ok(_permit) = app.runs.try_acquire() else {
        return Err(Problem::unavailable("too many runs at once"));
    };
    app.runner.run(RUN_LIMIT).await.map_err(|error| {
        tracing::error!(error, "a run on demand failed");
        Problem::unavailable("the run failed")
    })
}
