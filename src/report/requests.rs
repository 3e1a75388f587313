//! The answers of `listen`, `replay --to` and `diff`.

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::explain::diff::BodyDifference;
use crate::explain::indented;
use crate::format::count;
use crate::signature::Received;

/// The answer of `diff`.
pub fn difference(difference: Option<&BodyDifference>, bytes: usize) -> Report {
    /// The JSON answer of `diff`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct DiffView<'a> {
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
    let view = DiffView {
        equal: difference.is_none(),
        offset: difference.map(|it| it.offset),
        line: difference.map(|it| it.line),
        column: difference.map(|it| it.column),
        sent: difference.map(|it| it.sent.as_str()),
        received: difference.map(|it| it.received.as_str()),
        sent_bytes: difference.map_or(bytes, |it| it.lengths.0),
        received_bytes: difference.map_or(bytes, |it| it.lengths.1),
        habit: difference.map(|it| it.kind.name()),
        causes: difference.map(|it| it.kind.causes()).unwrap_or_default(),
        text: difference.map(|it| it.kind.text()),
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
        .with_line(format!("  looks like {}", it.kind.text()))
}

/// One request that `replay --to` sent, and its response.
#[derive(Debug)]
pub struct Resent {
    /// Its name: an event's id or a file.
    pub name: String,
    /// Whether it was accepted.
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
    /// One request in the JSON answer of `replay --to`.
    #[derive(Serialize)]
    struct ResentView<'a> {
        name: &'a str,
        delivered: bool,
        status: Option<u16>,
        detail: &'a str,
    }
    /// The JSON answer of `replay --to`.
    #[derive(Serialize)]
    struct ResentAllView<'a> {
        to: &'a str,
        sent: usize,
        delivered: usize,
        requests: Vec<ResentView<'a>>,
    }
    let delivered = all.iter().filter(|one| one.delivered).count();
    let one = |one: &'_ Resent| -> Vec<Cell> {
        let result = if one.delivered { (Level::Good, "delivered") } else { (Level::Bad, "failed") };
        vec![one.name.as_str().into(), result.into(), one.status.into(), one.detail.as_str().into()]
    };
    let view = ResentAllView {
        to: url,
        sent: all.len(),
        delivered,
        requests: all
            .iter()
            .map(|one| ResentView {
                name: &one.name,
                delivered: one.delivered,
                status: one.status,
                detail: &one.detail,
            })
            .collect(),
    };
    Report::new(&view)
        .with_line(format!("{} sent to {url}, {delivered} delivered", count(all.len(), "request")))
        .with_table(Table::new(RESENT, all.iter().map(one).collect()))
        .with_names(all.iter().map(|one| one.name.as_str()))
}

/// The plan of `replay --to`.
pub fn resend_plan(names: &[String], url: &str) -> Report {
    /// The JSON answer of `replay --to --dry-run`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ResendPlanView<'a> {
        dry_run: bool,
        to: &'a str,
        would_send: &'a [String],
    }
    Report::new(&ResendPlanView { dry_run: true, to: url, would_send: names })
        .with_line(format!("would send {} to {url}; nothing was sent", count(names.len(), "request")))
        .with_names(names.iter().map(String::as_str))
        .with_hint("run it again with --yes")
}

/// A request that `listen` received, to be printed.
#[derive(Debug)]
pub struct ReceivedRequest<'a> {
    /// When.
    pub at: Timestamp,
    /// From which address.
    pub peer: String,
    /// The request.
    pub received: &'a Received,
    /// The event's type and id, if they are known.
    pub names: (Option<String>, Option<String>),
    /// The scheme and, where there is a secret, whether the signature is right or why not.
    pub verdict: Option<(String, Option<Result<(), &'static str>>)>,
    /// The status of the answer.
    pub status: u16,
    /// The file it is kept in.
    pub saved: Option<std::path::PathBuf>,
    /// Whether the body is shown to people.
    pub show_body: bool,
}

/// The most bytes of a body that are shown.
const SHOWN_BODY: usize = 64 * 1024;

/// The answer of `listen` for one request; `time` is its time as text.
pub fn received(request: &ReceivedRequest<'_>, time: &str) -> Report {
    /// The JSON that `listen` prints for one request.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ReceivedView<'a> {
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
    let (kind, id) = (request.names.0.as_deref(), request.names.1.as_deref());
    let result = request.verdict.as_ref().and_then(|(_, result)| *result);
    let saved = request.saved.as_ref().map(|path| path.display().to_string());
    let view = ReceivedView {
        at: request.at,
        peer: &request.peer,
        method: request.received.method.as_str(),
        url: request.received.url.as_deref(),
        r#type: kind,
        id,
        scheme: request.verdict.as_ref().map(|(scheme, _)| scheme.as_str()),
        valid: result.map(|result| result.is_ok()),
        reason: result.and_then(Result::err),
        bytes: request.received.body.len(),
        status: request.status,
        saved: saved.clone(),
    };
    let report = Report::new(&view).with_names([saved.as_deref().or(id).unwrap_or("-")]);
    let verdict = match &request.verdict {
        None => "unsigned".to_owned(),
        Some((scheme, None)) => format!("{scheme}: not checked"),
        Some((scheme, Some(Ok(())))) => format!("{scheme}: valid"),
        Some((scheme, Some(Err(reason)))) => format!("{scheme}: INVALID {reason}"),
    };
    let mut line = format!(
        "{time}  {} {}  {}  {}  {verdict}  {} bytes  -> {}",
        request.received.method,
        path_of(request.received.url.as_deref()),
        kind.unwrap_or("-"),
        id.unwrap_or("-"),
        request.received.body.len(),
        request.status
    );
    if let Some(saved) = &saved {
        line.push_str(&format!("  {saved}"));
    }
    let report = report.with_line(line);
    if request.show_body {
        body_lines(&request.received.body).into_iter().fold(report, Report::with_line)
    } else {
        report
    }
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
