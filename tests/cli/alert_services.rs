//! The services that are told, as strict as their documentation: what does not have the right shape is refused with a reason.

use std::sync::{Arc, Mutex};

use chrono::DateTime;
use serde_json::{Map, Value};

use crate::support::receiver::{Received, Receiver, Reply};

/// A service that takes what it should and remembers why it refused anything.
pub(crate) struct Strict {
    pub(crate) receiver: Receiver,
    refused: Arc<Mutex<Vec<String>>>,
}

type Check = fn(&Received) -> Result<Reply, String>;

impl Strict {
    fn new(check: Check) -> Self {
        let refused = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&refused);
        let receiver = Receiver::new(move |request| {
            check(request).unwrap_or_else(|why| {
                told.lock().unwrap().push(format!("{why}: {}", String::from_utf8_lossy(&request.body)));
                Reply::With(400, Vec::new(), why.into_bytes())
            })
        });
        Self { receiver, refused }
    }

    pub(crate) fn sentry() -> Self {
        Self::new(sentry)
    }

    pub(crate) fn pagerduty() -> Self {
        Self::new(pagerduty)
    }

    pub(crate) fn slack() -> Self {
        Self::new(slack)
    }

    pub(crate) fn mattermost() -> Self {
        Self::new(mattermost)
    }

    /// What it took; panics if it refused anything.
    pub(crate) fn taken(&self) -> Vec<Received> {
        assert_eq!(*self.refused.lock().unwrap(), Vec::<String>::new());
        self.receiver.requests()
    }
}

fn ensure(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}

/// The members of an object, if there are no others than those known.
fn object<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let object = value.as_object().ok_or_else(|| format!("no object: {value}"))?;
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown member {key}")),
        None => Ok(object),
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str, longest: usize) -> Result<&'a str, String> {
    let text = object.get(key).and_then(Value::as_str).ok_or_else(|| format!("{key} is no text"))?;
    ensure((1..=longest).contains(&text.chars().count()), &format!("the length of {key}"))?;
    Ok(text)
}

fn is_one_of(text: &str, allowed: &[&str]) -> Result<(), String> {
    ensure(allowed.contains(&text), &format!("{text} is none of {allowed:?}"))
}

fn is_time(text: &str) -> Result<(), String> {
    DateTime::parse_from_rfc3339(text).map(drop).map_err(|e| format!("{text}: {e}"))
}

fn json(request: &Received) -> Result<Value, String> {
    ensure(request.header("content-type") == "application/json", "the content type")?;
    serde_json::from_slice(&request.body).map_err(|e| e.to_string())
}

