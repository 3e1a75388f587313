//! A real browser under remote control.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::running::send;

/// A headless browser under remote control. Dropping it ends both.
pub(crate) struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) fn start() -> Self {
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
            "--window-size=1280,900",
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

    pub(crate) fn post(&self, what: &str, body: &Value) -> Value {
        let value = self.command(&format!("POST /session/{}/{what}", self.session), body);
        assert!(value["error"].is_null(), "{what}: {value}");
        value
    }

    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    pub(crate) fn find(&self, selector: &str) -> String {
        let found = self.post("element", &json!({"using": "css selector", "value": selector}));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// Clicks what a selector finds; a live page may be drawn anew between the look and the click.
    pub(crate) fn click(&self, selector: &str) {
        loop {
            let element = self.find(selector);
            let line = format!("POST /session/{}/element/{element}/click", self.session);
            let answer = self.command(&line, &json!({}));
            if answer["error"] != "stale element reference" {
                assert!(answer["error"].is_null(), "{selector}: {answer}");
                return;
            }
        }
    }

    /// Opens an address.
    pub(crate) fn open(&self, address: &str) {
        self.post("url", &json!({"url": address}));
    }

    /// What a person reads on the page.
    pub(crate) fn text(&self) -> String {
        self.run("return document.body.innerText").as_str().unwrap().to_owned()
    }

    /// Types into a field.
    pub(crate) fn enter(&self, selector: &str, text: &str) {
        let field = self.find(selector);
        self.post(&format!("element/{field}/clear"), &json!({}));
        self.post(&format!("element/{field}/value"), &json!({"text": text}));
    }

    /// Presses keys wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})])
            .collect();
        self.post("actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}));
    }

    /// Clicks the first of `selector` whose text begins with `text`.
    pub(crate) fn click_on(&self, selector: &str, text: &str) {
        let script = format!(
            "const found = [...document.querySelectorAll({})].find((it) => it.textContent.trim().startsWith({})); \
             if (!found) return false; found.scrollIntoView({{block: 'center'}}); found.click(); return true;",
            json!(selector),
            json!(text)
        );
        assert_eq!(self.run(&script), true, "there is no {selector} with {text:?} in:\n{}", self.text());
    }

    /// Makes the page as wide, in light or dark.
    pub(crate) fn look(&self, width: u32, height: u32, scheme: &str) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// A command of the browser's own protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// The picture of what is seen.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        use base64::Engine as _;
        let taken = self.devtools("Page.captureScreenshot", &json!({"format": "png"}));
        base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    /// Runs a script that answers later, by its last argument.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        self.post("execute/async", &json!({"script": script, "args": []}))
    }

    /// Enters the token and signs in, from whatever page asks for it.
    pub(crate) fn sign_in(&self, token: &str) {
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
