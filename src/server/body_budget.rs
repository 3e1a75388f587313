//! Reads request bodies within a limit of size, of time, and of the memory that large bodies share.
//!
//! Every address has a share of that memory, and a part of it is kept for callers who have proven themselves. Where a
//! share or all of it is used up, the slowest body makes room. So a client that sends at a fair rate is served, however
//! many slow ones there are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt as _;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::login_throttle::network;
use super::response::Problem;

/// How long things may take.
const TIMES: BodyTimes =
    BodyTimes { whole: Duration::from_secs(30), grace: Duration::from_secs(5), room: Duration::from_secs(1) };
/// The least that a body brings on average from then on, in bytes a second.
const MIN_RATE: u64 = 4 * 1024;
/// Bodies up to this size are outside the budget: the number of connections bounds them.
const SMALL: usize = 16 * 1024;
/// The unit of the budget.
const UNIT: usize = 16 * 1024;
/// The memory that all larger bodies share.
const BUDGET: usize = 32 * 1024 * 1024;
/// What of it is kept for callers who have proven themselves.
const RESERVE: usize = 8 * 1024 * 1024;
/// What of it a stranger's address may hold.
const SHARE: usize = 6 * 1024 * 1024;

/// Limits the memory that request bodies take together, and the time each may take to arrive.
#[derive(Debug)]
pub(super) struct BodyBudget {
    limits: BudgetLimits,
    times: BodyTimes,
    held: Arc<BudgetState>,
}

/// How much memory bodies may take: in all, of one address, and kept free for known senders; in units.
#[derive(Clone, Copy, Debug)]
struct BudgetLimits {
    all: usize,
    reserve: usize,
    share: usize,
}

/// How long a body may take to arrive, and how long others wait for a slow one to be evicted.
#[derive(Clone, Copy, Debug)]
struct BodyTimes {
    /// A body, to arrive.
    whole: Duration,
    /// A body, before its rate counts.
    grace: Duration,
    /// Others, to make room.
    room: Duration,
}

/// The address that sends a body, and whether it has shown a right secret or signature.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodySender {
    network: IpAddr,
    is_proven: bool,
}

impl BodySender {
    /// A client at `address`; `is_proven` if it showed a secret, or webhooks from there verified lately.
    pub(super) fn new(address: IpAddr, is_proven: bool) -> Self {
        Self { network: network(address), is_proven }
    }
}

/// How much of the budget is in use, and a signal when some becomes free.
#[derive(Debug, Default)]
struct BudgetState {
    bodies: Mutex<BudgetUse>,
    freed: Notify,
}

/// How many units of memory bodies hold, in all and by address, and which bodies are still arriving.
#[derive(Debug, Default)]
struct BudgetUse {
    next: u64,
    used: usize,
    by_network: HashMap<IpAddr, usize>,
    arriving: HashMap<u64, ArrivingBody>,
}

/// A body that has not arrived as a whole, which may be evicted when it is slow.
#[derive(Debug)]
struct ArrivingBody {
    sender: BodySender,
    since: Instant,
    units: usize,
    evicted: Arc<Notify>,
}

impl ArrivingBody {
    /// Units a second.
    fn rate(&self, now: Instant) -> f64 {
        self.units as f64 / now.duration_since(self.since).as_secs_f64().max(0.001)
    }
}

impl BudgetState {
    fn lock(&self) -> MutexGuard<'_, BudgetUse> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for BodyBudget {
    fn default() -> Self {
        let limits = BudgetLimits { all: BUDGET / UNIT, reserve: RESERVE / UNIT, share: SHARE / UNIT };
        Self::new(limits, TIMES)
    }
}

impl BodyBudget {
    fn new(limits: BudgetLimits, times: BodyTimes) -> Self {
        Self { limits, times, held: Arc::default() }
    }

