//! `replay plan` and `replay apply`: a replay that is planned first, and applied only if nothing has changed since.
//!
//! A plan is JSON lines: a header, then a line for each delivery in the order it is replayed. A plan is refused if a delivery has
//! changed since, judged by its attempts and the time of its last change, or an event, judged by the hash of its body.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::super::filter::FilterArgs;
use super::super::values;
use crate::clock::Timestamp;
use crate::delivery::{State, Trigger};
use crate::format::count;
use crate::report::Report;
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, EventFilter, Page, Replay, Store};

/// Rows read, checked or replayed at a time.
const CHUNK: usize = 1_000;
/// The version of the format of a plan.
const VERSION: u32 = 1;

/// The command-line arguments of `replay plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    #[command(flatten)]
    sent: FilterArgs,
    /// Also plan delivered ones
    #[arg(long)]
    include_delivered: bool,
    /// Plan at most this many, oldest first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// The command-line arguments of `replay apply`.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs {
    /// Plan written by `replay plan`; `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Replay at most this many per second, such as 50/s
    #[arg(long, value_name = "RATE", value_parser = rate)]
    rate: Option<u64>,
    /// Check the plan and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// A number of deliveries per second.
fn rate(text: &str) -> Result<u64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    number.parse().ok().filter(|rate| *rate > 0).ok_or_else(|| "write it like 50/s".to_owned())
}

/// The first line of the file that `replay plan` writes.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanHeader {
    plan: u32,
    created_at: Timestamp,
    count: u64,
    include_delivered: bool,
}

/// One delivery in the file that `replay plan` writes, as it was then.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlannedDelivery {
    delivery: i64,
    event_id: String,
    endpoint: String,
    state: State,
    attempts: u32,
    changed_at: Timestamp,
    /// SHA-256 of the event's body, in hex.
    body_sha256: String,
}

/// What of a delivery must be unchanged when `replay apply` replays it, as a hash: there may be hundreds of thousands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct DeliveryStamp {
    id: i64,
    hash: [u8; 16],
}

/// SHA-256 of the body of an event.
type BodyHash = [u8; 32];

impl DeliveryStamp {
    fn new(id: i64, attempts: u32, changed_at: Timestamp, body: BodyHash) -> Self {
        let hash = Sha256::new()
            .chain_update(attempts.to_be_bytes())
            .chain_update(changed_at.as_millis().to_be_bytes())
            .chain_update(body)
            .finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self { id, hash: half }
    }

    fn of(row: &DeliveryRow, body: BodyHash) -> Self {
        Self::new(row.id.0, row.attempts, row.changed_at, body)
    }
}

impl PlanArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.read_store()?;
        self.sent.check_endpoint(store.as_ref(), context.now)?;
        let states = if self.include_delivered { vec![State::Failed, State::Delivered] } else { vec![State::Failed] };
        let mut filter = DeliveryFilter { states, ..self.sent.deliveries(context.now)? };
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut is_first = true;
        loop {
            let page = Page { limit: left.min(CHUNK as u64), number: 1, oldest_first: true };
            let mut out = Vec::new();
            if std::mem::take(&mut is_first) {
                let count = store.count_deliveries(&filter).wait()?.min(left);
                let include_delivered = self.include_delivered;
                write(&mut out, &PlanHeader { plan: VERSION, created_at: context.now, count, include_delivered });
            }
            let rows = store.page_of_deliveries(&filter, page).wait()?;
            let bodies = body_hashes(store.as_ref(), &rows)?;
            for row in &rows {
                let body = bodies.get(&row.event.seq).copied().unwrap_or_default();
                write(&mut out, &planned(row, body));
            }
            context.screen.bytes(&out)?;
            left -= rows.len() as u64;
            match rows.last() {
                Some(last) if left > 0 && rows.len() as u64 == page.limit => filter.past = Some(last.id),
                _ => return Ok(Exit::Done),
            }
        }
    }
}

/// The hashes of the bodies of these deliveries' events, by event number.
fn body_hashes(store: &dyn Store, rows: &[DeliveryRow]) -> Result<BTreeMap<i64, BodyHash>, CliError> {
    let mut places: Vec<i64> = rows.iter().map(|row| row.event.seq).collect();
    places.sort_unstable();
    places.dedup();
    let mut hashes = BTreeMap::new();
    for places in places.chunks(CHUNK) {
        let filter = EventFilter { places: places.to_vec(), ..EventFilter::default() };
        let page = Page { limit: CHUNK as u64, number: 1, oldest_first: true };
        let events = store.events_with_bodies(&filter, page).wait()?;
        hashes.extend(events.iter().map(|(row, body)| (row.seq, Sha256::digest(body).into())));
    }
    Ok(hashes)
}

fn planned(row: &DeliveryRow, body: BodyHash) -> PlannedDelivery {
    PlannedDelivery {
        delivery: row.id.0,
        event_id: row.event.id.to_string(),
        endpoint: row.endpoint.clone(),
        state: row.state,
        attempts: row.attempts,
        changed_at: row.changed_at,
        body_sha256: hex::encode(body),
    }
}

fn write(out: &mut Vec<u8>, line: &impl Serialize) {
    serde_json::to_writer(&mut *out, line).expect("a plan is text and numbers");
    out.push(b'\n');
}

