//! Where a queue is kept: a file of this machine, or a database server.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a queue is kept: a SQLite file or a PostgreSQL database. A password in it never shows.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite database in this file.
    File(PathBuf),
    /// A schema of a PostgreSQL database.
    Postgres(PostgresLocation),
}

/// How to reach a PostgreSQL database, as the operator wrote it: a URL, or `key=value` pairs.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresLocation {
    given: String,
    shown: String,
    for_tools: String,
    schema: Option<String>,
}

/// What the caller needs of the database it opens: create it if missing, change it, or only read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Created when it is missing: commands that add to the queue.
    Create,
    /// Created when it is missing, to be filled by a copy; one whose filling was begun is gone on with.
    Fill,
    /// Must be there: commands that read or change it.
    Existing,
    /// Must be there, and stays exactly as it is: nothing is brought up to date, and nothing can be written.
    Inspect,
    /// Must be there, and is only read: a backup that lies still is left as it is, with nothing beside it.
    ReadOnly,
}

/// Why a text does not say where a queue is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// It is empty.
    #[error("the path is empty")]
    Empty,
    /// It is a URL of something that keeps no queue.
    #[error("databases of the kind `{0}` are not supported: give a path or a postgres:// URL")]
    Scheme(String),
    /// It is no URL. What is wrong with it is not shown: it may hold a password.
    #[error("it is not a valid URL")]
    Url,
    /// Its pairs cannot be told apart. What is wrong is not shown: one may be a password.
    #[error("it is not a valid list of `key=value` pairs")]
    Pairs,
}

/// The keys by which a list of pairs is known: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>.
const PAIR_KEYS: [&str; 8] = ["host", "hostaddr", "port", "dbname", "user", "password", "service", "sslmode"];

impl Location {
    /// A SQLite database in a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// Reads a path, `sqlite:PATH`, a URL of PostgreSQL, or its `key=value` pairs.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        if let Some(rest) = text.strip_prefix("sqlite:") {
            return Self::parse_path(rest.strip_prefix("//").unwrap_or(rest));
        }
        match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => PostgresLocation::from_url(text).map(Self::Postgres),
            Some((scheme, _)) => Err(LocationError::Scheme(scheme.to_owned())),
            None if is_pairs(text) => PostgresLocation::from_pairs(text).map(Self::Postgres),
            None => Self::parse_path(text),
        }
    }

    fn parse_path(text: &str) -> Result<Self, LocationError> {
        if text.trim().is_empty() { Err(LocationError::Empty) } else { Ok(Self::file(text)) }
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

/// Whether `text` is the name of a file that is meant from where the text stands, rather than something absolute.
pub fn is_relative_path(text: &str) -> bool {
    !text.trim().is_empty()
        && !text.starts_with("sqlite:")
        && !text.contains("://")
        && !is_pairs(text)
        && Path::new(text).is_relative()
}

fn is_pairs(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, _)| PAIR_KEYS.contains(&key.trim()))
}

/// The schema of the queue unless another is named.
pub(super) const DEFAULT_SCHEMA: &str = "syncctl";
/// Parameters that other programs are given: those that libpq knows and that hold no secret.
const FOR_TOOLS: [&str; 13] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "service",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "passfile",
    "target_session_attrs",
    "connect_timeout",
];

impl PostgresLocation {
    /// What was given, password and all: to connect with, never to be shown.
    pub fn with_password(&self) -> &str {
        &self.given
    }

    /// The schema that holds the queue.
    pub fn schema(&self) -> &str {
        self.schema.as_deref().unwrap_or(DEFAULT_SCHEMA)
    }

    /// The database as PostgreSQL's own programs take it after `--dbname`, without its password.
    pub fn for_tools(&self) -> &str {
        &self.for_tools
    }

    /// Reads a URL as the driver does: several hosts are separated by commas, each with a port of its own.
    fn from_url(text: &str) -> Result<Self, LocationError> {
        let (_, rest) = text.split_once("://").ok_or(LocationError::Url)?;
        let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (credentials, place) = base.rsplit_once('@').unwrap_or(("", base));
        let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
        if !hosts.split(',').all(is_host) || database.contains(char::is_whitespace) {
            return Err(LocationError::Url);
        }
        let user = credentials.split_once(':').map_or(credentials, |(user, _)| user);
        let parameters: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let schema = parameters.iter().rev().find(|(key, _)| *key == "schema").map(|(_, value)| (*value).to_owned());
        let at = if user.is_empty() { "" } else { "@" };
        let base = format!("postgres://{user}{at}{hosts}{}", &place[hosts.len()..]);
        let kept = parameters.iter().filter(|(key, _)| FOR_TOOLS.contains(key));
        let kept = kept.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
        let for_tools = if kept.is_empty() { base.clone() } else { format!("{base}?{kept}") };
        Ok(Self { given: text.to_owned(), shown: shown(&base, schema.as_deref()), for_tools, schema })
    }

