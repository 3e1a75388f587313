//! What is around every page: its head, its policy, the way to the other pages, and what was done last.
//!
//! A page loads nothing from anywhere. Its policy allows its own style sheet and its own script, both by hash, requests and forms to
//! this server, and nothing else.

use std::sync::LazyLock;

use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, X_FRAME_OPTIONS};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::buttons::form_token;
use super::parts::{ForeignText, time_ago};
use crate::clock::Timestamp;
use crate::monitor::Health;
use crate::server::operator::Operator;
use crate::store::operators::ActionRow;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    HeaderValue::from_str(&policy).expect("a policy is plain text")
});

/// The pages in the dashboard's navigation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Endpoints,
    Deliveries,
    Failures,
    Events,
    Received,
    Records,
    Audit,
    Alerts,
    Runs,
    Configuration,
}

const SECTIONS: [(Section, &str, &str); 11] = [
    (Section::Overview, "/", "Overview"),
    (Section::Endpoints, "/endpoints", "Endpoints"),
    (Section::Deliveries, "/deliveries", "Deliveries"),
    (Section::Failures, "/failures", "Failures"),
    (Section::Events, "/events", "Events"),
    (Section::Received, "/received", "Received"),
    (Section::Records, "/records", "Records"),
    (Section::Audit, "/audit", "Audit"),
    (Section::Alerts, "/alerts", "Alerts"),
    (Section::Runs, "/runs", "Runs"),
    (Section::Configuration, "/configuration", "Configuration"),
];

/// What surrounds every page of the dashboard: navigation, the queue's health, title.
pub(super) struct Frame<'a> {
    pub(super) section: Section,
    pub(super) title: &'a str,
    pub(super) health: &'a Health,
    pub(super) operator: &'a Operator,
    pub(super) action: Option<&'a ActionRow>,
    pub(super) refresh: Option<u64>,
    pub(super) now: Timestamp,
    pub(super) body: &'a Markup,
}

/// The whole page.
pub(super) fn page(frame: &Frame<'_>) -> Response {
    let (sign, word) = if frame.health.healthy { ("✓", "healthy") } else { ("✗", "unhealthy") };
    let title = format!("{sign} {word} · {} · syncctl", frame.title);
    let body = html! {
        a.skip href="#main" { "Skip to the content" }
        header.top {
            a.brand href="/" { "syncctl" }
            a.state.(word) href="/" title=(frame.health.message) { (sign) " " (word) }
            form.search action="/search" role="search" {
                input #search name="q" type="search" placeholder="Event, delivery, resource, error" maxlength="256"
                    aria-label="Search events, deliveries, resources, endpoints and errors" aria-keyshortcuts="/";
                button { "Search" }
            }
            form.who method="post" action="/logout" {
                (form_token(frame.operator))
                span.quiet { (ForeignText(&frame.operator.name)) " (" (frame.operator.role.name()) ")" }
                button { "Sign out" }
            }
            nav aria-label="Parts" {
                ul {
                    @for (section, path, name) in SECTIONS {
                        li { a href=(path) aria-current=[(section == frame.section).then_some("page")] { (name) } }
                    }
                }
            }
        }
        main #main data-live=[frame.refresh.map(|_| "on")] tabindex="-1" {
            @if let Some(action) = frame.action { (done(action)) }
            h1 { (ForeignText(frame.title)) }
            (frame.body)
        }
        footer {
            p {
                "Last updated " (time_ago(frame.now, frame.now)) " · syncctl " (env!("CARGO_PKG_VERSION"))
                @if frame.refresh.is_some() { " · " span #live role="status" { "updated every 15 s" } }
            }
            details.keys {
                summary { "Keys" }
                p { kbd { "/" } " search, " kbd { "j" } " and " kbd { "k" } " next and previous row, " kbd { "Enter" } " open it, " kbd { "x" } " choose it, " kbd { "r" } " replay it, after a question" }
            }
        }
    };
    document(StatusCode::OK, &title, frame.refresh, frame.health.healthy, &body)
}

/// What the action that led here came to.
fn done(action: &ActionRow) -> Markup {
    let outcome = action.outcome.as_deref().unwrap_or("not known to have ended");
    html! {
        p.done role="status" {
            strong { (ForeignText(&action.action)) } " " (ForeignText(&action.target)) ": " (ForeignText(outcome))
            span.quiet { ", by " (ForeignText(&action.operator)) }
        }
    }
}

/// A document with its policy. Without a script, it loads itself again after `refresh` seconds.
pub(super) fn document(
    status: StatusCode,
    title: &str,
    refresh: Option<u64>,
    is_healthy: bool,
    body: &Markup,
) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href=(icon(is_healthy));
                style { (PreEscaped(STYLE)) }
                @if let Some(seconds) = refresh { noscript { meta http-equiv="refresh" content=(seconds); } }
            }
            body {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let mut response = (status, document.into_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    restrict(&mut response);
    response
}

/// A sign that shows how the queue is: a tick in a circle, or a cross in a square.
fn icon(is_healthy: bool) -> &'static str {
    if is_healthy {
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='8' \
         fill='%23176f37'/%3E%3Cpath d='M4 8l3 3 5-6' stroke='%23fff' stroke-width='2' fill='none'/%3E%3C/svg%3E"
    } else {
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' \
         rx='3' fill='%23b3211e'/%3E%3Cpath d='M4 4l8 8M12 4l-8 8' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E"
    }
}

/// Tells browsers what a page may not do.
fn restrict(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    // Without any referrer, browsers would not say either where a form comes from.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
}
