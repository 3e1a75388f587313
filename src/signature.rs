//! Secrets, signature schemes, signing and verification.
//!
//! `facts` holds the vocabulary and knows no scheme; each scheme that needs code has a file in `schemes`; `registry` lists all of them.

mod certificate;
pub(crate) mod code;
mod error;
pub(crate) mod facts;
mod generic;
pub(crate) mod key;
pub(crate) mod message;
mod received;
pub(crate) mod registry;
pub(crate) mod scheme;
pub(crate) mod schemes;
mod secret;
pub mod secret_check;
pub mod shell_commands;
mod signer;
pub mod snippet;
pub(crate) mod verify;

pub use code::{Code, Codes, Encoding};
pub use error::{SecretError, SignError, VerifyError};
pub use facts::{Algorithm, ContentPart, KeyForm, Protects, SchemeFacts, TimeForm, Tolerance};
pub use generic::{Description, Generic, TemplateError};
pub use key::{Content, Key, STANDARD_PREFIX};
pub use message::{Message, is_id};
pub use received::Received;
pub use registry::{ORIGINAL, STANDARD, detect, detected_by, find, schemes};
pub use scheme::{Header, Scheme};
pub use secret::{Fingerprint, Secret};
pub use signer::{SignaturePair, Signer};
pub use verify::{TimeFact, Verification, sign, verify};
