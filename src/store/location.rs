//! Where a queue is kept: a file of this machine, or a database server.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// Where a queue is kept. A password in it never shows.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite database in this file.
    File(PathBuf),
    /// A schema of a PostgreSQL database.
    Postgres(PostgresLocation),
}

/// How a PostgreSQL database is reached, as it was given: a URL, or `key=value` pairs.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresLocation {
    given: String,
    shown: String,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Created when it is missing: commands that add to the queue.
    Create,
    /// Must be there: commands that read or change it.
    Existing,
    /// Must be there, and stays exactly as it is: nothing is brought up to date, and nothing can be written.
    Inspect,
    /// Must be there, and is only read: a backup that lies still is left as it is, with nothing beside it.
    ReadOnly,
}

/// What is wrong with a text that should name a location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// It is empty.
    #[error("the path is empty")]
    Empty,
    /// It is a URL of something that keeps no queue.
    #[error("databases of the kind `{0}` are not supported: give a path or a URL of PostgreSQL")]
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

impl PostgresLocation {
    /// What was given, password and all: to connect with, never to be shown.
    pub fn with_password(&self) -> &str {
        &self.given
    }

    fn from_url(text: &str) -> Result<Self, LocationError> {
        let url = Url::parse(text).map_err(|_| LocationError::Url)?;
        // Several hosts are told by commas, which the standard of URLs takes for part of the name.
        let user = if url.username().is_empty() { String::new() } else { format!("{}@", url.username()) };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let shown = format!("postgres://{user}{}{port}{}", url.host_str().unwrap_or_default(), url.path());
        Ok(Self { given: text.to_owned(), shown })
    }

    fn from_pairs(text: &str) -> Result<Self, LocationError> {
        let pairs = pairs(text).ok_or(LocationError::Pairs)?;
        let value = |key: &str| pairs.iter().rev().find(|(it, _)| it == key).map(|(_, value)| value.as_str());
        let user = value("user").map(|user| format!("{user}@")).unwrap_or_default();
        let port = value("port").map(|port| format!(":{port}")).unwrap_or_default();
        let host = value("host").or(value("hostaddr")).unwrap_or_default();
        let name = value("dbname").map(|name| format!("/{name}")).unwrap_or_default();
        Ok(Self { given: text.to_owned(), shown: format!("postgres://{user}{host}{port}{name}") })
    }
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
        ] {
            let location = Location::parse(given).unwrap();
            assert_eq!(location.to_string(), shown);
            assert!(!format!("{location:?}").contains("s3"), "{location:?}");
            let Location::Postgres(server) = location else { panic!("{given}") };
            assert_eq!(server.with_password(), given);
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
