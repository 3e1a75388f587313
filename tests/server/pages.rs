//! The dashboard in a real browser: an operator finds what failed, repairs it, and is not kept out by any screen or colour.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::chromium::Browser;
use super::running::{Running, event, signed, standard, with_secrets};
use crate::support::place::{Place, eventually};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::{has_tools, skip};

const TOKEN: &str = "admin-token-of-the-tests";
const AT: &str = "2026-01-31T12:00:00.000Z";
const WIDTHS: [u32; 4] = [360, 768, 1280, 1440];

/// A server that delivers, a receiver that can be broken and mended, and a browser that is signed in.
struct Scene {
    place: Place,
    server: Running,
    receiver: Receiver,
    is_up: Arc<AtomicBool>,
    browser: Browser,
}

impl Scene {
    fn new(flags: &[&str]) -> Option<Self> {
        if !has_tools(&["chromium", "chromedriver"]) {
            return None;
        }
        let is_up = Arc::new(AtomicBool::new(true));
        let up = Arc::clone(&is_up);
        let receiver = Receiver::new(move |_| match up.load(Ordering::SeqCst) {
            true => Reply::Status(200),
            false => Reply::With(422, Vec::new(), b"{\"error\":\"<b>no such course</b>\"}".to_vec()),
        });
        let mut place = with_secrets(Place::sending_to(&[receiver.url("/hook")]));
        place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "10ms");
        place.set("SYNCCTL_DELIVERY_MAX_DELAY", "10ms");
        place.set("SYNCCTL_SERVER_PROCESS_EVERY", "200ms");
        let server = Running::start(&place, flags);
        let scene = Self { place, server, receiver, is_up, browser: Browser::start() };
        scene.open("/endpoints");
        scene.browser.sign_in(TOKEN);
        eventually("the page that was asked for", || scene.browser.text().contains("Last hour"));
        Some(scene)
    }

    fn open(&self, path: &str) {
        self.browser.open(&format!("http://{}{path}", self.server.address));
    }

    fn shows(&self, what: &str) {
        eventually(what, || self.browser.text().to_lowercase().contains(&what.to_lowercase()));
    }

    fn path(&self) -> String {
        self.browser.run("return location.pathname + location.search").as_str().unwrap().to_owned()
    }

    fn fail(&self, resources: &[&str]) {
        self.is_up.store(false, Ordering::SeqCst);
        for resource in resources {
            self.place.emit("user.updated", resource);
        }
        eventually("they failed", || self.count("failed") == resources.len());
    }

    fn count(&self, state: &str) -> usize {
        self.place.data(&["deliveries", "list", "--state", state]).as_array().unwrap().len()
    }
}

#[test]
fn an_operator_sees_a_delivery_fail_and_recover_finds_it_and_replays_it() {
    let Some(scene) = Scene::new(&[]) else { return };
    let browser = &scene.browser;
    scene.open("/");
    scene.shows("Healthy");
    scene.shows("Recent failures");
    // Live: nothing is loaded by hand until it has failed.
    scene.fail(&["lost-course"]);
    scene.shows("What to do first");
    scene.shows("3 of 3 failed");
    eventually("the title tells", || browser.run("return document.title").as_str().unwrap().starts_with("✗ unhealthy"));
    // Found by search, from the keyboard.
    browser.press("/");
    assert_eq!(browser.run("return document.activeElement.id"), "search");
    browser.enter("#search", "lost-course\u{e007}");
    eventually("the search leads to it", || scene.path() == "/deliveries?resource=lost-course");
    browser.press("j");
    assert_eq!(browser.run("return document.querySelectorAll('tr.current').length"), 1);
    browser.click("tbody a");
    scene.shows("Attempt 3");
    browser.click_on("summary", "Attempt 1");
    scene.shows("x-sync-attempt");
    assert!(browser.text().contains("<b>no such course</b>"), "hostile text is shown as text");
    assert!(!browser.text().contains("syncctl-test-secret"));
    // Replayed with one click, once the other side is right again; and it is seen to arrive.
    scene.is_up.store(true, Ordering::SeqCst);
    browser.click("[data-key=r]");
    scene.shows("1 delivery replayed");
    eventually("it arrives", || scene.count("delivered") == 1);
    scene.shows("delivered by attempt 4");
    scene.open("/audit?direction=operator");
    scene.shows("delivery.replay");
    scene.shows("by admin from 127.0.0.1");
    // What a receiver saw is verified against what was sent.
    let request = scene.receiver.requests().pop().unwrap();
    let headers: String = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| format!("{name}: {}\n", request.header(name)))
        .concat();
    scene.open("/events/%231");
    browser.enter("#headers", &headers);
    browser.click("form.verify button");
    scene.shows("VALID  signature valid");
}

