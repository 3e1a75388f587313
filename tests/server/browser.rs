//! The dashboard: as sockets see it, and in a real browser where there is one.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::running::{ADMIN, Answer, Running, event, place, send, signed};
use crate::support::place::{Place, eventually};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

const AT: &str = "2026-01-31T12:00:00.000Z";
const TOKEN: &str = "admin-token-of-the-tests";
const HOSTILE: &str = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\u{202e}";

fn serving() -> (Place, Running) {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    (place, server)
}

fn login(server: &Running, token: &str) -> Answer {
    server.send(
        "POST /login",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        format!("token={token}").as_bytes(),
    )
}

/// The header line a browser would send after this answer.
fn cookie_of(answer: &Answer) -> String {
    let line = answer.raw.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    format!("Cookie: {}\r\n", line.split(';').next().unwrap())
}

/// A place in which everything happened that a dashboard tells of.
fn eventful() -> (Place, Running, Receiver) {
    let receiver = Receiver::new(|request| match request.json()["resourceId"].as_str().unwrap() {
        "good" => Reply::Status(200),
        _ => Reply::With(422, Vec::new(), HOSTILE.as_bytes().to_vec()),
    });
    let place = super::running::with_secrets(Place::sending_to(&[receiver.url("/hook")]));
    let server = Running::start(&place, &["--no-process"]);
    let body = event("in-1", "user.created", "u-in", r#"{"name":"Ada"}"#, AT);
    assert_eq!(server.webhook(&body).status, 200);
    assert_eq!(server.webhook(&body).status, 200);
    assert_eq!(server.send("POST /api/webhooks/sync", &signed("other"), body.as_bytes()).status, 401);
    place.emit("user.updated", "good");
    place.emit("user.updated", HOSTILE);
    place.run(&["process"]);
    (place, server, receiver)
}

#[test]
fn the_dashboard_asks_for_the_token_and_shows_what_an_operator_needs() {
    let (_place, server, _receiver) = eventful();
    let door = server.get("/", "");
    assert_eq!(door.status, 401);
    assert!(door.body.contains("action=\"/login\"") && !door.body.contains("in-1"), "{}", door.body);
    let entered = login(&server, TOKEN);
    assert_eq!((entered.status, entered.body.as_str()), (303, ""));
    assert!(entered.head.contains("location: /\r\n"), "{}", entered.head);
    let cookie = cookie_of(&entered);
    assert!(cookie.len() > 50 && !cookie.contains(TOKEN), "{cookie}");
    for shown in [cookie.as_str(), ADMIN] {
        let page = server.get("/", shown);
        assert_eq!(page.status, 200);
        for part in [
            "Unhealthy",
            "50% of attempts failed",
            "in-1",
            "u-in",
            "code-mismatch",
            "422",
            "127.0.0.1",
            "Endpoints",
            "Last refused",
            "Records",
            "oldest due",
            "due ",
            "http-equiv=\"refresh\"",
        ] {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
        assert!(!page.body.contains("<script") && !page.body.contains("<img") && !page.body.contains('\u{202e}'));
        assert!(page.body.contains("&lt;script&gt;"));
    }
    assert!(!server.get("/?refresh=0", &cookie).body.contains("http-equiv=\"refresh\""));
    assert_eq!(server.get("/?refresh=x", &cookie).status, 400);
    let own = format!("{cookie}Origin: http://localhost\r\n");
    let left = server.send("POST /logout", &own, b"");
    assert!(left.status == 303 && left.head.contains("max-age=0"), "{left:?}");
    assert_eq!(server.get("/", &cookie).status, 401);
}

#[test]
fn a_page_may_load_nothing_and_be_framed_by_nobody() {
    let (_place, server) = serving();
    let page = server.get("/", ADMIN);
    let style = page.body.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = {
        use base64::Engine as _;
        use sha2::Digest as _;
        base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style))
    };
    let header =
        |name: &str| page.raw.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default();
    let policy = header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; ") && policy.contains(&format!("style-src 'sha256-{hash}';")),
        "{policy}"
    );
    assert!(
        policy.contains("form-action 'self'")
            && policy.contains("frame-ancestors 'none'")
            && !policy.contains("unsafe")
    );
    assert_eq!((header("x-frame-options"), header("x-content-type-options")), ("DENY", "nosniff"));
    assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store", "same-origin"));
}

