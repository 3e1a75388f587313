//! The worker: claims what is due, keeps every slot busy, records what came of it.
//!
//! One loop owns all state. At most one transaction is under way at any time; what lands meanwhile shares the next one, which
//! also brings new claims. Requests never wait for a commit, and no transaction waits for the network.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::change_listener::ChangeListener;
use super::endpoint_buffer::EndpointBuffer;
use super::http::Client;
use super::release_queue::ReleaseQueue;
use super::run::{Options, Stop, Summary, WATCH_OTHERS, WorkerError};
use super::slots::{Job, Slots};
use super::{EndpointClient, Keyring};
use crate::clock::Clock;
use crate::delivery::{Next, Outcome};
use crate::endpoint::{Endpoint, EndpointId, MAX_CONCURRENCY};
use crate::store::{Advanced, Claim, DeliveryId, Finished, Outlook, Recorded, Run, Store, StoreError, Wants};

/// How long outcomes that could not be stored are kept and tried again.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pause between those tries.
const TRY_AGAIN: Duration = Duration::from_millis(200);
/// How often a busy worker looks whether something new is due for slots that are free.
const LOOK_FOR_MORE: Duration = Duration::from_millis(100);
/// Outcomes that are company enough.
const COMPANY: usize = 128;
/// How long the first outcome waits for company before a transaction is begun for it.
const LINGER: Duration = Duration::from_millis(4);

/// Is told of every attempt once its outcome is on disk.
pub type Observer = Box<dyn FnMut(&Finished, Recorded) + Send>;

/// Everything a worker needs from outside.
pub struct Worker {
    /// The queue.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys.
    pub keyring: Arc<dyn Keyring>,
    /// The network.
    pub client: Arc<Client>,
    /// How to go about it.
    pub options: Options,
    /// Who is told.
    pub observer: Observer,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Worker({:?})", self.options)
    }
}

impl Worker {
    /// Works until `options` or `stop` say that it is enough.
    ///
    /// After [`Stop::Drain`] nothing new starts and requests in flight end; after [`Stop::Now`] they are abandoned, and count
    /// as interrupted once the run's end is remembered.
    pub async fn run(self, run: &Run, stop: watch::Receiver<Stop>) -> Result<Summary, WorkerError> {
        let mut shift = WorkerState::begin(self, run, stop)?;
        let done = shift.work().await;
        shift.slots.shutdown().await;
        done
    }
}

type PendingCommit = Pin<Box<dyn Future<Output = Result<Advanced, StoreError>> + Send>>;

/// A run at work.
struct WorkerState<'a> {
    worker: Worker,
    run: &'a Run,
    stop: watch::Receiver<Stop>,
    hands: BTreeMap<EndpointId, EndpointBuffer>,
    snapshot: Arc<Vec<Endpoint>>,
    slots: Slots,
    landed: Vec<Finished>,
    landed_at: Instant,
    turn: Option<PendingCommit>,
    /// What the transaction under way asks for and brings.
    asked: Vec<(EndpointId, usize)>,
    recording: Arc<Vec<Finished>>,
    trouble: Option<Trouble>,
    /// A delivery that must run alone waits for this worker, or is with it: nothing else is claimed.
    solo: bool,
    started: u64,
    summary: Summary,
    deadline: Option<Instant>,
    idle_until: Option<Instant>,
    reap_at: Instant,
    look_at: Instant,
    returns: ReleaseQueue,
}

/// Outcomes cannot be stored at the moment.
struct Trouble {
    since: Instant,
    again_at: Instant,
    cause: StoreError,
}

