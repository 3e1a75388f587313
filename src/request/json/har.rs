//! Reads HAR, as browsers and debugging proxies export it: a whole log, its entries, or one copied entry.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::request::draft::RequestDraft;
use crate::request::members::{Members, list};
use crate::request::{Captured, RequestError, body};

/// An entry of a HAR file.
#[derive(Deserialize)]
struct HarEntry {
    request: HarRequest,
}

/// A request of a HAR file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HarRequest {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<HarHeader>,
    post_data: Option<PostData>,
    body_size: Option<f64>,
}

/// A header of a HAR request.
#[derive(Deserialize)]
struct HarHeader {
    name: String,
    value: String,
}

/// The body of a HAR request.
#[derive(Deserialize)]
struct PostData {
    text: Option<String>,
    encoding: Option<String>,
    comment: Option<String>,
    params: Option<Vec<IgnoredAny>>,
}

/// The requests of a HAR file or of a part of one; `None` if it is not one. Each that cannot be read is an error of its own.
pub(super) fn requests(members: &Members<'_>) -> Option<Vec<Result<Captured, RequestError>>> {
    if let Some(entries) = members.get("log.entries").and_then(list) {
        let empty = || vec![Err(RequestError::Entry("it is a HAR file without entries".to_owned()))];
        return Some(if entries.is_empty() { empty() } else { entries.into_iter().map(entry).collect() });
    }
    let is_list = |path: &str| members.get(path).is_none_or(|value| value.get().starts_with('['));
    if members.has("request.method")
        && members.has("request.url")
        && is_list("request.headers")
        && !members.has("request.header")
    {
        return Some(vec![parsed::<HarRequest>(members.get("request")?).and_then(captured)]);
    }
    // A request that was copied alone.
    if members.has("method") && members.has("url") && members.has("postData") && is_list("headers") {
        let request = RawValue::from_string(members.to_json()).ok()?;
        return Some(vec![parsed::<HarRequest>(&request).and_then(captured)]);
    }
    None
}

fn entry(text: &RawValue) -> Result<Captured, RequestError> {
    captured(parsed::<HarEntry>(text)?.request)
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a RawValue) -> Result<T, RequestError> {
    serde_json::from_str(text.get()).map_err(|error| RequestError::Entry(error.to_string()))
}

fn captured(request: HarRequest) -> Result<Captured, RequestError> {
    let mut draft = RequestDraft::to(crate::request::url(request.url)?);
    draft.method(&request.method)?;
    for header in &request.headers {
        draft.header(header.name.as_bytes(), header.value.as_bytes())?;
    }
    let said = length(request.body_size).or_else(|| draft.content_length());
    let Some(data) = request.post_data else {
        // An exporter that omits the body still writes its length.
        return Ok(if said.is_some_and(|said| said > 0) { draft.without_body("HAR") } else { draft.captured("HAR") });
    };
    let has_params = data.params.as_ref().is_some_and(|params| !params.is_empty());
    if data.text.as_deref().unwrap_or_default().is_empty() && has_params {
        let why = "its body is given as the fields of a form, and not as the bytes that were signed";
        return Err(RequestError::Entry(why.to_owned()));
    }
    match data.text {
        None if said != Some(0) => Ok(draft.without_body("HAR")),
        None => Ok(draft.captured("HAR")),
        // Fiddler notes base64 in a comment.
        Some(text) if [data.encoding, data.comment].iter().flatten().any(|how| how == "base64") => {
            draft.body = body::base64(&text).ok_or(RequestError::Base64)?;
            Ok(draft.captured("HAR, body in base64"))
        }
        Some(text) => {
            let (bytes, note) = body::of_text(&text, said)?;
            draft.body = bytes;
            draft.notes.extend(note);
            Ok(draft.captured("HAR"))
        }
    }
}

/// The size of a body; exporters write -1 if it is unknown.
fn length(size: Option<f64>) -> Option<usize> {
    let size = size.filter(|size| *size >= 0.0 && size.fract() == 0.0)?;
    format!("{size:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Note;

    fn read(text: &[u8]) -> Vec<Result<Captured, RequestError>> {
        let value: &RawValue = serde_json::from_slice(text).expect("JSON");
        requests(&Members::parse(value).expect("an object")).expect("a HAR file")
    }

    #[test]
    fn every_entry_is_read() {
        let text = br#"{"log":{"entries":[
            {"request":{"method":"POST","url":"https://h/x","headers":[{"name":":path","value":"/x"},{"name":"A","value":"b"}],
             "postData":{"mimeType":"application/json","text":"{\"a\":1}"}}},
            {"request":{"method":"POST","url":"https://h/y","postData":{"text":"/w==","encoding":"base64"}}}]}}"#;
        let all: Vec<_> = read(text).into_iter().map(|one| one.expect("a request").request).collect();
        assert_eq!((all[0].headers.len(), &all[0].body[..]), (1, &b"{\"a\":1}"[..]));
        assert_eq!(&all[1].body[..], [0xff]);
        assert!(matches!(read(b"{\"log\":{\"entries\":[]}}")[..], [Err(RequestError::Entry(_))]));
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
        let all = read(text);
        assert_eq!(
            all.iter().map(Result::is_ok).collect::<Vec<_>>(),
            [true, false, false, false, false, true, true, true]
        );
        assert!(all[4].as_ref().is_err_and(|error| error.to_string().contains("fields of a form")));
        assert!(all[5..7].iter().flatten().all(|one| one.notes == [Note::BodyMissing]));
    }
}
