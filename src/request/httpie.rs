//! Reads commands of HTTPie, and of xh, which takes the same arguments.

use url::form_urlencoded;

use super::draft::RequestDraft;
use super::{Captured, Note, RequestError, body};

const IGNORED: &[&str] = &[
    "-v",
    "--verbose",
    "-h",
    "--headers",
    "-b",
    "--body",
    "-d",
    "--download",
    "-F",
    "--follow",
    "--check-status",
    "--ignore-stdin",
    "-I",
    "--stream",
    "-S",
    "--offline",
    "--debug",
    "-q",
    "--quiet",
    "--compress",
    "-x",
    "--all",
    "-m",
    "--meta",
    "--http2",
];
const IGNORED_WITH_VALUE: &[&str] = &[
    "-a",
    "--auth",
    "-A",
    "--auth-type",
    "--timeout",
    "-o",
    "--output",
    "-p",
    "--print",
    "--session",
    "--session-read-only",
    "--proxy",
    "--verify",
    "--cert",
    "--cert-key",
    "-s",
    "--style",
    "--pretty",
    "--format-options",
    "--max-redirects",
    "--ssl",
    "-P",
    "--history-print",
    "--http-version",
];
/// The separators between name and value, and the kind of item of each; at one position the longest counts.
const SEPARATORS: &[(&str, ItemKind)] = &[
    (":=@", ItemKind::File),
    ("=@", ItemKind::File),
    (":=", ItemKind::Json),
    ("==", ItemKind::Query),
    ("@", ItemKind::File),
    ("=", ItemKind::Field),
    (":", ItemKind::Header),
    (";", ItemKind::EmptyHeader),
];

/// Which program is meant, HTTPie or xh, which decides how JSON is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpieProgram {
    /// HTTPie, with Python's JSON.
    Python,
    /// xh, with JSON without spaces.
    Xh,
}

/// The kind of an HTTPie request item, identified by its separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ItemKind {
    Header,
    EmptyHeader,
    Query,
    Field,
    Json,
    File,
}

/// The arguments of an HTTPie or xh command that decide what it sends.
#[derive(Default)]
struct HttpieCommand {
    draft: RequestDraft,
    is_form: bool,
    raw: Option<Vec<u8>>,
    /// Names and values of the body, the values as JSON, or as text in a form.
    fields: Vec<(String, String)>,
    query: Vec<(String, String)>,
    positional: Vec<String>,
    /// Whether a header has a space after the colon, as mitmproxy writes them.
    has_spaced_header: bool,
}

/// The request of an HTTPie or xh command with these words. `input` is its standard input, if the text tells.
pub(super) fn request(
    words: &[Vec<u8>],
    input: Option<Vec<u8>>,
    dialect: HttpieProgram,
) -> Result<Captured, RequestError> {
    let mut command = HttpieCommand::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = String::from_utf8_lossy(word).into_owned();
        match text.strip_prefix('-') {
            Some(_) => command.option(&text, &mut || words.next().cloned())?,
            None => command.positional.push(text),
        }
    }
    command.finish(input, dialect)
}

impl HttpieCommand {
    fn option(&mut self, word: &str, next: &mut dyn FnMut() -> Option<Vec<u8>>) -> Result<(), RequestError> {
        let (name, joined) = match word.split_once('=').filter(|_| word.starts_with("--")) {
            Some((name, value)) => (name, Some(value.as_bytes().to_vec())),
            None => (word, None),
        };
        let mut value = || joined.clone().or_else(&mut *next).ok_or_else(|| RequestError::OptionValue(name.to_owned()));
        match name {
            "-j" | "--json" => self.is_form = false,
            "-f" | "--form" => self.is_form = true,
            "--raw" => self.raw = Some(value()?),
            name if IGNORED.contains(&name) => {}
            name if IGNORED_WITH_VALUE.contains(&name) => drop(value()?),
            name => return Err(RequestError::UnknownOption(name.to_owned())),
        }
        Ok(())
    }

    fn finish(mut self, input: Option<Vec<u8>>, dialect: HttpieProgram) -> Result<Captured, RequestError> {
        let positional = std::mem::take(&mut self.positional);
        let is_alone = positional.len() == 1;
        let is_method = |word: &String| !is_alone && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        let mut positional = positional.into_iter().peekable();
        let method = positional.next_if(is_method);
        let url = positional.next().ok_or(RequestError::CommandUrl)?;
        for item in positional {
            self.item(&item)?;
        }
        let written = self.body(input, dialect)?;
        let default = if written.is_some() { "POST" } else { "GET" };
        self.draft.method(&method.map_or_else(|| default.to_owned(), |method| method.to_ascii_uppercase()))?;
        self.draft.url = Some(super::url(with_query(&whole_url(&url), &self.query))?);
        self.draft.body = written.unwrap_or_default();
        Ok(self.draft.captured(if dialect == HttpieProgram::Xh { "xh command" } else { "HTTPie command" }))
    }

