//! Slack and Mattermost: messages to their incoming webhooks.

use std::fmt;

use serde_json::{Value, json};

use super::{Alert, ServiceRequest};
use crate::endpoint::EndpointUrl;
use crate::format::shorten;
use crate::store::incidents::Severity;

/// The longest heading that Slack takes.
const HEADING_CHARS: usize = 150;
/// The longest field that Slack takes.
const FIELD_CHARS: usize = 2_000;

/// An incoming webhook of a chat service, to which alerts are sent. Its URL is the secret.
#[derive(Clone)]
pub struct Chat {
    url: EndpointUrl,
    dialect: ChatService,
}

/// The chat service, which decides how a message is written.
#[derive(Clone, Copy)]
enum ChatService {
    Slack,
    Mattermost,
}

impl fmt::Debug for Chat {
    /// Leaves out the URL, which is the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chat")
    }
}

impl Chat {
    /// A webhook of Slack. An error shows no part of the URL.
    pub fn slack(url: &str) -> Result<Self, String> {
        Self::new(url, ChatService::Slack)
    }

    /// A webhook of Mattermost. An error shows no part of the URL.
    pub fn mattermost(url: &str) -> Result<Self, String> {
        Self::new(url, ChatService::Mattermost)
    }

    fn new(url: &str, dialect: ChatService) -> Result<Self, String> {
        let url =
            EndpointUrl::parse_http(url.trim()).map_err(|_| "it is not a URL of an incoming webhook".to_owned())?;
        Ok(Self { url, dialect })
    }

    pub(super) fn request(&self, alert: &Alert) -> ServiceRequest {
        let body = match self.dialect {
            ChatService::Slack => slack(alert),
            ChatService::Mattermost => mattermost(alert),
        };
        let path = self.url.url().path().to_owned();
        let last = path.rsplit('/').next().unwrap_or_default().to_owned();
        ServiceRequest::json(&self.url, &body).masking([self.url.to_string(), path, last])
    }
}

fn slack(alert: &Alert) -> Value {
    let title = format!("syncctl: {}", alert.title());
    let field = |(name, value): (&str, String)| {
        let text = match name {
            "Next" => format!("*{name}*\n`{}`", in_slack(&value).replace('`', "'")),
            _ => format!("*{name}*\n{}", in_slack(&value)),
        };
        json!({ "type": "mrkdwn", "text": shorten(&text, FIELD_CHARS) })
    };
    let fields: Vec<Value> = alert.facts().into_iter().map(field).collect();
    json!({
        "text": in_slack(&format!("{title}: {}", alert.incident.observed.reason)),
        "blocks": [
            { "type": "header", "text": { "type": "plain_text", "text": shorten(&title, HEADING_CHARS) } },
            { "type": "section", "fields": fields },
        ],
    })
}

/// Text escaped for Slack, without mentions and links.
fn in_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn mattermost(alert: &Alert) -> Value {
    let title = in_mattermost(&format!("syncctl: {}", alert.title()));
    let color = match alert.incident.observed.severity {
        _ if alert.is_over() => "#2e7d32",
        Severity::Warning => "#f9a825",
        Severity::Error | Severity::Critical => "#c62828",
    };
    let field = |(name, value): (&str, String)| {
        let value = match name {
            "Next" => format!("`{}`", value.replace('`', "'")),
            _ => in_mattermost(&value),
        };
        json!({ "short": name != "Reason" && name != "Next", "title": name, "value": value })
    };
    let fields: Vec<Value> = alert.facts().into_iter().map(field).collect();
    json!({ "text": title, "attachments": [{ "fallback": title, "color": color, "fields": fields }] })
}

/// Text escaped for Mattermost, without mentions and markup.
fn in_mattermost(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '@' => escaped.push_str("@\u{200b}"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '|' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_mentions_nobody() {
        assert_eq!(in_slack("<!channel> & <https://x|y>"), "&lt;!channel&gt; &amp; &lt;https://x|y&gt;");
        assert_eq!(in_mattermost("@all *x*"), "@\u{200b}all \\*x\\*");
    }
}
