//! The shape of `src`, held against ARCHITECTURE.md: circles between files, layers, and where each crate may appear.
#![expect(unreachable_pub, clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod circles;
mod fixtures;
mod layers;
mod map;
mod names;
mod secrets;
mod words;

use std::path::Path;
use std::sync::LazyLock;

use names::Names;

/// The names of `src`, read once.
static OURS: LazyLock<Names> = LazyLock::new(|| names::resolve(&names::read_sources(&root().join("src")), "syncctl"));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
