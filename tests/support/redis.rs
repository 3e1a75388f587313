//! A server of Redis of a test's own: on loopback, in a temporary directory, gone with the value.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::place::within;
use super::tools;

pub struct RedisServer {
    dir: tempfile::TempDir,
    child: Option<Child>,
    settings: Vec<String>,
    login: Vec<String>,
    pub port: u16,
}

impl RedisServer {
    /// Starts one that keeps what it confirmed, or skips the test aloud.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same with more of its settings: `["--requirepass", "x"]`.
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        if !tools::has_tools(&["redis-server", "redis-cli"]) {
            return None;
        }
        let mut server = Self::prepare(settings);
        server.up();
        Some(server)
    }

    fn prepare(settings: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = settings.iter().map(|it| (*it).to_owned()).collect();
        Self { dir: super::memory_dir(), child: None, settings, login: Vec::new(), port }
    }

    /// One whose port speaks TLS, with a certificate of its own for `localhost`: the server and the file to trust.
    pub fn start_with_tls() -> Option<(Self, PathBuf)> {
        if !tools::has_tools(&["redis-server", "redis-cli", "openssl"]) {
            return None;
        }
        let mut server = Self::prepare(&[]);
        let (certificate, key) = own_certificate(server.dir.path());
        let (certificate_text, key_text) = (certificate.display().to_string(), key.display().to_string());
        for (name, value) in [
            ("--tls-port", server.port.to_string()),
            ("--tls-cert-file", certificate_text.clone()),
            ("--tls-key-file", key_text),
            ("--tls-auth-clients", "no".to_owned()),
        ] {
            server.settings.extend([name.to_owned(), value]);
        }
        server.login = vec!["--tls".to_owned(), "--cacert".to_owned(), certificate_text];
        server.up();
        Some((server, certificate))
    }

    /// What `redis-cli` says to be let in.
    pub fn log_in_as(&mut self, password: &str) {
        self.login = vec!["--pass".to_owned(), password.to_owned(), "--no-auth-warning".to_owned()];
    }

    pub fn url(&self, rest: &str) -> String {
        format!("redis://127.0.0.1:{}/{rest}", self.port)
    }

    /// Starts the server and waits until it answers.
    pub fn up(&mut self) {
        let is_tls = self.settings.iter().any(|it| it == "--tls-port");
        let port = if is_tls { "0".to_owned() } else { self.port.to_string() };
        let child = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", "always", "--daemonize", "no", "--dir"])
            .arg(self.dir.path())
            .args(&self.settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        within(Duration::from_secs(20), "redis-server answers", || {
            let said = self.command(&["PING"]).output().unwrap();
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            said.contains("PONG") || said.contains("NOAUTH")
        });
    }

    /// Kills it, as a machine that loses power would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("redis-cli");
        let host = if self.login.first().is_some_and(|it| it == "--tls") { "localhost" } else { "127.0.0.1" };
        command.args(["-h", host, "-p", &self.port.to_string()]).args(&self.login).args(args);
        command.stdin(Stdio::null());
        command
    }

    /// Runs one command, and returns its answer.
    pub fn ask(&self, args: &[&str]) -> Value {
        let done = self.command(&[&["--json"], args].concat()).output().unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{args:?}: {text}{}", String::from_utf8_lossy(&done.stderr)))
    }

    /// The entries of a stream in their order, each as its fields in order.
    pub fn entries(&self, stream: &str) -> Vec<Vec<(String, String)>> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let fields = |entry: &Value| -> Vec<(String, String)> {
            entry[1].as_array().unwrap().chunks(2).map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
        };
        self.ask(&["XRANGE", stream, "-", "+"]).as_array().unwrap().iter().map(fields).collect()
    }
}

/// Makes a certificate for `localhost` that vouches for itself, and its key.
pub fn own_certificate(dir: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (dir.join("own.pem"), dir.join("own.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    (certificate, key)
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
