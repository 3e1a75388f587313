//! Troubles that are seeded, found and repaired by the commands that the messages name, at most three each.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::place::{Place, eventually};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

/// A receiver that is wrong in its own way until it is mended.
fn mendable(wrong: impl Fn() -> Reply + Send + Sync + 'static) -> (Receiver, Arc<AtomicBool>) {
    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&is_mended);
    (Receiver::new(move |_| if mended.load(Ordering::SeqCst) { Reply::Status(200) } else { wrong() }), is_mended)
}

/// The commands that `why` names for what stands in the way.
fn remedies(place: &Place, what: &str) -> Vec<String> {
    let explained = place.data(&["why", what]);
    let deliveries = explained["deliveries"].as_array().cloned().unwrap_or_else(|| vec![explained]);
    let commands = deliveries.iter().flat_map(|it| it["commands"].as_array().unwrap().clone());
    commands.map(|command| command.as_str().unwrap().to_owned()).collect()
}

/// Runs the commands as they are named.
fn follow(place: &Place, commands: &[String]) {
    assert!((1..=3).contains(&commands.len()), "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.strip_prefix("syncctl ").expect(command).split(' ').collect();
        let ran = place.run(&words);
        assert_eq!(ran.code, 0, "{command}: {ran:?}");
    }
}

#[test]
fn a_wrong_secret_is_answered_401_and_its_deliveries_are_replayed_once_it_is_right() {
    let receiver = Receiver::new(|request| {
        let right = syncctl_signature(&request.body);
        Reply::Status(if request.header("x-webhook-signature") == right { 200 } else { 401 })
    });
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("WEBHOOK_SECRET", "not-the-secret-of-the-receiver");
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    let why = place.run(&["why", "1"]).stdout;
    assert!(why.contains("HTTP 401") && why.contains("compare the secrets of both sides"), "{why}");
    place.set("WEBHOOK_SECRET", crate::support::place::SECRET);
    follow(&place, &remedies(&place, "1"));
    assert_eq!(place.queue()["delivered"], 1);
}

/// The original's signature of a body under the secret that the receiver has.
fn syncctl_signature(body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(crate::support::place::SECRET.as_bytes()).unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[test]
fn a_time_out_is_named_and_repaired_by_a_replay() {
    let (receiver, is_mended) = mendable(|| Reply::Hang);
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "200ms");
    place.emit("user.created", "u");
    place.run(&["process", "-q"]);
    let why = place.run(&["why", "1"]).stdout;
    assert!(why.contains("timed out") && why.contains("longer than the endpoint's timeout"), "{why}");
    is_mended.store(true, Ordering::SeqCst);
    follow(&place, &remedies(&place, "1"));
    assert_eq!(place.queue()["delivered"], 1);
}

