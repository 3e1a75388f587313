//! Finds the shell commands that send a request in pasted text, with prompts, pipes, variables and input.

use super::httpie::{self, HttpieProgram};
use super::program::Program;
use super::shell_words::{CommandEnd, Word, Words, known};
use super::{Captured, Note, ReadResult, RequestError, curl, output, quotes, wget, windows_cmd};

/// Commands that run the command after them.
const RUNNERS: &[&[u8]] =
    &[b"time", b"command", b"exec", b"env", b"sudo", b"nohup", b"export", b"local", b"readonly", b"then", b"if", b"do"];
/// Commands that write text which the next one reads.
const WRITERS: &[&[u8]] = &[b"base64", b"printf", b"echo", b"cat"];
/// The ends of prompts.
const PROMPTS: &[&str] = &["$", "%", "#", ">", "❯", "➜", "»", "λ"];
/// The longest prompt that is skipped, in bytes.
const LONGEST_PROMPT: usize = 100;
/// The most lines of a script before its first request.
const MOST_LINES_BEFORE: usize = 200;
/// The most requests of one text.
const MOST_REQUESTS: usize = 10_000;

/// The requests of a program that is called with these words. `input` is its standard input, if the text tells.
pub(super) fn called(
    program: Program,
    words: Vec<Vec<u8>>,
    input: Option<Vec<u8>>,
) -> Vec<Result<Captured, RequestError>> {
    match program {
        Program::Curl => curl::requests(words, input),
        Program::Wget => vec![wget::request(&words)],
        Program::Httpie => vec![httpie::request(&words, input, HttpieProgram::Python)],
        Program::Xh => vec![httpie::request(&words, input, HttpieProgram::Xh)],
    }
}

/// Whether one of the first lines of a text calls a program that sends a request, or writes what one reads.
pub(super) fn begins(text: &[u8]) -> bool {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let is_comment = |line: &[u8]| line.starts_with(b"#") && without_prompt(line).len() == line.len();
    let mut lines = lines.filter(|line| !line.is_empty() && !is_comment(line)).take(MOST_LINES_BEFORE);
    // Later lines are checked strictly, because prose may begin a line with the name of a program.
    lines.next().is_some_and(|line| is_call(line, text, false)) || lines.any(|line| is_call(line, text, true))
}

fn is_call(line: &[u8], text: &[u8], is_strict: bool) -> bool {
    let mut words = without_prompt(line).split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let Some(word) = words.by_ref().find(|word| !comes_before(word)) else { return false };
    let Some(program) = Program::of(word) else { return WRITERS.contains(&word) && pipes_to_a_program(text) };
    let Some(next) = words.next() else { return program == Program::Curl };
    let looks_like_argument = next.starts_with(b"-") || next.iter().any(|byte| b":/.'\"\\^`$".contains(byte));
    let is_method = next.iter().all(|byte| byte.is_ascii_uppercase() || (!is_strict && byte.is_ascii_lowercase()));
    looks_like_argument || (is_method && program != Program::Curl) || (!is_strict && program == Program::Curl)
}

fn pipes_to_a_program(text: &[u8]) -> bool {
    let first = |after: &[u8]| after.trim_ascii_start().split(u8::is_ascii_whitespace).next().and_then(Program::of);
    text.split(|byte| *byte == b'|').skip(1).any(|after| first(after).is_some())
}

fn comes_before(word: &[u8]) -> bool {
    PROMPTS.iter().any(|prompt| prompt.as_bytes() == word) || RUNNERS.contains(&word) || assignment(word).is_some()
}

/// `NAME=value`, which sets a variable.
fn assignment(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = word.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (&word[..equals], &word[equals + 1..]);
    let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (is_name && !name.is_empty()).then_some((name, value))
}

/// A line without the prompt before its command: `user@host:~$ curl …`, `PS C:\> curl.exe …`.
fn without_prompt(line: &[u8]) -> &[u8] {
    let start = &line[..line.len().min(LONGEST_PROMPT)];
    let ends_prompt =
        |at: &usize| PROMPTS.iter().any(|prompt| start[..*at].trim_ascii_end().ends_with(prompt.as_bytes()));
    let calls = |at: &usize| line[*at..].split(u8::is_ascii_whitespace).next().and_then(Program::of).is_some();
    (1..start.len()).filter(ends_prompt).find(calls).map_or(line, |at| &line[at..])
}

/// A text whose lines have no prompts, where the first one has.
fn without_prompts(text: &[u8]) -> Option<Vec<u8>> {
    let first = text.split(|byte| *byte == b'\n').next()?;
    if without_prompt(first).len() == first.len() {
        return None;
    }
    // A shell marks lines that go on with a prompt of their own.
    let continued = |line: &'_ [u8]| line.strip_prefix(b">> ").or_else(|| line.strip_prefix(b"> ")).map(<[u8]>::len);
    let plain = |line: &[u8]| {
        let at = line.len() - continued(line).unwrap_or_else(|| without_prompt(line).len());
        line[at..].to_vec()
    };
    Some(text.split_inclusive(|byte| *byte == b'\n').flat_map(plain).collect())
}

