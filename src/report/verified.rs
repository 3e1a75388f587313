//! The answer of `verify`.

mod to_sender;

use std::time::Duration;

use http::HeaderName;
use serde::Serialize;

use super::{Column, Report, Table};
use crate::clock::Timestamp;
use crate::explain::{Change, Explanation};
use crate::format::short_duration;
use crate::signature::{
    Algorithm, Encoding, Protects, Received, Scheme, TimeFact, Verification, VerifyError, detected_by,
};

/// What `verify` found: whether the signature is right, and else why not.
#[derive(Debug)]
pub struct Verified<'a> {
    /// The scheme it was verified by.
    pub scheme: &'a dyn Scheme,
    /// The request.
    pub received: &'a Received,
    /// Whether the scheme was detected from its headers.
    pub detected: bool,
    /// The verdict.
    pub verdict: Verification,
    /// The explanation of the mismatch, if one was searched for.
    pub explanation: Option<Explanation>,
    /// The headers that would be right, if they may be shown.
    pub expected: Vec<(String, String)>,
    /// The fingerprint of the secret, which the sender can compare with its own.
    pub fingerprint: Option<String>,
}

/// The JSON answer of `verify`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerifiedView<'a> {
    valid: bool,
    scheme: Option<&'a str>,
    detected: bool,
    reason: Option<&'a str>,
    time: Option<TimeView>,
    protects: Option<ProtectsView>,
    signed_template: Option<String>,
    algorithm: Option<&'a str>,
    encoding: Option<&'a str>,
    body_bytes: usize,
    #[serde(flatten)]
    found: ExplanationView<'a>,
    to_sender: Option<String>,
}

/// The explanation of a mismatch in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplanationView<'a> {
    explanation: Option<ChangeView>,
    pair: Option<Vec<ChangeView>>,
    verify_with: Option<&'a str>,
    ruled_out: Vec<&'a str>,
    not_tried: Vec<&'a str>,
    collect: &'a [String],
}

impl<'a> ExplanationView<'a> {
    fn of(found: Option<&'a Explanation>) -> Self {
        let pair = found.filter(|found| found.changes.len() == 2);
        Self {
            explanation: found.and_then(|found| found.single()).map(ChangeView::of),
            pair: pair.map(|found| found.changes.iter().map(ChangeView::of).collect()),
            verify_with: found.and_then(|found| found.verify_with.as_deref()),
            ruled_out: found.map(|found| found.ruled_out.iter().map(|it| it.name()).collect()).unwrap_or_default(),
            not_tried: found.map(|found| found.not_tried.iter().map(|it| it.name()).collect()).unwrap_or_default(),
            collect: found.map_or(&[], |found| &found.collect),
        }
    }
}

/// The time of a request, and whether it is within the tolerance.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimeView {
    at: Timestamp,
    signed: bool,
    age_ms: i64,
    limit_ms: Option<u64>,
    within: bool,
}

/// The parts of a request that a signature protects.
#[derive(Serialize)]
pub(super) struct ProtectsView {
    body: bool,
    time: bool,
    id: bool,
    url: bool,
}

/// A change of the request under which its signature matches.
#[derive(Serialize)]
pub(super) struct ChangeView {
    pub(super) cause: &'static str,
    pub(super) text: String,
}

impl ChangeView {
    fn of(change: &Change) -> Self {
        Self { cause: change.cause.name(), text: change.text() }
    }
}

impl From<Protects> for ProtectsView {
    fn from(protects: Protects) -> Self {
        Self { body: protects.body, time: protects.time, id: protects.id, url: protects.url }
    }
}

impl From<TimeFact> for TimeView {
    fn from(time: TimeFact) -> Self {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self {
            at: time.at,
            signed: time.signed,
            age_ms: millis(time.age) - millis(time.ahead),
            limit_ms: time.limit.map(|limit| u64::try_from(limit.past.as_millis()).unwrap_or(u64::MAX)),
            within: time.is_within(),
        }
    }
}

