//! Circles between files: what takes names from each other, directly or through others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::names::Names;

/// Files each of which leads back to itself through the others.
#[derive(Debug, PartialEq, Eq)]
pub struct Circle {
    pub files: BTreeSet<String>,
    /// Which file takes which names from which.
    pub arrows: Vec<String>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} files take names from each other:", self.files.len())?;
        self.arrows.iter().try_for_each(|arrow| writeln!(f, "  {arrow}"))
    }
}

/// The circles of a crate. A parent and its own child may take names from each other.
pub fn circles(names: &Names) -> Vec<Circle> {
    let arrows: BTreeMap<&str, BTreeSet<&str>> = names
        .taken
        .iter()
        .map(|(file, from)| {
            let others = from.keys().filter(|other| !is_parent(file, other) && !is_parent(other, file));
            (file.as_str(), others.map(String::as_str).collect())
        })
        .collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|file| (*file, reach(file, &arrows))).collect();
    let mut left: BTreeSet<&str> = arrows.keys().copied().filter(|file| reached[file].contains(file)).collect();
    let mut found = Vec::new();
    while let Some(first) = left.first().copied() {
        let files: BTreeSet<&str> = left
            .iter()
            .copied()
            .filter(|other| reached[first].contains(other) && reached[other].contains(first))
            .collect();
        left.retain(|file| !files.contains(file));
        let arrows =
            files.iter().flat_map(|file| arrows[file].intersection(&files).map(|from| arrow(names, file, from)));
        found.push(Circle { arrows: arrows.collect(), files: files.iter().map(|file| (*file).to_owned()).collect() });
    }
    found
}

fn arrow(names: &Names, file: &str, from: &str) -> String {
    let taken = names.taken[file][from].iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("{file} takes from {from}: {taken}")
}

/// Whether `parent` declares `child` as its submodule.
fn is_parent(parent: &str, child: &str) -> bool {
    let folder = child.rsplit_once('/').map_or("", |(folder, _)| folder);
    match folder {
        "" => parent == "lib.rs" || parent == "main.rs",
        folder => parent.strip_suffix(".rs") == Some(folder),
    }
}

/// What can be reached from a file in one step or more.
fn reach<'a>(from: &str, arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = arrows[from].iter().copied().collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(&arrows[file]);
        }
    }
    reached
}

#[test]
fn no_files_take_names_from_each_other_in_a_circle() {
    let found: Vec<String> = circles(&crate::OURS).iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
