//! The layer table of ARCHITECTURE.md, held against the imports, and where each crate may appear.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// From the left to the right: a module uses only what stands to its right.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["config", "render", "server"],
    &["report"],
    &["outbound", "inbound", "monitor"],
    &["store"],
    &["endpoint", "record", "request"],
    &["event", "delivery", "signature"],
    &["text"],
    &["clock"],
];

/// Crates and the only places that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("rusqlite", &["src/store/"]),
    ("axum", &["src/server.rs", "src/server/"]),
    ("clap", &["src/cli.rs", "src/cli/"]),
    ("comfy_table", &["src/render.rs", "src/render/"]),
    ("indicatif", &["src/render.rs", "src/render/"]),
    ("hyper::client", &["src/outbound/http.rs", "src/outbound/http/"]),
    ("tokio_rustls", &["src/outbound/http.rs", "src/outbound/http/"]),
    ("inotify", &["src/outbound/change_listener.rs"]),
];

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
    found
}

/// The code of a file without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn top(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("the module `{module}` stands in no layer"))
}

/// The top-level modules that `code` names behind `crate::`.
fn used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for after in code.split("crate::").skip(1) {
        let names = match after.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap().split(',').map(|n| n.trim().to_owned()).collect(),
            None => vec![after.to_owned()],
        };
        used.extend(
            names.iter().map(|n| n.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap().to_owned()),
        );
    }
    used.retain(|name| !name.is_empty());
    used
}

#[test]
fn every_module_uses_only_layers_to_its_right() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        let own = top(inside);
        if own == "lib" {
            continue;
        }
        for other in used(&code(&path)).into_iter().filter(|other| *other != own) {
            assert!(layer(&own) < layer(&other), "{} uses `{other}`, which is not to its right", inside.display());
        }
    }
}

#[test]
fn every_crate_stays_at_home_and_sql_in_the_store() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in sources(&root.join("src")) {
        let shown = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let code = code(&path);
        for (name, homes) in HOMES {
            let at_home = homes.iter().any(|home| shown.starts_with(home));
            assert!(at_home || !code.contains(&format!("{name}::")), "{shown} names {name}");
        }
        let sql = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "PRAGMA "];
        let quoted = |verb: &str| code.contains(&format!("\"{verb}"));
        assert!(shown.starts_with("src/store/") || !sql.iter().any(|verb| quoted(verb)), "{shown} holds SQL");
    }
}

/// Who compares secrets otherwise tells by the time it takes how much of a guess is right.
#[test]
fn secrets_of_callers_are_compared_as_hashes_in_constant_time_alone() {
    let source = |name: &str| code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server").join(name));
    let (auth, session) = (source("auth.rs"), source("session.rs"));
    assert_eq!(auth.matches(".ct_eq(").count(), 1, "`Hashed::is` is the one comparison");
    let hashed = auth.split("pub(super) struct Hashed([u8; 32]);").next().unwrap();
    let derives = hashed.rsplit("#[derive(").next().unwrap();
    assert!(derives.starts_with("Clone)]"), "hashes of secrets have no other comparison: {derives}");
    let secrets = auth.split("pub struct Secrets {").nth(1).unwrap().split('}').next().unwrap();
    assert_eq!(secrets.matches("Option<Hashed>").count(), 2, "{secrets}");
    let kept = session.split("struct Session {").nth(1).unwrap().split('}').next().unwrap();
    assert_eq!(kept.matches(": Hashed").count(), 2, "{kept}");
    assert!(!session.contains(".ct_eq("), "sessions are compared by `Hashed::is`");
}

#[test]
fn the_document_draws_the_same_layers() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let drawn = text.lines().find(|line| line.starts_with("main → ")).expect("the layers stand on one line");
    let layers: Vec<Vec<&str>> =
        drawn.split(" → ").map(|layer| layer.trim_matches(['{', '}']).split(", ").collect()).collect();
    assert_eq!(layers, LAYERS);
}
