//! `init`: what it writes is right, private, and never in place of something else.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::place::Place;
use crate::support::receiver::Receiver;

const CONFIG: &str = ".config/syncctl/config.toml";
const SECRET: &str = ".config/syncctl/webhook.secret";

/// A place where nobody configured anything yet.
fn new_place() -> Place {
    let mut place = Place::new();
    place.unset("WEBHOOK_SECRET");
    place
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn text(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

#[test]
fn what_it_writes_is_found_valid_and_private() {
    let place = new_place();
    let ran = place.run(&["init"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    for (name, wanted) in [(CONFIG, 0o600), (SECRET, 0o600), (".config/syncctl", 0o700)] {
        assert_eq!(mode(&place.path(name)), wanted, "{name}");
    }
    let secret = text(&place, SECRET);
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "32 bytes as base64");
    assert!(!ran.stdout.contains(&secret[6..]) && ran.stdout.contains("crontab"), "{ran:?}");
    let valid = place.run(&["config", "validate"]);
    assert_eq!((valid.code, valid.stderr.as_str()), (0, ""), "{valid:?}");
    assert_eq!(place.run(&["secret", "check"]).code, 0);
    assert!(!place.path("state").exists(), "it makes no database");
}

#[test]
fn an_event_is_delivered_and_signed_once_the_endpoint_is_uncommented() {
    let receiver = Receiver::good();
    let place = new_place();
    place.data(&["init"]);
    let on = text(&place, CONFIG)
        .replace("#[[endpoints]]", "[[endpoints]]")
        .replacen("#name = ", "name = ", 1)
        .replace("#url = \"https://admin.example.com/api/webhooks/sync\"", &format!("url = \"{}\"", receiver.url("/")));
    std::fs::write(place.path(CONFIG), on).unwrap();
    assert_eq!(place.run(&["config", "validate"]).stderr, "");
    place.emit("user.created", "u-1");
    assert_eq!(place.run(&["process"]).code, 0);
    let sent = receiver.requests().remove(0);
    std::fs::write(place.path("body"), &sent.body).unwrap();
    let header = format!("X-Webhook-Signature: {}", sent.header("x-webhook-signature"));
    let secret = place.path(SECRET).display().to_string();
    let verified = place.run(&["verify", "body", "--scheme", "syncctl", "--header", &header, "--secret-file", &secret]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn what_is_there_is_never_overwritten_and_force_keeps_it() {
    let place = new_place();
    place.data(&["init"]);
    let (config, secret) = (text(&place, CONFIG), text(&place, SECRET));
    let again = place.run(&["init"]);
    assert!(again.code == 1 && again.stderr.contains("already exists") && again.stdout.is_empty(), "{again:?}");
    std::fs::write(place.path(CONFIG), "[delivery]\nmax_attempts = 4\n").unwrap();
    let forced = place.data(&["init", "--force"]);
    assert_eq!(forced["kept"], format!("{}.1", place.path(CONFIG).display()));
    assert_eq!(forced["secretIsNew"], false);
    assert_eq!(text(&place, &format!("{CONFIG}.1")), "[delivery]\nmax_attempts = 4\n");
    assert_eq!((text(&place, CONFIG), text(&place, SECRET)), (config, secret));
    let kept = place.data(&["init", "--force"])["kept"].clone();
    assert!(kept.as_str().unwrap().ends_with(".toml.2"), "the first one that was kept stays: {kept}");
    assert_eq!(text(&place, &format!("{CONFIG}.1")), "[delivery]\nmax_attempts = 4\n");
}

#[test]
fn a_link_that_leads_nowhere_is_something_too() {
    let place = new_place();
    std::os::unix::fs::symlink("nowhere", place.path("link.toml")).unwrap();
    assert_eq!(place.run(&["init", "link.toml"]).code, 1);
    assert!(!place.path("nowhere").exists());
}

#[test]
fn printing_writes_nothing_and_what_is_printed_is_valid() {
    let place = new_place();
    let tried = place.run(&["init", "--dry-run"]);
    assert!(
        tried.code == 0 && tried.stdout.contains("would write") && tried.stdout.contains("webhook.secret"),
        "{tried:?}"
    );
    let printed = place.run(&["init", "--print"]);
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    assert!(!place.path(".config").exists());
    std::fs::write(place.path("printed.toml"), &printed.stdout).unwrap();
    let valid = place.run(&["config", "validate", "--config", "printed.toml"]);
    assert_eq!(valid.code, 0, "{valid:?}");
    assert!(printed.stdout.contains("\n#secret_file = \"webhook.secret\"\n"), "no secret is there: {printed:?}");
}

#[test]
fn it_goes_where_it_is_told_and_the_next_commands_say_so() {
    let place = new_place();
    let wanted = place.path("a place/sync.toml").display().to_string();
    for args in [&["init", "--no-secret", "a place/sync.toml"][..], &["init", "--config", "b/sync.toml"]] {
        let data = place.data(args);
        let config = data["config"].as_str().unwrap();
        assert!(Path::new(config).is_absolute() && Path::new(config).exists(), "{config}");
        assert!(data["next"].to_string().contains("config validate --config "), "{data}");
    }
    assert!(Path::new(&wanted).exists() && !place.path("a place/webhook.secret").exists());
    assert!(place.path("b/webhook.secret").exists() && !place.path(".config").exists());
    let both = place.run(&["init", "c.toml", "--config", "d.toml"]);
    assert!(both.code == 2 && !place.path("c.toml").exists(), "{both:?}");
    let database = place.run(&["init", "--db", "q.db", "e.toml", "--no-secret"]);
    assert_eq!(database.code, 0, "{database:?}");
    let line = format!("\ndatabase = \"{}\"\n", place.path("q.db").display());
    assert!(text(&place, "e.toml").contains(&line), "{}", text(&place, "e.toml"));
}

#[test]
fn a_variable_that_is_heard_before_the_new_secret_is_told() {
    let place = Place::new();
    let ran = place.run(&["init"]);
    assert!(ran.code == 0 && ran.stderr.contains("env WEBHOOK_SECRET overrides"), "{ran:?}");
}
