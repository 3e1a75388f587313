//! Reads JavaScript and Python calls that send a request, as browsers and tools copy them: `fetch("https://…", {…})`.

use serde_json::value::RawValue;

use super::draft::RequestDraft;
use super::literal::{self, Values};
use super::members::{Members, list, text};
use super::values::{body_of, headers};
use super::{Captured, MOST_BYTES, ReadResult, RequestError};

/// A call of JavaScript's `fetch` or its like that sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// `fetch(url, options)`
    Fetch,
    /// `axios(options)`, or `axios.post(url, data, options)` with the verb in its name.
    Axios(Option<&'static str>),
    /// `requests.post(url, data=…, headers=…)`, or `requests.request("POST", …)`.
    Python(Option<&'static str>),
}

/// The calls that are read.
const CALLS: &[(&str, Call)] = &[
    ("fetch(", Call::Fetch),
    ("axios.post(", Call::Axios(Some("POST"))),
    ("axios.put(", Call::Axios(Some("PUT"))),
    ("axios.patch(", Call::Axios(Some("PATCH"))),
    ("axios.request(", Call::Axios(None)),
    ("axios(", Call::Axios(None)),
    ("requests.post(", Call::Python(Some("POST"))),
    ("requests.put(", Call::Python(Some("PUT"))),
    ("requests.patch(", Call::Python(Some("PATCH"))),
    ("requests.request(", Call::Python(None)),
    ("httpx.post(", Call::Python(Some("POST"))),
    ("httpx.put(", Call::Python(Some("PUT"))),
];
/// The most statements that are searched for variables.
const MOST_STATEMENTS: usize = 1000;
/// The most requests of one text.
const MOST_REQUESTS: usize = 10_000;

/// Whether one of the first lines of a text begins with such a call.
pub(super) fn begins(text: &[u8]) -> bool {
    let lines = text.split(|byte| *byte == b'\n').take(50);
    lines
        .map(<[u8]>::trim_ascii)
        .any(|line| CALLS.iter().any(|(name, _)| behind_await(line).starts_with(name.as_bytes())))
}

/// A line without keywords and assignments before a call.
fn behind_await(line: &[u8]) -> &[u8] {
    let call =
        line.strip_prefix(b"const ").or_else(|| line.strip_prefix(b"let ")).or_else(|| line.strip_prefix(b"var "));
    let call =
        call.and_then(|rest| rest.iter().position(|byte| *byte == b'=').map(|at| rest[at + 1..].trim_ascii_start()));
    let call = call.unwrap_or(line);
    // Python assigns without a keyword.
    let assigned = call
        .iter()
        .position(|byte| *byte == b'=')
        .filter(|at| call[..*at].iter().all(|byte| byte.is_ascii_alphanumeric() || b"_ ".contains(byte)));
    let call = assigned.map_or(call, |at| call[at + 1..].trim_ascii_start());
    call.strip_prefix(b"await ").or_else(|| call.strip_prefix(b"return ")).unwrap_or(call).trim_ascii_start()
}

/// Reads the requests of every call.
pub(super) fn read(bytes: &[u8]) -> ReadResult {
    let text = std::str::from_utf8(bytes).map_err(|_| RequestError::Call("it is not UTF-8"))?;
    let values = variables(text);
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((call, start)) = next_call(rest).filter(|_| all.len() < MOST_REQUESTS) {
        rest = &rest[start..];
        match literal::arguments(rest, &values) {
            Some((json, length)) => {
                all.push(of_arguments(call, &json));
                rest = &rest[length..];
            }
            None => all.push(Err(RequestError::Call("its arguments hold values that are not in the text"))),
        }
    }
    Ok(all)
}

/// The variables with literal values in a text: `const body = "…";`, `headers.append("a", "b")`.
fn variables(text: &str) -> Values {
    let mut values = Values::new();
    let (mut done, mut size, mut tries) = (0, 0, 0);
    for line in super::wrapping::lines(text.as_bytes()) {
        let Some(indentation) = text[line.clone()].find(|c: char| !c.is_whitespace()) else { continue };
        if line.start < done || tries >= MOST_STATEMENTS {
            continue;
        }
        let start = line.start + indentation;
        let statement = &text[start..];
        let bare = ["const ", "let ", "var "].iter().find_map(|word| statement.strip_prefix(word)).unwrap_or(statement);
        let name = &bare[..bare.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(bare.len())];
        let after = bare[name.len()..].trim_start();
        tries += 1;
        if let Some(value) = after.strip_prefix('=').filter(|value| !value.starts_with(['=', '>'])) {
            if let Some((json, length)) =
                literal::to_json_with(value, &values).filter(|(json, _)| size + json.len() <= MOST_BYTES)
            {
                size += json.len();
                done = start + (statement.len() - value.len()) + length;
                values.insert(name.to_owned(), json);
            }
        } else if let Some((json, _)) =
            after.strip_prefix(".append(").and_then(|rest| literal::arguments(rest, &values))
        {
            append(&mut values, name, &json);
        }
    }
    values
}

/// Adds a member to the object in a variable.
fn append(values: &mut Values, name: &str, pair: &str) {
    let Ok(pair) = serde_json::from_str::<[String; 2]>(pair) else { return };
    let Some(object) = values.get_mut(name).filter(|object| object.starts_with('{') && object.len() < MOST_BYTES)
    else {
        return;
    };
    object.pop();
    let comma = if object.len() > 1 { "," } else { "" };
    object.push_str(&format!(
        "{comma}{}:{}}}",
        serde_json::Value::from(&pair[0][..]),
        serde_json::Value::from(&pair[1][..])
    ));
}

/// The first call in a text, and the start of its arguments.
fn next_call(text: &str) -> Option<(Call, usize)> {
    text.match_indices('(').find_map(|(at, _)| {
        let before = &text[..=at];
        CALLS.iter().find(|(name, _)| before.ends_with(name)).map(|(_, call)| (*call, at + 1))
    })
}

fn of_arguments(call: Call, json: &str) -> Result<Captured, RequestError> {
    let wrong = || RequestError::Call("it has no URL as text");
    let arguments: &RawValue = serde_json::from_str(json).map_err(|_| wrong())?;
    let arguments = list(arguments).ok_or_else(wrong)?;
    let objects: Vec<Members<'_>> = arguments.iter().filter_map(|argument| Members::parse(argument)).collect();
    let get = |name: &str| objects.iter().rev().find_map(|object| object.get(name));
    let mut texts = arguments.iter().filter_map(|argument| text(argument));
    let (verb, data) = match call {
        Call::Fetch => (None, get("body")),
        Call::Axios(Some(verb)) => (Some(verb.to_owned()), arguments.get(1).copied()),
        Call::Axios(None) => (None, get("data")),
        Call::Python(Some(verb)) => (Some(verb.to_owned()), get("data").or_else(|| get("content"))),
        Call::Python(None) => (get("method").and_then(text).or_else(|| texts.next()), get("data")),
    };
    let url = get("url").and_then(text).or_else(|| texts.next()).ok_or_else(wrong)?;
    let mut draft = RequestDraft::to(super::url(url)?);
    for (name, value) in get("headers").and_then(headers).unwrap_or_default() {
        draft.header(name.as_bytes(), value.as_bytes())?;
    }
    let method = get("method").and_then(text).or(verb).unwrap_or_else(|| "GET".to_owned());
    draft.method(&method.to_ascii_uppercase())?;
    if let Some(value) = data.filter(|value| value.get() != "null") {
        let (bytes, note) = body_of(value, false, draft.content_length())?;
        draft.body = bytes;
        draft.notes.extend(note);
    } else if let Some(value) = get("json").filter(|_| matches!(call, Call::Python(_))) {
        draft.default_content_type("application/json")?;
        draft.body = super::body::as_python(value.get()).into_bytes();
    }
    Ok(draft.captured("call in a program (fetch, axios, requests)"))
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
    fn variables_and_named_arguments_are_filled_in() {
        for text in [
            "const myHeaders = new Headers();\nmyHeaders.append(\"X-A\", \"b\");\nconst raw = JSON.stringify({\n  \"a\": 1\n});\n\
             const options = {\n method: \"POST\",\n headers: myHeaders,\n body: raw };\nfetch(\"https://h/x\", options).then(r => r.text());",
            "import requests\nurl = \"https://h/x\"\npayload = '{\"a\":1}'\nheaders = {\n  'X-A': 'b'\n}\n\
             response = requests.request(\"POST\", url, headers=headers, data=payload)\n",
            "requests.post('https://h/x', headers={'X-A': 'b'}, data=b'{\"a\":1}')",
        ] {
            assert!(begins(text.as_bytes()), "{text}");
            let all = read(text.as_bytes()).expect("calls");
            let request = &all[0].as_ref().expect("a request").request;
            assert_eq!((request.method.as_str(), request.url.as_deref()), ("POST", Some("https://h/x")), "{text}");
            assert_eq!(
                (&request.headers["x-a"], &request.body[..]),
                (&"b".parse().expect("text"), &b"{\"a\":1}"[..]),
                "{text}"
            );
        }
        let json = read(b"r = requests.post('https://h/x', json={'a': 1, 'b': 'c'})").expect("calls");
        assert_eq!(json[0].as_ref().expect("a request").request.body, "{\"a\": 1, \"b\": \"c\"}");
    }

    #[test]
    fn a_value_that_is_not_in_the_text_is_no_request() {
        let all = read(b"fetch('https://h/x', { body: payload })").expect("calls");
        assert!(matches!(all[..], [Err(RequestError::Call(_))]));
    }
}
