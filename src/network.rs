//! Network connections: address checks, TLS, failures in words, and a general HTTP client for where speed does not matter.
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

/// The default `User-Agent`.
pub const AGENT: &str = concat!("syncctl/", env!("CARGO_PKG_VERSION"));
