//! Slows down the guessing of secrets, by address, and checks only a limited number of guesses a minute. A right secret
//! from another address is never slowed down.
//!
//! Answers are decided by what this server knows. What it counts it shares with the other servers of its queue a few times a second,
//! so that a guesser gains nothing by going from one to another behind a load balancer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// Wrong secrets an address may show within a minute before its answers are delayed.
const FREE_GUESSES_PER_MINUTE: u32 = 10;
/// The interval at which further guesses of one address are answered, however many connections they come by.
const ANSWER_INTERVAL: Duration = Duration::from_millis(250);
/// Wrong secrets of one address within a minute that are looked at, unless a right one came from there lately.
const MAX_GUESSES_PER_MINUTE: u32 = 100;
/// The longest that an answer is held back. A guess that would be held back for longer is refused at once with
/// `Retry-After`.
const MAX_DELAY: Duration = Duration::from_secs(5);
/// Addresses that are remembered.
const MAX_ADDRESSES: usize = 10_000;
/// Addresses whose guesses are shared at once; those of others are the next time.
const MAX_SHARED: usize = 1_000;

/// Counts the wrong secrets of each address by the minute, and delays or refuses its further guesses.
#[derive(Debug, Default)]
pub(super) struct LoginThrottle(Mutex<HashMap<IpAddr, FailedLogins>>);

/// How many wrong secrets an address has shown in the current minute.
#[derive(Debug, Default)]
struct FailedLogins {
    minute: i64,
    count: u32,
    /// Those of them that other servers do not know of.
    unshared: u32,
    /// When the last delayed answer is due.
    answered_at: Option<Timestamp>,
}

/// How a response to a wrong secret is slowed down: its delay, or when to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Throttled {
    /// How long this answer is held back.
    pub(super) delay: Duration,
    /// For `Retry-After`, in seconds.
    pub(super) retry_after: u64,
}

impl LoginThrottle {
    /// Counts a wrong secret, and says how its address is slowed down, if it is.
    pub(super) fn record_failure(&self, peer: IpAddr, now: Timestamp) -> Option<Throttled> {
        let minute = now.minute();
        let mut addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= MAX_ADDRESSES {
            addresses.retain(|_, guesses| guesses.minute == minute);
        }
        if addresses.len() >= MAX_ADDRESSES {
            addresses.clear();
        }
        let guesses = addresses.entry(network(peer)).or_default();
        if guesses.minute != minute {
            (guesses.minute, guesses.count, guesses.unshared) = (minute, 0, 0);
        }
        guesses.count = guesses.count.saturating_add(1);
        guesses.unshared = guesses.unshared.saturating_add(1);
        (guesses.count > FREE_GUESSES_PER_MINUTE).then(|| guesses.throttle(now))
    }
}

impl LoginThrottle {
    /// Whether an address has shown so many wrong secrets in this minute that no more of them are looked at.
    pub(super) fn blocked(&self, peer: IpAddr, now: Timestamp) -> Option<Throttled> {
        let addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let guesses = addresses.get(&network(peer)).filter(|guesses| guesses.minute == now.minute())?;
        (guesses.count >= MAX_GUESSES_PER_MINUTE)
            .then(|| Throttled { delay: Duration::ZERO, retry_after: until_next_minute(now) })
    }

    /// Takes the guesses of this minute that other servers do not know of, by address.
    pub(super) fn take_unshared(&self, now: Timestamp) -> Vec<(IpAddr, u32)> {
        let mut addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unshared = addresses.iter_mut().filter(|(_, it)| it.minute == now.minute() && it.unshared > 0);
        unshared.take(MAX_SHARED).map(|(address, it)| (*address, std::mem::take(&mut it.unshared))).collect()
    }

    /// Learns how many guesses of this minute all servers have counted from an address.
    pub(super) fn learn(&self, address: IpAddr, all: u64, now: Timestamp) {
        let mut addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guesses) = addresses.get_mut(&address).filter(|it| it.minute == now.minute()) {
            let all = u32::try_from(all).unwrap_or(u32::MAX);
            guesses.count = guesses.count.max(all.saturating_add(guesses.unshared));
        }
    }
}

fn until_next_minute(now: Timestamp) -> u64 {
    60 - now.as_seconds().rem_euclid(60).unsigned_abs()
}

impl FailedLogins {
    /// Gives the answer the next slot of its address.
    fn throttle(&mut self, now: Timestamp) -> Throttled {
        let slot = self.answered_at.map_or(now, |last| last.max(now)).plus(ANSWER_INTERVAL);
        let retry_after = until_next_minute(now);
        match slot.since(now) {
            delay if delay <= MAX_DELAY => {
                self.answered_at = Some(slot);
                Throttled { delay, retry_after }
            }
            _ => Throttled { delay: Duration::ZERO, retry_after },
        }
    }
}

/// The addresses that one client can use: an IPv4 address, or the /64 of an IPv6 address.
pub(super) fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            [a, b, c, d, 0, 0, 0, 0].into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);
    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_guesser_is_an_address_or_the_network_it_can_choose_one_from() {
        let network = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(network("10.1.2.3"), "10.1.2.3");
        assert_eq!(network("::ffff:10.1.2.3"), "10.1.2.3");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn guesses_of_one_address_are_answered_four_times_a_second_and_those_of_others_at_once() {
        let throttle = LoginThrottle::default();
        let delays: Vec<_> = (0..13).map(|_| throttle.record_failure(PEER, NOW).map(|it| it.delay)).collect();
        assert_eq!(delays[..10], [None; 10]);
        assert_eq!(delays[10..], [250, 500, 750].map(|millis| Some(Duration::from_millis(millis))));
        assert_eq!(throttle.record_failure("10.0.0.1".parse().expect("an address"), NOW), None);
        assert_eq!(throttle.record_failure(PEER, NOW.plus(Duration::from_mins(1))), None);
    }

    #[test]
    fn what_other_servers_counted_slows_down_and_blocks_as_well() {
        let throttle = LoginThrottle::default();
        assert_eq!(throttle.record_failure(PEER, NOW), None);
        assert_eq!((throttle.take_unshared(NOW), throttle.take_unshared(NOW)), (vec![(PEER, 1)], Vec::new()));
        throttle.learn(PEER, 11, NOW);
        assert!(throttle.record_failure(PEER, NOW).is_some(), "the twelfth of all");
        throttle.learn(PEER, 99, NOW);
        assert!(throttle.blocked(PEER, NOW).is_some(), "with the one that the others do not know of");
        let next = NOW.plus(Duration::from_mins(1));
        assert_eq!((throttle.blocked(PEER, next), throttle.take_unshared(next)), (None, Vec::new()));
        throttle.learn(PEER, 100, next);
        assert_eq!(throttle.record_failure(PEER, next), None, "what was counted before the minute is over");
    }

    #[test]
    fn a_guesser_is_blocked_for_the_minute_and_nobody_else_is() {
        let throttle = LoginThrottle::default();
        for _ in 0..100 {
            assert_eq!(throttle.blocked(PEER, NOW), None);
            let delay = throttle.record_failure(PEER, NOW).map_or(Duration::ZERO, |it| it.delay);
            assert!(delay <= MAX_DELAY);
        }
        assert!(throttle.blocked(PEER, NOW).is_some());
        assert_eq!(throttle.blocked("10.0.0.1".parse().expect("an address"), NOW), None);
        assert_eq!(throttle.blocked(PEER, NOW.plus(Duration::from_mins(1))), None);
    }
}