#[test]
fn an_operator_replays_many_by_a_plan_and_pauses_and_resumes_an_endpoint() {
    let Some(scene) = Scene::new(&[]) else { return };
    let browser = &scene.browser;
    scene.fail(&["a", "b", "c"]);
    scene.is_up.store(true, Ordering::SeqCst);
    scene.open("/deliveries?state=failed");
    browser.click("tbody tr:nth-child(1) input");
    browser.click("tbody tr:nth-child(2) input");
    browser.click("button[value=replay]");
    scene.shows("Nothing has been changed yet. This would change 2 deliveries.");
    assert_eq!(scene.count("failed"), 3);
    // While it is looked at, one of them is replayed elsewhere: the plan is refused.
    scene.place.run(&["replay", "3"]);
    eventually("it arrives", || scene.count("delivered") == 1);
    browser.click(".actions .primary");
    scene.shows("nothing was changed: the deliveries of the plan changed");
    scene.open("/failures");
    scene.shows("9 of 10 attempts failed");
    browser.click("table[aria-label='Failures by cause'] tbody a");
    scene.shows("Failures of F");
    browser.click_on("a", "plan a replay");
    scene.shows("This would change 2 deliveries");
    scene.open("/failures");
    browser.click("table[aria-label='Failures by cause'] tbody a");
    browser.click_on("button", "Acknowledge");
    scene.shows("failures.acknowledge");
    scene.open("/");
    browser.click_on(".todo a", "replay 2 failed");
    scene.shows("This would change 2 deliveries");
    browser.click(".actions .primary");
    scene.shows("2 deliveries replayed");
    eventually("all arrive", || scene.count("delivered") == 3);
    scene.open("/endpoints");
    browser.click("tbody a");
    browser.click_on("button", "Pause");
    scene.shows("endpoint.pause");
    scene.place.emit("user.updated", "waits");
    eventually("it is held", || scene.count("held") == 1);
    browser.click_on("button", "Resume");
    eventually("it goes out", || scene.count("delivered") == 4);
    browser.click_on("button", "Send a test event");
    scene.shows("endpoint.test");
}

