//! Every key there is: how it is read and how it is shown.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::is_variable_name;
use super::values::{Delivery, OperatorToken, Values};
use crate::clock::Timestamp;
use crate::delivery::StatusRule;
use crate::endpoint::{
    Authorization, Condition, EndpointUrl, HeaderSetting, InvalidEndpoint, LegacySignature, MAX_CONCURRENCY, Pattern,
    Payload, ProxySetting, RateLimit, SecretSource, Settings, Spec, ValueSource, check_name, header_value,
};
use crate::format::shorten;
use crate::inbound::ProxyHeader;
use crate::monitor::Expected;
use crate::store::Location;
use crate::store::operators::ADMIN_TOKEN_NAME;
use crate::untrusted::Untrusted;

/// How a configuration file may write a key: one value, a list, a path or a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One value.
    One,
    /// One value or a list.
    List,
    /// A table of names and texts, or a list of `NAME=TEXT`.
    Pairs,
    /// A path; a relative one counts from the file's directory.
    Path,
    /// A path or a database URL.
    Database,
}

/// A configuration key: how its text is read into a `T`, and how it is shown.
pub(super) struct Key<T> {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) read: fn(&mut T, &str) -> Result<(), String>,
    pub(super) show: fn(&T) -> String,
}

pub(super) const fn key<T>(
    name: &'static str,
    form: Form,
    read: fn(&mut T, &str) -> Result<(), String>,
    show: fn(&T) -> String,
) -> Key<T> {
    Key { name, form, read, show }
}

