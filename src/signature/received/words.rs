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
}

/// Splits a command line into words, byte for byte.
pub fn shell_words(text: &[u8]) -> Result<Vec<Vec<u8>>, WordError> {
    let mut words = Words { text, at: 0, word: None, done: Vec::new() };
    words.run()?;
    Ok(words.done)
}

struct Words<'a> {
    text: &'a [u8],
    at: usize,
    word: Option<Vec<u8>>,
    done: Vec<Vec<u8>>,
}

impl Words<'_> {
    fn run(&mut self) -> Result<(), WordError> {
        while let Some(byte) = self.next() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.end_word(),
                b'\'' => self.single()?,
                b'"' => self.double()?,
                b'\\' => self.escape(),
                b'$' => self.dollar()?,
                b'`' => return Err(WordError::Expansion),
                b'|' | b'&' | b';' | b'<' | b'>' | b'(' | b')' => return Err(WordError::Operator),
                b'#' if self.word.is_none() => self.skip_line(),
                other => self.push(other),
            }
        }
        self.end_word();
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
        self.done.extend(self.word.take());
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
    fn nothing_is_ever_expanded() {
        for text in ["$HOME", "\"$(id)\"", "`id`", "\"`id`\"", "${a}"] {
            assert_eq!(shell_words(text.as_bytes()), Err(WordError::Expansion), "{text}");
        }
        assert_eq!(shell_words(b"a | b"), Err(WordError::Operator));
        assert_eq!(shell_words(b"'a"), Err(WordError::Quote));
        assert_eq!(shell_words(br#""a\"#), Err(WordError::Quote));
    }
}
