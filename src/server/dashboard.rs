//! The dashboard: one page with what an operator looks for first. It loads itself again and needs nothing but HTML.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::answer::Problem;
use super::extract::{Number, Query};
use super::html::{Foreign, figures, page, table, time_element};
use super::state::App;
use crate::clock::Timestamp;
use crate::report::dashboard::{Dashboard, Part, dashboard};
use crate::service::figures;

/// Seconds between two loads: 15 unless the query says otherwise, 0 for a page that stays.
type Refresh = Number<0, 3_600, 15>;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DashboardQuery {
    refresh: Refresh,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(query): Query<DashboardQuery>,
) -> Result<Response, Problem> {
    let (now, settings) = (app.now(), app.settings());
    let read = app.read(move |store| figures::dashboard_figures(store, now)).await?;
    let state = dashboard(&read, &settings.limits, &settings.ages, now);
    let title = if state.healthy { "syncctl: healthy" } else { "syncctl: unhealthy" };
    let refresh = Some(query.refresh.0).filter(|seconds| *seconds > 0);
    Ok(page(StatusCode::OK, title, refresh, &body(&state, refresh, now)))
}

fn body(state: &Dashboard, refresh: Option<u64>, now: Timestamp) -> Markup {
    let (class, word) = if state.healthy { ("good", "Healthy") } else { ("bad", "Unhealthy") };
    let why = state.message.split_once(": ").map_or(state.message.as_str(), |(_, why)| why);
    html! {
        header {
            h1 { "syncctl " small { (env!("CARGO_PKG_VERSION")) } }
            p.quiet { "as of " (time_element(now, &now.to_string())) ", " (refreshing(refresh)) }
            form method="post" action="/logout" { button { "Sign out" } }
        }
        main {
            p.verdict.(class) role="status" { strong { (word) } " " (Foreign(why)) }
            (figures(&state.figures, now))
            @for part in &state.parts { (section(part, now)) }
        }
    }
}

fn refreshing(refresh: Option<u64>) -> Markup {
    html! {
        @match refresh {
            None => a href="/" { "refresh automatically" },
            Some(seconds) => { "refreshed every " (seconds) " s, " a href="/?refresh=0" { "stop refreshing" } },
        }
    }
}

fn section(part: &Part, now: Timestamp) -> Markup {
    html! {
        section {
            h2 { (part.title) }
            @if part.table.rows.is_empty() {
                p.quiet { (part.empty) }
            } @else {
                (table(&part.table, now))
                @if !part.hint.is_empty() { p.quiet.hint { (part.hint) } }
            }
        }
    }
}
