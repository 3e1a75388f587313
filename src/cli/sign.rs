//! `sign`: signs a body by any scheme.

use strum::VariantArray as _;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::signature_args::{SchemeArgs, SchemeChoice, SecretArgs, key, owned};
use super::values;
use crate::clock::Timestamp;
use crate::event::IdSource;
use crate::render::Format;
use crate::report::signing::{self, Signed};
use crate::request::MOST_BYTES;
use crate::signature::shell_commands::curl;
use crate::signature::snippet::{Language, SnippetInputs, snippet};
use crate::signature::{Message, ORIGINAL, STANDARD_PREFIX, Scheme, SignError, find, schemes, sign};

/// The URL that is signed without `--url`, by schemes that sign it.
const EXAMPLE_URL: &str = "https://example.com/webhooks";

/// The command-line arguments of `sign`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "The bytes are signed as they are: `echo` adds a newline, `printf` does not.")]
pub struct SignArgs {
    /// File with the body, or `-` for standard input
    #[arg(value_name = "FILE", default_value = "-", conflicts_with = "data")]
    file: String,
    /// The body as text
    #[arg(long, value_name = "TEXT")]
    data: Option<String>,
    #[command(flatten)]
    scheme: SchemeArgs,
    // An alias that other tools use; `verify` has `--header` for whole headers.
    /// generic: signature header, same as --signature-header
    #[arg(long = "header", value_name = "NAME", hide = true, conflicts_with = "signature_header")]
    header: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
    /// Message id, for schemes that have one [default: a new one]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Time of signing: seconds since 1970 or RFC 3339 [default: now]
    #[arg(long, value_name = "SECONDS", value_parser = values::moment)]
    timestamp: Option<Timestamp>,
    /// URL of the request, for schemes that sign it
    #[arg(long, value_name = "URL", value_parser = values::signed_url)]
    url: Option<String>,
    /// Method of the request, for schemes that sign it
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    method: http::Method,
    /// Print a curl command that sends exactly these bytes to this URL
    #[arg(long, value_name = "URL", value_parser = values::called_url, conflicts_with_all = ["all", "snippet"])]
    curl: Option<String>,
    /// Print a program that recomputes the signature
    #[arg(long, value_name = "LANGUAGE", value_parser = ["openssl", "node", "python", "php", "go"], conflicts_with = "all")]
    snippet: Option<String>,
    /// Sign with every scheme, and print programs that recompute each signature
    #[arg(long, conflicts_with = "scheme")]
    all: bool,
}

impl SignArgs {
    pub(super) fn run(mut self, context: &Context) -> Result<Exit, CliError> {
        self.scheme.name_header(self.header.take());
        if context.screen.format() == Format::Csv && (self.curl.is_some() || self.snippet.is_some()) {
            return Err(Exit::Usage
                .error("a command or a program has no rows")
                .hint("leave `-o csv` out, or use `-o json`"));
        }
        let chosen = match self.scheme.chosen()? {
            Some(chosen) => chosen,
            None => SchemeChoice::Listed(find(ORIGINAL).ok_or_else(|| Exit::Bug.error("the original scheme is gone"))?),
        };
        let body = match &self.data {
            Some(text) => text.clone().into_bytes(),
            None => values::bytes(&self.file, MOST_BYTES)?,
        };
        let secret = self.secret.read(context)?;
        let id = self.id.clone().unwrap_or_else(|| IdSource::new().next(context.now).to_string());
        if self.all {
            return self.every(context, &secret, &id, &body);
        }
        let scheme = chosen.scheme();
        let mut signed = self.one(context, scheme, &secret, &id, &body)?;
        let text = match (&self.curl, &self.snippet) {
            (Some(url), _) => {
                let headers = with_content_type(&signed, &body);
                let command = format!("{}\n", curl(self.method.as_str(), url, &headers, &body));
                signed.curl.insert(command)
            }
            (None, Some(name)) => {
                let language = Language::VARIANTS.iter().copied().find(|language| language.name() == name);
                let language = language.ok_or_else(|| Exit::Bug.error("the language is not known"))?;
                let program = self.program(language, scheme, context, &secret, &id, &body);
                let program = program.ok_or_else(|| no_program(scheme))?;
                signed.snippets.push((language.name(), program));
                signed.snippets.last().map_or("", |(_, program)| program)
            }
            (None, None) => "",
        };
        if text.is_empty() || context.screen.format().is_json() {
            context.screen.report(&signing::signed(&signed))?;
        } else {
            context.screen.bytes(text.as_bytes())?;
        }
        Ok(Exit::Done)
    }

