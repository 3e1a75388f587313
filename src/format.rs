//! Formats times, durations, sizes and counts for people, and suggests similar names.

use std::time::Duration;

use chrono::TimeDelta;
use chrono_humanize::{Accuracy, HumanTime, Tense};

use crate::clock::Timestamp;

/// How far ahead a time may be and still count as now, because clocks of two machines differ.
const SKEW_SECONDS: i64 = 10;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The age in seconds from which a date is shown instead of a number of days.
const DATES_AFTER: i64 = 7 * DAY;

/// `then` relative to `now`: `just now`, `5 minutes ago`, `in 3 minutes`, and a date from seven days on.
///
/// Counts are rounded down. A time up to ten seconds ahead is `just now`, because clocks differ.
pub fn relative(then: Timestamp, now: Timestamp) -> String {
    let ahead = (then.as_millis() - now.as_millis()) / 1000;
    match ahead.abs() {
        DATES_AFTER.. => then.to_datetime().format("%Y-%m-%d").to_string(),
        seconds @ MINUTE.. => humanized(seconds, ahead > 0),
        seconds if ahead > SKEW_SECONDS => humanized(seconds, true),
        _ => "just now".to_owned(),
    }
}

fn humanized(seconds: i64, ahead: bool) -> String {
    let unit = match seconds {
        DAY.. => DAY,
        HOUR.. => HOUR,
        MINUTE.. => MINUTE,
        _ => 1,
    };
    let tense = if ahead { Tense::Future } else { Tense::Past };
    HumanTime::from(TimeDelta::seconds(seconds / unit * unit)).to_text_en(Accuracy::Precise, tense)
}

/// A duration in its two largest units: `850ms`, `3.4s`, `7m 12s`, `2h 5m`, `3d 4h`. Rounded down.
pub fn short_duration(span: Duration) -> String {
    let (seconds, minutes, hours) = (span.as_secs(), span.as_secs() / 60, span.as_secs() / 3600);
    match seconds {
        0 => format!("{}ms", span.as_millis()),
        1..60 => one_decimal(seconds, span.subsec_millis() / 100),
        60..3600 => two_units(minutes, "m", seconds % 60, "s"),
        3600..86_400 => two_units(hours, "h", minutes % 60, "m"),
        _ => two_units(hours / 24, "d", hours % 24, "h"),
    }
}

fn one_decimal(seconds: u64, tenths: u32) -> String {
    if tenths == 0 { format!("{seconds}s") } else { format!("{seconds}.{tenths}s") }
}

fn two_units(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large}{large_unit}") } else { format!("{large}{large_unit} {small}{small_unit}") }
}

/// `text` cut to `limit` characters, the last one an ellipsis when something was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// The name in `known` that `typed` probably means.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(typed, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A number with its noun: `1 request`, `2 requests`.
pub fn count(number: usize, what: &str) -> String {
    match what.strip_suffix('y') {
        _ if number == 1 => format!("1 {what}"),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ => format!("{number} {what}s"),
    }
}

/// Bytes as people read them: `18.4 MiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match UNITS.into_iter().find(|(_, bits)| bytes >> bits > 0) {
        Some((unit, bits)) => {
            let tenths = (u128::from(bytes) * 10) >> bits;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis_const(1_795_359_600_000);

    fn seen(seconds_ahead: i64) -> String {
        relative(Timestamp::from_millis(NOW.as_millis() + seconds_ahead * 1000), NOW)
    }

    #[test]
    fn moments_past_are_rounded_down_and_become_dates_after_a_week() {
        assert_eq!([0, -59, 10].map(seen), ["just now"; 3]);
        assert_eq!([-60, -91, -119].map(seen), ["1 minute ago", "1 minute ago", "1 minute ago"]);
        assert_eq!([-120, -46 * 60, -3599].map(seen), ["2 minutes ago", "46 minutes ago", "59 minutes ago"]);
        assert_eq!([-3600, -91 * 60, -7200].map(seen), ["1 hour ago", "1 hour ago", "2 hours ago"]);
        assert_eq!([-23 * HOUR, -DAY, -6 * DAY].map(seen), ["23 hours ago", "1 day ago", "6 days ago"]);
        assert_eq!(seen(-7 * DAY), "2026-11-15");
    }

    #[test]
    fn moments_to_come_say_so() {
        assert_eq!([11, 59, 60, 180].map(seen), ["in 11 seconds", "in 59 seconds", "in 1 minute", "in 3 minutes"]);
        assert_eq!([2 * HOUR, 7 * DAY].map(seen), ["in 2 hours", "2026-11-29"]);
        assert_eq!(relative(Timestamp::from_millis(i64::MAX), Timestamp::from_millis(i64::MIN)), "9999-12-31");
    }

    #[test]
    fn spans_show_their_two_largest_units() {
        let shown = |ms| short_duration(Duration::from_millis(ms));
        assert_eq!([0, 850, 1000, 3_499, 59_999].map(shown), ["0ms", "850ms", "1s", "3.4s", "59.9s"]);
        assert_eq!([60_000, 432_000, 7_500_000].map(shown), ["1m", "7m 12s", "2h 5m"]);
        assert_eq!([86_400_000, 273_600_000].map(shown), ["1d", "3d 4h"]);
    }

    #[test]
    fn counts_agree_with_their_noun() {
        let counted = ["delivery", "entry", "day", "event"].map(|what| count(2, what));
        assert_eq!(counted, ["2 deliveries", "2 entries", "2 days", "2 events"]);
        assert_eq!(count(1, "delivery"), "1 delivery");
    }

    #[test]
    fn sizes_read_in_their_largest_unit() {
        let sizes = [0, 1023, 1024, 1_572_864, 5_480_000_000].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "5.1 GiB"]);
    }

    #[test]
    fn near_misses_are_suggested_and_far_ones_are_not() {
        assert_eq!(did_you_mean("bakcup", ["admin", "backup"]), Some("backup"));
        assert_eq!(did_you_mean("zzzz", ["admin", "backup"]), None);
    }
}
