//! Metrics for Prometheus, in OpenMetrics.
//!
//! What the database knows is read at each scrape; what only a running process sees is counted while it runs. Labels are
//! names of endpoints, states, outcomes and routes: never URLs, ids or anything a sender chose.

mod format;
mod process;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::clock::Timestamp;
use crate::delivery::{Outcome, Trigger};
use crate::inbound::MessageResult;
use crate::monitor::{self, Health, HealthFigures, HealthLimits, ReceivedTotals};
use crate::service::figures::health_figures;
use crate::store::inbound::{ApplyResult, ReceivedFigures};
use crate::store::{self, AttemptTotals, FinishedAttempt, QueueFigures, Result, Store};

pub use format::classic;
pub(super) use format::negotiate;

use process::ProcessMetrics;

/// A gauge with a fractional value, such as seconds.
type FloatGauge = Gauge<f64, AtomicU64>;

/// The labels of the gauge of deliveries: endpoint and state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    endpoint: String,
    state: &'static str,
}

/// The label of metrics of one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointLabel {
    endpoint: String,
}

/// The labels of the counter of attempts: endpoint and outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    endpoint: String,
    outcome: &'static str,
}

/// The label of the counter of received webhooks: their result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

/// The labels of the counter of refused webhooks: route and reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    route: String,
    reason: &'static str,
}

/// The label of the gauge of health checks: the check's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CheckLabel {
    check: &'static str,
}

/// The labels of the counter of HTTP requests: route and status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

/// The label of metrics of one route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

/// The registry of all metrics: they are set from the queue whenever somebody asks, and then written in Prometheus's format.
pub struct Metrics {
    registry: Mutex<Registry>,
    process: ProcessMetrics,
    healthy: Gauge,
    checks: Family<CheckLabel, Gauge>,
    deliveries: Family<DeliveryLabels, Gauge>,
    oldest_due: Family<EndpointLabel, FloatGauge>,
    oldest_pending: Family<EndpointLabel, FloatGauge>,
    resting: Family<EndpointLabel, Gauge>,
    last_success: Family<EndpointLabel, FloatGauge>,
    last_failure: Family<EndpointLabel, FloatGauge>,
    last_received: Family<RouteLabel, FloatGauge>,
    skew: Family<RouteLabel, FloatGauge>,
    events: Gauge,
    wal: Gauge,
    free: Gauge,
    attempts: Family<AttemptLabels, Counter>,
    retries: Family<EndpointLabel, Counter>,
    attempt_time: Family<EndpointLabel, Histogram, fn() -> Histogram>,
    webhooks: Family<ResultLabel, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    apply_time: Family<RouteLabel, Histogram, fn() -> Histogram>,
    requests: Family<RequestLabels, Counter>,
    request_time: Family<RouteLabel, Histogram, fn() -> Histogram>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// A millisecond to about half a minute.
fn latency() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Mutex::default(),
            process: ProcessMetrics::default(),
            healthy: Gauge::default(),
            checks: Family::default(),
            deliveries: Family::default(),
            oldest_due: Family::default(),
            oldest_pending: Family::default(),
            resting: Family::default(),
            last_success: Family::default(),
            last_failure: Family::default(),
            last_received: Family::default(),
            skew: Family::default(),
            events: Gauge::default(),
            wal: Gauge::default(),
            free: Gauge::default(),
            attempts: Family::default(),
            retries: Family::default(),
            attempt_time: Family::new_with_constructor(latency),
            webhooks: Family::default(),
            refusals: Family::default(),
            apply_time: Family::new_with_constructor(latency),
            requests: Family::default(),
            request_time: Family::new_with_constructor(latency),
        };
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.process.register(&mut registry);
        let ours = registry.sub_registry_with_prefix("syncctl");
        metrics.register_figures(ours);
        metrics.register_traffic(ours);
        drop(registry);
        metrics
    }
}

