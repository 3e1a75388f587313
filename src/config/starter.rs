//! The text of a new configuration: every key with its default, most of them commented out.

use std::fmt::Write as _;

use super::alert_keys::ALERT_KEYS;
use super::endpoint_keys::ENDPOINT_KEYS;
use super::key::ValueForm;
use super::keys::KEYS;
use super::reference::{self, KeyReference};
use super::secret_keys::SECRETS;
use super::source_keys::SOURCE_KEYS;

/// The values that `init` writes into a new configuration.
#[derive(Clone, Debug, Default)]
pub struct Starter {
    /// The database file, if the operator chose one.
    pub database: Option<String>,
    /// The default database file.
    pub default_database: Option<String>,
    /// The secret's file, relative to the configuration.
    pub secret_file: Option<String>,
}

const HEAD: &str = "\
# The configuration of syncctl. A line that begins with # and a space is a comment, one without the space a setting at its
# default: remove the # to change it. `syncctl config validate` lists errors, `syncctl config show --origin` the effective
# values. Environment variables override this file.
";

const ENDPOINTS: &str = "
# An endpoint to which events are sent: one block for each, with at least a name and a URL.
#[[endpoints]]
";

const SOURCES: &str = "
# A source of webhooks: one block for each sender with its own secret.
#[[sources]]
";

const ALERTS: &str = "
# A recipient of alerts: one block for each.
#[[alerts]]
";

/// Example values of keys without a default.
const EXAMPLES: &[(&str, &str)] = &[
    ("database", "syncctl.db"),
    ("tls.ca_file", "ca.pem"),
    ("name", "admin"),
    ("url", "https://admin.example.com/api/webhooks/sync"),
    ("secret_file", "admin.secret"),
    ("secret_env", "ADMIN_WEBHOOK_SECRET"),
    ("egress.allow", "10.1.0.0/16"),
    ("health.expect", "progress.updated=6h"),
    ("when", "data.status = active"),
    ("rate", "50/s"),
    ("burst", "5"),
    ("retry", "5xx,408,425,429"),
    ("give_up", "400,404,422"),
    ("headers", "X-Team: platform"),
    ("headers_file", "X-Api-Key: /etc/syncctl/api-key"),
    ("headers_env", "X-Tenant: TENANT"),
    ("headers_command", "X-Token: pass show token"),
    ("bearer_file", "token"),
    ("bearer_env", "TOKEN"),
    ("basic_file", "login"),
    ("basic_env", "LOGIN"),
    ("user_agent", "school/1.0"),
    ("client_cert_file", "client.pem"),
    ("client_key_file", "client.key"),
    ("ca_file", "ca.pem"),
    ("proxy", "http://proxy.example:3128"),
    ("proxy_auth_file", "proxy-login"),
    ("proxy_auth_env", "PROXY_LOGIN"),
    ("server.trusted_proxies", "10.0.0.0/8"),
    ("webhook.networks", "192.0.2.0/24"),
    ("sources.name", "billing"),
    ("sources.broker", "redis://127.0.0.1/0/events?group=syncctl"),
    ("sources.basic_file", "redis-login"),
    ("sources.basic_env", "REDIS_LOGIN"),
    ("sources.client_cert_file", "client.pem"),
    ("sources.client_key_file", "client.key"),
    ("sources.ca_file", "ca.pem"),
    ("sources.secret_file", "billing.secret"),
    ("sources.secret_env", "BILLING_SECRET"),
    ("sources.previous_secret_file", "billing-previous.secret"),
    ("sources.previous_secret_env", "BILLING_SECRET_PREVIOUS"),
    ("webhook.rotate_by", "2027-01-31"),
    ("alerts.name", "on-call"),
    ("alerts.service", "webhook"),
    ("alerts.dsn_file", "sentry.dsn"),
    ("alerts.dsn_env", "SENTRY_DSN"),
    ("alerts.routing_key_file", "pagerduty.key"),
    ("alerts.routing_key_env", "PAGERDUTY_ROUTING_KEY"),
    ("alerts.url_file", "slack.url"),
    ("alerts.url_env", "SLACK_WEBHOOK_URL"),
    ("alerts.secret_file", "alerts.secret"),
    ("alerts.secret_env", "ALERTS_SECRET"),
    ("alerts.url", "https://alerts.example.com/syncctl"),
    ("alerts.command", "/usr/local/bin/notify-operator"),
    ("sources.networks", "192.0.2.0/24"),
    ("sources.tolerance", "5m"),
    ("sources.url", "https://sync.example.com/api/webhooks/in/billing"),
    ("sources.forward_to", "admin"),
    ("sources.command", "/usr/local/bin/handle-billing"),
    ("sources.type_header", "X-Event-Type"),
    ("sources.type_member", "type"),
    ("sources.id_member", "id"),
    ("sources.signed", "{timestamp}.{body}"),
    ("sources.signature_header", "X-Signature"),
    ("sources.prefix", "sha256="),
    ("sources.encoding", "hex"),
    ("sources.algorithm", "sha256"),
    ("sources.id_header", "X-Event-Id"),
    ("sources.timestamp_header", "X-Timestamp"),
    ("sources.timestamp_unit", "seconds"),
];

