//! `emit`: store events for delivery.

use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::{records, values, wait};
use crate::clock::Timestamp;
use crate::endpoint::{Endpoint, EventJson};
use crate::event::{
    Dispatch, Draft, EventId, IdSource, InvalidDraft, MAX_DATA_BYTES, Traceparent, known_resource_type,
};
use crate::report::emitted;
use crate::untrusted::Untrusted;

mod batch;

/// The command-line arguments of `emit`.
#[derive(Debug, clap::Args)]
pub struct EmitArgs {
    /// Event type, such as enrollment.created
    #[arg(value_name = "TYPE", required_unless_present = "batch")]
    event_type: Option<String>,
    /// Resource id
    #[arg(value_name = "RESOURCE_ID", required_unless_present_any = ["batch", "user"])]
    resource_id: Option<String>,
    /// Event data as JSON: literal, @FILE, or - for stdin
    #[arg(long, value_name = "JSON|@FILE|-")]
    data: Option<String>,
    /// Event id; emitting the same id again stores nothing
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Resource type; required for custom event types
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    /// When it happened, as RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::timestamp)]
    timestamp: Option<Timestamp>,
    /// W3C Trace Context to send with each delivery [env: TRACEPARENT]
    #[arg(long, value_name = "TRACEPARENT", value_parser = values::traceparent, hide_short_help = true)]
    traceparent: Option<Traceparent>,
    /// Emit the events of a file or `-`, one JSON object per line; all or none
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["event_type", "data", "id", "resource_type", "timestamp", "user"])]
    batch: Option<PathBuf>,
    /// With --batch: store the valid lines and report the others
    #[arg(long, requires = "batch", conflicts_with = "event_type", hide_short_help = true)]
    skip_invalid: bool,
    /// User id of a progress event
    #[arg(long, value_name = "ID", requires = "course", conflicts_with = "resource_id", hide_short_help = true)]
    user: Option<String>,
    /// Course id of a progress event
    #[arg(long, value_name = "ID", requires = "user", hide_short_help = true)]
    course: Option<String>,
    /// Exit 1 if the event is already stored
    #[arg(long, conflicts_with = "batch", hide_short_help = true)]
    fail_on_duplicate: bool,
    /// Deliver it now; exit 1 unless every endpoint accepts it
    #[arg(long, conflicts_with_all = ["batch", "dry_run"])]
    wait: bool,
    /// With --wait: how long to wait
    #[arg(long, value_name = "TIME", default_value = "60s", requires = "wait", value_parser = values::duration_above_zero, hide_short_help = true)]
    max_time: Duration,
    /// Do not queue it before this time: RFC 3339, or a local date and time
    #[arg(long, value_name = "TIME", value_parser = values::time_to_come, conflicts_with_all = ["batch", "wait"], hide_short_help = true)]
    at: Option<Timestamp>,
    /// Queue it after this time, such as 2h
    #[arg(long = "in", value_name = "TIME", value_parser = values::duration_above_zero, conflicts_with_all = ["batch", "wait", "at"], hide_short_help = true)]
    delay: Option<Duration>,
    /// Validate and store nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl EmitArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        if let Some(source) = &self.batch {
            let traceparent = self.traceparent.clone().or_else(|| ambient_traceparent(context));
            return batch::emit(context, source, traceparent, (self.skip_invalid, self.dry_run));
        }
        let mut draft = self.draft(context)?;
        draft.dispatch = self.dispatch(context)?;
        if self.dry_run {
            return dry_run(context, &draft);
        }
        let scheduled = draft.dispatch.later_than(context.now);
        let (store, endpoints) = context.store()?;
        let stored = store.enqueue(Box::new(std::iter::once(Ok(draft))), false, context.now).wait()?;
        let receipt = stored.first.expect("one draft leads to one receipt");
        if receipt.deliveries == 0 && !receipt.duplicate && scheduled.is_none() {
            context.screen.warn(&no_deliveries_reason(&endpoints, &receipt.event.event_type));
            let id = &receipt.event.id;
            context.screen.hint(&format!("once an endpoint subscribes to it, deliver it with `syncctl replay {id}`"));
        }
        if self.wait && receipt.deliveries > 0 {
            return wait::deliver(context, "emit", (&store, &endpoints), &receipt.event, self.max_time);
        }
        context.done(&match scheduled.filter(|_| !receipt.duplicate) {
            Some(at) => emitted::scheduled(&receipt, at),
            None => emitted::emitted(&receipt),
        })?;
        let unwelcome = receipt.duplicate && self.fail_on_duplicate;
        Ok(if unwelcome { Exit::Failure } else { Exit::Done })
    }

    fn draft(&self, context: &Context) -> Result<Draft, CliError> {
        let event_type = self.event_type.as_deref().unwrap_or_default();
        let resource_id = self.resource_id()?;
        let id = self.id.as_deref().map(EventId::parse).transpose().map_err(|e| bad_data(&e))?;
        let mut draft =
            draft(context, event_type, &resource_id, (self.resource_type.as_deref(), self.data.as_deref()))?;
        draft.id = id;
        draft.timestamp = self.timestamp;
        draft.traceparent = self.traceparent.clone().or_else(|| ambient_traceparent(context));
        Ok(draft)
    }

    /// When the event is queued. A time in the past is a usage error.
    fn dispatch(&self, context: &Context) -> Result<Dispatch, CliError> {
        match (self.at, self.delay) {
            (Some(at), _) if at <= context.now => {
                Err(Exit::Usage.error(format!("--at {at} is in the past")).hint("leave --at out to send it now"))
            }
            (Some(at), _) => Ok(Dispatch::At(at)),
            (None, Some(delay)) => Ok(Dispatch::At(context.now.plus(delay))),
            (None, None) => Ok(Dispatch::Now),
        }
    }

    fn resource_id(&self) -> Result<String, CliError> {
        match (&self.user, &self.course, &self.event_type) {
            (Some(user), Some(course), Some(event)) if known_resource_type(event) == Some("progress") => {
                Ok(format!("{user}-{course}"))
            }
            (Some(_), ..) => Err(Exit::Usage.error("--user and --course are for progress.updated")),
            _ => Ok(self.resource_id.clone().unwrap_or_default()),
        }
    }
}

