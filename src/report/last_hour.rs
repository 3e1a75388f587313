//! The attempts of the last hour to one endpoint, and the secret that signs for it.

use std::time::Duration;

use serde::Serialize;

use super::Cell;
use crate::clock::Timestamp;
use crate::format::count;
use crate::monitor::pace::percentiles;
use crate::monitor::{Attempts, percent};
use crate::store::{AttemptDuration, AttemptTotals};

/// An endpoint's attempts of the last hour, which its row does not hold.
#[derive(Clone, Debug, Default)]
pub struct LastHour {
    /// Attempts that ended.
    pub attempts: Attempts,
    /// The durations of the latest of them: the median and the 95th percentile.
    pub latency: Option<(Duration, Duration)>,
    /// The fingerprint of the secret that signs, or why it cannot be read.
    pub secret: Option<Result<String, String>>,
}

/// The JSON of an endpoint's last hour, and the fingerprint of its secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LastHourView<'a> {
    secret_fingerprint: Option<&'a str>,
    last_hour: Figures,
}

/// The attempts of an endpoint's last hour in figures.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    attempts: u64,
    delivered: u64,
    failed: u64,
    failure_rate: f64,
    per_minute: f64,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
}

impl LastHour {
    /// The attempts to the endpoint of that name, of `rates` and `timed` within the last hour.
    pub fn of(name: &str, rates: &[AttemptTotals], timed: &[AttemptDuration]) -> Self {
        let took = timed.iter().filter(|it| it.endpoint == name).map(|it| it.took).collect();
        let attempts = super::endpoint_condition::attempts_of(rates, name);
        Self { attempts, latency: percentiles(took), secret: None }
    }

    /// The same with the fingerprint of the secret that signs, or why it cannot be read.
    #[must_use]
    pub fn with_secret(self, secret: Result<String, String>) -> Self {
        Self { secret: Some(secret), ..self }
    }

    pub(super) fn view(&self) -> LastHourView<'_> {
        let millis = |took: Duration| took.as_secs_f64() * 1_000.0;
        let attempts = self.attempts;
        LastHourView {
            secret_fingerprint: self.secret.as_ref().and_then(|it| it.as_ref().ok()).map(String::as_str),
            last_hour: Figures {
                attempts: attempts.total(),
                delivered: attempts.delivered,
                failed: attempts.failed,
                failure_rate: attempts.failure_rate(),
                per_minute: self.per_minute(),
                p50_ms: self.latency.map(|(p50, _)| millis(p50)),
                p95_ms: self.latency.map(|(_, p95)| millis(p95)),
            },
        }
    }

    fn per_minute(&self) -> f64 {
        (self.attempts.total() as f64 / 60.0 * 10.0).round() / 10.0
    }

    /// A name and a value each.
    pub(super) fn rows(&self) -> Vec<Vec<Cell>> {
        let attempts = self.attempts;
        let ended = match attempts.total() {
            0 => Cell::Empty,
            total => {
                let total = count(usize::try_from(total).unwrap_or(usize::MAX), "attempt");
                let rate = self.per_minute();
                let rate = if rate > 0.0 { rate.to_string() } else { "less than 0.1".to_owned() };
                let (failed, share) = (attempts.failed, percent(attempts.failure_rate()));
                format!("{total}, {rate} a minute, {failed} failed ({share})").into()
            }
        };
        let mut rows = vec![
            vec!["last hour".into(), ended],
            vec!["p50".into(), self.latency.map(|(p50, _)| p50).into()],
            vec!["p95".into(), self.latency.map(|(_, p95)| p95).into()],
        ];
        rows.extend(self.secret.as_ref().map(|secret| {
            let shown = match secret {
                Ok(fingerprint) => fingerprint.clone(),
                Err(why) => format!("not available: {why}"),
            };
            vec!["secret fingerprint".into(), shown.into()]
        }));
        rows
    }
}

/// The start of the last hour.
pub fn since(now: Timestamp) -> Timestamp {
    now.minus(crate::monitor::HEALTH_WINDOW)
}
