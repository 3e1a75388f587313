//! TLS that cannot be trusted: nothing of the request leaves, and the attempt says what is wrong with the other side.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::support::place::{Place, eventually};
use crate::support::receiver::Receiver;
use crate::support::tools::has_tools;

const CONFIG: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\n\
    default_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n";

/// An authority of the test's own, trusted by the place, and certificates it signs.
struct Authority {
    place: Place,
}

impl Authority {
    /// Founds it; `None` where there is no OpenSSL to do it with.
    fn found() -> Option<Self> {
        if !has_tools(&["openssl"]) {
            return None;
        }
        let mut place = Place::new();
        place.set("SYNCCTL_DELIVERY_TIMEOUT", "1s");
        place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
        place.set("SYNCCTL_TLS_CA_FILE", place.path("ca.pem").to_str().unwrap());
        std::fs::write(place.path("ca.cnf"), CONFIG).unwrap();
        std::fs::write(place.path("index"), "").unwrap();
        let authority = Self { place };
        for name in ["ca", "stranger"] {
            let subject = format!("/CN={name}");
            authority.openssl(
                &["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
                &["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem"), "-days", "2", "-subj", &subject],
            );
        }
        Some(authority)
    }

    fn openssl(&self, first: &[&str], more: &[&str]) {
        let ran = self.place.prepare(Command::new("openssl"), &[first, more].concat()).output().unwrap();
        assert!(ran.status.success(), "{first:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    /// A certificate called `name` for a host, signed by `by`, valid from and to those dates.
    fn sign(&self, name: &str, host: &str, by: &str, (from, to): (&str, &str), key: &[&str]) {
        let file = |end: &str| format!("{name}.{end}");
        std::fs::write(self.place.path(&file("ext")), format!("subjectAltName=DNS:{host}\n")).unwrap();
        let subject = format!("/CN={host}");
        self.openssl(
            &[&["req", "-new", "-nodes", "-newkey"], key].concat(),
            &["-keyout", &file("key"), "-out", &file("csr"), "-subj", &subject],
        );
        let (certificate, issuer) = (format!("{by}.pem"), format!("{by}.key"));
        let signed = ["-in", &file("csr"), "-out", &file("pem"), "-cert", &certificate, "-keyfile", &issuer];
        let valid = ["-startdate", from, "-enddate", to, "-extfile", &file("ext")];
        self.openssl(&["ca", "-batch", "-notext", "-config", "ca.cnf"], &[&signed[..], &valid[..]].concat());
    }

    /// A server that shows that certificate and prints what it is sent.
    fn serve(&self, name: &str, options: &[&str]) -> Server {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (accept, certificate, key) = (port.to_string(), format!("{name}.pem"), format!("{name}.key"));
        let args = ["s_server", "-quiet", "-accept", &accept, "-cert", &certificate, "-key", &key];
        let command = self.place.prepare(Command::new("openssl"), &[&args[..], options].concat());
        Server::of(command, port)
    }

    /// Sends one event there, and returns how the attempt ended.
    fn attempt(&mut self, port: u16) -> (String, String) {
        self.place.set("SYNC_WEBHOOK_URLS", &format!("https://localhost:{port}/"));
        let id = self.place.emit("user.created", "u");
        let ran = self.place.run(&["process"]);
        assert!(matches!(ran.code, 0 | 3), "{ran:?}");
        let attempts = self.place.data(&["events", "show", &id])["attempts"].clone();
        let text = |name: &str| attempts[0][name].as_str().unwrap().to_owned();
        (text("outcome"), text("detail"))
    }
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn of(mut command: Command, port: u16) -> Self {
        // Its standard input stays open: at its end it would leave.
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        eventually("the server listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { child, port }
    }

    /// Ends it, and returns what it was sent once a connection stood.
    fn received(mut self) -> String {
        self.child.kill().unwrap();
        let mut text = Vec::new();
        self.child.stdout.take().unwrap().read_to_end(&mut text).unwrap();
        self.child.wait().unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }
}

const NOW: (&str, &str) = ("20200101000000Z", "20990101000000Z");
const PAST: (&str, &str) = ("20200101000000Z", "20210101000000Z");
const FUTURE: (&str, &str) = ("20980101000000Z", "20990101000000Z");
const P256: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const RSA_1024: &[&str] = &["rsa:1024"];

#[test]
fn nothing_is_sent_to_a_server_that_cannot_prove_who_it_is() {
    let Some(mut authority) = Authority::found() else { return };
    for (name, host, by, dates, key) in [
        ("good", "localhost", "ca", NOW, P256),
        ("expired", "localhost", "ca", PAST, P256),
        ("future", "localhost", "ca", FUTURE, P256),
        ("other", "other.example", "ca", NOW, P256),
        ("unknown", "localhost", "stranger", NOW, P256),
        ("weak", "localhost", "ca", NOW, RSA_1024),
    ] {
        authority.sign(name, host, by, dates, key);
    }
    let weakest = ["-cipher", "ALL:@SECLEVEL=0"];
    for (case, certificate, options, says) in [
        ("expired", "expired", &[][..], "tls: certificate expired 2021-01-01, "),
        ("not valid yet", "future", &[], "tls: certificate is not valid yet, it begins 2098-01-01, "),
        ("for another name", "other", &[], "tls: certificate is for other.example, not localhost"),
        (
            "signed by a stranger",
            "unknown",
            &[],
            "unknown issuer, self-signed or of a private CA: add it to tls.ca_file",
        ),
        ("signed by itself", "stranger", &[], "tls: certificate is self-signed: add it to tls.ca_file"),
        ("a key too short", "weak", &weakest, "tls: "),
        ("TLS 1.1", "good", &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "tls: "),
    ] {
        let server = authority.serve(certificate, options);
        let (outcome, detail) = authority.attempt(server.port);
        assert_eq!(outcome, "unreachable", "{case}: {detail}");
        assert!(detail.starts_with("tls: ") && detail.contains(says), "{case}: {detail}");
        assert_eq!(server.received(), "", "{case}: nothing of the request left");
    }
    let server = authority.serve("good", &[]);
    let (outcome, detail) = authority.attempt(server.port);
    assert_eq!((outcome.as_str(), detail.as_str()), ("timed out", "timed out after 1s waiting for the response"));
    let sent = server.received();
    assert!(sent.starts_with("POST / HTTP/1.1\r\n") && sent.contains("x-webhook-signature"), "{sent}");
}

#[test]
fn a_server_that_wants_a_certificate_of_us_or_speaks_no_tls_is_told_as_that() {
    let Some(mut authority) = Authority::found() else { return };
    authority.sign("good", "localhost", "ca", NOW, P256);
    for version in ["-tls1_2", "-tls1_3"] {
        let server = authority.serve("good", &["-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem", version]);
        let (outcome, detail) = authority.attempt(server.port);
        assert_eq!(outcome, "unreachable", "{version}: {detail}");
        assert!(!detail.contains("timed out"), "{version}: {detail}");
        assert_eq!(server.received(), "", "{version}: nobody read the request");
    }
    let plain = Receiver::good();
    let (outcome, detail) = authority.attempt(plain.address.port());
    assert!(outcome == "unreachable" && detail.starts_with("tls: "), "{detail}");
    assert_eq!(plain.count(), 0);
}

#[test]
fn a_server_whose_own_certificate_is_named_as_trusted_is_sent_to() {
    let Some(mut authority) = Authority::found() else { return };
    let subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-nodes"];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "own.key", "-out", "own.pem"];
    authority.openssl(&[&["req", "-x509", "-newkey"], P256].concat(), &[&subject[..], &leaf[..]].concat());
    let server = authority.serve("own", &[]);
    assert_eq!(authority.attempt(server.port).0, "unreachable");
    authority.place.set("SYNCCTL_TLS_CA_FILE", authority.place.path("own.pem").to_str().unwrap());
    assert_eq!(authority.attempt(server.port).0, "timed out", "past the handshake, it answers no request");
    assert!(server.received().starts_with("POST / "));
}

/// What `openssl req -x509` makes by default is the certificate of an authority.
#[test]
fn a_self_signed_certificate_of_an_authority_is_trusted_once_it_is_named_and_for_its_name_alone() {
    let Some(mut authority) = Authority::found() else { return };
    for (name, host) in [("own", "localhost"), ("named", "other.example")] {
        let subject = format!("/CN={host}");
        let alternative = format!("subjectAltName=DNS:{host}");
        authority.openssl(
            &[&["req", "-x509", "-newkey"], P256].concat(),
            &[
                "-nodes",
                "-subj",
                &subject,
                "-addext",
                &alternative,
                "-keyout",
                &format!("{name}.key"),
                "-out",
                &format!("{name}.pem"),
            ],
        );
    }
    let server = authority.serve("own", &[]);
    assert_eq!(authority.attempt(server.port).1, "tls: certificate is self-signed: add it to tls.ca_file");
    authority.place.set("SYNCCTL_TLS_CA_FILE", authority.place.path("own.pem").to_str().unwrap());
    assert_eq!(authority.attempt(server.port).0, "timed out", "past the handshake, it answers no request");
    assert!(server.received().starts_with("POST / "));
    let server = authority.serve("named", &[]);
    authority.place.set("SYNCCTL_TLS_CA_FILE", authority.place.path("named.pem").to_str().unwrap());
    let (_, detail) = authority.attempt(server.port);
    assert!(detail.contains("not valid") || detail.contains("for other.example"), "{detail}");
    assert_eq!(server.received(), "");
}

#[test]
fn a_server_that_wants_a_certificate_of_us_gets_the_endpoints_own_and_a_ca_file_counts_for_its_endpoint_alone() {
    let Some(mut authority) = Authority::found() else { return };
    authority.sign("good", "localhost", "ca", NOW, P256);
    authority.sign("client", "client.example", "ca", NOW, P256);
    let server = authority.serve("good", &["-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem"]);
    authority.place.unset("SYNCCTL_TLS_CA_FILE");
    let path = |name: &str| authority.place.path(name).display().to_string();
    let config = format!(
        "[[endpoints]]\nname = \"mutual\"\nurl = \"https://localhost:{}/\"\nca_file = \"{}\"\nclient_cert_file = \"{}\"\nclient_key_file = \"{}\"\n",
        server.port,
        path("ca.pem"),
        path("client.pem"),
        path("client.key")
    );
    std::fs::write(authority.place.path("mutual.toml"), config).unwrap();
    authority.place.set("SYNCCTL_CONFIG", authority.place.path("mutual.toml").to_str().unwrap());
    let id = authority.place.emit("user.created", "u");
    assert_eq!(authority.place.run(&["process"]).code, 3);
    let attempts = authority.place.data(&["events", "show", &id])["attempts"].clone();
    assert_eq!(attempts[0]["detail"], "timed out after 1s waiting for the response", "past the handshake");
    assert!(server.received().starts_with("POST / "));
}

#[test]
fn what_goes_elsewhere_by_hand_trusts_the_same_servers() {
    let Some(mut authority) = Authority::found() else { return };
    authority.sign("good", "localhost", "ca", NOW, P256);
    authority.sign("expired", "localhost", "ca", PAST, P256);
    let request = "GET /x HTTP/1.1\r\nx-hub-signature-256: sha256=00\r\n\r\n";
    std::fs::write(authority.place.path("a.http"), request).unwrap();
    let detail = |authority: &Authority, port: u16| {
        let to = format!("https://localhost:{port}/y");
        let ran = authority.place.run(&["replay", "--from", "a.http", "--to", &to, "-o", "json"]);
        ran.data()["requests"][0]["detail"].as_str().unwrap().to_owned()
    };
    let server = authority.serve("expired", &[]);
    let told = detail(&authority, server.port);
    assert!(told.starts_with("tls: certificate expired 2021-01-01, "), "{told}");
    assert_eq!(server.received(), "", "nothing of the request left");
    // It answers a GET with a page about its connection.
    let server = authority.serve("good", &["-www"]);
    assert_eq!(detail(&authority, server.port), "HTTP 200");
    authority.place.unset("SYNCCTL_TLS_CA_FILE");
    let told = detail(&authority, server.port);
    assert!(told.contains("add it to tls.ca_file"), "{told}");
    drop(server.received());
}
