//! Foreign text through every command and format.

use serde_json::Value;

use super::formats::READERS;
use super::terminal::on_terminal;
use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

const HOSTILE: &[&str] = &[
    "\u{1b}]0;pwned\u{7}\u{1b}[2J",
    "a\r\nb\u{8}\u{7f}\u{9b}31m",
    "\u{202e}txt.exe\u{2066}\u{2069}\u{200b}\u{feff}",
    "line\u{2028}break\u{2029}\u{85}",
    "=HYPERLINK(\"http://evil\")",
    "@SUM(1)|cmd",
    "-- 'quoted' \"double\" `tick` $(id) %n%s {} <script>",
    "日本語 ناظر Ω̃ 👩‍👩‍👧",
    "tag\u{e0041}\u{e007f}",
];

/// A queue whose ids, data, answers and errors are all hostile.
fn place() -> (Receiver, Place) {
    let body: Vec<u8> =
        HOSTILE.concat().into_bytes().into_iter().chain([0xff, 0xfe, 0]).chain([b'x'; 100_000]).collect();
    let receiver = Receiver::new(move |_| Reply::With(500, vec![("X-Note", "\u{9b}31m".to_owned())], body.clone()));
    let mut place = Place::new();
    std::fs::create_dir_all(place.path(".config/syncctl")).unwrap();
    let config = format!("[[endpoints]]\nname = \"one\"\nurl = \"{}/%1b]0;x\"\n", receiver.url("/one"));
    std::fs::write(place.path(".config/syncctl/config.toml"), config).unwrap();
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    for text in HOSTILE {
        let data = serde_json::json!({"text": text, "long": "\u{1b}[31m".repeat(20_000)}).to_string();
        let emit = |id: &str| place.run_with_input(&["emit", "user.created", "--data", "-", "--", id], data.as_bytes());
        if text.chars().any(char::is_control) {
            let refused = emit(text);
            assert_eq!(refused.code, 65, "{refused:?}");
            assert_safe("emit", &refused.stderr);
        }
        let ran = emit(&resource_id(text));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_safe("emit", &ran.stdout);
    }
    let ran = place.run(&["process"]);
    assert_eq!(ran.code, 3);
    assert_safe("process", &ran.stdout);
    assert_safe("process", &ran.stderr);
    (receiver, place)
}

/// The text without what no resource id may hold.
fn resource_id(text: &str) -> String {
    text.replace(char::is_control, "")
}

fn is_dangerous(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' | '\t')
}

fn assert_safe(what: &str, text: &str) {
    let found = text.char_indices().find(|(_, c)| is_dangerous(*c));
    if let Some((at, c)) = found {
        let around: String = text.chars().skip(text[..at].chars().count().saturating_sub(30)).take(60).collect();
        panic!("{what} shows {c:?} near {around:?}");
    }
}

#[test]
fn no_command_lets_foreign_text_out_raw_in_any_format() {
    let (_receiver, place) = place();
    let more: &[&[&str]] =
        &[&["health"], &["check"], &["deliveries", "list", "--failed"], &["process", "-n"], &["config", "validate"]];
    for args in READERS.iter().chain(more) {
        for format in ["table", "wide", "csv", "name"] {
            let ran = place.run(&[args, &["-o", format][..]].concat());
            let what = format!("{args:?} -o {format}");
            assert_safe(&what, &ran.stdout);
            assert_safe(&what, &ran.stderr);
            if format == "csv" {
                assert_no_formula(&what, &ran.stdout);
            }
        }
        for format in ["json", "jsonl"] {
            let ran = place.run(&[args, &["-o", format, "-vvv"][..]].concat());
            let what = format!("{args:?} -o {format}");
            assert_safe(&what, &ran.stdout);
            assert_safe(&what, &ran.stderr);
            for line in ran.stdout.lines() {
                serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{what}: {e}"));
            }
        }
    }
}

fn assert_no_formula(what: &str, text: &str) {
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    for row in rows.records() {
        for cell in row.unwrap().iter() {
            let number = cell.parse::<f64>().is_ok();
            assert!(
                number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']),
                "{what}: {cell:?}"
            );
        }
    }
}

#[test]
fn what_json_says_is_what_was_given() {
    let (_receiver, place) = place();
    let events = place.data(&["events", "list", "--limit", "100"]);
    let ids: Vec<&str> = events.as_array().unwrap().iter().map(|it| it["resourceId"].as_str().unwrap()).collect();
    for text in HOSTILE {
        assert!(ids.contains(&&*resource_id(text)), "{text:?}");
    }
}

#[test]
fn a_terminal_sees_it_escaped() {
    let (_receiver, place) = place();
    let Some(seen) = on_terminal(&place, 100, "--color never events list", "") else { return };
    assert!(seen.stdout.contains(r"\u{202e}txt.exe"), "{seen:?}");
    assert_safe("a terminal", &seen.stdout.replace("\r\n", "\n"));
    let shown = on_terminal(&place, 100, "--color never events show 1 --body", "").unwrap();
    assert_safe("a body on a terminal", &shown.stdout.replace("\r\n", "\n"));
}

#[test]
fn errors_and_logs_are_safe_too() {
    let place = Place::new();
    place.emit("user.created", "u");
    let text = HOSTILE.concat();
    for args in [
        &["emit", &text, "u", "--data", "{}"][..],
        &["emit", "user.created", "u", "--data", &text],
        &["emit", "user.created", "u", "--data", "{}", "--id", &text],
        &["emit", "a.b", "u", "--data", "{}", "--resource-type", &text],
        &["events", "show", &text],
        &["events", "list", "--type", &text],
        &["endpoints", "show", &text],
        &["replay", "--failed", "--endpoint", &text],
        &["replay", "--", &text],
        &["status", "--columns", &text],
        &["status", "--config", &text],
        &["db", "backup", &format!("no/{text}")],
        &["help", &text],
        &["man", &text],
    ] {
        for more in [&[][..], &["-o", "json"], &["-vvv", "--log-format", "json"]] {
            let args = [more, args].concat();
            let ran = place.run(&args);
            assert_safe(&format!("{args:?}"), &ran.stderr);
            assert_safe(&format!("{args:?}"), &ran.stdout);
        }
    }
}
