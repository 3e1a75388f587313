//! Values of flags: formats, times, durations, data.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use chrono::{Days, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::exit::{CliError, Exit};
use crate::clock::Timestamp;
use crate::endpoint::{EndpointUrl, TypePattern};
use crate::event::Traceparent;
use crate::monitor::failure_clusters::ClusterPrefix;
use crate::render::{ColorChoice, Format, TimeStyle};
use crate::untrusted::Untrusted;

/// The parser of `--output`.
pub(super) fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
        .map(|name| Format::parse(&name).expect("only known names pass"))
}

/// The parser of `--time`.
pub(super) fn time_style() -> impl TypedValueParser<Value = TimeStyle> {
    PossibleValuesParser::new(TimeStyle::ALL.map(TimeStyle::name))
        .map(|name| TimeStyle::parse(&name).expect("only known names pass"))
}

/// The parser of `--color`.
pub(super) fn color() -> impl TypedValueParser<Value = ColorChoice> {
    PossibleValuesParser::new(ColorChoice::ALL.map(ColorChoice::name))
        .map(|name| ColorChoice::parse(&name).expect("only known names pass"))
}

/// A size in bytes: a number, or one with a unit such as `64KiB` or `1MiB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let bytes_per_unit = match unit {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(bytes_per_unit).and_then(|(number, bytes)| number.checked_mul(bytes));
    bytes.ok_or_else(|| "write a number of bytes, or a size such as 64KiB or 1MiB".to_owned())
}

/// A duration such as `90s`, `5m`, `2h`, `7d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|e| format!("{e}; write it like 90s, 5m, 2h or 7d"))
}

/// A duration above zero.
pub(super) fn duration_above_zero(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be longer than zero".to_owned()),
        duration => Ok(duration),
    }
}

/// A time that an option takes: a date, a clock time, or a span before now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PastTime {
    /// A point in time.
    At(Timestamp),
    /// A duration before now.
    Ago(Duration),
    /// The local midnight of a day.
    Midnight {
        /// 0 for today, 1 for yesterday.
        days_ago: u64,
    },
}

impl PastTime {
    /// Reads RFC 3339, a local date or time, `2h`, `-2h`, `2h ago`, `today` or `yesterday`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text {
            "now" => return Ok(Self::Ago(Duration::ZERO)),
            "today" => return Ok(Self::Midnight { days_ago: 0 }),
            "yesterday" => return Ok(Self::Midnight { days_ago: 1 }),
            _ => {}
        }
        if let Some(at) = Timestamp::parse(text).or_else(|| local_time(text)) {
            return Ok(Self::At(at));
        }
        let span = text.strip_suffix(" ago").or_else(|| text.strip_prefix('-')).unwrap_or(text);
        humantime::parse_duration(span.trim()).map(Self::Ago).map_err(|_| {
            "write a duration before now like 2h or 7d, `yesterday`, a local date like 2026-11-28, or RFC 3339"
                .to_owned()
        })
    }

    /// The time, relative to `now`.
    pub(super) fn seen_from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.minus(ago),
            Self::Midnight { days_ago } => {
                let today = now.to_datetime().with_timezone(&Local).date_naive();
                let day = today.checked_sub_days(Days::new(days_ago)).unwrap_or(today);
                local(day.and_time(NaiveTime::MIN)).unwrap_or(now)
            }
        }
    }
}

/// A date, or a date and time without an offset, in the machine's time zone.
fn local_time(text: &str) -> Option<Timestamp> {
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN));
    local(time.or_else(date)?)
}

/// A time in the future: RFC 3339, or a local date and time.
pub(super) fn time_to_come(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .or_else(|| local_time(text.trim()))
        .ok_or_else(|| "write a local date and time like `2026-11-28 09:00`, or RFC 3339".to_owned())
}

