//! Buttons and the token that each form carries, so that only pages of the session itself can send it.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::LOCATION;
use maud::{Markup, html};

use crate::server::operator::Operator;
use crate::server::secrets::HashedSecret;
use crate::store::operators::Role;

/// The name of the field that proves where a form comes from.
pub(super) const TOKEN_FIELD: &str = "form_token";

/// Whether a form with this token is of a page of the operator's session. Without a session there is nothing that a browser could be
/// tricked into sending along.
pub(super) fn is_of_own_page(operator: &Operator, token: &str) -> bool {
    let hash = |text: &str| HashedSecret::new(text.as_bytes());
    operator.session.as_ref().is_none_or(|session| hash(&session.form_token).is(&hash(token)))
}

/// The field that every form of a page has.
pub(super) fn form_token(operator: &Operator) -> Markup {
    html! {
        @if let Some(session) = &operator.session { input type="hidden" name=(TOKEN_FIELD) value=(session.form_token); }
    }
}

/// A button that does something at once.
pub(super) fn button(operator: &Operator, action: &str, label: &str) -> Markup {
    html! {
        @if operator.may(Role::Operate) {
            form.inline method="post" action=(action) { (form_token(operator)) button { (label) } }
        }
    }
}

/// Leads to another page.
pub(super) fn see_other(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path)], axum::response::Html("")).into_response()
}
