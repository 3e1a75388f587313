//! The builder of a request, which readers fill part by part.

use http::Method;
use http::header::{CONTENT_LENGTH, HOST};

use super::{Captured, Note, RequestError};
use crate::signature::Received;

/// The parts of a captured request while it is read.
#[derive(Debug, Default)]
pub(super) struct RequestDraft {
    request: Received,
    /// Whether a method was set.
    has_method: bool,
    /// The URL it was sent to, or only the path.
    pub(super) url: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) notes: Vec<Note>,
}

impl RequestDraft {
    pub(super) fn to(url: String) -> Self {
        Self { url: Some(url), ..Self::default() }
    }

    pub(super) fn method(&mut self, text: &str) -> Result<(), RequestError> {
        self.request.method = super::method(text)?;
        self.has_method = true;
        Ok(())
    }

    /// Sets the method, unless one was set.
    pub(super) fn default_method(&mut self, text: &str) -> Result<(), RequestError> {
        if self.has_method { Ok(()) } else { self.method(text) }
    }

    /// Adds a header. CGI and servlet names are converted to HTTP names; pseudo-headers of HTTP/2 are left out.
    pub(super) fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), RequestError> {
        if name.starts_with(b":") {
            return Ok(());
        }
        match cgi_name(name) {
            Some(name) => super::add(&mut self.request, name.as_bytes(), value),
            None => super::add(&mut self.request, name, value),
        }
    }

    /// Whether its method is one that has no body.
    pub(super) fn is_bodiless(&self) -> bool {
        matches!(self.request.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "DELETE") && self.has_method
    }

    pub(super) fn has_header(&self, name: &str) -> bool {
        self.request.headers.contains_key(name)
    }

    /// The length of the body according to the headers.
    pub(super) fn content_length(&self) -> Option<usize> {
        super::first(&self.request.headers, CONTENT_LENGTH.as_str())?.parse().ok()
    }

    /// Whether the body is a form according to the headers.
    pub(super) fn has_form(&self) -> bool {
        super::first(&self.request.headers, "content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    }

    /// Sets the content type, unless a header did.
    pub(super) fn default_content_type(&mut self, kind: &str) -> Result<(), RequestError> {
        if self.has_header("content-type") { Ok(()) } else { self.header(b"content-type", kind.as_bytes()) }
    }

    pub(super) fn host(&self) -> Option<String> {
        super::first(&self.request.headers, HOST.as_str()).map(str::to_owned)
    }

    pub(super) fn forwarded_scheme(&self) -> &str {
        super::forwarded_scheme(&self.request.headers).unwrap_or("https")
    }

    /// The finished request. Without a method it is a `POST`, as webhooks are.
    pub(super) fn captured(self, format: &str) -> Captured {
        let mut request = self.request;
        if !self.has_method {
            request.method = Method::POST;
        }
        request.url = self.url.filter(|url| super::fits_in_a_line(url));
        request.body = self.body.into();
        Captured { request, format: format.to_owned(), notes: self.notes }
    }

    /// The finished request, without the body, which the file lacks.
    pub(super) fn without_body(mut self, format: &str) -> Captured {
        self.notes.push(Note::BodyMissing);
        self.captured(format)
    }
}

/// `HTTP_X_SIGNATURE` is `x-signature`.
fn cgi_name(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let plain = match name {
        "CONTENT_TYPE" | "CONTENT_LENGTH" => name,
        _ => name.strip_prefix("HTTP_")?,
    };
    Some(plain.to_ascii_lowercase().replace('_', "-"))
}
