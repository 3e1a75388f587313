//! Answers about signatures.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderName;
use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::signature::diff::Difference;
use crate::signature::explain::{CAUSES, Change, Explanation, indented};
use crate::signature::hygiene::Flaw;
use crate::signature::{Encoding, Protects, Received, Refusal, Scheme, TimeFact, Verdict, schemes as all_schemes};
use crate::text::{relative, short_duration};

/// The headers of a signature by one scheme.
#[derive(Debug)]
pub struct Signed {
    /// The scheme.
    pub scheme: String,
    /// The headers, in the order to write them.
    pub headers: Vec<(String, String)>,
    /// Programs that recompute it, by language.
    pub snippets: Vec<(&'static str, String)>,
    /// Why there are none.
    pub skipped: Option<String>,
}

impl Signed {
    /// A scheme that could not be used, and why.
    pub fn skipped(scheme: String, why: String) -> Self {
        Self { scheme, headers: Vec::new(), snippets: Vec::new(), skipped: Some(why) }
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        self.headers.iter().map(|(name, value)| format!("{name}: {value}"))
    }
}

#[derive(Serialize)]
struct SignedView<'a> {
    scheme: &'a str,
    headers: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    snippets: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<&'a str>,
}

impl<'a> SignedView<'a> {
    fn of(signed: &'a Signed) -> Self {
        Self {
            scheme: &signed.scheme,
            headers: signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            snippets: signed.snippets.iter().map(|(name, text)| (*name, text.as_str())).collect(),
            skipped: signed.skipped.as_deref(),
        }
    }
}

/// The answer of `sign`.
pub fn signed(signed: &Signed) -> Report {
    let report =
        Report::new(&SignedView::of(signed)).with_names(signed.headers.last().map(|(_, value)| value.as_str()));
    signed.lines().fold(report, Report::with_line)
}

/// The answer of `sign --all`.
pub fn all_signed(all: &[Signed]) -> Report {
    let views: Vec<_> = all.iter().map(SignedView::of).collect();
    let mut report = Report::new(&views).with_names(all.iter().map(|signed| signed.scheme.as_str()));
    for signed in all {
        report = report.with_line(format!("== {}", signed.scheme));
        report = signed.lines().fold(report, Report::with_line);
        if let Some(why) = &signed.skipped {
            report = report.with_line(format!("not signed: {why}"));
        }
        for (language, program) in &signed.snippets {
            // Tabs would show as escapes; Go takes spaces as well.
            report = report.with_line(format!("-- {language}")).with_line(program.trim_end().replace('\t', "    "));
        }
        report = report.with_line("");
    }
    report
}

/// A request, and what was found out about it.
#[derive(Debug)]
pub struct Verified<'a> {
    /// The scheme it was verified by.
    pub scheme: &'a dyn Scheme,
    /// The request.
    pub received: &'a Received,
    /// Whether its headers told the scheme.
    pub detected: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// What the search for a cause came to, if one was made.
    pub explanation: Option<Explanation>,
    /// The headers that would be right, if they may be shown.
    pub expected: Vec<(String, String)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerifiedView<'a> {
    valid: bool,
    scheme: Option<&'a str>,
    detected: bool,
    reason: Option<&'a str>,
    time: Option<TimeView>,
    protects: Option<ProtectsView>,
    explanation: Option<ChangeView>,
    pair: Option<Vec<ChangeView>>,
    ruled_out: Vec<&'a str>,
    collect: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimeView {
    at: Timestamp,
    signed: bool,
    age_ms: i64,
    limit_ms: Option<u64>,
    within: bool,
}

#[derive(Serialize)]
struct ProtectsView {
    body: bool,
    time: bool,
    id: bool,
    url: bool,
}

