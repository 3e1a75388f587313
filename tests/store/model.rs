//! Random histories against a model of a few dozen lines: claim, order, ownership, rest and time, all at once.
//!
//! `SYNCCTL_SEED=n` repeats one history, `SYNCCTL_HISTORIES=n` runs more.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::delivery::{
    self, CircuitState, Next, Outcome, RetryPolicy, State, Trigger, after_interruption, decide_retry,
};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointId, EndpointUrl};
use syncctl::event::{Draft, EventId};
use syncctl::store::{
    Access, AdvanceResult, Claim, ClaimRequest, DeliveryFilter, DeliveryId, FinishedAttempt, Location, PruneFilter,
    RecordResult, Replay, Run, SkipReason, Store, StoreError, open,
};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{ALL, FROM_THE_FIRST};
use crate::support::{Chance, seeds};

on_every_backend! {
    random_histories_behave_like_the_model,
}

const RESOURCES: usize = 4;
const ENDPOINTS: usize = 3;
const START: i64 = 1_706_702_400_000;

/// One delivery of the model. `owner` is set exactly while it is processing.
#[derive(Clone, Debug)]
struct Delivery {
    endpoint: usize,
    resource: usize,
    done: Option<State>,
    owner: Option<i64>,
    claimed_at: Timestamp,
    attempts: u32,
    history: delivery::History,
    interruptions: u32,
    due: Timestamp,
    was_head: bool,
    /// New, and no claim has looked at it: always due, and behind all that is not queued.
    queued: bool,
}

#[derive(Clone, Debug, Default)]
struct Place {
    paused: bool,
    configured: bool,
    circuit: CircuitState,
    probe: Option<i64>,
}

#[derive(Default)]
struct Model {
    deliveries: BTreeMap<i64, Delivery>,
    places: Vec<Place>,
    last_claim: Option<Timestamp>,
}

impl Model {
    fn holds(&self, endpoint: usize) -> bool {
        self.places[endpoint].paused || !self.places[endpoint].configured
    }

    fn state(&self, d: &Delivery) -> State {
        match (d.done, d.owner) {
            (Some(done), _) => done,
            (None, Some(_)) => State::Processing,
            (None, None) if self.holds(d.endpoint) => State::Held,
            (None, None) => State::Pending,
        }
    }

    /// First unfinished of its lane, and nothing of the lane in flight.
    fn is_head(&self, id: i64) -> bool {
        let d = &self.deliveries[&id];
        let lane = |o: &Delivery| o.endpoint == d.endpoint && o.resource == d.resource && o.done.is_none();
        d.done.is_none()
            && d.owner.is_none()
            && !self.deliveries.iter().any(|(other, o)| lane(o) && (*other < id || o.owner.is_some()))
    }

    /// A delivery that becomes the head is due from that moment on.
    fn turn(&mut self, now: Timestamp) {
        let ids: Vec<i64> = self.deliveries.keys().copied().collect();
        for id in ids {
            let head = self.is_head(id);
            let d = self.deliveries.get_mut(&id).unwrap();
            if head && !d.was_head && d.owner.is_none() && d.done.is_none() && !d.queued {
                d.due = now;
            }
            d.was_head = head || d.owner.is_some();
        }
    }

    /// How many of an endpoint may be claimed, of `n` wanted.
    fn room(&self, endpoint: usize, n: usize, now: Timestamp) -> usize {
        let place = &self.places[endpoint];
        match place.circuit.open {
            _ if self.holds(endpoint) => 0,
            None => n,
            Some(rest) if rest.probe_due(now) && place.probe.is_none() => n.min(1),
            Some(_) => 0,
        }
    }

