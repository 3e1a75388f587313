//! The forms in which people hand over a request.

use super::sign::{BODY, SIGNATURE};
use crate::support::place::{Place, Ran};

fn verify(place: &Place, request: &str) -> Ran {
    place.run_with_input(&["verify", "--request", "-", "--explain", "-o", "json"], request.as_bytes())
}

fn raw(length: usize, signature: &str, body: &str) -> String {
    format!(
        "POST /hook HTTP/1.1\r\nHost: h.example\r\nX-Webhook-Signature: {signature}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn a_body_whose_length_changed_is_explained_and_both_lengths_are_told() {
    let place = Place::new();
    let with_newline = "322df8918356f5d470541dbad15e50e31410434c1e4754143630d29bc7acc8d0";
    let lost = verify(&place, &raw(77, with_newline, BODY));
    assert_eq!(lost.code, 4, "{lost:?}");
    assert_eq!(lost.data()["explanation"]["cause"], "newline-lost", "{lost:?}");
    assert!(lost.stderr.contains("content-length says 77 bytes and the body has 76"), "{lost:?}");

    let hidden = verify(&place, &raw(70, SIGNATURE, BODY));
    assert!(hidden.stderr.contains("content-length says 70 bytes and the body has 76"), "{hidden:?}");
    assert_eq!(hidden.data()["valid"], true, "every byte that is there is the body: {hidden:?}");

    let by_an_editor = verify(&place, &raw(76, SIGNATURE, &format!("{BODY}\r\n\n")));
    assert_eq!((by_an_editor.code, by_an_editor.stderr.as_str()), (0, ""), "{by_an_editor:?}");
}

#[test]
fn what_is_no_request_as_it_was_sent_is_not_sent_again() {
    let place = Place::new();
    for request in [raw(77, SIGNATURE, BODY), raw(76, SIGNATURE, &format!("{BODY}\n{}", raw(2, "00", "{}")))] {
        std::fs::write(place.path("a.http"), request).unwrap();
        let ran = place.run(&["replay", "--from", "a.http", "--to", "http://127.0.0.1:1/"]);
        assert_eq!((ran.code, ran.stderr.contains("content-length says 7")), (65, true), "{ran:?}");
    }
}