#[derive(Serialize)]
struct ChangeView {
    cause: &'static str,
    text: String,
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
    let view = VerifiedView {
        valid: refusal.is_none(),
        scheme: Some(&verified.scheme.facts().name),
        detected: verified.detected,
        reason: refusal.as_ref().map(Refusal::name),
        time: verified.verdict.time.map(TimeView::from),
        protects: Some(verified.verdict.protects.into()),
        explanation: found.and_then(|found| found.single()).map(ChangeView::of),
        pair: found
            .filter(|found| found.changes.len() == 2)
            .map(|found| found.changes.iter().map(ChangeView::of).collect()),
        ruled_out: found.map(|found| found.ruled_out.iter().map(|cause| cause.name()).collect()).unwrap_or_default(),
        collect: found.map_or(&[], |found| &found.collect),
    };
    let mut report = Report::new(&view).with_names([refusal.as_ref().map_or("valid", Refusal::name)]);
    report = report.with_line(headline(&verified.verdict, refusal.as_ref()));
    for line in facts(verified) {
        report = report.with_line(format!("  {line}"));
    }
    if let Some(found) = found {
        report = explanation_lines(found).into_iter().fold(report, Report::with_line);
    } else if verified.verdict.signature.is_err() {
        report = report.with_hint("look for the reason with --explain");
    }
    report
}

