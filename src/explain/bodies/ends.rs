//! Variants by white space and compression: outer newlines, spaces and byte order marks; line ends; gzip.

use std::io::Read as _;

use super::{Body, Transform, TransformList};
use crate::explain::cause::Cause as C;
use crate::signature::secret_check::BOM;

pub(super) const ENDS: TransformList = &[
    Transform::bytes(C::NewlineAdded, |body| {
        let rest = body.bytes.strip_suffix(b"\n")?;
        Some(rest.strip_suffix(b"\r").unwrap_or(rest).to_vec())
    }),
    Transform::bytes(C::NewlineAdded, |body| Some(body.bytes.strip_suffix(b"\n")?.to_vec())),
    Transform::bytes(C::NewlineLost, |body| Some([body.bytes, b"\n"].concat())),
    Transform::bytes(C::NewlineLost, |body| Some([body.bytes, b"\r\n"].concat())),
    Transform::bytes(C::SpaceAdded, |body| Some(body.bytes.trim_ascii().to_vec())),
    Transform::bytes(C::SpaceLost, |body| Some([body.bytes, b" "].concat())),
    Transform::bytes(C::SpaceLost, |body| Some([b" ", body.bytes].concat())),
    Transform::bytes(C::SpaceLost, |body| Some([b"\n", body.bytes].concat())),
    Transform::bytes(C::SpaceLost, |body| Some([body.bytes, b"\n\n"].concat())),
    Transform::bytes(C::SpaceLost, |body| Some([body.bytes, b"\r\n\r\n"].concat())),
    Transform::bytes(C::SpaceLost, |body| Some([b"\n", body.bytes, b"\n"].concat())),
];

pub(super) const LINES: TransformList = &[
    Transform::bytes(C::CrlfAdded, crlf_added),
    Transform::bytes(C::CrlfLost, |body| {
        let plain = !body.bytes.windows(2).any(|pair| pair == b"\r\n") && body.bytes.contains(&b'\n');
        plain.then(|| with_cr(body.bytes)).filter(|made| made.len() <= body.most())
    }),
    Transform::bytes(C::BomAdded, |body| Some(body.bytes.strip_prefix(BOM)?.to_vec())),
    Transform::bytes(C::BomLost, |body| (!body.bytes.starts_with(BOM)).then(|| [BOM, body.bytes].concat())),
];

/// Line ends and final newlines together, as editors and version control change them; tried before layouts of JSON.
pub(super) const LINES_AND_ENDS: TransformList = &[
    Transform::bytes(C::CrlfAdded, |body| without_newline(&crlf_added(body)?)).and(C::NewlineAdded),
    Transform::bytes(C::BomAdded, |body| crlf_of(body.bytes.strip_prefix(BOM)?)).and(C::CrlfAdded),
    Transform::bytes(C::BomAdded, |body| without_newline(body.bytes.strip_prefix(BOM)?)).and(C::NewlineAdded),
    Transform::bytes(C::CrlfAdded, |body| Some([crlf_added(body)?.as_slice(), b"\n"].concat())).and(C::NewlineLost),
    Transform::bytes(C::BomAdded, |body| without_newline(&crlf_of(body.bytes.strip_prefix(BOM)?)?)).and(C::CrlfAdded),
    Transform::bytes(C::CrlfAdded, |body| Some(crlf_added(body)?.trim_ascii().to_vec())).and(C::SpaceAdded),
];

fn crlf_added(body: &Body<'_>) -> Option<Vec<u8>> {
    crlf_of(body.bytes)
}

/// Newlines instead of CRLF; `None` without CRLF.
fn crlf_of(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(without_cr(bytes)).filter(|plain| plain.len() < bytes.len())
}

fn without_newline(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(bytes.strip_suffix(b"\n")?.to_vec())
}

pub(super) const UNPACKED: TransformList = &[Transform::bytes(C::GzipUnpacked, unpacked)];

fn without_cr(body: &[u8]) -> Vec<u8> {
    let kept = |(at, byte): (usize, &u8)| !(*byte == b'\r' && body.get(at + 1) == Some(&b'\n'));
    body.iter().enumerate().filter(|pair| kept(*pair)).map(|(_, byte)| *byte).collect()
}

fn with_cr(body: &[u8]) -> Vec<u8> {
    let byte = |byte: &'_ u8| -> &'static [u8] { if *byte == b'\n' { b"\r\n" } else { &[] } };
    let mut made = Vec::with_capacity(body.len() + body.len() / 16);
    for one in body {
        match byte(one) {
            [] => made.push(*one),
            end => made.extend_from_slice(end),
        }
    }
    made
}

/// The body decompressed from gzip or deflate (RFC 1950).
fn unpacked(body: &Body<'_>) -> Option<Vec<u8>> {
    let limit = body.most().max(4 * 1024 * 1024);
    let mut bytes = Vec::new();
    let read = match body.bytes {
        [0x1f, 0x8b, ..] => {
            flate2::read::MultiGzDecoder::new(body.bytes).take(limit as u64 + 1).read_to_end(&mut bytes)
        }
        [0x78, ..] => flate2::read::ZlibDecoder::new(body.bytes).take(limit as u64 + 1).read_to_end(&mut bytes),
        _ => return None,
    };
    (read.is_ok() && bytes.len() <= limit).then_some(bytes)
}
