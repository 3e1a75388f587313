//! Access to routes: which credentials each kind of route takes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, ORIGIN};
use http::{HeaderName, Method};

use super::connections::Peer;
use super::known_senders::KnownSenders;
use super::login_throttle::LoginThrottle;
use super::operator::Operator;
use super::response::Problem;
use super::secrets::Secrets;
use super::sessions;
use super::state::App;
use crate::clock::Timestamp;
use crate::store::operators::{Role, SessionRow};

const CRON_SECRET: HeaderName = HeaderName::from_static("x-cron-secret");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The cookie that the original's commands carry: the admin token itself.
const ORIGINAL_COOKIE: &str = "next-auth.session-token";

/// The layer of the routes with one requirement: refuses a request, or keeps its connection while it is served.
pub(super) async fn require(
    State((app, requirement)): State<(Arc<App>, AuthRequirement)>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let settings = app.settings();
    let name = sessions::named(request.headers(), settings.behind_tls).filter(|_| requirement.takes_sessions());
    let session = match name {
        Some(name) => app.session(name.to_owned()).await?,
        None => None,
    };
    let access = AccessCheck { secrets: &settings.secrets, throttle: &app.throttle, senders: &app.senders, session };
    let (method, headers) = (request.method(), request.headers());
    let operator = access.check(requirement, (method, headers), (peer.address, app.now()))?;
    if let Some(operator) = operator {
        request.extensions_mut().insert(operator);
    }
    let _busy = requirement.is_authenticated().then(|| {
        peer.connection.prove();
        peer.connection.busy()
    });
    Ok(next.run(request).await)
}

/// Which secret or operator's role a route requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthRequirement {
    /// Nothing.
    None,
    /// Not from a page of another site; the handler itself checks the admin token.
    SameSite,
    /// A signed body; the handler itself verifies it.
    Signature,
    /// The token of an operator or a session: to read, any; to change something, one of an admin.
    Admin,
    /// The same, where those who operate may change something, too.
    Operate,
    /// The token of any operator or a session, whatever is done.
    Operator,
    /// The cron secret, the admin token or a session.
    Cron,
    /// The cron secret as a bearer and no cookie: schedulers that can only send `GET`.
    CronBearer,
}

impl AuthRequirement {
    /// Whether a request that passed has shown a secret.
    fn is_authenticated(self) -> bool {
        !matches!(self, Self::None | Self::SameSite | Self::Signature)
    }

    fn takes_sessions(self) -> bool {
        matches!(self, Self::Admin | Self::Operate | Self::Operator | Self::Cron)
    }

    /// What an operator has to be allowed to do.
    fn role(self, method: &Method) -> Role {
        match self {
            Self::Admin if !reads(method) => Role::Admin,
            Self::Operate if !reads(method) => Role::Operate,
            Self::Cron => Role::Operate,
            Self::None | Self::SameSite | Self::Signature | Self::CronBearer => Role::Read,
            Self::Admin | Self::Operate | Self::Operator => Role::Read,
        }
    }
}

/// The secrets that a request carries: bearer token, cron secret, cookie.
struct Credentials<'h> {
    bearer: Option<&'h [u8]>,
    cron: Option<&'h [u8]>,
    /// The admin token in a cookie, as the original's commands carry it.
    original: Option<&'h [u8]>,
}

impl<'h> Credentials<'h> {
    fn of(method: &Method, headers: &'h HeaderMap) -> Result<Self, Problem> {
        let authorization = single(headers, &AUTHORIZATION)?;
        Ok(Self {
            bearer: authorization.and_then(bearer),
            cron: single(headers, &CRON_SECRET)?,
            // A cookie comes along by itself, so this one never counts where something changes.
            original: sessions::cookie(headers, ORIGINAL_COOKIE).filter(|_| reads(method)),
        })
    }

