//! Runs the forward command of a source with an event.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::inbound::VerifiedWebhook;
use crate::subprocess;

pub use crate::subprocess::CommandError;

/// How long a command may take: senders give up after ten seconds, and have to be answered before.
pub const COMMAND_LIMIT: Duration = Duration::from_secs(8);

/// Runs `command` in a shell with the event on its standard input, in the form that endpoints get.
///
/// The variables `SYNCCTL_EVENT_ID`, `SYNCCTL_EVENT_TYPE` and `SYNCCTL_ROUTE` say what it is. It has to end with status 0
/// within [`COMMAND_LIMIT`]; its process group is killed then. Blocks until the command ends.
pub fn run(command: &str, incoming: &VerifiedWebhook, now: Timestamp) -> Result<(), CommandError> {
    let variables = [
        ("SYNCCTL_EVENT_ID", incoming.id.as_str()),
        ("SYNCCTL_EVENT_TYPE", &*incoming.draft.event_type),
        ("SYNCCTL_ROUTE", &*incoming.route),
    ];
    let body = incoming.draft.render(&incoming.id, incoming.draft.timestamp.unwrap_or(now));
    subprocess::run(command, &variables, body.to_vec(), COMMAND_LIMIT)
}