/// A server over TLS that takes every webhook, until whoever started it is gone.
const TAKES_ALL: &str = "import http.server, os, ssl, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['content-length']))
        self.send_response(200); self.send_header('content-length', '0'); self.end_headers()
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('own.pem', 'own.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
parent = os.getppid()
while os.getppid() == parent: time.sleep(0.05)
os._exit(0)";

/// A process that ends with the test, however that ends.
struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes `own.pem` and `own.key` for localhost, signed by itself, valid from and to these dates.
fn make_certificate(place: &Place, from: &str, to: &str) {
    let authority = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\n\
        default_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n";
    std::fs::write(place.path("ca.cnf"), authority).unwrap();
    std::fs::write(place.path("index"), "").unwrap();
    std::fs::write(place.path("ext"), "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\n").unwrap();
    let request = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -out own.csr -subj /CN=receiver.of.a.test";
    let sign = format!(
        "ca -batch -notext -selfsign -config ca.cnf -in own.csr -keyfile own.key -out own.pem -extfile ext \
        -startdate {from} -enddate {to}"
    );
    for command in [request, &sign] {
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        let made = place.prepare(Command::new("openssl"), &words).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
}

/// Starts [`TAKES_ALL`] with that certificate at a port, 0 for any, and returns it with its port.
fn serve_tls(place: &Place, port: u16) -> (Helper, u16) {
    let mut server = Helper(
        place
            .prepare(Command::new("python3"), &["-c", TAKES_ALL, &port.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    (server, port.trim().parse().unwrap())
}

#[test]
fn a_self_signed_certificate_is_named_and_its_deliveries_are_replayed_once_it_is_trusted() {
    if !has_tools(&["openssl", "python3"]) {
        return;
    }
    let mut place = Place::new();
    make_certificate(&place, "20200101000000Z", "20990101000000Z");
    let (_server, port) = serve_tls(&place, 0);
    place.set("SYNC_WEBHOOK_URLS", &format!("https://localhost:{port}/hook"));
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    let why = place.run(&["why", "1"]).stdout;
    assert!(why.contains("self-signed") && why.contains("add it to tls.ca_file"), "{why}");
    let doctor = place.run(&["doctor", "--online", "-q"]).stdout;
    assert!(doctor.contains("self-signed"), "{doctor}");
    // As the message says.
    place.set("SYNCCTL_TLS_CA_FILE", place.path("own.pem").to_str().unwrap());
    follow(&place, &remedies(&place, "1"));
    assert_eq!(place.queue()["delivered"], 1);
}

#[test]
fn an_expired_certificate_is_named_with_its_date_and_its_deliveries_are_replayed_once_it_is_renewed() {
    if !has_tools(&["openssl", "python3"]) {
        return;
    }
    let mut place = Place::new();
    make_certificate(&place, "20200101000000Z", "20210101000000Z");
    let (server, port) = serve_tls(&place, 0);
    place.set("SYNCCTL_TLS_CA_FILE", place.path("own.pem").to_str().unwrap());
    place.set("SYNC_WEBHOOK_URLS", &format!("https://localhost:{port}/hook"));
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    let why = place.run(&["why", "1"]).stdout;
    assert!(why.contains("certificate expired 2021-01-01"), "{why}");
    let doctor = place.run(&["doctor", "--online", "-q"]).stdout;
    assert!(doctor.contains("expired 2021-01-01"), "{doctor}");
    // The receiver renews it, at the same address.
    drop(server);
    make_certificate(&place, "20200101000000Z", "20990101000000Z");
    let _server = serve_tls(&place, port);
    follow(&place, &remedies(&place, "1"));
    assert_eq!(place.queue()["delivered"], 1);
}

#[test]
fn what_waits_behind_poison_leads_to_it_and_goes_on_once_it_is_repaired() {
    let (receiver, is_mended) = mendable(|| Reply::Status(422));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_lines([("poison", "r"), ("behind", "r")].map(|(a, b)| (a.into(), b.into())).into_iter());
    place.run(&["process", "-q"]);
    let behind = remedies(&place, "behind");
    assert_eq!(behind, ["syncctl why 1"], "the blocker is named");
    let poison = remedies(&place, behind[0].strip_prefix("syncctl why ").unwrap());
    is_mended.store(true, Ordering::SeqCst);
    follow(&place, &poison);
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(place.queue()["delivered"], 2);
}

#[test]
fn an_endpoint_that_answered_410_is_found_by_health_and_resumed() {
    let (receiver, is_mended) = mendable(|| Reply::Status(410));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_lines([("first", "r"), ("second", "s")].map(|(a, b)| (a.into(), b.into())).into_iter());
    place.run(&["process", "--concurrency", "1", "--limit", "1", "-q"]);
    let health = place.run(&["health"]);
    assert!(health.code == 1 && health.stdout.contains("answered 410"), "{health:?}");
    is_mended.store(true, Ordering::SeqCst);
    let held = remedies(&place, "second");
    assert!(held[0].starts_with("syncctl endpoints resume "), "{held:?}");
    follow(&place, &held);
    follow(&place, &remedies(&place, "first"));
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(place.queue()["delivered"], 2);
}

#[test]
fn a_cron_job_that_stopped_is_found_by_doctor_which_names_the_command() {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_HEALTH_MAX_DUE_AGE", "1s");
    place.emit("user.created", "u");
    eventually("the delivery is late", || place.run(&["health", "-q"]).code == 1);
    let found = place.run(&["doctor", "-q"]);
    assert!(found.code == 1 && found.stdout.contains("check the cron job or the service"), "{found:?}");
    assert!(found.stdout.contains("`syncctl process`"), "{found:?}");
    assert!(!found.stdout.contains("\nok "), "only what needs attention: {found:?}");
    follow(&place, &["syncctl process".to_owned()]);
    assert_eq!(place.run(&["health", "-q"]).code, 0);
}

#[test]
fn doctor_finds_a_held_write_lock_and_warnings_alone_are_no_failure() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    let quiet = place.run(&["doctor", "-q"]);
    assert_eq!(quiet.code, 0, "{quiet:?}");
    let holder = rusqlite::Connection::open(place.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = place.run(&["doctor", "-q"]);
    assert!(held.code == 1 && held.stdout.contains("has held the write lock for more than"), "{held:?}");
    assert!(held.stdout.contains(&format!("ps -fp {}", std::process::id())), "{held:?}");
    let csv = place.run(&["doctor", "-o", "csv"]).stdout;
    assert!(csv.contains("ps -fp"), "remedies are in every format: {csv}");
}
