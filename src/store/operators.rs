//! The store's contract for the people who operate a queue over HTTP: their sessions, and what they did.

use super::{Listed, Page, PendingResult};
use crate::clock::Timestamp;

/// The name of the operator whose token is the admin token of the configuration.
pub const ADMIN_TOKEN_NAME: &str = "admin";
/// The most sessions at the same time; one more ends the oldest.
pub const MAX_SESSIONS: u64 = 256;

/// Sources of wrong secrets that are counted in a minute; several servers at once may count some more.
pub const MAX_COUNTED_SOURCES: u64 = 10_000;

/// What the holder of an operator's token may do: read, operate or administer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// See everything.
    Read,
    /// Also replay, give up, pause, resume, test and process.
    Operate,
    /// Also emit events, change records and end the sessions of others.
    Admin,
}

impl Role {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A login to the dashboard that is to be stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The hash of its random name.
    pub name: [u8; 32],
    /// The hash of its name and of the token it began with.
    pub token: [u8; 32],
    /// Whose token that is.
    pub operator: String,
    /// The address it began at.
    pub source: String,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// An open login session of an operator in the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its row.
    pub id: i64,
    /// The hash of its name and of the token it began with.
    pub token: [u8; 32],
    /// Whose token that was.
    pub operator: String,
    /// The address it began at.
    pub source: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// An action of an operator for the audit log, written before it is carried out.
#[derive(Clone, Debug)]
pub struct NewAction {
    /// Who does it.
    pub operator: String,
    /// The address it was asked from.
    pub source: String,
    /// What is done: `delivery.replay`, `endpoint.pause`.
    pub action: &'static str,
    /// What it is done to.
    pub target: String,
}

/// An action of an operator as the audit log has it: who did what to which target, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionRow {
    /// Its row.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub operator: String,
    /// The address it was asked from.
    pub source: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub target: String,
    /// What came of it; `None` while it is under way, or when the process died over it.
    pub outcome: Option<String>,
}

/// Which operators' actions a list shows. Empty parts match any.
#[derive(Clone, Debug, Default)]
pub struct ActionFilter {
    /// Of this operator.
    pub operator: Option<String>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Behind this row in the order of the page: a cursor that holds while rows are added.
    pub past: Option<i64>,
}

/// How many wrong secrets came from one address within a minute, shared between servers to slow down guessing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSecretCount {
    /// The address, or the network an address can be chosen from.
    pub source: String,
    /// How many.
    pub count: u64,
}

/// The part of the store's interface for the dashboard: login sessions, operators' actions, counts of wrong secrets.
pub trait Operators {
    /// Counts wrong secrets, each source once among them, and returns in the same order how many all servers of this queue have
    /// counted from there within the minute of `now`.
    ///
    /// What was counted in earlier minutes is removed. Beyond [`MAX_COUNTED_SOURCES`] sources a minute others are not counted: of them
    /// what was given is returned.
    fn count_wrong_secrets(&self, guesses: Vec<WrongSecretCount>, now: Timestamp) -> PendingResult<Vec<u64>>;

    /// Begins a session. Those that ran out are removed, and the oldest beyond [`MAX_SESSIONS`].
    fn begin_session(&self, session: NewSession, now: Timestamp) -> PendingResult<()>;

    /// The open session whose name has this hash.
    fn session(&self, name: [u8; 32], now: Timestamp) -> PendingResult<Option<SessionRow>>;

    /// The open sessions, newest first.
    fn sessions(&self, now: Timestamp) -> PendingResult<Vec<SessionRow>>;

    /// Ends a session. Returns whether there was one of that number; a second call changes nothing.
    fn end_session(&self, id: i64) -> PendingResult<bool>;

    /// Notes what an operator is about to do, and returns the number of the row. What is not on disk may not be done.
    fn record_action(&self, action: NewAction, now: Timestamp) -> PendingResult<i64>;

    /// Notes what came of an action. Unknown ones are ignored.
    fn settle_action(&self, id: i64, outcome: String) -> PendingResult<()>;

    /// One action.
    fn action(&self, id: i64) -> PendingResult<Option<ActionRow>>;

    /// A page of actions, by the order in which they were asked for.
    fn actions(&self, filter: &ActionFilter, page: Page) -> PendingResult<Listed<ActionRow>>;
}