    fn from_pairs(text: &str) -> Result<Self, LocationError> {
        let pairs = pairs(text).ok_or(LocationError::Pairs)?;
        let value = |key: &str| pairs.iter().rev().find(|(it, _)| it == key).map(|(_, value)| value.as_str());
        let user = value("user").map(|user| format!("{user}@")).unwrap_or_default();
        let port = value("port").map(|port| format!(":{port}")).unwrap_or_default();
        let host = value("host").or(value("hostaddr")).unwrap_or_default();
        let name = value("dbname").map(|name| format!("/{name}")).unwrap_or_default();
        let kept = pairs.iter().filter(|(key, _)| FOR_TOOLS.contains(&key.as_str()));
        let quoted = |value: &str| value.replace('\\', r"\\").replace('\'', r"\'");
        let for_tools = kept.map(|(key, value)| format!("{key}='{}'", quoted(value))).collect::<Vec<_>>().join(" ");
        let schema = value("schema").map(ToOwned::to_owned);
        let base = format!("postgres://{user}{host}{port}{name}");
        Ok(Self { given: text.to_owned(), shown: shown(&base, schema.as_deref()), for_tools, schema })
    }
}

/// A location as it is shown: the schema belongs to it, where it is not the usual one.
fn shown(base: &str, schema: Option<&str>) -> String {
    match schema.filter(|schema| *schema != DEFAULT_SCHEMA) {
        Some(schema) => format!("{base}?schema={schema}"),
        None => base.to_owned(),
    }
}

/// Whether it is a host of a URL, with its port if it has one. What is none may be part of a password.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[') {
        Some(address) => match address.split_once(']') {
            Some((address, port)) => (address, port.strip_prefix(':').or(port.is_empty().then_some(""))),
            None => return false,
        },
        None => text.split_once(':').map_or((text, Some("")), |(name, port)| (name, Some(port))),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_~%:".contains(c) || !c.is_ascii();
    name.chars().all(plain) && port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Splits `key=value key='va\'lue'`; `None` where that is impossible.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let (mut pairs, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        pairs.push((key.trim().to_owned(), value));
        rest = after.trim_start();
    }
    Some(pairs)
}

/// The value that a text begins with, and what is behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let (quoted, text) = text.strip_prefix('\'').map_or((false, text), |text| (true, text));
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => value.push(chars.next()?.1),
            '\'' if quoted => return Some((value, &text[at + 1..])),
            char if !quoted && char.is_whitespace() => return Some((value, &text[at..])),
            char => value.push(char),
        }
    }
    (!quoted).then_some((value, ""))
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(server) => f.write_str(&server.shown),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl fmt::Debug for PostgresLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresLocation({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_a_url_or_pairs() {
        for path in ["q.db", "/var/q.db", "sqlite:/var/q.db", "sqlite:///var/q.db", "a=b.db", "./host=x/q.db"] {
            let expected = path.trim_start_matches("sqlite:");
            let expected = expected.strip_prefix("//").unwrap_or(expected);
            assert_eq!(Location::parse(path), Ok(Location::file(expected)), "{path}");
        }
        assert_eq!(Location::parse(" "), Err(LocationError::Empty));
        assert_eq!(Location::parse("mysql://h/d"), Err(LocationError::Scheme("mysql".into())));
        assert_eq!(Location::parse("postgres://[h/d"), Err(LocationError::Url));
        assert_eq!(Location::parse("host='h"), Err(LocationError::Pairs));
    }

    #[test]
    fn a_password_never_shows() {
        for (given, shown) in [
            ("postgres://u:s3cret@h:5433/d?password=s3cret&sslmode=require", "postgres://u@h:5433/d"),
            ("postgresql://h/d", "postgres://h/d"),
            ("host=h port=5433 dbname=d user=u password=s3cret", "postgres://u@h:5433/d"),
            (r"host = h dbname='my \'d' password = 's3 c\'ret' user=u", "postgres://u@h/my 'd"),
            ("hostaddr=::1 user=u", "postgres://u@::1"),
            ("postgres://u:s3@cret/s3@a:1,[::1]:2/d?schema=jobs", "postgres://u@a:1,[::1]:2/d?schema=jobs"),
            ("host=h password=s3cret schema=jobs", "postgres://h?schema=jobs"),
            ("postgres:///d?host=%2Frun", "postgres:///d"),
        ] {
            let location = Location::parse(given).unwrap();
            assert_eq!(location.to_string(), shown);
            assert!(!format!("{location:?}").contains("s3"), "{location:?}");
            let Location::Postgres(server) = location else { panic!("{given}") };
            assert_eq!(server.with_password(), given);
            assert!(!server.for_tools().contains("s3"), "{}", server.for_tools());
        }
        // What may be a password is not taken for a host that could be shown.
        for given in ["postgres://u:s3cret", "postgres://u:s3?cret@h/d", "postgres://u:s3#cret"] {
            assert_eq!(Location::parse(given), Err(LocationError::Url), "{given}");
        }
    }

    #[test]
    fn other_programs_are_given_what_they_know() {
        for (given, for_tools, schema) in [
            ("postgres://u:s3cret@h/d?schema=jobs&sslmode=require", "postgres://u@h/d?sslmode=require", "jobs"),
            ("postgresql://h/d?pooler=transaction", "postgres://h/d", "syncctl"),
            (r"host=h password=x dbname='my d'", "host='h' dbname='my d'", "syncctl"),
        ] {
            let Ok(Location::Postgres(server)) = Location::parse(given) else { panic!("{given}") };
            assert_eq!((server.for_tools(), server.schema()), (for_tools, schema));
        }
    }

    #[test]
    fn only_the_name_of_a_file_is_relative() {
        assert!(is_relative_path("q.db") && is_relative_path("dir/q.db"));
        for other in ["", "/q.db", "sqlite:q.db", "postgres://h/d", "host=h"] {
            assert!(!is_relative_path(other), "{other}");
        }
    }
}
