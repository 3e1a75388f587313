//! How much there is of everything, from counters.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::endpoint::Endpoint;
use crate::store::ClaimHolder;

/// How many deliveries are in each state, and how many of them had failed attempts: of one endpoint, or summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Unfinished and unclaimed, held ones included.
    pub waiting: i64,
    /// Claimed.
    pub processing: i64,
    /// Arrived.
    pub delivered: i64,
    /// Given up.
    pub failed: i64,
    /// Replaced by newer ones before they were sent.
    pub superseded: i64,
    /// Unfinished with a failed attempt, or given up.
    pub troubled: i64,
    /// Attempts of those.
    pub troubled_attempts: i64,
}

/// One endpoint with its delivery counts and its oldest waiting delivery, for `status`, `health` and the dashboard.
#[derive(Clone, Debug)]
pub struct EndpointFigures {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its deliveries.
    pub counts: DeliveryCounts,
    /// Since when its oldest due delivery has been due; none while its circuit is open or it is paused.
    pub oldest_due: Option<Timestamp>,
    /// When its oldest undelivered event was emitted, whatever state the endpoint is in. Of retries, that of the earliest due.
    pub oldest_pending: Option<Timestamp>,
}

/// The whole queue in figures: counts of each endpoint, who is sending, what is scheduled. Read from counters, so the
/// cost does not grow with the queue.
#[derive(Clone, Debug, Default)]
pub struct QueueFigures {
    /// Events stored.
    pub events: i64,
    /// Endpoint by endpoint, in the order they were first named.
    pub endpoints: Vec<EndpointFigures>,
    /// When the longest-running claim of a live or dead run was made.
    pub oldest_processing: Option<Timestamp>,
    /// Who holds claims, and how many.
    pub holders: Vec<(ClaimHolder, u64)>,
    /// Events that wait for their time.
    pub scheduled: i64,
    /// The earliest of these times, which may have come.
    pub next_scheduled: Option<Timestamp>,
}

/// How many attempts delivered and how many failed within a time window, for one endpoint and event type.
#[derive(Clone, Debug)]
pub struct AttemptTotals {
    /// The endpoint's name.
    pub endpoint: String,
    /// The event type.
    pub event_type: String,
    /// Its resource type.
    pub resource_type: String,
    /// Attempts answered with a 2xx.
    pub delivered: i64,
    /// Attempts that failed; interrupted ones are left out.
    pub failed: i64,
}

/// Events and webhooks that are looked at for one of some type, the latest.
pub(super) const LOOKED_AT: i64 = 200_000;

/// How many of the latest deliveries say how [`Arrivals`] are shared among the endpoints.
pub(super) const ARRIVALS_READ: i64 = 2_000;

/// The estimated number of deliveries that were queued for one endpoint since some time, for forecasts of when the
/// queue is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// The endpoint's name.
    pub endpoint: String,
    /// Deliveries that were queued.
    pub deliveries: i64,
}

impl Arrivals {
    /// Shares `total` among endpoints as the `latest` are: names, and how many of the latest are theirs.
    pub(super) fn share(total: i64, latest: Vec<(String, i64)>) -> Vec<Self> {
        let all: i64 = latest.iter().map(|(_, count)| count).sum();
        let share = |count: i64| i128::from(total) * i128::from(count) / i128::from(all.max(1));
        let part = |count: i64| i64::try_from(share(count)).unwrap_or(i64::MAX);
        latest.into_iter().map(|(endpoint, count)| Self { endpoint, deliveries: part(count) }).collect()
    }
}

/// The attempts whose latencies [`Activity`] holds at most, the latest.
pub const LATENCIES: u32 = 2_000;

/// What the charts of the last hours show: attempts and received webhooks counted by minute, and how long the latest
/// attempts took.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// The minutes in which anything happened, in order.
    pub minutes: Vec<MinuteActivity>,
    /// The latest attempts that ended with a known outcome, at most [`LATENCIES`].
    pub latencies: Vec<AttemptDuration>,
}

/// How long one of the latest attempts took, for latency percentiles of its endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptDuration {
    /// The endpoint's name.
    pub endpoint: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub took: Duration,
}

/// How many attempts ended and how many webhooks arrived in one minute: a step of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MinuteActivity {
    /// The minute, as [`Timestamp::minute`] counts.
    pub minute: i64,
    /// Attempts answered with a 2xx.
    pub delivered: i64,
    /// Attempts that failed; interrupted ones are left out.
    pub failed: i64,
    /// Webhooks accepted.
    pub accepted: i64,
    /// Webhooks refused.
    pub refused: i64,
}

impl Activity {
    /// Brings the minutes of both directions together: `(minute, delivered, failed)` and `(minute, accepted, refused)`.
    pub(super) fn merge(
        sent: impl IntoIterator<Item = (i64, i64, i64)>,
        received: impl IntoIterator<Item = (i64, i64, i64)>,
    ) -> Vec<MinuteActivity> {
        let mut minutes = std::collections::BTreeMap::<i64, MinuteActivity>::new();
        for (minute, delivered, failed) in sent {
            let it = minutes.entry(minute).or_insert(MinuteActivity { minute, ..MinuteActivity::default() });
            (it.delivered, it.failed) = (delivered, failed);
        }
        for (minute, accepted, refused) in received {
            let it = minutes.entry(minute).or_insert(MinuteActivity { minute, ..MinuteActivity::default() });
            (it.accepted, it.refused) = (accepted, refused);
        }
        minutes.into_values().collect()
    }
}
