//! The answers about bulk changes of deliveries: the plan, and the result.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use super::deliveries::{DeliveryView, chosen};
use crate::format::count;
use crate::store::{DeliveryId, DeliveryRow, SkipReason};

/// What a change would do to deliveries, to be shown before it is carried out.
#[derive(Debug)]
pub struct Planned<'a> {
    /// The digest that identifies the plan, which a request to apply it repeats.
    pub digest: &'a str,
    /// How many deliveries would be changed.
    pub changes: usize,
    /// The first of them.
    pub first: &'a [DeliveryRow],
    /// How many go to each endpoint.
    pub endpoints: &'a BTreeMap<String, usize>,
    /// Those that would be left alone, and why.
    pub left: &'a [(DeliveryId, SkipReason)],
    /// Deliveries of which a newer event of the same resource was delivered already.
    pub overtaken: &'a [DeliveryId],
    /// Whether more deliveries match than a plan may hold.
    pub cut: bool,
}

/// The JSON answer of a plan.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanView<'a> {
    plan: &'a str,
    would_change: usize,
    left_alone: usize,
    left: Vec<LeftAloneView>,
    endpoints: &'a BTreeMap<String, usize>,
    overtaken: Vec<i64>,
    cut: bool,
    deliveries: Vec<DeliveryView<'a>>,
}

/// A delivery that the change leaves alone, and why.
#[derive(Serialize)]
struct LeftAloneView {
    delivery: i64,
    reason: &'static str,
}

/// The most deliveries that are listed as left alone.
const NAMED: usize = 100;

fn left(all: &[(DeliveryId, SkipReason)]) -> Vec<LeftAloneView> {
    all.iter().take(NAMED).map(|(id, why)| LeftAloneView { delivery: id.0, reason: skip_reason(*why) }).collect()
}

/// Why a delivery is left alone, in words.
pub fn skip_reason(why: SkipReason) -> &'static str {
    match why {
        SkipReason::Unknown => "does not exist",
        SkipReason::Pending => "is already pending",
        SkipReason::Processing => "is being sent at this moment",
        SkipReason::Delivered => "is already delivered",
        SkipReason::Failed => "is already given up",
        SkipReason::Superseded => "was superseded by a newer event",
        SkipReason::Altered => "belongs to an event that is corrupt on the disk",
    }
}

/// What a plan answers.
pub fn planned(plan: &Planned<'_>) -> Report {
    let view = PlanView {
        plan: plan.digest,
        would_change: plan.changes,
        left_alone: plan.left.len(),
        left: left(plan.left),
        endpoints: plan.endpoints,
        overtaken: plan.overtaken.iter().map(|id| id.0).collect(),
        cut: plan.cut,
        deliveries: plan.first.iter().map(DeliveryView::of).collect(),
    };
    let line = format!("would change {}; nothing changed", count(plan.changes, "delivery"));
    Report::new(&view).with_line(line).with_table(chosen(plan.first))
}

/// What a change answers: the deliveries that changed, those that were left alone, and its row in the audit log.
pub fn applied(changed: &[DeliveryId], left_alone: &[(DeliveryId, SkipReason)], action: i64) -> Report {
    /// The JSON answer of a bulk replay or give-up that was carried out.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct AppliedView {
        changed: usize,
        left_alone: usize,
        left: Vec<LeftAloneView>,
        deliveries: Vec<i64>,
        action: i64,
    }
    Report::new(&AppliedView {
        changed: changed.len(),
        left_alone: left_alone.len(),
        left: left(left_alone),
        deliveries: changed.iter().map(|id| id.0).collect(),
        action,
    })
}
