//! A server that speaks the protocol of SQS, of a test's own: on loopback, with its queues in memory, gone with the value.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::redis;
use crate::support::place::{Place, within};
use crate::support::redis::own_certificate;
use crate::support::{memory_dir, tools};

/// The account whose queues it has.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const KEY: &str = "AKIDOFTHETESTS";
pub(crate) const SECRET_KEY: &str = "a/secret+key-that-nobody-sees";

pub(crate) struct SqsServer {
    child: Child,
    certificate_dir: Option<tempfile::TempDir>,
    pub(crate) port: u16,
}

impl SqsServer {
    /// Starts one, or skips the test aloud.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// One that speaks TLS, with a certificate of its own for `localhost`: the server and the file to trust.
    pub(crate) fn start_with_tls() -> Option<(Self, PathBuf)> {
        if !tools::has_tools(&["openssl"]) {
            return None;
        }
        let dir = memory_dir();
        let (certificate, key) = own_certificate(dir.path());
        let text = |path: &Path| path.display().to_string();
        let mut server = Self::start_with(&["-c", &text(&certificate), "-k", &text(&key)])?;
        server.certificate_dir = Some(dir);
        Some((server, certificate))
    }

    fn start_with(settings: &[&str]) -> Option<Self> {
        if !tools::has_tools(&["moto_server"]) {
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("python3")
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/brokers/sqs_server.py"), &port.to_string()])
            .args(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port, certificate_dir: None };
        within(Duration::from_secs(60), "moto_server listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(server)
    }

    /// The URL of a queue, as an endpoint or a source names it.
    pub(crate) fn url(&self, name: &str) -> String {
        url_at(self.port, name)
    }

    /// Makes a queue with these attributes.
    pub(crate) fn create(&self, name: &str, attributes: &Value) {
        self.ask("CreateQueue", &json!({ "QueueName": name, "Attributes": attributes }));
    }

    /// Makes a queue whose messages that were received so often and not deleted go to `dead`, which is made as well.
    pub(crate) fn create_with_dead_letters(&self, name: &str, dead: &str, most: u32) {
        self.create(dead, &json!({}));
        let arn = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{dead}");
        let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": most.to_string() }).to_string();
        self.create(name, &json!({ "RedrivePolicy": policy }));
    }

    /// Makes a request that no other program of the tests makes, and returns what is answered.
    pub(crate) fn ask(&self, action: &str, body: &Value) -> Value {
        let body = body.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nX-Amz-Target: AmazonSQS.{action}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-amz-json-1.0\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential=x/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
            self.port,
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{action}: {answer}");
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
    }

    /// The same about a queue.
    pub(crate) fn ask_about(&self, name: &str, action: &str, mut body: Value) -> Value {
        body["QueueUrl"] = format!("http://127.0.0.1:{}/{ACCOUNT}/{name}", self.port).into();
        self.ask(action, &body)
    }

    /// How many messages a queue has to read, and how many are taken.
    pub(crate) fn counts(&self, name: &str) -> (u64, u64) {
        let answer = self.ask_about(name, "GetQueueAttributes", json!({ "AttributeNames": ["All"] }));
        let number = |name: &str| answer["Attributes"][name].as_str().unwrap().parse().unwrap();
        (number("ApproximateNumberOfMessages"), number("ApproximateNumberOfMessagesNotVisible"))
    }

    /// Takes up to ten messages and leaves them invisible to others.
    pub(crate) fn receive(&self, name: &str) -> Vec<Value> {
        let all = json!(["All"]);
        let body = json!({
            "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0, "VisibilityTimeout": 600,
            "MessageAttributeNames": all, "MessageSystemAttributeNames": all,
        });
        self.ask_about(name, "ReceiveMessage", body)["Messages"].as_array().cloned().unwrap_or_default()
    }

    /// Takes every message of a queue.
    pub(crate) fn take(&self, name: &str) -> Vec<Value> {
        let mut taken = Vec::new();
        loop {
            let messages = self.receive(name);
            if messages.is_empty() {
                return taken;
            }
            for message in &messages {
                self.ask_about(name, "DeleteMessage", json!({ "ReceiptHandle": message["ReceiptHandle"] }));
            }
            taken.extend(messages);
        }
    }

    /// A way to it whose connections can be cut.
    pub(crate) fn behind_a_cut(&self) -> Cut {
        Cut::to(self.port)
    }
}

impl Drop for SqsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port on loopback that leads to another, as long as nobody cuts its connections.
pub(crate) struct Cut {
    pub(crate) port: u16,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Cut {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let cut = Self { port: listener.local_addr().unwrap().port(), open: Arc::default() };
        let open = Arc::clone(&cut.open);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                open.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                let ways = [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)];
                for (mut from, mut to) in ways {
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Write);
                    });
                }
            }
        });
        cut
    }

    /// Cuts every connection, in the middle of whatever goes over it.
    pub(crate) fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// The URL of a queue of a server on loopback.
pub(crate) fn url_at(port: u16, name: &str) -> String {
    format!("sqs://us-east-1/{ACCOUNT}/{name}?endpoint=http://127.0.0.1:{port}")
}

/// The text of an attribute of a message.
pub(crate) fn attribute<'m>(message: &'m Value, name: &str) -> &'m str {
    message["MessageAttributes"][name]["StringValue"].as_str().unwrap_or_else(|| panic!("no {name}: {message}"))
}

/// A place with one endpoint `stream` there, and an access key in its environment.
pub(crate) fn place(url: &str, lines: &str) -> Place {
    with_keys(redis::place(url, lines))
}

pub(crate) fn with_keys(mut place: Place) -> Place {
    place.set("AWS_ACCESS_KEY_ID", KEY);
    place.set("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    place
}
