//! The sinks of alerts: the `[[alerts]]` of the strongest file that has any.

use super::alert_keys::{ALERT_KEYS, AlertDraft, AlertService, ConfiguredSink};
use super::endpoints::origin_of;
use super::file::ParsedFile;
use super::loader::Loader;
use super::problem::Problem;
use super::secret::SecretLocation;
use super::{Config, ConfigError};
use crate::alert::{Chat, Dsn, PagerDuty, Service, SignedWebhook, Sink};
use crate::signature::Secret;

impl Loader {
    /// The sinks; an invalid one is left out and reported as a problem.
    pub(super) fn alerts(&mut self, files: &[ParsedFile]) -> Vec<ConfiguredSink> {
        let mut specs = Vec::<ConfiguredSink>::new();
        let strongest = files.iter().map(|file| file.list("alerts")).find(|list| !list.is_empty());
        for (at, entries) in strongest.unwrap_or_default().iter().enumerate() {
            let read = self.list_item(AlertDraft::default(), ALERT_KEYS, entries, &format!("alerts[{at}]"));
            let about = |text: &str| Problem::about("alerts", &origin_of(entries, "name"), text);
            match read.map(AlertDraft::finish) {
                None => {}
                Some(Ok(spec)) if specs.iter().any(|other| other.rule.name == spec.rule.name) => {
                    self.problems
                        .push(about(&format!("a second one named `{}`: give it another name", spec.rule.name)));
                }
                Some(Ok(spec)) => specs.push(spec),
                Some(Err(reason)) => self.problems.push(about(&reason)),
            }
        }
        specs
    }
}

impl ConfiguredSink {
    /// The place of its secret, and what that is of.
    pub(super) fn secret_location(&self) -> Option<(String, SecretLocation)> {
        let location = SecretLocation::own(self.secret.as_ref()?)?;
        Some((format!("the alerts {}", self.rule.name), location))
    }
}

impl Config {
    /// The sinks with their secrets. A sink whose secret cannot be read is included with the reason.
    pub fn alert_sinks(&self) -> Vec<Sink> {
        let sink = |spec: &ConfiguredSink| Sink {
            rule: spec.rule.clone(),
            service: self.alert_service(spec).unwrap_or_else(|error| Service::Unusable(error.to_string())),
        };
        self.alerts.iter().map(sink).collect()
    }

    /// The service of a sink with its secret, or why the secret cannot be used.
    pub(super) fn alert_service(&self, spec: &ConfiguredSink) -> Result<Service, ConfigError> {
        if let Some(command) = &spec.command {
            return Ok(Service::Command(command.clone()));
        }
        let (what, location) = spec.secret_location().ok_or_else(|| ConfigError::Secret {
            what: format!("the alerts {}", spec.rule.name),
            reason: "there is none".to_owned(),
        })?;
        let text = self.read_text(&what, &location)?;
        let service = match (spec.service, &spec.url) {
            (AlertService::Sentry, _) => Dsn::parse(&text).map(Service::Sentry),
            (AlertService::PagerDuty, url) => PagerDuty::new(url.clone(), &text).map(Service::PagerDuty),
            (AlertService::Slack, _) => Chat::slack(&text).map(Service::Chat),
            (AlertService::Mattermost, _) => Chat::mattermost(&text).map(Service::Chat),
            (AlertService::Webhook, Some(url)) => Secret::new(text.to_string())
                .map(|secret| Service::Webhook(SignedWebhook::new(url.clone(), &secret)))
                .map_err(|error| error.to_string()),
            (AlertService::Webhook, None) => Err("it has no url".to_owned()),
            (AlertService::Command, _) => Err("it has no command".to_owned()),
        };
        service.map_err(|reason| ConfigError::Secret { what, reason })
    }
}
