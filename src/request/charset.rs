//! Decodes a file from any Unicode encoding that an editor or a shell saved it in.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The number of bytes that are checked for UTF-16 without a byte order mark.
const PROBE: usize = 64;

/// The bytes of a file as UTF-8, and the name of its encoding if that was another one.
///
/// Bytes that are neither marked as UTF-16 nor look like it stay as they are: a body may be anything.
pub(super) fn decoded(file: &[u8]) -> (Cow<'_, [u8]>, Option<&'static str>) {
    let (encoding, marked) = Encoding::for_bom(file).unwrap_or_else(|| (unmarked(file), 0));
    let text = &file[marked..];
    if encoding == UTF_8 {
        return (Cow::Borrowed(text), None);
    }
    let (text, _) = encoding.decode_without_bom_handling(text);
    (Cow::Owned(text.into_owned().into_bytes()), Some(encoding.name()))
}

/// ASCII in UTF-16 has a zero in every second byte.
fn unmarked(file: &[u8]) -> &'static Encoding {
    let probe = &file[..file.len().min(PROBE)];
    let is_zero = |parity: usize| {
        let (zeros, others): (Vec<_>, Vec<_>) = probe.iter().enumerate().partition(|(at, _)| at % 2 == parity);
        zeros.len() >= 4 && zeros.iter().all(|(_, byte)| **byte == 0) && others.iter().all(|(_, byte)| **byte != 0)
    };
    match (is_zero(0), is_zero(1)) {
        (true, _) => UTF_16BE,
        (_, true) => UTF_16LE,
        _ => UTF_8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_told_by_its_mark_or_by_its_zeros_and_other_bytes_stay() {
        let text = "POST /é HTTP/1.1\r\n";
        let units = |swap: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(swap).collect::<Vec<u8>>();
        let (little, big) = (units(u16::to_le_bytes), units(u16::to_be_bytes));
        let marked = [b"\xff\xfe", little.as_slice()].concat();
        for (file, name) in [(&little, "UTF-16LE"), (&big, "UTF-16BE"), (&marked, "UTF-16LE")] {
            let (decoded, encoding) = decoded(file);
            assert_eq!((decoded.as_ref(), encoding), (text.as_bytes(), Some(name)));
        }
        for plain in [&b"\xff\x00{}"[..], b"POST / HTTP/1.1\r\n", b"", b"\0\0\0\0\0\0\0\0"] {
            assert_eq!(decoded(plain), (Cow::Borrowed(plain), None));
        }
        assert_eq!(decoded(b"\xef\xbb\xbf{}").0.as_ref(), b"{}");
    }
}
