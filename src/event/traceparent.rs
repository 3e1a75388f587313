//! The place of an event in a distributed trace: `traceparent` of W3C Trace Context.

use std::fmt;

/// Why a text is no traceparent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a traceparent has the form VERSION-TRACE_ID-PARENT_ID-FLAGS in lower-case hex, such as \
     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01; neither id may be all zeros"
)]
pub struct InvalidTraceparent;

/// A checked `traceparent`, in the form of version 00: see <https://www.w3.org/TR/trace-context/#traceparent-header>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traceparent(String);

/// The length of version 00: `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const LENGTH: usize = 55;

impl Traceparent {
    /// Checks a header's value.
    ///
    /// Of a later version the parts that version 00 has are kept, with no flag but `sampled`, as the specification asks for.
    pub fn parse(text: &str) -> Result<Self, InvalidTraceparent> {
        let is_ours = text.starts_with("00-");
        let (known, rest) = text.split_at_checked(LENGTH).ok_or(InvalidTraceparent)?;
        let is_complete = rest.is_empty() || (!is_ours && rest.starts_with('-'));
        let parts: Vec<&str> = known.split('-').collect();
        let [version, trace, parent, flags] = parts[..] else { return Err(InvalidTraceparent) };
        let is_right = is_complete
            && is_hex(version, 2)
            && version != "ff"
            && [(trace, 32), (parent, 16)].into_iter().all(|(id, length)| is_hex(id, length) && !is_zero(id))
            && is_hex(flags, 2);
        if !is_right {
            return Err(InvalidTraceparent);
        }
        let is_sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
        Ok(match is_ours {
            true => Self(text.to_owned()),
            false => Self(format!("00-{trace}-{parent}-0{}", u8::from(is_sampled))),
        })
    }

    /// A value from the store, which was checked before.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(id: &str) -> bool {
    id.bytes().all(|b| b == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_the_specification_forbids_is_refused() {
        assert_eq!(Traceparent::parse(GOOD).expect("the example of the specification").as_str(), GOOD);
        let zero_trace = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
        let zero_parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16));
        let wrong: [&str; 13] = [
            "",
            "00",
            &GOOD[..54],
            &GOOD.to_uppercase(),
            &format!("{GOOD}-"),
            &format!("{GOOD}\n"),
            &GOOD.replacen("00-", "ff-", 1),
            &GOOD.replacen("00-", "0g-", 1),
            &GOOD.replace('-', "_"),
            &zero_trace,
            &zero_parent,
            &format!("cc{}extra", &GOOD[2..]),
            &format!("{}\u{e9}", &GOOD[..54]),
        ];
        for text in wrong {
            assert!(Traceparent::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_later_version_is_passed_on_as_far_as_it_is_known() {
        let later = |flags: &str| format!("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}-more");
        assert_eq!(Traceparent::parse(&later("03")).expect("a later version").as_str(), GOOD);
        assert!(Traceparent::parse(&later("02")).expect("a later version").as_str().ends_with("-00"));
    }
}
