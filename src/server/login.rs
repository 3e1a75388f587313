//! Login and logout of the dashboard.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{HeaderMap, LOCATION, SET_COOKIE};
use url::form_urlencoded;

use super::answer::Problem;
use super::connections::Peer;
use super::extract::Payload;
use super::sessions::{clear_cookie, named, set_cookie};
use super::state::App;

/// The size limit of a login form.
const LOGIN_LIMIT: usize = 4 * 1024;

/// Begins a session for whoever sends the admin token in a form.
pub(super) async fn login(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    form: Payload<LOGIN_LIMIT>,
) -> Result<Response, Problem> {
    let settings = app.settings();
    let token = form_urlencoded::parse(&form.bytes).find(|(name, _)| name == "token").map(|(_, token)| token);
    let Some(admin) = settings.secrets.verify_admin(token.as_deref().unwrap_or_default().as_bytes()) else {
        let throttled = token.and_then(|_| app.throttle.record_failure(peer.address, app.now()));
        return Err(throttled.map_or_else(Problem::wrong_token, Problem::throttled));
    };
    let name = app.sessions.begin(admin, app.now()).ok_or_else(Problem::internal)?;
    Ok(to_dashboard(&set_cookie(&name, settings.behind_tls)))
}

/// Ends the session that asks for it.
pub(super) async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let secure = app.settings().behind_tls;
    if let Some(name) = named(&headers, secure) {
        app.sessions.end(name);
    }
    to_dashboard(&clear_cookie(secure))
}

fn to_dashboard(cookie: &str) -> Response {
    let html = axum::response::Html("");
    (StatusCode::SEE_OTHER, [(LOCATION, "/"), (SET_COOKIE, cookie)], html).into_response()
}
