//! Splits command lines of the Windows prompt (cmd.exe), as browsers copy them, with carets as escapes.

use super::WordError;

/// The words of the commands in a text with carets or doubled quotes; `None` for any other text.
pub(super) fn commands(text: &[u8]) -> Option<Result<Vec<Vec<Vec<u8>>>, WordError>> {
    let start = &text[..text.len().min(LONGEST_START)];
    let quotes_by_caret = start.windows(3).any(|three| three == b" ^\"");
    let doubles_quotes = has_doubled(text);
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let is_unquoted = !first.contains(&b'\'');
    let has_carets = is_unquoted && (first.ends_with(b" ^") || quotes_by_caret && first.starts_with(b"curl"));
    let variables = variables(text);
    let only_doubles_quotes = doubles_quotes && !text.contains(&b'\'');
    if !has_carets && !only_doubles_quotes && variables.is_empty() {
        return None;
    }
    let text = &filled(text, &variables)[..];
    let lines = without_carets(text);
    Some(
        lines
            .iter()
            .map(|line| split(line, quotes_by_caret))
            .filter(|words| words.as_ref().map_or(true, |words| !words.is_empty()))
            .collect(),
    )
}

/// The variables that a text sets with `set NAME=value`.
fn variables(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let set = |line: &[u8]| {
        let rest = line.strip_prefix(b"set ").or_else(|| line.strip_prefix(b"SET "))?.trim_ascii();
        let rest = rest.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(rest);
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        Some(([b"%", &rest[..equals], b"%"].concat(), rest[equals + 1..].to_vec()))
    };
    let is_used = |name: &[u8]| text.windows(name.len()).any(|part| part == name);
    lines.filter_map(set).take(MOST_VARIABLES).filter(|(name, _)| is_used(name)).collect()
}

/// A text with variables substituted.
fn filled(text: &[u8], variables: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let found = variables.iter().find(|(name, _)| text[at] == b'%' && text[at..].starts_with(name));
        match found.filter(|(_, value)| out.len() + value.len() <= super::MOST_BYTES) {
            Some((name, value)) => {
                out.extend_from_slice(value);
                at += name.len();
            }
            None => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

/// The most variables that are substituted.
const MOST_VARIABLES: usize = 64;

/// Whether a quoted text has quotes of its own, each written twice: `"{""id"":1}"`.
fn has_doubled(text: &[u8]) -> bool {
    text.windows(4).any(|four| four == b"\"{\"\"") || text.windows(5).any(|five| five == b"\"[{\"\"")
}

/// The furthest position of the first quote in a copied command: `curl ^"https://…`.
const LONGEST_START: usize = 40;

/// The commands of a text with carets removed as the prompt does: inside plain quotes they stay, and two line breaks mean one.
fn without_carets(text: &[u8]) -> Vec<Vec<u8>> {
    let mut done = Vec::new();
    let mut out = Vec::new();
    let mut quoted = false;
    let mut rest = text.iter().copied().filter(|byte| *byte != b'\r').peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'^' if !quoted => match rest.next() {
                Some(b'\n') => out.push(if rest.next_if_eq(&b'\n').is_some() { b'\n' } else { b' ' }),
                Some(other) => out.push(other),
                None => {}
            },
            b'^' if rest.peek() == Some(&b'\n') => {}
            b'&' | b'\n' if !quoted => done.push(std::mem::take(&mut out)),
            other => {
                let escaped = out.last() == Some(&b'\\');
                quoted ^= other == b'"' && !escaped;
                out.push(other);
            }
        }
    }
    done.push(out);
    done
}

/// Splits at white space outside double quotes. A browser doubles every backslash; a program unescapes only `\"`.
fn split(text: &[u8], doubled: bool) -> Result<Vec<Vec<u8>>, WordError> {
    let mut done = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quoted = false;
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            // Inside quotes, two quotes mean one.
            b'"' if quoted && rest.peek() == Some(&b'"') => word.get_or_insert_default().extend(rest.next()),
            b'"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            b'\\' if rest.peek() == Some(&b'"') || (doubled && rest.peek() == Some(&b'\\')) => {
                word.get_or_insert_default().extend(rest.next());
            }
            byte if byte.is_ascii_whitespace() && !quoted => done.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    done.extend(word);
    if quoted { Err(WordError::Quote) } else { Ok(done) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<String>> {
        let [words] = <[_; 1]>::try_from(commands(text.as_bytes())?.expect("words")).expect("one command");
        Some(words.into_iter().map(|word| String::from_utf8(word).expect("text")).collect())
    }

    #[test]
    fn a_command_copied_for_the_windows_prompt_gives_the_bytes_that_were_sent() {
        let copied = "curl ^\"https://h.example/a?b=1^&c=^%^41^\" ^\r\n  -H ^\"x-a: b^\" ^\r\n  \
                      --data-raw ^\"^{^\\^\"a^\\^\": ^\\^\"x^\\^\\n y^^^\\^\"^}^\n\n^\"";
        let expected =
            ["curl", "https://h.example/a?b=1&c=%41", "-H", "x-a: b", "--data-raw", "{\"a\": \"x\\n y^\"}\n"];
        assert_eq!(read(copied).expect("carets"), expected);
        let by_hand = "curl \"https://h/\" ^\r\n -d \"{\\\"a\\\":\\\"^ \\\\n\\\"}\"";
        assert_eq!(read(by_hand).expect("carets"), ["curl", "https://h/", "-d", "{\"a\":\"^ \\\\n\"}"]);
    }

    #[test]
    fn other_commands_are_left_to_the_shell() {
        for text in ["curl h -d '{\"a\": ^\"}'", "curl 'h ^' -d ^\"a^\"", "curl h \\\n -d ^", ""] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
