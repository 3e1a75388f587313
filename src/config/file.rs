//! Reads a configuration file into entries with line numbers.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::ops::Range;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::alert_keys::ALERT_KEYS;
use super::endpoint_keys::ENDPOINT_KEYS;
use super::environment::unreadable;
use super::key::{Key, ValueForm};
use super::keys::KEYS;
use super::origin::Sourced;
use super::secret_keys::SECRETS;
use super::source_keys::SOURCE_KEYS;
use super::{Origin, Problem};
use crate::format::{did_you_mean, shorten};
use crate::untrusted::Untrusted;

/// One `key = value` of a configuration file, with its line.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// A configuration file as it was parsed: its entries, each with its line.
#[derive(Debug, Default)]
pub(super) struct ParsedFile {
    entries: BTreeMap<String, Entry>,
    /// The entries of each table of a list such as `[[endpoints]]`, in order.
    lists: BTreeMap<&'static str, Vec<Vec<Entry>>>,
}

/// The lists of tables, each with its keys.
const LISTS: &[TableList] =
    &[("endpoints", || forms(ENDPOINT_KEYS)), ("sources", || forms(SOURCE_KEYS)), ("alerts", || forms(ALERT_KEYS))];

/// A list of tables such as `[[endpoints]]`, and the keys that each may have.
type TableList = (&'static str, fn() -> KeyForms);
/// The names of keys, and how a file may write the value of each.
type KeyForms = Vec<(&'static str, ValueForm)>;

fn forms<T>(keys: &[Key<T>]) -> KeyForms {
    keys.iter().map(|key| (key.name, key.form)).collect()
}

impl ParsedFile {
    /// Reads a file. What is wrong inside is returned beside what is right; an error is a file that cannot be read.
    pub(super) fn read(path: &Path, home: Option<&Path>) -> Result<(Self, Vec<Problem>), Problem> {
        let bytes = trusted(path)?;
        let text = String::from_utf8(bytes).map_err(|_| Problem::in_file(path, "it is not UTF-8"))?;
        let (root, errors) = DeTable::parse_recoverable(&text);
        let mut reader = FileReader { path, home, text: &text, file: Self::default(), problems: Vec::new() };
        reader.root(root.get_ref());
        let broken = errors.iter().map(|error| reader.broken(error)).collect::<Vec<_>>();
        // After a syntax error, other problems would be guesses.
        Ok((reader.file, if broken.is_empty() { reader.problems } else { broken }))
    }

    /// The value of a key in the file.
    pub(super) fn value_of<T>(&self, key: &Key<T>) -> Option<Sourced> {
        self.entry(key.name).map(|entry| Sourced { text: entry.text.clone(), origin: entry.origin.clone() })
    }

    /// The tables of the list of that name.
    pub(super) fn list(&self, name: &str) -> &[Vec<Entry>] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    /// The entry of a key.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }
}

/// The longest file that is read.
const LONGEST: u64 = 1024 * 1024;

/// Reads a file, unless other users can write it: it may name commands to run.
fn trusted(path: &Path) -> Result<Vec<u8>, Problem> {
    let failed = |error: io::Error| unreadable(path, &error);
    if is_named_pipe(path) {
        return Err(Problem::in_file(path, "it is a named pipe, and reading it could wait for ever"));
    }
    let file = fs::File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o002 != 0 {
        return Err(Problem::in_file(path, "everybody can write it").hinted(Some("chmod o-w it".to_owned())));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    match bytes.len() as u64 > LONGEST {
        true => Err(Problem::in_file(path, "it is longer than 1 MiB")),
        false => Ok(bytes),
    }
}

/// Whether opening it could block on a named pipe; the shell's `<(…)`, below `/dev` or `/proc`, has a writer.
fn is_named_pipe(path: &Path) -> bool {
    let is_fifo = fs::metadata(path).is_ok_and(|it| it.file_type().is_fifo());
    is_fifo && !path.starts_with("/dev") && !path.starts_with("/proc")
}

/// Parses one configuration file and collects its problems.
struct FileReader<'a> {
    path: &'a Path,
    home: Option<&'a Path>,
    text: &'a str,
    file: ParsedFile,
    problems: Vec<Problem>,
}

impl FileReader<'_> {
    fn root(&mut self, root: &DeTable<'_>) {
        for (name, value) in root {
            let (key, line) = (name.get_ref().as_ref(), self.line(name.span()));
            if let Some((list, keys)) = LISTS.iter().find(|(list, _)| *list == key) {
                self.list(list, &keys(), value);
                continue;
            }
            match value.get_ref() {
                DeValue::Table(table) if is_section(key) => self.section(key, table),
                _ if is_section(key) => self.wrong(line, format!("{key} is a section: write [{key}]")),
                _ => self.entry(key, key, line, value.get_ref()),
            }
        }
    }

    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = format!("{section}.{}", name.get_ref());
            self.entry(&key, name.get_ref(), self.line(name.span()), value.get_ref());
        }
    }

    fn entry(&mut self, key: &str, typed: &str, line: usize, value: &DeValue<'_>) {
        let Some(form) = form_of(key) else { return self.unknown(key, typed, line) };
        if let Some(entry) = self.read(key, form, line, value) {
            self.file.entries.insert(key.to_owned(), entry);
        }
    }

    fn list(&mut self, name: &'static str, keys: &[(&'static str, ValueForm)], value: &Spanned<DeValue<'_>>) {
        let line = self.line(value.span());
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong(line, format!("{name} are a list: write [[{name}]]"));
        };
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => self.list_table(name, keys, table),
                _ => self.wrong(self.line(item.span()), format!("each of {name} is a table: write [[{name}]]")),
            }
        }
    }

    fn list_table(&mut self, list: &'static str, keys: &[(&'static str, ValueForm)], table: &DeTable<'_>) {
        let mut entries = Vec::new();
        for (name, value) in table {
            let (key, line) = (name.get_ref().as_ref(), self.line(name.span()));
            match keys.iter().find(|(known, _)| *known == key) {
                Some((_, form)) => entries.extend(self.read(key, *form, line, value.get_ref())),
                None => self.unknown_of(key, line, key, keys.iter().map(|(known, _)| *known)),
            }
        }
        entries.sort_by_key(|entry| match entry.origin {
            Origin::File(_, line) => line,
            _ => 0,
        });
        self.file.lists.entry(list).or_default().push(entries);
    }

    fn read(&mut self, key: &str, form: ValueForm, line: usize, value: &DeValue<'_>) -> Option<Entry> {
        let Some(text) = text_of(value, form) else {
            let wanted = match form {
                ValueForm::List => "a list of texts",
                ValueForm::Pairs => "a table such as { \"progress.updated\" = \"6h\" }",
                ValueForm::One | ValueForm::Path | ValueForm::Database => "a single value",
            };
            self.wrong(line, format!("{key} has to be {wanted}"));
            return None;
        };
        let text = match text.strip_prefix("~/").filter(|_| is_relative_path(&text, form)) {
            Some(below) => match self.home {
                Some(home) => home.join(below).to_string_lossy().into_owned(),
                None => {
                    self.wrong(line, format!("{key}: `~` means HOME, which is not set to a directory"));
                    return None;
                }
            },
            None if is_relative_path(&text, form) => self.beside(&text),
            None => text,
        };
        Some(Entry { key: key.to_owned(), text, origin: Origin::File(self.path.to_owned(), line) })
    }

    /// A path relative to the configuration file, so that it means the same in every working directory.
    fn beside(&self, text: &str) -> String {
        self.path.parent().unwrap_or(Path::new("")).join(text).to_string_lossy().into_owned()
    }

    fn unknown(&mut self, key: &str, typed: &str, line: usize) {
        let known = known_keys().collect::<Vec<_>>();
        let sections = sections().chain(LISTS.iter().map(|(list, _)| *list));
        match key.split_once('.') {
            // Within a section, only keys of that section are suggested.
            Some((section, rest)) => {
                let siblings = known.iter().filter_map(|it| it.strip_prefix(section)?.strip_prefix('.'));
                self.unknown_of(key, line, rest, siblings);
            }
            None => self.unknown_of(
                typed,
                line,
                typed,
                known.iter().copied().filter(|it| !it.contains('.')).chain(sections),
            ),
        }
    }

    fn unknown_of<'k>(&mut self, shown: &str, line: usize, typed: &str, known: impl Iterator<Item = &'k str>) {
        let known = known.collect::<Vec<_>>();
        let begins_so = || known.iter().copied().find(|name| name.starts_with(typed));
        let meant = did_you_mean(typed, known.iter().copied()).or_else(begins_so);
        let hint = meant.map(|name| format!("did you mean `{name}`?"));
        let shown = shorten(&Untrusted(shown).to_string(), 60);
        self.problems.push(Problem::on_line(self.path, line, format!("unknown key `{shown}`")).hinted(hint));
    }

    fn wrong(&mut self, line: usize, text: String) {
        self.problems.push(Problem::on_line(self.path, line, text));
    }

    fn broken(&self, error: &toml::de::Error) -> Problem {
        let line = error.span().map_or(1, |span| self.line(span));
        Problem::on_line(self.path, line, Untrusted(error.message()).to_string())
    }

    fn line(&self, span: Range<usize>) -> usize {
        1 + self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()
    }
}

