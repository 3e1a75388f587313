//! Receivers that want to see more than a signature, and the ways to them: headers, credentials, proxies, HTTP/2.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use syncctl::clock::{Clock as _, SystemClock};

use crate::support::place::{Place, within};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

const CANARY: &str = "canary-7f3a9c";

/// A place whose one endpoint is configured so.
fn place_with(url: &str, settings: &str) -> Place {
    let mut place = Place::new();
    let config = place.path("endpoints.toml");
    std::fs::write(&config, format!("[[endpoints]]\nname = \"there\"\nurl = \"{url}\"\n{settings}")).unwrap();
    place.set("SYNCCTL_CONFIG", config.to_str().unwrap());
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "2s");
    place
}

fn write(place: &Place, name: &str, text: &str) -> String {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = place.path(name);
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    path.display().to_string()
}

/// The detail of the one attempt of the newest event.
fn detail(place: &Place) -> String {
    let list = place.data(&["events", "list"]);
    let shown = place.data(&["events", "show", list[0]["id"].as_str().unwrap()]);
    shown["attempts"][0]["detail"].as_str().unwrap().to_owned()
}

struct Server(Child);

impl Server {
    fn start(mut command: Command, port: u16) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self(child);
        within(Duration::from_secs(20), "the server listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn headers_and_credentials_of_an_endpoint_are_sent_and_shown_nowhere() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let files = Place::new();
    let key = write(&files, "key", &format!("{CANARY}-file\n"));
    let login = write(&files, "login", &format!("user:{CANARY}-basic\n"));
    let settings = format!(
        "headers = [\"X-Team: platform\"]\nheaders_file = [\"X-Api-Key: {key}\"]\nheaders_env = [\"X-Tenant: TENANT\"]\n\
         headers_command = [\"X-Token: echo {CANARY}-command\"]\nbasic_file = \"{login}\"\naccept = \"application/json\"\n\
         user_agent = \"us/1\"\nmax_attempts = 1\n"
    );
    let mut place = place_with(&receiver.url("/"), &settings);
    place.set("TENANT", &format!("{CANARY}-env"));
    place.emit("user.created", "u");
    let ran = place.run(&["process", "-v"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let request = &receiver.requests()[0];
    assert_eq!(request.header("x-team"), "platform");
    assert_eq!(request.header("x-api-key"), format!("{CANARY}-file"));
    assert_eq!(request.header("x-tenant"), format!("{CANARY}-env"));
    assert_eq!(request.header("x-token"), format!("{CANARY}-command"));
    assert_eq!((request.header("accept"), request.header("user-agent")), ("application/json", "us/1"));
    let basic = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("user:{CANARY}-basic"))
    };
    assert_eq!(request.header("authorization"), format!("Basic {basic}"));
    let mut shown = format!("{}{}", ran.stdout, ran.stderr);
    for args in [
        &["endpoints", "show", "there"][..],
        &["endpoints", "show", "there", "-o", "json"],
        &["events", "list", "-o", "json"],
        &["deliveries", "list", "-o", "json"],
        &["failures", "list", "-o", "json"],
        &["doctor"],
    ] {
        let ran = place.run(args);
        shown += &format!("{}{}", ran.stdout, ran.stderr);
    }
    // The command itself is in the configuration, which is not secret to who may read it.
    assert!(!shown.contains(&format!("{CANARY}-file")) && !shown.contains(&format!("{CANARY}-basic")), "{shown}");
    assert!(!shown.contains(&basic) && !shown.contains(&format!("{CANARY}-env")), "{shown}");
    let stored = std::fs::read(place.database()).unwrap();
    for secret in [format!("{CANARY}-file"), format!("{CANARY}-basic"), format!("{CANARY}-env"), basic] {
        assert!(!stored.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} is stored");
    }
}

#[test]
fn without_its_credentials_nothing_is_sent_to_an_endpoint() {
    let receiver = Receiver::good();
    for settings in ["bearer_file = \"/nowhere/token\"\n", "headers_env = [\"X-Api-Key: NOT_SET_ANYWHERE\"]\n"] {
        let place = place_with(&receiver.url("/"), settings);
        place.emit("user.created", "u");
        let ran = place.run(&["process"]);
        assert_eq!(ran.code, 78, "{ran:?}");
    }
    assert_eq!(receiver.count(), 0);
}

#[test]
fn every_request_accepts_anything() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(receiver.requests()[0].header("accept"), "*/*");
}

