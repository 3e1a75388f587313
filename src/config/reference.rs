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
    ("database", "The queue's file; a relative path counts from the configuration file"),
    ("delivery.max_attempts", "Attempts until a delivery is failed"),
    ("delivery.first_delay", "The wait before the second attempt; doubled for each further one, plus up to 30 %"),
    ("delivery.max_delay", "The longest wait between two attempts, before the 30 %"),
    ("delivery.timeout", "How long one attempt may take, everything included"),
    ("delivery.concurrency", "Requests in flight to one endpoint, at most 256"),
    ("egress.deny_private", "Whether loopback and private networks are refused, too"),
    ("egress.allow", "Networks that may be called although deny_private refuses them: `10.1.0.0/16`"),
    ("health.max_failure_rate", "The largest share of attempts that may fail within an hour"),
    ("health.max_failures", "The most attempts that may fail within an hour"),
    ("health.max_due_age", "How long a delivery may be due before nobody seems to drain the queue"),
    ("health.max_processing_age", "From when on a delivery that is being sent counts as stuck"),
    ("health.silence_after", "How long no webhook may verify before that is unhealthy; 0s is no limit"),
    (
        "health.expect",
        "How long no event of a type may be emitted or received before that is unhealthy: `{ \"progress.updated\" = \"6h\" }`",
    ),
    ("freshness.warn_after", "The age from which an endpoint's last success is aging"),
    ("freshness.error_after", "The age from which it is stale"),
    ("server.listen", "The addresses `serve` listens on"),
    ("server.process_every", "How often `serve` looks for what is due, at least"),
    ("server.hosts", "The names `serve` may be called by, beside addresses and localhost"),
    (
        "server.behind_tls",
        "Whether browsers reach `serve` through TLS: the dashboard's cookie then travels over nothing else",
    ),
    ("server.without", "Groups of routes that are switched off"),
    (
        "server.tokens",
        "Operators beside the admin token, each as NAME:ROLE:FILE with a role of read, operate or admin: `ada:operate:/etc/syncctl/ada.token`",
    ),
    ("server.trusted_proxies", "The networks of proxies that are believed when they say for whom they ask"),
    ("server.proxy_header", "Where they say it: `x-forwarded-for` or `forwarded`; the other header is never read"),
    (
        "webhook.standard_only",
        "Whether the platform's webhooks need webhook-signature; the original's header alone is refused",
    ),
    (
        "webhook.require_timestamp",
        "Whether an event without timestamp is refused; otherwise its id is remembered for good",
    ),
    ("webhook.networks", "The networks that the platform's webhooks may come from; none is any"),
    (
        "webhook.rotate_by",
        "The day by which the webhook secret is to be replaced: `doctor` and alerts remind of it before",
    ),
    ("alerts.name", "What it is called; by default like its service"),
    (
        "alerts.service",
        "Who is told: `sentry`, `pagerduty`, `slack`, `mattermost`, `webhook` (signed, of your own) or `command`",
    ),
    ("alerts.dsn_file", "sentry: a file that holds the DSN"),
    ("alerts.dsn_env", "sentry: the variable that holds it"),
    ("alerts.routing_key_file", "pagerduty: a file that holds the routing key of an Events API v2 integration"),
    ("alerts.routing_key_env", "pagerduty: the variable that holds it"),
    ("alerts.url_file", "slack, mattermost: a file that holds the URL of an incoming webhook"),
    ("alerts.url_env", "slack, mattermost: the variable that holds it"),
    ("alerts.secret_file", "webhook: a file that holds the secret that signs"),
    ("alerts.secret_env", "webhook: the variable that holds it"),
    ("alerts.url", "webhook: where it is; pagerduty: the address of another region"),
    ("alerts.command", "command: a shell command that gets the alert as JSON on standard input"),
    (
        "alerts.kinds",
        "What it is told of, `*` or some of `delivery-failed`, `circuit-open`, `endpoint-gone`, `queue-lag`, `certificate-expiry`, `secret-expiry`",
    ),
    ("alerts.quiet", "The shortest time between two alerts about the same endpoint or file, at most 24h"),
    ("alerts.resolved", "Whether it is told that something is over"),
    ("sources.name", "What it is called, which ends its route: /api/webhooks/in/NAME"),
    (
        "sources.broker",
        "The place in a message broker that it is read from, instead of a route: redis://HOST/DB/STREAM?group=GROUP, amqp://HOST/VHOST/QUEUE or sqs://REGION/ACCOUNT/QUEUE",
    ),
    ("sources.trust_broker", "Whether the broker vouches for its messages, so that they need no signature"),
    ("sources.basic_file", "A file with USER:PASSWORD for the broker"),
    ("sources.basic_env", "The variable with USER:PASSWORD for the broker"),
    ("sources.client_cert_file", "A PEM file with our certificate, which a broker is shown that asks"),
    ("sources.client_key_file", "A PEM file with its key"),
    ("sources.ca_file", "Certificates to trust instead of those of `tls.ca_file`, for the broker"),
    ("sources.scheme", "How its webhooks are signed: a name of `syncctl help schemes`, or `generic`"),
    ("sources.secret_file", "A file that holds its secret"),
    ("sources.secret_env", "The variable that holds its secret"),
    ("sources.previous_secret_file", "A file that holds the secret before, while a rotation lasts"),
    ("sources.previous_secret_env", "The variable that holds it"),
    (
        "sources.types",
        "The types it may send: names, `enrollment.*`, or `*`; those of other systems begin with its name: `stripe.invoice.paid`",
    ),
    ("sources.networks", "The networks it may send from; none is any"),
    ("sources.tolerance", "How far a signed time may be off; by default as its scheme says"),
    ("sources.url", "The URL it sends to, for schemes that sign it"),
    ("sources.forward_to", "The endpoint that gets its events which change no record"),
    (
        "sources.command",
        "The shell command that gets them on standard input; when it fails the sender is told to try again",
    ),
    ("sources.silence_after", "How long it may send nothing before that is unhealthy; 0s is no limit"),
    ("sources.type_header", "The header that holds the type of an event, where the body does not"),
    (
        "sources.type_member",
        "The member of the body that holds it; by default `type`, `event`, `event_type` or `topic`",
    ),
    (
        "sources.id_member",
        "The member of the body that names the event; by default a signed id, else the hash of the body",
    ),
    ("sources.signed", "generic: what is signed, such as `{id}.{timestamp}.{body}`"),
    ("sources.signature_header", "generic: the header of the signature"),
    ("sources.prefix", "generic: what precedes the code, such as `sha256=`"),
    ("sources.encoding", "generic: how the code is written, `hex` or `base64`"),
    ("sources.algorithm", "generic: the hash of the HMAC, `sha1`, `sha256` or `sha512`"),
    ("sources.id_header", "generic: the header of the id"),
    ("sources.timestamp_header", "generic: the header of the time"),
    ("sources.timestamp_unit", "generic: how the time is written, `seconds` or `milliseconds`"),
    ("tls.ca_file", "The certificates to trust instead of the system's"),
    ("name", "What it is called; never changes once it is stored"),
    ("url", "Where it is: a URL of http or https, or of a place in a message broker (docs/brokers.md)"),
    ("events", "The types it wants: names, `enrollment.*`, or `*`"),
    (
        "when",
        "What has to hold of an event: `data.status = active`, `data.progress >= 50`, `data.kind in a|b`, `data.email exists`",
    ),
    ("secret_file", "A file that holds its own secret"),
    ("secret_env", "The variable that holds its own secret"),
    ("paused", "Whether its deliveries are held"),
    ("concurrency", "Requests in flight to it"),
    ("rate", "The most requests in a time, by all workers of the database together: `50/s`, `100/m`"),
    ("burst", "The most of them at once; by default what the rate allows in a tenth of a second"),
    (
        "payload",
        "What it is sent: `event`, the data of the event, or `full`, the whole record, for receivers that overwrite what is missing",
    ),
    (
        "coalesce",
        "Whether a newer event of a resource replaces its older ones that were not sent; needs `payload = \"full\"`",
    ),
    ("max_attempts", "Attempts until a delivery is failed"),
    ("first_delay", "The wait before the second attempt"),
    ("max_delay", "The longest wait between two attempts"),
    ("timeout", "How long one attempt may take"),
    ("retry", "The statuses that are tried again: `5xx`, `408`; all others are given up at once"),
    ("give_up", "The statuses that are given up at once: `404`, `4xx`"),
    ("outage_statuses", "The statuses that count as an outage, as if nobody had answered"),
    ("circuit_first_probe", "The wait before an open circuit is probed"),
    ("circuit_probe_factor", "What that wait is multiplied by for each further probe"),
    ("circuit_longest_probe", "The longest wait between two probes"),
    ("legacy_signature", "The secret of X-Webhook-Signature during a rotation: `current` or `previous`"),
    ("headers", "Headers of your own: `X-Team: platform`; what is secret belongs into the next three"),
    ("headers_file", "Headers whose values are in files: `X-Api-Key: /etc/syncctl/key`"),
    ("headers_env", "Headers whose values are in variables: `X-Api-Key: API_KEY`"),
    ("headers_command", "Headers whose values a command prints: `X-Api-Key: pass show key`"),
    ("bearer_file", "A file that holds the token of `Authorization: Bearer`"),
    ("bearer_env", "The variable that holds it"),
    ("basic_file", "A file that holds `USER:PASSWORD` of `Authorization: Basic`, or of a broker"),
    ("basic_env", "The variable that holds it"),
    ("accept", "The `Accept` header"),
    ("user_agent", "The `User-Agent` header in place of `syncctl/VERSION`"),
    ("client_cert_file", "The certificate to show to the receiver, with those that vouch for it (PEM)"),
    ("client_key_file", "Its key (PEM)"),
    ("ca_file", "The certificates to trust at this endpoint instead of those of tls.ca_file"),
    ("proxy", "The HTTP proxy in front of it, `http://HOST:PORT`; `environment` takes HTTPS_PROXY or HTTP_PROXY"),
    ("proxy_auth_file", "A file that holds `USER:PASSWORD` for the proxy"),
    ("proxy_auth_env", "The variable that holds it"),
    ("webhook.secret", "Signs what is sent, and verifies what comes"),
    ("webhook.previous_secret", "The one before, while a rotation lasts"),
    ("cron.secret", "What callers of the processing route show"),
    ("admin.token", "What administrators show"),
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
