//! Requests by which senders make sure that an address wants their webhooks, and the answers they wait for.
//!
//! Slack, Zoom, Meta, Dropbox and Microsoft Graph each have one; CloudEvents asks with `OPTIONS` (HTTP 1.1 Web Hooks for Event
//! Delivery, section 4).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Response};
use http_body_util::Full;
use serde::Deserialize;
use url::Url;

use crate::signature::{Algorithm, Key, Received};

/// A longer challenge is not repeated.
const MOST_BYTES: usize = 4096;
const ORIGIN: &str = "webhook-request-origin";

/// The answer to a challenge; `None` for any other request. Zoom's needs the secret.
pub(super) fn answer(request: &Received, secret: Option<&str>) -> Option<Response<Full<Bytes>>> {
    let (kind, text) = match request.method {
        Method::OPTIONS => return cloud_events(request),
        Method::GET => ("text/plain", query_value(request, &["hub.challenge", "challenge", "validationToken"])?),
        _ => in_post(request, secret)?,
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // What was asked for comes from a stranger: no browser may take it for a page.
    response.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    Some(response)
}

fn in_post(request: &Received, secret: Option<&str>) -> Option<(&'static str, String)> {
    if let Some(token) = query_value(request, &["validationToken"]) {
        return Some(("text/plain", token));
    }
    let body: Challenge = serde_json::from_slice(&request.body).ok()?;
    match (body.kind.as_deref(), body.event.as_deref()) {
        (Some("url_verification"), _) => Some(("text/plain", body.challenge.filter(|text| text.len() <= MOST_BYTES)?)),
        (_, Some("endpoint.url_validation")) => Some(("application/json", zoom(&body.payload?.plain_token, secret?)?)),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Challenge {
    #[serde(rename = "type")]
    kind: Option<String>,
    challenge: Option<String>,
    event: Option<String>,
    payload: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    plain_token: String,
}

/// The token and its HMAC-SHA256 under the secret, in hex.
fn zoom(token: &str, secret: &str) -> Option<String> {
    let key = Key::hmac(Algorithm::HmacSha256, secret.as_bytes());
    let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(token.as_bytes()))?;
    let answer = serde_json::json!({ "plainToken": token, "encryptedToken": hex::encode(code.as_bytes()) });
    (token.len() <= MOST_BYTES).then(|| answer.to_string())
}

fn cloud_events(request: &Received) -> Option<Response<Full<Bytes>>> {
    let origin = request.headers.get(ORIGIN)?.clone();
    let mut response = Response::new(Full::default());
    response.headers_mut().insert(HeaderName::from_static("webhook-allowed-origin"), origin);
    response.headers_mut().insert(HeaderName::from_static("webhook-allowed-rate"), HeaderValue::from_static("*"));
    Some(response)
}

fn query_value(request: &Received, names: &[&str]) -> Option<String> {
    let url = Url::parse(request.url.as_deref()?).ok()?;
    let (_, value) = url.query_pairs().find(|(name, _)| names.contains(&name.as_ref()))?;
    Some(value.into_owned()).filter(|value| value.len() <= MOST_BYTES)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn answered(method: Method, query: &str, body: &str) -> Option<String> {
        let url = Some(format!("http://h.example/hook{query}"));
        let request = Received { method, url, body: Bytes::from(body.to_owned()), ..Received::default() };
        let response = answer(&request, Some("a-secret"))?;
        let body = futures_util::FutureExt::now_or_never(response.into_body().collect()).expect("it is there");
        Some(String::from_utf8(body.expect("a body").to_bytes().to_vec()).expect("text"))
    }

    #[test]
    fn each_sender_gets_the_answer_it_documents() {
        let slack = r#"{"type":"url_verification","challenge":"3eZbrw1aB"}"#;
        assert_eq!(answered(Method::POST, "", slack).as_deref(), Some("3eZbrw1aB"));
        let meta = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t";
        assert_eq!(answered(Method::GET, meta, "").as_deref(), Some("1158201444"));
        assert_eq!(answered(Method::GET, "?challenge=abc", "").as_deref(), Some("abc"), "Dropbox");
        assert_eq!(answered(Method::POST, "?validationToken=a%20b", "").as_deref(), Some("a b"), "Microsoft Graph");
        let zoom = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
        let answer = answered(Method::POST, "", zoom).expect("an answer");
        assert!(answer.contains("\"plainToken\":\"qgg8vlvZRS6UYooatFL8Aw\""), "{answer}");
        assert_eq!(answered(Method::POST, "", r#"{"type":"order.paid"}"#), None);
        assert_eq!(answered(Method::GET, "", ""), None);
    }

    #[test]
    fn cloud_events_are_allowed_for_the_origin_that_asks() {
        let mut request = Received { method: Method::OPTIONS, ..Received::default() };
        assert!(answer(&request, None).is_none());
        request.headers.insert(ORIGIN, HeaderValue::from_static("eventemitter.example.com"));
        let response = answer(&request, None).expect("an answer");
        assert_eq!(response.headers()["webhook-allowed-origin"], "eventemitter.example.com");
    }
}