/// The answer of `verify`.
pub fn verified(verified: &Verified<'_>) -> Report {
    let refusal = verified.verdict.refusal();
    let found = verified.explanation.as_ref();
    let scheme = verified.scheme.facts();
    let to_sender = (found.is_some() && refusal.is_some()).then(|| to_sender::message(verified));
    let view = VerifiedView {
        valid: refusal.is_none(),
        scheme: Some(&scheme.name),
        detected: verified.detected,
        reason: refusal.as_ref().map(VerifyError::name),
        time: verified.verdict.time.map(TimeView::from),
        protects: Some(verified.verdict.protects.into()),
        signed_template: Some(scheme.template()),
        algorithm: Some(scheme.algorithm.title()),
        encoding: Some(scheme.encoding.title()),
        body_bytes: verified.received.body.len(),
        found: ExplanationView::of(found),
        to_sender: to_sender.as_ref().map(|lines| lines.join("\n")),
    };
    let mut report =
        Report::new(&view).with_sheet(sheet(&view)).with_names([refusal.as_ref().map_or("valid", VerifyError::name)]);
    report = report.with_line(headline(&verified.verdict, refusal.as_ref()));
    for line in facts(verified) {
        report = report.with_line(format!("  {line}"));
    }
    if let Some(found) = found {
        report = explanation_lines(found).into_iter().fold(report, Report::with_line);
        report = to_sender.iter().flat_map(|lines| to_sender_lines(lines)).fold(report, Report::with_line);
    } else if verified.verdict.signature.is_err() {
        report = report.with_hint("find the reason with --explain");
    }
    report
}

fn headline(verdict: &Verification, refusal: Option<&VerifyError>) -> String {
    match refusal {
        None => match verdict.time {
            Some(time) => format!("VALID  signature valid, {}", time_words(&time)),
            None => "VALID  signature valid".to_owned(),
        },
        Some(VerifyError::OutsideTolerance) => {
            let time = verdict.time.map(|time| time_words(&time)).unwrap_or_default();
            format!("INVALID  outside-tolerance: signature valid, {time}")
        }
        Some(refusal) => format!("INVALID  {}: {refusal}", refusal.name()),
    }
}

/// `7 min 12 s old, limit 5 min`, in the units of durations elsewhere.
fn time_words(time: &TimeFact) -> String {
    let when = match (time.ahead.is_zero(), time.age) {
        (false, _) => format!("{} ahead of now", short_duration(time.ahead)),
        (true, age) => format!("{} old", short_duration(age)),
    };
    match time.limit {
        Some(limit) => format!("{when}, limit {}", short_duration(limit.past)),
        None => format!("{when}, this scheme has no limit"),
    }
}

fn facts(verified: &Verified<'_>) -> Vec<String> {
    let facts = verified.scheme.facts();
    let how = match verified.detected {
        true => format!("detected from {}", detected_by(verified.scheme, verified.received)),
        false => "as told".to_owned(),
    };
    let signed = match facts.algorithm {
        Algorithm::Token => "nothing: the header holds the secret itself".to_owned(),
        algorithm => format!("{} of {}, {}", algorithm.title(), facts.template(), facts.encoding.title()),
    };
    let mut lines = vec![
        format!("scheme    {} ({}), {how}", facts.name, facts.title),
        format!("signed    {signed}"),
        format!("protects  {}", protects_words(verified.verdict.protects)),
    ];
    if let Some(time) = verified.verdict.time {
        let signed = if time.signed { "" } else { ", not covered by the signature" };
        lines.push(format!("time      {}, {}{signed}", time.at, time_words(&time)));
    }
    lines.push(format!("body      {}", body_words(&verified.received.body)));
    if verified.verdict.signature.is_ok() && is_upper_case(verified) {
        lines.push("note      the signature is in upper case: receivers that compare text refuse it".to_owned());
    }
    for (name, value) in &verified.expected {
        lines.push(format!("expected  {name}: {value}"));
    }
    lines
}

fn is_upper_case(verified: &Verified<'_>) -> bool {
    let facts = verified.scheme.facts();
    let value = verified.received.the_header(&facts.header).unwrap_or("");
    facts.encoding == Encoding::Hex && value.bytes().any(|b| matches!(b, b'A'..=b'F'))
}

