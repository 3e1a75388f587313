//! Parsers and display functions that several keys share. Their errors are shown to the operator.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::is_variable_name;
use crate::endpoint::{InvalidEndpoint, MAX_CONCURRENCY, SecretSource, TypePattern, ValueSource, check_name};
use crate::format::shorten;
use crate::untrusted::Untrusted;

/// A text quoted for an error, with control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shorten(&Untrusted(text).to_string(), 60))
}

/// The items of a comma-separated list.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

pub(super) fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.trim().parse().map_err(|_| format!("{} is not a whole number in range", quoted(text)))
}

pub(super) fn attempts(text: &str) -> Result<u32, String> {
    number(text).and_then(|n| if n == 0 { Err("at least one attempt is needed".to_owned()) } else { Ok(n) })
}

pub(super) fn concurrency(text: &str) -> Result<u16, String> {
    let n = number(text)?;
    if (1..=MAX_CONCURRENCY).contains(&n) { Ok(n) } else { Err(InvalidEndpoint::Concurrency(n).to_string()) }
}

pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.trim() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("{} is neither true nor false", quoted(text))),
    }
}

pub(super) fn name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned()).map_err(|it| it.to_string())
}

pub(super) fn variable_name(text: &str) -> Result<String, String> {
    // The invalid text is not shown: it may be the secret itself.
    if is_variable_name(text) { Ok(text.to_owned()) } else { Err("it must name an environment variable".to_owned()) }
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() { Err("the path is empty".to_owned()) } else { Ok(text.into()) }
}

pub(super) fn path_text(text: &str) -> Result<String, String> {
    path(text).map(|path| path.to_string_lossy().into_owned())
}

pub(super) fn path_shown(path: &Option<PathBuf>) -> String {
    path.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
}

pub(super) fn networks(text: &str) -> Result<Vec<ipnet::IpNet>, String> {
    let network = |text: &str| match (text.parse(), text.parse::<std::net::IpAddr>()) {
        (Ok(network), _) => Ok(network),
        (Err(_), Ok(address)) => Ok(address.into()),
        (Err(_), Err(_)) => Err(format!("{} is not a network such as 10.1.0.0/16", quoted(text))),
    };
    items(text).map(network).collect()
}

pub(super) fn patterns(text: &str) -> Result<Vec<TypePattern>, String> {
    let list =
        items(text).map(|it| TypePattern::parse(it).map_err(|it| it.to_string())).collect::<Result<Vec<_>, _>>()?;
    if list.is_empty() { Err("it names no event type: leave it out for all".to_owned()) } else { Ok(list) }
}

pub(super) fn patterns_shown(patterns: &[TypePattern]) -> String {
    patterns.iter().map(|it| String::from(it.clone())).collect::<Vec<_>>().join(",")
}

pub(super) fn secret_shown(source: &SecretSource) -> String {
    match source {
        SecretSource::Shared => String::new(),
        SecretSource::File(place) | SecretSource::Env(place) => place.clone(),
    }
}

pub(super) fn joined(values: &[impl ToString]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text.trim())
        .map_err(|_| format!("{} is not a duration: write 500ms, 10s, 5m or 2h", quoted(text)))
}

pub(super) fn duration_above_zero(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|it| if it.is_zero() { Err("it must be longer than zero".to_owned()) } else { Ok(it) })
}

pub(super) fn duration_shown(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

pub(super) fn millis(text: &str) -> Result<u64, String> {
    u64::try_from(duration(text)?.as_millis()).map_err(|_| format!("{} is too long", quoted(text)))
}

pub(super) fn millis_above_zero(text: &str) -> Result<u64, String> {
    millis(text).and_then(|it| if it == 0 { Err("it must be at least 1ms".to_owned()) } else { Ok(it) })
}

pub(super) fn millis_shown(millis: u64) -> String {
    duration_shown(Duration::from_millis(millis))
}

/// The place of a value, if it is of that kind; the value itself is never shown.
pub(super) fn place_shown(source: Option<&ValueSource>, kind: &str) -> String {
    match (source, kind) {
        (Some(ValueSource::File(place)), "file") | (Some(ValueSource::Env(place)), "env") => place.clone(),
        (Some(ValueSource::Literal(_)), "literal") | (Some(ValueSource::Command(_)), "command") => "set".to_owned(),
        _ => String::new(),
    }
}
