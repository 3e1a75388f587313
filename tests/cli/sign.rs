use std::process::Command;
use std::time::Duration;

use crate::support::place::{Place, SECRET};
use crate::support::receiver::Receiver;
use crate::support::tools::has_tools;

pub(crate) const BODY: &str = r#"{"id":"event-123","type":"enrollment.created","resourceId":"enrollment-123"}"#;
pub(crate) const SIGNATURE: &str = "f527a5c7369cba3d9dc2b491b97b5f7c67c517643d832db49d0da0803e859a1c";

#[test]
fn headers_are_printed_ready_to_paste() {
    let place = Place::new();
    let ran = place.run(&["sign", "--data", BODY]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, format!("x-webhook-signature: {SIGNATURE}\n").as_str()));
    let args = ["sign", "--data", BODY, "--scheme", "standard", "--id", "msg_1", "--timestamp", "1706702400"];
    let lines: Vec<_> = place.run(&args).stdout.lines().map(str::to_owned).collect();
    assert_eq!(lines[..2], ["webhook-id: msg_1", "webhook-timestamp: 1706702400"]);
    assert!(lines[2].starts_with("webhook-signature: v1,"));
}

#[test]
fn the_answer_as_json_names_the_scheme_and_its_headers() {
    let place = Place::new();
    let data = place.data(&["sign", "--data", BODY, "--scheme", "stripe", "--timestamp", "1706702400"]);
    assert_eq!(data["scheme"], "stripe");
    let expected = "t=1706702400,v1=cab6fd496c03eb294b8317a520570c512e4dd3625db74578f5615cf8fe339a6a";
    assert_eq!(data["headers"]["stripe-signature"], expected);
}

#[test]
fn every_byte_counts_from_a_file_from_standard_input_and_as_a_literal() {
    let place = Place::new();
    let bytes = b"\xff\0a\r\n\n".to_vec();
    std::fs::write(place.path("body"), &bytes).unwrap();
    let from_file = place.run(&["sign", "body", "-o", "name"]).stdout;
    assert_eq!(from_file, place.run_with_input(&["sign", "-o", "name"], &bytes).stdout);
    assert_eq!(from_file, place.run_with_input(&["sign", "-", "-o", "name"], &bytes).stdout);
    assert_ne!(from_file, place.run_with_input(&["sign", "-o", "name"], &bytes[..5]).stdout);
    let with_newline = place.run_with_input(&["sign", "-o", "name"], format!("{BODY}\n").as_bytes()).stdout;
    assert_eq!(with_newline, "322df8918356f5d470541dbad15e50e31410434c1e4754143630d29bc7acc8d0\n");
}

#[test]
fn the_curl_command_sends_exactly_the_signed_bytes_and_is_read_back_by_verify() {
    if !has_tools(&["curl", "dash"]) {
        return;
    }
    let place = Place::new();
    let receiver = Receiver::good();
    let paths = ["/hook?a=b", "/a/../b?ids[]=1&x={a,b}", "/a/%2e/./b", "/it's$x"];
    let bodies: [&[u8]; 4] =
        ["{\"a\":\"it's é $HOME `id` \\\\ \"}\n\n".as_bytes(), b"{\"tab\":\t1}\r\n", b"\xff\0\x01%d\n", b""];
    for (at, (path, body)) in paths.into_iter().zip(bodies).enumerate() {
        std::fs::write(place.path("body"), body).unwrap();
        let command = place.run(&["sign", "body", "--curl", &receiver.url(path)]).stdout;
        let read = place.run_with_input(&["verify", "--request", "-"], command.as_bytes());
        assert_eq!(read.code, 0, "{command} {read:?}");
        let shell = if at % 2 == 0 { "dash" } else { "sh" };
        let ran = Command::new(shell).args(["-c", &command]).output().unwrap();
        assert!(ran.status.success(), "{command}: {ran:?}");
        let request = receiver.wait_for(at + 1, Duration::from_secs(10)).remove(at);
        assert_eq!((request.path.as_bytes(), request.body.as_slice()), (path.as_bytes(), body), "{command}");
        let expected = place.run(&["sign", "body", "-o", "name"]).stdout;
        assert_eq!(request.header("x-webhook-signature"), expected.trim());
    }
    assert_eq!(receiver.count(), 4, "one command makes one request");
}

