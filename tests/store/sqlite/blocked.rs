//! What blocked deliveries cost a claim: nothing, once they were looked at.

use std::sync::Arc;
use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl};
use syncctl::event::Draft;
use syncctl::store::{Access, ClaimRequest, Location, open};

use crate::support::memory_dir;

#[test]
fn a_hundred_thousand_blocked_deliveries_cost_a_claim_nothing() {
    for blocked in [10_u64, 100_000] {
        let directory = memory_dir();
        let store = open(&Location::file(directory.path().join("q.db")), Access::Create).unwrap();
        let now = Timestamp::from_millis(1_706_702_400_000);
        let spec = ConfiguredEndpoint::of_url(EndpointUrl::parse("http://a.invalid/").unwrap());
        let endpoint = store.set_endpoints(vec![spec], now).wait().unwrap()[0].id;
        let draft = |resource: String| Draft::check("user.updated", &resource, None, b"{}");
        let same = (0..blocked).map(move |_| Ok(draft("same".into()).unwrap()));
        store.enqueue(Box::new(same), false, now).wait().unwrap();
        let run = store.begin_run("test", now).wait().unwrap();
        let claim = |n| {
            let wants = ClaimRequest { endpoints: vec![(endpoint, n)], idle: true, only: None };
            store.advance(run.id, Arc::default(), wants, now.plus(Duration::from_secs(1))).wait().unwrap()
        };
        assert_eq!(claim(10).claims.len(), 1, "only the head is claimable");
        // The others are looked at once, a thousand in a transaction.
        let looks = (0..).take_while(|_| claim(10).cut_short).count() as u64;
        assert!(looks <= blocked / 1_000, "{looks} transactions found {blocked} blocked");
        let others = (0..200).map(move |n| Ok(draft(format!("r{n}")).unwrap()));
        store.enqueue(Box::new(others), false, now).wait().unwrap();
        for _ in 0..200 {
            let claimed = claim(1);
            assert_eq!((claimed.claims.len(), claimed.cut_short), (1, false), "one look finds one beside {blocked}");
        }
    }
}
