//! Twilio: signs the URL and the sorted form, or a URL that contains the hash of a JSON body.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::{Url, form_urlencoded};

use crate::signature::code::Encoding;
use crate::signature::facts::{Algorithm, ContentPart, SchemeFacts, body};
use crate::signature::message::{Message, feed};
use crate::signature::scheme::Scheme;

/// The query parameter that carries the SHA-256 of a body that is not a form.
const HASH: &str = "bodySHA256";

/// The signature scheme of Twilio.
#[derive(Debug)]
pub(in crate::signature) struct Twilio(SchemeFacts);

impl Twilio {
    pub(in crate::signature) fn new() -> Self {
        let facts = body("twilio", "Twilio", "x-twilio-signature", Encoding::Base64);
        Self(facts.signed(&[ContentPart::Url, ContentPart::Form]).algorithm(Algorithm::HmacSha1))
    }
}

impl Scheme for Twilio {
    fn facts(&self) -> &SchemeFacts {
        &self.0
    }

    /// The URL as given, with the default port of its scheme, and without any port.
    fn urls<'a>(&self, url: &'a str) -> Vec<Cow<'a, str>> {
        let mut urls = vec![Cow::Borrowed(url)];
        for other in [with_port(url), without_port(url)].into_iter().flatten() {
            if !urls.contains(&Cow::Borrowed(other.as_str())) {
                urls.push(Cow::Owned(other));
            }
        }
        urls
    }

    fn url_for<'a>(&self, url: &'a str, body: &[u8]) -> Cow<'a, str> {
        if body.is_empty() || looks_like_form(body) || hash_in(url).is_some_and(|hash| is_hash_of(&hash, body)) {
            return Cow::Borrowed(url);
        }
        let joint = if url.contains('?') { '&' } else { '?' };
        Cow::Owned(format!("{url}{joint}{HASH}={}", hex::encode(Sha256::digest(body))))
    }

    fn body_matches_url(&self, url: &str, body: &[u8]) -> bool {
        hash_in(url).is_none_or(|hash| is_hash_of(&hash, body))
    }

    fn feed(&self, message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
        let parts: &[ContentPart] =
            if hash_in(message.url).is_some() { &[ContentPart::Url] } else { &[ContentPart::Url, ContentPart::Form] };
        feed(parts, message, sink);
    }
}

fn is_hash_of(hash: &str, body: &[u8]) -> bool {
    hex::decode(hash).is_ok_and(|hash| bool::from(hash.ct_eq(Sha256::digest(body).as_slice())))
}

fn hash_in(url: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == HASH).map(|(_, value)| value.into_owned())
}

fn looks_like_form(body: &[u8]) -> bool {
    body.contains(&b'=') && !body.starts_with(b"{") && !body.starts_with(b"[") && body.iter().all(u8::is_ascii_graphic)
}

/// The same URL with the default port written out.
pub(crate) fn with_port(url: &str) -> Option<String> {
    let parsed = Url::parse(url).ok()?;
    let authority = authority(url)?;
    if has_port(authority) {
        return None;
    }
    Some(url.replacen(authority, &format!("{authority}:{}", parsed.port_or_known_default()?), 1))
}

/// The same URL without its port.
pub(crate) fn without_port(url: &str) -> Option<String> {
    let authority = authority(url)?;
    let (host, _) = has_port(authority).then(|| authority.rsplit_once(':'))??;
    Some(url.replacen(authority, host, 1))
}

fn authority(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())
}

fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_added_and_removed() {
        assert_eq!(with_port("https://h.example/a").as_deref(), Some("https://h.example:443/a"));
        assert_eq!(without_port("https://h.example:8443/a?b=:1").as_deref(), Some("https://h.example/a?b=:1"));
        assert_eq!(with_port("https://h.example:1/a"), None);
        assert_eq!(without_port("https://h.example/a"), None);
        assert_eq!(with_port("https://"), None);
    }
}