/// The keys of the file but endpoints and secrets, in the order of `config show`.
pub(super) const KEYS: &[Key<Values>] = &[
    key(
        "database",
        Form::Database,
        |v, t| set(&mut v.database, database(t).map(Some)),
        |v| database_shown(&v.database),
    ),
    key(
        "delivery.max_attempts",
        Form::One,
        |v, t| set(&mut v.delivery.retry.max_attempts, attempts(t)),
        |v| v.delivery.retry.max_attempts.to_string(),
    ),
    key(
        "delivery.first_delay",
        Form::One,
        |v, t| set(&mut v.delivery.retry.first_delay_ms, millis(t)),
        |v| millis_shown(v.delivery.retry.first_delay_ms),
    ),
    key(
        "delivery.max_delay",
        Form::One,
        |v, t| set(&mut v.delivery.retry.max_delay_ms, millis(t)),
        |v| millis_shown(v.delivery.retry.max_delay_ms),
    ),
    key(
        "delivery.timeout",
        Form::One,
        |v, t| set(&mut v.delivery.retry.timeout_ms, millis_above_zero(t)),
        |v| millis_shown(v.delivery.retry.timeout_ms),
    ),
    key(
        "delivery.concurrency",
        Form::One,
        |v, t| set(&mut v.delivery.concurrency, concurrency(t)),
        |v| v.delivery.concurrency.to_string(),
    ),
    key(
        "egress.deny_private",
        Form::One,
        |v, t| set(&mut v.egress.deny_private, yes_or_no(t)),
        |v| v.egress.deny_private.to_string(),
    ),
    key("egress.allow", Form::List, |v, t| set(&mut v.egress.allow, networks(t)), |v| joined(&v.egress.allow)),
    key(
        "health.max_failure_rate",
        Form::One,
        |v, t| set(&mut v.health.max_failure_rate, share(t)),
        |v| v.health.max_failure_rate.to_string(),
    ),
    key(
        "health.max_failures",
        Form::One,
        |v, t| set(&mut v.health.max_failures, number(t)),
        |v| v.health.max_failures.to_string(),
    ),
    key(
        "health.max_due_age",
        Form::One,
        |v, t| set(&mut v.health.max_due_age, duration(t)),
        |v| duration_shown(v.health.max_due_age),
    ),
    key(
        "health.silence_after",
        Form::One,
        |v, t| set(&mut v.health.silence_after, duration(t)),
        |v| duration_shown(v.health.silence_after),
    ),
    key(
        "health.expect",
        Form::Pairs,
        |v, t| set(&mut v.health.expect, expected(t)),
        |v| expected_shown(&v.health.expect),
    ),
    key(
        "health.max_processing_age",
        Form::One,
        |v, t| set(&mut v.health.max_processing_age, duration_above_zero(t)),
        |v| duration_shown(v.health.max_processing_age),
    ),
    key(
        "freshness.warn_after",
        Form::One,
        |v, t| set(&mut v.freshness.warn_after, duration(t)),
        |v| duration_shown(v.freshness.warn_after),
    ),
    key(
        "freshness.error_after",
        Form::One,
        |v, t| set(&mut v.freshness.error_after, duration(t)),
        |v| duration_shown(v.freshness.error_after),
    ),
    key("server.listen", Form::List, |v, t| set(&mut v.server.listen, addresses(t)), |v| v.server.listen.join(",")),
    key(
        "server.process_every",
        Form::One,
        |v, t| set(&mut v.server.process_every, duration_above_zero(t)),
        |v| duration_shown(v.server.process_every),
    ),
    key("server.hosts", Form::List, |v, t| set(&mut v.server.hosts, host_names(t)), |v| v.server.hosts.join(",")),
    key(
        "server.behind_tls",
        Form::One,
        |v, t| set(&mut v.server.behind_tls, yes_or_no(t)),
        |v| v.server.behind_tls.to_string(),
    ),
    key(
        "server.without",
        Form::List,
        |v, t| set(&mut v.server.without, route_groups(t)),
        |v| v.server.without.join(","),
    ),
    key(
        "server.tokens",
        Form::List,
        |v, t| set(&mut v.server.tokens, operator_tokens(t)),
        |v| tokens_shown(&v.server.tokens),
    ),
    key(
        "server.trusted_proxies",
        Form::List,
        |v, t| set(&mut v.server.proxies.networks, networks(t)),
        |v| joined(&v.server.proxies.networks),
    ),
    key(
        "server.proxy_header",
        Form::One,
        |v, t| set(&mut v.server.proxies.header, proxy_header(t)),
        |v| <&str>::from(v.server.proxies.header).to_owned(),
    ),
    key(
        "webhook.standard_only",
        Form::One,
        |v, t| set(&mut v.webhook.standard_only, yes_or_no(t)),
        |v| v.webhook.standard_only.to_string(),
    ),
    key(
        "webhook.require_timestamp",
        Form::One,
        |v, t| set(&mut v.webhook.require_timestamp, yes_or_no(t)),
        |v| v.webhook.require_timestamp.to_string(),
    ),
    key(
        "webhook.networks",
        Form::List,
        |v, t| set(&mut v.webhook.networks, networks(t)),
        |v| joined(&v.webhook.networks),
    ),
    key(
        "webhook.rotate_by",
        Form::One,
        |v, t| set(&mut v.webhook.rotate_by, day(t).map(Some)),
        |v| v.webhook.rotate_by.map(|at| at.to_string()[..10].to_owned()).unwrap_or_default(),
    ),
    key("tls.ca_file", Form::Path, |v, t| set(&mut v.ca_file, path(t).map(Some)), |v| path_shown(&v.ca_file)),
];

