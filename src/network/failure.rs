//! Failed requests: why there is no response, and the phase that was reached.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::failure_text::broken_in_words;
use crate::delivery::Outcome;

/// The phases of a request, in their order: resolve, connect, TLS, response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The name is resolved.
    Resolve,
    /// The connection is opened, through the proxy if there is one.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The request is sent, and the response awaited.
    Response,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Resolve, Self::Connect, Self::Tls, Self::Response];

    fn waiting_for(self) -> &'static str {
        match self {
            Self::Resolve => "the name to resolve",
            Self::Connect => "the connection",
            Self::Tls => "the TLS handshake",
            Self::Response => "the response",
        }
    }
}

/// How long each phase of a request took; none where it was not reached, or where an idle connection was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Resolving the name.
    pub resolve: Option<Duration>,
    /// Connecting, through the proxy if there is one.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the request to the response headers.
    pub response: Option<Duration>,
}

/// Measures how long each phase of a request takes, and knows which one it is in.
#[derive(Debug)]
pub struct PhaseTimer {
    began: Instant,
    phase: AtomicU8,
    /// Microseconds from the beginning, plus one; zero where the phase was not entered.
    entered: [AtomicU64; 4],
}

impl PhaseTimer {
    /// A request that begins now, on a connection that is open.
    #[expect(clippy::new_without_default, reason = "it holds the time at which it was made")]
    pub fn new() -> Self {
        Self { began: Instant::now(), phase: AtomicU8::new(Phase::Response as u8), entered: Default::default() }
    }

    /// Enters a phase.
    pub fn enter(&self, phase: Phase) {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX - 1);
        self.entered[phase as usize].store(micros + 1, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Takes over the phases of another request, with which this one was made.
    pub fn follow(&self, other: &Self) {
        let ahead = u64::try_from(other.began.saturating_duration_since(self.began).as_micros()).unwrap_or(0);
        for (own, other) in self.entered.iter().zip(&other.entered) {
            let at = other.load(Ordering::Relaxed);
            own.store(if at == 0 { 0 } else { at.saturating_add(ahead) }, Ordering::Relaxed);
        }
        self.phase.store(other.phase() as u8, Ordering::Relaxed);
    }

    /// The phase it is in.
    pub fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Ordering::Relaxed)).min(3)]
    }

    /// The time of each phase, the last one ending now.
    pub fn timings(&self) -> Timings {
        let now = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX - 1) + 1;
        let entered = self.entered.each_ref().map(|at| at.load(Ordering::Relaxed));
        let took = |phase: Phase| {
            let from = entered[phase as usize];
            let later = entered[phase as usize + 1..].iter().copied().find(|at| *at > 0);
            (from > 0).then(|| Duration::from_micros(later.unwrap_or(now).saturating_sub(from)))
        };
        Timings {
            resolve: took(Phase::Resolve),
            connect: took(Phase::Connect),
            tls: took(Phase::Tls),
            response: took(Phase::Response),
        }
    }
}

/// Why a request got no response, in words and as an outcome.
#[derive(Debug)]
pub struct Failure {
    /// The outcome.
    pub outcome: Outcome,
    /// Why, in words for an operator. Foreign text in it is not yet escaped.
    pub detail: String,
}

impl Failure {
    /// No connection, or one that broke.
    pub fn unreachable(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unreachable, detail: detail.into() }
    }

    /// An address that may not be called.
    pub fn refused(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Refused, detail: detail.into() }
    }

    /// No complete response within `limit`; `phase` says what was waited for.
    pub fn timed_out(limit: Duration, phase: Phase) -> Self {
        let limit = humantime::format_duration(limit);
        let detail = format!("timed out after {limit} waiting for {}", phase.waiting_for());
        Self { outcome: Outcome::TimedOut, detail }
    }

    /// A connection that broke before the response headers were there.
    pub fn broken(error: &hyper::Error) -> Self {
        Self::unreachable(broken_in_words(error))
    }
}
