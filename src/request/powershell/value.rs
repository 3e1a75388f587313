//! Parses PowerShell values: strings, here-strings, tables, variables.

use std::collections::HashMap;

use crate::request::MOST_BYTES;

/// The deepest nesting that is read.
const MOST_DEPTH: usize = 32;

/// The value of a PowerShell expression, as far as the script itself tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// A string as UTF-8 bytes.
    Bytes(String),
    Table(Vec<(String, Value)>),
    /// A table whose members are parameters: `@params`.
    Splat(Vec<(String, Value)>),
    /// An unquoted word, such as the name of a parameter.
    Word(String),
    Unknown,
}

impl Value {
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Bytes(text) | Self::Word(text) => Some(text),
            Self::Table(_) | Self::Splat(_) | Self::Unknown => None,
        }
    }

    pub(super) fn into_table(self) -> Option<Vec<(String, Self)>> {
        match self {
            Self::Table(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The name of a parameter: `-Method`.
    pub(super) fn parameter(&self) -> Option<&str> {
        match self {
            Self::Word(word) => word
                .strip_prefix('-')
                .map(|name| name.trim_end_matches(':'))
                .filter(|name| name.starts_with(char::is_alphabetic)),
            _ => None,
        }
    }
}

/// Reads the statements of a PowerShell script, one after the other.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The nesting of the current value.
    depth: usize,
    /// Whether line breaks are white space, as they are in parentheses.
    joins_lines: bool,
    variables: HashMap<String, Value>,
    /// Bytes inserted by variables so far.
    inserted: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, joins_lines: false, variables: HashMap::new(), inserted: 0 }
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_ascii_lowercase(), value);
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Skips white space, continued lines and comments; line breaks, too, if `breaks`.
    fn skip_space(&mut self, breaks: bool) {
        loop {
            self.take_while(|c| c.is_whitespace() && (breaks || c != '\n'));
            if self.takes("`\r\n") || self.takes("`\n") {
                continue;
            }
            match self.peek() {
                Some('#') => drop(self.take_while(|c| c != '\n')),
                _ => return,
            }
        }
    }

    /// Whether another statement begins.
    pub(super) fn begins_statement(&mut self) -> bool {
        loop {
            self.skip_space(true);
            // Prompts, and what ends blocks and statements.
            let is_passed = ["PS> ", ";", "}", ")", "&", "|"].into_iter().any(|token| self.takes(token));
            if !is_passed && !self.passes_prompt() {
                return !self.rest().is_empty();
            }
        }
    }

    /// `PS C:\Users\ada> `
    fn passes_prompt(&mut self) -> bool {
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or_default();
        let end = line.find("> ").filter(|_| line.starts_with("PS ") || line.starts_with("> "));
        self.at += end.map_or(0, |end| end + 2);
        end.is_some()
    }

    /// The variable that a statement sets, if any: `$name =`, `[string]$name =`, `$session.UserAgent =`.
    pub(super) fn assigned(&mut self) -> Option<&'a str> {
        let start = self.at;
        if self.takes("[") {
            self.take_while(|c| c != ']' && c != '\n');
            self.takes("]");
        }
        let is_variable = self.takes("$");
        let name = self.take_while(|c| c.is_alphanumeric() || "_:.".contains(c));
        self.skip_space(false);
        let is_set = is_variable && !name.is_empty() && self.takes("=");
        if is_set && self.makes_object() {
            self.set(name, Value::Table(Vec::new()));
            self.skip_statement();
            return None;
        }
        if !is_set || self.calls_next() {
            // `$response = Invoke-WebRequest …`: the command is what matters.
            if !is_set {
                self.at = start;
            }
            return None;
        }
        Some(name)
    }

    /// Whether a new empty object follows, such as a dictionary.
    fn makes_object(&mut self) -> bool {
        self.skip_space(false);
        let rest = self.rest();
        rest.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("New-Object"))
    }

    /// Reads a statement that adds a member to a table: `$headers.Add("a", "b")`, `$headers["a"] = "b"`.
    pub(super) fn adds_member(&mut self) -> bool {
        let start = self.at;
        let added = self.added_member();
        if added.is_none() {
            self.at = start;
        }
        added.is_some()
    }

    fn added_member(&mut self) -> Option<()> {
        if !self.takes("$") {
            return None;
        }
        let table = self.take_while(|c| c.is_alphanumeric() || c == '_').to_ascii_lowercase();
        let is_call = self.takes(".Add(") || self.takes(".add(");
        if !is_call && !self.takes("[") {
            return None;
        }
        self.skip_space(false);
        let name = self.operand().into_text()?;
        self.skip_space(false);
        if !(is_call && self.takes(",") || !is_call && self.takes("]")) {
            return None;
        }
        self.skip_space(false);
        if !is_call && !self.takes("=") {
            return None;
        }
        let value = self.expression();
        self.takes(")");
        match self.variables.get_mut(&table)? {
            Value::Table(pairs) => {
                pairs.push((name, value));
                Some(())
            }
            _ => None,
        }
    }

    /// Whether a command follows rather than a value.
    fn calls_next(&mut self) -> bool {
        self.skip_space(false);
        self.rest().starts_with(|c: char| c.is_ascii_alphabetic())
    }

    /// The unquoted word at the position: the name of a command.
    pub(super) fn word(&mut self) -> Option<&'a str> {
        self.skip_space(false);
        let word = self.take_while(|c| !c.is_whitespace() && !";|(){}\"'".contains(c));
        (!word.is_empty()).then_some(word)
    }

    /// Skips the rest of a statement.
    pub(super) fn skip_statement(&mut self) {
        loop {
            self.skip_space(false);
            match self.peek() {
                None => return,
                Some('\n' | ';' | '}' | ')') => {
                    self.at += 1;
                    return;
                }
                Some('|') => self.at += 1,
                Some(_) => self.skip_token(),
            }
        }
    }

    /// Skips one value or character, always at least one.
    fn skip_token(&mut self) {
        let start = self.at;
        self.operand();
        if self.at == start {
            self.at += self.peek().map_or(0, char::len_utf8);
        }
    }

    /// The next argument of a command; `None` at its end.
    pub(super) fn argument(&mut self) -> Option<Value> {
        self.skip_space(false);
        match self.peek()? {
            '\n' | ';' | '|' | ')' | '}' => None,
            '-' => {
                let word = self.take_while(|c| !c.is_whitespace() && !"=:\"'(){};|".contains(c));
                self.takes(":");
                Some(self.joined(Value::Word(word.to_owned())))
            }
            // No value begins with these.
            ',' | '{' | '`' => {
                self.at += 1;
                Some(Value::Unknown)
            }
            _ => {
                let start = self.at;
                let value = self.operand();
                if self.at == start {
                    self.at += self.peek().map_or(0, char::len_utf8);
                    return Some(Value::Unknown);
                }
                Some(self.joined(value))
            }
        }
    }

    /// A word that continues directly after a value: `"a"'b'`, `X-A:$b`.
    fn joined(&mut self, first: Value) -> Value {
        let mut value = first;
        while self.peek().is_some_and(|c| !c.is_whitespace() && !";|(){},`".contains(c))
            && !matches!(value, Value::Table(_) | Value::Splat(_))
        {
            let start = self.at;
            let next = self.operand();
            if self.at == start {
                self.at += self.peek().map_or(0, char::len_utf8);
                return Value::Unknown;
            }
            value = match (value.into_text(), next.into_text()) {
                (Some(before), Some(after)) => Value::Text(before + &after),
                _ => Value::Unknown,
            };
        }
        value
    }

    /// The value of an expression, up to the end of its statement or parenthesis.
    pub(super) fn expression(&mut self) -> Value {
        self.skip_space(self.joins_lines);
        let mut value = self.operand();
        loop {
            self.skip_space(self.joins_lines);
            match self.peek() {
                None | Some('\n' | ';' | ')' | '}') => return value,
                Some('+') => {
                    self.at += 1;
                    self.skip_space(true);
                    value = match (value.into_text(), self.operand().into_text()) {
                        (Some(before), Some(after)) if before.len() + after.len() <= MOST_BYTES => {
                            Value::Text(before + &after)
                        }
                        _ => Value::Unknown,
                    };
                }
                // The result of an operator, a pipe or a method is unknown.
                Some(_) => {
                    self.skip_token();
                    value = Value::Unknown;
                }
            }
        }
    }

    /// One value. After nesting that is too deep, nothing more is read.
    fn operand(&mut self) -> Value {
        if self.depth > MOST_DEPTH {
            self.at = self.text.len();
            return Value::Unknown;
        }
        self.depth += 1;
        let value = self.operand_within();
        self.depth -= 1;
        value
    }

    fn operand_within(&mut self) -> Value {
        let rest = self.rest();
        if rest.starts_with("@\"") || rest.starts_with("@'") {
            return self.here_string().unwrap_or(Value::Unknown);
        }
        if self.takes("@{") || self.takes("[ordered]@{") {
            return self.table();
        }
        match rest.chars().next() {
            Some('"') => self.double(),
            Some('\'') => self.single(),
            Some('$') => self.variable(),
            Some('(') => self.parenthesis(),
            Some('[') => self.typed(),
            Some('@') => {
                self.at += 1;
                let name = self.take_while(|c| c.is_alphanumeric() || c == '_').to_ascii_lowercase();
                self.variables.get(&name).cloned().and_then(Value::into_table).map_or(Value::Unknown, Value::Splat)
            }
            _ => Value::Word(self.take_while(|c| !c.is_whitespace() && !";|(){},\"'`".contains(c)).to_owned()),
        }
    }

    /// `@"` or `@'`, a line break, lines, a line break and the mark at the start of a line.
    fn here_string(&mut self) -> Option<Value> {
        let rest = self.rest();
        let is_double = rest.starts_with("@\"");
        let start = rest.find('\n')? + 1;
        let mark = if is_double { "\n\"@" } else { "\n'@" };
        let end = rest[start - 1..].find(mark)? + start - 1;
        let inner = &rest[start.min(end)..end];
        let inner = inner.strip_suffix('\r').unwrap_or(inner);
        self.at += end + mark.len();
        Some(if is_double {
            self.expanded(inner, false).map_or(Value::Unknown, Value::Text)
        } else {
            Value::Text(inner.to_owned())
        })
    }

    fn single(&mut self) -> Value {
        let mut text = String::new();
        self.at += 1;
        loop {
            text.push_str(self.take_while(|c| c != '\''));
            if self.takes("''") {
                text.push('\'');
            } else if self.takes("'") {
                return Value::Text(text);
            } else {
                return Value::Unknown;
            }
        }
    }

    fn double(&mut self) -> Value {
        let rest = self.rest();
        let Some(end) = end_of_double(rest) else {
            self.at = self.text.len();
            return Value::Unknown;
        };
        self.at += end + 1;
        self.expanded(&rest[1..end], true).map_or(Value::Unknown, Value::Text)
    }

    /// A string with variables and escapes expanded; `None` if a value is unknown.
    fn expanded(&mut self, inner: &str, doubles: bool) -> Option<String> {
        let mut reader = Reader {
            text: inner,
            at: 0,
            depth: self.depth,
            joins_lines: false,
            variables: std::mem::take(&mut self.variables),
            inserted: self.inserted,
        };
        let text = reader.expand(doubles);
        self.variables = reader.variables;
        self.inserted = reader.inserted;
        text
    }

    fn expand(&mut self, doubles: bool) -> Option<String> {
        let mut text = String::new();
        let mut is_known = true;
        while let Some(next) = self.peek() {
            match next {
                '`' => {
                    self.at += 1;
                    text.extend(self.escaped());
                }
                '"' if doubles => {
                    self.takes("\"\"");
                    if self.peek() == Some('"') {
                        self.at += 1;
                    }
                    text.push('"');
                }
                '$' if self.begins_variable() => match self.variable().into_text() {
                    Some(value) => text.push_str(&value),
                    None => is_known = false,
                },
                other => {
                    self.at += other.len_utf8();
                    text.push(other);
                }
            }
        }
        is_known.then_some(text)
    }

    fn begins_variable(&self) -> bool {
        self.rest()[1..].starts_with(|c: char| c.is_alphanumeric() || "_{(".contains(c))
    }

    /// The character behind a backtick.
    fn escaped(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        match next {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '0' => Some('\0'),
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'v' => Some('\u{b}'),
            'e' => Some('\u{1b}'),
            'u' if self.takes("{") => {
                let number = u32::from_str_radix(self.take_while(|c| c.is_ascii_hexdigit()), 16).ok();
                self.takes("}");
                number.and_then(char::from_u32)
            }
            '\r' => {
                self.takes("\n");
                None
            }
            '\n' => None,
            other => Some(other),
        }
    }

    /// `$name`, `${name}`, `$(…)`, and members of them, which are unknown.
    fn variable(&mut self) -> Value {
        self.at += 1;
        if self.peek() == Some('(') {
            return self.parenthesis();
        }
        let is_braced = self.takes("{");
        let name = self
            .take_while(|c| c.is_alphanumeric() || c == '_' || c == ':' || (is_braced && c != '}'))
            .to_ascii_lowercase();
        if is_braced {
            self.takes("}");
        }
        match name.as_str() {
            "null" => return Value::Text(String::new()),
            "true" | "false" => return Value::Text(name),
            _ => {}
        }
        let value = self.variables.get(&name).cloned().unwrap_or(Value::Unknown);
        match value {
            Value::Text(text) | Value::Bytes(text) if self.inserted + text.len() > MOST_BYTES => Value::Unknown,
            Value::Text(text) => {
                self.inserted += text.len();
                Value::Text(text)
            }
            Value::Table(pairs) if self.inserted + pairs.len() * 64 > MOST_BYTES => Value::Unknown,
            Value::Table(pairs) => {
                self.inserted += pairs.len() * 64;
                Value::Table(pairs)
            }
            other => other,
        }
    }

    fn parenthesis(&mut self) -> Value {
        self.at += 1;
        let value = self.expression_where(true);
        while self.peek().is_some_and(|c| c != ')') {
            self.at += self.peek().map_or(0, char::len_utf8);
        }
        self.takes(")");
        match value {
            Value::Word(word) if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) => {
                Value::Text(word)
            }
            Value::Word(_) => Value::Unknown,
            other => other,
        }
    }

    /// An expression where line breaks are white space, or end it.
    fn expression_where(&mut self, joins_lines: bool) -> Value {
        let before = std::mem::replace(&mut self.joins_lines, joins_lines);
        let value = self.expression();
        self.joins_lines = before;
        value
    }

    /// `[char]233`, `[string]$a`, `[System.Text.Encoding]::UTF8.GetBytes("…")`
    fn typed(&mut self) -> Value {
        let name = self.take_while(|c| c != ']' && c != '\n').to_ascii_lowercase();
        self.takes("]");
        if !self.takes("::") {
            let value = self.operand().into_text();
            return match name.trim_start_matches('[') {
                "char" => value
                    .and_then(|number| char::from_u32(number.parse().ok()?))
                    .map_or(Value::Unknown, |c| Value::Text(c.to_string())),
                "string" => value.map_or(Value::Unknown, Value::Text),
                _ => Value::Unknown,
            };
        }
        let method = self.take_while(|c| c.is_alphanumeric() || c == '.').to_ascii_lowercase();
        let argument = if self.peek() == Some('(') { self.parenthesis() } else { Value::Unknown };
        match (method.as_str(), argument) {
            ("utf8.getbytes", Value::Text(text)) => Value::Bytes(text),
            _ => Value::Unknown,
        }
    }

    /// `@{ "name" = "value"; … }`
    fn table(&mut self) -> Value {
        let mut pairs = Vec::new();
        loop {
            self.skip_space(true);
            if self.takes(";") || self.takes(",") {
                continue;
            }
            if self.takes("}") || self.peek().is_none() {
                return Value::Table(pairs);
            }
            let name = match self.peek() {
                Some('"' | '\'' | '$') => self.operand().into_text(),
                _ => Some(self.take_while(|c| !c.is_whitespace() && !"=;}".contains(c)).to_owned()),
            };
            self.skip_space(true);
            let value = if self.takes("=") { self.expression_where(false) } else { Value::Unknown };
            match name {
                Some(name) if value != Value::Unknown || !name.is_empty() => pairs.push((name, value)),
                _ => self.at += self.peek().map_or(0, char::len_utf8),
            }
        }
    }
}

/// The end of the double-quoted string that begins here.
fn end_of_double(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut characters = text.char_indices().skip(1);
    let mut before = ' ';
    while let Some((at, c)) = characters.next() {
        let after = text[at + c.len_utf8()..].chars().next();
        match c {
            '`' => drop(characters.next()),
            '(' if before == '$' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '"' if depth > 0 => {}
            '"' if after == Some('"') => drop(characters.next()),
            // A backslash before a quote is for the called program, unless the string ends there.
            '"' if before == '\\' && after.is_some_and(|next| !next.is_whitespace() && next != ')') => {}
            '"' => return Some(at),
            _ => {}
        }
        before = c;
    }
    None
}