/// The checked draft that the arguments describe. Without data, the local record is its data.
pub(super) fn draft(
    context: &Context,
    event_type: &str,
    resource_id: &str,
    (resource_type, data): (Option<&str>, Option<&str>),
) -> Result<Draft, CliError> {
    let data = match data {
        Some(data) => values::data(data, MAX_DATA_BYTES)?,
        None => match records::data_of(context, event_type, resource_id)? {
            Some(data) => data.into_bytes(),
            None => return Err(no_data(event_type, resource_id)),
        },
    };
    Draft::check(event_type, resource_id, resource_type, &data).map_err(|e| bad_data(&e))
}

/// The trace context of `TRACEPARENT`. An invalid one is ignored, as the specification requires, with a warning.
pub(super) fn ambient_traceparent(context: &Context) -> Option<Traceparent> {
    let given = context.sources().env.get("TRACEPARENT").filter(|given| !given.is_empty())?;
    let read = Traceparent::parse(&given.to_string_lossy());
    read.inspect_err(|invalid| context.screen.warn(&format!("TRACEPARENT is ignored: {invalid}"))).ok()
}

fn no_data(event_type: &str, resource_id: &str) -> CliError {
    Exit::Data
        .error(format!("no data for {} {}", Untrusted(event_type), Untrusted(resource_id)))
        .cause("there is no local record of that resource to take it from")
        .hint("give it with --data '{…}', --data @FILE, or --data - for standard input")
}

/// The error of data that cannot become an event, with a hint.
pub(super) fn bad_data(invalid: &InvalidDraft) -> CliError {
    let fault = Exit::Data.error(Untrusted(&invalid.to_string()).to_string());
    match invalid {
        InvalidDraft::ResourceTypeMissing(_) => {
            fault.hint("add --resource-type TYPE, or see the known types in `syncctl emit --help`")
        }
        InvalidDraft::Type => {
            fault.hint("known types: enrollment.created, profile.updated, progress.updated, user.created, …")
        }
        _ => fault,
    }
}

/// Why an event was stored without deliveries.
pub(super) fn no_deliveries_reason(endpoints: &[Endpoint], event_type: &str) -> String {
    match endpoints.iter().any(|endpoint| endpoint.configured) {
        false => "no endpoint is configured: the event is stored without deliveries".to_owned(),
        true => {
            format!("no endpoint subscribes to `{}`: the event is stored without deliveries", Untrusted(event_type))
        }
    }
}

/// Shows what would be stored, and stores nothing.
pub(super) fn dry_run(context: &Context, draft: &Draft) -> Result<Exit, CliError> {
    let endpoints = context.resolved_endpoints()?;
    let id = draft.id.clone().unwrap_or_else(|| IdSource::new().next(context.now));
    let sent_at = draft.dispatch.later_than(context.now).unwrap_or(context.now);
    let body = draft.render(&id, draft.timestamp.unwrap_or(sent_at));
    let mut event = EventJson::new(&body);
    let wanting = endpoints.iter().filter(|endpoint| endpoint.settings.gets(&draft.event_type, &mut event));
    context.screen.report_done(&emitted::would_emit(draft, wanting.count() as u64, context.now))?;
    Ok(Exit::Done)
}
