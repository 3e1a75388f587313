//! `replay`: deliver again what failed, or what arrived and has to arrive once more.

use std::collections::BTreeSet;
use std::io::BufRead as _;
use std::path::PathBuf;

use serde::Serialize;

use super::context::Context;
use super::exit::{Exit, Fault};
use super::filter::Sent;
use super::resend::{self, Elsewhere};
use super::workbench::{self, SecretArgs};
use crate::delivery::{State, Trigger};
use crate::event::EventId;
use crate::report::{Report, lists, requests};
use crate::signature::{Scheme, find};
use crate::store::{Changed, DeliveryFilter, DeliveryId, DeliveryRow, Left, Page, Replay, Store};
use crate::text::Untrusted;

/// Rows read at a time while choosing.
const PAGE: u64 = 1_000;
/// Rows of a plan that are shown.
const SHOWN: usize = 20;

/// Which deliveries a command is about.
#[derive(Debug, clap::Args)]
pub struct Choice {
    /// Deliveries by their number, or all deliveries of an event by its id
    #[arg(value_name = "ID", conflicts_with_all = ["since", "until", "event_type"])]
    ids: Vec<String>,
    /// Read ids from standard input, one a line
    #[arg(long, conflicts_with = "ids", hide_short_help = true)]
    stdin: bool,
    #[command(flatten)]
    sent: Sent,
}

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    choice: Choice,
    /// Everything that was given up, as far as the other options allow
    #[arg(long)]
    failed: bool,
    /// Also deliveries that arrived
    #[arg(long)]
    include_delivered: bool,
    /// Also deliveries that are pending already: due now, with fresh attempts
    #[arg(long)]
    force: bool,
    /// Change nothing and say what would be replayed; the default for more than one
    #[arg(short = 'n', long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do it, however many there are
    #[arg(long)]
    yes: bool,
    /// Send the same bytes to that URL instead, with a fresh time and signature; the queue is left as it is
    #[arg(long, value_name = "URL", conflicts_with_all = ["force"])]
    to: Option<String>,
    /// Send captured requests: a file or a folder of `listen --save`
    #[arg(long, value_name = "PATH", requires = "to", conflicts_with_all = ["ids", "stdin", "failed", "endpoint", "event_type", "since", "until"])]
    from: Option<PathBuf>,
    /// With --from, the scheme to sign by where the request's headers do not tell
    #[arg(long, value_name = "NAME", requires = "from")]
    scheme: Option<String>,
    /// With --from, leave out requests without a signature header of a known scheme
    #[arg(long, requires = "from", conflicts_with = "scheme", hide_short_help = true)]
    skip_unsigned: bool,
    #[command(flatten)]
    secret: SecretArgs,
}

impl Choice {
    /// Whether deliveries were named one by one.
    pub(super) fn is_by_id(&self) -> bool {
        !self.ids.is_empty() || self.stdin
    }

    /// The filter these arguments describe, before any state.
    pub(super) fn filter(&self, context: &Context) -> Result<DeliveryFilter, Fault> {
        let mut filter = self.sent.deliveries(context.now);
        let given = if self.stdin { read_ids()? } else { self.ids.clone() };
        for id in &given {
            match (id.strip_prefix('#').unwrap_or(id).parse(), EventId::parse(id)) {
                (Ok(number), _) => filter.ids.push(DeliveryId(number)),
                (_, Ok(event)) if filter.event.is_none() && given.len() == 1 => filter.event = Some(event),
                (_, Ok(_)) => return Err(Exit::Usage.fault("give one event id, or any number of delivery numbers")),
                (_, Err(invalid)) => return Err(Exit::Usage.fault(format!("`{}`: {invalid}", Untrusted(id)))),
            }
        }
        Ok(filter)
    }

