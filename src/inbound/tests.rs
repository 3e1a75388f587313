use std::sync::Arc;

use super::*;
use crate::endpoint::TypePattern;
use crate::event::FARTHEST_AHEAD;
use crate::signature::{Secret, Signer};

const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);
const EVENT: &str = r#"{"id":"e1","type":"enrollment.updated","resourceId":"r","resourceType":"enrollment","data":{"status":"a"},"timestamp":"2024-01-31T12:00:00.000Z","retryCount":0,"status":"pending"}"#;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned()).expect("a good secret")
}

fn keys() -> PlatformKeys {
    PlatformKeys::new([&secret("new"), &secret("old")])
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

fn rules() -> PlatformRules {
    PlatformRules { keys: keys(), ..PlatformRules::default() }
}

fn try_read(headers: &HeaderMap, body: &str) -> Result<VerifiedWebhook, WebhookRefusal> {
    read_at(&Source::platform(AcceptedTypes::Everything, rules()), headers, body)
}

fn read_at(source: &Source, headers: &HeaderMap, body: &str) -> Result<VerifiedWebhook, WebhookRefusal> {
    read(source, headers, &Bytes::copy_from_slice(body.as_bytes()), "::1", NOW)
}

fn reason(headers: &HeaderMap, body: &str) -> &'static str {
    try_read(headers, body).expect_err("refused").reason()
}

