//! Thresholds and performance data for Nagios and compatible monitors.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::{Check, Grade, Health, HealthLimits, due_age};
use crate::clock::Timestamp;
use crate::format::short_duration;
use crate::store::QueueFigures;

/// The limits of `check` for warning or for critical; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CheckThresholds {
    /// Deliveries pending.
    pub pending: Option<u64>,
    /// Age of the oldest due delivery.
    pub age: Option<Duration>,
    /// Deliveries given up and kept.
    pub failed: Option<u64>,
    /// Per cent of the attempts of the last hour that failed.
    pub rate: Option<f64>,
}

impl CheckThresholds {
    /// The default warning limits: half of the unhealthy failure rate, and a third of the unhealthy age.
    pub fn warning(limits: &HealthLimits) -> Self {
        let rate = Some(limits.max_failure_rate * 50.0);
        Self { age: Some(limits.max_due_age / 3), rate, ..Self::default() }
    }

    /// The default critical limits: those of health.
    pub fn critical(limits: &HealthLimits) -> Self {
        let rate = Some(limits.max_failure_rate * 100.0);
        Self { age: Some(limits.max_due_age), rate, ..Self::default() }
    }

    /// These limits, with those of `others` where they have none.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            pending: self.pending.or(others.pending),
            age: self.age.or(others.age),
            failed: self.failed.or(others.failed),
            rate: self.rate.or(others.rate),
        }
    }

    /// Reads `pending=100,age=5m,failed=3,rate=20`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut thresholds = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` is not NAME=VALUE"))?;
            thresholds.set(name.trim(), value.trim())?;
        }
        Ok(thresholds)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let count = || value.parse().map_err(|_| format!("{name} takes a whole number, not `{value}`"));
        match name {
            "pending" => self.pending = Some(count()?),
            "failed" => self.failed = Some(count()?),
            "age" => {
                let age = humantime::parse_duration(value);
                self.age = Some(age.map_err(|_| format!("age takes a duration such as 5m, not `{value}`"))?);
            }
            "rate" => {
                let rate = value.trim_end_matches('%').parse().ok().filter(|rate| (0.0..=100.0).contains(rate));
                self.rate = Some(rate.ok_or_else(|| format!("rate takes a percentage from 0 to 100, not `{value}`"))?);
            }
            _ => return Err(format!("there is no threshold `{name}`; there are pending, age, failed and rate")),
        }
        Ok(())
    }
}

/// The figures that `check` compares with its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckFigures {
    /// Deliveries pending, held ones left out.
    pub pending: u64,
    /// Whole seconds the oldest due delivery has been due.
    pub age_seconds: u64,
    /// Deliveries given up and kept.
    pub failed: u64,
    /// Per cent of the attempts of the last hour that failed.
    pub rate_percent: f64,
}

impl CheckFigures {
    /// Takes the figures from the queue and its health.
    pub fn of(figures: &QueueFigures, health: &Health, now: Timestamp) -> Self {
        let awake = figures.endpoints.iter().filter(|row| !row.endpoint.is_paused_or_unconfigured());
        Self {
            pending: awake.map(|row| row.counts.waiting.unsigned_abs()).sum(),
            age_seconds: due_age(figures, now).as_secs(),
            failed: figures.endpoints.iter().map(|row| row.counts.failed.unsigned_abs()).sum(),
            rate_percent: (health.failure_rate * 1000.0).round() / 10.0,
        }
    }
}

/// What `check` prints: its grade, its findings and its performance data.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckResult {
    /// The worst grade.
    pub grade: Grade,
    /// The findings, worst first; empty if all is well.
    pub findings: Vec<String>,
    /// The performance data.
    pub performance: String,
}

/// Compares the figures with the thresholds, and adds the other checks of health.
pub fn evaluate(
    measured: &CheckFigures,
    health: &Health,
    warning: &CheckThresholds,
    critical: &CheckThresholds,
) -> CheckResult {
    let mut findings = Vec::new();
    let mut find = |grade: Grade, text: String| {
        if grade != Grade::Ok {
            findings.push((grade, text));
        }
    };
    let (grade, limit) = graded(measured.pending, warning.pending, critical.pending);
    find(grade, format!("{} pending > {}", measured.pending, limit.unwrap_or_default()));
    let seconds = |age: Option<Duration>| age.map(|age| age.as_secs());
    let (grade, limit) = graded(measured.age_seconds, seconds(warning.age), seconds(critical.age));
    let shown = |seconds: u64| short_duration(Duration::from_secs(seconds));
    find(grade, format!("oldest due {} > {}", shown(measured.age_seconds), shown(limit.unwrap_or_default())));
    let (grade, limit) = graded(measured.failed, warning.failed, critical.failed);
    find(grade, format!("{} failed > {}", measured.failed, limit.unwrap_or_default()));
    let (grade, limit) = graded(measured.rate_percent, warning.rate, critical.rate);
    find(grade, format!("failure rate {}% > {}%", measured.rate_percent, limit.unwrap_or_default()));
    let others = health.checks.iter().filter(|check| !has_threshold(check));
    others.for_each(|check| find(check.state, check.message.clone().unwrap_or_else(|| check.name.to_owned())));

    findings.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
    let grade = findings.first().map_or(Grade::Ok, |(grade, _)| *grade);
    let performance = performance(measured, warning, critical);
    CheckResult { grade, findings: findings.into_iter().map(|(_, text)| text).collect(), performance }
}

