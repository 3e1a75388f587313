//! `serve` from outside: the real binary, real sockets, honest and hostile clients.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails; skips are told")]

#[path = "../support/mod.rs"]
mod support;

mod api;
mod balanced;
mod both_stores;
mod browser;
mod chromium;
mod clients;
mod disk;
mod document;
mod durable;
mod generated_clients;
mod hostile;
mod life;
mod mesh;
mod monitoring;
mod operate;
mod pages;
mod records;
mod refused;
mod repeats;
mod rotation;
mod running;
mod slow;
mod sources;
mod strangers;
mod trouble;
mod weight;
mod wire;