/// Every key outside of the lists.
fn known_keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.name).chain(SECRETS.iter().flat_map(|secret| secret.file_keys()))
}

fn sections() -> impl Iterator<Item = &'static str> {
    known_keys().filter_map(|key| Some(key.split_once('.')?.0))
}

fn is_section(name: &str) -> bool {
    sections().any(|section| section == name)
}

fn form_of(key: &str) -> Option<ValueForm> {
    let known = KEYS.iter().find(|known| known.name == key).map(|known| known.form);
    known.or_else(|| SECRETS.iter().find_map(|secret| secret.form_of(key)))
}

/// A value as the text it would have in a variable; `None` for tables and dates.
fn text_of(value: &DeValue<'_>, form: ValueForm) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.as_ref().to_owned()),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(yes) => Some(yes.to_string()),
        DeValue::Table(table) if form == ValueForm::Pairs => {
            let pair = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                Some(format!("{}={}", name.get_ref(), text_of(value.get_ref(), ValueForm::One)?))
            };
            Some(table.iter().map(pair).collect::<Option<Vec<_>>>()?.join(","))
        }
        DeValue::Array(items) if matches!(form, ValueForm::List | ValueForm::Pairs) => {
            let texts = items.iter().map(|item| text_of(item.get_ref(), ValueForm::One)).collect::<Option<Vec<_>>>()?;
            Some(texts.join(","))
        }
        DeValue::Array(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

fn is_relative_path(text: &str, form: ValueForm) -> bool {
    match form {
        ValueForm::Path => !text.trim().is_empty() && Path::new(text).is_relative(),
        ValueForm::Database => crate::store::is_relative_path(text),
        ValueForm::One | ValueForm::List | ValueForm::Pairs => false,
    }
}
