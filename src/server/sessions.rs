//! Sessions of the dashboard: begun with the admin token, kept in memory, named by a random cookie.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{COOKIE, HeaderMap};

use super::secrets::HashedSecret;
use crate::clock::Timestamp;

/// How long a session lasts, used or not.
const LIFETIME: Duration = Duration::from_hours(12);
/// The most sessions at the same time; one more ends the oldest.
const MAX_SESSIONS: usize = 256;
/// The cookie's name.
const NAME: &str = "syncctl-session";
/// Its name where it is `Secure`. Browsers keep a cookie with this prefix from being set by other hosts or over plain HTTP.
const SECURE_NAME: &str = "__Host-syncctl-session";

/// The open sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<VecDeque<Session>>);

/// A session. Only hashes of its name and of the token it began with are kept.
#[derive(Debug)]
struct Session {
    name: HashedSecret,
    admin: HashedSecret,
    until: Timestamp,
}

impl Sessions {
    /// Begins a session under the admin token with this hash, and returns its name: 256 random bits.
    pub(super) fn begin(&self, admin: HashedSecret, now: Timestamp) -> Option<String> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).ok()?;
        let name = URL_SAFE_NO_PAD.encode(bits);
        let session = Session { name: HashedSecret::new(name.as_bytes()), admin, until: now.plus(LIFETIME) };
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| session.until > now);
        while sessions.len() >= MAX_SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back(session);
        Some(name)
    }

    /// Whether a session of this name has not expired and began with the token that is configured now.
    pub(super) fn is_open(&self, name: &[u8], admin: &HashedSecret, now: Timestamp) -> bool {
        let name = HashedSecret::new(name);
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = |session: &Session| session.name.is(&name) & session.admin.is(admin) & (session.until > now);
        // No early return: the time must not tell which session matched.
        sessions.iter().fold(false, |found, session| found | open(session))
    }

    /// Ends the session of this name.
    pub(super) fn end(&self, name: &[u8]) {
        let name = HashedSecret::new(name);
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| !session.name.is(&name));
    }
}

/// The name of the session in the cookies.
pub(super) fn named(headers: &HeaderMap, secure: bool) -> Option<&[u8]> {
    cookie(headers, if secure { SECURE_NAME } else { NAME })
}

/// The first cookie of that name.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    let cookies = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    cookies.filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")).next()
}

/// The `Set-Cookie` value that gives a browser its session.
pub(super) fn set_cookie(name: &str, secure: bool) -> String {
    cookie_value(name, LIFETIME, secure)
}

/// The `Set-Cookie` value that takes it away.
pub(super) fn clear_cookie(secure: bool) -> String {
    cookie_value("", Duration::ZERO, secure)
}

fn cookie_value(name: &str, lifetime: Duration, secure: bool) -> String {
    let (cookie, only_tls) = if secure { (SECURE_NAME, "; Secure") } else { (NAME, "") };
    let seconds = lifetime.as_secs();
    format!("{cookie}={name}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{only_tls}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);

    fn admin() -> HashedSecret {
        HashedSecret::new(b"admin-token")
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
        let last = NOW.plus(LIFETIME).minus(Duration::from_millis(1));
        assert!(open(&first, NOW) && open(&second, last));
        assert!(!open(&first, NOW.plus(LIFETIME)));
        assert!(!open("", NOW) && !open(&first[1..], NOW));
        sessions.end(first.as_bytes());
        assert!(!open(&first, NOW) && open(&second, NOW));
    }

    #[test]
    fn another_token_ends_the_sessions_of_the_old_one() {
        let sessions = Sessions::default();
        let name = begun(&sessions);
        assert!(!sessions.is_open(name.as_bytes(), &HashedSecret::new(b"another"), NOW));
    }

    #[test]
    fn with_too_many_the_oldest_ends() {
        let sessions = Sessions::default();
        let names: Vec<String> = (0..=MAX_SESSIONS).map(|_| begun(&sessions)).collect();
        let open = |name: &String| sessions.is_open(name.as_bytes(), &admin(), NOW);
        assert!(!open(&names[0]) && names[1..].iter().all(open));
        sessions.begin(admin(), NOW.plus(LIFETIME)).expect("random bits");
        assert_eq!(sessions.0.lock().expect("not poisoned").len(), 1);
    }

    #[test]
    fn the_first_cookie_of_the_name_counts_and_a_secure_one_has_another_name() {
        let headers: HeaderMap =
            [(COOKIE, http::HeaderValue::from_static("syncctl-session=a; syncctl-session=b"))].into_iter().collect();
        assert_eq!(named(&headers, false), Some(&b"a"[..]));
        assert_eq!(named(&headers, true), None);
        assert_eq!(set_cookie("x", false), "syncctl-session=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
        assert_eq!(
            set_cookie("x", true),
            "__Host-syncctl-session=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
        );
        assert!(clear_cookie(false).starts_with("syncctl-session=; Path=/; Max-Age=0;"));
    }
}
