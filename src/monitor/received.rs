//! Checks of received webhooks: refusals, clock skew, silent sources.

use std::time::Duration;

use super::check::check_if;
use super::{Check, Grade, HealthLimits, percent};
use crate::clock::Timestamp;
use crate::format::short_duration;
use crate::store::inbound::{ReceivedFigures, WebhookTotal};

/// The mean clock skew from which the check warns: beyond five minutes webhooks are refused.
const SKEW_WARNING: Duration = Duration::from_secs(60);
/// The resolution of the time of a source's last webhook.
const MINUTE: Duration = Duration::from_mins(1);
/// The mean clock skew from which the check is critical.
const SKEW_CRITICAL: Duration = Duration::from_secs(240);

/// How many webhooks were accepted and refused in the time window of `health`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceivedTotals {
    /// Webhooks that were accepted.
    pub accepted: u64,
    /// Webhooks that were refused.
    pub refused: u64,
    /// The mean milliseconds by which signed times were behind our clock; `None` without any.
    pub mean_skew_ms: Option<i64>,
}

impl ReceivedTotals {
    /// Sums up rates.
    pub fn of(rates: &[WebhookTotal]) -> Self {
        let count =
            |accepted: bool| rates.iter().filter(|rate| rate.reason.is_none() == accepted).map(|it| it.count).sum();
        let (sum, number) = rates.iter().fold((0_i64, 0_u64), |(sum, number), rate| {
            (sum.saturating_add(rate.skew.0), number.saturating_add(rate.skew.1))
        });
        let mean_skew_ms = i64::try_from(number).ok().filter(|number| *number > 0).map(|number| sum / number);
        Self { accepted: count(true), refused: count(false), mean_skew_ms }
    }

    /// The share that was refused; 0 without webhooks.
    pub fn refusal_rate(self) -> f64 {
        super::ratio(self.refused, self.accepted + self.refused)
    }
}

/// Judges the webhooks received in the [`HEALTH_WINDOW`](super::HEALTH_WINDOW) before `now`.
pub(super) fn checks(figures: &ReceivedFigures, limits: &HealthLimits, now: Timestamp) -> Vec<Check> {
    let totals = ReceivedTotals::of(&figures.rates);
    let silence = check_silence(figures.last_accepted_at, limits, now);
    let sources = check_sources(&figures.last_by_route, limits, now);
    let always = [check_refusals(totals, &figures.rates, limits), check_clock(totals)];
    always.into_iter().chain(silence).chain(sources).collect()
}

/// Checks the share of refusals against the limits of failed attempts. A few are normal: scanners probe every address.
fn check_refusals(totals: ReceivedTotals, rates: &[WebhookTotal], limits: &HealthLimits) -> Check {
    let wrong = totals.refused > limits.max_failures && totals.refusal_rate() > limits.max_failure_rate;
    let most = rates.iter().filter(|rate| rate.reason.is_some()).max_by_key(|rate| rate.count);
    let why = most.map_or(String::new(), |rate| {
        format!(", most at {} for {}", rate.route, rate.reason.as_deref().unwrap_or_default())
    });
    let total = totals.accepted + totals.refused;
    let text = format!("{} of {total} webhooks were refused in the last hour{why}", totals.refused);
    let value = format!("{} of {total}", totals.refused);
    let limit = format!("{} and {}", limits.max_failures, percent(limits.max_failure_rate));
    check_if("refused webhooks", wrong, value, limit, text)
}

fn check_clock(totals: ReceivedTotals) -> Check {
    let skew = totals.mean_skew_ms.unwrap_or_default();
    let size = Duration::from_millis(skew.unsigned_abs());
    let state = match size {
        _ if size >= SKEW_CRITICAL => Grade::Critical,
        _ if size >= SKEW_WARNING => Grade::Warning,
        _ => Grade::Ok,
    };
    let which = if skew > 0 { "behind" } else { "ahead of" };
    let message = format!(
        "signature timestamps are {} {which} this machine's clock: one of the two is wrong",
        short_duration(size)
    );
    Check {
        name: "clock skew",
        state,
        value: short_duration(size),
        limit: short_duration(SKEW_WARNING),
        message: (state != Grade::Ok).then_some(message),
    }
}

/// Checks for silence, if `health.silence_after` is set: many senders are silent for a day.
fn check_silence(last: Option<Timestamp>, limits: &HealthLimits, now: Timestamp) -> Option<Check> {
    if limits.silence_after.is_zero() {
        return None;
    }
    let age = last.map(|last| now.since(last));
    let value = age.map_or("never".to_owned(), short_duration);
    let text = match age {
        Some(_) => format!("no webhook has verified for {value}"),
        None => "no webhook has ever verified".to_owned(),
    };
    let wrong = age.is_none_or(|age| age > limits.silence_after);
    Some(check_if("silence", wrong, value, short_duration(limits.silence_after), text))
}

