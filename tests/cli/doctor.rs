//! `doctor`: each thing it looks at, once as it should be and once not; and that it changes nothing.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use chrono::TimeDelta;
use serde_json::Value;
use syncctl::clock::{Clock as _, SystemClock};

use crate::support::place::{Place, Ran, eventually};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

const GOOD: &str = "whsec_c3luY2N0bC1kb2N0b3ItdGVzdHMtc2VjcmV0LTA=";

/// A place with a secret nobody can guess, and an endpoint that answers.
fn good_place() -> (Receiver, Place) {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("WEBHOOK_SECRET", GOOD);
    (receiver, place)
}

fn doctor(place: &Place, more: &[&str]) -> (i32, Value) {
    let ran = place.run(&[&["doctor", "-o", "json"], more].concat());
    assert!(matches!(ran.code, 0 | 1) && !ran.stdout.contains("c3luY2N0"), "{ran:?}");
    let data = ran.data();
    let failed = data["checks"].as_array().unwrap().iter().any(|check| check["verdict"] == "fail");
    assert_eq!(ran.code == 1, failed, "{data}");
    (ran.code, data)
}

/// How one thing was found: its verdict, and what was said of it.
fn found(place: &Place, more: &[&str], name: &str) -> (String, String, String) {
    let (_, data) = doctor(place, more);
    let check = data["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().clone();
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("detail"), text("hint"))
}

fn verdict(place: &Place, name: &str) -> String {
    found(place, &[], name).0
}

/// Every file below the place, with its bytes and when they changed.
fn tree(directory: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let (path, metadata) = (entry.path(), entry.metadata().unwrap());
        match metadata.is_dir() {
            true => all.extend(tree(&path)),
            false => drop(
                all.insert(path.display().to_string(), (std::fs::read(&path).unwrap(), metadata.modified().unwrap())),
            ),
        }
    }
    all
}

fn sql(place: &Place, statement: &str) {
    rusqlite::Connection::open(place.database()).unwrap().execute_batch(statement).unwrap();
}

#[test]
fn a_place_that_is_well_fails_nothing_and_each_thing_has_its_line() {
    let (_receiver, place) = good_place();
    place.emit("user.created", "u-1");
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    let (code, data) = doctor(&place, &["--deep"]);
    assert_eq!((code, &data["failures"]), (0, &0.into()), "{data}");
    let names: Vec<&str> =
        data["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    let wanted = [
        "config",
        "files",
        "secrets",
        "database",
        "disk",
        "runs",
        "queue",
        "endpoints",
        "clock",
        "certificates",
        "versions",
    ];
    assert_eq!(names, wanted);
    for name in wanted.into_iter().filter(|name| *name != "disk") {
        assert_eq!(verdict(&place, name), "ok", "{name}: {data}");
    }
    let shown = place.run(&["doctor"]).stdout;
    assert!(wanted.iter().all(|name| shown.lines().any(|line| line.contains(name))), "{shown}");
    assert_eq!(place.run(&["doctor", "-o", "name"]).stdout.lines().count(), wanted.len());
}

#[test]
fn nothing_is_made_or_changed() {
    let (_receiver, place) = good_place();
    assert_eq!(found(&place, &[], "database").0, "warn");
    assert!(tree(place.dir.path()).is_empty() && !place.path("state").exists(), "no database, no directory");
    place.emit("user.created", "u-1");
    for more in [&[][..], &["--deep"]] {
        let before = tree(place.dir.path());
        assert!(before.len() > 1, "a log stands beside the database: {before:?}");
        doctor(&place, more);
        // The index of the log holds who reads; SQLite makes it anew whenever it has to.
        let of_others = |all: BTreeMap<String, _>| -> BTreeMap<String, _> {
            all.into_iter().filter(|(name, _)| !name.ends_with("-shm")).collect()
        };
        assert_eq!(of_others(tree(place.dir.path())), of_others(before), "{more:?}");
    }
    sql(&place, "PRAGMA wal_checkpoint(TRUNCATE)");
    let before = tree(place.dir.path());
    doctor(&place, &["--deep"]);
    assert_eq!(tree(place.dir.path()), before, "a file that lies still");
}

