//! Values that completion offers: what the queue and the configuration hold, columns, schemes and topics.
//!
//! Completion only reads. A value that cannot be read has no candidates.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use super::super::help::TOPICS;
use crate::config::{Config, ConfigSources};
use crate::delivery::State;
use crate::event::CATALOGUE;
use crate::monitor::failure_clusters::ClusterName;
use crate::report::columns;
use crate::signature::schemes;
use crate::store::{self, Access, DeliveryFilter, EventFilter, Page, Store};
use crate::untrusted::Untrusted;

/// The most ids that are offered, latest first.
const OFFERED: u64 = 50;
/// The most failures that are read to find clusters.
const FAILURES_READ: u64 = 1_000;
/// The kind of path that completes a value, by the name of the value.
const PATHS: &[(&str, ValueHint)] = &[
    ("DIR", ValueHint::DirPath),
    ("FILE", ValueHint::AnyPath),
    ("FILE|-", ValueHint::AnyPath),
    ("FOLDER", ValueHint::DirPath),
    ("PATH", ValueHint::AnyPath),
];

/// What a shell can complete for an argument: names of endpoints, ids of events, …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CandidateKind {
    Endpoint,
    Event,
    Delivery(&'static [State]),
    Anything,
    EventType,
    Cluster,
    Column,
    Scheme,
    Topic,
    Sink,
}

impl CandidateKind {
    /// The kind of value that an argument of a command takes; `None` if it cannot be looked up.
    fn of(command: &str, argument: &str) -> Option<Self> {
        let below_endpoints = command.strip_prefix("endpoints ").is_some_and(|name| name != "add");
        match (command, argument) {
            (_, "endpoint") => Some(Self::Endpoint),
            (_, "name" | "place") if below_endpoints => Some(Self::Endpoint),
            ("alerts test", "name") => Some(Self::Sink),
            ("why", "what") => Some(Self::Anything),
            ("deliveries show", _) => Some(Self::Delivery(&[])),
            ("deliveries give-up" | "process", "ids") => Some(Self::Delivery(&[State::Pending, State::Held])),
            ("replay" | "replay plan", "ids") => Some(Self::Delivery(&[State::Failed])),
            ("help", "words") => Some(Self::Topic),
            ("bundle" | "diff" | "verify", "event") => Some(Self::Event),
            (_, "id" | "ids") if command.starts_with("events ") => Some(Self::Event),
            (_, "event_type") => Some(Self::EventType),
            (_, "cluster" | "clusters") => Some(Self::Cluster),
            (_, "columns") => Some(Self::Column),
            (_, "scheme") => Some(Self::Scheme),
            _ => None,
        }
    }
}

/// The command line that a shell asks to complete.
#[derive(Debug)]
pub(super) struct TypedCommandLine {
    command: String,
    sources: ConfigSources,
}

impl TypedCommandLine {
    /// Reads the words after the program's name. The last one may be incomplete.
    pub(super) fn read(root: &Command, words: &[String], env: impl Iterator<Item = (String, OsString)>) -> Self {
        let (mut at, mut names) = (root, Vec::new());
        for word in words {
            if let Some(below) = at.find_subcommand(word) {
                names.push(below.get_name());
                at = below;
            }
        }
        let option = |name: &str| {
            let with_value = format!("{name}=");
            let pairs = words.windows(2).find(|two| two[0] == name).map(|two| two[1].clone());
            pairs.or_else(|| words.iter().find_map(|word| word.strip_prefix(&with_value).map(str::to_owned)))
        };
        let sources = ConfigSources {
            config_path: option("--config").map(PathBuf::from),
            env_file: option("--env-file").map(PathBuf::from),
            db_flag: option("--db"),
            ..ConfigSources::of_env(env)
        };
        Self { command: names.join(" "), sources }
    }

    fn config(&self) -> Option<Config> {
        Config::load(self.sources.clone()).ok()
    }