    fn one(
        &self,
        context: &Context,
        scheme: &dyn Scheme,
        secret: &str,
        id: &str,
        body: &[u8],
    ) -> Result<Signed, CliError> {
        let key = key(scheme, secret)?;
        let time = self.time(scheme, context);
        let url = self.curl.as_deref().or(self.url.as_deref()).unwrap_or("");
        let message = Message { method: self.method.as_str(), url, id, time: &time, body, context: self.context() };
        let headers = sign(scheme, &message, &[key]).map_err(|error| refused(scheme, &error))?;
        if let Some(member) = scheme.time_member().filter(|_| scheme.time_in_body(body).is_none()) {
            context.screen.warn(&format!("the body has no `{member}` in milliseconds: receivers refuse it"));
        }
        let scheme = scheme.facts().name.to_string();
        Ok(Signed { scheme, headers: owned(headers), snippets: Vec::new(), curl: None, skipped: None })
    }

    /// The registered id, which only paypal signs.
    fn context(&self) -> &str {
        self.scheme.registered_id.as_deref().unwrap_or("")
    }

    fn time(&self, scheme: &dyn Scheme, context: &Context) -> String {
        scheme.facts().time_form.write(self.timestamp.unwrap_or(context.now))
    }

    fn program(
        &self,
        language: Language,
        scheme: &dyn Scheme,
        context: &Context,
        secret: &str,
        id: &str,
        body: &[u8],
    ) -> Option<String> {
        let time = self.time(scheme, context);
        let url = scheme.url_for(self.url.as_deref().unwrap_or(EXAMPLE_URL), body);
        let message =
            Message { method: self.method.as_str(), url: &url, id, time: &time, body, context: self.context() };
        let encoded = secret.starts_with(STANDARD_PREFIX);
        let sources = SnippetInputs { secret: self.secret.variable(), body: self.body_file(), encoded };
        snippet(language, scheme, &message, sources)
    }

    fn body_file(&self) -> &str {
        let file = self.file.strip_prefix('@').unwrap_or(&self.file);
        if self.has_no_file() { "body.json" } else { file }
    }

    fn has_no_file(&self) -> bool {
        self.data.is_some() || matches!(self.file.as_str(), "-" | "@-")
    }

    /// Signs the body by every scheme. A scheme that cannot use this secret is listed with the reason.
    fn every(&self, context: &Context, secret: &str, id: &str, body: &[u8]) -> Result<Exit, CliError> {
        let mut all = Vec::new();
        for scheme in schemes() {
            all.push(self.with_snippets(context, scheme, secret, id, body)?);
        }
        if self.has_no_file() && context.screen.format().is_human() {
            context.screen.note("the programs read the body from body.json: save it there, byte for byte");
        }
        context.screen.report(&signing::all_signed(&all))?;
        Ok(Exit::Done)
    }

    fn with_snippets(
        &self,
        context: &Context,
        scheme: &'static dyn Scheme,
        secret: &str,
        id: &str,
        body: &[u8],
    ) -> Result<Signed, CliError> {
        let name = scheme.facts().name.to_string();
        let key = match scheme.key(secret.as_bytes()) {
            Ok(key) => key,
            Err(error) => return Ok(Signed::skipped(name, error.to_string())),
        };
        let time = self.time(scheme, context);
        let url = scheme.url_for(self.url.as_deref().unwrap_or(EXAMPLE_URL), body);
        let message =
            Message { method: self.method.as_str(), url: &url, id, time: &time, body, context: self.context() };
        let headers = match sign(scheme, &message, &[key]) {
            Ok(headers) => headers,
            Err(error @ (SignError::NoKey | SignError::Id | SignError::UrlUnknown | SignError::UrlWithoutHash(_))) => {
                return Err(refused(scheme, &error));
            }
            Err(error) => return Ok(Signed::skipped(name, error.to_string())),
        };
        let program = |it: &Language| Some((it.name(), self.program(*it, scheme, context, secret, id, body)?));
        let snippets = Language::VARIANTS.iter().filter_map(program);
        Ok(Signed { scheme: name, headers: owned(headers), snippets: snippets.collect(), curl: None, skipped: None })
    }
}

fn no_program(scheme: &dyn Scheme) -> CliError {
    Exit::Usage
        .error(format!("no program can be printed for {}", scheme.facts().name))
        .hint("verify with `syncctl verify`")
}

fn refused(scheme: &dyn Scheme, error: &SignError) -> CliError {
    let fault = Exit::Usage.error(format!("failed to sign with {}", scheme.facts().name)).cause(error);
    match error {
        SignError::UrlUnknown => fault.hint("name the URL with --url"),
        SignError::UrlWithoutHash(url) => fault.hint(format!("send to `{url}`, and name it with --url")),
        SignError::Id => fault.hint("choose another with --id"),
        SignError::RegisteredIdUnknown => fault.hint("name it with --registered-id"),
        SignError::NoKey
        | SignError::PublicKey
        | SignError::InBody(_)
        | SignError::SecretItself
        | SignError::VerifyOnly => fault,
    }
}

fn with_content_type(signed: &Signed, body: &[u8]) -> Vec<(String, String)> {
    let is_json = body.trim_ascii_start().starts_with(b"{") || body.trim_ascii_start().starts_with(b"[");
    let kind = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
    std::iter::once(("content-type".to_owned(), kind.to_owned())).chain(signed.headers.iter().cloned()).collect()
}
