//! The log: what happens inside, on standard error only.

use std::io::Write as _;
use std::panic::PanicHookInfo;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
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
    // A service tells of failures, circuits and reloads without being asked to.
    let service = if quiet { level } else { level.max(LevelFilter::INFO) };
    let by_level = || Targets::new().with_target("syncctl", level).with_target("syncctl::deliveries", service);
    let filter = targets.unwrap_or_else(by_level);
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false);
    // A second start within one process, as tests do, keeps the first.
    let _ = match format {
        "json" => registry.with(layer.json()).try_init(),
        _ => registry.with(layer).try_init(),
    };
}

/// One line instead of a backtrace; with `RUST_BACKTRACE` asked for by `-vvv` the log has the rest.
pub(super) fn report_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
    let what = info.payload_as_str().unwrap_or("no message");
    let what = crate::untrusted::Untrusted(what);
    let _ = writeln!(std::io::stderr(), "error: a bug in syncctl: {what} ({place})\nhint: please report this line");
}
