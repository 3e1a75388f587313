//! What SQS refuses, in words; what it refuses to everybody opens the circuit; and how requests are signed.

use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::redis::{attempts, configure};
use crate::redis_refusals::{first_attempt, state};
use crate::sqs_server::{KEY, SECRET_KEY, SqsServer, place, url_at};
use crate::support::place::{Place, eventually, kill, within};
use crate::support::receiver::{Received, Receiver, Reply};
use crate::support::tools;

/// A server that answers each request as told.
fn scripted(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> (Receiver, Place) {
    let server = Receiver::new(answer);
    let place = place(&url_at(server.address.port(), "events"), "max_attempts = 1");
    (server, place)
}

fn error(status: u16, kind: &str, message: &str) -> Reply {
    Reply::With(status, Vec::new(), json!({ "__type": kind, "message": message }).to_string().into_bytes())
}

/// What SQS answers to a batch that it takes.
fn taken(request: &Received) -> Value {
    let entries = request.json()["Entries"].as_array().unwrap().clone();
    let sent = entries.iter().map(|entry| {
        let md5 = hex::encode(Md5::digest(entry["MessageBody"].as_str().unwrap()));
        json!({ "Id": entry["Id"], "MessageId": format!("m-{}", entry["Id"].as_str().unwrap()), "MD5OfMessageBody": md5 })
    });
    json!({ "Successful": sent.collect::<Vec<_>>(), "Failed": [] })
}

fn ok(body: &Value) -> Reply {
    Reply::With(200, Vec::new(), body.to_string().into_bytes())
}

#[test]
fn what_is_wrong_with_a_request_is_a_rejection_and_what_ails_the_service_opens_the_circuit() {
    for (status, kind, message, words, is_of_all) in [
        (400, "com.amazon.coral.service#AccessDeniedException", "not for you", "access denied", false),
        (400, "com.amazonaws.sqs#QueueDoesNotExist", "not here", "there is no queue `events`", false),
        (400, "UnrecognizedClientException", "invalid token", "the access key is refused", false),
        (403, "SignatureDoesNotMatch", "differs", "the secret key is not the one of the access key", false),
        (400, "com.amazonaws.sqs#BatchRequestTooLong", "long", "the message is too large", false),
        (
            400,
            "com.amazonaws.sqs#InvalidMessageContents",
            "odd",
            "the body has characters that SQS does not take",
            false,
        ),
        (400, "com.amazonaws.sqs#RequestThrottled", "slowly", "throttled", true),
        (400, "ThrottlingException", "Rate exceeded", "throttled", true),
        (403, "ExpiredTokenException", "over", "the session token has expired and is being renewed", true),
        (400, "com.amazonaws.sqs#KmsDisabled", "off", "the queue's KMS key cannot be used", true),
        (500, "InternalFailure", "sorry", "the service failed", true),
    ] {
        let code = kind.rsplit('#').next().unwrap();
        let (server, place) = scripted(move |_| error(status, kind, message));
        if is_of_all {
            configure(&place, &url_at(server.address.port(), "events"), "");
        }
        let wanted = format!("sqs: {words}: {message} ({code})");
        assert_eq!(first_attempt(&place), ("rejected".to_owned(), wanted));
        let state = state(&place);
        assert_eq!(state, if is_of_all { "resting" } else { "ok" }, "{kind}");
        assert_eq!(place.queue()["failed"], u64::from(!is_of_all), "{kind}");
    }
    let (_server, place) = scripted(|_| Reply::With(503, Vec::new(), b"<html>".to_vec()));
    assert_eq!(first_attempt(&place).1, "sqs: the service failed: HTTP 503");
    let (_server, place) = scripted(|_| Reply::With(200, Vec::new(), b"<html>".to_vec()));
    assert_eq!(
        first_attempt(&place),
        ("unreachable".to_owned(), "sqs: the answer to SendMessageBatch cannot be read".to_owned())
    );
}

#[test]
fn a_clock_that_is_wrong_is_said_to_be() {
    let (_server, place) = scripted(|_| {
        let headers = vec![("date", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned())];
        let body = json!({ "__type": "InvalidSignatureException", "message": "Signature not yet current" });
        Reply::With(403, headers, body.to_string().into_bytes())
    });
    let (_, detail) = first_attempt(&place);
    assert!(
        detail.starts_with("sqs: the clock of this machine is ") && detail.contains(" ahead, so signatures"),
        "{detail}"
    );
    assert_eq!(state(&place), "resting");
}

#[test]
fn each_message_of_a_batch_has_a_fate_of_its_own() {
    let (server, place) = scripted(|request| {
        let mut answer = taken(request);
        let bad = |sent: &Value, text: &str| {
            let id = sent["Id"].as_str().unwrap();
            let entries = request.json()["Entries"].as_array().unwrap().clone();
            entries.iter().any(|entry| entry["Id"] == id && entry["MessageBody"].as_str().unwrap().contains(text))
        };
        let all = answer["Successful"].as_array().unwrap().clone();
        let failed = all.iter().filter(|sent| bad(sent, "\"r3\"")).map(
            |sent| json!({ "Id": sent["Id"], "SenderFault": true, "Code": "InvalidMessageContents", "Message": "odd" }),
        );
        answer["Failed"] = failed.collect();
        let kept = all.iter().filter(|sent| !bad(sent, "\"r3\"") && !bad(sent, "\"r4\"")).cloned().map(|mut sent| {
            if bad(&sent, "\"r5\"") {
                sent["MD5OfMessageBody"] = "0".into();
            }
            sent
        });
        answer["Successful"] = kept.collect();
        ok(&answer)
    });
    place.emit_many(10);
    place.run(&["process"]);
    assert_eq!(server.count(), 1, "ten go in one request");
    let words = |id: &str| {
        let attempt = attempts(&place, id).remove(0);
        (attempt["outcome"].as_str().unwrap().to_owned(), attempt["detail"].as_str().unwrap().to_owned())
    };
    let pair = |outcome: &str, detail: &str| (outcome.to_owned(), detail.to_owned());
    let odd = "sqs: the body has characters that SQS does not take: odd (InvalidMessageContents)";
    assert_eq!(words("e3"), pair("rejected", odd));
    assert_eq!(words("e4"), pair("unreachable", "sqs: the answer to SendMessageBatch cannot be read"));
    let (outcome, detail) = words("e5");
    assert!(
        outcome == "rejected" && detail.ends_with("differs from what was sent: its MD5 does not match"),
        "{detail}"
    );
    assert_eq!(place.queue()["delivered"], 7);
}

#[test]
fn a_message_that_sqs_does_not_take_spoils_no_other_of_its_batch() {
    let (server, place) = scripted(|request| {
        let is_bad = String::from_utf8_lossy(&request.body).contains("r3");
        if is_bad { error(400, "com.amazonaws.sqs#InvalidParameterValue", "odd") } else { ok(&taken(request)) }
    });
    place.emit_many(10);
    place.run(&["process"]);
    assert_eq!(server.count(), 11, "one in ten is refused as a whole, then each is sent alone");
    let detail = attempts(&place, "e3")[0]["detail"].clone();
    assert_eq!(detail, "sqs: refused: odd (InvalidParameterValue)");
    assert_eq!((&place.queue()["delivered"], &place.queue()["failed"]), (&9.into(), &1.into()));
}

#[test]
fn requests_are_nearly_full_as_long_as_much_waits() {
    let (server, place) = scripted(|request| ok(&taken(request)));
    place.emit_many(400);
    place.ok(&["process"]);
    assert_eq!(place.queue()["delivered"], 400);
    assert!((40..=80).contains(&server.count()), "{} requests for 400 messages, ten at a time", server.count());
}

#[test]
fn a_server_that_says_nothing_is_timed_out_and_one_that_closes_idle_connections_costs_no_attempt() {
    let (_server, place) = scripted(|_| Reply::Hang);
    configure(&place, &url_at(_server.address.port(), "events"), "timeout = \"400ms\"\nmax_attempts = 1");
    let (outcome, detail) = first_attempt(&place);
    assert_eq!((outcome.as_str(), detail.as_str()), ("timed out", "timed out after 380ms waiting for the response"));
    let (_server, place) = scripted(|request| {
        let body = taken(request).to_string();
        Reply::Raw(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
    });
    let mut worker = place.spawn(&["process", "--watch"]);
    for n in 1..6 {
        let id = place.emit("user.created", &format!("u-{n}"));
        eventually("its outcome", || place.queue()["delivered"] == n);
        assert_eq!(attempts(&place, &id).len(), 1);
    }
    kill(&worker, "-TERM");
    assert!(worker.wait().unwrap().success());
}

#[test]
fn requests_are_signed_as_the_sdk_of_aws_signs_them() {
    if !tools::has_tools(&["moto_server", "python3"]) {
        return;
    }
    let (server, mut place) = scripted(|request| ok(&taken(request)));
    place.set("AWS_SESSION_TOKEN", "a-session+token/==");
    assert_eq!(first_attempt(&place).0, "delivered");
    let request = server.requests().remove(0);
    let oracle = r#"
import sys, json
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import botocore.auth
given = json.load(sys.stdin)
class Fixed(SigV4Auth):
    def _modify_request_before_signing(self, request): pass
names = given["signed"]
request = AWSRequest("POST", "http://" + given["headers"]["host"] + "/", data=given["body"].encode(),
                     headers={name: given["headers"][name] for name in names})
request.context["timestamp"] = given["headers"]["x-amz-date"]
auth = Fixed(Credentials(given["key"], given["secret"]), "sqs", "us-east-1")
canonical = auth.canonical_request(request)
print(auth.signature(auth.string_to_sign(request, canonical), request))
"#;
    let authorization = request.header("authorization");
    let part =
        |name: &str| authorization.split(&format!("{name}=")).nth(1).unwrap().split(',').next().unwrap().to_owned();
    let signed: Vec<String> = part("SignedHeaders").split(';').map(str::to_owned).collect();
    for name in ["host", "x-amz-date", "x-amz-security-token", "x-amz-target", "content-type"] {
        assert!(signed.iter().any(|it| it == name), "{name}: {authorization}");
    }
    assert!(part("Credential").starts_with(&format!("{KEY}/")), "{authorization}");
    let given = json!({
        "headers": request.headers, "body": String::from_utf8(request.body.clone()).unwrap(), "signed": signed,
        "key": KEY, "secret": SECRET_KEY,
    });
    let script = place.path("oracle.py");
    std::fs::write(&script, oracle).unwrap();
    let input = place.path("given.json");
    std::fs::write(&input, given.to_string()).unwrap();
    let said = Command::new("python3").arg(script).stdin(std::fs::File::open(input).unwrap()).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    assert_eq!(part("Signature"), String::from_utf8(said.stdout).unwrap().trim());
}

/// A metadata service on loopback, as those of instances and containers are.
fn metadata(request: &Received, keys: &str) -> Reply {
    let told = |lifetime: &str| {
        let ends = format!(
            r#"{{"Code":"Success","AccessKeyId":"{keys}","SecretAccessKey":"s","Token":"t","Expiration":"{lifetime}"}}"#
        );
        Reply::With(200, Vec::new(), ends.into_bytes())
    };
    let is_allowed = request.header("x-aws-ec2-metadata-token") == "the-token";
    match (request.method.as_str(), request.path.as_str()) {
        ("PUT", "/latest/api/token") if !request.header("x-aws-ec2-metadata-token-ttl-seconds").is_empty() => {
            Reply::With(200, Vec::new(), b"the-token".to_vec())
        }
        ("GET", "/latest/meta-data/iam/security-credentials/") if is_allowed => {
            Reply::With(200, Vec::new(), b"worker".to_vec())
        }
        ("GET", "/latest/meta-data/iam/security-credentials/worker") if is_allowed => told("2099-01-01T00:00:00Z"),
        ("GET", "/container?x=1") if request.header("authorization") == "shown" => told("2099-01-01T00:00:00Z"),
        _ => Reply::Status(401),
    }
}

#[test]
fn the_roles_of_instances_containers_and_web_identities_are_asked_for_their_keys() {
    let (server, mut place) = scripted(|request| ok(&taken(request)));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        place.unset(name);
    }
    let key_of_last = |server: &Receiver| {
        let request = server.requests().pop().unwrap();
        let authorization = request.header("authorization").to_owned();
        (authorization.split(['=', '/']).nth(1).unwrap().to_owned(), request.header("x-amz-security-token").to_owned())
    };
    let pair = |key: &str| (key.to_owned(), "t".to_owned());
    place.set("AWS_EC2_METADATA_DISABLED", "true");
    let (outcome, detail) = first_attempt(&place);
    assert!(outcome == "rejected" && detail.starts_with("sqs: no credentials: give basic_file"), "{detail}");
    assert_eq!((state(&place).as_str(), server.count()), ("resting", 0));
    place.unset("AWS_EC2_METADATA_DISABLED");
    let again = |place: &Place| {
        place.ok(&["endpoints", "resume", "stream"]);
        first_attempt(place)
    };
    let instance = Receiver::new(|request| metadata(request, "OFINSTANCE"));
    place.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &instance.url(""));
    assert_eq!(again(&place).0, "delivered");
    assert_eq!(key_of_last(&server), pair("OFINSTANCE"));
    let asked = instance.count();
    place.emit_many(30);
    place.ok(&["process"]);
    assert_eq!(instance.count(), asked + 3, "once for a process");
    let container = Receiver::new(|request| metadata(request, "OFCONTAINER"));
    place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container.url("/container?x=1"));
    std::fs::write(place.path("shown"), "shown\n").unwrap();
    place.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &place.path("shown").display().to_string());
    assert_eq!(first_attempt(&place).0, "delivered");
    assert_eq!(key_of_last(&server), pair("OFCONTAINER"));
    let service = Receiver::new(|request| {
        let form = String::from_utf8(request.body.clone()).unwrap();
        assert!(
            form.contains("Action=AssumeRoleWithWebIdentity") && form.contains("WebIdentityToken=issued.to.us"),
            "{form}"
        );
        let answer = "<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>OFIDENTITY</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                      <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResponse>";
        Reply::With(200, Vec::new(), answer.as_bytes().to_vec())
    });
    std::fs::write(place.path("token"), "issued.to.us\n").unwrap();
    place.set("AWS_WEB_IDENTITY_TOKEN_FILE", &place.path("token").display().to_string());
    place.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/worker");
    place.set("AWS_ENDPOINT_URL_STS", &service.url(""));
    assert_eq!(first_attempt(&place).0, "delivered");
    assert_eq!(key_of_last(&server), pair("OFIDENTITY"));
    place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/x");
    place.unset("AWS_ROLE_ARN");
    assert!(first_attempt(&place).1.contains("only from a metadata service, this machine, or over https"));
}

