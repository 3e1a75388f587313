//! The reference of all keys: meaning, variable and default of each.

use super::Origin;
use super::alert_keys::{ALERT_KEYS, AlertDraft};
use super::endpoint_keys::{ENDPOINT_KEYS, EndpointDraft};
use super::keys::{DATABASE_FILE, KEYS, variable};
use super::secret_keys::SECRETS;
use super::source_keys::{SOURCE_KEYS, SourceDraft};
use super::values::ConfigValues;

/// One configuration key with its default and description, as `docs/config.md` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReference {
    /// Its name in the file.
    pub key: String,
    /// The variable that also sets it, if there is one.
    pub variable: Option<String>,
    /// Its default; empty for none.
    pub default: String,
    /// What it means.
    pub about: &'static str,
}

/// The keys outside of `[[endpoints]]`.
pub fn settings() -> Vec<KeyReference> {
    let values = ConfigValues::default();
    let described = |key: &super::key::Key<ConfigValues>| KeyReference {
        key: key.name.to_owned(),
        variable: Some(variable(key.name)),
        default: (key.show)(&values),
        about: about(key.name),
    };
    KEYS.iter().map(described).collect()
}

/// The keys of an `[[endpoints]]` entry.
pub fn endpoint_settings() -> Vec<KeyReference> {
    let draft = EndpointDraft::new(&ConfigValues::default().delivery);
    let described = |key: &super::key::Key<EndpointDraft>| KeyReference {
        key: key.name.to_owned(),
        variable: None,
        default: (key.show)(&draft),
        about: about(key.name),
    };
    ENDPOINT_KEYS.iter().map(described).collect()
}

/// The keys of a `[[sources]]` entry.
pub fn source_settings() -> Vec<KeyReference> {
    let draft = SourceDraft::default();
    let described = |key: &super::key::Key<SourceDraft>| KeyReference {
        key: key.name.to_owned(),
        variable: None,
        default: (key.show)(&draft),
        about: about(&format!("sources.{}", key.name)),
    };
    SOURCE_KEYS.iter().map(described).collect()
}

/// The keys of an `[[alerts]]` entry.
pub fn alert_settings() -> Vec<KeyReference> {
    let draft = AlertDraft::default();
    let described = |key: &super::key::Key<AlertDraft>| KeyReference {
        key: key.name.to_owned(),
        variable: None,
        default: (key.show)(&draft),
        about: about(&format!("alerts.{}", key.name)),
    };
    ALERT_KEYS.iter().map(described).collect()
}

/// The secrets, each with the keys that name its place.
pub fn secrets() -> Vec<KeyReference> {
    let described = |secret: &super::secret_keys::SecretKeys| KeyReference {
        key: secret.key.to_owned(),
        variable: Some(secret.variable().to_owned()),
        default: Origin::Default.to_string(),
        about: about(secret.key),
    };
    SECRETS.iter().map(described).collect()
}

/// The keys of a secret in a file.
pub fn keys_of_secret(key: &str) -> Vec<&'static str> {
    SECRETS.iter().filter(|secret| secret.key == key).flat_map(|secret| secret.file_keys()).collect()
}

fn about(key: &str) -> &'static str {
    ABOUT.iter().find(|(name, _)| *name == key).map_or("", |(_, about)| about)
}

