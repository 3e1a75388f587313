//! Simulates an outage: the retry rules in virtual time.
//!
//! The decisions are those of [`decide_retry`]; only time, the endpoint and the worker's slots are simulated.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::delivery::{CircuitState, FailureReason, History, Next, Outcome, RetryPolicy, decide_retry};

/// How an endpoint answers during the outage that `retry simulate` plays through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageBehaviour {
    /// It accepts connections and never answers.
    TimesOut,
    /// It refuses connections.
    Unreachable,
    /// It answers with this status.
    Answers(u16),
}

/// The outage that `retry simulate` plays through: how long it is, and how many events come meanwhile.
#[derive(Clone, Debug)]
pub struct Outage {
    /// How the endpoint behaves during it.
    pub behaviour: OutageBehaviour,
    /// How long it lasts.
    pub lasts: Duration,
    /// Deliveries that are due when it begins, each of a resource of its own.
    pub deliveries: usize,
    /// Requests in flight at the same time.
    pub concurrency: usize,
    /// How long a response takes.
    pub latency: Duration,
}

/// What a simulated outage leads to: delays, lost deliveries, when all is delivered. Times count from its beginning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutageForecast {
    /// Requests made, during the outage and after it.
    pub attempts: u64,
    /// Requests made during the outage.
    pub attempts_during: u64,
    /// Deliveries that succeeded.
    pub delivered: u64,
    /// Deliveries that were given up, by reason.
    pub failed: BTreeMap<&'static str, u64>,
    /// When the circuit opened first.
    pub opened_at: Option<Duration>,
    /// Attempts made while the circuit was open.
    pub probes: Vec<Duration>,
    /// When the first delivery succeeded.
    pub first_delivered_at: Option<Duration>,
    /// When the last delivery succeeded or was given up.
    pub ended_at: Duration,
    /// Whether the simulation was ended before the queue was empty.
    pub is_cut_short: bool,
}

/// When each attempt of a delivery that is always rejected begins: the earliest and the latest time.
///
/// Jitter lengthens the delays, so each attempt but the first has a range.
pub fn schedule(policy: &RetryPolicy) -> Vec<(Duration, Duration)> {
    let mut spans = vec![(Duration::ZERO, Duration::ZERO)];
    for used in 1..policy.max_attempts.min(MOST_SHOWN) {
        let (earliest, latest) = spans[spans.len() - 1];
        spans.push((earliest + policy.delay(used, 0.0), latest + policy.delay(used, 1.0)));
    }
    spans
}

/// The most attempts of a schedule.
const MOST_SHOWN: u32 = 100;
/// How long a refused connection takes.
const REFUSAL_TAKES: Duration = Duration::from_millis(1);
/// Requests after which the simulation is cut short, for policies that never give up.
const MOST_ATTEMPTS: u64 = 1_000_000;

/// Simulates the outage. `jitter` returns numbers in `0.0..1.0`.
pub fn forecast(policy: &RetryPolicy, outage: &Outage, jitter: impl FnMut() -> f64) -> OutageForecast {
    let mut simulation = Simulation::new(policy, outage, jitter);
    while simulation.forecast.attempts < MOST_ATTEMPTS {
        simulation.start();
        let Some(at) = simulation.next_event_at() else { break };
        simulation.now = at;
        simulation.finish();
    }
    simulation.forecast.is_cut_short = simulation.forecast.attempts >= MOST_ATTEMPTS;
    simulation.forecast
}

/// The start of virtual time: a round number far from both ends of the clock.
fn beginning() -> Timestamp {
    Timestamp::from_millis(1_000_000_000_000)
}

/// The state of a simulated outage at its virtual time.
struct Simulation<'a, J> {
    policy: &'a RetryPolicy,
    outage: &'a Outage,
    jitter: J,
    now: Timestamp,
    circuit: CircuitState,
    histories: Vec<History>,
    /// Deliveries never tried, in the order they were emitted.
    queued: VecDeque<usize>,
    /// Deliveries that wait for a retry, by when they are due.
    retries: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Requests in flight, by when they end.
    in_flight: BinaryHeap<Reverse<(Timestamp, usize, RequestEnd)>>,
    forecast: OutageForecast,
}