#[test]
fn keys_that_are_refused_are_asked_for_again() {
    let lifetimes = Mutex::new(vec!["THIRD", "SECOND", "FIRST"]);
    let service = Receiver::new(move |_| {
        let key = lifetimes.lock().unwrap().pop().unwrap_or("LAST");
        let told = format!(
            r#"{{"AccessKeyId":"{key}","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}}"#
        );
        Reply::With(200, Vec::new(), told.into_bytes())
    });
    let (server, mut place) = scripted(|request| {
        if request.header("authorization").contains("Credential=FIRST/") {
            return error(403, "ExpiredTokenException", "over");
        }
        ok(&taken(request))
    });
    place.unset("AWS_ACCESS_KEY_ID");
    place.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &service.url("/"));
    let lines = "circuit_first_probe = \"100ms\"\ncircuit_longest_probe = \"200ms\"";
    configure(&place, &url_at(server.address.port(), "events"), lines);
    let mut worker = place.spawn(&["process", "--watch"]);
    place.emit("user.created", "u-1");
    within(Duration::from_secs(20), "it is delivered", || place.queue()["delivered"] == 1);
    kill(&worker, "-TERM");
    assert!(worker.wait().unwrap().success());
    assert!(server.requests().pop().unwrap().header("authorization").contains("Credential=SECOND/"));
}

#[test]
fn what_the_service_itself_refuses_is_in_words() {
    let Some(server) = SqsServer::start() else { return };
    let nowhere = place(&server.url("nowhere"), "max_attempts = 1");
    let (outcome, detail) = first_attempt(&nowhere);
    assert!(outcome == "rejected" && detail.starts_with("sqs: there is no queue `nowhere`: "), "{detail}");
    let doctor = nowhere.run(&["doctor", "--online"]);
    assert!((doctor.stdout + &doctor.stderr).contains("there is no queue `nowhere`"));
    let port = server.port;
    drop(server);
    let gone = place(&url_at(port, "events"), "max_attempts = 1");
    let wanted = format!("connect: 127.0.0.1:{port}: connection refused");
    assert_eq!(first_attempt(&gone), ("unreachable".to_owned(), wanted));
}
