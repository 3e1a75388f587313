//! Which page answers which address.

use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

use super::{
    alerts, audit, configuration, deliveries, endpoints, event, events, forms, live, overview, plan, received, records,
    runs, search,
};
use crate::server::state::App;

/// The pages and what their forms do, for those who are signed in.
pub(in crate::server) fn pages() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(overview::show))
        .route("/changes", get(live::changes))
        .route("/endpoints", get(endpoints::list))
        .route("/endpoints/{id}", get(endpoints::one))
        .route("/endpoints/{id}/pause", post(forms::pause))
        .route("/endpoints/{id}/resume", post(forms::resume))
        .route("/endpoints/{id}/test", post(forms::test))
        .route("/deliveries", get(deliveries::list))
        .route("/deliveries/{id}", get(deliveries::one))
        .route("/deliveries/{id}/replay", post(forms::replay_delivery))
        .route("/deliveries/{id}/give-up", post(forms::give_up_delivery))
        .route("/failures", get(deliveries::failures))
        .route("/failures/clusters/{id}/acknowledge", post(forms::acknowledge))
        .route("/plan", get(plan::show).post(forms::apply_plan))
        .route("/events", get(events::list))
        .route("/events/{id}", get(event::one))
        .route("/events/{id}/replay", post(forms::replay_event))
        .route("/events/{id}/verify", post(event::verify))
        .route("/received", get(received::list))
        .route("/requests/{id}", get(received::one))
        .route("/requests/{id}/replay", post(forms::replay_request))
        .route("/records", get(records::list))
        .route("/records/{id}", get(records::one))
        .route("/audit", get(audit::list))
        .route("/alerts", get(alerts::list))
        .route("/runs", get(runs::list))
        .route("/process", post(forms::process))
        .route("/configuration", get(configuration::show))
        .route("/sessions/{id}/end", post(forms::end_session))
        .route("/search", get(search::find))
}
