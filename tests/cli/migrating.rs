//! docs/migrating.md, step by step as a reader would, beside a model of the original.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::json;

use crate::support::original::Original;
use crate::support::place::{Place, Ran, SECRET, eventually};
use crate::support::tools::has_tools;

const DOCUMENT: &str = include_str!("../../docs/migrating.md");

/// The blocks of a text that are fenced as `info`, in order.
fn blocks<'a>(text: &'a str, info: &str) -> Vec<&'a str> {
    let fence = format!("```{info}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// One step of the document.
struct Step {
    title: String,
    does: String,
    proves: String,
    undoes: String,
}

fn steps() -> Vec<Step> {
    let parts = DOCUMENT.split("\n## ").filter(|part| part.starts_with("Step "));
    let step = |part: &str| {
        let only = |info: &str| match blocks(part, info)[..] {
            [block] => block.to_owned(),
            ref found => panic!("{} blocks of `{info}` in: {part}", found.len()),
        };
        let (does, proves, undoes) = (only("sh do"), only("sh prove"), only("sh undo"));
        Step { title: part.lines().next().unwrap().to_owned(), does, proves, undoes }
    };
    parts.map(step).collect()
}

/// Two systems that run the original, and a directory in which the document's commands are typed.
struct Systems {
    place: Place,
    app: Original,
    panel: Original,
    ports: BTreeMap<&'static str, u16>,
}

impl Systems {
    fn start() -> Self {
        let mut place = Place::new();
        place.set("SYNCCTL_ADMIN_TOKEN", "admin-token-of-the-tests");
        place.set("CRON_SECRET", "cron-secret-of-the-tests");
        let (app, panel) =
            (Original::start(&place.path("original.env"), SECRET), Original::start(&place.path("none.env"), SECRET));
        for side in [&app, &panel] {
            let mut tables = side.tables.lock().unwrap();
            for id in ["u-1", "u-2"] {
                let profile = json!({"bio": "b", "location": "l", "timezone": "UTC"});
                tables.edit(true, id, &json!({"name": id, "image": "i", "role": "STUDENT", "profile": profile}));
            }
            tables.edit(false, "e-1", &json!({"userId": "u-1", "courseId": "c", "status": "ACTIVE", "source": "web"}));
        }
        let held = [TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap()];
        let port = |n: usize| held[n].local_addr().unwrap().port();
        let systems = Self { place, app, panel, ports: [("panel.pid", port(0)), ("app.pid", port(1))].into() };
        for text in blocks(DOCUMENT, "toml") {
            systems.write(text.lines().next().unwrap().strip_prefix("# ").unwrap(), text);
        }
        let handlers = ["enrollment-changed", "profile-updated"]
            .map(|it| systems.panel.server.url(&format!("/api/webhooks/{it}")));
        let token = "admin-token-of-the-tests";
        systems.write(
            "original.env",
            &format!(
                "SYNC_WEBHOOK_URLS={}\nSYNC_API_URL=http://panel.example.com\nSYNCCTL_ADMIN_TOKEN={token}\n",
                handlers.join(",")
            ),
        );
        systems.write("export-app", "#!/bin/sh\nexec curl -sf http://app.example.com/export\n");
        systems.write("export-panel", "#!/bin/sh\nexec curl -sf http://panel.example.com/export\n");
        systems
    }

    /// A text of the document with the addresses of this test.
    fn here(&self, text: &str) -> String {
        text.replace("http://app.example.com", &self.app.server.url(""))
            .replace("http://panel.example.com", &self.panel.server.url(""))
            .replace("127.0.0.1:3100", &format!("127.0.0.1:{}", self.ports["panel.pid"]))
            .replace("127.0.0.1:3200", &format!("127.0.0.1:{}", self.ports["app.pid"]))
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.place.path(name), self.here(text)).unwrap();
        std::fs::set_permissions(self.place.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn shell(&self, lines: &str) -> Ran {
        let binary = std::path::Path::new(env!("CARGO_BIN_EXE_syncctl")).parent().unwrap().display().to_string();
        let script = format!("set -e -o pipefail; unset SYNCCTL_DB; PATH={binary}:$PATH\n{}", self.here(lines));
        Ran::of(&self.place.prepare(Command::new("bash"), &["-c", &script]).output().unwrap())
    }

    fn ok(&self, title: &str, what: &str, lines: &str) {
        let ran = self.shell(lines);
        assert_eq!(ran.code, 0, "{title}: {what}\n{lines}\n{ran:?}\n{}", self.logs());
    }

    fn logs(&self) -> String {
        let text = |name: &str| std::fs::read_to_string(self.place.path(name)).unwrap_or_default();
        format!(
            "original.env\n{}\npanel.log\n{}\napp.log\n{}",
            text("original.env"),
            text("panel.log"),
            text("app.log")
        )
    }

    /// Waits until the servers that were told to end have ended.
    fn settle(&self, undone: &str) {
        for (file, port) in self.ports.iter().filter(|(file, _)| undone.contains(&format!("kill \"$(cat {file})\""))) {
            eventually(file, || TcpStream::connect(("127.0.0.1", *port)).is_err());
        }
    }

    /// A change at the application, and what the panel's original has of it.
    fn reaches_the_panel(&self, bio: &str) -> bool {
        self.ok("between the steps", "a change", &format!(
            r#"curl -sf -X PUT "http://app.example.com/api/profile?userId=u-2" -d '{{"profile":{{"bio":"{bio}"}}}}'"#
        ));
        let came = || self.panel.tables.lock().unwrap().users["u-2"]["bio"] == bio;
        let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while !came() && std::time::Instant::now() < end {
            std::thread::park_timeout(std::time::Duration::from_millis(20));
        }
        came()
    }
}

impl Drop for Systems {
    fn drop(&mut self) {
        for file in self.ports.keys() {
            let pid = std::fs::read_to_string(self.place.path(file)).unwrap_or_default();
            if !pid.trim().is_empty() {
                let _ = Command::new("kill").args(["-9", pid.trim()]).output();
            }
        }
    }
}

#[test]
fn every_step_of_the_document_works_can_be_undone_and_works_again() {
    if !has_tools(&["curl", "bash", "sed"]) {
        return;
    }
    let (systems, steps) = (Systems::start(), steps());
    assert_eq!(steps.len(), 6);
    assert!(!systems.reaches_the_panel("unsigned"), "the original refuses what its own sender does not sign");
    for (n, step) in steps.iter().enumerate() {
        let title = &step.title;
        systems.ok(title, "do", &step.does);
        systems.ok(title, "prove", &step.proves);
        systems.ok(title, "undo", &step.undoes);
        systems.settle(&step.undoes);
        assert_eq!(systems.reaches_the_panel(&format!("undone {n}")), n > 0, "{title}: it is as before");
        systems.ok(title, "do again", &step.does);
        systems.ok(title, "prove again", &step.proves);
    }
    let users = &systems.app.tables.lock().unwrap().users;
    assert!(users["u-1"]["bio"].as_str().unwrap().starts_with("step 6, "));
    // What syncctl keeps of a record that the panel's original had overwritten with null.
    let kept = systems.shell("syncctl --config panel.toml records show profile u-2 --body");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&kept.stdout).unwrap()["name"], "u-2", "{kept:?}");
}

/// Each proof is one: it fails as long as its step was not done.
#[test]
fn a_proof_of_the_document_fails_before_its_step_is_done() {
    if !has_tools(&["curl", "bash", "sed"]) {
        return;
    }
    let (systems, steps) = (Systems::start(), steps());
    for step in &steps {
        let early = systems.shell(&step.proves);
        assert_ne!(early.code, 0, "{}: {early:?}", step.title);
        systems.ok(&step.title, "do", &step.does);
    }
}

#[test]
fn what_the_original_sends_unsigned_is_refused_and_the_audit_log_says_why() {
    if !has_tools(&["curl", "bash", "sed"]) {
        return;
    }
    let (systems, steps) = (Systems::start(), steps());
    for step in &steps[1..3] {
        systems.ok(&step.title, "do", &step.does);
    }
    assert!(!systems.reaches_the_panel("unsigned"));
    let listed = systems.shell("syncctl --config panel.toml audit list --direction inbound -o json").data();
    let reasons: Vec<_> = listed.as_array().unwrap().iter().map(|row| row["reason"].clone()).collect();
    assert_eq!((reasons.is_empty(), reasons.iter().all(|it| it == "header-not-delivered")), (false, true), "{listed}");
}