    /// What is due of what is not queued, longest due first.
    fn ready(&self, endpoint: usize, now: Timestamp) -> Vec<i64> {
        let mut due: Vec<(Timestamp, i64)> = self
            .deliveries
            .iter()
            .filter(|(id, d)| d.endpoint == endpoint && !d.queued && self.is_head(**id))
            .filter(|(_, d)| d.due <= now || d.interruptions >= 3)
            .map(|(id, d)| (d.due, *id))
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(_, id)| id).collect()
    }

    /// What a claim of `n` takes: what is ready, then the queued in order; those that cannot go are queued no more.
    fn claim(&mut self, endpoint: usize, n: usize, now: Timestamp) -> Vec<i64> {
        let room = self.room(endpoint, n, now);
        let mut taken = self.ready(endpoint, now);
        let mut probe = None;
        if room > 0 && self.places[endpoint].circuit.open.is_some() {
            // The least attempted probes, and what was never attempted goes first.
            taken.sort_by_key(|id| self.deliveries[id].attempts);
            probe = taken.first().copied().filter(|id| self.deliveries[id].attempts > 0);
            taken.retain(|id| self.deliveries[id].attempts == 0);
        }
        taken.truncate(room);
        let queued: Vec<i64> =
            self.deliveries.iter().filter(|(_, d)| d.queued && d.endpoint == endpoint).map(|(id, _)| *id).collect();
        for id in queued {
            let d = &self.deliveries[&id];
            if taken.len() == room {
                break;
            }
            // What was taken a moment ago is in the way as well.
            let same_lane = |other: &i64| self.deliveries[other].resource == d.resource;
            if d.done.is_none() {
                if self.is_head(id) && !taken.iter().any(same_lane) {
                    taken.push(id);
                }
                self.deliveries.get_mut(&id).unwrap().queued = false;
            }
        }
        taken.extend(probe.filter(|_| taken.is_empty()));
        taken
    }

    fn forgive(&mut self, now: Timestamp) {
        if self.last_claim.replace(now).is_none_or(|last| now < last) {
            let latest = now.plus(RetryPolicy::default().longest_delay());
            let ready = |d: &&mut Delivery| d.was_head && d.owner.is_none() && !d.queued;
            for d in self.deliveries.values_mut().filter(ready).filter(|d| d.due > latest) {
                d.due = now;
            }
        }
    }

    fn finish(&mut self, id: i64, outcome: Outcome, at: Timestamp, chance: f64) {
        let d = self.deliveries.get_mut(&id).unwrap();
        let place = &mut self.places[d.endpoint];
        let decision = decide_retry(&RetryPolicy::default(), outcome, d.history, place.circuit, at, chance);
        (d.history, d.owner, d.interruptions) = (decision.history, None, 0);
        match decision.next {
            Next::Delivered => d.done = Some(State::Delivered),
            Next::RetryAt(due) => d.due = due,
            Next::Failed(_) => d.done = Some(State::Failed),
            Next::RunAlone => unreachable!("no outcome of an attempt asks for it"),
        }
        place.circuit = decision.circuit;
        place.paused |= decision.gone;
        place.probe = place.probe.filter(|probe| *probe != id);
        self.turn(at);
    }

    fn interrupt(&mut self, owner: i64, now: Timestamp) {
        let dead: Vec<i64> =
            self.deliveries.iter().filter(|(_, d)| d.owner == Some(owner)).map(|(id, _)| *id).collect();
        for id in dead {
            let d = self.deliveries.get_mut(&id).unwrap();
            (d.owner, d.due) = (None, now);
            d.interruptions += 1;
            if let Next::Failed(_) = after_interruption(d.interruptions, now) {
                d.done = Some(State::Failed);
            }
            let place = &mut self.places[d.endpoint];
            place.probe = place.probe.filter(|probe| *probe != id);
            self.turn(now);
        }
    }
}

/// A store, its model and what the runs have in hand.
struct History<'a> {
    backend: &'a dyn Backend,
    chance: Chance,
    now: Timestamp,
    location: Location,
    store: Arc<dyn Store>,
    endpoints: Vec<EndpointId>,
    model: Model,
    runs: Vec<(Run, Vec<Claim>)>,
    ghosts: Vec<(syncctl::store::RunId, Claim)>,
    emitted: Vec<EventId>,
    /// How many ids were given out; those of removed events are not given again.
    made: usize,
    /// The id of the newest delivery that was ever made.
    last_id: i64,
}

fn spec(n: usize) -> ConfiguredEndpoint {
    ConfiguredEndpoint {
        name: Some(format!("e{n}")),
        ..ConfiguredEndpoint::of_url(EndpointUrl::parse(&format!("http://127.0.0.1:{}/", 1000 + n)).unwrap())
    }
}

