//! Who may: secrets compared in constant time, and guessers slowed down by address.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, ORIGIN};
use http::{HeaderName, Method};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::answer::Problem;
use super::session::{self, Sessions};
use crate::clock::Timestamp;
use crate::inbound::Keys;
use crate::signature::Secret;

const CRON_SECRET: HeaderName = HeaderName::from_static("x-cron-secret");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The cookie the original's commands carry: the admin token itself.
const ORIGINAL_COOKIE: &str = "next-auth.session-token";
/// Wrong secrets an address may show within a minute before it is told to wait.
const GUESSES_A_MINUTE: u32 = 10;
/// Addresses that are remembered.
const MOST_ADDRESSES: usize = 10_000;

/// A secret of which only the hash is kept: comparing hashes tells nothing of its length or beginning.
#[derive(Clone)]
pub(super) struct Hashed([u8; 32]);

impl Hashed {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether both are of the same secret, in the same time whatever they are.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    fn matches(&self, given: &[u8]) -> bool {
        self.is(&Self::new(given))
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed")
    }
}

/// The secrets of the routes. What is not configured refuses everyone.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Those webhooks may be signed with.
    pub(super) webhook: Keys,
    admin: Option<Hashed>,
    cron: Option<Hashed>,
}

impl Secrets {
    /// These secrets.
    pub fn new(webhook: Keys, admin: Option<&Secret>, cron: Option<&Secret>) -> Self {
        let hashed = |secret: &Secret| Hashed::new(secret.as_text());
        Self { webhook, admin: admin.map(hashed), cron: cron.map(hashed) }
    }

    /// The admin token's hash, if `given` is that token.
    pub(super) fn admin_by(&self, given: &[u8]) -> Option<Hashed> {
        self.admin.clone().filter(|admin| admin.matches(given))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets(redacted)")
    }
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Anyone.
    Anyone,
    /// Anyone but the pages of other sites; the route itself asks for the admin token.
    Visitor,
    /// Whoever signs the body; the route itself verifies.
    Signed,
    /// Administrators.
    Admin,
    /// Schedulers and administrators.
    Cron,
    /// Schedulers that can only send `GET` with a bearer.
    CronBearer,
}

/// What a caller shows.
struct Shown<'h> {
    bearer: Option<&'h [u8]>,
    cron: Option<&'h [u8]>,
    /// The admin token in a cookie, as the original's commands carry it.
    original: Option<&'h [u8]>,
}

impl<'h> Shown<'h> {
    fn of(method: &Method, headers: &'h HeaderMap) -> Result<Self, Problem> {
        let authorization = single(headers, &AUTHORIZATION)?;
        Ok(Self {
            bearer: authorization.and_then(bearer),
            cron: single(headers, &CRON_SECRET)?,
            // A cookie comes along by itself, so this one never counts where something changes.
            original: session::cookie(headers, ORIGINAL_COOKIE).filter(|_| reads(method)),
        })
    }

    fn anything(&self) -> bool {
        self.bearer.is_some() || self.cron.is_some() || self.original.is_some()
    }
}

fn reads(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h [u8]>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Problem::invalid(format!("the header {name} was sent twice"))),
        (value, None) => Ok(value.map(|value| value.as_bytes())),
    }
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

impl Secrets {
    fn grant(&self, who: Who, shown: &Shown<'_>, headers: &HeaderMap) -> bool {
        let is = |secret: &Option<Hashed>, given: Option<&[u8]>| match (secret, given) {
            (Some(secret), Some(given)) => secret.matches(given),
            _ => false,
        };
        let admin = is(&self.admin, shown.bearer) | is(&self.admin, shown.original);
        let cron = is(&self.cron, shown.bearer);
        match who {
            Who::Anyone | Who::Visitor | Who::Signed => true,
            Who::Admin => admin,
            Who::Cron => admin | cron | is(&self.cron, shown.cron),
            Who::CronBearer => cron && !headers.contains_key(COOKIE),
        }
    }
}

/// What callers are held against.
#[derive(Clone, Copy)]
pub(super) struct Door<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) sessions: &'a Sessions,
    pub(super) guesses: &'a Guesses,
    /// Whether sessions are named by cookies that only travel over TLS.
    pub(super) secure: bool,
}

