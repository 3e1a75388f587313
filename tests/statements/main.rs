//! What the statements cost that a worker, an emitter and a monitor run: they read indexes, never a whole table that grows, however much
//! is finished. The statements are those that the program runs here, as its log tells them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod log;
mod workload;

#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
