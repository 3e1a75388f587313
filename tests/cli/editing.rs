//! `replay --edit`: a new event from the edited data of an old one, linked to it.

use crate::support::place::Place;
use crate::support::receiver::Receiver;

#[test]
fn the_edited_data_becomes_a_new_event_that_is_linked_to_the_old_one() {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.ok(&[
        "emit",
        "course.archived",
        "c1",
        "--resource-type",
        "course",
        "--data",
        "{\"by\": \"admin\"}",
        "--id",
        "old",
    ]);
    assert_eq!(place.data(&["process"])["run"]["delivered"], 1);
    place.set("EDITOR", "sed -i s/admin/root/");
    let made = place.data(&["replay", "old", "--edit"]);
    assert_eq!((&made["editedFrom"], &made["deliveries"]), (&"old".into(), &1.into()), "{made}");
    let new = made["event"]["id"].as_str().unwrap();
    assert_ne!(new, "old");
    assert_eq!(place.ok(&["events", "show", new, "--body"]), "{\"by\": \"root\"}");
    assert_eq!(place.ok(&["events", "show", "old", "--body"]), "{\"by\": \"admin\"}", "what was sent stays");
    assert_eq!(place.data(&["events", "show", new])["event"]["editedFrom"], "old");
    assert_eq!(place.data(&["events", "show", "old"])["event"]["editedInto"][0], new);
    assert!(place.ok(&["why", new]).contains("created from old by editing its data"));
    assert_eq!(place.data(&["process"])["run"]["delivered"], 1);
    assert_eq!(receiver.count(), 2);

    // Data from the command line needs no editor; the one that did nothing emits nothing.
    let again = place.data(&["replay", "#1", "--edit", "--data", "{\"by\":3}"]);
    assert_eq!(again["editedFrom"], "old");
    place.set("VISUAL", "true");
    let unchanged = place.run(&["replay", "old", "--edit"]);
    assert!(unchanged.code == 0 && unchanged.stderr.contains("no event was emitted"), "{unchanged:?}");
    assert_eq!(place.queue()["events"], 3);
    let planned = place.data(&["replay", "old", "--edit", "--data", "{}", "--dry-run"]);
    assert_eq!((&planned["dryRun"], &planned["editedFrom"]), (&true.into(), &"old".into()));
    assert_eq!(place.queue()["events"], 3);
}

#[test]
fn what_was_typed_is_kept_when_it_cannot_be_emitted() {
    let mut place = Place::new();
    place.ok(&["emit", "user.updated", "u", "--data", "{\"a\":1}", "--id", "old"]);
    place.set("EDITOR", "printf '{\"a\":' >");
    let directory = place.dir.path().to_str().unwrap().to_owned();
    place.set("TMPDIR", &directory);
    let broken = place.run(&["replay", "old", "--edit"]);
    assert_eq!(broken.code, 65, "{broken:?}");
    let path = broken.stderr.split("pass it with --data @").nth(1).unwrap().trim();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"a\":");
    place.set("EDITOR", "false");
    let failed = place.run(&["replay", "old", "--edit"]);
    assert!(failed.code == 1 && failed.stderr.contains("nothing was emitted"), "{failed:?}");
    place.unset("EDITOR");
    let none = place.run(&["replay", "old", "--edit"]);
    assert!(none.code == 2 && none.stderr.contains("--data"), "{none:?}");
    assert_eq!(place.run(&["replay", "old", "old", "--edit", "--data", "{}"]).code, 2);
    assert_eq!(place.run(&["replay", "nothing", "--edit", "--data", "{}"]).code, 66);
    assert_eq!(place.run(&["replay", "--edit"]).code, 2);
    assert_eq!(place.queue()["events"], 1);
}
