//! Errors of RabbitMQ in words for an operator.

use lapin::protocol::{AMQPError, AMQPErrorKind};
use lapin::{Error, ErrorKind};

use super::super::error::{BrokerError, LONG_WAIT};
use crate::network::failure::Failure;
use crate::network::failure_text::io_in_words;

/// The server's text for a connection that an operator or its shutdown closed.
const CONNECTION_FORCED: u16 = 320;
/// Its text for a virtual host that does not exist or that the user may not access.
const NOT_ALLOWED: u16 = 530;

/// The error of lapin as an error of a broker.
pub(super) fn refused(error: &Error) -> BrokerError {
    match error.kind() {
        ErrorKind::ProtocolError(error) => in_words(error),
        ErrorKind::IOError(error) => BrokerError::Broken(format!("connection: {}", io_in_words(error))),
        ErrorKind::InvalidChannelState(..) | ErrorKind::InvalidConnectionState(_) => {
            BrokerError::Broken("connection: closed before the response".to_owned())
        }
        ErrorKind::MissingHeartbeatError => {
            BrokerError::Broken("connection: the server sends no heartbeats".to_owned())
        }
        ErrorKind::ChannelsLimitReached => BrokerError::Operation(
            "rabbitmq: the server allows no more channels on a connection (channel_max)".to_owned(),
        ),
        _ => BrokerError::Broken(format!("rabbitmq: {error}")),
    }
}

/// The server's text follows its code: `NOT_FOUND - no exchange 'x' in vhost '/'`.
fn in_words(error: &AMQPError) -> BrokerError {
    let (code, text) = (error.get_id(), error.get_message().as_str());
    let (name, detail) = text.split_once(" - ").unwrap_or(("", text));
    let named = if name.is_empty() { code.to_string() } else { format!("{code} {name}") };
    match (error.kind(), code) {
        (AMQPErrorKind::Soft(_), _) => BrokerError::Operation(format!("rabbitmq: {detail} ({named})")),
        (AMQPErrorKind::Hard(_), CONNECTION_FORCED) => {
            BrokerError::Broken(format!("rabbitmq: the server closed the connection: {detail} ({named})"))
        }
        (AMQPErrorKind::Hard(_), NOT_ALLOWED) => BrokerError::Connection(format!("rabbitmq: {detail} ({named})")),
        (AMQPErrorKind::Hard(_), _) => {
            BrokerError::Broken(format!("rabbitmq: the connection was ended: {detail} ({named})"))
        }
    }
}

/// The error of a message that was rejected.
pub(super) fn rejected(what: &str) -> Failure {
    BrokerError::Operation(format!("rabbitmq: {what}")).into_failure()
}

/// The error of a server that blocks publishers.
pub(super) fn blocked(why: &str) -> Failure {
    let words = format!("rabbitmq: the server accepts no messages: {why} (connection.blocked)");
    BrokerError::Server(words, LONG_WAIT).into_failure()
}

#[cfg(test)]
mod tests {
    use lapin::protocol::{AMQPHardError, AMQPSoftError};

    use super::*;

    fn of(kind: AMQPErrorKind, detail: &str) -> BrokerError {
        in_words(&AMQPError::new(kind, detail.into()))
    }

    #[test]
    fn a_refused_operation_leaves_the_connection_to_others() {
        let refused = of(AMQPSoftError::NOTFOUND.into(), "NOT_FOUND - no exchange 'events' in vhost '/'");
        let words = "rabbitmq: no exchange 'events' in vhost '/' (404 NOT_FOUND)";
        assert_eq!(refused, BrokerError::Operation(words.to_owned()));
        assert!(!refused.is_of_connection());
        let forced = of(AMQPHardError::CONNECTIONFORCED.into(), "CONNECTION_FORCED - broker forced connection closure");
        assert!(matches!(forced, BrokerError::Broken(_)), "{forced:?}");
        let vhost = of(AMQPHardError::NOTALLOWED.into(), "NOT_ALLOWED - vhost app not found");
        assert_eq!(vhost, BrokerError::Connection("rabbitmq: vhost app not found (530 NOT_ALLOWED)".to_owned()));
    }
}