#[test]
fn a_packed_error_body_is_kept_as_text() {
    let text = format!("{{\"error\":\"the course is closed\"}}{}", " ".repeat(9_000));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(text.as_bytes()).unwrap();
    let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    bare.write_all(text.as_bytes()).unwrap();
    let packed =
        [("gzip", gzip.finish().unwrap()), ("deflate", zlib.finish().unwrap()), ("deflate", bare.finish().unwrap())];
    for (encoding, body) in packed {
        let receiver =
            Receiver::new(move |_| Reply::With(422, vec![("content-encoding", encoding.into())], body.clone()));
        let mut place = Place::sending_to(&[receiver.url("/")]);
        place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
        let id = place.emit("user.created", "u");
        assert_eq!(place.run(&["process"]).code, 3);
        let shown = place.data(&["events", "show", &id]).to_string();
        assert!(shown.contains("the course is closed"), "{encoding}: {shown}");
        let connection = rusqlite::Connection::open(place.database()).unwrap();
        let kept: i64 = connection.query_row("SELECT length(response) FROM attempt", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 4_096, "unpacked within its limit");
    }
}

#[test]
fn a_header_with_a_space_before_its_colon_does_not_make_a_success_a_failure() {
    let reply = b"HTTP/1.1 200 OK\r\nContent-Type : text/plain\r\nContent-Length: 2\r\n\r\nok".to_vec();
    let receiver = Receiver::new(move |_| Reply::Raw(reply.clone()));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(receiver.count(), 1);
}

#[test]
fn statuses_that_are_given_up_are_sent_once_and_a_wait_that_was_asked_for_is_told_as_it_is() {
    let receiver = Receiver::new(|_| Reply::Status(422));
    let place = place_with(&receiver.url("/"), "give_up = [400, 404, 422]\n");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "--wait"]).code, 3);
    assert_eq!(receiver.count(), 1);
    assert_eq!(place.data(&["deliveries", "list", "--failed"])[0]["reason"], "status-given-up");
    let busy = Receiver::new(|_| Reply::With(429, vec![("retry-after", "120".into())], Vec::new()));
    let place = Place::sending_to(&[busy.url("/")]);
    place.emit("user.created", "u");
    let ran = place.run(&["process"]);
    let told = ran.stdout.split("retry at ").nth(1).unwrap_or_default().get(..24).unwrap_or_default().to_owned();
    let told = chrono::DateTime::parse_from_rfc3339(&told).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let wait = told.timestamp() - SystemClock.now().as_millis() / 1_000;
    assert!((90..=120).contains(&wait), "{ran:?}");
}

