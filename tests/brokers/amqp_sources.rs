//! Sources that are read from a queue of RabbitMQ.

use lapin::BasicProperties;

use crate::rabbit_server::RabbitServer;
use crate::redis::place as sender;
use crate::sources::{SIGNED, configure, consume, die_before_the_commit, receiver, records, serve};
use crate::support::place::{SECRET, eventually, kill};

#[test]
fn what_waits_in_a_queue_is_applied_once_and_what_cannot_be_is_kept_and_put_to_the_dead_letters() {
    let Some(server) = RabbitServer::start() else { return };
    server.declare("events", None);
    let (sender, mut receiver) = (sender(&server.url("%2F/events"), ""), receiver(&server.url("%2F/events"), SIGNED));
    sender.emit_many(250);
    sender.ok(&["process"]);
    assert_eq!(receiver.data(&["consume", "--dry-run"])[0]["said"], "the queue `events`: 250 to read, 0 reading");
    assert_eq!(receiver.data(&["consume", "--limit", "120"])[0]["applied"], 120);
    assert_eq!(server.waiting("events"), 130, "what was sent ahead goes back");
    let done = consume(&receiver, 0);
    assert_eq!((&done["applied"], &done["duplicates"]), (&130.into(), &0.into()), "{done}");
    assert_eq!((records(&receiver), server.waiting("events")), (250, 0));
    sender.ok(&["replay", "e1", "e2", "--include-delivered", "--yes"]);
    sender.ok(&["process"]);
    assert_eq!(consume(&receiver, 0)["duplicates"], 2);

    configure(&receiver, &server.url("%2F/events"), "secret_env = \"OTHER\"");
    receiver.set("OTHER", "another-secret-than-the-sender-has");
    (0..15).for_each(|n| drop(sender.emit("user.updated", &format!("later-{n}"))));
    sender.ok(&["process"]);
    assert_eq!(consume(&receiver, 3)["refused"], 15);
    assert_eq!((server.waiting("events"), server.waiting("events-dead")), (0, 15));
    assert_eq!(
        receiver.data(&["requests", "list"]).as_array().unwrap().len(),
        15,
        "only its policies say where it went"
    );
    receiver.set("OTHER", SECRET);
    receiver.ok(&["requests", "replay", "--all", "--yes"]);
    assert_eq!(records(&receiver), 265);

    let unsigned = r#"{"id":"evt_9","type":"user.updated","resourceId":"u-9","data":{"name":"Ada"}}"#;
    let properties = || BasicProperties::default().with_message_id("evt_9".into());
    server.publish("events", unsigned, properties());
    assert_eq!(consume(&receiver, 3)["refused"], 1);
    configure(&receiver, &server.url("%2F/events"), "trust_broker = true");
    server.publish("events", unsigned, properties());
    server.publish("events", unsigned, properties());
    let done = consume(&receiver, 0);
    assert_eq!((&done["applied"], &done["duplicates"]), (&1.into(), &1.into()), "{done}");

    configure(&receiver, &server.url("%2F/nothing"), SIGNED);
    assert_eq!(consume(&receiver, 1)["error"], "rabbitmq: no queue 'nothing' in vhost '/' (404 NOT_FOUND)");
    let doctor = receiver.run(&["doctor", "--online"]);
    assert!((doctor.stdout + &doctor.stderr).contains("platform: rabbitmq: no queue 'nothing'"));

    assert_eq!(server.log().matches("unexpectedly closed").count(), 0, "{}", server.log());
    configure(&receiver, &server.url("%2F/events"), SIGNED);
    let reads = || receiver.data(&["consume", "--dry-run"])[0]["said"] == "the queue `events`: 0 to read, 1 reading";
    let send = || {
        sender.emit("user.updated", "taken");
        sender.ok(&["process"]);
    };
    die_before_the_commit(&receiver, reads, send, || server.waiting("events") == 0);
    eventually("it goes back to the queue", || server.waiting("events") == 1);
    assert_eq!(consume(&receiver, 0)["applied"], 1);

    let mut serving = serve(&receiver);
    sender.emit("user.updated", "served");
    sender.ok(&["process"]);
    eventually("what comes is applied", || records(&receiver) == 268);
    kill(&serving, "-TERM");
    assert!(serving.wait().unwrap().success());
    assert_eq!(server.waiting("events"), 0);
    receiver.ok(&["db", "verify"]);
}
