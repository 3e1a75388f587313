//! Codes: what a signature header holds, read as exact bytes and written as text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::error::VerifyError;

/// How a code is written in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Lower-case hexadecimal; upper case is read too.
    Hex,
    /// Base64 with padding.
    Base64,
}

impl Encoding {
    /// Appends a code to `text`.
    pub fn write(self, code: &Code, text: &mut String) {
        let mut space = [0; TEXT_SPACE];
        let length = match self {
            Self::Hex => write_hex(code.as_bytes(), &mut space),
            Self::Base64 => BASE64.encode_slice(code.as_bytes(), &mut space).expect("room for the longest code"),
        };
        text.push_str(str::from_utf8(&space[..length]).expect("hex and base64 are ASCII"));
    }

    /// Reads a code of exactly `length` bytes; nothing may precede or follow it.
    pub fn decode(self, text: &str, length: usize) -> Result<Code, VerifyError> {
        match self {
            Self::Hex => decode_hex(text, length),
            Self::Base64 => decode_base64(text, length),
        }
    }

    /// How long a code of `bytes` bytes is as text.
    pub(super) const fn length(self, bytes: usize) -> usize {
        match self {
            Self::Hex => bytes * 2,
            Self::Base64 => bytes.div_ceil(3) * 4,
        }
    }

    /// Its name in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
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
    let mut code = Code::empty(length);
    let mut values = [0; TEXT_SPACE];
    let mut seen = 0;
    for (value, digit) in values.iter_mut().zip(text.bytes()) {
        *value = hex_value(digit);
        seen |= *value;
    }
    for (byte, pair) in code.bytes[..length].iter_mut().zip(values.as_chunks::<2>().0) {
        *byte = (pair[0] << 4) | (pair[1] & 15);
    }
    if seen < 16 { Ok(code) } else { Err(VerifyError::CodeNotHexadecimal) }
}

fn decode_base64(text: &str, length: usize) -> Result<Code, VerifyError> {
    if text.len() > CODE_SPACE / 3 * 4 {
        let given = BASE64.decode(text).map_err(|_| VerifyError::CodeNotBase64)?.len();
        return Err(VerifyError::CodeLength { expected: length, given });
    }
    let mut code = Code::empty(length);
    let given = BASE64.decode_slice(text, &mut code.bytes).map_err(|_| VerifyError::CodeNotBase64)?;
    if given == length { Ok(code) } else { Err(VerifyError::CodeLength { expected: length, given }) }
}

/// Room for the longest code, as whole groups of base64.
const CODE_SPACE: usize = 66;
/// Room for the longest code as hex.
const TEXT_SPACE: usize = CODE_SPACE * 2;

/// The decoded bytes of a signature.
#[derive(Clone, Copy)]
pub struct Code {
    bytes: [u8; CODE_SPACE],
    length: usize,
}

impl Code {
    /// A code of these bytes, of which there are at most as many as the longest algorithm gives.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut code = Self::empty(bytes.len());
        code.bytes[..bytes.len()].copy_from_slice(bytes);
        code
    }

    fn empty(length: usize) -> Self {
        Self { bytes: [0; CODE_SPACE], length }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", hex::encode(self.as_bytes()))
    }
}

/// The codes of one header: one in nearly every request, which then costs no allocation.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    first: Option<Code>,
    more: Vec<Code>,
}

impl Codes {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    /// In the order of the header.
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

/// The codes of a list, as far as they can be read.
#[derive(Default)]
pub(super) struct Readable {
    codes: Codes,
    fault: Option<VerifyError>,
}

impl Readable {
    /// Takes the next entry; a garbled one is passed over.
    pub(super) fn add(&mut self, encoding: Encoding, text: &str, length: usize) {
        match encoding.decode(text, length) {
            Ok(code) => self.codes.push(code),
            Err(refusal) => self.fault = self.fault.take().or(Some(refusal)),
        }
    }

    /// The codes; where not one could be read, the fault of the first or, without any, `missing`.
    pub(super) fn codes(self, missing: impl FnOnce() -> VerifyError) -> Result<Codes, VerifyError> {
        match (self.codes.first, self.fault) {
            (Some(_), _) => Ok(self.codes),
            (None, Some(fault)) => Err(fault),
            (None, None) => Err(missing()),
        }
    }
}
