//! Sources that are read from a queue of SQS: what waits is applied once and deleted, what cannot be applied is kept, and moved.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sources::{SIGNED, configure, consume, receiver as receiver_of, records, serve};
use crate::sqs_server::{ACCOUNT, SqsServer, attribute, place as sender, url_at, with_keys};
use crate::support::place::{Place, eventually, kill, within};
use crate::support::receiver::{Receiver, Reply};

fn receiver(server: &SqsServer, more: &str, lines: &str) -> Place {
    with_keys(receiver_of(&source(server, more), lines))
}

fn source(server: &SqsServer, more: &str) -> String {
    server.url("events") + more
}

/// Emits events and sends them into the queue.
fn send(place: &Place, events: usize) {
    place.emit_many(events);
    place.ok(&["process"]);
}

/// Sends an event of the kind that commands are run with.
fn emit_thing(place: &Place) {
    place.ok(&["emit", "thing.changed", "t-1", "--resource-type", "thing", "--data", "{}"]);
    place.ok(&["process"]);
}

fn post(server: &SqsServer, name: &str, body: &str) {
    server.ask_about(name, "SendMessage", json!({ "MessageBody": body }));
}

#[test]
fn what_waits_is_verified_applied_once_and_deleted() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let (sender, receiver) = (sender(&server.url("events"), ""), receiver(&server, "", SIGNED));
    let empty = consume(&receiver, 0);
    assert_eq!((&empty["received"], &empty["error"]), (&0.into(), &Value::Null));
    send(&sender, 250);
    let waiting = receiver.data(&["consume", "--dry-run"]);
    assert_eq!(waiting[0]["said"], "queue `events`: about 250 to read, 0 taken and not acknowledged");
    let done = consume(&receiver, 0);
    assert_eq!((&done["received"], &done["applied"]), (&250.into(), &250.into()), "{done}");
    assert_eq!((records(&receiver), server.counts("events")), (250, (0, 0)));
    sender.ok(&["replay", "e3", "--include-delivered"]);
    sender.ok(&["process"]);
    let again = consume(&receiver, 0);
    assert_eq!((&again["applied"], &again["duplicates"]), (&0.into(), &1.into()), "{again}");
    let rows = receiver.data(&["audit", "list", "--direction", "inbound", "--limit", "1"]);
    assert_eq!(rows[0]["source"].as_str(), Some(server.url("events").as_str()), "{rows}");
    receiver.ok(&["db", "verify"]);
}

#[test]
fn no_more_is_taken_than_was_asked_for_and_what_is_left_waits_for_others() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let (sender, receiver) = (sender(&server.url("events"), ""), receiver(&server, "", SIGNED));
    send(&sender, 60);
    let ran = receiver.run(&["consume", "--limit", "25", "-o", "json"]);
    assert_eq!((ran.code, &ran.data()[0]["received"]), (0, &25.into()), "{ran:?}");
    assert_eq!(server.counts("events"), (35, 0));
}

#[test]
fn what_cannot_be_applied_is_kept_and_goes_to_the_dead_letters_of_the_queue_or_those_that_are_named() {
    let Some(server) = SqsServer::start() else { return };
    server.create_with_dead_letters("events", "dead", 5);
    server.create("other-dead", &json!({}));
    let mut stranger = sender(&server.url("events"), "headers = [\"X-A: 1\", \"X-B: 2\", \"X-C: 3\"]");
    stranger.set("WEBHOOK_SECRET", "another secret than the receiver has");
    let receiver = receiver(&server, "", SIGNED);
    stranger.emit("user.updated", "u-1");
    stranger.ok(&["process"]);
    let waiting = receiver.data(&["consume", "--dry-run"]);
    assert!(waiting[0]["said"].as_str().unwrap().ends_with(", dead letters go to `dead`"), "{waiting}");
    let done = consume(&receiver, 3);
    assert_eq!((&done["refused"], records(&receiver)), (&1.into(), 0), "{done}");
    assert_eq!(receiver.data(&["requests", "list"])[0]["reason"], "code-mismatch");
    let dead = server.take("dead");
    let [message] = dead.as_slice() else { panic!("{dead:?}") };
    assert_eq!(attribute(message, "x-sync-refused"), "code-mismatch");
    assert_eq!((attribute(message, "type"), attribute(message, "x-c")), ("user.updated", "3"));
    assert_eq!(message["MessageAttributes"].as_object().unwrap().len(), 10);
    configure(&receiver, &source(&server, "&dead_letter=other-dead"), "trust_broker = true");
    post(&server, "events", "no JSON");
    assert_eq!(consume(&receiver, 3)["refused"], 1);
    assert_eq!((server.counts("dead").0, server.take("other-dead")[0]["Body"].as_str()), (0, Some("no JSON")));
    assert_eq!(server.counts("events"), (0, 0));
}

