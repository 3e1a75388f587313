//! Reads a request from an object with headers and body: events that gateways pass to functions, and responses of tools.
//!
//! They differ only in the names of members, so one reader with lists of names serves all.

use serde_json::value::RawValue;
use url::form_urlencoded;

use crate::request::draft::RequestDraft;
use crate::request::members::{Members, list, scalar, text};
use crate::request::values::{body_of, headers};
use crate::request::{Captured, RequestError, body, raw};

/// The formats, and the members that identify each; the first match counts.
const NAMES: &[(&str, &[&str])] = &[
    ("AWS Application Load Balancer event", &["requestContext.elb"]),
    ("AWS API Gateway v2 or Lambda URL event", &["requestContext.http", "rawPath"]),
    ("AWS API Gateway v1 event", &["requestContext", "httpMethod"]),
    ("Netlify function event", &["rawUrl", "httpMethod"]),
    ("OpenWhisk action", &["__ow_headers"]),
    ("webhook.site request", &["token_id", "content"]),
    ("RequestBin or Pipedream event", &["bodyRaw"]),
    ("GitHub delivery", &["guid", "request.headers"]),
    ("Hookdeck request", &["data.headers", "data.is_large_payload"]),
    ("Hookdeck event", &["data.headers", "webhook_id"]),
    ("list of Hookdeck", &["models", "pagination"]),
    ("ngrok request", &["request.raw", "tunnel_name"]),
    ("list of ngrok", &["requests", "uri"]),
    ("list of Svix Play", &["data", "iterator"]),
    ("n8n webhook", &["webhookUrl", "headers"]),
    ("RequestCatcher request", &["raw_request", "content_length"]),
    ("mitmproxy flow", &["request.headers", "client_conn"]),
    ("Charles session", &["protocolVersion", "request.header.headers"]),
];

/// Members that hold a whole raw request, as text or base64.
const RAW: &[&str] = &["raw", "raw_request", "rawRequest", "request_raw"];
const METHOD: &[&str] = &[
    "method",
    "httpMethod",
    "http_method",
    "requestMethod",
    "request_method",
    "verb",
    "__ow_method",
    "requestContext.http.method",
];
const URL: &[&str] = &[
    "url",
    "rawUrl",
    "fullUrl",
    "full_url",
    "webhookUrl",
    "webhook_url",
    "request_url",
    "requestUrl",
    "originalUrl",
    "uri",
    "href",
    "endpoint",
];
const PATH: &[&str] = &[
    "rawPath",
    "requestContext.path",
    "__ow_path",
    "originalUrl",
    "path",
    "requestPath",
    "uri",
    "url",
    "requestContext.http.path",
];
const HOST: &[&str] = &["host", "hostname", "pretty_host", "requestContext.domainName"];
const RAW_QUERY: &[&str] =
    &["rawQueryString", "raw_query", "rawQuery", "queryString", "query_string", "__ow_query", "query"];
const QUERY: &[&str] = &["multiValueQueryStringParameters", "queryStringParameters", "query", "query_params"];
/// Members with headers, the most exact first.
const HEADERS: &[&str] = &[
    "rawHeaders",
    "multiValueHeaders",
    "headers",
    "header",
    "requestHeaders",
    "request_headers",
    "httpHeaders",
    "__ow_headers",
    "request.header.headers",
];
/// Members with bodies, the most exact first.
const BODIES: &[&str] = &[
    "rawBody",
    "raw_body",
    "bodyRaw",
    "body_raw",
    "rawbody",
    "body_base64",
    "bodyBase64",
    "__ow_body",
    "request.body.text",
    "body",
    "content",
    "payload",
    "raw",
    "data",
    "text",
];
/// Members that say that the body is base64.
const BASE64_FLAGS: &[&str] = &["isBase64Encoded", "is_base64_encoded", "isBase64", "base64", "body_is_base64"];

