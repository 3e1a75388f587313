//! Lists of records: every filter, order and cursor.

use syncctl::record::RecordKind;
use syncctl::store::inbound::{RecordFilter, RecordOrder, RecordRow};
use syncctl::store::{Page, Store};

use crate::backend::{Backend, on_every_backend};
use crate::inbound::{at, webhook};
use crate::queue::ALL;

on_every_backend! {
    lists_are_searched_sorted_and_paged_by_the_database,
    a_list_of_records_goes_on_behind_a_record_whatever_is_added_meanwhile,
    every_list_of_records_holds_what_its_filter_wants_in_the_order_of_its_page,
}

fn lists_are_searched_sorted_and_paged_by_the_database(backend: &dyn Backend) {
    let store = backend.create();
    for (n, (name, email)) in [("Zoë", "z@x"), ("ada", "A@x"), ("Élan", "e@y"), ("Bob", "b@y")].into_iter().enumerate()
    {
        let data = format!(r#"{{"name":"{name}","email":"{email}"}}"#);
        let hook = webhook(&format!("e{n}"), "user.created", &format!("u{n}"), &data, i64::try_from(n).unwrap());
        store.apply(hook, at(9)).wait().unwrap();
    }
    let names = |filter: RecordFilter, page| -> Vec<String> {
        let filter = RecordFilter { kind: Some(RecordKind::User), ..filter };
        store.records(&filter, page).wait().unwrap().rows.iter().filter_map(|row| row.record.text("name")).collect()
    };
    let by = |sort| RecordFilter { sort, ..RecordFilter::default() };
    assert_eq!(names(by(RecordOrder::Name), ALL), ["ada", "Bob", "Zoë", "Élan"]);
    assert_eq!(names(by(RecordOrder::CreatedAt), Page { oldest_first: false, ..ALL }), ["Bob", "Élan", "ada", "Zoë"]);
    assert_eq!(names(by(RecordOrder::Email), Page { limit: 2, number: 2, oldest_first: true }), ["Élan", "Zoë"]);
    let search = |text: &str| RecordFilter { search: Some(text.to_owned()), ..RecordFilter::default() };
    assert_eq!(names(search("ZOË"), ALL), ["Zoë"]);
    assert_eq!(names(search("@Y"), ALL), ["Élan", "Bob"]);
    assert_eq!(names(search("100%_"), ALL), Vec::<String>::new());
}

fn a_list_of_records_goes_on_behind_a_record_whatever_is_added_meanwhile(backend: &dyn Backend) {
    let store = backend.create();
    let apply = |n: usize, data: &str| {
        let hook = webhook(&format!("e{n}"), "user.created", &format!("u{n}"), data, i64::try_from(n % 3).unwrap());
        store.apply(hook, at(9)).wait().unwrap();
    };
    // Equal names, empty ones and none at all.
    let names = [r#""b""#, r#""""#, "null", r#""a""#, "null", r#""b""#, r#""""#, r#""c""#];
    for (n, name) in names.into_iter().enumerate() {
        apply(n, &format!(r#"{{"name":{name},"email":"{}@x.yz"}}"#, n % 2));
    }
    let ids = |rows: &[RecordRow]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    let mut added = names.len();
    for sort in [RecordOrder::Arrival, RecordOrder::Name, RecordOrder::Email, RecordOrder::CreatedAt] {
        for oldest_first in [true, false] {
            let filter = RecordFilter { sort, ..RecordFilter::default() };
            let whole = store.records(&filter, Page { oldest_first, ..ALL }).wait().unwrap();
            let (mut found, mut past) = (Vec::new(), None);
            let page = Page { limit: 3, number: 1, oldest_first };
            loop {
                let listed = store.records(&RecordFilter { past, ..filter.clone() }, page).wait().unwrap();
                assert!(listed.total + found.len() as u64 >= whole.total, "{sort:?}: those behind are counted");
                found.extend(listed.rows.iter().map(|row| row.id.clone()));
                let Some(last) = listed.rows.last() else { break };
                past = Some(last.seq);
                if added < names.len() + 8 {
                    apply(added, r#"{"name":"b"}"#);
                    added += 1;
                }
            }
            let before = ids(&whole.rows);
            let kept: Vec<_> = found.iter().filter(|id| before.contains(id)).cloned().collect();
            assert_eq!(kept, before, "{sort:?}, oldest first {oldest_first}: each once, in its order");
        }
    }
}

/// Records of every kind, of two users in two courses, of which some have equal names, some none, and some are deleted.
fn apply_records_of_every_kind(store: &dyn Store) {
    let types = ["enrollment.created", "user.created", "progress.updated"];
    for n in 0..24_u32 {
        let name = [r#""name":"b","#, "", r#""name":"a","#, r#""name":"","#][n as usize % 4];
        let (user, course, kind) = (n % 2, n / 2 % 2, types[n as usize % 3]);
        let data = format!(r#"{{{name}"email":"{}@x","userId":"u{user}","courseId":"c{course}"}}"#, n % 5);
        let id = if n % 3 == 2 { format!("u{user}-c{course}") } else { format!("r{n}") };
        store.apply(webhook(&format!("e{n}"), kind, &id, &data, i64::from(n * 7 % 11)), at(9)).wait().unwrap();
    }
    for n in [3, 12, 15] {
        let hook = webhook(&format!("d{n}"), "enrollment.deleted", &format!("r{n}"), "{}", 900);
        store.apply(hook, at(1_000)).wait().unwrap();
    }
}

/// Filters of records with and without each part but the cursor, in every order.
fn record_filters() -> Vec<RecordFilter> {
    let mut filters = vec![RecordFilter::default()];
    let mut each = |change: &dyn Fn(&RecordFilter) -> Vec<RecordFilter>| {
        filters = filters.iter().flat_map(change).collect();
    };
    each(&|it| vec![it.clone(), RecordFilter { kind: Some(RecordKind::Enrollment), ..it.clone() }]);
    each(&|it| vec![it.clone(), RecordFilter { user: Some("u1".to_owned()), ..it.clone() }]);
    each(&|it| vec![it.clone(), RecordFilter { course: Some("c0".to_owned()), ..it.clone() }]);
    each(&|it| vec![it.clone(), RecordFilter { deleted: true, ..it.clone() }]);
    each(&|it| vec![it.clone(), RecordFilter { search: Some("B".to_owned()), ..it.clone() }]);
    let orders = [RecordOrder::Arrival, RecordOrder::Name, RecordOrder::Email, RecordOrder::CreatedAt];
    each(&|it| orders.map(|sort| RecordFilter { sort, ..it.clone() }).to_vec());
    filters
}

fn is_wanted(filter: &RecordFilter, row: &RecordRow) -> bool {
    let is = |wanted: &Option<String>, name| wanted.is_none() || *wanted == row.record.text(name);
    let holds =
        |text: &String| row.record.text("name").is_some_and(|name| name.to_lowercase().contains(&text.to_lowercase()));
    let is_of_kind = filter.kind.is_none_or(|kind| row.kind == kind);
    let is_held = row.record.exists() || filter.deleted;
    is_of_kind
        && is_held
        && is(&filter.user, "userId")
        && is(&filter.course, "courseId")
        && filter.search.as_ref().is_none_or(holds)
}

/// By what a row is sorted, before its number.
fn sorted_by(sort: RecordOrder, row: &RecordRow) -> (i64, Option<String>) {
    let created = || row.record.time("createdAt").or(row.record.first_at()).unwrap_or_default().as_millis();
    match sort {
        RecordOrder::Arrival => (0, None),
        RecordOrder::Name => (0, row.record.text("name")),
        RecordOrder::Email => (0, row.record.text("email")),
        RecordOrder::CreatedAt => (created(), None),
    }
}

fn every_list_of_records_holds_what_its_filter_wants_in_the_order_of_its_page(backend: &dyn Backend) {
    let store = backend.create();
    apply_records_of_every_kind(store.as_ref());
    let all: Vec<RecordRow> = store.records_after(0, 100).wait().unwrap().into_iter().map(|(_, row)| row).collect();
    assert!(all.iter().any(|row| !row.record.exists()), "some are deleted");
    for filter in record_filters() {
        for oldest_first in [true, false] {
            let mut wanted: Vec<&RecordRow> = all.iter().filter(|row| is_wanted(&filter, row)).collect();
            wanted.sort_by_key(|row| (sorted_by(filter.sort, row), row.seq));
            if !oldest_first {
                wanted.reverse();
            }
            let wanted: Vec<i64> = wanted.iter().map(|row| row.seq).collect();
            let page = |number| Page { limit: 3, number, oldest_first };
            let read = |past, number| {
                let listed = store.records(&RecordFilter { past, ..filter.clone() }, page(number)).wait().unwrap();
                let rows: Vec<i64> = listed.rows.iter().map(|row| row.seq).collect();
                (rows, listed.total, listed.is_exact)
            };
            let (mut past, mut behind, total) = (None, wanted.len() as u64, wanted.len() as u64);
            for (number, of_page) in (1..).zip(wanted.chunks(3)) {
                assert_eq!(read(None, number), (of_page.to_vec(), total, true), "{filter:?} {oldest_first}");
                assert_eq!(read(past, 1), (of_page.to_vec(), behind, true), "{filter:?} {oldest_first} {past:?}");
                (past, behind) = (of_page.last().copied(), behind - of_page.len() as u64);
            }
        }
    }
    let nowhere = RecordFilter { sort: RecordOrder::Name, past: Some(999), ..RecordFilter::default() };
    assert!(store.records(&nowhere, ALL).wait().unwrap().rows.is_empty(), "no record has that number");
}
