//! `replay`: queues deliveries again, or sends stored and captured requests to another URL.

mod edit;
mod plan;

use std::path::PathBuf;

use serde::Serialize;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::forward::{self, ReplayTarget};
use super::selection::{SelectedDelivery, SelectionArgs, SelectionPlan, find_delivery};
use super::signature_args::{self, SecretArgs};
use super::values;
use crate::clock::Timestamp;
use crate::delivery::{State, Trigger};
use crate::endpoint::{EventJson, ResolvedEndpoint, resolve};
use crate::format::count;
use crate::monitor::failure_clusters::ClusterPrefix;
use crate::render::Format;
use crate::report::{self, Report, requests};
use crate::signature::{Scheme, find};
use crate::store::{ChangedDeliveries, DeliveryId, DeliveryRow, EventRow, Replay, Schedule, SkipReason, Store};

/// The most rows of a plan that are shown.
const SHOWN: usize = 20;

/// The command-line arguments of `replay`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ReplayArgs {
    #[command(subcommand)]
    command: Option<ReplayCommand>,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Replay all failed deliveries that the other options match
    #[arg(long)]
    failed: bool,
    /// Replay all failed deliveries of this cluster of `failures clusters`
    #[arg(long, value_name = "NAME", value_parser = values::cluster, hide_short_help = true, conflicts_with_all = ["ids", "stdin", "include_delivered", "force", "to"])]
    cluster: Option<ClusterPrefix>,
    /// Also replay delivered ones
    #[arg(long)]
    include_delivered: bool,
    /// Also replay pending ones: due now, with new attempts
    #[arg(long)]
    force: bool,
    /// Edit the data of one event in $VISUAL or $EDITOR and emit it as a new, linked event
    #[arg(long, requires = "ids", hide_short_help = true, conflicts_with_all = ["stdin", "failed", "include_delivered", "force", "to", "endpoint", "cluster"])]
    edit: bool,
    /// With --edit: the new data as JSON, @FILE or -, instead of an editor
    #[arg(long, value_name = "JSON|@FILE|-", requires = "edit", hide_short_help = true)]
    data: Option<String>,
    /// Show what would be replayed and change nothing
    #[arg(short = 'n', long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask; required for filters when not running interactively
    #[arg(long)]
    yes: bool,
    /// Send the same body to this URL with a new signature; the queue is not changed
    #[arg(long, value_name = "URL", conflicts_with_all = ["force"])]
    to: Option<String>,
    /// Send captured requests from a file or directory of `listen --save`
    #[arg(long, value_name = "PATH", requires = "to", conflicts_with_all = ["ids", "stdin", "failed", "endpoint", "event_type", "since", "until"])]
    from: Option<PathBuf>,
    /// With --from: scheme to sign with if the request's headers do not show it
    #[arg(long, value_name = "NAME", requires = "from")]
    scheme: Option<String>,
    /// With --from: skip requests without a signature header of a known scheme
    #[arg(long, requires = "from", conflicts_with = "scheme", hide_short_help = true)]
    skip_unsigned: bool,
    #[command(flatten)]
    secret: SecretArgs,
}

/// The commands below `replay`.
#[derive(Debug, clap::Subcommand)]
pub enum ReplayCommand {
    /// Print a plan of the failed deliveries that match
    Plan(plan::PlanArgs),
    /// Replay the deliveries of a plan, unless one of them has changed
    Apply(plan::ApplyArgs),
}

impl ReplayArgs {
    pub(super) fn run(mut self, context: &Context) -> Result<Exit, CliError> {
        match self.command.take() {
            Some(ReplayCommand::Plan(args)) => return args.run(context),
            Some(ReplayCommand::Apply(args)) => return args.run(context),
            None => {}
        }
        if let Some(url) = &self.to {
            return self.send_elsewhere(context, url);
        }
        if self.edit {
            return edit::run(context, self.selection.named(), self.data.as_deref(), self.dry_run);
        }
        if self.secret.is_named() {
            return Err(Exit::Usage.error("the secret of the queue's endpoints is configured; name one only with --to"));
        }
        if !self.selection.is_by_id() && !self.failed && self.cluster.is_none() {
            return Err(Exit::Usage
                .error("no deliveries were selected to replay")
                .hint("name deliveries or a cluster, or use --failed with --endpoint, --type, --since, --until"));
        }
        let store = context.existing_store()?;
        let how = self.how();
        let mut chosen = match &self.cluster {
            Some(cluster) => self.selection.select_cluster(context, store.as_ref(), cluster)?,
            None => self.selection.select(context, store.as_ref(), self.states())?,
        };
        let undelivered = std::mem::take(&mut chosen.undelivered);
        let mut plan = chosen.plan(|state| how.leaves(state));
        self.plan_missing_deliveries(context, store.as_ref(), undelivered, &mut plan)?;
        self.warn_of_newer(context, store.as_ref(), &plan.changes)?;
        if let Some(exit) = plan.confirm((context, store.as_ref()), "replay", (self.dry_run, self.yes))? {
            return Ok(exit);
        }
        context.set_endpoints(store.as_ref())?;
        let mut changed = store.replay(plan.take_ids(), how, context.now).wait()?;
        if plan.new_deliveries > 0 {
            let (events, only) =
                (std::mem::take(&mut plan.events_without_deliveries), self.selection.endpoint().map(str::to_owned));
            changed.changed.extend(store.create_missing_deliveries(events, how.trigger, only, context.now).wait()?);
        }
        report_change(context, changed, plan, "replayed", self.selection.is_by_id(), |_| {
            "deliver now with `syncctl process`".to_owned()
        })
    }

