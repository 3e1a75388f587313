//! The answers of `secret check` and `secret rotate-plan`.

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::format::{count, relative};
use crate::outbound::rotation::{AcceptedSecrets, ProbeAnswers, RotationCheck};
use crate::signature::secret_check::SecretFlaw;

/// What `secret check` found: properties and flaws of a secret, without the secret itself.
#[derive(Debug)]
pub struct CheckedSecret {
    /// The length of its text.
    pub bytes: usize,
    /// Whether it is in the `whsec_` form.
    pub encoded: bool,
    /// Its fingerprint, which two sides can compare; `None` if the secret cannot be used.
    pub fingerprint: Option<String>,
    /// Its flaws, the worst first.
    pub flaws: Vec<SecretFlaw>,
}

/// A flaw of a secret in JSON.
#[derive(Serialize)]
struct FlawView {
    flaw: &'static str,
    text: String,
    breaks: bool,
}

impl FlawView {
    fn of(flaw: &SecretFlaw) -> Self {
        Self { flaw: flaw.name(), text: flaw.text(), breaks: flaw.breaks() }
    }
}

/// The answer of `secret check`.
pub fn flaws(checked: &CheckedSecret) -> Report {
    /// The JSON answer of `secret check`.
    #[derive(Serialize)]
    struct CheckView {
        good: bool,
        bytes: usize,
        encoded: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        fingerprint: Option<String>,
        flaws: Vec<FlawView>,
    }
    let flaws: Vec<_> = checked.flaws.iter().map(FlawView::of).collect();
    let view = CheckView {
        good: flaws.is_empty(),
        bytes: checked.bytes,
        encoded: checked.encoded,
        fingerprint: checked.fingerprint.clone(),
        flaws,
    };
    let mut report = Report::new(&view).with_names(checked.flaws.iter().map(SecretFlaw::name));
    let form = if checked.encoded { "in the whsec_ form" } else { "used as text" };
    report = report.with_line(match checked.flaws.is_empty() {
        true => format!("GOOD  {} bytes, {form}", checked.bytes),
        false => format!("{} found  {} bytes, {form}", count(checked.flaws.len(), "flaw"), checked.bytes),
    });
    if let Some(fingerprint) = &checked.fingerprint {
        report = report.with_line(format!("  fingerprint {fingerprint}: compare it with the other side's"));
    }
    for flaw in &checked.flaws {
        report = report.with_line(format!("  {}: {}", flaw.name(), flaw.text()));
    }
    if !checked.encoded {
        report =
            report.with_hint("receivers whose libraries decode base64 need `syncctl secret check --standard-form`");
    }
    report
}

/// Which of the two secrets of a rotation a sender or an endpoint uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretUse {
    /// The new one.
    New,
    /// Both.
    Both,
    /// The old one.
    Old,
    /// Another one.
    Neither,
    /// None.
    Unsigned,
}

impl SecretUse {
    const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Both => "both",
            Self::Old => "old",
            Self::Neither => "neither",
            Self::Unsigned => "unsigned",
        }
    }

    const fn level(self) -> Level {
        match self {
            Self::New | Self::Both => Level::Good,
            Self::Old => Level::Warning,
            Self::Neither | Self::Unsigned => Level::Bad,
        }
    }
}

/// A sender or an endpoint of a rotation, and the secret it uses.
#[derive(Debug)]
pub struct SecretUser {
    /// Its name.
    pub name: String,
    /// The secret it uses.
    pub secret_use: SecretUse,
    /// When its newest request arrived, if known.
    pub last_seen: Option<Timestamp>,
    /// The result of probing it, if endpoints were probed.
    pub tried: Option<EndpointTrial>,
}

/// Which secrets an endpoint accepts, as test requests showed.
#[derive(Debug)]
pub enum EndpointTrial {
    /// It was probed, or could not be.
    Checked(RotationCheck),
    /// It is not part of the rotation, for this reason.
    Excluded(&'static str),
}

impl SecretUser {
    /// Whether it is ready for the new secret; `None` if the rotation does not concern it.
    pub fn is_ready(&self) -> Option<bool> {
        match &self.tried {
            None => Some(self.secret_use == SecretUse::New),
            Some(EndpointTrial::Checked(trial)) => Some(trial.accepts.is_ready()),
            Some(EndpointTrial::Excluded(_)) => None,
        }
    }
}

/// An endpoint or source that uses a secret, in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretUserView<'a> {
    name: &'a str,
    uses: &'static str,
    last_seen_at: Option<Timestamp>,
    #[serde(flatten)]
    tried: Option<TriedView<'a>>,
}

/// What trying both secrets at an endpoint showed, in the JSON answer of `secret rotate-plan`.
#[derive(Serialize)]
struct TriedView<'a> {
    accepts: Option<&'static str>,
    reason: Option<&'a str>,
    answers: AnswersView<'a>,
}

/// The answers of an endpoint to requests signed with a random, the new and the old secret.
#[derive(Default, Serialize)]
struct AnswersView<'a> {
    random: Option<&'a str>,
    new: Option<&'a str>,
    old: Option<&'a str>,
}

impl<'a> SecretUserView<'a> {
    fn of(sender: &'a SecretUser) -> Self {
        let tried = sender.tried.as_ref().map(TriedView::of);
        Self { name: &sender.name, uses: sender.secret_use.name(), last_seen_at: sender.last_seen, tried }
    }
}

