//! Files made from the definition of the command line are those in the tree. `UPDATE_GENERATED=1` writes them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/tools.rs"]
#[expect(dead_code, unreachable_pub, reason = "only a part of it is used")]
mod tools;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use syncctl::cli::{completions, docs, man};
use tools::has_tools;

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn present(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(directory) else { return BTreeMap::new() };
    let read =
        |path: PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap());
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).map(read).collect()
}

/// Compares a directory that holds nothing else, or within `docs` those files alone.
fn check(name: &str, wanted: Vec<(String, Vec<u8>)>) {
    let directory = directory(name);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        if name != "docs" {
            let _ = std::fs::remove_dir_all(&directory);
        }
        std::fs::create_dir_all(&directory).unwrap();
        wanted.iter().for_each(|(file, content)| std::fs::write(directory.join(file), content).unwrap());
    }
    let wanted: BTreeMap<_, _> = wanted.into_iter().collect();
    let mut found = present(&directory);
    found.retain(|file, _| name != "docs" || wanted.contains_key(file));
    let differ: Vec<&String> =
        wanted.keys().chain(found.keys()).filter(|file| wanted.get(*file) != found.get(*file)).collect();
    assert!(
        differ.is_empty(),
        "stale: {differ:?} in {name}/; write them with UPDATE_GENERATED=1 cargo test --test generated"
    );
}

/// Runs a tool over files; it must say nothing.
fn is_silent(program: &str, arguments: &[&str], files: &[PathBuf]) {
    if !has_tools(&[program]) {
        return;
    }
    let output = Command::new(program).args(arguments).args(files).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert_eq!((output.status.success(), String::from_utf8_lossy(&said).as_ref()), (true, ""), "{program}");
}

#[test]
fn completions_are_those_of_this_command_line() {
    check("completions", completions::files());
    is_silent("bash", &["-n"], &[directory("completions/syncctl.bash")]);
    is_silent("zsh", &["-n"], &[directory("completions/_syncctl")]);
    is_silent("fish", &["--no-execute"], &[directory("completions/syncctl.fish")]);
}

#[test]
fn manual_pages_are_those_of_this_command_line() {
    check("man", man::pages());
    let mut pages: Vec<PathBuf> = present(&directory("man")).keys().map(|page| directory("man").join(page)).collect();
    pages.sort();
    is_silent("mandoc", &["-T", "lint"], &pages);
}

#[test]
fn reference_pages_are_those_of_this_program() {
    check("docs", docs::files());
}

#[test]
fn every_manual_page_has_the_sections_people_look_for() {
    for (name, page) in man::pages() {
        let page = String::from_utf8(page).unwrap();
        for section in
            ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"]
        {
            let heading = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")];
            assert!(heading.iter().any(|heading| page.contains(heading)), "{name} has no {section}");
        }
        let examples = page.split("EXAMPLES").nth(1).unwrap().split(".SH").next().unwrap();
        assert!(examples.contains("syncctl"), "{name} has no example: add one to src/cli/examples.rs");
    }
}
