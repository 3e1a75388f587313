//! Variants by wrapping, as gateways, queues, logs and pages do it: base64, surrounding events, escapes, chunks.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{Body, BodyVariant, Transform, TransformList, with_detail};
use crate::explain::cause::Cause as C;

pub(super) const PLACEHOLDERS: TransformList = &[
    Transform::bytes(C::BodyEmpty, |_| Some(Vec::new())),
    Transform::bytes(C::BodyPlaceholder, |_| Some(b"{}".to_vec())),
    Transform::bytes(C::BodyPlaceholder, |_| Some(b"null".to_vec())),
    Transform::bytes(C::BodyPlaceholder, |_| Some(b"undefined".to_vec())),
    Transform::bytes(C::BodyPlaceholder, |_| Some(b"[object Object]".to_vec())),
    Transform::bytes(C::BodyPlaceholder, |_| Some(b"\"\"".to_vec())),
    Transform::bytes(C::BodyPlaceholder, |_| Some(b"None".to_vec())),
    Transform::bytes(C::BodyPlaceholder, |_| Some(b"[]".to_vec())),
];

pub(super) const ENVELOPES: TransformList = &[
    Transform::bytes(C::BodyBase64Encoded, |body| Some(BASE64.encode(body.bytes).into_bytes())),
    Transform::text(C::BodyBase64Decoded, |body| decoded(body.text?)),
    Transform::bytes(C::BodyWithHead, without_head),
    Transform::bytes(C::BodyChunked, |body| unchunked(body.bytes)),
    Transform::json(C::NodeBuffer, |body| {
        /// A Node.js `Buffer` that was written as JSON.
        #[derive(Deserialize)]
        struct Buffer {
            r#type: String,
            data: Vec<u8>,
        }
        let buffer: Buffer = serde_json::from_str(body.json()?).ok()?;
        (buffer.r#type == "Buffer").then_some(buffer.data)
    }),
    Transform::bytes(C::NodeBuffer, |body| {
        let bytes: Vec<_> = body.bytes.iter().map(u8::to_string).collect();
        let made = format!(r#"{{"type":"Buffer","data":[{}]}}"#, bytes.join(","));
        (body.bytes.len() <= super::SMALL).then(|| made.into_bytes())
    }),
    Transform::bytes(C::BodyPythonBytes, |body| of_python_bytes(body.text?)),
    Transform::bytes(C::BodyPythonBytes, |body| Some(python_bytes(body.bytes))),
];

/// Text that a log, a page or a shell escaped.
pub(super) const ESCAPED: TransformList = &[
    Transform::text(C::JsonEscaped, |body| {
        let text = body.text.filter(|text| text.contains('\\') && !body.is_json)?;
        Some(serde_json::from_str::<String>(&format!("\"{}\"", text.trim())).ok()?.into_bytes())
    }),
    Transform::text(C::JsonEscaped, |body| hex_escapes(body.text.filter(|text| text.contains("\\x"))?)),
    Transform::text(C::HtmlEntities, |body| {
        let text = body.text.filter(|text| text.contains('&') && text.contains(';'))?;
        Some(html_escape::decode_html_entities(text).into_owned().into_bytes())
    }),
    Transform::text(C::HtmlEntities, |body| {
        Some(html_escape::encode_quoted_attribute(body.text?).into_owned().into_bytes())
    }),
];

fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    [&BASE64, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(&text).ok())
}

/// The body after the head of a request, if both were saved together.
fn without_head(body: &Body<'_>) -> Option<Vec<u8>> {
    let end = body.bytes.windows(2).position(|pair| pair == b"\n\n").map(|at| (at, at + 2));
    let crlf = body.bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| (at, at + 4));
    let (head, rest) = [end, crlf].into_iter().flatten().min()?;
    let lines: Vec<_> = body.bytes[..head].split(|byte| *byte == b'\n').collect();
    let is_header = |line: &[u8]| {
        let name = line.iter().position(|byte| *byte == b':').unwrap_or(0);
        name > 0 && line[..name].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let is_first = |line: &[u8]| line.windows(5).any(|five| five == b"HTTP/");
    let is_head = lines.iter().enumerate().all(|(at, line)| is_header(line) || (at == 0 && is_first(line)));
    is_head.then(|| body.bytes[rest..].to_vec())
}

/// The data of a body with chunk sizes.
fn unchunked(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut rest, mut data) = (bytes, Vec::new());
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n').filter(|end| *end <= 16)?;
        let size = std::str::from_utf8(&rest[..end]).ok()?.trim_end().split(';').next()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[end + 1..];
        if size == 0 {
            return (!data.is_empty()).then_some(data);
        }
        data.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?;
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
    }
}

