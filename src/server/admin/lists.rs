//! Lists and single things as JSON, by the reports of the commands.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;

use crate::event::EventId;
use crate::monitor::failure_clusters::ClusterPrefix;
use crate::monitor::{self, STATS_WINDOW};
use crate::report::audit::{self, AuditCursor, AuditEntry};
use crate::report::last_hour::{self, LastHour};
use crate::report::{
    self, PageCursor, Report, alerts as alerts_report, endpoint_detail, health, operators, stored_requests, why,
};
use crate::server::extract::{Number, PageLimit, PageNumber, Path, Query};
use crate::server::operator::Operator;
use crate::server::queries::{
    AuditDirection, AuditQuery, DeliveriesQuery, EventsQuery, SortOrder, TimeParam, check_endpoint,
};
use crate::server::response::{Problem, ReportResponse};
use crate::server::state::App;
use crate::service::failure_clusters;
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, EventDetail, Listed, Page, Result as Stored, Store};

/// The response of a route that lists or shows something.
type Response = Result<ReportResponse, Problem>;

/// Failures that are looked at for their clusters, newest first.
pub(in crate::server) const MAX_CLUSTERED: u64 = 20_000;

/// The deepest row that a page of the merged audit log may begin at.
const MAX_MERGED_ROWS: u64 = 10_000;

pub(in crate::server) async fn deliveries(
    State(app): State<Arc<App>>,
    Query(query): Query<DeliveriesQuery>,
) -> Response {
    list_deliveries(&app, query.deliveries(app.now())?, &query, report::deliveries::list).await
}

pub(in crate::server) async fn failures(State(app): State<Arc<App>>, Query(query): Query<DeliveriesQuery>) -> Response {
    let filter = DeliveryFilter { troubled: true, ..query.deliveries(app.now())? };
    list_deliveries(&app, filter, &query, report::failures::list).await
}

pub(in crate::server) async fn clusters(State(app): State<Arc<App>>, Query(query): Query<ClustersQuery>) -> Response {
    let found = app
        .read(|store| {
            let found = failure_clusters::find(store, &DeliveryFilter::default(), MAX_CLUSTERED)?;
            Ok((found, store.acknowledgements().wait()?))
        })
        .await?;
    let (found, acknowledged) = found;
    Ok(ReportResponse::new(report::failure_clusters::clusters(&found.clusters, &acknowledged, query.all)))
}

/// The page of deliveries that a query asks for.
pub(in crate::server) fn page_of(
    store: &dyn Store,
    filter: &DeliveryFilter,
    cluster: Option<&ClusterPrefix>,
    page: Page,
) -> Stored<Listed<DeliveryRow>> {
    match cluster {
        Some(cluster) => failure_clusters::page(store, filter, cluster, page, MAX_CLUSTERED),
        None => store.deliveries(filter, page).wait(),
    }
}

async fn list_deliveries(
    app: &App,
    filter: DeliveryFilter,
    query: &DeliveriesQuery,
    report: fn(&Listed<DeliveryRow>, Page) -> Report,
) -> Response {
    let (name, cluster, page) = (filter.endpoint.clone(), query.cluster(), query.page());
    let listed = app
        .read(move |store| match check_endpoint(store, name.as_deref())? {
            true => page_of(store, &filter, cluster.as_ref(), page).map(Some),
            false => Ok(None),
        })
        .await?;
    let listed = listed.ok_or_else(no_endpoint)?;
    Ok(ReportResponse::new(report(&listed, page).with_cursor_after(&listed, |row| row.id.0)))
}

fn no_endpoint() -> Problem {
    Problem::field("endpoint", "is no endpoint of this queue")
}

/// The query parameters of the list of clusters (groups of like failures).
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::server) struct ClustersQuery {
    /// Also those that were acknowledged.
    all: bool,
}

pub(in crate::server) async fn delivery(State(app): State<Arc<App>>, Path(id): Path) -> Response {
    let id = number(&id, "delivery")?;
    let found = app.read(move |store| event_of(store, DeliveryId(id))).await?;
    let detail = found.ok_or_else(|| Problem::not_found("delivery"))?;
    Ok(ReportResponse::new(report::event_detail::delivery(&detail, DeliveryId(id))))
}

/// A number of the path.
pub(in crate::server) fn number(text: &str, what: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::not_found(what))
}

/// The event of a delivery.
pub(in crate::server) fn event_of(store: &dyn Store, id: DeliveryId) -> Stored<Option<EventDetail>> {
    let filter = DeliveryFilter { ids: vec![id], ..DeliveryFilter::default() };
    let page = Page { limit: 1, number: 1, oldest_first: true };
    match store.deliveries(&filter, page).wait()?.rows.pop() {
        Some(row) => store.event(&row.event.id).wait(),
        None => Ok(None),
    }
}