/// What is wanted beyond what a call claimed that did not look at everything.
fn still_wanting(wants: &ClaimRequest, claims: &[Claim]) -> ClaimRequest {
    let claimed = |id| claims.iter().filter(|claim| claim.endpoint == id).count();
    let endpoints = wants.endpoints.iter().map(|(id, n)| (*id, n - claimed(*id))).collect();
    ClaimRequest { endpoints, idle: wants.idle && claims.is_empty(), only: None }
}

impl<'a> History<'a> {
    fn new(backend: &'a dyn Backend, seed: u64) -> Self {
        let location = backend.fresh();
        let store = open(&location, Access::Create).unwrap();
        let now = Timestamp::from_millis(START);
        let endpoints = store.set_endpoints((0..ENDPOINTS).map(spec).collect(), now).wait().unwrap();
        let places = vec![Place { configured: true, ..Place::default() }; ENDPOINTS];
        Self {
            backend,
            chance: Chance::new(seed),
            now,
            endpoints: endpoints.iter().map(|e| e.id).collect(),
            location,
            store,
            model: Model { places, ..Model::default() },
            runs: Vec::new(),
            ghosts: Vec::new(),
            emitted: Vec::new(),
            made: 0,
            last_id: 0,
        }
    }

    fn step(&mut self) {
        match self.chance.below(100) {
            0..25 => self.emit(),
            25..50 => self.claim(),
            50..72 => self.finish(),
            72..76 => self.kill(),
            76..79 => self.release(),
            79..82 => self.pause_or_resume(),
            82..84 => self.hold_or_return(),
            84..89 => self.replay(),
            89..92 => self.give_up(),
            92..94 => self.ghost(),
            94..95 => self.reopen(),
            95..97 => self.prune(),
            _ => self.pass_time(),
        }
        self.compare();
    }

    fn emit(&mut self) {
        let again = !self.emitted.is_empty() && self.chance.one_in(8);
        let resource = self.chance.below(RESOURCES);
        let mut draft = Draft::check("user.updated", &format!("u{resource}"), None, b"{}").unwrap();
        if again {
            let id = self.chance.pick(&self.emitted).clone();
            let resource = id.as_str().split('-').next_back().unwrap();
            draft.resource.id = format!("u{resource}");
            draft.id = Some(id);
            let done = self.store.enqueue(Box::new([Ok(draft)].into_iter()), false, self.now).wait().unwrap();
            assert_eq!((done.accepted, done.duplicates), (0, 1));
            return;
        }
        let id = EventId::parse(&format!("ev-{}-{resource}", self.made)).unwrap();
        self.made += 1;
        draft.id = Some(id.clone());
        self.emitted.push(id.clone());
        let done = self.store.enqueue(Box::new([Ok(draft)].into_iter()), false, self.now).wait().unwrap();
        let filter = DeliveryFilter { event: Some(id), ..DeliveryFilter::default() };
        let made = self.store.deliveries(&filter, ALL).wait().unwrap().rows;
        let wanting: Vec<usize> = (0..ENDPOINTS).filter(|e| self.model.places[*e].configured).collect();
        assert_eq!(made.len(), wanting.len());
        for (row, endpoint) in made.iter().zip(wanting) {
            assert_eq!(row.endpoint, format!("e{endpoint}"));
            assert!(row.id.0 > self.last_id, "ids go on after a prune: one that was given is never given again");
            self.last_id = row.id.0;
            let d = Delivery {
                endpoint,
                resource,
                done: None,
                owner: None,
                claimed_at: self.now,
                attempts: 0,
                history: delivery::History::default(),
                interruptions: 0,
                due: self.now,
                was_head: false,
                queued: true,
            };
            self.model.deliveries.insert(row.id.0, d);
        }
        self.model.turn(self.now);
        assert_eq!(done.first.unwrap().deliveries, made.len() as u64);
    }