/// Every way to ask with a cookie: only what one of our own pages sends gets through.
#[test]
fn a_session_changes_things_from_our_own_pages_only() {
    let (place, server) = serving();
    let session = cookie_of(&login(&server, TOKEN));
    let original = format!("Cookie: next-auth.session-token={TOKEN}\r\n");
    let own = ["Origin: http://localhost\r\n", "Sec-Fetch-Site: same-origin\r\n"];
    let foreign = [
        "",
        "Origin: http://evil.test\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:1\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: none\r\n",
    ];
    let types = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
    let body = br#"{"type":"user.updated","resourceId":"u","data":{}}"#;
    let mut emitted = 0;
    for (cookie, origins) in
        [(&session, &own[..]), (&session, &foreign[..]), (&original, &own[..]), (&original, &foreign[..])]
    {
        for (origin, content_type) in origins.iter().flat_map(|origin| types.map(|name| (origin, name))) {
            let headers = format!("{cookie}{origin}Content-Type: {content_type}\r\n");
            let status = server.send("POST /api/events", &headers, body).status;
            let legitimate = cookie == &session && own.contains(origin);
            emitted += usize::from(legitimate);
            assert_eq!(status == 201, legitimate, "{status}: {headers}");
            assert!(legitimate || status == 401 || status == 403, "{status}: {headers}");
            assert_eq!(server.send("POST /api/sync/process", &headers, b"").status == 200, legitimate, "{headers}");
        }
    }
    assert_eq!(place.data(&["events", "list"]).as_array().unwrap().len(), emitted);
    assert_eq!(server.get("/api/sync/status", &session).status, 200);
    assert_eq!(server.get("/api/sync/process", &session).status, 401);
    assert_eq!(
        server.send("POST /login", "Origin: http://evil.test\r\n", format!("token={TOKEN}").as_bytes()).status,
        403
    );
    assert_eq!(server.send("POST /logout", &session, b"").status, 403);
    assert_eq!(server.get("/", &session).status, 200);
}

#[test]
fn who_guesses_at_the_door_waits_and_the_right_token_never_does() {
    let (_place, server) = serving();
    for wrong in ["", "%00", "x", &TOKEN[1..], "token"] {
        let answer = login(&server, wrong);
        assert_eq!(answer.status, 401, "{wrong}");
        assert!(answer.body.contains("this is not the token of an operator") && !answer.head.contains("set-cookie"));
    }
    let codes: Vec<u16> = (0..40).map(|n| login(&server, &format!("guess-{n}")).status).collect();
    assert!(codes.contains(&429), "{codes:?}");
    let waits = login(&server, "guess");
    assert!(waits.status == 401 || waits.head.contains("retry-after: "), "{waits:?}");
    assert_eq!(login(&server, TOKEN).status, 303);
    assert_eq!(server.send("POST /login", "", &vec![b'x'; 5_000]).status, 413);
}