impl<'a> TriedView<'a> {
    fn of(tried: &'a EndpointTrial) -> Self {
        match tried {
            EndpointTrial::Checked(RotationCheck { accepts, reason, answers }) => {
                let ProbeAnswers { new, old, random } = answers;
                let answers = AnswersView { random: random.as_deref(), new: new.as_deref(), old: old.as_deref() };
                Self { accepts: Some(accepts.name()), reason: reason.as_deref(), answers }
            }
            EndpointTrial::Excluded(reason) => {
                Self { accepts: None, reason: Some(reason), answers: AnswersView::default() }
            }
        }
    }

    fn describe(&self) -> Option<String> {
        let AnswersView { random, new, old } = self.answers;
        let said: Vec<_> = [("random", random), ("new", new), ("old", old)]
            .into_iter()
            .filter_map(|(name, answer)| Some(format!("{name} {}", answer?)))
            .collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

const SENDERS: &[Column] =
    &[Column::text("who", "WHO"), Column::text("uses", "USES"), Column::text("last-seen", "LAST SEEN")];
/// The same where endpoints were tried.
const TRIED: &[Column] = &[
    Column::text("who", "WHO"),
    Column::text("uses", "USES"),
    Column::text("last-seen", "LAST SEEN"),
    Column::text("accepts", "ACCEPTS"),
    Column::text("reason", "REASON"),
    Column::text("answers", "ANSWERS").only_wide(),
];

const fn level_of(accepts: AcceptedSecrets) -> Level {
    match accepts {
        AcceptedSecrets::New | AcceptedSecrets::Both => Level::Good,
        AcceptedSecrets::Old | AcceptedSecrets::Unknown => Level::Warning,
        AcceptedSecrets::Neither | AcceptedSecrets::Unverified => Level::Bad,
    }
}

/// The answer of `secret rotate-plan`.
pub fn rotation(senders: &[SecretUser], endpoints: &[SecretUser], flaws: &[SecretFlaw], now: Timestamp) -> Report {
    /// The JSON answer of `secret rotate-plan`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct RotationView<'a> {
        senders: Vec<SecretUserView<'a>>,
        endpoints: Vec<SecretUserView<'a>>,
        new_secret_flaws: Vec<FlawView>,
    }
    let view = RotationView {
        senders: senders.iter().map(SecretUserView::of).collect(),
        endpoints: endpoints.iter().map(SecretUserView::of).collect(),
        new_secret_flaws: flaws.iter().map(FlawView::of).collect(),
    };
    let tried = endpoints.iter().any(|endpoint| endpoint.tried.is_some());
    let columns = if tried { TRIED } else { SENDERS };
    let rows = senders.iter().chain(endpoints).map(|sender| row(sender, tried)).collect();
    let mut report = Report::new(&view)
        .with_line(still_old(senders, "sender", now))
        .with_line(still_old(endpoints, "endpoint", now));
    if tried {
        report = report.with_line(accepting(endpoints));
    }
    report = report
        .with_table(Table::new(columns, rows))
        .with_names(senders.iter().chain(endpoints).map(|sender| sender.name.as_str()));
    for flaw in flaws {
        report = report.with_line(format!("the new secret: {}: {}", flaw.name(), flaw.text()));
    }
    if senders.is_empty() {
        report =
            report.with_hint("let the senders send to `syncctl serve`, or capture them with `syncctl listen --save`");
    }
    report.with_hint(
        "during the rotation, keep the old one as WEBHOOK_SECRET_PREVIOUS: requests are then signed with both",
    )
}

fn row(sender: &SecretUser, tried: bool) -> Vec<Cell> {
    let mut cells = vec![
        sender.name.as_str().into(),
        Cell::Level(sender.secret_use.level(), sender.secret_use.name().to_owned()),
        sender.last_seen.into(),
    ];
    if tried {
        let view = sender.tried.as_ref().map(TriedView::of);
        cells.extend([
            match &sender.tried {
                Some(EndpointTrial::Checked(trial)) => (level_of(trial.accepts), trial.accepts.name()).into(),
                Some(EndpointTrial::Excluded(_)) | None => Cell::Empty,
            },
            view.as_ref().and_then(|view| view.reason).into(),
            view.as_ref().and_then(TriedView::describe).into(),
        ]);
    }
    cells
}

/// How many endpoints of the rotation accept the new secret, in words.
fn accepting(endpoints: &[SecretUser]) -> String {
    let concerned: Vec<bool> = endpoints.iter().filter_map(SecretUser::is_ready).collect();
    let ready = concerned.iter().filter(|ready| **ready).count();
    let accept = if ready == 1 { "accepts" } else { "accept" };
    let mut line = match concerned.len() {
        0 => "no endpoint uses either of the two".to_owned(),
        all => format!("{ready} of {} {accept} the new one", count(all, "endpoint")),
    };
    let outside = endpoints.len() - concerned.len();
    if outside > 0 {
        let has = if outside == 1 { "has a secret of its own" } else { "have secrets of their own" };
        line += &format!("; {outside} {has}");
    }
    line
}

fn still_old(all: &[SecretUser], what: &str, now: Timestamp) -> String {
    let old: Vec<_> = all.iter().filter(|sender| sender.secret_use == SecretUse::Old).collect();
    if all.is_empty() {
        return format!("no {what} was checked");
    }
    if old.is_empty() {
        return format!("none of {} uses the old one", count(all.len(), what));
    }
    let seen = old.iter().filter_map(|sender| sender.last_seen).max();
    let seen = seen.map(|at| format!(", last seen {}", relative(at, now))).unwrap_or_default();
    let still = if old.len() == 1 { "still uses" } else { "still use" };
    format!("{} of {} {still} the old one{seen}", old.len(), count(all.len(), what))
}
