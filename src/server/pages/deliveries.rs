//! Deliveries and failures: search and filters in the address, cursors, and a choice of rows that leads to a plan.

use axum::response::Response;
use maud::{Markup, html};

use super::buttons::{button, see_other};
use super::causes::Causes;
use super::frame::Section;
use super::parts::{ForeignText, segment};
use super::table::Grid;
use super::viewer::{FormFields, Viewer};
use crate::delivery::State;
use crate::monitor::{self, STATS_WINDOW};
use crate::report::{self, Report, health};
use crate::server::admin::lists::{event_of, number, page_of};
use crate::server::extract::Path;
use crate::server::queries::DeliveriesQuery;
use crate::server::response::Problem;
use crate::store::operators::Role;
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, Listed, Page};

/// `GET /deliveries`.
pub(in crate::server) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    let (query, filter) = asked(&viewer)?;
    let (page, cluster) = (query.page(), query.cluster());
    let (listed, overall) = viewer.read(move |store| page_of(store, &filter, cluster.as_ref(), page)).await?;
    let report = report::deliveries::list(&listed, page);
    let body = html! {
        (filters(&viewer.pairs, "/deliveries", true))
        (rows(&viewer, &listed, &report, page, "id"))
    };
    Ok(viewer.page(Section::Deliveries, "Deliveries", &overall, &body))
}

/// `GET /failures`.
pub(in crate::server) async fn failures(viewer: Viewer) -> Result<Response, Problem> {
    let (query, filter) = asked(&viewer)?;
    let (page, now, cluster) = (query.page(), viewer.now(), query.cluster());
    let filter = DeliveryFilter { troubled: true, ..filter };
    let since = now.minus(STATS_WINDOW);
    let of_cluster = cluster.clone();
    let ((listed, rates, causes), overall) = viewer
        .read(move |store| {
            let listed = page_of(store, &filter, of_cluster.as_ref(), page)?;
            Ok((listed, store.rates(since).wait()?, Causes::read(store)?))
        })
        .await?;
    let stats = monitor::failure_stats(&overall.figures, &rates, since);
    let stats = health::failure_stats(&stats, now);
    let report = report::failures::list(&listed, page);
    let by = Grid::new(&stats.tables[0], "Failed attempts by type, resource type and endpoint");
    let body = html! {
        p { @for line in &stats.lines { (ForeignText(line)) } }
        details { summary { "By type, resource type and endpoint" } (by.or("Nothing failed.", now)) }
        section { h2 { "By cause" } (causes.show(now)) }
        @if let Some(cluster) = &cluster {
            h2 { "Failures of " (cluster) }
            p.actions {
                (button(&viewer.operator, &format!("/failures/clusters/{cluster}/acknowledge"), "Acknowledge"))
                a href="/failures" { "All failures" }
            }
        }
        (filters(&viewer.pairs, "/failures", false))
        (rows(&viewer, &listed, &report, page, "delivery"))
    };
    Ok(viewer.page(Section::Failures, "Failures", &overall, &body))
}

/// `GET /deliveries/{id}`: the part of its event's page that is about it.
pub(in crate::server) async fn one(viewer: Viewer, Path(id): Path) -> Result<Response, Problem> {
    let id = number(&id, "delivery")?;
    let found = viewer.app.read(move |store| event_of(store, DeliveryId(id))).await?;
    let event = found.ok_or_else(|| Problem::not_found("delivery"))?.row.id;
    let action = viewer.action().map_or_else(String::new, |action| format!("?action={action}"));
    Ok(see_other(&format!("/events/{}{action}#delivery-{id}", segment(event.as_str()))))
}

fn asked(viewer: &Viewer) -> Result<(DeliveriesQuery, DeliveryFilter), Problem> {
    let query: DeliveriesQuery = viewer.query()?;
    let filter = query.deliveries(viewer.now())?;
    Ok((query, filter))
}

