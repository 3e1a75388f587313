//! Splits commands like a POSIX shell, with bash's `$'…'`. Nothing is run.
//!
//! Variables that the text itself sets are substituted. A word whose value is not in the text is marked as unknown, which
//! matters only if it is used.

use std::collections::HashMap;

use super::program::Program;
use super::{MOST_BYTES, output};

/// Why a text is not a command line of a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// An unclosed quote.
    #[error("a quote in the command is not closed")]
    Quote,
    /// The value of a variable, or the output of a command, that is unknown.
    #[error("the command expands a variable or runs another one: put the value itself into it")]
    Expansion,
    /// An operator such as a pipe or a redirection.
    #[error("the command holds `|`, `&`, `;`, `<`, `>`, or parentheses outside quotes")]
    Operator,
    /// A redirection from a file.
    #[error("the command reads a file with `<`")]
    File,
    /// A here-document without its end.
    #[error("a here-document does not end")]
    Document,
}

/// Splits a command line into words, byte for byte.
pub fn shell_words(text: &[u8]) -> Result<Vec<Vec<u8>>, WordError> {
    let mut words = Words { breaks_end: false, ..Words::new(text) };
    match words.command()? {
        CommandEnd::Text if words.operators == 0 => known(words.done),
        CommandEnd::Text | CommandEnd::Pipe | CommandEnd::Other => Err(WordError::Operator),
    }
}

/// The bytes of words; an error if one is unknown.
pub(super) fn known(words: Vec<Word>) -> Result<Vec<Vec<u8>>, WordError> {
    words.into_iter().map(|word| if word.is_unknown { Err(WordError::Expansion) } else { Ok(word.bytes) }).collect()
}

/// A word of a command line, without its quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) bytes: Vec<u8>,
    /// Whether a part of it is the unknown value of a variable or the unknown output of a command.
    pub(super) is_unknown: bool,
}

/// How a command of a command line ended: at a pipe, a semicolon, the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommandEnd {
    /// At the end of the text.
    Text,
    /// With a pipe to the next command.
    Pipe,
    /// With another separator.
    Other,
}

/// A here-document whose lines have not been read yet.
struct PendingDocument {
    last: Vec<u8>,
    quoted: bool,
    strips_tabs: bool,
}

/// The deepest nesting of `$(…)`.
const MOST_DEPTH: usize = 4;

