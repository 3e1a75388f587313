//! Help, discovery and versions.

use serde_json::Value;

use crate::support::place::{Place, Ran, SECRET};

fn ran(args: &[&str]) -> Ran {
    Place::new().run(args)
}

fn commands() -> Vec<Value> {
    ran(&["help", "--all", "-o", "json"]).data()["commands"].as_array().unwrap().clone()
}

fn words(command: &Value) -> Vec<String> {
    command["name"].as_str().unwrap().split(' ').map(str::to_owned).collect()
}

#[test]
fn alone_it_prints_short_help_and_exits_two() {
    let alone = ran(&[]);
    assert_eq!((alone.code, alone.stdout.as_str()), (2, ""));
    assert!(alone.stderr.contains("Usage: syncctl"));
    for asked in [["--help"], ["help"]] {
        let asked = ran(&asked);
        assert_eq!((asked.code, asked.stderr.as_str()), (0, ""));
        assert!(asked.stdout.starts_with("Examples:"), "{}", asked.stdout);
    }
}

#[test]
fn short_help_fits_a_small_terminal_and_long_help_begins_with_examples() {
    for command in commands() {
        let words = words(&command);
        let with = |flag: &str| {
            let args: Vec<&str> = words.iter().map(String::as_str).chain([flag]).collect();
            ran(&args)
        };
        let (short, long) = (with("-h"), with("--help"));
        assert_eq!((short.code, long.code), (0, 0), "{words:?}");
        let lines = short.stdout.lines().count();
        assert!(lines <= 24, "{words:?} has {lines} lines of short help");
        assert!(long.stdout.lines().count() > lines, "{words:?}");
        assert!(long.stdout.starts_with("Examples:"), "{words:?}: add examples to src/cli/examples.rs");
        assert!(!long.stdout.contains(SECRET), "{words:?} shows the value of a variable");
        assert_eq!(ran(&[&["help"], &*words.iter().map(String::as_str).collect::<Vec<_>>()].concat()).code, 0);
    }
}

/// Every option of an example exists: whatever comes before `--help` is parsed.
#[test]
fn examples_have_no_option_that_their_command_lacks() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md")).unwrap();
    let examples = page.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(": `")?.1.strip_suffix('`'));
    let commands: Vec<&str> =
        examples.flat_map(|line| line.split(" | ")).filter(|command| command.starts_with("syncctl ")).collect();
    assert!(commands.len() > 120, "{}", commands.len());
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_syncctl")).parent().unwrap().display().to_string();
    let place = Place::new();
    for command in commands {
        let script = format!("PATH={binary}:$PATH\n{command} --help");
        let ran = Ran::of(&place.prepare(std::process::Command::new("bash"), &["-c", &script]).output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
    }
}

#[test]
fn every_name_is_a_command_with_help() {
    let names = ran(&["help", "--all", "-o", "name"]).stdout;
    assert!(names.lines().count() > 15);
    for name in names.lines() {
        assert_eq!(ran(&[name, "--help"]).code, 0, "{name}");
    }
}

#[test]
fn a_slip_is_answered_with_what_was_meant_and_nothing_is_abbreviated() {
    let slip = ran(&["statsu"]);
    assert_eq!(slip.code, 2);
    assert!(slip.stderr.contains("similar subcommand") && slip.stderr.contains("'status'"), "{slip:?}");
    for short in [&["stat"][..], &["status", "--warn", "1m"], &["status", "-o", "js"], &["endpoints", "li"]] {
        assert_eq!(ran(short).code, 2, "{short:?}");
    }
    assert!(ran(&["help", "exit-code"]).stderr.contains("did you mean `exit-codes`"));
}

#[test]
fn the_version_is_one_line_with_commit_and_date() {
    let long = ran(&["--version"]);
    assert_eq!((long.code, long.stdout.lines().count()), (0, 1));
    let (program, rest) = long.stdout.trim_end().split_once(" (").unwrap();
    assert_eq!(program, concat!("syncctl ", env!("CARGO_PKG_VERSION")));
    assert_eq!(rest.trim_end_matches(')').split(' ').count(), 2, "{rest}");
    assert_eq!(ran(&["-V"]).stdout, long.stdout);
    assert_eq!(ran(&["version"]).stdout, long.stdout);
    let json: Value = serde_json::from_str(&ran(&["version", "-o", "json"]).stdout).unwrap();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(json["data"]["version"], json["version"]);
}

#[test]
fn topics_are_there() {
    for topic in ["exit-codes", "environment", "signing"] {
        let topic = ran(&["help", topic]);
        assert_eq!((topic.code, topic.stderr.as_str()), (0, ""));
        assert!(topic.stdout.lines().count() > 10);
    }
}

