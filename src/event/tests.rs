use super::*;

const NOON: i64 = 1_706_702_400_000;

fn draft(event_type: &str, data: &str) -> Draft {
    Draft::check(event_type, "r-1", None, data.as_bytes()).expect("a good draft")
}

#[test]
fn progress_names_nobody_else_than_its_resource_id() {
    let right = |id: &str, data: &str| Draft::check("progress.updated", id, None, data.as_bytes()).is_ok();
    for data in [r#"{"userId":"a-b","courseId":"c"}"#, r#"{"userId":"a","courseId":"b-c"}"#] {
        assert!(right("a-b-c", data), "either learner may be meant: {data}");
    }
    for data in [r#"{"userId":"a"}"#, r#"{"courseId":"b-c"}"#, "{}", r#"{"userId":1}"#] {
        assert!(right("a-b-c", data), "{data}");
    }
    for data in [r#"{"userId":"a","courseId":"c"}"#, r#"{"userId":"a-"}"#, r#"{"userId":"b"}"#, r#"{"courseId":"b"}"#] {
        assert_eq!(Draft::check("progress.updated", "a-b-c", None, data.as_bytes()).err(), Some(InvalidDraft::Learner));
    }
}

#[test]
fn the_body_has_the_wire_form_and_keeps_data_byte_for_byte() {
    let event = draft("enrollment.created", " {\"a\": 1.0,\n \"b\":1e2}\n")
        .to_event(EventId::parse("evt_1").expect("a good id"), Timestamp::from_millis(NOON));
    assert_eq!(
        std::str::from_utf8(&event.body).expect("text"),
        "{\"id\":\"evt_1\",\"type\":\"enrollment.created\",\"resourceId\":\"r-1\",\"resourceType\":\"enrollment\",\
         \"data\":{\"a\": 1.0,\n \"b\":1e2},\"timestamp\":\"2024-01-31T12:00:00.000Z\",\"retryCount\":0,\"status\":\"pending\"}"
    );
    assert_eq!(data_of(&event.body), Some("{\"a\": 1.0,\n \"b\":1e2}"));
}

#[test]
fn every_type_of_the_catalogue_brings_its_resource_type() {
    for (event_type, resource) in CATALOGUE {
        assert_eq!(draft(event_type, "{}").resource.kind, *resource);
        assert!(matches!(
            Draft::check(event_type, "r", Some("other"), b"{}"),
            Err(InvalidDraft::ResourceTypeWrong { .. })
        ));
    }
}

#[test]
fn custom_types_need_their_form_and_a_resource_type() {
    assert!(Draft::check("course.v2.archived", "c", Some("course"), b"{}").is_ok());
    assert!(matches!(Draft::check("course.archived", "c", None, b"{}"), Err(InvalidDraft::ResourceTypeMissing(_))));
    for wrong in ["course", "Course.x", ".x", "x.", "a..b", "1a.b", "a.B", "a b.c", "a.b\n", ""] {
        assert_eq!(Draft::check(wrong, "c", Some("course"), b"{}").err(), Some(InvalidDraft::Type), "{wrong:?}");
    }
}

#[test]
fn ids_and_limits_hold_at_the_edge() {
    assert!(EventId::parse(&"a".repeat(128)).is_ok());
    for wrong in [String::new(), "a".repeat(129), "a b".into(), "a.b".into(), "ä".into(), "a\n".into()] {
        assert_eq!(EventId::parse(&wrong), Err(InvalidDraft::Id), "{wrong:?}");
    }
    assert!(Draft::check("user.created", &"x".repeat(256), None, b"{}").is_ok());
    for id in ["", &"x".repeat(257), "a\nb", "\u{1b}[2J", "a\u{85}", "\0"] {
        assert_eq!(Draft::check("user.created", id, None, b"{}").err(), Some(InvalidDraft::ResourceId), "{id:?}");
    }
    let fits = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_DATA_BYTES - 8));
    assert!(Draft::check("user.created", "u", None, format!("  {fits}\n").as_bytes()).is_ok());
    let over = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_DATA_BYTES - 7));
    assert_eq!(
        Draft::check("user.created", "u", None, over.as_bytes()).err(),
        Some(InvalidDraft::DataTooLong(MAX_DATA_BYTES + 1))
    );
}

#[test]
fn data_is_refused_when_building_it_would_fail() {
    let deep = "[".repeat(200_000);
    for wrong in ["", "{", "1e400", "\"\\ud800\"", "{} {}", "\u{feff}{}", "nul", "01", deep.as_str()] {
        assert!(matches!(Draft::check("user.created", "u", None, wrong.as_bytes()), Err(InvalidDraft::Data(_))));
    }
    assert!(matches!(Draft::check("user.created", "u", None, b"\"\xff\""), Err(InvalidDraft::Data(_))));
    assert!(Draft::check("user.created", "u", None, br#"{"n":123456789012345678901234567890}"#).is_ok());
    assert_eq!(Draft::check("user.created", "u", None, b"[1]").err(), Some(InvalidDraft::NotAnObject));
}

#[test]
fn a_sent_body_can_be_a_batch_line_again_but_unknown_and_repeated_keys_cannot() {
    let id = EventId::parse("evt_1").expect("a good id");
    let event = draft("user.created", "{\"a\": 1.0}").to_event(id.clone(), Timestamp::from_millis(NOON));
    let again = Draft::from_line(&event.body).expect("its own body");
    assert_eq!(again.clone().to_event(id, Timestamp::default()).body, event.body);
    for wrong in [
        "{\"type\":\"user.created\",\"resourceId\":\"u\",\"data\":{},\"extra\":1}",
        "{\"type\":\"user.created\",\"type\":\"user.updated\",\"resourceId\":\"u\",\"data\":{}}",
        "{\"type\":\"user.created\",\"resourceId\":\"u\"}",
        "[]",
    ] {
        assert!(matches!(Draft::from_line(wrong.as_bytes()), Err(InvalidDraft::Shape(_))), "{wrong}");
    }
}

#[test]
fn generated_ids_increase_even_when_the_clock_stands_or_falls() {
    let ids = IdSource::new();
    let mut last = ids.next(Timestamp::from_millis(NOON));
    for step in 0..2_000 {
        let next = ids.next(Timestamp::from_millis(NOON - step % 7));
        assert!(next > last, "{next} after {last}");
        last = next;
    }
    assert!(last.as_str().starts_with("evt_"));
}
