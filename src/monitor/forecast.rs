//! A forecast of when the queue will be empty, at the rates of the last minutes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::{Activity, Arrivals, AttemptTotals, EndpointFigures, LATENCIES, QueueFigures};

/// The window over which the rates are averaged.
pub const FORECAST_WINDOW: Duration = Duration::from_mins(10);

/// When the queue will be empty at its present rates, or that it never will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// Now.
    Empty,
    /// After about that time.
    In(Duration),
    /// Never at these rates: as much is queued as is delivered, or nothing is delivered.
    Never,
}

/// How many deliveries wait for an endpoint, and how fast they are queued and delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flow {
    /// Deliveries that are pending or being sent; held ones are not waiting.
    pub waiting: i64,
    /// Deliveries delivered per second.
    pub delivered_per_second: f64,
    /// Deliveries queued per second.
    pub queued_per_second: f64,
    /// Whether nothing is sent now, because the circuit is open.
    pub is_stopped: bool,
}

impl Flow {
    /// When nothing will wait any more.
    pub fn forecast(&self) -> Forecast {
        let net = self.delivered_per_second - self.queued_per_second;
        match self.waiting {
            ..=0 => Forecast::Empty,
            _ if self.is_stopped || net <= 0.0 => Forecast::Never,
            waiting => Duration::try_from_secs_f64(waiting as f64 / net).map_or(Forecast::Never, Forecast::In),
        }
    }
}

/// How fast deliveries are queued and delivered, endpoint by endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows(pub BTreeMap<String, Flow>);

impl Flows {
    /// Computes the flows. `rates` are those since [`measured_since`], `arrivals` those of the [`FORECAST_WINDOW`].
    pub fn of(
        figures: &QueueFigures,
        rates: &[AttemptTotals],
        began: Timestamp,
        arrivals: &[Arrivals],
        now: Timestamp,
    ) -> Self {
        let measured = now.since(began).as_secs_f64().max(1.0);
        let flow = |row: &EndpointFigures| {
            let name = &row.endpoint.name;
            let delivered: i64 = rates.iter().filter(|rate| rate.endpoint == *name).map(|rate| rate.delivered).sum();
            let queued = arrivals.iter().find(|it| it.endpoint == *name).map_or(0, |it| it.deliveries);
            let held = row.endpoint.is_paused_or_unconfigured();
            let flow = Flow {
                waiting: if held { row.counts.processing } else { row.counts.waiting + row.counts.processing },
                delivered_per_second: delivered as f64 / measured,
                queued_per_second: queued as f64 / FORECAST_WINDOW.as_secs_f64(),
                is_stopped: row.endpoint.circuit.open.is_some(),
            };
            (name.clone(), flow)
        };
        Self(figures.endpoints.iter().map(flow).collect())
    }

    /// The sum of all flows.
    pub fn total(&self) -> Flow {
        self.0.values().fold(Flow::default(), |sum, it| Flow {
            waiting: sum.waiting + it.waiting,
            delivered_per_second: sum.delivered_per_second + it.delivered_per_second,
            queued_per_second: sum.queued_per_second + it.queued_per_second,
            is_stopped: false,
        })
    }

    /// When all of them are empty: one that never is keeps the whole queue from being empty.
    pub fn forecast(&self) -> Forecast {
        self.0.values().map(Flow::forecast).fold(Forecast::Empty, |all, one| match (all, one) {
            (Forecast::Never, _) | (_, Forecast::Never) => Forecast::Never,
            (Forecast::In(all), Forecast::In(one)) => Forecast::In(all.max(one)),
            (Forecast::Empty, other) | (other, Forecast::Empty) => other,
        })
    }
}

/// The start of the measurement within the window: the first attempt, so that the time before a worker started does not count.
pub fn measured_since(activity: &Activity, now: Timestamp) -> Timestamp {
    let window = now.minus(FORECAST_WINDOW);
    let minute = activity.minutes.iter().find(|it| it.delivered + it.failed > 0).map(|it| it.minute);
    let minute = minute.map_or(window, |minute| Timestamp::from_millis(minute * 60_000)).max(window);
    // The latest attempts have exact times. If there are few, they are all attempts of the window.
    let all_are_known = activity.latencies.len() < usize::try_from(LATENCIES).unwrap_or(usize::MAX);
    let first = activity.latencies.iter().map(|it| it.started_at).min().filter(|_| all_are_known);
    first.map_or(minute, |first| first.max(minute))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{AttemptDuration, MinuteActivity};

    const NOW: Timestamp = Timestamp::from_millis_const(1_795_359_600_000);

    fn flow(waiting: i64, delivered_per_second: f64, queued_per_second: f64) -> Flow {
        Flow { waiting, delivered_per_second, queued_per_second, is_stopped: false }
    }

    #[test]
    fn a_queue_is_empty_when_what_waits_is_delivered_and_more_goes_than_comes() {
        assert_eq!(flow(0, 0.0, 5.0).forecast(), Forecast::Empty);
        assert_eq!(flow(120, 3.0, 1.0).forecast(), Forecast::In(Duration::from_secs(60)));
        assert_eq!([flow(1, 0.0, 0.0), flow(1, 1.0, 1.0)].map(|it| it.forecast()), [Forecast::Never; 2]);
        assert_eq!(Flow { is_stopped: true, ..flow(1, 9.0, 0.0) }.forecast(), Forecast::Never);
    }

    #[test]
    fn the_slowest_endpoint_decides() {
        let of =
            |flows: &[Flow]| Flows(flows.iter().enumerate().map(|(at, it)| (at.to_string(), *it)).collect()).forecast();
        assert_eq!(of(&[]), Forecast::Empty);
        assert_eq!(of(&[flow(0, 0.0, 0.0), flow(10, 1.0, 0.0)]), Forecast::In(Duration::from_secs(10)));
        assert_eq!(of(&[flow(30, 1.0, 0.0), flow(10, 1.0, 0.0)]), Forecast::In(Duration::from_secs(30)));
        assert_eq!(of(&[flow(30, 1.0, 0.0), flow(1, 0.0, 0.0)]), Forecast::Never);
    }

    #[test]
    fn a_worker_is_measured_from_its_first_attempt_in_the_window() {
        let minute =
            |ago: i64| MinuteActivity { minute: NOW.minute() - ago, delivered: 1, ..MinuteActivity::default() };
        let attempt = |seconds: u64| AttemptDuration {
            endpoint: String::new(),
            started_at: NOW.minus(Duration::from_secs(seconds)),
            took: Duration::ZERO,
        };
        let activity = Activity { minutes: vec![minute(1), minute(0)], latencies: vec![attempt(2), attempt(50)] };
        assert_eq!(measured_since(&activity, NOW), NOW.minus(Duration::from_secs(50)));
        let many = Activity { latencies: vec![attempt(2); 2_000], ..activity };
        assert_eq!(measured_since(&many, NOW), Timestamp::from_millis((NOW.minute() - 1) * 60_000));
        assert_eq!(measured_since(&Activity::default(), NOW), NOW.minus(FORECAST_WINDOW));
    }
}