/// A proxy in front of an endpoint, and another that wants credentials.
#[test]
fn an_endpoint_behind_a_proxy_is_reached_through_it_and_others_are_not() {
    if !has_tools(&["tinyproxy"]) {
        return;
    }
    let receiver = Receiver::good();
    let port = free_port();
    let files = Place::new();
    let config = write(
        &files,
        "tinyproxy.conf",
        &format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 10\nMaxClients 20\nBasicAuth user {CANARY}\nAllow 127.0.0.1\n"
        ),
    );
    let mut command = Command::new("tinyproxy");
    command.args(["-d", "-c", &config]);
    let _proxy = Server::start(command, port);
    let login = write(&files, "login", &format!("user:{CANARY}"));
    let proxied = format!("proxy = \"http://127.0.0.1:{port}\"\nmax_attempts = 1\n");
    let place = place_with(&receiver.url("/"), &format!("{proxied}proxy_auth_file = \"{login}\"\n"));
    place.emit("user.created", "u");
    let ran = place.run(&["process"]);
    assert_eq!(ran.code, 0, "{ran:?} {}", detail(&place));
    assert_eq!(receiver.count(), 1);
    let wrong = write(&files, "wrong", "user:other");
    let place = place_with(&receiver.url("/"), &format!("{proxied}proxy_auth_file = \"{wrong}\"\n"));
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 3);
    let told = detail(&place);
    assert!(told.starts_with(&format!("proxy 127.0.0.1:{port}: ")) && told.contains("credentials"), "{told}");
    // A proxy of the environment is for those that ask for it.
    let mut place = place_with(&receiver.url("/"), "max_attempts = 1\n");
    place.set("HTTP_PROXY", "http://127.0.0.1:1");
    place.set("HTTPS_PROXY", "http://127.0.0.1:1");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 0);
    let mut place = place_with(&receiver.url("/"), "max_attempts = 1\nproxy = \"environment\"\n");
    place.set("HTTP_PROXY", "http://127.0.0.1:1");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 3);
    assert!(detail(&place).contains("proxy 127.0.0.1:1"), "{}", detail(&place));
    assert_eq!(receiver.count(), 2);
}

#[test]
fn squid_opens_a_tunnel_as_well() {
    if !has_tools(&["squid"]) {
        return;
    }
    let receiver = Receiver::good();
    let (port, files) = (free_port(), Place::new());
    let directory = files.path("").display().to_string();
    let config = write(
        &files,
        "squid.conf",
        &format!(
            "http_port 127.0.0.1:{port}\nhttp_access allow all\npid_filename none\ncache deny all\naccess_log none\n\
             cache_log {directory}squid.log\ncoredump_dir {directory}\nshutdown_lifetime 0 seconds\n"
        ),
    );
    let mut command = Command::new("squid");
    command.args(["-N", "-f", &config]);
    let _proxy = Server::start(command, port);
    let place = place_with(&receiver.url("/"), &format!("proxy = \"http://127.0.0.1:{port}\"\nmax_attempts = 1\n"));
    place.emit("user.created", "u");
    let ran = place.run(&["process"]);
    assert_eq!(ran.code, 0, "{ran:?} {}", detail(&place));
    assert_eq!(receiver.count(), 1);
}

#[test]
fn a_receiver_that_chooses_http2_is_spoken_to_in_it() {
    if !has_tools(&["nghttpd", "openssl"]) {
        return;
    }
    let (port, files) = (free_port(), Place::new());
    let (key, certificate) = (files.path("key.pem"), files.path("cert.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let root = files.path("root");
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(root.join("hook"), "ok").unwrap();
    let log = std::fs::File::create(files.path("nghttpd.log")).unwrap();
    let mut command = Command::new("nghttpd");
    command.arg("-v").arg("-d").arg(&root).arg(port.to_string()).arg(&key).arg(&certificate);
    let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let _server = Server(child);
    within(Duration::from_secs(20), "nghttpd listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let ca = certificate.display();
    let place =
        place_with(&format!("https://localhost:{port}/hook"), &format!("ca_file = \"{ca}\"\nmax_attempts = 1\n"));
    place.emit_many(20);
    let ran = place.run(&["process"]);
    assert_eq!(ran.code, 0, "{ran:?} {}", detail(&place));
    let log = std::fs::read_to_string(files.path("nghttpd.log")).unwrap();
    assert!(log.contains(":method: POST") && log.contains("x-webhook-signature"), "{}", &log[..log.len().min(2_000)]);
    assert!(log.contains(&format!(":authority: localhost:{port}")), "HTTP/2 names the place in the request");
}

#[test]
fn networks_are_allowed_where_private_ones_are_denied() {
    let receiver = Receiver::good();
    let mut place = place_with(&receiver.url("/"), "max_attempts = 1\n");
    place.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 3);
    assert!(detail(&place).contains("egress.deny_private"), "{}", detail(&place));
    place.set("SYNCCTL_EGRESS_ALLOW", "127.0.0.0/8");
    place.emit("user.created", "v");
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(receiver.count(), 1);
}