#[test]
fn a_url_that_no_request_goes_to_and_a_method_that_is_none_are_refused() {
    let place = Place::new();
    for args in [
        ["--curl", "http://h/a b"],
        ["--curl", ""],
        ["--curl", "foo"],
        ["--curl", "file:///etc/passwd"],
        ["--curl", "https://h/x#f"],
        ["--curl", "https://h/é"],
        ["--url", "https://h/x#f"],
        ["--url", ""],
        ["--method", "P O"],
    ] {
        let ran = place.run(&[&["sign", "--data", "x"], &args[..]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?} {ran:?}");
    }
}

#[test]
fn all_signs_by_every_scheme_with_programs_in_five_languages() {
    let place = Place::new();
    std::fs::write(place.path("body"), BODY).unwrap();
    let data = place.data(&["sign", "body", "--all"]);
    let all = data.as_array().unwrap();
    assert_eq!(all.len(), 46);
    for one in all {
        let languages = one["snippets"].as_object().map_or(0, serde_json::Map::len);
        // A text secret is no key of pairs and none in hex, and some senders' codes are not made here: that is said.
        assert!(languages == 5 || one["skipped"].is_string(), "{one}");
    }
    let skipped: Vec<_> = all.iter().filter(|one| one["skipped"].is_string()).map(|one| &one["scheme"]).collect();
    let expected = ["standard-ed25519", "discord", "sendgrid", "paypal", "sns", "sns-v1", "adyen", "mailgun", "gitlab"];
    assert_eq!(skipped, expected);
    let shown = place.run(&["sign", "body", "--all"]).stdout;
    assert!(shown.contains("== github") && shown.contains("-- openssl") && !shown.contains(SECRET));
}

#[test]
fn a_snippet_recomputes_what_sign_prints() {
    if !has_tools(&["openssl"]) {
        return;
    }
    let place = Place::new();
    std::fs::write(place.path("body"), BODY).unwrap();
    for scheme in ["standard", "github", "slack"] {
        let args = ["sign", "body", "--scheme", scheme, "--id", "msg_1", "--timestamp", "1706702400"];
        let program = place.run(&[&args[..], &["--snippet", "openssl"]].concat()).stdout;
        let printed = place.prepare(Command::new("sh"), &["-c", &program]).output().unwrap();
        assert!(printed.status.success(), "{printed:?}");
        let expected = place.run(&[&args[..], &["-o", "name"]].concat()).stdout;
        assert_eq!(String::from_utf8_lossy(&printed.stdout), expected, "{scheme}");
    }
}

#[test]
fn a_scheme_of_ones_own_is_described_and_verified() {
    let place = Place::new();
    let generic = ["--scheme", "generic", "--signed", "{timestamp},{body}", "--prefix", "v1=", "--encoding", "base64"];
    let args = ["sign", "--data", BODY, "--timestamp", "1706702400", "--signature-header", "X-Convoy"];
    let data = place.data(&[&args[..], &generic].concat());
    let value = data["headers"]["x-convoy"].as_str().unwrap();
    let code = "972dcebbc0eb67eea6766a747b549c9982b460b78676b58b8797e9aba70492bf";
    use base64::Engine as _;
    let expected = base64::engine::general_purpose::STANDARD.encode(hex::decode(code).unwrap());
    assert_eq!(value, format!("v1={expected}"));
    let header = format!("x-convoy: {value}");
    let args = ["verify", "-", "--header", &header, "--header", "webhook-timestamp: 1706702400"];
    let args = [&args[..], &["--signature-header", "X-Convoy"], &generic].concat();
    assert_eq!(place.run_with_input(&args, BODY.as_bytes()).code, 0);
    let wrong = place.run(&["sign", "--data", "x", "--scheme", "generic", "--signed", "{bodi}"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("{bodi}"), "{wrong:?}");
}

#[test]
fn what_cannot_be_signed_says_what_to_do() {
    let mut place = Place::new();
    let ran = place.run(&["sign", "--data", "x", "--scheme", "strip"]);
    assert_eq!((ran.code, ran.stderr.contains("did you mean `stripe`?")), (2, true));
    let ran = place.run(&["sign", "--data", "x", "--scheme", "square"]);
    assert_eq!((ran.code, ran.stderr.contains("--url")), (2, true));
    let ran = place.run(&["sign", "--data", "{}", "--scheme", "twilio", "--url", "https://h/x"]);
    assert_eq!((ran.code, ran.stderr.contains("bodySHA256=")), (2, true));
    assert_eq!(place.run(&["sign", "missing"]).code, 66);
    place.set("WEBHOOK_SECRET", "whsec_not base64");
    assert_eq!(place.run(&["sign", "--data", "x", "--scheme", "standard"]).code, 78);
    assert_eq!(place.run(&["sign", "--data", "x", "--scheme", "stripe"]).code, 0, "its text is a key of Stripe");
    place.set("WEBHOOK_SECRET", "");
    assert_eq!(place.run(&["sign", "--data", "x"]).code, 78);
    place.unset("WEBHOOK_SECRET");
    let ran = place.run(&["sign", "--data", "x"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
}

#[test]
fn the_secret_comes_from_a_variable_a_file_or_a_command_and_never_from_a_flag() {
    let mut place = Place::new();
    std::fs::write(place.path("secret"), format!("{SECRET}\n")).unwrap();
    place.unset("WEBHOOK_SECRET");
    place.set("OTHER", SECRET);
    for named in [["--secret-env", "OTHER"], ["--secret-file", "secret"], ["--secret-command", "cat secret"]] {
        let ran = place.run(&[&["sign", "--data", BODY, "-o", "name"], &named[..]].concat());
        assert_eq!(ran.stdout.trim(), SIGNATURE, "{named:?}");
    }
    for command in ["sign", "verify", "listen", "replay"] {
        let help = place.run(&[command, "--help"]).stdout;
        assert!(!help.contains("--secret ") && !help.contains(SECRET), "{command}");
    }
}

#[test]
fn a_time_in_milliseconds_is_refused_with_the_seconds_it_would_be() {
    let place = Place::new();
    std::fs::write(place.path("body"), BODY).unwrap();
    for args in [["sign", "body", "--timestamp"], ["verify", "body", "--at"]] {
        let ran = place.run(&[&args[..], &["1706702400123"]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains("milliseconds") && ran.stderr.contains("1706702400\n"), "{ran:?}");
    }
}

#[test]
fn the_answer_has_rows_for_spreadsheets_and_unknown_columns_are_refused() {
    let place = Place::new();
    let sign = ["sign", "--data", BODY];
    let of = |more: &[&str]| place.run(&[&sign[..], more].concat());
    let rows = format!("scheme,header,value\nsyncctl,x-webhook-signature,{SIGNATURE}\n");
    assert_eq!(of(&["-o", "csv"]).stdout, rows);
    assert_eq!(of(&["--columns", "value"]).stdout, format!("VALUE\n{SIGNATURE}\n"));
    assert_eq!(of(&["--all", "-o", "csv"]).stdout.lines().filter(|line| line.starts_with("standard,")).count(), 3);
    let unknown = of(&["--columns", "foo"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("the columns are scheme, header, value"), "{unknown:?}");
    let header = format!("x-webhook-signature: {SIGNATURE}");
    std::fs::write(place.path("body"), format!("{BODY}\n")).unwrap();
    let wrong = place.run(&["verify", "body", "--header", &header, "--explain", "-o", "csv"]);
    assert_eq!(
        (wrong.code, wrong.stdout.as_str()),
        (4, "valid,scheme,reason,cause\nfalse,syncctl,code-mismatch,newline-added\n")
    );
    let unsigned = place.run(&["verify", "body", "-o", "csv"]);
    assert_eq!(unsigned.stdout, "valid,scheme,reason,cause\nfalse,,header-not-delivered,\n");
}

#[test]
fn a_command_and_a_program_are_in_the_envelope_when_json_is_asked_for() {
    let place = Place::new();
    let curl = ["sign", "--data", BODY, "--curl", "http://127.0.0.1:1/h"];
    let plain = place.run(&curl).stdout;
    let data = place.data(&curl);
    assert_eq!(
        (data["curl"].as_str().unwrap(), &data["headers"]["x-webhook-signature"]),
        (plain.as_str(), &SIGNATURE.into())
    );
    let program = ["sign", "--data", BODY, "--snippet", "python"];
    assert_eq!(place.data(&program)["snippets"]["python"].as_str().unwrap(), place.run(&program).stdout);
    let csv = place.run(&[&curl[..], &["-o", "csv"]].concat());
    assert_eq!((csv.code, csv.stdout.as_str()), (2, ""), "{csv:?}");
}

#[test]
fn the_header_of_a_scheme_of_ones_own_is_named_either_way_and_never_holds_a_line_break() {
    let place = Place::new();
    let generic = ["sign", "--data", BODY, "--scheme", "generic"];
    let of = |more: &[&str]| place.run(&[&generic[..], more].concat());
    for option in ["--header", "--signature-header"] {
        assert_eq!(of(&[option, "X-Mine"]).stdout, format!("x-mine: {SIGNATURE}\n"));
    }
    let both = of(&["--header", "a", "--signature-header", "b"]);
    let broken = of(&["--prefix", "a\nb"]);
    let whole = of(&["--header", "X-Mine: 1"]);
    let other = place.run(&["sign", "--data", BODY, "--header", "X-Mine"]);
    for ran in [both, broken, whole, other] {
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    }
}
