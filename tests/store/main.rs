//! The contract of a store. Each promise is a test; each backend runs them all.

#![expect(clippy::unwrap_used, clippy::panic, clippy::cast_possible_wrap, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod contract;
mod inbound;
mod model;
mod operators;
mod plans;
mod rate;
mod starvation;
mod torn;
mod upkeep;
mod whole_records;
