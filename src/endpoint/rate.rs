//! Rate limits of endpoints, by the generic cell rate algorithm, which stores one time.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

const MICROS_PER_SECOND: u64 = 1_000_000;

/// How many requests an endpoint may get in a time, such as `50/s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RateLimit {
    requests: u32,
    /// The period in seconds: 1, 60 or 3,600.
    per: u32,
}

impl RateLimit {
    /// Reads `50/s`, `100/m` or `1000/h`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a rate such as 50/s, 100/m or 1000/h");
        let (requests, unit) = text.trim().split_once('/').ok_or_else(wrong)?;
        let requests = requests.trim().parse().ok().filter(|n| (1..=100_000).contains(n)).ok_or_else(wrong)?;
        let per = match unit.trim() {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            _ => return Err(wrong()),
        };
        Ok(Self { requests, per })
    }

    /// Microseconds between two requests at this rate.
    fn interval(self) -> i64 {
        let micros = u64::from(self.per) * MICROS_PER_SECOND / u64::from(self.requests);
        i64::try_from(micros.max(1)).unwrap_or(i64::MAX)
    }

    /// The default burst: the requests of a tenth of a second, at least one.
    fn default_burst(self) -> u32 {
        (self.requests / (10 * self.per)).max(1)
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.requests)
    }
}

impl TryFrom<String> for RateLimit {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<RateLimit> for String {
    fn from(rate: RateLimit) -> Self {
        rate.to_string()
    }
}

/// An endpoint's rate limit and its burst, as intervals between requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The rate.
    pub rate: RateLimit,
    /// The most requests at once.
    pub burst: u32,
}

impl Pace {
    /// A rate with a burst, or with the default one.
    pub fn new(rate: RateLimit, burst: Option<u32>) -> Self {
        Self { rate, burst: burst.unwrap_or_else(|| rate.default_burst()).max(1) }
    }

    /// How many requests may be sent at `now`, if the rate is used up until `used_until`.
    pub fn allowed(self, used_until: UsedUntil, now: Timestamp) -> usize {
        let now = micros(now);
        let free = now.saturating_add(self.tolerance()).saturating_sub(self.since(used_until, now));
        usize::try_from(free / self.rate.interval()).unwrap_or(0)
    }

    /// Until when the rate is used up once `requests` more were sent at `now`.
    #[must_use]
    pub fn take(self, used_until: UsedUntil, requests: usize, now: Timestamp) -> UsedUntil {
        let requests = i64::try_from(requests).unwrap_or(i64::MAX);
        let used = self.since(used_until, micros(now)).saturating_add(self.rate.interval().saturating_mul(requests));
        UsedUntil(used)
    }

    /// When one more request may be sent; `None` if now.
    pub fn next_at(self, used_until: UsedUntil, now: Timestamp) -> Option<Timestamp> {
        if self.allowed(used_until, now) > 0 {
            return None;
        }
        let at = self.since(used_until, micros(now)) + self.rate.interval() - self.tolerance();
        // Rounded up, so that it is never too early.
        Some(Timestamp::from_millis(at.div_euclid(1_000) + 1))
    }

    fn tolerance(self) -> i64 {
        self.rate.interval().saturating_mul(i64::from(self.burst))
    }

    /// The end of the used time, clamped: unused requests do not accumulate beyond the burst, and after the clock jumped back the
    /// rate is used up at most once.
    fn since(self, used_until: UsedUntil, now: i64) -> i64 {
        used_until.0.clamp(now, now.saturating_add(self.tolerance()))
    }
}

/// Until when an endpoint's rate is used up, in microseconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsedUntil(pub i64);

fn micros(time: Timestamp) -> i64 {
    time.as_millis().saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_706_702_400_000;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(START + ms)
    }

    #[test]
    fn rates_are_read_and_written() {
        for text in ["1/s", "50/s", "100/m", "1000/h"] {
            assert_eq!(RateLimit::parse(text).map(|rate| rate.to_string()), Ok(text.to_owned()));
        }
        for wrong in ["", "50", "0/s", "-1/s", "50/d", "1.5/s", "/s", "100001/s"] {
            assert!(RateLimit::parse(wrong).is_err(), "{wrong}");
        }
        let burst = |text: &str| Pace::new(RateLimit::parse(text).expect(text), None).burst;
        assert_eq!(["1/s", "10/s", "50/s", "1000/s", "600/m", "5/h"].map(burst), [1, 1, 5, 100, 1, 1]);
    }

    /// Whoever asks as often as it likes, and takes all it gets, never gets more than the rate and one burst.
    #[test]
    fn no_window_has_more_than_the_rate_and_one_burst() {
        for (text, burst, per_second) in [("50/s", 5, 50.0), ("7/s", 3, 7.0), ("90/m", 1, 1.5), ("1000/s", 100, 1000.0)]
        {
            let pace = Pace::new(RateLimit::parse(text).expect(text), Some(burst));
            let (mut used, mut sent) = (UsedUntil::default(), Vec::new());
            for ms in (0..10_000).step_by(3) {
                let allowed = pace.allowed(used, at(ms));
                used = pace.take(used, allowed, at(ms));
                sent.extend(std::iter::repeat_n(ms, allowed));
            }
            for window in [100, 1_000, 5_000] {
                let most =
                    (0..sent.len()).map(|from| sent[from..].iter().take_while(|ms| **ms < sent[from] + window).count());
                let limit =
                    per_second * f64::from(u32::try_from(window).expect("small")) / 1e3 + f64::from(burst) + 1.0;
                let most = most.max().unwrap_or_default();
                assert!(most as f64 <= limit, "{text}: {most} in {window} ms");
            }
            let expected = per_second * 10.0;
            assert!(sent.len() as f64 >= expected * 0.95, "{text}: {} of {expected}", sent.len());
        }
    }

    #[test]
    fn the_next_request_may_be_sent_when_it_says_and_not_before() {
        let pace = Pace::new(RateLimit::parse("10/s").expect("a rate"), Some(2));
        let used = pace.take(UsedUntil::default(), 2, at(0));
        assert_eq!(pace.allowed(used, at(0)), 0);
        let next = pace.next_at(used, at(0)).expect("a time");
        assert!((100..=101).contains(&next.since(at(0)).as_millis()), "{next}");
        assert_eq!(pace.allowed(used, at(99)), 0);
        assert_eq!(pace.allowed(used, next), 1);
        assert_eq!(pace.next_at(used, next), None);
    }

    #[test]
    fn a_clock_that_jumped_back_does_not_stop_an_endpoint() {
        let pace = Pace::new(RateLimit::parse("1/s").expect("a rate"), None);
        let used = pace.take(UsedUntil::default(), 1, at(3_600_000));
        let next = pace.next_at(used, at(0)).expect("used up");
        assert!(next.since(at(0)).as_millis() <= 1_001, "{next}");
    }
}
