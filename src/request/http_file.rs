//! Reads requests from `.http` and `.rest` files of VS Code and JetBrains, and from Hurl files.

use super::draft::RequestDraft;
use super::variables::Variables;
use super::wrapping::{lines, without_last_break};
use super::{Captured, ReadResult, RequestError, raw};

/// What separates requests.
const SEPARATOR: &[u8] = b"###";
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Whether a text begins like such a file: with a separator, a comment, a variable, or a request line that no client sends.
pub(super) fn begins(text: &[u8]) -> bool {
    let Some(first) = first_line(&mut &text[..]) else { return false };
    let Some((_, target, has_version)) = request_line(first) else { return false };
    if has_version && text.starts_with(first) && says_length(text) {
        return false;
    }
    let is_separated = || lines(text).any(|line| text[line].starts_with(SEPARATOR));
    !has_version || target.contains("{{") || !text.starts_with(first) || (target.contains("://") && is_separated())
}

/// Whether a head has `content-length`: then a program saved it, and its body may contain anything.
fn says_length(text: &[u8]) -> bool {
    const NAME: &[u8] = b"content-length:";
    let head = lines(text).map(|line| &text[line]).take_while(|line| !line.trim_ascii().is_empty());
    head.take(512).any(|line| line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME))
}

fn is_comment(line: &[u8]) -> bool {
    line.starts_with(b"#") || line.starts_with(b"//")
}

/// `@name = value`
fn definition(line: &[u8]) -> Option<(&str, &str)> {
    let (name, value) = std::str::from_utf8(line).ok()?.strip_prefix('@')?.split_once('=')?;
    Some((name.trim(), value.trim()))
}

/// The method, the target, and whether a version follows. A line with only a URL is a `GET`.
fn request_line(line: &[u8]) -> Option<(&str, &str, bool)> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let (method, rest) = match text.split_once([' ', '\t']) {
        Some((method, rest)) if METHODS.contains(&method) => (method, rest.trim()),
        _ => ("GET", text),
    };
    let (target, version) = match rest.rsplit_once(' ') {
        Some((target, version)) if version.starts_with("HTTP/") => (target.trim_end(), true),
        _ => (rest, false),
    };
    let is_target =
        target.contains("://") || target.starts_with("{{") || (target.starts_with('/') && method.len() < text.len());
    (is_target && !target.contains([' ', '\t'])).then_some((method, target, version))
}

/// Reads every request of the file.
pub(super) fn read(text: &[u8]) -> ReadResult {
    let mut variables = Variables::default();
    for (name, value) in lines(text).filter_map(|line| definition(text[line].trim_ascii())) {
        variables.set(name.to_owned(), value.to_owned());
    }
    let mut all = Vec::new();
    let mut start = 0;
    let separators = lines(text).filter(|line| text[line.clone()].starts_with(SEPARATOR));
    let ends = separators.map(|line| (line.start, line.end)).chain([(text.len(), text.len())]);
    for (end, next) in ends {
        all.extend(request(&text[start..end], &variables));
        start = next;
    }
    Ok(all)
}

/// The request between two separators, if there is one.
fn request(text: &[u8], variables: &Variables) -> Option<Result<Captured, RequestError>> {
    let mut rest = text;
    let first = first_line(&mut rest)?;
    Some(parsed(first, rest, variables))
}

/// The first line that is neither blank nor a comment, a variable or a script.
fn first_line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    loop {
        let content = next_line(rest)?.trim_ascii();
        if content.starts_with(b"< {%") {
            skip_script(rest, content);
        } else if !content.is_empty() && !is_comment(content) && definition(content).is_none() {
            return Some(content);
        }
    }
}

fn parsed(first: &[u8], mut rest: &[u8], variables: &Variables) -> Result<Captured, RequestError> {
    let wrong = || RequestError::RequestLine(String::from_utf8_lossy(first).chars().take(80).collect());
    let (method, target, _) = request_line(first).ok_or_else(wrong)?;
    let mut draft = RequestDraft::default();
    draft.method(method)?;
    let mut target = target.to_owned();
    loop {
        let before = rest;
        let Some(line) = next_line(&mut rest) else { break };
        let content = line.trim_ascii();
        if content.is_empty() {
            break;
        }
        // Hurl needs no blank line before a body.
        if content.starts_with(b"{") || content.starts_with(b"[") || content.starts_with(b"```") {
            rest = before;
            break;
        }
        if is_comment(content) {
            continue;
        }
        // A long query may continue on further lines.
        if line.starts_with(b" ") || line.starts_with(b"\t") || content.starts_with(b"?") || content.starts_with(b"&") {
            target.push_str(&String::from_utf8_lossy(content));
            continue;
        }
        let filled = variables.filled(&String::from_utf8_lossy(content))?;
        let (name, value) = filled.split_once(':').ok_or_else(|| RequestError::Header(filled.clone()))?;
        draft.header(name.as_bytes(), value.as_bytes())?;
    }
    let target = variables.filled(&target)?;
    draft.url = match target.contains("://") {
        true => Some(super::url(target)?),
        false if target.starts_with('/') => draft.host().map(|host| format!("https://{host}{target}")),
        false => Some(super::url(format!("http://{target}"))?),
    };
    draft.body = body(rest, &draft, variables)?;
    Ok(draft.captured("file of an HTTP client (VS Code, JetBrains, Hurl)"))
}

