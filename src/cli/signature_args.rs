//! The options for secret and scheme that `sign`, `verify` and other commands share.

use std::borrow::Cow;
use std::io::{IsTerminal as _, stderr};
use std::path::PathBuf;

use clap::ValueEnum;
use zeroize::Zeroizing;

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::config::Config;
use crate::config::WhichSecret;
use crate::explain::{Candidate, Role};
use crate::format::did_you_mean;
use crate::signature::{
    Algorithm, Description, Encoding, Generic, Header, Key, KeyForm, Received, Scheme, TimeForm, detect, find, schemes,
};
use crate::untrusted::Untrusted;

/// The options that say where the secret is. No option takes its value.
#[derive(Debug, Default, clap::Args)]
pub struct SecretArgs {
    /// Environment variable that holds the secret [default: WEBHOOK_SECRET]
    #[arg(long, value_name = "NAME", group = "secret_place")]
    secret_env: Option<String>,
    /// File that holds the secret; its final newline is not part of it
    #[arg(long, value_name = "FILE", group = "secret_place")]
    secret_file: Option<PathBuf>,
    /// Command that prints the secret
    #[arg(long, value_name = "COMMAND", group = "secret_place", hide_short_help = true)]
    secret_command: Option<String>,
}

impl SecretArgs {
    /// The secret's text. If no flag or setting names a secret, it is asked for on a terminal.
    pub(super) fn read(&self, context: &Context) -> Result<Zeroizing<String>, CliError> {
        match self.configured(context)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => Err(Exit::Config.error("the secret is empty")),
            None => prompt(context),
        }
    }

    /// The secret's text, if flags or the configuration name one.
    pub(super) fn configured(&self, context: &Context) -> Result<Option<Zeroizing<String>>, CliError> {
        let which = match (&self.secret_env, &self.secret_file, &self.secret_command) {
            (Some(name), _, _) => WhichSecret::Env(name),
            (_, Some(path), _) => WhichSecret::File(path),
            (_, _, Some(command)) => WhichSecret::Command(command),
            (None, None, None) => WhichSecret::Configured("webhook.secret"),
        };
        Ok(context.config()?.secret_text(&which)?)
    }

    /// Whether a flag names the secret's source.
    pub(super) fn is_named(&self) -> bool {
        self.secret_env.is_some() || self.secret_file.is_some() || self.secret_command.is_some()
    }

    /// The variable that a snippet should read the secret from.
    pub(super) fn variable(&self) -> &str {
        self.secret_env.as_deref().unwrap_or("WEBHOOK_SECRET")
    }
}

fn prompt(context: &Context) -> Result<Zeroizing<String>, CliError> {
    let nobody = || {
        Exit::Config
            .error("there is no secret")
            .hint("set WEBHOOK_SECRET or WEBHOOK_SECRET_FILE, or name one with --secret-env or --secret-file")
    };
    if !context.may_ask || !stderr().is_terminal() {
        return Err(nobody());
    }
    let typed = rpassword::prompt_password("Secret: ").map_err(|_| nobody())?;
    if typed.trim().is_empty() { Err(nobody()) } else { Ok(Zeroizing::new(typed)) }
}

/// The secret to verify with, then the other configured secrets, which may explain a mismatch.
pub(super) fn candidates(config: &Config, current: &str) -> Vec<Candidate> {
    let mut all = vec![Candidate::new(Role::Current, current)];
    // An unreadable secret is skipped here; commands that need it report the error.
    if let Ok(Some(previous)) = config.secret_text(&WhichSecret::Configured("webhook.previous_secret")) {
        all.push(Candidate::new(Role::Previous, previous.as_bytes()));
    }
    for spec in &config.endpoints {
        let name = spec.name.clone().unwrap_or_else(|| spec.url.default_name());
        if let Ok(Some(text)) = config.secret_text(&WhichSecret::Endpoint(&spec.settings.secret)) {
            all.push(Candidate::new(Role::Endpoint(name), text.as_bytes()));
        }
    }
    all
}

/// The option that says how a signature is computed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum HashName {
    Sha1,
    Sha256,
    Sha512,
    /// SHA-256 of the secret and then the content, which is no HMAC
    SecretThenSha256,
    Ed25519,
    EcdsaP256,
    RsaSha256,
    RsaSha1,
    /// The header holds the secret itself
    Token,
}