/// Reads the requests of every command.
pub(super) fn read(text: &[u8]) -> ReadResult {
    if let Some(straight) = quotes::straightened(text) {
        let mut all = read_straight(&straight)?;
        all.iter_mut().flatten().for_each(|one| one.notes.push(Note::QuotesStraightened));
        return Ok(all);
    }
    read_straight(text)
}

fn read_straight(text: &[u8]) -> ReadResult {
    let plain = without_prompts(text);
    let text = plain.as_deref().unwrap_or(text);
    if let Some(commands) = windows_cmd::commands(text) {
        let calls = commands?.into_iter().filter_map(|words| Some((Program::of(words.first()?)?, words)));
        return Ok(calls
            .flat_map(|(program, words)| called(program, words.into_iter().skip(1).collect(), None))
            .collect());
    }
    let mut all = Vec::new();
    let mut commands = Words::new(text);
    let mut piped: Option<Vec<Word>> = None;
    while !commands.is_done() && all.len() < MOST_REQUESTS {
        match next_request(&mut commands, &mut piped) {
            Ok(found) => all.extend(found),
            Err(error) if all.is_empty() => return Err(error),
            // Text after the command may be terminal output rather than a command.
            Err(_) => {
                all.iter_mut().flatten().take(1).for_each(|one: &mut Captured| one.notes.push(Note::RestNotRead));
                break;
            }
        }
    }
    if all.is_empty() { Err(RequestError::NoCommand) } else { Ok(all) }
}

/// Reads the requests of the next command, if it sends any. `piped` is the command whose output it reads.
fn next_request(commands: &mut Words<'_>, piped: &mut Option<Vec<Word>>) -> ReadResult {
    let (words, end) = commands.next_command()?;
    let before = piped.take();
    let start = words.iter().position(|word| !comes_before(&word.bytes)).unwrap_or(words.len());
    let Some(program) = words.get(start).and_then(|word| Program::of(&word.bytes)) else {
        set_variables(commands, &words);
        *piped = (end == CommandEnd::Pipe).then(|| words[start..].to_vec());
        if end != CommandEnd::Pipe {
            commands.document()?;
        }
        return Ok(Vec::new());
    };
    let document = commands.document()?;
    let request = || -> ReadResult {
        let document = document.map(|word| known(vec![word])).transpose()?.map(|words| words.concat());
        let input = match &before {
            Some(writer) => Some(written(writer, document)?),
            None => document,
        };
        Ok(called(program, known(words[start + 1..].to_vec())?, input))
    };
    Ok(request().unwrap_or_else(|error| vec![Err(error)]))
}

/// Sets the variables of a command that consists only of assignments.
fn set_variables(commands: &mut Words<'_>, words: &[Word]) {
    if words.iter().all(|word| comes_before(&word.bytes)) {
        for word in words {
            if let Some((name, value)) = assignment(&word.bytes) {
                let value = Word { bytes: value.to_vec(), is_unknown: word.is_unknown };
                commands.set(name, &value);
            }
        }
    }
}

/// The output of the command before a pipe, if it is known without running it.
fn written(words: &[Word], document: Option<Vec<u8>>) -> Result<Vec<u8>, RequestError> {
    let words = known(words.to_vec())?;
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let unknown = || RequestError::OtherFile(String::from_utf8_lossy(&words.join(&b' ')).chars().take(80).collect());
    output::written(&words, document).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The URL and the body of the one request of a text.
    fn command(text: &str) -> (String, String) {
        assert!(begins(text.as_bytes()), "{text}");
        let mut all = read(text.as_bytes()).expect("commands");
        assert_eq!(all.len(), 1, "{text}");
        let request = all.remove(0).expect("a request").request;
        (request.url.expect("a URL"), String::from_utf8(request.body.to_vec()).expect("text"))
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
            assert_eq!(command(text), ("http://h".to_owned(), String::new()), "{text}");
        }
        for text in ["POST /x HTTP/1.1\r\n\r\n", "curly h", "cat x", "echo a | jq", "", "\n"] {
            assert!(!begins(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_curl_reads_is_taken_where_the_text_holds_it() {
        for (text, input) in [
            ("curl h --data-binary @- <<'E'\n{}\nE", "{}\n"),
            ("cat <<E | curl h --data-binary @-\n{}\nE\n", "{}\n"),
            ("base64 -d <<'B' | curl h \\\n --data-binary @-\nYWJ\nj\nB", "abc"),
            ("printf '%s' 'a\\b' | curl h --data-binary @-", "a\\b"),
            ("echo -n '{}' | curl h --data-binary @- | jq .", "{}"),
            ("echo '{}' | curl h --data-binary @-", "{}\n"),
        ] {
            assert_eq!(command(text), ("http://h".to_owned(), input.to_owned()), "{text}");
        }
        for text in ["cat body.json | curl h -d @-", "base64 -d x | curl h", "echo 'a\\n' | curl h -d @-"] {
            let all = read(text.as_bytes()).expect("commands");
            assert!(matches!(all[..], [Err(RequestError::OtherFile(_))]), "{text}");
        }
    }
}
