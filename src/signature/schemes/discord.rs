//! Discord: Ed25519 over time and body. Its timestamp has no documented limit.

use crate::signature::code::Encoding;
use crate::signature::facts::{Algorithm, KeyForm, SchemeFacts, TIME_BODY, TimeForm, body};

/// The facts of Discord; the application's public key, in hex, verifies.
pub(in crate::signature) fn discord() -> SchemeFacts {
    let facts = body("discord", "Discord", "x-signature-ed25519", Encoding::Hex)
        .time("x-signature-timestamp", TimeForm::Seconds)
        .signed(TIME_BODY)
        .algorithm(Algorithm::Ed25519);
    SchemeFacts { key_form: KeyForm::HexPublic, ..facts }
}