/// The keys of one of `[[endpoints]]`.
pub(super) const ENDPOINT_KEYS: &[Key<Draft>] = &[
    key("name", Form::One, |d, t| set(&mut d.name, name(t).map(Some)), |d| d.name.clone().unwrap_or_default()),
    key(
        "url",
        Form::One,
        |d, t| set(&mut d.url, EndpointUrl::parse(t).map(Some).map_err(|it| it.to_string())),
        |d| d.url.as_ref().map(ToString::to_string).unwrap_or_default(),
    ),
    key("events", Form::List, |d, t| set(&mut d.settings.events, patterns(t)), |d| patterns_shown(&d.settings.events)),
    key("when", Form::List, |d, t| set(&mut d.settings.when, conditions(t)), |d| joined(&d.settings.when)),
    key(
        "secret_file",
        Form::Path,
        |d, t| d.take_secret(SecretSource::File(path(t)?.to_string_lossy().into_owned())),
        |d| secret_shown(&d.settings.secret),
    ),
    key(
        "secret_env",
        Form::One,
        |d, t| d.take_secret(SecretSource::Env(variable_name(t)?)),
        |d| secret_shown(&d.settings.secret),
    ),
    key("paused", Form::One, |d, t| set(&mut d.paused, yes_or_no(t)), |d| d.paused.to_string()),
    key(
        "concurrency",
        Form::One,
        |d, t| set(&mut d.settings.concurrency, concurrency(t)),
        |d| d.settings.concurrency.to_string(),
    ),
    key(
        "rate",
        Form::One,
        |d, t| set(&mut d.settings.rate, RateLimit::parse(t).map(Some)),
        |d| d.settings.rate.map(|rate| rate.to_string()).unwrap_or_default(),
    ),
    key(
        "burst",
        Form::One,
        |d, t| set(&mut d.settings.burst, burst(t).map(Some)),
        |d| d.settings.burst.map(|burst| burst.to_string()).unwrap_or_default(),
    ),
    key(
        "payload",
        Form::One,
        |d, t| set(&mut d.settings.payload, payload(t)),
        |d| d.settings.payload.name().to_owned(),
    ),
    key("coalesce", Form::One, |d, t| set(&mut d.settings.coalesce, yes_or_no(t)), |d| d.settings.coalesce.to_string()),
    key(
        "max_attempts",
        Form::One,
        |d, t| set(&mut d.settings.retry.max_attempts, attempts(t)),
        |d| d.settings.retry.max_attempts.to_string(),
    ),
    key(
        "first_delay",
        Form::One,
        |d, t| set(&mut d.settings.retry.first_delay_ms, millis(t)),
        |d| millis_shown(d.settings.retry.first_delay_ms),
    ),
    key(
        "max_delay",
        Form::One,
        |d, t| set(&mut d.settings.retry.max_delay_ms, millis(t)),
        |d| millis_shown(d.settings.retry.max_delay_ms),
    ),
    key(
        "timeout",
        Form::One,
        |d, t| set(&mut d.settings.retry.timeout_ms, millis_above_zero(t)),
        |d| millis_shown(d.settings.retry.timeout_ms),
    ),
    key(
        "retry",
        Form::List,
        |d, t| set(&mut d.settings.retry.statuses.retry, status_rules(t)),
        |d| joined(&d.settings.retry.statuses.retry),
    ),
    key(
        "give_up",
        Form::List,
        |d, t| set(&mut d.settings.retry.statuses.give_up, status_rules(t)),
        |d| joined(&d.settings.retry.statuses.give_up),
    ),
    key(
        "outage_statuses",
        Form::List,
        |d, t| set(&mut d.settings.retry.circuit.outage_statuses, outage_statuses(t)),
        |d| joined(&d.settings.retry.circuit.outage_statuses),
    ),
    key(
        "circuit_first_probe",
        Form::One,
        |d, t| set(&mut d.settings.retry.circuit.first_probe_ms, millis_above_zero(t)),
        |d| millis_shown(d.settings.retry.circuit.first_probe_ms),
    ),
    key(
        "circuit_probe_factor",
        Form::One,
        |d, t| set(&mut d.settings.retry.circuit.probe_factor, probe_factor(t)),
        |d| d.settings.retry.circuit.probe_factor.to_string(),
    ),
    key(
        "circuit_longest_probe",
        Form::One,
        |d, t| set(&mut d.settings.retry.circuit.longest_probe_ms, millis_above_zero(t)),
        |d| millis_shown(d.settings.retry.circuit.longest_probe_ms),
    ),
    key(
        "legacy_signature",
        Form::One,
        |d, t| set(&mut d.settings.legacy_signature, legacy_signature(t)),
        |d| legacy_signature_shown(d.settings.legacy_signature).to_owned(),
    ),
    key("headers", Form::List, |d, t| d.add_headers(t, ValueSource::Literal), |d| headers_shown(d, "literal")),
    key("headers_file", Form::List, |d, t| d.add_headers(t, ValueSource::File), |d| headers_shown(d, "file")),
    key("headers_env", Form::List, |d, t| d.add_headers(t, ValueSource::Env), |d| headers_shown(d, "env")),
    key("headers_command", Form::List, |d, t| d.add_headers(t, ValueSource::Command), |d| headers_shown(d, "command")),
    key(
        "bearer_file",
        Form::Path,
        |d, t| d.authorize(Authorization::Bearer(file_source(t)?)),
        |d| authorization_shown(d, "bearer", "file"),
    ),
    key(
        "bearer_env",
        Form::One,
        |d, t| d.authorize(Authorization::Bearer(ValueSource::Env(variable_name(t)?))),
        |d| authorization_shown(d, "bearer", "env"),
    ),
    key(
        "basic_file",
        Form::Path,
        |d, t| d.authorize(Authorization::Basic(file_source(t)?)),
        |d| authorization_shown(d, "basic", "file"),
    ),
    key(
        "basic_env",
        Form::One,
        |d, t| d.authorize(Authorization::Basic(ValueSource::Env(variable_name(t)?))),
        |d| authorization_shown(d, "basic", "env"),
    ),
    key(
        "accept",
        Form::One,
        |d, t| set(&mut d.settings.access.accept, header_value(t).map(Some)),
        |d| d.settings.access.accept.clone().unwrap_or_else(|| "*/*".to_owned()),
    ),
    key(
        "user_agent",
        Form::One,
        |d, t| set(&mut d.settings.access.user_agent, header_value(t).map(Some)),
        |d| d.settings.access.user_agent.clone().unwrap_or_default(),
    ),
    key(
        "client_cert_file",
        Form::Path,
        |d, t| set(&mut d.settings.access.client_cert_file, path_text(t).map(Some)),
        |d| d.settings.access.client_cert_file.clone().unwrap_or_default(),
    ),
    key(
        "client_key_file",
        Form::Path,
        |d, t| set(&mut d.settings.access.client_key_file, path_text(t).map(Some)),
        |d| d.settings.access.client_key_file.clone().unwrap_or_default(),
    ),
    key(
        "ca_file",
        Form::Path,
        |d, t| set(&mut d.settings.access.ca_file, path_text(t).map(Some)),
        |d| d.settings.access.ca_file.clone().unwrap_or_default(),
    ),
    key(
        "proxy",
        Form::One,
        |d, t| set(&mut d.settings.access.proxy, ProxySetting::parse(t).map(Some)),
        |d| proxy_shown(&d.settings.access.proxy),
    ),
    key(
        "proxy_auth_file",
        Form::Path,
        |d, t| set(&mut d.settings.access.proxy_auth, file_source(t).map(Some)),
        |d| place_shown(d.settings.access.proxy_auth.as_ref(), "file"),
    ),
    key(
        "proxy_auth_env",
        Form::One,
        |d, t| set(&mut d.settings.access.proxy_auth, variable_name(t).map(|name| Some(ValueSource::Env(name)))),
        |d| place_shown(d.settings.access.proxy_auth.as_ref(), "env"),
    ),
];