pub(in crate::server) async fn attempts(State(app): State<Arc<App>>, Query(query): Query<DeliveriesQuery>) -> Response {
    let (filter, page) = query.attempts(app.now())?;
    let name = filter.endpoint.clone();
    let listed = app
        .read(move |store| match check_endpoint(store, name.as_deref())? {
            true => store.attempts(&filter, page).wait().map(Some),
            false => Ok(None),
        })
        .await?;
    let listed = listed.ok_or_else(no_endpoint)?;
    let report = report::attempts::list(&listed, page);
    let report = match page.oldest_first {
        // Whoever follows the log asks for what comes after its end as well.
        true => report.with_cursor(listed.searched_to.or(listed.rows.last().map(|row| row.place)).map(PageCursor::Row)),
        false if query.is_sorted() => report.with_cursor_after(&listed, |row| row.place),
        false => report,
    };
    Ok(ReportResponse::new(report))
}

pub(in crate::server) async fn events(State(app): State<Arc<App>>, Query(query): Query<EventsQuery>) -> Response {
    let (filter, page) = (query.events(app.now())?, query.page());
    let listed = app.read(move |store| store.events(&filter, page).wait()).await?;
    Ok(ReportResponse::new(report::events::list(&listed, page).with_cursor_after(&listed, |row| row.seq)))
}

pub(in crate::server) async fn event(State(app): State<Arc<App>>, Path(id): Path) -> Response {
    let detail = app.read(move |store| find_event(store, &id)).await?;
    Ok(ReportResponse::new(report::event_detail::event(&detail.ok_or_else(|| Problem::not_found("event"))?)))
}

pub(in crate::server) async fn why(State(app): State<Arc<App>>, Path(id): Path) -> Response {
    let now = app.now();
    let found = app.read(move |store| Ok((find_event(store, &id)?, store.endpoints().wait()?))).await?;
    let (detail, endpoints) = (found.0.ok_or_else(|| Problem::not_found("event"))?, found.1);
    Ok(ReportResponse::new(why::event(&detail, &endpoints, now)))
}

/// An event by its id, or by `#N` as it was emitted Nth.
pub(in crate::server) fn find_event(store: &dyn Store, id: &str) -> Stored<Option<EventDetail>> {
    let seq = id.strip_prefix("evt").unwrap_or(id).strip_prefix('#').and_then(|seq| seq.parse().ok());
    match seq {
        Some(seq) => store.event_by_seq(seq).wait(),
        None => match EventId::parse(id) {
            Ok(id) => store.event(&id).wait(),
            Err(_) => Ok(None),
        },
    }
}

pub(in crate::server) async fn endpoints(State(app): State<Arc<App>>) -> Response {
    let now = app.now();
    let figures = app.read(move |store| store.figures(now).wait()).await?;
    Ok(ReportResponse::new(report::endpoints::list(&figures, &app.settings().ages, now)))
}

pub(in crate::server) async fn endpoint(State(app): State<Arc<App>>, Path(name): Path) -> Response {
    endpoint_report(&app, &name).await.map(ReportResponse::new)
}

/// Everything about one endpoint.
pub(in crate::server) async fn endpoint_report(app: &App, name: &str) -> Result<Report, Problem> {
    let now = app.now();
    let since = last_hour::since(now);
    let (figures, rates, activity) = app
        .read(move |store| Ok((store.figures(now).wait()?, store.rates(since).wait()?, store.activity(since).wait()?)))
        .await?;
    let found = figures.endpoints.iter().find(|row| row.endpoint.name == name);
    let last_hour = LastHour::of(name, &rates, &activity.latencies);
    Ok(endpoint_detail::endpoint(found.ok_or_else(|| Problem::not_found("endpoint"))?, &last_hour, now))
}

/// The query parameters of the failure statistics.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::server) struct StatsQuery {
    since: TimeParam,
}

pub(in crate::server) async fn failure_stats(State(app): State<Arc<App>>, Query(query): Query<StatsQuery>) -> Response {
    let now = app.now();
    let since = query.since.seen_from(now).unwrap_or(now.minus(STATS_WINDOW));
    let (figures, rates) = app.read(move |store| Ok((store.figures(now).wait()?, store.rates(since).wait()?))).await?;
    Ok(ReportResponse::new(health::failure_stats(&monitor::failure_stats(&figures, &rates, since), now)))
}

pub(in crate::server) async fn audit(State(app): State<Arc<App>>, Query(query): Query<AuditQuery>) -> Response {
    let (listed, next) = audit_entries(&app, &query).await?;
    Ok(ReportResponse::new(audit::audit(&listed, query.page()).with_cursor(next.map(PageCursor::Audit))))
}

