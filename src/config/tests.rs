//! Tests of the whole configuration: precedence of sources, and reported problems.

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;
use crate::delivery::RetryPolicy;
use crate::endpoint::{LegacySignature, TypePattern};
use crate::store::Location;

/// What no output may ever hold.
const CANARY: &str = "canary-5ecret";

/// A home directory of a test, with configuration files in it.
struct Home {
    dir: TempDir,
    sources: ConfigSources,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut sources = ConfigSources::of_env([("HOME".to_owned(), dir.path().into())]);
        sources.system_path = dir.path().join("etc/config.toml");
        Self { dir, sources }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
        self
    }

    fn system(self, text: &str) -> Self {
        self.file("etc/config.toml", text)
    }

    fn user(self, text: &str) -> Self {
        self.file(".config/syncctl/config.toml", text)
    }

    fn named(self, text: &str) -> Self {
        let mut home = self.file("named.toml", text);
        home.sources.config_path = Some(home.path("named.toml"));
        home
    }

    fn env_file(self, text: &str) -> Self {
        let mut home = self.file("dot.env", text);
        home.sources.env_file = Some(home.path("dot.env"));
        home
    }

    fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.sources.env.insert(name.to_owned(), value.into());
        self
    }

    fn load(&self) -> Config {
        Config::load(self.sources.clone()).expect("a good configuration")
    }

    fn error(&self) -> ConfigError {
        Config::load(self.sources.clone()).expect_err("a bad configuration")
    }

    fn problems(&self) -> Vec<String> {
        let problems = Config::inspect(self.sources.clone()).problems;
        problems.iter().map(|it| it.to_string().replace(&format!("{}/", self.dir.path().display()), "")).collect()
    }
}

fn toml(timeout: u64) -> String {
    format!("[delivery]\ntimeout = \"{timeout}s\"\n")
}

fn variable(timeout: u64) -> String {
    format!("SYNCCTL_DELIVERY_TIMEOUT={timeout}s\n")
}

fn timeout(config: &Config) -> u64 {
    config.delivery.retry.timeout_ms / 1000
}

fn setting<'a>(config: &'a Config, key: &str) -> &'a Setting {
    config.origins().iter().find(|it| it.key == key).expect("a setting")
}

fn text(secret: Result<Option<Secret>, ConfigError>) -> Option<String> {
    secret.expect("no error").map(|it| String::from_utf8_lossy(it.as_text()).into_owned())
}

#[test]
fn defaults_are_the_contracts() {
    let home = Home::new();
    let config = home.load();
    assert_eq!(config.database().expect("a place"), &Location::file(home.path(".local/state/syncctl/syncctl.db")));
    assert_eq!(config.delivery, DeliverySection { retry: RetryPolicy::default(), concurrency: 10 });
    assert_eq!((config.health.max_failure_rate, config.health.max_failures), (0.1, 10));
    assert_eq!(config.server.listen, ["127.0.0.1:3000"]);
    assert!(config.endpoints.is_empty() && config.ca_file.is_none() && !config.egress.deny_private);
    assert_eq!(text(config.webhook_secret()), None);
    assert_eq!(setting(&config, "database").value, home.path(".local/state/syncctl/syncctl.db").to_string_lossy());
    assert!(config.origins().iter().all(|it| it.origin == Origin::Default && it.hides.is_none()));
}

#[test]
fn the_system_file_beats_the_default() {
    let config = Home::new().system(&toml(2)).load();
    assert_eq!(timeout(&config), 2);
    assert_eq!(setting(&config, "delivery.timeout").hides, None);
}

#[test]
fn the_user_file_beats_the_system_file() {
    let home = Home::new().system(&toml(2)).user(&toml(3));
    let config = home.load();
    assert_eq!(timeout(&config), 3);
    let setting = setting(&config, "delivery.timeout");
    assert_eq!(setting.origin, Origin::File(home.path(".config/syncctl/config.toml"), 2));
    assert_eq!(setting.hides, Some(Origin::File(home.path("etc/config.toml"), 2)));
}

