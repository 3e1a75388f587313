//! `db`: inspects, backs up, restores, verifies, copies and prunes the database.

mod copy;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde::Serialize;

use self::copy::CopyArgs;
use super::context::Context;
use super::exit::{CliError, Exit};
use super::values;
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::format::{count, short_duration};
use crate::report::database::{self, PrunedLogs, Restored};
use crate::report::{self, Report};
use crate::signature::shell_commands::shell_quote;
use crate::store::{
    self, Access, AttemptFilter, DeliveryFilter, DeliveryId, EventFilter, Location, Page, PrunableLog, PruneFilter,
    PruneResult, Store, StoreError,
};
use crate::untrusted::Untrusted;

/// The commands below `db`.
#[derive(Debug, clap::Subcommand)]
pub enum DbCommand {
    /// Print the path of the database
    Path,
    /// Show schema, sizes and journal of the database
    Status,
    /// Copy the database to a file while it is in use
    ///
    /// Events that are corrupt on the disk are copied as they are and listed; the command then exits 3.
    Backup(BackupArgs),
    /// Replace the database with a backup, keeping the old one
    ///
    /// Refused while any process has the queue open. Deliveries that are pending in the backup may have been sent since it was made
    /// and would be sent again with the same ids, so --accept-replays is required if there are any. To send none of them, pause
    /// the endpoints or stop the workers, restore, and give the deliveries up (`syncctl deliveries give-up`).
    Restore(RestoreArgs),
    /// Check the file and its counters; exit 1 when something is wrong
    Verify,
    /// Copy the queue to another database, such as a PostgreSQL server
    ///
    /// Refused while a worker runs on either side. An interrupted copy continues when the command is run again; until it is complete,
    /// no other command opens the target. At the end every table is compared; exit 0 means that both sides are equal.
    Copy(CopyArgs),
    /// Delete old finished deliveries and log entries
    ///
    /// Attempts of deleted deliveries are deleted too, and events without remaining deliveries. Log entries are the figures per
    /// minute, ended runs and received webhooks; the ids of applied webhooks are kept for 30 days in any case.
    Prune(PruneArgs),
}

/// The command-line arguments of `db backup`: the file to write.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// File to write, readable only by its owner
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
    /// Show what would be written and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// The command-line arguments of `db restore`: the backup to put back.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// Backup file written by `db backup`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace an existing database
    #[arg(long)]
    force: bool,
    /// Accept that deliveries pending in the backup may be sent twice
    #[arg(long)]
    accept_replays: bool,
    /// Show what would be restored and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// The command-line arguments of `db prune`: what to remove.
#[derive(Debug, clap::Args)]
pub struct PruneArgs {
    /// Only rows that have not changed for this long
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = values::duration)]
    older_than: Duration,
    /// States to delete; failed deliveries can be replayed until they are deleted
    #[arg(long, value_name = "STATES", value_delimiter = ',', default_value = "delivered", value_parser = finished())]
    state: Vec<State>,
    /// Only deliveries to this endpoint, and no log entries
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// Show what would be deleted and delete nothing
    #[arg(short = 'n', long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not prompt
    #[arg(long)]
    yes: bool,
    /// With --yes: delete even if the clock may have jumped ahead
    #[arg(long, requires = "yes")]
    force: bool,
}

/// A queue in use is never without activity for this long.
const QUIET: Duration = Duration::from_hours(24);

fn finished() -> impl clap::builder::TypedValueParser<Value = State> {
    PossibleValuesParser::new([State::Delivered, State::Failed].map(State::name))
        .map(|name| State::parse(&name).expect("only known names pass"))
}

impl DbCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Copy(args) => args.run(context),
            Self::Path => show_path(context),
            Self::Status => {
                let info = context.read_store()?.database().wait()?;
                context.screen.report(&database::status(&info))?;
                Ok(Exit::Done)
            }
            Self::Backup(args) => args.run(context),
            Self::Restore(args) => args.run(context),
            Self::Verify => verify(context),
            Self::Prune(args) => args.run(context),
        }
    }
}

fn show_path(context: &Context) -> Result<Exit, CliError> {
    /// The JSON answer of `db path`.
    #[derive(Serialize)]
    struct PathView {
        path: String,
        exists: bool,
    }
    let location = context.config()?.database()?;
    let shown = location.to_string();
    let view = PathView { path: shown.clone(), exists: exists(location) };
    context.screen.report(&Report::new(&view).with_line(&*shown).with_names([shown]))?;
    Ok(Exit::Done)
}

