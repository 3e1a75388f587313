//! syncctl keeps two systems in agreement by signed webhooks that are not lost.
//!
//! **Outbound.** [`outbound`] checks an [`event`], renders its bytes once and hands it to the [`store`], which keeps it with
//! one [`delivery`] for each [`endpoint`] in one transaction. A worker claims what is due, signs it with a [`signature`]
//! scheme, sends it, judges the outcome by rules that touch nothing, and records what follows.

pub mod clock;
pub mod text;

pub mod delivery;
pub mod event;
pub mod signature;

pub mod endpoint;

pub mod store;

pub mod monitor;
pub mod outbound;

pub mod report;

pub mod config;
pub mod render;

pub mod cli;