impl<'a> WorkerState<'a> {
    fn begin(worker: Worker, run: &'a Run, stop: watch::Receiver<Stop>) -> Result<Self, WorkerError> {
        worker.store.reap(worker.clock.now())?;
        let endpoints = Arc::new(worker.store.endpoints()?);
        let mut shift = Self {
            snapshot: Arc::default(),
            hands: BTreeMap::new(),
            slots: Slots::new(Arc::clone(&worker.clock)),
            landed: Vec::new(),
            landed_at: Instant::now(),
            turn: None,
            asked: Vec::new(),
            recording: Arc::default(),
            trouble: None,
            solo: false,
            started: 0,
            summary: Summary::default(),
            deadline: worker.options.max_time.map(|time| Instant::now() + time),
            idle_until: None,
            reap_at: Instant::now() + WATCH_OTHERS,
            look_at: Instant::now() + LOOK_FOR_MORE,
            returns: ReleaseQueue::default(),
            worker,
            run,
            stop,
        };
        shift.look_around(endpoints);
        Ok(shift)
    }

    async fn work(&mut self) -> Result<Summary, WorkerError> {
        let mut bell = ChangeListener::on(&self.worker.store.watch_path());
        loop {
            self.start()?;
            self.begin_turn();
            if self.is_idle()
                && let Some(summary) = self.wait_or_leave()?
            {
                return Ok(summary);
            }
            let (idle, linger, again) = (self.idle_until, self.linger_until(), self.again_at());
            tokio::select! {
                biased;
                Ok(()) = self.stop.changed() => self.heed_stop(),
                advanced = poll(&mut self.turn), if self.turn.is_some() => self.turned(advanced)?,
                gone = self.returns.ended(), if self.returns.is_under_way() => self.released(gone),
                landed = self.slots.landed(), if self.slots.busy() > 0 => self.land(landed),
                () = until(linger), if linger.is_some() => {}
                () = until(again), if again.is_some() => {}
                () = until(idle), if idle.is_some() => self.stir()?,
                () = bell.changed(), if idle.is_some() => self.stir()?,
                () = until(self.deadline), if self.deadline.is_some() => self.reach_deadline(),
                () = sleep_until(self.look_at), if self.has_room_for_more() => self.look_for_more(),
                () = sleep_until(self.reap_at) => drop(self.watch_others()?),
            }
            if self.stopping() == Stop::Now {
                return match self.trouble.take() {
                    Some(trouble) => Err(self.unrecorded(trouble.cause)),
                    None => Ok(self.summarise(Outlook::default())),
                };
            }
        }
    }

    // ── claims ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Begins a transaction unless one is under way: outcomes that wait, and claims for the slots that will be free.
    fn begin_turn(&mut self) {
        let now = Instant::now();
        if self.turn.is_some() || self.again_at().is_some_and(|at| now < at) {
            return;
        }
        let wants = self.wants();
        let hungry = !wants.endpoints.is_empty() && self.hands.values().any(EndpointBuffer::is_hungry);
        let patient = self.linger_until().is_some_and(|at| now < at) && self.landed.len() < COMPANY;
        let waiting = !self.landed.is_empty() && !patient;
        if !(hungry || waiting || self.trouble.is_some()) {
            return;
        }
        if self.trouble.is_none() {
            self.recording = Arc::new(std::mem::take(&mut self.landed));
        }
        self.asked.clone_from(&wants.endpoints);
        let now = self.worker.clock.now();
        self.turn = Some(Box::pin(self.worker.store.advance(self.run.id, Arc::clone(&self.recording), wants, now)));
    }

    /// When outcomes have waited long enough for company.
    fn linger_until(&self) -> Option<Instant> {
        // Without requests in flight nobody is going to join them.
        let wait = if self.slots.busy() == 0 { Duration::ZERO } else { LINGER };
        (self.turn.is_none() && !self.landed.is_empty() && self.trouble.is_none()).then(|| self.landed_at + wait)
    }

    /// Whether a slot is free that a delivery emitted a moment ago could take.
    fn has_room_for_more(&self) -> bool {
        let could_send = |hand: &EndpointBuffer| hand.dry && !hand.is_paused_or_unconfigured() && hand.has_free_slots();
        self.slots.busy() > 0 && self.hands.values().any(could_send)
    }

