//! Signing and verifying against the bare HMAC that a receiver would write by hand.
//!
//! The bare HMAC is RFC 2104's function of a secret and the signed content, fed in the same pieces; headers, encodings, times
//! and the comparison are what a scheme adds, and a key prepared once is what [`Key`] saves. `ratios` measures both in turns and
//! keeps the fastest of each, so that it says the same on a busy machine as on an idle one, and fails where signing or verifying
//! takes more than 1.2 times the bare HMAC. Beside it stands how many times the bare HMAC without its key's preparation they
//! take: what all but the hashing costs. Each call waits for the result of the one before, as two requests do: a processor would
//! otherwise begin the next bare HMAC while the last one ends, and show less than either takes.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use syncctl::clock::Timestamp;
use syncctl::explain::{Candidate, Role, explain};
use syncctl::request;
use syncctl::signature::{Key, Message, Received, Scheme, Secret, Signer, find, sign, verify};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SECRET: &str = "syncctl-test-secret";
const ID: &str = "evt_018d5f2e7c3a7f3e9b1c2d3e4f5a6b7c";
const NOW: i64 = 1_706_702_400;
const NOW_TEXT: &str = "1706702400";
/// What requests carry besides their signature.
const USUAL: [&str; 6] = [
    "host: admin.example.com",
    "user-agent: syncctl/0.1.0",
    "accept: */*",
    "accept-encoding: gzip",
    "content-type: application/json",
    "content-length: 500",
];
const SIZES: [usize; 2] = [500, 1024 * 1024];
const MOST: f64 = 1.2;
/// How long the jobs that are compared take turns: long enough for moments in which nothing else runs.
const SPAN: Duration = Duration::from_secs(3);

/// One scheme, a request signed by it, and what is needed to do it again.
struct Case {
    name: &'static str,
    scheme: &'static dyn Scheme,
    keys: [Key; 1],
    mac: Hmac<Sha256>,
    received: Received,
}

impl Case {
    fn new(name: &'static str, size: usize) -> Self {
        let scheme = find(name).expect("a scheme");
        let keys = [scheme.key(SECRET.as_bytes()).expect("a key")];
        let body = bytes::Bytes::from(vec![b'a'; size]);
        let headers = sign(scheme, &message(&body), &keys).expect("signed");
        let signature = headers.iter().map(|(name, value)| format!("{name}: {value}"));
        let lines = USUAL.into_iter().map(str::to_owned).chain(signature);
        let received = request::from_lines(lines, body.clone()).expect("a request");
        Self { name, scheme, keys, mac: Hmac::new_from_slice(SECRET.as_bytes()).expect("a key"), received }
    }

    fn pieces(&self) -> Vec<&[u8]> {
        let body = self.received.body.as_ref();
        match self.name {
            "standard" => vec![ID.as_bytes(), b".", NOW_TEXT.as_bytes(), b".", body],
            _ => vec![body],
        }
    }

    /// HMAC as a receiver's author writes it: the secret, the pieces, the code.
    fn bare(pieces: &[&[u8]], from: usize) -> u8 {
        Self::hash(Hmac::new_from_slice(black_box(SECRET.as_bytes())).expect("a key"), pieces, from)
    }

    /// The same with its key prepared.
    fn prepared(&self, pieces: &[&[u8]], from: usize) -> u8 {
        Self::hash(self.mac.clone(), pieces, from)
    }

    fn hash(mut mac: Hmac<Sha256>, pieces: &[&[u8]], from: usize) -> u8 {
        black_box(pieces).iter().for_each(|piece| mac.update(&piece[from..]));
        black_box(mac.finalize().into_bytes())[0]
    }

    fn verify(&self) -> u8 {
        let now = Timestamp::from_millis(NOW * 1000);
        let valid = verify(self.scheme, black_box(&self.received), &self.keys, now, None).is_valid();
        assert!(valid);
        u8::from(valid)
    }

    fn sign(&self, from: usize) -> u8 {
        let message = message(&self.received.body[from..]);
        let headers = black_box(sign(self.scheme, black_box(&message), &self.keys)).expect("signed");
        u8::try_from(headers.len()).expect("a few headers")
    }
}

fn message(body: &[u8]) -> Message<'_> {
    Message { method: "POST", url: "", id: ID, time: NOW_TEXT, body, context: "" }
}

