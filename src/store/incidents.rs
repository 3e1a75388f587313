//! The store's contract for incidents: what is or was wrong, since when, and who was notified.
//!
//! Every process that works on the queue observes what is wrong and sends alerts. The store makes one incident of what several
//! processes see, and hands each notification to one of them.

use std::time::Duration;

use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Listed, Page, PendingResult};
use crate::clock::Timestamp;

/// The longest quiet time a sink may have.
pub const MAX_QUIET: Duration = Duration::from_hours(24);
/// How long a process that claimed a notification has to send it before another may claim it.
pub const CLAIM_LASTS: Duration = Duration::from_mins(1);
/// A problem that comes back within this time of its end continues its incident instead of opening another.
const COMES_BACK_WITHIN: Duration = Duration::from_mins(10);
/// How often it is recorded that an incident still lasts.
const SEEN_EVERY: Duration = Duration::from_mins(1);
/// The wait after the first failure to notify a sink; doubled for each further one.
const FIRST_RETRY: Duration = Duration::from_secs(15);
/// The longest wait between two attempts to notify a sink.
const LONGEST_RETRY: Duration = Duration::from_mins(15);
/// How long an error counts as the state of a sink.
const ERROR_COUNTS: Duration = Duration::from_hours(1);
/// How long incidents that are over are kept.
pub(super) const KEPT: Duration = Duration::from_hours(90 * 24);

/// The kinds of trouble that alerts are sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray, Serialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum IncidentKind {
    /// Deliveries to an endpoint were given up, and are kept.
    DeliveryFailed,
    /// The circuit of an endpoint is open.
    CircuitOpen,
    /// An endpoint was paused because it answered 410.
    EndpointGone,
    /// Due deliveries wait too long: no worker runs, or it is too slow.
    QueueLag,
    /// A certificate of a file ends soon, or has ended.
    CertificateExpiry,
    /// A secret ends soon, or has ended.
    SecretExpiry,
}

impl IncidentKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// All of them.
    pub fn all() -> &'static [Self] {
        Self::VARIANTS
    }
}

/// How bad a trouble is: warning, error or critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, Serialize)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It should be looked at in the next days.
    Warning,
    /// Something failed.
    Error,
    /// It has to be looked at now.
    Critical,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    pub(super) fn code(self) -> i64 {
        match self {
            Self::Warning => 1,
            Self::Error => 2,
            Self::Critical => 3,
        }
    }

    pub(super) fn of_code(code: i64) -> Self {
        match code {
            ..=1 => Self::Warning,
            2 => Self::Error,
            3.. => Self::Critical,
        }
    }
}

/// Something that is wrong now, such as an open circuit. None of it is data of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedProblem {
    /// What kind of thing.
    pub kind: IncidentKind,
    /// The endpoint, file or whatever it is about: with the kind, what makes it one incident.
    pub subject: String,
    /// Its severity.
    pub severity: Severity,
    /// The type of the latest event it is about.
    pub event_type: Option<String>,
    /// Why, in one sentence without its end.
    pub reason: String,
    /// The next command.
    pub remedy: String,
    /// How many deliveries it is about; zero where that is not the point.
    pub count: u64,
}

/// All that one look at the queue found wrong, and what it looked for.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Everything that is wrong, at most one of each kind and subject.
    pub observed: Vec<ObservedProblem>,
    /// The kinds that were looked for: what is not found of them is over.
    pub kinds: Vec<IncidentKind>,
}

/// A problem from when it was first seen until it was resolved, and what each recipient was notified of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its row.
    pub id: i64,
    /// Tells it apart from those of other queues, too.
    pub name: String,
    /// What was observed last.
    pub observed: ObservedProblem,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it was last seen, to the minute.
    pub last_seen_at: Timestamp,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// What each sink was notified of.
    pub told: Vec<NotificationState>,
}

/// What one recipient of alerts was notified of about one incident, and when that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationState {
    /// The name of the sink.
    pub sink: String,
    /// When it was last notified that something is wrong.
    pub open_at: Option<Timestamp>,
    /// The severity that it was notified of.
    pub severity: Severity,
    /// The number of deliveries that it was notified of.
    pub count: u64,
    /// When it was notified that the incident is over.
    pub resolved_at: Option<Timestamp>,
    /// Attempts that failed since.
    pub failures: u32,
    /// When the last one did.
    pub failed_at: Option<Timestamp>,
    /// Why it did.
    pub error: Option<String>,
    /// Until when no other process notifies it.
    pub next_at: Option<Timestamp>,
}

impl NotificationState {
    fn nothing(sink: &str) -> Self {
        Self {
            sink: sink.to_owned(),
            open_at: None,
            severity: Severity::Warning,
            count: 0,
            resolved_at: None,
            failures: 0,
            failed_at: None,
            error: None,
            next_at: None,
        }
    }