    fn claim(&mut self) {
        if self.runs.len() < 3 && (self.runs.is_empty() || self.chance.one_in(3)) {
            self.runs.push((self.store.begin_run("test", self.now).wait().unwrap(), Vec::new()));
        }
        let which = self.chance.below(self.runs.len());
        let wants: Vec<(usize, usize)> = (0..ENDPOINTS).map(|e| (e, self.chance.below(4))).collect();
        self.claim_for(which, &wants);
    }

    fn claim_for(&mut self, which: usize, wants: &[(usize, usize)]) -> usize {
        let (run, hand) = &mut self.runs[which];
        let idle = hand.is_empty();
        let wanted =
            ClaimRequest { endpoints: wants.iter().map(|(e, n)| (self.endpoints[*e], *n)).collect(), idle, only: None };
        let mut advanced = self.store.advance(run.id, Arc::default(), wanted.clone(), self.now).wait().unwrap();
        while advanced.cut_short {
            let left = still_wanting(&wanted, &advanced.claims);
            let further = self.store.advance(run.id, Arc::default(), left, self.now).wait().unwrap();
            advanced = AdvanceResult { claims: [advanced.claims, further.claims].concat(), ..further };
        }
        self.model.forgive(self.now);
        let mut expected = BTreeSet::new();
        let alone = |m: &Model, id: &i64| m.deliveries[id].interruptions >= 3;
        let solo = wants
            .iter()
            .filter(|(e, n)| self.model.room(*e, *n, self.now) > 0)
            .flat_map(|(e, _)| self.model.ready(*e, self.now))
            .filter(|id| alone(&self.model, id))
            .count();
        if solo > 0 {
            assert_eq!(advanced.solo_waits, !idle, "one that must run alone comes first");
            assert_eq!(advanced.claims.len(), usize::from(idle));
            assert!(advanced.claims.iter().all(|c| c.solo && alone(&self.model, &c.delivery.0)));
            expected.extend(advanced.claims.iter().map(|c| c.delivery.0));
        } else {
            for (endpoint, n) in wants {
                expected.extend(self.model.claim(*endpoint, *n, self.now));
            }
        }
        let got: BTreeSet<i64> = advanced.claims.iter().map(|c| c.delivery.0).collect();
        assert_eq!(got, expected, "claimed is what is due, no more and no less");
        for claim in advanced.claims {
            let d = self.model.deliveries.get_mut(&claim.delivery.0).unwrap();
            (d.owner, d.claimed_at) = (Some(run.id.0), self.now);
            d.attempts += 1;
            assert_eq!((claim.number, claim.endpoint), (d.attempts, self.endpoints[d.endpoint]));
            let place = &mut self.model.places[d.endpoint];
            if place.circuit.open.is_some() {
                place.probe = Some(claim.delivery.0);
            }
            hand.push(claim);
        }
        self.model.turn(self.now);
        got.len()
    }

    fn outcome(&mut self) -> Outcome {
        match self.chance.below(20) {
            0..8 => Outcome::Delivered { status: Some(200) },
            8..12 => Outcome::Rejected { status: Some(500), retry_after: None },
            12..16 => Outcome::Unreachable,
            16 => Outcome::TimedOut,
            17 => Outcome::Rejected { status: Some(502), retry_after: None },
            18 => Outcome::Rejected { status: Some(429), retry_after: Some(Duration::from_secs(60)) },
            _ if self.chance.one_in(3) => Outcome::Rejected { status: Some(410), retry_after: None },
            _ => Outcome::Refused,
        }
    }

    fn finish(&mut self) {
        let busy: Vec<usize> = (0..self.runs.len()).filter(|r| !self.runs[*r].1.is_empty()).collect();
        if busy.is_empty() {
            return;
        }
        let which = *self.chance.pick(&busy);
        let outcomes = 1 + self.chance.below(3);
        let mut finished = Vec::new();
        for _ in 0..outcomes.min(self.runs[which].1.len()) {
            let place = self.chance.below(self.runs[which].1.len());
            let claim = self.runs[which].1.swap_remove(place);
            finished.push(self.finished(claim));
        }
        self.record(which, finished);
    }