    fn item(&mut self, word: &str) -> Result<(), RequestError> {
        let unknown = || RequestError::UnknownOption(word.to_owned());
        let (name, item, value) = split(word).ok_or_else(unknown)?;
        match item {
            ItemKind::Header if value.is_empty() => {}
            ItemKind::Header | ItemKind::EmptyHeader => {
                self.has_spaced_header |= value.starts_with(' ');
                self.draft.header(name.as_bytes(), value.as_bytes())?;
            }
            ItemKind::Query => self.query.push((name, value)),
            ItemKind::File => return Err(RequestError::OtherFile(word.to_owned())),
            ItemKind::Field if self.is_form => self.fields.push((name, value)),
            // Brackets build objects in objects.
            ItemKind::Field | ItemKind::Json if name.contains(['[', ']']) => return Err(unknown()),
            ItemKind::Field => self.fields.push((name, serde_json::to_string(&value).map_err(|_| unknown())?)),
            ItemKind::Json => {
                let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&value).is_ok();
                self.fields.push((name, is_json.then_some(value).ok_or_else(unknown)?));
            }
        }
        Ok(())
    }

    /// The body, if the command has one.
    fn body(&mut self, input: Option<Vec<u8>>, dialect: HttpieProgram) -> Result<Option<Vec<u8>>, RequestError> {
        if let Some(raw) = self.raw.take() {
            self.json_headers()?;
            return Ok(Some(raw));
        }
        if let Some(mut input) = input {
            // In a command of mitmproxy, the line break that `<<<` adds was not part of the body.
            if self.has_spaced_header
                && self.draft.content_length() != Some(input.len())
                && input.pop_if(|last| *last == b'\n').is_some()
            {
                self.draft.notes.push(Note::HereStringBreak);
            }
            self.json_headers()?;
            return Ok(Some(input));
        }
        if self.fields.is_empty() {
            return Ok(None);
        }
        if self.is_form {
            self.draft.default_content_type("application/x-www-form-urlencoded; charset=utf-8")?;
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish();
            return Ok(Some(form.into_bytes()));
        }
        self.json_headers()?;
        let members: Vec<String> = self
            .fields
            .iter()
            .map(|(name, value)| format!("{}:{value}", serde_json::to_string(name).unwrap_or_default()))
            .collect();
        let object = format!("{{{}}}", members.join(","));
        let written = if dialect == HttpieProgram::Xh { body::compact(&object) } else { body::as_python(&object) };
        Ok(Some(written.into_bytes()))
    }

    fn json_headers(&mut self) -> Result<(), RequestError> {
        if !self.draft.has_header("accept") {
            self.draft.header(b"accept", b"application/json, */*;q=0.5")?;
        }
        self.draft.default_content_type("application/json")
    }
}

/// Splits a word at its first unescaped separator.
fn split(word: &str) -> Option<(String, ItemKind, String)> {
    let mut name = String::new();
    let mut rest = word;
    while let Some(next) = rest.chars().next() {
        if let Some((separator, item)) = SEPARATORS.iter().find(|(separator, _)| rest.starts_with(separator)) {
            let value = &rest[separator.len()..];
            if *item != ItemKind::EmptyHeader || value.is_empty() {
                return (!name.is_empty()).then(|| (name, *item, value.to_owned()));
            }
        }
        rest = &rest[next.len_utf8()..];
        match next {
            '\\' => {
                let escaped = rest.chars().next()?;
                name.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
            other => name.push(other),
        }
    }
    None
}

/// `:3000/x` and `example.com/x` are short for whole URLs.
fn whole_url(url: &str) -> String {
    let port = url.strip_prefix(':').filter(|rest| !rest.starts_with(':'));
    match port {
        _ if url.contains("://") => url.to_owned(),
        Some(rest) if rest.starts_with('/') || rest.is_empty() => format!("http://localhost{rest}"),
        Some(rest) => format!("http://localhost:{rest}"),
        None => format!("http://{url}"),
    }
}

fn with_query(url: &str, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: HttpieProgram) -> Result<Captured, RequestError> {
        request(&crate::request::shell_words(text.as_bytes()).expect("words")[1..], None, dialect)
    }

    #[test]
    fn items_become_headers_query_and_body_as_each_program_writes_it() {
        let text = "http -v PUT h.example/x X-A:b c==d 'note=Zoë' n:=1 'o:={\"p\":[1,2]}'";
        let python = read(text, HttpieProgram::Python).expect("a request").request;
        assert_eq!((python.method.as_str(), python.url.as_deref()), ("PUT", Some("http://h.example/x?c=d")));
        assert_eq!(python.headers["x-a"], "b");
        assert_eq!(&python.body[..], br#"{"note": "Zo\u00eb", "n": 1, "o": {"p": [1, 2]}}"#);
        let compact = read(text, HttpieProgram::Xh).expect("a request").request;
        assert_eq!(&compact.body[..], r#"{"note":"Zoë","n":1,"o":{"p":[1,2]}}"#.as_bytes());
        let form = read("http -f :3000/x a=b 'c=d e'", HttpieProgram::Python).expect("a request").request;
        assert_eq!((form.method.as_str(), form.url.as_deref()), ("POST", Some("http://localhost:3000/x")));
        assert_eq!(&form.body[..], b"a=b&c=d+e");
        let raw = read("http h --raw '{}'", HttpieProgram::Python).expect("a request").request;
        assert_eq!(
            (&raw.body[..], &raw.headers["content-type"]),
            (&b"{}"[..], &http::HeaderValue::from_static("application/json"))
        );
        assert_eq!(read("http h", HttpieProgram::Python).expect("a request").request.method.as_str(), "GET");
    }

    #[test]
    fn what_the_command_does_not_hold_is_refused() {
        assert_eq!(read("http h.example a=@x", HttpieProgram::Python), Err(RequestError::OtherFile("a=@x".into())));
        assert_eq!(
            read("http h.example a[b]=c", HttpieProgram::Python),
            Err(RequestError::UnknownOption("a[b]=c".into()))
        );
        assert_eq!(
            read("http --multipart h", HttpieProgram::Python),
            Err(RequestError::UnknownOption("--multipart".into()))
        );
        assert_eq!(read("http", HttpieProgram::Python), Err(RequestError::CommandUrl));
    }
}
