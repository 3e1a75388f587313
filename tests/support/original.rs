//! A model of the original, written from its described behaviour: two webhook handlers that overwrite what an event lacks with
//! null, a queue in memory that sends to every URL at once, and an API for its own changes.
//!
//! Its settings are read from a file at every change, as if it was started anew: `SYNC_WEBHOOK_URLS`, `SIGN_WEBHOOKS` (its sender
//! does not sign without), and `EMIT_URL`, where changes go instead of its own queue.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use syncctl::clock::{Clock as _, SystemClock, Timestamp};
use syncctl::signature::{Secret, Signer};

use super::receiver::{Received, Receiver, Reply};

/// What a row of an enrollment holds; all but the last three have to be there to create one.
pub const ENROLLMENT: [&str; 8] =
    ["userId", "courseId", "enrolledAt", "status", "completionPercentage", "source", "lastAccessedAt", "purchaseId"];
const REQUIRED: usize = 6;
/// What a row of a user holds. The last three come in `data.profile`.
pub const USER: [&str; 7] = ["email", "name", "image", "role", "bio", "location", "timezone"];
const OF_PROFILE: [&str; 3] = ["bio", "location", "timezone"];

type Row = BTreeMap<&'static str, Value>;

/// The tables of one side.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    pub enrollments: BTreeMap<String, Row>,
    pub users: BTreeMap<String, Row>,
}

impl Tables {
    /// What the handler of enrollments does with an event; the status it answers.
    pub fn enrollment_changed(&mut self, event: &Value) -> u16 {
        let (id, data) = (text(&event["resourceId"]), &event["data"]);
        match event["type"].as_str() {
            Some("enrollment.created") if ENROLLMENT[..REQUIRED].iter().any(|name| data[*name].is_null()) => 400,
            // It knows no duplicates.
            Some("enrollment.created") => stored(&mut self.enrollments, id, columns(&ENROLLMENT, data)),
            Some("enrollment.updated") if !self.enrollments.contains_key(&id) => 500,
            Some("enrollment.updated") => stored(&mut self.enrollments, id, columns(&ENROLLMENT, data)),
            Some("enrollment.deleted") => self.enrollments.remove(&id).map_or(500, |_| 200),
            _ => 200,
        }
    }

    /// What the handler of profiles does with an event.
    pub fn profile_updated(&mut self, event: &Value) -> u16 {
        let (id, data) = (text(&event["resourceId"]), &event["data"]);
        match event["type"].as_str() {
            Some("user.created") if data["role"].is_null() => 400,
            Some("user.created") => stored(&mut self.users, id, columns(&USER, data)),
            Some("user.updated" | "profile.updated") if !self.users.contains_key(&id) => 500,
            Some("user.updated" | "profile.updated") => stored(&mut self.users, id, columns(&USER, data)),
            _ => 200,
        }
    }

    /// A change by its own API, which writes the columns that are given alone.
    pub fn edit(&mut self, of_users: bool, id: &str, data: &Value) {
        let (table, names) = match of_users {
            true => (&mut self.users, &USER[..]),
            false => (&mut self.enrollments, &ENROLLMENT[..]),
        };
        let row = table.entry(id.to_owned()).or_insert_with(|| columns(names, &json!({})));
        for (name, value) in columns(names, data).into_iter().filter(|(_, value)| !value.is_null()) {
            row.insert(name, value);
        }
    }

