//! `doctor`: checks configuration, database, disk, schedule and endpoints. It changes nothing and shows no secret.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::context::Context;
use super::exit::{self, CliError, Exit};
use super::values::shown_path;
use super::version::VERSION;
use crate::clock::Timestamp;
use crate::config::{Config, Inspection};
use crate::endpoint::{Endpoint, ResolvedEndpoint, resolve};
use crate::monitor::schedule::{self, SCHEDULED_RUNS};
use crate::monitor::{self, HealthLimits};
use crate::outbound::http::Connector;
use crate::report::doctor::{self, Finding, Severity};
use crate::service::figures;
use crate::store::{self, Access, EventFilter, Location, Page, Store, StoreError};
use crate::untrusted::Untrusted;

mod expiry;
mod online;
mod settings;

/// How long the checks of the database may take, unless `--deep` is given.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(30);
/// A file larger than this, in bytes, is read as a whole only with `--deep`.
const QUICKLY_READ: u64 = 256 << 20;

/// How long the write lock has to stay taken before it is reported as held.
const LOCK_WATCHED: Duration = Duration::from_secs(1);
/// The pause between two looks at the lock.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// The command-line arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Also call the endpoints and check their connections, certificates and clocks
    ///
    /// Without it nothing is sent. With it, each endpoint that is not paused gets one `HEAD /` request over a connection made as
    /// for deliveries: without signature and body, and not to the endpoint's path, so that a receiver has nothing to apply. At
    /// most four endpoints are called at a time, each for at most ten seconds.
    #[arg(long)]
    online: bool,
    /// Also read the whole database and check its counters, as `db verify` does
    #[arg(long)]
    deep: bool,
}

/// What `doctor` found about the database, and what its later checks need to know.
#[derive(Default)]
struct DatabaseFindings {
    findings: Vec<Finding>,
    /// The newest time stored in the database.
    newest: Option<Timestamp>,
    /// The stored endpoints.
    endpoints: Vec<Endpoint>,
}

impl DoctorArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let Inspection { config, problems } = Config::inspect(context.sources().clone());
        let inspection = Inspection { config, problems };
        let config = &inspection.config;
        let mut findings =
            vec![settings::configuration(&inspection), settings::permissions(config), settings::secrets(config)];
        let looked = self.check_database(config, context.now);
        findings.extend(looked.findings);
        let all = resolve(&config.endpoints, &looked.endpoints);
        let mut skews = Vec::new();
        if self.online && !all.is_empty() {
            let (called, apart) = online::probe_endpoints(config, &all)?;
            findings.extend(called);
            skews = apart;
        } else {
            findings.push(named(&all));
        }
        findings.extend(settings::sources(config, &all));
        if self.online {
            findings.extend(online::look_at_sources(config)?);
        }
        findings.push(doctor::clock(looked.newest, &skews, context.now));
        findings.push(trust(config, &all));
        findings.extend(expiry::findings(config, context.now));
        findings.push(versions());
        // The findings report the same warnings.
        drop(config.take_warnings());
        conclude(context, &findings)
    }

    /// Checks the database on a thread of its own, so that a hanging disk does not delay the other findings.
    fn check_database(&self, config: &Config, now: Timestamp) -> DatabaseFindings {
        let location = match config.database() {
            Ok(location) => location.clone(),
            Err(error) => {
                return DatabaseFindings::only(
                    Finding::fail("database", error.to_string()).hint("name it with `--db`"),
                );
            }
        };
        let (limits, deep) = (config.health.clone(), self.deep);
        let (done, answer) = channel();
        let looking = move || drop(done.send(open_and_examine(&location, &limits, deep, now)));
        let started = std::thread::Builder::new().name("doctor".to_owned()).spawn(looking);
        let answered = match (started, deep) {
            (Err(_), _) => None,
            (Ok(_), true) => answer.recv().ok(),
            (Ok(_), false) => answer.recv_timeout(DATABASE_TIMEOUT).ok(),
        };
        answered.unwrap_or_else(|| {
            let waited = humantime::format_duration(DATABASE_TIMEOUT);
            let what = format!("it could not be checked within {waited}: its disk hangs, or it is very large");
            DatabaseFindings::only(Finding::fail("database", what).hint("check its disk with `df`"))
        })
    }
}

impl DatabaseFindings {
    fn only(finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::default() }
    }
}

fn conclude(context: &Context, findings: &[Finding]) -> Result<Exit, CliError> {
    let report = doctor::findings(findings, context.screen.is_quiet());
    let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok);
    match worst {
        Severity::Ok => context.screen.report_done(&report)?,
        Severity::Warn | Severity::Fail => context.screen.report(&report)?,
    }
    Ok(if worst == Severity::Fail { Exit::Failure } else { Exit::Done })
}

fn open_and_examine(location: &Location, limits: &HealthLimits, deep: bool, now: Timestamp) -> DatabaseFindings {
    let opened = store::open(location, Access::Inspect).and_then(|store| examine(&store, limits, deep, now));
    opened.unwrap_or_else(|error| DatabaseFindings::only(unopened(location, &error)))
}

