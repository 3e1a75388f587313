//! Challenges: requests with which senders check that an address accepts their webhooks, and the expected answers.
//!
//! Slack, Zoom, Meta, Dropbox and Microsoft Graph each have one; CloudEvents asks with `OPTIONS` (HTTP 1.1 Web Hooks for Event
//! Delivery, section 4).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use serde::Deserialize;
use url::Url;

use crate::signature::{Algorithm, Key, Received};

/// The longest challenge that is echoed, in bytes.
const MOST_BYTES: usize = 4096;
const ORIGIN: &str = "webhook-request-origin";
const ALLOWED_ORIGIN: &str = "webhook-allowed-origin";

/// The answer that a platform expects to its check of a webhook address.
#[derive(Debug)]
pub(super) struct ChallengeAnswer {
    headers: HeaderMap,
    body: String,
    /// The text that a correct answer contains in its body, or for CloudEvents the name of its header.
    proof: String,
}

impl ChallengeAnswer {
    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.headers_mut() = self.headers;
        response
    }

    /// Whether the response of the forward target answers the challenge.
    pub(super) fn is_met_by(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> bool {
        let is_told = match self.body.is_empty() {
            true => headers.contains_key(&self.proof),
            false => String::from_utf8_lossy(body).contains(&self.proof),
        };
        status.is_success() && is_told
    }
}

/// The answer to a challenge; `None` for any other request. Zoom's needs the secret.
pub(super) fn answer(request: &Received, secret: Option<&str>) -> Option<ChallengeAnswer> {
    let (kind, body, proof) = match request.method {
        Method::OPTIONS => return cloud_events(request),
        Method::GET => text(query_value(request, &["hub.challenge", "challenge", "validationToken"])?),
        _ => in_post(request, secret)?,
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // The echoed text is foreign: no browser may render it as a page.
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    Some(ChallengeAnswer { headers, body, proof })
}

fn text(token: String) -> (&'static str, String, String) {
    ("text/plain", token.clone(), token)
}

/// The content type, the body, and the proof that the body contains.
fn in_post(request: &Received, secret: Option<&str>) -> Option<(&'static str, String, String)> {
    if let Some(token) = query_value(request, &["validationToken"]) {
        return Some(text(token));
    }
    let body: Challenge = serde_json::from_slice(&request.body).ok()?;
    match (body.kind.as_deref(), body.event.as_deref()) {
        (Some("url_verification"), _) => Some(text(body.challenge.filter(|text| text.len() <= MOST_BYTES)?)),
        (_, Some("endpoint.url_validation")) => zoom(&body.payload?.plain_token, secret?),
        _ => None,
    }
}

/// The body with which a platform checks a webhook address before it uses it.
#[derive(Deserialize)]
struct Challenge {
    #[serde(rename = "type")]
    kind: Option<String>,
    challenge: Option<String>,
    event: Option<String>,
    payload: Option<ZoomPayload>,
}

/// The member `payload` of Zoom's check.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZoomPayload {
    plain_token: String,
}

/// Zoom's answer: the token and its HMAC-SHA256 under the secret, in hex.
fn zoom(token: &str, secret: &str) -> Option<(&'static str, String, String)> {
    let key = Key::hmac(Algorithm::HmacSha256, secret.as_bytes());
    let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(token.as_bytes()))?;
    let code = hex::encode(code.as_bytes());
    let answer = serde_json::json!({ "plainToken": token, "encryptedToken": code });
    (token.len() <= MOST_BYTES).then(|| ("application/json", answer.to_string(), code))
}

fn cloud_events(request: &Received) -> Option<ChallengeAnswer> {
    let origin = request.headers.get(ORIGIN)?.clone();
    let mut headers = HeaderMap::new();
    headers.insert(ALLOWED_ORIGIN, origin);
    headers.insert("webhook-allowed-rate", HeaderValue::from_static("*"));
    Some(ChallengeAnswer { headers, body: String::new(), proof: ALLOWED_ORIGIN.to_owned() })
}

fn query_value(request: &Received, names: &[&str]) -> Option<String> {
    let url = Url::parse(request.url.as_deref()?).ok()?;
    let (_, value) = url.query_pairs().find(|(name, _)| names.contains(&name.as_ref()))?;
    Some(value.into_owned()).filter(|value| value.len() <= MOST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(method: Method, query: &str, body: &str) -> Option<String> {
        let url = Some(format!("http://h.example/hook{query}"));
        let request = Received { method, url, body: Bytes::from(body.to_owned()), ..Received::default() };
        answer(&request, Some("a-secret")).map(|answer| answer.body)
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
        let wanted = answer(&request, None).expect("an answer");
        assert_eq!(wanted.headers[ALLOWED_ORIGIN], "eventemitter.example.com");
        assert!(!wanted.is_met_by(StatusCode::OK, &HeaderMap::new(), b""));
        assert!(wanted.is_met_by(StatusCode::OK, &wanted.headers, b""));
    }

    #[test]
    fn a_place_meets_a_challenge_only_by_repeating_it() {
        let url = Some("http://h.example/?challenge=abc".to_owned());
        let request = Received { method: Method::GET, url, ..Received::default() };
        let wanted = answer(&request, None).expect("an answer");
        let is_met = |status, body| wanted.is_met_by(status, &HeaderMap::new(), body);
        assert!(is_met(StatusCode::OK, b"abc".as_slice()) && is_met(StatusCode::OK, b"{\"challenge\":\"abc\"}"));
        assert!(!is_met(StatusCode::OK, b"") && !is_met(StatusCode::NOT_FOUND, b"abc"));
    }
}
