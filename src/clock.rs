//! Timestamps as the queue stores them, and clocks.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time in UTC, in whole milliseconds since 1970.
///
/// It is displayed and serialised as RFC 3339 with milliseconds and `Z`, the form of JavaScript's `toISOString`.
/// Arithmetic saturates, so that no clock can make it panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 9999-12-31T23:59:59.999Z, the last time that RFC 3339 can write.
const LAST_MILLIS: i64 = 253_402_300_799_999;
/// 0000-01-01T00:00:00.000Z.
const FIRST_MILLIS: i64 = -62_167_219_200_000;

impl Timestamp {
    /// The time `millis` milliseconds after 1970, clamped to the years 0 to 9999.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(FIRST_MILLIS, LAST_MILLIS))
    }

    /// [`Self::from_millis`] for constants in tests.
    #[cfg(test)]
    pub(crate) const fn from_millis_const(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down: the unit of `webhook-timestamp`.
    pub fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time `by` later.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(millis(by)))
    }

    /// The time `by` earlier.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(millis(by)))
    }

    /// The duration from `earlier` to this time; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The number of its minute, counted from 1970.
    pub fn minute(self) -> i64 {
        self.0.div_euclid(60_000)
    }

    /// The beginning of a minute, by its number.
    pub fn from_minute(minute: i64) -> Self {
        Self::from_millis(minute.saturating_mul(60_000))
    }

    /// Reads RFC 3339 (`2024-01-31T12:00:00Z`, any offset; seconds may be left out).
    pub fn parse(text: &str) -> Option<Self> {
        let parsed =
            DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z")).ok()?;
        let millis = parsed.timestamp_millis();
        (FIRST_MILLIS..=LAST_MILLIS).contains(&millis).then_some(Self(millis))
    }

    /// The same time as a [`chrono`] date.
    pub fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

/// A source of the current time. Code that depends on time takes one, or a [`Timestamp`], as an argument.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The system's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place where time comes from")]
        let now = SystemTime::now();
        let millis = match now.duration_since(UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        };
        Timestamp::from_millis(millis)
    }
}

/// A clock for tests, which changes only when it is set.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Sets the clock to `now`.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_javascript_would() {
        assert_eq!(Timestamp::from_millis(1_706_702_400_000).to_string(), "2024-01-31T12:00:00.000Z");
    }

    #[test]
    fn reads_offsets_fractions_and_times_without_seconds() {
        let noon = Timestamp::from_millis(1_706_702_400_000);
        assert_eq!(Timestamp::parse("2024-01-31T13:00:00+01:00"), Some(noon));
        assert_eq!(Timestamp::parse("2024-01-31T12:00Z"), Some(noon));
        assert_eq!(Timestamp::parse("2024-01-31T12:00:00.123456Z").map(Timestamp::as_millis), Some(1_706_702_400_123));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn no_arithmetic_leaves_the_calendar() {
        let last = Timestamp::from_millis(i64::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).since(last), Duration::ZERO);
        assert_eq!(Timestamp::from_millis(-1).as_seconds(), -1);
    }
}