impl Door<'_> {
    /// Lets a caller in, or says why not. A right secret is never slowed down.
    pub(super) fn check(
        &self,
        who: Who,
        (method, headers): (&Method, &HeaderMap),
        (peer, now): (IpAddr, Timestamp),
    ) -> Result<(), Problem> {
        if matches!(who, Who::Anyone | Who::Signed) {
            return Ok(());
        }
        refuse_cross_site(headers)?;
        let shown = Shown::of(method, headers)?;
        if self.secrets.grant(who, &shown, headers) {
            return Ok(());
        }
        if matches!(who, Who::Admin | Who::Cron) && self.has_session(headers, now) {
            return if reads(method) || is_from_here(headers) { Ok(()) } else { Err(elsewhere()) };
        }
        match shown.anything().then(|| self.guesses.wrong(peer, now)).flatten() {
            Some(wait) => Err(Problem::too_many(wait)),
            None => Err(Problem::unauthorized()),
        }
    }

    fn has_session(&self, headers: &HeaderMap, now: Timestamp) -> bool {
        match (session::named(headers, self.secure), &self.secrets.admin) {
            (Some(name), Some(admin)) => self.sessions.is_open(name, admin, now),
            _ => false,
        }
    }
}

/// No page of another site has business here, whatever it got hold of.
fn refuse_cross_site(headers: &HeaderMap) -> Result<(), Problem> {
    let same_site = headers.get(FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
    let same_origin = !headers.contains_key(ORIGIN) || has_own_origin(headers);
    if same_site && same_origin { Ok(()) } else { Err(elsewhere()) }
}

fn elsewhere() -> Problem {
    Problem::forbidden("requests from other sites are refused")
}

/// Whether a browser says that one of our own pages asks. A session's cookie alone does not tell.
fn is_from_here(headers: &HeaderMap) -> bool {
    has_own_origin(headers) || headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin")
}

fn has_own_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.as_bytes());
    let place = text(ORIGIN).and_then(|origin| origin.strip_prefix(b"http://").or(origin.strip_prefix(b"https://")));
    place.is_some() && place == text(HOST)
}

/// Wrong secrets, counted by address and minute.
#[derive(Debug, Default)]
pub(super) struct Guesses(Mutex<HashMap<IpAddr, (i64, u32)>>);

impl Guesses {
    /// Counts a wrong secret, and says for how many seconds its address has to wait, if it has.
    pub(super) fn wrong(&self, peer: IpAddr, now: Timestamp) -> Option<u64> {
        let minute = now.minute();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST_ADDRESSES {
            counts.retain(|_, (counted, _)| *counted == minute);
        }
        if counts.len() >= MOST_ADDRESSES {
            counts.clear();
        }
        let (counted, wrong) = counts.entry(network(peer)).or_default();
        if *counted != minute {
            (*counted, *wrong) = (minute, 0);
        }
        *wrong = wrong.saturating_add(1);
        let left = 60 - now.as_seconds().rem_euclid(60).unsigned_abs();
        (*wrong > GUESSES_A_MINUTE).then_some(left)
    }
}

