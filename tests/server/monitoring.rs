//! The alert rules and the dashboard in `packaging`, held against what a server really exports.

use std::collections::BTreeSet;
use std::path::Path;

use crate::running::{ADMIN, Running, event, place, signed};

/// The metrics of ours that a text names; samples of a histogram count as the histogram.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let family = |word: &str| {
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
        stem.unwrap_or(word).to_owned()
    };
    words.filter(|word| word.starts_with("syncctl_")).map(family).collect()
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_exist() {
    let mut place = place();
    // Nobody listens there: a delivery that waits, and attempts that failed.
    place.set("SYNC_WEBHOOK_URLS", "http://127.0.0.1:9/");
    place.emit("user.created", "u");
    let server = Running::start(&place, &[]);
    let good = event("e-1", "user.updated", "u", r#"{"name":"x"}"#, "2026-01-01T00:00:00.000Z");
    assert_eq!(server.webhook(&good).status, 200);
    assert_eq!(server.send("POST /api/webhooks/sync", &signed("something else"), good.as_bytes()).status, 401);
    let exported = |name: &str| server.get("/metrics", ADMIN).body.contains(name);
    while !exported("syncctl_attempts_total") {
        std::thread::yield_now();
    }
    let known = metrics_in(&server.get("/metrics", ADMIN).body);
    for file in ["prometheus/alerts.yml", "grafana/syncctl.json"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(file);
        let asked = metrics_in(&std::fs::read_to_string(path).unwrap());
        assert!(asked.len() > 4, "{file} asks for {asked:?}");
        let unknown: Vec<_> = asked.difference(&known).collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}; there are {known:?}");
    }
}
