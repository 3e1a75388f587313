//! Runs the command of a source with an event.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::inbound::Incoming;
use crate::subprocess;

pub use crate::subprocess::CommandError;

/// How long a command may take: its sender gives up after ten seconds, and has to hear before that.
pub const COMMAND_LIMIT: Duration = Duration::from_secs(8);

/// Runs `command` in a shell with the event, in the form in which endpoints get it, on its standard input.
///
/// The variables `SYNCCTL_EVENT_ID`, `SYNCCTL_EVENT_TYPE` and `SYNCCTL_ROUTE` say what it is. It has to end with status 0
/// within [`COMMAND_LIMIT`]; what it started is killed with it. Blocks until then.
pub fn run(command: &str, incoming: &Incoming, now: Timestamp) -> Result<(), CommandError> {
    let variables = [
        ("SYNCCTL_EVENT_ID", incoming.id.as_str()),
        ("SYNCCTL_EVENT_TYPE", &*incoming.draft.event_type),
        ("SYNCCTL_ROUTE", &*incoming.route),
    ];
    let body = incoming.draft.render(&incoming.id, incoming.draft.timestamp.unwrap_or(now));
    subprocess::run(command, &variables, body.to_vec(), COMMAND_LIMIT)
}