/// A page of the audit log, and where the next one begins if one follows.
pub(in crate::server) type AuditPage = (Listed<AuditEntry>, Option<AuditCursor>);

/// A page of the audit log, all directions in one unless one is asked for.
pub(in crate::server) async fn audit_entries(app: &App, query: &AuditQuery) -> Result<AuditPage, Problem> {
    let (now, page) = (app.now(), query.page());
    if page.oldest_first {
        return Err(Problem::field("sort", "must be newest for the audit log"));
    }
    let first = Page { limit: page.limit.saturating_mul(page.number), number: 1, ..page };
    if first.limit > MAX_MERGED_ROWS {
        return Err(Problem::field("page", format!("reaches past row {MAX_MERGED_ROWS}; narrow the list with until")));
    }
    let wants = |direction| query.direction.is_none_or(|chosen| chosen == direction);
    let attempts = wants(AuditDirection::Outbound).then(|| query.attempts(now)).transpose()?;
    let received = wants(AuditDirection::Inbound).then(|| query.received(now)).transpose()?;
    let actions = wants(AuditDirection::Operator).then(|| query.actions(now)).transpose()?.flatten();
    let parts = app
        .read(move |store| {
            let mut parts = audit::AuditLists::default();
            if let Some(filter) = attempts {
                parts.add_attempts(store.attempts(&filter, first).wait()?);
            }
            if let Some(filter) = received {
                parts.add_received(store.received(&filter, first).wait()?);
            }
            if let Some(filter) = actions {
                parts.add_actions(store.actions(&filter, first).wait()?);
            }
            Ok(parts)
        })
        .await?;
    let (listed, next) = parts.page(first.limit - page.limit, page.limit);
    let has_more = listed.total > first.limit || listed.searched_to.is_some();
    Ok((listed, has_more.then_some(next)))
}

/// The query parameters of lists that have no filter.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::server) struct PagesQuery {
    after: Option<i64>,
    page: PageNumber,
    limit: PageLimit,
    sort: SortOrder,
}

impl PagesQuery {
    pub(in crate::server) fn page(&self) -> Page {
        Page { limit: self.limit.0, number: self.page.0, oldest_first: self.sort == SortOrder::Oldest }
    }
}

pub(in crate::server) async fn requests(State(app): State<Arc<App>>, Query(query): Query<PagesQuery>) -> Response {
    let (past, page) = (query.after, query.page());
    let listed = app.read(move |store| store.kept_requests(past, page).wait()).await?;
    Ok(ReportResponse::new(stored_requests::list(&listed, page).with_cursor_after(&listed, |row| row.id)))
}

pub(in crate::server) async fn request(State(app): State<Arc<App>>, Path(id): Path) -> Response {
    let id = number(&id, "kept request")?;
    let found = app.read(move |store| store.kept_request(id).wait()).await?;
    let (row, copy) = found.ok_or_else(|| Problem::not_found("kept request"))?;
    Ok(ReportResponse::new(stored_requests::show(&row, &copy)))
}

/// The query parameters of the list of incidents.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::server) struct AlertsQuery {
    open: bool,
    page: PageNumber,
    limit: PageLimit,
}

impl AlertsQuery {
    /// Whether only incidents that are open are meant.
    pub(in crate::server) fn is_open(&self) -> bool {
        self.open
    }

    pub(in crate::server) fn page(&self) -> Page {
        Page { limit: self.limit.0, number: self.page.0, oldest_first: false }
    }
}

pub(in crate::server) async fn alerts(State(app): State<Arc<App>>, Query(query): Query<AlertsQuery>) -> Response {
    let (open, page) = (query.is_open(), query.page());
    let listed = app.read(move |store| store.incidents(open, page).wait()).await?;
    Ok(ReportResponse::new(alerts_report::incidents(&listed, page, None)))
}

/// The query parameters of the list of runs.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::server) struct RunsQuery {
    limit: Number<1, 1_000, 50>,
}

pub(in crate::server) async fn runs(State(app): State<Arc<App>>, Query(query): Query<RunsQuery>) -> Response {
    let limit = query.limit.0;
    let rows = app.read(move |store| store.runs(limit).wait()).await?;
    Ok(ReportResponse::new(operators::runs(&rows)))
}

pub(in crate::server) async fn sessions(State(app): State<Arc<App>>, operator: Operator) -> Response {
    let now = app.now();
    let rows = app.read(move |store| store.sessions(now).wait()).await?;
    Ok(ReportResponse::new(operators::sessions(&rows, operator.session.map(|session| session.id))))
}