#[test]
fn a_named_file_takes_the_place_of_the_user_file_and_leaves_the_system_file_below_it() {
    let system = "[delivery]\ntimeout = \"2s\"\n[egress]\ndeny_private = true\n";
    let home = Home::new().system(system).user("[delivery]\nmax_attempts = 7").named(&toml(4));
    let config = home.load();
    assert_eq!((timeout(&config), config.delivery.retry.max_attempts), (4, 3));
    assert!(config.egress.deny_private);
    let roles = config.files.iter().map(|it| (it.role, it.found)).collect::<Vec<_>>();
    assert_eq!(roles, [("system", true), ("named", true)]);
}

#[test]
fn the_flag_that_names_a_file_beats_the_variable() {
    let home = Home::new().named(&toml(4)).file("other.toml", &toml(5));
    let other = home.path("other.toml");
    let mut home = home.env("SYNCCTL_CONFIG", other);
    assert_eq!(timeout(&home.load()), 4);
    home.sources.config_path = None;
    assert_eq!(timeout(&home.load()), 5);
}

#[test]
fn the_env_file_beats_the_user_file() {
    let home = Home::new().user(&toml(3)).env_file(&format!("# timeouts\n{}", variable(4)));
    let config = home.load();
    assert_eq!(timeout(&config), 4);
    assert_eq!(setting(&config, "delivery.timeout").origin, Origin::EnvFile(home.path("dot.env"), 2));
}

#[test]
fn the_environment_beats_the_env_file() {
    let home = Home::new().env_file(&variable(4)).env("SYNCCTL_DELIVERY_TIMEOUT", "5s");
    let config = home.load();
    assert_eq!(timeout(&config), 5);
    let setting = setting(&config, "delivery.timeout");
    assert_eq!(setting.origin, Origin::Env("SYNCCTL_DELIVERY_TIMEOUT".to_owned()));
    assert_eq!(setting.hides, Some(Origin::EnvFile(home.path("dot.env"), 1)));
}

#[test]
fn the_flag_beats_the_environment() {
    let mut home = Home::new().env("SYNCCTL_DB", "/env.db").user("database = \"user.db\"");
    assert_eq!(home.load().database().expect("a place"), &Location::file(Path::new("/env.db")));
    home.sources.db_flag = Some("sqlite:///flag.db".to_owned());
    let config = home.load();
    assert_eq!(config.database().expect("a place"), &Location::file(Path::new("/flag.db")));
    assert_eq!(setting(&config, "database").origin.to_string(), "flag --db");
}

#[test]
fn what_the_env_file_says_never_reaches_the_process() {
    let home = Home::new().env_file("SYNCCTL_TEST_NEVER_EXPORTED=1\nWEBHOOK_SECRET='a b$c#d'\n");
    assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("a b$c#d"));
    assert_eq!(std::env::var_os("SYNCCTL_TEST_NEVER_EXPORTED"), None);
}

#[test]
fn a_named_file_that_is_missing_is_missing_input_and_a_default_one_is_not() {
    for flag in ["config", "env"] {
        let mut home = Home::new();
        let missing = Some(home.path("nowhere"));
        match flag {
            "config" => home.sources.config_path = missing,
            _ => home.sources.env_file = missing,
        }
        let error = home.error();
        assert!(error.is_missing_input(), "{error}");
        assert!(error.to_string().ends_with("/nowhere"), "{error}");
    }
    assert!(!Home::new().user("= broken").error().is_missing_input());
}

#[test]
fn unknown_keys_are_named_with_their_line_and_what_was_probably_meant() {
    let home = Home::new().user(
        "[delivery]\n\ntimout = \"3s\"\n[[endpoints]]\nname = \"a\"\nurl = \"http://a\"\nevent = []\n[helth]\nx = 1\n",
    );
    let problems = Config::inspect(home.sources.clone()).problems;
    let said = problems.iter().map(|it| (it.line, it.text.as_str(), it.hint.as_deref())).collect::<Vec<_>>();
    assert!(said.contains(&(Some(3), "unknown key `delivery.timout`", Some("did you mean `timeout`?"))), "{said:?}");
    assert!(said.contains(&(Some(7), "unknown key `event`", Some("did you mean `events`?"))), "{said:?}");
    assert!(said.contains(&(Some(8), "unknown key `helth`", Some("did you mean `health`?"))), "{said:?}");
    let ConfigError::Wrong(problem) = home.error() else { panic!("it is wrong") };
    assert_eq!(problem.hint.as_deref(), Some("did you mean `timeout`?"));
    assert!(home.error().to_string().contains("config.toml:3: unknown key"));
}