#[test]
fn a_secret_that_others_can_read_fails_and_the_hint_mends_it() {
    let (_receiver, mut place) = good_place();
    place.unset("WEBHOOK_SECRET");
    let file = place.path("a secret");
    std::fs::write(&file, GOOD).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    place.set("WEBHOOK_SECRET_FILE", file.to_str().unwrap());
    let (verdict_of, detail, hint) = found(&place, &[], "files");
    assert!(verdict_of == "fail" && detail.contains("mode 0640"), "{detail}");
    let command = hint.trim_matches('`').to_owned();
    assert!(place.prepare(Command::new("sh"), &["-c", &command]).status().unwrap().success(), "{command}");
    assert_eq!(verdict(&place, "files"), "ok");
}

#[test]
fn a_token_or_the_key_of_a_certificate_that_others_can_read_fails_too() {
    let (receiver, mut place) = good_place();
    place.unset("SYNC_WEBHOOK_URLS");
    let url = receiver.url("/hook");
    for key in ["bearer_file", "client_key_file", "proxy_auth_file"] {
        let file = place.path("shown");
        std::fs::write(&file, "user:0123456789").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let config = place.path(".config/syncctl/config.toml");
        std::fs::create_dir_all(config.parent().unwrap()).unwrap();
        let beside = match key {
            "client_key_file" => "client_cert_file = \"/nowhere.pem\"\n",
            "proxy_auth_file" => "proxy = \"http://127.0.0.1:9/\"\n",
            _ => "",
        };
        let file = file.display();
        let text = format!("[[endpoints]]\nname = \"a\"\nurl = \"{url}\"\n{key} = \"{file}\"\n{beside}");
        std::fs::write(&config, text).unwrap();
        let (verdict, detail, hint) = found(&place, &[], "files");
        assert!(verdict == "fail" && detail.contains("shown can be read by others"), "{key}: {verdict} {detail}");
        assert!(hint.contains("chmod 600"), "{hint}");
    }
}

#[test]
fn files_that_others_can_write_or_a_queue_they_can_read_are_told() {
    let (_receiver, place) = good_place();
    let config = place.path(".config/syncctl/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "[delivery]\nmax_attempts = 4\n").unwrap();
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o660)).unwrap();
    assert_eq!(verdict(&place, "files"), "fail");
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o644)).unwrap();
    place.emit("user.created", "u-1");
    assert_eq!(verdict(&place, "files"), "ok", "a configuration holds no secret");
    std::fs::set_permissions(place.database(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(verdict(&place, "files"), "warn");
}

#[test]
fn secrets_that_are_weak_or_missing_or_shared_are_told() {
    let (_receiver, mut place) = good_place();
    for (secret, wanted, says) in
        [("0123456789abcdefghijk", "warn", "fewer than 24"), ("changeme", "fail", "a placeholder, not a secret")]
    {
        place.set("WEBHOOK_SECRET", secret);
        let (verdict, detail, _) = found(&place, &[], "secrets");
        assert!(verdict == wanted && detail.contains(says) && !detail.contains(secret), "{detail}");
    }
    place.set("WEBHOOK_SECRET", GOOD);
    place.set("CRON_SECRET", GOOD);
    let (verdict, detail, _) = found(&place, &[], "secrets");
    assert!(verdict == "warn" && detail.contains("also the secret of"), "{detail}");
    place.unset("CRON_SECRET");
    place.unset("WEBHOOK_SECRET");
    assert!(found(&place, &[], "secrets").1.contains("nothing is sent unsigned"));
}

#[test]
fn a_broken_configuration_is_told_beside_everything_else() {
    let (_receiver, mut place) = good_place();
    place.emit("user.created", "u-1");
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "soon");
    let (verdict_of, detail, hint) = found(&place, &[], "config");
    assert!(verdict_of == "fail" && detail.contains("soon") && hint.contains("config validate"), "{detail} {hint}");
    assert_eq!(verdict(&place, "database"), "ok");
}

#[test]
fn a_damaged_database_fails_whatever_is_damaged() {
    let (_receiver, place) = good_place();
    place.emit_many(200);
    sql(&place, "PRAGMA wal_checkpoint(TRUNCATE)");
    let good = std::fs::read(place.database()).unwrap();
    for (from, what) in [(0, "its head"), (4096 * 2, "a page"), (good.len() - 4096, "its last page")] {
        let mut bytes = good.clone();
        bytes[from..from + 512].fill(0xa5);
        std::fs::write(place.database(), &bytes).unwrap();
        let (verdict, detail, hint) = found(&place, &[], "database");
        assert_eq!(verdict, "fail", "{what}: {detail}");
        assert!(hint.contains("backup"), "{what}: {hint}");
        assert_eq!(std::fs::read(place.database()).unwrap(), bytes, "{what}: it stays as it is");
    }
    std::fs::write(place.database(), &good).unwrap();
    sql(&place, "UPDATE event SET body = x'78' WHERE seq = 7");
    assert_eq!(verdict(&place, "database"), "ok", "its structure is sound");
    let (verdict, detail, _) = found(&place, &["--deep"], "database");
    assert!(verdict == "fail" && detail.contains("not the one that was emitted"), "{detail}");
}

