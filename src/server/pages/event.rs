//! One event: what happened to it in order, each delivery with its attempts, what is sent, and what can be done about it.

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use maud::{Markup, html};
use std::sync::Arc;

use super::buttons::form_token;
use super::explained;
use super::forms::SubmittedForm;
use super::frame::Section;
use super::parts::{ForeignText, SourceText, block, id, segment, state, time_ago, time_exact};
use super::table::Grid;
use super::viewer::{NoParameters, Viewer};
use crate::clock::Timestamp;
use crate::delivery::{Outcome, State as DeliveryState};
use crate::endpoint::{Endpoint, SecretSource};
use crate::event::data_of;
use crate::format::short_duration;
use crate::report::{self, Cell, Level, Report, why};
use crate::request;
use crate::server::admin::lists::find_event;
use crate::server::extract::Path;
use crate::server::response::Problem;
use crate::server::state::App;
use crate::signature::shell_commands::{OutgoingEvent, reproduce};
use crate::store::operators::Role;
use crate::store::{AttemptRow, DeliveryRow, EventDetail};

/// Attempts of one delivery that are shown, the latest.
const SHOWN_ATTEMPTS: usize = 20;
/// The longest payload that a page shows whole.
const SHOWN_BYTES: usize = 24 * 1024;

/// `GET /events/{id}`.
pub(in crate::server) async fn one(viewer: Viewer, Path(name): Path) -> Result<Response, Problem> {
    viewer.query::<NoParameters>()?;
    page(viewer, &name, None).await
}

/// `POST /events/{id}/verify`: what the headers that a receiver saw say of the body that is sent.
pub(in crate::server) async fn verify(
    State(app): State<Arc<App>>,
    Path(name): Path,
    viewer: Viewer,
    form: SubmittedForm,
) -> Result<Response, Problem> {
    let headers = form.pairs.get("headers").unwrap_or_default().to_owned();
    let (wanted, settings) = (name.clone(), app.settings());
    let found = app.read(move |store| find_event(store, &wanted)).await?;
    let detail = found.ok_or_else(|| Problem::not_found("event"))?;
    let lines = headers.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned);
    let lines: Vec<_> = lines.collect();
    let read = |body: Vec<u8>| {
        request::from_lines(lines.clone(), Bytes::from(body))
            .map_err(|error| Problem::field("headers", error.to_string()))
    };
    let sent = read(detail.body)?;
    let whole = detail.whole_body.map(read).transpose()?;
    let now = app.now();
    let verdict = tokio::task::spawn_blocking(move || {
        let verdict = |received| explained::verdict(received, &settings.candidates, now);
        // The headers do not say which of the two bodies they came with.
        whole.as_ref().map(verdict).filter(|(is_valid, _)| *is_valid).unwrap_or_else(|| verdict(&sent))
    });
    let (_, verdict) = verdict.await.map_err(|_| Problem::internal())?;
    page(viewer, &name, Some((headers, verdict))).await
}

async fn page(viewer: Viewer, name: &str, verified: Option<(String, Report)>) -> Result<Response, Problem> {
    let wanted = name.to_owned();
    let ((detail, endpoints), overall) =
        viewer.read(move |store| Ok((find_event(store, &wanted)?, store.endpoints().wait()?))).await?;
    let detail = detail.ok_or_else(|| Problem::not_found("event"))?;
    let shown = EventPage { viewer: &viewer, detail: &detail, endpoints: &endpoints, now: viewer.now() };
    let title = format!("Event {}", detail.row.id);
    Ok(viewer.page(Section::Events, &title, &overall, &shown.body(verified.as_ref())))
}

/// All that the page of one event shows.
struct EventPage<'a> {
    viewer: &'a Viewer,
    detail: &'a EventDetail,
    endpoints: &'a [Endpoint],
    now: Timestamp,
}

