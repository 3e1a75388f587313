//! Errors of SQS in words for an operator.

use ::http::HeaderMap;
use serde_json::Value;

use super::super::error::{BrokerError, LONG_WAIT, SHORT_WAIT};
use super::http::HttpResponse;
use crate::clock::Timestamp;
use crate::network::failure::Failure;

/// The clock difference at which AWS refuses signatures.
const MAX_SKEW_SECONDS: i64 = 300;

/// An error of SQS: of a whole request, or of one message of a batch.
#[derive(Debug)]
pub(super) struct ApiError {
    /// Its code, without the prefix of a service.
    code: String,
    message: String,
}

impl ApiError {
    /// The error in a response with an error status.
    fn of(answer: &HttpResponse) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let kind = body["__type"].as_str().or_else(|| header(&answer.headers, "x-amzn-errortype")).unwrap_or_default();
        let message = if text("message").is_empty() { text("Message") } else { text("message") };
        if kind.is_empty() {
            return Self { code: format!("HTTP {}", answer.status.as_u16()), message: message.to_owned() };
        }
        Self::new(kind, message)
    }

    /// The error of one message.
    pub(super) fn new(code: &str, message: &str) -> Self {
        // `com.amazonaws.sqs#QueueDoesNotExist`, `AccessDenied:http://…`, `AWS.SimpleQueueService.NonExistentQueue`
        let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
        let code = code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code);
        Self { code: code.to_owned(), message: message.to_owned() }
    }

    /// Whether other credentials may be accepted.
    pub(super) fn is_of_credentials(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ExpiredToken" | "ExpiredTokenException" | "UnrecognizedClientException" | "InvalidClientTokenId"
        )
    }

    /// The error of an operation on `queue`.
    pub(super) fn into_error(self, queue: &str) -> BrokerError {
        let Self { code, message } = self;
        let detail = if message.is_empty() { code.clone() } else { format!("{message} ({code})") };
        let operation = |text: &str| BrokerError::Operation(format!("sqs: {text}: {detail}"));
        let short = |text: &str| BrokerError::Server(format!("sqs: {text}: {detail}"), SHORT_WAIT);
        let long = |text: &str| BrokerError::Server(format!("sqs: {text}: {detail}"), LONG_WAIT);
        match code.as_str() {
            "AccessDenied" | "AccessDeniedException" | "NotAuthorized" | "OptInRequired" => operation("access denied"),
            "KmsAccessDenied" | "KMS.AccessDeniedException" => operation("access to the queue's KMS key denied"),
            "QueueDoesNotExist" | "NonExistentQueue" | "QueueDeletedRecently" => {
                operation(&format!("there is no queue `{queue}`"))
            }
            "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" | "InvalidSecurity" => {
                operation("the access key is refused")
            }
            "MissingAuthenticationToken" | "MissingAuthenticationTokenException" | "IncompleteSignature" => {
                operation("the request is not signed as it has to be")
            }
            "SignatureDoesNotMatch" => operation("the secret key is not the one of the access key"),
            "ExpiredToken" | "ExpiredTokenException" => short("the session token has expired and is being renewed"),
            "RequestThrottled"
            | "ThrottlingException"
            | "Throttling"
            | "TooManyRequestsException"
            | "SlowDown"
            | "RequestThrottledException"
            | "HTTP 429" => short("throttled"),
            "KmsThrottled" | "KMS.ThrottlingException" => short("throttled by KMS"),
            "OverLimit" => short("too many messages are taken and not acknowledged"),
            "InternalFailure" | "InternalError" | "InternalServerError" | "ServiceUnavailable" => {
                short("the service failed")
            }
            _ if code.starts_with("HTTP 5") => short("the service failed"),
            "BatchRequestTooLong" => operation("the message is too large"),
            "InvalidParameterValue" if message.contains("must be shorter") => operation("the message is too large"),
            "InvalidMessageContents" => operation("the body has characters that SQS does not take"),
            _ if code.starts_with("Kms") || code.starts_with("KMS.") => long("the queue's KMS key cannot be used"),
            _ => operation("refused"),
        }
    }
}