    /// The deliveries that match, oldest first.
    pub(super) fn choose(&self, store: &dyn Store, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, Fault> {
        if let Some(name) = &self.sent.endpoint {
            let known = store.endpoints()?;
            if !known.iter().any(|endpoint| endpoint.name == *name) {
                return Err(crate::store::StoreError::NoEndpoint(name.clone()).into());
            }
        }
        let mut chosen = Vec::new();
        for number in 1.. {
            let listed = store.deliveries(filter, Page { limit: PAGE, number, oldest_first: true })?;
            let last = (listed.rows.len() as u64) < PAGE;
            chosen.extend(listed.rows);
            if last {
                break;
            }
        }
        let found: BTreeSet<_> = chosen.iter().map(|row| row.id).collect();
        if let Some(missing) = filter.ids.iter().find(|id| !found.contains(id)) {
            return Err(Exit::NoInput.fault(format!("there is no delivery {}", missing.0)));
        }
        if let (true, Some(event)) = (chosen.is_empty(), &filter.event) {
            return Err(Exit::NoInput.fault(format!("there is no delivery of an event `{event}`")));
        }
        Ok(chosen)
    }
}

fn read_ids() -> Result<Vec<String>, Fault> {
    let lines = std::io::stdin().lock().lines();
    let lines =
        lines.map(|line| line.map(|line| line.trim().to_owned())).filter(|line| !matches!(line, Ok(l) if l.is_empty()));
    lines.collect::<Result<_, _>>().map_err(|e| super::values::unreadable("standard input", &e))
}

impl ReplayArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Fault> {
        if let Some(url) = &self.to {
            return self.send_elsewhere(context, url);
        }
        if self.secret.is_named() {
            return Err(Exit::Usage.fault("the secret of the queue's endpoints is configured; name one only with --to"));
        }
        if !self.choice.is_by_id() && !self.failed {
            return Err(Exit::Usage
                .fault("nothing was chosen to replay")
                .hint("name deliveries, or use --failed with --endpoint, --type, --since, --until"));
        }
        let store = context.existing_store()?;
        context.set_endpoints(store.as_ref())?;
        let chosen = self.chosen(context, store.as_ref())?;
        if chosen.is_empty() {
            context.screen.said(&change_report(&Changed::default(), "to be replayed"))?;
            return Ok(Exit::Done);
        }
        self.warn_of_newer(context, store.as_ref(), &chosen)?;
        if self.dry_run || (chosen.len() > 1 && !self.yes) {
            return plan(context, &chosen, "replay");
        }
        let by_id = self.choice.is_by_id() && !self.choice.stdin;
        let how = Replay {
            trigger: if by_id { Trigger::Manual } else { Trigger::Bulk },
            include_delivered: self.include_delivered,
            include_pending: self.force,
        };
        let changed = store.replay(chosen.iter().map(|row| row.id).collect(), how, context.now).wait()?;
        report_change(context, &changed, "replayed", self.choice.is_by_id())
    }

    /// Sends stored or captured requests to a place that is not an endpoint of the queue.
    fn send_elsewhere(&self, context: &Context, url: &str) -> Result<Exit, Fault> {
        let parcels = match &self.from {
            Some(path) => resend::captured(context, path, self.named_scheme()?, self.skip_unsigned)?,
            None if !self.choice.is_by_id() && !self.failed => {
                return Err(Exit::Usage
                    .fault("nothing was chosen to send")
                    .hint("name events or deliveries, or captured requests with --from"));
            }
            None => {
                let store = context.existing_store()?;
                let filter = self.choice.filter(context)?;
                let states = if self.failed { vec![State::Failed] } else { Vec::new() };
                let chosen = self.choice.choose(store.as_ref(), &DeliveryFilter { states, ..filter })?;
                resend::stored(store.as_ref(), &chosen)?
            }
        };
        let elsewhere = Elsewhere::new(context, url, &self.secret)?;
        if self.dry_run || (parcels.len() > 1 && !self.yes) {
            let names: Vec<_> = parcels.iter().map(|parcel| parcel.name().to_owned()).collect();
            context.screen.report(&requests::resend_plan(&names, url))?;
            return Ok(Exit::Done);
        }
        elsewhere.send(context, parcels)
    }

