//! PagerDuty: events of its Events API v2.

use std::fmt;

use serde_json::json;

use super::{Alert, ServiceRequest};
use crate::endpoint::EndpointUrl;
use crate::format::shorten;
use crate::network::AGENT;

/// The default URL for events.
const ENQUEUE: &str = "https://events.pagerduty.com/v2/enqueue";
/// The length of a routing key.
const KEY_CHARS: usize = 32;
/// The longest summary.
const SUMMARY_CHARS: usize = 1024;

/// Sends alerts to a service of PagerDuty.
#[derive(Clone)]
pub struct PagerDuty {
    url: EndpointUrl,
    routing_key: String,
}

impl fmt::Debug for PagerDuty {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PagerDuty")
    }
}

impl PagerDuty {
    /// The service of a routing key, at `url` or in the United States. An error shows no part of the key.
    pub fn new(url: Option<EndpointUrl>, routing_key: &str) -> Result<Self, String> {
        let routing_key = routing_key.trim().to_owned();
        if routing_key.len() != KEY_CHARS || !routing_key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("it is not a routing key of {KEY_CHARS} letters and digits"));
        }
        let url = url.map_or_else(|| EndpointUrl::parse_http(ENQUEUE).map_err(|e| e.to_string()), Ok)?;
        Ok(Self { url, routing_key })
    }

    /// The request for an alert. The incident's key joins all notifications into one PagerDuty alert, and resolves it.
    pub(super) fn request(&self, alert: &Alert) -> ServiceRequest {
        let observed = &alert.incident.observed;
        let dedup_key = format!("syncctl-{}", alert.incident.name);
        let body = if alert.is_over() {
            json!({ "routing_key": self.routing_key, "event_action": "resolve", "dedup_key": dedup_key })
        } else {
            let details: serde_json::Map<_, _> =
                alert.facts().into_iter().map(|(name, value)| (name.to_lowercase(), value.into())).collect();
            json!({
                "routing_key": self.routing_key,
                "event_action": "trigger",
                "dedup_key": dedup_key,
                "client": AGENT,
                "payload": {
                    "summary": shorten(&format!("syncctl: {}: {}", alert.title(), observed.reason), SUMMARY_CHARS),
                    "source": alert.host,
                    "severity": observed.severity,
                    "timestamp": alert.at,
                    "component": observed.subject,
                    "group": "syncctl",
                    "class": observed.kind,
                    "custom_details": details,
                },
            })
        };
        ServiceRequest::json(&self.url, &body).masking([self.routing_key.clone()])
    }
}