impl Metrics {
    /// What the database says at each scrape.
    fn register_figures(&self, r: &mut Registry) {
        let version = Info::new([("version", env!("CARGO_PKG_VERSION")), ("sqlite", store::backend_version())]);
        r.register("build", "What runs", version);
        r.register("healthy", "1 while nothing is critical", self.healthy.clone());
        r.register("check_state", "0 ok, 1 warning, 2 critical", self.checks.clone());
        r.register("deliveries", "Deliveries by endpoint and state", self.deliveries.clone());
        let text = "Age of the oldest due delivery";
        r.register_with_unit("oldest_due", text, Unit::Seconds, self.oldest_due.clone());
        let text = "Age of the oldest undelivered event, whether or not the circuit of its endpoint is open";
        r.register_with_unit("oldest_pending", text, Unit::Seconds, self.oldest_pending.clone());
        r.register("endpoint_resting", "1 while the circuit of an endpoint is open", self.resting.clone());
        let text = "Time of an endpoint's last 2xx response";
        r.register_with_unit("last_success_timestamp", text, Unit::Seconds, self.last_success.clone());
        let text = "Time of an endpoint's last failed attempt";
        r.register_with_unit("last_failure_timestamp", text, Unit::Seconds, self.last_failure.clone());
        let text = "Time of the last verified webhook of a route, to the minute";
        r.register_with_unit("last_received_timestamp", text, Unit::Seconds, self.last_received.clone());
        let text = "Average age of signature timestamps in the last hour by this machine's clock";
        r.register_with_unit("clock_skew", text, Unit::Seconds, self.skew.clone());
        r.register("events", "Events stored", self.events.clone());
        r.register_with_unit("wal", "Size of the write-ahead log", Unit::Bytes, self.wal.clone());
        r.register_with_unit("disk_free", "Free space on the disk of the database", Unit::Bytes, self.free.clone());
    }

    /// What this process counts.
    fn register_traffic(&self, r: &mut Registry) {
        r.register("attempts", "Attempts that ended, by outcome", self.attempts.clone());
        r.register("retries", "Attempts that were retries", self.retries.clone());
        let text = "Duration of attempts";
        r.register_with_unit("attempt_duration", text, Unit::Seconds, self.attempt_time.clone());
        r.register("webhooks", "Verified webhooks, by result", self.webhooks.clone());
        r.register("webhook_refusals", "Refused webhooks, by route and reason", self.refusals.clone());
        let text = "Time from the first byte of a webhook to the disk";
        r.register_with_unit("webhook_duration", text, Unit::Seconds, self.apply_time.clone());
        r.register("http_requests", "Requests answered, by route and status", self.requests.clone());
        let text = "Duration of requests";
        r.register_with_unit("http_request_duration", text, Unit::Seconds, self.request_time.clone());
    }

    /// Counts an attempt that ended, at the endpoint of that name.
    pub fn attempted(&self, endpoint: &str, finished: &FinishedAttempt) {
        let endpoint = endpoint.to_owned();
        if finished.claim.trigger == Trigger::Automatic {
            self.retries.get_or_create(&EndpointLabel { endpoint: endpoint.clone() }).inc();
        }
        self.attempt_time
            .get_or_create(&EndpointLabel { endpoint: endpoint.clone() })
            .observe(finished.took.as_secs_f64());
        self.attempts.get_or_create(&AttemptLabels { endpoint, outcome: outcome(finished.outcome) }).inc();
    }

