//! A plan of a replay or a give-up: what it would change, and the button that does it.

use axum::response::Response;
use maud::{Markup, html};

use super::buttons::form_token;
use super::frame::Section;
use super::parts::{id, segment};
use super::table::Grid;
use super::viewer::{FormFields, Viewer};
use crate::clock::Timestamp;
use crate::format::count;
use crate::report;
use crate::report::plans::skip_reason;
use crate::server::extract::from_query;
use crate::server::plan::{BulkAction, BulkPlan, MAX_PLANNED, SHOWN, Selection};
use crate::server::queries::DeliveriesQuery;
use crate::server::response::Problem;
use crate::store::DeliveryId;
use crate::store::operators::Role;

/// The query parameters of the page that shows what a bulk action would do.
pub(super) struct PlanQuery {
    pub(super) verb: BulkAction,
    pub(super) selection: Selection,
}

impl PlanQuery {
    /// The names that are no filters.
    const OWN: [&'static str; 5] = ["verb", "include_delivered", "force", "id", "plan"];

    pub(super) fn read(pairs: &FormFields, now: Timestamp) -> Result<Self, Problem> {
        let is_set = |name: &str| pairs.get(name).is_some();
        let verb = match pairs.get("verb").unwrap_or("replay") {
            "replay" => BulkAction::Replay { include_delivered: is_set("include_delivered"), force: is_set("force") },
            "give-up" => BulkAction::GiveUp,
            _ => return Err(Problem::field("verb", "must be replay or give-up")),
        };
        let ids: Result<Vec<_>, _> = pairs.all("id").map(|id| id.parse().map(DeliveryId)).collect();
        let ids = ids.map_err(|_| Problem::field("id", "must be the number of a delivery"))?;
        if !ids.is_empty() {
            return Ok(Self { verb, selection: Selection::Named(ids) });
        }
        let filter = Self::OWN.iter().fold(pairs.clone(), |pairs, name| pairs.with(name, None));
        let query: DeliveriesQuery = from_query(&filter.encoded())?;
        if !query.is_narrowed() {
            return Err(Problem::field("state", "is missing: select deliveries or filter them"));
        }
        Ok(Self { verb, selection: Selection::Matching(Box::new(query.deliveries(now)?), query.cluster()) })
    }
}

/// `GET /plan`.
pub(in crate::server) async fn show(viewer: Viewer) -> Result<Response, Problem> {
    let now = viewer.now();
    let PlanQuery { verb, selection } = PlanQuery::read(&viewer.pairs, now)?;
    let (plan, overall) = viewer.read(move |store| BulkPlan::make(store, verb, &selection)).await?;
    let title = match verb {
        BulkAction::Replay { .. } => "Replay: review the plan",
        BulkAction::GiveUp => "Give up: review the plan",
    };
    Ok(viewer.page(Section::Deliveries, title, &overall, &body(&viewer, verb, &plan, now)))
}

fn body(viewer: &Viewer, verb: BulkAction, plan: &BulkPlan, now: Timestamp) -> Markup {
    let many = count(plan.ids.len(), "delivery");
    let table = report::deliveries::chosen(&plan.first);
    let opens = |at: usize| plan.first.get(at).map(|row| format!("/deliveries/{}", row.id.0));
    let button = match verb {
        BulkAction::Replay { .. } => format!("Replay {many}"),
        BulkAction::GiveUp => format!("Give up {many}"),
    };
    html! {
        p { "Nothing has been changed yet. This would change " strong { (many) } "." }
        @if !plan.endpoints.is_empty() {
            ul { @for (name, deliveries) in &plan.endpoints { li { a href=(format!("/endpoints/{}", segment(name))) { (id(name)) } ": " (deliveries) } } }
        }
        @if plan.cut { p.warning { "More match: a plan holds the oldest " (MAX_PLANNED) ". Create another one afterwards." } }
        @if !plan.overtaken.is_empty() {
            p.warning {
                "A newer event of the same resource was delivered already for " (count(plan.overtaken.len(), "delivery"))
                ", " a href=(format!("/deliveries/{}", plan.overtaken[0].0)) { "delivery " (plan.overtaken[0].0) }
                " among them: a receiver that does not compare timestamps would return to older data."
            }
        }
        @if !plan.left.is_empty() {
            details { summary { "Left alone: " (plan.left.len()) }
                ul { @for (delivery, why) in plan.left.iter().take(100) { li { "Delivery " (delivery.0) " " (skip_reason(*why)) } } }
            }
        }
        @if plan.ids.is_empty() {
            p { "Nothing would change." }
        } @else if viewer.operator.may(Role::Operate) {
            form.actions method="post" action="/plan" {
                (form_token(&viewer.operator))
                @for (name, value) in viewer.pairs.iter() { input type="hidden" name=(name) value=(value); }
                input type="hidden" name="plan" value=(plan.digest);
                button.primary { (button) }
                " " a href="/deliveries" { "Do nothing" }
            }
        } @else {
            p.warning { "Your role can view plans; applying one needs the role operate." }
        }
        h2 { @if plan.ids.len() > SHOWN { "The first " (SHOWN) } @else { "The deliveries" } }
        (Grid::new(&table, "Deliveries of the plan").opening(&opens).or("None.", now))
    }
}
