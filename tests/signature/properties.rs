//! What holds for any bytes.

use std::path::Path;

use bytes::Bytes;
use proptest::prelude::*;
use syncctl::explain::{Candidate, Role, explain};
use syncctl::request;
use syncctl::request::shell_words;
use syncctl::signature::shell_commands::{curl, shell_quote};
use syncctl::signature::snippet::{Language, SnippetInputs, snippet};
use syncctl::signature::{Description, Generic, Message, Scheme, detect, find, schemes, verify};

use super::support::*;
use crate::tools::{has_tools, skip};

/// Everything that reads foreign bytes, with whatever it is given.
fn nothing_panics(bytes: &[u8]) {
    let lines = bytes.split(|b| *b == b'\n');
    let received = request::from_lines(lines, Bytes::copy_from_slice(bytes)).unwrap_or_default();
    let read: Vec<_> =
        request::read_each(bytes).into_iter().flatten().flatten().map(|captured| captured.request).collect();
    for request in read.iter().chain([&received]) {
        for scheme in schemes().chain(detect(request)) {
            let _ = verify(scheme, request, &[key(scheme, secret_of(scheme))], now(), None);
        }
        let again = request::read(&request::to_raw(request));
        assert!(again.is_ok_and(|again| again[0].request.body == request.body));
    }
    let _ = shell_words(bytes);
}

/// The value of every header that a scheme reads, as given.
fn no_header_panics(value: &[u8]) {
    let Ok(value) = http::HeaderValue::from_bytes(value) else { return };
    for scheme in signable() {
        let facts = scheme.facts();
        for name in [Some(&facts.header), facts.time_header.as_ref(), facts.id_header.as_ref()].into_iter().flatten() {
            let mut request = request(scheme, secret_of(scheme), BODY);
            request.headers.insert(name, value.clone());
            let verdict = judge(scheme, &request, secret_of(scheme));
            let _ = verdict.refusal().map(|refusal| refusal.to_string());
        }
    }
}

#[test]
fn the_corpus_of_hostile_headers_and_requests_is_harmless() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hostile");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        nothing_panics(&bytes);
        bytes.split(|b| *b == b'\n').for_each(no_header_panics);
        let request = request::from_lines(["x-webhook-signature: 00"], Bytes::from(bytes)).expect("a request");
        let scheme = find("syncctl").expect("a scheme");
        let _ = explain(scheme, &request, &[Candidate::new(Role::Current, "s")]);
        seen += 1;
    }
    assert!(seen >= 20, "{seen}");
}

fn any_scheme() -> impl Strategy<Value = &'static dyn Scheme> {
    (0..signable().count()).prop_map(|at| signable().nth(at).expect("a scheme"))
}

proptest! {
    #[test]
    fn what_is_signed_verifies(scheme in any_scheme(), body in prop::collection::vec(any::<u8>(), 0..400), id in "[!-~&&[^.]]{1,60}", millis in 0..4_000_000_000_000_i64) {
        let at = syncctl::clock::Timestamp::from_millis(millis);
        let url = scheme.url_for(URL, &body);
        let request = registered(received(&headers_at(scheme, secret_of(scheme), &id, &body, at), &url, &body));
        let verdict = verify(scheme, &request, &[key(scheme, secret_of(scheme))], at, None);
        prop_assert!(verdict.signature.is_ok(), "{:?}", verdict);
    }

    #[test]
    fn a_changed_body_never_verifies(scheme in any_scheme(), body in prop::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut request = request(scheme, secret_of(scheme), &body);
        let mut changed = body.clone();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        // A form means the same with its pairs in another order or repeated.
        prop_assume!(scheme.protects().body && scheme.facts().name != "twilio");
        request.body = changed.into();
        prop_assert!(judge(scheme, &request, secret_of(scheme)).signature.is_err());
    }

    #[test]
    fn a_changed_id_or_time_never_verifies_where_it_is_signed(scheme in any_scheme(), at in any::<prop::sample::Index>()) {
        let facts = scheme.facts();
        let protects = scheme.protects();
        for (header, signed) in [(&facts.id_header, protects.id), (&facts.time_header, protects.time)] {
            let Some(header) = header.as_ref().filter(|_| signed) else { continue };
            let mut request = request(scheme, secret_of(scheme), BODY);
            let mut value = get(&request, header.as_str()).to_owned().into_bytes();
            let at = at.index(value.len());
            value[at] = if value[at] == b'1' { b'2' } else { b'1' };
            set(&mut request, header.as_str(), std::str::from_utf8(&value).expect("text"));
            prop_assert!(judge(scheme, &request, secret_of(scheme)).signature.is_err());
        }
    }

    #[test]
    fn another_secret_never_verifies(scheme in any_scheme(), other in "[a-z0-9]{1,40}") {
        let is_text = scheme.facts().key_form == syncctl::signature::KeyForm::Text;
        prop_assume!((is_text || scheme.key(other.as_bytes()).is_ok()) && other != SECRET);
        let request = request(scheme, secret_of(scheme), BODY);
        prop_assert!(judge(scheme, &request, &other).signature.is_err());
    }

    #[test]
    fn no_bytes_make_anything_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        nothing_panics(&bytes);
        no_header_panics(&bytes);
    }

    #[test]
    fn no_text_that_looks_right_makes_anything_panic(text in "(curl |POST / HTTP/1.1\n|\\{\"log\":|> POST / HTTP/1.1\n|:method: POST\n:path: /\n|base64 -d <<B \\| curl h |curl \\^\"|\\$ FOO=1 curl h <<'B' )?[ -~\n\\$'\"\\\\]{0,200}", value in "(t=|v1,|v1a,|sha256=|ts=)?[0-9a-f,=; .v+/]{0,100}") {
        nothing_panics(text.as_bytes());
        no_header_panics(value.as_bytes());
    }

    #[test]
    fn no_template_panics_and_a_good_one_signs(text in "[{}a-z.:]{0,30}|\\{id\\}[.:]\\{timestamp\\}[.:]\\{body\\}") {
        if let Ok(scheme) = Generic::new(Description { signed: text, ..Description::default() }) {
            prop_assert!(judge(&scheme, &request(&scheme, SECRET, BODY), SECRET).is_valid());
        }
    }

    #[test]
    fn a_raw_request_and_a_curl_command_are_read_back_as_they_were(body in prop::collection::vec(any::<u8>(), 0..300), value in "[!-~][ -~]{0,40}[!-~]") {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned()), ("x-a".to_owned(), value)];
        let request = received(&headers, URL, &body);
        prop_assert_eq!(&request::read(&request::to_raw(&request)).expect("raw")[0].request.body, &request.body);
        let command = curl("POST", URL, &headers, &body);
        let again = request::read(command.as_bytes()).expect("curl").remove(0).request;
        prop_assert_eq!(&again, &request);
        if let Some(quoted) = shell_quote(&body) {
            prop_assert_eq!(shell_words(quoted.as_bytes()), Ok(vec![body.clone()]));
        }
    }
}

