//! Alerts: who is told of what, once, in the right shape, and never at the cost of a delivery.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::alert_services::Strict;
use crate::support::place::{Place, kill, within};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

const DSN_KEY: &str = "canarykey0123456789abcdef0123456";
const ROUTING_KEY: &str = "canaryroutingkey0123456789abcdef";
const SLACK_PATH: &str = "canary-slack-path";
const MATTERMOST_PATH: &str = "canary-mattermost-path";
const SIGNING_SECRET: &str = "canary-signing-secret-of-alerts";
const CANARIES: &[&str] = &[DSN_KEY, ROUTING_KEY, SLACK_PATH, MATTERMOST_PATH, SIGNING_SECRET];

/// A place with one endpoint, `admin`, each delivery to which gets one attempt.
struct Told {
    place: Place,
    config: String,
}

impl Told {
    fn of(url: &str) -> Self {
        let mut place = Place::new();
        place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
        place.set("SYNCCTL_ADMIN_TOKEN", "admin-token-of-the-tests");
        place.set("CRON_SECRET", "cron-secret-of-the-tests");
        let config = format!("[[endpoints]]\nname = \"admin\"\nurl = \"{url}\"\nmax_attempts = 1\ntimeout = \"2s\"\n");
        Self { place, config }.written()
    }

