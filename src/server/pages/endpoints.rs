//! Endpoints: how each does, and one of them with what can be done about it.

use std::time::Duration;

use axum::response::Response;
use maud::{Markup, html};

use super::buttons::button;
use super::frame::Section;
use super::parts::{ForeignText, lines, segment, state};
use super::table::{Grid, facts};
use super::viewer::Viewer;
use crate::clock::Timestamp;
use crate::report::last_hour::LastHour;
use crate::report::{self, Report, endpoint_condition, endpoint_detail, why};
use crate::server::extract::Path;
use crate::server::response::Problem;
use crate::store::operators::Role;
use crate::store::{Activity, AttemptFilter, AttemptTotals, EndpointFigures, Listed, LoggedAttempt, Page};

/// The window that endpoints are judged by.
pub(super) const WINDOW: Duration = Duration::from_hours(1);
/// The last answers of an endpoint that are shown.
const LAST_ANSWERS: Page = Page { limit: 20, number: 1, oldest_first: false };

/// `GET /endpoints`.
pub(in crate::server) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    viewer.query::<super::viewer::NoParameters>()?;
    let (now, ages) = (viewer.now(), viewer.app.settings().ages);
    let since = now.minus(WINDOW);
    let ((rates, activity), overall) =
        viewer.read(move |store| Ok((store.rates(since).wait()?, store.activity(since).wait()?))).await?;
    let table = endpoint_condition::table(&overall.figures.endpoints, &rates, &activity.latencies, &ages, now);
    let empty = "No endpoint is known: set SYNC_WEBHOOK_URLS, or [[endpoints]] in the configuration.";
    let body = html! {
        (Grid::new(&table, "Endpoints").or(empty, now))
        p.quiet { "Success and latencies are those of the last hour, latencies of the latest attempts." }
    };
    Ok(viewer.page(Section::Endpoints, "Endpoints", &overall, &body))
}

/// `GET /endpoints/{id}`.
pub(in crate::server) async fn one(viewer: Viewer, Path(name): Path) -> Result<Response, Problem> {
    viewer.query::<super::viewer::NoParameters>()?;
    let now = viewer.now();
    let since = now.minus(WINDOW);
    let filter = AttemptFilter { endpoint: Some(name.clone()), ..AttemptFilter::default() };
    let ((rates, activity, answers), overall) = viewer
        .read(move |store| {
            let answers = store.attempts(&filter, LAST_ANSWERS).wait()?;
            Ok((store.rates(since).wait()?, store.activity(since).wait()?, answers))
        })
        .await?;
    let found = overall.figures.endpoints.iter().find(|row| row.endpoint.name == name);
    let figures = found.ok_or_else(|| Problem::not_found("endpoint"))?;
    let body = body(&viewer, figures, (&rates, &activity), &answers, now);
    Ok(viewer.page(Section::Endpoints, &name, &overall, &body))
}

fn body(
    viewer: &Viewer,
    figures: &EndpointFigures,
    (rates, activity): (&[AttemptTotals], &Activity),
    answers: &Listed<LoggedAttempt>,
    now: Timestamp,
) -> Markup {
    let endpoint = &figures.endpoint;
    let name = endpoint.name.as_str();
    let attempts = endpoint_condition::attempts_of(rates, name);
    let (level, words) = endpoint_condition::condition(figures, attempts, now);
    let one = std::slice::from_ref(figures);
    let table = endpoint_condition::table(one, rates, &activity.latencies, &viewer.app.settings().ages, now);
    let last_hour = LastHour::of(name, rates, &activity.latencies);
    let settings = endpoint_detail::endpoint(figures, &last_hour, now);
    let answered = report::attempts::list(answers, LAST_ANSWERS);
    let opens = |at: usize| answers.rows.get(at).map(|row| format!("/events/{}", segment(row.event.id.as_str())));
    html! {
        p.verdict { (state(level, &words)) " " span.quiet { (ForeignText(endpoint.url.as_str())) } }
        (actions(viewer, figures))
        (Grid::new(&table, "The last hour").or("", now))
        h2 { "Why it is in this state" }
        (lines(&why_lines(&why::endpoint(figures, now))))
        h2 { "Last answers" }
        (Grid::new(&answered.tables[0], "Last answers").opening(&opens).or("No attempts yet.", now))
        h2 { "Settings" }
        (facts(&settings.tables[0], now))
    }
}

/// The explanation without the commands, in whose place this page has buttons.
fn why_lines(report: &Report) -> Vec<String> {
    report.lines.iter().filter(|line| !line.trim_start().starts_with('`')).cloned().collect()
}

/// What can be done about an endpoint.
fn actions(viewer: &Viewer, figures: &EndpointFigures) -> Markup {
    let (operator, endpoint) = (&viewer.operator, &figures.endpoint);
    let path = format!("/endpoints/{}", segment(&endpoint.name));
    let plan = format!("/plan?verb=replay&state=failed&endpoint={}", segment(&endpoint.name));
    html! {
        @if operator.may(Role::Operate) {
            div.actions {
                @if endpoint.paused_by.is_some() || endpoint.circuit.open.is_some() {
                    (button(operator, &format!("{path}/resume"), "Resume"))
                }
                @if endpoint.paused_by.is_none() { (button(operator, &format!("{path}/pause"), "Pause")) }
                (button(operator, &format!("{path}/test"), "Send a test event"))
                @if figures.counts.failed > 0 { a.button href=(plan) { "Replay its " (figures.counts.failed) " failed…" } }
            }
        }
        p {
            a href=(format!("/deliveries?endpoint={}", segment(&endpoint.name))) { "Its deliveries" } ", "
            a href=(format!("/failures?endpoint={}", segment(&endpoint.name))) { "its failures" }
        }
    }
}
