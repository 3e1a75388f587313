//! The addresses from which something was proven lately: webhooks that verified, or a right secret.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::login_throttle::network;

/// How long an address counts as known.
const KNOWN_FOR: Duration = Duration::from_hours(1);
/// Addresses that are remembered.
const MAX_ADDRESSES: usize = 10_000;

/// Remembers from which addresses a right secret or signature came lately. Of IPv6 it remembers networks of 64 bits.
#[derive(Debug, Default)]
pub(super) struct KnownSenders(Mutex<HashMap<IpAddr, Instant>>);

impl KnownSenders {
    /// Notes that something was proven from there.
    pub(super) fn add(&self, address: IpAddr) {
        let now = Instant::now();
        let mut known = self.lock();
        if known.len() >= MAX_ADDRESSES {
            known.retain(|_, at| now.duration_since(*at) < KNOWN_FOR);
        }
        if known.len() < MAX_ADDRESSES {
            known.insert(network(address), now);
        }
    }

    /// Whether something was proven from there lately.
    pub(super) fn is_known(&self, address: IpAddr) -> bool {
        self.lock().get(&network(address)).is_some_and(|at| at.elapsed() < KNOWN_FOR)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
