//! Alerts: the messages about an incident, in the format of each service. The store decides when one is sent.
//!
//! An alert holds no data of events: it names the endpoint, the type, the reason and the next command.

mod chat;
mod command;
mod pagerduty;
mod sentry;
mod webhook;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request, StatusCode};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::endpoint::EndpointUrl;
use crate::format::{count, shorten};
use crate::network::{AGENT, HttpClient};
use crate::store::incidents::{
    Incident, IncidentKind, Notification, NotificationKind, ObservedProblem, Severity, SinkRule,
};
use crate::untrusted::Untrusted;

pub use chat::Chat;
pub use pagerduty::PagerDuty;
pub use sentry::Dsn;
pub use webhook::SignedWebhook;

/// How long sending one alert may take.
pub const SEND_LIMIT: Duration = Duration::from_secs(5);
/// The most bytes of a response that are read.
const MAX_ANSWER: usize = 4 * 1024;
/// The most characters of a response that an error shows.
const SHOWN_CHARS: usize = 120;
/// The text in place of a secret.
const MASK: &str = "********";

/// A recipient of alerts, such as a chat channel: which alerts it wants, and how they are sent.
#[derive(Debug)]
pub struct Sink {
    /// Which alerts it gets.
    pub rule: SinkRule,
    /// The service that delivers them.
    pub service: Service,
}

/// The service through which a recipient gets alerts (Slack, PagerDuty, a command, …), with every secret read.
pub enum Service {
    /// An event of Sentry.
    Sentry(Dsn),
    /// An event of PagerDuty.
    PagerDuty(PagerDuty),
    /// A message of Slack or Mattermost.
    Chat(Chat),
    /// A signed webhook of ours.
    Webhook(SignedWebhook),
    /// A shell command.
    Command(String),
    /// None: its secret cannot be read, for this reason.
    Unusable(String),
}

impl fmt::Debug for Service {
    /// Leaves out the URL, which is often the secret itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sentry(_) => "Sentry",
            Self::PagerDuty(_) => "PagerDuty",
            Self::Chat(_) => "Chat",
            Self::Webhook(_) => "Webhook",
            Self::Command(_) => "Command",
            Self::Unusable(_) => "Unusable",
        })
    }
}

/// An alert to be sent: what is wrong or over, where, and what to do.
#[derive(Clone, Debug)]
pub struct Alert {
    /// The phase of the incident that it reports.
    pub phase: NotificationKind,
    /// The incident in its current state.
    pub incident: Incident,
    /// The host that sends it.
    pub host: String,
    /// When it is sent.
    pub at: Timestamp,
}

impl Alert {
    /// The alert of a notification.
    pub fn new(notification: &Notification, host: &str, at: Timestamp) -> Self {
        Self { phase: notification.phase, incident: notification.incident.clone(), host: host.to_owned(), at }
    }

    /// A test alert, which says that nothing is wrong.
    pub fn test(phase: NotificationKind, name: &str, host: &str, at: Timestamp) -> Self {
        let observed = ObservedProblem {
            kind: IncidentKind::DeliveryFailed,
            subject: "test".to_owned(),
            severity: Severity::Warning,
            event_type: Some("syncctl.test".to_owned()),
            reason: "this is a test alert: there is no problem".to_owned(),
            remedy: "syncctl alerts list".to_owned(),
            count: 0,
        };
        let (name, resolved_at) = (name.to_owned(), (phase == NotificationKind::Resolved).then_some(at));
        let incident =
            Incident { id: 0, name, observed, opened_at: at, last_seen_at: at, resolved_at, told: Vec::new() };
        Self { phase, incident, host: host.to_owned(), at }
    }

    fn observed(&self) -> &ObservedProblem {
        &self.incident.observed
    }

    fn is_over(&self) -> bool {
        self.phase == NotificationKind::Resolved
    }

    /// The title: the incident in a few words, and whether it is over.
    fn title(&self) -> String {
        let observed = self.observed();
        let subject = &observed.subject;
        let what = match observed.kind {
            IncidentKind::DeliveryFailed if observed.count > 0 => {
                let number = usize::try_from(observed.count).unwrap_or(usize::MAX);
                format!("{} to {subject} failed", count(number, "delivery"))
            }
            IncidentKind::DeliveryFailed => format!("deliveries to {subject} failed"),
            IncidentKind::CircuitOpen => format!("circuit of {subject} open"),
            IncidentKind::EndpointGone => format!("{subject} answered 410 and is paused"),
            IncidentKind::QueueLag => "oldest delivery waits too long".to_owned(),
            IncidentKind::CertificateExpiry => format!("certificate {subject} expires"),
            IncidentKind::SecretExpiry => format!("{subject} expires"),
        };
        match self.phase {
            NotificationKind::Opened => what,
            NotificationKind::Worse => format!("{what}, and got worse"),
            NotificationKind::Resolved => format!("resolved: {what}"),
        }
    }