/// An `[[endpoints]]` entry while its keys are read.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) url: Option<EndpointUrl>,
    pub(super) paused: bool,
    pub(super) settings: Settings,
}

impl Draft {
    /// An endpoint about which nothing is said but how deliveries are made in general.
    pub(super) fn new(delivery: &Delivery) -> Self {
        let Delivery { retry, concurrency } = delivery.clone();
        let settings = Settings { retry, concurrency, ..Settings::default() };
        Self { name: None, url: None, paused: false, settings }
    }

    pub(super) fn finish(self) -> Result<Spec, String> {
        let name = Some(self.name.ok_or("an endpoint without a name")?);
        let url = self.url.ok_or("an endpoint without a url")?;
        let access = &self.settings.access;
        if access.client_cert_file.is_some() != access.client_key_file.is_some() {
            return Err("client_cert_file and client_key_file belong together".to_owned());
        }
        if self.settings.burst.is_some() && self.settings.rate.is_none() {
            return Err("a burst without a rate".to_owned());
        }
        if self.settings.coalesce && self.settings.payload != Payload::Full {
            return Err("coalesce without payload = \"full\": what a change replaces would be lost".to_owned());
        }
        if access.proxy_auth.is_some() && access.proxy.is_none() {
            return Err("credentials for a proxy without a proxy".to_owned());
        }
        self.settings.check_for(&url)?;
        Ok(Spec { name, url, paused: self.paused, settings: self.settings })
    }

