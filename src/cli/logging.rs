//! The log, written to standard error.

use std::backtrace::Backtrace;
use std::collections::HashMap;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging at the level of `-v`, or as `SYNCCTL_LOG` says (`syncctl::store=debug`).
pub(super) fn start(verbose: u8, quiet: bool, format: &str) {
    let level = match verbose {
        0 if quiet => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let targets = std::env::var("SYNCCTL_LOG").ok().and_then(|filter| filter.parse::<Targets>().ok());
    // A service logs failures, circuits and reloads even without `-v`.
    let service = if quiet { level } else { level.max(LevelFilter::INFO) };
    let by_level = || Targets::new().with_target("syncctl", level).with_target("syncctl::deliveries", service);
    let filter = targets.unwrap_or_else(by_level);
    let registry = tracing_subscriber::registry().with(filter).with(FailureLimit::default());
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false);
    // A second start in one process, as in tests, keeps the first subscriber.
    let _ = match format {
        "json" => registry.with(layer.json()).try_init(),
        _ => registry.with(layer).try_init(),
    };
}

/// The shortest interval between two log lines of the same failure of the server.
const FAILURE_INTERVAL: Duration = Duration::from_mins(1);

/// The most kinds of failure that are remembered.
const MAX_KINDS: usize = 1_000;

/// Logs each kind of the server's failures once a minute, because clients can cause some with every request. A kind is
/// the call site of the log line and its error.
#[derive(Default)]
struct FailureLimit(Mutex<HashMap<(Identifier, String), Instant>>);

impl FailureLimit {
    fn is_limited(metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("syncctl::server")
    }

    /// Whether no failure of the kind was logged within the interval before `now`.
    fn is_due(&self, kind: (Identifier, String), now: Instant) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = logged.get(&kind).is_none_or(|at| now.duration_since(*at) >= FAILURE_INTERVAL);
        if is_due {
            if logged.len() >= MAX_KINDS {
                logged.clear();
            }
            logged.insert(kind, now);
        }
        is_due
    }
}

impl<S: Subscriber> Layer<S> for FailureLimit {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        if !Self::is_limited(event.metadata()) {
            return true;
        }
        let mut error = ErrorText::default();
        event.record(&mut error);
        self.is_due((event.metadata().callsite(), error.0), Instant::now())
    }
}

/// Reads the text of the field `error` from a log event.
#[derive(Default)]
struct ErrorText(String);

impl Visit for ErrorText {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "error" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Reports a panic in one line instead of a backtrace; with `-vvv` the log has the backtrace.
pub(super) fn report_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
    let what = info.payload_as_str().unwrap_or("no message");
    let what = crate::untrusted::Untrusted(what);
    let _ = writeln!(std::io::stderr(), "error: a bug in syncctl: {what} ({place})\nhint: please report this line");
    if tracing::enabled!(Level::TRACE) {
        tracing::trace!(backtrace = %Backtrace::force_capture(), "panicked");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_failure_is_logged_once_a_minute() {
        /// The log lines that a test collects.
        #[derive(Clone, Default)]
        struct Lines(std::sync::Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().expect("no panic").extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone()).with_ansi(false);
        let subscriber = tracing_subscriber::registry().with(FailureLimit::default()).with(layer);
        tracing::subscriber::with_default(subscriber, || {
            for n in 0..6 {
                let error = ["it is full", "it is locked"][n % 2];
                tracing::error!(target: "syncctl::server::response", error, n, "the database failed");
                tracing::warn!(target: "syncctl::server::connections", n, "failed to accept");
                tracing::info!(target: "syncctl::server::layers", n, "a request");
                tracing::error!(target: "syncctl::outbound", n, "elsewhere");
            }
        });
        let text = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("text");
        let count = |part: &str| text.matches(part).count();
        let counts = ["it is full", "it is locked", "failed to accept", "a request", "elsewhere"].map(count);
        assert_eq!(counts, [1, 1, 1, 6, 6], "{text}");
    }
}
