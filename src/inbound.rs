//! Inbound: a webhook's bytes are verified, then read, then applied once.
//!
//! Nothing of a body is parsed before its signature is right. What is refused says why to the audit log only, never to the
//! caller; what is wrong inside a signed body is told, field by field.

use std::fmt;

use ::http::HeaderMap;
use ::http::header::HeaderName;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clock::Timestamp;
use crate::event::{Draft, EventId, Invalid, MAX_ORIGINAL_ID_CHARS, known_resource_type};
use crate::record::{Change, Stamp};
use crate::signature::{Algorithm, Fingerprint, Key, Secret, Tolerance};
use crate::store::inbound::{Incoming, RefusalDetails};

mod kept;
mod verify;

pub use kept::{read_kept, received};

use verify::{Scheme, Verified};

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");

/// What a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// `enrollment.*`.
    Enrollments,
    /// `profile.updated` and `user.*`.
    Profiles,
    /// `progress.*`.
    Progress,
    /// Every known type.
    Everything,
}

impl Accepts {
    /// The path of its route.
    pub fn route(self) -> &'static str {
        match self {
            Self::Enrollments => "/api/webhooks/enrollment-changed",
            Self::Profiles => "/api/webhooks/profile-updated",
            Self::Progress => "/api/webhooks/progress-updated",
            Self::Everything => "/api/webhooks/sync",
        }
    }

    /// What the route at `path` takes.
    pub fn at(path: &str) -> Option<Self> {
        [Self::Enrollments, Self::Profiles, Self::Progress, Self::Everything]
            .into_iter()
            .find(|accepts| accepts.route() == path)
    }

    fn takes(self, event_type: &str) -> bool {
        match self {
            Self::Enrollments => event_type.starts_with("enrollment."),
            Self::Profiles => event_type.starts_with("profile.") || event_type.starts_with("user."),
            Self::Progress => event_type.starts_with("progress."),
            Self::Everything => true,
        }
    }
}

/// The keys a webhook may be signed with: of the current secret, and of the one before while a rotation lasts.
#[derive(Clone, Default)]
pub struct Keys {
    standard: Vec<Key>,
    original: Vec<Key>,
    fingerprints: Vec<Fingerprint>,
}

impl Keys {
    /// The keys of these secrets, newest first.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let mut keys = Self::default();
        for secret in secrets {
            keys.standard.push(Key::hmac(Algorithm::HmacSha256, secret.standard_key()));
            keys.original.push(Key::hmac(Algorithm::HmacSha256, secret.as_text()));
            keys.fingerprints.push(secret.fingerprint());
        }
        keys
    }

    /// Whether there is none, so that everything is refused.
    pub fn is_empty(&self) -> bool {
        self.original.is_empty()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.original.len())
    }
}