#[test]
fn a_broken_file_is_told_with_its_line_and_the_rest_can_still_be_inspected() {
    let home = Home::new().user("[delivery]\ntimeout = \n").env("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "5");
    let Inspection { config, problems } = Config::inspect(home.sources.clone());
    assert_eq!(problems.first().and_then(|it| it.line), Some(2), "{problems:?}");
    assert_eq!(config.delivery.retry.max_attempts, 5);
    assert_eq!(setting(&config, "delivery.max_attempts").value, "5");
}

#[test]
fn every_wrong_value_is_told_where_it_stands() {
    let home = Home::new()
        .user("database = 3\n[delivery]\nmax_attempts = 0\nconcurrency = 257\ntimeout = 10\n[health]\nmax_failure_rate = 1.5\n[server]\nlisten = [\"x\"]\n[egress]\ndeny_private = \"maybe\"\n[tls]\nca_file = { a = 1 }\n")
        .env("SYNCCTL_FRESHNESS_WARN_AFTER", "soon")
        .env("SYNCCTL_SERVER_PROCESS_EVERY", OsString::from_vec(vec![0xff]));
    let file = ".config/syncctl/config.toml";
    assert_eq!(
        home.problems(),
        [
            format!("{file}:13: tls.ca_file has to be a single value"),
            format!("{file}:3: delivery.max_attempts: at least one attempt is needed"),
            format!("{file}:5: delivery.timeout: `10` is not a duration: write 500ms, 10s, 5m or 2h"),
            format!("{file}:4: delivery.concurrency: concurrency must be between 1 and 256, not 257"),
            format!("{file}:11: egress.deny_private: `maybe` is neither true nor false"),
            format!("{file}:7: health.max_failure_rate: `1.5` is not a number from 0 to 1"),
            "SYNCCTL_FRESHNESS_WARN_AFTER: `soon` is not a duration: write 500ms, 10s, 5m or 2h".to_owned(),
            format!("{file}:9: server.listen: `x` is not HOST:PORT"),
            "SYNCCTL_SERVER_PROCESS_EVERY: the value is not UTF-8".to_owned(),
        ]
    );
}

#[test]
fn another_kind_of_database_is_refused() {
    let mut home = Home::new();
    home.sources.db_flag = Some("mysql://u:p@h/db".to_owned());
    let message = home.error().to_string();
    assert_eq!(message, "--db: databases of the kind `mysql` are not supported: give a path or a postgres:// URL");
}

#[test]
fn a_password_in_the_location_of_the_database_is_not_shown() {
    let config = Home::new().env("SYNCCTL_DB", "postgres://u:s3cret@h/d").load();
    assert_eq!(setting(&config, "database").value, "postgres://u@h/d");
}

#[test]
fn the_location_of_the_database_may_stand_in_a_file() {
    let home = Home::new();
    let secret = home.path("db-location");
    std::fs::write(&secret, "postgres://u:s3cret@h/d\n").expect("a file");
    let home = home.env("SYNCCTL_DB_FILE", secret.to_str().expect("UTF-8"));
    let config = home.load();
    let setting = setting(&config, "database");
    assert_eq!(
        (setting.value.as_str(), setting.origin.to_string().as_str()),
        ("postgres://u@h/d", "env SYNCCTL_DB_FILE")
    );
    let home = home.env("SYNCCTL_DB_FILE", "/nowhere");
    assert!(home.error().to_string().starts_with("SYNCCTL_DB_FILE: failed to read /nowhere"));
}

#[test]
fn paths_in_a_file_count_from_that_file() {
    let home = Home::new().user("database = \"queue.db\"\n[tls]\nca_file = \"/etc/ca.pem\"\n");
    let config = home.load();
    assert_eq!(config.database().expect("a place"), &Location::file(home.path(".config/syncctl/queue.db")));
    assert_eq!(config.ca_file, Some("/etc/ca.pem".into()));
}

#[test]
fn relative_xdg_directories_are_ignored_and_a_missing_home_matters_only_for_the_database() {
    let home = Home::new().user(&toml(3)).env("XDG_CONFIG_HOME", "elsewhere").env("XDG_STATE_HOME", "state");
    let config = home.load();
    assert_eq!(timeout(&config), 3);
    assert_eq!(config.database().expect("a place"), &Location::file(home.path(".local/state/syncctl/syncctl.db")));
    let absolute = home.env("XDG_STATE_HOME", "/state");
    assert_eq!(absolute.load().database().expect("a place"), &Location::file(Path::new("/state/syncctl/syncctl.db")));
    let mut homeless = Home::new();
    homeless.sources.env.clear();
    assert!(matches!(homeless.load().database(), Err(ConfigError::NoHome)));
}

#[test]
fn endpoints_take_what_the_file_says_and_deliveries_in_general_for_the_rest() {
    let file = r#"
        [delivery]
        max_attempts = 5
        concurrency = 2
        [[endpoints]]
        name = "admin"
        url = "https://admin.example.com/hooks"
        events = ["enrollment.*", "user.created"]
        secret_file = "admin.secret"
        paused = true
        timeout = "3s"
        legacy_signature = "previous"
        [[endpoints]]
        name = "backup"
        url = "https://backup.example.com/"
    "#;
    let home = Home::new().user(file).env("SYNC_WEBHOOK_URLS", " https://backup.example.com , ,http://third/,");
    let config = home.load();
    let [admin, backup, third] = config.endpoints.as_slice() else { unreachable!("{:?}", config.endpoints) };
    assert_eq!((admin.name.as_deref(), admin.paused), (Some("admin"), true));
    assert_eq!(admin.settings.events[1], TypePattern::parse("user.created").expect("a pattern"));
    let secret = home.path(".config/syncctl/admin.secret").to_string_lossy().into_owned();
    assert_eq!(admin.settings.secret, SecretSource::File(secret));
    assert_eq!(admin.settings.legacy_signature, LegacySignature::Previous);
    assert_eq!((admin.settings.retry.timeout_ms, admin.settings.retry.max_attempts), (3_000, 5));
    assert_eq!((backup.settings.concurrency, backup.settings.retry.timeout_ms), (2, 10_000));
    assert_eq!((third.name.as_deref(), third.url.as_str()), (None, "http://third/"));
    assert_eq!(third.settings.retry.max_attempts, 5);
    let shown = setting(&config, "endpoints[2].url");
    assert_eq!((shown.value.as_str(), shown.origin.to_string().as_str()), ("http://third/", "env SYNC_WEBHOOK_URLS"));
}

#[test]
fn endpoints_of_the_strongest_file_that_names_any_are_the_set() {
    let named = |name: &str| format!("[[endpoints]]\nname = \"{name}\"\nurl = \"http://{name}/\"\n");
    let names = |home: &Home| home.load().endpoints.iter().filter_map(|spec| spec.name.clone()).collect::<Vec<_>>();
    let home = Home::new().system(&named("weaker")).user(&named("stronger"));
    assert_eq!(names(&home), ["stronger"]);
    assert_eq!(names(&Home::new().system(&named("weaker")).user("")), ["weaker"]);
}

#[test]
fn urls_of_the_environment_say_whose_urls_they_hide() {
    let home = Home::new().env_file("SYNC_WEBHOOK_URLS=http://weaker/\n").env("SYNC_WEBHOOK_URLS", "http://stronger/");
    let config = home.load();
    assert_eq!(config.endpoints.len(), 1);
    let shown = setting(&config, "endpoints[0].url");
    assert_eq!(
        (shown.value.as_str(), shown.origin.to_string().as_str()),
        ("http://stronger/", "env SYNC_WEBHOOK_URLS")
    );
    assert_eq!(shown.hides, Some(Origin::EnvFile(home.path("dot.env"), 1)));
}

#[test]
fn endpoints_need_a_name_of_their_own_and_a_url() {
    let file = "[[endpoints]]\nname = \"a\"\nurl = \"http://a\"\n[[endpoints]]\nname = \"a\"\nurl = \"http://b\"\n[[endpoints]]\nurl = \"http://c\"\n[[endpoints]]\nname = \"d\"\n[[endpoints]]\nname = \"e e\"\nurl = \"ftp://e\"\n";
    let file_name = ".config/syncctl/config.toml";
    let problems = Home::new().user(file).problems();
    assert_eq!(problems[0], format!("{file_name}:5: name: a second endpoint named `a`"));
    assert_eq!(problems[1], format!("{file_name}:8: endpoints: an endpoint without a name"));
    assert_eq!(problems[2], format!("{file_name}:10: endpoints: an endpoint without a url"));
    assert!(problems[3].starts_with(&format!("{file_name}:12: endpoints[4].name: ")), "{problems:?}");
    assert!(problems[4].starts_with(&format!("{file_name}:13: endpoints[4].url: ")), "{problems:?}");
    assert_eq!(problems.len(), 5);
}

#[test]
fn a_bad_url_in_the_environment_is_named_without_its_password() {
    let home = Home::new().env("SYNC_WEBHOOK_URLS", format!("http://ok,ftp://x/,https://u:{CANARY}@h/"));
    let problems = home.problems();
    assert!(problems[0].starts_with("SYNC_WEBHOOK_URLS: URL number 2 (ftp://x/): only http"), "{problems:?}");
    assert!(problems[1].starts_with("SYNC_WEBHOOK_URLS: URL number 3 (https://…@h/): "), "{problems:?}");
    assert!(!problems.concat().contains(CANARY));
}

#[test]
fn prefixed_names_beat_the_original_ones() {
    let home = Home::new().env("WEBHOOK_SECRET", "original").env("SYNCCTL_WEBHOOK_SECRET", "ours");
    let config = home.env("CRON_SECRET", "tick").env("SYNCCTL_ADMIN_TOKEN", "admin").load();
    assert_eq!(text(config.webhook_secret()).as_deref(), Some("ours"));
    assert_eq!(text(config.cron_secret()).as_deref(), Some("tick"));
    assert_eq!(text(config.admin_token()).as_deref(), Some("admin"));
    assert_eq!(setting(&config, "webhook.secret").hides, Some(Origin::Env("WEBHOOK_SECRET".to_owned())));
}

#[test]
fn a_secret_comes_from_the_strongest_place_that_has_one() {
    let file = "[webhook]\nsecret_command = \"printf user-command\"\n";
    let home = Home::new().user(file).file("creds/webhook-secret", "credential\n").file("s", "a-file\n");
    assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("user-command"));
    let home = home.env_file("WEBHOOK_SECRET=env-file\n");
    assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("env-file"));
    let creds = home.path("creds");
    let home = home.env("CREDENTIALS_DIRECTORY", creds);
    assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("credential"));
    let home = home.env("WEBHOOK_SECRET_COMMAND", "printf a-command");
    assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("a-command"));
    let path = home.path("s");
    let home = home.env("WEBHOOK_SECRET_FILE", path);
    assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("a-file"));
    let home = home.env("WEBHOOK_SECRET", "value");
    assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("value"));
    assert_eq!(text(home.load().previous_secret()), None);
}