/// The format of a file with such an object.
pub(super) fn name_of(members: &Members<'_>) -> Option<&'static str> {
    NAMES.iter().find(|(_, told_by)| told_by.iter().all(|path| members.has(path))).map(|(name, _)| *name)
}

/// The request of an object; `None` if it is not one.
pub(super) fn request(members: &Members<'_>, named: Option<&'static str>) -> Option<Result<Captured, RequestError>> {
    let named = named.unwrap_or("JSON with headers and a body");
    if let Some(text) = RAW.iter().find_map(|name| whole(&members.text(&[name])?)) {
        return Some(raw::read_one(&text).map(|captured| captured.named(format!("{named}, raw request in base64"))));
    }
    let headers = all_headers(members)?;
    let has_target = METHOD.iter().chain(URL).chain(PATH).any(|path| members.has(path));
    let body = BODIES.iter().find_map(|name| Some((*name, members.get(name)?)));
    if body.is_none() && !has_target {
        return None;
    }
    Some(built(members, named, &headers, body))
}

fn built(
    members: &Members<'_>,
    named: &str,
    headers: &[(String, String)],
    body: Option<(&str, &RawValue)>,
) -> Result<Captured, RequestError> {
    let mut draft = RequestDraft::default();
    for (name, value) in headers {
        draft.header(name.as_bytes(), value.as_bytes())?;
    }
    for cookie in members.get("cookies").and_then(list).into_iter().flatten().filter_map(text) {
        draft.header(b"cookie", cookie.as_bytes())?;
    }
    if let Some(method) = members.text(METHOD) {
        draft.method(&method.to_ascii_uppercase())?;
    }
    draft.url = url(members, &draft);
    let said = draft.content_length();
    let Some((name, value)) = body else {
        let is_none = said.is_none() && (draft.is_bodiless() || members.has("requestContext") || says_null(members));
        return Ok(if is_none || said == Some(0) { draft.captured(named) } else { draft.without_body(named) });
    };
    let is_base64 = name.to_ascii_lowercase().ends_with("base64") || says_base64(members);
    let (bytes, note) = body_of(value, is_base64, said)?;
    let kind = if is_base64 { ", body in base64" } else { "" };
    draft.body = bytes;
    draft.notes.extend(note);
    Ok(draft.captured(&format!("{named}{kind}")))
}

/// Whether the object has a null body.
fn says_null(members: &Members<'_>) -> bool {
    members.iter().any(|(name, value)| BODIES.contains(&name) && value.get() == "null")
}

fn says_base64(members: &Members<'_>) -> bool {
    BASE64_FLAGS.iter().any(|name| members.get(name).is_some_and(|value| value.get() == "true"))
        || members.text(&["bodyEncoding", "body_encoding", "encoding"]).is_some_and(|encoding| encoding == "base64")
}

/// A raw request that a member holds, as text or in base64.
fn whole(text: &str) -> Option<Vec<u8>> {
    if raw::begins(text.as_bytes()) {
        return Some(text.as_bytes().to_vec());
    }
    body::base64(text).filter(|decoded| raw::begins(decoded))
}

/// The headers of an object. If it has two sets, that with all values counts, with headers that only the other one has.
fn all_headers(members: &Members<'_>) -> Option<Vec<(String, String)>> {
    let mut all: Option<Vec<(String, String)>> = None;
    for found in HEADERS.iter().filter_map(|path| headers(members.get(path)?)) {
        match &mut all {
            None => all = Some(found),
            Some(all) => {
                let is_new = |name: &str| !all.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
                let new: Vec<_> = found.into_iter().filter(|(name, _)| is_new(name)).collect();
                all.extend(new);
            }
        }
    }
    all.or_else(|| flat_headers(members))
}

/// The headers of an object that holds them beside its body, as smee.io does.
fn flat_headers(members: &Members<'_>) -> Option<Vec<(String, String)>> {
    let is_header = |name: &str| name.contains('-') || matches!(name, "host" | "accept" | "connection");
    let found = members.iter().filter(|(name, _)| is_header(name));
    let all: Vec<_> = found.filter_map(|(name, value)| Some((name.to_owned(), scalar(value)?))).collect();
    (members.has("body") && all.len() > 1).then_some(all)
}

/// The URL: the whole one if there is one, else built from host and path.
fn url(members: &Members<'_>, draft: &RequestDraft) -> Option<String> {
    let whole = URL.iter().filter_map(|path| members.text(&[path])).find(|url| url.contains("://"));
    if whole.is_some() {
        return whole;
    }
    let path = members.text(PATH).filter(|path| path.starts_with('/')).unwrap_or_else(|| "/".to_owned());
    let query = if path.contains('?') { None } else { query(members) };
    let target = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    let host = draft.host().or_else(|| members.text(HOST))?;
    Some(format!("{}://{host}{target}", draft.forwarded_scheme()))
}

fn query(members: &Members<'_>) -> Option<String> {
    let raw = members.text(RAW_QUERY).map(|query| query.trim_start_matches('?').to_owned());
    if let Some(raw) = raw.filter(|raw| !raw.is_empty()) {
        return Some(raw);
    }
    // A load balancer passes the query on as it was written.
    let is_encoded = members.has("requestContext.elb");
    let pairs = QUERY.iter().find_map(|name| headers(members.get(name)?)).filter(|pairs| !pairs.is_empty())?;
    if is_encoded {
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        return Some(pairs.join("&"));
    }
    Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}
