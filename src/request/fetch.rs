//! Calls that send a request in JavaScript, as browsers copy them: `fetch("https://…", {…})`.

use serde_json::value::RawValue;

use super::draft::Draft;
use super::json::{Members, body_of, headers, list, text};
use super::{Captured, Read, RequestError, literal};

/// The calls that are read.
const CALLS: &[&str] = &["fetch(", "axios.post(", "axios.put(", "axios.patch(", "axios.request(", "axios("];
/// More requests of one text are not read.
const MOST_REQUESTS: usize = 10_000;

/// Whether one of the first lines of a text begins with such a call.
pub(super) fn begins(text: &[u8]) -> bool {
    let lines = text.split(|byte| *byte == b'\n').take(50);
    lines.map(<[u8]>::trim_ascii).any(|line| CALLS.iter().any(|call| behind_await(line).starts_with(call.as_bytes())))
}

/// A line without what may stand before a call.
fn behind_await(line: &[u8]) -> &[u8] {
    let call =
        line.strip_prefix(b"const ").or_else(|| line.strip_prefix(b"let ")).or_else(|| line.strip_prefix(b"var "));
    let call =
        call.and_then(|rest| rest.iter().position(|byte| *byte == b'=').map(|at| rest[at + 1..].trim_ascii_start()));
    let call = call.unwrap_or(line);
    call.strip_prefix(b"await ").or_else(|| call.strip_prefix(b"return ")).unwrap_or(call).trim_ascii_start()
}

/// Reads the requests of every call.
pub(super) fn read(bytes: &[u8]) -> Read {
    let text = std::str::from_utf8(bytes).map_err(|_| RequestError::Call("it is not UTF-8"))?;
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((call, at)) = next_call(rest).filter(|_| all.len() < MOST_REQUESTS) {
        rest = &rest[at + call.len()..];
        match literal::arguments(rest) {
            Some((json, length)) => {
                all.push(of_arguments(call, &json));
                rest = &rest[length..];
            }
            None => all.push(Err(RequestError::Call("its arguments hold values that are not in the text"))),
        }
    }
    Ok(all)
}

/// The first call of a text, and where it begins.
fn next_call(text: &str) -> Option<(&'static str, usize)> {
    text.match_indices('(').find_map(|(at, _)| {
        let before = &text[..=at];
        let call = CALLS.iter().find(|call| before.ends_with(**call))?;
        Some((*call, at + 1 - call.len()))
    })
}

fn of_arguments(call: &str, json: &str) -> Result<Captured, RequestError> {
    let wrong = RequestError::Call("it has no URL as text");
    let arguments: &RawValue = serde_json::from_str(json).map_err(|_| wrong.clone())?;
    let arguments = list(arguments).ok_or_else(|| wrong.clone())?;
    let url = arguments.first().and_then(|first| text(first));
    let verb = call.strip_prefix("axios.").map(|rest| rest.trim_end_matches('(')).filter(|verb| *verb != "request");
    // `axios.post(url, data, options)`; with the URL alone, or in its options, elsewhere.
    let (options, data) = match (verb, &url) {
        (Some(_), _) => (arguments.get(2), arguments.get(1).copied()),
        (None, Some(_)) => (arguments.get(1), None),
        (None, None) => (arguments.first(), None),
    };
    let options = options.and_then(|options| Members::parse(options));
    let get = |name: &str| options.as_ref().and_then(|options| options.get(name));
    let mut draft = Draft::default();
    let url = url.or_else(|| get("url").and_then(text)).ok_or(wrong)?;
    draft.url = Some(super::url(url)?);
    for (name, value) in get("headers").and_then(headers).unwrap_or_default() {
        draft.header(name.as_bytes(), value.as_bytes())?;
    }
    let method = get("method").and_then(text).or_else(|| verb.map(str::to_owned));
    draft.method(&method.unwrap_or_else(|| "GET".to_owned()).to_ascii_uppercase())?;
    if let Some(value) = data.or_else(|| get("body")).or_else(|| get("data")).filter(|value| value.get() != "null") {
        let (bytes, note) = body_of(value, false, draft.content_length())?;
        draft.body = bytes;
        draft.notes.extend(note);
    }
    Ok(draft.captured("call of fetch or axios in JavaScript"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_read_with_its_exact_body() {
        let text = "await fetch(\"https://h/x\", {\n \"headers\": { \"x-a\": \"b\" }, \"body\": \"{\\\"a\\\":1}\", \"method\": \"POST\"\n});\n\
                    fetch('https://h/y', { method: 'PUT', headers: new Headers({ 'X-A': 'c' }), body: JSON.stringify({ a: 1 }) })\n\
                    axios.post('https://h/z', { a: 1 }, { headers: { 'x-a': 'd' } });";
        assert!(begins(text.as_bytes()));
        let all: Vec<_> =
            read(text.as_bytes()).expect("calls").into_iter().map(|one| one.expect("a request").request).collect();
        let value = http::HeaderValue::from_static;
        let shown: Vec<_> = all
            .iter()
            .map(|one| (one.method.as_str(), one.url.as_deref().unwrap_or(""), &one.headers["x-a"]))
            .collect();
        assert_eq!(
            shown,
            [
                ("POST", "https://h/x", &value("b")),
                ("PUT", "https://h/y", &value("c")),
                ("POST", "https://h/z", &value("d"))
            ]
        );
        assert!(all.iter().all(|one| one.body == "{\"a\":1}"));
    }

    #[test]
    fn a_value_that_is_not_in_the_text_is_no_request() {
        let all = read(b"fetch('https://h/x', { body: payload })").expect("calls");
        assert!(matches!(all[..], [Err(RequestError::Call(_))]));
    }
}