impl ApplyArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (header, stamps) = self.read()?;
        let store = context.existing_store()?;
        refuse_changes(store.as_ref(), &stamps)?;
        if self.dry_run {
            let line = format!("would replay {}; nothing changed", count(stamps.len(), "delivery"));
            context.screen.report(&report(stamps.len(), 0).with_line(line))?;
            return Ok(Exit::Done);
        }
        context.set_endpoints(store.as_ref())?;
        let how =
            Replay { trigger: Trigger::Bulk, include_delivered: header.include_delivered, include_pending: false };
        let (changed, left) = self.replay(context, store.as_ref(), &stamps, how)?;
        let line = format!("{} replayed", count(changed, "delivery"));
        context.done(&report(changed, left).with_line(line).with_hint("deliver now with `syncctl process`"))?;
        Ok(if left == 0 { Exit::Done } else { Exit::Part })
    }

    fn read(&self) -> Result<(PlanHeader, Vec<DeliveryStamp>), CliError> {
        let source: Box<dyn BufRead> = match self.file.as_str() {
            "-" => Box::new(std::io::stdin().lock()),
            path => Box::new(BufReader::new(values::open_file(path.as_ref())?)),
        };
        let mut lines = source.lines().map(|line| line.map_err(|e| values::unreadable(&self.file, &e)));
        let header = lines.next().transpose()?.unwrap_or_default();
        let header: PlanHeader = serde_json::from_str(&header).map_err(|_| not_a_plan())?;
        if header.plan != VERSION {
            return Err(not_a_plan());
        }
        let mut stamps = Vec::new();
        for (at, line) in lines.enumerate() {
            let unread = || Exit::Data.error(format!("line {} of the plan cannot be read", at + 2));
            let PlannedDelivery { delivery, attempts, changed_at, body_sha256, .. } =
                serde_json::from_str(&line?).map_err(|e| unread().cause(e))?;
            let mut body = BodyHash::default();
            hex::decode_to_slice(&body_sha256, &mut body).map_err(|e| unread().cause(e))?;
            stamps.push(DeliveryStamp::new(delivery, attempts, changed_at, body));
        }
        match stamps.len() as u64 == header.count {
            true => Ok((header, stamps)),
            false => Err(Exit::Data
                .error(format!("the plan has {} of {} deliveries: it is truncated", stamps.len(), header.count))
                .hint("create it again with `syncctl replay plan`")),
        }
    }

    /// Replays in the order of the plan. Returns how many were replayed and how many were left alone.
    fn replay(
        &self,
        context: &Context,
        store: &dyn Store,
        stamps: &[DeliveryStamp],
        how: Replay,
    ) -> Result<(usize, usize), CliError> {
        let per_second = self.rate.map_or(CHUNK, |rate| usize::try_from(rate).unwrap_or(CHUNK).min(CHUNK));
        let progress = context.screen.progress(Some(stamps.len() as u64), "Replaying");
        let (mut changed, mut left) = (0, 0);
        for chunk in stamps.chunks(per_second) {
            let began = Instant::now();
            let ids = chunk.iter().map(|stamp| DeliveryId(stamp.id)).collect();
            let done = store.replay(ids, how, context.now).wait()?;
            changed += done.changed.len();
            left += done.skipped.len();
            progress.inc(chunk.len() as u64);
            if self.rate.is_some() && changed + left < stamps.len() {
                wait_until(began + Duration::from_secs(1));
            }
        }
        progress.finish();
        Ok((changed, left))
    }
}

fn wait_until(end: Instant) {
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
}

fn not_a_plan() -> CliError {
    Exit::Data.error("this is not a replay plan").hint("create one with `syncctl replay plan > plan.json`")
}

/// Refuses a plan of which anything changed since it was made.
fn refuse_changes(store: &dyn Store, stamps: &[DeliveryStamp]) -> Result<(), CliError> {
    let (mut differ, mut first) = (0, None);
    for chunk in stamps.chunks(CHUNK) {
        let ids = chunk.iter().map(|stamp| DeliveryId(stamp.id)).collect();
        let filter = DeliveryFilter { ids, ..DeliveryFilter::default() };
        let page = Page { limit: CHUNK as u64, number: 1, oldest_first: true };
        let rows = store.page_of_deliveries(&filter, page).wait()?;
        let bodies = body_hashes(store, &rows)?;
        let now = |row: &DeliveryRow| DeliveryStamp::of(row, bodies.get(&row.event.seq).copied().unwrap_or_default());
        for stamp in chunk {
            let found = rows.binary_search_by_key(&stamp.id, |row| row.id.0);
            let is_same = found.is_ok_and(|at| now(&rows[at]) == *stamp);
            if !is_same {
                differ += 1;
                first = first.or(Some(stamp.id));
            }
        }
    }
    let Some(first) = first else { return Ok(()) };
    Err(Exit::Failure
        .error(format!("nothing was replayed: {} of the plan changed since it was made", count(differ, "delivery")))
        .cause(format!("the first one is delivery {first}"))
        .hint("create a new plan with `syncctl replay plan`"))
}

fn report(changed: usize, left_alone: usize) -> Report {
    /// The JSON answer of `replay apply`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct AppliedView {
        changed: usize,
        left_alone: usize,
    }
    Report::new(&AppliedView { changed, left_alone })
}
