//! The command line from outside: the real binary, session by session.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod listen;
mod resend;
mod secret;
mod sign;
mod verify;
