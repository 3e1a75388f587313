//! `top` on a real terminal: what it shows, what its keys do, and that the terminal is given back.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::place::Place;
use crate::support::tools::has_tools;
use crate::terminal::on_terminal;

/// A terminal of 80 by 24 characters with a shell in it. Dropping it ends it.
struct Terminal {
    socket: String,
}

impl Terminal {
    fn start(place: &Place) -> Self {
        let socket = place.path("tmux").display().to_string();
        let mut command = place.prepare(Command::new("tmux"), &["-S", &socket]);
        let size = ["new-session", "-d", "-x", "80", "-y", "24"];
        assert!(command.env("TERM", "xterm-256color").args(size).arg("sh").status().unwrap().success());
        Self { socket }
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-S", &self.socket]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Waits until the screen shows `text`, and returns the screen.
    fn shows(&self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if screen.contains(text) {
                return screen;
            }
            assert!(Instant::now() < end, "no `{text}` on:\n{screen}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

const SYNCCTL: &str = env!("CARGO_BIN_EXE_syncctl");

/// A queue with two endpoints that nobody answers at, and failures of both.
fn troubled() -> Place {
    let place = Place::sending_to(&["http://127.0.0.1:9/", "http://127.0.0.1:19/"]);
    place.emit("user.created", "u-1");
    place.emit("user.created", "u-2");
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    place
}

#[test]
fn the_queue_is_shown_and_every_key_does_what_it_says() {
    if !has_tools(&["tmux"]) {
        return;
    }
    let place = troubled();
    let terminal = Terminal::start(&place);
    terminal.keys(&[&format!("{SYNCCTL} top --every 250ms; echo ended with $?"), "Enter"]);
    // The line of keys is drawn last.
    let screen = terminal.shows("q quit");
    assert!(screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
    assert!(screen.contains("▸ Endpoints (2)") && screen.contains("Failures (4)"), "{screen}");
    terminal.keys(&["j", "p"]);
    terminal.shows("pause `127.0.0.1:19` and hold 2 deliveries? y/n");
    terminal.keys(&["n"]);
    terminal.shows("q quit");
    terminal.keys(&["p", "y"]);
    terminal.shows("`127.0.0.1:19` is paused");
    let state = |place: &Place| place.data(&["endpoints", "show", "127.0.0.1:19"])["state"].clone();
    assert_eq!(state(&place), "paused");
    terminal.keys(&["r"]);
    terminal.shows("is resumed");
    assert_ne!(state(&place), "paused");
    terminal.keys(&["Tab", "Enter"]);
    terminal.shows("user.created of user u-2");
    terminal.keys(&["Escape", "r"]);
    terminal.shows("replay delivery");
    terminal.keys(&["y"]);
    terminal.shows("is queued again");
    terminal.keys(&["?"]);
    terminal.shows("move within a table");
    terminal.keys(&["q"]);
    let screen = terminal.shows("ended with 0");
    assert!(!screen.contains("Endpoints"), "the screen of before is back:\n{screen}");
}

#[test]
fn a_terminal_is_given_back_when_top_is_terminated() {
    if !has_tools(&["tmux"]) {
        return;
    }
    let place = troubled();
    let terminal = Terminal::start(&place);
    let pid = place.path("pid").display().to_string();
    let run = format!("sh -c 'echo $$ > {pid}; exec {SYNCCTL} top'; stty -a | grep -q -e -icanon; echo raw: $?");
    terminal.keys(&[&run, "Enter"]);
    terminal.shows("▸ Endpoints");
    let pid = std::fs::read_to_string(pid).unwrap();
    assert!(Command::new("kill").args(["-TERM", pid.trim()]).status().unwrap().success());
    let screen = terminal.shows("raw: 1");
    assert!(!screen.contains("Endpoints"), "{screen}");
}

#[test]
fn a_terminal_that_answers_no_question_is_drawn_on_all_the_same() {
    // Nobody is behind this one, who could say where the cursor is.
    let Some(seen) = on_terminal(&troubled(), 80, "top", "q") else { return };
    assert_eq!(seen.code, 0, "{seen:?}");
    assert!(seen.stdout.contains("▸ Endpoints") && !seen.stdout.contains("\u{1b}[6n"), "{seen:?}");
}

#[test]
fn without_a_terminal_it_names_what_works_without_one() {
    let ran = troubled().run(&["top"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    assert!(ran.stderr.contains("needs a terminal") && ran.stderr.contains("status --watch"), "{ran:?}");
}