fn headline(verdict: &Verdict, refusal: Option<&Refusal>) -> String {
    match refusal {
        None => match verdict.time {
            Some(time) => format!("VALID  signature right, {}", time_words(&time)),
            None => "VALID  signature right".to_owned(),
        },
        Some(Refusal::OutsideTolerance) => {
            let time = verdict.time.map(|time| time_words(&time)).unwrap_or_default();
            format!("INVALID  outside-tolerance: signature right, {time}")
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
        None => format!("{when}, no limit in this scheme"),
    }
}

fn facts(verified: &Verified<'_>) -> Vec<String> {
    let facts = verified.scheme.facts();
    let how = if verified.detected { format!("detected from {}", facts.header) } else { "as told".to_owned() };
    let signed = format!("{} of {}, {}", facts.algorithm.title(), facts.template(), facts.encoding.title());
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
        lines.push("note      the code is in upper case: receivers that compare text refuse it".to_owned());
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

fn protects_words(protects: Protects) -> String {
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

fn explanation_lines(found: &Explanation) -> Vec<String> {
    match found.changes.as_slice() {
        [one] => vec![format!("CAUSE  {}: {}", one.cause.name(), one.text())],
        [first, second] => vec![
            "CAUSE  two things at once:".to_owned(),
            format!("  {}: {}", first.cause.name(), first.text()),
            format!("  {}: {}", second.cause.name(), second.text()),
        ],
        _ => {
            let names: Vec<_> = found.ruled_out.iter().map(|cause| cause.name()).collect();
            let bound = if found.cut_short { "; not every pair, because the body is large" } else { "" };
            let mut lines = vec![
                format!("NO CAUSE FOUND  {} combinations tried{bound}", found.tried),
                format!("  ruled out: {}", names.join(", ")),
                "  collect next:".to_owned(),
            ];
            lines.extend(found.collect.iter().map(|what| format!("  - {what}")));
            lines
        }
    }
}

/// The answer of `verify` for a request without any known signature header.
pub fn unsigned(received: &Received) -> Report {
    let view = VerifiedView {
        valid: false,
        scheme: None,
        detected: false,
        reason: Some("header-not-delivered"),
        time: None,
        protects: None,
        explanation: None,
        pair: None,
        ruled_out: Vec::new(),
        collect: &[],
    };
    let names: Vec<_> = received.headers.keys().map(HeaderName::as_str).collect();
    let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Report::new(&view)
        .with_names(["header-not-delivered"])
        .with_line("INVALID  header-not-delivered: no signature header of a known scheme is there")
        .with_line(format!("  headers   {there}"))
        .with_line(format!("  body      {}", body_words(&received.body)))
        .with_hint(match names.is_empty() {
            true => "hand over its headers, each with --header 'NAME: VALUE', or the whole request with --request",
            false => "name the scheme with --scheme, or describe one with --scheme generic",
        })
}

/// A secret, and what is wrong with it.
#[derive(Debug)]
pub struct Flawed {
    /// The length of its text.
    pub bytes: usize,
    /// Whether it is in the `whsec_` form.
    pub encoded: bool,
    /// What is wrong, the worst first.
    pub flaws: Vec<Flaw>,
}

#[derive(Serialize)]
struct FlawView {
    flaw: &'static str,
    text: String,
    breaks: bool,
}

impl FlawView {
    fn of(flaw: &Flaw) -> Self {
        Self { flaw: flaw.name(), text: flaw.text(), breaks: flaw.breaks() }
    }
}

/// The answer of `secret check`.
pub fn flaws(flawed: &Flawed) -> Report {
    #[derive(Serialize)]
    struct View {
        good: bool,
        bytes: usize,
        encoded: bool,
        flaws: Vec<FlawView>,
    }
    let flaws: Vec<_> = flawed.flaws.iter().map(FlawView::of).collect();
    let view = View { good: flaws.is_empty(), bytes: flawed.bytes, encoded: flawed.encoded, flaws };
    let mut report = Report::new(&view).with_names(flawed.flaws.iter().map(Flaw::name));
    let form = if flawed.encoded { "in the whsec_ form" } else { "taken as text" };
    report = report.with_line(match flawed.flaws.is_empty() {
        true => format!("GOOD  {} bytes, {form}", flawed.bytes),
        false => format!("{} found  {} bytes, {form}", count(flawed.flaws.len(), "flaw"), flawed.bytes),
    });
    for flaw in &flawed.flaws {
        report = report.with_line(format!("  {}: {}", flaw.name(), flaw.text()));
    }
    if !flawed.encoded {
        report =
            report.with_hint("receivers whose libraries decode base64 need `syncctl secret check --standard-form`");
    }
    report
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Which of the two secrets of a rotation somebody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The new one.
    New,
    /// Both: signatures of either are there.
    Both,
    /// The old one.
    Old,
    /// Another one.
    Neither,
    /// None.
    Unsigned,
}

impl Standing {
    const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Both => "both",
            Self::Old => "old",
            Self::Neither => "neither",
            Self::Unsigned => "unsigned",
        }
    }

    const fn level(self) -> Level {
        match self {
            Self::New | Self::Both => Level::Good,
            Self::Old => Level::Warning,
            Self::Neither | Self::Unsigned => Level::Bad,
        }
    }
}

/// Somebody who signs, and with which secret.
#[derive(Debug)]
pub struct Sender {
    /// Who.
    pub name: String,
    /// With which secret.
    pub standing: Standing,
    /// When the newest request came, where that is known.
    pub last_seen: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SenderView<'a> {
    name: &'a str,
    uses: &'static str,
    last_seen_at: Option<Timestamp>,
}

impl<'a> SenderView<'a> {
    fn of(sender: &'a Sender) -> Self {
        Self { name: &sender.name, uses: sender.standing.name(), last_seen_at: sender.last_seen }
    }
}

const SENDERS: &[Column] =
    &[Column::text("who", "WHO"), Column::text("uses", "USES"), Column::text("last-seen", "LAST SEEN")];

/// The answer of `secret rotate-plan`.
pub fn rotation(senders: &[Sender], endpoints: &[Sender], flaws: &[Flaw], now: Timestamp) -> Report {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct View<'a> {
        senders: Vec<SenderView<'a>>,
        endpoints: Vec<SenderView<'a>>,
        new_secret_flaws: Vec<FlawView>,
    }
    let view = View {
        senders: senders.iter().map(SenderView::of).collect(),
        endpoints: endpoints.iter().map(SenderView::of).collect(),
        new_secret_flaws: flaws.iter().map(FlawView::of).collect(),
    };
    let row = |sender: &Sender| {
        vec![
            sender.name.as_str().into(),
            Cell::Level(sender.standing.level(), sender.standing.name().to_owned()),
            sender.last_seen.into(),
        ]
    };
    let rows = senders.iter().chain(endpoints).map(row).collect();
    let mut report = Report::new(&view)
        .with_line(still_old(senders, "sender", now))
        .with_line(still_old(endpoints, "endpoint", now))
        .with_table(Table::new(SENDERS, rows))
        .with_names(senders.iter().chain(endpoints).map(|sender| sender.name.as_str()));
    for flaw in flaws {
        report = report.with_line(format!("the new secret: {}: {}", flaw.name(), flaw.text()));
    }
    if senders.is_empty() {
        report =
            report.with_hint("let the senders send to `syncctl serve`, or capture them with `syncctl listen --save`");
    }
    report.with_hint("while both are in use, keep the old one as WEBHOOK_SECRET_PREVIOUS: both are then signed with")
}

