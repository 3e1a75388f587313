//! The queue in PostgreSQL: real servers, real processes that die, real connections that break.

#![cfg(feature = "postgres")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "a receiver that takes time, and a stop that lasts")]

#[path = "../support/mod.rs"]
mod support;

mod claims;
mod crowd;
mod emitters;
mod errors;
mod failover;
mod full_disk;
mod hostile;
mod kill;
mod long_lists;
mod lost_answers;
mod pooler;
mod story;
