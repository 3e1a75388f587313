//! The payload of deliveries.

use serde::{Deserialize, Serialize};

/// What deliveries to an endpoint carry: the event's data as emitted, or the whole record.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::EnumString, strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Payload {
    /// The data of the event, as it was emitted.
    #[default]
    Event,
    /// The whole record after the event was merged, for receivers that overwrite missing fields. Events of custom types, which
    /// have no record, are sent as emitted.
    Full,
}

impl Payload {
    /// Its name in the configuration and in JSON.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
