//! Records over HTTP: read from the database, and changed together with the event that says so.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response as HttpResponse};
use http::StatusCode;
use http::header::ETAG;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::extract::{JsonObject, Members, Order, PageLimit, PageNumber, Path, Query, Text, page};
use super::preconditions::{IdempotencyKey, RecordConditions, etag};
use super::response::{Problem, ReportResponse};
use super::state::{App, STORE_WRITE_TIMEOUT};
use crate::event::{Draft, EventId, InvalidDraft};
use crate::inbound::field_of;
use crate::record::RecordKind;
use crate::report::{self, Pagination, Report};
use crate::store::Page;
use crate::store::inbound::{EditResult, ExpectedRecord, RecordEdit, RecordFilter, RecordOrder, RecordRow, Versions};

/// The response of a route that lists records.
type Response = Result<ReportResponse, Problem>;
/// The response of a route about one record, with its `ETag`.
type RecordResponse = Result<HttpResponse, Problem>;

// ── enrollments ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// The query parameters of the list of enrollments.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EnrollmentsQuery {
    after: Option<i64>,
    page: PageNumber,
    limit: PageLimit,
    search: Text,
    user_id: Text,
    course_id: Text,
    sort_order: Option<Order>,
}

pub(super) async fn enrollments(State(app): State<Arc<App>>, Query(query): Query<EnrollmentsQuery>) -> Response {
    let page = page(query.page, query.limit, query.sort_order.unwrap_or(Order::Asc));
    let filter = RecordFilter {
        kind: Some(RecordKind::Enrollment),
        search: query.search.0,
        user: query.user_id.0,
        course: query.course_id.0,
        past: query.after,
        ..RecordFilter::default()
    };
    list(&app, filter, page).await
}

pub(super) async fn create_enrollment(
    State(app): State<Arc<App>>,
    key: IdempotencyKey,
    JsonObject(mut members): JsonObject,
) -> RecordResponse {
    let id = match members.remove("id") {
        None => format!("enr_{}", key.name(0).unwrap_or_else(|| Uuid::new_v4().simple().to_string())),
        Some(id) => serde_json::from_str(id.get()).map_err(|_| Problem::field("id", "must be text"))?,
    };
    check(RecordKind::Enrollment, &members, &["userId", "courseId"])?;
    let change = RecordChange {
        expects: ExpectedRecord::Absence,
        event_id: key.event_id(0),
        ..RecordChange::of("enrollment.created", &id)
    };
    let row = edit(&app, change, &members).await?;
    Ok(single(StatusCode::CREATED, &row))
}

pub(super) async fn enrollment(State(app): State<Arc<App>>, on: RecordConditions, Path(id): Path) -> RecordResponse {
    find(&app, &on, RecordKind::Enrollment, id).await
}

pub(super) async fn change_enrollment(
    State(app): State<Arc<App>>,
    on: RecordConditions,
    Path(id): Path,
    JsonObject(mut members): JsonObject,
) -> RecordResponse {
    take_id(&mut members, &id)?;
    check(RecordKind::Enrollment, &members, &[])?;
    let change = RecordChange {
        expects: ExpectedRecord::Presence,
        versions: on.if_match,
        ..RecordChange::of("enrollment.updated", &id)
    };
    let row = edit(&app, change, &members).await?;
    Ok(single(StatusCode::OK, &row))
}

pub(super) async fn delete_enrollment(
    State(app): State<Arc<App>>,
    on: RecordConditions,
    Path(id): Path,
) -> RecordResponse {
    let change = RecordChange {
        expects: ExpectedRecord::Presence,
        versions: on.if_match,
        ..RecordChange::of("enrollment.deleted", &id)
    };
    let row = edit(&app, change, &Members::new()).await?;
    Ok(single(StatusCode::OK, &row))
}

// ── users and profiles ──────────────────────────────────────────────────────────────────────────────────────────────

/// The query parameters of the profile route.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ProfileQuery {
    user_id: Text,
}

pub(super) async fn profile(
    State(app): State<Arc<App>>,
    on: RecordConditions,
    Query(query): Query<ProfileQuery>,
) -> RecordResponse {
    find(&app, &on, RecordKind::User, query.user_id.required("userId")?).await
}

