//! Commands split as a POSIX shell would, with bash's `$'…'`; nothing is ever run.
//!
//! Variables that the text itself sets are filled in. A word whose value is not in the text is known to be unknown, which
//! matters only where such a word is used.

use std::collections::HashMap;

use super::program::Program;
use super::{MOST_BYTES, output};

/// Why a text is not a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// A quote is not closed.
    #[error("a quote in the command is not closed")]
    Quote,
    /// The command would expand a variable or run another command, and what that gives is not known here.
    #[error("the command expands a variable or runs another one: put the value itself into it")]
    Expansion,
    /// An operator such as a pipe or a redirection.
    #[error("the command holds `|`, `&`, `;`, `<`, `>`, or parentheses outside quotes")]
    Operator,
    /// A redirection from a file.
    #[error("the command reads a file with `<`")]
    File,
    /// A here-document whose last line is not there.
    #[error("a here-document does not end")]
    Document,
}

/// Splits a command line into words, byte for byte.
pub fn shell_words(text: &[u8]) -> Result<Vec<Vec<u8>>, WordError> {
    let mut words = Words { breaks_end: false, ..Words::new(text) };
    match words.command()? {
        End::Text if words.operators == 0 => known(words.done),
        End::Text | End::Pipe | End::Other => Err(WordError::Operator),
    }
}

/// The bytes of words, unless the value of one is not in the text.
pub(super) fn known(words: Vec<Word>) -> Result<Vec<Vec<u8>>, WordError> {
    words.into_iter().map(|word| if word.is_unknown { Err(WordError::Expansion) } else { Ok(word.bytes) }).collect()
}

/// A word of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) bytes: Vec<u8>,
    /// Whether a part of it would be the value of a variable, or the output of a command, that the text does not hold.
    pub(super) is_unknown: bool,
}

/// What ended a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing follows it.
    Text,
    /// Its output goes to the next one.
    Pipe,
    /// Another one follows it, which has nothing of its input.
    Other,
}

/// How a here-document ends, once its lines begin.
struct Awaited {
    last: Vec<u8>,
    quoted: bool,
    strips_tabs: bool,
}

/// The deepest nesting of `$(…)`.
const MOST_DEPTH: usize = 4;

/// The commands of a text, one after the other.
///
/// A line break counts as white space where the next line can only go on with the command: documents often show a command on
/// several lines without joining them.
pub(super) struct Words<'a> {
    text: &'a [u8],
    at: usize,
    word: Option<Word>,
    done: Vec<Word>,
    operators: usize,
    drops_next: bool,
    /// The next word is what the command reads.
    reads_next: bool,
    awaited: Option<Awaited>,
    document: Option<Word>,
    variables: HashMap<Vec<u8>, Vec<u8>>,
    /// Whether a line break may end a command.
    breaks_end: bool,
    depth: usize,
    /// Bytes that variables put into words so far. What is more is not read, so that a few words cannot become many bytes.
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

    /// Whether nothing but white space is left.
    pub(super) fn is_done(&self) -> bool {
        self.text[self.at..].trim_ascii().is_empty()
    }

    /// Gives a variable a value for the commands that follow.
    pub(super) fn set(&mut self, name: &[u8], value: &Word) {
        if value.is_unknown {
            self.variables.remove(name);
        } else {
            self.variables.insert(name.to_vec(), value.bytes.clone());
        }
    }

    /// The words of the next command, and what ended it. Where its output is written to does not matter here.
    pub(super) fn next_command(&mut self) -> Result<(Vec<Word>, End), WordError> {
        let end = self.command()?;
        Ok((std::mem::take(&mut self.done), end))
    }

    /// The here-document of the commands read so far; the rest of the line before it is passed over.
    pub(super) fn document(&mut self) -> Result<Option<Word>, WordError> {
        if self.awaited.is_some() {
            self.skip_line();
            self.read_document()?;
        }
        Ok(self.document.take())
    }

    fn command(&mut self) -> Result<End, WordError> {
        while let Some(byte) = self.next() {
            match byte {
                b'\n' if self.awaited.is_some() => {
                    self.end_word();
                    self.read_document()?;
                    return Ok(End::Other);
                }
                b'\n' => {
                    self.end_word();
                    if self.breaks_end && !self.goes_on() {
                        return Ok(End::Other);
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
        Ok(End::Text)
    }

    /// Whether the line after a break goes on with the command: where it has but its name, or the line begins with an option,
    /// a quote, a URL or an operator.
    fn goes_on(&self) -> bool {
        const STARTS: &[&[u8]] = &[b"-", b"'", b"\"", b"$'", b"http:", b"https:", b"<", b">", b"|", b"@-"];
        let rest = &self.text[self.at..];
        let rest = &rest[rest.iter().take_while(|byte| b" \t\r".contains(byte)).count()..];
        let has_name_alone = matches!(self.done.as_slice(), [word] if Program::of(&word.bytes).is_some());
        has_name_alone || STARTS.iter().any(|start| rest.starts_with(start))
    }

    /// What an operator ends, if it ends the command.
    fn operator(&mut self, byte: u8) -> Result<Option<End>, WordError> {
        self.operators += 1;
        let next = self.text.get(self.at).copied();
        match (byte, next) {
            (b'>', _) | (b'&', Some(b'>')) => self.redirect(),
            (b'<', Some(b'<')) => self.here()?,
            (b'<', _) => return Err(WordError::File),
            (b'|' | b'&', Some(doubled)) if doubled == byte => return Ok(Some(self.end(End::Other))),
            (b'|', _) => return Ok(Some(self.end(End::Pipe))),
            (b';', _) => return Ok(Some(self.end(End::Other))),
            // A URL whose `&` nobody quoted would be cut here.
            (b'&', _) if self.text[self.at..].trim_ascii().is_empty() => return Ok(Some(self.end(End::Other))),
            _ => return Err(WordError::Operator),
        }
        Ok(None)
    }

    fn end(&mut self, end: End) -> End {
        self.end_word();
        end
    }

    /// `>`, `>>`, `>|`, `>&`, `&>` and a number before them; the word that follows is dropped.
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
        self.awaited = Some(Awaited { quoted: last.len() < word.len(), last, strips_tabs });
        Ok(())
    }

    /// Reads the lines of the awaited here-document, which begin here.
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

    /// A here-document with its variables filled in.
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

    /// Outside quotes a backslash joins lines, or keeps the next byte as it is.
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

    /// A backslash where only these bytes, or a line break, are escaped.
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

    /// What a `$` just read stands for: the value of a variable that the text sets, or the output of a command that only writes.
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

    /// What stands in the parentheses that begin here; `None` where it is nested too deeply.
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

    /// Passes over what stands in parentheses, up to the last one.
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

    /// What a command in `$(…)` writes, where that is known without running it: without the line breaks at its end.
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

    /// The output of a command in backticks is never known.
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

    /// Whether a `$` just read begins an expansion.
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

    /// A byte or a character given by at most `most` digits.
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
            ("a b 2>&1", End::Text),
            ("a >/dev/null b", End::Text),
            ("a b\ne $x", End::Other),
            ("a b &> 'c d' | e $x", End::Pipe),
            ("a b; e $x", End::Other),
            ("a b && e", End::Other),
            ("a b &\n", End::Other),
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
