//! Pages for browsers: one frame, one style sheet, and templates that escape whatever is not markup.
//!
//! A page loads nothing from anywhere and runs no script; its policy allows its own style sheet, by hash, and forms to this
//! server.

use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, X_FRAME_OPTIONS};
use maud::{DOCTYPE, Escaper, Markup, PreEscaped, Render, html};
use sha2::{Digest as _, Sha256};

use super::answer::Problem;
use crate::clock::Timestamp;
use crate::format::{relative, short_duration};
use crate::report::{Cell, Column, Level, Table};
use crate::untrusted::Untrusted;

const STYLE: &str = include_str!("html.css");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Foreign text: control and bidirectional characters are shown as what they are, markup is escaped.
pub(super) struct Foreign<'a>(pub(super) &'a str);

impl Render for Foreign<'_> {
    fn render_to(&self, buffer: &mut String) {
        use std::fmt::Write as _;
        let _ = write!(Escaper::new(buffer), "{}", Untrusted(self.0));
    }
}

/// A whole page with its policy. It loads itself again after `refresh` seconds.
pub(super) fn page(status: StatusCode, title: &str, refresh: Option<u64>, body: &Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(seconds) = refresh { meta http-equiv="refresh" content=(seconds); }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    let mut response = (status, document.into_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    restrict(&mut response);
    response
}

/// Tells browsers what a page may not do.
fn restrict(response: &mut Response) {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    // Without any referrer, browsers would not say either where a form comes from.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
}

/// A problem as a page. Whoever did not show the admin token is asked for it.
pub(super) fn problem_page(problem: &Problem) -> Response {
    let body = html! {
        main.door {
            h1 { "syncctl" }
            @match problem.status() {
                StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => (login_form(problem)),
                _ => {
                    p.bad { (Foreign(problem.message())) }
                    p { a href="/" { "To the dashboard" } }
                }
            }
        }
    };
    let mut response = page(problem.status(), "syncctl", None, &body);
    problem.add_headers(&mut response);
    response
}

fn login_form(problem: &Problem) -> Markup {
    let is_first_visit = problem.message() == Problem::unauthorized().message();
    html! {
        @if !is_first_visit { p.bad role="alert" { (Foreign(problem.message())) } }
        form method="post" action="/login" {
            label for="token" { "Admin token" }
            input #token name="token" type="password" autocomplete="current-password" maxlength="1024" required autofocus;
            button { "Sign in" }
        }
        p.quiet { "The value of SYNCCTL_ADMIN_TOKEN where this server was started." }
    }
}

/// The cells of a single row as a list of figures.
pub(super) fn figures(table: &Table, now: Timestamp) -> Markup {
    html! {
        dl.figures {
            @for row in &table.rows {
                @for (column, cell) in table.columns.iter().zip(row) {
                    div.bad[needs_attention(column, cell)] {
                        dt { (Foreign(&sentence(column.header))) }
                        dd { (shown(cell, now)) }
                    }
                }
            }
        }
    }
}

/// Rows under headings.
pub(super) fn table(table: &Table, now: Timestamp) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        @for column in table.columns {
                            th scope="col" class=[class_of(column)] { (Foreign(&sentence(column.header))) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (column, cell) in table.columns.iter().zip(row) {
                                td class=[class_of(column)] { (lead(column, cell)) (shown(cell, now)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `LAST SUCCESS` as `Last success`.
fn sentence(header: &str) -> String {
    let lower = header.to_lowercase().replace("sha-256", "SHA-256").replace("url", "URL");
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn class_of(column: &Column) -> Option<&'static str> {
    match column.name {
        _ if column.right => Some("number"),
        "error" | "message" => Some("words"),
        _ => None,
    }
}

/// A word before a time, where the heading leaves its meaning open.
fn lead(column: &Column, cell: &Cell) -> &'static str {
    match (column.name, cell) {
        ("next", Cell::Time(_)) => "due ",
        _ => "",
    }
}

/// Whether a figure calls for an operator.
fn needs_attention(column: &Column, cell: &Cell) -> bool {
    matches!((column.name, cell), ("failed", Cell::Number(1..)))
}

fn shown(cell: &Cell, now: Timestamp) -> Markup {
    html! {
        @match cell {
            Cell::Empty => span.quiet { "–" },
            Cell::Text(text) => (Foreign(text)),
            Cell::Number(number) => (number),
            Cell::Time(time) => (time_element(*time, &relative(*time, now))),
            Cell::Took(span) => (short_duration(*span)),
            Cell::Level(level, text) => span class=(class(*level)) { (Foreign(text)) },
        }
    }
}

/// A moment in words, with the exact time for whoever points at it.
pub(super) fn time_element(time: Timestamp, words: &str) -> Markup {
    let exact = time.to_string();
    html! { time datetime=(exact) title=(exact) { (words) } }
}

fn class(level: Level) -> &'static str {
    match level {
        Level::Good => "good",
        Level::Busy => "busy",
        Level::Warning => "warning",
        Level::Bad => "bad",
        Level::Quiet => "quiet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_is_read_as_markup() {
        let escaped = |text: &str| html! { (Foreign(text)) }.into_string();
        assert_eq!(escaped("<b a=\"1\">&\u{202e}\u{1b}[1m\n"), "&lt;b a=&quot;1&quot;&gt;&amp;\\u{202e}␛[1m␊");
        for hostile in crate::untrusted::DANGEROUS.chars() {
            assert!(!escaped(&hostile.to_string()).contains(hostile));
        }
    }

    #[test]
    fn headings_read_as_words() {
        assert_eq!(
            ["LAST SUCCESS", "URL", "BODY SHA-256", ""].map(sentence),
            ["Last success", "URL", "Body SHA-256", ""]
        );
    }
}