/// Checks sources with `silence_after`. The last webhook is known to the minute, and the end of that minute counts.
fn check_sources(last: &[(String, Timestamp)], limits: &HealthLimits, now: Timestamp) -> Option<Check> {
    if limits.silent_routes.is_empty() {
        return None;
    }
    let silence = |(route, limit): &(String, Duration)| {
        let age = last.iter().find(|(known, _)| known == route).map(|(_, at)| now.since(at.plus(MINUTE)));
        match age {
            Some(age) if age <= *limit => None,
            Some(age) => Some(format!("no webhook has verified at {route} for {}", short_duration(age))),
            None => Some(format!("no webhook has ever verified at {route}")),
        }
    };
    let silent: Vec<_> = limits.silent_routes.iter().filter_map(silence).collect();
    let value = format!("{} of {}", silent.len(), limits.silent_routes.len());
    Some(check_if("silent sources", !silent.is_empty(), value, "0".to_owned(), silent.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);

    fn rate(reason: Option<&str>, count: u64, skew: (i64, u64)) -> WebhookTotal {
        WebhookTotal { route: "/api/webhooks/sync".to_owned(), reason: reason.map(str::to_owned), count, skew }
    }

    fn judged(rates: Vec<WebhookTotal>) -> Vec<(Grade, Option<String>)> {
        let figures = ReceivedFigures { rates, ..ReceivedFigures::default() };
        checks(&figures, &HealthLimits::default(), NOW).into_iter().map(|check| (check.state, check.message)).collect()
    }

    #[test]
    fn thirty_of_thirty_refused_are_not_healthy_and_a_little_noise_is() {
        let refused = |refused, accepted| {
            judged(vec![rate(Some("code-mismatch"), refused, (0, 0)), rate(None, accepted, (0, 0))]).remove(0)
        };
        let (state, message) = refused(30, 0);
        assert_eq!(state, Grade::Critical);
        assert_eq!(
            message.as_deref(),
            Some("30 of 30 webhooks were refused in the last hour, most at /api/webhooks/sync for code-mismatch")
        );
        assert_eq!(refused(10, 0).0, Grade::Ok, "ten are noise");
        assert_eq!(refused(11, 99).0, Grade::Ok, "exactly a tenth");
        assert_eq!(refused(11, 98).0, Grade::Critical);
        assert_eq!(judged(Vec::new())[0].0, Grade::Ok);
    }

    #[test]
    fn a_clock_that_is_off_is_told_before_webhooks_are_refused() {
        let skew = |millis: i64| judged(vec![rate(None, 2, (2 * millis, 2))]).remove(1);
        assert_eq!(skew(59_000).0, Grade::Ok);
        assert_eq!(skew(-60_000).0, Grade::Warning);
        let (state, message) = skew(360_000);
        assert_eq!(state, Grade::Critical);
        assert!(message.is_some_and(|it| it.contains("6m 0s behind") || it.contains("6m behind")));
    }

    #[test]
    fn silence_is_judged_only_when_asked_for() {
        let silent = |after: u64, last: Option<u64>| {
            let limits = HealthLimits { silence_after: Duration::from_mins(after), ..HealthLimits::default() };
            let last_accepted_at = last.map(|minutes| NOW.minus(Duration::from_mins(minutes)));
            check_silence(last_accepted_at, &limits, NOW).map(|check| check.state)
        };
        assert_eq!(silent(0, None), None);
        assert_eq!(silent(10, Some(10)), Some(Grade::Ok));
        assert_eq!(silent(10, Some(11)), Some(Grade::Critical));
        assert_eq!(silent(10, None), Some(Grade::Critical));
    }

    #[test]
    fn each_source_has_a_silence_of_its_own() {
        let silent = |last: &[(&str, u64)]| {
            let silent_routes =
                [("/a", 60), ("/b", 1_440)].map(|(route, min)| (route.to_owned(), Duration::from_mins(min)));
            let limits = HealthLimits { silent_routes: silent_routes.to_vec(), ..HealthLimits::default() };
            let ago = |(route, min): &(&str, u64)| ((*route).to_owned(), NOW.minus(Duration::from_mins(*min)));
            let last: Vec<_> = last.iter().map(ago).collect();
            check_sources(&last, &limits, NOW).and_then(|check| check.message)
        };
        assert_eq!(silent(&[("/a", 61), ("/b", 1_000)]), None, "the minute is not over for all that is known");
        assert_eq!(silent(&[("/a", 63), ("/b", 1_000)]).as_deref(), Some("no webhook has verified at /a for 1h 2m"));
        assert_eq!(silent(&[("/a", 0)]).as_deref(), Some("no webhook has ever verified at /b"));
        assert_eq!(check_sources(&[], &HealthLimits::default(), NOW), None);
    }
}