    fn is_any(&self) -> bool {
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

/// Checks a request's credentials or session against what its route requires.
struct AccessCheck<'a> {
    secrets: &'a Secrets,
    throttle: &'a LoginThrottle,
    senders: &'a KnownSenders,
    /// The session that the request names, with its name.
    session: Option<(Vec<u8>, SessionRow)>,
}

impl AccessCheck<'_> {
    /// Grants access and says to whom, or why not. A right secret is never slowed down.
    fn check(
        &self,
        requirement: AuthRequirement,
        (method, headers): (&Method, &HeaderMap),
        (peer, now): (IpAddr, Timestamp),
    ) -> Result<Option<Operator>, Problem> {
        if matches!(requirement, AuthRequirement::None | AuthRequirement::Signature) {
            return Ok(None);
        }
        refuse_cross_site(headers)?;
        let shown = Credentials::of(method, headers)?;
        if requirement == AuthRequirement::SameSite {
            return Ok(None);
        }
        // From an address that has shown a right secret, others may guess too: they are slowed down, but the address is
        // not blocked.
        let blocked = shown.is_any() && !self.senders.is_known(peer);
        let blocked = blocked.then(|| self.throttle.blocked(peer, now)).flatten();
        if blocked.is_none() {
            if self.is_scheduler(requirement, &shown, headers) {
                self.senders.add(peer);
                return Ok(None);
            }
            if let Some(operator) = self.by_token(requirement, &shown) {
                self.senders.add(peer);
                return operator.require(requirement.role(method)).map(|()| Some(operator));
            }
        }
        if let Some(operator) = self.by_session(requirement) {
            if !reads(method) && !is_same_origin(headers) {
                return Err(cross_site());
            }
            return operator.require(requirement.role(method)).map(|()| Some(operator));
        }
        match blocked.or_else(|| shown.is_any().then(|| self.throttle.record_failure(peer, now)).flatten()) {
            Some(throttled) => Err(Problem::throttled(throttled)),
            None => Err(Problem::unauthorized()),
        }
    }

    /// Whether the request shows the cron secret where that will do.
    fn is_scheduler(&self, requirement: AuthRequirement, shown: &Credentials<'_>, headers: &HeaderMap) -> bool {
        // Both are compared, so that the time does not tell which one matched.
        let (bearer, header) = (self.secrets.is_cron(shown.bearer), self.secrets.is_cron(shown.cron));
        match requirement {
            AuthRequirement::Cron => bearer | header,
            AuthRequirement::CronBearer => bearer && !headers.contains_key(COOKIE),
            AuthRequirement::None
            | AuthRequirement::SameSite
            | AuthRequirement::Signature
            | AuthRequirement::Admin
            | AuthRequirement::Operate
            | AuthRequirement::Operator => false,
        }
    }

    fn by_token(&self, requirement: AuthRequirement, shown: &Credentials<'_>) -> Option<Operator> {
        if !requirement.takes_sessions() {
            return None;
        }
        let (bearer, original) = (self.secrets.operator(shown.bearer), self.secrets.operator(shown.original));
        bearer.or(original)
    }

    fn by_session(&self, requirement: AuthRequirement) -> Option<Operator> {
        let (name, row) = self.session.as_ref().filter(|_| requirement.takes_sessions())?;
        self.secrets.operator_of_session(name, row)
    }
}

/// Pages of other sites are refused, whatever credentials come along.
fn refuse_cross_site(headers: &HeaderMap) -> Result<(), Problem> {
    let same_site = headers.get(FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
    let same_origin = !headers.contains_key(ORIGIN) || has_own_origin(headers);
    if same_site && same_origin { Ok(()) } else { Err(cross_site()) }
}

fn cross_site() -> Problem {
    Problem::forbidden("requests from other sites are refused")
}

/// Whether a browser says that one of our own pages asks. The cookie of a session does not show that.
fn is_same_origin(headers: &HeaderMap) -> bool {
    has_own_origin(headers) || headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin")
}

fn has_own_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.as_bytes());
    let place = text(ORIGIN).and_then(|origin| origin.strip_prefix(b"http://").or(origin.strip_prefix(b"https://")));
    place.is_some() && place == text(HOST)
}

#[cfg(test)]
mod tests;