impl From<HashName> for Algorithm {
    fn from(name: HashName) -> Self {
        match name {
            HashName::Sha1 => Self::HmacSha1,
            HashName::Sha256 => Self::HmacSha256,
            HashName::Sha512 => Self::HmacSha512,
            HashName::SecretThenSha256 => Self::SecretThenSha256,
            HashName::Ed25519 => Self::Ed25519,
            HashName::EcdsaP256 => Self::EcdsaP256,
            HashName::RsaSha256 => Self::RsaSha256,
            HashName::RsaSha1 => Self::RsaSha1,
            HashName::Token => Self::Token,
        }
    }
}

/// The option that says how the secret's text becomes a key.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum KeyName {
    /// The text itself
    Text,
    /// Base64 after `whsec_`
    Whsec,
    /// Hex digits that stand for its bytes
    Hex,
    /// A certificate or a key in PEM, or a public key in base64; for Ed25519, `whpk_` or hex
    Certificate,
}

impl KeyName {
    const fn form(self, algorithm: Algorithm) -> KeyForm {
        match (self, algorithm) {
            (Self::Hex | Self::Certificate, Algorithm::Ed25519) => KeyForm::HexPublic,
            (Self::Text | Self::Whsec, Algorithm::Ed25519) => KeyForm::StandardPair,
            (Self::Text, _) => KeyForm::Text,
            (Self::Whsec, _) => KeyForm::Standard,
            (Self::Hex, _) => KeyForm::Hex,
            (Self::Certificate, _) => KeyForm::Certificate,
        }
    }
}

/// The option that says how a signature is written: hex or base64.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum EncodingName {
    Hex,
    Base64,
    /// With - and _ and without padding
    Base64url,
}

/// The option that says how the signed time is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum TimeName {
    Seconds,
    Milliseconds,
    /// RFC 3339
    Date,
}

/// The options that choose a scheme, or describe one that is not in the table.
#[derive(Debug, clap::Args)]
pub struct SchemeArgs {
    /// Scheme, such as standard, stripe or github; `generic` takes the options marked generic
    #[arg(long, value_name = "NAME")]
    scheme: Option<String>,
    /// generic: signed content, such as `{id}.{timestamp}.{body}`; also {method}, {url}, {path}, {query.NAME}
    #[arg(long, value_name = "TEMPLATE", hide_short_help = true)]
    signed: Option<String>,
    /// generic: encoding of the signature
    #[arg(long, value_name = "ENCODING", hide_short_help = true)]
    encoding: Option<EncodingName>,
    /// generic: prefix of the signature, such as `sha256=`
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    prefix: Option<String>,
    /// generic: hash function of the HMAC, or another algorithm
    #[arg(long, value_name = "HASH", hide_short_help = true)]
    algorithm: Option<HashName>,
    /// generic: form of the secret [default: text, or certificate for public-key algorithms]
    #[arg(long, value_name = "FORM", hide_short_help = true)]
    key_form: Option<KeyName>,
    /// generic: signature header
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    signature_header: Option<String>,
    /// generic: message id header
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    id_header: Option<String>,
    /// generic: timestamp header
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    timestamp_header: Option<String>,
    /// generic: timestamp parameter in a signature header such as `t=…,v1=…`
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    timestamp_param: Option<String>,
    /// generic: signature parameter in such a header
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    code_param: Option<String>,
    /// generic: unit or format of the timestamp
    #[arg(long, value_name = "UNIT", hide_short_help = true)]
    timestamp_unit: Option<TimeName>,
    /// Id under which the webhook is registered with its sender; paypal signs it
    #[arg(long, value_name = "ID", hide_short_help = true)]
    pub(super) registered_id: Option<String>,
}