#[test]
fn an_operator_explains_a_refused_webhook_and_accepts_it() {
    let Some(scene) = Scene::new(&["--no-process"]) else { return };
    let body = event("in-1", "user.created", "u-in", r#"{"name":"<i>Ada</i>"}"#, AT);
    let late = standard(&body, "in-1", 1_600_000_000);
    assert_eq!(scene.server.send("POST /api/webhooks/sync", &late, body.as_bytes()).status, 401);
    let changed = signed(&body);
    assert_eq!(scene.server.send("POST /api/webhooks/sync", &changed, format!("{body}\n").as_bytes()).status, 401);
    scene.open("/received?refused=true");
    scene.shows("outside-tolerance");
    scene.shows("code-mismatch");
    scene.open("/requests/2");
    scene.shows("CAUSE");
    scene.open("/requests/1");
    scene.shows("signature valid");
    scene.shows("<i>Ada</i>");
    scene.browser.click("input[name=any_time]");
    scene.browser.click_on("button", "Verify again and accept");
    scene.shows("request.replay request 1: applied");
    scene.open("/records");
    scene.browser.click_on("tbody a", "user");
    scene.shows("<i>Ada</i>");
    scene.shows("Received from elsewhere");
}

#[test]
fn a_form_without_the_token_of_its_session_does_nothing() {
    let place = with_secrets(Place::sending_to(&["http://127.0.0.1:9/hook"]));
    let server = Running::start(&place, &["--no-process"]);
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let entered = server.send("POST /login", form, format!("token={TOKEN}").as_bytes());
    let cookie = entered.raw.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let own = format!("Cookie: {}\r\nOrigin: http://localhost\r\n{form}", cookie.split(';').next().unwrap());
    let page = server.get("/endpoints/127.0.0.1:9", &own);
    let token = page.body.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let pause = |body: &str| server.send("POST /endpoints/127.0.0.1:9/pause", &own, body.as_bytes());
    for wrong in ["", "form_token=", "form_token=x", &format!("form_token={}", &token[1..])] {
        let refused = pause(wrong);
        assert_eq!(refused.status, 403, "{wrong}");
        assert!(refused.body.contains("reload the page"), "{}", refused.body);
    }
    assert_eq!(place.data(&["endpoints", "list"])[0]["state"], "ok");
    assert_eq!(pause(&format!("form_token={token}")).status, 303);
    assert_eq!(place.data(&["endpoints", "list"])[0]["state"], "paused");
    // A refusal says what is wrong and how to go on.
    let other = server.send("GET /", &format!("{own}X: y\r\n").replace("Host", "X-Host"), b"");
    assert_eq!(other.status, 200);
    let wrong = server.get("/deliveries?status=9", &own);
    assert!(wrong.status == 400 && wrong.body.contains("<code>status</code>"), "{}", wrong.body);
    assert_eq!(server.get("/events/none", &own).status, 404);
}

// ── looks ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A place with the longest names there may be and hostile texts everywhere.
fn crowded() -> Option<(Scene, Vec<String>)> {
    let scene = Scene::new(&["--no-process"])?;
    let long = format!("{}<b>", "course-of-somebody-".repeat(13).get(..247).unwrap());
    let id = "e".repeat(128);
    scene.is_up.store(false, Ordering::SeqCst);
    for resource in ["short", &long, "<script>document.title='owned'</script>"] {
        scene.place.emit("user.updated", resource);
    }
    scene.place.run(&["emit", "user.updated", &long, "--id", &id, "--data", "{\"name\":\"x\"}"]);
    scene.place.run(&["process", "--wait"]);
    let body = event("in-1", "user.created", &long, r#"{"name":"Ada","email":"ada@example.org"}"#, AT);
    assert_eq!(scene.server.webhook(&body).status, 200);
    assert_eq!(scene.server.send("POST /api/webhooks/sync", &signed("other"), body.as_bytes()).status, 401);
    let record = format!("/records/{}?kind=user", percent(&long));
    let pages = [
        "/",
        "/?window=day",
        "/endpoints",
        "/deliveries",
        "/failures",
        "/events",
        "/received",
        "/requests/1",
        "/records",
        "/audit",
        "/runs",
        "/configuration",
        "/plan?verb=replay&state=failed",
        "/events/%232",
        "/deliveries?state=lost",
    ];
    let mut pages: Vec<String> = pages.map(ToOwned::to_owned).into();
    let endpoint = scene.place.data(&["endpoints", "list"])[0]["name"].as_str().unwrap().to_owned();
    pages.extend([record, format!("/events/{id}"), format!("/endpoints/{endpoint}")]);
    Some((scene, pages))
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What is wider than the screen, or than the place it has.
const OVERFLOWING: &str = "
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth + 1;
    const parts = [...document.querySelectorAll('main *, header *, footer *')].filter((it) => {
        const box = it.getBoundingClientRect();
        return box.width > 0 && !it.closest('.unseen, pre, .cut, svg, thead, .skip')
            && (box.right > innerWidth + 1 || (/^(TD|TH|TABLE|DD|LI)$/.test(it.tagName) && it.scrollWidth > it.clientWidth + 2));
    });
    return (wide ? ['the page: ' + document.documentElement.scrollWidth] : [])
        .concat(parts.slice(0, 5).map((it) => it.tagName + '.' + it.className + ': ' + it.textContent.slice(0, 60)));";

#[test]
fn nothing_overflows_and_nothing_hostile_is_markup_at_any_width() {
    let Some((scene, pages)) = crowded() else { return };
    for page in &pages {
        scene.browser.look(1280, 900, "light");
        scene.open(page);
        for width in [360, 768, 1100, 1280, 1440, 1920] {
            scene.browser.look(width, 900, "light");
            let wide = scene.browser.run(OVERFLOWING);
            assert_eq!(wide, json!([]), "{page} at {width}");
        }
        let source = scene.server.get(page, super::running::ADMIN).body;
        assert!(source.len() < 100 * 1024, "{page} weighs {} bytes", source.len());
        assert_eq!(
            scene.browser.run("return document.querySelectorAll('main b, main i, main script').length"),
            0,
            "{page}"
        );
    }
    assert_ne!(scene.browser.run("return document.title"), "owned");
    let problems = scene.browser.post("se/log", &json!({"type": "browser"}));
    assert!(!problems.to_string().contains("Content Security Policy"), "{problems}");
    // An id that is cut for the eye is whole when it is copied.
    scene.browser.look(1280, 900, "light");
    scene.open(&format!("/events/{}", "e".repeat(128)));
    assert_eq!(scene.browser.run("return document.querySelector('h1').textContent.length"), 128 + "Event ".len());
}

#[test]
fn axe_finds_nothing_at_any_width_in_light_or_dark() {
    let Some(axe) = axe() else { return };
    let Some((scene, pages)) = crowded() else { return };
    for page in pages.iter().map(String::as_str).chain(["/runs?signed-out"]) {
        if page.ends_with("?signed-out") {
            scene.browser.devtools("Network.clearBrowserCookies", &json!({}));
        }
        scene.open(page);
        for (width, scheme) in WIDTHS.iter().flat_map(|width| [(*width, "light"), (*width, "dark")]) {
            scene.browser.look(width, 900, scheme);
            scene.browser.run(&format!("{axe}; return 0"));
            let found = scene.browser.run_async(
                "const done = arguments[arguments.length - 1];
                 axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
                    .then((it) => done(it.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 2).map((n) => n.html + ' ' + n.failureSummary).join(' | '))));",
            );
            assert_eq!(found, json!([]), "{page} at {width} in {scheme}");
        }
    }
}

/// The text of axe-core, which `.ci/run` fetches; without it the test is skipped aloud.
fn axe() -> Option<String> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let fetched = cache.map(|cache| cache.join("syncctl-ci/node/node_modules/axe-core/axe.min.js"));
    let place = std::env::var_os("SYNCCTL_AXE").map(PathBuf::from).or(fetched);
    let text = place.and_then(|place| fs::read_to_string(place).ok());
    if text.is_none() {
        let _ = skip("axe-core is not there: .ci/run fetches it, or SYNCCTL_AXE names axe.min.js");
    }
    text
}