    fn finished(&mut self, claim: Claim) -> FinishedAttempt {
        let outcome = self.outcome();
        FinishedAttempt {
            claim,
            outcome,
            started_at: self.now,
            ended_at: self.now,
            took: Duration::from_millis(3),
            detail: "test".into(),
            response: bytes::Bytes::new(),
            jitter: self.chance.share(),
        }
    }

    fn record(&mut self, which: usize, finished: Vec<FinishedAttempt>) {
        let finished = Arc::new(finished);
        let run = self.runs[which].0.id;
        let done = self.store.advance(run, Arc::clone(&finished), ClaimRequest::default(), self.now).wait().unwrap();
        self.model.forgive(self.now);
        for (f, recorded) in finished.iter().zip(done.recorded) {
            assert!(matches!(recorded, RecordResult::Written(_)), "its own claim");
            self.model.finish(f.claim.delivery.0, f.outcome, f.ended_at, f.jitter);
        }
    }

    fn kill(&mut self) {
        if self.runs.is_empty() {
            return;
        }
        let which = self.chance.below(self.runs.len());
        let (run, hand) = self.runs.swap_remove(which);
        let id = run.id;
        assert_eq!(self.store.reap(self.now).wait().unwrap(), 0, "a live run is never robbed");
        self.backend.kill(run);
        assert_eq!(
            self.store.reap(self.now).wait().unwrap(),
            hand.len() as u64,
            "a dead one's claims are free at once"
        );
        self.model.interrupt(id.0, self.now);
        self.ghosts.extend(hand.into_iter().map(|claim| (id, claim)));
    }

    /// A run that was declared dead tries to write after all.
    fn ghost(&mut self) {
        if let Some((run, claim)) = self.ghosts.pop() {
            let late = Arc::new(vec![self.finished(claim.clone())]);
            let wanted = ClaimRequest::default();
            let refused = self.store.advance(run, late, wanted, self.now).wait();
            assert!(matches!(refused, Err(StoreError::RunEnded)), "{refused:?}");
            assert_eq!(self.store.still_wanted(run, &[&claim], self.now).wait().unwrap(), [false]);
            self.store.release(run, vec![claim], self.now).wait().unwrap();
        }
    }

    fn release(&mut self) {
        let Some(which) = (0..self.runs.len()).find(|r| !self.runs[*r].1.is_empty()) else { return };
        let (run, hand) = &mut self.runs[which];
        let claims: Vec<Claim> = std::mem::take(hand);
        self.store.release(run.id, claims.clone(), self.now).wait().unwrap();
        for claim in claims {
            let d = self.model.deliveries.get_mut(&claim.delivery.0).unwrap();
            d.owner = None;
            d.attempts -= 1;
            d.due = d.claimed_at.min(self.now);
            let place = &mut self.model.places[d.endpoint];
            place.probe = place.probe.filter(|probe| *probe != claim.delivery.0);
            self.model.turn(self.now);
        }
    }

    fn pause_or_resume(&mut self) {
        let which = self.chance.below(ENDPOINTS);
        let name = format!("e{which}");
        if self.chance.one_in(2) {
            self.store.pause(&name, self.now).wait().unwrap();
            self.model.places[which].paused = true;
        } else {
            self.resume(which);
        }
    }

    fn resume(&mut self, which: usize) {
        self.store.resume(&format!("e{which}"), self.now).wait().unwrap();
        let place = &mut self.model.places[which];
        (place.paused, place.circuit, place.probe) = (false, place.circuit.closed(), None);
    }

    fn hold_or_return(&mut self) {
        let named: Vec<usize> = (0..ENDPOINTS).filter(|_| !self.chance.one_in(4)).collect();
        self.store.set_endpoints(named.iter().copied().map(spec).collect(), self.now).wait().unwrap();
        if !named.is_empty() {
            (0..ENDPOINTS).for_each(|e| self.model.places[e].configured = named.contains(&e));
        }
    }

    fn some_ids(&mut self) -> Vec<DeliveryId> {
        let all: Vec<i64> = self.model.deliveries.keys().copied().collect();
        if all.is_empty() {
            return Vec::new();
        }
        (0..1 + self.chance.below(4)).map(|_| DeliveryId(*self.chance.pick(&all))).collect()
    }

