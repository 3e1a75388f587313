//! `config`, and the order in which settings are heard.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use syncctl::config::{Config, ConfigSources};

use crate::support::place::Place;
use crate::support::tools::has_tools;

const KEY: &str = "delivery.max_attempts";

fn setting(place: &Place, more: &[&str], key: &str) -> Value {
    let rows = place.data(&[&["config", "show", "--origin"], more].concat());
    rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone()
}

fn write(place: &Place, name: &str, text: &str) -> String {
    let path = place.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn the_environment_is_heard_before_the_env_file() {
    let mut place = Place::new();
    let file = write(&place, "vars", "SYNCCTL_DELIVERY_MAX_ATTEMPTS=5\n");
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "4");
    let row = setting(&place, &["--env-file", &file], KEY);
    assert_eq!((&row["value"], &row["origin"]), (&"4".into(), &"env SYNCCTL_DELIVERY_MAX_ATTEMPTS".into()));
    assert_eq!(row["hides"], format!("{file}:1"));
}

#[test]
fn the_env_file_is_heard_before_the_users_file() {
    let place = Place::new();
    let file = write(&place, "vars", "# a comment\nSYNCCTL_DELIVERY_MAX_ATTEMPTS=5\n");
    let user = write(&place, ".config/syncctl/config.toml", "[delivery]\nmax_attempts = 6\n");
    let row = setting(&place, &["--env-file", &file], KEY);
    assert_eq!(
        (&row["value"], &row["origin"], &row["hides"]),
        (&"5".into(), &format!("{file}:2").into(), &format!("{user}:2").into())
    );
    assert_eq!(setting(&place, &[], KEY)["value"], "6");
}

#[test]
fn the_users_file_is_heard_before_the_systems_and_that_before_the_default() {
    let place = Place::new();
    let system = write(&place, "etc/config.toml", "[delivery]\nmax_attempts = 7\nconcurrency = 3\n");
    write(&place, ".config/syncctl/config.toml", "[delivery]\nmax_attempts = 6\n");
    let env = [("HOME".to_owned(), place.dir.path().into())];
    let config = Config::load(ConfigSources { system_path: system.into(), ..ConfigSources::of_env(env) }).unwrap();
    assert_eq!((config.delivery.retry.max_attempts, config.delivery.concurrency), (6, 3));
    assert_eq!(config.delivery.retry.timeout_ms, 10_000);
}

#[test]
fn a_flag_is_heard_before_the_environment() {
    let place = Place::new();
    let row = setting(&place, &["--db", "other.db"], "database");
    assert_eq!((&row["value"], &row["origin"]), (&"other.db".into(), &"flag --db".into()));
    assert_eq!(row["hides"], "env SYNCCTL_DB");
    let named = write(&place, "named.toml", "[delivery]\nmax_attempts = 9\n");
    write(&place, ".config/syncctl/config.toml", "[delivery]\nmax_attempts = 6\n");
    assert_eq!(setting(&place, &["--config", &named], KEY)["value"], "9");
}

#[test]
fn the_originals_names_work_and_ours_beat_them() {
    let mut place = Place::new();
    place.set("SYNC_WEBHOOK_URLS", "https://a.example.com/x, https://b.example.com/y,, ");
    place.set("CRON_SECRET", "a-cron-secret-of-some-length");
    assert_eq!(setting(&place, &[], "endpoints[1].url")["value"], "https://b.example.com/y");
    assert_eq!(setting(&place, &[], "cron.secret")["origin"], "env CRON_SECRET");
    place.set("SYNCCTL_WEBHOOK_SECRET", "another-secret-of-some-length");
    place.set("SYNCCTL_WEBHOOK_URLS", "https://c.example.com/z");
    assert_eq!(setting(&place, &[], "webhook.secret")["origin"], "env SYNCCTL_WEBHOOK_SECRET");
    assert_eq!(setting(&place, &[], "webhook.secret")["hides"], "env WEBHOOK_SECRET");
    assert_eq!(setting(&place, &[], "endpoints[0].url")["value"], "https://c.example.com/z");
}

