//! Completion asks the program, which offers what is there at that moment.

use std::path::Path;
use std::process::Command;

use crate::support::place::{Place, Ran};
use crate::support::tools::has_tools;

/// A queue with events, a delivery that failed, and an endpoint that has a name.
fn troubled() -> Place {
    let mut place = Place::new();
    std::fs::write(
        place.path("c.toml"),
        "[[endpoints]]\nname = \"backup-site\"\nurl = \"http://127.0.0.1:9/a\"\n\
         [[endpoints]]\nname = \"admin\"\nurl = \"http://127.0.0.1:9/b\"\nevents = [\"user.*\"]\n\
         [[alerts]]\nname = \"on-call\"\nservice = \"command\"\ncommand = \"true\"\n",
    )
    .unwrap();
    let path = place.path("c.toml").display().to_string();
    place.set("SYNCCTL_CONFIG", &path);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    let args = ["emit", "user.created", "u", "--data", "{}", "--id", "first-event", "-q"];
    assert_eq!(place.run(&args).code, 0);
    let custom = ["emit", "course.archived", "c", "--data", "{}", "--resource-type", "course", "-q"];
    assert_eq!(place.run(&custom).code, 0);
    place
}

/// What is offered for the last of these words.
fn offered(place: &Place, words: &[&str]) -> Vec<String> {
    let args = [&["--", "syncctl"], words].concat();
    let mut command = place.command(&args);
    command.env("SYNCCTL_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let ran = Ran::of(&command.env("_CLAP_IFS", "\n").output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words:?}: {ran:?}");
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn names_ids_types_columns_schemes_and_topics_are_those_that_there_are() {
    let place = troubled();
    assert_eq!(offered(&place, &["endpoints", "show", "b"]), ["backup-site"]);
    assert_eq!(offered(&place, &["alerts", "test", "o"]), ["on-call"]);
    assert_eq!(offered(&place, &["deliveries", "list", "--endpoint", ""]), ["backup-site", "admin"]);
    assert_eq!(offered(&place, &["deliveries", "list", "--endpoint=ad"]), ["--endpoint=admin"]);
    assert_eq!(offered(&place, &["events", "show", "first"]), ["first-event"]);
    assert_eq!(offered(&place, &["why", "fir"]), ["first-event"]);
    assert_eq!(offered(&place, &["deliveries", "show", "1"]), ["1"]);
    assert_eq!(offered(&place, &["events", "list", "--type", "course."]), ["course.archived"], "of the queue");
    assert_eq!(offered(&place, &["emit", "progress."]), ["progress.updated"], "one that is known");
    assert_eq!(offered(&place, &["events", "list", "--columns", "id,ti"]), ["id,timestamp"]);
    assert_eq!(offered(&place, &["sign", "--scheme", "stri"]), ["stripe"]);
    assert_eq!(offered(&place, &["help", "exit"]), ["exit-codes"]);
    assert_eq!(offered(&place, &["stat"]), ["status"]);
    assert_eq!(offered(&place, &["status", "-o", "js"]), ["json", "jsonl"]);
    assert!(offered(&place, &["replay", ""]).iter().all(|it| it.parse::<i64>().is_err()), "nothing has failed yet");
    place.run(&["process", "-q"]);
    assert!(offered(&place, &["replay", ""]).contains(&"1".to_owned()));
    let clusters = offered(&place, &["failures", "list", "--cluster", "F"]);
    let listed = place.data(&["failures", "clusters"]);
    assert_eq!(clusters.len(), listed.as_array().unwrap().len(), "{clusters:?} {listed}");
}

#[test]
fn the_queue_that_is_named_is_looked_at_and_one_that_is_missing_completes_nothing() {
    let mut place = troubled();
    let database = place.database().display().to_string();
    place.unset("SYNCCTL_CONFIG");
    place.set("SYNCCTL_DB", "/nonexistent/q.db");
    assert!(offered(&place, &["events", "show", ""]).iter().all(|it| it.starts_with('-')), "no ids");
    assert_eq!(offered(&place, &["--db", &database, "events", "show", "first"]), ["first-event"]);
    std::fs::write(place.path("broken.toml"), "][").unwrap();
    assert!(offered(&place, &["--config", "broken.toml", "endpoints", "show", "b"]).is_empty());
    assert!(!Path::new("/nonexistent").exists(), "looking creates nothing");
}

fn script(name: &str) -> String {
    format!("{}/completions/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A shell that finds the program.
fn shell(place: &Place, program: &str, args: &[&str]) -> Ran {
    let mut command = place.prepare(Command::new(program), args);
    let folder = Path::new(env!("CARGO_BIN_EXE_syncctl")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder.display()));
    Ran::of(&command.output().unwrap())
}

#[test]
fn bash_completes_a_name() {
    let place = troubled();
    let text = format!(
        "source {}; COMP_WORDS=(syncctl endpoints show b); COMP_CWORD=3; COMP_TYPE=9
         _clap_complete_syncctl syncctl b show; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script("syncctl.bash")
    );
    let ran = shell(&place, "bash", &["--norc", "-c", &text]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("backup-site\n", 0), "{ran:?}");
}

#[test]
fn fish_completes_a_name_and_says_what_it_is() {
    if !has_tools(&["fish"]) {
        return;
    }
    let place = troubled();
    let text = format!("source {}; complete -C 'syncctl endpoints show b'", script("syncctl.fish"));
    let ran = shell(&place, "fish", &["--no-config", "-c", &text]);
    assert_eq!(ran.stdout, "backup-site\thttp://127.0.0.1:9/a\n", "{ran:?}");
}

#[test]
fn zsh_finds_the_file_in_its_path_and_completes_a_name_the_first_time() {
    if !has_tools(&["zsh"]) {
        return;
    }
    let place = troubled();
    let folder = format!("{}/completions", env!("CARGO_MANIFEST_DIR"));
    // What is offered is written down instead of shown, because there is no line editor.
    let text = format!(
        "fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; print -r -- $_comps[syncctl]
         _describe() {{ print -rl -- \"${{(@P)3}}\" }}
         words=(syncctl endpoints show b); CURRENT=4; _syncctl"
    );
    let ran = shell(&place, "zsh", &["-f", "-c", &text]);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines, ["_syncctl", "backup-site:http://127.0.0.1:9/a"], "{ran:?}");
}
