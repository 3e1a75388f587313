//! The check of expected events: it notices an application that went silent.

use super::check::{Check, ExpectedEvents, check_if};
use crate::clock::Timestamp;
use crate::format::short_duration;
use crate::untrusted::Untrusted;

/// When the events that the operator expects were last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenEvents {
    /// The expectation.
    pub expected: ExpectedEvents,
    /// When the last of them was emitted or accepted, if that was in time.
    pub last: Option<Timestamp>,
}

/// Judges the expectations; `None` without any.
pub(super) fn check(seen: &[SeenEvents], now: Timestamp) -> Option<Check> {
    if seen.is_empty() {
        return None;
    }
    let is_late = |it: &&SeenEvents| it.last.is_none_or(|last| now.since(last) > it.expected.within);
    let late: Vec<String> = seen
        .iter()
        .filter(is_late)
        .map(|it| {
            format!("{} for more than {}", Untrusted(it.expected.types.as_str()), short_duration(it.expected.within))
        })
        .collect();
    let value = format!("{} of {} silent", late.len(), seen.len());
    let text = format!("no event was emitted or received of {}", late.join(", "));
    Some(check_if("expected events", !late.is_empty(), value, "none silent".to_owned(), text))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Grade;
    use super::*;
    use crate::endpoint::TypePattern;

    const NOW: Timestamp = Timestamp::from_millis_const(1_795_359_600_000);

    #[test]
    fn what_did_not_come_in_time_is_named_with_its_threshold() {
        let seen = |types: &str, hours: u64, ago: Option<u64>| SeenEvents {
            expected: ExpectedEvents {
                types: TypePattern::parse(types).expect("a pattern"),
                within: Duration::from_secs(hours * 3600),
            },
            last: ago.map(|hours| NOW.minus(Duration::from_secs(hours * 3600))),
        };
        assert_eq!(check(&[], NOW), None);
        let all = check(&[seen("user.*", 24, Some(23)), seen("progress.updated", 6, Some(6))], NOW).expect("a check");
        assert_eq!((all.state, all.message), (Grade::Ok, None));
        let one = check(&[seen("user.*", 24, Some(1)), seen("progress.updated", 6, None)], NOW).expect("a check");
        assert_eq!((one.state, one.value.as_str()), (Grade::Critical, "1 of 2 silent"));
        let message = one.message.expect("a message");
        assert_eq!(message, "no event was emitted or received of progress.updated for more than 6h");
    }
}