/// One guesser: an IPv4 address, or the network an IPv6 address can be chosen from.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            [a, b, c, d, 0, 0, 0, 0].into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);
    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn secrets() -> Secrets {
        let secret = |text: &str| Secret::new(text.to_owned()).expect("a good secret");
        Secrets::new(Keys::default(), Some(&secret("admin-token")), Some(&secret("cron-secret")))
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value"))).collect()
    }

    /// What a door with these secrets says, and no session but the one named.
    fn at_door(
        secrets: &Secrets,
        guesses: &Guesses,
        who: Who,
        (method, headers): (&Method, &HeaderMap),
        (peer, now): (IpAddr, Timestamp),
    ) -> Result<(), Problem> {
        let door = Door { secrets, sessions: &Sessions::default(), guesses, secure: false };
        door.check(who, (method, headers), (peer, now))
    }

    fn allowed(who: Who, method: &Method, pairs: &[(&'static str, &str)]) -> bool {
        at_door(&secrets(), &Guesses::default(), who, (method, &headers(pairs)), (PEER, NOW)).is_ok()
    }

    #[test]
    fn each_route_takes_the_secrets_that_are_its_own() {
        let admin = ("authorization", "Bearer admin-token");
        let cron = ("authorization", "bearer cron-secret");
        let header = ("x-cron-secret", "cron-secret");
        assert!(allowed(Who::Admin, &Method::POST, &[admin]));
        assert!(!allowed(Who::Admin, &Method::POST, &[cron]));
        assert!(!allowed(Who::Admin, &Method::GET, &[header]));
        for shown in [admin, cron, header] {
            assert!(allowed(Who::Cron, &Method::POST, &[shown]));
        }
        assert!(allowed(Who::CronBearer, &Method::GET, &[cron]));
        assert!(!allowed(Who::CronBearer, &Method::GET, &[header]));
        assert!(!allowed(Who::CronBearer, &Method::GET, &[cron, ("cookie", "a=b")]));
    }

    #[test]
    fn the_originals_cookie_reads_and_never_changes() {
        let cookie = [("cookie", "a=b; next-auth.session-token=admin-token; c=d")];
        assert!(allowed(Who::Admin, &Method::GET, &cookie));
        assert!(!allowed(Who::Admin, &Method::POST, &cookie));
        assert!(!allowed(Who::Cron, &Method::POST, &cookie));
        assert!(!allowed(Who::Admin, &Method::GET, &[("cookie", "next-auth.session-tokenx=admin-token")]));
    }

    #[test]
    fn a_session_changes_things_from_its_own_pages_only() {
        let (secrets, sessions, guesses) = (secrets(), Sessions::default(), Guesses::default());
        let name =
            sessions.begin(secrets.admin_by(b"admin-token").expect("it is the token"), NOW).expect("random bits");
        let door = Door { secrets: &secrets, sessions: &sessions, guesses: &guesses, secure: false };
        let cookie = format!("a=b; syncctl-session={name}");
        let status = |who: Who, method: &Method, more: &[(&'static str, &str)]| {
            let pairs = [&[("cookie", cookie.as_str()), ("host", "localhost:3000")], more].concat();
            let result = door.check(who, (method, &headers(&pairs)), (PEER, NOW));
            result.map_or_else(|problem| problem.status().as_u16(), |()| 200)
        };
        let (own, site) = (("origin", "http://localhost:3000"), ("sec-fetch-site", "same-origin"));
        for who in [Who::Admin, Who::Cron] {
            assert_eq!(status(who, &Method::GET, &[]), 200);
            assert_eq!(status(who, &Method::POST, &[own]), 200);
            assert_eq!(status(who, &Method::DELETE, &[site]), 200);
            assert_eq!(status(who, &Method::POST, &[own, site]), 200);
        }
        assert_eq!(status(Who::Admin, &Method::POST, &[("origin", "https://localhost:3000")]), 200);
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "http://localhost")],
            &[("origin", "http://evil.test")],
            &[("origin", "null"), site],
            &[own, ("sec-fetch-site", "cross-site")],
        ] {
            assert_eq!(status(Who::Admin, &Method::POST, foreign), 403, "{foreign:?}");
        }
        assert_eq!(status(Who::CronBearer, &Method::GET, &[own]), 401);
        let other = Door { secure: true, ..door };
        let shown = headers(&[("cookie", &cookie), ("host", "h")]);
        assert!(other.check(Who::Admin, (&Method::GET, &shown), (PEER, NOW)).is_err());
        let late = NOW.plus(std::time::Duration::from_hours(12));
        assert!(door.check(Who::Admin, (&Method::GET, &shown), (PEER, late)).is_err());
        // Who has a session that ran out is no guesser.
        let expired =
            (0..20).map(|_| door.check(Who::Admin, (&Method::GET, &shown), (PEER, late)).expect_err("expired"));
        assert!(expired.into_iter().all(|problem| problem.status() == http::StatusCode::UNAUTHORIZED));
    }

    #[test]
    fn nothing_but_the_whole_secret_will_do() {
        for wrong in
            ["", "Bearer", "Bearer ", "Bearer admin-toke", "Bearer admin-token2", "Basic admin-token", "admin-token"]
        {
            assert!(!allowed(Who::Admin, &Method::POST, &[("authorization", wrong)]), "{wrong}");
        }
    }

    #[test]
    fn a_secret_that_is_sent_twice_is_none() {
        let admin = ("authorization", "Bearer admin-token");
        for twice in ["authorization", "x-cron-secret"] {
            let mut shown = headers(&[admin, ("x-cron-secret", "cron-secret")]);
            let again = shown[twice].clone();
            shown.append(twice, again);
            let refused = at_door(&secrets(), &Guesses::default(), Who::Cron, (&Method::POST, &shown), (PEER, NOW));
            assert_eq!(refused.map_err(|problem| problem.status().as_u16()), Err(400), "{twice}");
        }
    }

    #[test]
    fn a_guesser_is_an_address_or_the_network_it_can_choose_one_from() {
        let network = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(network("10.1.2.3"), "10.1.2.3");
        assert_eq!(network("::ffff:10.1.2.3"), "10.1.2.3");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn what_is_not_configured_refuses_everyone() {
        let none = Secrets::default();
        for value in ["Bearer ", "Bearer undefined", "Bearer null"] {
            let headers = headers(&[("authorization", value), ("x-cron-secret", "")]);
            for who in [Who::Admin, Who::Cron, Who::CronBearer] {
                let shown = (&Method::GET, &headers);
                assert!(at_door(&none, &Guesses::default(), who, shown, (PEER, NOW)).is_err());
            }
        }
    }

    #[test]
    fn pages_of_other_sites_are_refused_even_with_the_secret() {
        let admin = ("authorization", "Bearer admin-token");
        let host = ("host", "localhost:3000");
        assert!(allowed(Who::Admin, &Method::POST, &[admin, host, ("origin", "http://localhost:3000")]));
        for foreign in [
            ("origin", "http://evil.test"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!allowed(Who::Admin, &Method::POST, &[admin, host, foreign]));
        }
    }

    #[test]
    fn a_guesser_has_to_wait_and_a_right_secret_never() {
        let (secrets, guesses) = (secrets(), Guesses::default());
        let attempt = |token: &str, peer: IpAddr, now: Timestamp| {
            let headers = headers(&[("authorization", &format!("Bearer {token}"))]);
            at_door(&secrets, &guesses, Who::Admin, (&Method::GET, &headers), (peer, now))
        };
        let status = |result: Result<(), Problem>| result.map_or_else(|p| p.respond(NOW).status().as_u16(), |()| 200);
        let codes: Vec<_> = (0..12).map(|n| status(attempt(&n.to_string(), PEER, NOW))).collect();
        assert_eq!(codes[..10], [401; 10]);
        assert_eq!(codes[10..], [429, 429]);
        assert_eq!(status(attempt("admin-token", PEER, NOW)), 200);
        assert_eq!(status(attempt("x", "10.0.0.1".parse().expect("an address"), NOW)), 401);
        assert_eq!(status(attempt("x", PEER, NOW.plus(std::time::Duration::from_mins(1)))), 401);
    }

    /// Welch's t over the times of two kinds of wrong guesses: `SYNCCTL_TIMING=100000` is how many of each are measured.
    #[test]
    fn a_guess_that_begins_right_takes_as_long_as_any_other() {
        let Some(samples) = std::env::var("SYNCCTL_TIMING").ok().and_then(|text| text.parse::<u32>().ok()) else {
            eprintln!("skipped: set SYNCCTL_TIMING to the number of samples");
            return;
        };
        let (right, secret) = ("a".repeat(64), Secret::new("a".repeat(64)).expect("a good secret"));
        let secrets = Secrets::new(Keys::default(), Some(&secret), None);
        let mut guesses = [format!("{}b", &right[..63]), "b".repeat(64)].map(|guess| {
            let shown = headers(&[("authorization", &format!("Bearer {guess}"))]);
            (shown, Moments::default())
        });
        for n in 0..2 * samples {
            let (shown, moments) = &mut guesses[usize::from(n % 2 == 0)];
            let began = std::time::Instant::now();
            let shown = Shown::of(&Method::GET, shown).expect("nothing is doubled");
            assert!(!secrets.grant(Who::Admin, &shown, &HeaderMap::new()));
            moments.add(began.elapsed().as_secs_f64());
        }
        let [a, b] = guesses.map(|(_, moments)| moments);
        let t = (a.mean - b.mean) / (a.variance() / a.n + b.variance() / b.n).sqrt();
        assert!(t.abs() < 4.5, "t = {t}");
    }

    /// Mean and variance as they grow, without what an interruption made of a sample.
    #[derive(Default)]
    struct Moments {
        n: f64,
        mean: f64,
        squares: f64,
    }

    impl Moments {
        fn add(&mut self, sample: f64) {
            if sample > 20e-6 {
                return;
            }
            self.n += 1.0;
            let off = sample - self.mean;
            self.mean += off / self.n;
            self.squares += off * (sample - self.mean);
        }

        fn variance(&self) -> f64 {
            self.squares / (self.n - 1.0)
        }
    }
}
