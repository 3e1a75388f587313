//! Notes which commit is built, for `syncctl --version`.

use std::process::Command;

fn main() {
    let described = git(&["log", "-1", "--format=%h %cs"]).unwrap_or_default();
    let (commit, date) = described.split_once(' ').unwrap_or(("unknown", "unknown"));
    tell(&format!("rustc-env=SYNCCTL_COMMIT={commit}"));
    tell(&format!("rustc-env=SYNCCTL_COMMIT_DATE={date}"));
    tell("rerun-if-changed=build.rs");
    // Every commit and checkout adds a line to this log.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        tell(&format!("rerun-if-changed={log}"));
    }
}

/// What git says about this directory; `None` where there is no git or no repository, as in an unpacked archive.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn tell(instruction: &str) {
    println!("cargo::{instruction}");
}