    /// Whether the last notification said that something is wrong.
    fn was_notified_open(&self) -> bool {
        match (self.open_at, self.resolved_at) {
            (Some(open), Some(resolved)) => open > resolved,
            (open, _) => open.is_some(),
        }
    }
}

/// Which alerts a recipient wants: of which kinds, and at most how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkRule {
    /// Its name.
    pub name: String,
    /// The kinds of incidents it is notified of.
    pub kinds: Vec<IncidentKind>,
    /// The shortest time between two alerts about the same, at most [`MAX_QUIET`].
    pub quiet: Duration,
    /// Whether it is also notified when an incident is over.
    pub resolved: bool,
}

/// What an alert says of its incident: it began, it got worse, or it is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, Serialize)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum NotificationKind {
    /// Something is wrong.
    Opened,
    /// It has become worse since the last notification.
    Worse,
    /// It is over.
    Resolved,
}

impl NotificationKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// An alert that one process has claimed and is to send to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The sink.
    pub sink: String,
    /// Whether the incident began, got worse or is over.
    pub phase: NotificationKind,
    /// The incident it is about.
    pub incident: Incident,
}

/// Whether a claimed alert was sent, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationResult {
    /// The notification that was claimed.
    pub notification: Notification,
    /// Why it could not be sent, if so. Holds no secret.
    pub error: Option<String>,
}

/// A recipient of alerts that could not be reached lately, for `health` and `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingSink {
    /// The name of the sink.
    pub sink: String,
    /// How many notifications could not be sent to it.
    pub notifications: u64,
    /// When the last attempt failed.
    pub failed_at: Timestamp,
    /// Why.
    pub error: String,
}

/// The part of the store's interface for incidents: several processes see a problem, one of them alerts.
pub trait Incidents {
    /// Brings the incidents up to date with what was observed, and claims the notifications that `sinks` are due.
    ///
    /// A problem without an open incident opens one, or continues one that ended just before; an open incident of a kind that was
    /// looked for and not found is resolved. A notification is claimed by one caller for [`CLAIM_LASTS`]; a sink is notified of
    /// the same kind and subject at most once in its quiet time, but always of the end of what it was notified of. A second call
    /// changes and claims nothing.
    fn observe(
        &self,
        observation: Observation,
        sinks: Vec<SinkRule>,
        now: Timestamp,
    ) -> PendingResult<Vec<Notification>>;

    /// Records whether claimed notifications were sent. Those that were not are claimed again later, after a wait that grows with
    /// each failure.
    fn settle_notifications(&self, settled: Vec<NotificationResult>, now: Timestamp) -> PendingResult<()>;

    /// A page of incidents, the latest first, and those that are open before all others; only these if `open`.
    fn incidents(&self, open: bool, page: Page) -> PendingResult<Listed<Incident>>;

    /// The sinks that could not be notified lately, by name.
    fn failing_sinks(&self, now: Timestamp) -> PendingResult<Vec<FailingSink>>;
}

// ── the rules, for every backend ────────────────────────────────────────────────────────────────────────────────────

/// Incidents that ended after this time are read by [`Incidents::observe`].
pub(super) fn of_interest_since(now: Timestamp) -> Timestamp {
    now.minus(MAX_QUIET)
}

/// Errors after this time count as the state of a sink.
pub(super) fn errors_since(now: Timestamp) -> Timestamp {
    now.minus(ERROR_COUNTS)
}

/// Brings `incidents`, all that are open or of interest, up to date, and returns the places of those that changed. New ones
/// have the number 0.
pub(super) fn update(incidents: &mut Vec<Incident>, observation: &Observation, now: Timestamp) -> Vec<usize> {
    let mut changed = Vec::new();
    for observed in &observation.observed {
        let is_same = |it: &Incident| it.observed.kind == observed.kind && it.observed.subject == observed.subject;
        let goes_on = |it: &Incident| it.resolved_at.is_none_or(|at| !has_passed(at, COMES_BACK_WITHIN, now));
        match incidents.iter().rposition(|it| is_same(it) && goes_on(it)) {
            Some(place) => {
                if update_seen(&mut incidents[place], observed, now) {
                    changed.push(place);
                }
            }
            None => {
                changed.push(incidents.len());
                incidents.push(open(observed, now));
            }
        }
    }
    for (place, incident) in incidents.iter_mut().enumerate() {
        let (kind, subject) = (incident.observed.kind, &incident.observed.subject);
        let is_seen = observation.observed.iter().any(|it| it.kind == kind && it.subject == *subject);
        if incident.resolved_at.is_none() && observation.kinds.contains(&kind) && !is_seen {
            incident.resolved_at = Some(now);
            changed.push(place);
        }
    }
    changed
}

