//! Why RabbitMQ did not do as it was told, in words for an operator.

use lapin::protocol::{AMQPError, AMQPErrorKind};
use lapin::{Error, ErrorKind};

use super::super::refusal::{LONG_WAIT, Refused};
use crate::network::failure::Failure;
use crate::network::failure_text::io_in_words;

/// What the server says of a connection that an operator, or its own end, closed.
const CONNECTION_FORCED: u16 = 320;
/// What it says of a virtual host that does not exist, or that the user may not enter.
const NOT_ALLOWED: u16 = 530;

/// Reads an error.
pub(super) fn refused(error: &Error) -> Refused {
    match error.kind() {
        ErrorKind::ProtocolError(error) => in_words(error),
        ErrorKind::IOError(error) => Refused::Broken(format!("connection: {}", io_in_words(error))),
        ErrorKind::InvalidChannelState(..) | ErrorKind::InvalidConnectionState(_) => {
            Refused::Broken("connection: closed before the response".to_owned())
        }
        ErrorKind::MissingHeartbeatError => Refused::Broken("connection: the server sends no heartbeats".to_owned()),
        ErrorKind::ChannelsLimitReached => {
            Refused::Operation("rabbitmq: the server allows no more channels on a connection (channel_max)".to_owned())
        }
        _ => Refused::Broken(format!("rabbitmq: {error}")),
    }
}

/// The server's own words follow its code: `NOT_FOUND - no exchange 'x' in vhost '/'`.
fn in_words(error: &AMQPError) -> Refused {
    let (code, said) = (error.get_id(), error.get_message().as_str());
    let (name, detail) = said.split_once(" - ").unwrap_or(("", said));
    let named = if name.is_empty() { code.to_string() } else { format!("{code} {name}") };
    match (error.kind(), code) {
        (AMQPErrorKind::Soft(_), _) => Refused::Operation(format!("rabbitmq: {detail} ({named})")),
        (AMQPErrorKind::Hard(_), CONNECTION_FORCED) => {
            Refused::Broken(format!("rabbitmq: the server closed the connection: {detail} ({named})"))
        }
        (AMQPErrorKind::Hard(_), NOT_ALLOWED) => Refused::Connection(format!("rabbitmq: {detail} ({named})")),
        (AMQPErrorKind::Hard(_), _) => {
            Refused::Broken(format!("rabbitmq: the connection was ended: {detail} ({named})"))
        }
    }
}

/// A message that was not taken.
pub(super) fn rejected(what: &str) -> Failure {
    Refused::Operation(format!("rabbitmq: {what}")).into_failure()
}

/// A server that takes no messages at all for a time.
pub(super) fn blocked(why: &str) -> Failure {
    let words = format!("rabbitmq: the server takes no messages: {why} (connection.blocked)");
    Refused::Server(words, LONG_WAIT).into_failure()
}

#[cfg(test)]
mod tests {
    use lapin::protocol::{AMQPHardError, AMQPSoftError};

    use super::*;

    fn of(kind: AMQPErrorKind, said: &str) -> Refused {
        in_words(&AMQPError::new(kind, said.into()))
    }

    #[test]
    fn a_refused_operation_leaves_the_connection_to_others() {
        let refused = of(AMQPSoftError::NOTFOUND.into(), "NOT_FOUND - no exchange 'events' in vhost '/'");
        let words = "rabbitmq: no exchange 'events' in vhost '/' (404 NOT_FOUND)";
        assert_eq!(refused, Refused::Operation(words.to_owned()));
        assert!(!refused.is_of_connection());
        let forced = of(AMQPHardError::CONNECTIONFORCED.into(), "CONNECTION_FORCED - broker forced connection closure");
        assert!(matches!(forced, Refused::Broken(_)), "{forced:?}");
        let vhost = of(AMQPHardError::NOTALLOWED.into(), "NOT_ALLOWED - vhost app not found");
        assert_eq!(vhost, Refused::Connection("rabbitmq: vhost app not found (530 NOT_ALLOWED)".to_owned()));
    }
}
