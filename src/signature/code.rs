//! Codes: the values of signatures, decoded from text to exact bytes and encoded again.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL};

use super::error::VerifyError;

/// How a signature is written in a header: hex, base64, …
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Lower-case hexadecimal; upper case is read too.
    Hex,
    /// Base64 with padding.
    Base64,
    /// Base64 with `-` and `_`, without padding.
    Base64Url,
    /// Plain visible ASCII.
    Text,
}

impl Encoding {
    /// Appends a code to `text`.
    pub fn write(self, code: &Code, text: &mut String) {
        let bytes = code.as_bytes();
        if bytes.len() > CODE_SPACE || self == Self::Text {
            return self.write_long(bytes, text);
        }
        let mut space = [0; TEXT_SPACE];
        let length = match self {
            Self::Hex => write_hex(bytes, &mut space),
            Self::Base64Url => BASE64_URL.encode_slice(bytes, &mut space).expect("room for a short code"),
            Self::Base64 | Self::Text => BASE64.encode_slice(bytes, &mut space).expect("room for a short code"),
        };
        text.push_str(str::from_utf8(&space[..length]).expect("hex and base64 are ASCII"));
    }

    fn write_long(self, bytes: &[u8], text: &mut String) {
        match self {
            Self::Hex => text.push_str(&hex::encode(bytes)),
            Self::Base64 => BASE64.encode_string(bytes, text),
            Self::Base64Url => BASE64_URL.encode_string(bytes, text),
            Self::Text => text.push_str(&String::from_utf8_lossy(bytes)),
        }
    }

    /// Reads a code of exactly `length` bytes, or of any length where it is not known; nothing may precede or follow it.
    pub fn decode(self, text: &str, length: impl Into<Option<usize>>) -> Result<Code, VerifyError> {
        match (self, length.into()) {
            (Self::Hex, Some(length)) => decode_hex(text, length),
            (Self::Base64, Some(length)) => decode_base64(text, length),
            (_, length) => self.decode_any(text, length),
        }
    }

    fn decode_any(self, text: &str, length: Option<usize>) -> Result<Code, VerifyError> {
        let bytes = match self {
            Self::Hex => hex::decode(text).map_err(|_| VerifyError::CodeNotHexadecimal)?,
            Self::Base64 => BASE64.decode(text).map_err(|_| VerifyError::CodeNotBase64)?,
            Self::Base64Url => BASE64_URL.decode(text).map_err(|_| VerifyError::CodeNotBase64)?,
            Self::Text => text.as_bytes().to_vec(),
        };
        match length.unwrap_or(bytes.len().clamp(1, MOST_BYTES)) {
            expected if expected == bytes.len() => Ok(Code::new(&bytes)),
            expected => Err(VerifyError::CodeLength { expected, given: bytes.len() }),
        }
    }

    /// The length of a code of `bytes` bytes as text.
    pub(super) const fn length(self, bytes: usize) -> usize {
        match self {
            Self::Hex => bytes * 2,
            Self::Base64 | Self::Base64Url => bytes.div_ceil(3) * 4,
            Self::Text => bytes,
        }
    }

    /// Its name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
            Self::Text => "as it is",
        }
    }
}

/// Lower-case hex, without branches: with them it costs a tenth of a short HMAC.
fn write_hex(bytes: &[u8], text: &mut [u8]) -> usize {
    let digit = |value: u8| value + if value < 10 { b'0' } else { b'a' - 10 };
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = digit(byte >> 4);
        pair[1] = digit(byte & 15);
    }
    bytes.len() * 2
}

/// The value of a hexadecimal digit, and 255 for any other byte.
const fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => u8::MAX,
    }
}

fn decode_hex(text: &str, length: usize) -> Result<Code, VerifyError> {
    if text.len() != 2 * length {
        let hex = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        let given = text.len().div_ceil(2);
        return Err(if hex {
            VerifyError::CodeLength { expected: length, given }
        } else {
            VerifyError::CodeNotHexadecimal
        });
    }
    let mut bytes = [0; CODE_SPACE];
    let mut values = [0; TEXT_SPACE];
    let mut seen = 0;
    for (value, digit) in values.iter_mut().zip(text.bytes()) {
        *value = hex_value(digit);
        seen |= *value;
    }
    for (byte, pair) in bytes[..length].iter_mut().zip(values.as_chunks::<2>().0) {
        *byte = (pair[0] << 4) | (pair[1] & 15);
    }
    if seen < 16 { Ok(Code(CodeBytes::Short { bytes, length })) } else { Err(VerifyError::CodeNotHexadecimal) }
}

