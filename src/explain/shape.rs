//! Errors in the form of headers whose code is valid.

use http::HeaderName;

use super::cause::{Cause, Change};
use crate::clock::Timestamp;
use crate::signature::Received;
use crate::signature::VerifyError;
use crate::signature::code::{Code, Codes};
use crate::signature::{Message, Scheme, SchemeFacts, TimeForm, Tolerance};

/// The change of the headers' form that `refusal` is about; `None` if it is not about their form.
pub(super) fn refused(
    scheme: &dyn Scheme,
    received: &Received,
    message: &Message<'_>,
    refusal: &VerifyError,
) -> Option<Change> {
    let change = form_change(scheme, received, message, refusal)?;
    Some(match joined_header(scheme.facts(), received) {
        Some(name) => Change::new(Cause::HeaderDoubled, format!("`{name}` holds its value twice, joined by a comma")),
        None => change,
    })
}

fn form_change(
    scheme: &dyn Scheme,
    received: &Received,
    message: &Message<'_>,
    refusal: &VerifyError,
) -> Option<Change> {
    let facts = scheme.facts();
    match refusal {
        VerifyError::HeaderDoubled(name) => Some(doubled(name)),
        VerifyError::TimeMalformed(name) => {
            let detail = format!("the time in `{name}` is {}, this scheme has {}", unit(message.time), wanted(facts));
            Some(Change::new(Cause::TimeForm, detail))
        }
        VerifyError::IdMalformed(name) => {
            Some(Change::new(Cause::IdForm, format!("the id in `{name}` {}", id_fault(message.id))))
        }
        VerifyError::TimeMissing(member) => {
            Some(Change::new(Cause::TimeForm, format!("the signed body has no time in `{member}`")))
        }
        VerifyError::HeaderMalformed { .. }
        | VerifyError::PrefixMissing
        | VerifyError::CodeNotHexadecimal
        | VerifyError::CodeNotBase64
        | VerifyError::CodeLength { .. }
        | VerifyError::CodeMismatch => Some(Change::new(Cause::HeaderForm, list_fault(scheme, received, refusal))),
        VerifyError::HeaderNotDelivered(_)
        | VerifyError::UrlUnknown
        | VerifyError::RegisteredIdUnknown
        | VerifyError::CodeNotInBody(_)
        | VerifyError::BodyHashMismatch
        | VerifyError::OutsideTolerance
        | VerifyError::SecretUnusable(_) => None,
    }
}

/// The header of the scheme that holds its value twice, because a proxy joined duplicate headers.
fn joined_header<'f>(facts: &'f SchemeFacts, received: &Received) -> Option<&'f HeaderName> {
    let own = [Some(&facts.header), facts.time_header.as_ref(), facts.id_header.as_ref()];
    let text = |name: &HeaderName| received.headers.get(name).and_then(|value| value.to_str().ok());
    own.into_iter().flatten().find(|name| text(name).is_some_and(|value| halved(value).is_some()))
}

/// The value that a text holds twice, with a separator.
pub(super) fn halved(text: &str) -> Option<&str> {
    [", ", ",", "; ", ";"].iter().find_map(|separator| {
        let length = text.len().checked_sub(separator.len()).filter(|length| length % 2 == 0 && *length > 0)? / 2;
        let (first, rest) = text.split_at_checked(length)?;
        (rest.strip_prefix(separator)? == first).then_some(first)
    })
}

/// The change of a duplicate header.
pub(super) fn doubled(name: &str) -> Change {
    Change::new(Cause::HeaderDoubled, format!("`{name}` is there more than once"))
}

/// A time in seconds where the scheme has milliseconds, which is read as early 1970.
pub(super) fn seconds_for_millis(facts: &SchemeFacts, text: &str) -> Option<Change> {
    let name = facts.time_header.as_ref().filter(|_| facts.time_form == TimeForm::Millis && text.len() < 12)?;
    let detail = format!("the time in `{name}` is {}, this scheme has {}", unit(text), wanted(facts));
    Some(Change::new(Cause::TimeForm, detail))
}

