//! Lists of a queue that was used for months, on a server.

use crate::support::cluster::Cluster;
use crate::support::long_lists::{assert_every_first_page_is_shown_at_once, million_records, place_with_two_endpoints};

/// A million deliveries in ninety days: three types, of which one is rare, as one endpoint is; every hundredth failed, and one in
/// ten thousand was answered otherwise.
const MIXED: &str = "
    CREATE TEMP TABLE old AS SELECT n, CASE WHEN n IN (1002, 300002) THEN 'user.rare'
            WHEN n % 10 = 1 THEN 'progress.touched' ELSE 'user.updated' END AS type,
        CASE WHEN n % 3 = 0 THEN 'hot' ELSE 'old-' || n END AS resource,
        (extract(epoch FROM clock_timestamp()) * 1000)::bigint - (1000000 - n)::bigint * 7776 AS at,
        n % 100 = 7 AS failed, CASE WHEN n IN (1002, 300002) THEN 2 ELSE 1 END AS endpoint
        FROM generate_series(1, 1000000) n;
    INSERT INTO event (id, kind, resource_id, timestamp, created_at, checksum, body)
        SELECT 'old_' || lpad(n::text, 32, '0'), k.id, resource, at, at, 0, convert_to('{\"id\":\"old\"}', 'UTF8')
        FROM old JOIN kind k USING (type) ORDER BY n;
    INSERT INTO delivery (event, lane, changed_at, endpoint, attempts, used, failures, state, reason)
        SELECT e.seq, hashtext(resource), at + 500, endpoint, 1, 1, failed::int, CASE WHEN failed THEN 2 ELSE 1 END,
            CASE WHEN failed THEN 0 END
        FROM old JOIN event e ON e.id = 'old_' || lpad(n::text, 32, '0') ORDER BY n;
    INSERT INTO attempt (delivery, started_at, took_us, number, trigger, outcome, status, detail)
        SELECT d.id, d.changed_at, 900, 1, 0, d.failures, CASE WHEN d.event % 10000 = 507 THEN 418 WHEN d.failures = 1 THEN 503 ELSE 200 END,
            CASE WHEN d.event % 10000 = 507 THEN 'HTTP 418 teapot' WHEN d.failures = 1 THEN 'HTTP 503' ELSE 'HTTP 200' END
        FROM delivery d WHERE d.state > 0 ORDER BY d.id;
    INSERT INTO trouble (id, endpoint) SELECT id, endpoint FROM delivery WHERE state = 2;
    INSERT INTO tally (slot, endpoint, delivered, failed, troubled, troubled_attempts)
        SELECT -99, endpoint, count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 2),
            count(*) FILTER (WHERE state = 2) FROM delivery WHERE state > 0 GROUP BY endpoint;
    INSERT INTO tally (slot, endpoint, events) VALUES (-99, 0, 1000000);
    INSERT INTO received (at, result, event_id, kind, resource_id, timestamp, reason, source, route)
        SELECT created_at, CASE WHEN seq % 50 = 0 THEN 3 ELSE 0 END, 'in_' || seq, kind, resource_id, created_at,
            CASE WHEN seq % 50 = 0 THEN 'code-mismatch' END, '10.0.0.1', '/api/webhooks/sync' FROM event ORDER BY seq;";

#[test]
#[ignore = "fills a queue with a million deliveries, which takes minutes"]
fn every_list_and_filter_shows_its_first_page_at_once_beside_a_million_deliveries() {
    let Some(cluster) = Cluster::start() else { return };
    let place = place_with_two_endpoints(Some(&cluster.url()));
    cluster.queue(MIXED);
    cluster.queue(&million_records("generate_series(1, 1000000) n"));
    // As the server does by itself within minutes.
    cluster.sql("queue", "VACUUM ANALYZE");
    assert_every_first_page_is_shown_at_once(&place, Some(&cluster));
}
