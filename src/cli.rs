//! The command line: one file per subcommand, with its arguments and its implementation.
//!
//! A command returns its exit code or an error. Only this module turns errors into messages and exit codes.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::clock::{Clock, SystemClock};
use crate::config::ConfigSources;
use crate::render::{ColorChoice, Format, TimeStyle};

mod access;
mod alert_sinks;
mod broker_sources;
mod captures;
pub mod context;
pub mod exit;
pub mod filter;
mod logging;
mod paging;
pub mod selection;
mod signals;
mod usage;
mod values;
mod wait;

mod examples;

pub mod alerts;
pub mod audit;
pub mod bundle;
pub mod check;
pub mod completions;
pub mod config;
pub mod consume;
pub mod db;
pub mod deliveries;
pub mod demo;
pub mod diff;
pub mod docs;
pub mod doctor;
pub mod emit;
pub mod endpoints;
pub mod events;
pub mod failures;
mod forward;
pub mod health;
pub mod help;
pub mod init;
pub mod listen;
pub mod logs;
pub mod man;
pub mod metrics;
pub mod process;
pub mod reconcile;
pub mod records;
pub mod replay;
mod request_file;
mod requests;
pub mod retry;
pub mod secret;
pub mod serve;
pub mod sign;
pub mod signature_args;
pub mod status;
pub mod sync;
pub mod top;
pub mod verify;
pub mod version;
pub mod why;

use context::Context;
use exit::{CliError, Exit};

/// Emits events into a durable queue, delivers them signed, and shows every delivery and why it failed.
#[derive(Debug, Parser)]
#[command(name = "syncctl", version = version::VERSION, arg_required_else_help = true)]
#[command(subcommand_required = true, args_override_self = true, max_term_width = 100)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// Database file
    ///
    /// Without it SYNCCTL_DB, else the configuration, else $XDG_STATE_HOME/syncctl/syncctl.db.
    #[arg(long, global = true, value_name = "PATH")]
    pub db: Option<String>,
    /// Configuration file, instead of SYNCCTL_CONFIG and the user's file
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub config: Option<PathBuf>,
    /// File with more environment variables; no .env is read unless named
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub env_file: Option<PathBuf>,
    /// Output format: table, wide, json, jsonl, csv or name
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "table", value_parser = values::format())]
    #[arg(hide_possible_values = true)]
    pub output: Format,
    /// Same as `-o json`
    #[arg(long, global = true, overrides_with = "output", hide_short_help = true)]
    pub json: bool,
    /// Columns to show, in this order, comma-separated
    #[arg(long, global = true, value_name = "NAMES", value_delimiter = ',', hide_short_help = true)]
    pub columns: Vec<String>,
    /// Omit the header row
    #[arg(long, global = true, hide_short_help = true)]
    pub no_headers: bool,
    /// Time format [default: relative on a terminal, else iso]
    #[arg(long, global = true, value_name = "STYLE", value_parser = values::time_style(), hide_short_help = true)]
    pub time: Option<TimeStyle>,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_parser = values::color(), hide_short_help = true)]
    pub color: ColorChoice,
    /// Print nothing on success
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log more to standard error: once info, twice debug, three times trace
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Log format
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"], hide_short_help = true)]
    pub log_format: String,
    /// Never prompt; fail instead
    #[arg(long, global = true, hide_short_help = true)]
    pub no_input: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Store events for delivery
    Emit(emit::EmitArgs),
    /// Deliver due events
    Process(process::ProcessArgs),
    /// Emit an update and wait for its delivery
    Sync(sync::SyncArgs),
    /// Show the queue and its endpoints
    Status(status::StatusArgs),
    /// Show the queue on a live screen, with keys to pause, resume, replay and open
    Top(top::TopArgs),
    /// Report whether the queue is healthy; exit 1 when it is not
    Health(health::HealthArgs),
    /// Check the queue, in Nagios plugin format
    Check(check::CheckArgs),
    /// List, test, pause and configure endpoints
    #[command(subcommand)]
    Endpoints(endpoints::EndpointsCommand),
    /// Show events with their deliveries and attempts
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// List deliveries, or give them up
    #[command(subcommand)]
    Deliveries(deliveries::DeliveriesCommand),
    /// List failed deliveries and failure statistics
    Failures(failures::FailuresArgs),
    /// Show the latest attempts, or follow them
    Logs(logs::LogsArgs),
    /// Explain an event, a delivery, an endpoint or a resource
    Why(why::WhyArgs),
    /// Queue deliveries again
    Replay(replay::ReplayArgs),
    /// Simulate the retry rules
    #[command(subcommand)]
    Retry(retry::RetryCommand),
    /// List, export and import synchronized records
    #[command(subcommand)]
    Records(records::RecordsCommand),
    /// Compare records with an export of the other side
    Reconcile(reconcile::ReconcileArgs),
    /// List incidents and send test alerts
    #[command(subcommand)]
    Alerts(alerts::AlertsCommand),
    /// Show the audit log of attempts and received webhooks
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// List, show and replay refused webhooks
    #[command(subcommand)]
    Requests(requests::RequestsCommand),
    /// Inspect, back up, verify and prune the database
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Diagnose configuration, database, disk, schedule and endpoints
    Doctor(doctor::DoctorArgs),
    /// Write a support file with the state of the queue, without payloads and secrets
    Bundle(bundle::BundleArgs),
    /// Create a configuration file and a secret
    Init(init::InitArgs),
    /// Show and validate the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print or install shell completions
    Completions(completions::CompletionsArgs),
    /// Print a manual page, or write all of them
    Man(man::ManArgs),
    /// Sign a request body with any scheme
    Sign(sign::SignArgs),
    /// Verify a request's signature and explain a mismatch
    Verify(verify::VerifyArgs),
    /// Receive requests and show or save them
    Listen(listen::ListenArgs),
    /// Compare a sent body with the received one
    Diff(diff::DiffArgs),
    /// Generate secrets, check them, prepare a rotation
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Receive webhooks, serve the API and deliver in the background
    Serve(serve::ServeArgs),
    /// Receive and apply events from message brokers
    Consume(consume::ConsumeArgs),
    /// Print metrics for Prometheus, or write them for its node exporter
    Metrics(metrics::MetricsArgs),
    /// Run a self-contained demonstration
    Demo(demo::DemoArgs),
    /// Show help on a command or a topic, or list all commands
    Help(help::HelpArgs),
    /// Print the version
    Version(version::VersionArgs),
}

