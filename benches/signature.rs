//! Signing and verifying against the bare HMAC that a receiver would write by hand.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use syncctl::clock::Timestamp;
use syncctl::signature::explain::{Candidate, Role, explain};
use syncctl::signature::{Message, Received, Secret, Signer, find, sign, verify};

const SECRET: &str = "syncctl-test-secret";
const NOW: i64 = 1_706_702_400;

/// The bare HMAC: key, bytes, code.
fn bare(body: &[u8]) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key").chain_update(body).finalize().into_bytes().into()
}

fn request(name: &str, body: &[u8]) -> Received {
    let scheme = find(name).expect("a scheme");
    let message = Message { method: "POST", url: "", id: "msg_1", time: "1706702400", body };
    let headers = sign(scheme, &message, &[scheme.key(SECRET.as_bytes()).expect("a key")]).expect("signed");
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}"));
    Received::from_lines(lines, bytes::Bytes::copy_from_slice(body)).expect("a request")
}

fn signatures(c: &mut Criterion) {
    for size in [500, 1024 * 1024] {
        let body = vec![b'a'; size];
        let mut group = c.benchmark_group("signature");
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("bare HMAC", size), |b| b.iter(|| bare(black_box(&body))));
        let prepared = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        group.bench_function(BenchmarkId::new("bare HMAC, key prepared", size), |b| {
            b.iter(|| prepared.clone().chain_update(black_box(&body)).finalize().into_bytes());
        });
        for name in ["syncctl", "standard"] {
            let (scheme, received) = (find(name).expect("a scheme"), request(name, &body));
            let keys = [scheme.key(SECRET.as_bytes()).expect("a key")];
            let now = Timestamp::from_millis(NOW * 1000);
            group.bench_function(BenchmarkId::new(format!("verify {name}"), size), |b| {
                b.iter(|| assert!(verify(scheme, black_box(&received), &keys, now, None).is_valid()));
            });
            let message = Message { method: "POST", url: "", id: "msg_1", time: "1706702400", body: &body };
            group.bench_function(BenchmarkId::new(format!("sign {name}"), size), |b| {
                b.iter(|| sign(scheme, black_box(&message), &keys).expect("signed"));
            });
        }
        let secret = Secret::new(SECRET.to_owned()).expect("a secret");
        let signer = Signer::new(&secret, &[&secret]);
        group.bench_function(BenchmarkId::new("signer, both headers", size), |b| {
            b.iter(|| signer.sign("msg_1", NOW, black_box(&body)));
        });
        group.finish();
    }
}

fn explanations(c: &mut Criterion) {
    let large = format!("{{\"a\": [{}]}}", vec!["\"padding é\""; 22_000].join(", "));
    let mut received = request("standard", b"another body");
    received.body = large.into();
    let secrets = [Candidate::new(Role::Current, SECRET), Candidate::new(Role::Previous, "the one before")];
    let scheme = find("standard").expect("a scheme");
    let mut group = c.benchmark_group("explain");
    group.sample_size(10);
    group.bench_function("nothing fits, 256 KiB", |b| b.iter(|| explain(scheme, black_box(&received), &secrets)));
    group.finish();
}

criterion_group!(benches, signatures, explanations);
criterion_main!(benches);
