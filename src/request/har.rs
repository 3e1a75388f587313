//! A HAR file, as browsers and debugging proxies export it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{RequestError, method};
use crate::signature::Received;

#[derive(Deserialize)]
struct Har<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    // Read one by one: an odd entry says nothing against the others.
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Header>,
    post_data: Option<PostData>,
    body_size: Option<f64>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct PostData {
    text: Option<String>,
    encoding: Option<String>,
    params: Option<Vec<IgnoredAny>>,
}

pub(super) fn read(text: &[u8]) -> Result<Vec<Result<Received, RequestError>>, RequestError> {
    let har: Har<'_> = serde_json::from_slice(text).map_err(|error| RequestError::Har(error.to_string()))?;
    if har.log.entries.is_empty() {
        return Err(RequestError::Har("it has no entries".to_owned()));
    }
    Ok(har.log.entries.into_iter().map(entry).collect())
}

fn entry(text: &RawValue) -> Result<Received, RequestError> {
    let entry: Entry = serde_json::from_str(text.get()).map_err(|error| RequestError::HarEntry(error.to_string()))?;
    received(entry.request)
}

fn received(request: Request) -> Result<Received, RequestError> {
    let mut received =
        Received { method: method(&request.method)?, url: Some(super::url(request.url)?), ..Received::default() };
    // HTTP/2's pseudo-headers, such as `:authority`, are parts of the request line.
    for header in request.headers.iter().filter(|header| !header.name.starts_with(':')) {
        super::add(&mut received, header.name.as_bytes(), header.value.as_bytes())?;
    }
    // An exporter that leaves the body out still knows how long it was, or that there was one.
    let is_left_out = match &request.post_data {
        Some(data) if data.text.is_none() && data.params.as_ref().is_none_or(Vec::is_empty) => {
            request.body_size != Some(0.0)
        }
        data => data.is_none() && request.body_size.is_some_and(|size| size > 0.0),
    };
    received.body = request.post_data.map(body).transpose()?.unwrap_or_default().into();
    if is_left_out {
        return Err(RequestError::HarEntry("it was exported without its body".to_owned()));
    }
    Ok(received)
}

fn body(data: PostData) -> Result<Vec<u8>, RequestError> {
    let text = data.text.unwrap_or_default();
    if text.is_empty() && data.params.is_some_and(|params| !params.is_empty()) {
        let why = "its body is given as the fields of a form, and not as the bytes that were signed";
        return Err(RequestError::HarEntry(why.to_owned()));
    }
    match data.encoding.as_deref() {
        Some("base64") => BASE64.decode(text).map_err(|_| RequestError::HarEntry("its body is not base64".to_owned())),
        _ => Ok(text.into_bytes()),
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
        let all: Vec<_> = read(text).expect("a HAR file").into_iter().map(|one| one.expect("a request")).collect();
        assert_eq!((all[0].headers.len(), &all[0].body[..]), (1, &b"{\"a\":1}"[..]));
        assert_eq!(&all[1].body[..], [0xff]);
        assert!(matches!(read(b"{}"), Err(RequestError::Har(_))));
    }

    #[test]
    fn an_odd_entry_is_refused_alone_and_with_its_reason() {
        let text = br#"{"log":{"entries":[
            {"request":{"method":"POST","url":"https://h/x","postData":{"text":"{}"}}},
            {"request":{"method":"GET","url":"data:image/svg+xml,<svg a='b'>"}},
            {"response":{}},
            {"request":{"method":"POST","url":"https://h/x","headers":[{"name":"a b","value":"c"}]}},
            {"request":{"method":"POST","url":"https://h/x","postData":{"params":[{"name":"a","value":"b"}]}}},
            {"request":{"method":"POST","url":"https://h/x","bodySize":76}},
            {"request":{"method":"POST","url":"https://h/x","postData":{"text":null}}},
            {"request":{"method":"POST","url":"https://h/x","bodySize":0,"postData":{"text":null,"params":[]}}}]}}"#;
        let all = read(text).expect("a HAR file");
        assert_eq!(
            all.iter().map(Result::is_ok).collect::<Vec<_>>(),
            [true, false, false, false, false, false, false, true]
        );
        assert!(all[4].as_ref().is_err_and(|error| error.to_string().contains("fields of a form")));
        assert!(all[5].as_ref().is_err_and(|error| error.to_string().contains("without its body")));
    }
}
