//! `requests`: lists and shows kept refused webhooks, and verifies them again after the secret or clock was corrected.

use std::time::Duration;

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use crate::clock::Timestamp;
use crate::format::count;
use crate::inbound::command::{self, CommandError};
use crate::inbound::{self, WebhookRefusal};
use crate::report::stored_requests::{self, Replayed};
use crate::signature::Tolerance;
use crate::store::inbound::{KeptRequest, REPLAY_LOCK, RequestCopy, VerifiedWebhook, WebhookEffect};
use crate::store::{NamedLock, Page, Store, StoreError};
use crate::untrusted::Untrusted;

/// Kept requests read at a time.
const BATCH: u64 = 500;
/// The tolerance of `--any-time`: a century.
const ANY_TIME: Duration = Duration::from_hours(24 * 365 * 100);

/// The commands below `requests`, which list, show and replay the webhooks that `serve` refused and kept.
#[derive(Debug, clap::Subcommand)]
pub enum RequestsCommand {
    /// List refused requests that were kept, newest first
    List(ListArgs),
    /// Show one kept request with headers and body
    Show(ShowArgs),
    /// Verify kept requests again and apply those that pass
    Replay(ReplayArgs),
}

/// The command-line arguments of `requests list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    paging: Paging,
}

/// The command-line arguments of `requests show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Number of the kept request
    #[arg(value_name = "ID")]
    id: i64,
}

/// The command-line arguments of `requests replay`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Requests are verified in the order of arrival, each as of the time it arrived. An event is applied once; if it was delivered
again meanwhile, the kept request is a duplicate. Exit status: 0 all were accepted, 1 otherwise."
)]
pub struct ReplayArgs {
    /// Numbers of kept requests
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<i64>,
    /// Replay all kept requests that have not been accepted
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Show what would be accepted and change nothing
    #[arg(short = 'n', long, conflicts_with = "yes")]
    dry_run: bool,
    /// Confirm --all
    #[arg(long)]
    yes: bool,
    /// Accept any signature timestamp, because this machine's clock was wrong
    #[arg(long)]
    any_time: bool,
}

impl RequestsCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::List(args) => args.run(context),
            Self::Show(args) => args.run(context),
            Self::Replay(args) => args.run(context),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let page = self.paging.newest_first();
        let listed = context.existing_store()?.kept_requests(None, page).wait()?;
        context.screen.report(&stored_requests::list(&listed, page))?;
        Ok(Exit::Done)
    }
}

impl ShowArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (row, copy) = find(context.existing_store()?.as_ref(), self.id)?;
        context.screen.report(&stored_requests::show(&row, &copy))?;
        Ok(Exit::Done)
    }
}

impl ReplayArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        if self.all && !self.yes && !self.dry_run {
            return Err(Exit::Usage
                .error("nothing changed: --all needs --yes")
                .hint("preview it with `syncctl requests replay --all --dry-run`"));
        }
        let sources = context.config()?.webhook_sources()?;
        let store = context.existing_store()?;
        let _lock = if self.dry_run { None } else { Some(only_one(store.as_ref())?) };
        let mut ids = if self.all { unsettled(store.as_ref())? } else { self.ids };
        ids.sort_unstable();
        ids.dedup();
        let tolerance = self.any_time.then(|| Tolerance::both(ANY_TIME));
        let mut replayed = Vec::new();
        for id in ids {
            // Of all, one that made room for others meanwhile is none any more.
            let Some(kept) = store.kept_request(id).wait()? else {
                if self.all { continue } else { return Err(unknown(id)) }
            };
            let read = inbound::read_kept(&sources, tolerance, &kept.0, &kept.1);
            replayed.push(match self.dry_run {
                true => preview(id, &read),
                false => replay(context, store.as_ref(), id, read)?,
            });
        }
        let report = stored_requests::replayed(&replayed);
        context.screen.report(&if self.dry_run { report.with_line("nothing changed") } else { report })?;
        summary(&replayed)
    }
}

