//! Events: search and filters in the address, cursors.

use axum::response::Response;
use maud::html;

use super::deliveries::{cursor, event_filters};
use super::frame::Section;
use super::parts::segment;
use super::table::Grid;
use super::viewer::Viewer;
use crate::report;
use crate::server::queries::EventsQuery;
use crate::server::response::Problem;

/// `GET /events`.
pub(in crate::server) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    let query: EventsQuery = viewer.query()?;
    let (filter, page) = (query.events(viewer.now())?, query.page());
    let (listed, overall) = viewer.read(move |store| store.events(&filter, page).wait()).await?;
    let report = report::events::list(&listed, page);
    let opens = |at: usize| listed.rows.get(at).map(|row| format!("/events/{}", segment(row.id.as_str())));
    let body = html! {
        form.filters action="/events" aria-label="Filters" {
            (event_filters(&viewer.pairs, "/events"))
        }
        (Grid::new(&report.tables[0], "Events").opening(&opens).or("No event matches.", viewer.now()))
        (cursor(&viewer, &listed, |row| row.seq, page))
    };
    Ok(viewer.page(Section::Events, "Events", &overall, &body))
}