pub(super) async fn change_profile(
    State(app): State<Arc<App>>,
    on: RecordConditions,
    Query(query): Query<ProfileQuery>,
    JsonObject(mut members): JsonObject,
) -> RecordResponse {
    let id = query.user_id.required("userId")?;
    take_id(&mut members, &id)?;
    check(RecordKind::User, &members, &[])?;
    let change = RecordChange { versions: on.if_match, ..RecordChange::of("profile.updated", &id) };
    let row = edit(&app, change, &members).await?;
    Ok(single(StatusCode::OK, &row))
}

/// The query parameters of the list of students.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct StudentsQuery {
    after: Option<i64>,
    page: PageNumber,
    limit: PageLimit,
    search: Text,
    sort_by: Option<StudentSort>,
    sort_order: Option<Order>,
}

/// The query parameter by which students are sorted.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StudentSort {
    Name,
    Email,
    CreatedAt,
}

pub(super) async fn students(State(app): State<Arc<App>>, Query(query): Query<StudentsQuery>) -> Response {
    let (sort, usual_order) = match query.sort_by.unwrap_or(StudentSort::CreatedAt) {
        StudentSort::Name => (RecordOrder::Name, Order::Asc),
        StudentSort::Email => (RecordOrder::Email, Order::Asc),
        StudentSort::CreatedAt => (RecordOrder::CreatedAt, Order::Desc),
    };
    let page = page(query.page, query.limit, query.sort_order.unwrap_or(usual_order));
    let (search, past) = (query.search.0, query.after);
    let filter = RecordFilter { kind: Some(RecordKind::User), search, sort, past, ..RecordFilter::default() };
    list(&app, filter, page).await
}

// ── progress ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The query parameters of the list of progress records.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ProgressQuery {
    user_id: Text,
    course_id: Text,
    after: Option<i64>,
    page: PageNumber,
    limit: PageLimit,
}

/// The progress of one learner in one course, or a page.
pub(super) async fn progress(
    State(app): State<Arc<App>>,
    on: RecordConditions,
    Query(query): Query<ProgressQuery>,
) -> RecordResponse {
    match (query.user_id.0, query.course_id.0) {
        (Some(user), Some(course)) => learner(&app, &on, user, course).await,
        (user, course) => {
            let (kind, past) = (Some(RecordKind::Progress), query.after);
            let filter = RecordFilter { kind, user, course, past, ..RecordFilter::default() };
            Ok(list(&app, filter, page(query.page, query.limit, Order::Asc)).await?.into_response())
        }
    }
}

/// One learner's progress. Where hyphens in names give two learners one id, the fields say whose it is.
async fn learner(app: &App, on: &RecordConditions, user: String, course: String) -> RecordResponse {
    let id = format!("{user}-{course}");
    let found = app.read(move |store| store.record(RecordKind::Progress, &id).wait()).await?;
    match found.filter(|row| row.record.exists() && !row.record.is_of_another(Some(&user), Some(&course))) {
        Some(row) => Ok(found_record(on, &row)),
        None => Err(missing(RecordKind::Progress)),
    }
}

/// The query parameters of one learner's progress.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct LearnerQuery {
    user_id: Text,
    course_id: Text,
}

pub(super) async fn record_progress(
    State(app): State<Arc<App>>,
    on: RecordConditions,
    key: IdempotencyKey,
    Query(query): Query<LearnerQuery>,
    JsonObject(mut members): JsonObject,
) -> RecordResponse {
    let user = from_either(query.user_id, &mut members, "userId")?;
    let course = from_either(query.course_id, &mut members, "courseId")?;
    check(RecordKind::Progress, &members, &["userId", "courseId"])?;
    let id = format!("{user}-{course}");
    let change = RecordChange {
        expects: ExpectedRecord::SameLearner,
        versions: on.if_match,
        event_id: key.event_id(0),
        ..RecordChange::of("progress.updated", &id)
    };
    let row = edit(&app, change, &members).await?;
    Ok(single(StatusCode::OK, &row))
}

/// A name from the query or the body, which must agree; the body has it afterwards.
fn from_either(given: Text, members: &mut Members, name: &str) -> Result<String, Problem> {
    let inside: Option<String> = members.get(name).and_then(|value| serde_json::from_str(value.get()).ok());
    match (given.0, inside) {
        (Some(outside), Some(inside)) if outside != inside => Err(Problem::field(name, "is not the one in the query")),
        (_, None) if members.contains_key(name) => Err(Problem::field(name, "must be text")),
        (Some(value), _) => {
            let raw = serde_json::value::to_raw_value(&value).map_err(|_| Problem::internal())?;
            members.insert(name.to_owned(), raw);
            Ok(value)
        }
        (None, Some(value)) => Ok(value),
        (None, None) => Err(Problem::field(name, "is missing")),
    }
}