/// One setting in the file that `init` writes.
struct SettingLine {
    key: String,
    about: &'static str,
    value: String,
    in_force: bool,
}

impl Starter {
    /// The file.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        let lines: Vec<SettingLine> = self.settings().into_iter().chain(self.secrets()).collect();
        let mut sections: Vec<&str> = lines.iter().map(|line| section(&line.key)).collect();
        sections.sort_by_key(|name| sections_of_secrets().position(|it| it == *name).is_none());
        // Keys outside of sections have to come first.
        sections.sort_by_key(|name| !name.is_empty());
        sections.dedup();
        for name in sections {
            text.push('\n');
            if !name.is_empty() {
                let _ = writeln!(text, "[{name}]");
            }
            lines.iter().filter(|line| section(&line.key) == name).for_each(|line| line.write(&mut text));
        }
        text.push_str(ENDPOINTS);
        endpoint_lines().for_each(|line| line.write(&mut text));
        text.push_str(SOURCES);
        source_lines().for_each(|line| line.write(&mut text));
        text.push_str(ALERTS);
        alert_lines().for_each(|line| line.write(&mut text));
        text
    }

    fn settings(&self) -> Vec<SettingLine> {
        let line = |(described, form): (KeyReference, ValueForm)| {
            let mut line = SettingLine::of(described, form);
            if line.key == "database" {
                let path = self.database.as_ref().or(self.default_database.as_ref());
                line.in_force = self.database.is_some();
                line.value = path.map_or(line.value, |path| quoted(path));
            }
            line
        };
        reference::settings().into_iter().zip(KEYS.iter().map(|key| key.form)).map(line).collect()
    }

    fn secrets(&self) -> impl Iterator<Item = SettingLine> {
        reference::secrets().into_iter().filter_map(|secret| {
            let key = *reference::keys_of_secret(&secret.key).first()?;
            let chosen = self.secret_file.as_ref().filter(|_| secret.key == WEBHOOK_SECRET);
            let file = chosen.cloned().unwrap_or_else(|| secret.key.clone());
            Some(SettingLine {
                key: key.to_owned(),
                about: secret.about,
                value: quoted(&file),
                in_force: chosen.is_some(),
            })
        })
    }
}

/// The key of the secret that a new configuration names.
const WEBHOOK_SECRET: &str = "webhook.secret";

fn source_lines() -> impl Iterator<Item = SettingLine> {
    let forms = SOURCE_KEYS.iter().map(|key| key.form);
    let named = |described: KeyReference| KeyReference { key: format!("sources.{}", described.key), ..described };
    reference::source_settings()
        .into_iter()
        .map(named)
        .zip(forms)
        .map(|(described, form)| SettingLine::of(described, form))
}

fn alert_lines() -> impl Iterator<Item = SettingLine> {
    let forms = ALERT_KEYS.iter().map(|key| key.form);
    let named = |described: KeyReference| KeyReference { key: format!("alerts.{}", described.key), ..described };
    reference::alert_settings()
        .into_iter()
        .map(named)
        .zip(forms)
        .map(|(described, form)| SettingLine::of(described, form))
}

fn endpoint_lines() -> impl Iterator<Item = SettingLine> {
    let forms = ENDPOINT_KEYS.iter().map(|key| key.form);
    reference::endpoint_settings().into_iter().zip(forms).map(|(described, form)| SettingLine::of(described, form))
}