/// Why a webhook was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookRefusal {
    /// Its signature was not accepted. The name is for the audit log.
    Unverified(&'static str),
    /// Its headers contradict each other or themselves.
    HeaderError(&'static str),
    /// It is signed, and these fields of it are wrong: the field and what it must be.
    Invalid(Vec<(&'static str, String)>),
}

impl WebhookRefusal {
    /// The stable name of the reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unverified(reason) | Self::HeaderError(reason) => reason,
            Self::Invalid(_) => "event-invalid",
        }
    }

    fn field(name: &'static str, rule: impl Into<String>) -> Self {
        Self::Invalid(vec![(name, rule.into())])
    }
}

/// Verifies a webhook and reads its event.
///
/// `webhook-signature` decides if it is there, else `x-webhook-signature`: a stronger header that fails is never rescued by
/// a weaker one.
pub fn read(
    keys: &Keys,
    accepts: Accepts,
    headers: &HeaderMap,
    body: &Bytes,
    source: &str,
    now: Timestamp,
) -> Result<Incoming, WebhookRefusal> {
    read_within(None, keys, accepts, headers, body, source, now)
}

/// The same with another tolerance for the signed time than the scheme's own.
pub fn read_within(
    tolerance: Option<Tolerance>,
    keys: &Keys,
    accepts: Accepts,
    headers: &HeaderMap,
    body: &Bytes,
    source: &str,
    now: Timestamp,
) -> Result<Incoming, WebhookRefusal> {
    let Verified { scheme, secret, skew_ms } = verify::verify(keys, headers, body, now, tolerance)?;
    let event = Envelope::read(body)?;
    let draft = event.draft(scheme)?;
    let Some(id) = draft.id.clone() else { return Err(WebhookRefusal::field("id", "is missing")) };
    if headers.get(WEBHOOK_ID).is_some_and(|given| given.as_bytes() != id.as_str().as_bytes()) {
        return Err(WebhookRefusal::field("id", "is not the one in the header webhook-id"));
    }
    if !accepts.takes(&draft.event_type) {
        return Err(WebhookRefusal::field("type", "does not belong to this route"));
    }
    if draft.is_ahead(now) {
        return Err(WebhookRefusal::field("timestamp", "is more than 24 hours ahead"));
    }
    let stamp = Stamp { at: draft.timestamp.unwrap_or(now), by: id.clone() };
    let change =
        Change::new(&draft.event_type, &draft.data, stamp).map_err(|e| WebhookRefusal::field("data", e.to_string()))?;
    Ok(Incoming { id, draft, change, source: source.to_owned(), secret, route: accepts.route(), skew_ms })
}

/// What is known of a webhook that was refused: what it claims, and whether its signature was right all the same.
pub fn examine(
    keys: &Keys,
    refusal: &WebhookRefusal,
    headers: &HeaderMap,
    body: &Bytes,
    now: Timestamp,
) -> RefusalDetails {
    let claimed = |raw: Option<&RawValue>| {
        let text: Option<String> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
        text.map(|text| text.chars().take(MAX_ORIGINAL_ID_CHARS).collect())
    };
    let envelope = Envelope::read(body).unwrap_or_default();
    let field = match refusal {
        WebhookRefusal::Invalid(fields) => fields.first().map(|(name, _)| (*name).to_owned()),
        WebhookRefusal::Unverified(_) | WebhookRefusal::HeaderError(_) => None,
    };
    let (claimed_id, claimed_type) = (claimed(envelope.id), claimed(envelope.event_type));
    RefusalDetails { claimed_id, claimed_type, field, ..verify::examine(keys, headers, body, now) }
}

/// The members of an event's body, unread. One given twice is refused; unknown ones are left alone.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    resource_id: Option<&'a RawValue>,
    #[serde(borrow)]
    resource_type: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "even_null")]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
}

/// Keeps a `null` that is there apart from a member that is not.
fn even_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Envelope<'a> {
    fn read(body: &'a [u8]) -> Result<Self, WebhookRefusal> {
        serde_json::from_slice(body).map_err(|e| WebhookRefusal::field("body", format!("is not an event: {e}")))
    }

    /// The event, with every wrong field named at once.
    fn draft(&self, scheme: Scheme) -> Result<Draft, WebhookRefusal> {
        let mut wrong = Vec::new();
        let id = text("id", self.id, &mut wrong);
        let event_type = text("type", self.event_type, &mut wrong);
        let resource_id = text("resourceId", self.resource_id, &mut wrong);
        let resource_type = self.resource_type.and_then(|raw| text("resourceType", Some(raw), &mut wrong));
        let timestamp = self.timestamp.and_then(|raw| text("timestamp", Some(raw), &mut wrong));
        let deletes = event_type.as_deref().is_some_and(|name| name.ends_with(".deleted"));
        let data = self.data.map_or(if deletes { "null" } else { "" }, RawValue::get);
        if data.is_empty() {
            wrong.push(("data", "is missing".to_owned()));
        }
        let (Some(id), Some(event_type), Some(resource_id), true) = (id, event_type, resource_id, wrong.is_empty())
        else {
            return Err(WebhookRefusal::Invalid(wrong));
        };
        if known_resource_type(&event_type).is_none() {
            return Err(WebhookRefusal::field("type", "is not a type of the platform; custom types are not received"));
        }
        let mut draft = Draft::check(&event_type, &resource_id, resource_type.as_deref(), data.as_bytes())
            .map_err(|e| WebhookRefusal::field(field_of(&e), e.to_string()))?;
        draft.id = Some(scheme.event_id(&id).map_err(|e| WebhookRefusal::field("id", e.to_string()))?);
        draft.timestamp = timestamp.as_deref().map(moment).transpose()?;
        Ok(draft)
    }
}