/// The bytes that Python shows as `b'…'`.
fn of_python_bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().strip_prefix('b')?;
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let inner = inner.or_else(|| text.strip_prefix('"').and_then(|text| text.strip_suffix('"')))?;
    let (mut made, mut chars) = (Vec::new(), inner.bytes());
    while let Some(byte) = chars.next() {
        if byte != b'\\' {
            made.push(byte);
            continue;
        }
        match chars.next()? {
            b'n' => made.push(b'\n'),
            b'r' => made.push(b'\r'),
            b't' => made.push(b'\t'),
            b'x' => {
                let digits = [chars.next()?, chars.next()?];
                made.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            other => made.push(other),
        }
    }
    Some(made)
}

/// Bytes as Python shows them.
fn python_bytes(bytes: &[u8]) -> Vec<u8> {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut made = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => made.push_str("\\\\"),
            b'\n' => made.push_str("\\n"),
            b'\r' => made.push_str("\\r"),
            b'\t' => made.push_str("\\t"),
            _ if char::from(*byte) == quote => made.extend(['\\', quote]),
            b' '..=b'~' => made.push(char::from(*byte)),
            other => made.push_str(&format!("\\x{other:02x}")),
        }
    }
    made.push(quote);
    made.into_bytes()
}

/// Bytes that nginx and others write into logs as `\x22`.
fn hex_escapes(text: &str) -> Option<Vec<u8>> {
    let mut made = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = (*first == b'\\').then(|| after.strip_prefix(b"x")).flatten().and_then(|digits| digits.get(..2));
        match digits.and_then(|digits| hex::decode(digits).ok()) {
            Some(byte) => {
                made.extend(byte);
                rest = &after[3..];
            }
            None => {
                made.push(*first);
                rest = after;
            }
        }
    }
    (made.len() < text.len()).then_some(made)
}

/// The body inside an event of a gateway or a queue.
pub(super) fn bodies<'a>(body: &Body<'a>) -> impl Iterator<Item = BodyVariant<'a>> + use<'a> {
    let event: Option<Value> =
        body.json().filter(|text| text.trim_start().starts_with('{')).and_then(|text| serde_json::from_str(text).ok());
    event.map(|event| found(&event)).unwrap_or_default().into_iter()
}

/// Members that identify an event of a gateway, because a member `body` alone does not.
const GATEWAY_MEMBERS: &[&str] = &["headers", "httpMethod", "isBase64Encoded", "rawPath", "requestContext"];

fn found(event: &Value) -> Vec<BodyVariant<'static>> {
    let mut all = Vec::new();
    let mut add = |what: &str, text: Option<&str>, is_base64: bool| {
        let Some(text) = text else { return };
        let bytes = if is_base64 { BASE64.decode(text).ok() } else { Some(text.as_bytes().to_vec()) };
        all.extend(bytes.map(|bytes| with_detail(C::BodyInEvent, format!("it is in {what}"), bytes)));
    };
    let is_base64 = event["isBase64Encoded"].as_bool() == Some(true);
    let is_of_gateway = GATEWAY_MEMBERS.iter().any(|member| event.get(member).is_some());
    let gateway_body = event["body"].as_str().filter(|_| is_of_gateway);
    add("`body` of an event of API Gateway, a Lambda URL or a load balancer", gateway_body, is_base64);
    add("`rawBody`", event["rawBody"].as_str(), false);
    let is_notification = event["Type"].as_str() == Some("Notification");
    add("`Message` of a notification of SNS", event["Message"].as_str().filter(|_| is_notification), false);
    add("`message.data` of Pub/Sub", event["message"]["data"].as_str(), true);
    for record in event["Records"].as_array().into_iter().flatten().take(10) {
        add("`body` of a record of SQS", record["body"].as_str(), false);
        add("`Sns.Message` of a record", record["Sns"]["Message"].as_str(), false);
        add("`kinesis.data` of a record", record["kinesis"]["data"].as_str(), true);
        let inner = record["body"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let inner = inner.as_ref().filter(|inner| inner["Type"].as_str() == Some("Notification"));
        add("`Message` of SNS in a record of SQS", inner.and_then(|inner| inner["Message"].as_str()), false);
    }
    all
}
