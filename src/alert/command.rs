//! A shell command that gets alerts on its standard input.

use super::{Alert, SEND_LIMIT, SHOWN_CHARS};
use crate::format::shorten;
use crate::subprocess::{self, CommandError};
use crate::untrusted::Untrusted;

/// Runs the command with the alert as JSON on its standard input, and its main facts in environment variables.
pub(super) async fn run(command: &str, alert: &Alert) -> Result<(), String> {
    let (command, alert) = (command.to_owned(), alert.clone());
    let done = tokio::task::spawn_blocking(move || {
        let observed = &alert.incident.observed;
        let title = alert.title();
        let variables = [
            ("SYNCCTL_ALERT_PHASE", alert.phase.name()),
            ("SYNCCTL_ALERT_KIND", observed.kind.name()),
            ("SYNCCTL_ALERT_SUBJECT", observed.subject.as_str()),
            ("SYNCCTL_ALERT_SEVERITY", observed.severity.name()),
            ("SYNCCTL_ALERT_TITLE", title.as_str()),
            ("SYNCCTL_ALERT_INCIDENT", alert.incident.name.as_str()),
        ];
        let mut input = alert.json().to_string().into_bytes();
        input.push(b'\n');
        subprocess::run(&command, &variables, input, SEND_LIMIT)
    });
    match done.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(in_words(&error)),
        Err(_) => Err("internal error: running the command panicked".to_owned()),
    }
}

fn in_words(error: &CommandError) -> String {
    let text = match error {
        CommandError::Io(cause) => format!("{error}: {cause}"),
        CommandError::Late(_) | CommandError::Failed { .. } => error.to_string(),
    };
    shorten(&Untrusted(&text).to_string(), SHOWN_CHARS)
}
