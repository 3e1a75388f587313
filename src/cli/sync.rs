//! `sync`: store an update and wait until it is delivered.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::context::Context;
use super::emit;
use super::exit::{CliError, Exit};
use super::{values, wait};

/// The command-line arguments of `sync`.
#[derive(Debug, clap::Args)]
pub struct SyncArgs {
    /// Resource type to synchronize
    #[arg(value_name = "WHAT", value_parser = what())]
    what: SyncKind,
    /// Enrollment id or user id
    #[arg(value_name = "ID")]
    id: String,
    /// Current data as JSON: literal, @FILE, or - for stdin [default: the local record]
    #[arg(long, value_name = "JSON|@FILE|-")]
    data: Option<String>,
    /// Maximum time to wait for the outcome
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = values::duration)]
    max_time: Duration,
    /// Validate and store nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// The resource types that `sync` takes.
#[derive(Clone, Copy, Debug)]
enum SyncKind {
    Enrollment,
    Profile,
}

impl SyncKind {
    fn event_type(self) -> &'static str {
        match self {
            Self::Enrollment => "enrollment.updated",
            Self::Profile => "profile.updated",
        }
    }
}

fn what() -> impl clap::builder::TypedValueParser<Value = SyncKind> {
    PossibleValuesParser::new(["enrollment", "profile"]).map(|name| match name.as_str() {
        "enrollment" => SyncKind::Enrollment,
        _ => SyncKind::Profile,
    })
}

impl SyncArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut draft = emit::draft(context, self.what.event_type(), &self.id, (None, self.data.as_deref()))?;
        draft.traceparent = emit::ambient_traceparent(context);
        if self.dry_run {
            return emit::dry_run(context, &draft);
        }
        let (store, endpoints) = context.store()?;
        let stored = store.enqueue(Box::new(std::iter::once(Ok(draft))), false, context.now).wait()?;
        let receipt = stored.first.expect("one draft leads to one receipt");
        if receipt.deliveries == 0 {
            context.screen.report(&wait::report(&receipt.event, &[]))?;
            let why = emit::no_deliveries_reason(&endpoints, &receipt.event.event_type);
            return Err(Exit::Failure.error("nothing was delivered").cause(why));
        }
        wait::deliver(context, "sync", (&store, &endpoints), &receipt.event, self.max_time)
    }
}