    /// Adds deliveries for events that have none. An event that no endpoint subscribes to is refused, or skipped in a list.
    fn plan_missing_deliveries(
        &self,
        context: &Context,
        store: &dyn Store,
        events: Vec<EventRow>,
        plan: &mut SelectionPlan,
    ) -> Result<(), CliError> {
        if self.failed || events.is_empty() {
            return Ok(());
        }
        let endpoints = resolve(&context.config()?.endpoints, &store.endpoints().wait()?);
        let is_chosen = |name: &str| self.selection.endpoint().is_none_or(|only| name == only);
        for event in events {
            match event.schedule {
                Some(Schedule::Waits { at }) => return Err(waits(&event, at)),
                Some(Schedule::Cancelled { .. }) => return Err(cancelled(&event)),
                Some(Schedule::Queued { .. }) | None => {}
            }
            let body = store.event(&event.id).wait()?.map(|detail| detail.body).unwrap_or_default();
            let mut json = EventJson::new(&body);
            let gets = |it: &&ResolvedEndpoint, json: &mut EventJson<'_>| {
                is_chosen(&it.name) && it.settings.gets(&event.event_type, json)
            };
            let wanting = endpoints.iter().filter(|it| gets(it, &mut json)).count();
            if wanting == 0 && !self.selection.stdin {
                return Err(Exit::Failure
                    .error(format!("no endpoint subscribes to the event `{}`", event.id))
                    .hint("configure an endpoint for its type, or send it with --to URL"));
            }
            if wanting > 0 {
                plan.new_deliveries += wanting;
                plan.events_without_deliveries.push(event.id);
            }
        }
        Ok(())
    }

    /// The states that `--failed` selects.
    fn states(&self) -> &'static [State] {
        match (self.failed, self.include_delivered) {
            (false, _) => &[],
            (true, false) => &[State::Failed],
            (true, true) => &[State::Failed, State::Delivered],
        }
    }

    fn how(&self) -> Replay {
        let by_id = self.selection.is_by_id() && !self.selection.stdin;
        Replay {
            trigger: if by_id { Trigger::Manual } else { Trigger::Bulk },
            include_delivered: self.include_delivered,
            include_pending: self.force,
        }
    }

    /// Sends stored or captured requests to a URL that need not be an endpoint of the queue.
    fn send_elsewhere(&self, context: &Context, url: &str) -> Result<Exit, CliError> {
        let outgoing = match &self.from {
            Some(path) => forward::captured(context, path, self.named_scheme()?, self.skip_unsigned)?,
            None if !self.selection.is_by_id() && !self.failed => {
                return Err(Exit::Usage
                    .error("no requests were selected to send")
                    .hint("name events or deliveries, or captured requests with --from"));
            }
            None => {
                let store = context.existing_store()?;
                let states = if self.failed { &[State::Failed][..] } else { &[] };
                let selection = self.selection.select(context, store.as_ref(), states)?;
                let mut events = Vec::new();
                for one in &selection.selected {
                    events.extend(find_delivery(store.as_ref(), one.id)?.map(|row| row.event));
                }
                let undelivered = selection.undelivered.iter().filter(|_| !self.failed);
                forward::stored(store.as_ref(), events.iter().chain(undelivered))?
            }
        };
        let target = ReplayTarget::new(context, url, &self.secret)?;
        if self.dry_run || (outgoing.len() > 1 && !self.yes) {
            let names: Vec<_> = outgoing.iter().map(|request| request.name().to_owned()).collect();
            context.screen.report(&requests::resend_plan(&names, url))?;
            return Ok(Exit::Done);
        }
        target.send(context, outgoing)
    }

    fn named_scheme(&self) -> Result<Option<&'static dyn Scheme>, CliError> {
        let Some(name) = &self.scheme else { return Ok(None) };
        find(name).map(Some).ok_or_else(|| signature_args::unknown(name))
    }

    fn warn_of_newer(&self, context: &Context, store: &dyn Store, chosen: &[SelectedDelivery]) -> Result<(), CliError> {
        let overtaken = store.overtaken(chosen.iter().map(|row| row.id).collect()).wait()?;
        let Some(first) = overtaken.first() else { return Ok(()) };
        let others = match overtaken.len() {
            1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        context.screen.warn(&format!(
            "a newer event of the resource of delivery {}{others} is already delivered; a receiver that does not compare \
             timestamps would go back in time",
            first.0
        ));
        Ok(())
    }
}

