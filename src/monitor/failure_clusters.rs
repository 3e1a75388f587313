//! Clusters of failures: deliveries to one endpoint that fail in the same way.
//!
//! A cluster is named by a fingerprint of the endpoint, the kind of failure, the status and the normalised text of the error,
//! so its name is the same at any time, on any machine and in any database.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::delivery::FailureReason;
use crate::event::EventId;
use crate::store::{DeliveryId, DeliveryRow};

/// The placeholder for a part of a text that differs between deliveries.
const ANYTHING: &str = "*";

/// The name of a cluster (failures of one endpoint that are alike): `F` and eight hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterName(u32);

impl ClusterName {
    /// The cluster that a failed delivery belongs to.
    pub fn of(row: &DeliveryRow) -> Self {
        let status = row.last_status.map_or_else(String::new, |status| status.to_string());
        let text = normalise(row.last_detail.as_deref().unwrap_or_default());
        let mut digest = Sha256::new();
        for part in [row.endpoint.as_str(), kind_of(row), &status, &text] {
            digest.update(part);
            digest.update([0]);
        }
        let digest = digest.finalize();
        Self(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "F{:08x}", self.0)
    }
}

/// The name of a cluster as an operator types it: whole, or a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterPrefix(String);

impl ClusterPrefix {
    /// Reads `F` and one to eight hexadecimal digits, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['F', 'f'])?.to_ascii_lowercase();
        let right = (1..=8).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        right.then_some(Self(digits))
    }

    /// Whether it is a prefix of this name.
    pub fn matches(&self, name: ClusterName) -> bool {
        format!("{:08x}", name.0).starts_with(&self.0)
    }
}

impl fmt::Display for ClusterPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "F{}", self.0)
    }
}

/// The kind of a failure: the outcome of the last attempt, or the reason why the delivery was given up without one.
fn kind_of(row: &DeliveryRow) -> &'static str {
    match (row.reason, row.last_outcome) {
        (Some(FailureReason::WorkerCrash), _) => FailureReason::WorkerCrash.name(),
        (_, Some(outcome)) => outcome.name(),
        (Some(reason), None) => reason.name(),
        (None, None) => "",
    }
}

/// The text of an error without the parts that differ between deliveries: numbers, ids, times, addresses and quoted texts become
/// `*`, white space becomes one space, capital letters become small ones.
///
/// Normalising again changes nothing.
pub fn normalise(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let (taken, written) = match quoted(rest).or_else(|| word(rest)) {
            Some(part) => part,
            None if first.is_whitespace() => (rest.len() - rest.trim_start().len(), " ".to_owned()),
            None => (first.len_utf8(), first.to_string()),
        };
        normal.push_str(&written);
        rest = &rest[taken..];
    }
    normal
}

/// A quoted part at the beginning of `text`: its length and its replacement.
fn quoted(text: &str) -> Option<(usize, String)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '`'))?;
    let end = text[1..].find(quote)? + 1;
    Some((end + 1, format!("{quote}{ANYTHING}{quote}")))
}

/// A word at the beginning of `text`, including joining marks as in `10.0.0.1:80` or `evt_9-a`: its length and its replacement.
fn word(text: &str) -> Option<(usize, String)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let joins = |c: char| matches!(c, '-' | '.' | ':' | '@' | '+' | '%');
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let goes_on = is_part(c) || (end > 0 && joins(c) && chars.peek().is_some_and(|(_, next)| is_part(*next)));
        if !goes_on {
            break;
        }
        end = at + c.len_utf8();
    }
    let word = text.get(..end).filter(|word| !word.is_empty())?;
    let is_id = word.chars().any(char::is_numeric) || (word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit()));
    Some((end, if is_id { ANYTHING.to_owned() } else { word.to_ascii_lowercase() }))
}

/// Deliveries to one endpoint that fail in the same way, shown as one row.
#[derive(Clone, Debug)]
pub struct FailureCluster {
    /// Its name.
    pub name: ClusterName,
    /// The endpoint.
    pub endpoint: String,
    /// The kind of failure.
    pub kind: &'static str,
    /// The HTTP status of the response.
    pub status: Option<u16>,
    /// The normalised text of their errors.
    pub text: String,
    /// How many were given up.
    pub failed: u64,
    /// How many wait for another attempt.
    pub waiting: u64,
    /// When the earliest of their last attempts ended.
    pub first_at: Timestamp,
    /// When the latest of them ended.
    pub last_at: Timestamp,
    /// The latest of the deliveries.
    pub example: ClusterExample,
}

/// The delivery that is shown for all of its cluster.
#[derive(Clone, Debug)]
pub struct ClusterExample {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Its event.
    pub event: EventId,
    /// Its error, unchanged.
    pub error: String,
}