/// Whether there is a queue. When in doubt, yes: the command that opens it reports the error.
fn exists(location: &Location) -> bool {
    match location.path() {
        Some(path) => path.exists(),
        None => !matches!(store::open(location, Access::Inspect), Err(StoreError::NoDatabase)),
    }
}

/// A word quoted for a shell.
fn quoted(word: &str) -> String {
    shell_quote(word.as_bytes()).unwrap_or_else(|| word.to_owned())
}

fn verify(context: &Context) -> Result<Exit, CliError> {
    let found = context.read_store()?.verify().wait()?;
    let report = database::verified(&found);
    match found.len() {
        0 => context.screen.report_done(&report)?,
        wrong => {
            context.screen.report(&report)?;
            return Err(Exit::Failure
                .error(format!("the database failed verification: {}", count(wrong, "finding")))
                .hint("keep the file as it is, and restore a backup: `syncctl db restore FILE`"));
        }
    }
    Ok(Exit::Done)
}

impl BackupArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let location = context.config()?.database()?;
        if let Location::Postgres(server) = location {
            let (schema, file) = (server.schema(), quoted(&self.file.display().to_string()));
            let database = quoted(server.for_tools());
            let error: CliError = StoreError::NeedsFile("a backup by `db backup`").into();
            return Err(error.hint(format!(
                "use PostgreSQL's own tool: `pg_dump --format=custom --schema={schema} --file={file} --dbname={database}`"
            )));
        }
        let store = context.read_store()?;
        let file = store.require_file("a backup by `db backup`")?;
        if self.file.exists() && !self.force {
            return Err(Exit::Failure
                .error(format!("{} already exists", Untrusted(&self.file.display().to_string())))
                .hint("name another file, or replace it with --force"));
        }
        if self.dry_run {
            let bytes = store.database().wait()?.bytes;
            context.screen.report_done(&database::backed_up(&self.file, bytes, true))?;
            return Ok(Exit::Done);
        }
        let copied = file.backup(&self.file, self.force).wait()?;
        copied.findings.iter().for_each(|finding| context.screen.warn(finding));
        context.screen.report_done(&database::backed_up(&self.file, copied.bytes, false))?;
        Ok(if copied.findings.is_empty() { Exit::Done } else { Exit::Part })
    }
}

impl RestoreArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let file = Untrusted(&self.file.display().to_string()).to_string();
        let location = context.config()?.database()?;
        if let Location::Postgres(server) = location {
            let (file, database) = (quoted(&self.file.display().to_string()), quoted(server.for_tools()));
            let error: CliError = StoreError::NeedsFile("restoring a backup").into();
            return Err(error.hint(format!(
                "stop the workers, then `pg_restore --clean --if-exists --single-transaction --dbname={database} {file}`"
            )));
        }
        if !self.file.exists() {
            return Err(Exit::NoInput.error(format!("there is no file {file}")));
        }
        let queue = location.path().ok_or(StoreError::NeedsFile("restoring a backup"))?;
        if queue.exists() && !self.force && !self.dry_run {
            return Err(Exit::Failure
                .error(format!("a queue already exists at {}", Untrusted(&queue.display().to_string())))
                .hint("replace it with --force; the old queue is kept beside it"));
        }
        let candidate = store::prepare_restore(&self.file, location)?;
        candidate.findings.iter().for_each(|finding| context.screen.warn(finding));
        let mut restored = Restored::of(&candidate, queue);
        if self.dry_run {
            context.screen.report_done(&database::restored(&restored, true))?;
            return Ok(Exit::Done);
        }
        if candidate.pending > 0 && !self.accept_replays {
            return Err(Exit::Failure
                .error(format!(
                    "{} deliveries are pending in {file}, and would be sent again if they arrived since",
                    candidate.pending
                ))
                .hint("accept that with --accept-replays: receivers know them by their ids; nothing was changed"));
        }
        restored.kept = candidate.install(context.now)?;
        context.screen.report_done(&database::restored(&restored, false))?;
        Ok(Exit::Done)
    }
}