/// The pictures of the documentation. `UPDATE_GENERATED=1` makes them anew; otherwise they only have to be there.
#[test]
fn the_documentation_shows_the_pages() {
    const PAGES: [(&str, &str, u32, &str); 6] = [
        ("overview", "/", 1280, "light"),
        ("overview-dark", "/", 1280, "dark"),
        ("overview-narrow", "/", 360, "light"),
        ("event", "/events/%233", 1280, "light"),
        ("plan", "/plan?verb=replay&state=failed", 1280, "light"),
        ("received", "/received", 1280, "dark"),
    ];
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/dashboard");
    if std::env::var_os("UPDATE_GENERATED").is_none() {
        for (name, ..) in PAGES {
            assert!(folder.join(format!("{name}.png")).is_file(), "{name}: UPDATE_GENERATED=1 makes it");
        }
        return;
    }
    let Some(scene) = Scene::new(&[]) else { return };
    for learner in ["u-1042", "u-1043", "u-1044", "u-1045"] {
        scene.place.emit("user.updated", learner);
    }
    eventually("they arrive", || scene.count("delivered") == 4);
    scene.fail(&["u-2001", "u-2002", "u-2003"]);
    let body =
        event("evt-from-the-platform", "user.created", "u-3001", r#"{"name":"Ada","email":"ada@example.org"}"#, AT);
    assert_eq!(scene.server.webhook(&body).status, 200);
    assert_eq!(scene.server.send("POST /api/webhooks/sync", &signed("other"), body.as_bytes()).status, 401);
    fs::create_dir_all(&folder).unwrap();
    for (name, page, width, scheme) in PAGES {
        scene.browser.look(width, 900, scheme);
        scene.open(page);
        scene.shows("Last updated");
        fs::write(folder.join(format!("{name}.png")), scene.browser.screenshot()).unwrap();
    }
}

/// Pages that are open cost nothing while nothing happens, and one stream tells where another left off.
#[test]
fn the_stream_of_changes_resumes_where_it_was() {
    use std::io::{BufRead as _, BufReader};
    let place = with_secrets(Place::sending_to(&["http://127.0.0.1:9/hook"]));
    let server = Running::start(&place, &["--no-process"]);
    let listen = |resume: &str| {
        let mut stream = server.connect();
        super::running::write(&mut stream, "GET /changes", &format!("{}{resume}", super::running::ADMIN), b"");
        BufReader::new(stream).lines().map_while(Result::ok)
    };
    let mut first = listen("");
    assert!(first.next().unwrap().contains("200"));
    assert!(first.any(|line| line == "content-type: text/event-stream"));
    place.emit("user.updated", "u");
    let id = first.find_map(|line| line.strip_prefix("id: ").map(ToOwned::to_owned)).unwrap();
    drop(first);
    place.emit("user.updated", "v");
    let resumed = format!("Last-Event-ID: {id}\r\n");
    let told = listen(&resumed).find_map(|line| line.strip_prefix("id: ").map(ToOwned::to_owned)).unwrap();
    assert_ne!(told, id, "what was missed is told");
    // A number of another server says nothing: the page is read again.
    let told = listen("Last-Event-ID: 1-1\r\n").find_map(|line| line.strip_prefix("event: ").map(ToOwned::to_owned));
    assert_eq!(told.as_deref(), Some("changed"));
    let _: Value = place.data(&["status"]);
}
