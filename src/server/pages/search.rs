//! One field that finds whatever has a page.

use axum::response::Response;

use super::buttons::see_other;
use super::parts::segment;
use super::viewer::{FormFields, Viewer};
use crate::server::admin::lists::{event_of, find_event};
use crate::server::response::Problem;
use crate::store::{DeliveryFilter, DeliveryId, Page, Result as Stored, Store};

/// `GET /search`: leads to the event, delivery, endpoint or resource of that name, else to the failures whose error says so.
pub(in crate::server) async fn find(viewer: Viewer) -> Result<Response, Problem> {
    let Some(what) = viewer.pairs.get("q").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
        return Ok(see_other("/deliveries"));
    };
    if what.chars().count() > 256 {
        return Err(Problem::field("q", "must have at most 256 characters"));
    }
    let found = viewer.app.read(move |store| place_of(store, &what)).await?;
    Ok(see_other(&found))
}

fn place_of(store: &dyn Store, what: &str) -> Stored<String> {
    if let Some(event) = find_event(store, what)? {
        return Ok(format!("/events/{}", segment(event.row.id.as_str())));
    }
    if let Ok(number) = what.parse()
        && event_of(store, DeliveryId(number))?.is_some()
    {
        return Ok(format!("/deliveries/{number}"));
    }
    if store.endpoints().wait()?.iter().any(|endpoint| endpoint.name == what) {
        return Ok(format!("/endpoints/{}", segment(what)));
    }
    let filtered = |name: &str| FormFields::default().with(name, Some(what.to_owned())).address("/deliveries");
    let of_resource = DeliveryFilter { resource_id: Some(what.to_owned()), ..DeliveryFilter::default() };
    let first = Page { limit: 1, number: 1, oldest_first: false };
    match store.deliveries(&of_resource, first).wait()?.rows.is_empty() {
        false => Ok(filtered("resource")),
        true => Ok(filtered("error")),
    }
}
