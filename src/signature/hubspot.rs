//! HubSpot v3: the method, the address with some escapes undone, the body and the time in milliseconds.

use super::code::Encoding;
use super::facts::{Facts, Part, TimeForm, Tolerance, body};
use super::message::{Message, feed};
use super::scheme::Scheme;

const SIGNED: &[Part] = &[Part::Method, Part::Url, Part::Body, Part::Time];

/// The escapes that HubSpot undoes before it signs an address.
const UNDONE: &[(&str, &str)] = &[
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

/// The scheme of HubSpot, version 3.
#[derive(Debug)]
pub(super) struct HubSpot(Facts);

impl HubSpot {
    pub(super) fn new() -> Self {
        Self(
            body("hubspot", "HubSpot v3", "x-hubspot-signature-v3", Encoding::Base64)
                .time("x-hubspot-request-timestamp", TimeForm::Millis)
                .signed(SIGNED)
                .limit(Tolerance::seconds(300)),
        )
    }
}

impl Scheme for HubSpot {
    fn facts(&self) -> &Facts {
        &self.0
    }

    fn feed(&self, message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
        let url = undo_escapes(message.url);
        feed(SIGNED, &Message { url: &url, ..*message }, sink);
    }
}

fn undo_escapes(url: &str) -> String {
    UNDONE.iter().fold(url.to_owned(), |url, (escape, plain)| {
        url.replace(escape, plain).replace(&escape.to_ascii_lowercase(), plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_escapes_are_undone() {
        assert_eq!(undo_escapes("https://h/a%2Fb%3fc%20d%25"), "https://h/a/b?c%20d%25");
    }
}