#[test]
fn one_final_newline_of_a_file_is_not_part_of_the_secret() {
    for (kept, secret) in [("s\n", "s"), ("s\r\n", "s"), ("s", "s"), ("s\n\n", "s\n"), (" s \n", " s "), ("s\r", "s\r")]
    {
        let home = Home::new().file("s", kept);
        let path = home.path("s");
        let home = home.env("WEBHOOK_SECRET_FILE", path);
        assert_eq!(text(home.load().webhook_secret()).as_deref(), Some(secret), "{kept:?}");
    }
}

#[test]
fn a_configured_secret_that_cannot_be_had_is_an_error_and_never_nothing() {
    let bad = [
        ("WEBHOOK_SECRET", "", "the secret is empty"),
        ("WEBHOOK_SECRET", " ", "the secret is empty"),
        ("WEBHOOK_SECRET", "whsec_%", "not valid base64"),
        ("WEBHOOK_SECRET_FILE", "/nowhere", "failed to read /nowhere"),
        ("WEBHOOK_SECRET_FILE", "/", "failed to read /"),
        ("WEBHOOK_SECRET_FILE", "/dev/null", "the secret is empty"),
        ("WEBHOOK_SECRET_COMMAND", "true", "the secret is empty"),
        ("WEBHOOK_SECRET_COMMAND", "echo canary-5ecret; exit 3", "its command failed with exit status 3"),
        ("WEBHOOK_SECRET_COMMAND", "kill -9 $$", "its command was killed"),
    ];
    for (name, value, reason) in bad {
        let config = Home::new().env(name, value).load();
        let message = config.webhook_secret().expect_err("an error").to_string();
        assert!(message.starts_with(&format!("failed to read webhook.secret (env {name}): ")), "{message}");
        assert!(message.contains(reason) && !message.contains(CANARY), "{message}");
    }
}