/// A local time that occurs twice, because clocks were set back, means the earlier one; one that was skipped is no time.
fn local(time: NaiveDateTime) -> Option<Timestamp> {
    let at = Local
        .from_local_datetime(&time)
        .earliest()
        .or_else(|| Local.from_local_datetime(&(time + chrono::TimeDelta::hours(1))).earliest())?;
    Some(Timestamp::from_millis(at.timestamp_millis()))
}

/// An event type or a pattern of types.
pub(super) fn pattern(text: &str) -> Result<TypePattern, String> {
    TypePattern::parse(text).map_err(|_| "use an event type, or a pattern such as `user.*`".to_owned())
}

/// The name of a cluster of failures, or a prefix of it.
pub(super) fn cluster(text: &str) -> Result<ClusterPrefix, String> {
    ClusterPrefix::parse(text)
        .ok_or_else(|| "use a name as `syncctl failures clusters` lists it, such as F3a9c07e1".to_owned())
}

/// An RFC 3339 time.
pub(super) fn timestamp(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "write it as RFC 3339, like 2024-01-31T12:00:00.000Z".to_owned())
}

/// A `traceparent` of W3C Trace Context.
pub(super) fn traceparent(text: &str) -> Result<Traceparent, String> {
    Traceparent::parse(text).map_err(|invalid| invalid.to_string())
}

/// Reads a literal, `@FILE`, or standard input for `-` and `@-`, of at most `limit` bytes without surrounding white space.
///
/// The error for longer input names the length, if it is known.
pub(super) fn data(argument: &str, limit: usize) -> Result<Vec<u8>, CliError> {
    let most = limit * 2;
    let (bytes, length) = match argument.strip_prefix('@') {
        _ if argument == "-" || argument == "@-" => {
            (read_limited(std::io::stdin().lock(), "standard input", most)?, None)
        }
        None => return Ok(argument.as_bytes().to_vec()),
        Some(path) => {
            let file = open_file(Path::new(path))?;
            let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|it| it.len());
            (read_limited(file, path, most)?, length)
        }
    };
    if bytes.len() <= most {
        return Ok(bytes);
    }
    let length = length.map_or_else(|| format!("more than {most}"), |length| length.to_string());
    Err(Exit::Data.error(format!("data is {length} bytes long, the limit is {limit}")))
}

/// Opens a file that was named; exit 66 when it is not there.
pub(super) fn open_file(path: &Path) -> Result<std::fs::File, CliError> {
    std::fs::File::open(path).map_err(|e| unreadable(&path.display().to_string(), &e))
}

fn read_limited(source: impl Read, name: &str, limit: usize) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|e| unreadable(name, &e))?;
    Ok(bytes)
}

/// The same for a file, with a buffer of the file's length.
fn read_sized(file: std::fs::File, name: &str, limit: usize) -> Result<Vec<u8>, CliError> {
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(limit).min(limit).saturating_add(1));
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|e| unreadable(name, &e))?;
    Ok(bytes)
}

/// The error of an input that cannot be read.
pub(super) fn unreadable(name: &str, error: &std::io::Error) -> CliError {
    let exit = if error.kind() == std::io::ErrorKind::NotFound { Exit::NoInput } else { Exit::Io };
    exit.error(format!("failed to read {}", Untrusted(name))).cause(error)
}

/// A URL that a request goes to, kept as it was written.
pub(super) fn called_url(text: &str) -> Result<String, String> {
    let url = EndpointUrl::parse_http(text).map_err(|invalid| invalid.to_string())?;
    if text.is_ascii() { Ok(text.to_owned()) } else { Err(format!("write it as it will be sent: {url}")) }
}

/// The URL that a scheme signs: for some senders only its path.
pub(super) fn signed_url(text: &str) -> Result<String, String> {
    match text {
        "" => Err("it is empty".to_owned()),
        text if text.contains('#') => Err("a fragment is never sent: leave it out, from the `#` on".to_owned()),
        text if text.chars().any(|c| c.is_control() || c.is_whitespace()) => {
            Err("a URL holds no white space: write it as %20".to_owned())
        }
        text => Ok(text.to_owned()),
    }
}