const ABOUT: &[(&str, &str)] = &[
    ("database", "Path of the database file, relative to the configuration file, or a postgres:// URL"),
    ("delivery.max_attempts", "Number of attempts after which a delivery is failed"),
    ("delivery.first_delay", "Delay before the second attempt; doubled for each further one, plus up to 30 %"),
    ("delivery.max_delay", "Maximum delay between two attempts, before the 30 %"),
    ("delivery.timeout", "Timeout of one attempt, including name resolution and the response body"),
    ("delivery.concurrency", "Requests in flight to one endpoint, at most 256"),
    ("egress.deny_private", "Whether loopback and private networks are refused too"),
    ("egress.allow", "Networks that are allowed although deny_private refuses them: `10.1.0.0/16`"),
    ("health.max_failure_rate", "Maximum share of attempts that may fail within an hour"),
    ("health.max_failures", "Maximum number of attempts that may fail within an hour"),
    ("health.max_due_age", "Maximum age of the oldest due delivery; an older one means that no worker is running"),
    ("health.max_processing_age", "Maximum time in state processing; a longer one counts as stuck"),
    ("health.silence_after", "Maximum time without a verified webhook; 0s is no limit"),
    (
        "health.expect",
        "Maximum time without an event of a type, emitted or received: `{ \"progress.updated\" = \"6h\" }`",
    ),
    ("freshness.warn_after", "Age at which an endpoint's last success counts as aging"),
    ("freshness.error_after", "Age at which it counts as stale"),
    ("server.listen", "Addresses that `serve` listens on"),
    ("server.process_every", "Poll interval of `serve` for due deliveries"),
    ("server.hosts", "Host names that `serve` accepts besides addresses and localhost"),
    ("server.behind_tls", "Whether browsers reach `serve` over TLS; the dashboard's cookie is then sent over TLS only"),
    ("server.without", "Groups of routes to disable"),
    (
        "server.tokens",
        "Operators besides the admin token, each as NAME:ROLE:FILE with the role read, operate or admin: `ada:operate:/etc/syncctl/ada.token`",
    ),
    ("server.trusted_proxies", "Networks of proxies whose header names the client"),
    ("server.proxy_header", "Header in which they name it: `x-forwarded-for` or `forwarded`; the other is ignored"),
    (
        "webhook.standard_only",
        "Whether the platform's webhooks need webhook-signature; x-webhook-signature alone is refused",
    ),
    (
        "webhook.require_timestamp",
        "Whether events without a timestamp are refused; otherwise their ids are kept forever",
    ),
    ("webhook.networks", "Networks from which the platform's webhooks are accepted; empty means any"),
    ("webhook.rotate_by", "Day by which the webhook secret has to be replaced; `doctor` and alerts remind of it"),
    ("alerts.name", "Name of the recipient; the service by default"),
    (
        "alerts.service",
        "Service that is notified: `sentry`, `pagerduty`, `slack`, `mattermost`, `webhook` (your own, signed) or `command`",
    ),
    ("alerts.dsn_file", "sentry: file that holds the DSN"),
    ("alerts.dsn_env", "sentry: variable that holds the DSN"),
    ("alerts.routing_key_file", "pagerduty: file that holds the routing key of an Events API v2 integration"),
    ("alerts.routing_key_env", "pagerduty: variable that holds the routing key"),
    ("alerts.url_file", "slack, mattermost: file that holds the URL of an incoming webhook"),
    ("alerts.url_env", "slack, mattermost: variable that holds the URL"),
    ("alerts.secret_file", "webhook: file that holds the signing secret"),
    ("alerts.secret_env", "webhook: variable that holds the signing secret"),
    ("alerts.url", "webhook: its URL; pagerduty: the URL of another region"),
    ("alerts.command", "command: shell command that reads the alert as JSON from standard input"),
    (
        "alerts.kinds",
        "Kinds of incidents to notify of: `*`, or some of `delivery-failed`, `circuit-open`, `endpoint-gone`, `queue-lag`, `certificate-expiry`, `secret-expiry`",
    ),
    ("alerts.quiet", "Minimum time between two alerts about the same endpoint or file, at most 24h"),
    ("alerts.resolved", "Whether to notify when an incident ends"),
    ("sources.name", "Name of the source and last part of its route: /api/webhooks/in/NAME"),
    (
        "sources.broker",
        "Queue or stream in a message broker to read from, instead of a route: redis://HOST/DB/STREAM?group=GROUP, amqp://HOST/VHOST/QUEUE or sqs://REGION/ACCOUNT/QUEUE",
    ),
    ("sources.trust_broker", "Whether messages need no signature, because the broker authenticates senders"),
    ("sources.basic_file", "File with USER:PASSWORD for the broker"),
    ("sources.basic_env", "Variable with USER:PASSWORD for the broker"),
    ("sources.client_cert_file", "PEM file with the client certificate for the broker"),
    ("sources.client_key_file", "PEM file with its key"),
    ("sources.ca_file", "CA certificates for the broker, instead of those of `tls.ca_file`"),
    ("sources.scheme", "Signature scheme: a name listed by `syncctl help signing`, or `generic`"),
    ("sources.secret_file", "File that holds its secret"),
    ("sources.secret_env", "Variable that holds its secret"),
    ("sources.previous_secret_file", "File that holds the old secret during a rotation"),
    ("sources.previous_secret_env", "Variable that holds the old secret during a rotation"),
    (
        "sources.types",
        "Event types it may send: names, `enrollment.*`, or `*`; types of other systems begin with the name of the source: `stripe.invoice.paid`",
    ),
    ("sources.networks", "Networks it may send from; empty means any"),
    ("sources.tolerance", "Maximum clock difference of a signature timestamp; by default that of the scheme"),
    ("sources.url", "URL it sends to, for schemes that sign it"),
    ("sources.forward_to", "Endpoint that receives its events that change no record"),
    (
        "sources.command",
        "Shell command that reads these events from standard input; if it fails, the sender is asked to retry",
    ),
    ("sources.silence_after", "Maximum time without a webhook from it; 0s is no limit"),
    ("sources.type_header", "Header with the event type, if the body has none"),
    (
        "sources.type_member",
        "Member of the body with the event type; by default `type`, `event`, `event_type` or `topic`",
    ),
    ("sources.id_member", "Member of the body with the event id; by default a signed id, else the hash of the body"),
    ("sources.signed", "generic: signed content, such as `{id}.{timestamp}.{body}`"),
    ("sources.signature_header", "generic: signature header"),
    ("sources.prefix", "generic: prefix of the signature, such as `sha256=`"),
    ("sources.encoding", "generic: encoding of the signature, `hex` or `base64`"),
    ("sources.algorithm", "generic: hash function of the HMAC, `sha1`, `sha256` or `sha512`"),
    ("sources.id_header", "generic: message id header"),
    ("sources.timestamp_header", "generic: timestamp header"),
    ("sources.timestamp_unit", "generic: unit of the timestamp, `seconds` or `milliseconds`"),
    ("tls.ca_file", "CA certificates to trust instead of the system's"),
    ("name", "Name of the endpoint; never changes once it is stored"),
    ("url", "URL of the endpoint: http, https, or a message broker (docs/brokers.md)"),
    ("events", "Event types it receives: names, `enrollment.*`, or `*`"),
    (
        "when",
        "Conditions an event has to meet: `data.status = active`, `data.progress >= 50`, `data.kind in a|b`, `data.email exists`",
    ),
    ("secret_file", "File that holds its own secret"),
    ("secret_env", "Variable that holds its own secret"),
    ("paused", "Whether its deliveries are held"),
    ("concurrency", "Requests in flight to it"),
    ("rate", "Maximum request rate, over all workers of the database: `50/s`, `100/m`"),
    ("burst", "Maximum number of them at once; by default what the rate allows in a tenth of a second"),
    (
        "payload",
        "What is sent: `event`, the data of the event, or `full`, the whole record, for receivers that overwrite missing fields",
    ),
    ("coalesce", "Whether a newer event of a resource replaces its older unsent ones; needs `payload = \"full\"`"),
    ("max_attempts", "Number of attempts after which a delivery is failed"),
    ("first_delay", "Delay before the second attempt"),
    ("max_delay", "Maximum delay between two attempts"),
    ("timeout", "Timeout of one attempt"),
    ("retry", "Statuses that are retried: `5xx`, `408`; all others are given up at once"),
    ("give_up", "Statuses that are given up at once: `404`, `4xx`"),
    ("outage_statuses", "Statuses that count as an outage, like no answer"),
    ("circuit_first_probe", "Delay before the first probe of an open circuit"),
    ("circuit_probe_factor", "Factor by which the delay grows with each further probe"),
    ("circuit_longest_probe", "Maximum delay between two probes"),
    ("legacy_signature", "Secret of X-Webhook-Signature during a rotation: `current` or `previous`"),
    ("headers", "Additional headers: `X-Team: platform`; secret values belong in the next three keys"),
    ("headers_file", "Headers with values from files: `X-Api-Key: /etc/syncctl/key`"),
    ("headers_env", "Headers with values from variables: `X-Api-Key: API_KEY`"),
    ("headers_command", "Headers with values printed by commands: `X-Api-Key: pass show key`"),
    ("bearer_file", "File that holds the token of `Authorization: Bearer`"),
    ("bearer_env", "Variable that holds the token of `Authorization: Bearer`"),
    ("basic_file", "File that holds `USER:PASSWORD` of `Authorization: Basic`, or of a broker"),
    ("basic_env", "Variable that holds `USER:PASSWORD`"),
    ("accept", "`Accept` header"),
    ("user_agent", "`User-Agent` header, instead of `syncctl/VERSION`"),
    ("client_cert_file", "PEM file with the client certificate and its intermediate certificates"),
    ("client_key_file", "PEM file with the key of the client certificate"),
    ("ca_file", "CA certificates for this endpoint, instead of those of tls.ca_file"),
    ("proxy", "HTTP proxy, `http://HOST:PORT`; `environment` uses HTTPS_PROXY or HTTP_PROXY"),
    ("proxy_auth_file", "File that holds `USER:PASSWORD` for the proxy"),
    ("proxy_auth_env", "Variable that holds `USER:PASSWORD` for the proxy"),
    ("webhook.secret", "Signs sent webhooks and verifies received ones"),
    ("webhook.previous_secret", "Old secret during a rotation"),
    ("cron.secret", "Authenticates callers of POST /api/sync/process"),
    ("admin.token", "Authenticates administrators"),
];

