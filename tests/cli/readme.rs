//! The README's own blocks, run as a reader would.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::place::{Place, Ran, kill};
use crate::support::receiver::{Receiver, Reply};

/// The blocks of the README that are fenced as `language`, in order.
fn blocks(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Runs lines in a shell that finds the program, and stops at the first that fails.
fn shell(place: &Place, lines: &str) -> Ran {
    let binary = Path::new(env!("CARGO_BIN_EXE_syncctl")).parent().unwrap().display().to_string();
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

/// The sessions of the README: the lines of each `console` block that are typed, with what is shown below them.
fn sessions() -> Vec<Vec<(String, String)>> {
    let steps = |block: &String| {
        let text = format!("\n{block}");
        let steps = text.split("\n$ ").skip(1).map(|step| step.split_once('\n').unwrap_or((step, "")));
        steps.map(|(typed, shown)| (typed.to_owned(), shown.trim_end().to_owned())).collect()
    };
    blocks("console").iter().map(steps).collect()
}

/// Whether a session shows what a command printed; a last line `...` stands for more.
fn shows(expected: &str, printed: &str) -> bool {
    match expected.strip_suffix("...") {
        Some(beginning) => printed.starts_with(beginning),
        None => printed.trim_end() == expected,
    }
}

/// The session whose first line begins with `typed`.
fn session(typed: &str) -> Vec<(String, String)> {
    sessions().into_iter().find(|steps| steps[0].0.starts_with(typed)).unwrap()
}

#[test]
fn every_session_is_run_by_a_test_of_this_file() {
    let begins: Vec<String> = sessions().into_iter().map(|steps| steps[0].0.clone()).collect();
    let known = ["syncctl listen --save captured", "syncctl verify --request captured/", "syncctl secret rotate-plan"];
    assert!(
        begins.len() == known.len() && begins.iter().zip(known).all(|(it, known)| it.starts_with(known)),
        "{begins:?}"
    );
    let unchecked = blocks("text").into_iter().find(|block| block.contains("$ "));
    assert_eq!(unchecked, None, "a session is a block of `console`");
}

const SENT: &str = r#"{"id":"evt_1","type":"user.created","data":{"name":"Ada"}}"#;
const ARRIVED: &str = r#"{"id": "evt_1", "type": "user.created", "data": {"name": "Ada"}}"#;

#[test]
fn a_request_that_is_captured_is_explained_and_compared_as_shown() {
    let place = Place::new();
    let signature = place.data(&["sign", "--data", SENT])["headers"]["x-webhook-signature"].clone();
    std::fs::write(place.path("sent.json"), SENT).unwrap();
    let args = ["listen", "--save", "captured", "--listen", "127.0.0.1:0", "--count", "1"];
    let mut listening = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(listening.stderr.take().unwrap()).lines();
    let address = told.next().unwrap().unwrap().strip_prefix("listening on http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\nX-Webhook-Signature: {}\r\n\r\n",
        ARRIVED.len(),
        signature.as_str().unwrap()
    );
    stream.write_all(format!("{head}{ARRIVED}").as_bytes()).unwrap();
    let shown = Ran::of(&listening.wait_with_output().unwrap()).stdout;

    // The time of arrival and the file that is named after it differ from run to run.
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (found, line) = (words(&shown), session("syncctl listen").remove(0).1);
    let wanted = words(line.lines().nth(1).unwrap());
    let last = wanted.len() - 1;
    assert_eq!((found.len(), &found[1..last]), (wanted.len(), &wanted[1..last]), "{shown}");
    for (typed, expected) in session("syncctl verify --request") {
        let ran = shell(&place, &format!("set +e\n{}", typed.replace(&wanted[last], &found[last])));
        assert!(shows(&expected, &ran.stdout), "$ {typed}\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_rotation_is_tried_at_every_endpoint_as_shown() {
    const PROBE: &str = r#"{"probe":"secret-rotation"}"#;
    let place = Place::new();
    std::fs::write(place.path("new-secret"), "another-secret-of-both-sides\n").unwrap();
    std::fs::write(place.path("partner.secret"), "a-secret-of-the-partner\n").unwrap();
    let signed = |more: &[&str]| {
        let data = place.data(&[&["sign", "--data", PROBE], more].concat());
        data["headers"]["x-webhook-signature"].as_str().unwrap().to_owned()
    };
    let (old, new) = (signed(&[]), signed(&["--secret-file", "new-secret"]));
    let accepting = |accepted: Vec<String>| {
        Receiver::new(move |request| {
            let signature = request.header("x-webhook-signature");
            Reply::Status(if accepted.iter().any(|known| known == signature) { 200 } else { 401 })
        })
    };
    let receivers = [
        ("admin", accepting(vec![old.clone(), new]), ""),
        ("statistics", accepting(vec![old]), ""),
        ("mail", Receiver::good(), ""),
        ("partner", Receiver::good(), "secret_file = \"partner.secret\"\n"),
    ];
    let config: String = receivers
        .iter()
        .map(|(name, it, more)| format!("[[endpoints]]\nname = \"{name}\"\nurl = \"{}\"\n{more}", it.url("/hook")))
        .collect();
    std::fs::create_dir_all(place.path(".config/syncctl")).unwrap();
    std::fs::write(place.path(".config/syncctl/config.toml"), config).unwrap();
    std::fs::rename(place.path("partner.secret"), place.path(".config/syncctl/partner.secret")).unwrap();
    let (typed, expected) = session("syncctl secret rotate-plan").remove(0);
    let ran = shell(&place, &format!("set +e\n{typed}"));
    assert!(shows(&expected, &ran.stdout), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn the_line_for_cron_runs_under_a_bare_shell() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    std::fs::write(place.path("secret"), "syncctl-test-secret\n").unwrap();
    std::fs::set_permissions(place.path("secret"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let line = blocks("crontab").remove(0);
    let command = line.split_whitespace().skip(5).collect::<Vec<_>>().join(" ");
    let command = command
        .replace("/usr/local/bin/syncctl", env!("CARGO_BIN_EXE_syncctl"))
        .replace("/var/lib/syncctl/queue.db", &place.database().display().to_string())
        .replace("/etc/syncctl/secret", &place.path("secret").display().to_string());
    let bare = format!("SYNC_WEBHOOK_URLS={} {command}", receiver.url("/"));
    let mut shell = Command::new("/bin/sh");
    let ran = Ran::of(&shell.args(["-c", &bare]).env_clear().env("HOME", place.dir.path()).output().unwrap());
    assert_eq!(ran, Ran { code: 0, stdout: String::new(), stderr: String::new() }, "{command}");
    assert_eq!(receiver.count(), 1);
}

#[test]
fn the_configuration_is_valid() {
    let place = Place::new();
    let here = place.dir.path().display().to_string();
    let config = blocks("toml").remove(0).replace("/etc/syncctl", &here).replace("/var/lib/syncctl", &here);
    for file in ["secret", "statistics.secret"] {
        std::fs::write(place.path(file), format!("a-secret-for-{file}-of-some-length\n")).unwrap();
        std::fs::set_permissions(place.path(file), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::write(place.path("config.toml"), config).unwrap();
    let mut command = place.command(&["config", "validate", "--config", "config.toml"]);
    let ran = Ran::of(&command.env_remove("WEBHOOK_SECRET").env_remove("SYNCCTL_DB").output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
}

/// The lines that need a receiver on a port of their own are sent to this one.
#[test]
fn the_commands_for_the_author_of_a_receiver_run() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    let id = place.emit("user.created", "u-1");
    std::fs::write(place.path("event.json"), SENT).unwrap();
    std::fs::create_dir(place.path("captured")).unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nX-Webhook-Signature: {}\r\nContent-Length: 58\r\n\r\n{SENT}",
        "0".repeat(64)
    );
    std::fs::write(place.path("captured/1.http"), request).unwrap();
    let block = blocks("sh").into_iter().find(|block| block.contains("syncctl sign")).unwrap();
    let lines = block.replace("http://localhost:8000/hook", &receiver.url("/hook")).replace(" ID ", &format!(" {id} "));
    assert_eq!(lines.lines().count(), 5);
    for line in lines.lines() {
        let ran = shell(&place, line);
        assert!(ran.code == 0 && !ran.stdout.is_empty(), "{line}: {ran:?}");
    }
    assert_eq!(receiver.count(), 1, "one line sends");
}

#[test]
fn the_server_starts_with_the_secrets_that_are_set() {
    let mut place = Place::new();
    place.unset("WEBHOOK_SECRET");
    let block = blocks("sh").into_iter().find(|block| block.contains("syncctl serve")).unwrap();
    let script = format!("export WEBHOOK_SECRET=\"$(syncctl secret new)\"\n{block}").replace(":3000", ":0");
    let binary = Path::new(env!("CARGO_BIN_EXE_syncctl")).parent().unwrap().display().to_string();
    let script = format!("set -e; PATH={binary}:$PATH\n{}", script.replace("syncctl serve", "exec syncctl serve"));
    let mut shell = place.prepare(Command::new("bash"), &["-c", &script]);
    let mut serve = shell.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(serve.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(told.any(|line| line.contains("listening on http://127.0.0.1:")));
    kill(&serve, "-TERM");
    let warnings: Vec<String> = told.filter(|line| line.contains("warning") || line.contains("WARN")).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(serve.wait().unwrap().code(), Some(0));
}
