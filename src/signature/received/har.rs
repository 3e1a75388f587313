//! A HAR file, as browsers and debugging proxies export it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

use super::{Received, RequestError, method};

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(rename = "postData")]
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct PostData {
    #[serde(default)]
    text: String,
    encoding: Option<String>,
}

pub(super) fn read(text: &[u8]) -> Result<Vec<Received>, RequestError> {
    let har: Har = serde_json::from_slice(text).map_err(|error| RequestError::Har(error.to_string()))?;
    if har.log.entries.is_empty() {
        return Err(RequestError::Har("it has no entries".to_owned()));
    }
    har.log.entries.into_iter().map(|entry| received(entry.request)).collect()
}

fn received(request: Request) -> Result<Received, RequestError> {
    let mut received =
        Received { method: method(&request.method)?, url: Some(super::url(request.url)?), ..Received::default() };
    // HTTP/2's pseudo-headers, such as `:authority`, are parts of the request line.
    for header in request.headers.iter().filter(|header| !header.name.starts_with(':')) {
        received.add(header.name.as_bytes(), header.value.as_bytes())?;
    }
    received.body = request.post_data.map(body).transpose()?.unwrap_or_default().into();
    Ok(received)
}

fn body(data: PostData) -> Result<Vec<u8>, RequestError> {
    match data.encoding.as_deref() {
        Some("base64") => BASE64.decode(data.text).map_err(|_| RequestError::Har("a body is not base64".to_owned())),
        _ => Ok(data.text.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_read() {
        let text = br#"{"log":{"entries":[
            {"request":{"method":"POST","url":"https://h/x","headers":[{"name":":path","value":"/x"},{"name":"A","value":"b"}],
             "postData":{"mimeType":"application/json","text":"{\"a\":1}"}}},
            {"request":{"method":"POST","url":"https://h/y","postData":{"text":"/w==","encoding":"base64"}}}]}}"#;
        let all = read(text).expect("two requests");
        assert_eq!((all[0].headers.len(), &all[0].body[..]), (1, &b"{\"a\":1}"[..]));
        assert_eq!(&all[1].body[..], [0xff]);
        assert!(matches!(read(b"{}"), Err(RequestError::Har(_))));
    }
}