/// Whether all were accepted, or else how many of several were not.
fn summary(replayed: &[Replayed]) -> Result<Exit, CliError> {
    let refused = replayed.iter().filter(|one| !one.is_accepted()).count();
    match (refused, replayed.len()) {
        (0, _) => Ok(Exit::Done),
        (_, 1) => Ok(Exit::Failure),
        (refused, all) => Err(Exit::Failure
            .error(format!("{refused} of {} not accepted", count(all, "request")))
            .hint("see why with `syncctl requests show ID`, correct it, and replay them again")),
    }
}

/// Takes the lock of replays, which is held until its value is dropped.
fn only_one(store: &dyn Store) -> Result<NamedLock, CliError> {
    store.try_exclusive(REPLAY_LOCK).wait()?.ok_or_else(|| {
        Exit::Locked
            .error("nothing changed: another replay of requests is under way")
            .hint("try again once it has ended")
    })
}

/// The ids of the requests that are not accepted yet, oldest first.
fn unsettled(store: &dyn Store) -> Result<Vec<i64>, CliError> {
    let (mut ids, mut last) = (Vec::new(), None);
    loop {
        // By cursor, because the oldest may make room for others meanwhile.
        let page = Page { limit: BATCH, number: 1, oldest_first: true };
        let rows = store.kept_requests(last, page).wait()?.rows;
        ids.extend(rows.iter().filter(|row| !is_accepted(row)).map(|row| row.id));
        match rows.last() {
            Some(row) => last = Some(row.id),
            None => return Ok(ids),
        }
    }
}

fn is_accepted(row: &KeptRequest) -> bool {
    row.result
        .as_deref()
        .is_some_and(|result| Replayed { id: row.id, result: result.to_owned(), reason: None }.is_accepted())
}

/// A kept request that was verified as of the time it arrived: its webhook, or why it is refused.
type ReadRequest = Result<VerifiedWebhook, WebhookRefusal>;

/// Applies a request and records the result in one transaction, or records why it is still refused.
fn replay(context: &Context, store: &dyn Store, id: i64, read: ReadRequest) -> Result<Replayed, CliError> {
    let reason = match read {
        Ok(incoming) => {
            // What fails may go well with the next one, or at the next replay of this one.
            if let Some(error) = run_command(store, &incoming, context.now)? {
                let reason = format!("the command of the source failed: {}", Untrusted(&error.to_string()));
                return Ok(Replayed { id, result: "failed".to_owned(), reason: Some(reason) });
            }
            match store.apply(incoming, context.now).wait() {
                Ok(applied) => return Ok(Replayed { id, result: applied.name().to_owned(), reason: None }),
                // It would be refused each time, so it may not keep the others from their turn.
                Err(StoreError::RecordTooLarge) => "record-too-large",
                Err(error) => return Err(error.into()),
            }
        }
        Err(refusal) => refusal.reason(),
    };
    let result = "refused".to_owned();
    store.settle_request(id, result.clone(), context.now).wait()?;
    Ok(Replayed { id, result, reason: Some(reason.to_owned()) })
}

/// Runs the command of a source, unless the event is a duplicate; returns how it failed.
fn run_command(
    store: &dyn Store,
    incoming: &VerifiedWebhook,
    now: Timestamp,
) -> Result<Option<CommandError>, CliError> {
    match &incoming.effect {
        WebhookEffect::Command(command) if !store.has_arrived(&incoming.id, now).wait()? => {
            Ok(command::run(command, incoming, now).err())
        }
        WebhookEffect::Command(_) | WebhookEffect::Change(_) | WebhookEffect::Emit(_) => Ok(None),
    }
}

/// The result that a replay would have, judged by signature and content.
fn preview(id: i64, read: &ReadRequest) -> Replayed {
    match read {
        Ok(_) => Replayed { id, result: "applied".to_owned(), reason: None },
        Err(refusal) => Replayed { id, result: "refused".to_owned(), reason: Some(refusal.reason().to_owned()) },
    }
}

/// The kept request with that id.
pub(super) fn find(store: &dyn Store, id: i64) -> Result<(KeptRequest, RequestCopy), CliError> {
    store.kept_request(id).wait()?.ok_or_else(|| unknown(id))
}

fn unknown(id: i64) -> CliError {
    Exit::NoInput
        .error(format!("no kept request has the number {id}"))
        .hint("`syncctl requests list` shows those that are kept")
}
