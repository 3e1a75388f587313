//! Programs that recompute a signature elsewhere, one file a language.

mod go;
mod node;
mod openssl;
mod php;
mod python;
mod recipe;

use strum::{IntoStaticStr, VariantArray};

use super::facts::Algorithm;
use super::message::Message;
use super::scheme::Scheme;
use recipe::Recipe;
pub use recipe::SnippetInputs;

/// The programming languages in which `sign --snippet` writes an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Language {
    /// A shell with openssl.
    Openssl,
    /// Node.js, without packages.
    Node,
    /// Python 3; Ed25519 needs the package `cryptography`.
    Python,
    /// PHP; Ed25519 needs its sodium extension, which comes with it.
    Php,
    /// Go, without modules.
    Go,
}

impl Language {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A program that recomputes the value of a scheme's signature header for a message and prints it.
///
/// The body is read from a file, byte for byte, and the secret from the environment: neither is in the text. There is none for
/// certificates, and none for what is not signed here.
pub fn snippet(
    language: Language,
    scheme: &dyn Scheme,
    message: &Message<'_>,
    sources: SnippetInputs<'_>,
) -> Option<String> {
    let has_certificate = matches!(scheme.facts().algorithm, Algorithm::EcdsaP256 | Algorithm::RsaSha256);
    if has_certificate || scheme.can_sign().is_err() {
        return None;
    }
    let recipe = Recipe::of(scheme, message, sources);
    Some(match language {
        Language::Openssl => openssl::program(&recipe),
        Language::Node => node::program(&recipe),
        Language::Python => python::program(&recipe),
        Language::Php => php::program(&recipe),
        Language::Go => go::program(&recipe),
    })
}