/// The error of an operation, considering the time in the response.
pub(super) fn refused(answer: &HttpResponse, queue: &str, now: Timestamp) -> (BrokerError, bool) {
    let error = ApiError::of(answer);
    let is_of_credentials = error.is_of_credentials();
    if let Some(ahead_ms) = ahead_ms(&answer.headers, now)
        && (ahead_ms / 1_000).abs() > MAX_SKEW_SECONDS
        && matches!(
            error.code.as_str(),
            "SignatureDoesNotMatch" | "RequestExpired" | "InvalidSignatureException" | "RequestTimeTooSkewed"
        )
    {
        let (apart, way) = ((ahead_ms / 1_000).unsigned_abs(), if ahead_ms > 0 { "behind" } else { "ahead" });
        let apart = humantime::format_duration(std::time::Duration::from_secs(apart));
        let text =
            format!("sqs: the clock of this machine is {apart} {way}, so signatures are refused ({})", error.code);
        return (BrokerError::Server(text, LONG_WAIT), false);
    }
    (error.into_error(queue), is_of_credentials)
}

/// How far the clock of the server is ahead of ours, in milliseconds; it tells whole seconds.
pub(super) fn ahead_ms(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let date = httpdate::parse_http_date(header(headers, "date")?).ok()?;
    let seconds = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    let ahead = i64::try_from(seconds).ok()? - now.as_seconds();
    // A second is lost in rounding.
    Some(if ahead.abs() <= 1 { 0 } else { ahead * 1_000 })
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The failure for a response that is not that of the action.
pub(super) fn unexpected(action: &str) -> Failure {
    Failure::unreachable(format!("sqs: the answer to {action} cannot be read"))
}

#[cfg(test)]
mod tests {
    use ::http::StatusCode;

    use super::*;

    fn of(status: u16, body: &str) -> BrokerError {
        let status = StatusCode::from_u16(status).expect("a status");
        let answer = HttpResponse { status, headers: HeaderMap::new(), body: body.to_owned().into() };
        refused(&answer, "events", Timestamp::from_millis(0)).0
    }

    #[test]
    fn what_ails_the_service_opens_the_circuit_and_what_is_wrong_with_a_request_does_not() {
        for (status, kind) in [
            (400, "com.amazonaws.sqs#RequestThrottled"),
            (400, "com.amazon.coral.availability#ThrottlingException"),
            (400, "ExpiredTokenException"),
            (403, "OverLimit"),
            (500, "InternalFailure"),
            (400, "com.amazonaws.sqs#KmsDisabled"),
        ] {
            let refused = of(status, &format!(r#"{{"__type":"{kind}","message":"x"}}"#));
            assert!(matches!(refused, BrokerError::Server(..)), "{kind}: {refused:?}");
        }
        assert!(matches!(of(503, "<html>"), BrokerError::Server(..)));
        for kind in ["com.amazonaws.sqs#QueueDoesNotExist", "AccessDeniedException", "InvalidClientTokenId", "Strange"]
        {
            let refused = of(400, &format!(r#"{{"__type":"{kind}","message":"x"}}"#));
            assert!(matches!(refused, BrokerError::Operation(_)), "{kind}: {refused:?}");
        }
        let words = "sqs: there is no queue `events`: The specified queue does not exist. (QueueDoesNotExist)";
        let body =
            r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#;
        assert_eq!(of(400, body), BrokerError::Operation(words.to_owned()));
        assert_eq!(of(404, "nothing"), BrokerError::Operation("sqs: refused: HTTP 404".to_owned()));
    }

    #[test]
    fn a_clock_that_is_wrong_is_named_with_the_time_it_is_apart() {
        let mut headers = HeaderMap::new();
        headers.insert("date", "Sun, 06 Nov 1994 08:49:37 GMT".parse().expect("a value"));
        let body = r#"{"__type":"InvalidSignatureException","message":"Signature expired"}"#.to_owned().into();
        let answer = HttpResponse { status: StatusCode::FORBIDDEN, headers, body };
        let ten_minutes_before = Timestamp::from_millis((784_111_777 - 600) * 1_000);
        let BrokerError::Server(words, _) = refused(&answer, "events", ten_minutes_before).0 else {
            unreachable!("server")
        };
        let wanted =
            "sqs: the clock of this machine is 10m behind, so signatures are refused (InvalidSignatureException)";
        assert_eq!(words, wanted);
        let at_the_time = Timestamp::from_millis(784_111_777 * 1_000);
        assert!(matches!(refused(&answer, "events", at_the_time).0, BrokerError::Operation(_)));
    }
}