pub(super) fn protects_words(protects: Protects) -> String {
    let all = [("body", protects.body), ("time", protects.time), ("id", protects.id), ("URL", protects.url)];
    let of =
        |wanted: bool| all.iter().filter(|(_, is)| *is == wanted).map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    format!("{}; not {}", of(true), of(false)).trim_end_matches("; not ").to_owned()
}

fn body_words(body: &[u8]) -> String {
    let end = match body {
        [] => ", empty",
        [.., b'\r', b'\n'] => ", ends with CRLF",
        [.., b'\n'] => ", ends with a newline",
        _ => "",
    };
    format!("{} bytes{end}", body.len())
}

fn to_sender_lines(message: &[String]) -> impl Iterator<Item = String> {
    let lines = message.iter().map(|line| format!("  | {line}"));
    std::iter::once("TO THE SENDER  these lines hold no secret:".to_owned()).chain(lines)
}

fn explanation_lines(found: &Explanation) -> Vec<String> {
    let mut lines = match found.changes.as_slice() {
        [one] => vec![format!("CAUSE  {}: {}", one.cause.name(), one.text())],
        [first, second] => vec![
            "CAUSE  two changes together:".to_owned(),
            format!("  {}: {}", first.cause.name(), first.text()),
            format!("  {}: {}", second.cause.name(), second.text()),
        ],
        _ => nothing_found(found),
    };
    lines.extend(found.verify_with.iter().map(|options| format!("  verify it with: syncctl verify {options} …")));
    lines
}

fn nothing_found(found: &Explanation) -> Vec<String> {
    let bound = if found.cut_short { "; limited, because the body is large or there are many secrets" } else { "" };
    let mut lines = vec![format!("NO CAUSE FOUND  {} combinations tried{bound}", found.tried)];
    if !found.ruled_out.is_empty() {
        let names: Vec<_> = found.ruled_out.iter().map(|cause| cause.name()).collect();
        lines.push(format!("  ruled out: {}", names.join(", ")));
    }
    if !found.not_tried.is_empty() {
        let names: Vec<_> = found.not_tried.iter().map(|cause| cause.name()).collect();
        let why = if found.cut_short { "the search is limited" } else { "the body is large" };
        lines.push(format!("  not tried, because {why}: {}", names.join(", ")));
    }
    lines.push("  collect next:".to_owned());
    lines.extend(found.collect.iter().map(|what| format!("  - {what}")));
    lines
}

/// The answer of `verify` for a request without any known signature header.
pub fn unsigned(received: &Received, found: Option<&Explanation>) -> Report {
    let view = VerifiedView {
        valid: false,
        scheme: None,
        detected: false,
        reason: Some("header-not-delivered"),
        time: None,
        protects: None,
        signed_template: None,
        algorithm: None,
        encoding: None,
        body_bytes: received.body.len(),
        found: ExplanationView::of(found),
        to_sender: None,
    };
    let names: Vec<_> = received.headers.keys().map(HeaderName::as_str).collect();
    let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let report = Report::new(&view)
        .with_sheet(sheet(&view))
        .with_names(["header-not-delivered"])
        .with_line("INVALID  header-not-delivered: there is no signature header of a known scheme")
        .with_line(format!("  headers   {there}"))
        .with_line(format!("  body      {}", body_words(&received.body)));
    match found {
        Some(found) => explanation_lines(found).into_iter().fold(report, Report::with_line),
        None => report.with_hint(match names.is_empty() {
            true => "pass its headers, each with --header 'NAME: VALUE', or the whole request with --request FILE",
            false => "name the scheme with --scheme NAME, or describe one with --scheme generic",
        }),
    }
}

const SHEET: &[Column] = &[
    Column::text("valid", "VALID"),
    Column::text("scheme", "SCHEME"),
    Column::text("reason", "REASON"),
    Column::text("cause", "CAUSE"),
];

fn sheet(view: &VerifiedView<'_>) -> Table {
    let valid = if view.valid { "true" } else { "false" };
    let cause = view.found.explanation.as_ref().map(|change| change.cause);
    Table::new(SHEET, vec![vec![valid.into(), view.scheme.into(), view.reason.into(), cause.into()]])
}