/// How a request in flight will end in the simulation; ordered only because a heap requires it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum RequestEnd {
    Delivered,
    TimedOut,
    Unreachable,
    Rejected(u16),
}

impl RequestEnd {
    fn outcome(self) -> Outcome {
        match self {
            Self::Delivered => Outcome::Delivered { status: Some(200) },
            Self::TimedOut => Outcome::TimedOut,
            Self::Unreachable => Outcome::Unreachable,
            Self::Rejected(status) => Outcome::Rejected { status: Some(status), retry_after: None },
        }
    }
}

impl<'a, J: FnMut() -> f64> Simulation<'a, J> {
    fn new(policy: &'a RetryPolicy, outage: &'a Outage, jitter: J) -> Self {
        Self {
            policy,
            outage,
            jitter,
            now: beginning(),
            circuit: CircuitState::default(),
            histories: vec![History::default(); outage.deliveries],
            queued: (0..outage.deliveries).collect(),
            retries: BinaryHeap::new(),
            in_flight: BinaryHeap::new(),
            forecast: OutageForecast::default(),
        }
    }

    fn elapsed(&self) -> Duration {
        self.now.since(beginning())
    }

    /// Starts the requests that the slots and the circuit allow: retries before new deliveries, one probe at a time.
    fn start(&mut self) {
        while self.in_flight.len() < self.allowed()
            && let Some(delivery) = self.next_delivery()
        {
            self.forecast.attempts += 1;
            let elapsed = self.elapsed();
            if elapsed < self.outage.lasts {
                self.forecast.attempts_during += 1;
            }
            if self.circuit.open.is_some() {
                self.forecast.probes.push(elapsed);
            }
            let (takes, ended) = self.request();
            self.in_flight.push(Reverse((self.now.plus(takes), delivery, ended)));
        }
    }

    fn allowed(&self) -> usize {
        match self.circuit.open {
            Some(open) => usize::from(open.probe_due(self.now)),
            None => self.outage.concurrency,
        }
    }

    /// The next due delivery. A probe is due when the circuit says so, whatever the delay of its delivery.
    fn next_delivery(&mut self) -> Option<usize> {
        let is_probe = self.circuit.open.is_some();
        let retry_due = self.retries.peek().is_some_and(|Reverse((due, _))| is_probe || *due <= self.now);
        if retry_due {
            return self.retries.pop().map(|Reverse((_, delivery))| delivery);
        }
        self.queued.pop_front()
    }

    fn request(&self) -> (Duration, RequestEnd) {
        if self.elapsed() >= self.outage.lasts {
            return (self.outage.latency, RequestEnd::Delivered);
        }
        match self.outage.behaviour {
            OutageBehaviour::TimesOut => (self.policy.timeout(), RequestEnd::TimedOut),
            OutageBehaviour::Unreachable => (REFUSAL_TAKES, RequestEnd::Unreachable),
            OutageBehaviour::Answers(status) => (self.outage.latency, RequestEnd::Rejected(status)),
        }
    }

    /// When the next thing happens: a request ends, a retry is due, or a probe is.
    fn next_event_at(&self) -> Option<Timestamp> {
        let ends = self.in_flight.peek().map(|Reverse((at, ..))| *at);
        let waiting = !self.retries.is_empty() || !self.queued.is_empty();
        let starts = match self.circuit.open {
            Some(open) if waiting && self.in_flight.is_empty() => Some(open.until),
            Some(_) => None,
            None if self.in_flight.len() < self.outage.concurrency => self.retries.peek().map(|Reverse((due, _))| *due),
            None => None,
        };
        // Time always advances: overdue deliveries start when the next request ends.
        [ends, starts].into_iter().flatten().min().map(|at| at.max(self.now.plus(Duration::from_millis(1))))
    }