    fn named_scheme(&self) -> Result<Option<&'static dyn Scheme>, Fault> {
        let Some(name) = &self.scheme else { return Ok(None) };
        find(name).map(Some).ok_or_else(|| workbench::unknown(name))
    }

    fn chosen(&self, context: &Context, store: &dyn Store) -> Result<Vec<DeliveryRow>, Fault> {
        let mut filter = self.choice.filter(context)?;
        if self.failed {
            filter.states.push(State::Failed);
            if self.include_delivered {
                filter.states.push(State::Delivered);
            }
        }
        let mut chosen = self.choice.choose(store, &filter)?;
        // Of an event named as a whole, what arrived already is left alone unless asked for.
        if filter.event.is_some() && !self.include_delivered && chosen.iter().any(|row| row.state != State::Delivered) {
            chosen.retain(|row| row.state != State::Delivered);
        }
        Ok(chosen)
    }

    fn warn_of_newer(&self, context: &Context, store: &dyn Store, chosen: &[DeliveryRow]) -> Result<(), Fault> {
        let ids: Vec<DeliveryId> = chosen.iter().map(|row| row.id).collect();
        let overtaken = store.overtaken(&ids)?;
        let Some(first) = overtaken.first() else { return Ok(()) };
        let others = match overtaken.len() {
            1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        context.screen.warn(&format!(
            "a newer event of the resource of delivery {}{others} was delivered already; a receiver that does not compare \
             timestamps would go back in time",
            first.0
        ));
        Ok(())
    }
}

/// Shows what would be done, and how to do it.
pub(super) fn plan(context: &Context, chosen: &[DeliveryRow], verb: &str) -> Result<Exit, Fault> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Plan {
        dry_run: bool,
        would_change: usize,
        deliveries: Vec<i64>,
    }
    let endpoints: BTreeSet<&str> = chosen.iter().map(|row| row.endpoint.as_str()).collect();
    let view = Plan { dry_run: true, would_change: chosen.len(), deliveries: chosen.iter().map(|r| r.id.0).collect() };
    let mut table = lists::chosen_deliveries(&chosen[..chosen.len().min(SHOWN)]);
    if chosen.len() > SHOWN {
        table = table.summed_up(format!("{SHOWN} of {} shown", chosen.len()));
    }
    let line = format!("would {verb} {} to {}; nothing changed", deliveries(chosen.len()), counted(endpoints.len()));
    let report = Report::new(&view)
        .with_line(line)
        .with_table(table)
        .with_names(chosen.iter().map(|row| row.id.0.to_string()))
        .with_hint("run it again with --yes to do it");
    context.screen.report(&report)?;
    Ok(Exit::Done)
}

fn deliveries(n: usize) -> String {
    if n == 1 { "1 delivery".to_owned() } else { format!("{n} deliveries") }
}

fn counted(endpoints: usize) -> String {
    if endpoints == 1 { "1 endpoint".to_owned() } else { format!("{endpoints} endpoints") }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeView {
    changed: usize,
    left_alone: usize,
    deliveries: Vec<i64>,
}

fn change_report(changed: &Changed, done: &str) -> Report {
    let view = ChangeView {
        changed: changed.changed.len(),
        left_alone: changed.left.len(),
        deliveries: changed.changed.iter().map(|id| id.0).collect(),
    };
    Report::new(&view)
        .with_line(format!("{} {done}", deliveries(changed.changed.len())))
        .with_names(changed.changed.iter().map(|id| id.0.to_string()))
}

/// Says what was done. Deliveries named one by one that had to be left alone are a failure.
pub(super) fn report_change(context: &Context, changed: &Changed, done: &str, by_id: bool) -> Result<Exit, Fault> {
    let report = change_report(changed, done).with_hint("deliver now with `syncctl process`");
    context.screen.said(&report)?;
    let Some((id, left)) = changed.left.first().filter(|_| by_id) else { return Ok(Exit::Done) };
    let (why, hint) = match left {
        Left::Unknown => ("does not exist", "list them with `syncctl deliveries list`"),
        Left::Pending => ("is pending already", "--force makes it due now, with fresh attempts"),
        Left::Processing => ("is being sent at this moment", "wait for its outcome"),
        Left::Delivered => ("was delivered already", "replay it all the same with --include-delivered"),
        Left::Altered => (
            "is of an event that is not the one that was emitted",
            "the disk changed it: emit it anew, under another id",
        ),
        Left::Failed => ("was given up already", "deliver it again with `syncctl replay`"),
    };
    let more = match changed.left.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    Err(Exit::No.fault(format!("delivery {} {why}{more}", id.0)).hint(hint))
}
