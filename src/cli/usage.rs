//! The answers that clap gives itself: help, version, usage errors.

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::exit::Exit;
use crate::clock::Timestamp;
use crate::render::{Failure, Format, OutputOptions, Screen};
use crate::report::health;
use crate::untrusted::Untrusted;

/// Shows clap's answer and returns the exit status.
///
/// Help and version go to standard output with 0, usage errors to standard error with 2; as JSON if that was asked for.
pub(super) fn answer(error: clap::Error, args: &[OsString], now: Timestamp) -> u8 {
    let error = safe(error);
    if error.exit_code() == 0 {
        return match error.print() {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Exit::Io.code(),
            _ => Exit::Done.code(),
        };
    }
    match wants_json(args) || logs_json(args) {
        true => screen_of_json(now).error(&failure(&error)),
        // If standard error cannot be written, only the exit status tells.
        false => drop(io::stderr().lock().write_all(safe_text(&error).as_bytes())),
    }
    if !is_for_check(args) {
        return Exit::Usage.code();
    }
    // Nagios reads only standard output, and 2 as CRITICAL.
    let format = if wants_json(args) { Format::Json } else { Format::Table };
    let screen = Screen::new(OutputOptions { format, ..OutputOptions::at(now) });
    let _ = screen.report(&health::unknown(&format!("wrong usage: {}", failure(&error).message)));
    super::check::UNKNOWN.code()
}

/// The same error with escaped arguments, so that a line break in one cannot begin a line of output.
fn safe(mut error: clap::Error) -> clap::Error {
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
        if let Some(ContextValue::String(typed)) = error.get(kind) {
            let typed = ContextValue::String(Untrusted(typed).to_string());
            error.insert(kind, typed);
        }
    }
    error
}

/// Command names of other tools, with the command that does the same here.
const SYNONYMS: &[(&str, &str)] = &[
    ("queue", "syncctl status"),
    ("stats", "syncctl status"),
    ("log", "syncctl logs"),
    ("tail", "syncctl logs -f"),
    ("test", "syncctl endpoints test NAME"),
    ("ping", "syncctl doctor --online"),
    ("send", "syncctl emit"),
    ("publish", "syncctl emit"),
    ("enqueue", "syncctl emit"),
    ("push", "syncctl emit"),
    ("run", "syncctl process"),
    ("work", "syncctl process --watch"),
    ("worker", "syncctl process --watch"),
    ("watch", "syncctl process --watch"),
    ("drain", "syncctl process --wait"),
    ("requeue", "syncctl replay"),
    ("resend", "syncctl replay"),
    ("redeliver", "syncctl replay"),
    ("errors", "syncctl failures"),
    ("dead", "syncctl failures"),
    ("dlq", "syncctl failures"),
    ("explain", "syncctl why"),
    ("inspect", "syncctl why"),
    ("pause", "syncctl endpoints pause"),
    ("resume", "syncctl endpoints resume"),
    ("cancel", "syncctl deliveries give-up"),
    ("discard", "syncctl deliveries give-up"),
    ("give-up", "syncctl deliveries give-up"),
    ("list", "syncctl deliveries list"),
    ("show", "syncctl why"),
    ("export", "syncctl events export"),
    ("import", "syncctl events import"),
    ("purge", "syncctl db prune"),
    ("clean", "syncctl db prune"),
    ("forget", "syncctl db prune"),
    ("validate", "syncctl config validate"),
    ("simulate", "syncctl retry simulate"),
    ("rotate", "syncctl secret rotate-plan"),
    ("targets", "syncctl endpoints"),
    ("webhooks", "syncctl endpoints"),
    ("backup", "syncctl db backup"),
    ("restore", "syncctl db restore"),
    ("prune", "syncctl db prune"),
    ("migrate", "syncctl db status"),
    ("server", "syncctl serve"),
    ("start", "syncctl serve"),
    ("setup", "syncctl init"),
    ("check-secret", "syncctl secret check"),
    ("keygen", "syncctl secret new"),
];

/// The command that an unknown name probably means.
fn synonym(error: &clap::Error) -> Option<&'static str> {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    SYNONYMS.iter().find(|(word, _)| word == typed).map(|(_, command)| *command)
}

/// The error's text with control characters escaped line by line.
fn safe_text(error: &clap::Error) -> String {
    let tip = synonym(error).map(|command| format!("\n  tip: use `{command}`\n"));
    let text = error.render().to_string();
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let text = format!("{first}\n{}{rest}", tip.unwrap_or_default());
    text.lines().map(|line| format!("{}\n", Untrusted(line))).collect()
}

/// Whether the invalid arguments name `check`.
fn is_for_check(args: &[OsString]) -> bool {
    let read = super::command().ignore_errors(true).try_get_matches_from(args);
    read.is_ok_and(|matches| matches.subcommand_name() == Some("check"))
}

fn screen_of_json(now: Timestamp) -> Screen {
    Screen::new(OutputOptions { format: Format::Json, ..OutputOptions::at(now) })
}

/// Whether the invalid arguments ask for log lines of JSON.
fn logs_json(args: &[OsString]) -> bool {
    let pairs = args.iter().zip(args.iter().skip(1));
    args.iter().any(|arg| arg == "--log-format=json")
        || pairs.into_iter().any(|(a, b)| a == "--log-format" && b == "json")
}

/// Whether the invalid arguments ask for JSON.
fn wants_json(args: &[OsString]) -> bool {
    let texts: Vec<&str> = args.iter().map_while(|arg| arg.to_str()).take_while(|arg| *arg != "--").collect();
    let is_json = |format: &str| Format::parse(format).is_some_and(Format::is_json);
    let joined = |arg: &str| {
        let format = arg.strip_prefix("--output=").or_else(|| arg.strip_prefix("-o="));
        format.or_else(|| arg.strip_prefix("-o")).is_some_and(is_json)
    };
    texts.iter().any(|arg| *arg == "--json" || joined(arg))
        || texts.windows(2).any(|pair| matches!(pair[0], "-o" | "--output") && is_json(pair[1]))
}

/// Clap's error as a failure: its message, and its suggestion as the hint.
fn failure(error: &clap::Error) -> Failure {
    let text = safe_text(error);
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::new(Exit::Usage.code(), Exit::Usage.name(), "a command is missing")
            .with_hint("list all commands with `syncctl help --all`");
    }
    let first = text.split("\n\n").next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first).lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let tips: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).collect();
    let failure = Failure::new(Exit::Usage.code(), Exit::Usage.name(), message);
    match tips.is_empty() {
        true => failure.with_hint("see `--help`"),
        false => failure.with_hint(tips.join("; ")),
    }
}