impl ClusterExample {
    fn of(row: &DeliveryRow) -> Self {
        let reason = || row.reason.map(FailureReason::name).unwrap_or_default().to_owned();
        Self { delivery: row.id, event: row.event.id.clone(), error: row.last_detail.clone().unwrap_or_else(reason) }
    }
}

impl FailureCluster {
    fn begin(name: ClusterName, row: &DeliveryRow) -> Self {
        let at = failed_at(row);
        Self {
            name,
            endpoint: row.endpoint.clone(),
            kind: kind_of(row),
            status: row.last_status,
            text: normalise(row.last_detail.as_deref().unwrap_or_default()),
            failed: 0,
            waiting: 0,
            first_at: at,
            last_at: at,
            example: ClusterExample::of(row),
        }
    }

    fn add(&mut self, row: &DeliveryRow) {
        let given_up = row.state == crate::delivery::State::Failed;
        *(if given_up { &mut self.failed } else { &mut self.waiting }) += 1;
        let at = failed_at(row);
        self.first_at = self.first_at.min(at);
        if at >= self.last_at {
            self.last_at = at;
            self.example = ClusterExample::of(row);
        }
    }

    /// How many deliveries are in it.
    pub fn deliveries(&self) -> u64 {
        self.failed + self.waiting
    }
}

fn failed_at(row: &DeliveryRow) -> Timestamp {
    row.last_ended_at.unwrap_or(row.changed_at)
}

/// Groups failed deliveries into clusters while they are read, and keeps one example of each.
#[derive(Debug, Default)]
pub struct ClusterCollector(BTreeMap<ClusterName, FailureCluster>);

impl ClusterCollector {
    /// Adds a failed delivery.
    pub fn add(&mut self, row: &DeliveryRow) {
        let name = ClusterName::of(row);
        self.0.entry(name).or_insert_with(|| FailureCluster::begin(name, row)).add(row);
    }

    /// The clusters, largest first.
    pub fn into_sorted(self) -> Vec<FailureCluster> {
        let mut clusters: Vec<_> = self.0.into_values().collect();
        clusters.sort_by_key(|cluster| std::cmp::Reverse((cluster.deliveries(), cluster.last_at)));
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_one_delivery_to_the_next_is_left_out() {
        for (text, expected) in [
            ("HTTP 503", "http *"),
            ("connect: connection refused (127.0.0.1:4567)", "connect: connection refused (*)"),
            ("no user \"Zoë\" in course `c-9`", "no user \"*\" in course `*`"),
            ("  event evt_019ab3f26c41 at 2026-11-28T10:00:00.123Z\tlate ", "event * at * late"),
            ("request 019ab3f2-6c41-7d0e-9a58-3f1c2e7b0d94 not found", "request * not found"),
            ("trace deadbeefcafe", "trace *"),
            ("timed out after 10s: no answer", "timed out after *: no answer"),
            ("an \"open quote", "an \"open quote"),
            ("", ""),
        ] {
            assert_eq!(normalise(text), expected, "{text}");
        }
    }

    #[test]
    fn normalising_again_changes_nothing_and_no_number_decides() {
        const PARTS: &[&str] = &[
            "a", "Zoë", "error", " ", "\t", "\"", "`", ":", ".", "-", "@", "*", "(", "٣", "facade", "X_", "\u{301}",
            "İ",
        ];
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..5_000 {
            let mut text = |number: u64| -> String {
                let mut shape = fastrand::Rng::with_seed(random.u64(..));
                let made: Vec<String> = (0..shape.usize(..40))
                    .map(|_| match shape.usize(..PARTS.len() + 3) {
                        at if at < PARTS.len() => PARTS[at].to_owned(),
                        _ => number.to_string(),
                    })
                    .collect();
                made.concat()
            };
            let once = normalise(&text(7));
            assert_eq!(normalise(&once), once, "seed {seed}");
            assert!(!once.chars().any(char::is_numeric), "seed {seed}: {once}");
        }
        for _ in 0..5_000 {
            let shape = random.u64(..);
            let text = |number: u64| -> String {
                let mut shape = fastrand::Rng::with_seed(shape);
                (0..20).map(|_| if shape.bool() { number.to_string() } else { " failed at ".to_owned() }).collect()
            };
            assert_eq!(normalise(&text(random.u64(..))), normalise(&text(random.u64(..))), "seed {seed}");
        }
    }

    #[test]
    fn a_cluster_is_named_whole_or_by_its_beginning() {
        let name = ClusterName(0x00ab_cdef);
        assert_eq!(name.to_string(), "F00abcdef");
        let means = |text: &str| ClusterPrefix::parse(text).is_some_and(|prefix| prefix.matches(name));
        assert!(means("F00abcdef") && means("f00AB") && means("F0"));
        assert!(!means("F1") && !means("F") && !means("00abcdef") && !means("F00abcdef0") && !means("Fxyz"));
    }
}
