//! What installs it, runs it and watches it on a machine: packages, systemd, cron, an image, Prometheus.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::place::{Place, Ran};
use crate::support::receiver::Receiver;
use crate::support::tools::{has_tools, may};

/// A file or directory of what is packaged.
fn packaged(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name)
}

fn units() -> Vec<PathBuf> {
    std::fs::read_dir(packaged("systemd")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn units_are_sound_and_hardened() {
    if !has_tools(&["systemd-analyze"]) {
        return;
    }
    let verified = Ran::of(&Command::new("systemd-analyze").arg("verify").args(units()).output().unwrap());
    assert_eq!(verified.code, 0, "{verified:?}");
    for unit in units().iter().filter(|unit| unit.extension().is_some_and(|it| it == "service")) {
        let rated = Command::new("systemd-analyze").args(["security", "--offline=true"]).arg(unit).output().unwrap();
        let rated = Ran::of(&rated);
        let exposure: f64 = rated
            .stdout
            .split("Overall exposure level for")
            .nth(1)
            .and_then(|rest| rest.split(": ").nth(1))
            .and_then(|rest| rest.split(' ').next())
            .and_then(|level| level.parse().ok())
            .unwrap_or_else(|| panic!("{rated:?}"));
        assert!(exposure <= 2.0, "{}: {exposure}", unit.display());
    }
}

#[test]
fn every_line_of_the_crontab_runs_under_a_bare_shell() {
    let crontab = std::fs::read_to_string(packaged("crontab.example")).unwrap();
    assert!(!crontab.lines().any(|line| !line.starts_with('#') && line.contains('%')), "cron ends a line at %");
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    let jobs: Vec<&str> =
        crontab.lines().filter(|line| line.starts_with(|c: char| c == '*' || c.is_ascii_digit())).collect();
    assert_eq!(jobs.len(), 4);
    for job in jobs {
        let command = job.split_whitespace().skip(5).collect::<Vec<_>>().join(" ");
        let backups = place.dir.path().display().to_string();
        let command =
            command.replace("/usr/local/bin/syncctl", env!("CARGO_BIN_EXE_syncctl")).replace("/var/backups", &backups);
        let ran = Ran::of(&place.prepare(Command::new("/bin/sh"), &["-c", &command]).output().unwrap());
        assert_eq!(ran, Ran { code: 0, stdout: String::new(), stderr: String::new() }, "{command}");
    }
    assert_eq!(receiver.count(), 1);
    assert!(place.path("syncctl.db").exists());
}

#[test]
fn units_call_commands_and_flags_that_exist() {
    let commands = Place::new().data(&["help", "--all"]);
    for unit in units() {
        let text = std::fs::read_to_string(&unit).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("ExecStart=/usr/bin/env syncctl ")) {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap();
            // The server has a unit before it has a command in every build.
            let Some(command) = commands["commands"].as_array().unwrap().iter().find(|it| it["name"] == name) else {
                assert_eq!(name, "serve", "{}", unit.display());
                continue;
            };
            for flag in words.filter_map(|word| word.strip_prefix("--")) {
                let known = command["arguments"].as_array().unwrap().iter().any(|argument| argument["long"] == flag);
                assert!(known, "--{flag} in {}", unit.display());
            }
        }
    }
}

/// Runs a program of the system that must succeed, and returns what it printed.
fn printed(command: &mut Command) -> String {
    let ran = Ran::of(&command.output().unwrap());
    assert_eq!(ran.code, 0, "{command:?}: {ran:?}");
    ran.stdout
}

/// A target directory in which the program under test stands where a release build would.
fn as_release(directory: &Path) -> PathBuf {
    let target = directory.join("target");
    std::fs::create_dir_all(target.join("release")).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_syncctl"), target.join("release/syncctl")).unwrap();
    target
}

fn packager(tool: &str, directory: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.arg(tool).current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", as_release(directory));
    command
}

/// What a package puts on a machine, by its paths.
fn assert_installs_everything(paths: &BTreeSet<&str>, systemd: &str, zsh: &str) {
    let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/man")).unwrap().count();
    assert_eq!(paths.iter().filter(|path| path.starts_with("/usr/share/man/man1/syncctl")).count(), pages);
    for unit in units() {
        let name = unit.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(paths.contains(format!("{systemd}/{name}").as_str()), "{name} is not in {paths:?}");
    }
    let completions =
        ["/usr/share/bash-completion/completions/syncctl", zsh, "/usr/share/fish/vendor_completions.d/syncctl.fish"];
    for path in completions.into_iter().chain(["/usr/bin/syncctl", "/usr/share/doc/syncctl/README.md"]) {
        assert!(paths.contains(path), "{path} is not in {paths:?}");
    }
}

#[test]
fn the_deb_holds_a_program_that_runs_with_its_pages_units_and_completions() {
    if !has_tools(&["cargo-deb", "dpkg-deb"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let package = directory.path().join("syncctl.deb");
    let mut build = packager("deb", directory.path());
    printed(build.args(["--no-build", "--no-strip", "--fast", "--output"]).arg(&package));
    let listed = printed(Command::new("dpkg-deb").arg("--contents").arg(&package));
    let paths =
        listed.lines().filter_map(|line| line.split_whitespace().last()).map(|path| path.trim_start_matches('.'));
    let paths: Vec<&str> = paths.map(|path| path.strip_suffix(".gz").unwrap_or(path)).collect();
    assert_installs_everything(
        &paths.into_iter().collect(),
        "/lib/systemd/system",
        "/usr/share/zsh/vendor-completions/_syncctl",
    );
    let control = printed(Command::new("dpkg-deb").args(["--field"]).arg(&package).args(["Version", "Depends"]));
    assert!(control.contains(&format!("Version: {}", env!("CARGO_PKG_VERSION"))), "{control}");
    assert!(control.contains("libc6"), "{control}");
    let root = directory.path().join("root");
    printed(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&root));
    assert!(printed(Command::new(root.join("usr/bin/syncctl")).arg("--version")).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_rpm_holds_the_same() {
    if !has_tools(&["cargo-generate-rpm", "rpm"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let package = directory.path().join("syncctl.rpm");
    let mut build = packager("generate-rpm", directory.path());
    printed(build.args(["--payload-compress", "none", "--output"]).arg(&package));
    let listed = printed(Command::new("rpm").args(["--query", "--list", "--package"]).arg(&package));
    let zsh = "/usr/share/zsh/site-functions/_syncctl";
    assert_installs_everything(&listed.lines().collect(), "/usr/lib/systemd/system", zsh);
    let needed = printed(Command::new("rpm").args(["--query", "--requires", "--package"]).arg(&package));
    assert!(needed.contains("libc.so.6"), "{needed}");
}

/// The image is laid out by the script that the Dockerfile calls, and entered without Docker.
#[test]
fn the_image_needs_nothing_else_and_no_root() {
    let entered = || Command::new("chroot").args(["/", "true"]).status().is_ok_and(|it| it.success());
    if !(has_tools(&["chroot"]) && may("chroot", entered)) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("rootfs");
    let script = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/docker/rootfs"));
    printed(Command::new(script).arg(env!("CARGO_BIN_EXE_syncctl")).arg(&root));
    let inside = |arguments: &[&str]| {
        let mut command = Command::new("chroot");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", "/var/lib/syncctl").env("SYNCCTL_DB", "/tmp/queue.db");
        command.arg("--userspec=65532:65532").arg(&root).arg("/usr/bin/syncctl");
        printed(command.args(arguments))
    };
    assert!(inside(&["--version"]).contains(env!("CARGO_PKG_VERSION")));
    assert!(inside(&["emit", "user.created", "u-1", "--data", "{}", "--json"]).contains("user.created"));
    assert!(inside(&["events", "list", "--json"]).contains("u-1"));
    let dockerfile = std::fs::read_to_string(packaged("docker/Dockerfile")).unwrap();
    let last = dockerfile.rsplit("\nFROM ").next().unwrap();
    assert!(last.starts_with("scratch") && last.contains("\nUSER 65532:65532\n"), "{last}");
}

#[test]
fn logs_are_rotated_by_rules_that_logrotate_takes() {
    if !has_tools(&["logrotate"]) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new("logrotate");
    let rules = std::fs::read_to_string(packaged("logrotate/syncctl")).unwrap();
    let copy = state.path().join("rules");
    let log = state.path().join("process.log");
    std::fs::write(&log, "a line\n").unwrap();
    let here = format!("{}/*.log", state.path().display());
    std::fs::write(&copy, rules.replace("/var/log/syncctl/*.log", &here)).unwrap();
    printed(command.args(["--force", "--state"]).arg(state.path().join("state")).arg(&copy));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "", "emptied in place, for the process that has it open");
    assert_eq!(std::fs::read_to_string(state.path().join("process.log.1")).unwrap(), "a line\n");
}

#[test]
fn alert_rules_are_sound_and_fire_when_they_should() {
    if !has_tools(&["promtool"]) {
        return;
    }
    let directory = packaged("prometheus");
    printed(Command::new("promtool").current_dir(&directory).args(["check", "rules", "alerts.yml"]));
    printed(Command::new("promtool").current_dir(&directory).args(["test", "rules", "alerts.test.yml"]));
}

#[test]
fn the_dashboard_is_one_that_grafana_can_load() {
    let text = std::fs::read_to_string(packaged("grafana/syncctl.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_i64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    for panel in panels {
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{panel}");
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{panel}");
    }
}
