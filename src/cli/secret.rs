//! `secret`: generates and checks secrets, and prepares a rotation.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use zeroize::Zeroizing;

use super::captures::{self, Capture};
use super::context::Context;
use super::exit::{CliError, Exit};
use super::signature_args::SecretArgs;
use crate::clock::Timestamp;
use crate::config::{Config, WhichSecret};
use crate::endpoint::ResolvedEndpoint;
use crate::report::secrets::{self, CheckedSecret, SecretUse, SecretUser};
use crate::signature::secret_check::{SecretFlaw, check, new_secret, reused, standard_form};
use crate::signature::{Fingerprint, KeyForm, STANDARD_PREFIX, Scheme, Secret, detect, verify};
use crate::store::inbound::SenderRow;
use crate::store::{self, Access, StoreError};

mod trial;

/// The keys of the secrets that belong to no endpoint or source.
pub(super) const CONFIGURED: &[&str] = &["webhook.secret", "webhook.previous_secret", "cron.secret", "admin.token"];

/// The commands below `secret`.
#[derive(Debug, clap::Subcommand)]
pub enum SecretCommand {
    /// Generate a secret: 32 random bytes as whsec_ and base64
    New(NewArgs),
    /// Check a secret without showing it
    Check(CheckArgs),
    /// Test a new secret before it replaces the old one
    RotatePlan(RotatePlanArgs),
}

/// The command-line arguments of `secret new`.
#[derive(Debug, clap::Args)]
pub struct NewArgs {}

/// The command-line arguments of `secret check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    secret: SecretArgs,
    /// Print the secret in its whsec_ form, for receivers whose libraries decode base64
    #[arg(long)]
    standard_form: bool,
}

/// The command-line arguments of `secret rotate-plan`.
#[derive(Debug, clap::Args)]
pub struct RotatePlanArgs {
    #[command(flatten)]
    secret: SecretArgs,
    /// Environment variable that holds the new secret
    #[arg(long, value_name = "NAME", required_unless_present = "new_file", conflicts_with = "new_file")]
    new_env: Option<String>,
    /// File that holds the new secret
    #[arg(long, value_name = "FILE")]
    new_file: Option<PathBuf>,
    /// File or directory of requests captured by `listen --save`
    #[arg(long, value_name = "PATH")]
    captured: Option<PathBuf>,
    /// Test which secret each endpoint accepts, with signed test requests that receivers ignore
    ///
    /// Without it nothing is sent. With it each endpoint gets up to three POST requests with the body
    /// `{"probe":"secret-rotation"}`, signed as deliveries are: with a random secret, the new one and the old one. A secret
    /// counts as rejected if the response is 401, 403 or the same as for the random secret. Endpoints that are paused or have
    /// a secret of their own are skipped. The command then exits 0 only if every endpoint accepts the new secret.
    #[arg(long)]
    try_endpoints: bool,
}

impl SecretCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::New(args) => args.run(context),
            Self::Check(args) => args.run(context),
            Self::RotatePlan(args) => args.run(context),
        }
    }
}

impl NewArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let secret = fresh()?;
        /// The JSON answer of `secret new`.
        #[derive(Serialize)]
        struct NewView<'a> {
            secret: &'a str,
        }
        let report = crate::report::Report::new(&NewView { secret: &secret });
        context.screen.report(&report.with_line(secret.as_str()).with_names([secret.as_str()]))?;
        context.screen.hint("it is shown once: store it in a file of mode 600, or in your secret manager");
        Ok(Exit::Done)
    }
}

/// A new random secret.
pub(super) fn fresh() -> Result<Zeroizing<String>, CliError> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(random.as_mut()).map_err(|e| Exit::Io.error("failed to get random bytes").cause(e))?;
    Ok(new_secret(&random))
}

