//! Sessions of the dashboard: begun with the admin token, kept here, named by a cookie that says nothing of the token.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use url::form_urlencoded;

use super::answer::{self, Problem, Reply};
use super::auth::Hashed;
use super::call::Call;
use crate::clock::Timestamp;

/// How long a session lasts, used or not.
const LASTS: Duration = Duration::from_hours(12);
/// Sessions at the same time; with one more the oldest ends.
const MOST_SESSIONS: usize = 256;
/// The longest body of a login.
const LONGEST_LOGIN: usize = 4 * 1024;
/// The cookie's name.
const NAME: &str = "syncctl-session";
/// Its name where it is `Secure`. Browsers keep a cookie with this prefix from being set by other hosts or over plain HTTP.
const SECURE_NAME: &str = "__Host-syncctl-session";

/// Who is logged in.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<VecDeque<Session>>);

/// One of them. Of its name only the hash is kept, and of the token it began with.
#[derive(Debug)]
struct Session {
    name: Hashed,
    admin: Hashed,
    until: Timestamp,
}

impl Sessions {
    /// Begins a session of whoever knows `admin`, and returns its name: 256 random bits.
    pub(super) fn begin(&self, admin: Hashed, now: Timestamp) -> Option<String> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).ok()?;
        let name = URL_SAFE_NO_PAD.encode(bits);
        let session = Session { name: Hashed::new(name.as_bytes()), admin, until: now.plus(LASTS) };
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| session.until > now);
        while sessions.len() >= MOST_SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back(session);
        Some(name)
    }

    /// Whether a session has this name, has not run out, and began with the token that is configured now.
    pub(super) fn is_open(&self, name: &[u8], admin: &Hashed, now: Timestamp) -> bool {
        let name = Hashed::new(name);
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = |session: &Session| session.name.is(&name) & session.admin.is(admin) & (session.until > now);
        // Every one is looked at, so that the time it takes does not tell which.
        sessions.iter().fold(false, |found, session| found | open(session))
    }

    fn end(&self, name: &[u8]) {
        let name = Hashed::new(name);
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| !session.name.is(&name));
    }
}

/// The session a browser names.
pub(super) fn named(headers: &HeaderMap, secure: bool) -> Option<&[u8]> {
    cookie(headers, if secure { SECURE_NAME } else { NAME })
}

/// The first cookie of that name.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    let cookies = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    cookies.filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")).next()
}

/// Begins a session for whoever sends the admin token in a form.
pub(super) async fn login(mut call: Call) -> Reply {
    let read = call.body(LONGEST_LOGIN).await?;
    let settings = call.app.settings();
    let token = form_urlencoded::parse(&read.bytes).find(|(name, _)| name == "token").map(|(_, token)| token);
    let Some(admin) = settings.secrets.admin_by(token.as_deref().unwrap_or_default().as_bytes()) else {
        let wait = token.and_then(|_| call.app.guesses.wrong(call.peer, call.now));
        return Err(wait.map_or_else(Problem::wrong_token, Problem::too_many));
    };
    let name = call.app.sessions.begin(admin, call.now).ok_or_else(Problem::internal)?;
    Ok(to_the_dashboard(&name, LASTS, settings.behind_tls))
}

/// Ends the session that asks for it.
pub(super) async fn logout(call: Call) -> Reply {
    let secure = call.app.settings().behind_tls;
    if let Some(name) = named(&call.parts.headers, secure) {
        call.app.sessions.end(name);
    }
    Ok(to_the_dashboard("", Duration::ZERO, secure))
}

fn to_the_dashboard(name: &str, lasts: Duration, secure: bool) -> axum::response::Response {
    let (known_as, only_tls) = if secure { (SECURE_NAME, "; Secure") } else { (NAME, "") };
    let seconds = lasts.as_secs();
    let cookie = format!("{known_as}={name}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{only_tls}");
    let mut response = answer::typed(StatusCode::SEE_OTHER, "text/html; charset=utf-8", "");
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);

    fn admin() -> Hashed {
        Hashed::new(b"admin-token")
    }

    fn begun(sessions: &Sessions) -> String {
        sessions.begin(admin(), NOW).expect("random bits")
    }

    #[test]
    fn a_session_is_open_until_it_runs_out_or_ends() {
        let sessions = Sessions::default();
        let (first, second) = (begun(&sessions), begun(&sessions));
        assert_ne!(first, second);
        assert_eq!(URL_SAFE_NO_PAD.decode(&first).expect("base64").len(), 32);
        let open = |name: &str, at| sessions.is_open(name.as_bytes(), &admin(), at);
        let last = NOW.plus(LASTS).minus(Duration::from_millis(1));
        assert!(open(&first, NOW) && open(&second, last));
        assert!(!open(&first, NOW.plus(LASTS)));
        assert!(!open("", NOW) && !open(&first[1..], NOW));
        sessions.end(first.as_bytes());
        assert!(!open(&first, NOW) && open(&second, NOW));
    }

    #[test]
    fn another_token_ends_the_sessions_of_the_old_one() {
        let sessions = Sessions::default();
        let name = begun(&sessions);
        assert!(!sessions.is_open(name.as_bytes(), &Hashed::new(b"another"), NOW));
    }

    #[test]
    fn with_too_many_the_oldest_ends() {
        let sessions = Sessions::default();
        let names: Vec<String> = (0..=MOST_SESSIONS).map(|_| begun(&sessions)).collect();
        let open = |name: &String| sessions.is_open(name.as_bytes(), &admin(), NOW);
        assert!(!open(&names[0]) && names[1..].iter().all(open));
        sessions.begin(admin(), NOW.plus(LASTS)).expect("random bits");
        assert_eq!(sessions.0.lock().expect("not poisoned").len(), 1);
    }

    #[test]
    fn the_cookie_is_for_this_server_alone() {
        let cookie = |secure| {
            let response = to_the_dashboard("x", LASTS, secure);
            response.headers()[SET_COOKIE].to_str().expect("text").to_owned()
        };
        assert_eq!(cookie(false), "syncctl-session=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
        assert_eq!(cookie(true), "__Host-syncctl-session=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure");
        let headers: HeaderMap =
            [(COOKIE, HeaderValue::from_static("syncctl-session=a; syncctl-session=b"))].into_iter().collect();
        assert_eq!(named(&headers, false), Some(&b"a"[..]));
        assert_eq!(named(&headers, true), None);
    }
}