impl PruneArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        let before = context.now.minus(self.older_than);
        if let Some(name) = &self.endpoint {
            super::endpoints::position(&store.figures(context.now).wait()?, name)?;
        }
        if !self.dry_run && !self.yes && !context.screen.may_ask(context.may_ask) {
            return Err(Exit::Usage
                .error("--yes required when not running interactively")
                .hint("see what would be removed with --dry-run"));
        }
        let what =
            PruneFilter { states: self.state.clone(), endpoint: self.endpoint.clone(), before, after: DeliveryId(0) };
        if self.yes && !self.force {
            self.refuse_after_a_jump(context, store.as_ref(), &what)?;
        }
        if !self.yes {
            let rows = self.plan(context, store.as_ref(), &what)?;
            if self.dry_run || rows == 0 {
                return Ok(Exit::Done);
            }
            if !context.screen.confirm("delete them permanently?")? {
                context.screen.note("nothing was removed");
                return Ok(Exit::Done);
            }
        }
        let pruned = prune(store.as_ref(), what)?;
        let mut logs = PrunedLogs::default();
        for log in self.logs() {
            logs.add(*log, prune_log(store.as_ref(), *log, before, context.now)?);
        }
        context.screen.report_done(&database::pruned(pruned, logs, false))?;
        Ok(Exit::Done)
    }

    /// The logs to prune: all, or none if only one endpoint's deliveries are pruned.
    fn logs(&self) -> &'static [PrunableLog] {
        if self.endpoint.is_none() { &PrunableLog::ALL } else { &[] }
    }

    /// Refuses to prune when even the newest row is old enough: then the clock has probably jumped ahead.
    fn refuse_after_a_jump(&self, context: &Context, store: &dyn Store, what: &PruneFilter) -> Result<(), CliError> {
        let since = context.now.minus(self.older_than.max(QUIET));
        let Some(newest) = newest(store)?.filter(|newest| *newest < since) else { return Ok(()) };
        if store.count_deliveries(&self.chosen(what)).wait()? == 0 {
            return Ok(());
        }
        let quiet = short_duration(context.now.since(newest));
        Err(Exit::Failure
            .error(format!("nothing was removed: the newest entry is {quiet} old, or the clock jumped ahead"))
            .hint("check the clock with `date`; if it is right, delete them with --force"))
    }

    fn chosen(&self, what: &PruneFilter) -> DeliveryFilter {
        DeliveryFilter {
            states: what.states.clone(),
            endpoint: what.endpoint.clone(),
            until: Some(what.before),
            ..DeliveryFilter::default()
        }
    }

    /// Shows what would be removed, and returns the number of rows.
    fn plan(&self, context: &Context, store: &dyn Store, what: &PruneFilter) -> Result<u64, CliError> {
        let first = Page { limit: 10, number: 1, oldest_first: true };
        let oldest = store.page_of_deliveries(&self.chosen(what), first).wait()?;
        let would =
            PruneResult { deliveries: store.count_deliveries(&self.chosen(what)).wait()?, ..PruneResult::default() };
        let age = short_duration(self.older_than);
        let mut logs = PrunedLogs::default();
        for log in self.logs() {
            logs.add(*log, store.count_prunable(*log, what.before, context.now).wait()?);
        }
        let mut report = database::pruned(would, logs, true).with_line(format!("unchanged for {age}; nothing changed"));
        if !oldest.is_empty() {
            report = report.with_table(report::deliveries::chosen(&oldest).titled("THE OLDEST"));
        }
        context.screen.report_done(&report)?;
        Ok(would.deliveries + logs.total())
    }
}

/// The time of the latest run, event or attempt.
fn newest(store: &dyn Store) -> Result<Option<Timestamp>, CliError> {
    let first = Page { limit: 1, number: 1, oldest_first: false };
    let run = store.runs(1).wait()?.first().map(|run| run.ended_at.unwrap_or(run.started_at));
    let event = store.events(&EventFilter::default(), first).wait()?.rows.first().map(|event| event.created_at);
    let attempt =
        store.attempts(&AttemptFilter::default(), first).wait()?.rows.first().map(|attempt| attempt.attempt.started_at);
    Ok([run, event, attempt].into_iter().flatten().max())
}

/// Removes rows in batches, so that other processes can write in between.
fn prune(store: &dyn Store, mut what: PruneFilter) -> Result<PruneResult, CliError> {
    let mut sum = PruneResult::default();
    loop {
        let batch = store.prune(what.clone()).wait()?;
        sum.deliveries += batch.deliveries;
        sum.attempts += batch.attempts;
        sum.events += batch.events;
        match batch.next {
            Some(next) => what.after = next,
            None => return Ok(sum),
        }
    }
}

/// Removes the old rows of a log batch by batch, and returns how many there were.
fn prune_log(store: &dyn Store, log: PrunableLog, before: Timestamp, now: Timestamp) -> Result<u64, CliError> {
    let (mut rows, mut after) = (0, i64::MIN);
    loop {
        let batch = store.prune_log(log, before, after, now).wait()?;
        rows += batch.rows;
        match batch.next {
            Some(next) => after = next,
            None => return Ok(rows),
        }
    }
}
