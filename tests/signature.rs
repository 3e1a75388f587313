//! Signatures against answers that are not our own.

#[path = "support/tools.rs"]
#[expect(dead_code, unreachable_pub, reason = "only a part of it is used")]
mod tools;

mod signature {
    mod explained;
    mod habits;
    mod known;
    mod mistakes;
    mod oracles;
    mod properties;
    mod requests;
    mod senders;
    mod sentences;
    mod strict;
    mod support;
}