/// The signature scheme that the options choose: one that `help signing` lists, or one that they describe.
pub(super) enum SchemeChoice {
    /// A scheme of the registry.
    Listed(&'static dyn Scheme),
    /// A generic scheme, described by flags.
    Described(Box<Generic>),
}

impl SchemeChoice {
    /// The scheme.
    pub(super) fn scheme(&self) -> &dyn Scheme {
        match self {
            Self::Listed(scheme) => *scheme,
            Self::Described(scheme) => scheme.as_ref(),
        }
    }
}

impl SchemeArgs {
    /// The scheme that the options choose, if they do.
    pub(super) fn chosen(&self) -> Result<Option<SchemeChoice>, CliError> {
        match self.scheme.as_deref() {
            Some("generic") => self.described().map(|scheme| Some(SchemeChoice::Described(Box::new(scheme)))),
            _ if self.describes() => Err(Exit::Usage
                .error("--signed and the options that go with it describe the scheme `generic`")
                .hint("add --scheme generic")),
            Some(name) => find(name).map(|scheme| Some(SchemeChoice::Listed(scheme))).ok_or_else(|| unknown(name)),
            None => Ok(None),
        }
    }

    /// The chosen scheme, else the first that the request's headers show, and whether it was detected by them.
    pub(super) fn for_request(&self, received: &Received) -> Result<Option<(SchemeChoice, bool)>, CliError> {
        Ok(match self.chosen()? {
            Some(chosen) => Some((chosen, false)),
            None => detect(received).first().map(|scheme| (SchemeChoice::Listed(*scheme), true)),
        })
    }

    /// Sets the header of the signature, unless `--signature-header` did.
    pub(super) fn name_header(&mut self, name: Option<String>) {
        self.signature_header = self.signature_header.take().or(name);
    }

    fn describes(&self) -> bool {
        let texts = [
            &self.signed,
            &self.prefix,
            &self.signature_header,
            &self.id_header,
            &self.timestamp_header,
            &self.timestamp_param,
            &self.code_param,
        ];
        texts.into_iter().any(Option::is_some)
            || self.encoding.is_some()
            || self.algorithm.is_some()
            || self.key_form.is_some()
            || self.timestamp_unit.is_some()
    }

    fn described(&self) -> Result<Generic, CliError> {
        let default = Description::default();
        let text = |given: &Option<String>, default: String| given.clone().unwrap_or(default);
        let algorithm = self.algorithm.map_or(default.algorithm, Algorithm::from);
        let key_name = if algorithm.has_key_pair() { KeyName::Certificate } else { KeyName::Text };
        let description = Description {
            signed: text(&self.signed, default.signed),
            header: text(&self.signature_header, default.header),
            id_header: text(&self.id_header, default.id_header),
            time_header: text(&self.timestamp_header, default.time_header),
            time_param: self.timestamp_param.clone(),
            code_param: self.code_param.clone(),
            prefix: text(&self.prefix, default.prefix),
            algorithm,
            key_form: self.key_form.unwrap_or(key_name).form(algorithm),
            encoding: match self.encoding {
                Some(EncodingName::Base64) => Encoding::Base64,
                Some(EncodingName::Base64url) => Encoding::Base64Url,
                None if algorithm == Algorithm::Token => Encoding::Text,
                Some(EncodingName::Hex) | None => Encoding::Hex,
            },
            time_form: match self.timestamp_unit {
                Some(TimeName::Milliseconds) => TimeForm::Millis,
                Some(TimeName::Date) => TimeForm::Date,
                Some(TimeName::Seconds) | None => TimeForm::Seconds,
            },
        };
        Generic::new(description).map_err(|error| Exit::Usage.error(error.to_string()))
    }
}

/// The error of an unknown scheme.
pub(super) fn unknown(name: &str) -> CliError {
    let names: Vec<Cow<'static, str>> = schemes().map(|scheme| scheme.facts().name.clone()).collect();
    let fault = Exit::Usage.error(format!("there is no scheme `{}`", Untrusted(name)));
    match did_you_mean(name, names.iter().map(AsRef::as_ref)) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault.hint(format!("there are {}, generic", names.join(", "))),
    }
}

/// The key of a scheme from a secret's text; an invalid one is an error of the configuration.
pub(super) fn key(scheme: &dyn Scheme, secret: &str) -> Result<Key, CliError> {
    scheme.key(secret.as_bytes()).map_err(|error| {
        let fault = Exit::Config.error(format!("the secret cannot sign or verify with {}", scheme.facts().name));
        fault.cause(error).hint("check it with `syncctl secret check`")
    })
}

/// Signed headers as owned text.
pub(super) fn owned(headers: Vec<Header<'_>>) -> Vec<(String, String)> {
    headers.into_iter().map(|(name, value)| (name.to_string(), value.into_owned())).collect()
}
