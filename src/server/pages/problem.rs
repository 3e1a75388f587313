//! A problem as a page: with the login form where a login is needed, and with what to do next.

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::frame::document;
use super::parts::ForeignText;
use crate::server::response::Problem;

/// A problem as a page. Without a login it shows the login form, which leads to `next`.
pub(in crate::server) fn problem_page(problem: &Problem, next: &str) -> Response {
    let body = html! {
        main.door #main {
            h1 { "syncctl" }
            @match problem.status() {
                StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => (login_form(problem, next)),
                _ => (told(problem)),
            }
        }
    };
    let mut response = document(problem.status(), "syncctl", None, true, &body);
    problem.add_headers(&mut response);
    response
}

fn told(problem: &Problem) -> Markup {
    html! {
        p.bad role="alert" { (ForeignText(problem.message())) }
        @if !problem.named_fields().is_empty() {
            ul { @for (name, rule) in problem.named_fields() { li { code { (ForeignText(name)) } " " (ForeignText(rule)) } } }
        }
        @match problem.status() {
            StatusCode::FORBIDDEN if problem.is_about_host() => {
                p { "Add the name to " code { "server.hosts" } " in the configuration and reload the server, or open it by its address." }
            }
            StatusCode::FORBIDDEN => p { "Ask somebody whose token has that role, or sign out and in again with another token." },
            StatusCode::CONFLICT => p { "Go back and reload the page to see the current state." },
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => p { "The log of the server says why. Try again in a moment." },
            _ => {},
        }
        p { a href="/" { "To the overview" } }
    }
}

fn login_form(problem: &Problem, next: &str) -> Markup {
    let is_first_visit = problem.message() == Problem::unauthorized().message();
    html! {
        @if !is_first_visit {
            p.bad #wrong role="alert" { (ForeignText(problem.message())) }
            ul.quiet {
                li { "The admin token is the value of " code { "SYNCCTL_ADMIN_TOKEN" } " where this server was started, or the text of the file that " code { "SYNCCTL_ADMIN_TOKEN_FILE" } " names." }
                li { "Tokens of operators are in the files of " code { "server.tokens" } "." }
                li { "The webhook secret and the cron secret are other secrets, which are not accepted here." }
                li { "A new token takes effect after a restart or reload of the server." }
            }
        }
        form method="post" action="/login" {
            label for="token" { "Admin token" }
            input #token name="token" type="password" autocomplete="current-password" maxlength="1024" required autofocus
                aria-describedby=[(!is_first_visit).then_some("wrong")];
            input type="hidden" name="next" value=(next);
            button.primary { "Sign in" }
        }
        @if is_first_visit { p.quiet { "The value of SYNCCTL_ADMIN_TOKEN where this server was started, or an operator's own token." } }
    }
}
