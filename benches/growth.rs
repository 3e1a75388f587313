//! How the queue's own work grows with its file: claim, record, status, list, prune and emit, from ten thousand finished
//! deliveries on.
//!
//! `cargo bench --bench growth` measures 10 k, 100 k and 1 M; `SYNCCTL_BENCH_ROWS=10000000` goes on to 10 M, which takes minutes and
//! 10 GB of disk. `SYNCCTL_BENCH_WRITE=1` renews `docs/growth.md` and `docs/growth.svg`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints its table"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use syncctl::clock::{Clock, SystemClock};
use syncctl::delivery::{Outcome, State};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl};
use syncctl::event::Draft;
use syncctl::store::{
    Access, Claim, ClaimRequest, DeliveryFilter, DeliveryId, FinishedAttempt, Location, Page, PruneFilter, Run,
    RunStats, Store, open,
};

#[path = "support/finished.rs"]
mod finished;

/// What is measured, and what one unit of it is.
const MEASURED: [(&str, &str); 7] = [
    ("emit", "one event, fsync included"),
    ("emit in bulk", "an event of 2,000"),
    ("claim and record", "an event of 100, fsync included"),
    ("status", "all figures"),
    ("list", "the newest 50 deliveries"),
    ("failures", "the newest 50 failures"),
    ("prune", "a removed delivery, with event and attempt"),
];
const TURN: usize = 100;

