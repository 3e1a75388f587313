//! Sentry: events in envelopes.

use std::fmt;

use http::HeaderValue;
use serde_json::json;
use url::Url;

use super::{Alert, ServiceRequest};
use crate::endpoint::EndpointUrl;
use crate::network::AGENT;
use crate::store::incidents::Severity;

/// The address of a Sentry project to which alerts are sent: URL and public key.
#[derive(Clone)]
pub struct Dsn {
    url: EndpointUrl,
    key: String,
}

impl fmt::Debug for Dsn {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dsn")
    }
}

impl Dsn {
    /// Reads `https://KEY@HOST/PROJECT`. An error shows no part of the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "it is not a DSN: `https://KEY@HOST/PROJECT`".to_owned();
        let mut url = Url::parse(text.trim()).map_err(|_| wrong())?;
        let key = url.username().to_owned();
        let (before, project) = url.path().rsplit_once('/').ok_or_else(wrong)?;
        let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_plain(&key) || !is_plain(project) || url.query().is_some() {
            return Err(wrong());
        }
        let path = format!("{before}/api/{project}/envelope/");
        url.set_path(&path);
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| wrong())?;
        Ok(Self { url: EndpointUrl::parse_http(url.as_str()).map_err(|_| wrong())?, key })
    }

    pub(super) fn request(&self, alert: &Alert) -> ServiceRequest {
        let event_id = uuid::Uuid::new_v4().simple().to_string();
        let event = event(alert, &event_id).to_string();
        let header = json!({ "event_id": event_id, "sent_at": alert.at });
        let item = json!({ "type": "event", "length": event.len(), "content_type": "application/json" });
        let body = format!("{header}\n{item}\n{event}\n");
        let mut request = ServiceRequest::post(&self.url, "application/x-sentry-envelope", body);
        let auth = format!("Sentry sentry_version=7, sentry_client={AGENT}, sentry_key={}", self.key);
        if let Ok(mut value) = HeaderValue::from_str(&auth) {
            value.set_sensitive(true);
            request.request.headers_mut().insert("x-sentry-auth", value);
        }
        request.masking([self.key.clone()])
    }
}

/// The event of an alert. Its fingerprint groups all events with the same kind and subject into one issue.
fn event(alert: &Alert, event_id: &str) -> serde_json::Value {
    let observed = &alert.incident.observed;
    let level = match observed.severity {
        _ if alert.is_over() => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "fatal",
    };
    let facts: serde_json::Map<_, _> =
        alert.facts().into_iter().map(|(name, value)| (name.to_lowercase(), value.into())).collect();
    json!({
        "event_id": event_id,
        "timestamp": alert.at,
        "platform": "other",
        "level": level,
        "logger": "syncctl",
        "server_name": alert.host,
        "release": AGENT.replace('/', "@"),
        "message": { "formatted": format!("{}: {}", alert.title(), observed.reason) },
        "fingerprint": ["syncctl", observed.kind.name(), observed.subject],
        "tags": { "kind": observed.kind.name(), "subject": observed.subject, "phase": alert.phase.name() },
        "extra": facts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_is_read_in_the_forms_there_are_and_told_of_none() {
        let url = |text: &str| Dsn::parse(text).expect(text).url.to_string();
        assert_eq!(url("https://abc123@o1.ingest.sentry.io/42"), "https://o1.ingest.sentry.io/api/42/envelope/");
        assert_eq!(url("https://abc:old@sentry.test:8443/sub/7\n"), "https://sentry.test:8443/sub/api/7/envelope/");
        for wrong in
            ["", "abc", "https://sentry.io/42", "https://key@sentry.io/", "ftp://key@sentry.io/4", "https://a,b@s.io/1"]
        {
            let error = Dsn::parse(wrong).expect_err(wrong);
            assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
        }
    }
}