/// Variables of the program that no key has.
const OTHER_VARIABLES: &[&str] = &[
    DATABASE_FILE,
    "SYNCCTL_CONFIG",
    "SYNCCTL_LOG",
    "SYNC_WEBHOOK_URLS",
    "SYNCCTL_WEBHOOK_URLS",
    "SYNCCTL_SYNC_WEBHOOK_URLS",
];

/// The most edits between a misspelt name and the suggestion.
const MISSPELT_BY: usize = 2;

/// A warning about an unknown variable that is probably misspelt.
pub(super) fn misspelt(name: &str) -> Option<String> {
    if !name.starts_with("SYNC") {
        return None;
    }
    let known: Vec<String> = KEYS
        .iter()
        .map(|key| variable(key.name))
        .chain(SECRETS.iter().flat_map(super::secret_keys::SecretKeys::variables))
        .chain(OTHER_VARIABLES.iter().map(|name| (*name).to_owned()))
        .collect();
    let nearest = known.iter().map(|known| (strsim::damerau_levenshtein(known, name), known)).min()?;
    let (1..=MISSPELT_BY, meant) = nearest else { return None };
    Some(format!("the variable {name} sets nothing: did you mean {meant}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described() {
        let all = [settings(), endpoint_settings(), source_settings(), alert_settings(), secrets()].concat();
        let missing: Vec<String> = all.into_iter().filter(|it| it.about.is_empty()).map(|it| it.key).collect();
        assert!(missing.is_empty(), "describe {missing:?} in ABOUT");
    }
}