fn main() {
    let most: u64 = std::env::var("SYNCCTL_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let sizes: Vec<u64> = [10_000, 100_000, 1_000_000, 10_000_000].into_iter().filter(|size| *size <= most).collect();
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("q.db");
    let mut columns = Vec::new();
    let mut written = 0;
    for size in &sizes {
        drop(prepared(&database));
        finished::add(&database, written, size - written);
        written = *size;
        columns.push(measure(&*prepared(&database)));
        println!("measured {size}");
    }
    let table = table(&sizes, &columns);
    println!("\n{table}");
    if std::env::var_os("SYNCCTL_BENCH_WRITE").is_some() {
        write_docs(&table, &sizes, &columns);
    }
}

fn prepared(database: &Path) -> Arc<dyn Store> {
    let store = open(&Location::file(database), Access::Create).unwrap();
    let url = EndpointUrl::parse("http://127.0.0.1:9/").unwrap();
    store.set_endpoints(vec![ConfiguredEndpoint::of_url(url)], SystemClock.now()).wait().unwrap();
    if store.figures(SystemClock.now()).wait().unwrap().events == 0 {
        emit(&*store, "first", 1);
    }
    store
}

fn emit(store: &dyn Store, name: &str, n: u64) {
    let filler = "x".repeat(300);
    let drafts = (0..n).map(|i| {
        let data = format!("{{\"filler\":\"{filler}\"}}");
        Ok(Draft::check("course.touched", &format!("{name}-{i}"), Some("course"), data.as_bytes()).unwrap())
    });
    store.enqueue(Box::new(drafts.collect::<Vec<_>>().into_iter()), false, SystemClock.now()).wait().unwrap();
}

/// Microseconds for each of [`MEASURED`].
fn measure(store: &dyn Store) -> Vec<f64> {
    let now = SystemClock.now();
    let mut single = 0;
    let emit_one = median(100, || {
        single += 1;
        emit(store, &format!("single-{}-{single}", now.as_millis()), 1);
    });
    let mut bulk = 0;
    let emit_bulk = median(9, || {
        bulk += 1;
        emit(store, &format!("bulk-{}-{bulk}", now.as_millis()), 2_000);
    });
    let turn = turns(store);
    let status = median(50, || drop(store.figures(SystemClock.now()).wait().unwrap()));
    let page = Page { limit: 50, number: 1, oldest_first: false };
    let list = median(50, || drop(store.deliveries(&DeliveryFilter::default(), page).wait().unwrap()));
    let troubled = DeliveryFilter { troubled: true, ..DeliveryFilter::default() };
    let failures = median(50, || drop(store.deliveries(&troubled, page).wait().unwrap()));
    let prune = prune(store);
    vec![emit_one, emit_bulk / 2_000.0, turn, status, list, failures, prune]
}

/// Turns of a worker that finishes a hundred and claims a hundred; one in fifty fails.
fn turns(store: &dyn Store) -> f64 {
    let run = store.begin_run("bench", SystemClock.now()).wait().unwrap();
    let endpoint = store.endpoints().wait().unwrap()[0].id;
    let mut hand = Vec::new();
    let took = median(100, || {
        let finished = Arc::new(std::mem::take(&mut hand).into_iter().map(ended).collect::<Vec<_>>());
        let wants = ClaimRequest { endpoints: vec![(endpoint, TURN)], idle: false, only: None };
        hand = store.advance(run.id, finished, wants, SystemClock.now()).wait().unwrap().claims;
        assert_eq!(hand.len(), TURN);
    });
    end(store, &run, hand);
    took / TURN as f64
}

fn ended(claim: Claim) -> FinishedAttempt {
    let now = SystemClock.now();
    let failed = claim.delivery.0 % 50 == 0;
    let outcome = if failed {
        Outcome::Rejected { status: Some(500), retry_after: None }
    } else {
        Outcome::Delivered { status: Some(200) }
    };
    FinishedAttempt {
        outcome,
        started_at: now,
        ended_at: now,
        took: Duration::from_millis(1),
        detail: if failed { "HTTP 500".to_owned() } else { "HTTP 200".to_owned() },
        response: bytes::Bytes::from_static(b"ok"),
        jitter: 0.5,
        claim,
    }
}

fn end(store: &dyn Store, run: &Run, hand: Vec<Claim>) {
    store.release(run.id, hand, SystemClock.now()).wait().unwrap();
    store.end_run(run, RunStats::default(), 0, SystemClock.now()).wait().unwrap();
}

/// Removes ten batches of the oldest.
fn prune(store: &dyn Store) -> f64 {
    let mut after = DeliveryId(0);
    let mut removed = 0;
    let began = Instant::now();
    for _ in 0..10 {
        let what = PruneFilter { before: SystemClock.now(), states: vec![State::Delivered], endpoint: None, after };
        let pruned = store.prune(what).wait().unwrap();
        removed += pruned.deliveries;
        after = pruned.next.unwrap();
    }
    began.elapsed().as_secs_f64() * 1e6 / removed as f64
}

/// Microseconds that the middle one of `n` calls takes.
fn median(n: usize, mut call: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..n)
        .map(|_| {
            let began = Instant::now();
            call();
            began.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[n / 2]
}

// ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────

fn table(sizes: &[u64], columns: &[Vec<f64>]) -> String {
    let mut table = String::from("| Microseconds for | with");
    sizes.iter().for_each(|size| write!(table, " | {}", short(*size)).unwrap());
    table.push_str(" |\n|---|---|");
    table.push_str(&"---:|".repeat(sizes.len()));
    for (row, (name, unit)) in MEASURED.iter().enumerate() {
        write!(table, "\n| {name} | {unit}").unwrap();
        columns.iter().for_each(|column| write!(table, " | {:.1}", column[row]).unwrap());
        table.push_str(" |");
    }
    table.push('\n');
    table
}

fn short(size: u64) -> String {
    if size >= 1_000_000 { format!("{} M", size / 1_000_000) } else { format!("{} k", size / 1_000) }
}

fn write_docs(table: &str, sizes: &[u64], columns: &[Vec<f64>]) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = format!(
        "# How the queue grows\n\n\
         Written by `cargo bench --bench growth`: medians on a file that holds so many finished deliveries, each with its event of\n\
         500 bytes and its attempt. What is claimed, recorded, listed or counted is read from indexes of what is unfinished and from\n\
         counters, so the file's size hardly shows: what remains is deeper trees, and a file that no cache holds. The list also looks\n\
         through what is queued, to say what waits behind what: some ten thousand deliveries more in each column than in the one before.\n\n\
         {table}\n![Microseconds against finished deliveries](growth.svg)\n"
    );
    std::fs::write(docs.join("growth.md"), page).unwrap();
    std::fs::write(docs.join("growth.svg"), plot(sizes, columns)).unwrap();
}

/// Both axes are logarithmic: a line that is flat does not grow.
fn plot(sizes: &[u64], columns: &[Vec<f64>]) -> String {
    const COLOURS: [&str; 7] = ["#1b6ca8", "#d1495b", "#2e8b57", "#e08e0b", "#7a4fa3", "#5b6470", "#b0478a"];
    let x = |size: u64| 70.0 + ((size as f64).log10() - 4.0) * 140.0;
    let y = |micros: f64| 380.0 - micros.max(1.0).log10() * 80.0;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 440\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"720\" height=\"440\" fill=\"#ffffff\"/>\n",
    );
    for (power, label) in [(0, "1 µs"), (1, "10 µs"), (2, "100 µs"), (3, "1 ms"), (4, "10 ms")] {
        let at = y(10_f64.powi(power));
        writeln!(svg, "<line x1=\"70\" x2=\"510\" y1=\"{at}\" y2=\"{at}\" stroke=\"#dddddd\"/>").unwrap();
        writeln!(svg, "<text x=\"62\" y=\"{}\" text-anchor=\"end\" fill=\"#333333\">{label}</text>", at + 4.0).unwrap();
    }
    for size in sizes {
        let label = short(*size);
        writeln!(svg, "<text x=\"{}\" y=\"402\" text-anchor=\"middle\" fill=\"#333333\">{label}</text>", x(*size))
            .unwrap();
    }
    svg.push_str(
        "<text x=\"290\" y=\"426\" text-anchor=\"middle\" fill=\"#333333\">finished deliveries in the file</text>\n",
    );
    for (row, (name, _)) in MEASURED.iter().enumerate() {
        let colour = COLOURS[row];
        let points: Vec<String> =
            sizes.iter().zip(columns).map(|(size, column)| format!("{:.1},{:.1}", x(*size), y(column[row]))).collect();
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        )
        .unwrap();
        let at = 60 + row * 22;
        writeln!(svg, "<rect x=\"530\" y=\"{}\" width=\"14\" height=\"4\" fill=\"{colour}\"/>", at - 6).unwrap();
        writeln!(svg, "<text x=\"552\" y=\"{at}\" fill=\"#333333\">{name}</text>").unwrap();
    }
    svg.push_str("</svg>\n");
    svg
}
