//! The routes: which handler answers which method and path, and the layers around them.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state as with_state};
use axum::routing::{MethodFilter, delete, get, on, post};
use http::HeaderValue;
use http::header::{ALLOW, CACHE_CONTROL, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use tower::ServiceBuilder;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use super::access::{self, AuthRequirement};
use super::admin::{changes, lists};
use super::layers::{self, REQUEST_ID, RandomRequestId};
use super::response::Problem;
use super::state::App;
use super::{RouteGroup, events, login, monitoring, openapi, pages, records, webhooks};

/// The routes of every group that is not switched off.
pub(super) fn router(app: &Arc<App>, without: &[RouteGroup]) -> Router {
    let has = |group: RouteGroup| !without.contains(&group);
    let mut named = probes();
    if has(RouteGroup::Admin) {
        named = named.merge(admin(app)).merge(operate(app)).merge(pages(app));
    }
    if has(RouteGroup::Process) {
        named = named.merge(processing(app));
    }
    named = named
        .fallback(async || Problem::not_found("route"))
        .method_not_allowed_fallback(async || Problem::method())
        .layer(with_state(Arc::clone(app), layers::known_host));
    let routes = if has(RouteGroup::Webhooks) { named.merge(webhooks()) } else { named };
    around(routes, app).with_state(Arc::clone(app))
}

/// Webhooks prove themselves by their signature, whatever host a proxy names.
fn webhooks() -> Router<Arc<App>> {
    Router::new()
        .route("/api/webhooks/enrollment-changed", post(webhooks::receive))
        .route("/api/webhooks/profile-updated", post(webhooks::receive))
        .route("/api/webhooks/progress-updated", post(webhooks::receive))
        .route("/api/webhooks/sync", post(webhooks::receive))
        .route("/api/webhooks/in/{name}", post(webhooks::receive))
        .method_not_allowed_fallback(async || Problem::method())
}

fn admin(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/api/sync/status", get(monitoring::status))
        .route("/api/sync/health", get(monitoring::health))
        .route("/api/events", get(lists::events).post(events::emit))
        .route("/api/enrollments", get(records::enrollments).post(records::create_enrollment))
        .route(
            "/api/enrollments/{id}",
            get(records::enrollment).patch(records::change_enrollment).delete(records::delete_enrollment),
        )
        .route("/api/profile", get(records::profile).put(records::change_profile))
        .route("/api/progress", get(records::progress).post(records::record_progress))
        .route("/api/admin/students", get(records::students))
        .route("/metrics", get(monitoring::metrics))
        .route("/openapi.json", get(openapi::document))
        .route_layer(from_fn(layers::known_parameters))
        .route_layer(with_state((Arc::clone(app), AuthRequirement::Admin), access::require))
}

/// The queue for those who operate it.
fn operate(app: &Arc<App>) -> Router<Arc<App>> {
    let by = |requirement| with_state((Arc::clone(app), requirement), access::require);
    Router::new()
        .route("/api/events/{id}", get(lists::event))
        .route("/api/events/{id}/why", get(lists::why))
        .route("/api/events/{id}/replay", post(changes::replay_event))
        .route("/api/deliveries", get(lists::deliveries))
        .route("/api/deliveries/replay", post(changes::replay_many))
        .route("/api/deliveries/give-up", post(changes::give_up_many))
        .route("/api/deliveries/{id}", get(lists::delivery))
        .route("/api/deliveries/{id}/replay", post(changes::replay))
        .route("/api/deliveries/{id}/give-up", post(changes::give_up))
        .route("/api/attempts", get(lists::attempts))
        .route("/api/endpoints", get(lists::endpoints))
        .route("/api/endpoints/{id}", get(lists::endpoint))
        .route("/api/endpoints/{id}/pause", post(changes::pause))
        .route("/api/endpoints/{id}/resume", post(changes::resume))
        .route("/api/endpoints/{id}/test", post(changes::test))
        .route("/api/failures", get(lists::failures))
        .route("/api/failures/clusters", get(lists::clusters))
        .route("/api/failures/clusters/{id}/acknowledge", post(changes::acknowledge))
        .route("/api/failures/stats", get(lists::failure_stats))
        .route("/api/audit", get(lists::audit))
        .route("/api/requests", get(lists::requests))
        .route("/api/requests/{id}", get(lists::request))
        .route("/api/requests/{id}/replay", post(changes::replay_request))
        .route("/api/alerts", get(lists::alerts))
        .route("/api/runs", get(lists::runs))
        .route("/api/sessions", get(lists::sessions))
        .route_layer(by(AuthRequirement::Operate))
        .route("/api/sessions/{id}", delete(changes::end_session).route_layer(by(AuthRequirement::Operator)))
        .route_layer(from_fn(layers::known_parameters))
}

/// What browsers show, refusals included.
fn pages(app: &Arc<App>) -> Router<Arc<App>> {
    let require = |requirement| with_state((Arc::clone(app), requirement), access::require);
    pages::routes::pages()
        .route_layer(require(AuthRequirement::Operate))
        .route("/logout", post(login::logout).route_layer(require(AuthRequirement::Operator)))
        .route("/login", post(login::login).route_layer(require(AuthRequirement::SameSite)))
        .route_layer(from_fn(layers::problem_pages))
}

fn processing(app: &Arc<App>) -> Router<Arc<App>> {
    let run = |filter, requirement| {
        on(filter, monitoring::process)
            .route_layer(from_fn(layers::known_parameters))
            .route_layer(with_state((Arc::clone(app), requirement), access::require))
    };
    // A request for the head alone must not run anything.
    let no_head = on(MethodFilter::HEAD, async || ([(ALLOW, "POST, GET")], Problem::method()));
    let methods = run(MethodFilter::POST, AuthRequirement::Cron)
        .merge(run(MethodFilter::GET, AuthRequirement::CronBearer))
        .merge(no_head);
    Router::new().route("/api/sync/process", methods)
}

fn probes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(monitoring::live))
        .route("/readyz", get(monitoring::ready))
        .route_layer(from_fn(layers::keep_connection))
}

/// The layers of every request, outermost first.
fn around(routes: Router<Arc<App>>, app: &Arc<App>) -> Router<Arc<App>> {
    let set = |name: HeaderName, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let no_referrer = HeaderValue::from_static("no-referrer");
    routes.layer(
        ServiceBuilder::new()
            .layer(with_state(Arc::clone(app), layers::limit_strangers))
            .map_request(layers::drop_unsafe_request_id)
            .layer(SetRequestIdLayer::new(REQUEST_ID, RandomRequestId))
            .layer(PropagateRequestIdLayer::new(REQUEST_ID))
            .layer(with_state(Arc::clone(app), layers::client_address))
            .layer(with_state(Arc::clone(app), layers::record))
            .layer(set(CACHE_CONTROL, "no-store"))
            .layer(set(X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(SetResponseHeaderLayer::if_not_present(REFERRER_POLICY, no_referrer))
            .layer(with_state(Arc::clone(app), layers::envelope))
            .layer(from_fn(layers::detach))
            .layer(from_fn(layers::unambiguous)),
    )
}
