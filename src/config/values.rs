//! The settings but endpoints and secrets, and what they are when nobody says anything.

use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::delivery::RetryPolicy;
use crate::endpoint::{DEFAULT_CONCURRENCY, Egress};
use crate::inbound::TrustedProxies;
use crate::monitor::{FreshnessThresholds, Limits};
use crate::store::Location;
use crate::store::operators::Role;

/// The settings of `[delivery]`: how deliveries are made where an endpoint does not say otherwise.
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
    /// How often it looks for what is due, at least.
    pub process_every: Duration,
    /// The names it may be called by, beside addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Whether browsers reach it through TLS.
    pub behind_tls: bool,
    /// Groups of routes that are switched off.
    pub without: Vec<String>,
    /// The tokens of operators, beside the admin token.
    pub tokens: Vec<OperatorToken>,
    /// The proxies in front of it.
    pub proxies: TrustedProxies,
}

/// The token of an operator, by the file that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorToken {
    /// Who it is, as the audit log names them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The file that holds the token.
    pub file: PathBuf,
}

/// The settings of `[webhook]`: what the platform's routes require of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhook {
    /// Whether they need a signature of Standard Webhooks.
    pub standard_only: bool,
    /// Whether an event has to say when it happened.
    pub require_timestamp: bool,
    /// The networks they may come from; none is any.
    pub networks: Vec<ipnet::IpNet>,
    /// The day by which its secret is to be replaced.
    pub rotate_by: Option<Timestamp>,
}

/// The settings of the configuration but endpoints and secrets.
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
