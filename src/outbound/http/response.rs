//! Reads a response: its outcome, its description, and the beginning of its body.

use std::io::Read as _;
use std::time::Duration;

use ::http::header::{CONTENT_ENCODING, HeaderMap, LOCATION};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::retry_after::RetryAfter;
use crate::delivery::Outcome;

/// The most bytes of response headers: the size of the client's read buffer, of which hyper wants at least 8192.
pub(super) const MAX_HEADER_BYTES: usize = 64 * 1024;
/// The most response headers.
pub(super) const MAX_HEADERS: usize = 128;

/// The statuses on which `Retry-After` is honoured.
pub(super) const fn may_ask_to_wait(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// The outcome of a status.
pub(super) fn outcome(status: u16, retry_after: &RetryAfter) -> Outcome {
    match (status, retry_after) {
        (200..300, _) => Outcome::Delivered { status: Some(status) },
        (_, RetryAfter::Wait(wait)) => Outcome::Rejected { status: Some(status), retry_after: Some(*wait) },
        (_, RetryAfter::Absent | RetryAfter::Unreadable(_)) => {
            Outcome::Rejected { status: Some(status), retry_after: None }
        }
    }
}

/// The response in words.
pub(super) fn describe(status: u16, retry_after: &RetryAfter, headers: &HeaderMap) -> String {
    let location = headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    match (status, retry_after, location) {
        (_, RetryAfter::Wait(wait), _) => format!("HTTP {status}, Retry-After {}", waits(*wait)),
        (_, RetryAfter::Unreadable(text), _) => {
            format!("HTTP {status}, Retry-After `{}` cannot be read and is ignored", shortened(text))
        }
        (300..400, _, Some(to)) => format!("HTTP {status}: redirects are not followed (to {})", shortened(&to)),
        _ => format!("HTTP {status}"),
    }
}

fn waits(wait: Duration) -> String {
    humantime::format_duration(wait).to_string()
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Reads at most `most` bytes of a body and keeps the first `kept_most`. Returns whether it ended, so that the connection
/// can be used again.
pub(super) async fn read_body(mut body: Incoming, deadline: Instant, most: usize, kept_most: usize) -> (Bytes, bool) {
    let mut kept = BytesMut::new();
    let mut read = 0;
    loop {
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                let Ok(data) = frame.into_data() else { continue };
                read += data.len();
                kept.extend_from_slice(&data[..data.len().min(kept_most - kept.len())]);
                if read > most {
                    return (kept.freeze(), false);
                }
            }
            Ok(None) => return (kept.freeze(), true),
            Ok(Some(Err(_))) | Err(_) => return (kept.freeze(), false),
        }
    }
}

/// Whether a body has to be unpacked before it can be read.
pub(super) fn is_packed(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_ENCODING)
}

/// The first `most` bytes of a body, unpacked if it is gzip or deflate. What cannot be unpacked stays as it is.
pub(super) fn unpack(headers: &HeaderMap, body: &Bytes, most: usize) -> Bytes {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let unpacked = match encoding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => first_bytes(flate2::read::MultiGzDecoder::new(&body[..]), most),
        // RFC 9110 means zlib's format; some send the bare stream.
        "deflate" => first_bytes(flate2::read::ZlibDecoder::new(&body[..]), most)
            .or_else(|| first_bytes(flate2::read::DeflateDecoder::new(&body[..]), most)),
        _ => None,
    };
    unpacked.unwrap_or_else(|| body.slice(..body.len().min(most)))
}

/// What could be read of a stream that may be cut off; `None` if that is nothing.
fn first_bytes(stream: impl std::io::Read, most: usize) -> Option<Bytes> {
    let mut bytes = Vec::new();
    let _ = stream.take(most as u64).read_to_end(&mut bytes);
    (!bytes.is_empty()).then(|| Bytes::from(bytes))
}