fn text(name: &'static str, raw: Option<&RawValue>, wrong: &mut Vec<(&'static str, String)>) -> Option<String> {
    let Some(raw) = raw else {
        wrong.push((name, "is missing".to_owned()));
        return None;
    };
    let read = serde_json::from_str(raw.get());
    if read.is_err() {
        wrong.push((name, "must be text".to_owned()));
    }
    read.ok()
}

fn moment(text: &str) -> Result<Timestamp, WebhookRefusal> {
    Timestamp::parse(text).ok_or_else(|| WebhookRefusal::field("timestamp", Invalid::Timestamp.to_string()))
}

/// The member of an event that a rule is about.
pub fn field_of(invalid: &Invalid) -> &'static str {
    match invalid {
        Invalid::Id | Invalid::OriginalId => "id",
        Invalid::Type => "type",
        Invalid::ResourceTypeMissing(_) | Invalid::ResourceTypeWrong { .. } | Invalid::ResourceType => "resourceType",
        Invalid::ResourceId => "resourceId",
        Invalid::DataTooLong(_) | Invalid::Data(_) | Invalid::NotAnObject | Invalid::Learner => "data",
        Invalid::Timestamp | Invalid::Ahead => "timestamp",
        Invalid::Shape(_) => "body",
    }
}

impl Scheme {
    /// An id by this scheme's rule.
    fn event_id(self, id: &str) -> Result<EventId, Invalid> {
        match self {
            Self::Standard => EventId::parse(id),
            Self::Original => EventId::parse_original(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::FARTHEST_AHEAD;
    use crate::signature::Signer;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);
    const EVENT: &str = r#"{"id":"e1","type":"enrollment.updated","resourceId":"r","resourceType":"enrollment","data":{"status":"a"},"timestamp":"2024-01-31T12:00:00.000Z","retryCount":0,"status":"pending"}"#;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).expect("a good secret")
    }

    fn keys() -> Keys {
        Keys::new([&secret("new"), &secret("old")])
    }

    /// Signs with the original's header alone.
    fn original(body: &str, key: &str) -> HeaderMap {
        let signed = Signer::new(&secret(key), &[]).sign("", 0, body.as_bytes());
        headers(&[("x-webhook-signature", &signed.original)])
    }

    fn standard(body: &str, id: &str, seconds: i64, key: &str) -> HeaderMap {
        let key = secret(key);
        let signed = Signer::new(&key, &[&key]).sign(id, seconds, body.as_bytes());
        headers(&[
            ("webhook-id", id),
            ("webhook-timestamp", &seconds.to_string()),
            ("webhook-signature", &signed.standard),
            ("x-webhook-signature", &signed.original),
        ])
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value"))).collect()
    }

    fn try_read(headers: &HeaderMap, body: &str) -> Result<Incoming, WebhookRefusal> {
        read(&keys(), Accepts::Everything, headers, &Bytes::copy_from_slice(body.as_bytes()), "::1", NOW)
    }

    fn reason(headers: &HeaderMap, body: &str) -> &'static str {
        try_read(headers, body).expect_err("refused").reason()
    }