    fn add_headers(&mut self, text: &str, source: fn(String) -> ValueSource) -> Result<(), String> {
        for item in items(text) {
            let header = HeaderSetting::parse(item, source)?;
            if let ValueSource::File(place) = &header.value
                && !std::path::Path::new(place).is_absolute()
            {
                return Err(format!("the file of the header `{}` needs an absolute path", header.name));
            }
            if self.settings.access.headers.iter().any(|known| known.name == header.name) {
                return Err(format!("the header `{}` is given twice", header.name));
            }
            self.settings.access.headers.push(header);
        }
        Ok(())
    }

    fn authorize(&mut self, authorization: Authorization) -> Result<(), String> {
        match self.settings.access.authorization {
            None => set(&mut self.settings.access.authorization, Ok(Some(authorization))),
            Some(_) => Err("give one of bearer_file, bearer_env, basic_file and basic_env".to_owned()),
        }
    }

    fn take_secret(&mut self, source: SecretSource) -> Result<(), String> {
        match self.settings.secret {
            SecretSource::Shared => set(&mut self.settings.secret, Ok(source)),
            SecretSource::File(_) | SecretSource::Env(_) => Err("give either secret_file or secret_env".to_owned()),
        }
    }
}

/// The variable that names a file with the database's location.
pub(super) const DATABASE_FILE: &str = "SYNCCTL_DB_FILE";

/// The variable that sets a key: `delivery.max_attempts` is `SYNCCTL_DELIVERY_MAX_ATTEMPTS`.
pub(super) fn variable(key: &str) -> String {
    match key {
        "database" => "SYNCCTL_DB".to_owned(),
        _ => format!("SYNCCTL_{}", key.replace('.', "_").to_uppercase()),
    }
}

/// A URL as it may be shown even when it is wrong: a user name or password in it is left out.
pub(super) fn without_userinfo(url: &str) -> String {
    let shown = match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &url[..scheme], &url[at..]),
        (None, Some(at)) => format!("…{}", &url[at..]),
        _ => url.to_owned(),
    };
    shorten(&Untrusted(&shown).to_string(), 80)
}

pub(super) fn set<V>(place: &mut V, value: Result<V, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shorten(&Untrusted(text).to_string(), 60))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.trim().parse().map_err(|_| format!("{} is not a whole number in range", quoted(text)))
}

fn attempts(text: &str) -> Result<u32, String> {
    number(text).and_then(|n| if n == 0 { Err("at least one attempt is needed".to_owned()) } else { Ok(n) })
}

fn concurrency(text: &str) -> Result<u16, String> {
    let n = number(text)?;
    if (1..=MAX_CONCURRENCY).contains(&n) { Ok(n) } else { Err(InvalidEndpoint::Concurrency(n).to_string()) }
}

fn conditions(text: &str) -> Result<Vec<Condition>, String> {
    items(text).map(Condition::parse).collect()
}

fn status_rules(text: &str) -> Result<Vec<StatusRule>, String> {
    items(text).map(StatusRule::parse).collect()
}

/// Statuses that count as an outage; none of them is allowed.
fn outage_statuses(text: &str) -> Result<Vec<u16>, String> {
    let status = |text: &str| {
        let status = number(text)?;
        if (500..=599).contains(&status) {
            Ok(status)
        } else {
            Err(format!("{status} is not a status from 500 to 599"))
        }
    };
    items(text).map(status).collect()
}

fn payload(text: &str) -> Result<Payload, String> {
    text.parse().map_err(|_| format!("`{text}` is neither `event` nor `full`"))
}

fn burst(text: &str) -> Result<u32, String> {
    let burst = number(text)?;
    if (1..=10_000).contains(&burst) { Ok(burst) } else { Err(format!("{burst} is not a number from 1 to 10000")) }
}

fn probe_factor(text: &str) -> Result<u32, String> {
    let factor = number(text)?;
    if (1..=10).contains(&factor) { Ok(factor) } else { Err(format!("{factor} is not a number from 1 to 10")) }
}

pub(super) fn networks(text: &str) -> Result<Vec<ipnet::IpNet>, String> {
    let network = |text: &str| match (text.parse(), text.parse::<std::net::IpAddr>()) {
        (Ok(network), _) => Ok(network),
        (Err(_), Ok(address)) => Ok(address.into()),
        (Err(_), Err(_)) => Err(format!("{} is not a network such as 10.1.0.0/16", quoted(text))),
    };
    items(text).map(network).collect()
}