fn signer() -> Signer {
    let secret = Secret::new(SECRET.to_owned()).expect("a secret");
    Signer::new(&secret, &[&secret])
}

fn signatures(c: &mut Criterion) {
    for size in SIZES {
        let mut group = c.benchmark_group("signature");
        group.throughput(Throughput::Bytes(size as u64));
        for name in ["syncctl", "standard"] {
            let case = Case::new(name, size);
            let pieces = case.pieces();
            let id = |what: &str| BenchmarkId::new(format!("{what} {name}"), size);
            group.bench_function(id("bare HMAC of"), |b| b.iter(|| Case::bare(&pieces, 0)));
            group.bench_function(id("prepared HMAC of"), |b| b.iter(|| case.prepared(&pieces, 0)));
            group.bench_function(id("verify"), |b| b.iter(|| case.verify()));
            group.bench_function(id("sign"), |b| b.iter(|| case.sign(0)));
        }
        let (signer, body) = (signer(), vec![b'a'; size]);
        group.bench_function(BenchmarkId::new("signer, both headers", size), |b| {
            b.iter(|| signer.sign(ID, NOW, black_box(&body)));
        });
        group.finish();
    }
}

fn explanations(c: &mut Criterion) {
    let large = format!("{{\"a\": [{}]}}", vec!["\"padding é\""; 22_000].join(", "));
    let mut received = Case::new("standard", 500).received;
    received.body = large.into();
    let secrets = [Candidate::new(Role::Current, SECRET), Candidate::new(Role::Previous, "the one before")];
    let scheme = find("standard").expect("a scheme");
    let mut group = c.benchmark_group("explain");
    group.sample_size(10);
    group.bench_function("nothing fits, 256 KiB", |b| b.iter(|| explain(scheme, black_box(&received), &secrets)));
    group.finish();
}

/// The shortest time of one call of each job, in nanoseconds, all of them in turns. A job is given zero, which is made of what it
/// answered before.
fn fastest<const N: usize>(jobs: [&dyn Fn(usize) -> u8; N], calls: u32) -> [f64; N] {
    let mut best = [f64::MAX; N];
    let begun = Instant::now();
    while begun.elapsed() < SPAN {
        for (job, best) in jobs.iter().zip(&mut best) {
            let start = Instant::now();
            black_box((0..calls).fold(0, |zero, _| usize::from(job(zero)) & black_box(0)));
            *best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
        }
    }
    best
}

/// Prints how many times as long as the bare HMAC signing and verifying take, and whether that is little enough.
#[expect(clippy::print_stdout, reason = "the answer of a benchmark")]
fn ratios() -> bool {
    let mut good = true;
    let mut tell = |what: &str, size: usize, nanos: f64, [bare, prepared]: [f64; 2]| {
        good &= nanos <= MOST * bare;
        println!(
            "{what:22} {size:>8} bytes {nanos:>12.0} ns {:>5.2} times the bare HMAC, {:>5.2} times one with its key prepared",
            nanos / bare,
            nanos / prepared
        );
    };
    for size in SIZES {
        let calls = if size > 1000 { 1 } else { 100 };
        let mut both = [0.0; 2];
        for name in ["syncctl", "standard"] {
            let case = Case::new(name, size);
            let pieces = case.pieces();
            let [bare, prepared, verify, sign] = fastest(
                [
                    &|zero| Case::bare(&pieces, zero),
                    &|zero| case.prepared(&pieces, zero),
                    &|_| case.verify(),
                    &|zero| case.sign(zero),
                ],
                calls,
            );
            tell(&format!("verify {name}"), size, verify, [bare, prepared]);
            tell(&format!("sign {name}"), size, sign, [bare, prepared]);
            both = [both[0] + bare, both[1] + prepared];
        }
        let (signer, body) = (signer(), vec![b'a'; size]);
        let both_headers = |zero: usize| signer.sign(ID, NOW, black_box(&body[zero..])).original.as_bytes()[0];
        let [nanos] = fastest([&both_headers], calls);
        tell("signer, both headers", size, nanos, both);
    }
    good
}

criterion_group!(benches, signatures, explanations);

fn main() -> ExitCode {
    benches();
    Criterion::default().configure_from_args().final_summary();
    if ratios() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