    fn fields(body: &str) -> Vec<&'static str> {
        match try_read(&original(body, "new"), body) {
            Err(WebhookRefusal::Invalid(fields)) => fields.into_iter().map(|(name, _)| name).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_signatures_and_both_secrets_are_accepted() {
        for key in ["new", "old"] {
            assert!(try_read(&original(EVENT, key), EVENT).is_ok());
            assert!(try_read(&standard(EVENT, "e1", NOW.as_seconds(), key), EVENT).is_ok());
        }
        for headers in [original(EVENT, "old"), standard(EVENT, "e1", NOW.as_seconds(), "old")] {
            assert_eq!(try_read(&headers, EVENT).expect("accepted").secret, secret("old").fingerprint());
        }
        assert_eq!(reason(&original(EVENT, "other"), EVENT), "code-mismatch");
        assert_eq!(reason(&HeaderMap::new(), EVENT), "header-not-delivered");
        assert_eq!(reason(&original(EVENT, "new"), &EVENT.replace("\"a\"", "\"b\"")), "code-mismatch");
    }

    #[test]
    fn without_a_secret_everything_is_refused() {
        let refused = read(
            &Keys::default(),
            Accepts::Everything,
            &original(EVENT, "new"),
            &Bytes::from_static(EVENT.as_bytes()),
            "",
            NOW,
        );
        assert_eq!(refused.expect_err("refused"), WebhookRefusal::Unverified("secret-missing"));
    }

    #[test]
    fn a_stronger_header_that_fails_is_never_rescued() {
        let mut headers = standard(EVENT, "e1", NOW.as_seconds(), "new");
        headers.insert("webhook-signature", "v1,AAAA".parse().expect("a value"));
        assert_eq!(reason(&headers, EVENT), "code-length");
        headers.insert("webhook-signature", "v2,garbage".parse().expect("a value"));
        assert_eq!(reason(&headers, EVENT), "header-malformed");
        let mut headers = standard(EVENT, "e1", NOW.as_seconds(), "new");
        headers.remove("webhook-id");
        assert_eq!(reason(&headers, EVENT), "header-not-delivered");
    }

    #[test]
    fn one_good_code_among_others_is_enough() {
        let mut headers = standard(EVENT, "e1", NOW.as_seconds(), "new");
        let good = headers["webhook-signature"].to_str().expect("text").to_owned();
        for codes in [format!("v1,AAAA v1a,x {good}"), format!("{good}  v9,y")] {
            headers.insert("webhook-signature", codes.parse().expect("a value"));
            assert!(try_read(&headers, EVENT).is_ok());
        }
        let cut = &good[..good.len() - 4];
        headers.insert("webhook-signature", cut.parse().expect("a value"));
        assert_eq!(reason(&headers, EVENT), "code-length");
    }

    #[test]
    fn five_minutes_are_tolerated_both_ways() {
        let at = |shift: i64| try_read(&standard(EVENT, "e1", NOW.as_seconds() + shift, "new"), EVENT);
        assert!(at(300).is_ok() && at(-300).is_ok());
        for shift in [301, -301] {
            assert_eq!(at(shift).expect_err("refused"), WebhookRefusal::Unverified("outside-tolerance"));
        }
        let mut headers = standard(EVENT, "e1", NOW.as_seconds(), "new");
        for time in ["", "+1706702400", "1706702400.5", " 1706702400x", "-1", "9999999999999"] {
            headers.insert("webhook-timestamp", time.parse().expect("a value"));
            assert_eq!(reason(&headers, EVENT), "time-malformed", "{time}");
        }
    }

    #[test]
    fn doubled_headers_are_refused() {
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature", "x-webhook-signature"] {
            let mut headers = standard(EVENT, "e1", NOW.as_seconds(), "new");
            let value = headers[name].clone();
            headers.append(name, value);
            assert_eq!(try_read(&headers, EVENT).expect_err("refused"), WebhookRefusal::HeaderError("header-doubled"));
        }
    }

    #[test]
    fn the_originals_code_is_exactly_64_hex_digits() {
        let good = original(EVENT, "new")["x-webhook-signature"].to_str().expect("text").to_owned();
        for wrong in
            [&good[..62], &format!("{good}00"), &format!("{good}zz"), &format!("sha256={good}"), &good[..63], ""]
        {
            let headers = headers(&[("x-webhook-signature", wrong)]);
            let reason = reason(&headers, EVENT);
            assert!(["code-length", "code-not-hexadecimal", "header-malformed"].contains(&reason), "{wrong}: {reason}");
        }
    }

    #[test]
    fn the_header_id_must_be_the_signed_one() {
        let headers = standard(EVENT, "e2", NOW.as_seconds(), "new");
        assert!(matches!(try_read(&headers, EVENT), Err(WebhookRefusal::Invalid(fields)) if fields[0].0 == "id"));
        let mut legacy = original(EVENT, "new");
        legacy.insert("webhook-id", "e2".parse().expect("a value"));
        assert!(try_read(&legacy, EVENT).is_err());
    }

    #[test]
    fn ids_of_the_original_belong_to_its_signature_alone() {
        for id in ["user.updated-a b|c@d-1706702400000", "ü", &"x".repeat(300)] {
            let body = EVENT.replace("e1", id);
            assert_eq!(try_read(&original(&body, "new"), &body).expect(id).id.as_str(), id);
        }
        for id in ["", "a\\nb", &"x".repeat(301)] {
            assert_eq!(fields(&EVENT.replace("e1", id)), ["id"], "{id}");
        }
        let dotted = EVENT.replace("e1", "e.1");
        assert!(try_read(&original(&dotted, "new"), &dotted).is_ok());
        assert_eq!(reason(&standard(&dotted, "e.1", NOW.as_seconds(), "new"), &dotted), "id-malformed");
    }

