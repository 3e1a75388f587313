//! Reads when the certificates of a file expire. Nothing is verified.

use std::path::Path;

use super::tls;
use crate::clock::Timestamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// When each certificate of a PEM file expires, in the order of the file. An error says why that is not known.
pub fn ends(path: &Path) -> Result<Vec<Timestamp>, String> {
    let unreadable = || format!("{} holds a certificate that cannot be read", path.display());
    tls::certificates(path)?.iter().map(|it| not_after(it.as_ref()).ok_or_else(unreadable)).collect()
}

/// `notAfter` of a certificate in DER (RFC 5280, 4.1).
fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut signed, _) = element(certificate, SEQUENCE)?;
    if signed.first() == Some(&VERSION) {
        signed = skip(signed)?;
    }
    // Serial number, algorithm of the signature, issuer.
    let validity = skip(skip(skip(signed)?)?)?;
    let (validity, _) = element(validity, SEQUENCE)?;
    time(skip(validity)?)
}

/// The content of the first element, if it has that tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = first(der)?;
    (found == tag).then_some((content, rest))
}

fn skip(der: &[u8]) -> Option<&[u8]> {
    first(der).map(|(_, _, rest)| rest)
}

/// The tag and content of the first element, and what follows it.
fn first(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// A time, which a certificate always writes with seconds and in UTC.
fn time(der: &[u8]) -> Option<Timestamp> {
    let (tag, content, _) = first(der)?;
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let digits = match tag {
        // A two-digit year from 50 on is of the last century.
        UTC_TIME if digits.get(..2)? < "50" => format!("20{digits}"),
        UTC_TIME => format!("19{digits}"),
        GENERALIZED_TIME => digits.to_owned(),
        _ => return None,
    };
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| &digits[from..to];
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let (hour, minute, second) = (part(8, 10), part(10, 12), part(12, 14));
    Timestamp::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_forms_are_read_and_others_are_not() {
        let read = |tag: u8, text: &str| {
            let mut der = vec![tag, u8::try_from(text.len()).expect("short")];
            der.extend_from_slice(text.as_bytes());
            time(&der).map(|time| time.to_string())
        };
        assert_eq!(read(UTC_TIME, "261031120000Z").as_deref(), Some("2026-10-31T12:00:00.000Z"));
        assert_eq!(read(UTC_TIME, "500101000000Z").as_deref(), Some("1950-01-01T00:00:00.000Z"));
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z").as_deref(), Some("2050-01-01T00:00:00.000Z"));
        for (tag, text) in [(UTC_TIME, "2610311200Z"), (UTC_TIME, "261331120000Z"), (0x04, "261031120000Z")] {
            assert_eq!(read(tag, text), None, "{text}");
        }
    }

    #[test]
    fn a_certificate_that_is_cut_off_has_no_end() {
        assert_eq!(not_after(&[0x30, 0x82, 0x01]), None);
        assert_eq!(not_after(&[0x30, 0x03, 0x30, 0x01, 0x02]), None);
        assert_eq!(not_after(&[]), None);
    }
}