impl CheckArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let text = match self.secret.configured(context)? {
            Some(text) => text,
            None => self.secret.read(context)?,
        };
        if self.standard_form {
            let form = standard_form(text.as_bytes())
                .map_err(|error| Exit::Data.error("the secret has no whsec_ form").cause(error))?;
            context.screen.bytes(format!("{}\n", form.as_str()).as_bytes())?;
            return Ok(Exit::Done);
        }
        let mut flaws = check(text.as_bytes());
        let others = configured_secrets(context.config()?);
        let others = others.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
        // The configured secret equals itself, and endpoints without their own share it.
        let shared = others.clone().filter(|(name, _)| *name == "webhook.secret").any(|(_, it)| it == text.as_bytes());
        flaws.extend(reused(if shared { "webhook.secret" } else { "" }, text.as_bytes(), others));
        let fingerprint = Secret::new(text.to_string()).ok().map(|secret| hex::encode(secret.fingerprint().0));
        let checked = CheckedSecret { fingerprint, bytes: text.len(), encoded: text.starts_with("whsec_"), flaws };
        context.screen.report(&secrets::flaws(&checked))?;
        Ok(if checked.flaws.is_empty() { Exit::Done } else { Exit::Failure })
    }
}

/// Every configured secret that can be read, with its name.
pub(super) fn configured_secrets(config: &Config) -> Vec<(String, Zeroizing<String>)> {
    let mut all = Vec::new();
    for key in CONFIGURED {
        if let Ok(Some(text)) = config.secret_text(&WhichSecret::Configured(key)) {
            all.push(((*key).to_owned(), text));
        }
    }
    for spec in &config.endpoints {
        let own = spec.settings.secret != crate::endpoint::SecretSource::Shared;
        let text = config.secret_text(&WhichSecret::Endpoint(&spec.settings.secret));
        if let (true, Ok(Some(text))) = (own, text) {
            let name = spec.name.clone().unwrap_or_else(|| spec.url.default_name());
            all.push((format!("the endpoint {name}"), text));
        }
    }
    for spec in &config.sources {
        let form = spec.settings.scheme.get().facts().key_form;
        let texts = spec.secrets.iter().filter_map(|place| config.secret_text(&WhichSecret::Endpoint(place)).ok()?);
        // Some senders prefix secrets with `whsec_` that are not base64.
        let judged = texts.filter(|text| form == KeyForm::Standard || !text.starts_with(STANDARD_PREFIX));
        all.extend(judged.map(|text| (format!("the source {}", spec.settings.name), text)));
    }
    all
}

/// The flaws of the configured secrets, each with the secret's name. No part of a secret is shown.
pub(super) fn configured_flaws(config: &Config) -> Vec<(String, SecretFlaw)> {
    let all = configured_secrets(config);
    let mut flaws = Vec::new();
    for (place, (key, text)) in all.iter().enumerate() {
        // Each pair once.
        let later = all[place + 1..].iter().map(|(key, text)| (key.as_str(), text.as_bytes()));
        let own = check(text.as_bytes()).into_iter().chain(reused(key, text.as_bytes(), later));
        flaws.extend(own.map(|flaw| (key.clone(), flaw)));
    }
    flaws
}

/// The old and the new secret of a rotation.
struct Rotation {
    old: Zeroizing<String>,
    new: Zeroizing<String>,
}

impl RotatePlanArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let rotation = Rotation { old: self.secret.read(context)?, new: self.new_secret(context)? };
        if rotation.old == rotation.new {
            return Err(Exit::Usage.error("the new secret is the old one").hint("make one with `syncctl secret new`"));
        }
        let captures = match &self.captured {
            Some(path) => captures::read(context, path)?,
            None => Vec::new(),
        };
        let mut senders = rotation.senders(&captures);
        senders.extend(rotation.received(context)?);
        let endpoints = match self.try_endpoints {
            true => rotation.try_endpoints(context)?,
            false => rotation.endpoints(context, &context.resolved_endpoints()?)?,
        };
        let flaws = check(rotation.new.as_bytes());
        context.screen.report(&secrets::rotation(&senders, &endpoints, &flaws, context.now))?;
        // No requests and no endpoints are no evidence that nobody uses the old secret.
        let mut all = senders.iter().chain(&endpoints).filter_map(SecretUser::is_ready).peekable();
        let ready = all.peek().is_some() && all.all(|ready| ready);
        Ok(if ready { Exit::Done } else { Exit::Failure })
    }

    fn new_secret(&self, context: &Context) -> Result<Zeroizing<String>, CliError> {
        let which = match (&self.new_env, &self.new_file) {
            (Some(name), _) => WhichSecret::Env(name),
            (None, Some(path)) => WhichSecret::File(path),
            (None, None) => return Err(Exit::Usage.error("name the new secret with --new-env or --new-file")),
        };
        let text = context.config()?.secret_text(&which)?;
        text.filter(|text| !text.trim().is_empty()).ok_or_else(|| Exit::Config.error("the new secret is empty"))
    }
}