fn sections_of_secrets() -> impl Iterator<Item = &'static str> {
    SECRETS.iter().map(|secret| section(secret.key))
}

/// The section of a key; empty for those outside of any.
fn section(key: &str) -> &str {
    key.split_once('.').map_or("", |(section, _)| section)
}

impl SettingLine {
    fn of(described: KeyReference, form: ValueForm) -> Self {
        let KeyReference { key, default, about, .. } = described;
        let example = EXAMPLES.iter().find(|(name, _)| *name == key).map(|(_, example)| *example);
        let value = if default.is_empty() { example.unwrap_or_default() } else { &default };
        Self { value: written(form, value), key, about, in_force: false }
    }

    fn write(&self, text: &mut String) {
        let name = self.key.rsplit('.').next().unwrap_or(&self.key);
        let off = if self.in_force { "" } else { "#" };
        let _ = writeln!(text, "# {}\n{off}{name} = {}", self.about, self.value);
    }
}

/// A value as TOML.
fn written(form: ValueForm, value: &str) -> String {
    let is_bare = value.parse::<f64>().is_ok() || matches!(value, "true" | "false");
    match form {
        ValueForm::List => {
            let items: Vec<String> = value.split(',').filter(|item| !item.is_empty()).map(quoted).collect();
            format!("[{}]", items.join(", "))
        }
        ValueForm::Pairs => {
            let pairs = value.split(',').filter_map(|item| item.split_once('='));
            let items: Vec<String> =
                pairs.map(|(name, value)| format!("{} = {}", quoted(name), quoted(value))).collect();
            format!("{{ {} }}", items.join(", "))
        }
        ValueForm::One if is_bare => value.to_owned(),
        ValueForm::One | ValueForm::Path | ValueForm::Database => quoted(value),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigSources};

    fn inspected(text: &str) -> Vec<String> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("config.toml");
        std::fs::write(&path, text).expect("it is written");
        let sources =
            ConfigSources { config_path: Some(path), system_path: "/nowhere".into(), ..ConfigSources::of_env([]) };
        Config::inspect(sources).problems.iter().map(ToString::to_string).collect()
    }

    /// Whether a line is a setting that was commented out.
    fn is_off(line: &str) -> bool {
        line.strip_prefix('#').is_some_and(|rest| !rest.starts_with(' '))
    }

    #[test]
    fn it_is_right_as_it_is_and_with_every_setting_of_it_in_force() {
        let text = Starter::default().text();
        assert_eq!(inspected(&text), [""; 0]);
        assert!(text.lines().filter(|line| is_off(line)).count() > 30, "{text}");
        // A source that is read from a broker has no networks.
        let at = text.rfind("#networks").expect("sources have networks");
        let text = format!("{}#{}", &text[..at], &text[at..]);
        // One place of a secret excludes the other.
        let others = [
            "#secret_env",
            "#previous_secret_env",
            "#bearer_env",
            "#basic_file",
            "#basic_env",
            "#command",
            "#dsn_file",
            "#dsn_env",
            "#routing_key_file",
            "#routing_key_env",
            "#url_file",
            "#url_env",
            "#signed",
            "#signature_header",
            "#prefix",
            "#encoding",
            "#algorithm",
            "#id_header",
            "#timestamp_header",
            "#timestamp_unit",
        ];
        let lines = text.lines().filter(|line| !others.iter().any(|other| line.starts_with(other)));
        let on: Vec<&str> = lines.map(|line| if is_off(line) { &line[1..] } else { line }).collect();
        assert_eq!(inspected(&on.join("\n")), [""; 0]);
    }

    #[test]
    fn a_path_with_odd_letters_stays_what_it_is() {
        let database = Some("/tmp/a \"b\" \\ c.db".to_owned());
        let text = Starter { database, ..Starter::default() }.text();
        let table: toml::Table = text.parse().expect("TOML");
        assert_eq!(table["database"].as_str(), Some("/tmp/a \"b\" \\ c.db"));
    }

    #[test]
    fn every_key_without_a_default_has_an_example() {
        let text = Starter::default().text();
        assert!(!text.contains("= \"\""), "{text}");
    }
}
