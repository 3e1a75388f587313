//! A limit on the lines about refused requests.

use crate::clock::Timestamp;

/// The most refused requests that are reported in a minute; the others are counted.
const REFUSALS_TOLD: usize = 20;

/// Limits how many refused requests `listen` prints in a minute, so that a flood of them does not bury received ones.
#[derive(Debug, Default)]
pub(super) struct RefusalLimit {
    minute: i64,
    count: usize,
}

impl RefusalLimit {
    /// Counts a refused request. Returns whether to report it, and how many of the last minute were not reported.
    pub(super) fn add(&mut self, now: Timestamp) -> (bool, usize) {
        let suppressed = if self.minute == now.minute() { 0 } else { self.suppressed() };
        if self.minute != now.minute() {
            *self = Self { minute: now.minute(), count: 0 };
        }
        self.count += 1;
        (self.count <= REFUSALS_TOLD, suppressed)
    }

    /// How many of this minute were not reported.
    pub(super) const fn suppressed(&self) -> usize {
        self.count.saturating_sub(REFUSALS_TOLD)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_of_refused_requests_is_told_of_by_its_first_ones_and_a_count() {
        let mut refusals = RefusalLimit::default();
        let now = Timestamp::parse("2024-01-31T12:00:00Z").expect("a time");
        let told: Vec<_> = (0..25).map(|_| refusals.add(now)).collect();
        assert!(told[..20].iter().all(|told| *told == (true, 0)) && told[20..].iter().all(|told| *told == (false, 0)));
        assert_eq!(refusals.suppressed(), 5);
        assert_eq!(refusals.add(now.plus(Duration::from_mins(1))), (true, 5));
        assert_eq!(refusals.suppressed(), 0);
    }
}
