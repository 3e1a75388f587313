//! A received request, whose signature can be verified.

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};

use super::error::VerifyError;

/// A received request as schemes read it: method, URL, headers, body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The method; `POST` if unknown.
    pub method: Method,
    /// The URL it was sent to, when that is known.
    pub url: Option<String>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: Bytes,
    /// The id under which the webhook is registered with its sender, for schemes that sign it.
    pub registered_id: Option<String>,
}

impl Received {
    /// The value of a header that must occur exactly once.
    pub fn the_header(&self, name: &HeaderName) -> Result<&str, VerifyError> {
        let mut single = SingleHeader::default();
        self.headers.get_all(name).iter().for_each(|value| single.add(value));
        single.text(name)
    }

    /// `content-length` and the length of the body, if they differ: then the body is not what was sent.
    pub fn length_differs(&self) -> Option<(usize, usize)> {
        let said = self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
        (said != self.body.len()).then_some((said, self.body.len()))
    }
}

/// The value of a header that must occur at most once.
#[derive(Clone, Copy, Default)]
pub(super) struct SingleHeader<'r> {
    value: Option<&'r HeaderValue>,
    count: usize,
}

impl<'r> SingleHeader<'r> {
    /// Adds a value that was found.
    pub(super) fn add(&mut self, value: &'r HeaderValue) {
        self.value = Some(value);
        self.count += 1;
    }

    /// The value of the header `name`, as text.
    pub(super) fn text(self, name: &HeaderName) -> Result<&'r str, VerifyError> {
        let plain = || self.value.and_then(|value| value.to_str().ok());
        match self.count {
            0 => Err(VerifyError::HeaderNotDelivered(name.to_string())),
            1 => plain()
                .ok_or_else(|| VerifyError::HeaderMalformed { header: name.to_string(), why: "it is not plain text" }),
            _ => Err(VerifyError::HeaderDoubled(name.to_string())),
        }
    }
}