    pub(super) fn applied(&self, route: &str, applied: ApplyResult, took: Duration) {
        self.webhooks.get_or_create(&ResultLabel { result: applied.name() }).inc();
        self.apply_time.get_or_create(&RouteLabel { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// Counts a message that was read from a broker, as webhooks are counted.
    pub fn consumed(&self, route: &str, handled: MessageResult, took: Duration) {
        match handled {
            MessageResult::Applied(applied) => self.applied(route, applied, took),
            MessageResult::Refused(reason) => self.refused(route, reason),
        }
    }

    pub(super) fn refused(&self, route: &str, reason: &'static str) {
        self.refusals.get_or_create(&RefusalLabels { route: route.to_owned(), reason }).inc();
    }

    pub(super) fn answered(&self, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.request_time.get_or_create(&RouteLabel { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
    }

    /// Counts the attempts that the database knows, for a process that makes none itself.
    pub fn count_attempts(&self, rates: &[AttemptTotals]) {
        for rate in rates {
            let count = |outcome, count: i64| {
                let attempt = AttemptLabels { endpoint: rate.endpoint.clone(), outcome };
                self.attempts.get_or_create(&attempt).inc_by(count.unsigned_abs());
            };
            count("delivered", rate.delivered);
            count("failed", rate.failed);
        }
    }

    /// The text of a scrape at `now`, in OpenMetrics. `limits` say what is healthy.
    pub fn text(&self, store: &dyn Store, limits: &HealthLimits, now: Timestamp) -> Result<String> {
        let read = health_figures(store, limits, now)?;
        let health = monitor::health(&read, limits, now);
        let free = store::volume(&store.database().wait()?.location).and_then(|volume| volume.free_bytes);
        // One scrape at a time: the figures of two must not mix.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let HealthFigures { figures, received, storage, .. } = &read;
        self.take_health(&health);
        self.take_endpoints(figures, now);
        self.take_received(received);
        self.wal.set(whole(storage.wal_bytes));
        self.free.set(free.map_or(0, whole));
        self.process.measure();
        let mut text = String::new();
        encode(&mut text, &registry).expect("text takes all that is written to it");
        Ok(text)
    }

    fn take_health(&self, health: &Health) {
        self.healthy.set(health.healthy.into());
        self.checks.clear();
        for check in &health.checks {
            self.checks.get_or_create(&CheckLabel { check: check.name }).set(check.state as i64);
        }
    }

    fn take_received(&self, received: &ReceivedFigures) {
        self.last_received.clear();
        for (route, at) in &received.last_by_route {
            self.last_received.get_or_create(&RouteLabel { route: route.clone() }).set(seconds(*at));
        }
        self.skew.clear();
        for of_route in received.rates.chunk_by(|a, b| a.route == b.route) {
            if let (Some(first), Some(mean)) = (of_route.first(), ReceivedTotals::of(of_route).mean_skew_ms) {
                self.skew.get_or_create(&RouteLabel { route: first.route.clone() }).set(mean as f64 / 1e3);
            }
        }
    }

    fn take_endpoints(&self, figures: &QueueFigures, now: Timestamp) {
        let of_endpoints = [&self.oldest_due, &self.oldest_pending, &self.last_success, &self.last_failure];
        of_endpoints.iter().for_each(|family| {
            family.clear();
        });
        self.deliveries.clear();
        self.resting.clear();
        self.events.set(figures.events);
        for figures in &figures.endpoints {
            let endpoint = &figures.endpoint.name;
            let waiting = if figures.endpoint.is_paused_or_unconfigured() { "held" } else { "pending" };
            let counts = figures.counts;
            let states = [
                (waiting, counts.waiting),
                ("processing", counts.processing),
                ("delivered", counts.delivered),
                ("failed", counts.failed),
            ];
            for (state, count) in states {
                self.deliveries.get_or_create(&DeliveryLabels { endpoint: endpoint.clone(), state }).set(count);
            }
            let labels = EndpointLabel { endpoint: endpoint.clone() };
            let age = |since: Option<Timestamp>| since.map_or(0.0, |since| now.since(since).as_secs_f64());
            self.oldest_due.get_or_create(&labels).set(age(figures.oldest_due));
            self.oldest_pending.get_or_create(&labels).set(age(figures.oldest_pending));
            self.resting.get_or_create(&labels).set(figures.endpoint.circuit.open.is_some().into());
            if let Some(at) = figures.endpoint.last_success_at {
                self.last_success.get_or_create(&labels).set(seconds(at));
            }
            if let Some(at) = figures.endpoint.last_failure_at {
                self.last_failure.get_or_create(&labels).set(seconds(at));
            }
        }
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Seconds since 1970.
fn seconds(at: Timestamp) -> f64 {
    at.as_millis() as f64 / 1e3
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered { .. } => "delivered",
        Outcome::Rejected { .. } => "rejected",
        Outcome::Unreachable => "unreachable",
        Outcome::Refused => "refused",
        Outcome::TimedOut => "timed-out",
        Outcome::Interrupted => "interrupted",
    }
}