fn still_old(all: &[Sender], what: &str, now: Timestamp) -> String {
    let old: Vec<_> = all.iter().filter(|sender| sender.standing == Standing::Old).collect();
    if all.is_empty() {
        return format!("no {what} was looked at");
    }
    if old.is_empty() {
        return format!("none of {} uses the old one", count(all.len(), what));
    }
    let seen = old.iter().filter_map(|sender| sender.last_seen).max();
    let seen = seen.map(|at| format!(", last seen {}", relative(at, now))).unwrap_or_default();
    let still = if old.len() == 1 { "still uses" } else { "still use" };
    format!("{} of {} {still} the old one{seen}", old.len(), count(all.len(), what))
}

/// The answer of `diff`.
pub fn difference(difference: Option<&Difference>, bytes: usize) -> Report {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct View<'a> {
        equal: bool,
        offset: Option<usize>,
        line: Option<usize>,
        column: Option<usize>,
        sent: Option<&'a str>,
        received: Option<&'a str>,
        sent_bytes: usize,
        received_bytes: usize,
        habit: Option<&'static str>,
        causes: Vec<&'static str>,
        text: Option<String>,
    }
    let view = View {
        equal: difference.is_none(),
        offset: difference.map(|it| it.offset),
        line: difference.map(|it| it.line),
        column: difference.map(|it| it.column),
        sent: difference.map(|it| it.sent.as_str()),
        received: difference.map(|it| it.received.as_str()),
        sent_bytes: difference.map_or(bytes, |it| it.lengths.0),
        received_bytes: difference.map_or(bytes, |it| it.lengths.1),
        habit: difference.map(|it| it.habit.name()),
        causes: difference.map(|it| it.habit.causes()).unwrap_or_default(),
        text: difference.map(|it| it.habit.text()),
    };
    let report = Report::new(&view).with_names([if view.equal { "equal" } else { "different" }]);
    let Some(it) = difference else { return report.with_line(format!("EQUAL  {bytes} bytes")) };
    report
        .with_line(format!(
            "DIFFERENT  at byte {} (line {}, column {}); sent {} bytes, received {}",
            it.offset, it.line, it.column, it.lengths.0, it.lengths.1
        ))
        .with_line(format!("  sent      {}", it.sent))
        .with_line(format!("  received  {}", it.received))
        .with_line(format!("  looks like {}", it.habit.text()))
}

/// How one request that was sent elsewhere ended.
#[derive(Debug)]
pub struct Resent {
    /// What it was: an event's id or a file.
    pub name: String,
    /// Whether it was taken.
    pub delivered: bool,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// What happened, in words.
    pub detail: String,
}

const RESENT: &[Column] = &[
    Column::text("what", "WHAT"),
    Column::text("result", "RESULT"),
    Column::number("status", "STATUS"),
    Column::text("detail", "DETAIL"),
];

