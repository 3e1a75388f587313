//! The keys of `[[endpoints]]`: parsing and display.

use super::delivery_keys::{self, DeliverySettings};
use super::key::{Key, ValueForm, key, set};
use super::text::{
    items, joined, millis_above_zero, millis_shown, name, number, path, path_text, patterns, patterns_shown,
    place_shown, quoted, secret_shown, variable_name, yes_or_no,
};
use super::values::DeliverySection;
use crate::delivery::{RetryPolicy, StatusRule};
use crate::endpoint::{
    Authorization, ConfiguredEndpoint, EndpointSettings, EndpointUrl, EventCondition, HeaderSetting, LegacySignature,
    Payload, ProxySetting, RateLimit, SecretSource, ValueSource, header_value,
};

/// The keys of an `[[endpoints]]` entry.
pub(super) const ENDPOINT_KEYS: &[Key<EndpointDraft>] = &[
    key("name", ValueForm::One, |d, t| set(&mut d.name, name(t).map(Some)), |d| d.name.clone().unwrap_or_default()),
    key(
        "url",
        ValueForm::One,
        |d, t| set(&mut d.url, EndpointUrl::parse(t).map(Some).map_err(|it| it.to_string())),
        |d| d.url.as_ref().map(ToString::to_string).unwrap_or_default(),
    ),
    key(
        "events",
        ValueForm::List,
        |d, t| set(&mut d.settings.events, patterns(t)),
        |d| patterns_shown(&d.settings.events),
    ),
    key("when", ValueForm::List, |d, t| set(&mut d.settings.when, conditions(t)), |d| joined(&d.settings.when)),
    key(
        "secret_file",
        ValueForm::Path,
        |d, t| d.take_secret(SecretSource::File(path(t)?.to_string_lossy().into_owned())),
        |d| secret_shown(&d.settings.secret),
    ),
    key(
        "secret_env",
        ValueForm::One,
        |d, t| d.take_secret(SecretSource::Env(variable_name(t)?)),
        |d| secret_shown(&d.settings.secret),
    ),
    key("paused", ValueForm::One, |d, t| set(&mut d.paused, yes_or_no(t)), |d| d.paused.to_string()),
    delivery_keys::in_flight("concurrency"),
    key(
        "rate",
        ValueForm::One,
        |d, t| set(&mut d.settings.rate, RateLimit::parse(t).map(Some)),
        |d| d.settings.rate.map(|rate| rate.to_string()).unwrap_or_default(),
    ),
    key(
        "burst",
        ValueForm::One,
        |d, t| set(&mut d.settings.burst, burst(t).map(Some)),
        |d| d.settings.burst.map(|burst| burst.to_string()).unwrap_or_default(),
    ),
    key(
        "payload",
        ValueForm::One,
        |d, t| set(&mut d.settings.payload, payload(t)),
        |d| d.settings.payload.name().to_owned(),
    ),
    key(
        "coalesce",
        ValueForm::One,
        |d, t| set(&mut d.settings.coalesce, yes_or_no(t)),
        |d| d.settings.coalesce.to_string(),
    ),
    delivery_keys::max_attempts("max_attempts"),
    delivery_keys::first_delay("first_delay"),
    delivery_keys::max_delay("max_delay"),
    delivery_keys::timeout("timeout"),
    key(
        "retry",
        ValueForm::List,
        |d, t| set(&mut d.settings.retry.statuses.retry, status_rules(t)),
        |d| joined(&d.settings.retry.statuses.retry),
    ),
    key(
        "give_up",
        ValueForm::List,
        |d, t| set(&mut d.settings.retry.statuses.give_up, status_rules(t)),
        |d| joined(&d.settings.retry.statuses.give_up),
    ),
    key(
        "outage_statuses",
        ValueForm::List,
        |d, t| set(&mut d.settings.retry.circuit.outage_statuses, outage_statuses(t)),
        |d| joined(&d.settings.retry.circuit.outage_statuses),
    ),
    key(
        "circuit_first_probe",
        ValueForm::One,
        |d, t| set(&mut d.settings.retry.circuit.first_probe_ms, millis_above_zero(t)),
        |d| millis_shown(d.settings.retry.circuit.first_probe_ms),
    ),
    key(
        "circuit_probe_factor",
        ValueForm::One,
        |d, t| set(&mut d.settings.retry.circuit.probe_factor, probe_factor(t)),
        |d| d.settings.retry.circuit.probe_factor.to_string(),
    ),
    key(
        "circuit_longest_probe",
        ValueForm::One,
        |d, t| set(&mut d.settings.retry.circuit.longest_probe_ms, millis_above_zero(t)),
        |d| millis_shown(d.settings.retry.circuit.longest_probe_ms),
    ),
    key(
        "legacy_signature",
        ValueForm::One,
        |d, t| set(&mut d.settings.legacy_signature, legacy_signature(t)),
        |d| legacy_signature_shown(d.settings.legacy_signature).to_owned(),
    ),
    key("headers", ValueForm::List, |d, t| d.add_headers(t, ValueSource::Literal), |d| headers_shown(d, "literal")),
    key("headers_file", ValueForm::List, |d, t| d.add_headers(t, ValueSource::File), |d| headers_shown(d, "file")),
    key("headers_env", ValueForm::List, |d, t| d.add_headers(t, ValueSource::Env), |d| headers_shown(d, "env")),
    key(
        "headers_command",
        ValueForm::List,
        |d, t| d.add_headers(t, ValueSource::Command),
        |d| headers_shown(d, "command"),
    ),
    key(
        "bearer_file",
        ValueForm::Path,
        |d, t| d.authorize(Authorization::Bearer(file_source(t)?)),
        |d| authorization_shown(d, "bearer", "file"),
    ),
    key(
        "bearer_env",
        ValueForm::One,
        |d, t| d.authorize(Authorization::Bearer(ValueSource::Env(variable_name(t)?))),
        |d| authorization_shown(d, "bearer", "env"),
    ),
    key(
        "basic_file",
        ValueForm::Path,
        |d, t| d.authorize(Authorization::Basic(file_source(t)?)),
        |d| authorization_shown(d, "basic", "file"),
    ),
    key(
        "basic_env",
        ValueForm::One,
        |d, t| d.authorize(Authorization::Basic(ValueSource::Env(variable_name(t)?))),
        |d| authorization_shown(d, "basic", "env"),
    ),
    key(
        "accept",
        ValueForm::One,
        |d, t| set(&mut d.settings.access.accept, header_value(t).map(Some)),
        |d| d.settings.access.accept.clone().unwrap_or_else(|| "*/*".to_owned()),
    ),
    key(
        "user_agent",
        ValueForm::One,
        |d, t| set(&mut d.settings.access.user_agent, header_value(t).map(Some)),
        |d| d.settings.access.user_agent.clone().unwrap_or_default(),
    ),
    key(
        "client_cert_file",
        ValueForm::Path,
        |d, t| set(&mut d.settings.access.client_cert_file, path_text(t).map(Some)),
        |d| d.settings.access.client_cert_file.clone().unwrap_or_default(),
    ),
    key(
        "client_key_file",
        ValueForm::Path,
        |d, t| set(&mut d.settings.access.client_key_file, path_text(t).map(Some)),
        |d| d.settings.access.client_key_file.clone().unwrap_or_default(),
    ),
    key(
        "ca_file",
        ValueForm::Path,
        |d, t| set(&mut d.settings.access.ca_file, path_text(t).map(Some)),
        |d| d.settings.access.ca_file.clone().unwrap_or_default(),
    ),
    key(
        "proxy",
        ValueForm::One,
        |d, t| set(&mut d.settings.access.proxy, ProxySetting::parse(t).map(Some)),
        |d| proxy_shown(&d.settings.access.proxy),
    ),
    key(
        "proxy_auth_file",
        ValueForm::Path,
        |d, t| set(&mut d.settings.access.proxy_auth, file_source(t).map(Some)),
        |d| place_shown(d.settings.access.proxy_auth.as_ref(), "file"),
    ),
    key(
        "proxy_auth_env",
        ValueForm::One,
        |d, t| set(&mut d.settings.access.proxy_auth, variable_name(t).map(|name| Some(ValueSource::Env(name)))),
        |d| place_shown(d.settings.access.proxy_auth.as_ref(), "env"),
    ),
];

