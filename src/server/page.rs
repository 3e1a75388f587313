//! Pages for browsers: one frame, one style sheet, and nothing that is not escaped.
//!
//! A page loads nothing from anywhere and runs no script; its policy allows its own style sheet, by hash, and forms to this
//! server.

use std::fmt::{self, Write as _};

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_FRAME_OPTIONS};
use sha2::{Digest as _, Sha256};

use super::answer::{self, Problem};
use crate::clock::Timestamp;
use crate::format::{relative, short_duration};
use crate::report::{Cell, Column, Level, Table};
use crate::untrusted::Untrusted;

const STYLE: &str = include_str!("page.css");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Foreign text as it may stand in a page, between tags and in quoted attributes.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Untrusted(self.0).to_string().chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}

/// A page under construction. What is not a tag of ours goes in through [`Escaped`].
pub(super) struct Page {
    title: &'static str,
    refresh: Option<u64>,
    body: String,
}

impl Page {
    pub(super) fn new(title: &'static str) -> Self {
        Self { title, refresh: None, body: String::new() }
    }

    /// Loads itself again after so many seconds.
    pub(super) fn again_after(self, seconds: Option<u64>) -> Self {
        Self { refresh: seconds, ..self }
    }

    pub(super) fn add(&mut self, html: fmt::Arguments<'_>) {
        self.body.write_fmt(html).expect("text takes all that is written to it");
    }

    /// A single row as a list of figures.
    pub(super) fn figures(&mut self, table: &Table, now: Timestamp) {
        self.add(format_args!("<dl class=\"figures\">\n"));
        for row in &table.rows {
            for (column, cell) in table.columns.iter().zip(row) {
                let mark = mark(column, cell);
                self.add(format_args!(
                    "<div{mark}><dt>{}</dt><dd>{}</dd></div>\n",
                    Escaped(&sentence(column.header)),
                    Shown(cell, now)
                ));
            }
        }
        self.add(format_args!("</dl>\n"));
    }

    /// Rows under headings.
    pub(super) fn table(&mut self, table: &Table, now: Timestamp) {
        self.add(format_args!("<div class=\"scroll\"><table>\n<thead><tr>"));
        for column in table.columns {
            self.add(format_args!("<th scope=\"col\"{}>{}</th>", aligned(column), Escaped(&sentence(column.header))));
        }
        self.add(format_args!("</tr></thead>\n<tbody>\n"));
        for row in &table.rows {
            self.add(format_args!("<tr>"));
            for (column, cell) in table.columns.iter().zip(row) {
                let (class, lead) = (aligned(column), lead(column, cell));
                self.add(format_args!("<td{class}>{lead}{}</td>", Shown(cell, now)));
            }
            self.add(format_args!("</tr>\n"));
        }
        self.add(format_args!("</tbody></table></div>\n"));
    }

    /// The whole document with its policy.
    pub(super) fn respond(self, status: StatusCode) -> Response {
        let refresh = self.refresh.map(|n| format!("<meta http-equiv=\"refresh\" content=\"{n}\">\n"));
        let document = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n{}<link rel=\"icon\" href=\"data:,\">\n\
             <style>{STYLE}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
            Escaped(self.title),
            refresh.unwrap_or_default(),
            self.body
        );
        let mut response = answer::typed(status, "text/html; charset=utf-8", document);
        guard(&mut response);
        response
    }
}

/// What a browser is told not to do with a page.
fn guard(response: &mut Response) {
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

/// Why a page was not granted, as a page: whoever did not say who it is gets to say so.
pub(super) fn refused(problem: Problem, now: Timestamp) -> Response {
    let (status, message) = (problem.status(), problem.message().to_owned());
    let mut page = Page::new("syncctl");
    page.add(format_args!("<main class=\"door\">\n<h1>syncctl</h1>\n"));
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => ask(&mut page, &problem),
        _ => page.add(format_args!(
            "<p class=\"bad\">{}</p>\n<p><a href=\"/\">To the dashboard</a></p>\n",
            Escaped(&message)
        )),
    }
    page.add(format_args!("</main>\n"));
    let mut response = page.respond(status);
    for (name, value) in problem.respond(now).headers() {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

fn ask(page: &mut Page, problem: &Problem) {
    if problem.message() != Problem::unauthorized().message() {
        page.add(format_args!("<p class=\"bad\" role=\"alert\">{}</p>\n", Escaped(problem.message())));
    }
    page.add(format_args!(
        "<form method=\"post\" action=\"/login\">\n<label for=\"token\">Admin token</label>\n\
         <input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" maxlength=\"1024\" required \
         autofocus>\n<button>Sign in</button>\n</form>\n\
         <p class=\"quiet\">The value of SYNCCTL_ADMIN_TOKEN where this server was started.</p>\n"
    ));
}

/// `LAST SUCCESS` as `Last success`.
fn sentence(header: &str) -> String {
    let lower = header.to_lowercase().replace("sha-256", "SHA-256").replace("url", "URL");
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn aligned(column: &Column) -> &'static str {
    match column.name {
        _ if column.right => " class=\"number\"",
        "error" | "message" => " class=\"words\"",
        _ => "",
    }
}

/// What a moment is, where the heading leaves it open.
fn lead(column: &Column, cell: &Cell) -> &'static str {
    match (column.name, cell) {
        ("next", Cell::Time(_)) => "due ",
        _ => "",
    }
}

/// A figure that needs somebody.
fn mark(column: &Column, cell: &Cell) -> &'static str {
    match (column.name, cell) {
        ("failed", Cell::Number(1..)) => " class=\"bad\"",
        _ => "",
    }
}

/// A cell as it stands in a page.
struct Shown<'a>(&'a Cell, Timestamp);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Cell::Empty => f.write_str("<span class=\"quiet\">–</span>"),
            Cell::Text(text) => write!(f, "{}", Escaped(text)),
            Cell::Number(number) => write!(f, "{number}"),
            Cell::Time(moment) => {
                write!(
                    f,
                    "<time datetime=\"{moment}\" title=\"{moment}\">{}</time>",
                    Escaped(&relative(*moment, self.1))
                )
            }
            Cell::Took(span) => write!(f, "{}", Escaped(&short_duration(*span))),
            Cell::Level(level, text) => write!(f, "<span class=\"{}\">{}</span>", class(*level), Escaped(text)),
        }
    }
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
        let escaped = Escaped("<b a=\"1\" b='2'>&\u{202e}\u{1b}[1m\n").to_string();
        assert_eq!(escaped, "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;\\u{202e}␛[1m␊");
        for hostile in crate::untrusted::DANGEROUS.chars() {
            assert!(!Escaped(&hostile.to_string()).to_string().contains(hostile));
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
