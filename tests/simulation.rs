//! Convergence: two and three nodes, random edits on every side, a lying network, crashes and clocks that disagree. After the
//! network heals and what failed was replayed, every node holds the same records, and no event was applied twice.
//!
//! `SYNCCTL_SEED=n` repeats one history, `SYNCCTL_HISTORIES=n` runs more.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

#[path = "simulation/original.rs"]
mod original;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use syncctl::clock::Timestamp;
use syncctl::delivery::Trigger;
use syncctl::delivery::{Outcome, State};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl};
use syncctl::event::{Draft, EventId};
use syncctl::inbound::{self, AcceptedTypes, PlatformKeys, PlatformRules, Source};
use syncctl::signature::{Secret, Signer};
use syncctl::store::inbound::{ApplyResult, EditResult, ExpectedRecord, ReceivedFilter, RecordEdit};
use syncctl::store::{
    Access, Claim, ClaimRequest, DeliveryFilter, EventFilter, FinishedAttempt, Location, Page, Replay, Run, Store, open,
};

use support::{Chance, memory_dir, seeds};

const START: i64 = 1_706_702_400_000;
const ALL: Page = Page { limit: 100_000, number: 1, oldest_first: true };
const STEPS: usize = 60;

/// One side: a queue with its records, a clock that is wrong by some hours at most, and endpoints that are the others.
struct Node {
    path: PathBuf,
    store: Option<Arc<dyn Store>>,
    run: Option<Run>,
    skew: i64,
    peers: Vec<usize>,
}

/// A request that left one node and may arrive at another: once, several times, later, or never.
#[derive(Clone)]
struct Message {
    to: usize,
    headers: HeaderMap,
    body: Bytes,
}

struct World {
    nodes: Vec<Node>,
    now: i64,
    chance: Chance,
    signer: Signer,
    source: Source,
    in_flight: Vec<Message>,
    delivered_before: Vec<Message>,
    applied: BTreeMap<(usize, EventId), u32>,
}

impl Node {
    fn store(&self) -> &Arc<dyn Store> {
        self.store.as_ref().unwrap()
    }
}

impl World {
    fn new(dir: &std::path::Path, nodes: usize, seed: u64) -> Self {
        let secret = Secret::new("a-secret-of-the-simulation".to_owned()).unwrap();
        let mut chance = Chance::new(seed);
        let nodes = (0..nodes)
            .map(|n| Node {
                path: dir.join(format!("n{n}.db")),
                store: None,
                run: None,
                skew: i64::try_from(chance.below(7_200_000)).unwrap() - 3_600_000,
                peers: (0..nodes).filter(|other| *other != n).collect(),
            })
            .collect();
        let mut world = Self {
            nodes,
            now: START,
            chance,
            signer: Signer::new(&secret, &[&secret]),
            source: Source::platform(
                AcceptedTypes::Everything,
                PlatformRules { keys: PlatformKeys::new([&secret]), ..PlatformRules::default() },
            ),
            in_flight: Vec::new(),
            delivered_before: Vec::new(),
            applied: BTreeMap::new(),
        };
        (0..world.nodes.len()).for_each(|n| world.open(n));
        world
    }

    /// What a node takes for the time. The network heals only where clocks agree within five minutes, so signatures are
    /// those of the original.
    fn time(&self, node: usize) -> Timestamp {
        Timestamp::from_millis(self.now + self.nodes[node].skew)
    }

    fn open(&mut self, n: usize) {
        let now = self.time(n);
        let store = open(&Location::file(&self.nodes[n].path), Access::Create).unwrap();
        let specs = self.nodes[n].peers.iter().map(|peer| {
            let mut spec =
                ConfiguredEndpoint::of_url(EndpointUrl::parse(&format!("http://10.0.0.{}/", peer + 1)).unwrap());
            spec.settings.retry.first_delay_ms = 1;
            spec.settings.retry.max_delay_ms = 2;
            spec
        });
        store.set_endpoints(specs.collect(), now).wait().unwrap();
        self.nodes[n].run = Some(store.begin_run("simulation", now).wait().unwrap());
        self.nodes[n].store = Some(store);
    }

    /// The process dies: what it had claimed is interrupted, what was on disk stays.
    fn crash(&mut self, n: usize) {
        self.nodes[n].run = None;
        self.nodes[n].store = None;
        self.open(n);
        self.nodes[n].store().reap(self.time(n)).wait().unwrap();
    }

    fn step(&mut self) {
        self.now += i64::try_from(self.chance.below(400)).unwrap();
        let n = self.chance.below(self.nodes.len());
        match self.chance.below(10) {
            0..=2 => self.edit(n),
            3 => self.emit(n),
            4..=5 => self.work(n, false),
            6..=7 => self.arrive(),
            8 if self.chance.one_in(4) => self.crash(n),
            8 => self.repeat(),
            _ => self.replay(n),
        }
    }