    fn finish(&mut self) {
        while let Some(Reverse((at, delivery, ended))) = self.in_flight.peek().copied()
            && at <= self.now
        {
            self.in_flight.pop();
            let jitter = (self.jitter)();
            let history = self.histories[delivery];
            let decision = decide_retry(self.policy, ended.outcome(), history, self.circuit, self.now, jitter);
            if self.circuit.open.is_none() && decision.circuit.open.is_some() {
                self.forecast.opened_at.get_or_insert(self.now.since(beginning()));
            }
            (self.histories[delivery], self.circuit) = (decision.history, decision.circuit);
            self.settle(delivery, decision.next);
        }
    }

    fn settle(&mut self, delivery: usize, next: Next) {
        let elapsed = self.elapsed();
        match next {
            Next::RetryAt(due) => return self.retries.push(Reverse((due, delivery))),
            Next::RunAlone => return self.retries.push(Reverse((self.now, delivery))),
            Next::Delivered => {
                self.forecast.delivered += 1;
                self.forecast.first_delivered_at.get_or_insert(elapsed);
            }
            Next::Failed(reason) => *self.forecast.failed.entry(FailureReason::name(reason)).or_default() += 1,
        }
        self.forecast.ended_at = elapsed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(behaviour: OutageBehaviour, lasts: Duration) -> Outage {
        Outage { behaviour, lasts, deliveries: 5_000, concurrency: 10, latency: Duration::from_millis(20) }
    }

    fn played(behaviour: OutageBehaviour, lasts: Duration) -> OutageForecast {
        forecast(&RetryPolicy::default(), &outage(behaviour, lasts), || 0.0)
    }

    #[test]
    fn three_hours_of_silence_cost_no_delivery_and_few_requests() {
        for behaviour in [OutageBehaviour::TimesOut, OutageBehaviour::Unreachable, OutageBehaviour::Answers(503)] {
            let seen = played(behaviour, Duration::from_hours(3));
            assert_eq!((seen.delivered, seen.failed.len()), (5_000, 0), "{behaviour:?}");
            assert!(seen.attempts_during < 60, "{seen:?}");
            let first = seen.first_delivered_at.expect("it came back");
            assert!(first >= Duration::from_hours(3) && first < Duration::from_mins(195), "{seen:?}");
            // 5,000 answers of 20 ms, ten at a time.
            assert!(seen.ended_at - first < Duration::from_secs(12), "{seen:?}");
        }
    }

    #[test]
    fn an_endpoint_that_answers_with_an_error_uses_the_attempts_up() {
        let seen = played(OutageBehaviour::Answers(500), Duration::from_hours(3));
        assert_eq!((seen.delivered, seen.failed["attempts-used-up"]), (0, 5_000));
        assert_eq!((seen.attempts, seen.opened_at), (15_000, None));
    }

    #[test]
    fn without_an_outage_everything_arrives_at_the_first_attempt() {
        let seen = played(OutageBehaviour::TimesOut, Duration::ZERO);
        assert_eq!((seen.delivered, seen.attempts, seen.attempts_during), (5_000, 5_000, 0));
        assert_eq!(seen.ended_at, Duration::from_secs(10));
    }

    #[test]
    fn attempts_land_between_their_shortest_and_longest_delays() {
        let spans = schedule(&RetryPolicy::default());
        let millis: Vec<_> = spans.iter().map(|(from, to)| (from.as_millis(), to.as_millis())).collect();
        assert_eq!(millis, [(0, 0), (1_000, 1_300), (3_000, 3_900)]);
    }

    #[test]
    fn a_policy_that_never_gives_up_ends_all_the_same() {
        let policy =
            RetryPolicy { max_attempts: u32::MAX, first_delay_ms: 1, max_delay_ms: 1, ..RetryPolicy::default() };
        let never = Outage { deliveries: 1, ..outage(OutageBehaviour::Answers(500), Duration::MAX) };
        assert!(forecast(&policy, &never, || 0.0).is_cut_short);
        assert_eq!(schedule(&policy).len(), 100);
    }
}
