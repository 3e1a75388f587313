//! What people have: files of every tool, each read as what it is, byte for byte, or refused with the right reason.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use syncctl::request::{Captured, Note, RequestError, read_each};
use syncctl::signature::{find, verify};

use super::support::*;

/// What signed the files.
const SECRET_OF_FILES: &[u8] = b"s3cr3t-Example-Key-01";
const SHORT: &str = r#"{"id":"evt_9","type":"order.paid"}"#;
const LONG: &str = r#"{"id":"evt_9","type":"order.paid","note":"Zoë said \"hi\" & it's 100% ok \\ $5 `x` !","url":"https:\/\/a.example"}"#;

/// What is right for a file.
enum Right {
    /// The number of requests, which of them is signed, its URL, and its body.
    Read(usize, usize, Option<&'static str>, &'static str),
    /// Read with another body than the one that was signed, which is told.
    Doubted(Option<&'static str>, &'static str, Note),
    /// Its headers are read; its body is not there.
    WithoutBody,
    Lost,
}

use Right::{Doubted, Lost, Read, WithoutBody};

const HOOK: Option<&str> = Some("https://hooks.example.com/hook");
const HOOK_X: Option<&str> = Some("https://hooks.example.com/hook?x=1");
const ROOT: Option<&str> = Some("https://hooks.example.com/");
const H: Option<&str> = Some("https://h/x");
const EXAMPLE: Option<&str> = Some("https://h.example/");

const FILES: &[(&str, &str, Right)] = &[
    ("alb-event", "Load Balancer", Read(1, 1, HOOK, LONG)),
    ("aws-api-gateway-v1-event-body-text", "API Gateway v1", Read(1, 1, HOOK, LONG)),
    (
        "azure-functions-google-cloud-style-method-url-head",
        "JSON with headers",
        Read(1, 1, Some("https://h/hook"), LONG),
    ),
    ("caret-and-doubled-quotes", "curl", Read(1, 1, HOOK, SHORT)),
    ("chrome-copy-all-as-curl-two-commands-and", "curl", Read(2, 2, HOOK, SHORT)),
    ("chrome-copy-as-fetch", "fetch", Read(1, 1, HOOK, SHORT)),
    ("curl-in-powershell-with-backtick-line-ends", "PowerShell", Read(1, 1, HOOK, SHORT)),
    ("curl-trace-ascii", "trace of curl", Read(1, 1, HOOK, SHORT)),
    ("curl-v-no-body", "curl -v", WithoutBody),
    ("curl-with-here-string", "curl", Read(1, 1, HOOK, "{\"id\":\"evt_9\",\"type\":\"order.paid\"}\n")),
    ("har-fiddler-base64-comment", "HAR, body in base64", Read(1, 1, H, SHORT)),
    ("har-non-utf-8-body-as-mojibake-bodysize-tells", "HAR", Lost),
    ("har-single-entry-object-copy-entry", "HAR", Read(1, 1, H, SHORT)),
    ("har-utf-16-powershell-saved", "HAR", Read(1, 1, H, SHORT)),
    ("headers-only-no-request-line", "without a request line", Read(1, 1, ROOT, LONG)),
    (
        "hookdeck-svix-delivery-json",
        "Hookdeck",
        Doubted(
            ROOT,
            r#"{"id":"evt_9","type":"order.paid","note":"Zoë said \"hi\" & it's 100% ok \\ $5 `x` !","url":"https://a.example"}"#,
            Note::Rewritten,
        ),
    ),
    ("httpie-command", "HTTPie", Read(1, 1, HOOK, r#"{"id": "evt_9", "type": "order.paid"}"#)),
    ("insomnia-export-json-v4", "Insomnia", Read(1, 1, HOOK, SHORT)),
    ("markdown-fence-around-a-curl-command", "curl", Read(1, 1, EXAMPLE, SHORT)),
    ("mitmproxy-export-httpie", "HTTPie", Read(1, 1, HOOK, SHORT)),
    ("ngrok-api-api-requests-http-one", "ngrok", Read(1, 1, HOOK_X, LONG)),
    ("ngrok-api-list", "ngrok", Read(1, 1, HOOK_X, LONG)),
    ("node-express-req-headers-dump-js-object", "program printed", Read(1, 1, ROOT, SHORT)),
    ("postman-collection-json", "Postman", Read(1, 1, HOOK, SHORT)),
    ("requestbin-pipedream-event", "Pipedream", Read(1, 1, ROOT, LONG)),
    ("response-after-blank-line-between-lf", "raw HTTP", Read(1, 1, HOOK_X, LONG)),
    ("response-after-the-request-wireshark-follow-stream", "raw HTTP", Read(1, 1, HOOK_X, LONG)),
    ("script-bin-sh-set-e-curl", "curl", Read(1, 1, HOOK, SHORT)),
    ("smart-quotes-in-a-curl-command-pasted-from-a-chat", "curl", Read(1, 1, EXAMPLE, SHORT)),
    ("tcpdump-a", "tcpdump", Read(1, 1, HOOK_X, SHORT)),
    ("two-requests-in-one-file-keep-alive-stream", "raw HTTP", Read(2, 1, HOOK_X, LONG)),
    ("vs-code-rest-client-with-and-comment", "HTTP client", Read(2, 1, HOOK, LONG)),
    ("vs-code-rest-client-with-variables", "HTTP client", Read(1, 1, HOOK, LONG)),
    ("wget-command", "wget", Read(1, 1, HOOK, SHORT)),
    ("wireshark-follow-stream-saved-as-hex-dump", "hex dump", Read(1, 1, HOOK_X, SHORT)),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/signature/requests")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.txt"))).expect("a file")
}