#[test]
fn a_broken_secret_bothers_only_commands_that_need_it() {
    let config = Home::new().env("CRON_SECRET", "").env("WEBHOOK_SECRET", "s").load();
    assert_eq!(text(config.webhook_secret()).as_deref(), Some("s"));
    assert!(config.cron_secret().is_err());
}

#[test]
fn a_secret_file_others_may_read_is_warned_about_once() {
    let home = Home::new().file("s", "s\n");
    let path = home.path("s");
    let home = home.env("WEBHOOK_SECRET_FILE", &path);
    let config = home.load();
    let _ = config.webhook_secret().expect("readable");
    assert!(config.take_warnings().is_empty());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
    let _ = (config.webhook_secret().expect("readable"), config.webhook_secret().expect("readable"));
    let warnings = config.take_warnings();
    assert_eq!(warnings, [format!("{} can be read by others (mode 0640): chmod 600 it", path.display())]);
}

#[test]
fn an_endpoints_own_secret_is_read_from_where_it_says() {
    let home = Home::new().file("s", "own\n").env("OWN", "variable").env("WEBHOOK_SECRET", "shared");
    let config = home.load();
    let of = |source| text(config.endpoint_secret(&source));
    assert_eq!(of(SecretSource::Shared).as_deref(), Some("shared"));
    assert_eq!(of(SecretSource::Env("OWN".to_owned())).as_deref(), Some("variable"));
    assert_eq!(of(SecretSource::File(home.path("s").to_string_lossy().into_owned())).as_deref(), Some("own"));
    assert!(config.endpoint_secret(&SecretSource::Env("UNSET".to_owned())).is_err());
}

