//! The command line as people and scripts meet it: the real binary, its help, its formats, its manners.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod bundle;
mod check;
mod choice;
mod clusters;
mod completions;
mod config;
mod conventions;
mod copying;
mod damage;
mod db;
mod demo;
mod doctor;
mod dry_run;
mod editing;
mod emitting;
mod endpoint_commands;
mod errors;
mod filters;
mod formats;
mod health;
mod help;
mod hostile;
mod init;
mod listen;
mod logs;
mod mistakes;
mod mutations;
mod packaging;
mod processing;
mod readme;
mod readonly;
mod reconcile;
mod replay;
mod requests;
mod resend;
mod retry;
mod scheduling;
mod secret;
mod secrets;
mod sign;
mod status;
mod sync;
mod terminal;
mod top;
mod transfer;
mod troubles;
mod verify;
mod watch;
mod why;
mod wrong;
