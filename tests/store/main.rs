//! The contract of a store. Each promise is a function of a backend, listed in `on_every_backend!`, and so a test of each; what only
//! one backend has is tested in a room of its own.

#![expect(clippy::unwrap_used, clippy::panic, clippy::cast_possible_wrap, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod backend;
mod queue;

mod contract;
mod inbound;
mod incidents;
mod model;
mod operators;
mod rate;
mod record_lists;
mod starvation;
mod transfer;
mod upkeep;
mod whole_records;

mod sqlite;