#[test]
fn a_file_that_keeps_one_secret_in_two_places_is_refused() {
    let home = Home::new().user("[cron]\nsecret_env = \"A\"\nsecret_file = \"b\"\n");
    assert!(home.problems()[0].contains("give only one of cron.secret_file, cron.secret_env and cron.secret_command"));
}

#[test]
fn no_secret_shows_in_any_listing_debug_output_or_problem() {
    let file = format!(
        "[webhook]\nsecret = \"{CANARY}\"\nsecret_env = \"{CANARY} in the wrong place\"\nprevious_secret_command = \"echo {CANARY}\"\n"
    );
    let home = Home::new()
        .user(&file)
        .env("WEBHOOK_SECRET", CANARY)
        .env("CRON_SECRET_COMMAND", format!("echo {CANARY}; false"))
        .env("UNRELATED", CANARY)
        .env_file(&format!("SYNCCTL_ADMIN_TOKEN={CANARY}\nBROKEN {CANARY}\n"));
    let inspection = Config::inspect(home.sources.clone());
    let config = &inspection.config;
    let mut shown = format!("{inspection:?} {:?} {:?}", home.sources, config.webhook_secret());
    shown += &inspection.problems.iter().map(ToString::to_string).collect::<String>();
    shown += &format!("{:?} {:?} {:?}", config.cron_secret(), config.admin_token(), config.previous_secret());
    assert!(!shown.contains(CANARY), "{shown}");
    let misplaced = Home::new().user(&format!("[cron]\nsecret_env = \"{CANARY}\"\n")).load();
    shown = format!("{misplaced:?} {:?}", misplaced.cron_secret());
    assert!(!shown.contains(CANARY), "{shown}");
    assert_eq!(setting(config, "webhook.secret").value, MASK);
    assert_eq!(setting(config, "admin.token").origin, Origin::EnvFile(home.path("dot.env"), 1));
    let lines = inspection.problems.iter().map(|it| (it.line, it.hint.clone())).collect::<Vec<_>>();
    assert_eq!(lines[0].0, Some(2), "the env file's broken line: {lines:?}");
    assert_eq!(lines[1], (Some(2), Some("did you mean `secret_file`?".to_owned())));
}
