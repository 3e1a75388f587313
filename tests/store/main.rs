//! The contract of a store. Each promise is a test; each backend runs them all.

#[path = "../support/mod.rs"]
mod support;

mod contract;
mod model;
mod plans;
