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
            ("Deliver what is due", "syncctl process"),
            ("See how it stands", "syncctl status"),
            ("See it all at work", "syncctl demo"),
        ],
    ),
    (
        "emit",
        &[
            ("Store one event", r#"syncctl emit enrollment.created enr-123 --data '{"userId":"u-1"}'"#),
            ("Its data from a file", "syncctl emit profile.updated u-1 --data @profile.json"),
            (
                "A type of your own",
                r#"syncctl emit course.archived c-9 --resource-type course --data '{"by":"admin"}'"#,
            ),
            ("Many in one transaction", "syncctl emit --batch events.ndjson"),
            ("Tomorrow morning", r#"syncctl emit user.updated u-1 --data @u.json --at "2026-11-28 09:00""#),
        ],
    ),
    (
        "process",
        &[
            ("Send what is due", "syncctl process"),
            ("From cron, every minute", "syncctl process -q --max-time 50s"),
            ("One delivery, or all of an event", "syncctl process 1840 evt#1842"),
            ("Also wait for retries", "syncctl process --wait"),
            ("As a service", "syncctl process --watch"),
        ],
    ),
    (
        "sync",
        &[
            ("An enrollment, now", r#"syncctl sync enrollment enr-123 --data '{"status":"active"}'"#),
            ("A profile, waiting at most 10s", "syncctl sync profile u-1 --data @profile.json --max-time 10s"),
        ],
    ),
    (
        "status",
        &[
            ("Once", "syncctl status"),
            ("Again and again", "syncctl status --watch"),
            ("For a script", "syncctl status -o json | jq .data.queue.pending"),
        ],
    ),
    ("bundle", &[("For whoever helps", "syncctl bundle"), ("With one event", "syncctl bundle evt_1 --to bundle.json")]),
    (
        "reconcile",
        &[
            ("What differs on the other side", "syncctl reconcile export.ndjson"),
            ("And the events that mend it", "syncctl reconcile export.ndjson --events mend.ndjson"),
            ("Emit them", "syncctl emit --batch mend.ndjson"),
        ],
    ),
    ("requests", &[("What was refused and is kept", "syncctl requests list")]),
    ("requests list", &[("What was refused and is kept", "syncctl requests list")]),
    ("requests show", &[("One with its headers and body", "syncctl requests show 12")]),
    (
        "requests replay",
        &[
            ("Two, after the secret was mended", "syncctl requests replay 12 13"),
            ("What would become of all", "syncctl requests replay --all --dry-run"),
            ("All of them", "syncctl requests replay --all --yes"),
        ],
    ),
    ("retry", &[("What three hours of outage would do", "syncctl retry simulate")]),
    (
        "retry simulate",
        &[
            ("Three hours of silence", "syncctl retry simulate"),
            ("A gateway that answers 503 for ten minutes", "syncctl retry simulate --outage 10m --failing 503"),
            ("An endpoint's own rules", "syncctl retry simulate --endpoint admin --events 50000"),
        ],
    ),
    ("top", &[("Watch the queue and act on it", "syncctl top"), ("Over a slow line", "syncctl top --every 5s")]),
    ("health", &[("In words", "syncctl health"), ("From cron, which mails what is wrong", "syncctl health -q")]),
    (
        "check",
        &[
            ("With the limits of the health rule", "syncctl check"),
            (
                "With limits of your own",
                "syncctl check -w pending=100,age=5m -c pending=1000,age=30m,failed=10,rate=20",
            ),
        ],
    ),
    ("endpoints", &[("All of them", "syncctl endpoints list"), ("Hold one back", "syncctl endpoints pause admin")]),
    ("endpoints list", &[("All of them, with their URLs", "syncctl endpoints list -o wide")]),
    ("endpoints show", &[("One in full", "syncctl endpoints show admin")]),
    ("endpoints pause", &[("Hold its deliveries", "syncctl endpoints pause admin")]),
    ("endpoints resume", &[("Deliver again", "syncctl endpoints resume admin")]),
    (
        "endpoints test",
        &[
            ("Ask an endpoint", "syncctl endpoints test admin"),
            (
                "Ask a receiver before it is configured",
                "syncctl endpoints test https://admin.example.com/api/webhooks/sync",
            ),
        ],
    ),
    ("endpoints check", &[("By which rule it may be called", "syncctl endpoints check http://10.1.2.3/hook")]),
    (
        "endpoints add",
        &[
            ("With the defaults", "syncctl endpoints add backup https://backup.example/hook"),
            ("With a timeout of its own", "syncctl endpoints add backup https://backup.example/hook --set timeout=5s"),
        ],
    ),
    (
        "endpoints edit",
        &[
            ("Give up what will never be right", "syncctl endpoints edit admin --set give_up=400,404,422"),
            ("Back to the default", "syncctl endpoints edit admin --unset timeout"),
        ],
    ),
    ("endpoints remove", &[("See what waits for it first", "syncctl endpoints remove backup --dry-run")]),
    ("events", &[("The latest", "syncctl events list"), ("One in full", "syncctl events show 1842")]),
    ("events list", &[("Of one type, today", "syncctl events list --type user.created --since 24h")]),
    ("events cancel", &[("Before it is sent", "syncctl events cancel evt_0192d3f0")]),
    (
        "events export",
        &[
            ("All of them", "syncctl events export > events.ndjson"),
            ("Of one resource", "syncctl events export --resource enr-118"),
        ],
    ),
    (
        "events import",
        &[
            ("As history", "syncctl events import events.ndjson"),
            ("And deliver them", "syncctl events import events.ndjson --deliver"),
        ],
    ),
    ("events why", &[("What it waits for, or why it failed", "syncctl events why 1842")]),
    (
        "events show",
        &[
            ("By the number of one of its deliveries", "syncctl events show 1842"),
            ("Its data alone", "syncctl events show 1842 --body"),
        ],
    ),
    (
        "deliveries",
        &[("Those given up", "syncctl deliveries list --failed"), ("Give one up", "syncctl deliveries give-up 17")],
    ),
    (
        "deliveries list",
        &[
            ("Those given up", "syncctl deliveries list --failed"),
            ("Their numbers, to replay them", "syncctl deliveries list --failed -o name | syncctl replay --stdin"),
        ],
    ),
    (
        "deliveries give-up",
        &[
            ("One", "syncctl deliveries give-up 17"),
            ("All to an endpoint that is gone", "syncctl deliveries give-up --endpoint old --yes"),
        ],
    ),
    (
        "failures",
        &[("What failed, newest first", "syncctl failures"), ("How much, and where", "syncctl failures stats")],
    ),
    (
        "alerts",
        &[
            ("What is wrong, and who was told", "syncctl alerts list"),
            ("Whether everybody can be told", "syncctl alerts test"),
        ],
    ),
    ("alerts list", &[("What is wrong now", "syncctl alerts list --open")]),
    (
        "alerts test",
        &[
            ("One of [[alerts]]", "syncctl alerts test on-call"),
            ("What would be sent", "syncctl alerts test on-call --dry-run"),
        ],
    ),
    ("failures list", &[("At one endpoint", "syncctl failures list --endpoint admin")]),
    ("failures stats", &[("Over a week", "syncctl failures stats --since 7d")]),
    (
        "failures clusters",
        &[
            ("What fails in the same way", "syncctl failures clusters"),
            ("Deliver one of them again", "syncctl replay --cluster F3a9c07e1"),
        ],
    ),
    (
        "failures ack",
        &[("Say that it is being mended", r#"syncctl failures ack F3a9c07e1 --note "new secret on Monday""#)],
    ),
    (
        "replay",
        &[
            ("One delivery", "syncctl replay 17"),
            ("See what would be replayed", "syncctl replay --failed --since 1h"),
            ("Do it", "syncctl replay --failed --since 1h --yes"),
        ],
    ),
    ("audit", &[("The latest", "syncctl audit list")]),
    (
        "audit list",
        &[
            ("At one endpoint, today", "syncctl audit list --endpoint admin --since 24h"),
            ("What arrived, and what was refused", "syncctl audit list --direction inbound"),
        ],
    ),
    (
        "db",
        &[("How the file is", "syncctl db status"), ("Copy it while it is used", "syncctl db backup queue-backup.db")],
    ),
    ("db path", &[("Where it is", "syncctl db path")]),
    ("db status", &[("How it is", "syncctl db status")]),
    ("db backup", &[("Replace yesterday's", "syncctl db backup /var/backups/syncctl.db --force")]),
    (
        "db restore",
        &[
            ("See what is in it", "syncctl db restore queue-backup.db --dry-run"),
            ("Put it in the place of the queue", "syncctl db restore queue-backup.db --force --accept-replays"),
        ],
    ),
    (
        "db copy",
        &[
            ("See how much it is", "syncctl db copy queue.db postgres://app@db.example/sync --dry-run"),
            ("Move to a server", "syncctl db copy queue.db postgres://app@db.example/sync"),
            ("And back", "syncctl db copy postgres://app@db.example/sync queue.db"),
        ],
    ),
    ("db verify", &[("Check a backup", "syncctl --db queue-backup.db db verify")]),
    (
        "db prune",
        &[
            ("See what would go", "syncctl db prune --older-than 30d --dry-run"),
            ("From cron", "syncctl db prune --older-than 30d --yes -q"),
        ],
    ),
    (
        "doctor",
        &[
            ("Look at everything here", "syncctl doctor"),
            ("At the endpoints, too", "syncctl doctor --online"),
            ("At every row, and from cron, which mails what is wrong", "syncctl doctor --deep -q"),
        ],
    ),
    (
        "init",
        &[
            ("Where every command finds it", "syncctl init"),
            ("For a service", "syncctl init /etc/syncctl/config.toml"),
            ("See it first", "syncctl init --print"),
        ],
    ),
    (
        "config",
        &[("What is in force, and why", "syncctl config show --origin"), ("Is it right?", "syncctl config validate")],
    ),
    ("config show", &[("With the origin of each value", "syncctl config show --origin")]),
    ("config validate", &[("Before a restart", "syncctl config validate --config new.toml")]),
    ("config path", &[("Where it is looked for", "syncctl config path")]),
    (
        "completions",
        &[
            ("For this shell only", "source <(syncctl completions bash)"),
            ("For good", "syncctl completions bash --install"),
        ],
    ),
    ("man", &[("Read a page", "syncctl man emit | man -l -"), ("Install them all", "syncctl man --dir man1")]),
    (
        "help",
        &[("Of a command", "syncctl help db prune"), ("Every command, for a program", "syncctl help --all -o json")],
    ),
    (
        "events reproduce",
        &[
            ("By hand, with openssl and curl", "syncctl events reproduce 1842"),
            ("To another place", "syncctl events reproduce 1842 --to http://127.0.0.1:4000/"),
        ],
    ),
    (
        "sign",
        &[
            ("Headers ready to paste", "syncctl sign body.json --scheme standard"),
            (
                "A command that sends exactly these bytes",
                "syncctl sign body.json --curl https://admin.example.com/hook",
            ),
        ],
    ),
    (
        "verify",
        &[
            ("Body and header", "syncctl verify body.json --header 'X-Webhook-Signature: 8c3a…' --explain"),
            (
                "A captured request, as of when it came",
                "syncctl verify --request request.http --at 2026-11-22T10:00:00Z",
            ),
        ],
    ),
    (
        "listen",
        &[
            ("Show what comes", "syncctl listen"),
            ("Fail twice, then take it, and keep it all", "syncctl listen --respond 500,500,200 --save captured"),
        ],
    ),
    ("records", &[("All of them", "syncctl records list"), ("One in full", "syncctl records show enrollment enr-123")]),
    (
        "records list",
        &[
            ("Users by name", "syncctl records list user --sort name --search ada"),
            ("A course's enrollments", "syncctl records list enrollment --course c-9"),
        ],
    ),
    (
        "records show",
        &[
            ("One in full", "syncctl records show enrollment enr-123"),
            ("Its data alone", "syncctl records show user u-1 --body"),
        ],
    ),
    ("records export", &[("Everything, to move or to keep", "syncctl records export > records.ndjson")]),
    ("records import", &[("From another syncctl", "syncctl records import records.ndjson")]),
    (
        "metrics",
        &[
            ("See them", "syncctl metrics"),
            ("From cron, for the node exporter", "syncctl metrics --textfile /var/lib/node_exporter"),
        ],
    ),
    (
        "serve",
        &[
            ("On this machine", "syncctl serve"),
            ("Receive only, on every address", "syncctl serve --listen 0.0.0.0:3000 --no-process"),
        ],
    ),
    (
        "consume",
        &[
            ("What waits, without taking it", "syncctl consume --dry-run"),
            ("From cron, every minute", "syncctl consume -q --max-time 50s"),
            ("One source", "syncctl consume platform"),
        ],
    ),
    ("diff", &[("What a proxy changed", "syncctl diff sent.json received.json")]),
    (
        "secret",
        &[("A new one, for a file", "syncctl secret new > secret"), ("Is this a good one?", "syncctl secret check")],
    ),
    ("secret new", &[("For a file", "syncctl secret new > secret")]),
    ("secret check", &[("One in a file", "syncctl secret check --secret-file secret")]),
    (
        "secret rotate-plan",
        &[
            ("On what was captured", "syncctl secret rotate-plan --new-file new-secret --captured captured"),
            ("Ask the endpoints", "syncctl secret rotate-plan --new-file new-secret --try-endpoints"),
        ],
    ),
    ("version", &[("For a script", "syncctl version -o json")]),
    ("deliveries show", &[("One delivery", "syncctl deliveries show 1837")]),
    (
        "replay plan",
        &[(
            "What one endpoint refused since yesterday",
            "syncctl replay plan --endpoint backup --since yesterday > plan.json",
        )],
    ),
    (
        "replay apply",
        &[
            ("As it was planned", "syncctl replay apply plan.json"),
            ("Slowly", "syncctl replay apply plan.json --rate 50/s"),
        ],
    ),
    (
        "why",
        &[
            ("An event", "syncctl why evt_0192d3f0"),
            ("A delivery", "syncctl why 1837"),
            ("An endpoint", "syncctl why backup"),
            ("A resource", "syncctl why enrollment/enr-118"),
        ],
    ),
    (
        "logs",
        &[
            ("The latest attempts", "syncctl logs"),
            ("Follow what fails at one endpoint", "syncctl logs -f --endpoint backup --error timeout"),
            ("For a script", "syncctl logs --since yesterday --status 503 -o jsonl"),
        ],
    ),
    ("demo", &[("Ten seconds", "syncctl demo"), ("With more events", "syncctl demo --events 5000")]),
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
