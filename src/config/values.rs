//! The settings without endpoints and secrets, and their defaults.

use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::delivery::RetryPolicy;
use crate::endpoint::{DEFAULT_CONCURRENCY, Egress};
use crate::inbound::TrustedProxies;
use crate::monitor::{FreshnessThresholds, HealthLimits};
use crate::store::Location;
use crate::store::operators::Role;

/// The section `[delivery]` of the configuration: the defaults of endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverySection {
    /// When and how often a delivery is tried again.
    pub retry: RetryPolicy,
    /// Requests in flight to one endpoint.
    pub concurrency: u16,
}

/// The section `[server]` of the configuration: how `serve` runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSection {
    /// The addresses it listens on, `HOST:PORT`.
    pub listen: Vec<String>,
    /// The longest interval between two polls for due deliveries.
    pub process_every: Duration,
    /// The accepted `Host` names, beside addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Whether browsers reach it through TLS.
    pub behind_tls: bool,
    /// Groups of disabled routes.
    pub without: Vec<String>,
    /// The tokens of operators, beside the admin token.
    pub tokens: Vec<OperatorToken>,
    /// The proxies in front of it.
    pub proxies: TrustedProxies,
}

/// An operator's token in the configuration: name, role and the file that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorToken {
    /// The operator's name in the audit log.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The file that holds the token.
    pub file: PathBuf,
}

/// The section `[webhook]` of the configuration: what the platform's routes require of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookSection {
    /// Whether webhooks need a signature of Standard Webhooks.
    pub standard_only: bool,
    /// Whether events need a timestamp.
    pub require_timestamp: bool,
    /// The networks that webhooks may come from; empty for any.
    pub networks: Vec<ipnet::IpNet>,
    /// The day by which its secret is to be replaced.
    pub rotate_by: Option<Timestamp>,
}

/// All settings of the configuration but endpoints, sources and secrets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfigValues {
    pub(crate) database: Option<Location>,
    pub(crate) delivery: DeliverySection,
    pub(crate) egress: Egress,
    pub(crate) health: HealthLimits,
    pub(crate) freshness: FreshnessThresholds,
    pub(crate) server: ServerSection,
    pub(crate) webhook: WebhookSection,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Default for ConfigValues {
    fn default() -> Self {
        Self {
            database: None,
            delivery: DeliverySection { retry: RetryPolicy::default(), concurrency: DEFAULT_CONCURRENCY },
            egress: Egress::default(),
            health: HealthLimits::default(),
            freshness: FreshnessThresholds::default(),
            server: ServerSection {
                listen: vec!["127.0.0.1:3000".to_owned()],
                process_every: Duration::from_secs(30),
                hosts: Vec::new(),
                behind_tls: false,
                without: Vec::new(),
                tokens: Vec::new(),
                proxies: TrustedProxies::default(),
            },
            webhook: WebhookSection::default(),
            ca_file: None,
        }
    }
}
