//! Runs of workers, and what each run did.

use axum::response::Response;
use maud::{Markup, html};

use super::buttons::button;
use super::frame::Section;
use super::parts::state;
use super::table::Grid;
use super::viewer::Viewer;
use crate::format::count;
use crate::report::{Level, operators};
use crate::server::response::Problem;
use crate::store::OpenRuns;

/// Runs that are shown.
const SHOWN: u64 = 50;

/// `GET /runs`.
pub(in crate::server) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    viewer.query::<super::viewer::NoParameters>()?;
    let ((rows, open), overall) =
        viewer.read(|store| Ok((store.runs(SHOWN).wait()?, store.open_runs().wait()?))).await?;
    let report = operators::runs(&rows);
    let body = html! {
        p { (workers(open)) }
        (button(&viewer.operator, "/process", "Process what is due now"))
        (Grid::new(&report.tables[0], "Runs").or("No worker has run yet.", viewer.now()))
    };
    Ok(viewer.page(Section::Runs, "Runs", &overall, &body))
}

/// How many workers there are.
pub(super) fn workers(open: OpenRuns) -> Markup {
    let many = |number: u64, what: &str| count(usize::try_from(number).unwrap_or(usize::MAX), what);
    html! {
        @if open.alive > 0 { (state(Level::Good, &format!("{} at work", many(open.alive, "worker")))) }
        @else { (state(Level::Warning, "no worker is running")) }
        @if open.dead > 0 { " " (state(Level::Bad, &format!("{} died; the next run releases their claims", many(open.dead, "worker")))) }
    }
}
