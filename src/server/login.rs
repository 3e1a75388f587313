//! Login and logout of the dashboard.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{HeaderMap, LOCATION, SET_COOKIE};
use url::form_urlencoded;

use super::connections::Peer;
use super::extract::Payload;
use super::operator::Operator;
use super::response::Problem;
use super::sessions::{self, LIFETIME, clear_cookie, named, set_cookie};
use super::state::{App, STORE_WRITE_TIMEOUT};
use crate::store::operators::NewSession;

/// The size limit of a login form.
const LOGIN_LIMIT: usize = 4 * 1024;

/// Begins a session for a client that sends an operator's token in a form, and redirects to the page it wanted.
pub(super) async fn login(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    form: Payload<LOGIN_LIMIT>,
) -> Result<Response, Problem> {
    let settings = app.settings();
    let field = |wanted: &str| form_urlencoded::parse(&form.bytes).find(|(name, _)| name == wanted).map(|(_, it)| it);
    let given = field("token");
    let text = given.as_deref().unwrap_or_default();
    // What was pasted often ends in a line break.
    let blocked = app.throttle.blocked(peer.address, app.now()).filter(|_| !app.senders.is_known(peer.address));
    if let Some(blocked) = blocked {
        return Err(Problem::throttled(blocked));
    }
    let found = settings.secrets.token(text.as_bytes()).or_else(|| settings.secrets.token(text.trim().as_bytes()));
    let Some(token) = found else {
        let throttled = given.and_then(|_| app.throttle.record_failure(peer.address, app.now()));
        return Err(throttled.map_or_else(Problem::wrong_token, Problem::throttled));
    };
    app.senders.add(peer.address);
    let name = sessions::new_name().ok_or_else(Problem::internal)?;
    let now = app.now();
    let session = NewSession {
        name: sessions::hash(name.as_bytes()),
        token: token.session_hash(name.as_bytes()),
        operator: token.operator.clone(),
        source: peer.address.to_canonical().to_string(),
        until: now.plus(LIFETIME),
    };
    app.store.begin_session(session, now).within(STORE_WRITE_TIMEOUT).await?;
    let next = field("next").filter(|next| is_own_path(next));
    Ok(see_other(next.as_deref().unwrap_or("/"), &set_cookie(&name, settings.behind_tls)))
}

/// Whether it is a path of this server, whatever a browser makes of slashes.
fn is_own_path(path: &str) -> bool {
    let harmless = |b: u8| b.is_ascii_graphic() && b != b'\\';
    path.starts_with('/') && !path.starts_with("//") && path.bytes().all(harmless)
}

/// Ends the session of the request.
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    operator: Operator,
) -> Result<Response, Problem> {
    let secure = app.settings().behind_tls;
    if let Some(session) = operator.session.filter(|_| named(&headers, secure).is_some()) {
        app.store.end_session(session.id).within(STORE_WRITE_TIMEOUT).await?;
    }
    Ok(see_other("/", &clear_cookie(secure)))
}

fn see_other(path: &str, cookie: &str) -> Response {
    let html = axum::response::Html("");
    (StatusCode::SEE_OTHER, [(LOCATION, path), (SET_COOKIE, cookie)], html).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_a_page_of_this_server_only() {
        for own in ["/", "/events?type=user.*&after=3", "/events/evt_1"] {
            assert!(is_own_path(own), "{own}");
        }
        for other in ["", "//evil.test", "/\\evil.test", "https://evil.test", "/a\nb", "/\tb", "/ b"] {
            assert!(!is_own_path(other), "{other}");
        }
    }
}
