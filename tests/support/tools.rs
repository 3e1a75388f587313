//! Programs that a test needs and a machine may lack.
//!
//! A test that goes without one says so: on standard error, and as a line of the file `SYNCCTL_SKIPPED` names, which `scripts/test`
//! shows at its end, because a runner hides what passing tests print. Where `SYNCCTL_REQUIRE_TOOLS=1` is set, as in CI, it fails.
#![allow(clippy::print_stderr, reason = "who runs the tests should know what was not tried")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Whether the machine has all of these programs; if not, the test is skipped aloud, or fails where tools are required.
#[must_use]
pub fn has_tools(needed: &[&str]) -> bool {
    let missing: Vec<&str> = needed.iter().copied().filter(|name| !exists(name)).collect();
    missing.is_empty() || skip(&format!("not installed: {}", missing.join(", ")))
}

/// Whether `allowed` holds, which a machine may deny even to those who have the tools. `what` says what could not be done.
#[must_use]
pub fn may(what: &str, allowed: impl FnOnce() -> bool) -> bool {
    allowed() || skip(&format!("not possible here: {what}"))
}

/// Notes that a test, or a part of it, does not run; always `false`.
///
/// # Panics
///
/// Panics where `SYNCCTL_REQUIRE_TOOLS=1` is set.
pub fn skip(reason: &str) -> bool {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let required = std::env::var_os("SYNCCTL_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "{test} needs what this machine lacks: {reason}");
    let line = format!("skipped: {test}: {reason}\n");
    eprint!("{line}");
    if let Some(path) = std::env::var_os("SYNCCTL_SKIPPED") {
        // One write, so that lines of tests that run at the same time do not mix.
        let mut file = OpenOptions::new().create(true).append(true).open(path).expect("the list of skipped tests");
        file.write_all(line.as_bytes()).expect("a line in it");
    }
    false
}

pub fn exists(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| Path::new(&dir).join(name).is_file()))
}