// ── common to all ───────────────────────────────────────────────────────────────────────────────────────────────────

async fn list(app: &App, filter: RecordFilter, page: Page) -> Response {
    let listed = app.read(move |store| store.records(&filter, page).wait()).await?;
    let views: Vec<_> = listed.rows.iter().map(report::records::RecordView).collect();
    let report = Report::new(&views).paged(Pagination::of(&listed, page));
    Ok(ReportResponse::new(report.with_cursor_after(&listed, |row| row.seq)))
}

async fn find(app: &App, on: &RecordConditions, kind: RecordKind, id: String) -> RecordResponse {
    let found = app.read(move |store| store.record(kind, &id).wait()).await?;
    match found.filter(|row| row.record.exists()) {
        Some(row) => Ok(found_record(on, &row)),
        None => Err(missing(kind)),
    }
}

/// The record, unless the caller has it.
fn found_record(on: &RecordConditions, row: &RecordRow) -> HttpResponse {
    match on.is_known(&row.record) {
        true => (StatusCode::NOT_MODIFIED, [(ETAG, etag(&row.record))]).into_response(),
        false => single(StatusCode::OK, row),
    }
}

fn single(status: StatusCode, row: &RecordRow) -> HttpResponse {
    ([(ETAG, etag(&row.record))], ReportResponse::with_status(status, report::records::single(row))).into_response()
}

fn missing(kind: RecordKind) -> Problem {
    Problem::not_found(kind.name())
}

/// A change of a record that a request asks for: its event, and what must be true of the record.
struct RecordChange<'a> {
    event_type: &'static str,
    id: &'a str,
    expects: ExpectedRecord,
    versions: Option<Versions>,
    event_id: Option<EventId>,
}

impl<'a> RecordChange<'a> {
    /// A change that expects nothing.
    fn of(event_type: &'static str, id: &'a str) -> Self {
        Self { event_type, id, expects: ExpectedRecord::Anything, versions: None, event_id: None }
    }
}

/// Changes a record and emits the change, in one transaction.
async fn edit(app: &App, change: RecordChange<'_>, members: &Members) -> Result<Box<RecordRow>, Problem> {
    let RecordChange { event_type, id, expects, versions, event_id } = change;
    let data = serde_json::to_vec(members).map_err(|_| Problem::internal())?;
    let draft = Draft::check(event_type, id, None, &data).map_err(|e| Problem::field(name_of(&e), e.to_string()))?;
    let draft = Draft { id: event_id, ..draft };
    match app.store.edit(RecordEdit { draft, expects, versions }, app.now()).within(STORE_WRITE_TIMEOUT).await? {
        EditResult::Done(row, _) => Ok(row),
        EditResult::Missing => Err(missing(RecordKind::of_event(event_type).unwrap_or(RecordKind::User))),
        EditResult::Exists if expects == ExpectedRecord::SameLearner => {
            Err(Problem::conflict("the progress of another learner has this id already"))
        }
        EditResult::Exists => Err(Problem::conflict("a record with this id exists already")),
        EditResult::Changed => Err(Problem::precondition("the record is of another version than If-Match names")),
    }
}

fn name_of(invalid: &InvalidDraft) -> &'static str {
    match field_of(invalid) {
        "resourceId" => "id",
        other => other,
    }
}

/// Takes the `id` out of a body. It is no field, and must be the one in the path.
fn take_id(members: &mut Members, id: &str) -> Result<(), Problem> {
    match members.remove("id") {
        Some(given) if serde_json::from_str::<String>(given.get()).ok().as_deref() != Some(id) => {
            Err(Problem::field("id", "is not the one in the path"))
        }
        _ => Ok(()),
    }
}

/// Checks the known fields against their rules. Others are kept as they are.
fn check(kind: RecordKind, members: &Members, required: &[&str]) -> Result<(), Problem> {
    let missing = required.iter().filter(|name| !members.contains_key(**name));
    let mut wrong: Vec<(&str, String)> = missing.map(|name| (*name, "is missing".to_owned())).collect();
    for (name, rule) in kind.fields() {
        let value = members.get(*name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        if let Some(violation) = value.and_then(|value| rule.violation(&value)) {
            wrong.push((name, violation.to_owned()));
        }
    }
    if members.is_empty() && required.is_empty() {
        wrong.push(("body", "has no fields to change".to_owned()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(wrong)) }
}