/// The answer of `replay --to`.
pub fn resent(all: &[Resent], url: &str) -> Report {
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a str,
        delivered: bool,
        status: Option<u16>,
        detail: &'a str,
    }
    #[derive(Serialize)]
    struct View<'a> {
        to: &'a str,
        sent: usize,
        delivered: usize,
        requests: Vec<One<'a>>,
    }
    let delivered = all.iter().filter(|one| one.delivered).count();
    let one = |one: &'_ Resent| -> Vec<Cell> {
        let result = if one.delivered { (Level::Good, "delivered") } else { (Level::Bad, "failed") };
        vec![one.name.as_str().into(), result.into(), one.status.into(), one.detail.as_str().into()]
    };
    let view = View {
        to: url,
        sent: all.len(),
        delivered,
        requests: all
            .iter()
            .map(|one| One { name: &one.name, delivered: one.delivered, status: one.status, detail: &one.detail })
            .collect(),
    };
    Report::new(&view)
        .with_line(format!("{} sent to {url}, {delivered} delivered", count(all.len(), "request")))
        .with_table(Table::new(RESENT, all.iter().map(one).collect()))
        .with_names(all.iter().map(|one| one.name.as_str()))
}

/// The plan of `replay --to`.
pub fn resend_plan(names: &[String], url: &str) -> Report {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct View<'a> {
        dry_run: bool,
        to: &'a str,
        would_send: &'a [String],
    }
    Report::new(&View { dry_run: true, to: url, would_send: names })
        .with_line(format!("would send {} to {url}; nothing was sent", count(names.len(), "request")))
        .with_names(names.iter().map(String::as_str))
        .with_hint("run it again with --yes to do it")
}

/// A request that `listen` received.
#[derive(Debug)]
pub struct Heard<'a> {
    /// When.
    pub at: Timestamp,
    /// From which address.
    pub peer: String,
    /// The request.
    pub received: &'a Received,
    /// The event's type and id, where they can be told.
    pub names: (Option<String>, Option<String>),
    /// The scheme and, where there is a secret, whether the signature is right or why not.
    pub verdict: Option<(String, Option<Result<(), &'static str>>)>,
    /// What it was answered.
    pub status: u16,
    /// The file it is kept in.
    pub saved: Option<std::path::PathBuf>,
    /// Whether people see the body.
    pub show_body: bool,
}

/// At most this much of a body is shown.
const SHOWN_BODY: usize = 64 * 1024;

/// The answer of `listen` for one request; `time` is how the screen writes when it came.
pub fn heard(heard: &Heard<'_>, time: &str) -> Report {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct View<'a> {
        at: Timestamp,
        peer: &'a str,
        method: &'a str,
        url: Option<&'a str>,
        r#type: Option<&'a str>,
        id: Option<&'a str>,
        scheme: Option<&'a str>,
        valid: Option<bool>,
        reason: Option<&'a str>,
        bytes: usize,
        status: u16,
        saved: Option<String>,
    }
    let (kind, id) = (heard.names.0.as_deref(), heard.names.1.as_deref());
    let result = heard.verdict.as_ref().and_then(|(_, result)| *result);
    let saved = heard.saved.as_ref().map(|path| path.display().to_string());
    let view = View {
        at: heard.at,
        peer: &heard.peer,
        method: heard.received.method.as_str(),
        url: heard.received.url.as_deref(),
        r#type: kind,
        id,
        scheme: heard.verdict.as_ref().map(|(scheme, _)| scheme.as_str()),
        valid: result.map(|result| result.is_ok()),
        reason: result.and_then(Result::err),
        bytes: heard.received.body.len(),
        status: heard.status,
        saved: saved.clone(),
    };
    let report = Report::new(&view).with_names([saved.as_deref().or(id).unwrap_or("-")]);
    let verdict = match &heard.verdict {
        None => "unsigned".to_owned(),
        Some((scheme, None)) => format!("{scheme}: not checked"),
        Some((scheme, Some(Ok(())))) => format!("{scheme}: valid"),
        Some((scheme, Some(Err(reason)))) => format!("{scheme}: INVALID {reason}"),
    };
    let mut line = format!(
        "{time}  {} {}  {}  {}  {verdict}  {} bytes  -> {}",
        heard.received.method,
        path_of(heard.received.url.as_deref()),
        kind.unwrap_or("-"),
        id.unwrap_or("-"),
        heard.received.body.len(),
        heard.status
    );
    if let Some(saved) = &saved {
        line.push_str(&format!("  {saved}"));
    }
    let report = report.with_line(line);
    if heard.show_body { body_lines(&heard.received.body).into_iter().fold(report, Report::with_line) } else { report }
}

