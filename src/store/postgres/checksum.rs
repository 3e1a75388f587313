//! Refuses a stored event that is no longer the one that was emitted.

use super::error::PostgresError;
use crate::store::StoreError;
use crate::untrusted::Untrusted;

pub(super) use crate::store::checksum::EventContent;

impl EventContent<'_> {
    /// Refuses an event that is not the one that was emitted.
    pub(super) fn check(self, stored: i64) -> Result<(), PostgresError> {
        if self.is_sound(stored) { Ok(()) } else { Err(Self::altered(self.id)) }
    }

    /// The error that names an event that is not the one that was emitted.
    pub(super) fn altered(id: &str) -> PostgresError {
        let detail = format!("the stored event `{}` is not the one that was emitted", Untrusted(id));
        StoreError::Corrupt(detail).into()
    }
}
