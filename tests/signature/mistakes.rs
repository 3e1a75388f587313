//! Mistakes of the field, each made by changing a good request.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use syncctl::explain::{Candidate, Role};
use syncctl::signature::{Algorithm, Encoding, Key, Message, Received, Scheme, find, sign};

use super::support::*;

/// A body with everything that serialisers write differently.
pub(super) const RICH: &str = r#"{"id":"evt_1","url":"https://a.example/b","name":"Zoë <b> & 日本 \u00fc \/ \u001B","n":1.0,"big":1e2,"list":[1,2,{"z":1,"a":[]}],"empty":{}}"#;
pub(super) const SPACED: &str = r#"{"b": [1, 2], "a": {"d": "é", "c": null}}"#;
pub(super) const COMPACT: &str = r#"{"b":[1,2],"a":{"d":"é","c":null}}"#;
pub(super) const PRETTY: &str =
    "{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": {\n    \"d\": \"é\",\n    \"c\": null\n  }\n}";

pub(super) struct Mistake {
    pub(super) cause: &'static str,
    pub(super) scheme: &'static dyn Scheme,
    pub(super) received: Received,
    pub(super) secrets: Vec<Candidate>,
}

pub(super) fn scheme(name: &str) -> &'static dyn Scheme {
    find(name).expect("a scheme")
}

pub(super) fn current(text: &str) -> Vec<Candidate> {
    vec![Candidate::new(Role::Current, text)]
}

/// The sender signed `signed`, and `arrived` came.
pub(super) fn body(cause: &'static str, name: &str, signed: impl AsRef<[u8]>, arrived: impl AsRef<[u8]>) -> Mistake {
    let scheme = scheme(name);
    let mut received = request(scheme, secret_of(scheme), signed.as_ref());
    received.body = Bytes::copy_from_slice(arrived.as_ref());
    Mistake { cause, scheme, received, secrets: current(secret_of(scheme)) }
}

/// The sender's key is `theirs`, the configured secret `ours`.
pub(super) fn secret(cause: &'static str, name: &str, theirs: impl AsRef<[u8]>, ours: &str) -> Mistake {
    let scheme = scheme(name);
    let key = Key::hmac(scheme.facts().algorithm, theirs.as_ref());
    Mistake { cause, scheme, received: keyed(scheme, &key), secrets: current(ours) }
}

pub(super) fn keyed(scheme: &dyn Scheme, key: &Key) -> Received {
    let time = scheme.facts().time_form.write(now());
    let message = Message { method: "POST", url: URL, id: ID, time: &time, body: BODY, context: "" };
    received(&sign(scheme, &message, std::slice::from_ref(key)).expect("signed"), URL, BODY)
}

/// The header of a good request is written another way.
pub(super) fn header(cause: &'static str, name: &str, rewrite: impl Fn(&str) -> String) -> Mistake {
    let scheme = scheme(name);
    let mut received = request(scheme, secret_of(scheme), BODY);
    let value = rewrite(get(&received, scheme.facts().header.as_str()));
    set(&mut received, scheme.facts().header.as_str(), &value);
    Mistake { cause, scheme, received, secrets: current(secret_of(scheme)) }
}

/// The sender signed `content` with `algorithm`.
pub(super) fn content(cause: &'static str, name: &str, algorithm: Algorithm, content: &[u8]) -> Mistake {
    let scheme = scheme(name);
    let secret = secret_of(scheme);
    let bytes =
        secret.strip_prefix("whsec_").map_or(secret.as_bytes().to_vec(), |rest| BASE64.decode(rest).expect("base64"));
    let code = Key::hmac(algorithm, &bytes).sign(&|sink: &mut dyn FnMut(&[u8])| sink(content)).expect("a code");
    coded(cause, scheme, code.as_bytes())
}

/// A request of the scheme with that code in it.
pub(super) fn coded(cause: &'static str, scheme: &'static dyn Scheme, code: &[u8]) -> Mistake {
    let mut received = request(scheme, secret_of(scheme), BODY);
    let time = scheme.facts().time_form.write(now());
    let message = Message { method: "POST", url: URL, id: ID, time: &time, body: BODY, context: "" };
    let code = Encoding::Hex.decode(&hex::encode(code), code.len()).expect("a code");
    for (name, value) in scheme.write(&message, &code.into()) {
        set(&mut received, name.as_str(), &value);
    }
    Mistake { cause, scheme, received, secrets: current(secret_of(scheme)) }
}