#[test]
fn secrets_come_from_files_commands_and_credentials() {
    let mut place = Place::new();
    place.unset("WEBHOOK_SECRET");
    let file = write(&place, "secret", "from-a-file-of-some-length\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    place.set("WEBHOOK_SECRET_FILE", &file);
    assert_eq!(place.run(&["config", "validate"]).stderr, "");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(place.run(&["config", "validate"]).stderr.contains("can be read by others"));
    place.unset("WEBHOOK_SECRET_FILE");
    place.set("WEBHOOK_SECRET_COMMAND", "exit 3");
    let ran = place.run(&["config", "validate"]);
    assert_eq!(ran.code, 78);
    assert!(ran.stderr.contains("failed with exit status 3") && !ran.stderr.contains("exit 3\n"), "{ran:?}");
    place.unset("WEBHOOK_SECRET_COMMAND");
    write(&place, "credentials/webhook-secret", "from-systemd-of-some-length");
    place.set("CREDENTIALS_DIRECTORY", &place.path("credentials").display().to_string());
    assert_eq!(setting(&place, &[], "webhook.secret")["origin"], "env CREDENTIALS_DIRECTORY/webhook-secret");
}

#[test]
fn an_unknown_key_is_an_error_with_its_line_and_what_was_meant() {
    let place = Place::new();
    let file = write(&place, ".config/syncctl/config.toml", "[delivery]\nmax_attemps = 4\n\n[heath]\n");
    let ran = place.run(&["config", "validate"]);
    assert_eq!(ran.code, 78);
    assert!(
        ran.stderr.contains(&format!("{file}:2")) && ran.stderr.contains("did you mean `max_attempts`?"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains(&format!("{file}:4")), "all of it is told: {ran:?}");
    let problems = place.run(&["config", "validate", "-o", "json"]).data();
    assert_eq!((&problems["valid"], problems["problems"].as_array().unwrap().len()), (&false.into(), 2));
}

#[test]
fn what_is_in_force_can_be_seen_when_the_file_is_broken() {
    let place = Place::new();
    for broken in ["[delivery\n", "max_attempts = ", "[delivery]\nmax_attempts = \"many\"\n"] {
        write(&place, ".config/syncctl/config.toml", broken);
        let ran = place.run(&["config", "show", "--origin"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("delivery.max_attempts") && ran.stderr.contains("warning:"), "{ran:?}");
        assert!(ran.stdout.contains("********"));
        assert_eq!(place.run(&["status"]).code, 78);
    }
}

#[test]
fn files_that_were_named_must_be_there_and_the_others_need_not() {
    let place = Place::new();
    assert_eq!(place.run(&["config", "validate"]).code, 0);
    assert_eq!(place.run(&["status", "--config", "no-such.toml"]).code, 66);
    assert_eq!(place.run(&["status", "--env-file", "no-such"]).code, 66);
    assert_eq!(place.run(&["config", "validate", "--config", "no-such.toml"]).code, 78);
}

#[test]
fn an_env_file_in_the_current_directory_is_not_read_unless_named() {
    let place = Place::new();
    write(&place, ".env", "SYNCCTL_DELIVERY_MAX_ATTEMPTS=8\n");
    assert_eq!(setting(&place, &[], KEY)["value"], "3");
    assert_eq!(setting(&place, &["--env-file", ".env"], KEY)["value"], "8");
}

#[test]
fn relative_directories_are_ignored_and_no_home_is_a_clear_error() {
    let mut place = Place::new();
    write(&place, "relative/syncctl/config.toml", "[delivery]\nmax_attempts = 8\n");
    place.set("XDG_CONFIG_HOME", "relative");
    assert_eq!(setting(&place, &[], KEY)["value"], "3");
    let mut homeless = place.command(&["status"]);
    let output = homeless.env_remove("HOME").env_remove("SYNCCTL_DB").output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("neither HOME nor XDG_STATE_HOME") && said.contains("--db PATH"), "{said}");
}

#[test]
fn places_are_told() {
    let place = Place::new();
    let rows = place.data(&["config", "path"]);
    let found: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["role"].as_str().unwrap()).collect();
    assert_eq!(found, ["system", "user"]);
    assert_eq!(rows[1]["path"], place.path(".config/syncctl/config.toml").display().to_string());
}

#[test]
fn a_file_that_cannot_be_trusted_or_read_is_a_typed_error() {
    let place = Place::new();
    let refused = |text: &str, why: &str| {
        let file = write(&place, ".config/syncctl/config.toml", text);
        let ran = place.run(&["config", "validate"]);
        assert_eq!(ran.code, 78, "{ran:?}");
        assert!(ran.stderr.contains(&file) && ran.stderr.contains(why), "{ran:?}");
    };
    refused("[delivery]\nmax_attempts = 1\nmax_attempts = 2\n", ":3: ");
    refused(&"# long\n".repeat(200_000), "longer than 1 MiB");
    let file = write(&place, ".config/syncctl/config.toml", "");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(place.run(&["config", "validate"]).stderr.contains("everybody can write it"));
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert_eq!(place.run(&["config", "validate"]).code, 78);
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    assert!(place.run(&["config", "validate"]).stderr.contains("not UTF-8"));
}

#[test]
fn the_reference_names_every_key_there_is() {
    let shown = Place::new().data(&["config", "show"]);
    let reference = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/config.md")).unwrap();
    for row in shown.as_array().unwrap() {
        let key = row["key"].as_str().unwrap();
        assert!(reference.contains(&format!("`{key}`")) || key.starts_with("endpoints["), "{key}");
    }
}

#[test]
fn a_named_pipe_is_refused_before_it_is_waited_for() {
    if !has_tools(&["mkfifo"]) {
        return;
    }
    let place = Place::new();
    let made = std::process::Command::new("mkfifo").arg(place.path("pipe.toml")).status();
    assert!(made.unwrap().success());
    let ran = place.run(&["--config", "pipe.toml", "config", "validate"]);
    assert_eq!(ran.code, 78, "{ran:?}");
    assert!(ran.stderr.contains("named pipe"), "{ran:?}");
}

#[test]
fn what_is_allowed_and_unwise_is_warned_of() {
    let mut place = Place::new();
    place.set("WEBHOOK_SECRET", "12345");
    let file = "[[endpoints]]\nname = \"a\"\nurl = \"https://x.example/\"\n[[endpoints]]\nname = \"b\"\nurl = \"https://x.example/\"\n";
    std::fs::write(place.path("c.toml"), file).unwrap();
    let ran = place.run(&["--config", "c.toml", "config", "validate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("webhook.secret has only 5 bytes"), "{ran:?}");
    assert!(ran.stderr.contains("`a` and `b` have the same URL"), "{ran:?}");
}

#[test]
fn a_name_that_would_be_taken_for_a_flag_is_refused() {
    let place = Place::new();
    for name in ["-x", "--yes", "-"] {
        let file = format!("[[endpoints]]\nname = \"{name}\"\nurl = \"https://x.example/\"\n");
        std::fs::write(place.path("c.toml"), file).unwrap();
        assert_eq!(place.run(&["--config", "c.toml", "config", "validate"]).code, 78, "{name}");
    }
}

#[test]
fn a_variable_that_sets_nothing_is_warned_about_and_a_tilde_means_home() {
    let mut place = Place::new();
    place.set("SYNCCTL_DELIVERY_TIMOUT", "3s");
    place.set("SYNCCTL_SOMETHING_ELSE", "1");
    let ran = place.run(&["config", "path"]);
    let shown = place.run(&["status"]);
    let told = format!("{}{}", ran.stderr, shown.stderr);
    assert!(told.contains("SYNCCTL_DELIVERY_TIMOUT sets nothing: did you mean SYNCCTL_DELIVERY_TIMEOUT?"), "{told}");
    assert!(!told.contains("SOMETHING_ELSE"), "it is nobody's slip: {told}");

    place.unset("SYNCCTL_DELIVERY_TIMOUT");
    std::fs::create_dir_all(place.path(".config/syncctl")).unwrap();
    std::fs::write(place.path(".config/syncctl/config.toml"), "database = \"~/q/own.db\"\n").unwrap();
    let shown = place.command(&["db", "path"]).env_remove("SYNCCTL_DB").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&shown.stdout).trim_end(), place.path("q/own.db").to_str().unwrap());
}

#[test]
fn a_home_that_is_not_there_is_no_place_for_a_database() {
    let place = Place::new();
    let mut command = place.command(&["emit", "user.created", "u", "--data", "{}"]);
    let output = command.env_remove("SYNCCTL_DB").env("HOME", place.path("nowhere")).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(!place.path("nowhere").exists());
}
