//! The answers of `sign`, and the lists of schemes and causes.

use std::collections::BTreeMap;

use http::HeaderName;
use serde::Serialize;

use super::verified::{ChangeView, ProtectsView, protects_words};
use super::{Cell, Column, Report, Table};
use crate::explain::CAUSES;
use crate::format::short_duration;
use crate::signature::{Scheme, schemes as all_schemes};

/// The headers of a signature by one scheme.
#[derive(Debug)]
pub struct Signed {
    /// The scheme.
    pub scheme: String,
    /// The headers, in the order to write them.
    pub headers: Vec<(String, String)>,
    /// Programs that recompute it, by language.
    pub snippets: Vec<(&'static str, String)>,
    /// A command that sends it.
    pub curl: Option<String>,
    /// Why the scheme could not be used.
    pub skipped: Option<String>,
}

impl Signed {
    /// A scheme that could not be used, and why.
    pub fn skipped(scheme: String, why: String) -> Self {
        Self { scheme, headers: Vec::new(), snippets: Vec::new(), curl: None, skipped: Some(why) }
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        self.headers.iter().map(|(name, value)| format!("{name}: {value}"))
    }
}

/// A signature as `sign` shows it.
#[derive(Serialize)]
struct SignedView<'a> {
    scheme: &'a str,
    headers: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    snippets: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    curl: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<&'a str>,
}

impl<'a> SignedView<'a> {
    fn of(signed: &'a Signed) -> Self {
        Self {
            scheme: &signed.scheme,
            headers: signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            snippets: signed.snippets.iter().map(|(name, text)| (*name, text.as_str())).collect(),
            curl: signed.curl.as_deref(),
            skipped: signed.skipped.as_deref(),
        }
    }
}

const SIGNED: &[Column] =
    &[Column::text("scheme", "SCHEME"), Column::text("header", "HEADER"), Column::text("value", "VALUE")];

fn sheet<'a>(all: impl IntoIterator<Item = &'a Signed>) -> Table {
    let row = |signed: &'a Signed, (name, value): &'a (String, String)| {
        vec![signed.scheme.as_str().into(), name.as_str().into(), value.as_str().into()]
    };
    let rows = all.into_iter().flat_map(|signed| signed.headers.iter().map(move |header| row(signed, header)));
    Table::new(SIGNED, rows.collect())
}

/// The answer of `sign`.
pub fn signed(signed: &Signed) -> Report {
    let report = Report::new(&SignedView::of(signed))
        .with_sheet(sheet([signed]))
        .with_names(signed.headers.last().map(|(_, value)| value.as_str()));
    signed.lines().fold(report, Report::with_line)
}

/// The answer of `sign --all`.
pub fn all_signed(all: &[Signed]) -> Report {
    let views: Vec<_> = all.iter().map(SignedView::of).collect();
    let names = all.iter().map(|signed| signed.scheme.as_str());
    let mut report = Report::new(&views).with_sheet(sheet(all)).with_names(names);
    for signed in all {
        report = report.with_line(format!("== {}", signed.scheme));
        report = signed.lines().fold(report, Report::with_line);
        if let Some(why) = &signed.skipped {
            report = report.with_line(format!("not signed: {why}"));
        }
        for (language, program) in &signed.snippets {
            // Tabs would be shown as escapes; Go accepts spaces, too.
            report = report.with_line(format!("-- {language}")).with_line(program.trim_end().replace('\t', "    "));
        }
        report = report.with_line("");
    }
    report
}
const CAUSE_COLUMNS: &[Column] = &[Column::text("cause", "CAUSE"), Column::text("text", "THE SIGNATURE IS")];

/// Every cause that `verify --explain` can name.
pub fn causes() -> Report {
    let all: Vec<_> =
        CAUSES.iter().map(|cause| ChangeView { cause: cause.name(), text: cause.text().to_owned() }).collect();
    let rows = all.iter().map(|one| vec![one.cause.into(), one.text.as_str().into()]).collect();
    Report::new(&all).with_table(Table::new(CAUSE_COLUMNS, rows)).with_names(all.iter().map(|one| one.cause))
}

/// The header or the body member that holds the code.
fn place_of_code(scheme: &'static dyn Scheme) -> &'static str {
    scheme.code_member().unwrap_or(scheme.facts().header.as_str())
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

/// Every scheme: what it signs, in which header, and its tolerance.
pub fn schemes() -> Report {
    /// One signature scheme in the JSON answer of the list of schemes.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct SchemeView<'a> {
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
        SchemeView {
            scheme: &facts.name,
            sender: facts.title,
            header: place_of_code(scheme),
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
            place_of_code(scheme).into(),
            facts.template().into(),
            format!("{} {}", facts.algorithm.title(), facts.encoding.title()).into(),
            facts.tolerance.map_or("none".to_owned(), |limit| short_duration(limit.past)).into(),
            protects_words(scheme.protects()).into(),
            facts.title.into(),
        ]
    };
    let all: Vec<_> = all_schemes().map(one).collect();
    Report::new(&all)
        .with_line("Signatures cover the exact bytes of the body: parsing JSON and serializing it again changes them.")
        .with_line("A secret is used in two ways: standard and svix decode the base64 after whsec_, nearly all others use the text.")
        .with_line("For senders with public keys (sendgrid, paypal, sns) the secret is the file of the certificate or public key, which is trusted without further checks; adyen's is hex.")
        .with_line("gitlab sends the secret itself, which does not protect the request; hubspot-v1 and hubspot-v2 are plain hashes, open to length extension.")
        .with_line("generic is described by --signed, --encoding, --prefix, --algorithm and --signature-header; a header such as t=…,v1=… by --timestamp-param and --code-param.")
        .with_table(Table::new(SCHEME_COLUMNS, all_schemes().map(row).collect()))
        .with_names(all.iter().map(|one| one.scheme))
}
