//! Mistakes of the field with the right answer for each: what `verify --explain` says of them.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::support::place::Place;

/// One line of the file.
struct Case(Value);

impl Case {
    fn run(&self) -> Value {
        let mut place = Place::new();
        place.unset("WEBHOOK_SECRET");
        for (name, value) in self.0["env"].as_object().unwrap() {
            place.set(name, value.as_str().unwrap());
        }
        for (name, text) in self.0["files"].as_object().unwrap() {
            std::fs::write(place.path(name), BASE64.decode(text.as_str().unwrap()).unwrap()).unwrap();
        }
        let mut args: Vec<_> = self.0["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        args.extend(["-o", "json"]);
        let ran = place.run(&args);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| serde_json::json!({ "error": ran.stderr }))
    }

    /// What is wrong with the answer, if anything.
    fn fault(&self) -> Option<String> {
        let (answer, expected) = (self.run(), &self.0["expected"]);
        let data = answer.get("data").unwrap_or(&answer);
        let named: Vec<&str> = match (&data["explanation"]["cause"], &data["pair"]) {
            (Value::String(cause), _) => vec![cause],
            (_, Value::Array(pair)) => pair.iter().map(|one| one["cause"].as_str().unwrap()).collect(),
            _ => Vec::new(),
        };
        let (named, text) = (named.join("+"), data.to_string());
        let valid = data["valid"] == Value::Bool(true);
        let is_right = match (&expected["valid"], &expected["scheme"], &expected["request"], &expected["causes"]) {
            (Value::Bool(expected), ..) => *expected == valid,
            (_, Value::String(scheme), ..) => data["scheme"] == scheme.as_str(),
            (_, _, Value::Bool(_), _) => valid || !named.is_empty(),
            (.., Value::Array(causes)) if causes.is_empty() => named.is_empty() && !valid && data["reason"].is_string(),
            (.., Value::Array(causes)) => {
                causes.iter().any(|cause| named == cause.as_str().unwrap()) || (expected["or_valid"] == true && valid)
            }
            _ => false,
        };
        // What cannot be read is told, and nothing is guessed from it.
        let is_right = is_right
            || (expected["unread"] == true
                && (valid || !named.is_empty() || text.contains("failed to read a request")));
        let says = |what: &str| expected[what].as_str().map(|words| text.contains(words));
        let is_right = is_right && says("says") != Some(false) && says("never") != Some(true);
        let name = self.0["name"].as_str().unwrap();
        (!is_right).then(|| {
            format!(
                "{name}: {expected}\n    named `{named}`, valid {valid}: {}",
                &text.chars().take(400).collect::<String>()
            )
        })
    }
}

#[test]
fn every_mistake_of_the_field_is_named_as_what_it_is() {
    let lines = include_str!("../signature/cases/signatures.jsonl").lines();
    let cases = Mutex::new(lines.map(|line| Case(serde_json::from_str(line).unwrap())).collect::<Vec<_>>());
    let count = cases.lock().unwrap().len();
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = cases.lock().unwrap().pop();
                    let Some(case) = next else { break };
                    if let Some(fault) = case.fault() {
                        wrong.lock().unwrap().push(fault);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
