//! What runs it on a machine: systemd and cron.

use std::path::PathBuf;
use std::process::Command;

use crate::support::place::{Place, Ran, exists};
use crate::support::receiver::Receiver;

fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/packaging"))
}

fn units() -> Vec<PathBuf> {
    std::fs::read_dir(directory().join("systemd")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn units_are_sound_and_hardened() {
    if !exists("systemd-analyze") {
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
    let crontab = std::fs::read_to_string(directory().join("crontab.example")).unwrap();
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
