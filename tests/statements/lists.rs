//! Every list with every filter: each alone, and each with each other.

use syncctl::clock::Timestamp;
use syncctl::delivery::State;
use syncctl::endpoint::TypePattern;
use syncctl::event::EventId;
use syncctl::record::RecordKind;
use syncctl::store::inbound::{ReceivedFilter, RecordFilter, RecordOrder};
use syncctl::store::operators::ActionFilter;
use syncctl::store::{AttemptFilter, DeliveryFilter, DeliveryId, EventFilter, Page, Store};

const NEWEST: Page = Page { limit: 50, number: 1, oldest_first: false };
const SECOND_OLDEST: Page = Page { limit: 50, number: 2, oldest_first: true };
const PAGES: [Page; 2] = [NEWEST, SECOND_OLDEST];

/// One part of a filter, set.
type Part<F> = Box<dyn Fn(&mut F)>;

/// Makes the parts of a filter from one that has them all: a part that is added to it has to be added here.
macro_rules! parts {
    ($filter:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        let $filter { $($field),* } = $filter { $($field: $value),* };
        vec![$(Box::new(move |it: &mut $filter| it.$field = $field.clone()) as Part<$filter>),*]
    }};
}

/// No part, each alone, and each with each other; the pages that are read of each.
fn combined<F: Clone + Default>(parts: &[Part<F>]) -> Vec<(F, Page)> {
    let mut filters = vec![(F::default(), NEWEST), (F::default(), SECOND_OLDEST)];
    for (at, part) in parts.iter().enumerate() {
        let mut one = F::default();
        part(&mut one);
        for other in &parts[at + 1..] {
            let mut both = one.clone();
            other(&mut both);
            filters.push((both, NEWEST));
        }
        filters.push((one.clone(), SECOND_OLDEST));
        filters.push((one, NEWEST));
    }
    filters
}

fn a_type() -> Option<TypePattern> {
    Some(TypePattern::parse("user.updated").unwrap())
}

/// Times and numbers amid what was finished long ago.
struct Middle {
    time: Option<Timestamp>,
    number: i64,
}

fn deliveries(middle: &Middle) -> Vec<(DeliveryFilter, Page)> {
    let parts = parts!(DeliveryFilter {
        states: vec![State::Failed],
        endpoint: Some("a.invalid".to_owned()),
        event_type: a_type(),
        resource_id: Some("u1".to_owned()),
        last_status: Some(503),
        error: Some("certificate".to_owned()),
        event: Some(EventId::parse("e2").unwrap()),
        ids: vec![DeliveryId(7), DeliveryId(8)],
        since: middle.time,
        until: middle.time,
        troubled: true,
        past: Some(DeliveryId(middle.number)),
    });
    let states = [State::Pending, State::Held, State::Processing, State::Delivered, State::Superseded];
    let with_state = states.map(|state| (DeliveryFilter { states: vec![state], ..DeliveryFilter::default() }, NEWEST));
    combined(&parts).into_iter().chain(with_state).collect()
}

fn events(middle: &Middle) -> Vec<(EventFilter, Page)> {
    combined(&parts!(EventFilter {
        event_type: a_type(),
        resource_id: Some("u1".to_owned()),
        since: middle.time,
        until: middle.time,
        last_status: Some(503),
        error: Some("certificate".to_owned()),
        places: vec![7, 8],
        past: Some(middle.number),
    }))
}

fn attempts(middle: &Middle) -> Vec<(AttemptFilter, Page)> {
    combined(&parts!(AttemptFilter {
        endpoint: Some("a.invalid".to_owned()),
        event_type: a_type(),
        resource_id: Some("u1".to_owned()),
        status: Some(503),
        error: Some("certificate".to_owned()),
        after: Some(middle.number),
        past: Some(middle.number),
        places: vec![7, 8],
        latest: Some(1_000),
        since: middle.time,
        until: middle.time,
    }))
}