/// The body, without trailing blank lines and the sections of JetBrains and Hurl about the response.
fn body(text: &[u8], draft: &RequestDraft, variables: &Variables) -> Result<Vec<u8>, RequestError> {
    let end = lines(text).find(|line| is_about_answer(&text[line.clone()])).map_or(text.len(), |line| line.start);
    let end = text[..end].iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    let body = text[..end].strip_prefix(b"\r\n").unwrap_or(&text[..end]);
    if let Some(file) = body.strip_prefix(b"< ").or_else(|| body.strip_prefix(b"<@")) {
        let name = file.split(|byte| *byte == b'\n').next().unwrap_or_default();
        return Err(RequestError::OtherFile(format!("< {}", String::from_utf8_lossy(name.trim_ascii()))));
    }
    if draft.has_form() {
        // Each field may be on a line of its own.
        let joined: Vec<u8> = body.split(|byte| *byte == b'\n').flat_map(|line| line.trim_ascii().to_vec()).collect();
        return filled(&joined, variables);
    }
    filled(unfenced(body), variables)
}

fn filled(body: &[u8], variables: &Variables) -> Result<Vec<u8>, RequestError> {
    match std::str::from_utf8(body) {
        Ok(text) => variables.filled(text).map(String::into_bytes),
        Err(_) => Ok(body.to_vec()),
    }
}

/// A body without Hurl's fence around several lines.
fn unfenced(body: &[u8]) -> &[u8] {
    let inner = || {
        let inner = body.strip_prefix(b"```")?.strip_suffix(b"```")?;
        let start = inner.iter().position(|byte| *byte == b'\n')? + 1;
        Some(without_last_break(&inner[start..]))
    };
    inner().unwrap_or(body)
}

/// `> {% … %}`, `> handler.js`, `>> answer.json`, `<> answer.json`, `HTTP 200`
fn is_about_answer(line: &[u8]) -> bool {
    let starts =
        [&b"> {%"[..], b"> ./", b"> ../", b"> /", b">> ", b">>! ", b"<> ", b"HTTP 2", b"HTTP 4", b"HTTP 5", b"HTTP *"];
    starts.iter().any(|start| line.starts_with(start)) || raw::begins_response(line)
}

fn next_line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    if rest.is_empty() {
        return None;
    }
    let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
    let (line, after) = rest.split_at(end);
    *rest = after;
    Some(without_last_break(line))
}

/// Skips a script, up to `%}`.
fn skip_script(rest: &mut &[u8], first: &[u8]) {
    let mut line = first;
    while !line.ends_with(b"%}") {
        let Some(next) = next_line(rest) else { return };
        line = next.trim_ascii();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Result<Captured, RequestError>> {
        assert!(begins(text.as_bytes()), "{text}");
        read(text.as_bytes()).expect("a file")
    }

    #[test]
    fn requests_are_read_with_comments_variables_and_scripts_around_them() {
        let text = "@host = h.example\n@id=1\n\n### first\n# @name a\n< {% request.variables.set('x', 1) %}\nPOST https://{{host}}/x\n    ?a=b\n    &c={{id}}\n\
                    // a comment\nX-A: b{{id}}\n\n{\"a\":\n {{id}}}\n\n> {%\n client.log(1)\n%}\n\n###\nGET https://h/y\n\n### form\nPOST /z HTTP/1.1\nHost: h\n\
                    Content-Type: application/x-www-form-urlencoded\n\na=b\n&c=d\n";
        let all: Vec<_> = all(text).into_iter().map(|one| one.expect("a request").request).collect();
        let urls: Vec<_> = all.iter().map(|one| one.url.as_deref().unwrap_or("")).collect();
        assert_eq!(urls, ["https://h.example/x?a=b&c=1", "https://h/y", "https://h/z"]);
        assert_eq!((&all[0].headers["x-a"], &all[0].body[..]), (&"b1".parse().expect("text"), &b"{\"a\":\n 1}"[..]));
        assert_eq!(&all[2].body[..], b"a=b&c=d");
    }

    #[test]
    fn a_file_of_hurl_is_one_too() {
        for body in ["```json\n{}\n```\n", "\n```json\n{}\n```\n", "{}\n"] {
            let all = all(&format!("POST https://h/x\nX-A: b\n{body}HTTP 200\n[Asserts]\n"));
            assert_eq!(&all[0].as_ref().expect("a request").request.body[..], b"{}", "{body}");
        }
    }

    #[test]
    fn what_the_file_does_not_hold_is_refused() {
        let all = all("POST https://h/x\n\n< ./body.json\n\n###\nPOST https://h/{{x}}\n\n{}\n");
        assert_eq!(all[0], Err(RequestError::OtherFile("< ./body.json".into())));
        assert_eq!(all[1], Err(RequestError::Variable("x".into())));
        for text in ["POST / HTTP/1.1\n\n", "Host: h\n", "{}", "", "curl h"] {
            assert!(!begins(text.as_bytes()), "{text}");
        }
    }
}
