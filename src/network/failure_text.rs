//! Texts of connection failures, for an operator.

use std::io;

/// The system's error text without the error number.
pub fn io_in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "reset by the other side".to_owned(),
        io::ErrorKind::BrokenPipe => "closed by the other side".to_owned(),
        _ => error.to_string(),
    }
}

/// A connection that broke before the response headers were there.
pub fn broken_in_words(error: &hyper::Error) -> String {
    if error.is_parse_too_large() {
        return "connection: the response headers are too large".to_owned();
    }
    if error.is_parse() {
        return format!("connection: the answer is not HTTP/1.1 ({error})");
    }
    if error.is_incomplete_message() {
        return "connection: closed before the response".to_owned();
    }
    let cause = std::error::Error::source(error).and_then(|e| e.downcast_ref::<io::Error>());
    format!("connection: {}", cause.map_or_else(|| error.to_string(), io_in_words))
}
