//! What is or was wrong, and who was notified.

use axum::response::Response;
use maud::html;

use super::frame::Section;
use super::received::pages;
use super::table::Grid;
use super::viewer::Viewer;
use crate::report::alerts;
use crate::server::admin::lists::AlertsQuery;
use crate::server::response::Problem;

/// `GET /alerts`.
pub(in crate::server) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    let query: AlertsQuery = viewer.query()?;
    let (open, page) = (query.is_open(), query.page());
    let (listed, overall) = viewer.read(move |store| store.incidents(open, page).wait()).await?;
    let tabs = [("All", None), ("Open", Some("true"))];
    let table = alerts::incident_table(&listed.rows);
    let body = html! {
        nav.tabs aria-label="Which" {
            @for (name, value) in tabs {
                a href=(viewer.pairs.with("open", value.map(ToOwned::to_owned)).with("page", None).address("/alerts"))
                    aria-current=[(viewer.pairs.get("open") == value).then_some("true")] { (name) }
            }
        }
        (Grid::new(&table, "Incidents").or("No open incidents.", viewer.now()))
        (pages(&viewer, &listed, page))
    };
    Ok(viewer.page(Section::Alerts, "Alerts", &overall, &body))
}
