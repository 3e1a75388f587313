//! Errors of signing and verifying.

/// Why a secret cannot be used. The secret itself is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Empty, or only white space.
    #[error("the secret is empty")]
    Empty,
    /// `whsec_` is followed by something that is not base64.
    #[error("the secret begins with whsec_ but the rest is not valid base64")]
    Base64,
    /// Not an Ed25519 key of Standard Webhooks.
    #[error("the key must be whsk_ (private) or whpk_ (public) and base64")]
    Pair,
    /// Not hex.
    #[error("the secret must be hex digits, which stand for the bytes of the key")]
    Hex,
    /// Neither a certificate nor a key that the scheme can use.
    #[error("the key must be a certificate or a public key in PEM, or a public key in base64")]
    Certificate,
    /// Not an Ed25519 public key in hex.
    #[error("the key must be an Ed25519 public key of 64 hex digits")]
    HexPublic,
}

/// Why a signature was refused. Each has a stable name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A header that the scheme needs is missing.
    #[error("the header `{0}` was not delivered")]
    HeaderNotDelivered(String),
    /// A header occurs more than once, so it is ambiguous.
    #[error("the header `{0}` was delivered more than once")]
    HeaderDoubled(String),
    /// A header is not text, or not of the scheme's form.
    #[error("the header `{header}` is malformed: {why}")]
    HeaderMalformed {
        /// The header.
        header: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The prefix of the code is missing.
    #[error("the signature does not begin with the prefix of its scheme")]
    PrefixMissing,
    /// The code is not hexadecimal.
    #[error("the code is not hexadecimal")]
    CodeNotHexadecimal,
    /// The code is not base64.
    #[error("the code is not base64")]
    CodeNotBase64,
    /// The code has another length than the algorithm's.
    #[error("the code is {given} bytes long, not {expected}")]
    CodeLength {
        /// What the algorithm gives.
        expected: usize,
        /// What was sent.
        given: usize,
    },
    /// The time is not a time in the scheme's form.
    #[error("the time in `{0}` is malformed")]
    TimeMalformed(String),
    /// The id is empty, too long, or has characters that make the signed content ambiguous.
    #[error("the id in `{0}` is malformed")]
    IdMalformed(String),
    /// The scheme signs the URL, and none was given.
    #[error("the scheme signs the URL the request was sent to, which is not known here")]
    UrlUnknown,
    /// The scheme signs the id under which the webhook is registered, and none was given.
    #[error("the scheme signs the id under which the webhook is registered with the sender, which is not known here")]
    RegisteredIdUnknown,
    /// The body does not hold the code, or not as the scheme writes it.
    #[error("the body has no signature in `{0}`")]
    CodeNotInBody(&'static str),
    /// The body is not the one whose hash the signed URL carries.
    #[error("the body is not the one whose hash is in the URL")]
    BodyHashMismatch,
    /// The code is well formed and belongs to other bytes or another secret.
    #[error("the signature does not match")]
    CodeMismatch,
    /// The signature is valid, but too old or from the future.
    #[error("the signature is valid, but its timestamp is outside the tolerance")]
    OutsideTolerance,
    /// The signature is valid, but the body lacks the time that its age is judged by.
    #[error("the signature is valid, but the body has no timestamp in `{0}`, so that its age is unknown")]
    TimeMissing(&'static str),
    /// The secret cannot be a key of this scheme.
    #[error("the secret cannot be used: {0}")]
    SecretUnusable(SecretError),
}

impl VerifyError {
    /// The stable name of the reason.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HeaderNotDelivered(_) => "header-not-delivered",
            Self::HeaderDoubled(_) => "header-doubled",
            Self::HeaderMalformed { .. } => "header-malformed",
            Self::PrefixMissing => "prefix-missing",
            Self::CodeNotHexadecimal => "code-not-hexadecimal",
            Self::CodeNotBase64 => "code-not-base64",
            Self::CodeLength { .. } => "code-length",
            Self::TimeMalformed(_) => "time-malformed",
            Self::IdMalformed(_) => "id-malformed",
            Self::UrlUnknown => "url-unknown",
            Self::RegisteredIdUnknown => "registered-id-unknown",
            Self::CodeNotInBody(_) => "code-not-in-body",
            Self::BodyHashMismatch => "body-hash-mismatch",
            Self::CodeMismatch => "code-mismatch",
            Self::OutsideTolerance => "outside-tolerance",
            Self::TimeMissing(_) => "time-missing",
            Self::SecretUnusable(_) => "secret-unusable",
        }
    }
}

/// Why a message cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// There is no key: an unsigned request is never made by accident.
    #[error("there is no secret to sign with")]
    NoKey,
    /// The key can only verify.
    #[error("a public key can only verify: signing needs the private one")]
    PublicKey,
    /// The id has a dot, white space or too many characters.
    #[error("the id must be 1 to 256 visible characters other than a dot")]
    Id,
    /// The scheme signs the URL, and none was given.
    #[error("the scheme signs the URL the request is sent to")]
    UrlUnknown,
    /// The scheme signs the id under which the webhook is registered, and none was given.
    #[error("the scheme signs the id under which the webhook is registered with the sender")]
    RegisteredIdUnknown,
    /// The code is part of the body, which only the sender can build.
    #[error("the scheme puts the signature into `{0}` of the body: it can be verified here, but not created")]
    InBody(&'static str),
    /// The scheme signs nothing: it sends the secret itself.
    #[error("the scheme sends the secret itself, which is not printed")]
    SecretItself,
    /// The algorithm is only verified, never used to sign.
    #[error("the scheme signs with SHA-1: it can be verified here, but not created")]
    VerifyOnly,
    /// The URL must carry the hash of the body.
    #[error("the scheme signs this body by its hash in the URL, which must be {0}")]
    UrlWithoutHash(String),
}