    fn look_for_more(&mut self) {
        self.look_at = Instant::now() + LOOK_FOR_MORE;
        self.hands.values_mut().for_each(|hand| hand.dry = false);
    }

    fn again_at(&self) -> Option<Instant> {
        self.trouble.as_ref().filter(|_| self.turn.is_none()).map(|trouble| trouble.again_at)
    }

    fn wants(&self) -> Wants {
        let in_hand = self.hands.values().map(EndpointBuffer::held).sum::<usize>();
        if !self.may_start() || (self.solo && in_hand > 0) {
            return Wants::default();
        }
        let mut allowed = self.allowance();
        let mut endpoints = Vec::new();
        for (id, hand) in &self.hands {
            let wanted = hand.wanted().min(allowed);
            if wanted > 0 {
                allowed -= wanted;
                endpoints.push((*id, wanted));
            }
        }
        Wants { endpoints, idle: in_hand == 0 }
    }

    /// Whether new requests may begin.
    fn may_start(&self) -> bool {
        let in_time = self.deadline.is_none_or(|deadline| Instant::now() < deadline);
        self.stopping() == Stop::No && in_time && self.trouble.is_none()
    }

    /// How many more claims `--limit` allows.
    fn allowance(&self) -> usize {
        let waiting = self.hands.values().map(|hand| hand.waiting() as u64).sum::<u64>();
        match self.worker.options.limit {
            None => usize::MAX,
            Some(limit) => usize::try_from(limit.saturating_sub(self.started + waiting)).unwrap_or(usize::MAX),
        }
    }

    // ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Fills free slots with claims, after another look at those that have waited.
    fn start(&mut self) -> Result<(), WorkerError> {
        if self.trouble.is_some() {
            // What cannot be recorded cannot be let go of either; it is looked at again when the queue is back.
            return Ok(());
        }
        if !self.may_start() {
            self.returns.add(self.hands.values_mut().flat_map(EndpointBuffer::empty));
            self.let_go();
            return Ok(());
        }
        self.look_again()?;
        let mut room = usize::from(MAX_CONCURRENCY).saturating_sub(self.slots.busy());
        let now = self.worker.clock.now();
        for hand in self.hands.values_mut() {
            let Some(endpoint_client) = hand.endpoint_client.clone() else { continue };
            while room > 0
                && let Some(claim) = hand.next()
            {
                room -= 1;
                self.started += 1;
                self.slots.start(Job {
                    endpoint_client: Arc::clone(&endpoint_client),
                    claim,
                    limit: hand.endpoint.settings.retry.timeout(),
                    started_at: now,
                    jitter: fastrand::f64(),
                });
            }
        }
        Ok(())
    }

    /// Drops claims that are no longer to be sent, of those that have waited long enough for that to change.
    fn look_again(&mut self) -> Result<(), WorkerError> {
        let now = Instant::now();
        if !self.hands.values().any(|hand| hand.is_stale(now)) {
            return Ok(());
        }
        let stale: Vec<&Claim> = self.hands.values().flat_map(|hand| hand.stale(now)).collect();
        let wanted = self.worker.store.still_wanted(self.run.id, &stale, self.worker.clock.now())?;
        let verdicts: BTreeMap<DeliveryId, bool> = stale.iter().map(|claim| claim.delivery).zip(wanted).collect();
        self.returns.add(self.hands.values_mut().flat_map(|hand| hand.sift(&verdicts, now)));
        self.let_go();
        Ok(())
    }

    fn let_go(&mut self) {
        self.returns.begin(self.worker.store.as_ref(), self.run.id, self.worker.clock.now());
    }

    fn released(&mut self, gone: Result<(), StoreError>) {
        if self.returns.settle(gone) {
            self.let_go();
        }
    }

    fn land(&mut self, finished: Finished) {
        if let Some(hand) = self.hands.get_mut(&finished.claim.endpoint) {
            hand.in_flight -= 1;
            hand.in_doubt += usize::from(finished.outcome.affects_endpoint());
        }
        if self.landed.is_empty() {
            self.landed_at = Instant::now();
        }
        self.landed.push(finished);
    }

    // ── outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────

    fn turned(&mut self, advanced: Result<Advanced, StoreError>) -> Result<(), WorkerError> {
        self.turn = None;
        match advanced {
            Ok(advanced) => {
                self.trouble = None;
                self.recorded(&advanced);
                self.look_around(Arc::clone(&advanced.endpoints));
                self.take(advanced);
                Ok(())
            }
            Err(error) => self.endure(error),
        }
    }

    fn recorded(&mut self, advanced: &Advanced) {
        let recording = std::mem::take(&mut self.recording);
        for (finished, recorded) in recording.iter().zip(&advanced.recorded) {
            self.summary.tally.claimed += 1;
            // With it the next delivery of its resource became due.
            if let Some(hand) = self.hands.get_mut(&finished.claim.endpoint) {
                hand.dry = false;
                hand.in_doubt -= usize::from(finished.outcome.affects_endpoint());
            }
            match recorded {
                Recorded::Written(Next::Delivered) => self.summary.tally.delivered += 1,
                Recorded::Written(Next::RetryAt(_) | Next::RunAlone) => self.summary.tally.retried += 1,
                Recorded::Written(Next::Failed(_)) => self.summary.tally.failed += 1,
                Recorded::Lost => tracing::warn!(event = %finished.claim.event_id, "lost the claim before its outcome"),
            }
            (self.worker.observer)(finished, *recorded);
        }
    }

    fn take(&mut self, advanced: Advanced) {
        let now = Instant::now();
        self.solo = advanced.solo_waits || advanced.claims.iter().any(|claim| claim.solo);
        if !self.solo {
            for (id, wanted) in std::mem::take(&mut self.asked) {
                let got = advanced.claims.iter().filter(|claim| claim.endpoint == id).count();
                if let Some(hand) = self.hands.get_mut(&id) {
                    hand.fed(wanted, got, !advanced.cut_short);
                }
            }
        }
        for claim in advanced.claims {
            if let Some(hand) = self.hands.get_mut(&claim.endpoint) {
                hand.add(claim, now);
            }
        }
    }

    /// Takes note of how the endpoints stand: new ones, changed ones, and those that may no longer be called.
    fn look_around(&mut self, endpoints: Arc<Vec<Endpoint>>) {
        if Arc::ptr_eq(&self.snapshot, &endpoints) {
            return;
        }
        let now = self.worker.clock.now();
        for endpoint in endpoints.iter() {
            let hand = self.hands.entry(endpoint.id).or_insert_with(|| EndpointBuffer::new(endpoint.clone()));
            let changed = hand.endpoint.url != endpoint.url || hand.endpoint.settings != endpoint.settings;
            if (hand.endpoint_client.is_none() || changed) && endpoint.configured {
                hand.endpoint_client = endpoint_client(&self.worker, endpoint);
            }
            hand.slots = usize::from(self.worker.options.concurrency.unwrap_or(endpoint.settings.concurrency));
            hand.endpoint = endpoint.clone();
            let resting = endpoint.circuit.open.is_some_and(|open| !open.probe_due(now));
            if hand.is_paused_or_unconfigured() || resting {
                self.returns.add(hand.empty());
            }
        }
        self.snapshot = endpoints;
        self.let_go();
    }

    /// Keeps outcomes that could not be stored and tries again, for a while.
    fn endure(&mut self, error: StoreError) -> Result<(), WorkerError> {
        let nothing_to_lose = self.recording.is_empty() && self.landed.is_empty() && self.slots.busy() == 0;
        if nothing_to_lose {
            return Err(error.into());
        }
        let now = Instant::now();
        let since = self.trouble.as_ref().map_or(now, |trouble| trouble.since);
        if now.duration_since(since) > PATIENCE {
            return Err(self.unrecorded(error));
        }
        tracing::warn!(%error, "failed to record outcomes, trying again");
        self.trouble = Some(Trouble { since, again_at: now + TRY_AGAIN, cause: error });
        Ok(())
    }

