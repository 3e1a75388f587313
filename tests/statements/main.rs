//! What the statements cost that the program runs: they read indexes, never a whole table that grows, however much is finished.
//!
//! Every method of a store is called, every list with every filter; [`methods`] finds one that was forgotten. The statements are those
//! that were run, as the log of the store or of the server tells them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod inbound;
mod lists;
mod log;
mod methods;
mod workload;

#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