/// How long an address that now uses the newer secret may still have a sender that uses the older one.
const SHARED_ADDRESS: std::time::Duration = std::time::Duration::from_hours(24);

impl Rotation {
    /// The secret that each sender of captured requests uses, judged by its newest request.
    fn senders(&self, captures: &[Capture]) -> Vec<SecretUser> {
        let mut senders: BTreeMap<String, SecretUser> = BTreeMap::new();
        for capture in captures {
            let secret_use = self.secret_use(capture);
            let sender = SecretUser { name: capture.sender(), secret_use, last_seen: capture.at, tried: None };
            match senders.get(&sender.name) {
                Some(known) if known.last_seen > sender.last_seen => {}
                _ => drop(senders.insert(sender.name.clone(), sender)),
            }
        }
        senders.into_values().collect()
    }

    /// The senders of webhooks to `serve`: each address with the secret of its newest webhook, and any other it used within a day
    /// before, because several senders may share an address. Without a database there are none.
    fn received(&self, context: &Context) -> Result<Vec<SecretUser>, CliError> {
        let [new, old] =
            [&self.new, &self.old].map(|text| Secret::new(text.to_string()).ok().map(|it| it.fingerprint()));
        let mut newest = BTreeMap::new();
        let mut rows = match store::open(context.config()?.database()?, Access::Existing) {
            Err(StoreError::NoDatabase) => return Ok(Vec::new()),
            opened => opened?.senders(context.now).wait()?,
        };
        rows.retain(|row| row.secret != Fingerprint::NONE);
        rows.retain(|row| {
            let newest = *newest.entry(row.source.clone()).or_insert(row.seen_at);
            newest.since(row.seen_at) < SHARED_ADDRESS
        });
        let sender = |row: SenderRow| {
            let secret_use = match Some(row.secret) {
                secret if secret == new => SecretUse::New,
                secret if secret == old => SecretUse::Old,
                _ => SecretUse::Neither,
            };
            let name = format!("{} to serve", row.source);
            SecretUser { name, secret_use, last_seen: Some(row.seen_at), tried: None }
        };
        Ok(rows.into_iter().map(sender).collect())
    }

    fn secret_use(&self, capture: &Capture) -> SecretUse {
        let schemes = detect(&capture.request);
        let right = |secret: &str, scheme: &&'static dyn Scheme| {
            let keys: Vec<_> = scheme.key(secret.as_bytes()).into_iter().collect();
            verify(*scheme, &capture.request, &keys, Timestamp::default(), None).signature.is_ok()
        };
        match (schemes.iter().any(|s| right(&self.new, s)), schemes.iter().any(|s| right(&self.old, s))) {
            (true, true) => SecretUse::Both,
            (true, false) => SecretUse::New,
            (false, true) => SecretUse::Old,
            (false, false) if schemes.is_empty() => SecretUse::Unsigned,
            (false, false) => SecretUse::Neither,
        }
    }

    /// The secret that signs for each of these endpoints.
    fn endpoints(&self, context: &Context, endpoints: &[ResolvedEndpoint]) -> Result<Vec<SecretUser>, CliError> {
        let config = context.config()?;
        let secret_use = |text: Option<Zeroizing<String>>| match text {
            Some(text) if text == self.new => SecretUse::New,
            Some(text) if text == self.old => SecretUse::Old,
            Some(_) | None => SecretUse::Neither,
        };
        let mut all = Vec::new();
        for endpoint in endpoints {
            let name = &endpoint.name;
            let text = config.secret_text(&WhichSecret::Endpoint(&endpoint.settings.secret))?;
            all.push(SecretUser {
                name: format!("to {name}"),
                secret_use: secret_use(text),
                last_seen: None,
                tried: None,
            });
        }
        Ok(all)
    }
}