fn fields(body: &str) -> Vec<Cow<'static, str>> {
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
    let source = Source::platform(AcceptedTypes::Everything, PlatformRules::default());
    let refused = read_at(&source, &original(EVENT, "new"), EVENT);
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
    for wrong in [&good[..62], &format!("{good}00"), &format!("{good}zz"), &format!("sha256={good}"), &good[..63], ""] {
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
    let progress = EVENT.replace("enrollment.updated", "progress.updated").replace("\"enrollment\"", "\"progress\"");
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
    use AcceptedTypes::{Enrollments, Everything, Profiles, Progress};
    let event = |(event_type, kind): &(&str, &str)| {
        EVENT.replace("enrollment.updated", event_type).replace("\"enrollment\"", &format!("\"{kind}\""))
    };
    for known in crate::event::CATALOGUE {
        let body = event(known);
        let takes = |accepts| {
            let source = Source::platform(accepts, rules());
            match read_at(&source, &original(&body, "new"), &body) {
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

#[test]
fn fields_of_records_follow_the_table_of_the_api() {
    assert_eq!(
        fields(&EVENT.replace(r#"{"status":"a"}"#, r#"{"completionPercentage":101,"status":5}"#)),
        ["data.completionPercentage", "data.status"]
    );
}

#[test]
fn the_originals_signature_can_be_switched_off_and_a_time_asked_for() {
    let strict = Source::platform(AcceptedTypes::Everything, PlatformRules { standard_only: true, ..rules() });
    let refused = read_at(&strict, &original(EVENT, "new"), EVENT).expect_err("refused");
    assert_eq!(refused.reason(), "standard-signature-missing");
    assert!(read_at(&strict, &standard(EVENT, "e1", NOW.as_seconds(), "new"), EVENT).is_ok());
    let timed = Source::platform(AcceptedTypes::Everything, PlatformRules { requires_timestamp: true, ..rules() });
    let timeless = EVENT.replace(r#","timestamp":"2024-01-31T12:00:00.000Z""#, "");
    assert!(try_read(&original(&timeless, "new"), &timeless).is_ok());
    let refused = read_at(&timed, &original(&timeless, "new"), &timeless).expect_err("refused");
    assert!(matches!(refused, WebhookRefusal::Invalid(fields) if fields[0].0 == "timestamp"));
}

/// A source of one scheme with a secret of its own that forwards what changes no record.
fn named(scheme: &str, change: impl FnOnce(SourceSettings) -> SourceSettings) -> Source {
    let listed = SourceScheme::Listed(crate::signature::find(scheme).expect("a scheme"));
    let settings = SourceSettings::new("a-shop").expect("a name");
    let settings =
        SourceSettings { scheme: listed, forward: Some(ForwardTarget::Endpoint("billing".to_owned())), ..settings };
    // Stripe's secrets begin so and are used as text.
    let secret = if scheme == "stripe" { "whsec_not base64" } else { "the secret of a shop" };
    Source::named(change(settings), &[secret]).expect("a key")
}

/// Reads a body that is signed by the source's scheme at `NOW`, with more headers.
fn read_signed(source: &Source, body: &str, more: &[(&'static str, &str)]) -> Result<VerifiedWebhook, WebhookRefusal> {
    let SourceKind::Named { settings, keys, .. } = &source.kind else { panic!("a named source") };
    let time = NOW.as_seconds().to_string();
    let message = crate::signature::Message {
        method: "POST",
        url: "",
        id: "msg_1",
        time: &time,
        body: body.as_bytes(),
        context: "",
    };
    let signed = crate::signature::sign(settings.scheme.get(), &message, keys).expect("it signs");
    let mut headers = headers(more);
    for (name, value) in signed {
        headers.insert(name, value.parse().expect("a value"));
    }
    read_at(source, &headers, body)
}

#[test]
fn events_of_other_systems_are_named_after_their_source_and_carry_the_whole_body() {
    let stripe = named("stripe", |it| it);
    let body = r#"{"id": "evt_9", "type": "Invoice.paid", "created": 1.50}"#;
    let read = read_signed(&stripe, body, &[]).expect("accepted");
    assert_eq!((read.id.as_str(), &*read.draft.event_type), ("a-shop:evt_9", "a_shop.invoice.paid"));
    assert_eq!((&*read.draft.data, &*read.draft.resource.kind), (body, "a-shop"), "byte for byte");
    assert!(matches!(read.effect, WebhookEffect::Emit(name) if name == "billing"));
    assert_eq!(&*read.route, "/api/webhooks/in/a-shop");
    assert_eq!(read_at(&stripe, &HeaderMap::new(), body).expect_err("refused").reason(), "header-not-delivered");

    let github = named("github", |it| it);
    let pushed = |body: &str, delivery| {
        let more = [("x-github-event", "pull_request"), ("x-github-delivery", delivery)];
        read_signed(&github, body, &more).expect("accepted")
    };
    assert_eq!(pushed("{}", "1").draft.event_type, "a_shop.pull_request");
    assert_eq!(pushed("{}", "1").id, pushed("{}", "2").id, "a header that nothing signs gives no new id");
    assert_ne!(pushed("{}", "1").id, pushed("[]", "1").id);

    let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let read = read_signed(&github, "a=1&type=x%2Fy", &form).expect("accepted");
    assert_eq!((&*read.draft.data, &*read.draft.event_type), (r#"{"a":"1","type":"x/y"}"#, "a_shop.x.y"));
    assert_eq!(read_signed(&github, "{}", &[]).expect("accepted").draft.event_type, "a_shop.received");
    assert_eq!(read_signed(&github, "not json", &[]).expect_err("refused").reason(), "event-invalid");
}

#[test]
fn a_source_sends_what_it_may_from_where_it_may() {
    let types = |text: &str| vec![TypePattern::parse(text).expect("a pattern")];
    let paid = named("standard", |it| SourceSettings { types: types("a_shop.paid"), ..it });
    let event = |name: &str| format!(r#"{{"type":"{name}"}}"#);
    let read = read_signed(&paid, &event("paid"), &[]).expect("accepted");
    assert_eq!(read.id.as_str(), "a-shop:msg_1", "its scheme signs the id");
    assert!(read_signed(&paid, &event("refunded"), &[]).is_err());
    // An event as the platform writes it keeps its name, and changes its record.
    let ours = EVENT.replace("e1", "msg_1");
    assert!(read_signed(&paid, &ours, &[]).is_err(), "not among its types");
    let all = named("standard", |it| it);
    assert!(matches!(read_signed(&all, &ours, &[]).expect("accepted").effect, WebhookEffect::Change(_)));
    let custom = ours.replace("enrollment.updated", "course.closed").replace(r#""enrollment""#, r#""course""#);
    assert_eq!(read_signed(&all, &custom, &[]).expect("accepted").draft.event_type, "course.closed");
    let silent = named("standard", |it| SourceSettings { forward: None, ..it });
    assert!(read_signed(&silent, &custom, &[]).is_err(), "it would go nowhere");
    let command = ForwardTarget::Command(Arc::from("true"));
    let runs = named("standard", |it| SourceSettings { forward: Some(command), ..it });
    assert!(matches!(read_signed(&runs, &custom, &[]).expect("accepted").effect, WebhookEffect::Command(_)));

    let near =
        named("standard", |it| SourceSettings { networks: vec!["10.0.0.0/8".parse().expect("a network")], ..it });
    let may = |text: &str| near.may_send_from(text.parse().expect("an address"));
    assert!(may("10.1.2.3") && may("::ffff:10.1.2.3") && !may("192.0.2.1"));
}

#[test]
fn names_of_sources_can_begin_a_type() {
    for wrong in ["", "A", "1a", "a.b", "a/b", "ä", &"a".repeat(41)] {
        assert!(SourceSettings::new(wrong).is_err(), "{wrong}");
    }
    assert_eq!(SourceSettings::new("a-b_1").expect("a name").route(), "/api/webhooks/in/a-b_1");
}
