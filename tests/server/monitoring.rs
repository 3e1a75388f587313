//! The alert rules and the dashboard in `packaging`, held against what a server really exports.

use std::collections::BTreeSet;
use std::path::Path;

use crate::running::{ADMIN, Running, event, place, signed, standard};
use crate::support::place::eventually;
use crate::support::tools::has_tools;

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
    let seconds = syncctl::clock::Clock::now(&syncctl::clock::SystemClock).as_seconds();
    let timed = event("e-2", "user.updated", "u", "{}", "2026-01-01T00:00:00.000Z");
    assert_eq!(server.send("POST /api/webhooks/sync", &standard(&timed, "e-2", seconds), timed.as_bytes()).status, 200);
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

/// The value of a sample without labels but those given.
fn sample(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name} is not in {text}")).parse().unwrap()
}

#[test]
fn metrics_are_told_in_the_format_that_is_asked_for_and_pass_the_check_of_prometheus() {
    let mut place = place();
    place.set("SYNC_WEBHOOK_URLS", "http://127.0.0.1:9/");
    place.emit("user.created", "u");
    let server = Running::start(&place, &[]);
    let good = event("e-1", "user.updated", "u", r#"{"name":"x"}"#, "2026-01-01T00:00:00.000Z");
    assert_eq!(server.webhook(&good).status, 200);
    for _ in 0..30 {
        assert_eq!(server.send("POST /api/webhooks/sync", &signed("something else"), good.as_bytes()).status, 401);
    }
    let scrape = || server.get("/metrics", ADMIN).body;
    let refusals = r#"syncctl_check_state{check="refused webhooks"}"#;
    eventually("refusals are unhealthy", || sample(&scrape(), refusals) == 2.0);
    eventually("an attempt failed", || {
        scrape().contains("syncctl_attempt_duration_seconds_count{endpoint=\"127.0.0.1:9\"}")
    });
    let text = scrape();
    assert_eq!(sample(&text, "syncctl_healthy"), 0.0);
    let refused = r#"syncctl_webhook_refusals_total{route="/api/webhooks/sync",reason="code-mismatch"}"#;
    assert_eq!(sample(&text, refused), 30.0);
    let received = sample(&text, r#"syncctl_last_received_timestamp_seconds{route="/api/webhooks/sync"}"#);
    assert!((received - sample(&text, "process_start_time_seconds")).abs() < 120.0, "{text}");
    assert!(sample(&text, r#"syncctl_oldest_pending_seconds{endpoint="127.0.0.1:9"}"#) > 0.0);
    assert!(sample(&text, r#"syncctl_last_failure_timestamp_seconds{endpoint="127.0.0.1:9"}"#) > 1e9);
    let took = r#"syncctl_http_request_duration_seconds_count{route="/api/webhooks/sync"}"#;
    assert_eq!(sample(&text, took), 31.0);
    for positive in ["syncctl_disk_free_bytes", "process_resident_memory_bytes", "process_open_fds", "process_max_fds"]
    {
        assert!(sample(&text, positive) > 0.0, "{positive}");
    }
    let open = server.get("/metrics", &format!("{ADMIN}Accept: application/openmetrics-text;version=1.0.0\r\n"));
    assert!(open.head.contains("content-type: application/openmetrics-text") && open.body.ends_with("# EOF\n"));
    if has_tools(&["promtool"]) {
        let mut check = std::process::Command::new("promtool");
        check.args(["check", "metrics"]).stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut check = check.spawn().unwrap();
        std::io::Write::write_all(&mut check.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let told = check.wait_with_output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    }
}
