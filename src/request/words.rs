//! A command line split as a POSIX shell would, with bash's `$'…'`; nothing is ever expanded or run.

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
    let mut words = Words::new(text);
    match words.command()? {
        End::Text if words.operators == 0 => Ok(words.done),
        End::Text | End::Pipe | End::Other => Err(WordError::Operator),
    }
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

/// The commands of a text, one after the other.
///
/// A line break counts as white space: documents often show a command on several lines without joining them.
pub(super) struct Words<'a> {
    text: &'a [u8],
    at: usize,
    word: Option<Vec<u8>>,
    done: Vec<Vec<u8>>,
    operators: usize,
    drops_next: bool,
    awaited: Option<Awaited>,
    document: Option<Vec<u8>>,
}

impl<'a> Words<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            word: None,
            done: Vec::new(),
            operators: 0,
            drops_next: false,
            awaited: None,
            document: None,
        }
    }

    /// The words of the next command, and what ended it. Where its output is written to does not matter here.
    pub(super) fn next_command(&mut self) -> Result<(Vec<Vec<u8>>, End), WordError> {
        let end = self.command()?;
        Ok((std::mem::take(&mut self.done), end))
    }

    /// The here-document of the commands read so far; the rest of the line before it is passed over.
    pub(super) fn document(&mut self) -> Result<Option<Vec<u8>>, WordError> {
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
                    return Ok(End::Text);
                }
                b' ' | b'\t' | b'\n' | b'\r' => self.end_word(),
                b'\'' => self.single()?,
                b'"' => self.double()?,
                b'\\' => self.escape(),
                b'$' => self.dollar()?,
                b'`' => return Err(WordError::Expansion),
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
        self.word.take_if(|word| word.iter().all(u8::is_ascii_digit));
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
        if after == Some(b'<') || self.awaited.is_some() || self.document.is_some() {
            return Err(WordError::Operator);
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
        if !awaited.quoted && document.iter().any(|byte| b"$`\\".contains(byte)) {
            return Err(WordError::Expansion);
        }
        self.document = Some(document);
        Ok(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn push(&mut self, byte: u8) {
        self.word.get_or_insert_default().push(byte);
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.drops_next)
        {
            self.done.push(word);
        }
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
                b'`' => return Err(WordError::Expansion),
                b'$' if self.expands() => return Err(WordError::Expansion),
                b'\\' => match self.next().ok_or(WordError::Quote)? {
                    b'\n' => {}
                    byte @ (b'"' | b'\\' | b'$' | b'`') => self.push(byte),
                    byte => {
                        self.push(b'\\');
                        self.push(byte);
                    }
                },
                byte => self.push(byte),
            }
        }
    }

    fn dollar(&mut self) -> Result<(), WordError> {
        if self.text.get(self.at) == Some(&b'\'') {
            self.at += 1;
            return self.ansi();
        }
        if self.expands() {
            return Err(WordError::Expansion);
        }
        self.push(b'$');
        Ok(())
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
            ("a b &> 'c d' | e $x", End::Pipe),
            ("a b; e $x", End::Other),
            ("a b && e", End::Other),
            ("a b &\n", End::Other),
        ] {
            let (words, ended) = Words::new(text.as_bytes()).next_command().expect("a command");
            assert_eq!((words, ended), (vec![b"a".to_vec(), b"b".to_vec()], end), "{text}");
        }
        assert_eq!(Words::new(b"a b&c").next_command(), Err(WordError::Operator));
    }

    #[test]
    fn a_here_document_is_read_as_it_stands() {
        let document = |text: &str| {
            let mut words = Words::new(text.as_bytes());
            words.next_command()?;
            words.document()
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
        for text in ["a | b", "a; b", "a > b", "a 2>&1", "a && b", "a&b", "(a)", "a << b", "a <<< b"] {
            assert_eq!(shell_words(text.as_bytes()), Err(WordError::Operator), "{text}");
        }
        assert_eq!(shell_words(b"a < b"), Err(WordError::File));
        assert_eq!(shell_words(b"'a"), Err(WordError::Quote));
        assert_eq!(shell_words(br#""a\"#), Err(WordError::Quote));
    }
}
