//! The dashboard: as sockets see it, and in a real browser where there is one.

use serde_json::json;

use super::chromium::Browser;
use super::running::{ADMIN, Answer, Running, event, place, signed};
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
            "What to do first",
            "422",
            "127.0.0.1",
            "Endpoints",
            "Who processes",
            "Records",
            "Oldest due",
            "due ",
            "http-equiv=\"refresh\"",
        ] {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
        assert_eq!(page.body.matches("<script").count(), 1, "its own script alone");
        assert!(!page.body.contains("<img") && !page.body.contains('\u{202e}'));
        assert!(page.body.contains("&lt;script&gt;"));
    }
    assert!(!server.get("/?refresh=0", &cookie).body.contains("http-equiv=\"refresh\""));
    assert_eq!(server.get("/?refresh=x", &cookie).status, 400);
    let received = server.get("/received", &cookie);
    assert!(["in-1", "u-in", "code-mismatch", "127.0.0.1"].iter().all(|part| received.body.contains(part)));
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
        assert!(answer.body.contains("the token belongs to no operator") && !answer.head.contains("set-cookie"));
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
    eventually("the wrong token is told", || text().contains("the token belongs to no operator"));
    browser.sign_in(TOKEN);
    eventually("the overview is shown", || browser.run("return document.title") == "✗ unhealthy · Overview · syncctl");
    assert!(text().contains("<script>"), "{}", text());
    assert_eq!(browser.run("return document.scripts.length + document.images.length"), 1);
    assert_eq!(browser.run("return document.cookie"), "");
    // The style sheet is let through by its hash, and nothing else is.
    assert_ne!(browser.run("return getComputedStyle(document.querySelector('.verdict')).borderRadius"), "0px");
    let problems = browser.post("se/log", &json!({"type": "browser"}));
    assert!(!problems.to_string().contains("Content Security Policy"), "{problems}");
    browser.click("form.who button");
    eventually("the door is shown again", || text().contains("Admin token"));
    browser.post("url", &json!({"url": format!("http://{}/", server.address)}));
    assert!(text().contains("Admin token"), "{}", text());
}
