//! The keys of the configuration file; those of `[[endpoints]]`, `[[sources]]` and `[[alerts]]` have files of their own.

use std::path::Path;

use super::delivery_keys::{self, DeliverySettings};
use super::key::{Key, ValueForm, key, set};
use super::text::{
    duration, duration_above_zero, duration_shown, items, joined, networks, number, path, path_shown, quoted, yes_or_no,
};
use super::values::{ConfigValues, OperatorToken};
use crate::clock::Timestamp;
use crate::delivery::RetryPolicy;
use crate::endpoint::TypePattern;
use crate::inbound::ProxyHeader;
use crate::monitor::ExpectedEvents;
use crate::store::Location;
use crate::store::operators::ADMIN_TOKEN_NAME;

/// The keys outside of lists, without secrets, in the order of `config show`.
pub(super) const KEYS: &[Key<ConfigValues>] = &[
    key(
        "database",
        ValueForm::Database,
        |v, t| set(&mut v.database, database(t).map(Some)),
        |v| database_shown(&v.database),
    ),
    delivery_keys::max_attempts("delivery.max_attempts"),
    delivery_keys::first_delay("delivery.first_delay"),
    delivery_keys::max_delay("delivery.max_delay"),
    delivery_keys::timeout("delivery.timeout"),
    delivery_keys::in_flight("delivery.concurrency"),
    key(
        "egress.deny_private",
        ValueForm::One,
        |v, t| set(&mut v.egress.deny_private, yes_or_no(t)),
        |v| v.egress.deny_private.to_string(),
    ),
    key("egress.allow", ValueForm::List, |v, t| set(&mut v.egress.allow, networks(t)), |v| joined(&v.egress.allow)),
    key(
        "health.max_failure_rate",
        ValueForm::One,
        |v, t| set(&mut v.health.max_failure_rate, share(t)),
        |v| v.health.max_failure_rate.to_string(),
    ),
    key(
        "health.max_failures",
        ValueForm::One,
        |v, t| set(&mut v.health.max_failures, number(t)),
        |v| v.health.max_failures.to_string(),
    ),
    key(
        "health.max_due_age",
        ValueForm::One,
        |v, t| set(&mut v.health.max_due_age, duration(t)),
        |v| duration_shown(v.health.max_due_age),
    ),
    key(
        "health.silence_after",
        ValueForm::One,
        |v, t| set(&mut v.health.silence_after, duration(t)),
        |v| duration_shown(v.health.silence_after),
    ),
    key(
        "health.expect",
        ValueForm::Pairs,
        |v, t| set(&mut v.health.expect, expected(t)),
        |v| expected_shown(&v.health.expect),
    ),
    key(
        "health.max_processing_age",
        ValueForm::One,
        |v, t| set(&mut v.health.max_processing_age, duration_above_zero(t)),
        |v| duration_shown(v.health.max_processing_age),
    ),
    key(
        "freshness.warn_after",
        ValueForm::One,
        |v, t| set(&mut v.freshness.warn_after, duration(t)),
        |v| duration_shown(v.freshness.warn_after),
    ),
    key(
        "freshness.error_after",
        ValueForm::One,
        |v, t| set(&mut v.freshness.error_after, duration(t)),
        |v| duration_shown(v.freshness.error_after),
    ),
    key(
        "server.listen",
        ValueForm::List,
        |v, t| set(&mut v.server.listen, addresses(t)),
        |v| v.server.listen.join(","),
    ),
    key(
        "server.process_every",
        ValueForm::One,
        |v, t| set(&mut v.server.process_every, duration_above_zero(t)),
        |v| duration_shown(v.server.process_every),
    ),
    key("server.hosts", ValueForm::List, |v, t| set(&mut v.server.hosts, host_names(t)), |v| v.server.hosts.join(",")),
    key(
        "server.behind_tls",
        ValueForm::One,
        |v, t| set(&mut v.server.behind_tls, yes_or_no(t)),
        |v| v.server.behind_tls.to_string(),
    ),
    key(
        "server.without",
        ValueForm::List,
        |v, t| set(&mut v.server.without, route_groups(t)),
        |v| v.server.without.join(","),
    ),
    key(
        "server.tokens",
        ValueForm::List,
        |v, t| set(&mut v.server.tokens, operator_tokens(t)),
        |v| tokens_shown(&v.server.tokens),
    ),
    key(
        "server.trusted_proxies",
        ValueForm::List,
        |v, t| set(&mut v.server.proxies.networks, networks(t)),
        |v| joined(&v.server.proxies.networks),
    ),
    key(
        "server.proxy_header",
        ValueForm::One,
        |v, t| set(&mut v.server.proxies.header, proxy_header(t)),
        |v| <&str>::from(v.server.proxies.header).to_owned(),
    ),
    key(
        "webhook.standard_only",
        ValueForm::One,
        |v, t| set(&mut v.webhook.standard_only, yes_or_no(t)),
        |v| v.webhook.standard_only.to_string(),
    ),
    key(
        "webhook.require_timestamp",
        ValueForm::One,
        |v, t| set(&mut v.webhook.require_timestamp, yes_or_no(t)),
        |v| v.webhook.require_timestamp.to_string(),
    ),
    key(
        "webhook.networks",
        ValueForm::List,
        |v, t| set(&mut v.webhook.networks, networks(t)),
        |v| joined(&v.webhook.networks),
    ),
    key(
        "webhook.rotate_by",
        ValueForm::One,
        |v, t| set(&mut v.webhook.rotate_by, day(t).map(Some)),
        |v| v.webhook.rotate_by.map(|at| at.to_string()[..10].to_owned()).unwrap_or_default(),
    ),
    key("tls.ca_file", ValueForm::Path, |v, t| set(&mut v.ca_file, path(t).map(Some)), |v| path_shown(&v.ca_file)),
];

impl DeliverySettings for ConfigValues {
    fn retry(&self) -> &RetryPolicy {
        &self.delivery.retry
    }

    fn retry_mut(&mut self) -> &mut RetryPolicy {
        &mut self.delivery.retry
    }

    fn concurrency(&self) -> u16 {
        self.delivery.concurrency
    }

    fn concurrency_mut(&mut self) -> &mut u16 {
        &mut self.delivery.concurrency
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

fn share(text: &str) -> Result<f64, String> {
    let share = text.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("{} is not a number from 0 to 1", quoted(text)))
}

/// The beginning of a day in UTC.
fn day(text: &str) -> Result<Timestamp, String> {
    let day = Timestamp::parse(&format!("{text}T00:00:00Z")).filter(|_| text.len() == 10);
    day.ok_or_else(|| format!("{} is not a day such as 2027-01-31", quoted(text)))
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

/// A path, or the URL of a database.
fn database(text: &str) -> Result<Location, String> {
    Location::parse(text).map_err(|it| it.to_string())
}

fn database_shown(database: &Option<Location>) -> String {
    database.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn expected(text: &str) -> Result<Vec<ExpectedEvents>, String> {
    let one = |item: &str| {
        let (types, within) = item.split_once('=').ok_or_else(|| format!("{} is not TYPE=TIME", quoted(item)))?;
        let types = TypePattern::parse(types.trim()).map_err(|invalid| invalid.to_string())?;
        Ok(ExpectedEvents { types, within: duration_above_zero(within.trim())? })
    };
    items(text).map(one).collect()
}

fn expected_shown(expected: &[ExpectedEvents]) -> String {
    let shown = |it: &ExpectedEvents| format!("{}={}", it.types.as_str(), duration_shown(it.within));
    expected.iter().map(shown).collect::<Vec<_>>().join(",")
}
