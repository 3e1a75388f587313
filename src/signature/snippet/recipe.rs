//! The recipe of a snippet: the signed pieces, the key, and how the code is written.

use crate::signature::code::{Code, Encoding};
use crate::signature::facts::{Algorithm, KeyForm};
use crate::signature::message::Message;
use crate::signature::scheme::Scheme;

/// Where a snippet takes the secret and the body from.
#[derive(Clone, Copy, Debug)]
pub struct SnippetInputs<'a> {
    /// The environment variable of the secret.
    pub secret: &'a str,
    /// The file of the body.
    pub body: &'a str,
    /// Whether the secret has the `whsec_` form, which some schemes have to decode.
    pub encoded: bool,
}

/// A piece of the signed content in a snippet of code.
pub(super) enum ContentPiece {
    Text(String),
    Body,
}

/// How a snippet of code turns the secret's text into a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretDecoding {
    Text,
    /// Base64 after `whsec_`.
    Whsec,
    Hex,
}

/// The steps by which a snippet of code computes a signature.
pub(super) struct Recipe<'a> {
    pub(super) pieces: Vec<ContentPiece>,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: Encoding,
    pub(super) secret: SecretDecoding,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) sources: SnippetInputs<'a>,
}

impl<'a> Recipe<'a> {
    pub(super) fn of(scheme: &dyn Scheme, message: &Message<'_>, sources: SnippetInputs<'a>) -> Self {
        let facts = scheme.facts();
        let (before, after) = around_the_code(scheme, message);
        Self {
            pieces: pieces(scheme, message),
            algorithm: facts.algorithm,
            encoding: facts.encoding,
            secret: match facts.key_form {
                KeyForm::Standard if sources.encoded => SecretDecoding::Whsec,
                KeyForm::Hex => SecretDecoding::Hex,
                KeyForm::Standard
                | KeyForm::Text
                | KeyForm::StandardPair
                | KeyForm::HexPublic
                | KeyForm::Certificate => SecretDecoding::Text,
            },
            before,
            after,
            sources,
        }
    }

    pub(super) fn hash(&self) -> &'static str {
        match self.algorithm {
            Algorithm::HmacSha1 | Algorithm::RsaSha1 => "sha1",
            Algorithm::HmacSha512 => "sha512",
            Algorithm::HmacSha256
            | Algorithm::SecretThenSha256
            | Algorithm::Token
            | Algorithm::Ed25519
            | Algorithm::EcdsaP256
            | Algorithm::RsaSha256 => "sha256",
        }
    }

    pub(super) fn is_pair(&self) -> bool {
        self.algorithm == Algorithm::Ed25519
    }

    /// Whether the code is a hash of the secret followed by the content.
    pub(super) fn is_hash(&self) -> bool {
        self.algorithm == Algorithm::SecretThenSha256
    }

    /// The pieces of the content as expressions, the body as `body`.
    pub(super) fn expressions(&self, text: fn(&str) -> String, body: &str) -> Vec<String> {
        let expression = |piece: &ContentPiece| match piece {
            ContentPiece::Text(content) => text(content),
            ContentPiece::Body => body.to_owned(),
        };
        self.pieces.iter().map(expression).collect()
    }

    /// The expression of the header's value, with the code in its place.
    pub(super) fn around(&self, quote: fn(&str) -> String, code: &str, join: &str) -> String {
        let text = |text: &str| (!text.is_empty()).then(|| quote(text));
        let parts = [text(&self.before), Some(code.to_owned()), text(&self.after)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(join)
    }
}

/// The signed content as fixed texts and the body.
fn pieces(scheme: &dyn Scheme, message: &Message<'_>) -> Vec<ContentPiece> {
    let mut pieces = Vec::new();
    scheme.feed(message, &mut |bytes| {
        if std::ptr::eq(bytes, message.body) {
            pieces.push(ContentPiece::Body);
        } else if let Some(ContentPiece::Text(text)) = pieces.last_mut() {
            text.push_str(&String::from_utf8_lossy(bytes));
        } else {
            pieces.push(ContentPiece::Text(String::from_utf8_lossy(bytes).into_owned()));
        }
    });
    pieces
}

/// The parts of the signature header before and after the code.
fn around_the_code(scheme: &dyn Scheme, message: &Message<'_>) -> (String, String) {
    let facts = scheme.facts();
    let code = Code::new(&vec![0x5a; facts.algorithm.code_length().unwrap_or(32)]);
    let mut written = String::new();
    facts.encoding.write(&code, &mut written);
    let value = scheme.value(message, &code.into());
    let (before, after) = value.split_once(&written).unwrap_or(("", ""));
    (before.to_owned(), after.to_owned())
}

/// A JSON string literal, which JavaScript, Python and Go read alike.
pub(super) fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