fn is_event_id(text: &str) -> Result<(), String> {
    ensure(text.len() == 32 && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')), "no event id")
}

/// <https://develop.sentry.dev/sdk/foundations/transport/envelopes/> and the attributes of events.
fn sentry(request: &Received) -> Result<Reply, String> {
    ensure(request.path == "/api/42/envelope/", "the path")?;
    ensure(request.header("content-type") == "application/x-sentry-envelope", "the content type")?;
    let auth = request.header("x-sentry-auth").strip_prefix("Sentry ").ok_or("no X-Sentry-Auth")?;
    let auth: Map<String, Value> = auth
        .split(',')
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    ensure(auth.get("sentry_version") == Some(&"7".into()), "the version of the protocol")?;
    ensure(auth.get("sentry_key") == Some(&"canarykey0123456789abcdef0123456".into()), "the key")?;
    text(&auth, "sentry_client", 100)?;
    let body = std::str::from_utf8(&request.body).map_err(|e| e.to_string())?;
    let (header, rest) = body.split_once('\n').ok_or("no envelope header")?;
    let header: Value = serde_json::from_str(header).map_err(|e| e.to_string())?;
    let header = object(&header, &["event_id", "sent_at", "dsn", "sdk"])?;
    is_event_id(text(header, "event_id", 32)?)?;
    is_time(text(header, "sent_at", 40)?)?;
    let (item, payload) = rest.split_once('\n').ok_or("no item header")?;
    let item: Value = serde_json::from_str(item).map_err(|e| e.to_string())?;
    let item = object(&item, &["type", "length", "content_type"])?;
    ensure(item["type"] == "event", "the type of the item")?;
    let length = usize::try_from(item["length"].as_u64().ok_or("no length")?).unwrap();
    ensure(payload.len() == length + 1 && payload.ends_with('\n'), "the length of the item")?;
    let event: Value = serde_json::from_str(payload).map_err(|e| e.to_string())?;
    let known = [
        "event_id",
        "timestamp",
        "platform",
        "level",
        "logger",
        "server_name",
        "release",
        "environment",
        "message",
        "fingerprint",
        "tags",
        "extra",
    ];
    let event = object(&event, &known)?;
    ensure(event["event_id"] == header["event_id"], "another event id")?;
    is_time(text(event, "timestamp", 40)?)?;
    is_one_of(text(event, "platform", 20)?, &["other", "native", "rust"])?;
    is_one_of(text(event, "level", 10)?, &["fatal", "error", "warning", "info", "debug"])?;
    text(object(&event["message"], &["formatted", "message", "params"])?, "formatted", 8_192)?;
    let is_texts = event["fingerprint"].as_array().is_some_and(|it| it.iter().all(Value::is_string));
    ensure(is_texts, "the fingerprint")?;
    for (name, value) in event["tags"].as_object().ok_or("no tags")? {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
        ensure(name.len() <= 32 && name.chars().all(is_plain), "the name of a tag")?;
        ensure(value.as_str().is_some_and(|it| (1..=200).contains(&it.len()) && !it.contains('\n')), "a tag")?;
    }
    Ok(Reply::With(200, vec![("content-type", "application/json".into())], br#"{"id":"x"}"#.to_vec()))
}

/// The schema of the Events API v2.
fn pagerduty(request: &Received) -> Result<Reply, String> {
    ensure(request.path == "/v2/enqueue", "the path")?;
    let body = json(request)?;
    let known = ["routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"];
    let body = object(&body, &known)?;
    ensure(text(body, "routing_key", 32)?.len() == 32, "the length of routing_key is incorrect")?;
    let dedup_key = text(body, "dedup_key", 255)?;
    match text(body, "event_action", 20)? {
        "resolve" | "acknowledge" => {}
        "trigger" => {
            let known = ["summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"];
            let payload = object(&body["payload"], &known)?;
            text(payload, "summary", 1_024)?;
            text(payload, "source", 255)?;
            is_one_of(text(payload, "severity", 10)?, &["critical", "error", "warning", "info"])?;
            is_time(text(payload, "timestamp", 40)?)?;
            ensure(payload["custom_details"].is_object(), "the details")?;
        }
        other => return Err(format!("no action {other}")),
    }
    let answer = format!(r#"{{"status":"success","message":"Event processed","dedup_key":"{dedup_key}"}}"#);
    Ok(Reply::With(202, vec![("content-type", "application/json".into())], answer.into_bytes()))
}

/// Incoming webhooks and the blocks that messages are made of.
fn slack(request: &Received) -> Result<Reply, String> {
    ensure(request.path == "/services/T0/B0/canary-slack-path", "no_service")?;
    let body = json(request)?;
    let body = object(&body, &["text", "blocks"])?;
    text(body, "text", 40_000)?;
    for block in body["blocks"].as_array().filter(|it| (1..=50).contains(&it.len())).ok_or("invalid_blocks")? {
        match block["type"].as_str() {
            Some("header") => {
                let heading = object(&object(block, &["type", "text"])?["text"], &["type", "text", "emoji"])?;
                ensure(heading["type"] == "plain_text", "a heading is plain text")?;
                text(heading, "text", 150)?;
            }
            Some("section") => {
                let section = object(block, &["type", "text", "fields"])?;
                let fields = section["fields"].as_array().filter(|it| (1..=10).contains(&it.len()));
                for field in fields.ok_or("invalid_blocks: fields")? {
                    let field = object(field, &["type", "text"])?;
                    ensure(field["type"] == "mrkdwn", "the type of a field")?;
                    text(field, "text", 2_000)?;
                }
            }
            other => return Err(format!("invalid_blocks: {other:?}")),
        }
    }
    Ok(Reply::With(200, Vec::new(), b"ok".to_vec()))
}

/// Incoming webhooks with attachments.
fn mattermost(request: &Received) -> Result<Reply, String> {
    ensure(request.path == "/hooks/canary-mattermost-path", "the path")?;
    let body = json(request)?;
    let body = object(&body, &["text", "attachments", "username", "channel"])?;
    text(body, "text", 16_383)?;
    for attachment in body["attachments"].as_array().ok_or("no attachments")? {
        let attachment = object(attachment, &["fallback", "color", "text", "title", "fields"])?;
        text(attachment, "fallback", 4_000)?;
        for field in attachment["fields"].as_array().ok_or("no fields")? {
            let field = object(field, &["short", "title", "value"])?;
            ensure(field["short"].is_boolean(), "short")?;
            text(field, "title", 200)?;
            text(field, "value", 4_000)?;
        }
    }
    Ok(Reply::With(200, Vec::new(), b"ok".to_vec()))
}