/// Runs the command of this process and returns its exit status.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(logging::report_panic));
    let code = catch_unwind(AssertUnwindSafe(|| run(std::env::args_os(), &SystemClock))).unwrap_or(Exit::Bug.code());
    ExitCode::from(code)
}

/// The definition of the command line, with examples in its help.
pub fn command() -> clap::Command {
    with_examples(plain_command(), "")
}

/// The definition without examples.
fn plain_command() -> clap::Command {
    without_help_command(Cli::command())
}

/// Disables clap's `help` subcommand of nested commands: `syncctl help` covers them all.
fn without_help_command(command: clap::Command) -> clap::Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help_command)
}

fn with_examples(command: clap::Command, name: &str) -> clap::Command {
    let command = match examples::of(name) {
        [] => command,
        examples => command.before_long_help(examples::in_help(examples)),
    };
    let rare = examples::rare(name).iter();
    let command = rare.fold(command, |it, option| it.mut_arg(option, |option| option.hide_short_help(true)));
    command.mut_subcommands(|below| {
        let name = format!("{name} {}", below.get_name());
        with_examples(below, name.trim_start())
    })
}

fn run(args: impl IntoIterator<Item = OsString>, clock: &SystemClock) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    match completions::answer(&args) {
        Ok(false) => {}
        Ok(true) => return Exit::Done.code(),
        Err(error) => return usage::answer(error, &args, clock.now()),
    }
    let matches = command().try_get_matches_from(&args);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return usage::answer(error, &args, clock.now()),
    };
    let context = Context::new(&cli.global, sources(&cli.global), clock.now());
    logging::start(cli.global.verbose, cli.global.quiet, &cli.global.log_format);
    #[cfg(any(debug_assertions, feature = "failpoints"))]
    failpoint();
    let done = cli.command.run(&context);
    context.print_warnings();
    conclude(&context, done)
}

/// Lets a test make a command panic.
#[cfg(any(debug_assertions, feature = "failpoints"))]
fn failpoint() {
    assert!(std::env::var_os("SYNCCTL_TEST_PANIC").is_none(), "failpoint: panic");
}

impl Command {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Emit(args) => args.run(context),
            Self::Process(args) => args.run(context),
            Self::Sync(args) => args.run(context),
            Self::Status(args) => args.run(context),
            Self::Top(args) => args.run(context),
            Self::Health(args) => args.run(context),
            Self::Check(args) => args.run(context),
            Self::Endpoints(command) => command.run(context),
            Self::Events(command) => command.run(context),
            Self::Deliveries(command) => command.run(context),
            Self::Failures(args) => args.run(context),
            Self::Logs(args) => args.run(context),
            Self::Why(args) => args.run(context),
            Self::Replay(args) => args.run(context),
            Self::Retry(command) => command.run(context),
            Self::Reconcile(args) => args.run(context),
            Self::Alerts(command) => command.run(context),
            Self::Audit(command) => command.run(context),
            Self::Requests(command) => command.run(context),
            Self::Db(command) => command.run(context),
            Self::Doctor(args) => args.run(context),
            Self::Bundle(args) => args.run(context),
            Self::Init(args) => args.run(context),
            Self::Config(command) => command.run(context),
            Self::Completions(args) => args.run(context),
            Self::Man(args) => args.run(context),
            Self::Sign(args) => args.run(context),
            Self::Verify(args) => args.run(context),
            Self::Listen(args) => args.run(context),
            Self::Diff(args) => args.run(context),
            Self::Secret(command) => command.run(context),
            Self::Records(command) => command.run(context),
            Self::Metrics(args) => args.run(context),
            Self::Serve(args) => args.run(context),
            Self::Consume(args) => args.run(context),
            Self::Demo(args) => args.run(context),
            Self::Help(args) => args.run(context),
            Self::Version(args) => args.run(context),
        }
    }
}

fn conclude(context: &Context, done: Result<Exit, CliError>) -> u8 {
    let error = match done {
        Ok(exit) => return exit.code(),
        Err(error) => error,
    };
    let Some(failure) = error.into_failure(context.location()) else { return Exit::Done.code() };
    context.screen.error(&failure);
    failure.code
}

fn sources(global: &GlobalOptions) -> ConfigSources {
    let env = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    ConfigSources {
        config_path: global.config.clone(),
        env_file: global.env_file.clone(),
        db_flag: global.db.clone(),
        ..ConfigSources::of_env(env)
    }
}
