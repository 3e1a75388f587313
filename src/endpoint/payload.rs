//! What an endpoint is sent of an event.

use serde::{Deserialize, Serialize};

/// What an endpoint is sent: the change as it was emitted, or the whole record.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::EnumString, strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Payload {
    /// The data of the event, as it was emitted.
    #[default]
    Event,
    /// The whole record that the event is about, as it stands once the event is merged: for receivers that overwrite what is
    /// missing. Events of custom types, which have no record, are sent as they were emitted.
    Full,
}

impl Payload {
    /// Its name in the configuration and in JSON.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