    fn store(&self) -> Option<Arc<dyn Store>> {
        store::open(self.config()?.database().ok()?, Access::Inspect).ok()
    }

    fn candidates(&self, kind: CandidateKind) -> Vec<CompletionCandidate> {
        let found = match kind {
            CandidateKind::Endpoint => self.endpoints(),
            CandidateKind::Event => self.events(),
            CandidateKind::Delivery(states) => self.deliveries(states),
            CandidateKind::Anything => {
                self.endpoints().into_iter().chain(self.events()).chain(self.deliveries(&[])).collect()
            }
            CandidateKind::EventType => self.event_types(),
            CandidateKind::Cluster => self.clusters(),
            CandidateKind::Column => {
                let columns = columns::of_command(&self.command).iter();
                columns.map(|column| offered(column.name, column.header)).collect()
            }
            CandidateKind::Scheme => {
                schemes().map(|scheme| offered(&scheme.facts().name, scheme.facts().title)).collect()
            }
            CandidateKind::Sink => self.sinks(),
            CandidateKind::Topic => TOPICS.into_iter().map(|topic| offered(topic, "topic")).collect(),
        };
        found.into_iter().filter(is_safe).collect()
    }

    /// The endpoints of the queue, and configured endpoints that are not in it yet.
    fn endpoints(&self) -> Vec<CompletionCandidate> {
        let stored = self.store().and_then(|store| store.endpoints().wait().ok()).unwrap_or_default();
        let configured = self.config().map(|config| config.endpoints.clone()).unwrap_or_default();
        let is_new = |name: &String| stored.iter().all(|row| row.name != *name);
        let configured = configured.into_iter().filter_map(|spec| Some((spec.name?, spec.url)));
        let configured = configured.filter(|(name, _)| is_new(name)).map(|(name, url)| offered(&name, url.as_str()));
        stored.iter().map(|row| offered(&row.name, row.url.as_str())).chain(configured).collect()
    }

    /// The alert sinks of the configuration.
    fn sinks(&self) -> Vec<CompletionCandidate> {
        let alerts = self.config().map(|config| config.alerts.clone()).unwrap_or_default();
        alerts.iter().map(|spec| offered(&spec.rule.name, spec.service.into())).collect()
    }

    fn events(&self) -> Vec<CompletionCandidate> {
        let read = |store: Arc<dyn Store>| store.events(&EventFilter::default(), LATEST).wait().ok();
        let rows = self.store().and_then(read).map(|listed| listed.rows).unwrap_or_default();
        let about = |row: &store::EventRow| format!("{} {}", row.event_type, row.resource.id);
        rows.iter().map(|row| offered(row.id.as_str(), &about(row))).collect()
    }

    fn deliveries(&self, states: &[State]) -> Vec<CompletionCandidate> {
        let filter = DeliveryFilter { states: states.to_vec(), ..DeliveryFilter::default() };
        let read = |store: Arc<dyn Store>| store.page_of_deliveries(&filter, LATEST).wait().ok();
        let rows = self.store().and_then(read).unwrap_or_default();
        let about = |row: &store::DeliveryRow| {
            format!("{} {} to {}, {}", row.event.event_type, row.event.resource.id, row.endpoint, row.state.name())
        };
        rows.iter().map(|row| offered(&row.id.0.to_string(), &about(row))).collect()
    }

    /// Known types, and those of the latest events.
    fn event_types(&self) -> Vec<CompletionCandidate> {
        let read = |store: Arc<dyn Store>| store.events(&EventFilter::default(), LATEST).wait().ok();
        let rows = self.store().and_then(read).map(|listed| listed.rows).unwrap_or_default();
        let mut own: Vec<_> = rows.into_iter().map(|row| (row.event_type, row.resource.kind)).collect();
        own.sort_unstable();
        own.dedup();
        own.retain(|(name, _)| CATALOGUE.iter().all(|(known, _)| known != name));
        let known = CATALOGUE.iter().map(|(name, resource)| offered(name, resource));
        known.chain(own.iter().map(|(name, resource)| offered(name, resource))).collect()
    }

