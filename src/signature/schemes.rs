//! The signature schemes that need code, a file each; the others are rows of the registry.

pub(super) mod adyen;
pub(super) mod contentful;
pub(super) mod discord;
pub(super) mod hub;
pub(super) mod hubspot;
pub(super) mod linear;
pub(super) mod mailgun;
pub(super) mod mercado_pago;
pub(super) mod name_value_pairs;
pub(super) mod paypal;
pub(super) mod second_header;
pub(super) mod sns;
pub(super) mod standard;
pub(crate) mod twilio;