fn received(middle: &Middle) -> Vec<(ReceivedFilter, Page)> {
    combined(&parts!(ReceivedFilter {
        refused: Some(true),
        event_type: a_type(),
        resource_id: Some("u1".to_owned()),
        since: middle.time,
        until: middle.time,
        ids: vec![7, 8],
        past: Some(middle.number),
    }))
}

fn records(middle: &Middle) -> Vec<(RecordFilter, Page)> {
    combined(&parts!(RecordFilter {
        kind: Some(RecordKind::User),
        search: Some("nobody".to_owned()),
        user: Some("u-1".to_owned()),
        course: Some("c-1".to_owned()),
        sort: RecordOrder::Name,
        deleted: true,
        past: Some(middle.number),
    }))
}

fn actions(middle: &Middle) -> Vec<(ActionFilter, Page)> {
    combined(&parts!(ActionFilter {
        operator: Some("ada".to_owned()),
        since: middle.time,
        until: middle.time,
        past: Some(middle.number),
    }))
}

/// Reads pages of every list beside so many finished rows, whose times are milliseconds from the beginning of 1970.
pub(crate) fn read_lists(store: &dyn Store, finished: i64) {
    let middle = &Middle { time: Some(Timestamp::from_millis(finished / 2)), number: finished / 2 };
    for (filter, page) in deliveries(middle) {
        store.deliveries(&filter, page).wait().unwrap();
    }
    for (filter, page) in events(middle) {
        store.events(&filter, page).wait().unwrap();
    }
    for (filter, page) in attempts(middle) {
        store.attempts(&filter, page).wait().unwrap();
    }
    for (filter, page) in received(middle) {
        store.received(&filter, page).wait().unwrap();
    }
    for (filter, page) in records(middle) {
        store.records(&filter, page).wait().unwrap();
    }
    for (filter, page) in actions(middle) {
        store.actions(&filter, page).wait().unwrap();
    }
    for page in PAGES {
        store.kept_requests(None, page).wait().unwrap();
        store.kept_requests(Some(middle.number), page).wait().unwrap();
        store.incidents(false, page).wait().unwrap();
        store.incidents(true, page).wait().unwrap();
    }
    read_pages_alone(store);
}

/// What commands read page by page until nothing is left: the filters that an index or a small table serves.
fn read_pages_alone(store: &dyn Store) {
    let of_states = [State::Pending, State::Processing, State::Failed]
        .map(|state| DeliveryFilter { states: vec![state], ..DeliveryFilter::default() });
    let others = [
        DeliveryFilter::default(),
        DeliveryFilter { troubled: true, ..DeliveryFilter::default() },
        DeliveryFilter { past: Some(DeliveryId(7)), troubled: true, ..DeliveryFilter::default() },
        DeliveryFilter { event: Some(EventId::parse("e2").unwrap()), ..DeliveryFilter::default() },
        DeliveryFilter { ids: vec![DeliveryId(7)], ..DeliveryFilter::default() },
        DeliveryFilter { resource_id: Some("u1".to_owned()), ..DeliveryFilter::default() },
    ];
    for filter in of_states.into_iter().chain(others) {
        for page in PAGES {
            store.page_of_deliveries(&filter, page).wait().unwrap();
        }
        store.count_deliveries(&filter).wait().unwrap();
    }
    for filter in [EventFilter::default(), EventFilter { past: Some(7), ..EventFilter::default() }] {
        for page in PAGES {
            store.page_of_events(&filter, page).wait().unwrap();
            // What was finished long ago was not emitted: it has no checksum.
            let _ = store.events_with_bodies(&filter, page).wait();
        }
    }
    let latest =
        AttemptFilter { latest: Some(1_000), endpoint: Some("a.invalid".to_owned()), ..AttemptFilter::default() };
    for filter in [AttemptFilter::default(), AttemptFilter { after: Some(7), ..AttemptFilter::default() }, latest] {
        for page in PAGES {
            store.page_of_attempts(&filter, page).wait().unwrap();
        }
    }
}
