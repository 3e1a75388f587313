//! Records over HTTP: read from the database, and changed together with the event that says so.

use axum::response::Response;
use http::StatusCode;
use uuid::Uuid;

use super::PATIENCE;
use super::answer::{Problem, Reply};
use super::call::{Call, Members};
use crate::clock::Timestamp;
use crate::event::Draft;
use crate::inbound::field_of;
use crate::record::Kind;
use crate::report::{self, Pagination, Report};
use crate::store::Page;
use crate::store::inbound::{Edit, Edited, Expects, RecordFilter, RecordRow, Sort};

/// The longest text of a field that is not `data` as a whole, in characters.
const LONGEST_TEXT: usize = 2_000;

// ── enrollments ─────────────────────────────────────────────────────────────────────────────────────────────────────

pub(super) async fn enrollments(call: Call) -> Reply {
    let page = call.page(order(&call, true)?)?;
    let filter = RecordFilter {
        kind: Some(Kind::Enrollment),
        search: call.text("search")?,
        user: call.text("userId")?,
        course: call.text("courseId")?,
        ..RecordFilter::default()
    };
    list(call, filter, page).await
}

pub(super) async fn create_enrollment(mut call: Call) -> Reply {
    let mut members = call.members().await?;
    let id = match members.remove("id") {
        None => format!("enr_{}", Uuid::new_v4().simple()),
        Some(id) => serde_json::from_str(id.get()).map_err(|_| Problem::field("id", "must be text"))?,
    };
    check(&members, ENROLLMENT, &["userId", "courseId"])?;
    edit(call, ("enrollment.created", &id), members, Expects::Absence, StatusCode::CREATED).await
}

pub(super) async fn enrollment(call: Call) -> Reply {
    let id = call.resource().to_owned();
    find(call, Kind::Enrollment, id).await
}

pub(super) async fn change_enrollment(mut call: Call) -> Reply {
    let mut members = call.members().await?;
    let id = call.resource().to_owned();
    take_id(&mut members, &id)?;
    check(&members, ENROLLMENT, &[])?;
    edit(call, ("enrollment.updated", &id), members, Expects::Presence, StatusCode::OK).await
}

pub(super) async fn delete_enrollment(call: Call) -> Reply {
    let id = call.resource().to_owned();
    edit(call, ("enrollment.deleted", &id), Members::new(), Expects::Presence, StatusCode::OK).await
}

// ── users and profiles ──────────────────────────────────────────────────────────────────────────────────────────────

pub(super) async fn profile(call: Call) -> Reply {
    let id = call.required("userId")?;
    find(call, Kind::User, id).await
}

pub(super) async fn change_profile(mut call: Call) -> Reply {
    let id = call.required("userId")?;
    let mut members = call.members().await?;
    take_id(&mut members, &id)?;
    check(&members, USER, &[])?;
    edit(call, ("profile.updated", &id), members, Expects::Anything, StatusCode::OK).await
}

pub(super) async fn students(call: Call) -> Reply {
    let sorts = [("name", Sort::Name), ("email", Sort::Email), ("createdAt", Sort::CreatedAt)];
    let sort = call.choice("sortBy", &sorts, Sort::CreatedAt)?;
    let page = call.page(order(&call, sort != Sort::CreatedAt)?)?;
    let filter = RecordFilter { kind: Some(Kind::User), search: call.text("search")?, sort, ..RecordFilter::default() };
    list(call, filter, page).await
}

// ── progress ────────────────────────────────────────────────────────────────────────────────────────────────────────

pub(super) async fn progress(call: Call) -> Reply {
    match (call.text("userId")?, call.text("courseId")?) {
        (Some(user), Some(course)) => learner(call, &user, &course).await,
        (user, course) => {
            let page = call.page(true)?;
            let filter = RecordFilter { kind: Some(Kind::Progress), user, course, ..RecordFilter::default() };
            list(call, filter, page).await
        }
    }
}

/// One learner's progress. The id says who it is, unless hyphens in names make two learners share one; then the fields do.
async fn learner(call: Call, user: &str, course: &str) -> Reply {
    let id = format!("{user}-{course}");
    let found = call.blocking(move |app| app.store.record(Kind::Progress, &id).wait()).await?;
    match found.filter(|row| row.record.exists() && !row.record.is_of_another(Some(user), Some(course))) {
        Some(row) => Ok(answer(&call, StatusCode::OK, &row)),
        None => Err(missing(Kind::Progress)),
    }
}

pub(super) async fn record_progress(mut call: Call) -> Reply {
    let mut members = call.members().await?;
    let user = from_either(&call, &mut members, "userId")?;
    let course = from_either(&call, &mut members, "courseId")?;
    check(&members, PROGRESS, &["userId", "courseId"])?;
    let id = format!("{user}-{course}");
    edit(call, ("progress.updated", &id), members, Expects::SameLearner, StatusCode::OK).await
}

/// A name from the query or the body, which must agree; the body has it afterwards.
fn from_either(call: &Call, members: &mut Members, name: &str) -> Result<String, Problem> {
    let inside: Option<String> = members.get(name).and_then(|value| serde_json::from_str(value.get()).ok());
    match (call.text(name)?, inside) {
        (Some(outside), Some(inside)) if outside != inside => Err(Problem::field(name, "is not the one in the query")),
        (Some(value), _) => {
            let raw = serde_json::value::to_raw_value(&value).map_err(|_| Problem::internal())?;
            members.insert(name.to_owned(), raw);
            Ok(value)
        }
        (None, Some(value)) => Ok(value),
        (None, None) => Err(Problem::field(name, "is missing")),
    }
}

// ── what they share ─────────────────────────────────────────────────────────────────────────────────────────────────