#[test]
fn an_older_schema_is_told_and_left_alone_and_a_newer_one_fails() {
    let (_receiver, place) = good_place();
    place.emit("user.created", "u-1");
    let version = || -> i64 {
        let connection = rusqlite::Connection::open(place.database()).unwrap();
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    for (schema, wanted) in [(2, "warn"), (99, "fail")] {
        sql(&place, &format!("PRAGMA user_version = {schema}"));
        assert_eq!((verdict(&place, "database").as_str(), version()), (wanted, schema));
    }
    std::fs::write(place.database(), "").unwrap();
    assert_eq!(verdict(&place, "database"), "warn", "an empty file is filled by the next command");
    assert_eq!(std::fs::metadata(place.database()).unwrap().len(), 0);
}

#[test]
fn what_is_due_and_never_sent_asks_for_the_cron_job() {
    let (_receiver, mut place) = good_place();
    place.emit_many(3);
    assert_eq!(verdict(&place, "runs"), "ok", "not due for long");
    place.set("SYNCCTL_HEALTH_MAX_DUE_AGE", "1ms");
    let (verdict_of, detail, hint) = found(&place, &[], "runs");
    assert!(verdict_of == "fail" && detail.contains("3 pending deliveries") && detail.contains("cron"), "{detail}");
    assert!(hint.contains("`syncctl process`"));
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    assert_eq!(verdict(&place, "runs"), "ok");
}

#[test]
fn a_run_that_was_killed_is_told_and_left_as_it_is() {
    let (_receiver, place) = good_place();
    // With the database there, every look finds its runs.
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    let mut child = place.spawn(&["process", "--watch"]);
    eventually("it runs", || found(&place, &[], "runs").1.contains("is running"));
    child.kill().unwrap();
    child.wait().unwrap();
    for _ in 0..2 {
        let (verdict, detail, _) = found(&place, &[], "runs");
        assert!(verdict == "warn" && detail.contains("1 run died"), "{detail}");
    }
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    assert_eq!(verdict(&place, "runs"), "ok");
}

#[test]
fn a_clock_that_jumped_back_and_a_queue_that_is_not_healthy_are_told() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let (_receiver, mut place) = good_place();
    place.set_clock("+1h");
    place.emit("user.created", "u-1");
    place.set_clock("+0s");
    let (verdict_of, detail, _) = found(&place, &[], "clock");
    assert!(verdict_of == "fail" && detail.contains("jumped back"), "{detail}");
    place.set("SYNC_WEBHOOK_URLS", "http://127.0.0.1:1/");
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit("user.created", "u-2");
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    assert_eq!(verdict(&place, "queue"), "fail");
}

#[test]
fn no_endpoint_is_worth_a_look() {
    let place = Place::new();
    assert_eq!(verdict(&place, "endpoints"), "warn");
}

#[test]
fn quietly_it_says_only_what_is_wrong() {
    let (_receiver, mut place) = good_place();
    place.set("WEBHOOK_SECRET", "changeme");
    let Ran { code, stdout, .. } = place.run(&["doctor", "-q"]);
    assert!(code == 1 && stdout.contains("1 failure"), "{stdout}");
}

/// A moment from now, as text.
fn written(from_now: TimeDelta, form: &str) -> String {
    (SystemClock.now().to_datetime() + from_now).format(form).to_string()
}

/// A receiver whose clock is ahead of ours.
fn ahead(seconds: i64) -> Receiver {
    Receiver::new(move |_| {
        let date = written(TimeDelta::seconds(seconds), "%a, %d %b %Y %H:%M:%S GMT");
        Reply::With(405, vec![("date", date)], Vec::new())
    })
}

fn calling(receiver: &Receiver) -> Place {
    let mut place = Place::sending_to(&[receiver.url("/hooks?key=1")]);
    place.set("WEBHOOK_SECRET", GOOD);
    place
}

