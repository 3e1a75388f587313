//! syncctl keeps two systems in agreement by signed webhooks that are not lost.
//!
//! **Outbound.** [`outbound`] checks an [`event`], renders its bytes once and hands it to the [`store`], which keeps it with
//! one [`delivery`] for each [`endpoint`] in one transaction. A worker claims what is due, signs it with a [`signature`]
//! scheme, sends it, judges the outcome by rules that touch nothing, and records what follows.
//!
//! **Inbound.** A webhook's bytes are verified before they are read. The event in them becomes a change of a [`record`], and
//! the store applies it once: seen before? later write standing? write, audit, in one transaction.
//!
//! **Looking.** Figures are counters kept by the writes that change them. [`monitor`] judges them without touching anything,
//! [`report`] says the answer once for people and once for machines, [`render`] and [`server`] show it.
//!
//! **By hand.** The commands about signatures hold a [`signature`] scheme against a request somebody captured, and look for
//! the change under which it matches.

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

pub mod store;

pub mod inbound;
pub mod monitor;
pub mod outbound;

pub mod service;

pub mod report;

pub mod config;
pub mod render;
pub mod server;

pub mod cli;