fn file_source(text: &str) -> Result<ValueSource, String> {
    path_text(text).map(ValueSource::File)
}

pub(super) fn path_text(text: &str) -> Result<String, String> {
    path(text).map(|path| path.to_string_lossy().into_owned())
}

/// The place of a value, if it is of that kind; the value itself is never shown.
fn place_shown(source: Option<&ValueSource>, kind: &str) -> String {
    match (source, kind) {
        (Some(ValueSource::File(place)), "file") | (Some(ValueSource::Env(place)), "env") => place.clone(),
        (Some(ValueSource::Literal(_)), "literal") | (Some(ValueSource::Command(_)), "command") => "set".to_owned(),
        _ => String::new(),
    }
}

fn headers_shown(draft: &Draft, kind: &str) -> String {
    let shown = |header: &HeaderSetting| {
        let place = place_shown(Some(&header.value), kind);
        (!place.is_empty()).then(|| format!("{}: {place}", header.name))
    };
    draft.settings.access.headers.iter().filter_map(shown).collect::<Vec<_>>().join(",")
}

fn authorization_shown(draft: &Draft, scheme: &str, kind: &str) -> String {
    match (&draft.settings.access.authorization, scheme) {
        (Some(Authorization::Bearer(source)), "bearer") | (Some(Authorization::Basic(source)), "basic") => {
            place_shown(Some(source), kind)
        }
        _ => String::new(),
    }
}

fn proxy_shown(proxy: &Option<ProxySetting>) -> String {
    match proxy {
        None => String::new(),
        Some(ProxySetting::Environment) => "environment".to_owned(),
        Some(ProxySetting::Url(url)) => url.clone(),
    }
}

pub(super) fn joined(values: &[impl ToString]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("{} is not a number from 0 to 1", quoted(text)))
}

pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.trim() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("{} is neither true nor false", quoted(text))),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text.trim())
        .map_err(|_| format!("{} is not a duration: write 500ms, 10s, 5m or 2h", quoted(text)))
}

pub(super) fn duration_above_zero(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|it| if it.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(it) })
}

pub(super) fn duration_shown(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// The beginning of a day in UTC.
fn day(text: &str) -> Result<Timestamp, String> {
    let day = Timestamp::parse(&format!("{text}T00:00:00Z")).filter(|_| text.len() == 10);
    day.ok_or_else(|| format!("{} is not a day such as 2027-01-31", quoted(text)))
}

fn millis(text: &str) -> Result<u64, String> {
    u64::try_from(duration(text)?.as_millis()).map_err(|_| format!("{} is too long", quoted(text)))
}

fn millis_above_zero(text: &str) -> Result<u64, String> {
    millis(text).and_then(|it| if it == 0 { Err("it must be at least 1ms".to_owned()) } else { Ok(it) })
}

fn millis_shown(millis: u64) -> String {
    duration_shown(Duration::from_millis(millis))
}

fn addresses(text: &str) -> Result<Vec<String>, String> {
    let list = items(text).map(str::to_owned).collect::<Vec<_>>();
    match list.iter().find(|it| !is_address(it)) {
        Some(wrong) => Err(format!("{} is not HOST:PORT", quoted(wrong))),
        None if list.is_empty() => Err("it names no address".to_owned()),
        None => Ok(list),
    }
}

fn host_names(text: &str) -> Result<Vec<String>, String> {
    let right = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    match items(text).find(|name| !right(name)) {
        Some(wrong) => Err(format!("{} is not a host name without a port", quoted(wrong))),
        None => Ok(items(text).map(ToOwned::to_owned).collect()),
    }
}

fn route_groups(text: &str) -> Result<Vec<String>, String> {
    match items(text).find(|name| !["webhooks", "admin", "process"].contains(name)) {
        Some(wrong) => Err(format!("{} is none of webhooks, admin, process", quoted(wrong))),
        None => Ok(items(text).map(ToOwned::to_owned).collect()),
    }
}

fn proxy_header(text: &str) -> Result<ProxyHeader, String> {
    let header = text.to_ascii_lowercase().parse::<ProxyHeader>();
    header.map_err(|_| format!("{} is neither x-forwarded-for nor forwarded", quoted(text)))
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// `NAME:ROLE:FILE` of each operator.
fn operator_tokens(text: &str) -> Result<Vec<OperatorToken>, String> {
    let mut tokens: Vec<OperatorToken> = Vec::new();
    for item in items(text) {
        let token = operator_token(item)?;
        if token.name == ADMIN_TOKEN_NAME || tokens.iter().any(|other| other.name == token.name) {
            return Err(format!("the name {} is taken", quoted(&token.name)));
        }
        tokens.push(token);
    }
    Ok(tokens)
}

fn operator_token(item: &str) -> Result<OperatorToken, String> {
    let wrong = || format!("{} is not NAME:ROLE:FILE, such as ada:operate:/etc/syncctl/ada.token", quoted(item));
    let [name, role, file] = item.splitn(3, ':').collect::<Vec<_>>()[..] else { return Err(wrong()) };
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._@-".contains(&b));
    if !is_name || name.len() > 64 {
        return Err(wrong());
    }
    let role = role.parse().map_err(|_| format!("{} is none of the roles read, operate, admin", quoted(role)))?;
    if !Path::new(file).is_absolute() {
        return Err(format!("the file {} of the token of {name} is not an absolute path", quoted(file)));
    }
    Ok(OperatorToken { name: name.to_owned(), role, file: file.into() })
}

fn tokens_shown(tokens: &[OperatorToken]) -> String {
    let shown = |it: &OperatorToken| format!("{}:{}:{}", it.name, it.role.name(), it.file.display());
    tokens.iter().map(shown).collect::<Vec<_>>().join(",")
}

pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() { Err("the path is empty".to_owned()) } else { Ok(text.into()) }
}

fn path_shown(path: &Option<PathBuf>) -> String {
    path.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
}

/// A path, or the URL of a database.
fn database(text: &str) -> Result<Location, String> {
    Location::parse(text).map_err(|it| it.to_string())
}

fn database_shown(database: &Option<Location>) -> String {
    database.as_ref().map(ToString::to_string).unwrap_or_default()
}

pub(super) fn name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned()).map_err(|it| it.to_string())
}

