//! The keys of `[[alerts]]`: parsing and display.

use std::time::Duration;

use strum::{EnumString, IntoStaticStr};

use super::key::{Key, ValueForm, key, set};
use super::text;
use crate::endpoint::{EndpointUrl, SecretSource};
use crate::format::did_you_mean;
use crate::store::incidents::{IncidentKind, MAX_QUIET, SinkRule};

/// The default quiet time.
const DEFAULT_QUIET: Duration = Duration::from_mins(30);

/// The kinds of services that can receive alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum AlertService {
    /// Sentry, by a DSN.
    Sentry,
    /// PagerDuty, by a routing key.
    PagerDuty,
    /// Slack, by the URL of an incoming webhook.
    Slack,
    /// Mattermost, by the URL of an incoming webhook.
    Mattermost,
    /// A signed webhook of ours.
    Webhook,
    /// A shell command.
    Command,
}

const SERVICES: &str = "sentry, pagerduty, slack, mattermost, webhook or command";

/// A recipient of alerts as an `[[alerts]]` entry names it. Its secrets are not read yet.
#[derive(Clone, Debug)]
pub struct ConfiguredSink {
    /// Which alerts it gets.
    pub rule: SinkRule,
    /// The service.
    pub service: AlertService,
    /// Where the DSN, routing key, URL or signing secret is.
    pub secret: Option<SecretSource>,
    /// The URL, where that is not the secret.
    pub url: Option<EndpointUrl>,
    /// The shell command.
    pub command: Option<String>,
}

/// An `[[alerts]]` entry while its keys are read, before it is checked as a whole.
#[derive(Clone)]
pub(super) struct AlertDraft {
    name: Option<String>,
    service: Option<AlertService>,
    /// The place of the secret, and the key that names it.
    secret: Option<(&'static str, SecretSource)>,
    url: Option<EndpointUrl>,
    command: Option<String>,
    kinds: Vec<IncidentKind>,
    quiet: Duration,
    resolved: bool,
}

impl Default for AlertDraft {
    fn default() -> Self {
        let (kinds, quiet, resolved) = (IncidentKind::all().to_vec(), DEFAULT_QUIET, true);
        Self { name: None, service: None, secret: None, url: None, command: None, kinds, quiet, resolved }
    }
}

/// The keys of an `[[alerts]]` entry.
pub(super) const ALERT_KEYS: &[Key<AlertDraft>] = &[
    key(
        "name",
        ValueForm::One,
        |d, t| set(&mut d.name, text::name(t).map(Some)),
        |d| d.name.clone().unwrap_or_default(),
    ),
    key(
        "service",
        ValueForm::One,
        |d, t| set(&mut d.service, service(t).map(Some)),
        |d| d.service.map(<&str>::from).unwrap_or_default().to_owned(),
    ),
    key("dsn_file", ValueForm::Path, |d, t| d.file("dsn", t), |d| d.file_shown("dsn")),
    key("dsn_env", ValueForm::One, |d, t| d.variable("dsn", t), |d| d.variable_shown("dsn")),
    key("routing_key_file", ValueForm::Path, |d, t| d.file("routing_key", t), |d| d.file_shown("routing_key")),
    key("routing_key_env", ValueForm::One, |d, t| d.variable("routing_key", t), |d| d.variable_shown("routing_key")),
    key("url_file", ValueForm::Path, |d, t| d.file("url", t), |d| d.file_shown("url")),
    key("url_env", ValueForm::One, |d, t| d.variable("url", t), |d| d.variable_shown("url")),
    key("secret_file", ValueForm::Path, |d, t| d.file("secret", t), |d| d.file_shown("secret")),
    key("secret_env", ValueForm::One, |d, t| d.variable("secret", t), |d| d.variable_shown("secret")),
    key(
        "url",
        ValueForm::One,
        |d, t| set(&mut d.url, EndpointUrl::parse_http(t).map(Some).map_err(|it| it.to_string())),
        |d| d.url.as_ref().map(|url| url.as_str().to_owned()).unwrap_or_default(),
    ),
    key(
        "command",
        ValueForm::One,
        |d, t| set(&mut d.command, not_blank(t).map(Some)),
        |d| d.command.clone().unwrap_or_default(),
    ),
    key("kinds", ValueForm::List, |d, t| set(&mut d.kinds, kinds(t)), |d| kinds_shown(&d.kinds)),
    key("quiet", ValueForm::One, |d, t| set(&mut d.quiet, quiet(t)), |d| text::duration_shown(d.quiet)),
    key("resolved", ValueForm::One, |d, t| set(&mut d.resolved, text::yes_or_no(t)), |d| d.resolved.to_string()),
];

impl AlertDraft {
    fn file(&mut self, what: &'static str, path: &str) -> Result<(), String> {
        self.place(what, SecretSource::File(text::path_text(path)?))
    }