/// A time: RFC 3339, or seconds since 1970 as signatures carry them.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Some(at) = Timestamp::parse(text) {
        return Ok(at);
    }
    let wrong = || "write it as RFC 3339, like 2024-01-31T12:00:00Z, or as seconds since 1970".to_owned();
    let number: u64 = text.parse().map_err(|_| wrong())?;
    // A time that does not fit is refused rather than clamped.
    let millis = i64::try_from(number).ok().and_then(|seconds| seconds.checked_mul(1000)).unwrap_or(i64::MAX);
    let at = Timestamp::from_millis(millis);
    match at.as_millis() == millis {
        true => Ok(at),
        false if matches!(text.len(), 13 | 14) => {
            let at = Timestamp::from_millis(i64::try_from(number).unwrap_or(i64::MAX));
            Err(format!("it looks like milliseconds: write {at}, or in seconds {}", at.as_seconds()))
        }
        false => Err(format!("it lies after the year 9999; {}", wrong())),
    }
}

/// Reads a file, or standard input for `-`, of at most `limit` bytes; longer input is an error.
pub(super) fn bytes(path: &str, limit: usize) -> Result<Vec<u8>, CliError> {
    let name = path.strip_prefix('@').unwrap_or(path);
    let read = match name {
        "-" => {
            if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
                return Err(Exit::Usage
                    .error("standard input is a terminal")
                    .hint("name a file, or pipe the bytes in"));
            }
            read_limited(std::io::stdin().lock(), "standard input", limit)?
        }
        path => read_sized(open_file(Path::new(path))?, path, limit)?,
    };
    if read.len() > limit {
        return Err(Exit::Data.error(format!("{} is longer than {limit} bytes", Untrusted(name))));
    }
    Ok(read)
}

/// A path as text for people.
pub(super) fn shown_path(path: &Path) -> String {
    crate::untrusted::Untrusted(&path.display().to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_read_as_people_write_it() {
        let now = Timestamp::parse("2026-11-29T12:00:00Z").expect("a time");
        let seen = |text: &str| PastTime::parse(text).map(|when| when.seen_from(now));
        let two_hours_ago = Ok(now.minus(Duration::from_secs(7_200)));
        assert_eq!(["2h", "-2h", "2h ago", " 2h "].map(seen), [(); 4].map(|()| two_hours_ago.clone()));
        assert_eq!(seen("2026-11-22T10:00Z"), Ok(Timestamp::parse("2026-11-22T10:00:00Z").expect("a time")));
        let day = Duration::from_secs(86_400);
        let midnight = seen("today").expect("today");
        assert!(midnight <= now && now.since(midnight) < day);
        assert_eq!(seen("2026-11-28"), seen("2026-11-28T00:00"));
        assert_eq!(seen("2026-11-28 00:00:00"), seen("2026-11-28"));
        for wrong in ["", "2026-13-01", "2026-11-28T25:00", "tomorrow", "2", "ago", "--2h"] {
            assert!(PastTime::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_read_in_seconds_and_milliseconds_are_told_and_never_moved_into_another_year() {
        let noon = Timestamp::parse("2024-01-31T12:00:00Z");
        assert_eq!(moment("1706702400").ok(), noon);
        assert_eq!(moment("2024-01-31T12:00Z").ok(), noon);
        assert_eq!(moment("253402300799").ok(), Timestamp::parse("9999-12-31T23:59:59Z"));
        for millis in ["1706702400000", "1706702400123"] {
            let refused = moment(millis).expect_err("milliseconds");
            assert!(refused.contains("milliseconds") && refused.ends_with(" 1706702400"), "{refused}");
        }
        for text in
            ["253402300800", "1706702400123000", "18446744073709551615", "18446744073709551616", "-5", "+ 1", ""]
        {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