    /// Reads a body of at most `limit` bytes. What it holds of the budget goes back with the returned value.
    pub(super) async fn read(
        &self,
        sender: BodySender,
        headers: &HeaderMap,
        body: Body,
        limit: usize,
    ) -> Result<BodyBytes, Problem> {
        if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(Problem::invalid("encoded bodies are not accepted"));
        }
        if announced(headers).is_some_and(|length| length > limit as u64) {
            return Err(Problem::too_large(limit));
        }
        self.collect(sender, body, limit).await
    }

    async fn collect(&self, sender: BodySender, mut body: Body, limit: usize) -> Result<BodyBytes, Problem> {
        let (mut bytes, began) = (BytesMut::new(), Instant::now());
        let mut permit = BodyPermit { held: Arc::clone(&self.held), sender, number: None, units: 0 };
        let evicted = Arc::new(Notify::new());
        loop {
            let frame = tokio::select! {
                frame = timeout_at(self.deadline(began, bytes.len()), body.frame()) => frame,
                () = evicted.notified() => return Err(Problem::unavailable("too many large bodies at once")),
            };
            let Some(frame) = frame.map_err(|_| Problem::timeout())? else { break };
            let frame = frame.map_err(|_| Problem::invalid("the body ended early"))?;
            let Ok(data) = frame.into_data() else { continue };
            let length = bytes.len() + data.len();
            if length > limit {
                return Err(Problem::too_large(limit));
            }
            if length > SMALL {
                self.reserve(&mut permit, length.div_ceil(UNIT), (began, &evicted)).await?;
            }
            bytes.extend_from_slice(&data);
        }
        permit.has_arrived();
        Ok(BodyBytes { bytes: bytes.freeze(), _held: permit })
    }

    /// Until when the next part of a body has to arrive.
    fn deadline(&self, began: Instant, length: usize) -> Instant {
        let by_rate = self.times.grace + Duration::from_millis(length as u64 * 1_000 / MIN_RATE);
        began + by_rate.min(self.times.whole)
    }

    /// Takes as many units as a body needs beside those it has. Where there are too few, the slowest body makes room.
    async fn reserve(
        &self,
        permit: &mut BodyPermit,
        needed: usize,
        (began, evicted): (Instant, &Arc<Notify>),
    ) -> Result<(), Problem> {
        let more = needed.saturating_sub(permit.units);
        if more == 0 {
            return Ok(());
        }
        let deadline = Instant::now() + self.times.room;
        loop {
            let mut freed = std::pin::pin!(self.held.freed.notified());
            freed.as_mut().enable();
            if self.take(permit, more, (began, evicted)) {
                return Ok(());
            }
            timeout_at(deadline, freed).await.map_err(|_| Problem::unavailable("too many large bodies at once"))?;
        }
    }

    /// Takes units if there are as many; else evicts the slowest body that is in the way.
    fn take(&self, permit: &mut BodyPermit, more: usize, (began, evicted): (Instant, &Arc<Notify>)) -> bool {
        let BodySender { network, is_proven } = permit.sender;
        let BudgetLimits { all, reserve, share } = self.limits;
        let mut bodies = self.held.lock();
        let of_network = bodies.by_network.get(&network).copied().unwrap_or(0);
        let is_within_share = is_proven || of_network + more <= share;
        if is_within_share && bodies.used + more <= if is_proven { all } else { all - reserve } {
            bodies.used += more;
            *bodies.by_network.entry(network).or_default() += more;
            permit.units += more;
            let number = *permit.number.get_or_insert(bodies.next);
            bodies.next = bodies.next.max(number + 1);
            let arriving =
                ArrivingBody { sender: permit.sender, since: began, units: permit.units, evicted: Arc::clone(evicted) };
            bodies.arriving.insert(number, arriving);
            return true;
        }
        let now = Instant::now();
        let is_in_the_way = |(number, body): &(&u64, &ArrivingBody)| {
            Some(**number) != permit.number
                && (is_within_share || body.sender.network == network)
                && (is_proven || !body.sender.is_proven)
        };
        let slowest = bodies.arriving.iter().filter(is_in_the_way);
        let slowest = slowest.min_by(|a, b| a.1.rate(now).total_cmp(&b.1.rate(now))).map(|(number, _)| *number);
        if let Some(slowest) = slowest.and_then(|number| bodies.arriving.remove(&number)) {
            slowest.evicted.notify_one();
        }
        false
    }
}

/// One body's share of the budget, given back when it is dropped.
#[derive(Debug)]
struct BodyPermit {
    held: Arc<BudgetState>,
    sender: BodySender,
    number: Option<u64>,
    units: usize,
}

impl BodyPermit {
    /// From here on it is not evicted.
    fn has_arrived(&self) {
        if let Some(number) = self.number {
            self.held.lock().arriving.remove(&number);
        }
    }
}

impl Drop for BodyPermit {
    fn drop(&mut self) {
        if self.units == 0 {
            return;
        }
        self.has_arrived();
        let mut bodies = self.held.lock();
        bodies.used -= self.units;
        let left = bodies.by_network.get(&self.sender.network).copied().unwrap_or(0).saturating_sub(self.units);
        match left {
            0 => bodies.by_network.remove(&self.sender.network),
            left => bodies.by_network.insert(self.sender.network, left),
        };
        drop(bodies);
        self.held.freed.notify_waiters();
    }
}

/// A whole body with its share of the budget.
#[derive(Debug)]
pub(super) struct BodyBytes {
    pub(super) bytes: Bytes,
    _held: BodyPermit,
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASTE: BodyTimes = BodyTimes {
        whole: Duration::from_millis(300),
        grace: Duration::from_millis(50),
        room: Duration::from_millis(50),
    };
    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn budget(all: usize, reserve: usize, share: usize) -> BodyBudget {
        BodyBudget::new(BudgetLimits { all, reserve, share }, HASTE)
    }

    fn stranger(last: u8) -> BodySender {
        BodySender::new([192, 0, 2, last].into(), false)
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(future)
    }