/// Whether thresholds decide about this check, rather than the limits of health.
fn has_threshold(check: &Check) -> bool {
    matches!(check.name, "failure rate" | "oldest due")
}

/// The grade of a value, and the threshold it is above.
fn graded<T: PartialOrd + Copy>(value: T, warning: Option<T>, critical: Option<T>) -> (Grade, Option<T>) {
    match (critical, warning) {
        (Some(critical), _) if value > critical => (Grade::Critical, Some(critical)),
        (_, Some(warning)) if value > warning => (Grade::Warning, Some(warning)),
        _ => (Grade::Ok, None),
    }
}

fn performance(measured: &CheckFigures, warning: &CheckThresholds, critical: &CheckThresholds) -> String {
    fn or_empty<T: ToString>(threshold: Option<T>) -> String {
        threshold.map(|it| it.to_string()).unwrap_or_default()
    }
    let seconds = |age: Option<Duration>| or_empty(age.map(|age| age.as_secs()));
    let count = |warning, critical| format!("{};{};0", or_empty(warning), or_empty(critical));
    let mut text = String::new();
    let _ = write!(text, "pending={};{}", measured.pending, count(warning.pending, critical.pending));
    let _ = write!(text, " age={}s;{};{};0", measured.age_seconds, seconds(warning.age), seconds(critical.age));
    let _ = write!(text, " failed={};{}", measured.failed, count(warning.failed, critical.failed));
    let rate = measured.rate_percent;
    let _ = write!(text, " rate={rate}%;{};{};0;100", or_empty(warning.rate), or_empty(critical.rate));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(checks: Vec<Check>) -> Health {
        let (failure_rate, message) = (0.0, String::new());
        Health { healthy: true, failure_rate, recent_failures: 0, recent_attempts: 0, message, checks }
    }

    fn judged(measured: CheckFigures, warning: &str, critical: &str) -> CheckResult {
        let parse = |text| CheckThresholds::parse(text).expect("thresholds");
        evaluate(&measured, &health(Vec::new()), &parse(warning), &parse(critical))
    }

    #[test]
    fn the_worst_finding_decides_and_comes_first() {
        let measured = CheckFigures { pending: 41, age_seconds: 432, failed: 3, rate_percent: 4.8 };
        let answer = judged(measured, "pending=100,age=5m,rate=5", "pending=1000,age=30m,rate=20");
        assert_eq!(answer.grade, Grade::Warning);
        assert_eq!(answer.findings, ["oldest due 7m 12s > 5m"]);
        let performance = "pending=41;100;1000;0 age=432s;300;1800;0 failed=3;;;0 rate=4.8%;5;20;0;100";
        assert_eq!(answer.performance, performance);
        let answer = judged(measured, "age=5m", "failed=2");
        assert_eq!(answer.grade, Grade::Critical);
        assert_eq!(answer.findings, ["3 failed > 2", "oldest due 7m 12s > 5m"]);
    }

    #[test]
    fn a_value_at_its_threshold_is_no_alarm() {
        let measured = CheckFigures { pending: 100, ..CheckFigures::default() };
        assert_eq!(judged(measured, "pending=100", "").grade, Grade::Ok);
        assert_eq!(judged(measured, "pending=99", "").grade, Grade::Warning);
    }

    #[test]
    fn what_has_no_threshold_is_as_the_health_rule_says() {
        let gone = Check {
            name: "endpoints",
            state: Grade::Critical,
            value: String::new(),
            limit: String::new(),
            message: Some("admin is gone".to_owned()),
        };
        let rate = Check { name: "failure rate", ..gone.clone() };
        let none = CheckThresholds::default();
        let answer = evaluate(&CheckFigures::default(), &health(vec![rate, gone]), &none, &none);
        assert_eq!((answer.grade, answer.findings), (Grade::Critical, vec!["admin is gone".to_owned()]));
    }

    #[test]
    fn thresholds_that_cannot_be_read_say_why() {
        let wrong = |text| CheckThresholds::parse(text).expect_err(text);
        assert!(wrong("pendign=3").contains("there are pending"));
        assert!(wrong("rate=101").contains("0 to 100"));
        assert!(wrong("age=soon").contains("such as 5m"));
        assert!(wrong("pending").contains("NAME=VALUE"));
    }
}
