//! Deliveries that make a receiver hang, among others that do not: no history in which a receiver answers some of them leaves
//! another one unsent for longer than a stated bound.
//!
//! The bound: while the circuit is open, a delivery that was never attempted goes out with the probe after those of the never
//! attempted ones before it. So behind `k` of them it waits for at most `k + 1` probes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::delivery::{FailureReason, Outcome, State};
use syncctl::store::{Claim, ClaimRequest, DeliveryFilter, FinishedAttempt, Run};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{ALL, TestQueue, now};

on_every_backend! {
    four_good_events_behind_six_that_hang_go_out_within_the_second_probe_and_the_six_use_up_their_attempts,
    a_gateway_that_answers_502_for_a_while_uses_up_nothing_and_order_is_kept,
    nobody_starves_whatever_the_receiver_does,
}
use crate::support::{Chance, seeds};

const URL: &str = "http://a.invalid/";

/// A worker with a clock of its own, and a receiver that answers by event.
struct Drain {
    queue: TestQueue,
    run: Run,
    now: Timestamp,
    concurrency: usize,
    /// When each event was attempted first.
    first_attempts: BTreeMap<String, Timestamp>,
}

impl Drain {
    fn new(backend: &dyn Backend, concurrency: usize) -> Self {
        let queue = TestQueue::new(backend, &[URL]);
        let run = queue.run();
        Self { queue, run, now: now(), concurrency, first_attempts: BTreeMap::new() }
    }

    fn emit(&self, name: &str) {
        self.queue.emit(name, name);
    }

    /// Claims what is due, or moves the clock on if nothing is; every attempt ends as `answer` says of its event.
    fn step(&mut self, answer: &mut impl FnMut(&str) -> Outcome) {
        let claims = self.queue.claim_at(&self.run, self.concurrency, self.now);
        if claims.is_empty() {
            self.now = self.now.plus(Duration::from_millis(500));
            return;
        }
        let mut took = Duration::from_millis(50);
        let finished: Vec<FinishedAttempt> =
            claims.into_iter().map(|claim| self.finish(claim, answer, &mut took)).collect();
        self.now = self.now.plus(took);
        self.queue.store.advance(self.run.id, Arc::new(finished), ClaimRequest::default(), self.now).wait().unwrap();
    }

    fn finish(
        &mut self,
        claim: Claim,
        answer: &mut impl FnMut(&str) -> Outcome,
        took: &mut Duration,
    ) -> FinishedAttempt {
        let event = claim.event_id.as_str().to_owned();
        let outcome = answer(&event);
        if outcome == Outcome::TimedOut {
            *took = Duration::from_secs(10);
        }
        self.first_attempts.entry(event).or_insert(self.now);
        let (started_at, ended_at) = (self.now, self.now.plus(*took));
        let (detail, response) = (String::new(), bytes::Bytes::new());
        FinishedAttempt { claim, outcome, started_at, ended_at, took: *took, detail, response, jitter: 1.0 }
    }

    fn states(&self) -> BTreeMap<String, (State, Option<FailureReason>)> {
        let rows = self.queue.store.deliveries(&DeliveryFilter::default(), ALL).wait().unwrap().rows;
        rows.into_iter().map(|row| (row.event.id.to_string(), (row.state, row.reason))).collect()
    }

    fn run_until(&mut self, limit: Duration, answer: &mut impl FnMut(&str) -> Outcome, done: impl Fn(&Self) -> bool) {
        let end = self.now.plus(limit);
        while !done(self) {
            assert!(self.now < end, "not within {limit:?}: {:?}", self.states());
            self.step(answer);
        }
    }
}

fn hangs_on_bad(event: &str) -> Outcome {
    if event.starts_with("bad") { Outcome::TimedOut } else { Outcome::Delivered { status: Some(200) } }
}

