//! `requests`: refused webhooks that are kept, and accepted again once the secret or the clock was mended.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use crate::config::Config;
use crate::inbound::{self, Accepts, Keys};
use crate::report::kept::{self, Replayed};
use crate::signature::{Received, Tolerance};
use crate::store::inbound::{KeptRequest, RequestCopy};
use crate::store::{Page, Store};

/// Kept requests read at a time.
const BATCH: u64 = 500;

/// The commands below `requests`.
#[derive(Debug, clap::Subcommand)]
pub enum RequestsCommand {
    /// List refused requests that are kept, newest first
    List(ListArgs),
    /// Show one kept request with headers and body
    Show(ShowArgs),
    /// Verify kept requests again and apply those that are right now
    Replay(ReplayArgs),
}

/// Which page.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    paging: Paging,
}

/// Which request.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Number of the kept request
    #[arg(value_name = "ID")]
    id: i64,
}

/// Which requests, and how.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  syncctl requests replay 12 13
  syncctl requests replay --all --yes

A request is verified as of the time it arrived, in the order of arrival, and applied once: an event that arrived since is a
duplicate. Exit status: 0 all accepted, 1 not.")]
pub struct ReplayArgs {
    /// Numbers of kept requests
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<i64>,
    /// All kept requests that were not accepted yet
    #[arg(long, conflicts_with = "ids", requires = "yes")]
    all: bool,
    /// Confirm --all
    #[arg(long)]
    yes: bool,
    /// Accept whatever time they were signed at, because this machine's clock was wrong
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
        let listed = context.existing_store()?.kept_requests(page).wait()?;
        context.screen.report(&kept::list(&listed, page))?;
        Ok(Exit::Done)
    }
}

impl ShowArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (row, copy) = find(context.existing_store()?.as_ref(), self.id)?;
        context.screen.report(&kept::show(&row, &copy))?;
        Ok(Exit::Done)
    }
}

impl ReplayArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let keys = keys(context.config()?)?;
        let store = context.existing_store()?;
        let mut ids = if self.all { unsettled(store.as_ref())? } else { self.ids };
        ids.sort_unstable();
        ids.dedup();
        let tolerance = self.any_time.then(|| Tolerance::both(std::time::Duration::MAX));
        let replayed = ids
            .into_iter()
            .map(|id| replay(context, store.as_ref(), &keys, tolerance, id))
            .collect::<Result<Vec<_>, _>>()?;
        context.screen.report(&kept::replayed(&replayed))?;
        Ok(if replayed.iter().all(Replayed::is_accepted) { Exit::Done } else { Exit::Failure })
    }
}

/// The keys that webhooks may be signed with now.
fn keys(config: &Config) -> Result<Keys, CliError> {
    let secrets: Vec<_> = config.webhook_secret()?.into_iter().chain(config.previous_secret()?).collect();
    if secrets.is_empty() {
        return Err(Exit::Config
            .error("no webhook secret is configured")
            .hint("set WEBHOOK_SECRET or WEBHOOK_SECRET_FILE"));
    }
    Ok(Keys::new(&secrets))
}

/// The numbers of the requests that were not accepted yet, oldest first.
fn unsettled(store: &dyn Store) -> Result<Vec<i64>, CliError> {
    let mut ids = Vec::new();
    for number in 1.. {
        let page = Page { limit: BATCH, number, oldest_first: true };
        let rows = store.kept_requests(page).wait()?.rows;
        let open = rows.iter().filter(|row| !is_accepted(row)).map(|row| row.id);
        ids.extend(open);
        if rows.is_empty() {
            break;
        }
    }
    Ok(ids)
}

fn is_accepted(row: &KeptRequest) -> bool {
    row.result
        .as_deref()
        .is_some_and(|result| Replayed { id: row.id, result: result.to_owned(), reason: None }.is_accepted())
}

fn replay(
    context: &Context,
    store: &dyn Store,
    keys: &Keys,
    tolerance: Option<Tolerance>,
    id: i64,
) -> Result<Replayed, CliError> {
    let (row, copy) = find(store, id)?;
    let received = received(&copy);
    let accepts = Accepts::at(&row.route).unwrap_or(Accepts::Everything);
    let read = inbound::read_within(tolerance, keys, accepts, &received.headers, &received.body, &row.source, row.at);
    let (result, reason) = match read {
        Ok(incoming) => (store.apply(incoming, context.now).wait()?.name().to_owned(), None),
        Err(refusal) => ("refused".to_owned(), Some(refusal.reason().to_owned())),
    };
    store.settle_request(id, result.clone(), context.now).wait()?;
    Ok(Replayed { id, result, reason })
}

/// A kept request by its number.
pub(super) fn find(store: &dyn Store, id: i64) -> Result<(KeptRequest, RequestCopy), CliError> {
    store.kept_request(id).wait()?.ok_or_else(|| {
        Exit::NoInput
            .error(format!("no kept request has the number {id}"))
            .hint("`syncctl requests list` shows those that are kept")
    })
}

/// The request as it came, but for credentials.
pub(super) fn received(copy: &RequestCopy) -> Received {
    let bytes = |value: &str| -> Vec<u8> { value.chars().filter_map(|c| u8::try_from(c).ok()).collect() };
    let header = |(name, value): &(String, String)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(&bytes(value)).ok()?))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in copy.headers.iter().filter_map(header) {
        headers.append(name, value);
    }
    Received { method: http::Method::POST, url: None, headers, body: Bytes::from(copy.body.clone()) }
}
