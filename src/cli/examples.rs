//! Examples of every command, shown at the top of `--help` and at the end of manual pages.

/// A command and its examples for `--help` and man pages: description and command line of each.
pub(super) type Examples = (&'static str, &'static [(&'static str, &'static str)]);

/// The examples of `command`, such as `endpoints list`; empty for the program itself.
pub(super) fn of(command: &str) -> &'static [(&'static str, &'static str)] {
    EXAMPLES.iter().find(|(name, _)| *name == command).map_or(&[], |(_, examples)| examples)
}

const EXAMPLES: &[Examples] = &[
    (
        "",
        &[
            ("Store an event", r#"syncctl emit enrollment.created enr-123 --data '{"userId":"u-1"}'"#),
            ("Deliver due events", "syncctl process"),
            ("Show the state of the queue", "syncctl status"),
            ("Run a demonstration", "syncctl demo"),
        ],
    ),
    (
        "emit",
        &[
            ("Store one event", r#"syncctl emit enrollment.created enr-123 --data '{"userId":"u-1"}'"#),
            ("Read the data from a file", "syncctl emit profile.updated u-1 --data @profile.json"),
            (
                "Store an event of a custom type",
                r#"syncctl emit course.archived c-9 --resource-type course --data '{"by":"admin"}'"#,
            ),
            ("Store many events in one transaction", "syncctl emit --batch events.ndjson"),
            ("Schedule an event for later", r#"syncctl emit user.updated u-1 --data @u.json --at "2026-11-28 09:00""#),
        ],
    ),
    (
        "process",
        &[
            ("Deliver due events", "syncctl process"),
            ("Deliver from cron, every minute", "syncctl process -q --max-time 50s"),
            ("Send one delivery and all of one event", "syncctl process 1840 evt#1842"),
            ("Also wait for retries", "syncctl process --wait"),
            ("Run as a service", "syncctl process --watch"),
        ],
    ),
    (
        "sync",
        &[
            ("Synchronize an enrollment", r#"syncctl sync enrollment enr-123 --data '{"status":"active"}'"#),
            (
                "Synchronize a profile, waiting at most 10s",
                "syncctl sync profile u-1 --data @profile.json --max-time 10s",
            ),
        ],
    ),
    (
        "status",
        &[
            ("Show the queue once", "syncctl status"),
            ("Refresh until Ctrl-C", "syncctl status --watch"),
            ("Print one figure for a script", "syncctl status -o json | jq .data.queue.pending"),
        ],
    ),
    (
        "bundle",
        &[("Write a support file", "syncctl bundle"), ("Include one event", "syncctl bundle evt_1 --to bundle.json")],
    ),
    (
        "reconcile",
        &[
            ("List the differences", "syncctl reconcile export.ndjson"),
            ("Also write the events that resolve them", "syncctl reconcile export.ndjson --events missing.ndjson"),
            ("Emit those events", "syncctl emit --batch missing.ndjson"),
        ],
    ),
    ("requests", &[("List kept requests", "syncctl requests list")]),
    ("requests list", &[("List kept requests", "syncctl requests list")]),
    ("requests show", &[("Show one request with headers and body", "syncctl requests show 12")]),
    (
        "requests replay",
        &[
            ("Replay two after correcting the secret", "syncctl requests replay 12 13"),
            ("Preview replaying all", "syncctl requests replay --all --dry-run"),
            ("Replay all", "syncctl requests replay --all --yes"),
        ],
    ),
    ("retry", &[("Simulate an outage of three hours", "syncctl retry simulate")]),
    (
        "retry simulate",
        &[
            ("Simulate three hours of timeouts", "syncctl retry simulate"),
            ("Simulate ten minutes of HTTP 503", "syncctl retry simulate --outage 10m --failing 503"),
            ("Simulate with the rules of one endpoint", "syncctl retry simulate --endpoint admin --events 50000"),
        ],
    ),
    ("top", &[("Open the live screen", "syncctl top"), ("Read the queue less often", "syncctl top --every 5s")]),
    ("health", &[("Report health", "syncctl health"), ("From cron, printing problems only", "syncctl health -q")]),
    (
        "check",
        &[
            ("Use the thresholds of the health rule", "syncctl check"),
            (
                "Use your own thresholds",
                "syncctl check -w pending=100,age=5m -c pending=1000,age=30m,failed=10,rate=20",
            ),
        ],
    ),
    (
        "endpoints",
        &[("List endpoints", "syncctl endpoints list"), ("Pause an endpoint", "syncctl endpoints pause admin")],
    ),
    ("endpoints list", &[("List endpoints with their URLs", "syncctl endpoints list -o wide")]),
    ("endpoints show", &[("Show one endpoint", "syncctl endpoints show admin")]),
    ("endpoints pause", &[("Pause an endpoint", "syncctl endpoints pause admin")]),
    ("endpoints resume", &[("Resume an endpoint", "syncctl endpoints resume admin")]),
    (
        "endpoints test",
        &[
            ("Test a configured endpoint", "syncctl endpoints test admin"),
            (
                "Test a receiver before configuring it",
                "syncctl endpoints test https://admin.example.com/api/webhooks/sync",
            ),
        ],
    ),
    ("endpoints check", &[("Check a URL against the address rules", "syncctl endpoints check http://10.1.2.3/hook")]),
    (
        "endpoints add",
        &[
            ("Add an endpoint with default settings", "syncctl endpoints add backup https://backup.example/hook"),
            (
                "Add an endpoint with its own timeout",
                "syncctl endpoints add backup https://backup.example/hook --set timeout=5s",
            ),
        ],
    ),
    (
        "endpoints edit",
        &[
            ("Give up at once on these statuses", "syncctl endpoints edit admin --set give_up=400,404,422"),
            ("Return a setting to its default", "syncctl endpoints edit admin --unset timeout"),
        ],
    ),
    ("endpoints remove", &[("Preview the removal", "syncctl endpoints remove backup --dry-run")]),
    ("events", &[("List the latest events", "syncctl events list"), ("Show one event", "syncctl events show 1842")]),
    (
        "events list",
        &[("List events of one type from the last 24 hours", "syncctl events list --type user.created --since 24h")],
    ),
    ("events cancel", &[("Cancel a scheduled event", "syncctl events cancel evt_0192d3f0")]),
    (
        "events export",
        &[
            ("Export all events", "syncctl events export > events.ndjson"),
            ("Export the events of one resource", "syncctl events export --resource enr-118"),
        ],
    ),
    (
        "events import",
        &[
            ("Import events as history", "syncctl events import events.ndjson"),
            ("Import events and deliver them", "syncctl events import events.ndjson --deliver"),
        ],
    ),
    ("events why", &[("Explain the deliveries of one event", "syncctl events why 1842")]),
    (
        "events show",
        &[
            ("Show the event of a delivery", "syncctl events show 1842"),
            ("Print only its data", "syncctl events show 1842 --body"),
        ],
    ),
    (
        "deliveries",
        &[
            ("List failed deliveries", "syncctl deliveries list --failed"),
            ("Give up one delivery", "syncctl deliveries give-up 17"),
        ],
    ),
    (
        "deliveries list",
        &[
            ("List failed deliveries", "syncctl deliveries list --failed"),
            ("Replay all of them", "syncctl deliveries list --failed --all -o name | syncctl replay --stdin --yes"),
        ],
    ),
    (
        "deliveries give-up",
        &[
            ("Give up one delivery", "syncctl deliveries give-up 17"),
            ("Give up all deliveries to an endpoint", "syncctl deliveries give-up --endpoint old --yes"),
        ],
    ),
    (
        "failures",
        &[("List failures, newest first", "syncctl failures"), ("Show failure statistics", "syncctl failures stats")],
    ),
    (
        "alerts",
        &[("List incidents", "syncctl alerts list"), ("Send a test alert to every recipient", "syncctl alerts test")],
    ),
    ("alerts list", &[("List open incidents", "syncctl alerts list --open")]),
    (
        "alerts test",
        &[
            ("Send a test alert to one recipient", "syncctl alerts test on-call"),
            ("Preview the test alert", "syncctl alerts test on-call --dry-run"),
        ],
    ),
    ("failures list", &[("List failures of one endpoint", "syncctl failures list --endpoint admin")]),
    ("failures stats", &[("Count failures of the last 7 days", "syncctl failures stats --since 7d")]),
    (
        "failures clusters",
        &[
            ("List failure clusters", "syncctl failures clusters"),
            ("Replay one cluster", "syncctl replay --cluster F3a9c07e1"),
        ],
    ),
    (
        "failures ack",
        &[("Acknowledge a cluster with a note", r#"syncctl failures ack F3a9c07e1 --note "new secret on Monday""#)],
    ),
    (
        "replay",
        &[
            ("Replay one delivery", "syncctl replay 17"),
            ("Preview replaying failures of the last hour", "syncctl replay --failed --since 1h"),
            ("Replay them", "syncctl replay --failed --since 1h --yes"),
        ],
    ),
    ("audit", &[("List the latest entries", "syncctl audit list")]),
    (
        "audit list",
        &[
            ("List entries of one endpoint from the last 24 hours", "syncctl audit list --endpoint admin --since 24h"),
            ("List webhooks that were accepted or refused", "syncctl audit list --direction inbound"),
        ],
    ),
    (
        "db",
        &[
            ("Show the state of the database", "syncctl db status"),
            ("Back up the database while it is in use", "syncctl db backup queue-backup.db"),
        ],
    ),
    ("db path", &[("Print the path", "syncctl db path")]),
    ("db status", &[("Show schema, sizes and journal", "syncctl db status")]),
    ("db backup", &[("Replace an existing backup", "syncctl db backup /var/backups/syncctl.db --force")]),
    (
        "db restore",
        &[
            ("Preview a restore", "syncctl db restore queue-backup.db --dry-run"),
            ("Replace the database with the backup", "syncctl db restore queue-backup.db --force --accept-replays"),
        ],
    ),
    (
        "db copy",
        &[
            ("Preview a copy", "syncctl db copy queue.db postgres://app@db.example/sync --dry-run"),
            ("Copy a file to PostgreSQL", "syncctl db copy queue.db postgres://app@db.example/sync"),
            ("Copy PostgreSQL to a file", "syncctl db copy postgres://app@db.example/sync queue.db"),
        ],
    ),
    ("db verify", &[("Verify a backup", "syncctl --db queue-backup.db db verify")]),
    (
        "db prune",
        &[
            ("Preview what would be deleted", "syncctl db prune --older-than 30d --dry-run"),
            ("Prune from cron", "syncctl db prune --older-than 30d --yes -q"),
        ],
    ),
    (
        "doctor",
        &[
            ("Diagnose this machine", "syncctl doctor"),
            ("Also call the endpoints", "syncctl doctor --online"),
            ("From cron, with all rows, printing problems only", "syncctl doctor --deep -q"),
        ],
    ),
    (
        "init",
        &[
            ("Create the user's configuration", "syncctl init"),
            ("Create the configuration of a service", "syncctl init /etc/syncctl/config.toml"),
            ("Print the configuration first", "syncctl init --print"),
        ],
    ),
    (
        "config",
        &[
            ("Show values with their origins", "syncctl config show --origin"),
            ("Validate the configuration", "syncctl config validate"),
        ],
    ),
    ("config show", &[("Show values with their origins", "syncctl config show --origin")]),
    ("config validate", &[("Validate a new file before a restart", "syncctl config validate --config new.toml")]),
    ("config path", &[("Print where configuration is read from", "syncctl config path")]),
    (
        "completions",
        &[
            ("Enable for the current shell", "source <(syncctl completions bash)"),
            ("Install permanently", "syncctl completions bash --install"),
        ],
    ),
    (
        "man",
        &[("Read a page", "syncctl man emit | man -l -"), ("Write all pages to a directory", "syncctl man --dir man1")],
    ),
    (
        "help",
        &[
            ("Show help on a command", "syncctl help db prune"),
            ("List all commands as JSON", "syncctl help --all -o json"),
        ],
    ),
    (
        "events reproduce",
        &[
            ("Print openssl and curl commands", "syncctl events reproduce 1842"),
            ("Send to another URL instead", "syncctl events reproduce 1842 --to http://127.0.0.1:4000/"),
        ],
    ),
    (
        "sign",
        &[
            ("Print signature headers", "syncctl sign body.json --scheme standard"),
            (
                "Print a curl command that sends the body",
                "syncctl sign body.json --curl https://admin.example.com/hook",
            ),
            ("Sign as of a given time", "syncctl sign body.json --scheme stripe --timestamp 1706702400"),
            ("Print a signature of every scheme", "syncctl sign body.json --all"),
            (
                "Describe another scheme",
                "syncctl sign body.json --scheme generic --signed '{timestamp}.{body}' --prefix v1=",
            ),
        ],
    ),
    (
        "verify",
        &[
            ("Verify a body and a header", "syncctl verify body.json --header 'X-Webhook-Signature: 8c3a…' --explain"),
            (
                "Verify a captured request as of a given time",
                "syncctl verify --request request.http --at 2026-11-22T10:00:00Z",
            ),
            ("Verify the second request of a recording", "syncctl verify --request browser.har --which 2"),
        ],
    ),
    (
        "listen",
        &[
            ("Show incoming requests", "syncctl listen"),
            ("Fail twice, then accept, and save every request", "syncctl listen --respond 500,500,200 --save captured"),
            (
                "Forward requests to a local server",
                "syncctl listen --forward-to http://localhost:3000/api/webhooks/sync",
            ),
            ("Save invalid requests to some paths", "syncctl listen --path '/in/*' --verdict invalid --save captured"),
        ],
    ),
    (
        "records",
        &[("List records", "syncctl records list"), ("Show one record", "syncctl records show enrollment enr-123")],
    ),
    (
        "records list",
        &[
            ("List users by name", "syncctl records list user --sort name --search ada"),
            ("List the enrollments of a course", "syncctl records list enrollment --course c-9"),
        ],
    ),
    (
        "records show",
        &[
            ("Show one record", "syncctl records show enrollment enr-123"),
            ("Print only its data", "syncctl records show user u-1 --body"),
        ],
    ),
    ("records export", &[("Export all records", "syncctl records export > records.ndjson")]),
    ("records import", &[("Import records of another syncctl", "syncctl records import records.ndjson")]),
    (
        "metrics",
        &[
            ("Print metrics", "syncctl metrics"),
            ("From cron, for the node exporter", "syncctl metrics --textfile /var/lib/node_exporter"),
        ],
    ),
    (
        "serve",
        &[
            ("Listen on this machine only", "syncctl serve"),
            ("Receive only, on all interfaces", "syncctl serve --listen 0.0.0.0:3000 --no-process"),
        ],
    ),
    (
        "consume",
        &[
            ("Preview waiting messages", "syncctl consume --dry-run"),
            ("Apply messages from cron, every minute", "syncctl consume -q --max-time 50s"),
            ("Read one source", "syncctl consume platform"),
        ],
    ),
    (
        "diff",
        &[
            ("Show what a proxy changed", "syncctl diff sent.json received.json"),
            ("Compare a stored event with a captured request", "syncctl diff --event evt_0192d3f0 received.http"),
        ],
    ),
    (
        "secret",
        &[
            ("Generate a secret into a file", "syncctl secret new > secret"),
            ("Check the configured secret", "syncctl secret check"),
        ],
    ),
    ("secret new", &[("Generate a secret into a file", "syncctl secret new > secret")]),
    ("secret check", &[("Check a secret in a file", "syncctl secret check --secret-file secret")]),
    (
        "secret rotate-plan",
        &[
            (
                "Try a new secret on captured requests",
                "syncctl secret rotate-plan --new-file new-secret --captured captured",
            ),
            ("Try a new secret at the endpoints", "syncctl secret rotate-plan --new-file new-secret --try-endpoints"),
        ],
    ),
    ("version", &[("Print the version as JSON", "syncctl version -o json")]),
    ("deliveries show", &[("Show one delivery", "syncctl deliveries show 1837")]),
    (
        "replay plan",
        &[(
            "Plan to replay failures of one endpoint",
            "syncctl replay plan --endpoint backup --since yesterday > plan.json",
        )],
    ),
    (
        "replay apply",
        &[
            ("Apply a plan", "syncctl replay apply plan.json"),
            ("Apply a plan at a limited rate", "syncctl replay apply plan.json --rate 50/s"),
        ],
    ),
    (
        "why",
        &[
            ("Explain an event", "syncctl why evt_0192d3f0"),
            ("Explain a delivery", "syncctl why 1837"),
            ("Explain an endpoint", "syncctl why backup"),
            ("Explain a resource", "syncctl why enrollment/enr-118"),
        ],
    ),
    (
        "logs",
        &[
            ("Show the latest attempts", "syncctl logs"),
            ("Follow timeouts of one endpoint", "syncctl logs -f --endpoint backup --error timeout"),
            ("Print attempts answered with HTTP 503", "syncctl logs --since yesterday --status 503 -o jsonl"),
        ],
    ),
    ("demo", &[("Run the demonstration", "syncctl demo"), ("Use more events", "syncctl demo --events 5000")]),
];

/// Rarely used options: `-h` leaves them out, so that it fits a small terminal.
const RARE: &[(&str, &[&str])] = &[
    ("deliveries give-up", &["until", "status", "error"]),
    ("failures", &["until", "status", "error"]),
    ("failures list", &["until"]),
    (
        "replay",
        &[
            "status",
            "error",
            "since",
            "until",
            "event_type",
            "include_delivered",
            "force",
            "to",
            "from",
            "scheme",
            "secret_env",
            "secret_file",
        ],
    ),
    ("sign", &["url", "method", "curl", "snippet", "all"]),
    ("verify", &["which", "event", "url", "method", "at", "tolerance", "show_expected", "stored"]),
];

/// The options of `command` that only `--help` shows.
pub(super) fn rare(command: &str) -> &'static [&'static str] {
    RARE.iter().find(|(name, _)| *name == command).map_or(&[], |(_, options)| options)
}

/// The examples as `--help` shows them.
pub(super) fn in_help(examples: &[(&str, &str)]) -> String {
    let width = examples.iter().map(|(what, _)| what.len()).max().unwrap_or_default();
    let lines: Vec<String> = examples.iter().map(|(what, how)| format!("  {what:width$}  $ {how}")).collect();
    format!("Examples:\n{}", lines.join("\n"))
}