/// What runs or builds a program.
fn tool(language: Language) -> &'static str {
    match language {
        Language::Openssl => "openssl",
        Language::Go => "go",
        Language::Node => "node",
        Language::Python => "python3",
        Language::Php => "php",
    }
}

/// Runs a program with the body in a file and the secret in the environment; `None` when a package it imports is not installed.
fn run(language: Language, program: &str, secret: &str, folder: &Path) -> Option<String> {
    let (command, flag) = match language {
        Language::Openssl | Language::Go => ("sh", "-c"),
        Language::Node => ("node", "-e"),
        Language::Python => ("python3", "-c"),
        Language::Php => ("php", "-r"),
    };
    let program = program.strip_prefix("<?php\n").unwrap_or(program);
    let output = std::process::Command::new(command)
        .args([flag, program])
        .env("WEBHOOK_SECRET", secret)
        .current_dir(folder)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    // The package for Ed25519 is not part of Python.
    if said.contains("ModuleNotFoundError") {
        skip("no package for Ed25519 in python3");
        return None;
    }
    assert!(output.status.success(), "{command}: {said}\n{program}");
    Some(String::from_utf8(output.stdout).expect("text").trim_end().to_owned())
}

/// A program that recomputes the signature of one scheme, and what it must print.
struct Program {
    scheme: &'static str,
    text: String,
    secret: &'static str,
    expected: String,
}

/// The programs of every scheme in one language, and a folder with the body they read.
fn programs(language: Language) -> (tempfile::TempDir, Vec<Program>) {
    let folder = tempfile::tempdir().expect("a folder");
    let body = "{\"a\":\"it's é\\u00e9 $HOME\"}\n".as_bytes();
    std::fs::write(folder.path().join("body"), body).expect("a file");
    let program = |scheme: &'static dyn Scheme| {
        let (secret, url) = (secret_of(scheme), scheme.url_for(URL, body));
        let time = scheme.facts().time_form.write(now());
        let message = Message { method: "POST", url: &url, id: ID, time: &time, body, context: "" };
        let expected = headers(scheme, secret, ID, body).pop().expect("a signature").1;
        let sources = SnippetInputs { secret: "WEBHOOK_SECRET", body: "body", encoded: secret.starts_with("whsec_") };
        let text = snippet(language, scheme, &message, sources)?;
        assert!(!text.contains(secret));
        Some(Program { scheme: scheme.facts().name.as_ref(), text, secret, expected })
    };
    let programs: Vec<_> = signable().filter_map(program).collect();
    assert!(programs.len() >= 40, "{}", programs.len());
    (folder, programs)
}

fn print_the_same(language: Language) {
    if !has_tools(&[tool(language)]) {
        return;
    }
    let (folder, programs) = programs(language);
    for Program { scheme, text, secret, expected } in programs {
        if let Some(printed) = run(language, &text, secret, folder.path()) {
            assert_eq!(printed, expected, "{scheme} in {}", language.name());
        }
    }
}

#[test]
fn snippets_for_openssl_print_the_same_signature() {
    print_the_same(Language::Openssl);
}

#[test]
fn snippets_for_node_print_the_same_signature() {
    print_the_same(Language::Node);
}

#[test]
fn snippets_for_python_print_the_same_signature() {
    print_the_same(Language::Python);
}

#[test]
fn snippets_for_php_print_the_same_signature() {
    print_the_same(Language::Php);
}

/// All of them are built at once, because each alone takes nearly as long.
#[test]
fn snippets_for_go_print_the_same_signature() {
    if !has_tools(&[tool(Language::Go)]) {
        return;
    }
    let (folder, programs) = programs(Language::Go);
    let go = folder.path().join("go");
    for Program { scheme, text, .. } in &programs {
        std::fs::create_dir_all(go.join(scheme)).expect("a folder");
        std::fs::write(go.join(scheme).join("main.go"), text).expect("a file");
    }
    std::fs::write(go.join("go.mod"), "module snippets\n").expect("a file");
    std::fs::create_dir(go.join("bin")).expect("a folder");
    let mut build = std::process::Command::new("go");
    build.args(["build", "-o", "bin/", "./..."]).env("GOTOOLCHAIN", "local").current_dir(&go);
    let output = build.output().expect("go starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for Program { scheme, secret, expected, .. } in &programs {
        let printed = run(Language::Go, &format!("go/bin/{scheme}"), secret, folder.path());
        assert_eq!(printed.as_ref(), Some(expected), "{scheme} in go");
    }
}
