//! Whatever bytes come as a request or as a header of any scheme: an answer, never a panic.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use syncctl::request;
use syncctl::clock::Timestamp;
use syncctl::request::{self, shell_words};
use syncctl::signature::{Key, Received, detect, schemes, verify};

fuzz_target!(|bytes: &[u8]| {
    let _ = shell_words(bytes);
    for request in request::read_each(bytes).into_iter().flatten().flatten().map(|captured| captured.request) {
        every_scheme(&request);
        let again = request::read(&request::to_raw(&request)).expect("what was read can be written and read again");
        assert_eq!(again[0].request.body, request.body);
    }
    every_header(bytes);
});

fn every_scheme(request: &Received) {
    for scheme in schemes().chain(detect(request)) {
        let _ = verify(scheme, request, &[key()], Timestamp::default(), None);
    }
}

fn every_header(value: &[u8]) {
    let Ok(value) = http::HeaderValue::from_bytes(value) else { return };
    for scheme in schemes() {
        let facts = scheme.facts();
        let names = [Some(&facts.header), facts.time_header.as_ref(), facts.id_header.as_ref()];
        let mut request = Received { body: Bytes::from_static(b"{}"), ..Received::default() };
        for name in names.into_iter().flatten() {
            request.headers.insert(name, value.clone());
        }
        let _ = verify(scheme, &request, &[key()], Timestamp::default(), None);
    }
}

fn key() -> Key {
    Key::hmac(syncctl::signature::Algorithm::HmacSha256, b"a key")
}
