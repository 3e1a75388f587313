//! `Retry-After` (RFC 9110 section 10.2.3), in its standard forms and in those that servers send instead.

use std::time::Duration;

use ::http::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use crate::clock::Timestamp;

/// How long a response asks to wait before the next attempt (`Retry-After`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// There is none.
    Absent,
    /// A wait. Of several headers, the longest wait counts.
    Wait(Duration),
    /// It cannot be read, and is ignored.
    Unreadable(String),
}

impl RetryAfter {
    /// Reads every `Retry-After` of a response.
    pub fn of(headers: &HeaderMap, now: Timestamp) -> Self {
        let mut longest = None;
        let mut unreadable = None;
        for value in headers.get_all(RETRY_AFTER) {
            match read(value, now) {
                Some(wait) => longest = longest.max(Some(wait)),
                None => unreadable = Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
            }
        }
        match (longest, unreadable) {
            (Some(wait), _) => Self::Wait(wait),
            (None, Some(text)) => Self::Unreadable(text),
            (None, None) => Self::Absent,
        }
    }
}

/// A number of seconds or one of the three HTTP dates; a date that is past, and a negative number, mean no wait.
///
/// Seconds may have a sign and decimals, which gateways send; a number too large for a time means "very long".
fn read(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    match seconds(text) {
        Some(wait) => Some(wait),
        None => date(text).map(|date| date.since(now)),
    }
}

fn seconds(text: &str) -> Option<Duration> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    if text.starts_with('-') {
        return Some(Duration::ZERO);
    }
    // What does not fit is capped where it is used.
    let whole = whole.parse().unwrap_or(u64::from(u32::MAX)).min(u64::from(u32::MAX));
    let millis = format!("{fraction:0<3}")[..3].parse().unwrap_or(0);
    Some(Duration::from_secs(whole) + Duration::from_millis(millis))
}

/// One of the HTTP dates of RFC 9110 section 5.6.7.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since_epoch.as_millis()).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> RetryAfter {
        let now = Timestamp::parse("1994-11-06T08:48:37Z").expect("a time");
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(RETRY_AFTER, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        RetryAfter::of(&headers, now)
    }

    #[test]
    fn every_form_has_a_meaning() {
        let millis = |ms| RetryAfter::Wait(Duration::from_millis(ms));
        for (text, wait) in [
            ("0", 0),
            ("120", 120_000),
            (" 120", 120_000),
            ("+120", 120_000),
            ("120.5", 120_500),
            ("0.25", 250),
            ("1.0009", 1_000),
            ("-1", 0),
            ("-1.5", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 60_000),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 60_000),
            ("Sun Nov  6 08:49:37 1994", 60_000),
            ("Sun, 06 Nov 1994 08:40:00 GMT", 0),
        ] {
            assert_eq!(of(&[text]), millis(wait), "{text:?}");
        }
        for long in ["1000000000000", "99999999999999999999", "1000000000000.5"] {
            let RetryAfter::Wait(wait) = of(&[long]) else { unreachable!("{long} is a number") };
            assert!(wait > Duration::from_hours(24), "{long}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_and_ignored() {
        for garbage in ["", "soon", "1e3", "inf", "NaN", "0x10", "1.", ".5", "--1", "+", "12 s", "\u{fc}"] {
            assert_eq!(of(&[garbage]), RetryAfter::Unreadable(garbage.to_owned()), "{garbage:?}");
        }
        assert_eq!(of(&[]), RetryAfter::Absent);
    }

    #[test]
    fn of_several_headers_the_longest_that_can_be_read_is_taken() {
        let wait = |seconds| RetryAfter::Wait(Duration::from_secs(seconds));
        assert_eq!(of(&["5", "60"]), wait(60));
        assert_eq!(of(&["60", "5"]), wait(60));
        assert_eq!(of(&["soon", "5"]), wait(5));
        assert_eq!(of(&["5", "Sun, 06 Nov 1994 08:49:37 GMT"]), wait(60));
    }
}
