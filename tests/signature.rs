//! Signatures against answers that are not our own.

mod signature {
    mod explained;
    mod known;
    mod mistakes;
    mod oracles;
    mod properties;
    mod strict;
    mod support;
}