/// A time that differs from now by a multiple of half an hour.
pub(super) fn other_zone(at: Timestamp, now: Timestamp, limit: Tolerance) -> Option<Change> {
    const HALF_HOUR: i64 = 1_800_000;
    let away = at.as_millis() - now.as_millis();
    let halves = (away + away.signum() * HALF_HOUR / 2) / HALF_HOUR;
    let rest = (away - halves * HALF_HOUR).unsigned_abs();
    let is_zone = (1..=28).contains(&halves.abs()) && u128::from(rest) <= limit.past.as_millis();
    let hours = (halves as f64) / 2.0;
    is_zone.then(|| Change::new(Cause::TimeZone, format!("it is {hours:+} h from now")))
}

/// The unit of a time, judged by its text.
fn unit(text: &str) -> &'static str {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match (digits, text.len()) {
        (true, ..12) => "in seconds",
        (true, 12..15) => "in milliseconds",
        (true, 15..18) => "in microseconds",
        (true, _) => "in nanoseconds",
        (false, _) if Timestamp::parse(text).is_some() => "a date",
        (false, _) if text.parse::<f64>().is_ok() => "a number with a fraction or sign",
        (false, _) => "in another form",
    }
}

fn wanted(facts: &SchemeFacts) -> &'static str {
    match facts.time_form {
        TimeForm::Seconds => "whole seconds since 1970",
        TimeForm::Millis => "milliseconds since 1970",
        TimeForm::SecondsOrDate => "whole seconds since 1970 or a date",
        TimeForm::SecondsOrMillis => "whole seconds or milliseconds since 1970",
        TimeForm::Date => "a date",
    }
}

fn id_fault(id: &str) -> &'static str {
    match id {
        "" => "is empty",
        _ if id.contains('.') => "has a dot, which could also be the one that joins the signed parts",
        _ if id.len() > 256 => "is longer than 256 bytes",
        _ => "has a space or a character beyond plain ASCII",
    }
}

/// How the signature header differs from what the scheme writes.
fn list_fault(scheme: &dyn Scheme, received: &Received, refusal: &VerifyError) -> String {
    let facts = scheme.facts();
    let name = &facts.header;
    let value = received.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes())).unwrap_or_default();
    let (text, separator) = (value.trim(), separator(scheme));
    let last = text.chars().next_back().filter(|last| [',', ';'].contains(last));
    let foreign =
        [',', ';'].into_iter().find(|it| Some(*it) != separator && text.contains(&format!("{it}{}", facts.prefix)));
    if let Some(last) = last {
        format!("`{name}` ends with `{last}`")
    } else if let (Some(foreign), Some(separator)) = (foreign, separator) {
        let separator = if separator == ' ' { "a space".to_owned() } else { format!("`{separator}`") };
        format!("the parts of `{name}` are separated by `{foreign}`, this scheme has {separator}")
    } else if text.contains(&format!("{} ", facts.prefix)) {
        format!("`{name}` has a space between `{}` and the code", facts.prefix.trim())
    } else if text.contains(' ') && separator != Some(' ') {
        format!("`{name}` has a space beside a separator, this scheme has none")
    } else {
        describe(name, refusal)
    }
}

fn describe(name: &HeaderName, refusal: &VerifyError) -> String {
    match refusal {
        VerifyError::HeaderMalformed { why, .. } => format!("`{name}`: {why}"),
        _ => format!("the code is in `{name}`, but not where this scheme reads it"),
    }
}

/// The separator between two codes in the scheme's header.
fn separator(scheme: &dyn Scheme) -> Option<char> {
    let facts = scheme.facts();
    let code = Code::new(&vec![0; facts.algorithm.code_length()?]);
    let message = Message { method: "", url: "", id: "", time: "", body: b"", context: "" };
    let value = scheme.value(&message, &[code.clone(), code].into_iter().collect::<Codes>());
    let before = &value[..value.rfind(facts.prefix.as_ref()).filter(|_| facts.listed)?];
    before.chars().next_back()
}
