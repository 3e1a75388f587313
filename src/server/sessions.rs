//! Sessions of the dashboard: begun with a token, kept in the database, named by a random cookie.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{COOKIE, HeaderMap};
use sha2::{Digest as _, Sha256};

/// How long a session lasts, used or not.
pub(super) const LIFETIME: Duration = Duration::from_hours(12);
/// The cookie's name.
const NAME: &str = "syncctl-session";
/// Its name where it is `Secure`. Browsers keep a cookie with this prefix from being set by other hosts or over plain HTTP.
const SECURE_NAME: &str = "__Host-syncctl-session";

/// A name for a session: 256 random bits.
pub(super) fn new_name() -> Option<String> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bits))
}

/// What the database keeps of a name.
pub(super) fn hash(name: &[u8]) -> [u8; 32] {
    Sha256::digest(name).into()
}

/// What the forms of a session's pages carry, so that no other page can send them. It does not give the name away.
pub(super) fn form_token(name: &[u8]) -> String {
    let digest = Sha256::new().chain_update(b"form token of ").chain_update(name).finalize();
    URL_SAFE_NO_PAD.encode(&digest[..16])
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

    #[test]
    fn names_are_random_and_what_is_kept_or_shown_of_them_is_not_the_name() {
        let (first, second) = (new_name().expect("random bits"), new_name().expect("random bits"));
        assert_ne!(first, second);
        assert_eq!(URL_SAFE_NO_PAD.decode(&first).expect("base64").len(), 32);
        assert_ne!(hash(first.as_bytes()), hash(second.as_bytes()));
        let tokens = [&first, &second].map(|name| form_token(name.as_bytes()));
        assert!(tokens[0] != tokens[1] && tokens.iter().all(|token| token.len() == 22));
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
