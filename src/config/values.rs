//! The settings without endpoints and secrets, and their defaults.

use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::delivery::RetryPolicy;
use crate::endpoint::{DEFAULT_CONCURRENCY, Egress};
use crate::inbound::TrustedProxies;
use crate::monitor::{FreshnessThresholds, Limits};
use crate::store::Location;
use crate::store::operators::Role;

/// The settings of `[delivery]`: the defaults of endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When and how often a delivery is tried again.
    pub retry: RetryPolicy,
    /// Requests in flight to one endpoint.
    pub concurrency: u16,
}

/// The settings of `[server]`: how `serve` runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
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

/// The token of an operator, by the file that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorToken {
    /// The operator's name in the audit log.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The file that holds the token.
    pub file: PathBuf,
}

/// The settings of `[webhook]`: what the platform's routes require of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhook {
    /// Whether webhooks need a signature of Standard Webhooks.
    pub standard_only: bool,
    /// Whether events need a timestamp.
    pub require_timestamp: bool,
    /// The networks that webhooks may come from; empty for any.
    pub networks: Vec<ipnet::IpNet>,
    /// The day by which its secret is to be replaced.
    pub rotate_by: Option<Timestamp>,
}

/// The settings of the configuration without endpoints and secrets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values {
    pub(crate) database: Option<Location>,
    pub(crate) delivery: Delivery,
    pub(crate) egress: Egress,
    pub(crate) health: Limits,
    pub(crate) freshness: FreshnessThresholds,
    pub(crate) server: Server,
    pub(crate) webhook: Webhook,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            database: None,
            delivery: Delivery { retry: RetryPolicy::default(), concurrency: DEFAULT_CONCURRENCY },
            egress: Egress::default(),
            health: Limits::default(),
            freshness: FreshnessThresholds::default(),
            server: Server {
                listen: vec!["127.0.0.1:3000".to_owned()],
                process_every: Duration::from_secs(30),
                hosts: Vec::new(),
                behind_tls: false,
                without: Vec::new(),
                tokens: Vec::new(),
                proxies: TrustedProxies::default(),
            },
            webhook: Webhook::default(),
            ca_file: None,
        }
    }
}
