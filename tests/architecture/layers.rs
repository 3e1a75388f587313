//! Who may import whom, and where each crate may appear.

use crate::names::Names;
use crate::{OURS, root};

/// From the left to the right: a module uses only what stands to its right.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["config", "render", "server"],
    &["report", "service"],
    &["alert", "outbound", "inbound", "monitor"],
    &["store"],
    &["broker"],
    &["network", "subprocess"],
    &["endpoint", "explain", "request", "record"],
    &["event", "delivery", "signature"],
    &["format", "untrusted"],
    &["clock"],
];

/// Crates, or modules of crates, and the only places that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("rusqlite", &["store/sqlite"]),
    ("tokio_postgres", &["store/postgres"]),
    ("axum", &["server"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["render"]),
    ("indicatif", &["render"]),
    ("hyper::client", &["outbound", "broker"]),
    ("tokio_rustls", &["network", "store/postgres"]),
    ("redis", &["broker"]),
    ("reqwest", &["network"]),
    ("inotify", &["outbound", "store/sqlite"]),
];

/// The module at the top of `src` that a file belongs to.
fn top(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// What in `names` uses a module of its own layer or of one to the left.
pub fn crossings(names: &Names) -> Vec<String> {
    let mut found = Vec::new();
    for (file, used) in names.top_modules.iter().filter(|(file, _)| *file != "lib.rs") {
        let own = top(file);
        for other in used.iter().filter(|other| *other != own) {
            match (layer(own), layer(other)) {
                (Some(own), Some(other)) if own < other => {}
                (Some(_), Some(_)) => found.push(format!("{file} uses `{other}`, which is not to its right")),
                _ => found.push(format!("{file} uses `{other}`: one of them stands in no layer")),
            }
        }
    }
    found
}

/// Which files name a crate that belongs elsewhere.
pub fn strays(names: &Names) -> Vec<String> {
    let begins =
        |path: &str, with: &str| path.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    let is_in = |file: &str, home: &str| file.strip_prefix(home).is_some_and(|rest| rest.starts_with(['.', '/']));
    let mut found = Vec::new();
    for (file, paths) in &names.external {
        for (name, homes) in HOMES {
            if !homes.iter().any(|home| is_in(file, home)) && paths.iter().any(|path| begins(path, name)) {
                found.push(format!("{file} names `{name}`, which belongs in {homes:?}"));
            }
        }
    }
    found
}

/// Which files outside the store hold SQL.
pub fn sql_outside_the_store(names: &Names) -> Vec<String> {
    const VERBS: &[&str] = &["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "PRAGMA ", "CREATE TABLE "];
    let is_sql = |text: &&String| VERBS.iter().any(|verb| text.trim_start().starts_with(verb));
    let outside = names.literals.iter().filter(|(file, _)| top(file) != "store");
    outside
        .filter_map(|(file, texts)| texts.iter().find(is_sql).map(|sql| format!("{file} holds SQL: {sql}")))
        .collect()
}

#[test]
fn every_module_of_a_layer_exists() {
    for module in LAYERS.iter().copied().flatten() {
        assert!(OURS.taken.contains_key(&format!("{module}.rs")), "there is no `{module}`");
    }
}

#[test]
fn every_module_uses_only_layers_to_its_right() {
    let found = crossings(&OURS);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_crate_stays_where_it_belongs() {
    let found = strays(&OURS);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn sql_stays_in_the_store() {
    let found = sql_outside_the_store(&OURS);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_document_draws_the_same_layers() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let drawn = text.lines().find(|line| line.starts_with("main → ")).expect("the layers stand on one line");
    let layers: Vec<Vec<&str>> =
        drawn.split(" → ").map(|layer| layer.trim_matches(['{', '}']).split(", ").collect()).collect();
    assert_eq!(layers, LAYERS);
}
