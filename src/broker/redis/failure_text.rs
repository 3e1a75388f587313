//! Why Redis did not do as it was told, in words for an operator.

use ::redis::{ErrorKind, RedisError};

use super::super::error::{BrokerError, LONG_WAIT, SHORT_WAIT};
use crate::network::failure::Failure;
use crate::network::failure_text::io_in_words;

/// Reads an error; `stream` is what the command was about.
pub(super) fn refused(error: &RedisError, stream: &str) -> BrokerError {
    match (error.kind(), error.code()) {
        (ErrorKind::Server(_) | ErrorKind::Extension, Some(code)) => {
            in_words(code, error.detail().unwrap_or_default(), stream)
        }
        (ErrorKind::Io, _) => BrokerError::Broken(connection_in_words(error)),
        _ => BrokerError::Broken(format!("redis: the answer cannot be read ({error})")),
    }
}

fn in_words(code: &str, detail: &str, stream: &str) -> BrokerError {
    let operation = |text: String| BrokerError::Operation(format!("redis: {text} ({code})"));
    let short = |text: &str| BrokerError::Server(format!("redis: {text} ({code})"), SHORT_WAIT);
    let long = |text: &str| BrokerError::Server(format!("redis: {text} ({code})"), LONG_WAIT);
    match code {
        "NOAUTH" => operation("the server requires a password: see basic_file".to_owned()),
        "WRONGPASS" => operation("the server refuses the user or the password".to_owned()),
        "NOPERM" => operation(format!("the user has no permission: {detail}")),
        "WRONGTYPE" => operation(format!("`{stream}` exists and is not a stream")),
        "MOVED" | "ASK" => operation(format!(
            "another node of the cluster has `{stream}`, at {}: name that node in the URL",
            detail.rsplit(' ').next().unwrap_or_default()
        )),
        "READONLY" => short("the server is a replica and accepts no writes"),
        "LOADING" => short("the server is loading its data"),
        "MASTERDOWN" => short("the replica has lost its primary"),
        "CLUSTERDOWN" => short("the cluster is down"),
        "TRYAGAIN" => short("the cluster is moving the stream"),
        "BUSY" => short("a script keeps the server busy"),
        "OOM" => long("the server is out of memory: its maxmemory is reached and nothing may be evicted"),
        "MISCONF" => long("the server cannot write to its disk, and accepts no writes until it can"),
        "NOREPLICAS" => long("too few replicas are connected for the server to accept writes"),
        "ERR" if detail.starts_with("max number of clients") => long("the server has too many clients"),
        "ERR" if detail.starts_with("DB index is out of range") => operation("there is no such database".to_owned()),
        "ERR" if detail.starts_with("AUTH") => operation(format!("the server has no password set: {detail}")),
        "ERR" if detail.starts_with("unknown command") => {
            operation(format!("the server is too old, or its administrator disabled a command: {detail}"))
        }
        _ => operation(detail.to_owned()),
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

    fn of(code: &str, detail: &str) -> BrokerError {
        refused(&::redis::make_extension_error(code.to_owned(), Some(detail.to_owned())), "events")
    }

    #[test]
    fn what_ails_the_server_opens_the_circuit_and_what_is_wrong_with_a_command_does_not() {
        for code in
            ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "MISCONF", "NOREPLICAS"]
        {
            let BrokerError::Server(text, wait) = of(code, "") else { unreachable!("{code}") };
            assert!(text.ends_with(&format!("({code})")) && !wait.is_zero(), "{text}");
        }
        for code in ["NOAUTH", "WRONGPASS", "NOPERM", "WRONGTYPE", "ERR"] {
            assert!(matches!(of(code, "x"), BrokerError::Operation(_)), "{code}");
        }
        assert!(matches!(of("ERR", "max number of clients reached"), BrokerError::Server(..)));
    }

    #[test]
    fn a_node_that_has_the_stream_is_named() {
        let BrokerError::Operation(text) = of("MOVED", "3999 127.0.0.1:6381") else { unreachable!("a command") };
        assert_eq!(
            text,
            "redis: another node of the cluster has `events`, at 127.0.0.1:6381: name that node in the URL (MOVED)"
        );
    }
}