#[test]
fn an_endpoint_is_called_only_if_asked_and_gets_nothing_it_could_apply() {
    let receiver = ahead(0);
    let place = calling(&receiver);
    doctor(&place, &[]);
    assert_eq!(receiver.count(), 0);
    let (verdict_of, detail, _) = found(&place, &["--online"], "endpoints");
    assert!(verdict_of == "ok" && detail.contains("no TLS, HTTP 405"), "{detail}");
    let sent = receiver.requests();
    assert_eq!((sent.len(), sent[0].path.as_str(), sent[0].body.len()), (1, "/", 0));
    let headers: Vec<&str> = sent[0].headers.keys().map(String::as_str).collect();
    assert_eq!(headers, ["host", "user-agent"]);
    place.emit("user.created", "u-1");
    let name = place.data(&["endpoints", "list"])[0]["name"].as_str().unwrap().to_owned();
    assert_eq!(place.run(&["endpoints", "pause", &name]).code, 0);
    assert!(found(&place, &["--online"], "endpoints").1.contains("paused, so not called"));
    assert_eq!(receiver.count(), 1);
}

#[test]
fn a_clock_far_from_those_of_the_receivers_is_told() {
    for (seconds, wanted) in [(0, "ok"), (-20, "warn"), (20, "warn"), (90, "fail"), (-90, "fail")] {
        let (verdict, detail, hint) = found(&calling(&ahead(seconds)), &["--online"], "clock");
        assert_eq!(verdict, wanted, "{seconds}: {detail}");
        assert_eq!(hint.contains("timedatectl"), wanted != "ok");
        assert_eq!(detail.contains("behind"), seconds > 0, "{seconds}: {detail}");
    }
}

#[test]
fn an_endpoint_that_is_not_there_or_may_not_be_called_fails() {
    let mut place = Place::sending_to(&["http://127.0.0.1:1/", "http://127.0.0.1:2/"]);
    place.set("WEBHOOK_SECRET", GOOD);
    assert!(found(&place, &["--online"], "endpoints").1.contains("connection refused"));
    let (_, data) = doctor(&place, &["--online"]);
    let lines = data["checks"].as_array().unwrap().iter().filter(|check| check["name"] == "endpoints");
    assert_eq!(lines.count(), 2, "each has its line");
    place.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    let (verdict, detail, _) = found(&place, &["--online"], "endpoints");
    assert!(verdict == "fail" && detail.contains("egress"), "{detail}");
}

const AUTHORITY: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\n\
    default_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n";

/// A server whose certificate, which the place trusts, ends at a time from now.
fn secure_server(place: &mut Place, ends: TimeDelta) -> (Child, u16) {
    for (name, text) in [("ca.cnf", AUTHORITY), ("index", ""), ("ext", "subjectAltName=DNS:localhost\n")] {
        std::fs::write(place.path(name), text).unwrap();
    }
    let end = written(ends, "%Y%m%d%H%M%SZ");
    let request =
        "req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout own.key -out csr -subj /CN=localhost";
    let sign = format!(
        "ca -batch -notext -selfsign -config ca.cnf -in csr -keyfile own.key -out own.pem -extfile ext \
         -startdate 20200101000000Z -enddate {end}"
    );
    let openssl = |line: &str| place.prepare(Command::new("openssl"), &line.split_whitespace().collect::<Vec<_>>());
    for line in [request, &sign] {
        let ran = openssl(line).output().unwrap();
        assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = openssl(&format!("s_server -quiet -accept {port} -cert own.pem -key own.key"));
    // Its standard input stays open: at its end it would leave.
    let child = server.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the server listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    place.set("SYNCCTL_TLS_CA_FILE", place.path("own.pem").to_str().unwrap());
    place.set("SYNC_WEBHOOK_URLS", &format!("https://localhost:{port}/"));
    (child, port)
}

#[test]
fn a_certificate_that_expired_fails_and_one_that_soon_will_is_told() {
    if !has_tools(&["openssl"]) {
        return;
    }
    for (ends, wanted, says) in [
        (TimeDelta::days(-1), "fail", "expired"),
        (TimeDelta::hours(6 * 24 + 12), "warn", "certificate expires in 6 days"),
        (TimeDelta::hours(90 * 24 + 12), "warn", "certificate valid for 90 days, timed out after 5s"),
    ] {
        let mut place = Place::new();
        let (mut server, _) = secure_server(&mut place, ends);
        let (verdict, detail, _) = found(&place, &["--online"], "endpoints");
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(verdict == wanted && detail.contains(says), "{verdict}: {detail}");
    }
}

#[test]
fn certificates_to_trust_that_are_none_fail_where_they_are_needed() {
    let mut place = Place::sending_to(&["https://localhost:1/"]);
    std::fs::write(place.path("none.pem"), "nothing").unwrap();
    place.set("SYNCCTL_TLS_CA_FILE", place.path("none.pem").to_str().unwrap());
    let (verdict_of, detail, _) = found(&place, &[], "certificates");
    assert!(verdict_of == "fail" && detail.contains("holds no certificate"), "{detail}");
    place.set("SYNC_WEBHOOK_URLS", "http://localhost:1/");
    assert_eq!(verdict(&place, "certificates"), "ok");
}

#[test]
fn the_schedule_is_told_by_its_runs_and_so_is_what_was_missed() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let (_receiver, mut place) = good_place();
    place.set_clock("-20m");
    place.emit("user.created", "u");
    let run_at = |place: &mut Place, minutes: std::ops::RangeInclusive<i64>| {
        for minute in minutes {
            place.set_clock(&format!("{}s", minute * 60 - 1));
            assert_eq!(place.run(&["process", "-q"]).code, 0);
        }
    };
    run_at(&mut place, -19..=-12);
    place.set_clock("-12m");
    let (verdict, detail, _) = found(&place, &[], "schedule");
    assert_eq!(verdict, "ok", "{detail}");
    assert!(detail.starts_with("`process` every 1m") || detail.starts_with("`process` every 59"), "{detail}");
    run_at(&mut place, -5..=0);
    place.unset("LD_PRELOAD");
    place.unset("FAKETIME");
    let (verdict, detail, hint) = found(&place, &[], "schedule");
    assert_eq!(verdict, "warn", "{detail}");
    assert!(detail.contains("6 missed (none for 7m"), "{detail}");
    assert!(hint.contains("journalctl"), "{hint}");
    assert_eq!(place.run(&["doctor", "-q"]).code, 0, "it is a warning");
}

