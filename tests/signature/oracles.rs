//! The libraries of Standard Webhooks and Svix: they verify what we sign, and we what they sign.

use http::HeaderMap;
use proptest::prelude::*;
use syncctl::clock::{Clock, SystemClock, Timestamp};
use syncctl::signature::{Received, find, verify};

use super::support::*;

fn map(received: &Received) -> HeaderMap {
    received.headers.clone()
}

/// What both libraries say of a request, when they take the time as it is.
fn both(secret: &str, received: &Received) -> (bool, bool) {
    let standard = standardwebhooks::Webhook::new(secret).expect("a secret");
    let svix = svix::webhooks::Webhook::new(secret).expect("a secret");
    let headers = map(received);
    (standard.verify(&received.body, &headers).is_ok(), svix.verify(&received.body, &headers).is_ok())
}

fn ours(secret: &str, received: &Received, now: Timestamp) -> bool {
    ["standard", "svix"].iter().all(|name| {
        let scheme = find(name).expect("a scheme");
        verify(scheme, received, &[key(scheme, secret)], now, None).is_valid()
    })
}

fn secret() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), 24..64).prop_map(|bytes| {
        use base64::Engine as _;
        format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(bytes))
    })
}

proptest! {
    #[test]
    fn others_verify_what_we_sign(secret in secret(), id in "[A-Za-z0-9_:-]{1,40}", body in prop::collection::vec(any::<u8>(), 0..300)) {
        let now = SystemClock.now();
        // The library of Standard Webhooks takes text only.
        let body = String::from_utf8_lossy(&body).into_owned().into_bytes();
        let standard = find("standard").expect("a scheme");
        let request = received(&headers_at(standard, &secret, &id, &body, now), URL, &body);
        prop_assert_eq!(both(&secret, &request), (true, true));
        prop_assert!(ours(&secret, &request, now));
    }

    #[test]
    fn we_verify_what_others_sign(secret in secret(), id in "[A-Za-z0-9_:-]{1,40}", body in ".{0,200}") {
        let now = SystemClock.now();
        let seconds = now.as_seconds();
        let standard = standardwebhooks::Webhook::new(&secret).expect("a secret");
        let svix = svix::webhooks::Webhook::new(&secret).expect("a secret");
        let theirs = standard.sign(&id, seconds, body.as_bytes()).expect("signed");
        prop_assert_eq!(&theirs, &svix.sign(&id, seconds, body.as_bytes()).expect("signed"));
        let headers = [
            ("webhook-id".to_owned(), id),
            ("webhook-timestamp".to_owned(), seconds.to_string()),
            ("webhook-signature".to_owned(), theirs),
        ];
        prop_assert!(ours(&secret, &received(&headers, URL, body.as_bytes()), now));
    }

    #[test]
    fn all_refuse_what_was_changed(secret in secret(), body in "[ -~]{1,80}", at in any::<prop::sample::Index>(), what in 0..5_u8) {
        let now = SystemClock.now();
        let standard = find("standard").expect("a scheme");
        let mut request = received(&headers_at(standard, &secret, ID, body.as_bytes(), now), URL, body.as_bytes());
        match what {
            0 => {
                let mut bytes = body.clone().into_bytes();
                let at = at.index(bytes.len());
                bytes[at] ^= 1;
                request.body = bytes.into();
            }
            1 => set(&mut request, "webhook-id", "msg_another"),
            2 => set(&mut request, "webhook-timestamp", &(now.as_seconds() - 1).to_string()),
            3 => set(&mut request, "webhook-signature", "v1,"),
            _ => {
                let cut = get(&request, "webhook-signature")[..43].to_owned();
                set(&mut request, "webhook-signature", &cut);
            }
        }
        prop_assert_eq!(both(&secret, &request), (false, false));
        prop_assert!(!ours(&secret, &request, now));
    }
}
