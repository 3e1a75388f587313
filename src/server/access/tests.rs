use super::*;
use crate::signature::Secret;

const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);
const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned()).expect("a good secret")
}

/// A session named `name` that began with this token.
fn session(secrets: &Secrets, token: &[u8]) -> (Vec<u8>, SessionRow) {
    let token = secrets.token(token).expect("it is a token");
    let (operator, source) = (token.operator.clone(), PEER.to_string());
    let row = SessionRow { id: 1, token: token.session_hash(b"name"), operator, source, began_at: NOW, until: NOW };
    (b"name".to_vec(), row)
}

fn secrets() -> Secrets {
    Secrets::new(Some(&secret("admin-token")), Some(&secret("cron-secret")))
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value"))).collect()
}

/// Checks a request against these secrets, without any session.
fn check(
    secrets: &Secrets,
    throttle: &LoginThrottle,
    requirement: AuthRequirement,
    (method, headers): (&Method, &HeaderMap),
    (peer, now): (IpAddr, Timestamp),
) -> Result<Option<Operator>, Problem> {
    AccessCheck { secrets, throttle, senders: &KnownSenders::default(), session: None }.check(
        requirement,
        (method, headers),
        (peer, now),
    )
}

fn allowed(requirement: AuthRequirement, method: &Method, pairs: &[(&'static str, &str)]) -> bool {
    check(&secrets(), &LoginThrottle::default(), requirement, (method, &headers(pairs)), (PEER, NOW)).is_ok()
}

#[test]
fn each_route_takes_the_secrets_that_are_its_own() {
    let admin = ("authorization", "Bearer admin-token");
    let cron = ("authorization", "bearer cron-secret");
    let header = ("x-cron-secret", "cron-secret");
    assert!(allowed(AuthRequirement::Admin, &Method::POST, &[admin]));
    assert!(!allowed(AuthRequirement::Admin, &Method::POST, &[cron]));
    assert!(!allowed(AuthRequirement::Admin, &Method::GET, &[header]));
    for shown in [admin, cron, header] {
        assert!(allowed(AuthRequirement::Cron, &Method::POST, &[shown]));
    }
    assert!(allowed(AuthRequirement::CronBearer, &Method::GET, &[cron]));
    assert!(!allowed(AuthRequirement::CronBearer, &Method::GET, &[header]));
    assert!(!allowed(AuthRequirement::CronBearer, &Method::GET, &[cron, ("cookie", "a=b")]));
}

#[test]
fn the_originals_cookie_reads_and_never_changes() {
    let cookie = [("cookie", "a=b; next-auth.session-token=admin-token; c=d")];
    assert!(allowed(AuthRequirement::Admin, &Method::GET, &cookie));
    assert!(!allowed(AuthRequirement::Admin, &Method::POST, &cookie));
    assert!(!allowed(AuthRequirement::Cron, &Method::POST, &cookie));
    assert!(!allowed(AuthRequirement::Admin, &Method::GET, &[("cookie", "next-auth.session-tokenx=admin-token")]));
}

#[test]
fn a_session_changes_things_from_its_own_pages_only() {
    let (secrets, throttle) = (secrets(), LoginThrottle::default());
    let access = AccessCheck {
        secrets: &secrets,
        throttle: &throttle,
        senders: &KnownSenders::default(),
        session: Some(session(&secrets, b"admin-token")),
    };
    let cookie = "a=b; syncctl-session=name".to_owned();
    let status = |requirement: AuthRequirement, method: &Method, more: &[(&'static str, &str)]| {
        let pairs = [&[("cookie", cookie.as_str()), ("host", "localhost:3000")], more].concat();
        let result = access.check(requirement, (method, &headers(&pairs)), (PEER, NOW));
        result.map_or_else(|problem| problem.status().as_u16(), |_| 200)
    };
    let (own, site) = (("origin", "http://localhost:3000"), ("sec-fetch-site", "same-origin"));
    for requirement in [AuthRequirement::Admin, AuthRequirement::Cron] {
        assert_eq!(status(requirement, &Method::GET, &[]), 200);
        assert_eq!(status(requirement, &Method::POST, &[own]), 200);
        assert_eq!(status(requirement, &Method::DELETE, &[site]), 200);
        assert_eq!(status(requirement, &Method::POST, &[own, site]), 200);
    }
    assert_eq!(status(AuthRequirement::Admin, &Method::POST, &[("origin", "https://localhost:3000")]), 200);
    for foreign in [
        &[][..],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "http://localhost")],
        &[("origin", "http://evil.test")],
        &[("origin", "null"), site],
        &[own, ("sec-fetch-site", "cross-site")],
    ] {
        assert_eq!(status(AuthRequirement::Admin, &Method::POST, foreign), 403, "{foreign:?}");
    }
    assert_eq!(status(AuthRequirement::CronBearer, &Method::GET, &[own]), 401);
    // A session under a token that is not configured any more is none, and whoever has it is no guesser.
    let other = Secrets::new(Some(&secret("another-token")), None);
    let closed = AccessCheck {
        secrets: &other,
        throttle: &throttle,
        senders: &KnownSenders::default(),
        session: access.session.clone(),
    };
    let shown = headers(&[("cookie", &cookie), ("host", "h")]);
    for _ in 0..20 {
        let refused = closed.check(AuthRequirement::Admin, (&Method::GET, &shown), (PEER, NOW)).expect_err("closed");
        assert_eq!(refused.status(), http::StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn each_role_may_do_what_it_is_for_by_token_and_by_session() {
    let secrets = secrets().with_token("board", Role::Read, &secret("read-token")).with_token(
        "ada",
        Role::Operate,
        &secret("operate-token"),
    );
    let throttle = LoginThrottle::default();
    let may = |token: &str, requirement: AuthRequirement, method: &Method| {
        let bearer = format!("Bearer {token}");
        let shown = headers(&[("authorization", &bearer), ("host", "h")]);
        let by_token = check(&secrets, &throttle, requirement, (method, &shown), (PEER, NOW));
        let access = AccessCheck {
            secrets: &secrets,
            throttle: &throttle,
            senders: &KnownSenders::default(),
            session: Some(session(&secrets, token.as_bytes())),
        };
        let own = headers(&[("cookie", "syncctl-session=name"), ("host", "h"), ("origin", "http://h")]);
        let by_session = access.check(requirement, (method, &own), (PEER, NOW));
        let told = |result: Result<Option<Operator>, Problem>| {
            result.map(|operator| operator.expect("somebody").name).map_err(|problem| problem.status().as_u16())
        };
        let (by_token, by_session) = (told(by_token), told(by_session));
        assert_eq!(by_token, by_session);
        by_token
    };
    let (read, operate, admin) = (Ok("board".to_owned()), Ok("ada".to_owned()), Ok("admin".to_owned()));
    for requirement in [AuthRequirement::Admin, AuthRequirement::Operate] {
        assert_eq!(may("read-token", requirement, &Method::GET), read);
        assert_eq!(may("read-token", requirement, &Method::POST), Err(403));
        assert_eq!(may("admin-token", requirement, &Method::POST), admin);
    }
    assert_eq!(may("operate-token", AuthRequirement::Operate, &Method::POST), operate);
    assert_eq!(may("operate-token", AuthRequirement::Admin, &Method::POST), Err(403));
    assert_eq!(may("operate-token", AuthRequirement::Cron, &Method::POST), operate);
    assert_eq!(may("read-token", AuthRequirement::Cron, &Method::POST), Err(403));
}

#[test]
fn nothing_but_the_whole_secret_will_do() {
    for wrong in
        ["", "Bearer", "Bearer ", "Bearer admin-toke", "Bearer admin-token2", "Basic admin-token", "admin-token"]
    {
        assert!(!allowed(AuthRequirement::Admin, &Method::POST, &[("authorization", wrong)]), "{wrong}");
    }
}

#[test]
fn a_secret_that_is_sent_twice_is_none() {
    let admin = ("authorization", "Bearer admin-token");
    for twice in ["authorization", "x-cron-secret"] {
        let mut shown = headers(&[admin, ("x-cron-secret", "cron-secret")]);
        let again = shown[twice].clone();
        shown.append(twice, again);
        let refused =
            check(&secrets(), &LoginThrottle::default(), AuthRequirement::Cron, (&Method::POST, &shown), (PEER, NOW));
        assert_eq!(refused.expect_err("refused").status().as_u16(), 400, "{twice}");
    }
}

#[test]
fn what_is_not_configured_refuses_everyone() {
    let none = Secrets::default();
    for value in ["Bearer ", "Bearer undefined", "Bearer null"] {
        let headers = headers(&[("authorization", value), ("x-cron-secret", "")]);
        for requirement in [AuthRequirement::Admin, AuthRequirement::Cron, AuthRequirement::CronBearer] {
            let shown = (&Method::GET, &headers);
            assert!(check(&none, &LoginThrottle::default(), requirement, shown, (PEER, NOW)).is_err());
        }
    }
}

#[test]
fn pages_of_other_sites_are_refused_even_with_the_secret() {
    let admin = ("authorization", "Bearer admin-token");
    let host = ("host", "localhost:3000");
    assert!(allowed(AuthRequirement::Admin, &Method::POST, &[admin, host, ("origin", "http://localhost:3000")]));
    for foreign in [
        ("origin", "http://evil.test"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert!(!allowed(AuthRequirement::Admin, &Method::POST, &[admin, host, foreign]));
    }
}

#[test]
fn a_guesser_has_to_wait_and_a_right_secret_never() {
    let (secrets, throttle) = (secrets(), LoginThrottle::default());
    let attempt = |token: &str, peer: IpAddr, now: Timestamp| {
        let headers = headers(&[("authorization", &format!("Bearer {token}"))]);
        check(&secrets, &throttle, AuthRequirement::Admin, (&Method::GET, &headers), (peer, now))
    };
    let status = |result: Result<Option<Operator>, Problem>| result.map_or_else(|p| p.status().as_u16(), |_| 200);
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
    let (secrets, throttle) = (Secrets::new(Some(&secret), None), LoginThrottle::default());
    let mut guesses = [format!("{}b", &right[..63]), "b".repeat(64)].map(|guess| {
        let shown = headers(&[("authorization", &format!("Bearer {guess}"))]);
        (shown, RunningVariance::default())
    });
    for n in 0..2 * samples {
        let (shown, moments) = &mut guesses[usize::from(n % 2 == 0)];
        let began = std::time::Instant::now();
        let shown = Credentials::of(&Method::GET, shown).expect("nothing is doubled");
        let access =
            AccessCheck { secrets: &secrets, throttle: &throttle, senders: &KnownSenders::default(), session: None };
        assert!(access.by_token(AuthRequirement::Admin, &shown).is_none());
        moments.add(began.elapsed().as_secs_f64());
    }
    let [a, b] = guesses.map(|(_, moments)| moments);
    let t = (a.mean - b.mean) / (a.variance() / a.n + b.variance() / b.n).sqrt();
    assert!(t.abs() < 4.5, "t = {t}");
}

/// Mean and variance of a growing sample, without outliers that an interruption caused.
#[derive(Default)]
struct RunningVariance {
    n: f64,
    mean: f64,
    squares: f64,
}

impl RunningVariance {
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
