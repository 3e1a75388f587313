//! Where the database is and how it is reached: a URL or `key=value` pairs, as every PostgreSQL program takes them.
//!
//! What the driver does not know (certificates, password files, the schema, poolers) is taken out first; the rest is the driver's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use zeroize::Zeroizing;

use crate::store::location::DEFAULT_SCHEMA;

/// How long one address may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long bytes that were sent may stay unacknowledged.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);
/// Silence after which the other end is asked whether it is there.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// What holds for every session. A transaction that its client left alone ends, so that no lock outlives a stopped process.
pub(super) const SESSION: &[(&str, &str)] = &[
    ("lock_timeout", "5s"),
    ("statement_timeout", "60s"),
    ("idle_in_transaction_session_timeout", "5s"),
    ("client_min_messages", "warning"),
    ("jit", "off"),
];

/// How strictly the server's certificate is checked (`sslmode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CertificateCheck {
    /// Not at all: the connection is private, but to whom is unknown.
    Nothing,
    /// A known authority signed it.
    Authority,
    /// A known authority signed it for this host.
    Full,
}

/// Whether each connection has a server session of its own, or a pooler changes the session with each transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionMode {
    /// A session of our own: prepared statements, LISTEN and the lock that proves that a run lives.
    Direct,
    /// A pooler that gives each transaction another session.
    Pooler,
}

/// How to connect to the server: address, TLS, schema, pooler. The password never shows.
#[derive(Clone)]
pub(super) struct ConnectionSettings {
    pub(super) config: Config,
    pub(super) verify: CertificateCheck,
    pub(super) root_certificates: Option<PathBuf>,
    pub(super) certificate: Option<(PathBuf, PathBuf)>,
    pub(super) schema: String,
    pub(super) mode: SessionMode,
    shown: String,
}

impl fmt::Debug for ConnectionSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionSettings({})", self.shown)
    }
}

impl fmt::Display for ConnectionSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Parameters of the location that the driver does not know: certificates, password file, schema, pooler.
#[derive(Default)]
struct OwnParameters {
    sslmode: Option<String>,
    sslrootcert: Option<String>,
    sslcert: Option<String>,
    sslkey: Option<String>,
    passfile: Option<String>,
    schema: Option<String>,
    pooler: Option<String>,
}

impl OwnParameters {
    fn slot(&mut self, key: &str) -> Option<&mut Option<String>> {
        match key {
            "sslmode" => Some(&mut self.sslmode),
            "sslrootcert" => Some(&mut self.sslrootcert),
            "sslcert" => Some(&mut self.sslcert),
            "sslkey" => Some(&mut self.sslkey),
            "passfile" => Some(&mut self.passfile),
            "schema" => Some(&mut self.schema),
            "pooler" => Some(&mut self.pooler),
            _ => None,
        }
    }
}

impl ConnectionSettings {
    /// Reads a URL or `key=value` pairs; the error says in words what is wrong, without the password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut extra = OwnParameters::default();
        let rest = match is_url(text) {
            true => split_url(text, &mut extra)?,
            false => split_pairs(text, &mut extra)?,
        };
        let mut config = Config::from_str(&rest).map_err(|e| reason(&e))?;
        let hosts = config.get_hosts().to_vec();
        if hosts.is_empty() && config.get_hostaddrs().is_empty() {
            return Err("it names no host".to_owned());
        }
        let (ssl, verify) = ssl_mode(extra.sslmode.as_deref(), &hosts)?;
        let schema = extra.schema.unwrap_or_else(|| DEFAULT_SCHEMA.to_owned());
        check_schema(&schema)?;
        let mode = match extra.pooler.as_deref() {
            None | Some("none") => SessionMode::Direct,
            Some("transaction") => SessionMode::Pooler,
            Some(other) => return Err(format!("pooler is `none` or `transaction`, not `{other}`")),
        };
        let application_name = config.get_application_name().unwrap_or("syncctl").to_owned();
        config.ssl_mode(ssl).application_name(application_name).tcp_user_timeout(TCP_USER_TIMEOUT);
        config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE).keepalives_retries(3);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_target_session_attrs() == TargetSessionAttrs::Any {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        find_password(&mut config, extra.passfile.as_deref());
        if mode == SessionMode::Direct {
            let options = session_options(config.get_options(), &schema);
            config.options(options);
        }
        Ok(Self {
            shown: show(&config, &schema),
            config,
            verify,
            root_certificates: extra.sslrootcert.filter(|path| path != "system").map(PathBuf::from),
            certificate: match (extra.sslcert, extra.sslkey) {
                (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
                (None, None) => None,
                _ => return Err("sslcert and sslkey go together".to_owned()),
            },
            schema,
            mode,
        })
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// The driver's words, which never repeat a value that was a password.
fn reason(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Takes our parameters out of the query of a URL.
fn split_url(text: &str, extra: &mut OwnParameters) -> Result<String, String> {
    let Some((base, query)) = text.split_once('?') else { return Ok(text.to_owned()) };
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("the parameter `{pair}` has no value"))?;
        match extra.slot(key) {
            Some(slot) => *slot = Some(decode(value)?),
            None => kept.push(pair),
        }
    }
    Ok(if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) })
}

