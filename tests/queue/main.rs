//! The queue from outside: the real binary, real HTTP, real processes that die.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod clock;
mod crowd;
mod defects;
mod disk;
mod emit;
mod endpoint_rests;
mod field_cases;
mod histories;
mod kill;
mod moves;
mod names;
mod network;
mod power;
mod process;
mod rate;
mod replay;
mod restore;
mod schema;
mod syscalls;
mod tls;
mod ways_in;