    fn replay(&mut self) {
        let ids = self.some_ids();
        let how = Replay {
            trigger: Trigger::Manual,
            include_delivered: self.chance.one_in(2),
            include_pending: self.chance.one_in(3),
        };
        let changed = self.store.replay(ids.clone(), how, self.now).wait().unwrap();
        for id in ids.into_iter().collect::<BTreeSet<_>>() {
            let model = &self.model.deliveries[&id.0];
            let left = match (model.owner, model.done) {
                (Some(_), _) => Some(SkipReason::Processing),
                (_, Some(State::Delivered)) if !how.include_delivered => Some(SkipReason::Delivered),
                (None, None) if !how.include_pending => Some(SkipReason::Pending),
                _ => None,
            };
            assert_eq!(changed.skipped.iter().find(|(other, _)| *other == id).map(|(_, l)| *l), left);
            assert_eq!(changed.changed.contains(&id), left.is_none());
            if left.is_none() {
                let later = self.model.deliveries.iter().any(|(other, o)| {
                    let same_lane = o.endpoint == model.endpoint && o.resource == model.resource;
                    *other > id.0 && same_lane && o.done.is_none() && !o.queued
                });
                let queued = if model.done.is_some() { !later } else { model.queued };
                let d = self.model.deliveries.get_mut(&id.0).unwrap();
                d.queued = queued;
                (d.done, d.history, d.interruptions, d.due, d.was_head) =
                    (None, delivery::History::default(), 0, self.now, false);
                self.model.turn(self.now);
            }
        }
    }

    fn give_up(&mut self) {
        let ids = self.some_ids();
        let changed = self.store.give_up(ids.clone(), self.now).wait().unwrap();
        for id in ids.into_iter().collect::<BTreeSet<_>>() {
            let d = self.model.deliveries.get_mut(&id.0).unwrap();
            let possible = d.owner.is_none() && d.done.is_none();
            assert_eq!(changed.changed.contains(&id), possible);
            if possible {
                d.done = Some(State::Failed);
                self.model.turn(self.now);
            }
        }
    }

    /// Removes finished deliveries of some states, of one endpoint or all; nothing that is not finished ever goes.
    fn prune(&mut self) {
        let rows = self.store.deliveries(&DeliveryFilter::default(), ALL).wait().unwrap().rows;
        let event_of: BTreeMap<i64, EventId> = rows.into_iter().map(|row| (row.id.0, row.event.id)).collect();
        let states: Vec<State> = State::ALL.into_iter().filter(|_| self.chance.one_in(2)).collect();
        let endpoint = self.chance.one_in(2).then(|| self.chance.below(ENDPOINTS));
        let far = Duration::from_hours(24 * 365 * 100);
        let (old, before) =
            if self.chance.one_in(4) { (false, self.now.minus(far)) } else { (true, self.now.plus(far)) };
        let name = endpoint.map(|which| format!("e{which}"));
        let (mut removed, mut after) = (0, Some(FROM_THE_FIRST));
        while let Some(from) = after {
            let what = PruneFilter { states: states.clone(), endpoint: name.clone(), before, after: from };
            let batch = self.store.prune(what).wait().unwrap();
            (removed, after) = (removed + batch.deliveries, batch.next);
        }
        let stays = |d: &Delivery| {
            let asked_for = d.done.is_some_and(|done| states.contains(&done));
            !(old && asked_for && endpoint.is_none_or(|which| which == d.endpoint))
        };
        let count = self.model.deliveries.len();
        self.model.deliveries.retain(|_, d| stays(d));
        assert_eq!(removed, (count - self.model.deliveries.len()) as u64);
        let left: BTreeSet<&EventId> = self.model.deliveries.keys().map(|id| &event_of[id]).collect();
        for event in event_of.values().collect::<BTreeSet<_>>() {
            assert_eq!(self.store.event(event).wait().unwrap().is_some(), left.contains(event));
        }
        self.emitted.retain(|id| left.contains(id) || !event_of.values().any(|event| event == id));
        assert_eq!(self.store.verify().wait().unwrap(), Vec::<String>::new());
    }