/// An `[[endpoints]]` entry while its keys are read, before it is checked as a whole.
#[derive(Clone)]
pub(super) struct EndpointDraft {
    pub(super) name: Option<String>,
    pub(super) url: Option<EndpointUrl>,
    pub(super) paused: bool,
    pub(super) settings: EndpointSettings,
}

impl DeliverySettings for EndpointDraft {
    fn retry(&self) -> &RetryPolicy {
        &self.settings.retry
    }

    fn retry_mut(&mut self) -> &mut RetryPolicy {
        &mut self.settings.retry
    }

    fn concurrency(&self) -> u16 {
        self.settings.concurrency
    }

    fn concurrency_mut(&mut self) -> &mut u16 {
        &mut self.settings.concurrency
    }
}

impl EndpointDraft {
    /// A draft with the general delivery settings.
    pub(super) fn new(delivery: &DeliverySection) -> Self {
        let DeliverySection { retry, concurrency } = delivery.clone();
        let settings = EndpointSettings { retry, concurrency, ..EndpointSettings::default() };
        Self { name: None, url: None, paused: false, settings }
    }

    pub(super) fn finish(self) -> Result<ConfiguredEndpoint, String> {
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
            return Err("coalesce needs payload = \"full\": without it, replaced changes would be lost".to_owned());
        }
        if access.proxy_auth.is_some() && access.proxy.is_none() {
            return Err("credentials for a proxy without a proxy".to_owned());
        }
        self.settings.check_for(&url)?;
        Ok(ConfiguredEndpoint { name, url, paused: self.paused, settings: self.settings })
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

fn conditions(text: &str) -> Result<Vec<EventCondition>, String> {
    items(text).map(EventCondition::parse).collect()
}

fn status_rules(text: &str) -> Result<Vec<StatusRule>, String> {
    items(text).map(StatusRule::parse).collect()
}

/// Parses statuses that count as an outage; the list may be empty.
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

fn file_source(text: &str) -> Result<ValueSource, String> {
    path_text(text).map(ValueSource::File)
}

fn headers_shown(draft: &EndpointDraft, kind: &str) -> String {
    let shown = |header: &HeaderSetting| {
        let place = place_shown(Some(&header.value), kind);
        (!place.is_empty()).then(|| format!("{}: {place}", header.name))
    };
    draft.settings.access.headers.iter().filter_map(shown).collect::<Vec<_>>().join(",")
}

fn authorization_shown(draft: &EndpointDraft, scheme: &str, kind: &str) -> String {
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
