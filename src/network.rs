//! Calling other places over HTTP: who is trusted, what failures are called, and a client for where speed is not the point.
//!
//! The address rules ([`Egress`](crate::endpoint::Egress)) hold for every request. Deliveries have a client of their own in
//! [`outbound`](crate::outbound), the hot path; both trust the same certificates and use the same words.

mod client;
pub mod failure_text;
pub mod tls;

pub use client::{HttpClient, HttpResponse};

/// What we call ourselves to servers.
pub const AGENT: &str = concat!("syncctl/", env!("CARGO_PKG_VERSION"));
