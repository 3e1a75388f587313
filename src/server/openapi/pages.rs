//! What the OpenAPI document says of pages and of what their forms do.

use super::operations::{
    AFTER, DELIVERIES, DIRECTION, ERROR, FILTER, FORM, LIMIT, OPEN, Operation, PAGE, QueryParameter, REFUSED, RESOURCE,
    SEARCH, SINCE, SORT, STATUS, TYPE, UNTIL, operation,
};

const REFRESH: QueryParameter = ("refresh", r#"{"type":"integer","minimum":0,"maximum":3600,"default":15}"#, false);
const WINDOW: QueryParameter = ("window", r#"{"type":"string","enum":["hour","day"],"default":"hour"}"#, false);
const KIND: &str = r#"{"type":"string","enum":["enrollment","user","progress"]}"#;
const VERB: QueryParameter = ("verb", r#"{"type":"string","enum":["replay","give-up"],"default":"replay"}"#, false);
const ID: QueryParameter = ("id", r#"{"type":"integer","minimum":1}"#, false);

const fn page(path: &'static str, summary: &'static str) -> Operation {
    operation("GET", path, summary).operate().page()
}

/// What a button does; it leads to a page that says what came of it.
const fn form(path: &'static str, summary: &'static str) -> Operation {
    operation("POST", path, summary).operate().takes("Form", FORM).answers(&[303, 404, 408, 409, 413, 503]).page()
}

/// The pages, and their forms.
pub(super) static PAGES: &[Operation] = &[
    page("/", "The dashboard").query(&[REFRESH, WINDOW]),
    page("/endpoints", "The endpoints"),
    page("/endpoints/{id}", "One endpoint").answers(&[200, 404]),
    form("/endpoints/{id}/pause", "Pause an endpoint and hold its deliveries"),
    form("/endpoints/{id}/resume", "Resume an endpoint: end its pause and close its circuit"),
    form("/endpoints/{id}/test", "Send one signed test event"),
    page("/deliveries", "Deliveries").query(DELIVERIES),
    page("/deliveries/{id}", "The event of a delivery").answers(&[303, 404]),
    form("/deliveries/{id}/replay", "Deliver again"),
    form("/deliveries/{id}/give-up", "Give a delivery up"),
    page("/failures", "Deliveries with a failed attempt").query(DELIVERIES),
    form("/failures/clusters/{id}/acknowledge", "Acknowledge a cluster of failures"),
    page("/plan", "What a replay or a give-up would change").query(&[VERB, ID]),
    form("/plan", "Apply a plan"),
    page("/events", "Events").query(&[TYPE, RESOURCE, STATUS, ERROR, SINCE, UNTIL, AFTER, PAGE, LIMIT, SORT]),
    page("/events/{id}", "One event").answers(&[200, 404]),
    form("/events/{id}/replay", "Deliver an event again"),
    form("/events/{id}/verify", "Verify the headers that a receiver saw").answers(&[200, 404, 408, 413, 503]),
    page("/received", "Received webhooks").query(&[REFUSED, TYPE, RESOURCE, SINCE, UNTIL, PAGE, LIMIT, SORT]),
    page("/requests/{id}", "A refused webhook that is kept").answers(&[200, 404]),
    form("/requests/{id}/replay", "Verify a kept request again and apply it if it is valid"),
    page("/records", "Records").query(&[("kind", KIND, false), SEARCH, AFTER, PAGE, LIMIT]),
    page("/records/{id}", "One record").query(&[("kind", KIND, true)]).answers(&[200, 404]),
    page("/audit", "The audit log").query(&[DIRECTION, REFUSED, TYPE, RESOURCE, SINCE, UNTIL, PAGE, LIMIT]),
    page("/alerts", "Incidents and the recipients that were notified").query(&[OPEN, PAGE, LIMIT]),
    page("/runs", "Runs of workers"),
    form("/process", "Run the queue once"),
    page("/configuration", "The settings, secrets masked, and the open sessions"),
    form("/sessions/{id}/end", "End a session"),
    page("/search", "Find an event, delivery, endpoint, resource or error")
        .query(&[("q", FILTER, false)])
        .answers(&[303]),
    page("/changes", "Server-sent events whenever something changed"),
];