    #[test]
    fn wrong_fields_of_a_signed_body_are_named() {
        assert_eq!(fields("{}"), ["id", "type", "resourceId", "data"]);
        assert_eq!(fields("[]"), ["body"]);
        assert_eq!(fields("\u{feff}{}"), ["body"]);
        assert_eq!(fields(&EVENT.replace("\"e1\"", "1")), ["id"]);
        assert_eq!(fields(&EVENT.replace("e1", "e\\u0007")), ["id"]);
        assert_eq!(fields(&EVENT.replace("enrollment.updated", "course.updated")), ["type"]);
        assert_eq!(fields(&EVENT.replace("\"enrollment\"", "\"user\"")), ["resourceType"]);
        assert_eq!(fields(&EVENT.replace("2024-01-31T12", "2024-02-01T13")), ["timestamp"]);
        assert_eq!(fields(&EVENT.replace("{\"status\":\"a\"}", "[1]")), ["data"]);
        assert_eq!(fields(&EVENT.replace("{\"status\":\"a\"}", "null")), ["data"]);
        let progress =
            EVENT.replace("enrollment.updated", "progress.updated").replace("\"enrollment\"", "\"progress\"");
        assert_eq!(fields(&progress.replace("{\"status\":\"a\"}", r#"{"userId":"u"}"#)), ["data"]);
        assert_eq!(fields(&EVENT.replace("\"a\"", "\"\\ud800\"")), ["data"]);
        assert_eq!(fields(&EVENT.replace("\"a\"", &format!("{}1{}", "[".repeat(200), "]".repeat(200)))), ["data"]);
        assert_eq!(fields(&EVENT.replacen("{\"id\"", "{\"id\":\"x\",\"id\"", 1)), ["body"]);
    }

    #[test]
    fn what_a_delete_or_an_old_sender_leaves_out_is_not_missed() {
        let delete = r#"{"id":"e1","type":"enrollment.deleted","resourceId":"r"}"#;
        let read = try_read(&original(delete, "new"), delete).expect("accepted");
        assert_eq!((read.draft.timestamp, &*read.draft.resource.kind), (None, "enrollment"));
        let unknown = EVENT.replacen('{', "{\"extra\":1,", 1);
        assert!(try_read(&original(&unknown, "new"), &unknown).is_ok());
    }

    #[test]
    fn each_route_takes_its_own_types() {
        use Accepts::{Enrollments, Everything, Profiles, Progress};
        let event = |(event_type, kind): &(&str, &str)| {
            EVENT.replace("enrollment.updated", event_type).replace("\"enrollment\"", &format!("\"{kind}\""))
        };
        for known in crate::event::CATALOGUE {
            let body = event(known);
            let takes = |accepts| {
                let body = Bytes::copy_from_slice(body.as_bytes());
                match read(
                    &keys(),
                    accepts,
                    &original(std::str::from_utf8(&body).expect("text"), "new"),
                    &body,
                    "",
                    NOW,
                ) {
                    Ok(_) => true,
                    Err(WebhookRefusal::Invalid(fields)) if fields[0].0 == "type" => false,
                    Err(other) => panic!("{known:?}: {other:?}"),
                }
            };
            let own = match known.1 {
                "enrollment" => Enrollments,
                "user" => Profiles,
                _ => Progress,
            };
            for route in [Enrollments, Profiles, Progress, Everything] {
                assert_eq!(takes(route), route == own || route == Everything, "{known:?} at {route:?}");
            }
        }
    }

    #[test]
    fn a_day_ahead_is_the_farthest() {
        let at = |ahead: std::time::Duration| {
            let body = EVENT.replace("2024-01-31T12:00:00.000Z", &NOW.plus(ahead).to_string());
            try_read(&original(&body, "new"), &body).is_ok()
        };
        assert!(at(std::time::Duration::from_mins(5)) && at(FARTHEST_AHEAD));
        assert!(!at(FARTHEST_AHEAD + std::time::Duration::from_millis(1)));
    }
}