fn four_good_events_behind_six_that_hang_go_out_within_the_second_probe_and_the_six_use_up_their_attempts(
    backend: &dyn Backend,
) {
    let mut drain = Drain::new(backend, 10);
    (0..6).for_each(|n| drain.emit(&format!("bad{n}")));
    drain.step(&mut hangs_on_bad);
    assert!(drain.queue.store.endpoints().wait().unwrap()[0].circuit.open.is_some());
    (0..4).for_each(|n| drain.emit(&format!("good{n}")));
    let delivered = |drain: &Drain| drain.states().values().filter(|(state, _)| *state == State::Delivered).count();
    // The probes after 30 and 60 seconds, each lengthened by 30 %, the first of them another time-out.
    drain.run_until(Duration::from_secs(39 + 10 + 78 + 1), &mut hangs_on_bad, |drain| delivered(drain) == 4);
    let used_up = (State::Failed, Some(FailureReason::AttemptsUsedUp));
    let all_failed = |drain: &Drain| drain.states().values().filter(|it| **it == used_up).count() == 6;
    drain.run_until(Duration::from_hours(4), &mut hangs_on_bad, all_failed);
}

fn a_gateway_that_answers_502_for_a_while_uses_up_nothing_and_order_is_kept(backend: &dyn Backend) {
    let mut drain = Drain::new(backend, 10);
    (0..6).for_each(|n| drain.emit(&format!("e{n}")));
    let up_at = drain.now.plus(Duration::from_secs(10));
    let mut now = drain.now;
    while drain.states().values().any(|(state, _)| *state != State::Delivered) {
        let mut answer = |_: &str| match now < up_at {
            true => Outcome::Rejected { status: Some(502), retry_after: None },
            false => Outcome::Delivered { status: Some(200) },
        };
        drain.step(&mut answer);
        now = drain.now;
        assert!(now < up_at.plus(Duration::from_secs(60)), "{:?}", drain.states());
    }
    let rows = drain.queue.store.deliveries(&DeliveryFilter::default(), ALL).wait().unwrap().rows;
    assert!(rows.iter().all(|row| row.used == 1), "{rows:?}");
}

/// Receivers that hang on some events, now and then refuse all, and answer the others.
fn nobody_starves_whatever_the_receiver_does(backend: &dyn Backend) {
    for seed in seeds(backend.rounds(40)) {
        let mut chance = Chance::new(seed);
        let mut drain = Drain::new(backend, 1 + chance.below(8));
        let (bad, good) = (1 + chance.below(12), 1 + chance.below(12));
        let mut names: Vec<String> = (0..bad).map(|n| format!("bad{n}")).collect();
        (0..good).for_each(|n| names.insert(chance.below(names.len() + 1), format!("good{n}")));
        names.iter().for_each(|name| drain.emit(name));
        let mut outage = 0;
        let mut answer = |event: &str| {
            if outage == 0 && chance.one_in(30) {
                outage = 1 + chance.below(12);
            }
            outage = outage.saturating_sub(1);
            match (outage > 0, chance.below(8)) {
                (true, _) => Outcome::Unreachable,
                (false, 0) if !event.starts_with("bad") => Outcome::Rejected { status: Some(503), retry_after: None },
                _ => hangs_on_bad(event),
            }
        };
        let begun = drain.now;
        let all_attempted = |drain: &Drain| drain.first_attempts.len() == bad + good;
        // The longest wait between probes is 13 minutes, and an attempt takes 10 seconds.
        let bound = Duration::from_secs((13 * 60 + 10) * (bad + good + 1) as u64);
        drain.run_until(bound, &mut answer, all_attempted);
        let first = drain.first_attempts.values().max().unwrap().since(begun);
        assert!(first <= bound, "SYNCCTL_SEED={seed}: {first:?}");
        // Once it answers all that is good, all of that arrives within as many probes.
        let arrived = |drain: &Drain| {
            let states = drain.states();
            states.iter().filter(|(name, _)| name.starts_with("good")).all(|(_, (state, reason))| {
                *state == State::Delivered || *reason == Some(FailureReason::AttemptsUsedUp)
            })
        };
        drain.run_until(bound, &mut hangs_on_bad, arrived);
    }
}
