//! Why Redis did not do as it was told, in words for an operator.

use std::time::Duration;

use ::redis::{ErrorKind, RedisError};

use crate::delivery::Outcome;
use crate::network::failure::Failure;
use crate::network::failure_text::io_in_words;

/// How long a server that changes its role or loads its data is left alone.
const SHORT_WAIT: Duration = Duration::from_secs(5);
/// How long a server is left alone that an operator has to help.
const LONG_WAIT: Duration = Duration::from_secs(30);

/// A command that failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// This command: others may do.
    Command(String),
    /// Every command, for a time.
    Server(String, Duration),
    /// The connection broke.
    Broken(String),
}

impl Refused {
    /// Reads an error; `stream` is what the command was about.
    pub(super) fn of(error: &RedisError, stream: &str) -> Self {
        match (error.kind(), error.code()) {
            (ErrorKind::Server(_) | ErrorKind::Extension, Some(code)) => {
                Self::in_words(code, error.detail().unwrap_or_default(), stream)
            }
            (ErrorKind::Io, _) => Self::Broken(connection_in_words(error)),
            _ => Self::Broken(format!("redis: the answer cannot be read ({error})")),
        }
    }

    fn in_words(code: &str, detail: &str, stream: &str) -> Self {
        let command = |text: String| Self::Command(format!("redis: {text} ({code})"));
        let short = |text: &str| Self::Server(format!("redis: {text} ({code})"), SHORT_WAIT);
        let long = |text: &str| Self::Server(format!("redis: {text} ({code})"), LONG_WAIT);
        match code {
            "NOAUTH" => command("the server wants a password: see basic_file".to_owned()),
            "WRONGPASS" => command("the server refuses the user or the password".to_owned()),
            "NOPERM" => command(format!("the user has no permission: {detail}")),
            "WRONGTYPE" => command(format!("`{stream}` exists and is not a stream")),
            "MOVED" | "ASK" => command(format!(
                "another node of the cluster has `{stream}`, at {}: name that node in the URL",
                detail.rsplit(' ').next().unwrap_or_default()
            )),
            "READONLY" => short("the server is a replica and takes no writes"),
            "LOADING" => short("the server loads its data"),
            "MASTERDOWN" => short("the replica has lost its primary"),
            "CLUSTERDOWN" => short("the cluster is down"),
            "TRYAGAIN" => short("the cluster moves the stream"),
            "BUSY" => short("a script keeps the server busy"),
            "OOM" => long("the server is out of memory: its maxmemory is reached and nothing may be evicted"),
            "MISCONF" => long("the server cannot write to its disk, and takes no writes before it can"),
            "NOREPLICAS" => long("too few replicas are connected for the server to take writes"),
            "ERR" if detail.starts_with("max number of clients") => long("the server has too many clients"),
            "ERR" if detail.starts_with("DB index is out of range") => command("there is no such database".to_owned()),
            "ERR" if detail.starts_with("AUTH") => command(format!("the server takes no password: {detail}")),
            "ERR" if detail.starts_with("unknown command") => {
                command(format!("the server is too old, or its administrator disabled a command: {detail}"))
            }
            _ => command(detail.to_owned()),
        }
    }

    /// Whether another connection may lead to a server that does it.
    pub(super) fn is_of_server(&self) -> bool {
        matches!(self, Self::Server(..) | Self::Broken(_))
    }

    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Command(detail) => Failure { outcome: Outcome::Rejected { status: None, retry_after: None }, detail },
            Self::Server(detail, wait) => {
                Failure { outcome: Outcome::Rejected { status: None, retry_after: Some(wait) }, detail }
            }
            Self::Broken(detail) => Failure::unreachable(detail),
        }
    }
}

fn connection_in_words(error: &RedisError) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(known) = cause {
        if let Some(io) = known.downcast_ref::<std::io::Error>() {
            return format!("connection: {}", io_in_words(io));
        }
        cause = known.source();
    }
    "connection: closed before the response".to_owned()
}

/// An answer of another form than that command has.
pub(super) fn unexpected(command: &str) -> Failure {
    Failure::unreachable(format!("redis: the answer to {command} cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str, detail: &str) -> Refused {
        Refused::of(&::redis::make_extension_error(code.to_owned(), Some(detail.to_owned())), "events")
    }

    #[test]
    fn what_ails_the_server_opens_the_circuit_and_what_is_wrong_with_a_command_does_not() {
        for code in
            ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "MISCONF", "NOREPLICAS"]
        {
            let Refused::Server(text, wait) = of(code, "") else { unreachable!("{code}") };
            assert!(text.ends_with(&format!("({code})")) && !wait.is_zero(), "{text}");
        }
        for code in ["NOAUTH", "WRONGPASS", "NOPERM", "WRONGTYPE", "ERR"] {
            assert!(matches!(of(code, "x"), Refused::Command(_)), "{code}");
        }
        assert!(matches!(of("ERR", "max number of clients reached"), Refused::Server(..)));
    }

    #[test]
    fn a_node_that_has_the_stream_is_named() {
        let Refused::Command(text) = of("MOVED", "3999 127.0.0.1:6381") else { unreachable!("a command") };
        assert_eq!(
            text,
            "redis: another node of the cluster has `events`, at 127.0.0.1:6381: name that node in the URL (MOVED)"
        );
    }
}