    fn clusters(&self) -> Vec<CompletionCandidate> {
        let filter = DeliveryFilter { troubled: true, ..DeliveryFilter::default() };
        let page = Page { limit: FAILURES_READ, ..LATEST };
        let read = |store: Arc<dyn Store>| store.page_of_deliveries(&filter, page).wait().ok();
        let mut found: Vec<CompletionCandidate> = Vec::new();
        for row in self.store().and_then(read).unwrap_or_default() {
            let name = ClusterName::of(&row).to_string();
            if found.iter().all(|known| known.get_value() != name.as_str()) {
                let detail = row.last_detail.as_deref().unwrap_or("");
                found.push(offered(&name, &format!("{}: {detail}", row.endpoint)));
            }
        }
        found
    }
}

const LATEST: Page = Page { limit: OFFERED, number: 1, oldest_first: false };

fn offered(value: &str, about: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(Untrusted(about).to_string().into()))
}

/// Whether the value can be inserted without quoting: bash puts it into the command line as it is.
fn is_safe(candidate: &CompletionCandidate) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.:@/+-".contains(c);
    candidate.get_value().to_str().is_some_and(|value| !value.starts_with('-') && value.chars().all(is_plain))
}

/// The command with a completer for each of its values. `name` is the command's path.
pub(super) fn add(command: Command, name: &str, typed: &Arc<TypedCommandLine>) -> Command {
    let command = command.mut_args(|argument| add_to(argument, name, typed));
    command.mut_subcommands(|below| {
        let name = format!("{name} {}", below.get_name());
        add(below, name.trim_start(), typed)
    })
}

fn add_to(argument: Arg, command: &str, typed: &Arc<TypedCommandLine>) -> Arg {
    if let Some(kind) = CandidateKind::of(command, argument.get_id().as_str()) {
        let typed = Arc::clone(typed);
        return argument.add(ArgValueCandidates::new(move || typed.candidates(kind)));
    }
    let name = argument.get_value_names().and_then(|names| names.first().map(ToString::to_string));
    match PATHS.iter().find(|(known, _)| name.as_deref() == Some(*known)) {
        Some((_, hint)) => argument.value_hint(*hint),
        None => argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> TypedCommandLine {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        TypedCommandLine::read(&super::super::super::command(), &words, std::iter::empty())
    }

    #[test]
    fn the_command_and_where_its_queue_is_are_read_from_what_was_typed() {
        let read = typed(&["--db", "q.db", "events", "list", "--config=c.toml", "--columns", ""]);
        assert_eq!(read.command, "events list");
        assert_eq!(read.sources.db_flag.as_deref(), Some("q.db"));
        assert_eq!(read.sources.config_path, Some(PathBuf::from("c.toml")));
        let names: Vec<_> = read.candidates(CandidateKind::Column).iter().map(|it| it.get_value().to_owned()).collect();
        assert!(names.contains(&"delivery".into()) && names.contains(&"id".into()), "{names:?}");
    }

    #[test]
    fn what_a_shell_would_run_is_not_offered() {
        for (value, is_so) in [
            ("evt_1", true),
            ("127.0.0.1:80", true),
            ("a b", false),
            ("$(id)", false),
            ("a;b", false),
            ("-x", false),
            ("a\nb", false),
            ("é", false),
        ] {
            assert_eq!(is_safe(&offered(value, "")), is_so, "{value}");
        }
    }

    #[test]
    fn every_command_with_columns_is_a_command() {
        let root = super::super::super::command();
        for name in columns::commands() {
            let found = name.split(' ').try_fold(&root, |at, word| at.find_subcommand(word));
            assert!(found.is_some(), "{name}");
        }
    }
}