    async fn take(budget: &BodyBudget, sender: BodySender, length: usize) -> Result<BodyBytes, http::StatusCode> {
        let read = budget.read(sender, &HeaderMap::new(), Body::from(vec![b'x'; length]), BUDGET).await;
        read.map_err(|problem| problem.status())
    }

    fn read(budget: &BodyBudget, length: usize, limit: usize) -> Result<usize, http::StatusCode> {
        let body = Body::from(vec![b'x'; length]);
        let read = block_on(budget.read(BodySender::new(HOME, false), &HeaderMap::new(), body, limit));
        read.map(|read| read.bytes.len()).map_err(|problem| problem.status())
    }

    #[test]
    fn the_limit_is_the_last_byte_that_is_read() {
        let budget = BodyBudget::default();
        assert_eq!(read(&budget, 99_999, 100_000), Ok(99_999));
        assert_eq!(read(&budget, 100_000, 100_000), Ok(100_000));
        assert_eq!(read(&budget, 100_001, 100_000), Err(http::StatusCode::PAYLOAD_TOO_LARGE));
    }

    /// A body that brings `part` bytes every `every`, for ever.
    fn trickle(part: usize, every: Duration) -> Body {
        let parts = futures_util::stream::unfold((), move |()| async move {
            tokio::time::sleep(every).await;
            Some((Ok::<_, std::convert::Infallible>(Bytes::from(vec![b'x'; part])), ()))
        });
        Body::from_stream(parts)
    }

    #[test]
    fn a_body_that_does_not_arrive_or_trickles_is_not_waited_for() {
        let waited = |body: Body| {
            block_on(async {
                let (began, budget) = (Instant::now(), budget(64, 0, 64));
                let read = budget.read(stranger(1), &HeaderMap::new(), body, BUDGET).await;
                assert_eq!(read.expect_err("it never ends").status(), http::StatusCode::REQUEST_TIMEOUT);
                began.elapsed()
            })
        };
        let (never, every) = (Duration::from_secs(100), Duration::from_millis(50));
        assert!(waited(trickle(1, never)) < HASTE.whole);
        assert!(waited(trickle(100, every)) < HASTE.whole, "two thousand bytes a second are too few");
        assert!(waited(trickle(1_000, every)) >= HASTE.whole);
    }

    #[test]
    fn large_bodies_share_a_budget_and_small_ones_need_none() {
        let two = budget(2, 0, 2);
        assert_eq!(read(&two, 2 * UNIT, BUDGET), Ok(2 * UNIT));
        assert_eq!(read(&two, 2 * UNIT + 1, BUDGET), Err(http::StatusCode::SERVICE_UNAVAILABLE));
        let held = two.held.lock();
        assert_eq!((held.used, held.by_network.len()), (0, 0));
        let none = budget(0, 0, 0);
        assert_eq!(read(&none, SMALL, BUDGET), Ok(SMALL));
        assert!(read(&none, SMALL + 1, BUDGET).is_err());
    }

    #[test]
    fn an_address_has_its_share_and_a_reserve_is_kept_for_who_is_proven() {
        block_on(async {
            let (budget, busy) = (budget(8, 2, 4), Err(http::StatusCode::SERVICE_UNAVAILABLE));
            let first = take(&budget, stranger(1), 4 * UNIT).await.expect("its share");
            assert_eq!(take(&budget, stranger(1), 2 * UNIT).await.map(drop), busy);
            let other = take(&budget, stranger(2), 2 * UNIT).await.expect("another has its own");
            assert_eq!(take(&budget, stranger(3), 2 * UNIT).await.map(drop), busy, "the rest is no stranger's");
            let proven = take(&budget, BodySender::new([192, 0, 2, 1].into(), true), 2 * UNIT).await;
            assert!(proven.is_ok());
            drop((first, other, proven));
            assert_eq!(budget.held.lock().used, 0);
        });
    }

    #[test]
    fn the_slowest_body_makes_room_for_one_at_an_honest_pace() {
        block_on(async {
            let (budget, headers) = (budget(4, 0, 4), HeaderMap::new());
            let slow = budget.read(stranger(1), &headers, trickle(1, Duration::from_secs(100)), BUDGET);
            let faster = budget.read(stranger(2), &headers, trickle(2 * UNIT, Duration::from_millis(20)), BUDGET);
            let honest = async {
                tokio::time::sleep(Duration::from_millis(25)).await;
                take(&budget, stranger(3), 4 * UNIT).await
            };
            let (slow, faster, honest) = tokio::join!(slow, faster, honest);
            assert_eq!(honest.map(|body| body.bytes.len()), Ok(4 * UNIT));
            assert_eq!(faster.expect_err("it was evicted").status(), http::StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(slow.expect_err("it came too late").status(), http::StatusCode::REQUEST_TIMEOUT);
        });
    }
}