    fn written(self) -> Self {
        std::fs::write(self.place.path("c.toml"), &self.config).unwrap();
        self
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.place.path(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn with(mut self, alerts: &str) -> Self {
        let _ = write!(self.config, "\n[[alerts]]\n{alerts}\n");
        self.written()
    }

    fn pagerduty(self, service: &Receiver, more: &str) -> Self {
        let key = self.file("pagerduty.key", ROUTING_KEY);
        let url = service.url("/v2/enqueue");
        self.with(&format!("service = \"pagerduty\"\nrouting_key_file = \"{key}\"\nurl = \"{url}\"\n{more}"))
    }

    fn incidents(&self) -> Value {
        self.place.data(&["alerts", "list"])
    }
}

fn actions(service: &Strict) -> Vec<(String, String)> {
    let action = |body: Value| (body["event_action"].as_str().unwrap().to_owned(), body["dedup_key"].to_string());
    service.taken().iter().map(|request| action(request.json())).collect()
}

fn every_service() -> (Told, [Strict; 4], Receiver, Receiver) {
    let broken = Receiver::new(|request| match request.header("x-sync-trigger") {
        "initial" => Reply::With(422, Vec::new(), b"canary-answer".to_vec()),
        _ => Reply::Status(200),
    });
    let services = [Strict::sentry(), Strict::pagerduty(), Strict::slack(), Strict::mattermost()];
    let own = Receiver::good();
    let told = Told::of(&broken.url("/canary-path?token=canary-query"));
    let dsn = format!("http://{DSN_KEY}@{}/42", services[0].receiver.address);
    let dsn = told.file("sentry.dsn", &dsn);
    let slack = told.file("slack.url", &services[2].receiver.url(&format!("/services/T0/B0/{SLACK_PATH}")));
    let secret = told.file("own.secret", SIGNING_SECRET);
    let mattermost = services[3].receiver.url(&format!("/hooks/{MATTERMOST_PATH}"));
    let out = told.place.path("told.jsonl");
    let mut told = told
        .with(&format!("service = \"sentry\"\ndsn_file = \"{dsn}\""))
        .pagerduty(&services[1].receiver, "")
        .with(&format!("service = \"slack\"\nurl_file = \"{slack}\""))
        .with("service = \"mattermost\"\nurl_env = \"MATTERMOST_URL\"")
        .with(&format!("service = \"webhook\"\nurl = \"{}\"\nsecret_file = \"{secret}\"", own.url("/alerts")))
        .with(&format!("service = \"command\"\ncommand = \"cat >> {}\"", out.display()));
    told.place.set("MATTERMOST_URL", &mattermost);
    (told, services, own, broken)
}

#[test]
fn every_service_is_told_in_its_own_shape_of_what_failed_and_that_it_is_over_and_never_of_data() {
    let (told, services, own, _broken) = every_service();
    let place = &told.place;
    let data = r#"{"name":"canary-data"}"#;
    let emitted = place.data(&["emit", "user.updated", "canary-resource", "--data", data]);
    assert_eq!(place.run(&["process"]).code, 3);
    for service in &services {
        assert_eq!(service.taken().len(), 1);
    }
    let request = &own.requests()[0];
    let alert = request.json();
    assert_eq!((&alert["data"]["kind"], &alert["data"]["subject"]), (&"delivery-failed".into(), &"admin".into()));
    assert_eq!((&alert["data"]["eventType"], &alert["data"]["count"]), (&"user.updated".into(), &1.into()));
    assert_eq!(alert["data"]["nextCommand"], "syncctl failures list --endpoint admin");
    assert!(alert["data"]["reason"].as_str().unwrap().contains("HTTP 422"), "{alert}");
    let header = |name: &str| format!("{name}: {}", request.header(name));
    let secret = place.path("own.secret");
    let mut verify = vec!["verify", "-", "--scheme", "standard", "--secret-file", secret.to_str().unwrap()];
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
    headers.iter().for_each(|header| verify.extend(["--header", header.as_str()]));
    assert_eq!(place.run_with_input(&verify, &request.body).code, 0);
    // It is delivered at last: everybody hears that it is over.
    place.ok(&["replay", emitted["event"]["id"].as_str().unwrap()]);
    place.ok(&["process"]);
    let keys = actions(&services[1]);
    assert_eq!(keys.iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(), ["trigger", "resolve"]);
    assert_eq!(keys[0].1, keys[1].1);
    services.iter().for_each(|service| assert_eq!(service.taken().len(), 2));
    let lines = std::fs::read_to_string(place.path("told.jsonl")).unwrap();
    let phases: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["data"]["phase"].clone()).collect();
    assert_eq!(phases, ["opened", "resolved"]);
    let sent = services.iter().flat_map(|it| it.receiver.requests()).chain(own.requests());
    for request in sent {
        let all = format!("{} {:?} {}", request.path, request.headers, String::from_utf8_lossy(&request.body));
        for canary in ["canary-data", "canary-resource", "canary-answer", "canary-path", "canary-query"] {
            assert!(!all.replace(SLACK_PATH, "").replace(MATTERMOST_PATH, "").contains(canary), "{all}");
        }
    }
    let listed = told.incidents();
    assert_eq!((&listed[0]["state"], listed[0]["told"].as_array().unwrap().len()), (&"resolved".into(), 6));
}

#[test]
fn no_secret_of_a_service_is_ever_shown_whatever_the_service_answers() {
    let (told, ..) = every_service();
    let place = &told.place;
    place.emit("user.updated", "u");
    // Services that refuse and echo what they got.
    let echo = Receiver::new(|request| {
        let echoed = format!("{} {:?} {}", request.path, request.headers, String::from_utf8_lossy(&request.body));
        Reply::With(403, Vec::new(), echoed.into_bytes())
    });
    let again = |name: &str, text: &str| told.file(name, text);
    again("sentry.dsn", &format!("http://{DSN_KEY}@{}/42", echo.address));
    again("slack.url", &echo.url(&format!("/services/T0/B0/{SLACK_PATH}")));
    let commands: [&[&str]; 11] = [
        &["process", "-vvv"],
        &["alerts", "list", "-o", "wide"],
        &["alerts", "list", "-o", "json"],
        &["alerts", "test"],
        &["alerts", "test", "--dry-run"],
        &["alerts", "test", "-o", "json", "-vvv"],
        &["config", "show", "--origin"],
        &["config", "validate"],
        &["health", "-o", "json"],
        &["doctor"],
        &["check"],
    ];
    for command in commands {
        let ran = place.run(command);
        for canary in CANARIES {
            assert!(!format!("{ran:?}").contains(canary), "{command:?} shows {canary}: {ran:?}");
        }
    }
    let database: Vec<u8> = std::fs::read(place.database()).unwrap();
    let holds = |canary: &&str| database.windows(canary.len()).any(|it| it == canary.as_bytes());
    assert!(!CANARIES.iter().any(holds));
}

#[test]
fn of_two_processes_at_the_same_time_one_tells() {
    let service = Strict::pagerduty();
    let broken = Receiver::new(|_| Reply::Status(422));
    let told = Told::of(&broken.url("/")).pagerduty(&service.receiver, "");
    told.place.emit_many(20);
    let mut running: Vec<_> = (0..4).map(|_| told.place.spawn(&["process"])).collect();
    for process in &mut running {
        assert!(matches!(process.wait().unwrap().code(), Some(0 | 3)));
    }
    told.place.run(&["process"]);
    let triggers = actions(&service);
    assert!(triggers.iter().all(|(action, key)| action == "trigger" && *key == triggers[0].1), "{triggers:?}");
    assert_eq!(triggers.len(), 1, "once, and within the quiet time not again: {triggers:?}");
    assert_eq!(told.incidents().as_array().unwrap().len(), 1);
    assert_eq!(told.incidents()[0]["count"], 20);
}

#[test]
fn an_open_circuit_and_a_gone_endpoint_are_told_and_so_is_their_end() {
    let service = Strict::pagerduty();
    let receiver = Receiver::new(|request| match request.event_id() {
        "gone" => Reply::Status(410),
        _ if request.header("x-sync-attempt") == "1" => Reply::Status(503),
        _ => Reply::Status(200),
    });
    // With a single attempt, those before the circuit opens would be the last.
    let told = Told::of(&receiver.url("/"));
    let config = told.config.replace("max_attempts = 1\n", "");
    let told = Told { config, ..told }.pagerduty(&service.receiver, "quiet = \"0s\"");
    let place = &told.place;
    place.emit_many(6);
    place.run(&["process"]);
    let open = told.incidents();
    assert_eq!((&open[0]["kind"], &open[0]["state"]), (&"circuit-open".into(), &"open".into()), "{open}");
    assert_eq!(open[0]["nextCommand"], "syncctl why admin");
    place.ok(&["endpoints", "resume", "admin"]);
    place.run(&["process", "--wait"]);
    place.run(&["process"]);
    let kinds = |state: &str| -> Vec<String> {
        let rows = told.incidents();
        let rows = rows.as_array().unwrap().iter().filter(|it| it["state"] == state);
        rows.map(|it| it["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert!(kinds("resolved").contains(&"circuit-open".to_owned()), "{}", told.incidents());
    place.data(&["emit", "user.updated", "other", "--data", "{}", "--id", "gone"]);
    place.run(&["process"]);
    assert!(kinds("open").contains(&"endpoint-gone".to_owned()), "{}", told.incidents());
    place.ok(&["endpoints", "resume", "admin"]);
    place.run(&["process"]);
    assert!(!kinds("open").contains(&"endpoint-gone".to_owned()), "{}", told.incidents());
    let told_of = actions(&service);
    let count = |wanted: &str| told_of.iter().filter(|(action, _)| action == wanted).count();
    assert!(count("trigger") >= 3 && count("resolve") >= 2, "{told_of:?}");
}

#[test]
fn a_service_that_hangs_or_fails_stops_no_delivery_and_shows_in_health() {
    let hanging = Receiver::new(|_| Reply::Hang);
    let failing = Receiver::new(|_| Reply::Status(500));
    let receiver = Receiver::new(|request| Reply::Status(if request.event_id() == "e0" { 422 } else { 200 }));
    let told = Told::of(&receiver.url("/"));
    let secret = told.file("s", SIGNING_SECRET);
    let webhook = |url: String, name: &str| {
        format!("name = \"{name}\"\nservice = \"webhook\"\nurl = \"{url}\"\nsecret_file = \"{secret}\"")
    };
    let mut told = told.with(&webhook(hanging.url("/"), "hanging")).with(&webhook(failing.url("/"), "failing"));
    told = told.with("name = \"unreadable\"\nservice = \"sentry\"\ndsn_file = \"/nowhere/dsn\"");
    told.place.emit_many(50);
    let began = Instant::now();
    assert_eq!(told.place.run(&["process"]).code, 3);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(told.place.queue()["delivered"], 49);
    let health = told.place.run(&["health", "-o", "json"]).data();
    let checks = health["health"]["checks"].as_array().unwrap().clone();
    let check = checks.iter().find(|check| check["name"] == "alerts").unwrap();
    assert_eq!(check["state"], "warning", "{check}");
    let message = check["message"].as_str().unwrap();
    for part in ["hanging (timed out after 5s)", "failing (HTTP 500)", "unreadable (", "/nowhere/dsn"] {
        assert!(message.contains(part), "{message}");
    }
    let errors: Vec<String> = told.incidents()[0]["told"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["error"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(errors.len() == 3 && errors.iter().all(|error| !error.is_empty()), "{errors:?}");
    let doctor = told.place.run(&["doctor", "-o", "json"]).data();
    assert!(doctor.to_string().contains("alerts could not be sent"), "{doctor}");
    assert!(told.place.run(&["check"]).stdout.contains("alerts could not be sent"));
}

#[test]
fn what_could_not_be_told_is_told_later() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let service = Receiver::new(|request| match request.json()["data"]["phase"].as_str() {
        _ if request.header("webhook-timestamp").parse::<i64>().unwrap() < limit() => Reply::Status(503),
        _ => Reply::Status(200),
    });
    let broken = Receiver::new(|_| Reply::Status(422));
    let told = Told::of(&broken.url("/"));
    let secret = told.file("s", SIGNING_SECRET);
    let mut told =
        told.with(&format!("service = \"webhook\"\nurl = \"{}\"\nsecret_file = \"{secret}\"", service.url("/")));
    told.place.emit("user.updated", "u");
    told.place.run(&["process"]);
    assert_eq!(told.incidents()[0]["told"][0]["error"], "HTTP 503");
    told.place.set_clock("+2h");
    told.place.run(&["process"]);
    let after = told.incidents()[0]["told"][0].clone();
    assert!(after["error"].is_null() && after["toldAt"].is_string(), "{after}");
    let requests = service.requests();
    let ids: Vec<&str> = requests.iter().map(|request| request.header("webhook-id")).collect();
    assert!(ids.len() >= 2 && ids.iter().all(|id| *id == ids[0]), "the same notice has the same id: {ids:?}");
}

/// An hour from now, in seconds since 1970.
fn limit() -> i64 {
    use syncctl::clock::{Clock as _, SystemClock};
    SystemClock.now().as_seconds() + 3_600
}

#[test]
fn a_queue_that_nobody_drains_is_told_by_a_server_that_does_not_deliver_either() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let service = Strict::pagerduty();
    let mut told = Told::of("http://127.0.0.1:9/").pagerduty(&service.receiver, "kinds = \"queue-lag\"");
    told.place.emit("user.updated", "u");
    told.place.set_clock("+16m");
    let mut server = told.place.spawn(&["serve", "--listen", "127.0.0.1:0", "--no-process"]);
    let requests = service.receiver.wait_for(1, Duration::from_secs(20));
    kill(&server, "-TERM");
    assert_eq!(server.wait().unwrap().code(), Some(0));
    let payload = &requests[0].json()["payload"];
    assert_eq!((&payload["class"], &payload["severity"]), (&"queue-lag".into(), &"critical".into()));
    assert!(payload["summary"].as_str().unwrap().contains("no worker is running"), "{payload}");
    assert_eq!(actions(&service).len(), 1);
}

#[test]
fn a_worker_that_watches_tells_while_it_runs_and_hears_of_new_alerts_with_a_reload() {
    let (first, second) = (Strict::pagerduty(), Strict::pagerduty());
    let broken = Receiver::new(|_| Reply::Status(422));
    let told = Told::of(&broken.url("/"));
    let place = told.config.clone();
    let told = told.pagerduty(&first.receiver, "");
    told.place.emit("user.updated", "u");
    let mut worker = told.place.spawn(&["process", "--watch"]);
    first.receiver.wait_for(1, Duration::from_secs(20));
    let told = Told { config: place, ..told }.pagerduty(&second.receiver, "name = \"second\"");
    kill(&worker, "-HUP");
    second.receiver.wait_for(1, Duration::from_secs(20));
    kill(&worker, "-TERM");
    assert_eq!(worker.wait().unwrap().code(), Some(0));
    assert_eq!((actions(&first).len(), actions(&second).len()), (1, 1));
    assert_eq!(told.incidents()[0]["told"].as_array().unwrap().len(), 2);
}

#[test]
fn certificates_and_secrets_that_end_soon_are_told() {
    if !has_tools(&["openssl"]) {
        return;
    }
    let service = Strict::pagerduty();
    let receiver = Receiver::good();
    let told = Told::of(&receiver.url("/"));
    let (pem, key) = (told.place.path("client.pem"), told.place.path("client.key"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=c"])
        .args(["-days", "5", "-keyout", key.to_str().unwrap(), "-out", pem.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let config = format!(
        "{}client_cert_file = \"client.pem\"\nclient_key_file = \"client.key\"\n\n[webhook]\nrotate_by = \"2020-01-31\"\n",
        told.config
    );
    let told = Told { config, ..told }.written().pagerduty(&service.receiver, "");
    told.place.emit("user.updated", "u");
    told.place.ok(&["process"]);
    let mut classes: Vec<(String, String)> = service
        .taken()
        .iter()
        .map(|it| it.json()["payload"].clone())
        .map(|it| (it["class"].as_str().unwrap().to_owned(), it["severity"].as_str().unwrap().to_owned()))
        .collect();
    classes.sort();
    let expected = [("certificate-expiry", "warning"), ("secret-expiry", "critical")];
    assert_eq!(classes, expected.map(|(class, severity)| (class.to_owned(), severity.to_owned())));
    let listed = told.incidents().to_string();
    assert!(listed.contains("client certificate of admin: expires on 20") && listed.contains("expired on 2020-01-31"));
}

#[test]
fn a_test_tries_the_way_to_everybody_and_says_who_could_not_be_told() {
    let (told, services, own, _) = every_service();
    let place = &told.place;
    assert_eq!(place.data(&["alerts", "test"]).as_array().unwrap().len(), 6);
    assert_eq!(services.iter().map(|it| it.taken().len()).collect::<Vec<_>>(), [1, 2, 1, 1]);
    assert_eq!(actions(&services[1]).iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["trigger", "resolve"]);
    assert!(!place.database().exists(), "a test needs no queue");
    assert_eq!(own.count(), 1);
    place.ok(&["alerts", "test", "webhook", "-q"]);
    assert_eq!(own.count(), 2);
    let dry = place.ok(&["alerts", "test", "--dry-run"]);
    assert!(dry.contains("nothing was sent") && dry.contains("\"routing_key\":\"********\""), "{dry}");
    assert_eq!(own.count(), 2);
    told.file("pagerduty.key", "too-short");
    let ran = place.run(&["alerts", "test"]);
    assert!(ran.code == 1 && ran.stdout.contains("routing key"), "{ran:?}");
    let ran = place.run(&["alerts", "test", "pagerdut"]);
    assert!(ran.code == 2 && ran.stderr.contains("did you mean `pagerduty`?"), "{ran:?}");
    assert_eq!(Place::new().run(&["alerts", "test"]).code, 78);
}

#[test]
fn what_is_wrong_in_the_configuration_is_said_with_its_line() {
    let wrong = [
        ("service = \"pager\"", "`pager` is none of sentry, pagerduty"),
        ("service = \"sentry\"", "sentry needs dsn_file or dsn_env"),
        ("service = \"slack\"\nurl = \"https://hooks.slack.com/services/x\"", "slack needs url_file or url_env"),
        (
            "service = \"slack\"\nurl_env = \"X\"\nurl = \"https://hooks.slack.com/x\"",
            "the URL of an incoming webhook is a secret",
        ),
        ("service = \"webhook\"\nsecret_env = \"X\"", "webhook needs a url"),
        ("service = \"command\"", "command needs a command"),
        ("service = \"sentry\"\ndsn_env = \"X\"\ncommand = \"true\"", "sentry does not take a command"),
        (
            "service = \"sentry\"\ndsn_env = \"X\"\nkinds = [\"circuit\"]",
            "there is no kind `circuit`; there are delivery-failed, circuit-open",
        ),
        ("service = \"sentry\"\ndsn_env = \"X\"\nquiet = \"25h\"", "at most 24h"),
        ("service = \"sentry\"\ndsn_env = \"X\"\nquite = \"1h\"", "did you mean `quiet`?"),
    ];
    for (alerts, text) in wrong {
        let ran = Told::of("http://127.0.0.1:9/").with(alerts).place.run(&["config", "validate"]);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code == 78 && said.contains(text) && said.contains("c.toml:"), "{alerts}: {said}");
    }
}

#[test]
fn a_queue_with_nobody_to_tell_keeps_no_incidents_and_is_no_slower_to_end() {
    let broken = Receiver::new(|_| Reply::Status(422));
    let told = Told::of(&broken.url("/"));
    told.place.emit("user.updated", "u");
    told.place.run(&["process"]);
    let ran = told.place.run(&["alerts", "list"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    within(Duration::from_secs(1), "no incident", || told.incidents().as_array().unwrap().is_empty());
}