#[test]
fn certificates_and_secrets_that_end_are_told_with_the_days_that_are_left() {
    if !has_tools(&["openssl", "faketime"]) {
        return;
    }
    let mut place = Place::new();
    let make = |name: &str, days: &str| {
        let (pem, key) = (place.path(&format!("{name}.pem")), place.path(&format!("{name}.key")));
        let made = std::process::Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-subj", "/CN=c", "-days", days, "-keyout", key.to_str().unwrap(), "-out", pem.to_str().unwrap()])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        std::fs::read(pem).unwrap()
    };
    make("client", "29");
    let (short, long) = (make("ca", "3"), make("other", "400"));
    std::fs::write(place.path("ca.pem"), [short, long].concat()).unwrap();
    let config = "[webhook]\nrotate_by = \"2120-01-31\"\n\n[[endpoints]]\nname = \"admin\"\nurl = \"https://127.0.0.1:9/\"\n\
        client_cert_file = \"client.pem\"\nclient_key_file = \"client.key\"\nca_file = \"ca.pem\"\n";
    std::fs::write(place.path("c.toml"), config).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    let found = |place: &Place| -> Vec<(String, String)> {
        let (_, data) = doctor(place, &[]);
        let checks = data["checks"].as_array().unwrap().iter().filter(|check| check["name"] == "expiry");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        checks.map(|check| (text(&check["verdict"]), text(&check["detail"]))).collect()
    };
    let now = found(&place);
    let verdicts: Vec<&str> = now.iter().map(|(verdict, _)| verdict.as_str()).collect();
    assert_eq!(verdicts, ["warn", "ok", "ok"], "{now:?}");
    assert!(now[0].1.starts_with("client certificate of admin (") && now[0].1.contains("28 days left, until 20"));
    assert!(now[2].1.starts_with("webhook.secret: ") && now[2].1.ends_with("until 2120-01-31"), "{now:?}");
    place.set_clock("+10d");
    let later = found(&place);
    assert_eq!(later[1].0, "warn", "one of two that are trusted has ended: {later:?}");
    assert!(later[1].1.contains("1 of 2 in it have expired"), "{later:?}");
    place.set_clock("+31d");
    let later = found(&place);
    assert!(
        later[0].0 == "fail" && later[0].1.contains("expired on 20") && later[0].1.ends_with("2 days ago"),
        "{later:?}"
    );
    std::fs::write(place.path("client.pem"), "no certificate").unwrap();
    let broken = found(&place);
    assert!(broken[0].0 == "fail" && broken[0].1.contains("holds no certificate"), "{broken:?}");
}
