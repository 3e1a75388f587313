//! Every route there is: one table, from which the router and the OpenAPI document are made.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::answer::{self, Problem, Reply};
use super::auth::Who;
use super::call::{self, Call};
use super::{App, Group, dashboard, events, metrics, openapi, records, session, sync, webhooks};

type Work = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// One route.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) who: Who,
    pub(super) group: Option<Group>,
    pub(super) run: fn(Call) -> Work,
    pub(super) about: &'static str,
    /// Parameters of the query: name, JSON schema, whether it is required.
    pub(super) query: &'static [(&'static str, &'static str, bool)],
    /// The name of the body's schema, and the content types it may have.
    pub(super) body: Option<(&'static str, &'static [&'static str])>,
    /// Statuses beside those that every route of its kind has.
    pub(super) statuses: &'static [u16],
    /// Whether a browser shows what it answers, refusals included.
    pub(super) page: bool,
}

const fn route(method: &'static str, path: &'static str, about: &'static str, run: fn(Call) -> Work) -> Route {
    Route {
        method,
        path,
        who: Who::Admin,
        group: Some(Group::Admin),
        run,
        about,
        query: &[],
        body: None,
        statuses: &[200],
        page: false,
    }
}

impl Route {
    const fn open(self) -> Self {
        Self { who: Who::Anyone, group: None, ..self }
    }

    const fn signed(self, schema: &'static str) -> Self {
        let body = Some((schema, JSON));
        Self { who: Who::Signed, group: Some(Group::Webhooks), body, statuses: &[200, 408, 409, 413, 503], ..self }
    }

    const fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    const fn of(self, group: Group) -> Self {
        Self { group: Some(group), ..self }
    }

    const fn page(self) -> Self {
        Self { page: true, ..self }
    }

    const fn query(self, query: &'static [(&'static str, &'static str, bool)]) -> Self {
        Self { query, ..self }
    }

    const fn takes(self, schema: &'static str, types: &'static [&'static str]) -> Self {
        Self { body: Some((schema, types)), ..self }
    }

    const fn answers(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }
}

const JSON: &[&str] = &["application/json"];
const FORM: &[&str] = &["application/x-www-form-urlencoded"];
const TEXT: &str = r#"{"type":"string","minLength":1,"maxLength":256}"#;
const PAGE: (&str, &str, bool) = ("page", r#"{"type":"integer","minimum":1,"maximum":1000000,"default":1}"#, false);
const LIMIT: (&str, &str, bool) = ("limit", r#"{"type":"integer","minimum":1,"maximum":100,"default":20}"#, false);
const SEARCH: (&str, &str, bool) = ("search", FILTER, false);
/// An empty filter is none.
const FILTER: &str = r#"{"type":"string","maxLength":256}"#;
const USER: (&str, &str, bool) = ("userId", FILTER, false);
const COURSE: (&str, &str, bool) = ("courseId", FILTER, false);
const SORT_BY: (&str, &str, bool) = ("sortBy", r#"{"type":"string","enum":["name","email","createdAt"]}"#, false);
const REFRESH: (&str, &str, bool) = ("refresh", r#"{"type":"integer","minimum":0,"maximum":3600,"default":15}"#, false);
const ORDER: (&str, &str, bool) = ("sortOrder", r#"{"type":"string","enum":["asc","desc"]}"#, false);
const READ: &[u16] = &[200, 404];
const WRITE: &[u16] = &[200, 404, 408, 413, 503];

/// A route's function as the table holds it.
macro_rules! run {
    ($function:path) => {
        |call| Box::pin($function(call))
    };
}

/// The table.
pub(super) static ROUTES: &[Route] = &[
    route("POST", "/api/webhooks/enrollment-changed", "Receive `enrollment.*`", run!(webhooks::enrollments))
        .signed("EnrollmentEvent"),
    route("POST", "/api/webhooks/profile-updated", "Receive `profile.updated` and `user.*`", run!(webhooks::profiles))
        .signed("UserEvent"),
    route("POST", "/api/webhooks/progress-updated", "Receive `progress.*`", run!(webhooks::progress))
        .signed("ProgressEvent"),
    route("POST", "/api/webhooks/sync", "Receive any known type", run!(webhooks::everything)).signed("Event"),
    route("GET", "/api/sync/status", "The queue and its endpoints", run!(sync::status)),
    route("GET", "/api/sync/health", "Whether the queue is healthy, and what failed", run!(sync::health)),
    route("POST", "/api/sync/process", "Run the queue once", run!(sync::process)).by(Who::Cron).of(Group::Process),
    route("GET", "/api/sync/process", "Run the queue once, for schedulers that can only GET", run!(sync::process))
        .by(Who::CronBearer)
        .of(Group::Process),
    route("POST", "/api/events", "Emit an event, or a batch of lines", run!(events::emit))
        .takes("NewEvent", &["application/json", "application/x-ndjson"])
        .answers(&[200, 201, 408, 409, 413, 503]),
    route("GET", "/api/enrollments", "A page of enrollments", run!(records::enrollments))
        .query(&[PAGE, LIMIT, SEARCH, USER, COURSE, ORDER]),
    route("POST", "/api/enrollments", "Create an enrollment and emit it", run!(records::create_enrollment))
        .takes("NewEnrollment", JSON)
        .answers(&[201, 408, 409, 413, 503]),
    route("GET", "/api/enrollments/{id}", "One enrollment", run!(records::enrollment)).answers(READ),
    route(
        "PATCH",
        "/api/enrollments/{id}",
        "Change an enrollment and emit the change",
        run!(records::change_enrollment),
    )
    .takes("Enrollment", JSON)
    .answers(WRITE),
    route("DELETE", "/api/enrollments/{id}", "Delete an enrollment and emit that", run!(records::delete_enrollment))
        .answers(READ),
    route("GET", "/api/profile", "One user with its profile", run!(records::profile))
        .query(&[("userId", TEXT, true)])
        .answers(READ),
    route("PUT", "/api/profile", "Change a user or profile and emit the change", run!(records::change_profile))
        .query(&[("userId", TEXT, true)])
        .takes("Profile", JSON)
        .answers(&[200, 408, 413, 503]),
    route("GET", "/api/progress", "One learner's progress in a course, or a page", run!(records::progress))
        .query(&[USER, COURSE, PAGE, LIMIT])
        .answers(READ),
    route("POST", "/api/progress", "Record progress and emit it", run!(records::record_progress))
        .query(&[USER, COURSE])
        .takes("Progress", JSON)
        .answers(&[200, 408, 409, 413, 503]),
    route("GET", "/api/admin/students", "A page of users", run!(records::students))
        .query(&[PAGE, LIMIT, SEARCH, SORT_BY, ORDER]),
    route("GET", "/", "The dashboard", run!(dashboard::show)).query(&[REFRESH]).page(),
    route("POST", "/login", "Begin a session of the dashboard", run!(session::login))
        .by(Who::Visitor)
        .takes("Login", FORM)
        .answers(&[303, 408, 413])
        .page(),
    route("POST", "/logout", "End the session", run!(session::logout)).answers(&[303]).page(),
    route("GET", "/metrics", "Figures for Prometheus", run!(metrics::scrape)),
    route("GET", "/openapi.json", "This document", run!(openapi::document)),
    route("GET", "/healthz", "Whether the server lives", run!(sync::live)).open(),
    route("GET", "/readyz", "Whether the server can serve", run!(sync::ready)).open().answers(&[200, 503]),
];

/// Where what is not in the table goes.
static NOWHERE: Route = route("GET", "", "", run!(nowhere)).open();
static NO_METHOD: Route = route("GET", "", "", run!(no_method)).open();

async fn nowhere(_: Call) -> Reply {
    Err(Problem::not_found("route"))
}

async fn no_method(_: Call) -> Reply {
    Err(Problem::method())
}

/// The router of every route that is not switched off.
pub(super) fn router(app: Arc<App>, without: &[Group]) -> Router {
    let present = |route: &&Route| route.group.is_none_or(|group| !without.contains(&group));
    let mut router = Router::new();
    let mut paths: Vec<&'static str> = ROUTES.iter().filter(present).map(|route| route.path).collect();
    paths.dedup();
    for path in paths {
        let routes: Vec<_> = ROUTES.iter().filter(present).filter(|route| route.path == path).collect();
        router = router.route(path, methods(&app, &routes));
    }
    router.fallback(move |request: Request| call::answer(Arc::clone(&app), &NOWHERE, Ok(None), request))
}

fn methods(app: &Arc<App>, routes: &[&'static Route]) -> MethodRouter {
    let known: Vec<_> = routes.iter().map(|route| route.method).collect();
    let (refusing, allowed) = (Arc::clone(app), known.join(", "));
    let refusing = move |request: Request| refuse(Arc::clone(&refusing), allowed.clone(), request);
    let mut methods = MethodRouter::new().fallback(refusing.clone());
    if routes.iter().any(|route| route.who == Who::CronBearer) {
        // Who asks for the head of an answer alone expects that nothing is done.
        methods = methods.on(MethodFilter::HEAD, refusing);
    }
    for route in routes {
        let (app, route) = (Arc::clone(app), *route);
        let handler = move |params: Result<RawPathParams, _>, request: Request| {
            let resource = params.map_err(drop).map(|params| resource(&params));
            call::answer(app, route, resource, request)
        };
        methods = methods.merge(on(filter(route.method), handler));
    }
    methods
}

async fn refuse(app: Arc<App>, allowed: String, request: Request) -> Response {
    let mut response = call::answer(app, &NO_METHOD, Ok(None), request).await;
    answer::allow(&mut response, &allowed);
    response
}

fn resource(params: &RawPathParams) -> Option<String> {
    params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value.to_owned())
}

fn filter(method: &str) -> MethodFilter {
    match method {
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}
