//! An event goes into a queue of SQS, and every view tells of it.

use serde_json::{Value, json};

use crate::redis::{attempts, configure};
use crate::sqs_server::{KEY, SECRET_KEY, SqsServer, attribute, place, with_keys};
use crate::support::place::Place;

#[test]
fn an_event_is_a_message_with_its_bytes_its_names_and_its_signatures() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let place = place(&server.url("events"), "headers = [\"X-Team: platform\"]");
    let data = place.data(&["emit", "enrollment.created", "e-1", "--data", r#"{"userId":"u","courseId":"c","n":1.0}"#]);
    let id = data["event"]["id"].as_str().unwrap();
    place.ok(&["process"]);
    let messages = server.take("events");
    let [message] = messages.as_slice() else { panic!("{} messages", messages.len()) };
    let body = message["Body"].as_str().unwrap();
    assert!(body.contains(r#""data":{"userId":"u","courseId":"c","n":1.0}"#), "{body}");
    let attribute = |name: &str| attribute(message, name);
    assert_eq!((attribute("webhook-id"), attribute("type")), (id, "enrollment.created"));
    assert_eq!((attribute("resourceType"), attribute("resourceId")), ("enrollment", "e-1"));
    assert_eq!((attribute("x-team"), attribute("x-sync-attempt")), ("platform", "1"));
    assert_eq!(message["MessageAttributes"].as_object().unwrap().len(), 10);
    for (scheme, names) in [
        ("standard", &["webhook-id", "webhook-timestamp", "webhook-signature"][..]),
        ("syncctl", &["x-webhook-signature"]),
    ] {
        let mut args = vec!["verify".to_owned(), "-".to_owned(), "--scheme".to_owned(), scheme.to_owned()];
        for name in names {
            args.extend(["--header".to_owned(), format!("{name}: {}", attribute(name))]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(place.run_with_input(&args, body.as_bytes()).code, 0, "{scheme}");
    }
    every_view_tells_of_it(&server, &place, id, message["MessageId"].as_str().unwrap());
}

fn every_view_tells_of_it(server: &SqsServer, place: &Place, id: &str, message: &str) {
    let words = format!("message {message} in the queue `events`");
    let attempts = attempts(place, id);
    assert_eq!((attempts.len(), attempts[0]["outcome"].as_str()), (1, Some("delivered")));
    assert_eq!((attempts[0]["detail"].as_str(), &attempts[0]["status"]), (Some(words.as_str()), &Value::Null));
    assert!(place.ok(&["why", id]).contains(&words));
    let status = place.data(&["status"]);
    assert_eq!((&status["queue"]["delivered"], &status["queue"]["pending"]), (&1.into(), &0.into()));
    let endpoint = &status["endpoints"][0];
    let url = server.url("events");
    assert_eq!((endpoint["url"].as_str(), endpoint["state"].as_str()), (Some(url.as_str()), Some("ok")));
    let tested = place.data(&["endpoints", "test", "stream"]);
    assert_eq!((tested["outcome"].as_str(), &tested["status"]), (Some("delivered"), &Value::Null), "{tested}");
    assert!(tested["timings"]["connectMs"].is_number() || tested.to_string().contains("connect"), "{tested}");
    let checked = place.data(&["endpoints", "check", "stream"]);
    assert_eq!((&checked["allowed"], checked["addresses"][0]["address"].as_str()), (&true.into(), Some("127.0.0.1")));
    let doctor = place.run(&["doctor", "--online"]);
    let all = doctor.stdout + &doctor.stderr;
    let wanted = "stream: no TLS, queue `events`: about 1 to read, 0 taken and not acknowledged in ";
    assert!(all.contains(wanted), "{all}");
    for args in [&["-vvv", "process"][..], &["config", "show"], &["endpoints", "show", "stream"], &["why", id]] {
        let ran = place.run(args);
        assert!(!(ran.stdout + &ran.stderr).contains(SECRET_KEY), "{args:?}");
    }
    place.ok(&["db", "verify"]);
}

#[test]
fn an_endpoint_may_be_the_https_url_of_a_queue_and_has_its_name() {
    let place = Place::sending_to(&["https://sqs.eu-central-1.amazonaws.com/123456789012/events.fifo"]);
    place.emit("user.created", "u-1");
    let endpoint = place.data(&["status"])["endpoints"][0].clone();
    assert_eq!(endpoint["name"], "events.fifo");
    assert_eq!(endpoint["url"], "sqs://eu-central-1/123456789012/events.fifo");
}

#[test]
fn what_is_sent_at_the_same_time_shares_requests_and_keeps_its_fate() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let place = place(&server.url("events"), "concurrency = 25");
    place.emit_many(100);
    place.ok(&["process"]);
    let mut ids: Vec<String> =
        server.take("events").iter().map(|message| attribute(message, "webhook-id").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), place.queue()["delivered"].as_u64()), (100, Some(100)));
    let large = "x".repeat(200 * 1024);
    let lines = (0..12).map(|n| {
        format!(
            "{{\"id\":\"l{n}\",\"type\":\"user.updated\",\"resourceId\":\"l{n}\",\"data\":{{\"bio\":\"{large}\"}}}}\n"
        )
    });
    let ran = place.run_with_input(&["emit", "--batch", "-", "-q"], lines.collect::<String>().as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    place.ok(&["process"]);
    assert_eq!(server.take("events").len(), 12, "ten of them are more than a request may hold");
}

#[test]
fn a_queue_is_written_and_read_over_tls_at_servers_that_are_trusted() {
    let Some((server, certificate)) = SqsServer::start_with_tls() else { return };
    let url = format!("sqs://us-east-1/123456789012/nowhere?endpoint=https://localhost:{}", server.port);
    let trust = format!("max_attempts = 1\nca_file = \"{}\"", certificate.display());
    for (lines, wanted) in
        [(trust.as_str(), "sqs: there is no queue `nowhere`"), ("max_attempts = 1", "tls: certificate is self-signed")]
    {
        let place = place(&url, lines);
        let id = place.emit("user.created", "u-1");
        place.run(&["process"]);
        let detail = attempts(&place, &id)[0]["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.starts_with(wanted) || lines == "max_attempts = 1" && detail.contains("unknown issuer"),
            "{detail}"
        );
    }
}

#[test]
fn a_fifo_queue_keeps_the_order_of_a_resource_and_knows_what_comes_again() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events.fifo", &json!({ "FifoQueue": "true" }));
    let place = place(&server.url("events.fifo"), "");
    place.emit_lines((0..40).map(|n| (format!("e{n:02}"), format!("u-{}", n % 4))));
    place.emit_lines(std::iter::once(("odd".to_owned(), "with a space ü".to_owned())));
    place.ok(&["process"]);
    place.ok(&["replay", "e07", "--include-delivered"]);
    place.ok(&["process"]);
    assert_eq!(place.queue()["delivered"], 41);
    let messages = server.take("events.fifo");
    assert_eq!(messages.len(), 41, "the replayed one came a second time within five minutes");
    let group = |message: &Value| message["Attributes"]["MessageGroupId"].as_str().unwrap().to_owned();
    for resource in 0..4 {
        let of_it: Vec<&str> = messages
            .iter()
            .filter(|message| group(message) == format!("user:u-{resource}"))
            .map(|message| attribute(message, "webhook-id"))
            .collect();
        assert!(of_it.len() == 10 && of_it.is_sorted(), "{of_it:?}");
    }
    let odd = messages.iter().find(|message| attribute(message, "webhook-id") == "odd").unwrap();
    assert_eq!((group(odd).len(), attribute(odd, "resourceId")), (64, "with a space ü"));
    assert_eq!(odd["Attributes"]["MessageDeduplicationId"], "odd");
}

#[test]
fn the_access_key_may_be_in_a_file_or_a_profile() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let mut place = crate::redis::place(&server.url("events"), "");
    std::fs::create_dir(place.path(".aws")).unwrap();
    let credentials = format!("[work]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET_KEY}\n");
    std::fs::write(place.path(".aws/credentials"), credentials).unwrap();
    place.set("AWS_PROFILE", "work");
    place.emit("user.created", "u-1");
    place.ok(&["process"]);
    place.set("AWS_PROFILE", "other");
    let id = place.emit("user.created", "u-2");
    place.run(&["process"]);
    let detail = attempts(&place, &id)[0]["detail"].clone();
    assert_eq!(detail, "sqs: no credentials: there is no profile `other` (AWS_PROFILE)");
    place.unset("AWS_PROFILE");
    std::fs::write(place.path("key"), format!("{KEY}:{SECRET_KEY}\n")).unwrap();
    configure(&place, &server.url("events"), &format!("basic_file = \"{}\"", place.path("key").display()));
    place.ok(&["endpoints", "resume", "stream"]);
    place.ok(&["process", "--wait"]);
    assert_eq!((server.counts("events").0, place.queue()["delivered"].as_u64()), (2, Some(2)));
}

#[test]
fn the_address_rules_hold_for_sqs() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let mut place = place(&server.url("events"), "");
    place.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    let id = place.emit("user.created", "u-1");
    place.run(&["process"]);
    assert!(attempts(&place, &id)[0]["detail"].as_str().unwrap().contains("egress.deny_private"));
    place.unset("SYNCCTL_EGRESS_DENY_PRIVATE");
    configure(&place, "sqs://us-east-1/123456789012/events?endpoint=http://169.254.169.254", "");
    place.run(&["process"]);
    let id = place.emit("user.created", "u-2");
    place.run(&["process"]);
    let detail = attempts(&place, &id)[0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("metadata services"), "{detail}");
    assert_eq!(server.counts("events").0, 0);
}

#[test]
fn settings_that_sqs_has_no_place_for_are_refused() {
    let headers = "headers = [\"X-A: 1\", \"X-B: 2\", \"X-C: 3\", \"X-D: 4\"]";
    for (url, lines, wanted) in [
        ("sqs://us-east-1/events", "", "write sqs://REGION/ACCOUNT/QUEUE"),
        ("sqs://key@us-east-1/123456789012/events", "", "a user name or password"),
        ("sqs://us-east-1/123456789012/events?group=3", "", "no parameter `group`"),
        ("sqs://us-east-1/123456789012/events", "bearer_env = \"TOKEN\"", "basic_file or basic_env"),
        ("sqs://us-east-1/123456789012/events", headers, "SQS has room for 3 headers of your own"),
        ("sqs://us-east-1/123456789012/events", "headers = [\"X!a: 1\"]", "SQS accepts no attribute named `x!a`"),
    ] {
        let place = with_keys(crate::redis::place(url, lines));
        let ran = place.run(&["config", "validate"]);
        let all = ran.stdout + &ran.stderr;
        assert!(ran.code == 78 && all.contains(wanted), "{url} {lines}: {all}");
    }
}
