//! Calling other places: how a connection is opened, who is trusted, what failures are called, and an HTTP client for where speed
//! is not the point.
//!
//! The address rules ([`Egress`](crate::endpoint::Egress)) hold for every connection. Deliveries have clients of their own in
//! [`outbound`](crate::outbound); all trust the same certificates and use the same words.

pub mod certificate;
mod client;
pub mod connect;
pub mod failure;
pub mod failure_text;
pub mod tls;

pub use client::{HttpClient, HttpResponse};

/// What we call ourselves to servers.
pub const AGENT: &str = concat!("syncctl/", env!("CARGO_PKG_VERSION"));
