//! What arrived: webhooks that were accepted and refused, and one that was refused and is kept.

use axum::response::Response;
use maud::{Markup, html};

use super::buttons::form_token;
use super::explained;
use super::frame::Section;
use super::parts::{ForeignText, block, time_ago};
use super::table::Grid;
use super::viewer::Viewer;
use crate::inbound;
use crate::report::{Report, audit, stored_requests};
use crate::server::admin::lists::number;
use crate::server::extract::Path;
use crate::server::queries::AuditQuery;
use crate::server::response::Problem;
use crate::store::inbound::{KeptRequest, RequestCopy};
use crate::store::operators::Role;
use crate::store::{Listed, Page};

/// Kept requests that the list shows beside what was received.
const KEPT: Page = Page { limit: 20, number: 1, oldest_first: false };

/// `GET /received`.
pub(in crate::server) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    let query: AuditQuery = viewer.query()?;
    if query.direction.is_some() {
        return Err(Problem::field("direction", "is inbound on this page"));
    }
    let (filter, page, now) = (query.received(viewer.now())?, query.page(), viewer.now());
    let ((listed, requests), overall) = viewer
        .read(move |store| Ok((store.received(&filter, page).wait()?, store.kept_requests(None, KEPT).wait()?)))
        .await?;
    let table = audit::received(&listed.rows);
    let opens = |at: usize| listed.rows.get(at).and_then(|row| row.request).map(|id| format!("/requests/{id}"));
    let kept = stored_requests::list(&requests, KEPT);
    let kept_opens = |at: usize| requests.rows.get(at).map(|row| format!("/requests/{}", row.id));
    let body = html! {
        nav.tabs aria-label="Which" {
            @for (name, value) in [("All", None), ("Accepted", Some("false")), ("Refused", Some("true"))] {
                a href=(viewer.pairs.with("refused", value.map(ToOwned::to_owned)).with("page", None).address("/received"))
                    aria-current=[(viewer.pairs.get("refused") == value).then_some("true")] { (name) }
            }
        }
        (Grid::new(&table, "Received webhooks").opening(&opens).or("No webhooks were received.", now))
        (pages(&viewer, &listed, page))
        h2 { "Refused requests that are kept" }
        p.quiet { "Each is kept for seven days with its body and its headers, except credentials. Open one to see why it was refused, and to accept it." }
        (Grid::new(&kept.tables[0], "Kept requests").opening(&kept_opens).or("No requests are kept.", now))
    };
    Ok(viewer.page(Section::Received, "Received", &overall, &body))
}

/// The way to other pages of a list that has numbers.
pub(super) fn pages<T>(viewer: &Viewer, listed: &Listed<T>, page: Page) -> Markup {
    let last = listed.total.div_ceil(page.limit.max(1)).max(1);
    let address = |number: u64| viewer.pairs.with("page", Some(number.to_string())).address(&viewer.path);
    html! {
        nav.pages aria-label="Pages" {
            span.quiet { "Page " (page.number) " of " (last) ", " (listed.total_text()) " in all" }
            @if listed.searched_to.is_some() { span.quiet { "Only the newest were searched: narrow the list with until." } }
            @if page.number > 1 { a rel="prev" href=(address(page.number - 1)) { "Previous" } }
            @if page.number < last { a rel="next" href=(address(page.number + 1)) { "Next" } }
        }
    }
}

/// `GET /requests/{id}`.
pub(in crate::server) async fn one(viewer: Viewer, Path(id): Path) -> Result<Response, Problem> {
    viewer.query::<super::viewer::NoParameters>()?;
    let id = number(&id, "kept request")?;
    let settings = viewer.app.settings();
    let (found, overall) = viewer
        .read(move |store| {
            let found = store.kept_request(id).wait()?;
            Ok(found.map(|(row, copy)| {
                let (_, verdict) = explained::verdict(&inbound::received(&copy), &settings.candidates, row.at);
                (row, copy, verdict)
            }))
        })
        .await?;
    let (row, copy, verdict) = found.ok_or_else(|| Problem::not_found("kept request"))?;
    let title = format!("Request {id}");
    Ok(viewer.page(Section::Received, &title, &overall, &body(&viewer, &row, &copy, &verdict)))
}

fn body(viewer: &Viewer, row: &KeptRequest, copy: &RequestCopy, verdict: &Report) -> Markup {
    let text = String::from_utf8_lossy(&copy.body);
    html! {
        p {
            "Refused " (time_ago(row.at, viewer.now())) " at " code { (ForeignText(&row.route)) } " from " (ForeignText(&row.source)) ": "
            strong { (ForeignText(&row.reason)) }
        }
        @if let Some(result) = &row.result {
            p { "It was replayed" @if let Some(at) = row.replayed_at { " " (time_ago(at, viewer.now())) } ": " strong { (ForeignText(result)) } }
        }
        h2 { "Why" }
        (explained::shown(verdict))
        @if viewer.operator.may(Role::Operate) {
            h2 { "Accept it" }
            form.actions method="post" action=(format!("/requests/{}/replay", row.id)) {
                (form_token(&viewer.operator))
                button.primary { "Verify again and accept" }
                label { input type="checkbox" name="any_time" value="1"; " with any signature timestamp, because a clock was wrong" }
            }
            p.quiet { "It is verified as of the time it arrived, with the current secrets, and applied once." }
        }
        h2 { "Headers" }
        dl.facts { @for (name, value) in &copy.headers { div { dt { (ForeignText(name)) } dd { (ForeignText(value)) } } } }
        h2 { "Body, " (copy.body.len()) " bytes" }
        (block("body", "The body of the request", &text))
        @if std::str::from_utf8(&copy.body).is_err() {
            details { summary { "The bytes" } (block("bytes", "The bytes of the body in hexadecimal", &hex::encode(&copy.body))) }
        }
    }
}