    fn unrecorded(&self, source: StoreError) -> WorkerError {
        let made = self.recording.iter().chain(&self.landed);
        let delivered = made
            .clone()
            .filter(|finished| matches!(finished.outcome, Outcome::Delivered { .. }))
            .map(|finished| finished.claim.event_id.to_string())
            .collect();
        WorkerError::Unrecorded { attempts: made.count(), delivered, source }
    }

    // ── waiting and leaving ─────────────────────────────────────────────────────────────────────────────────────────

    /// Nothing in hand, nothing to record, nothing left to ask for.
    fn is_idle(&self) -> bool {
        self.turn.is_none()
            && self.trouble.is_none()
            && self.idle_until.is_none()
            && self.slots.busy() == 0
            && self.landed.is_empty()
    }

    /// Leaves, or decides how long to wait.
    fn wait_or_leave(&mut self) -> Result<Option<Summary>, WorkerError> {
        if !self.may_start() || self.allowance() == 0 {
            self.summary.limited = self.stopping() == Stop::No;
            return Ok(Some(self.summarise(Outlook::default())));
        }
        if self.watch_others()? {
            return Ok(None);
        }
        let now = self.worker.clock.now();
        let outlook = self.worker.store.outlook(self.run.id, now)?;
        let wait = self.worker.options.until.wait(&outlook, now);
        // What is due and was not claimed just now is not for us to claim: no use in asking at once.
        self.idle_until = wait.map(|wait| Instant::now() + if wait.is_zero() { TRY_AGAIN } else { wait });
        Ok(wait.is_none().then(|| self.summarise(outlook)))
    }

    /// Frees the claims of workers that died. Returns whether there were any.
    fn watch_others(&mut self) -> Result<bool, WorkerError> {
        self.reap_at = Instant::now() + WATCH_OTHERS;
        self.let_go();
        let freed = match self.worker.store.reap(self.worker.clock.now()) {
            Ok(freed) => freed > 0,
            // With requests in flight there is something to lose; the next transaction will tell.
            Err(_) if self.slots.busy() > 0 || self.turn.is_some() => false,
            Err(error) => return Err(error.into()),
        };
        if freed {
            self.stir()?;
        }
        Ok(freed)
    }

    fn summarise(&mut self, outlook: Outlook) -> Summary {
        self.summary.stopped = self.stopping();
        self.summary.interrupted = self.started - self.summary.tally.claimed;
        self.summary.resting = outlook.resting;
        self.summary
    }

    fn stopping(&self) -> Stop {
        *self.stop.borrow()
    }

    /// A worker that waits for something to do has nothing to wait for any more.
    fn heed_stop(&mut self) {
        self.idle_until = None;
        tracing::info!(stop = ?self.stopping(), "stopping");
    }

    fn reach_deadline(&mut self) {
        self.idle_until = None;
        self.deadline = None;
        // From here on it is as if `--limit` had been reached.
        self.worker.options.limit = Some(0);
    }

    /// Something may be due again: every endpoint is asked once more.
    fn stir(&mut self) -> Result<(), WorkerError> {
        self.idle_until = None;
        self.look_around(Arc::new(self.worker.store.endpoints()?));
        self.hands.values_mut().for_each(|hand| hand.dry = false);
        Ok(())
    }
}

fn endpoint_client(worker: &Worker, endpoint: &Endpoint) -> Option<Arc<EndpointClient>> {
    match worker.keyring.signer(endpoint) {
        Ok(signer) => Some(Arc::new(EndpointClient::new(&endpoint.url, signer, &worker.client))),
        Err(cause) => {
            tracing::error!(endpoint = endpoint.name, cause, "nothing is sent to an endpoint without a secret");
            None
        }
    }
}

async fn poll(turn: &mut Option<PendingCommit>) -> Result<Advanced, StoreError> {
    match turn {
        Some(turn) => turn.await,
        None => std::future::pending().await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
