//! The audit log: what was sent, what arrived, and what operators did.

use axum::response::Response;
use maud::html;

use super::frame::Section;
use super::parts::segment;
use super::received::pages;
use super::table::Grid;
use super::viewer::Viewer;
use crate::report::audit::{self, AuditEntry};
use crate::server::admin::lists::audit_entries;
use crate::server::queries::AuditQuery;
use crate::server::response::Problem;

/// `GET /audit`.
pub(in crate::server) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    let query: AuditQuery = viewer.query()?;
    let (listed, _) = audit_entries(&viewer.app, &query).await?;
    let ((), overall) = viewer.read(|_| Ok(())).await?;
    let page = query.page();
    let report = audit::audit(&listed, page);
    let opens = |at: usize| match listed.rows.get(at)? {
        AuditEntry::Outbound(row) => Some(format!("/deliveries/{}", row.attempt.delivery.0)),
        AuditEntry::Inbound(row) => row.request.map(|id| format!("/requests/{id}")),
        AuditEntry::Operator(row) => {
            row.target.strip_prefix("delivery ").map(|id| format!("/deliveries/{}", segment(id)))
        }
    };
    let tabs =
        [("All", None), ("Sent", Some("outbound")), ("Received", Some("inbound")), ("Operators", Some("operator"))];
    let body = html! {
        nav.tabs aria-label="Which" {
            @for (name, value) in tabs {
                a href=(viewer.pairs.with("direction", value.map(ToOwned::to_owned)).with("page", None).address("/audit"))
                    aria-current=[(viewer.pairs.get("direction") == value).then_some("true")] { (name) }
            }
        }
        (Grid::new(&report.tables[0], "Audit log").opening(&opens).or("No attempts and no received webhooks.", viewer.now()))
        (pages(&viewer, &listed, page))
    };
    Ok(viewer.page(Section::Audit, "Audit", &overall, &body))
}