    /// Every row, a line each, as `records import` and `reconcile` read them.
    pub fn export(&self, at: &str) -> String {
        let line = |kind: &str, id: &str, row: &Row| {
            json!({"resourceType": kind, "resourceId": id, "data": data_of(row), "timestamp": at}).to_string() + "\n"
        };
        let enrollments = self.enrollments.iter().map(|(id, row)| line("enrollment", id, row));
        enrollments.chain(self.users.iter().map(|(id, row)| line("user", id, row))).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn stored(table: &mut BTreeMap<String, Row>, id: String, row: Row) -> u16 {
    table.insert(id, row);
    200
}

/// Every column with what `data` says of it, null where it says nothing.
fn columns(names: &[&'static str], data: &Value) -> Row {
    let value = |name: &str| match OF_PROFILE.contains(&name) {
        true => data["profile"][name].clone(),
        false => data[name].clone(),
    };
    names.iter().map(|name| (*name, value(name))).collect()
}

/// A row as the data of an event, without what is null.
pub fn data_of(row: &Row) -> Value {
    let (mut data, mut profile) = (Map::new(), Map::new());
    for (name, value) in row.iter().filter(|(_, value)| !value.is_null()) {
        let into = if OF_PROFILE.contains(name) { &mut profile } else { &mut data };
        into.insert((*name).to_owned(), value.clone());
    }
    if !profile.is_empty() {
        data.insert("profile".to_owned(), profile.into());
    }
    data.into()
}

/// One side that runs the original: the handlers, the sender and the API, on loopback.
pub struct Original {
    pub server: Receiver,
    pub tables: Arc<Mutex<Tables>>,
}

impl Original {
    /// Starts one whose settings are in the file `env`.
    pub fn start(env: &Path, secret: &str) -> Self {
        let tables = Arc::new(Mutex::new(Tables::default()));
        let side =
            Side { tables: Arc::clone(&tables), env: env.to_owned(), secret: Secret::new(secret.to_owned()).unwrap() };
        Self { server: Receiver::new(move |request| side.answer(request)), tables }
    }
}

struct Side {
    tables: Arc<Mutex<Tables>>,
    env: PathBuf,
    secret: Secret,
}

impl Side {
    fn answer(&self, request: &Received) -> Reply {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let user = query.strip_prefix("userId=").unwrap_or_default();
        match (request.method.as_str(), path) {
            ("POST", "/api/webhooks/enrollment-changed") => self.receive(request, Tables::enrollment_changed),
            ("POST", "/api/webhooks/profile-updated") => self.receive(request, Tables::profile_updated),
            ("PUT", "/api/profile") => self.change("profile.updated", user, &request.json()),
            ("GET", "/api/profile") => {
                let tables = self.tables.lock().unwrap();
                answered(tables.users.get(user).map(|row| json!({"profile": data_of(row)})))
            }
            ("GET", "/export") => {
                let at = SystemClock.now().to_string();
                Reply::With(200, Vec::new(), self.tables.lock().unwrap().export(&at).into_bytes())
            }
            _ => match (request.method.as_str(), path.strip_prefix("/api/enrollments/")) {
                ("PATCH", Some(id)) => self.change("enrollment.updated", id, &request.json()),
                ("GET", Some(id)) => {
                    let tables = self.tables.lock().unwrap();
                    answered(tables.enrollments.get(id).map(|row| json!({"enrollment": data_of(row)})))
                }
                _ => Reply::Status(404),
            },
        }
    }

    /// Verifies as the original does, which reads hexadecimal digits up to the first other character, then lets the handler act.
    fn receive(&self, request: &Received, handler: fn(&mut Tables, &Value) -> u16) -> Reply {
        let shown = request.header("x-webhook-signature");
        let digits = shown.get(..64).unwrap_or(shown);
        if digits != sign(&self.secret, &request.body) {
            return Reply::With(401, Vec::new(), b"Invalid signature".to_vec());
        }
        match serde_json::from_slice(&request.body) {
            Ok(event) => Reply::Status(handler(&mut self.tables.lock().unwrap(), &event)),
            Err(_) => Reply::Status(400),
        }
    }

    /// A change by its own users: written to its tables, then told to the other side.
    fn change(&self, event_type: &str, id: &str, data: &Value) -> Reply {
        self.tables.lock().unwrap().edit(event_type == "profile.updated", id, data);
        let settings = self.settings();
        let setting = |name: &str| settings.get(name).cloned().unwrap_or_default();
        match setting("EMIT_URL").as_str() {
            "" => self.send(event_type, id, data, &setting("SYNC_WEBHOOK_URLS"), !setting("SIGN_WEBHOOKS").is_empty()),
            url => {
                let event = json!({"type": event_type, "resourceId": id, "data": data}).to_string();
                let token = format!("Authorization: Bearer {}\r\n", setting("SYNCCTL_ADMIN_TOKEN"));
                let status = post(url, &token, event.as_bytes());
                assert!(matches!(status, Some(200 | 201)), "{status:?}");
            }
        }
        Reply::With(200, Vec::new(), b"{}".to_vec())
    }

    /// Sends one event to every URL, and again to every URL while one of them fails: three times at most, then it is forgotten.
    fn send(&self, event_type: &str, id: &str, data: &Value, urls: &str, signs: bool) {
        let kind = if event_type == "profile.updated" { "user" } else { "enrollment" };
        let at = now_ms();
        for retry in 0..3 {
            let event = envelope(event_type, kind, id, data, at, retry);
            let code = format!("x-webhook-signature: {}\r\n", sign(&self.secret, event.as_bytes()));
            let header = if signs { code.as_str() } else { "" };
            let sent = urls.split(',').filter(|url| !url.is_empty()).map(|url| post(url, header, event.as_bytes()));
            if sent.collect::<Vec<_>>().into_iter().all(|status| status == Some(200)) {
                return;
            }
        }
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(&self.env).unwrap_or_default();
        text.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
    }
}

/// An event as the original's sender writes it, which counts its tries in the body.
pub fn envelope(event_type: &str, kind: &str, id: &str, data: &Value, at_ms: i64, retry: u32) -> String {
    let at = Timestamp::from_millis(at_ms);
    let status = if retry == 0 { "pending" } else { "processing" };
    format!(
        r#"{{"id":"{event_type}-{id}-{at_ms}","type":"{event_type}","resourceId":"{id}","resourceType":"{kind}","data":{data},"timestamp":"{at}","retryCount":{retry},"status":"{status}"}}"#
    )
}

fn answered(found: Option<Value>) -> Reply {
    found.map_or(Reply::Status(404), |found| Reply::With(200, Vec::new(), found.to_string().into_bytes()))
}

fn sign(secret: &Secret, body: &[u8]) -> String {
    Signer::new(secret, &[]).sign("", 0, body).original
}

fn now_ms() -> i64 {
    SystemClock.now().as_millis()
}

/// Posts a body, and returns the status of the answer, if one came.
fn post(url: &str, header: &str, body: &[u8]) -> Option<u16> {
    let (host, path) = url.strip_prefix("http://")?.split_once('/')?;
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let length = body.len();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{header}\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    line.split(' ').nth(1)?.parse().ok()
}