fn path_of(url: Option<&str>) -> &str {
    let rest = url.and_then(|url| url.split_once("://")).map_or("/", |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..])
}

fn body_lines(body: &[u8]) -> Vec<String> {
    let pretty = indented(body).filter(|text| text.len() <= 4 * SHOWN_BODY);
    let shown = if pretty.is_some() { body } else { &body[..body.len().min(SHOWN_BODY)] };
    let text = pretty.unwrap_or_else(|| String::from_utf8_lossy(shown).into_owned());
    let mut lines: Vec<_> = text.lines().map(|line| format!("  {line}")).collect();
    if shown.len() < body.len() {
        lines.push(format!("  … {} more bytes", body.len() - shown.len()));
    }
    lines
}

const CAUSE_COLUMNS: &[Column] = &[Column::text("cause", "CAUSE"), Column::text("text", "THE SIGNATURE IS")];

/// Every cause that `verify --explain` can name.
pub fn causes() -> Report {
    let all: Vec<_> =
        CAUSES.iter().map(|cause| ChangeView { cause: cause.name(), text: cause.text().to_owned() }).collect();
    let rows = all.iter().map(|one| vec![one.cause.into(), one.text.as_str().into()]).collect();
    Report::new(&all).with_table(Table::new(CAUSE_COLUMNS, rows)).with_names(all.iter().map(|one| one.cause))
}

const SCHEME_COLUMNS: &[Column] = &[
    Column::text("scheme", "SCHEME"),
    Column::text("header", "HEADER"),
    Column::text("signed", "SIGNED"),
    Column::text("code", "CODE"),
    Column::text("limit", "LIMIT"),
    Column::text("protects", "PROTECTS").only_wide(),
    Column::text("sender", "SENDER").only_wide(),
];

/// Every scheme: what it signs, where it says so, how old a request may be.
pub fn schemes() -> Report {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct One<'a> {
        scheme: &'a str,
        sender: &'a str,
        header: &'a str,
        id_header: Option<&'a str>,
        time_header: Option<&'a str>,
        signed: String,
        code: String,
        prefix: &'a str,
        limit_ms: Option<u64>,
        protects: ProtectsView,
    }
    let one = |scheme: &'static dyn Scheme| {
        let facts = scheme.facts();
        One {
            scheme: &facts.name,
            sender: facts.title,
            header: facts.header.as_str(),
            id_header: facts.id_header.as_ref().map(HeaderName::as_str),
            time_header: facts.time_header.as_ref().map(HeaderName::as_str),
            signed: facts.template(),
            code: format!("{} {}", facts.algorithm.title(), facts.encoding.title()),
            prefix: &facts.prefix,
            limit_ms: facts.tolerance.map(|limit| u64::try_from(limit.past.as_millis()).unwrap_or(u64::MAX)),
            protects: scheme.protects().into(),
        }
    };
    let row = |scheme: &'static dyn Scheme| -> Vec<Cell> {
        let facts = scheme.facts();
        vec![
            facts.name.as_ref().into(),
            facts.header.as_str().into(),
            facts.template().into(),
            format!("{} {}", facts.algorithm.title(), facts.encoding.title()).into(),
            facts.tolerance.map_or("none".to_owned(), |limit| short_duration(limit.past)).into(),
            protects_words(scheme.protects()).into(),
            facts.title.into(),
        ]
    };
    let all: Vec<_> = all_schemes().map(one).collect();
    Report::new(&all)
        .with_line("Codes are computed over the bytes of the body as they are: parsing and writing JSON again changes them.")
        .with_line("The same secret is read in two ways: standard and svix decode base64 after whsec_, all others take the text.")
        .with_line("generic is described by --signed, --encoding, --prefix, --algorithm and --signature-header.")
        .with_table(Table::new(SCHEME_COLUMNS, all_schemes().map(row).collect()))
        .with_names(all.iter().map(|one| one.scheme))
}
