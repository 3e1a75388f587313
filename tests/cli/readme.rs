//! The README's own blocks, run as a reader would.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::place::{Place, Ran};
use crate::support::receiver::{Receiver, Reply};

/// The blocks of the README that are fenced as `language`, in order.
fn blocks(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Runs lines in a shell that finds the program, and stops at the first that fails.
fn shell(place: &Place, lines: &str) -> Ran {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_syncctl")).parent().unwrap().display().to_string();
    let script = format!("set -e; PATH={binary}:$PATH\n{lines}");
    Ran::of(&place.prepare(Command::new("bash"), &["-c", &script]).output().unwrap())
}

/// The lines of a block that a reader types once the program is installed.
fn typed(block: &str) -> String {
    block
        .lines()
        .filter(|line| line.starts_with("syncctl ") || line.starts_with("export "))
        .map(|l| format!("{l}\n"))
        .collect()
}

#[test]
fn from_nothing_to_a_delivery_a_failure_its_reason_and_a_replay() {
    let blocks = blocks("sh");
    let first = blocks.iter().find(|block| block.contains("syncctl emit")).unwrap();
    let failing = blocks.iter().find(|block| block.contains("syncctl replay")).unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&broken);
    let receiver = Receiver::new(move |_| match state.load(Ordering::SeqCst) {
        true => Reply::With(400, Vec::new(), b"unknown course c-9".to_vec()),
        false => Reply::Status(200),
    });
    let mut place = Place::new();
    place.unset("WEBHOOK_SECRET");
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    let here = |text: String| text.replace("https://admin.example.com/api/webhooks/sync", &receiver.url("/hook"));

    let delivered = shell(&place, &here(typed(first)));
    assert_eq!(delivered.code, 0, "{delivered:?}");
    assert_eq!(receiver.count(), 1);
    assert!(delivered.stdout.contains("✓ Synced"), "{delivered:?}");

    broken.store(true, Ordering::SeqCst);
    let exports: String =
        here(typed(first)).lines().filter(|line| line.starts_with("export")).map(|l| format!("{l}\n")).collect();
    let failed = shell(
        &place,
        &format!(
            "{exports}syncctl emit enrollment.updated enr-123 --data '{{}}' -o name; syncctl process -q || echo $?"
        ),
    );
    let (id, told) = failed.stdout.trim_end().split_once('\n').unwrap();
    assert!(
        told.contains("1 failed") && told.contains("HTTP 400"),
        "a cron job's mail says what was given up: {failed:?}"
    );
    assert!(told.ends_with("\n3"), "{failed:?}");

    broken.store(false, Ordering::SeqCst);
    let steps = here(typed(failing)).replace(" ID", &format!(" {id}"));
    let told = shell(&place, &format!("{exports}{steps}syncctl process"));
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stdout.contains("unknown course c-9"), "what the receiver said: {told:?}");
    assert_eq!(receiver.requests().last().unwrap().event_id(), id);
    assert_eq!(place.queue()["delivered"], 2);
}

/// Sessions with `$ ` before what is typed and the answer below it; `...` stands for anything.
#[test]
fn sessions_answer_what_they_show() {
    for block in blocks("console") {
        let place = Place::new();
        let mut before = String::new();
        for step in format!("\n{block}").split("\n$ ").skip(1) {
            let (command, expected) = step.split_once('\n').unwrap_or((step, ""));
            let ran = shell(&place, &format!("set +e\n{{ {before}true; }} >/dev/null 2>&1\n{command}"));
            assert!(matches(expected.trim_end(), ran.stdout.trim_end()), "$ {command}\n{}\n{}", ran.stdout, ran.stderr);
            if command.starts_with("export ") {
                before.push_str(&format!("{command}\n"));
            }
        }
    }
}

fn matches(expected: &str, found: &str) -> bool {
    let mut rest = found;
    let parts: Vec<&str> = expected.split("...").collect();
    for (at, part) in parts.iter().enumerate() {
        let place = if at == 0 { rest.starts_with(part).then_some(0) } else { rest.find(part) };
        let Some(place) = place else { return false };
        rest = &rest[place + part.len()..];
    }
    rest.is_empty() || expected.ends_with("...")
}