fn waits(event: &EventRow, at: Timestamp) -> CliError {
    Exit::Failure
        .error(format!("the event `{}` waits until {at}, and has no delivery before", event.id))
        .hint(format!("`syncctl events cancel {}` cancels it", event.id))
}

fn cancelled(event: &EventRow) -> CliError {
    Exit::Failure
        .error(format!("the event `{}` was cancelled, and is never sent", event.id))
        .hint(format!("`syncctl replay {} --edit` emits its data as a new event", event.id))
}

impl SelectionPlan {
    /// The deliveries to change, of which nothing else is needed once it is decided.
    pub(super) fn take_ids(&mut self) -> Vec<DeliveryId> {
        let changes = std::mem::take(&mut self.changes);
        changes.iter().map(|row| row.id).collect()
    }

    /// Whether the plan changes nothing, because every named delivery has to be left alone.
    fn changes_nothing(&self) -> bool {
        self.changes.len() + self.new_deliveries == 0
    }

    /// Whether the plan needs confirmation: a filter always does, and so does an id that names several deliveries.
    fn needs_confirmation(&self) -> bool {
        self.by_filter || self.changes.len() + self.new_deliveries > 1
    }

    /// Shows the plan if it is asked for or needs confirmation, and asks. Returns the exit code unless the command goes on.
    ///
    /// Where nobody can be asked, nothing is done and the exit code is that of wrong usage.
    pub(super) fn confirm(
        &self,
        (context, store): (&Context, &dyn Store),
        verb: &str,
        (dry_run, yes): (bool, bool),
    ) -> Result<Option<Exit>, CliError> {
        let all_refused = self.changes_nothing() && !self.refused.is_empty() && !self.by_filter;
        if all_refused || (!dry_run && (yes || !self.needs_confirmation() || self.changes_nothing())) {
            return Ok(None);
        }
        let shown = self.first(store, SHOWN)?;
        if dry_run {
            return show_plan(context, self, &shown, verb).map(Some);
        }
        show_plan(context, self, &shown, verb)?;
        if !context.screen.may_ask(context.may_ask) {
            return Err(Exit::Usage
                .error("nothing changed: --yes is required when not running interactively")
                .hint("check the plan above, then run the command again with --yes"));
        }
        if context
            .screen
            .confirm(&format!("{verb} {}?", count(self.changes.len() + self.new_deliveries, "delivery")))?
        {
            return Ok(None);
        }
        context.screen.note("nothing changed");
        Ok(Some(Exit::Done))
    }
}

/// Shows what would be done, what is left alone, and how to do it.
fn show_plan(context: &Context, plan: &SelectionPlan, first: &[DeliveryRow], verb: &str) -> Result<Exit, CliError> {
    /// The JSON answer of `replay --dry-run`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct PlanView {
        dry_run: bool,
        would_change: usize,
        new_deliveries: usize,
        left_alone: usize,
        deliveries: Vec<i64>,
    }
    let chosen = &plan.changes;
    let view = PlanView {
        dry_run: true,
        would_change: chosen.len() + plan.new_deliveries,
        new_deliveries: plan.new_deliveries,
        left_alone: plan.skipped.len() + plan.refused.len(),
        deliveries: numbers(context, chosen.iter().map(|row| row.id)),
    };
    let mut table = report::deliveries::chosen(first);
    if chosen.len() > SHOWN {
        table = table.summed_up(format!("{SHOWN} of {} shown", chosen.len()));
    }
    let line = format!(
        "would {verb} {} to {}; nothing changed",
        count(chosen.len(), "delivery"),
        count(plan.endpoint_count(), "endpoint")
    );
    let mut report = Report::new(&view).with_line(line);
    if plan.new_deliveries > 0 {
        let (made, events) = (count(plan.new_deliveries, "delivery"), plan.events_without_deliveries.len());
        let of =
            if events == 1 { "1 event that has none".to_owned() } else { format!("{events} events that have none") };
        report = report.with_line(format!("would create {made} of {of}, behind queued deliveries of their resources"));
    }
    if let Some(line) = left_alone(plan.skipped.iter().chain(&plan.refused)) {
        report = report.with_line(line);
    }
    let report = report
        .with_table(table)
        .with_names(names(context, chosen.iter().map(|row| row.id)))
        .with_hint_if(chosen.len() + plan.new_deliveries == 0, "nothing matches the filter");
    context.screen.report(&report)?;
    Ok(Exit::Done)
}

