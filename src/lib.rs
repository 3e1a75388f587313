//! syncctl keeps two systems in agreement by signed webhooks that are not lost.
//!
//! **Outbound.** [`event`] checks what an application emits and renders its bytes once; the [`store`] keeps them with one
//! [`delivery`] for each [`endpoint`], in one transaction. The worker in [`outbound`] claims what is due, signs it by a
//! [`signature`] scheme and sends it over HTTP or to a message [`broker`]. The outcome of the attempt goes back to the store, where
//! [`delivery::decide_retry`], a pure function, decides what follows. A [`service`] begins and ends such a run, for a command or
//! for the server.
//!
//! **Inbound.** The [`server`] verifies a webhook as raw bytes before anything reads them. [`inbound`] turns the event in it into a
//! change of a [`record`], and the store applies it once, in one transaction: drop duplicates, merge,
//! write, audit. A [`service`] reads the same from a message broker, and acknowledges it after the commit.
//!
//! **Reading.** Figures are counters that the writes keep up to date. [`monitor`] judges them, [`report`] makes the answer once for
//! people and once for machines, [`render`] and [`server`] show it.
//!
//! **Alerts.** A [`service`] observes problems; the store keeps them as incidents and gives each notification to one process, which sends
//! it to the sinks of [`alert`].
//!
//! **Debugging.** [`request`] reads a captured request in any format, a scheme verifies it, and [`explain`] searches for the change
//! under which its signature matches.
//!
//! The modules are listed in reading order: each uses only those above it.

pub mod clock;
pub mod format;
pub mod untrusted;

pub mod delivery;
pub mod event;
pub mod record;
pub mod signature;

pub mod endpoint;
pub mod explain;
pub mod request;

pub mod network;
pub mod subprocess;

pub mod broker;

pub mod store;

pub mod alert;
pub mod inbound;
pub mod monitor;
pub mod outbound;

pub mod service;

pub mod report;

pub mod config;
pub mod render;
pub mod server;

pub mod cli;