/// Splits a text into commands, and each into words, as a shell does.
///
/// A line break counts as white space if the next line can only continue the command: documentation often wraps commands without
/// backslashes.
pub(super) struct Words<'a> {
    text: &'a [u8],
    at: usize,
    word: Option<Word>,
    done: Vec<Word>,
    operators: usize,
    drops_next: bool,
    /// Whether the next word is a here-string.
    reads_next: bool,
    awaited: Option<PendingDocument>,
    document: Option<Word>,
    variables: HashMap<Vec<u8>, Vec<u8>>,
    /// Whether a line break may end a command.
    breaks_end: bool,
    depth: usize,
    /// Bytes inserted by variables so far, which are limited, so that few words cannot expand to many bytes.
    inserted: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            word: None,
            done: Vec::new(),
            operators: 0,
            drops_next: false,
            reads_next: false,
            awaited: None,
            document: None,
            variables: HashMap::new(),
            breaks_end: true,
            depth: 0,
            inserted: 0,
        }
    }

    /// Whether only white space is left.
    pub(super) fn is_done(&self) -> bool {
        self.text[self.at..].trim_ascii().is_empty()
    }

    /// Sets a variable for the commands that follow.
    pub(super) fn set(&mut self, name: &[u8], value: &Word) {
        if value.is_unknown {
            self.variables.remove(name);
        } else {
            self.variables.insert(name.to_vec(), value.bytes.clone());
        }
    }

    /// The words of the next command, and how it ended. Output redirections are dropped.
    pub(super) fn next_command(&mut self) -> Result<(Vec<Word>, CommandEnd), WordError> {
        let end = self.command()?;
        Ok((std::mem::take(&mut self.done), end))
    }

    /// The here-document of the commands read so far; the rest of the line before it is skipped.
    pub(super) fn document(&mut self) -> Result<Option<Word>, WordError> {
        if self.awaited.is_some() {
            self.skip_line();
            self.read_document()?;
        }
        Ok(self.document.take())
    }

    fn command(&mut self) -> Result<CommandEnd, WordError> {
        while let Some(byte) = self.next() {
            match byte {
                b'\n' if self.awaited.is_some() => {
                    self.end_word();
                    self.read_document()?;
                    return Ok(CommandEnd::Other);
                }
                b'\n' => {
                    self.end_word();
                    if self.breaks_end && !self.goes_on() {
                        return Ok(CommandEnd::Other);
                    }
                }
                b' ' | b'\t' | b'\r' => self.end_word(),
                b'\'' => self.single()?,
                b'"' => self.double()?,
                b'\\' => self.escape(),
                b'$' => self.dollar()?,
                b'`' => self.skip_backticks()?,
                b'#' if self.word.is_none() => self.skip_line(),
                b'|' | b'&' | b';' | b'<' | b'>' | b'(' | b')' => {
                    if let Some(end) = self.operator(byte)? {
                        return Ok(end);
                    }
                }
                other => self.push(other),
            }
        }
        self.end_word();
        Ok(CommandEnd::Text)
    }

    /// Whether the line after a break continues the command: the command has only its name so far, or the line begins with an
    /// option, a quote, a URL or an operator.
    fn goes_on(&self) -> bool {
        const STARTS: &[&[u8]] = &[b"-", b"'", b"\"", b"$'", b"http:", b"https:", b"<", b">", b"|", b"@-"];
        let rest = &self.text[self.at..];
        let rest = &rest[rest.iter().take_while(|byte| b" \t\r".contains(byte)).count()..];
        let has_name_alone = matches!(self.done.as_slice(), [word] if Program::of(&word.bytes).is_some());
        has_name_alone || STARTS.iter().any(|start| rest.starts_with(start))
    }

    /// How an operator ends the command, if it does.
    fn operator(&mut self, byte: u8) -> Result<Option<CommandEnd>, WordError> {
        self.operators += 1;
        let next = self.text.get(self.at).copied();
        match (byte, next) {
            (b'>', _) | (b'&', Some(b'>')) => self.redirect(),
            (b'<', Some(b'<')) => self.here()?,
            (b'<', _) => return Err(WordError::File),
            (b'|' | b'&', Some(doubled)) if doubled == byte => return Ok(Some(self.end(CommandEnd::Other))),
            (b'|', _) => return Ok(Some(self.end(CommandEnd::Pipe))),
            (b';', _) => return Ok(Some(self.end(CommandEnd::Other))),
            // An unquoted `&` in a URL would cut it here.
            (b'&', _) if self.text[self.at..].trim_ascii().is_empty() => return Ok(Some(self.end(CommandEnd::Other))),
            _ => return Err(WordError::Operator),
        }
        Ok(None)
    }

    fn end(&mut self, end: CommandEnd) -> CommandEnd {
        self.end_word();
        end
    }

    /// Drops an output redirection (`>`, `>>`, `>|`, `>&`, `&>`, with a number before it) and its word.
    fn redirect(&mut self) {
        self.word.take_if(|word| word.bytes.iter().all(u8::is_ascii_digit));
        self.end_word();
        while self.text.get(self.at).is_some_and(|byte| b">&|".contains(byte)) {
            self.at += 1;
        }
        self.drops_next = true;
    }

    /// `<<WORD`, `<<-WORD` or `<<<TEXT`.
    fn here(&mut self) -> Result<(), WordError> {
        self.end_word();
        self.at += 1;
        let after = self.text.get(self.at).copied();
        if self.awaited.is_some() || self.reads_next || self.document.is_some() {
            return Err(WordError::Operator);
        }
        if after == Some(b'<') {
            self.at += 1;
            self.reads_next = true;
            return Ok(());
        }
        let strips_tabs = after == Some(b'-');
        self.at += usize::from(strips_tabs);
        let rest = &self.text[self.at..];
        let blank = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
        let rest = &rest[blank..];
        let length = rest.iter().position(|byte| byte.is_ascii_whitespace() || b"|&;<>()".contains(byte));
        let word = &rest[..length.unwrap_or(rest.len())];
        let last: Vec<u8> = word.iter().copied().filter(|byte| !b"'\"\\".contains(byte)).collect();
        self.at += blank + word.len();
        self.awaited = Some(PendingDocument { quoted: last.len() < word.len(), last, strips_tabs });
        Ok(())
    }

    /// Reads the lines of the pending here-document, which begin here.
    fn read_document(&mut self) -> Result<(), WordError> {
        let Some(awaited) = self.awaited.take() else { return Ok(()) };
        let mut document = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            let end = rest.iter().position(|byte| *byte == b'\n');
            let line = &rest[..end.unwrap_or(rest.len())];
            self.at += end.map_or(rest.len(), |end| end + 1);
            let tabs = if awaited.strips_tabs { line.iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
            let line = &line[tabs..];
            if line.strip_suffix(b"\r").unwrap_or(line) == awaited.last {
                break;
            }
            if end.is_none() {
                return Err(WordError::Document);
            }
            document.extend_from_slice(line);
            document.push(b'\n');
        }
        self.document =
            Some(if awaited.quoted { Word { bytes: document, is_unknown: false } } else { self.filled(&document) });
        Ok(())
    }

    /// A here-document with variables substituted.
    fn filled(&mut self, document: &[u8]) -> Word {
        let variables = std::mem::take(&mut self.variables);
        let mut inner = Words { variables, depth: self.depth, inserted: self.inserted, ..Words::new(document) };
        inner.word = Some(Word::default());
        let mut is_unknown = false;
        while let Some(byte) = inner.next() {
            match byte {
                b'$' => is_unknown |= inner.expansion().is_err(),
                b'`' => is_unknown = true,
                b'\\' => inner.escape_among(b"\\$`"),
                other => inner.push(other),
            }
        }
        (self.variables, self.inserted) = (inner.variables, inner.inserted);
        let mut word = inner.word.unwrap_or_default();
        word.is_unknown |= is_unknown;
        word
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn push(&mut self, byte: u8) {
        self.word.get_or_insert_default().bytes.push(byte);
    }

    fn end_word(&mut self) {
        let Some(mut word) = self.word.take() else { return };
        if std::mem::take(&mut self.drops_next) {
            return;
        }
        if std::mem::take(&mut self.reads_next) {
            // A here-string ends in a line break.
            word.bytes.push(b'\n');
            self.document = Some(word);
            return;
        }
        self.done.push(word);
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|byte| byte != b'\n') {}
    }

    /// A backslash outside quotes: continues the line, or escapes the next byte.
    fn escape(&mut self) {
        match self.next() {
            None | Some(b'\n') => {}
            Some(b'\r') if self.text.get(self.at) == Some(&b'\n') => self.at += 1,
            Some(byte) => self.push(byte),
        }
    }

    fn single(&mut self) -> Result<(), WordError> {
        self.word.get_or_insert_default();
        loop {
            match self.next().ok_or(WordError::Quote)? {
                b'\'' => return Ok(()),
                byte => self.push(byte),
            }
        }
    }

    fn double(&mut self) -> Result<(), WordError> {
        self.word.get_or_insert_default();
        loop {
            match self.next().ok_or(WordError::Quote)? {
                b'"' => return Ok(()),
                b'`' => self.skip_backticks()?,
                b'$' => self.expansion()?,
                b'\\' => self.escape_among(b"\"\\$`"),
                byte => self.push(byte),
            }
        }
    }

    /// A backslash where it escapes only these bytes and line breaks.
    fn escape_among(&mut self, escaped: &[u8]) {
        match self.next() {
            Some(b'\n') => {}
            Some(byte) if escaped.contains(&byte) => self.push(byte),
            Some(byte) => {
                self.push(b'\\');
                self.push(byte);
            }
            None => self.push(b'\\'),
        }
    }

    fn dollar(&mut self) -> Result<(), WordError> {
        if self.text.get(self.at) == Some(&b'\'') {
            self.at += 1;
            return self.ansi();
        }
        self.expansion()
    }

    /// The expansion after `$`: the value of a variable that the text sets, or the output of a command that only writes.
    fn expansion(&mut self) -> Result<(), WordError> {
        if !self.expands() {
            self.push(b'$');
            return Ok(());
        }
        if self.text[self.at] == b'(' {
            let inner = self.parenthesised()?;
            let output = inner.and_then(|inner| self.output(inner));
            return self.insert(output);
        }
        let rest = &self.text[self.at..];
        let (name, length) = match rest.strip_prefix(b"{") {
            Some(braced) => {
                let end = braced.iter().position(|byte| *byte == b'}').ok_or(WordError::Expansion)?;
                (&braced[..end], end + 2)
            }
            None => {
                let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                (&rest[..length], length.max(1))
            }
        };
        self.at += length;
        let value = self.variables.get(name).cloned();
        self.insert(value)
    }

    fn insert(&mut self, value: Option<Vec<u8>>) -> Result<(), WordError> {
        let word = self.word.get_or_insert_default();
        match value {
            Some(value) if self.inserted + value.len() <= MOST_BYTES => {
                self.inserted += value.len();
                word.bytes.extend(value);
            }
            _ => word.is_unknown = true,
        }
        Ok(())
    }

    /// The text in the parentheses that begin here; `None` if nested too deeply.
    fn parenthesised(&mut self) -> Result<Option<&'a [u8]>, WordError> {
        let start = self.at + 1;
        let mut inner = Words { at: start, breaks_end: false, depth: self.depth + 1, ..Words::new(self.text) };
        if inner.depth > MOST_DEPTH {
            return Err(WordError::Expansion);
        }
        inner.skip_to_parenthesis()?;
        self.at = inner.at;
        Ok(Some(&self.text[start..inner.at - 1]))
    }

    /// Skips to the closing parenthesis.
    fn skip_to_parenthesis(&mut self) -> Result<(), WordError> {
        let mut open = 1;
        while let Some(byte) = self.next() {
            match byte {
                b'\n' if self.awaited.is_some() => self.read_document()?,
                b'\'' => self.single()?,
                b'"' => self.double()?,
                b'\\' => self.escape(),
                b'$' => self.dollar()?,
                b'<' if self.text.get(self.at) == Some(&b'<') => self.here()?,
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            self.word = None;
            self.document = None;
            if open == 0 {
                return Ok(());
            }
        }
        Err(WordError::Expansion)
    }

    /// The output of a command in `$(…)` without trailing line breaks, if it is known without running it.
    fn output(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let variables = std::mem::take(&mut self.variables);
        let mut inner = Words { variables, depth: self.depth + 1, inserted: self.inserted, ..Words::new(command) };
        let words = inner.next_command();
        let document = inner.document();
        (self.variables, self.inserted) = (std::mem::take(&mut inner.variables), inner.inserted);
        let (words, _) = words.ok().filter(|_| inner.is_done())?;
        let words = known(words).ok()?;
        let document = document.ok()?.map(|word| known(vec![word])).transpose().ok()?.map(|words| words.concat());
        let mut output = output::written(&words.iter().map(Vec::as_slice).collect::<Vec<_>>(), document)?;
        let end = output.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
        output.truncate(end);
        Some(output)
    }

    /// Skips a command in backticks, whose output counts as unknown.
    fn skip_backticks(&mut self) -> Result<(), WordError> {
        self.word.get_or_insert_default().is_unknown = true;
        loop {
            match self.next().ok_or(WordError::Expansion)? {
                b'`' => return Ok(()),
                b'\\' => drop(self.next()),
                _ => {}
            }
        }
    }

    /// Whether the `$` before the position begins an expansion.
    fn expands(&self) -> bool {
        self.text.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || b"_{(@*#?-$!".contains(b))
    }

    /// `$'…'`, whose escapes are those of C.
    fn ansi(&mut self) -> Result<(), WordError> {
        self.word.get_or_insert_default();
        loop {
            match self.next().ok_or(WordError::Quote)? {
                b'\'' => return Ok(()),
                b'\\' => self.ansi_escape()?,
                byte => self.push(byte),
            }
        }
    }

    fn ansi_escape(&mut self) -> Result<(), WordError> {
        match self.next().ok_or(WordError::Quote)? {
            b'n' => self.push(b'\n'),
            b'r' => self.push(b'\r'),
            b't' => self.push(b'\t'),
            b'a' => self.push(7),
            b'b' => self.push(8),
            b'e' | b'E' => self.push(27),
            b'f' => self.push(12),
            b'v' => self.push(11),
            b'x' => self.numbered(2, 16, false),
            b'u' => self.numbered(4, 16, true),
            b'U' => self.numbered(8, 16, true),
            b'0'..=b'7' => {
                self.at -= 1;
                self.numbered(3, 8, false);
            }
            byte @ (b'\\' | b'\'' | b'"' | b'?') => self.push(byte),
            byte => {
                self.push(b'\\');
                self.push(byte);
            }
        }
        Ok(())
    }

    /// A byte or character from at most `most` digits.
    fn numbered(&mut self, most: usize, radix: u32, character: bool) {
        let digits = self.text[self.at..].iter().take(most).take_while(|b| char::from(**b).is_digit(radix)).count();
        let number = self.text[self.at..self.at + digits]
            .iter()
            .fold(0_u32, |number, b| number * radix + char::from(*b).to_digit(radix).unwrap_or(0));
        self.at += digits;
        if character {
            let mut buffer = [0; 4];
            let text = char::from_u32(number).unwrap_or('\u{fffd}').encode_utf8(&mut buffer);
            text.bytes().for_each(|byte| self.push(byte));
        } else {
            self.push(u8::try_from(number & 0xff).unwrap_or(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let words = shell_words(text.as_bytes()).expect("words");
        words.into_iter().map(|word| String::from_utf8(word).expect("text")).collect()
    }

    #[test]
    fn quotes_of_every_kind_keep_their_bytes() {
        assert_eq!(words(r#"a 'b c' "d \"e\" \n" f\ g"#), ["a", "b c", "d \"e\" \\n", "f g"]);
        assert_eq!(words("curl \\\n -d '' \\\r\n x"), ["curl", "-d", "", "x"]);
        assert_eq!(words(r"$'a\n\x41\101\u00e9\'b'"), ["a\nAAé'b"]);
        assert_eq!(words("a # comment\nb#c $ '$x'"), ["a", "b#c", "$", "$x"]);
    }

    #[test]
    fn a_command_ends_where_another_begins_and_where_its_output_goes_does_not_matter() {
        for (text, end) in [
            ("a b 2>&1", CommandEnd::Text),
            ("a >/dev/null b", CommandEnd::Text),
            ("a b\ne $x", CommandEnd::Other),
            ("a b &> 'c d' | e $x", CommandEnd::Pipe),
            ("a b; e $x", CommandEnd::Other),
            ("a b && e", CommandEnd::Other),
            ("a b &\n", CommandEnd::Other),
        ] {
            let (words, ended) = Words::new(text.as_bytes()).next_command().expect("a command");
            assert_eq!((known(words), ended), (Ok(vec![b"a".to_vec(), b"b".to_vec()]), end), "{text}");
        }
        assert_eq!(Words::new(b"a b&c").next_command(), Err(WordError::Operator));
    }

    #[test]
    fn a_here_document_is_read_as_it_stands() {
        let document = |text: &str| {
            let mut words = Words::new(text.as_bytes());
            words.next_command()?;
            known(words.document()?.into_iter().collect()).map(|mut known| known.pop())
        };
        let lines = |text: &str| Ok(Some(text.as_bytes().to_vec()));
        assert_eq!(document("a <<'E' b\nx $y\n\nE\nrest"), lines("x $y\n\n"));
        assert_eq!(document("a <<-E | b 'c\n\tx\n\tE"), lines("x\n"));
        assert_eq!(document("a <<E\nx $y\nE\n"), Err(WordError::Expansion));
        assert_eq!(document("a <<E\nx"), Err(WordError::Document));
        assert_eq!(document("a"), Ok(None));
    }

    #[test]
    fn nothing_is_ever_expanded() {
        for text in ["$HOME", "\"$(id)\"", "`id`", "\"`id`\"", "${a}"] {
            assert_eq!(shell_words(text.as_bytes()), Err(WordError::Expansion), "{text}");
        }
        for text in ["a | b", "a; b", "a > b", "a 2>&1", "a && b", "a&b", "(a)", "a <<< b"] {
            assert_eq!(shell_words(text.as_bytes()), Err(WordError::Operator), "{text}");
        }
        assert_eq!(shell_words(b"a < b"), Err(WordError::File));
        assert_eq!(shell_words(b"a << b"), Err(WordError::Operator));
        assert_eq!(shell_words(b"'a"), Err(WordError::Quote));
        assert_eq!(shell_words(br#""a\"#), Err(WordError::Quote));
    }
}