fn decode_base64(text: &str, length: usize) -> Result<Code, VerifyError> {
    if text.len() > CODE_SPACE / 3 * 4 {
        let given = BASE64.decode(text).map_err(|_| VerifyError::CodeNotBase64)?.len();
        return Err(VerifyError::CodeLength { expected: length, given });
    }
    let mut bytes = [0; CODE_SPACE];
    let given = BASE64.decode_slice(text, &mut bytes).map_err(|_| VerifyError::CodeNotBase64)?;
    let is_whole = given == length;
    if is_whole {
        Ok(Code(CodeBytes::Short { bytes, length }))
    } else {
        Err(VerifyError::CodeLength { expected: length, given })
    }
}

/// Bytes for the codes of HMAC and Ed25519, as whole groups of base64.
const CODE_SPACE: usize = 66;
/// Bytes for the same codes in hex.
const TEXT_SPACE: usize = CODE_SPACE * 2;
/// The longest code, in bytes, for algorithms without a fixed length.
const MOST_BYTES: usize = 1024;

/// A signature as decoded bytes.
#[derive(Clone)]
pub struct Code(CodeBytes);

/// The bytes of a signature. Short ones, which are nearly all, need no allocation.
#[derive(Clone)]
enum CodeBytes {
    Short { bytes: [u8; CODE_SPACE], length: usize },
    Long(Box<[u8]>),
}

impl Code {
    /// A code of these bytes.
    pub(crate) fn new(code: &[u8]) -> Self {
        let mut bytes = [0; CODE_SPACE];
        match bytes.get_mut(..code.len()) {
            Some(space) => space.copy_from_slice(code),
            None => return Self(CodeBytes::Long(code.into())),
        }
        Self(CodeBytes::Short { bytes, length: code.len() })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            CodeBytes::Short { bytes, length } => &bytes[..*length],
            CodeBytes::Long(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", hex::encode(self.as_bytes()))
    }
}

/// The signatures of one header. A single one, as in nearly every request, needs no allocation.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    first: Option<Code>,
    more: Vec<Code>,
}

impl Codes {
    /// The number of codes.
    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    /// The codes in the order of the header.
    pub fn iter(&self) -> impl Iterator<Item = &Code> {
        self.first.iter().chain(&self.more)
    }

    fn push(&mut self, code: Code) {
        match self.first {
            None => self.first = Some(code),
            Some(_) => self.more.push(code),
        }
    }
}

impl From<Code> for Codes {
    fn from(code: Code) -> Self {
        Self { first: Some(code), more: Vec::new() }
    }
}

impl FromIterator<Code> for Codes {
    fn from_iter<I: IntoIterator<Item = Code>>(codes: I) -> Self {
        let mut all = Self::default();
        codes.into_iter().for_each(|code| all.push(code));
        all
    }
}

/// Collects the signatures of a list, leaving out what cannot be decoded.
#[derive(Default)]
pub(super) struct CodeCollector {
    codes: Codes,
    fault: Option<VerifyError>,
}

impl CodeCollector {
    /// Adds the next entry; an undecodable one is skipped.
    pub(super) fn add(&mut self, read: Result<Code, VerifyError>) {
        match read {
            Ok(code) => self.codes.push(code),
            Err(refusal) => self.fault = self.fault.take().or(Some(refusal)),
        }
    }

    /// The codes. If none could be decoded, the error of the first entry or, without entries, `missing`.
    pub(super) fn codes(self, missing: impl FnOnce() -> VerifyError) -> Result<Codes, VerifyError> {
        match (self.codes.len(), self.fault) {
            (1.., _) => Ok(self.codes),
            (0, Some(fault)) => Err(fault),
            (0, None) => Err(missing()),
        }
    }
}
