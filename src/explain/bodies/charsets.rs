//! Variants by character encoding: other encodings, and text decoded with the wrong one.

use encoding_rs::WINDOWS_1252;
use unicode_normalization::UnicodeNormalization as _;

use super::{Body, Transform, TransformList};
use crate::explain::cause::Cause as C;
use crate::signature::secret_check::BOM;

pub(super) const CHARSETS: TransformList = &[
    Transform::text(C::Utf16, |body| Some(body.text?.encode_utf16().flat_map(u16::to_le_bytes).collect())),
    Transform::text(C::Utf16, |body| Some(body.text?.encode_utf16().flat_map(u16::to_be_bytes).collect())),
    Transform::bytes(C::Utf16, |body| Some(of_utf16(body.bytes)?.into_bytes())),
    Transform::bytes(C::Utf16, |body| Some(of_utf16(body.bytes)?.trim_end().to_owned().into_bytes())),
    Transform::text(C::Latin1, |body| body.text?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()),
    Transform::bytes(C::ReadAsLatin1, |body| {
        let read = || body.bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes();
        (!body.bytes.is_ascii()).then(read)
    }),
    Transform::text(C::Windows1252, |body| {
        let (bytes, _, failed) = WINDOWS_1252.encode(body.text.filter(|text| !text.is_ascii())?);
        (!failed).then(|| bytes.into_owned())
    }),
    Transform::bytes(C::ReadAsWindows1252, |body| {
        (!body.bytes.is_ascii())
            .then(|| WINDOWS_1252.decode_without_bom_handling(body.bytes).0.into_owned().into_bytes())
    }),
    Transform::text(C::UnicodeNfd, |body| normal(body, |text| text.nfd().collect())),
    Transform::text(C::UnicodeNfc, |body| normal(body, |text| text.nfc().collect())),
];

/// The text in a Unicode normal form; `None` for ASCII, which is equal in all.
fn normal(body: &Body<'_>, form: fn(&str) -> String) -> Option<Vec<u8>> {
    body.text.filter(|text| !text.is_ascii()).map(|text| form(text).into_bytes())
}

/// The text of UTF-16 with a byte order mark, or without one if most of the second bytes are zero, as in ASCII.
pub(super) fn of_utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let zeros = |at: usize| !pairs.is_empty() && pairs.iter().filter(|pair| pair[at] == 0).count() * 2 > pairs.len();
    let units = |from: fn([u8; 2]) -> u16| pairs.iter().map(move |pair| from(*pair));
    if !rest.is_empty() {
        return None;
    }
    let text = match bytes {
        [0xff, 0xfe, ..] => String::from_utf16(&units(u16::from_le_bytes).skip(1).collect::<Vec<_>>()),
        [0xfe, 0xff, ..] => String::from_utf16(&units(u16::from_be_bytes).skip(1).collect::<Vec<_>>()),
        _ if zeros(1) => String::from_utf16(&units(u16::from_le_bytes).collect::<Vec<_>>()),
        _ if zeros(0) => String::from_utf16(&units(u16::from_be_bytes).collect::<Vec<_>>()),
        _ => return None,
    };
    text.ok().filter(|text| !text.as_bytes().starts_with(BOM))
}
