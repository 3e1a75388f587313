//! What clap answers by itself: help, version, and wrong usage.

use std::ffi::OsString;
use std::io;

use clap::error::ErrorKind;

use super::exit::Exit;
use crate::clock::Timestamp;
use crate::render::{Failure, Format, Options, Screen};
use crate::report::health;

/// Shows what clap has to say and returns the exit status.
///
/// Help and version go to standard output with 0, wrong usage to standard error with 2; as JSON where JSON was asked for.
pub(super) fn answer(error: &clap::Error, args: &[OsString], now: Timestamp) -> u8 {
    if error.exit_code() == 0 {
        return match error.print() {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Exit::Io.code(),
            _ => Exit::Done.code(),
        };
    }
    match wants_json(args) {
        true => screen_of_json(now).error(&failure(error)),
        // Where standard error cannot be written, the exit status has to do.
        false => drop(error.print()),
    }
    if !is_for_check(args) {
        return Exit::Usage.code();
    }
    // What runs checks reads 2 as CRITICAL, and standard output only.
    let format = if wants_json(args) { Format::Json } else { Format::Table };
    let screen = Screen::new(Options { format, ..Options::at(now) });
    let _ = screen.report(&health::unknown(&format!("wrong usage: {}", failure(error).message)));
    super::check::UNKNOWN.code()
}

/// Whether the arguments name `check`, as far as they can be read without being right.
fn is_for_check(args: &[OsString]) -> bool {
    let read = super::command().ignore_errors(true).try_get_matches_from(args);
    read.is_ok_and(|matches| matches.subcommand_name() == Some("check"))
}

fn screen_of_json(now: Timestamp) -> Screen {
    Screen::new(Options { format: Format::Json, ..Options::at(now) })
}

/// Whether the arguments ask for JSON, as far as they can be read without being right.
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

/// Clap's words, taken apart: what is wrong, and what it suggests.
fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::new(Exit::Usage.code(), Exit::Usage.name(), "a command is missing")
            .with_hint("see what there is with `syncctl help --all`");
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