    /// The facts of the incident as names and values.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let observed = self.observed();
        let about = match observed.kind {
            IncidentKind::DeliveryFailed | IncidentKind::CircuitOpen | IncidentKind::EndpointGone => "Endpoint",
            IncidentKind::QueueLag => "Queue",
            IncidentKind::CertificateExpiry => "File",
            IncidentKind::SecretExpiry => "Secret",
        };
        let mut facts = vec![(about, observed.subject.clone())];
        facts.extend(observed.event_type.clone().map(|it| ("Type", it)));
        facts.push(("Reason", observed.reason.clone()));
        facts.push(("Since", self.incident.opened_at.to_string()));
        facts.extend(self.incident.resolved_at.filter(|_| self.is_over()).map(|at| ("Until", at.to_string())));
        facts.push(("Next", observed.remedy.clone()));
        facts
    }

    /// The id of this notification, the same on every retry.
    fn id(&self) -> String {
        let Incident { name, told, .. } = &self.incident;
        let told_at = told.iter().filter_map(|told| told.open_at).max().map_or(0, Timestamp::as_millis);
        format!("alert_{name}_{}_{told_at}", self.phase.name())
    }

    /// The alert as JSON, for webhooks of ours and commands.
    fn json(&self) -> Value {
        let observed = self.observed();
        serde_json::json!({
            "id": self.id(),
            "type": "syncctl.alert",
            "timestamp": self.at,
            "data": {
                "phase": self.phase,
                "title": self.title(),
                "incident": self.incident.name,
                "kind": observed.kind,
                "subject": observed.subject,
                "severity": observed.severity,
                "eventType": observed.event_type,
                "reason": observed.reason,
                "count": observed.count,
                "nextCommand": observed.remedy,
                "openedAt": self.incident.opened_at,
                "resolvedAt": self.incident.resolved_at,
                "host": self.host,
            },
        })
    }
}

/// The HTTP request that sends an alert, and the secrets in it that a message of failure must not show.
struct ServiceRequest {
    url: EndpointUrl,
    request: Request<Bytes>,
    secrets: Vec<String>,
}

impl ServiceRequest {
    /// A POST of `body`.
    fn post(url: &EndpointUrl, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut request = Request::new(body.into());
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        Self { url: url.clone(), request, secrets: Vec::new() }
    }

    fn json(url: &EndpointUrl, body: &Value) -> Self {
        Self::post(url, "application/json", body.to_string())
    }

    fn masking(mut self, secrets: impl IntoIterator<Item = String>) -> Self {
        self.secrets.extend(secrets.into_iter().filter(|secret| !secret.is_empty()));
        self
    }

    fn masked(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }
}

impl Service {
    /// Sends an alert. An error says why it failed, without any secret; foreign text in it is escaped.
    pub async fn send(&self, client: &HttpClient, alert: &Alert) -> Result<(), String> {
        match self {
            Self::Command(command) => command::run(command, alert).await,
            Self::Unusable(why) => Err(why.clone()),
            Self::Sentry(_) | Self::PagerDuty(_) | Self::Chat(_) | Self::Webhook(_) => {
                let Some(request) = self.request(alert) else { return Ok(()) };
                send(client, request).await
            }
        }
    }

    fn request(&self, alert: &Alert) -> Option<ServiceRequest> {
        match self {
            Self::Sentry(dsn) => Some(dsn.request(alert)),
            Self::PagerDuty(service) => Some(service.request(alert)),
            Self::Chat(chat) => Some(chat.request(alert)),
            Self::Webhook(webhook) => Some(webhook.request(alert)),
            Self::Command(_) | Self::Unusable(_) => None,
        }
    }

    /// The request that would be sent, secrets masked.
    pub fn preview(&self, alert: &Alert) -> String {
        match (self.request(alert), self) {
            (Some(request), _) => {
                let host = request.url.url().host_str().unwrap_or_default().to_owned();
                let body = request.masked(&String::from_utf8_lossy(request.request.body()));
                format!("POST to {host}\n{body}")
            }
            (None, Self::Unusable(why)) => format!("nothing: {why}"),
            (None, _) => format!("standard input of the command\n{}", alert.json()),
        }
    }
}

async fn send(client: &HttpClient, request: ServiceRequest) -> Result<(), String> {
    let ServiceRequest { url, request: sent, secrets } = request;
    let masked = |text: &str| secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK));
    let answer = client.send(&url, sent, SEND_LIMIT, MAX_ANSWER).await;
    let answer = answer.map_err(|why| Untrusted(&masked(&why)).to_string())?.response;
    if answer.status().is_success() {
        return Ok(());
    }
    let said = masked(&String::from_utf8_lossy(answer.body()));
    let said = shorten(&Untrusted(said.trim()).to_string(), SHOWN_CHARS);
    let hint = match answer.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
            "; check its key or URL"
        }
        _ => "",
    };
    let said = if said.is_empty() { said } else { format!(": {said}") };
    Err(format!("HTTP {}{said}{hint}", answer.status().as_u16()))
}
