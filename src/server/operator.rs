//! The operator who sent a request, as handlers see them.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::response::Problem;
use crate::store::operators::Role;

/// The operator who sent a request: name, role, and session if a browser sent it.
#[derive(Clone, Debug)]
pub(super) struct Operator {
    /// Who it is, as the audit log names them.
    pub(super) name: String,
    /// What they may do.
    pub(super) role: Role,
    /// The session of the request, if it has one.
    pub(super) session: Option<BrowserSession>,
}

/// The login session of an operator's browser.
#[derive(Clone, Debug)]
pub(super) struct BrowserSession {
    /// Its number.
    pub(super) id: i64,
    /// What forms of its pages have to carry.
    pub(super) form_token: String,
}

impl Operator {
    /// Whether they may do what `role` may.
    pub(super) fn may(&self, role: Role) -> bool {
        self.role >= role
    }

    /// Refuses who may not do what `role` may.
    pub(super) fn require(&self, role: Role) -> Result<(), Problem> {
        if self.may(role) { Ok(()) } else { Err(Problem::role(&self.name, self.role, role)) }
    }
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(Problem::unauthorized)
    }
}