fn rows(viewer: &Viewer, listed: &Listed<DeliveryRow>, report: &Report, page: Page, number: &'static str) -> Markup {
    let opens = |at: usize| {
        listed.rows.get(at).map(|row| format!("/events/{}#delivery-{}", segment(row.event.id.as_str()), row.id.0))
    };
    let may = viewer.operator.may(Role::Operate);
    let grid = Grid::new(&report.tables[0], "Deliveries").opening(&opens);
    let grid = if may { grid.chosen_by(number) } else { grid };
    let is_filtered = ["state", "endpoint", "type", "resource", "status", "error", "cluster", "since", "until"];
    let is_filtered = is_filtered.iter().any(|name| viewer.pairs.get(name).is_some());
    let whole = viewer.pairs.with("after", None).with("page", None).with("limit", None).with("sort", None);
    html! {
        (grid.or("Nothing matches.", viewer.now()))
        @if may && !listed.rows.is_empty() {
            form.actions #choice action="/plan" {
                span { "With those chosen: " }
                button name="verb" value="replay" { "Replay…" }
                button name="verb" value="give-up" { "Give up…" }
                label { input type="checkbox" name="include_delivered" value="1"; " also those delivered" }
                label { input type="checkbox" name="force" value="1"; " also those pending" }
            }
            @if is_filtered {
                p.actions {
                    "With all " (listed.total_text()) " that match: "
                    a href=(whole.with("verb", Some("replay".to_owned())).address("/plan")) { "plan a replay" } ", "
                    a href=(whole.with("verb", Some("give-up".to_owned())).address("/plan")) { "plan to give up" }
                }
            }
        }
        (cursor(viewer, listed, |row| row.id.0, page))
    }
}

/// The way to the next rows and back to the first.
pub(super) fn cursor<T>(viewer: &Viewer, listed: &Listed<T>, number: impl Fn(&T) -> i64, page: Page) -> Markup {
    let shown = listed.rows.len() as u64;
    let has_more = (listed.total > shown || !listed.is_exact) && shown == page.limit;
    let next = listed.searched_to.or(listed.rows.last().map(number).filter(|_| has_more));
    let address =
        |after: Option<i64>| viewer.pairs.with("after", after.map(|after| after.to_string())).address(&viewer.path);
    html! {
        nav.pages aria-label="Pages" {
            span.quiet { (shown) " of " (listed.total_text()) @if viewer.pairs.get("after").is_some() { " that follow" } }
            @if viewer.pairs.get("after").is_some() { a href=(address(None)) { "First" } }
            @if let Some(to) = listed.searched_to { span.quiet { "Searched as far as number " (to) "." } }
            @if next.is_some() { a rel="next" href=(address(next)) { @if listed.searched_to.is_some() { "Look further" } @else { "Next" } } }
        }
    }
}

/// The filters as a form that writes them into the address.
fn filters(pairs: &FormFields, path: &str, has_states: bool) -> Markup {
    html! {
        form.filters action=(path) aria-label="Filters" {
            @if has_states {
                label { "State"
                    select name="state" {
                        option value="" { "any" }
                        @for state in State::ALL {
                            option value=(state.name()) selected[pairs.get("state") == Some(state.name())] { (state.name()) }
                        }
                    }
                }
            }
            (filter_field(pairs, "endpoint", "Endpoint", "name"))
            (event_filters(pairs, path))
        }
    }
}

/// The filters that lists of events and of deliveries share, and the buttons that apply and clear all of them.
pub(super) fn event_filters(pairs: &FormFields, path: &str) -> Markup {
    html! {
        (filter_field(pairs, "type", "Type", "user.*"))
        (filter_field(pairs, "resource", "Resource", "id"))
        (filter_field(pairs, "status", "Status", "503"))
        (filter_field(pairs, "error", "Error", "text"))
        (filter_field(pairs, "since", "Since", "2h"))
        (filter_field(pairs, "until", "Until", "1h"))
        button { "Filter" }
        a href=(path) { "All" }
    }
}

/// A text field with the current value of the filter `name`, and an example of one.
fn filter_field(pairs: &FormFields, name: &'static str, label: &str, example: &str) -> Markup {
    html! { label { (label) input name=(name) value=[pairs.get(name)] placeholder=(example) maxlength="256"; } }
}