pub(super) fn variable_name(text: &str) -> Result<String, String> {
    // What is wrong is not shown: somebody may have written the secret itself.
    if is_variable_name(text) { Ok(text.to_owned()) } else { Err("it must name an environment variable".to_owned()) }
}

pub(super) fn patterns(text: &str) -> Result<Vec<Pattern>, String> {
    let list = items(text).map(|it| Pattern::parse(it).map_err(|it| it.to_string())).collect::<Result<Vec<_>, _>>()?;
    if list.is_empty() { Err("it names no event type: leave it out for all".to_owned()) } else { Ok(list) }
}

fn expected(text: &str) -> Result<Vec<Expected>, String> {
    let one = |item: &str| {
        let (types, within) = item.split_once('=').ok_or_else(|| format!("{} is not TYPE=TIME", quoted(item)))?;
        let types = Pattern::parse(types.trim()).map_err(|invalid| invalid.to_string())?;
        Ok(Expected { types, within: duration_above_zero(within.trim())? })
    };
    items(text).map(one).collect()
}

fn expected_shown(expected: &[Expected]) -> String {
    let shown = |it: &Expected| format!("{}={}", it.types.as_str(), duration_shown(it.within));
    expected.iter().map(shown).collect::<Vec<_>>().join(",")
}

pub(super) fn patterns_shown(patterns: &[Pattern]) -> String {
    patterns.iter().map(|it| String::from(it.clone())).collect::<Vec<_>>().join(",")
}

pub(super) fn secret_shown(source: &SecretSource) -> String {
    match source {
        SecretSource::Shared => String::new(),
        SecretSource::File(place) | SecretSource::Env(place) => place.clone(),
    }
}

fn legacy_signature(text: &str) -> Result<LegacySignature, String> {
    match text {
        "current" => Ok(LegacySignature::Current),
        "previous" => Ok(LegacySignature::Previous),
        _ => Err(format!("{} is neither current nor previous", quoted(text))),
    }
}

fn legacy_signature_shown(which: LegacySignature) -> &'static str {
    match which {
        LegacySignature::Current => "current",
        LegacySignature::Previous => "previous",
    }
}
