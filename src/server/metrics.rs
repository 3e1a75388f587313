//! Figures for Prometheus, in OpenMetrics.
//!
//! What the database knows is read at each scrape; what only a running process sees is counted while it runs. Labels are
//! names of endpoints, states, outcomes and routes: never URLs, ids or anything a sender chose.

use std::fmt;
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
use crate::store::inbound::Applied;
use crate::store::{Figures, Finished, Rate, Result, Store};

/// The content type of OpenMetrics.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivery {
    endpoint: String,
    state: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Endpoint {
    endpoint: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempt {
    endpoint: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcomes {
    result: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Everything that is counted or measured.
pub struct Metrics {
    registry: Mutex<Registry>,
    deliveries: Family<Delivery, Gauge>,
    oldest_due: Family<Endpoint, Gauge<f64, std::sync::atomic::AtomicU64>>,
    resting: Family<Endpoint, Gauge>,
    events: Gauge,
    wal: Gauge,
    attempts: Family<Attempt, Counter>,
    retries: Family<Endpoint, Counter>,
    attempt_time: Histogram,
    webhooks: Family<Outcomes, Counter>,
    refusals: Family<Reason, Counter>,
    apply_time: Family<Route, Histogram, fn() -> Histogram>,
    requests: Family<Request, Counter>,
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
            registry: Mutex::new(Registry::with_prefix("syncctl")),
            deliveries: Family::default(),
            oldest_due: Family::default(),
            resting: Family::default(),
            events: Gauge::default(),
            wal: Gauge::default(),
            attempts: Family::default(),
            retries: Family::default(),
            attempt_time: latency(),
            webhooks: Family::default(),
            refusals: Family::default(),
            apply_time: Family::new_with_constructor(latency),
            requests: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&self) {
        let mut r = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION")), ("sqlite", crate::store::backend_version())]);
        r.register("build", "What runs", version);
        r.register("deliveries", "Deliveries by endpoint and state", self.deliveries.clone());
        let text = "How long the oldest due delivery has been due";
        r.register_with_unit("oldest_due", text, Unit::Seconds, self.oldest_due.clone());
        r.register("endpoint_resting", "1 while an endpoint rests", self.resting.clone());
        r.register("events", "Events stored", self.events.clone());
        r.register_with_unit("wal", "The size of the write-ahead log", Unit::Bytes, self.wal.clone());
        r.register("attempts", "Attempts that ended, by outcome", self.attempts.clone());
        r.register("retries", "Attempts that were retries", self.retries.clone());
        let text = "How long attempts took";
        r.register_with_unit("attempt_duration", text, Unit::Seconds, self.attempt_time.clone());
        r.register("webhooks", "Verified webhooks, by what became of them", self.webhooks.clone());
        r.register("webhook_refusals", "Refused webhooks, by reason", self.refusals.clone());
        let text = "How long webhooks took from their first byte to the disk";
        r.register_with_unit("webhook_duration", text, Unit::Seconds, self.apply_time.clone());
        r.register("http_requests", "Requests answered, by route and status", self.requests.clone());
    }

    /// Counts an attempt that ended, at the endpoint of that name.
    pub fn attempted(&self, endpoint: &str, finished: &Finished) {
        let endpoint = endpoint.to_owned();
        if finished.claim.trigger == Trigger::Automatic {
            self.retries.get_or_create(&Endpoint { endpoint: endpoint.clone() }).inc();
        }
        self.attempts.get_or_create(&Attempt { endpoint, outcome: outcome(finished.outcome) }).inc();
        self.attempt_time.observe(finished.took.as_secs_f64());
    }

    pub(super) fn applied(&self, route: &str, applied: Applied, took: Duration) {
        self.webhooks.get_or_create(&Outcomes { result: applied.name() }).inc();
        self.apply_time.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    pub(super) fn refused(&self, reason: &'static str) {
        self.refusals.get_or_create(&Reason { reason }).inc();
    }

    pub(super) fn answered(&self, route: &str, status: u16) {
        self.requests.get_or_create(&Request { route: route.to_owned(), status }).inc();
    }

    /// Counts the attempts that the database knows, for a process that makes none itself.
    pub fn count_attempts(&self, rates: &[Rate]) {
        for rate in rates {
            let count = |outcome, count: i64| {
                let attempt = Attempt { endpoint: rate.endpoint.clone(), outcome };
                self.attempts.get_or_create(&attempt).inc_by(count.unsigned_abs());
            };
            count("delivered", rate.delivered);
            count("failed", rate.failed);
        }
    }

    /// The text of a scrape at `now`.
    pub fn text(&self, store: &dyn Store, now: Timestamp) -> Result<String> {
        let figures = store.figures(now).wait()?;
        // One scrape at a time: the figures of two must not mix.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        self.take(&figures, now);
        let wal_bytes = store.file().map_or(0, |file| file.storage().wal_bytes);
        self.wal.set(i64::try_from(wal_bytes).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &registry).expect("text takes all that is written to it");
        Ok(text)
    }

    fn take(&self, figures: &Figures, now: Timestamp) {
        self.deliveries.clear();
        self.oldest_due.clear();
        self.resting.clear();
        self.events.set(figures.events);
        for figures in &figures.endpoints {
            let endpoint = &figures.endpoint.name;
            let waiting = if figures.endpoint.is_paused_or_unconfigured() { "held" } else { "pending" };
            let counts = figures.counts;
            let states = [
                (waiting, counts.pending),
                ("processing", counts.processing),
                ("delivered", counts.delivered),
                ("failed", counts.failed),
            ];
            for (state, count) in states {
                self.deliveries.get_or_create(&Delivery { endpoint: endpoint.clone(), state }).set(count);
            }
            let labels = Endpoint { endpoint: endpoint.clone() };
            let age = figures.oldest_due.map_or(Duration::ZERO, |due| now.since(due));
            self.oldest_due.get_or_create(&labels).set(age.as_secs_f64());
            self.resting.get_or_create(&labels).set(figures.endpoint.circuit.open.is_some().into());
        }
    }
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

/// OpenMetrics as the older text format that files of the node exporter are read as.
///
/// There a family of counters has the name of its samples, and information is a gauge.
pub fn classic(text: &str) -> String {
    let line = |line: &str| {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "UNIT", ..] | ["#", "EOF", ..] => None,
            ["#", what @ ("TYPE" | "HELP"), name, rest] => {
                let kind = text.lines().find_map(|line| line.strip_prefix(&format!("# TYPE {name} ")));
                let (name, rest) = match kind {
                    Some("counter") => (format!("{name}_total"), rest),
                    Some("info") => (format!("{name}_info"), if what == "TYPE" { "gauge" } else { rest }),
                    _ => (name.to_owned(), rest),
                };
                Some(format!("# {what} {name} {rest}\n"))
            }
            _ => Some(format!("{line}\n")),
        }
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_format_names_families_as_their_samples() {
        let open = "# HELP a About a.\n# TYPE a counter\na_total{x=\"y z\"} 1\n# HELP b B.\n# TYPE b info\nb_info{v=\"1\"} 1\n\
                    # HELP c_seconds C.\n# TYPE c_seconds gauge\n# UNIT c_seconds seconds\nc_seconds 2\n# EOF\n";
        let old = "# HELP a_total About a.\n# TYPE a_total counter\na_total{x=\"y z\"} 1\n# HELP b_info B.\n\
                   # TYPE b_info gauge\nb_info{v=\"1\"} 1\n# HELP c_seconds C.\n# TYPE c_seconds gauge\nc_seconds 2\n";
        assert_eq!(classic(open), old);
    }
}