fn order(call: &Call, ascending: bool) -> Result<bool, Problem> {
    call.choice("sortOrder", &[("asc", true), ("desc", false)], ascending)
}

async fn list(call: Call, filter: RecordFilter, page: Page) -> Reply {
    let listed = call.blocking(move |app| app.store.records(&filter, page).wait()).await?;
    let views: Vec<_> = listed.rows.iter().map(report::records::View).collect();
    let report = Report::new(&views).paged(Pagination::new(page.number, page.limit, listed.total));
    Ok(call.answer(&report))
}

async fn find(call: Call, kind: Kind, id: String) -> Reply {
    let found = call.blocking(move |app| app.store.record(kind, &id).wait()).await?;
    match found.filter(|row| row.record.exists()) {
        Some(row) => Ok(answer(&call, StatusCode::OK, &row)),
        None => Err(missing(kind)),
    }
}

fn answer(call: &Call, status: StatusCode, row: &RecordRow) -> Response {
    call.answer_with(status, &report::records::single(row))
}

fn missing(kind: Kind) -> Problem {
    Problem::not_found(if kind == Kind::User { "user" } else { kind.name() })
}

/// Changes a record and emits the change, in one transaction.
async fn edit(
    call: Call,
    (event_type, id): (&str, &str),
    members: Members,
    expects: Expects,
    status: StatusCode,
) -> Reply {
    let data = serde_json::to_vec(&members).map_err(|_| Problem::internal())?;
    let draft = Draft::check(event_type, id, None, &data).map_err(|e| Problem::field(name_of(&e), e.to_string()))?;
    match call.app.store.edit(Edit { draft, expects }, call.now).within(PATIENCE).await? {
        Edited::Done(row, _) => Ok(answer(&call, status, &row)),
        Edited::Missing => Err(missing(Kind::of_event(event_type).unwrap_or(Kind::User))),
        Edited::Exists if expects == Expects::SameLearner => {
            Err(Problem::conflict("the progress of another learner has this id already"))
        }
        Edited::Exists => Err(Problem::conflict("there is one with this id already")),
    }
}

fn name_of(invalid: &crate::event::Invalid) -> &'static str {
    match field_of(invalid) {
        "resourceId" => "id",
        other => other,
    }
}

/// An `id` in a body is the one in the path, and no field.
fn take_id(members: &mut Members, id: &str) -> Result<(), Problem> {
    match members.remove("id") {
        Some(given) if serde_json::from_str::<String>(given.get()).ok().as_deref() != Some(id) => {
            Err(Problem::field("id", "is not the one in the path"))
        }
        _ => Ok(()),
    }
}

/// What a field may hold. `null` is always allowed but for ids.
#[derive(Clone, Copy)]
enum Holds {
    Name,
    Text,
    Email,
    Moment,
    Percentage,
    MomentOrTruth,
    Object,
}

const ENROLLMENT: &[(&str, Holds)] = &[
    ("userId", Holds::Name),
    ("courseId", Holds::Name),
    ("enrolledAt", Holds::Moment),
    ("lastAccessedAt", Holds::Moment),
    ("completionPercentage", Holds::Percentage),
    ("status", Holds::Text),
    ("source", Holds::Text),
    ("purchaseId", Holds::Text),
];

const USER: &[(&str, Holds)] = &[
    ("email", Holds::Email),
    ("name", Holds::Text),
    ("image", Holds::Text),
    ("emailVerified", Holds::MomentOrTruth),
    ("role", Holds::Text),
    ("lastLoginAt", Holds::Moment),
    ("profile", Holds::Object),
];

const PROGRESS: &[(&str, Holds)] = &[("userId", Holds::Name), ("courseId", Holds::Name), ("timestamp", Holds::Moment)];

/// Holds the known fields against their rules; unknown ones are kept as they are.
fn check(members: &Members, rules: &[(&str, Holds)], required: &[&str]) -> Result<(), Problem> {
    let missing = required.iter().filter(|name| !members.contains_key(**name));
    let mut wrong: Vec<(&str, String)> = missing.map(|name| (*name, "is missing".to_owned())).collect();
    for (name, holds) in rules {
        let value = members.get(*name).and_then(|raw| serde_json::from_str::<serde_json::Value>(raw.get()).ok());
        if let Some(rule) = value.and_then(|value| holds.broken(&value)) {
            wrong.push((name, rule.to_owned()));
        }
    }
    if members.is_empty() && required.is_empty() {
        wrong.push(("body", "has no fields to change".to_owned()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::fields(wrong)) }
}

impl Holds {
    /// The rule a value breaks, if it does.
    fn broken(self, value: &serde_json::Value) -> Option<&'static str> {
        let text = value.as_str();
        let is_moment = || text.is_some_and(|text| Timestamp::parse(text).is_some());
        let (holds, rule) = match self {
            Self::Name => (
                text.is_some_and(|text| (1..=256).contains(&text.chars().count())),
                "must be text of 1 to 256 characters",
            ),
            _ if value.is_null() => (true, ""),
            Self::Text => (
                text.is_some_and(|text| text.chars().count() <= LONGEST_TEXT),
                "must be text of at most 2000 characters",
            ),
            Self::Email => (text.is_some_and(is_email), "must be an email address"),
            Self::Moment => (is_moment(), "must be an RFC 3339 time"),
            Self::Percentage => {
                (value.as_f64().is_some_and(|n| (0.0..=100.0).contains(&n)), "must be a number from 0 to 100")
            }
            Self::MomentOrTruth => (value.is_boolean() || is_moment(), "must be true, false or an RFC 3339 time"),
            Self::Object => (value.is_object(), "must be an object"),
        };
        (!holds).then_some(rule)
    }
}

fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    text.len() <= 254
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}
