//! What the server runs with, secrets masked, and who is signed in.

use axum::response::Response;
use maud::html;

use super::buttons::form_token;
use super::frame::Section;
use super::parts::{ForeignText, time_ago};
use super::table::Grid;
use super::viewer::Viewer;
use crate::server::response::Problem;
use crate::store::operators::Role;

/// `GET /configuration`.
pub(in crate::server) async fn show(viewer: Viewer) -> Result<Response, Problem> {
    viewer.query::<super::viewer::NoParameters>()?;
    let now = viewer.now();
    let (sessions, overall) = viewer.read(move |store| store.sessions(now).wait()).await?;
    let settings = viewer.app.settings();
    let own = viewer.operator.session.as_ref().map(|session| session.id);
    let may_end = |id: i64| own == Some(id) || viewer.operator.may(Role::Admin);
    let body = html! {
        h2 { "Settings" }
        (Grid::new(&settings.configuration, "Settings").or("The configuration of this server is not known.", now))
        h2 { "Open sessions" }
        table role="table" aria-label="Open sessions" {
            thead role="rowgroup" { tr role="row" {
                @for name in ["Operator", "From", "Began", "Ends", ""] { th scope="col" role="columnheader" { @if name.is_empty() { span.unseen { "Action" } } @else { (name) } } }
            } }
            tbody role="rowgroup" {
                @for row in &sessions {
                    tr role="row" {
                        td role="cell" data-label="Operator" { (ForeignText(&row.operator)) @if own == Some(row.id) { " (this one)" } }
                        td role="cell" data-label="From" { (ForeignText(&row.source)) }
                        td role="cell" data-label="Began" { (time_ago(row.began_at, now)) }
                        td role="cell" data-label="Ends" { (time_ago(row.until, now)) }
                        td role="cell" data-label="Action" {
                            @if may_end(row.id) {
                                form.inline method="post" action=(format!("/sessions/{}/end", row.id)) {
                                    (form_token(&viewer.operator))
                                    button aria-label=(format!("End the session of {} that began {}", row.operator, row.began_at)) { "End" }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(viewer.page(Section::Configuration, "Configuration", &overall, &body))
}