#[test]
fn exit_codes_are_those_of_the_program() {
    let listed: Vec<i64> = ran(&["help", "exit-codes", "-o", "json"])
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code["code"].as_i64().unwrap())
        .collect();
    let known: Vec<i64> = syncctl::cli::exit::Exit::ALL.iter().map(|exit| exit.code().into()).collect();
    assert_eq!(listed, known);
    assert_eq!(known, [0, 1, 2, 3, 4, 10, 11, 12, 65, 66, 70, 74, 78, 130, 143]);
}

#[test]
fn flags_are_kebab_case_and_values_upper_case() {
    let commands = commands();
    assert!(commands.len() > 15);
    for command in &commands {
        for argument in command["arguments"].as_array().unwrap() {
            if let Some(long) = argument["long"].as_str() {
                assert!(long.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "--{long}");
            }
            for value in argument["valueNames"].as_array().unwrap() {
                let value = value.as_str().unwrap();
                assert!(!value.chars().any(char::is_lowercase), "{value} of {}", command["name"]);
            }
            assert!(!argument["help"].as_str().unwrap().is_empty(), "{argument} of {}", command["name"]);
        }
    }
}

#[test]
fn every_command_that_changes_something_has_a_dry_run() {
    let reads = [
        "list",
        "show",
        "status",
        "health",
        "check",
        "stats",
        "clusters",
        "why",
        "plan",
        "logs",
        "path",
        "verify",
        "validate",
        "reproduce",
        "export",
        "metrics",
        "simulate",
        "test",
        "reconcile",
    ];
    // `top` asks before it changes anything.
    let others = [
        "man",
        "completions",
        "help",
        "version",
        "demo",
        "sign",
        "listen",
        "serve",
        "doctor",
        "secret",
        "diff",
        "top",
        "bundle",
    ];
    for command in commands() {
        let words = words(&command);
        let last = words.last().unwrap().as_str();
        let group = command["arguments"].as_array().unwrap();
        let is_group =
            commands().iter().any(|it| it["name"].as_str().unwrap().starts_with(&format!("{} ", words.join(" "))));
        if reads.contains(&last) || others.contains(&words[0].as_str()) || is_group {
            continue;
        }
        assert!(group.iter().any(|argument| argument["long"] == "dry-run"), "{words:?} has no --dry-run");
    }
}

#[test]
fn what_installs_completions_says_where() {
    let place = Place::new();
    let planned = place.data(&["completions", "fish", "--install", "--dry-run"]);
    let path = place.path(".config/fish/completions/syncctl.fish");
    assert_eq!(planned["path"], path.display().to_string());
    assert!(!path.exists());
    let done = place.run(&["completions", "fish", "--install"]);
    assert!(done.stdout.contains(&path.display().to_string()), "{done:?}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), place.run(&["completions", "fish"]).stdout);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/syncctl.bash");
    assert_eq!(std::fs::read_to_string(file).unwrap(), place.run(&["completions", "bash"]).stdout);
}

#[test]
fn manual_pages_are_shown_and_written() {
    let place = Place::new();
    assert!(place.run(&["man", "db", "prune"]).stdout.contains(".TH SYNCCTL-DB-PRUNE 1"));
    assert_eq!(place.run(&["man", "--dir", "pages", "-q"]).stdout, "");
    assert!(place.path("pages/syncctl-emit.1").exists());
    assert_eq!(place.run(&["man", "emti"]).code, 2);
}

#[test]
fn where_verify_differs_from_the_libraries_of_senders_is_documented_and_true() {
    let place = Place::new();
    let help = place.run(&["help", "signing"]).stdout;
    for told in ["It is stricter:", "more than 64 codes", "Hex digits may be in upper case", "on both sides of now"] {
        assert!(help.contains(told), "{told} in {help}");
    }
    let verify = |header: &str, at: &str| {
        let args = ["verify", "-", "--header", header, "--at", at, "-o", "json"];
        place.run_with_input(&args, super::sign::BODY.as_bytes()).data()["reason"].clone()
    };
    let upper = format!("X-Webhook-Signature: {}", super::sign::SIGNATURE.to_uppercase());
    assert!(verify(&upper, "1706702400").is_null());
    let prefixed = format!("X-Webhook-Signature: 0x{}", super::sign::SIGNATURE);
    assert_eq!(verify(&prefixed, "1706702400"), "code-not-hexadecimal");
    let signed = ["sign", "--data", super::sign::BODY, "--scheme", "stripe", "--timestamp", "1706702400"];
    let stripe = place.data(&signed)["headers"]["stripe-signature"].as_str().unwrap().to_owned();
    let stripe = format!("stripe-signature: {stripe}");
    assert_eq!([verify(&stripe, "1706702701"), verify(&stripe, "1706702099")], ["outside-tolerance"; 2]);
}
