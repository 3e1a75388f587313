//! Message brokers as endpoints and sources: real servers, real processes that die, real connections that break.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod amqp;
mod amqp_sources;
mod both;
mod rabbit_server;
mod redis;
mod redis_kill;
mod redis_refusals;
mod sources;
mod sqs;
mod sqs_refusals;
mod sqs_server;
mod sqs_sources;
