//! Reads one or all requests from a file in any supported format, and reports the format that was recognized.

use super::context::Context;
use super::exit::{CliError, Exit};
use super::values;
use crate::request::{self, Captured, MOST_BYTES, RequestError};
use crate::signature::{Received, detect};
use crate::untrusted::Untrusted;

/// The hint for a file that cannot be read.
const BY_HAND: &str = "pass the file of the body instead of --request, and each header with --header 'NAME: VALUE'";

/// One request of a file: the only one, number `which` counted from 1, or the only signed one.
pub(super) fn one(context: &Context, path: &str, which: Option<usize>) -> Result<Captured, CliError> {
    let mut all = every(path)?;
    let number = match (which, all.len()) {
        (None, 1) => 1,
        (None, count) => only_signed(context, path, &all).ok_or_else(|| which_of(path, count))?,
        (Some(number), count) if (1..=count).contains(&number) => number,
        (Some(_), 1) => {
            return Err(Exit::Usage.error(format!("{} holds one request", Untrusted(path))).hint("leave --which out"));
        }
        (Some(_), count) => return Err(which_of(path, count)),
    };
    let captured = all.swap_remove(number - 1).map_err(|error| unreadable(path, &error))?;
    report_format(context, &captured);
    Ok(captured)
}

/// The requests of a file; for each that cannot be read, its error.
fn every(path: &str) -> Result<Vec<Result<Captured, RequestError>>, CliError> {
    let text = values::bytes(path, MOST_BYTES)?;
    request::read_each(&text).map_err(|error| unreadable(path, &error))
}

/// The readable requests of a file, at least one. Unreadable ones, such as the images of a HAR file, are skipped with a note.
pub(super) fn readable(context: &Context, path: &str) -> Result<Vec<Captured>, CliError> {
    let requests = every(path)?;
    let (all, mut good, mut first) = (requests.len(), Vec::new(), None);
    for request in requests {
        match request {
            Ok(request) => good.push(request),
            Err(error) => first = first.or(Some(error)),
        }
    }
    match first {
        Some(error) if good.is_empty() => return Err(unreadable(path, &error)),
        Some(error) => {
            let left_out = all - good.len();
            context
                .screen
                .warn(&format!("skipped {left_out} of {all} requests in {path} that cannot be read: {error}"));
        }
        None => {}
    }
    Ok(good)
}

/// The error of a request whose body its file does not hold.
pub(super) fn without_body(path: &str, format: &str) -> CliError {
    Exit::Data
        .error(format!("the body of the request is not in {}", Untrusted(path)))
        .cause(format!("it was read as: {format}"))
        .hint("pass the file of the body too: `syncctl verify BODY --request FILE`")
}

/// Warns if the length of the body differs from `Content-Length`.
pub(super) fn check_length(context: &Context, request: &Received) {
    if let Some((said, given)) = request.length_differs() {
        context.screen.warn(&format!(
            "content-length says {said} bytes and the body has {given}: it was changed after it was sent, or not kept whole"
        ));
    }
}

/// Notes the format of a request, and warns of what is uncertain about it.
fn report_format(context: &Context, captured: &Captured) {
    if !captured.is_raw() {
        context.screen.note(&format!("read as: {}", captured.format));
    }
    for note in captured.notes.iter().filter(|_| !captured.misses_body()) {
        if note.doubts_body() {
            context.screen.warn(&note.to_string());
        } else {
            context.screen.note(&note.to_string());
        }
    }
}

fn which_of(path: &str, count: usize) -> CliError {
    Exit::Usage
        .error(format!("{} holds {count} requests", Untrusted(path)))
        .hint(format!("choose one with --which, from 1 to {count}"))
}

/// The number of the only request with the signature header of a known scheme. A note says which one it is and how many
/// requests were skipped.
fn only_signed(context: &Context, path: &str, all: &[Result<Captured, RequestError>]) -> Option<usize> {
    if let Some((number, error)) = (1..).zip(all).find_map(|(number, one)| Some((number, one.as_ref().err()?))) {
        let count = all.iter().filter(|one| one.is_err()).count();
        context.screen.warn(&format!(
            "{count} of {} requests in {path} cannot be read; the first is number {number}: {error}",
            all.len()
        ));
    }
    let is_signed =
        |one: &Result<Captured, RequestError>| one.as_ref().is_ok_and(|one| !detect(&one.request).is_empty());
    let mut signed = (1..).zip(all).filter(|(_, one)| is_signed(one)).map(|(number, _)| number);
    let only = signed.next().filter(|_| signed.next().is_none())?;
    context.screen.note(&format!("request {only} of {}, the only one with a signature header", all.len()));
    Some(only)
}

/// The error of a text that is no request, with a hint where there is one.
fn unreadable(path: &str, error: &RequestError) -> CliError {
    let fault = Exit::Data
        .error(format!("failed to read a request from {}", Untrusted(path)))
        .cause(Untrusted(&error.to_string()));
    match error {
        RequestError::UnknownOption(_) => fault.hint("leave the option out if it changes neither headers nor body"),
        RequestError::Unknown(_) | RequestError::RequestLine(_) | RequestError::NoBlankLine | RequestError::Json(_) => {
            fault.hint(
                "`syncctl help requests` lists the formats; verify a body alone with \
                 `syncctl verify BODY --header 'NAME: VALUE'`",
            )
        }
        RequestError::TooLong | RequestError::TooManyHeaders => fault,
        _ => fault.hint(BY_HAND),
    }
}
