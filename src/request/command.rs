//! The curl command among what was pasted: a prompt before it, what its output goes to after it, and what it reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::RequestError;
use super::words::{End, Words};

/// Commands that only run the one after them.
const RUNNERS: [&[u8]; 6] = [b"time", b"command", b"exec", b"env", b"sudo", b"nohup"];
/// Commands that write what follows them, so that curl can read it.
const WRITERS: [&[u8]; 4] = [b"base64", b"printf", b"echo", b"cat"];
/// What a prompt looks like.
const PROMPTS: [&[u8]; 2] = [b"$", b"%"];

/// A curl command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Its words after `curl`.
    pub(super) words: Vec<Vec<u8>>,
    /// What it reads, as far as the text says.
    pub(super) input: Option<Vec<u8>>,
}

/// Whether a text begins as a curl command, or as one that writes what curl reads.
pub(super) fn begins(text: &[u8]) -> bool {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut lines = lines.skip_while(|line| line.is_empty() || line.starts_with(b"#"));
    let words = lines.next().unwrap_or_default().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut words = words.skip_while(|word| comes_before(word));
    words.next().is_some_and(|word| is_curl(word) || (WRITERS.contains(&word) && pipes_to_curl(text)))
}

fn pipes_to_curl(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'|').skip(1).any(|after| after.trim_ascii_start().starts_with(b"curl"))
}

fn comes_before(word: &[u8]) -> bool {
    PROMPTS.contains(&word) || RUNNERS.contains(&word) || is_assignment(word)
}

/// `NAME=value`, which sets a variable for the command.
fn is_assignment(word: &[u8]) -> bool {
    let name = word.split(|byte| *byte == b'=').next().unwrap_or_default();
    let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    name.len() < word.len() && !name.is_empty() && is_name
}

fn is_curl(word: &[u8]) -> bool {
    let name = word.rsplit(|byte| matches!(byte, b'/' | b'\\')).find(|part| !part.is_empty()).unwrap_or_default();
    matches!(name, b"curl" | b"curl.exe")
}

/// Finds the curl command and what it reads.
pub(super) fn read(text: &[u8]) -> Result<Command, RequestError> {
    if let Some(words) = super::cmd::words(text) {
        return Ok(Command { words: words?.into_iter().skip(1).collect(), input: None });
    }
    let mut all = Words::new(text);
    let (words, end) = next(&mut all)?;
    if words.first().is_some_and(|word| is_curl(word)) {
        return Ok(Command { words: words.into_iter().skip(1).collect(), input: all.document()? });
    }
    if end != End::Pipe {
        return Err(RequestError::CurlNone);
    }
    let (curl, _) = next(&mut all)?;
    if !curl.first().is_some_and(|word| is_curl(word)) {
        return Err(RequestError::CurlNone);
    }
    let input = written(&words, all.document()?)?;
    Ok(Command { words: curl.into_iter().skip(1).collect(), input: Some(input) })
}

fn next(all: &mut Words<'_>) -> Result<(Vec<Vec<u8>>, End), RequestError> {
    let (words, end) = all.next_command()?;
    Ok((words.into_iter().skip_while(|word| comes_before(word)).collect(), end))
}

/// What a command before a pipe writes, where that is known without running it.
fn written(words: &[Vec<u8>], document: Option<Vec<u8>>) -> Result<Vec<u8>, RequestError> {
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let unknown = || RequestError::CurlFile(String::from_utf8_lossy(&words.join(&b' ')).chars().take(80).collect());
    let is_plain = |text: &[u8]| !text.contains(&b'\\');
    match (words.as_slice(), document) {
        ([b"base64", b"-d" | b"-D" | b"--decode"], Some(text)) => {
            let text: Vec<u8> = text.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode(text).map_err(|_| unknown())
        }
        ([b"cat"] | [b"cat", b"-"], Some(text)) => Ok(text),
        ([b"printf", b"%s", text], None) => Ok(text.to_vec()),
        ([b"printf", text], None) if is_plain(text) && !text.contains(&b'%') => Ok(text.to_vec()),
        ([b"echo", b"-n", text], None) if is_plain(text) => Ok(text.to_vec()),
        ([b"echo", text], None) if is_plain(text) && !text.starts_with(b"-") => Ok([text, &b"\n"[..]].concat()),
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> (Vec<String>, Option<String>) {
        assert!(begins(text.as_bytes()), "{text}");
        let command = read(text.as_bytes()).expect("a command");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (command.words.into_iter().map(text).collect(), command.input.map(text))
    }

    #[test]
    fn what_people_paste_around_a_command_is_passed_over() {
        for text in [
            "curl h",
            "curl\nh",
            "$ curl h",
            "% curl h",
            "/usr/bin/curl h",
            "FOO=1 B='a' curl h",
            "time curl h",
            "# a comment\n\n  curl h # another",
            "curl h | jq .",
            "curl h 2>&1",
            "curl h > /dev/null",
            "curl h; echo $?",
            "curl h && echo done",
        ] {
            assert_eq!(command(text), (vec!["h".to_owned()], None), "{text}");
        }
        for text in ["POST /x HTTP/1.1\r\n\r\n", "curly h", "cat x", "echo a | jq", "", "\n"] {
            assert!(!begins(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_curl_reads_is_taken_where_the_text_holds_it() {
        let words = vec!["h".to_owned(), "--data-binary".to_owned(), "@-".to_owned()];
        for (text, input) in [
            ("curl h --data-binary @- <<'E'\n{}\nE", "{}\n"),
            ("cat <<E | curl h --data-binary @-\n{}\nE\n", "{}\n"),
            ("base64 -d <<'B' | curl h \\\n --data-binary @-\nYWJ\nj\nB", "abc"),
            ("printf '%s' 'a\\b' | curl h --data-binary @-", "a\\b"),
            ("echo -n '{}' | curl h --data-binary @- | jq .", "{}"),
            ("echo '{}' | curl h --data-binary @-", "{}\n"),
        ] {
            assert_eq!(command(text), (words.clone(), Some(input.to_owned())), "{text}");
        }
        for text in ["cat body.json | curl h -d @-", "base64 -d x | curl h", "echo 'a\\n' | curl h -d @-"] {
            assert!(matches!(read(text.as_bytes()), Err(RequestError::CurlFile(_))), "{text}");
        }
    }
}