fn examine(
    store: &Arc<dyn Store>,
    limits: &HealthLimits,
    deep: bool,
    now: Timestamp,
) -> Result<DatabaseFindings, StoreError> {
    let info = store.database().wait()?;
    let (checked, wrong) = match (deep, store.file(), info.bytes) {
        (true, _, _) => ("all rows and counters checked", store.verify().wait()?),
        (false, Some(file), ..QUICKLY_READ) => ("structure checked", file.check_structure().wait()?),
        (false, Some(_), _) => ("large, checked only with --deep", Vec::new()),
        (false, None, _) => ("checked only with --deep", Vec::new()),
    };
    let mut findings = vec![doctor::database(&info, checked, &wrong)];
    if let (Some(file), Some(volume)) = (store.file(), store::volume(&info.location)) {
        findings.push(doctor::disk(&volume, file.storage()));
    }
    findings.extend(info.server.as_ref().map(doctor::server));
    findings.extend(held_lock(&info.location));
    if !wrong.is_empty() {
        // Figures read from a damaged file are not reported.
        return Ok(DatabaseFindings { findings, ..DatabaseFindings::default() });
    }
    let read = figures::health_figures(store.as_ref(), limits, now)?;
    let judged = monitor::health(&read, limits, now);
    let runs = store.runs(SCHEDULED_RUNS).wait()?;
    findings.extend(schedule::evidence(&runs, now).map(|it| doctor::schedule(&it)));
    findings.push(doctor::runs(&runs, store.open_runs().wait()?, &read.figures, limits, now));
    findings.push(doctor::queue(&judged));
    let latest = store.events(&EventFilter::default(), Page { limit: 1, number: 1, oldest_first: false }).wait()?;
    let newest = latest.rows.iter().map(|row| row.created_at).chain(runs.iter().map(|run| run.started_at)).max();
    Ok(DatabaseFindings { findings, newest, endpoints: store.endpoints().wait()? })
}

/// Finds a process that holds the write lock. A worker takes the lock often and briefly, so the lock is read several times.
fn held_lock(location: &Location) -> Option<Finding> {
    let began = Instant::now();
    let holder = store::holder(location)?;
    while began.elapsed() < LOCK_WATCHED {
        std::thread::park_timeout(LOCK_POLL);
        store::holder(location).filter(|now| now.pid == holder.pid)?;
    }
    Some(doctor::write_lock(&holder, LOCK_WATCHED))
}

fn unopened(location: &Location, error: &StoreError) -> Finding {
    let name = "database";
    let told = error.at(location).to_string();
    match error {
        StoreError::NoDatabase => Finding::warn(name, format!("there is none yet at {}", shown_location(location)))
            .hint("the first `syncctl emit` creates it; name another with --db or SYNCCTL_DB"),
        StoreError::SchemaOlder { .. } => Finding::warn(name, told).hint("migrate it with `syncctl status`"),
        StoreError::SchemaNewer { .. } => Finding::fail(name, told).hint("use the version of syncctl that wrote it"),
        StoreError::Corrupt(_) => Finding::fail(name, told)
            .hint("nothing was written; keep the file as it is, and restore a backup made with `syncctl db backup`"),
        StoreError::Locked => {
            Finding::fail(name, locked(location, told)).hint("stop the process that holds it, or wait")
        }
        other => {
            let hint = exit::hint(other).unwrap_or("see where it is with `syncctl db path`");
            Finding::fail(name, told).hint(hint)
        }
    }
}

fn shown_location(location: &Location) -> String {
    Untrusted(&location.to_string()).to_string()
}

fn locked(location: &Location, told: String) -> String {
    match store::holder(location) {
        Some(holder) => format!("{told}: process {} ({})", holder.pid, Untrusted(&holder.name)),
        None => told,
    }
}

fn named(all: &[ResolvedEndpoint]) -> Finding {
    match all.is_empty() {
        true => Finding::warn("endpoints", "there is none: events are stored and sent nowhere")
            .hint("set SYNC_WEBHOOK_URLS, or add [[endpoints]] to the configuration file that `syncctl init` writes"),
        false => {
            let names = all.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
            Finding::ok("endpoints", format!("{names}; not called without --online"))
        }
    }
}

/// The certificates that deliveries over TLS trust.
fn trust(config: &Config, all: &[ResolvedEndpoint]) -> Finding {
    let whose = config.ca_file.as_deref().map_or("those of the system".to_owned(), shown_path);
    match Connector::new(config.egress.clone(), config.ca_file.clone()).trust_error() {
        None => Finding::ok("certificates", whose),
        Some(why) if all.iter().any(|it| it.url.is_secure()) => Finding::fail("certificates", why)
            .hint("install your system's package of CA certificates, or set tls.ca_file"),
        Some(why) => Finding::ok("certificates", format!("{why}; no endpoint needs any")),
    }
}

fn versions() -> Finding {
    Finding::ok("versions", format!("syncctl {VERSION}, SQLite {}", store::backend_version()))
}