fn decode(value: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()].map(|digit| digit.and_then(|d| char::from(d).to_digit(16)));
        let [Some(high), Some(low)] = digits else { return Err(format!("`{value}` has a broken % escape")) };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    String::from_utf8(bytes).map_err(|_| format!("`{value}` is not UTF-8"))
}

/// Takes our parameters out of `key=value` pairs; values may stand in single quotes.
fn split_pairs(text: &str, extra: &mut OwnParameters) -> Result<String, String> {
    let mut kept = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or("it is neither a URL nor key=value pairs")?;
        let key = key.trim();
        let (value, raw, left) = take_value(after.trim_start())?;
        match extra.slot(key) {
            Some(slot) => *slot = Some(value),
            None => kept.push_str(&format!("{key}={raw} ")),
        }
        rest = left.trim_start();
    }
    Ok(kept)
}

/// One value: as it is meant, as it was written, and what follows.
fn take_value(text: &str) -> Result<(String, &str, &str), String> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[..=at], &text[at + 1..])),
            c if !quoted && c.is_whitespace() => return Ok((value, &text[..at], &text[at..])),
            c => value.push(c),
        }
    }
    if quoted { Err("a quoted value does not end".to_owned()) } else { Ok((value, text, "")) }
}

/// Without a mode, what stays on this machine may be plain and everything else is verified in full.
fn ssl_mode(mode: Option<&str>, hosts: &[Host]) -> Result<(SslMode, CertificateCheck), String> {
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    };
    Ok(match mode {
        None if hosts.iter().all(local) => (SslMode::Prefer, CertificateCheck::Nothing),
        None | Some("verify-full") => (SslMode::Require, CertificateCheck::Full),
        Some("verify-ca") => (SslMode::Require, CertificateCheck::Authority),
        Some("require") => (SslMode::Require, CertificateCheck::Nothing),
        Some("prefer" | "allow") => (SslMode::Prefer, CertificateCheck::Nothing),
        Some("disable") => (SslMode::Disable, CertificateCheck::Nothing),
        Some(other) => {
            return Err(format!("sslmode is disable, prefer, require, verify-ca or verify-full, not `{other}`"));
        }
    })
}

/// Only names that need no quotes, so that one spelling means one schema.
fn check_schema(name: &str) -> Result<(), String> {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    let right = first
        && name.len() <= 48
        && !name.starts_with("pg_")
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if right { Ok(()) } else { Err(format!("the schema `{name}` must be 1 to 48 characters from a-z 0-9 _")) }
}

/// What holds for every session of ours; the operator's own options come first and ours win.
fn session_options(given: Option<&str>, schema: &str) -> String {
    let ours = SESSION.iter().map(|(name, value)| format!(" -c {name}={value}")).collect::<String>();
    format!("{} -c search_path={schema}{ours}", given.unwrap_or_default()).trim_start().to_owned()
}

