//! `consume`: applies the messages that wait at broker sources, then ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::broker_sources;
use super::context::Context;
use super::exit::{CliError, Exit};
use super::serve::check_forwards;
use super::signals::{Signals, block_on};
use super::values;
use crate::clock::SystemClock;
use crate::format::did_you_mean;
use crate::inbound::MessageCounts;
use crate::network::failure::{Failure, PhaseTimer};
use crate::report::consumed::{self, Consumed, Waiting};
use crate::service::consumers::{BrokerSource, ConsumeError, Consuming, DrainLimits};
use crate::untrusted::Untrusted;

/// How long a broker may take to report its waiting messages.
const INSPECTION_LIMIT: Duration = Duration::from_secs(10);
/// How long closing the connection to a broker may take.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(1);

/// The command-line arguments of `consume`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "A message is acknowledged once its event is on disk. A message that cannot be applied is kept (`syncctl requests list`) and
rejected, so that the broker can move it to a dead-letter queue. `serve` reads the same sources while it runs.

Exit status: 0 all applied, 3 some refused, 1 a broker failed."
)]
pub struct ConsumeArgs {
    /// Read only these sources
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Stop after this many messages per source
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Take no more messages after this time, such as 50s
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    max_time: Option<Duration>,
    /// Show the waiting messages and take none
    #[arg(short = 'n', long, conflicts_with_all = ["limit", "max_time"])]
    dry_run: bool,
}

impl ConsumeArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let sources = self.chosen(broker_sources::all(context)?)?;
        if self.dry_run {
            return show_waiting(context, &sources);
        }
        let (store, endpoints) = context.store()?;
        check_forwards(context.config()?, &endpoints)?;
        let consuming = Consuming { store, clock: Arc::new(SystemClock), on_message: Arc::new(|_, _, _| {}) };
        let limits =
            DrainLimits { messages: self.limit, until: self.max_time.map(|max_time| Instant::now() + max_time) };
        let (consumed, stopped_by) = block_on(async {
            let signals = Signals::listen().map_err(|e| Exit::Io.error("failed to listen for signals").cause(e))?;
            let mut consumed = Vec::new();
            for source in sources {
                consumed.push(drain(&consuming, source, limits, &signals).await?);
            }
            Ok((consumed, signals.exit()))
        })?;
        let failed = consumed.iter().any(|one| one.error.is_some());
        let refused = consumed.iter().any(|one| one.counts.refused > 0);
        context.screen.report(&consumed::consumed(&consumed))?;
        Ok(match (stopped_by, failed, refused) {
            (Some(exit), ..) => exit,
            (None, true, _) => Exit::Failure,
            (None, false, true) => Exit::Part,
            (None, false, false) => Exit::Done,
        })
    }

    /// The named sources, or all.
    fn chosen(&self, mut sources: Vec<BrokerSource>) -> Result<Vec<BrokerSource>, CliError> {
        if sources.is_empty() {
            return Err(Exit::Config
                .error("no source reads from a message broker")
                .hint("set `broker` of an entry in [[sources]]: see docs/brokers.md"));
        }
        for name in &self.sources {
            if !sources.iter().any(|source| source.name == *name) {
                let near = did_you_mean(name, sources.iter().map(|source| source.name.as_str()));
                let error = Exit::NoInput.error(format!("no source `{}` is read from a broker", Untrusted(name)));
                return Err(match near {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            }
        }
        sources.retain(|source| self.sources.is_empty() || self.sources.contains(&source.name));
        Ok(sources)
    }
}

/// Reads one source. An error of its broker is part of the answer, so that the other sources are still read.
async fn drain(
    consuming: &Consuming,
    mut source: BrokerSource,
    limits: DrainLimits,
    signals: &Signals,
) -> Result<Consumed, CliError> {
    let mut counts = MessageCounts::default();
    let drained = consuming.drain(&mut source, limits, &signals.stop, &mut counts).await;
    let error = match drained {
        Ok(()) => None,
        Err(ConsumeError::Broker(why)) => Some(why),
        Err(ConsumeError::Store(error)) => return Err(error.into()),
    };
    if error.is_none() {
        source.consumer.disconnect(DISCONNECT_LIMIT).await;
    }
    Ok(Consumed { source: source.name, counts, error })
}

fn show_waiting(context: &Context, sources: &[BrokerSource]) -> Result<Exit, CliError> {
    let waiting = block_on(async {
        let mut waiting = Vec::new();
        for source in sources {
            let trace = PhaseTimer::new();
            let inspected = source.consumer.inspect(INSPECTION_LIMIT, &trace, &SystemClock);
            let inspected = tokio::time::timeout(INSPECTION_LIMIT, inspected).await;
            let said = inspected.unwrap_or_else(|_| Err(Failure::timed_out(INSPECTION_LIMIT, trace.phase())));
            let said = said.map(|inspection| inspection.summary).map_err(|failure| failure.detail);
            waiting.push(Waiting { source: source.name.clone(), said });
        }
        Ok(waiting)
    })?;
    context.screen.report(&consumed::waiting(&waiting))?;
    Ok(if waiting.iter().all(|one| one.said.is_ok()) { Exit::Done } else { Exit::Failure })
}