impl EventPage<'_> {
    fn body(&self, verified: Option<&(String, Report)>) -> Markup {
        let row = &self.detail.row;
        let why = why::event(self.detail, self.endpoints, self.now);
        html! {
            dl.facts {
                div { dt { "Type" } dd { (ForeignText(&row.event_type)) } }
                div { dt { "Resource" } dd { a href=(format!("/deliveries?resource={}", segment(&row.resource.id))) { (ForeignText(&row.resource.kind)) "/" (id(&row.resource.id)) } } }
                div { dt { "Happened" } dd { (time_exact(row.timestamp)) } }
                div { dt { "Emitted" } dd { (time_ago(row.created_at, self.now)) ", as number " (row.seq) } }
            }
            (self.actions())
            @if self.detail.deliveries.is_empty() { p { "No endpoint subscribed to it when it was emitted, so it has no deliveries." } }
            h2 { "What happened" }
            @for table in &why.tables { (Grid::new(table, "Timeline").or("", self.now)) }
            @for (line, is_first) in not_sent(&why) { @if is_first { h3 { "Not sent to" } } p { (ForeignText(&line)) } }
            @for delivery in &self.detail.deliveries { (self.delivery(delivery, &why)) }
            h2 { "Payload" }
            (self.payload())
            h2 { "Send it by hand" }
            (self.by_hand())
            h2 #verify { "Verify what was sent" }
            (self.verify(verified))
        }
    }

    fn actions(&self) -> Markup {
        let may = self.viewer.operator.may(Role::Operate);
        let path = format!("/events/{}", segment(self.detail.row.id.as_str()));
        html! {
            @if may {
                div.actions {
                    form.inline method="post" action=(format!("{path}/replay")) {
                        (form_token(&self.viewer.operator))
                        button data-key="r" { "Replay" }
                    }
                    span.quiet { "to those that failed, or to all if none did" }
                }
            }
        }
    }

    /// One delivery: why it is in this state, what can be done, and its attempts.
    fn delivery(&self, row: &DeliveryRow, why: &Report) -> Markup {
        let attempts: Vec<&AttemptRow> = self.detail.attempts.iter().filter(|it| it.delivery == row.id).collect();
        let skipped = attempts.len().saturating_sub(SHOWN_ATTEMPTS);
        let path = format!("/deliveries/{}", row.id.0);
        html! {
            section.delivery #(format!("delivery-{}", row.id.0)) {
                h2 { "To " a href=(format!("/endpoints/{}", segment(&row.endpoint))) { (id(&row.endpoint)) } ", delivery " (row.id.0) }
                p { (delivery_state(row)) " " @if let Some(line) = explanation(why, row) { (ForeignText(line)) } }
                @if self.viewer.operator.may(Role::Operate) {
                    div.actions {
                        form.inline method="post" action=(format!("{path}/replay")) {
                            (form_token(&self.viewer.operator))
                            @match row.state {
                                DeliveryState::Delivered | DeliveryState::Superseded => { input type="hidden" name="include_delivered" value="1"; button { "Deliver again" } }
                                DeliveryState::Pending | DeliveryState::Held => { input type="hidden" name="force" value="1"; button { "Try now" } }
                                DeliveryState::Failed => { button { "Replay" } }
                                DeliveryState::Processing => {}
                            }
                        }
                        @if matches!(row.state, DeliveryState::Pending | DeliveryState::Held) {
                            form.inline method="post" action=(format!("{path}/give-up")) { (form_token(&self.viewer.operator)) button { "Give up" } }
                        }
                    }
                }
                @if skipped > 0 { p.quiet { (skipped) " earlier attempts are not shown." } }
                @for attempt in attempts.iter().skip(skipped) { (self.attempt(attempt)) }
            }
        }
    }

    /// One attempt: what was sent and what came back. The signature of then is not kept, because it would be valid still.
    fn attempt(&self, attempt: &AttemptRow) -> Markup {
        let response = String::from_utf8_lossy(&attempt.response);
        html! {
            details.attempt {
                summary {
                    "Attempt " (attempt.number) ": " (outcome(attempt)) " " (ForeignText(&attempt.detail))
                    span.quiet { ", " (attempt.trigger.name()) ", " (short_duration(attempt.took)) ", " (time_ago(attempt.started_at, self.now)) }
                }
                h3 { "Request" }
                dl.facts {
                    @for (name, value) in self.request_headers(attempt) { div { dt { (name) } dd { (ForeignText(&value)) } } }
                }
                h3 { "Response" }
                @if response.is_empty() { p.quiet { "No response body was kept." } }
                @else { pre tabindex="0" aria-label="The beginning of the response" { (SourceText(&response)) } }
            }
        }
    }

    fn request_headers(&self, attempt: &AttemptRow) -> Vec<(&'static str, String)> {
        let (row, seconds) = (&self.detail.row, attempt.started_at.as_seconds());
        let url = self.endpoints.iter().find(|it| it.name == attempt.endpoint).map(|it| it.url.as_str().to_owned());
        let mut headers: Vec<_> = url.into_iter().map(|url| ("POST", url)).collect();
        headers.extend([
            ("content-type", "application/json".to_owned()),
            ("user-agent", concat!("syncctl/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("x-sync-event-id", row.id.to_string()),
            ("x-sync-event-type", row.event_type.clone()),
            ("x-sync-attempt", attempt.number.to_string()),
            ("x-sync-trigger", attempt.trigger.name().to_owned()),
            ("webhook-id", row.id.to_string()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", "not shown".to_owned()),
            ("x-webhook-signature", "not shown".to_owned()),
        ]);
        headers
    }

    /// The data so that it can be read, and the bytes that are signed and sent.
    fn payload(&self) -> Markup {
        let body = String::from_utf8_lossy(&self.detail.body);
        let value: Option<serde_json::Value> =
            data_of(&self.detail.body).and_then(|data| serde_json::from_str(data).ok());
        let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_default();
        let (pretty, pretty_cut) = cut(&pretty);
        let (raw, raw_cut) = cut(&body);
        html! {
            (block("data", "The data, indented", pretty))
            @if pretty_cut || raw_cut { p.quiet { "Only the first " (SHOWN_BYTES / 1024) " KiB are shown: GET /api/events/{id} returns all of it." } }
            details { summary { "The " (self.detail.body.len()) " bytes that are signed and sent" } (block("sent", "The body that is sent", raw)) }
            @if let Some(whole) = &self.detail.whole_body {
                @let text = String::from_utf8_lossy(whole);
                @let (text, is_cut) = cut(&text);
                details {
                    summary { "The " (whole.len()) " bytes that are sent to endpoints with payload = full" }
                    (block("sent-whole", "The body with the whole record", text))
                    @if is_cut { p.quiet { "Only the first " (SHOWN_BYTES / 1024) " KiB are shown." } }
                }
            }
        }
    }

    /// Lines for a shell that sign and send it.
    fn by_hand(&self) -> Markup {
        let row = &self.detail.row;
        let lines = |delivery: &DeliveryRow| {
            let endpoint = self.endpoints.iter().find(|endpoint| endpoint.name == delivery.endpoint)?;
            let variable = match &endpoint.settings.secret {
                SecretSource::Env(name) => name.as_str(),
                SecretSource::Shared | SecretSource::File(_) => "WEBHOOK_SECRET",
            };
            let (url, body) = (endpoint.url.as_str(), self.detail.body_for(&endpoint.name));
            let event = OutgoingEvent { url, id: row.id.as_str(), event_type: &row.event_type, body };
            Some((delivery.id.0, endpoint.name.as_str(), reproduce(&event, variable)))
        };
        let all: Vec<_> = self.detail.deliveries.iter().filter_map(lines).take(5).collect();
        html! {
            @if all.is_empty() { p.quiet { "There is no endpoint to send it to." } }
            @for (delivery, name, text) in &all {
                @let (text, is_cut) = cut(text);
                details {
                    summary { "As curl, to " (id(name)) }
                    @if is_cut { p { "It is too long for a page: `syncctl events reproduce` prints it." } }
                    @else { (block(&format!("curl-{delivery}"), "Shell commands that sign and send it", text)) }
                }
            }
        }
    }

    fn verify(&self, verified: Option<&(String, Report)>) -> Markup {
        let given = verified.map_or("", |(headers, _)| headers.as_str());
        html! {
            @if let Some((_, verdict)) = verified { (explained::shown(verdict)) }
            form.verify method="post" action=(format!("/events/{}/verify#verify", segment(self.detail.row.id.as_str()))) {
                (form_token(&self.viewer.operator))
                label for="headers" { "The headers that the receiver saw, one per line" }
                textarea #headers name="headers" rows="4" maxlength="16384" placeholder="webhook-id: …" required { (SourceText(given)) }
                button { "Verify against the body above" }
            }
        }
    }
}

/// What fits on a page, and whether something is missing.
fn cut(text: &str) -> (&str, bool) {
    if text.len() <= SHOWN_BYTES {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(SHOWN_BYTES)], true)
}

fn outcome(attempt: &AttemptRow) -> Markup {
    let level = match attempt.outcome {
        Outcome::Delivered { .. } => Level::Good,
        Outcome::Interrupted => Level::Warning,
        Outcome::Rejected { .. } | Outcome::Unreachable | Outcome::Refused | Outcome::TimedOut => Level::Bad,
    };
    state(level, attempt.outcome.name())
}

/// Where a delivery stands, as lists say it.
fn delivery_state(row: &DeliveryRow) -> Markup {
    match report::deliveries::state_cell(row) {
        Cell::Level(level, text) => state(level, &text),
        _ => html! {},
    }
}

/// What `why` says of one delivery.
fn explanation<'a>(why: &'a Report, row: &DeliveryRow) -> Option<&'a str> {
    let mark = format!("(delivery {}): ", row.id.0);
    why.lines.iter().find_map(|line| line.split_once(mark.as_str()).map(|(_, text)| text))
}

/// The endpoints that it was not sent to, each with why.
fn not_sent(why: &Report) -> Vec<(String, bool)> {
    let lines = why.lines.iter().filter(|line| line.contains(": not sent, "));
    lines.enumerate().map(|(at, line)| (line.replace(": not sent, ", ": "), at == 0)).collect()
}
