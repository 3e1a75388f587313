//! Records: browsed and searched, and one with what happened to it.

use axum::response::Response;
use maud::html;
use serde::Deserialize;

use super::deliveries::cursor;
use super::frame::Section;
use super::parts::segment;
use super::table::{Grid, facts};
use super::viewer::Viewer;
use crate::record::RecordKind;
use crate::report::{self, audit, records};
use crate::server::extract::{PageLimit, PageNumber, Path, Text};
use crate::server::response::Problem;
use crate::store::inbound::{ReceivedFilter, RecordFilter};
use crate::store::{EventFilter, Page};

/// Events of each direction that are shown of a record's history.
const HISTORY: Page = Page { limit: 20, number: 1, oldest_first: false };

/// The query parameter `kind`: which kind of records.
#[derive(Clone, Copy, Debug, Default)]
struct KindName(Option<RecordKind>);

impl<'de> Deserialize<'de> for KindName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let kind = name.parse().map_err(|_| serde::de::Error::custom("must be enrollment, user or progress"))?;
        Ok(Self(Some(kind)))
    }
}

/// The query parameters of the page of records.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RecordsQuery {
    kind: KindName,
    search: Text,
    after: Option<i64>,
    page: PageNumber,
    limit: PageLimit,
}

/// `GET /records`.
pub(in crate::server) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    let query: RecordsQuery = viewer.query()?;
    let page = Page { limit: query.limit.0, number: query.page.0, oldest_first: true };
    let (kind, search, past) = (query.kind.0, query.search.0, query.after);
    let filter = RecordFilter { kind, search, past, ..RecordFilter::default() };
    let ((listed, summaries), overall) =
        viewer.read(move |store| Ok((store.records(&filter, page).wait()?, store.record_summaries().wait()?))).await?;
    let (now, ages) = (viewer.now(), viewer.app.settings().ages);
    let report = records::list(&listed, page, &ages, now);
    let summary = records::summary(&summaries, &ages, now);
    let opens =
        |at: usize| listed.rows.get(at).map(|row| format!("/records/{}?kind={}", segment(&row.id), row.kind.name()));
    let body = html! {
        (Grid::new(&summary, "Records of each kind").or("No records.", now))
        form.filters action="/records" aria-label="Filters" {
            label { "Kind"
                select name="kind" {
                    option value="" { "any" }
                    @for kind in [RecordKind::Enrollment, RecordKind::User, RecordKind::Progress] {
                        option value=(kind.name()) selected[query.kind.0 == Some(kind)] { (kind.name()) }
                    }
                }
            }
            label { "Search" input name="search" value=[viewer.pairs.get("search")] placeholder="name, email or id" maxlength="256"; }
            button { "Filter" }
            a href="/records" { "All" }
        }
        (Grid::new(&report.tables[0], "Records").opening(&opens).or("No record matches.", now))
        (cursor(&viewer, &listed, |row| row.seq, page))
    };
    Ok(viewer.page(Section::Records, "Records", &overall, &body))
}

/// The query parameters of the page of one record.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RecordQuery {
    kind: KindName,
}

/// `GET /records/{id}?kind=`.
pub(in crate::server) async fn one(viewer: Viewer, Path(id): Path) -> Result<Response, Problem> {
    let query: RecordQuery = viewer.query()?;
    let kind = query.kind.0.ok_or_else(|| Problem::field("kind", "is missing: enrollment, user or progress"))?;
    let wanted = id.clone();
    let ((record, emitted, received), overall) = viewer
        .read(move |store| {
            let emitted = EventFilter { resource_id: Some(wanted.clone()), ..EventFilter::default() };
            let received = ReceivedFilter { resource_id: Some(wanted.clone()), ..ReceivedFilter::default() };
            Ok((
                store.record(kind, &wanted).wait()?,
                store.events(&emitted, HISTORY).wait()?,
                store.received(&received, HISTORY).wait()?,
            ))
        })
        .await?;
    let record = record.ok_or_else(|| Problem::not_found("record"))?;
    let (now, ages) = (viewer.now(), viewer.app.settings().ages);
    let shown = records::show(&record, &ages, now);
    let events = report::events::list(&emitted, HISTORY);
    let opens = |at: usize| emitted.rows.get(at).map(|row| format!("/events/{}", segment(row.id.as_str())));
    let arrived = audit::received(&received.rows);
    let body = html! {
        (facts(&shown.tables[0], now))
        h2 { "Emitted here" }
        (Grid::new(&events.tables[0], "Events emitted about it").opening(&opens).or("No events were emitted.", now))
        h2 { "Received from elsewhere" }
        (Grid::new(&arrived, "Received webhooks about it").or("No webhooks were received.", now))
    };
    Ok(viewer.page(Section::Records, &format!("{} {id}", kind.name()), &overall, &body))
}
