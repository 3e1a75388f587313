//! Alerts as signed webhooks, like deliveries.

use std::fmt;

use http::HeaderValue;
use http::header::HeaderName;

use super::{Alert, ServiceRequest};
use crate::endpoint::EndpointUrl;
use crate::signature::{Secret, Signer};

/// Sends alerts as signed JSON to a URL.
#[derive(Clone)]
pub struct SignedWebhook {
    url: EndpointUrl,
    signer: Signer,
}

impl fmt::Debug for SignedWebhook {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedWebhook")
    }
}

impl SignedWebhook {
    /// A webhook to this URL, signed with this secret.
    pub fn new(url: EndpointUrl, secret: &Secret) -> Self {
        Self { url, signer: Signer::new(secret, &[secret]) }
    }

    pub(super) fn request(&self, alert: &Alert) -> ServiceRequest {
        let (id, seconds) = (alert.id(), alert.at.as_seconds());
        let mut request = ServiceRequest::json(&self.url, &alert.json());
        let signed = self.signer.sign(&id, seconds, request.request.body());
        let headers = [
            ("webhook-id", id),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signed.standard),
            ("x-webhook-signature", signed.original),
        ];
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                request.request.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        // The query of a URL is often a token.
        let query = self.url.url().query().unwrap_or_default().to_owned();
        request.masking([query])
    }
}