fn open(observed: &ObservedProblem, now: Timestamp) -> Incident {
    let name = uuid::Uuid::now_v7().simple().to_string();
    let (opened_at, last_seen_at) = (now, now);
    Incident { id: 0, name, observed: observed.clone(), opened_at, last_seen_at, resolved_at: None, told: Vec::new() }
}

/// Updates an incident that was observed again. Returns whether that has to be written.
fn update_seen(incident: &mut Incident, observed: &ObservedProblem, now: Timestamp) -> bool {
    let before = &incident.observed;
    let is_news = incident.resolved_at.is_some()
        || before.severity != observed.severity
        || before.count != observed.count
        || has_passed(incident.last_seen_at, SEEN_EVERY, now);
    if is_news {
        incident.observed = observed.clone();
        incident.last_seen_at = now;
        incident.resolved_at = None;
    }
    is_news
}

/// Claims the notifications that `sinks` are due. The state of each sink is changed in place; the caller stores it for the
/// incidents of these notifications.
pub(super) fn claim(incidents: &mut [Incident], sinks: &[SinkRule], now: Timestamp) -> Vec<Notification> {
    let mut notifications = Vec::new();
    for place in 0..incidents.len() {
        let kind = incidents[place].observed.kind;
        for sink in sinks.iter().filter(|sink| sink.kinds.contains(&kind)) {
            let notified_at = notified_at(incidents, place, &sink.name);
            let Some(phase) = next_phase(&incidents[place], sink, notified_at, now) else { continue };
            let told = state_of_sink(&mut incidents[place].told, &sink.name);
            told.next_at = Some(now.plus(CLAIM_LASTS));
            notifications.push(Notification { sink: sink.name.clone(), phase, incident: incidents[place].clone() });
        }
    }
    notifications
}

fn state_of_sink<'a>(told: &'a mut Vec<NotificationState>, sink: &str) -> &'a mut NotificationState {
    let place = told.iter().position(|it| it.sink == sink).unwrap_or_else(|| {
        told.push(NotificationState::nothing(sink));
        told.len() - 1
    });
    &mut told[place]
}

/// When a sink was last notified of trouble of the same kind with the same subject.
fn notified_at(incidents: &[Incident], place: usize, sink: &str) -> Option<Timestamp> {
    let observed = &incidents[place].observed;
    let same =
        incidents.iter().filter(|it| it.observed.kind == observed.kind && it.observed.subject == observed.subject);
    same.flat_map(|it| &it.told).filter(|told| told.sink == sink).filter_map(|told| told.open_at).max()
}

/// Which notification of an incident a sink is due now.
fn next_phase(
    incident: &Incident,
    sink: &SinkRule,
    notified_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<NotificationKind> {
    let nothing = NotificationState::nothing(&sink.name);
    let told = incident.told.iter().find(|told| told.sink == sink.name).unwrap_or(&nothing);
    // A claim that lasts longer than any is one of a clock that jumped back.
    let longest = now.plus(LONGEST_RETRY.max(CLAIM_LASTS));
    if told.next_at.is_some_and(|at| at > now && at <= longest) {
        return None;
    }
    let is_quiet = notified_at.is_some_and(|at| !has_passed(at, sink.quiet, now));
    let is_worse = incident.observed.count > told.count || incident.observed.severity > told.severity;
    match (incident.resolved_at, told.was_notified_open()) {
        (None, false) => (!is_quiet).then_some(NotificationKind::Opened),
        (None, true) => (is_worse && !is_quiet).then_some(NotificationKind::Worse),
        (Some(_), true) => sink.resolved.then_some(NotificationKind::Resolved),
        (Some(_), false) => None,
    }
}

/// The state of a sink after its notification was sent, or could not be.
pub(super) fn settle(settled: &NotificationResult, now: Timestamp) -> NotificationState {
    let NotificationResult { notification, error } = settled;
    let mut told = notification.incident.told.clone();
    let mut told = state_of_sink(&mut told, &notification.sink).clone();
    match error {
        None => {
            match notification.phase {
                NotificationKind::Opened | NotificationKind::Worse => told.open_at = Some(now),
                NotificationKind::Resolved => told.resolved_at = Some(now),
            }
            (told.severity, told.count) =
                (notification.incident.observed.severity, notification.incident.observed.count);
            (told.failures, told.failed_at, told.error, told.next_at) = (0, None, None, None);
        }
        Some(error) => {
            let doubled = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(told.failures));
            told.failures = told.failures.saturating_add(1);
            (told.failed_at, told.error) = (Some(now), Some(error.clone()));
            told.next_at = Some(now.plus(doubled.min(LONGEST_RETRY)));
        }
    }
    told
}

/// Whether that long has passed since a time, or the clock jumped back behind it.
fn has_passed(since: Timestamp, span: Duration, now: Timestamp) -> bool {
    now < since || now.since(since) >= span
}