/// The numbers of deliveries that the JSON formats print: there may be hundreds of thousands, and no other format needs them.
fn numbers(context: &Context, ids: impl Iterator<Item = DeliveryId>) -> Vec<i64> {
    if context.screen.format().is_json() { ids.map(|id| id.0).collect() } else { Vec::new() }
}

/// The same as `-o name` prints them.
fn names(context: &Context, ids: impl Iterator<Item = DeliveryId>) -> Vec<String> {
    match context.screen.format() {
        Format::Name => ids.map(|id| id.0.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// How many are left alone, and why.
fn left_alone<'a>(left: impl Iterator<Item = &'a (DeliveryId, SkipReason)>) -> Option<String> {
    let mut counts = [
        SkipReason::Unknown,
        SkipReason::Pending,
        SkipReason::Processing,
        SkipReason::Delivered,
        SkipReason::Altered,
        SkipReason::Failed,
        SkipReason::Superseded,
    ]
    .map(|it| (it, 0));
    for (_, why) in left {
        counts.iter_mut().filter(|(it, _)| it == why).for_each(|(_, n)| *n += 1);
    }
    let parts: Vec<String> =
        counts.iter().filter(|(_, n)| *n > 0).map(|(why, n)| format!("{n} that {}", explained(*why, *n).0)).collect();
    (!parts.is_empty()).then(|| format!("left alone: {}", parts.join(", ")))
}

/// Why deliveries are left alone, in words, and what to do about it.
fn explained(left: SkipReason, n: usize) -> (String, &'static str) {
    let (is, was) = if n == 1 { ("is", "was") } else { ("are", "were") };
    match left {
        SkipReason::Unknown => (
            if n == 1 { "does not exist" } else { "do not exist" }.to_owned(),
            "list them with `syncctl deliveries list`",
        ),
        SkipReason::Pending => (format!("{is} already pending"), "--force makes it due now, with fresh attempts"),
        SkipReason::Processing => (format!("{is} being sent at this moment"), "wait for its outcome"),
        SkipReason::Delivered => (format!("{is} already delivered"), "replay it anyway with --include-delivered"),
        SkipReason::Superseded => (
            format!("{was} superseded by a newer event of the resource"),
            "`syncctl why ID` says by which; replay it anyway with --include-delivered",
        ),
        SkipReason::Altered => (
            format!("{is} of an event that is corrupt on the disk"),
            "its checksum does not match: emit it again with another id",
        ),
        SkipReason::Failed => (format!("{is} already given up"), "deliver it again with `syncctl replay ID`"),
    }
}

/// Reports the change. It is a failure if deliveries that were named one by one had to be left alone.
pub(super) fn report_change(
    context: &Context,
    changed: ChangedDeliveries,
    plan: SelectionPlan,
    done: &str,
    by_id: bool,
    hint: impl FnOnce(&[DeliveryId]) -> String,
) -> Result<Exit, CliError> {
    /// The JSON answer of `replay` and `deliveries give-up`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ChangedView {
        changed: usize,
        left_alone: usize,
        deliveries: Vec<i64>,
    }
    let ChangedDeliveries { changed, skipped: mut left } = changed;
    left.extend(plan.refused);
    let view = ChangedView {
        changed: changed.len(),
        left_alone: left.len() + plan.skipped.len(),
        deliveries: numbers(context, changed.iter().copied()),
    };
    let mut report = Report::new(&view).with_line(format!("{} {done}", count(changed.len(), "delivery")));
    if let Some(line) = left_alone(plan.skipped.iter()) {
        report = report.with_line(line);
    }
    let report = report.with_names(names(context, changed.iter().copied())).with_hint(if changed.is_empty() {
        "no delivery matches".to_owned()
    } else {
        hint(&changed)
    });
    context.done(&report)?;
    let Some((id, why)) = left.first().filter(|_| by_id) else { return Ok(Exit::Done) };
    let (why, hint) = explained(*why, 1);
    let more = match left.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    Err(Exit::Failure.error(format!("delivery {} {why}{more}", id.0)).hint(hint))
}