    /// A change by an application of this node.
    fn edit(&mut self, n: usize) {
        let (event_type, resource, data) = self.change();
        let draft = Draft::check(event_type, &resource, None, data.as_bytes()).unwrap();
        let expects = *self.chance.pick(&[ExpectedRecord::Absence, ExpectedRecord::Presence, ExpectedRecord::Anything]);
        let edited =
            self.nodes[n].store().edit(RecordEdit { draft, expects, versions: None }, self.time(n)).wait().unwrap();
        if let EditResult::Done(row, receipt) = edited {
            assert_eq!(row.record.exists(), receipt.event.event_type != "enrollment.deleted");
        }
    }

    /// An event of this node, sometimes with a time of its own.
    fn emit(&mut self, n: usize) {
        let (event_type, resource, data) = self.change();
        let mut draft = Draft::check(event_type, &resource, None, data.as_bytes()).unwrap();
        if self.chance.one_in(2) {
            let shift = i64::try_from(self.chance.below(7_200_000)).unwrap() - 3_600_000;
            draft.timestamp = Some(Timestamp::from_millis(self.now + shift));
        }
        self.nodes[n].store().enqueue(Box::new(std::iter::once(Ok(draft))), false, self.time(n)).wait().unwrap();
    }

    fn change(&mut self) -> (&'static str, String, String) {
        let number = self.chance.below(100);
        let resource = format!("r{}", self.chance.below(3));
        let field = *self.chance.pick(&["a", "b", "c"]);
        match self.chance.below(9) {
            0 => ("enrollment.deleted", resource, "{}".to_owned()),
            1 => ("enrollment.created", resource, format!(r#"{{"a":{number},"b":{number},"userId":"u"}}"#)),
            2..=4 => ("enrollment.updated", resource, format!(r#"{{"{field}":{number}}}"#)),
            5 => ("profile.updated", resource, format!(r#"{{"profile":{{"{field}":{number}}}}}"#)),
            6 => ("profile.updated", resource, r#"{"profile":null}"#.to_owned()),
            7 => ("progress.updated", format!("u-{resource}"), format!(r#"{{"{field}":{number},"userId":"u"}}"#)),
            _ => ("user.updated", resource, format!(r#"{{"name":"{number}","{field}":null}}"#)),
        }
    }

    /// A worker of this node sends what is due, over a network that drops, fails, delays and lies.
    fn work(&mut self, n: usize, healed: bool) {
        let now = self.time(n);
        let store = Arc::clone(self.nodes[n].store());
        let endpoints = store.endpoints().wait().unwrap();
        let wants = ClaimRequest { endpoints: endpoints.iter().map(|e| (e.id, 4)).collect(), idle: true, only: None };
        let run = self.nodes[n].run.as_ref().unwrap().id;
        let claims = store.advance(run, Arc::default(), wants, now).wait().unwrap().claims;
        let finished: Vec<FinishedAttempt> = claims
            .into_iter()
            .map(|claim| {
                let at = endpoints.iter().position(|e| e.id == claim.endpoint).unwrap();
                let message = self.message(self.nodes[n].peers[at], &claim);
                let outcome = if healed { self.deliver(&message) } else { self.send(message) };
                self.finished(claim, outcome, now)
            })
            .collect();
        store.advance(run, Arc::new(finished), ClaimRequest::default(), now).wait().unwrap();
    }

    fn message(&self, to: usize, claim: &Claim) -> Message {
        let signed = self.signer.sign(claim.event_id.as_str(), 0, &claim.body);
        let mut headers = HeaderMap::new();
        headers.insert("x-webhook-signature", signed.original.parse().unwrap());
        headers.insert("webhook-id", claim.event_id.as_str().parse().unwrap());
        Message { to, headers, body: claim.body.clone() }
    }

    fn finished(&mut self, claim: Claim, outcome: Outcome, now: Timestamp) -> FinishedAttempt {
        FinishedAttempt {
            claim,
            outcome,
            started_at: now,
            ended_at: now,
            took: std::time::Duration::from_millis(1),
            detail: String::new(),
            response: Bytes::new(),
            jitter: self.chance.share(),
        }
    }

    fn send(&mut self, message: Message) -> Outcome {
        match self.chance.below(6) {
            // Lost on the way, and nobody knows.
            0 => Outcome::TimedOut,
            1 => Outcome::Rejected { status: Some(503), retry_after: None },
            // Still on the way when the sender gives up waiting.
            2 => {
                self.in_flight.push(message);
                Outcome::TimedOut
            }
            // It arrived, but the answer was lost.
            3 => {
                self.deliver(&message);
                Outcome::Rejected { status: Some(500), retry_after: None }
            }
            _ => self.deliver(&message),
        }
    }

    /// Something that was on its way arrives, in any order.
    fn arrive(&mut self) {
        if !self.in_flight.is_empty() {
            let which = self.chance.below(self.in_flight.len());
            let message = self.in_flight.swap_remove(which);
            self.deliver(&message);
        }
    }

    /// Something arrives again, long after.
    fn repeat(&mut self) {
        if !self.delivered_before.is_empty() {
            let which = self.chance.below(self.delivered_before.len());
            let message = self.delivered_before[which].clone();
            self.deliver(&message);
        }
    }

    fn deliver(&mut self, message: &Message) -> Outcome {
        let now = self.time(message.to);
        let read = inbound::read(&self.source, &message.headers, &message.body, "peer", now);
        let incoming = read.expect("what a node sends is accepted");
        let id = incoming.id.clone();
        let applied = self.nodes[message.to].store().apply(incoming, now).wait().unwrap();
        match applied {
            ApplyResult::Applied | ApplyResult::Stale => *self.applied.entry((message.to, id)).or_default() += 1,
            ApplyResult::Duplicate => {}
            ApplyResult::Conflict => panic!("no id is used twice"),
        }
        self.delivered_before.push(message.clone());
        Outcome::Delivered { status: Some(200) }
    }

    /// An operator replays what failed, and sometimes what was delivered.
    fn replay(&mut self, n: usize) {
        let include_delivered = self.chance.one_in(2);
        self.replay_all(n, include_delivered);
    }

    fn replay_all(&mut self, n: usize, include_delivered: bool) {
        let store = self.nodes[n].store();
        let filter = DeliveryFilter { states: vec![State::Failed, State::Delivered], ..DeliveryFilter::default() };
        let ids = store.deliveries(&filter, ALL).wait().unwrap().rows;
        let ids = ids.iter().filter(|row| include_delivered || row.state == State::Failed).map(|row| row.id).collect();
        let how = Replay { trigger: Trigger::Bulk, include_delivered, include_pending: false };
        store.replay(ids, how, self.time(n)).wait().unwrap();
    }

    /// The network is whole again, and everything that is left is sent.
    fn heal(&mut self) {
        while !self.in_flight.is_empty() {
            self.arrive();
        }
        for n in 0..self.nodes.len() {
            self.crash(n);
            self.replay_all(n, false);
            for name in self.nodes[n].store().endpoints().wait().unwrap().iter().map(|e| e.name.clone()) {
                self.nodes[n].store().resume(&name, self.time(n)).wait().unwrap();
            }
        }
        for _ in 0..2_000 {
            self.now += 20;
            (0..self.nodes.len()).for_each(|n| self.work(n, true));
            if (0..self.nodes.len()).all(|n| self.is_drained(n)) {
                return;
            }
        }
        panic!("the queues do not drain");
    }

    fn is_drained(&self, n: usize) -> bool {
        let figures = self.nodes[n].store().figures(self.time(n)).wait().unwrap();
        figures.endpoints.iter().all(|e| e.counts.waiting + e.counts.processing + e.counts.failed == 0)
    }

    /// All nodes hold the same records, and nothing was applied twice or forwarded.
    fn check(&self, seed: u64) {
        let records = |n: usize| -> BTreeMap<_, _> {
            let rows = self.nodes[n].store().records_after(0, 1_000).wait().unwrap();
            rows.into_iter().map(|(_, row)| ((row.kind, row.id), row.record)).collect()
        };
        let first = records(0);
        for n in 1..self.nodes.len() {
            assert_eq!(first, records(n), "seed {seed}: node {n} differs from node 0");
        }
        assert!(self.applied.values().all(|times| *times == 1), "seed {seed}: an event was applied twice");
        let emitted: Vec<u64> = (0..self.nodes.len())
            .map(|n| self.nodes[n].store().events(&EventFilter::default(), ALL).wait().unwrap().total)
            .collect();
        for n in 0..self.nodes.len() {
            let others: u64 = emitted.iter().sum::<u64>() - emitted[n];
            let received = self.nodes[n].store().received(&ReceivedFilter::default(), ALL).wait().unwrap().total;
            assert_eq!(received, others, "seed {seed}: node {n} received each event of the others once");
        }
    }
}

#[test]
fn convergence_of_all_nodes_once_the_network_heals() {
    let dir = memory_dir();
    for seed in seeds(1_000) {
        let place = dir.path().join(seed.to_string());
        std::fs::create_dir(&place).unwrap();
        let nodes = if seed % 3 == 0 { 3 } else { 2 };
        let world = std::panic::catch_unwind(|| {
            let mut world = World::new(&place, nodes, seed);
            (0..STEPS).for_each(|_| world.step());
            world.heal();
            world.check(seed);
        });
        if let Err(cause) = world {
            let text = cause.downcast_ref::<String>().cloned().unwrap_or_default();
            panic!("SYNCCTL_SEED={seed}: {text}");
        }
        std::fs::remove_dir_all(&place).unwrap();
    }
}
