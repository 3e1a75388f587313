//! Events of other systems: any body becomes the data of an event of a custom type.

use ::http::HeaderMap;
use ::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use super::WebhookRefusal;
use super::source::SourceSettings;
use crate::event::{Draft, EventId};

/// Headers in which well-known senders name the type of an event.
const TYPE_HEADERS: &[(&str, &str)] =
    &[("github", "x-github-event"), ("shopify", "x-shopify-topic"), ("woocommerce", "x-wc-webhook-topic")];
/// Members of a body that may hold the event type; the first that exists counts.
const TYPE_MEMBERS: &[&str] = &["type", "event", "event_type", "topic"];
/// Members of a body that hold the event id, by scheme. For other schemes, an `id` may be that of any object.
const ID_MEMBERS: &[(&str, &str)] = &[("stripe", "id"), ("paddle", "event_id"), ("square", "event_id")];
/// The type of an event without one.
const UNNAMED: &str = "received";

/// The event of a verified request from another system: its type and id begin with the name of the source, and its data is the
/// body.
///
/// `signed_id` is an id that the signature covers. Without that and without a member for it, the hash of the body is the id:
/// whoever captured a request must not give it a new one.
pub(super) fn draft(
    settings: &SourceSettings,
    headers: &HeaderMap,
    body: &Bytes,
    signed_id: Option<&str>,
) -> Result<Draft, WebhookRefusal> {
    let data = data(headers, body)?;
    let members: Value =
        serde_json::from_str(&data).map_err(|e| WebhookRefusal::field("body", format!("is not JSON: {e}")))?;
    let event_type = format!("{}.{}", word(&settings.name), event_type(settings, headers, &members));
    let id = event_id(settings, &members, signed_id).unwrap_or_else(|| hex::encode(Sha256::digest(body)));
    let mut draft = Draft::check(&event_type, &id, Some(&settings.name), data.as_bytes())
        .map_err(|e| WebhookRefusal::field(super::field_of(&e), e.to_string()))?;
    draft.id = Some(own_id(&settings.name, &id));
    Ok(draft)
}

/// The event's id with the name of the source, so that no source can use an id of another one.
fn own_id(source: &str, id: &str) -> EventId {
    let hashed = || EventId::parse(&format!("{source}:{}", hex::encode(Sha256::digest(id))));
    EventId::parse(&format!("{source}:{id}")).or_else(|_| hashed()).expect("a name and a hash are an id")
}

/// The body as JSON; a form becomes an object of its fields.
fn data(headers: &HeaderMap, body: &Bytes) -> Result<String, WebhookRefusal> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type
        .split(';')
        .next()
        .is_some_and(|it| it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    {
        let fields =
            form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
        return Ok(Value::Object(fields.collect()).to_string());
    }
    let text = std::str::from_utf8(body).map_err(|_| WebhookRefusal::field("body", "is not UTF-8"))?;
    Ok(text.to_owned())
}

fn event_type(settings: &SourceSettings, headers: &HeaderMap, members: &Value) -> String {
    let scheme = settings.scheme.get().facts().name.as_ref();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let member = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let known = || TYPE_HEADERS.iter().find(|(of, _)| *of == scheme).and_then(|(_, name)| header(name));
    let named = match (&settings.names.type_header, &settings.names.type_member) {
        (Some(name), _) => header(name.as_str()),
        (None, Some(name)) => member(name),
        (None, None) => known().or_else(|| TYPE_MEMBERS.iter().find_map(|name| member(name))),
    };
    let words = named.as_deref().unwrap_or(UNNAMED).split(['.', '/', ':']).map(word).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join(".");
    if joined.is_empty() { UNNAMED.to_owned() } else { joined }
}

fn event_id(settings: &SourceSettings, members: &Value, signed_id: Option<&str>) -> Option<String> {
    let scheme = settings.scheme.get().facts().name.as_ref();
    let known = || ID_MEMBERS.iter().find(|(of, _)| *of == scheme).map(|(_, name)| *name);
    let member = |name: &str| match members.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match settings.names.id_member.as_deref() {
        Some(name) => member(name),
        None => signed_id.map(str::to_owned).or_else(|| member(known()?)),
    }
}

/// A word of an event type: lower case, with an underscore for every other character.
fn word(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    text.chars().map(letter).collect()
}
