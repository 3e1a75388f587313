//! More mistakes of the field: what serializers, gateways, logs, pages and tools make of bodies, secrets, codes and URLs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::Md5;
use sha2::{Digest, Sha256};
use syncctl::signature::{Algorithm, Key};

use super::mistakes::*;
use super::support::*;

pub(super) fn rewritten() -> Vec<Mistake> {
    let text = std::str::from_utf8(BODY).expect("text");
    let escaped = text.replace('"', "\\\"");
    let list = "{\"id\":\"e\",\"list\":[1,2]}";
    vec![
        body("json-one-space", "syncctl", PRETTY.replace("  ", " "), COMPACT),
        body("json-colon-spacing", "syncctl", r#"{"a": 1,"b": 2}"#, r#"{"a":1,"b":2}"#),
        body("json-escapes-fewest", "syncctl", r#"{"a":"é/<\n"}"#, r#"{"a":"\u00e9\/\u003c\n"}"#),
        body("json-numbers-java", "syncctl", r#"{"a":1.23456789E7}"#, r#"{"a":12345678.9}"#),
        body("json-by-python-canonical", "github", r#"{"a":"\u00e9","b":100.0}"#, r#"{"b":1e2,"a":"é"}"#),
        body("json-by-python-str", "github", "{'a': None, 'b': [True, \"it's\"]}", r#"{"a":null,"b":[true,"it's"]}"#),
        body("json-by-ruby-inspect", "syncctl", r#"{"a"=>nil, "b"=>[1, 2]}"#, r#"{"a":null,"b":[1,2]}"#),
        body("json-by-dotnet", "stripe", r#"{"a":"\u00E9 \u0022q\u0022 \u002B"}"#, r#"{"a":"é \"q\" +"}"#),
        body("json-by-java", "syncctl", "{\n  \"id\" : \"e\",\n  \"list\" : [ 1, 2 ]\n}", list),
        body("json-by-gson", "syncctl", r#"{"a":"b\u003dc\u0027"}"#, r#"{"a":"b=c'"}"#),
        body("json-by-meta", "github", r#"{"a":"\u00e9 50\u0025 a\u0040b \/"}"#, r#"{"a":"é 50% a@b /"}"#),
        body("json-by-postgres", "syncctl", r#"{"b": 1, "id": 2, "aaa": 3}"#, r#"{"aaa":3,"id":2,"b":1}"#),
        body("json-null-for-empty", "syncctl", r#"{"a":"","b":1}"#, r#"{"a":null,"b":1}"#),
        body("json-empty-for-null", "syncctl", r#"{"a":null,"b":1}"#, r#"{"a":"","b":1}"#),
        body("json-nulls-dropped", "syncctl", r#"{"b": {"d": 2}}"#, r#"{"a": null, "b": {"c": null, "d": 2}}"#),
        body("json-empty-object", "syncctl", r#"{"a":{},"b":"[]"}"#, r#"{"a":[],"b":"[]"}"#),
        body("json-dates", "syncctl", r#"{"at":"2024-01-31T12:00:00Z"}"#, r#"{"at":"2024-01-31T12:00:00.000Z"}"#),
        body("json-dates", "syncctl", r#"{"at":"2024-01-31T12:00:00+00:00"}"#, r#"{"at":"2024-01-31T12:00:00Z"}"#),
        body("json-member", "syncctl", r#"{"c":[1,2]}"#, r#"{"a":1,"b":{"c":[1,2]}}"#),
        body("json-wrapped", "syncctl", format!("{{\"data\":{text}}}"), BODY),
        body("json-newlines", "syncctl", r#"{"a":"b\nc"}"#, "{\"a\":\"b\nc\"}\n"),
        body("json-escaped", "syncctl", BODY, &escaped),
        body("json-escaped", "syncctl", BODY, text.replace('"', "\\x22")),
        body("html-entities", "syncctl", BODY, text.replace('"', "&quot;")),
        body("windows-1252", "syncctl", b"{\"a\":\"\x93x\x94\"}", "{\"a\":\"“x”\"}"),
        body("read-as-windows-1252", "syncctl", "{\"a\":\"â€œ\"}", "{\"a\":\"“\"}"),
        body("unicode-nfd", "syncctl", "{\"a\":\"e\u{301}\"}", "{\"a\":\"\u{e9}\"}"),
        body("unicode-nfc", "syncctl", "{\"a\":\"\u{e9}\"}", "{\"a\":\"e\u{301}\"}"),
        body("utf-16", "syncctl", BODY, utf16_file(text)),
        body("form-sorted", "slack", "a=1&b=2", "b=2&a=1"),
        body("form-plus", "slack", "from=%2B1555&to=x", "from=+1555&to=x"),
        body("form-encoded-again", "slack", "a=%2A%21&b=c+d", "a=*%21&b=c+d"),
        body("form-from-json", "slack", "token=x&text=a+b", r#"{"token":"x","text":"a b"}"#),
        body("form-to-json", "slack", r#"{"token":"x","text":"a b"}"#, "token=x&text=a+b"),
        body("body-in-event", "syncctl", BODY, event(text)),
        body("body-in-event", "syncctl", BODY, serde_json::json!({ "Records": [{ "body": text }] }).to_string()),
        body("body-with-head", "syncctl", BODY, format!("POST /x HTTP/1.1\r\nHost: h\r\n\r\n{text}")),
        body("body-chunked", "syncctl", BODY, format!("{:x}\r\n{text}\r\n0\r\n\r\n", text.len())),
        body("body-python-bytes", "syncctl", BODY, format!("b'{text}'")),
        body("body-python-bytes", "syncctl", format!("b'{text}'"), BODY),
        body("node-buffer", "syncctl", BODY, buffer()),
        body("node-buffer", "syncctl", buffer(), BODY),
    ]
}

fn utf16_file(text: &str) -> Vec<u8> {
    let with_mark = format!("\u{feff}{text}\r\n");
    with_mark.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn event(text: &str) -> String {
    serde_json::json!({ "version": "2.0", "body": BASE64.encode(text), "isBase64Encoded": true }).to_string()
}

fn buffer() -> String {
    format!(r#"{{"type":"Buffer","data":{}}}"#, serde_json::to_string(BODY).expect("JSON"))
}

pub(super) fn kept_secrets() -> Vec<Mistake> {
    let hashed = hex::encode(Sha256::digest("my-secret"));
    vec![
        secret("secret-json", "syncctl", "s3cret-value", r#"{"WEBHOOK_SECRET":"s3cret-value"}"#),
        secret("secret-comment", "syncctl", "s3cret-value", "s3cret-value # production"),
        secret("secret-dollar", "syncctl", "pa$word", "pa$$word"),
        secret("secret-percent-decoded", "syncctl", "a+b/c", "a%2Bb%2Fc"),
        secret("secret-percent-encoded", "syncctl", "a%2Bb", "a+b"),
        secret("secret-plus", "syncctl", "ab+cd", "ab cd"),
        secret("secret-prefix", "github", "my-token", "Bearer my-token"),
        secret("secret-dashes", "syncctl", "abcdef", "abc-def"),
        secret("secret-case", "syncctl", "abcdef", "ABCDEF"),
        secret("secret-hashed", "syncctl", &hashed, "my-secret"),
        secret("secret-first-line", "syncctl", "abcdef", "abc\ndef\n"),
        secret("secret-trimmed", "syncctl", "s3cret-value", "s3cret-value\u{a0}"),
        secret("secret-trimmed", "syncctl", "s3cret-value", "s3cret-value\\n"),
        secret("secret-unquoted", "syncctl", "s3cret-value", "“s3cret-value”"),
        secret("secret-assignment", "syncctl", "s3cret-value", "# prod\nWEBHOOK_SECRET=s3cret-value\n"),
        secret(
            "secret-base64-decoded",
            "standard",
            "0123456789abcdef0123456789abcde",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ",
        ),
        coded("algorithm-md5", scheme("syncctl"), &md5()),
        coded("algorithm-sha384", scheme("syncctl"), &sha384()),
        coded("key-swapped", scheme("syncctl"), &code(BODY, SECRET.as_bytes())),
    ]
}

fn code(key: &[u8], content: &[u8]) -> Vec<u8> {
    let code = Key::hmac(Algorithm::HmacSha256, key).sign(&|sink: &mut dyn FnMut(&[u8])| sink(content));
    code.expect("a code").as_bytes().to_vec()
}

fn md5() -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = <Hmac<Md5> as KeyInit>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(BODY);
    mac.finalize().into_bytes().to_vec()
}

fn sha384() -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = <Hmac<sha2::Sha384> as KeyInit>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(BODY);
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn printed_codes() -> Vec<Mistake> {
    let zeros = "0".repeat(64);
    let pairs =
        |v: &str| v.as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two).into_owned()).collect::<Vec<_>>();
    vec![
        header("code-percent", "shopify", |v| v.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")),
        header("code-percent", "stripe", |v| v.replace('=', "%3D").replace(',', "%2C")),
        plus_turned_to_space(),
        header("code-hex-separated", "syncctl", |v| pairs(v).join(":")),
        header("code-hex-separated", "syncctl", |v| pairs(&v.to_uppercase()).join("-")),
        header("code-quoted", "syncctl", |v| format!("b'{v}'")),
        header("code-quoted", "syncctl", |v| format!("<{v}>")),
        header("code-prefixed", "syncctl", |v| format!("SHA2-256(stdin)= {v}")),
        header("code-prefixed", "syncctl", |v| format!("keyId=\"k\",algorithm=\"hmac-sha256\",signature=\"{v}\"")),
        header("header-doubled", "github", |v| format!("{v}, {v}")),
        header("header-doubled", "shopify", |v| format!("{v},{v}")),
        header("header-list", "github", |v| format!("sha256={zeros},{v}")),
        header("header-form", "slack", |v| v.replace("v0=", "v0:")),
        header("header-form", "standard", |v| v.replace("v1,", "v1:")),
        with(header("header-cut", "standard", |v| v[..2].to_owned()), |mistake| {
            let whole = headers(scheme("standard"), STANDARD_SECRET, ID, BODY);
            let value =
                whole.iter().find(|(name, _)| name == "webhook-signature").expect("a signature").1[3..].to_owned();
            mistake.received.headers.append("webhook-signature", value.parse().expect("a value"));
        }),
    ]
}

/// A code of base64 with a plus sign, which only some bodies have.
fn plus_turned_to_space() -> Mistake {
    let of = |number: usize| format!("{{\"n\":{number}}}");
    let made = (0..100).map(|number| body("code-plus", "shopify", of(number), of(number)));
    let has_plus = |mistake: &Mistake| get(&mistake.received, "x-shopify-hmac-sha256").contains('+');
    with(made.into_iter().find(has_plus).expect("most have one"), |mistake| {
        let value = get(&mistake.received, "x-shopify-hmac-sha256").replace('+', " ");
        set(&mut mistake.received, "x-shopify-hmac-sha256", &value);
    })
}

pub(super) fn times_and_urls() -> Vec<Mistake> {
    let join = |parts: &[&[u8]]| parts.concat();
    let sha256 = Algorithm::HmacSha256;
    let at = |cause, text: &str| content(cause, "stripe", sha256, &join(&[text.as_bytes(), b".", BODY]));
    let square = |cause, signed: &str, given: &'static str| {
        with(content(cause, "square", sha256, &join(&[signed.as_bytes(), BODY])), |mistake| {
            mistake.received.url = Some(given.to_owned());
        })
    };
    vec![
        at("time-iso", "2024-01-31T12:00:00.000Z"),
        at("time-float", "1706702400.0"),
        at("time-second-off", "1706702401"),
        at("time-zone", "1706706000"),
        square("url-escapes", "https://h.example/a b", "https://h.example/a%20b"),
        square("url-escapes", "https://h.example/x?a=b%20c", "https://h.example/x?a=b+c"),
        square("url-query-order", "https://h.example/x?a=1&b=2", "https://h.example/x?b=2&a=1"),
        with(square("url-forwarded", "https://public.example/x", "http://10.0.0.5:3000/x"), |mistake| {
            set(&mut mistake.received, "x-forwarded-host", "public.example");
            set(&mut mistake.received, "x-forwarded-proto", "https");
        }),
        content("method", "hubspot", sha256, &join(&[b"PUT", URL.as_bytes(), BODY, b"1706702400000"])),
        content(
            "other-content",
            "stripe",
            sha256,
            &join(&[b"1706702400.", hex::encode(Sha256::digest(BODY)).as_bytes()]),
        ),
        content("other-content", "square", sha256, URL.as_bytes()),
    ]
}

pub(super) fn habits() -> Vec<Mistake> {
    [rewritten(), kept_secrets(), printed_codes(), times_and_urls()].into_iter().flatten().collect()
}