#[test]
fn a_queue_in_order_has_dead_letters_in_order() {
    let Some(server) = SqsServer::start() else { return };
    server.create("dead.fifo", &json!({ "FifoQueue": "true" }));
    let policy =
        json!({ "deadLetterTargetArn": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:dead.fifo"), "maxReceiveCount": "5" });
    server.create("events.fifo", &json!({ "FifoQueue": "true", "RedrivePolicy": policy.to_string() }));
    let mut stranger = sender(&server.url("events.fifo"), "");
    stranger.set("WEBHOOK_SECRET", "another secret than the receiver has");
    stranger.emit_lines((0..12).map(|n| (format!("e{n:02}"), "r".to_owned())));
    stranger.ok(&["process"]);
    let receiver = with_keys(receiver_of(&server.url("events.fifo"), SIGNED));
    assert_eq!(consume(&receiver, 3)["refused"], 12);
    let dead = server.take("dead.fifo");
    let ids: Vec<&str> = dead.iter().map(|message| attribute(message, "webhook-id")).collect();
    assert!(ids.len() == 12 && ids.is_sorted(), "{ids:?}");
    assert!(dead.iter().all(|message| message["Attributes"]["MessageGroupId"] == "user:r"), "{dead:?}");
}

#[test]
fn without_dead_letters_what_cannot_be_applied_is_kept_alone_and_what_others_write_is_taken_if_the_source_says_so() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let receiver = receiver(&server, "", "trust_broker = true");
    post(&server, "events", r#"{"id":"e-o","type":"user.updated","resourceId":"other","data":{}}"#);
    post(&server, "events", "no JSON");
    let done = consume(&receiver, 3);
    assert_eq!((&done["applied"], &done["refused"]), (&1.into(), &1.into()), "{done}");
    assert_eq!((records(&receiver), server.counts("events")), (1, (0, 0)));
    assert_eq!(receiver.data(&["requests", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn what_is_being_worked_on_stays_hidden_from_others() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let sender = sender(&server.url("events"), "");
    let lines = format!("{SIGNED}\ncommand = 'echo x >> began; while [ ! -e go ]; do sleep 0.1; done; echo x >> got'");
    let receiver = receiver(&server, "&visibility=1s", &lines);
    emit_thing(&sender);
    let mut reading = receiver.spawn(&["consume"]);
    eventually("the command runs", || receiver.path("began").exists());
    let until = Instant::now() + Duration::from_secs(4);
    within(Duration::from_secs(10), "four times as long as it was hidden", || {
        assert_eq!(server.counts("events"), (0, 1), "it is hidden all the time");
        Instant::now() >= until
    });
    std::fs::write(receiver.path("go"), "").unwrap();
    assert!(reading.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(receiver.path("got")).unwrap(), "x\n", "once");
    assert_eq!(server.counts("events"), (0, 0));
}

#[test]
fn what_a_reader_had_that_died_comes_to_another() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let sender = sender(&server.url("events"), "");
    let slow = format!("{SIGNED}\ncommand = 'echo x >> began; exec sleep 30'");
    let receiver = receiver(&server, "&visibility=2s", &slow);
    emit_thing(&sender);
    let mut dying = receiver.spawn(&["consume"]);
    eventually("the command runs", || receiver.path("began").exists());
    kill(&dying, "-KILL");
    dying.wait().unwrap();
    assert_eq!(server.counts("events"), (0, 1));
    configure(&receiver, &source(&server, "&visibility=2s"), &format!("{SIGNED}\ncommand = 'echo x >> got'"));
    within(Duration::from_secs(15), "it comes to another", || consume(&receiver, 0)["applied"] == 1);
    assert_eq!(server.counts("events"), (0, 0));
    assert_eq!(std::fs::read_to_string(receiver.path("got")).unwrap(), "x\n");
}

#[test]
fn serve_waits_long_applies_what_comes_and_stops_at_once() {
    let Some(server) = SqsServer::start() else { return };
    server.create("events", &json!({}));
    let (sender, receiver) = (sender(&server.url("events"), ""), receiver(&server, "", SIGNED));
    send(&sender, 3);
    let mut serving = serve(&receiver);
    eventually("what waited is applied", || records(&receiver) == 3);
    sender.emit("user.updated", "later");
    sender.ok(&["process"]);
    eventually("what comes is applied", || records(&receiver) == 4);
    eventually("and deleted", || server.counts("events") == (0, 0));
    let told = Instant::now();
    kill(&serving, "-TERM");
    assert!(serving.wait().unwrap().success());
    assert!(told.elapsed() < Duration::from_secs(8), "it waits for no message");
}

/// SQS counts how often a message is received, and puts it away for that alone.
#[test]
fn what_could_not_be_deleted_is_handed_out_from_memory_and_deleted_later_as_a_duplicate() {
    let received = std::sync::atomic::AtomicU32::new(0);
    let refusals = std::sync::atomic::AtomicU32::new(0);
    let body = r#"{"id":"e-o","type":"user.updated","resourceId":"other","data":{}}"#;
    let server = Receiver::new(move |request| {
        let next = |count: &std::sync::atomic::AtomicU32| count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let answer = match request.header("x-amz-target") {
            "AmazonSQS.GetQueueAttributes" => json!({ "Attributes": {} }),
            "AmazonSQS.ReceiveMessage" if next(&received) == 0 => {
                json!({ "Messages": [{ "MessageId": "m", "ReceiptHandle": "r", "Body": body }] })
            }
            "AmazonSQS.ReceiveMessage" => {
                return Reply::After(
                    Duration::from_millis(100),
                    Box::new(Reply::With(200, Vec::new(), b"{}".to_vec())),
                );
            }
            "AmazonSQS.DeleteMessageBatch" if next(&refusals) < 2 => {
                let error = json!({ "__type": "InternalFailure", "message": "sorry" });
                return Reply::With(500, Vec::new(), error.to_string().into_bytes());
            }
            _ => json!({}),
        };
        Reply::With(200, Vec::new(), answer.to_string().into_bytes())
    });
    let receiver = with_keys(receiver_of(&url_at(server.address.port(), "events"), "trust_broker = true"));
    let mut serving = serve(&receiver);
    let deleted = |server: &Receiver| {
        let all = server.requests();
        all.iter().filter(|request| request.header("x-amz-target") == "AmazonSQS.DeleteMessageBatch").count()
    };
    within(Duration::from_secs(30), "it is deleted the third time", || deleted(&server) == 3);
    within(Duration::from_secs(10), "then something new is asked for", || {
        server.requests().pop().unwrap().header("x-amz-target") == "AmazonSQS.ReceiveMessage"
    });
    kill(&serving, "-TERM");
    assert!(serving.wait().unwrap().success());
    let rows = receiver.data(&["audit", "list", "--direction", "inbound"]);
    assert_eq!((rows[0]["outcome"].as_str(), &rows[0]["repeats"]), (Some("applied"), &2.into()), "{rows}");
}

#[test]
fn doctor_and_the_dry_run_tell_what_a_queue_is_and_what_it_cannot_be() {
    let Some(server) = SqsServer::start() else { return };
    let mut receiver = receiver(&server, "", SIGNED);
    let failed = consume(&receiver, 1);
    assert!(failed["error"].as_str().unwrap().starts_with("sqs: there is no queue `events`: "), "{failed}");
    assert_eq!(receiver.run(&["consume", "--dry-run"]).code, 1);
    server.create("events", &json!({}));
    let doctor = receiver.run(&["doctor", "--online"]);
    let all = doctor.stdout + &doctor.stderr;
    assert!(all.contains("platform: queue `events`: about 0 to read, 0 taken and not acknowledged"), "{all}");
    for (broker, wanted) in [
        (source(&server, "&dead_letter=events"), "dead_letter is the queue itself"),
        (source(&server, "&visibility=13h"), "12h at most"),
        (source(&server, "&wait=1"), "no parameter `wait`"),
    ] {
        configure(&receiver, &broker, SIGNED);
        let ran = receiver.run(&["config", "validate"]);
        let all = ran.stdout + &ran.stderr;
        assert!(ran.code == 78 && all.contains(wanted), "{broker}: {all}");
    }
    configure(&receiver, &source(&server, ""), SIGNED);
    receiver.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    assert!(consume(&receiver, 1)["error"].as_str().unwrap().contains("egress.deny_private"));
}