pub(super) fn with(mut mistake: Mistake, change: impl Fn(&mut Mistake)) -> Mistake {
    change(&mut mistake);
    mistake
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory")
}

pub(super) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory")
}

pub(super) fn bodies() -> Vec<Mistake> {
    let text = std::str::from_utf8(BODY).expect("text");
    vec![
        body("newline-added", "syncctl", BODY, format!("{text}\n")),
        body("newline-added", "standard", BODY, format!("{text}\r\n")),
        body("newline-lost", "github", format!("{text}\n"), BODY),
        body("newline-lost", "stripe", format!("{text}\r\n"), BODY),
        body("crlf-added", "syncctl", PRETTY, PRETTY.replace('\n', "\r\n")),
        body("crlf-lost", "shopify", PRETTY.replace('\n', "\r\n"), PRETTY),
        body("bom-added", "syncctl", BODY, format!("\u{feff}{text}")),
        body("bom-lost", "slack", format!("\u{feff}{text}"), BODY),
        body("space-added", "syncctl", BODY, format!("  {text} \n\n")),
        body("space-lost", "linear", format!("{text} "), BODY),
        body("json-minified", "syncctl", COMPACT, SPACED),
        body("json-minified", "stripe", COMPACT, PRETTY),
        body("json-python-spacing", "syncctl", SPACED, COMPACT),
        body("json-python-spacing", "standard", SPACED, PRETTY),
        body("json-two-spaces", "github", PRETTY, COMPACT),
        body("json-four-spaces", "paddle", PRETTY.replace("  ", "    "), COMPACT),
        body("json-tabs", "vercel", PRETTY.replace("  ", "\t"), SPACED),
        body("json-keys-sorted", "syncctl", r#"{"a":{"c":null,"d":"é"},"b":[1,2]}"#, COMPACT),
        body("json-keys-sorted", "svix", r#"{"a": {"c": null, "d": "é"}, "b": [1, 2]}"#, SPACED),
        body("json-unicode-escaped", "syncctl", COMPACT.replace('é', "\\u00e9"), COMPACT),
        body("json-unicode-unescaped", "zoom", COMPACT, COMPACT.replace('é', "\\u00e9")),
        body("json-escapes-case", "github", r#"{"foo":"\u001B[34m"}"#, r#"{"foo":"\u001b[34m"}"#),
        body("json-slashes-escaped", "woocommerce", r#"{"u":"https:\/\/a"}"#, r#"{"u":"https://a"}"#),
        body("json-slashes-unescaped", "syncctl", r#"{"u":"https://a"}"#, r#"{"u":"https:\/\/a"}"#),
        body("json-html-escaped", "syncctl", r#"{"u":"a\u0026b\u003c"}"#, r#"{"u":"a&b<"}"#),
        body("json-html-unescaped", "hookdeck", r#"{"u":"a&b<"}"#, r#"{"u":"a\u0026b\u003c"}"#),
        body("json-numbers-javascript", "syncctl", r#"{"a":1,"b":100,"c":0.5}"#, r#"{"a":1.0,"b":1e2,"c":0.50}"#),
        body("json-numbers-python", "syncctl", r#"{"a":100.0,"b":1e-05}"#, r#"{"a":1e2,"b":0.00001}"#),
        body("json-numbers-floats", "syncctl", r#"{"a":1.0,"b":20.0}"#, r#"{"a":1,"b":20}"#),
        body("json-by-javascript", "syncctl", javascript(), RICH),
        body("json-by-python", "github", python(), RICH),
        body("json-by-go", "stripe", go(), RICH),
        body("json-by-php", "standard", php(), RICH),
        body("json-in-string", "syncctl", serde_json::to_string(text).expect("JSON"), BODY),
        body("json-out-of-string", "syncctl", BODY, serde_json::to_string(text).expect("JSON")),
        body("latin-1", "syncctl", b"{\"a\":\"caf\xe9\"}", "{\"a\":\"café\"}"),
        body("read-as-latin-1", "syncctl", "{\"a\":\"cafÃ©\"}", "{\"a\":\"café\"}"),
        body("gzip-unpacked", "syncctl", BODY, gzip(BODY)),
        body("form-encoded", "github", "payload=%7B%22a%22%3A%22b+c%22%7D", r#"{"a":"b c"}"#),
        body("form-decoded", "github", r#"{"a":"b c"}"#, "payload=%7B%22a%22%3A%22b+c%22%7D"),
        body("form-spaces", "slack", "token=x&text=a+b&c=d", "token=x&text=a%20b&c=d"),
        body("body-base64-encoded", "syncctl", BASE64.encode(BODY), BODY),
        body("body-base64-decoded", "syncctl", BODY, BASE64.encode(BODY)),
        body("body-empty", "standard", "", BODY),
        body("body-placeholder", "syncctl", "{}", BODY),
        body("body-placeholder", "github", "undefined", BODY),
        body("body-placeholder", "stripe", "[object Object]", BODY),
        body("utf-16", "syncctl", text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), BODY),
        body("gzip-unpacked", "syncctl", BODY, zlib(BODY)),
        body("form-encoded-again", "slack", "a=x%2Fy&b=c+d", "a=x%2fy&b=c%20d"),
        body("json-by-javascript", "syncctl", r#"{"2":"x","b":1,"a":2}"#, r#"{"b":1.0,"a":2,"2":"x"}"#),
        body("body-hash", "twilio", BODY, "{\"another\":1}"),
        body("newline-added", "twilio", BODY, format!("{text}\n")),
    ]
}

pub(super) fn javascript() -> String {
    r#"{"id":"evt_1","url":"https://a.example/b","name":"Zoë <b> & 日本 ü / \u001b","n":1,"big":100,"list":[1,2,{"z":1,"a":[]}],"empty":{}}"#.to_owned()
}

pub(super) fn python() -> String {
    r#"{"id": "evt_1", "url": "https://a.example/b", "name": "Zo\u00eb <b> & \u65e5\u672c \u00fc / \u001b", "n": 1.0, "big": 100.0, "list": [1, 2, {"z": 1, "a": []}], "empty": {}}"#.to_owned()
}

pub(super) fn go() -> String {
    r#"{"big":100,"empty":{},"id":"evt_1","list":[1,2,{"a":[],"z":1}],"n":1,"name":"Zoë \u003cb\u003e \u0026 日本 ü / \u001b","url":"https://a.example/b"}"#.to_owned()
}

pub(super) fn php() -> String {
    r#"{"id":"evt_1","url":"https:\/\/a.example\/b","name":"Zo\u00eb <b> & \u65e5\u672c \u00fc \/ \u001b","n":1.0,"big":1e2,"list":[1,2,{"z":1,"a":[]}],"empty":{}}"#.to_owned()
}

pub(super) fn secrets() -> Vec<Mistake> {
    let hex_secret = "6d792d736563726574";
    vec![
        secret("secret-trimmed", "syncctl", "s3cret-value", "s3cret-value \n"),
        secret("secret-trimmed", "standard", "0123456789abcdef0123456789abcdef", &format!("{STANDARD_SECRET}\n")),
        secret("secret-newline", "syncctl", "s3cret-value\n", "s3cret-value"),
        secret("secret-newline", "github", "s3cret-value\r\n", "s3cret-value"),
        secret("secret-space", "shopify", " s3cret-value", "s3cret-value"),
        secret("secret-space", "stripe", "s3cret-value ", "s3cret-value"),
        secret("secret-quoted", "syncctl", "\"s3cret-value\"", "s3cret-value"),
        secret("secret-quoted", "slack", "'s3cret-value'", "s3cret-value"),
        secret("secret-unquoted", "zoom", "s3cret-value", "\"s3cret-value\""),
        secret("secret-assignment", "syncctl", "s3cret-value", "WEBHOOK_SECRET=s3cret-value"),
        secret("secret-assignment", "github", "s3cret-value", "export S='s3cret-value'\n"),
        secret("secret-first-line", "stripe", "s3cret-value", "s3cret-value\n# the old one\n"),
        secret("secret-bom", "zoom", "s3cret-value", "\u{feff}s3cret-value"),
        secret("secret-hex-encoded", "syncctl", "6D792D736563726574", "my-secret"),
        secret("secret-prefix-kept", "standard", STANDARD_SECRET, STANDARD_SECRET),
        secret("secret-prefix-stripped", "svix", &STANDARD_SECRET[6..], STANDARD_SECRET),
        secret("secret-prefix-stripped", "stripe", &STANDARD_SECRET[6..], STANDARD_SECRET),
        secret("secret-prefix-lost", "stripe", "whsec_abc", "abc"),
        secret("secret-base64-decoded", "stripe", "0123456789abcdef0123456789abcdef", STANDARD_SECRET),
        secret("secret-base64-decoded", "syncctl", "my-secret", "bXktc2VjcmV0"),
        secret("secret-base64-decoded", "standard", "0123456789abcdef0123456789abcdef", &STANDARD_SECRET[6..]),
        secret("secret-hex-decoded", "syncctl", "my-secret", hex_secret),
        secret("secret-base64-encoded", "syncctl", "bXktc2VjcmV0", "my-secret"),
        secret("secret-hex-encoded", "syncctl", hex_secret, "my-secret"),
        secret("secret-unset", "syncctl", "undefined", "my-secret"),
        secret("secret-unset", "stripe", "", "my-secret"),
        with(secret("previous-secret", "syncctl", "old-secret", "new-secret"), |mistake| {
            mistake.secrets.push(Candidate::new(Role::Previous, "old-secret"));
        }),
        with(secret("other-endpoint-secret", "github", "their-secret", "our-secret"), |mistake| {
            mistake.secrets.push(Candidate::new(Role::Endpoint("backup".into()), "their-secret"));
        }),
    ]
}

pub(super) fn codes() -> Vec<Mistake> {
    let base64 = |value: &str| BASE64.encode(hex::decode(value).expect("hex"));
    let hex_of = |value: &str| hex::encode(BASE64.decode(value).expect("base64"));
    let url = |value: &str| URL_SAFE_NO_PAD.encode(hex::decode(value).expect("hex"));
    vec![
        header("code-base64", "syncctl", base64),
        header("code-hex", "shopify", hex_of),
        header("code-hex", "standard", |v| format!("v1,{}", hex_of(&v[3..]))),
        header("code-base64url", "syncctl", url),
        header("code-base64url", "woocommerce", |v| v.replace('+', "-").replace('/', "_").replace('=', "")),
        header("code-base64-of-hex", "syncctl", |v| BASE64.encode(v)),
        header("code-base64-of-hex", "shopify", |v| BASE64.encode(hex_of(v))),
        header("code-prefixed", "syncctl", |v| format!("sha256={v}")),
        header("code-prefixed", "linear", |v| format!("v1,{v}")),
        header("code-prefix-missing", "github", |v| v.replace("sha256=", "")),
        header("code-prefix-missing", "slack", |v| v.replace("v0=", "")),
        header("code-prefix-missing", "standard", |v| v.replace("v1,", "")),
        header("code-prefix-case", "github", |v| v.replace("sha256=", "SHA256=")),
        header("code-quoted", "syncctl", |v| format!("\"{v}\"")),
        header("code-other-version", "stripe", |v| v.replace("v1=", "v0=")),
        header("code-other-version", "svix", |v| v.replace("v1,", "v2,")),
        header("code-truncated", "syncctl", |v| v[..32].to_owned()),
        header("code-truncated", "stripe", |v| v[.."t=1706702400,v1=".len() + 40].to_owned()),
        header("code-truncated", "github", |v| v[.."sha256=".len() + 40].to_owned()),
        with(header("header-doubled", "syncctl", str::to_owned), |mistake| {
            mistake.received.headers.append("x-webhook-signature", "0".repeat(64).parse().expect("a value"));
        }),
        with(header("other-header", "syncctl", |_| "00".repeat(32)), |mistake| {
            let stripe = super::support::headers(scheme("stripe"), SECRET, "", BODY);
            set(&mut mistake.received, "stripe-signature", &stripe[0].1);
        }),
        with(header("other-header", "syncctl", |_| "00".repeat(32)), |mistake| {
            let own = super::support::headers(scheme("syncctl"), SECRET, "", BODY);
            set(&mut mistake.received, "x-original-signature", &own[0].1);
        }),
        with(header("older-header", "github", str::to_owned), |mistake| {
            mistake.received.headers.remove("x-hub-signature-256");
            let key = Key::hmac(Algorithm::HmacSha1, SECRET.as_bytes());
            let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(BODY)).expect("a code");
            set(&mut mistake.received, "x-hub-signature", &format!("sha1={}", hex::encode(code.as_bytes())));
        }),
        with(header("weaker-header", "standard", |_| format!("v1,{}", BASE64.encode([7; 32]))), |mistake| {
            let own = super::support::headers(scheme("syncctl"), STANDARD_SECRET, "", BODY);
            set(&mut mistake.received, "x-webhook-signature", &own[0].1);
        }),
        with(header("weaker-header", "github", |_| format!("sha256={}", "0".repeat(64))), |mistake| {
            let key = Key::hmac(Algorithm::HmacSha1, SECRET.as_bytes());
            let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(BODY)).expect("a code");
            set(&mut mistake.received, "x-hub-signature", &format!("sha1={}", hex::encode(code.as_bytes())));
        }),
    ]
}

/// A request whose code is right for its content, and whose time or id is of another form than the scheme's.
pub(super) fn formed(cause: &'static str, name: &str, id: &str, time: &str) -> Mistake {
    let scheme = scheme(name);
    let key = key(scheme, secret_of(scheme));
    let message = Message { method: "POST", url: URL, id, time, body: BODY, context: "" };
    let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| scheme.feed(&message, sink)).expect("a code");
    let received = received(&scheme.write(&message, &code.into()), URL, BODY);
    Mistake { cause, scheme, received, secrets: current(secret_of(scheme)) }
}

/// A good request, and one of its headers once more.
pub(super) fn again(cause: &'static str, name: &str, header: &'static str, value: &str) -> Mistake {
    with(self::header(cause, name, str::to_owned), |mistake| {
        mistake.received.headers.append(header, value.parse().expect("a value"));
    })
}

/// Codes that are right as they stand, in headers that are refused for their form.
pub(super) fn shapes() -> Vec<Mistake> {
    let (millis, date) = ("1706702400000", "2024-01-31T12:00:00Z");
    let last = format!("v1,{}", BASE64.encode([0; 32]));
    let moved = |m: &mut Mistake| m.received.headers.insert("webhook-id", "proxy".parse().expect("a value"));
    vec![
        formed("time-form", "standard", ID, millis),
        formed("time-form", "standard", ID, date),
        formed("time-form", "stripe", "", millis),
        formed("time-form", "zoom", "", millis),
        formed("time-form", "slack", "", "1706702400.5"),
        formed("time-form", "paddle", "", date),
        formed("id-form", "standard", "msg.event-123", "1706702400"),
        formed("id-form", "svix", "msg event", "1706702400"),
        again("header-doubled", "standard", "webhook-timestamp", "1706702400"),
        again("header-doubled", "standard", "webhook-id", ID),
        again("header-doubled", "standard", "webhook-id", "proxy"),
        with(again("header-doubled", "standard", "webhook-id", ID), |mistake| {
            moved(mistake);
            mistake.received.headers.append("webhook-id", ID.parse().expect("a value"));
        }),
        header("header-form", "stripe", |v| v.replace(',', ", ")),
        header("header-form", "stripe", |v| format!("{v},")),
        header("header-form", "stripe", |v| v.replace(',', ";")),
        header("header-form", "paddle", |v| v.replace(';', ",")),
        header("header-form", "paddle", |v| format!("{v};")),
        header("header-form", "standard", |v| format!("{last},{v}")),
        header("header-form", "standard", |v| v.replace("v1,", "v1, ")),
        header("header-form", "github", |v| v.replace('=', "= ")),
        header("header-form", "slack", |v| format!("{v},")),
        header("code-quoted", "stripe", |v| format!("\"{v}\"")),
        header("code-quoted", "standard", |v| v.replace("v1,", "v1,\"") + "\""),
        header("code-prefix-case", "stripe", |v| v.replace("t=", "T=").replace("v1=", "V1=")),
        header("code-prefix-missing", "standard", |v| format!("{last} {}", &v[3..])),
    ]
}

pub(super) fn contents() -> Vec<Mistake> {
    let join = |parts: &[&[u8]]| parts.concat();
    let (sha1, sha256, sha512) = (Algorithm::HmacSha1, Algorithm::HmacSha256, Algorithm::HmacSha512);
    let url = URL.as_bytes();
    let moved = |mistake: Mistake, url: &'static str| with(mistake, |m| m.received.url = Some(url.to_owned()));
    let square = |cause, url| moved(header(cause, "square", str::to_owned), url);
    vec![
        content("body-alone", "standard", sha256, BODY),
        content("body-alone", "stripe", sha256, BODY),
        content("other-content", "standard", sha256, &join(&[b"1706702400.", BODY])),
        content("other-content", "stripe", sha256, &join(&[b"v0:1706702400:", BODY])),
        content("other-content", "zendesk", sha256, &join(&[b"1706702400.", BODY])),
        content("other-content", "syncctl", sha256, &join(&[url, BODY])),
        content("time-milliseconds", "stripe", sha256, &join(&[b"1706702400000.", BODY])),
        content("time-milliseconds", "standard", sha256, &join(&[b"msg_event-123.1706702400000.", BODY])),
        content("time-seconds", "webflow", sha256, &join(&[b"1706702400:", BODY])),
        content("id-of-body", "standard", sha256, &join(&[b"event-123.1706702400.", BODY])),
        content("algorithm-sha1", "syncctl", sha1, BODY),
        content("algorithm-sha512", "shopify", sha512, BODY),
        content("algorithm-sha256", "vercel", sha256, BODY),
        coded("plain-hash", scheme("syncctl"), &Sha256::digest(BODY)),
        coded("plain-hash", scheme("stripe"), &Sha256::digest(BODY)),
        coded("hash-with-secret", scheme("syncctl"), &Sha256::digest(join(&[SECRET.as_bytes(), BODY]))),
        coded("hash-with-secret", scheme("github"), &Sha256::digest(join(&[BODY, SECRET.as_bytes()]))),
        square("url-scheme", "http://admin.example.com/api/webhooks/sync"),
        square("url-port", "https://admin.example.com:443/api/webhooks/sync"),
        square("url-slash", "https://admin.example.com/api/webhooks/sync/"),
        square("url-query", "https://admin.example.com/api/webhooks/sync?a=b"),
        content("method-case", "hubspot", sha256, &join(&[b"post", url, BODY, b"1706702400000"])),
    ]
}

/// The sender signed `content`, and `name: value` stands in the request as well.
pub(super) fn beside(cause: &'static str, scheme: &str, name: &'static str, value: &str, content: &[u8]) -> Mistake {
    with(self::content(cause, scheme, Algorithm::HmacSha256, content), |mistake| {
        set(&mut mistake.received, name, value);
    })
}

/// Schemes that senders made up themselves.
pub(super) fn home_made() -> Vec<Mistake> {
    let join = |parts: &[&[u8]]| parts.concat();
    let (seconds, millis, id) = ("1706702400", "1706702400000", ID.as_bytes());
    let dotted = join(&[b"1706702400.", BODY]);
    let both = join(&[id, b".1706702400.", BODY]);
    let path = b"/api/webhooks/sync".as_slice();
    let other = |scheme: &str, content: &[u8]| self::content("other-content", scheme, Algorithm::HmacSha256, content);
    let code = |content: &[u8]| {
        let key = Key::hmac(Algorithm::HmacSha256, SECRET.as_bytes());
        hex::encode(key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(content)).expect("a code").as_bytes())
    };
    let mut all = vec![
        beside("other-content", "syncctl", "x-webhook-timestamp", millis, &join(&[b"1706702400000.", BODY])),
        beside("other-content", "syncctl", "x-request-timestamp", seconds, &join(&[b"v0:1706702400:", BODY])),
        beside("other-content", "syncctl", "date", "Wed, 31 Jan 2024", &join(&[b"Wed, 31 Jan 2024\n", BODY])),
        beside("other-content", "github", "x-github-delivery", ID, &join(&[id, b".", BODY])),
        beside("other-part", "standard", "x-original-id", "evt-7", &join(&[b"evt-7.1706702400.", BODY])),
        beside("other-part", "slack", "x-timestamp", "1706702399", &join(&[b"v0:1706702399:", BODY])),
        with(beside("other-content", "syncctl", "webhook-id", ID, &both), |mistake| {
            set(&mut mistake.received, "webhook-timestamp", seconds);
        }),
        header("other-content", "syncctl", |_| format!("t={seconds},v1={}", code(&dotted))),
        header("other-content", "shopify", |_| format!("ts={seconds};h1={}", code(&join(&[b"1706702400:", BODY])))),
        other("syncctl", &join(&[path, BODY])),
        other("syncctl", &join(&[b"POST", path, BODY])),
        other("square", &join(&[b"POST", URL.as_bytes(), BODY])),
        other("slack", &join(&[b"POST\n", path, b"\n1706702400\n", BODY])),
        content("url-path", "square", Algorithm::HmacSha256, &join(&[path, BODY])),
        content("url-path", "hubspot", Algorithm::HmacSha256, &join(&[b"POST", path, BODY, b"1706702400000"])),
    ];
    for name in ["webhook-timestamp", "x-webhook-timestamp", "x-timestamp", "x-signature-timestamp", "x-request-time"] {
        all.push(beside("other-content", "syncctl", name, seconds, &dotted));
    }
    for separator in [b":".as_slice(), b"\n", b"|", b""] {
        all.push(other("standard", &join(&[id, separator, b"1706702400", separator, BODY])));
    }
    all
}

pub(super) fn mistakes() -> Vec<Mistake> {
    let own = [bodies(), secrets(), codes(), shapes(), contents(), home_made()];
    own.into_iter().flatten().chain(super::habits::habits()).collect()
}