    fn reopen(&mut self) {
        self.store = open(&self.location, Access::Existing).unwrap();
        self.model.last_claim = None;
    }

    fn pass_time(&mut self) {
        self.now = match self.chance.below(12) {
            0 => self.now.plus(Duration::from_hours(24 * 365)),
            1 => self.now.minus(Duration::from_hours(24 * 365)),
            2 => self.now.minus(Duration::from_secs(20)),
            3..6 => self.now.plus(Duration::from_mins(11)),
            _ => self.now.plus(Duration::from_secs(1 + self.chance.below(4) as u64)),
        };
    }

    /// Every figure and every state is what the model says.
    fn compare(&self) {
        let listed = self.store.deliveries(&DeliveryFilter::default(), ALL).wait().unwrap();
        let got: Vec<(i64, State, u32, u32)> =
            listed.rows.iter().map(|row| (row.id.0, row.state, row.attempts, row.used)).collect();
        let expected: Vec<(i64, State, u32, u32)> = self
            .model
            .deliveries
            .iter()
            .map(|(id, d)| (*id, self.model.state(d), d.attempts, d.history.used))
            .collect();
        assert_eq!(got, expected);
        for (endpoint, figures) in self.store.figures(self.now).wait().unwrap().endpoints.iter().enumerate() {
            let count = |wanted: &[State]| {
                let mine = self.model.deliveries.values().filter(|d| d.endpoint == endpoint);
                mine.filter(|d| wanted.contains(&self.model.state(d))).count() as i64
            };
            let counts = figures.counts;
            assert_eq!(counts.waiting, count(&[State::Pending, State::Held]));
            assert_eq!(counts.processing, count(&[State::Processing]));
            assert_eq!(counts.delivered, count(&[State::Delivered]));
            assert_eq!(counts.failed, count(&[State::Failed]));
            assert_eq!(figures.endpoint.circuit, self.model.places[endpoint].circuit);
            let troubled =
                DeliveryFilter { troubled: true, endpoint: Some(format!("e{endpoint}")), ..Default::default() };
            let rows = self.store.deliveries(&troubled, ALL).wait().unwrap().rows;
            let attempts: i64 = rows.iter().map(|row| i64::from(row.attempts)).sum();
            assert_eq!((counts.troubled, counts.troubled_attempts), (rows.len() as i64, attempts));
        }
    }

    /// After all faults are mended, one worker finishes everything.
    fn heal(&mut self) {
        while !self.runs.is_empty() {
            self.kill();
        }
        self.store.set_endpoints((0..ENDPOINTS).map(spec).collect(), self.now).wait().unwrap();
        (0..ENDPOINTS).for_each(|e| self.model.places[e].configured = true);
        (0..ENDPOINTS).for_each(|e| self.resume(e));
        self.runs.push((self.store.begin_run("heal", self.now).wait().unwrap(), Vec::new()));
        for _ in 0..10_000 {
            let unfinished = self.model.deliveries.values().any(|d| d.done.is_none());
            if !unfinished {
                return;
            }
            if self.claim_for(0, &[(0, 5), (1, 5), (2, 5)]) == 0 {
                let run = self.runs[0].0.id;
                let idle = self.store.idle_info(run, self.now).wait().unwrap();
                assert_eq!((idle.resting, idle.elsewhere), (0, 0));
                self.now = idle.next_due.expect("something is left, so something is due").max(self.now);
            }
            let hand = std::mem::take(&mut self.runs[0].1);
            let finished = hand
                .into_iter()
                .map(|claim| FinishedAttempt {
                    outcome: Outcome::Delivered { status: Some(200) },
                    ..self.finished(claim)
                })
                .collect();
            self.record(0, finished);
            self.compare();
        }
        panic!("a delivery is stuck");
    }
}

fn random_histories_behave_like_the_model(backend: &dyn Backend) {
    for seed in seeds(backend.rounds(150)) {
        let run = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let mut history = History::new(backend, seed);
            (0..120).for_each(|_| history.step());
            history.heal();
        }));
        assert!(run.is_ok(), "history with SYNCCTL_SEED={seed} differs from the model");
    }
}