/// A password that the location does not hold: `PGPASSWORD`, or a line of the password file.
fn find_password(config: &mut Config, passfile: Option<&str>) {
    if config.get_password().is_some() {
        return;
    }
    if let Some(password) = std::env::var_os("PGPASSWORD").and_then(|it| it.into_string().ok()) {
        config.password(Zeroizing::new(password).as_bytes());
        return;
    }
    let path = passfile.map(PathBuf::from).or_else(|| std::env::var_os("PGPASSFILE").map(PathBuf::from));
    let path = path.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".pgpass")));
    let Some(text) = path.and_then(|path| std::fs::read_to_string(path).ok()).map(Zeroizing::new) else { return };
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(_)) | None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let user = config.get_user().unwrap_or_default().to_owned();
    let database = config.get_dbname().unwrap_or(&user).to_owned();
    let wanted = [host, port, database, user];
    if let Some(password) = text.lines().find_map(|line| password_of(line, &wanted)) {
        config.password(password.as_bytes());
    }
}

/// The password of a line `host:port:database:user:password`, where it is for us; `*` is for everybody.
fn password_of(line: &str, wanted: &[String; 4]) -> Option<Zeroizing<String>> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => fields.last_mut()?.extend(chars.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            c => fields.last_mut()?.push(c),
        }
    }
    let password = Zeroizing::new(fields.pop()?);
    let fits = fields.len() == 4 && fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
    fits.then_some(password)
}

/// The location without its password.
fn show(config: &Config, schema: &str) -> String {
    let ports = config.get_ports();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(path) => format!("{}:{port}", path.display().to_string().replace('/', "%2F")),
            }
        })
        .collect();
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    let schema = if schema == DEFAULT_SCHEMA { String::new() } else { format!("?schema={schema}") };
    format!("postgres://{user}{}/{database}{schema}", hosts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ConnectionSettings {
        ConnectionSettings::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn a_password_never_shows() {
        for text in [
            "postgres://me:s3cret@db.example:5433/app?sslmode=require",
            "host=db.example port=5433 user=me password='s3 cret' dbname=app sslmode=require",
        ] {
            let settings = read(text);
            assert_eq!(settings.to_string(), "postgres://me@db.example:5433/app");
            assert!(!format!("{settings:?}").contains("cret"));
            assert!(settings.config.get_password().is_some());
        }
        let wrong = ConnectionSettings::parse("postgres://me:s3cret@db.example/app?nonsense=1").unwrap_err();
        assert!(!wrong.contains("s3cret"), "{wrong}");
    }

    #[test]
    fn what_leaves_the_machine_is_verified_unless_told_otherwise() {
        let ssl = |text: &str| (read(text).config.get_ssl_mode(), read(text).verify);
        assert_eq!(ssl("postgres://u@db.example/q"), (SslMode::Require, CertificateCheck::Full));
        assert_eq!(ssl("postgres://u@127.0.0.1/q"), (SslMode::Prefer, CertificateCheck::Nothing));
        assert_eq!(ssl("postgres://u@localhost,db.example/q"), (SslMode::Require, CertificateCheck::Full));
        assert_eq!(ssl("host=db.example user=u sslmode=disable"), (SslMode::Disable, CertificateCheck::Nothing));
        assert!(ConnectionSettings::parse("postgres://u@h/q?sslmode=verify").is_err());
    }

    #[test]
    fn several_hosts_mean_the_one_that_can_be_written() {
        let settings = read("postgresql://u@a.example:1,b.example:2/q?schema=jobs&pooler=transaction");
        assert_eq!(settings.config.get_hosts().len(), 2);
        assert_eq!(settings.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!((settings.schema.as_str(), settings.mode), ("jobs", SessionMode::Pooler));
        assert_eq!(settings.to_string(), "postgres://u@a.example:1,b.example:2/q?schema=jobs");
        assert!(ConnectionSettings::parse("postgres://u@h/q?schema=A;drop").is_err());
    }

    #[test]
    fn a_line_of_the_password_file_fits_field_by_field() {
        let wanted = ["h", "5432", "d", "u"].map(ToOwned::to_owned);
        assert_eq!(password_of(r"h:5432:d:u:p\:w\\x:y", &wanted).unwrap().as_str(), r"p:w\x:y");
        assert_eq!(password_of("*:*:*:u:pw", &wanted).unwrap().as_str(), "pw");
        assert!(password_of("h:5432:d:v:pw", &wanted).is_none());
        assert!(password_of("# h:5432:d:u:pw", &wanted).is_none());
    }
}