    fn variable(&mut self, what: &'static str, name: &str) -> Result<(), String> {
        self.place(what, SecretSource::Env(text::variable_name(name)?))
    }

    fn place(&mut self, what: &'static str, source: SecretSource) -> Result<(), String> {
        match self.secret {
            None => set(&mut self.secret, Ok(Some((what, source)))),
            Some(_) => Err("give one secret, either in a file or in a variable".to_owned()),
        }
    }

    fn file_shown(&self, what: &str) -> String {
        match &self.secret {
            Some((of, SecretSource::File(path))) if *of == what => path.clone(),
            _ => String::new(),
        }
    }

    fn variable_shown(&self, what: &str) -> String {
        match &self.secret {
            Some((of, SecretSource::Env(name))) if *of == what => name.clone(),
            _ => String::new(),
        }
    }

    pub(super) fn finish(self) -> Result<ConfiguredSink, String> {
        let service = self.service.ok_or_else(|| format!("alerts without a service: {SERVICES}"))?;
        let name = self.name.unwrap_or_else(|| <&str>::from(service).to_owned());
        let wanted = match service {
            AlertService::Sentry => Some("dsn"),
            AlertService::PagerDuty => Some("routing_key"),
            AlertService::Slack | AlertService::Mattermost => Some("url"),
            AlertService::Webhook => Some("secret"),
            AlertService::Command => None,
        };
        match (wanted, &self.secret) {
            (Some(wanted), Some((given, _))) if wanted == *given => {}
            (Some(wanted), _) => return Err(format!("{name} needs {wanted}_file or {wanted}_env")),
            (None, Some((given, _))) => return Err(format!("{name} does not take {given}_file or {given}_env")),
            (None, None) => {}
        }
        let takes_url = matches!(service, AlertService::PagerDuty | AlertService::Webhook);
        match (service, &self.url, &self.command) {
            (AlertService::Slack | AlertService::Mattermost, Some(_), _) => {
                return Err("the URL of an incoming webhook is a secret: give url_file or url_env".to_owned());
            }
            (AlertService::Webhook, None, _) => return Err(format!("{name} needs a url")),
            (AlertService::Command, _, None) => return Err(format!("{name} needs a command")),
            (_, Some(_), _) if !takes_url => return Err(format!("{name} does not take a url")),
            (_, _, Some(_)) if service != AlertService::Command => {
                return Err(format!("{name} does not take a command"));
            }
            _ => {}
        }
        let rule = SinkRule { name, kinds: self.kinds, quiet: self.quiet, resolved: self.resolved };
        let secret = self.secret.map(|(_, source)| source);
        Ok(ConfiguredSink { rule, service, secret, url: self.url, command: self.command })
    }
}

fn service(text: &str) -> Result<AlertService, String> {
    text.parse().map_err(|_| format!("{} is none of {SERVICES}", text::quoted(text)))
}

fn kinds(text: &str) -> Result<Vec<IncidentKind>, String> {
    if text.trim() == "*" {
        return Ok(IncidentKind::all().to_vec());
    }
    let kind = |text: &str| {
        IncidentKind::parse(text).ok_or_else(|| {
            let names = || IncidentKind::all().iter().map(|kind| kind.name());
            let hint = did_you_mean(text, names()).map_or_else(
                || format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            format!("there is no kind {}; {hint}", text::quoted(text))
        })
    };
    let kinds: Vec<_> = text::items(text).map(kind).collect::<Result<_, _>>()?;
    if kinds.is_empty() { Err("the list is empty, so that no alert would be sent".to_owned()) } else { Ok(kinds) }
}

fn kinds_shown(kinds: &[IncidentKind]) -> String {
    if kinds == IncidentKind::all() {
        return "*".to_owned();
    }
    kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(",")
}

fn quiet(text: &str) -> Result<Duration, String> {
    let quiet = text::duration(text)?;
    if quiet <= MAX_QUIET { Ok(quiet) } else { Err("a quiet time is at most 24h".to_owned()) }
}

fn not_blank(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}
