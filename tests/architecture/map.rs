//! The map in ARCHITECTURE.md leads to files that are there.

use crate::root;

/// What stands between back-quotes and looks like a path.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_path = |it: &&str| !it.contains(['*', '{', ' ', '(', '<']) && (it.ends_with(".rs") || it.ends_with('/'));
    text.split('`').skip(1).step_by(2).filter(is_path)
}

#[test]
fn every_file_that_the_map_names_is_there() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let named: Vec<&str> = paths(&text).collect();
    assert!(named.len() > 40, "only {} paths were found", named.len());
    // A file that each of several folders has is named alone, after the folders.
    let everywhere = ["migrate.rs", "claim.rs"];
    let is_there = |path: &str| root().join("src").join(path).exists() || root().join(path).exists();
    let missing: Vec<_> = named.into_iter().filter(|path| !everywhere.contains(path) && !is_there(path)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:?}");
}