#[test]
fn another_token_ends_every_session() {
    let mut place = place();
    std::fs::write(place.path("token"), TOKEN).unwrap();
    place.unset("SYNCCTL_ADMIN_TOKEN");
    place.set("SYNCCTL_ADMIN_TOKEN_FILE", place.path("token").to_str().unwrap());
    place.set("SYNCCTL_SERVER_BEHIND_TLS", "true");
    let server = Running::start(&place, &["--no-process"]);
    let entered = login(&server, TOKEN);
    assert!(entered.raw.contains("set-cookie: __Host-syncctl-session="), "{}", entered.raw);
    for attribute in ["; httponly", "; samesite=strict", "; secure", "; path=/", "; max-age="] {
        assert!(entered.head.contains(attribute), "{}", entered.head);
    }
    let cookie = cookie_of(&entered);
    assert_eq!(server.get("/", &cookie).status, 200);
    std::fs::write(place.path("token"), "another-admin-token-of-the-tests").unwrap();
    server.signal("-HUP");
    eventually("the session is over", || server.get("/", &cookie).status == 401);
    assert_eq!(login(&server, "another-admin-token-of-the-tests").status, 303);
}

// ── a real browser ──────────────────────────────────────────────────────────────────────────────────────────────────

/// A headless browser under remote control. Dropping it ends both.
struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    fn start() -> Self {
        let mut driver =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok())
            .expect("the driver says its port");
        let profile = tempfile::tempdir().unwrap();
        let mut browser =
            Self { driver, address: ([127, 0, 0, 1], port).into(), session: String::new(), _profile: profile };
        let mut args: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ]
        .map(ToOwned::to_owned)
        .into();
        args.push(format!("--user-data-dir={}", browser._profile.path().display()));
        let wanted = json!({"browserName": "chrome", "goog:chromeOptions": {"args": args}, "goog:loggingPrefs": {"browser": "ALL"}});
        let begun = browser.command("POST /session", &json!({"capabilities": {"alwaysMatch": wanted}}));
        browser.session = begun["sessionId"].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned();
        browser
    }

    fn command(&self, line: &str, body: &Value) -> Value {
        let answer = send(self.address, line, "Content-Type: application/json\r\n", body.to_string().as_bytes());
        answer.json()["value"].clone()
    }

    fn post(&self, what: &str, body: &Value) -> Value {
        let value = self.command(&format!("POST /session/{}/{what}", self.session), body);
        assert!(value["error"].is_null(), "{what}: {value}");
        value
    }

    fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    fn find(&self, selector: &str) -> String {
        let found = self.post("element", &json!({"using": "css selector", "value": selector}));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Enters the token and signs in, from whatever page asks for it.
    fn sign_in(&self, token: &str) {
        let field = self.find("input[name=token]");
        self.post(&format!("element/{field}/value"), &json!({"text": token}));
        self.click("main.door button");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            self.command(&format!("DELETE /session/{}", self.session), &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

#[test]
fn a_real_browser_signs_in_looks_around_and_signs_out() {
    if !has_tools(&["chromium", "chromedriver"]) {
        return;
    }
    let (_place, server, _receiver) = eventful();
    let browser = Browser::start();
    let text = || browser.run("return document.body.innerText").as_str().unwrap().to_owned();
    browser.post("url", &json!({"url": format!("http://{}/", server.address)}));
    browser.sign_in("wrong");
    eventually("the wrong token is told", || text().contains("this is not the token of an operator"));
    browser.sign_in(TOKEN);
    eventually("the dashboard is shown", || browser.run("return document.title") == "syncctl: unhealthy");
    assert!(text().contains("code-mismatch") && text().contains("<script>"), "{}", text());
    assert_eq!(browser.run("return document.scripts.length + document.images.length"), 0);
    assert_eq!(browser.run("return document.cookie"), "");
    // The style sheet is let through by its hash, and nothing else is.
    assert_ne!(browser.run("return getComputedStyle(document.querySelector('.verdict')).borderRadius"), "0px");
    let problems = browser.post("se/log", &json!({"type": "browser"}));
    assert!(!problems.to_string().contains("Content Security Policy"), "{problems}");
    browser.click("header button");
    eventually("the door is shown again", || text().contains("Admin token"));
    browser.post("url", &json!({"url": format!("http://{}/", server.address)}));
    assert!(text().contains("Admin token"), "{}", text());
}
