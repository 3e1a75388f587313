//! Conventions that belong to no other file: a terminal where data should come from, credentials, the service manager.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use crate::support::place::{Place, kill};
use crate::support::tools::has_tools;

#[test]
fn a_terminal_in_place_of_a_body_is_said_and_does_not_hang() {
    if !has_tools(&["script"]) {
        return;
    }
    let place = Place::new();
    let typed = format!("{} sign < /dev/tty", env!("CARGO_BIN_EXE_syncctl"));
    let output = place.prepare(Command::new("script"), &["-qec", &typed, "/dev/null"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("standard input is a terminal"));
}

#[test]
fn a_credential_of_the_service_manager_signs() {
    let mut place = Place::new();
    std::fs::create_dir(place.path("credentials")).unwrap();
    std::fs::write(place.path("credentials/webhook-secret"), "syncctl-test-secret\n").unwrap();
    let by_variable = place.run_with_input(&["sign"], b"x").stdout;
    place.unset("WEBHOOK_SECRET");
    place.set("CREDENTIALS_DIRECTORY", &place.path("credentials").display().to_string());
    let by_credential = place.run_with_input(&["sign"], b"x");
    assert_eq!((by_credential.code, by_credential.stdout), (0, by_variable));
}

#[test]
fn the_service_manager_is_told_of_readiness_life_and_stopping() {
    let mut place = Place::new();
    let socket = UnixDatagram::bind(place.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    place.set("NOTIFY_SOCKET", &place.path("notify").display().to_string());
    place.set("WATCHDOG_USEC", "400000");
    let mut serve = place.spawn(&["serve", "--listen", "127.0.0.1:0", "--without", "admin,process"]);
    let told = |word: &str| {
        let mut buffer = [0; 512];
        (0..100).any(|_| {
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..length]).contains(word)
        })
    };
    assert!(told("READY=1") && told("WATCHDOG=1"));
    kill(&serve, "-TERM");
    assert!(told("STOPPING=1"));
    assert_eq!(serve.wait().unwrap().code(), Some(0));
}