/// Whether the signature of the project's first scheme is right.
fn is_valid(captured: &Captured) -> bool {
    let scheme = find("syncctl").expect("a scheme");
    let key = scheme.key(SECRET_OF_FILES).expect("a key");
    verify(scheme, &captured.request, &[key], now(), None).signature.is_ok()
}

#[test]
fn every_file_is_read_as_what_it_is() {
    let mut wrong = Vec::new();
    for (name, format, right) in FILES {
        let all = read_each(&file(name));
        let outcome = std::panic::catch_unwind(|| holds(&all, format, right));
        match outcome {
            Ok(true) => {}
            _ => wrong.push(format!("{name}: {all:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let names: Vec<_> =
        std::fs::read_dir(folder()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    let is_listed = |name: &std::ffi::OsString| FILES.iter().any(|(known, ..)| *name == *format!("{known}.txt"));
    let unlisted: Vec<_> = names.iter().filter(|name| !is_listed(name)).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

fn holds(all: &Result<Vec<Result<Captured, RequestError>>, RequestError>, format: &str, right: &Right) -> bool {
    match right {
        Read(count, which, url, body) => {
            let Ok(all) = all else { return false };
            let Some(Ok(one)) = all.get(which - 1) else { return false };
            all.len() == *count
                && one.format.contains(format)
                && one.request.method == "POST"
                && one.request.url.as_deref() == *url
                && one.request.body == body.as_bytes()
                && !one.misses_body()
                && is_valid(one)
        }
        Doubted(url, body, note) => matches!(all.as_deref(), Ok([Ok(one)]) if one.format.contains(format)
            && one.request.url.as_deref() == *url && one.request.body == body.as_bytes() && one.notes.contains(note)),
        WithoutBody => matches!(all.as_deref(), Ok([Ok(one)]) if one.format.contains(format) && one.misses_body()
            && one.request.headers.contains_key("x-webhook-signature")),
        Lost => matches!(all.as_deref(), Ok([Err(RequestError::BytesLost { said: 11, .. })])),
    }
}

/// One line of `requests.jsonl`: a file of a kind, and what is right for it.
#[derive(serde::Deserialize)]
struct Variant {
    name: String,
    /// `valid`: it is read and its signature is right; `other-bytes`: it is read, and not as the bytes that were signed;
    /// `several`: more than one request is signed; `refused`: it is not read, or has no body.
    right: String,
    /// Which of several requests is meant, from 1.
    which: Option<usize>,
    text: Option<String>,
    base64: Option<String>,
}

impl Variant {
    fn bytes(&self) -> Vec<u8> {
        use base64::Engine as _;
        match &self.text {
            Some(text) => text.clone().into_bytes(),
            None => {
                let encoded = self.base64.as_ref().expect("a variant has a text or bytes");
                base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64")
            }
        }
    }

    /// What came of it, in the words of `right`.
    fn outcome(&self) -> &'static str {
        let all = read_each(&self.bytes()).unwrap_or_default();
        let meant: Vec<&Captured> = all
            .iter()
            .enumerate()
            .filter(|(at, _)| self.which.is_none_or(|which| at + 1 == which))
            .filter_map(|(_, one)| one.as_ref().ok())
            .filter(|one| all.len() == 1 || one.request.headers.contains_key("x-webhook-signature"))
            .collect();
        match meant.as_slice() {
            [] => "refused",
            [one] if one.misses_body() => "refused",
            [one] if is_valid(one) => "valid",
            [_] => "other-bytes",
            _ => "several",
        }
    }
}

fn variants() -> Vec<Variant> {
    let lines = include_str!("requests.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("a variant")).collect()
}

#[test]
fn every_variant_of_every_tool_is_read_or_refused_rightly() {
    let variants = variants();
    let wrong: Vec<_> = variants.iter().filter(|one| one.outcome() != one.right).collect();
    let shown: Vec<_> =
        wrong.iter().map(|one| format!("{}: {} and not {}", one.name, one.outcome(), one.right)).collect();
    assert!(shown.is_empty(), "{shown:#?}");
    assert!(variants.len() > 150, "{}", variants.len());
}

/// Every file and every variant.
fn every_text() -> Vec<Vec<u8>> {
    FILES.iter().map(|(name, ..)| file(name)).chain(variants().iter().map(Variant::bytes)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_truncated_or_changed_text_makes_anything_panic(
        text in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        other in any::<prop::sample::Index>(),
        joins in any::<bool>(),
    ) {
        let texts = TEXTS.get_or_init(every_text);
        let mut bytes = text.get(texts).clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if joins {
            bytes.extend(other.get(texts).iter());
        }
        for captured in read_each(&bytes).into_iter().flatten().flatten() {
            let again = syncctl::request::read(&syncctl::request::to_raw(&captured.request)).expect("what was read is written so that it is read");
            prop_assert_eq!(again.len(), 1);
            prop_assert_eq!(&again[0].request.body, &captured.request.body);
        }
    }
}

static TEXTS: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();

/// What could be read again and again: a reader that looks at the rest of a text at each of its places would take hours.
#[test]
fn no_text_takes_more_than_its_length_in_time() {
    const LENGTH: usize = 1 << 20;
    let starts = [
        "",
        "curl h ",
        "POST / HTTP/1.1\n\n",
        "{",
        "[",
        "{\"log\":{\"entries\":[",
        "fetch(",
        "requests.post(",
        "Invoke-WebRequest ",
        "$a = ",
        "http POST h ",
        "> ",
        "* a\n> POST / HTTP/1.1\n",
        "12:00:00.0 IP 1.1 > 2.2: Flags [P.], seq 1:2, length 9\n",
        "00000000  ",
        "### a\nPOST https://h/\n\n",
        "```\n",
        "A: b\nHost: h\n",
        "Request URL: https://h/\n",
        "=> Send header, 9 bytes\n0000: POST / HTTP/1.1\n",
        "Array\n(\n",
        "map[",
        "{host=h, ",
        "char peer0_0[] = {",
        "set a=b\ncurl ^\"h^\" ",
        "A='b'\ncurl $A ",
        "curl h -d “",
        "{ host: 'h' }\n",
        "send: b'",
    ];
    let units = [
        "a",
        "'",
        "\"",
        "{{",
        "{{a}}",
        "(",
        "$(",
        "${",
        "`",
        "\\",
        "HTTP/1.1",
        "POST / HTTP/1.1",
        "\n",
        "a\n",
        "[",
        "{\"a\":",
        "0a ",
        ", a",
        "@{a=",
        "+",
        "“",
        "fetch(",
        "<<",
        "a=b\n",
        "set a=b\n",
        "%a%",
        "#",
        "| curl ",
    ];
    for (start, unit) in starts.iter().flat_map(|start| units.iter().map(move |unit| (start, unit))) {
        let text = start.to_string() + &unit.repeat((LENGTH >> 6) / unit.len());
        let begun = std::time::Instant::now();
        let _ = read_each(text.as_bytes());
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(5),
            "{start:?} and many {unit:?}: {:?}",
            begun.elapsed()
        );
    }
    let long = format!("POST / HTTP/1.1\r\nHost: h\r\n\r\n{}", "{\"a\":\"HTTP/1.1\"}\n".repeat(15 * LENGTH / 17));
    assert!(read_each(long.as_bytes()).is_ok_and(|all| all.len() == 1));
    assert_eq!(read_each(&vec![b'a'; 17 * LENGTH]), Err(RequestError::TooLong));
}
