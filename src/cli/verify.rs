//! `verify`: verifies a request's signature, and explains a mismatch.

use std::time::Duration;

use bytes::Bytes;

use super::context::Context;
use super::events;
use super::exit::{CliError, Exit};
use super::request_file;
use super::requests;
use super::signature_args::{SchemeArgs, SecretArgs, candidates, key, owned};
use super::values;
use crate::clock::Timestamp;
use crate::explain::{Explanation, explain, explain_time, explain_unknown};
use crate::inbound;
use crate::report::verified::{self, Verified};
use crate::request;
use crate::request::MOST_BYTES;
use crate::signature::{Key, Message, Received, Scheme, Secret, Tolerance, VerifyError, sign, verify};
use crate::untrusted::Untrusted;

/// The command-line arguments of `verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "The headers determine the scheme unless --scheme names it. Exit status: 0 valid, 4 invalid."
)]
pub struct VerifyArgs {
    /// File with the body, or `-` for standard input; with --request, replaces its body
    #[arg(value_name = "FILE", conflicts_with = "event")]
    file: Option<String>,
    /// Header of the request, `NAME: VALUE`; can be repeated
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// File with the whole request, in a format of `syncctl help requests`; `-` for standard input
    #[arg(long, value_name = "FILE")]
    request: Option<String>,
    /// Number of the request in a file that holds several, from 1
    #[arg(long, value_name = "N", requires = "request", alias = "entry")]
    which: Option<usize>,
    /// Verify a kept request of `syncctl requests list`, as of the time it arrived
    #[arg(long, value_name = "ID", conflicts_with_all = ["request", "event", "file", "headers"])]
    stored: Option<i64>,
    /// Use the body of a stored event
    #[arg(long, value_name = "ID", conflicts_with = "request")]
    event: Option<String>,
    /// URL of the request, for schemes that sign it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Method of the request, if it was not POST
    #[arg(long, value_name = "METHOD")]
    method: Option<http::Method>,
    #[command(flatten)]
    scheme: SchemeArgs,
    #[command(flatten)]
    secret: SecretArgs,
    /// Verify as of this time, for captured requests: RFC 3339 or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    at: Option<Timestamp>,
    /// Maximum difference between its timestamp and now, instead of the scheme's
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    tolerance: Option<Duration>,
    /// On a mismatch, search for the change that makes it match
    #[arg(long)]
    explain: bool,
    /// Show the expected signature; on a terminal only
    #[arg(long)]
    show_expected: bool,
}

impl VerifyArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        if self.show_expected && !context.screen.is_terminal() {
            return Err(Exit::Usage
                .error("--show-expected shows a valid signature, and only to a terminal")
                .hint("compute one with `syncctl sign`"));
        }
        let (received, arrived) = self.received(context)?;
        let secret = self.secret.read(context)?;
        let Some((chosen, detected)) = self.scheme.for_request(&received)? else {
            let secrets = candidates(context.config()?, &secret);
            let found = self.explain.then(|| explain_unknown(&received, &secrets)).filter(is_informative);
            context.screen.report(&verified::unsigned(&received, found.as_ref()))?;
            return Ok(Exit::Signature);
        };
        let scheme = chosen.scheme();
        let verified = self.verified(context, scheme, &received, (&secret, detected), arrived)?;
        context.screen.report(&verified::verified(&verified))?;
        Ok(if verified.verdict.is_valid() { Exit::Done } else { Exit::Signature })
    }

    fn verified<'a>(
        &self,
        context: &Context,
        scheme: &'a dyn Scheme,
        received: &'a Received,
        (secret, detected): (&str, bool),
        arrived: Option<Timestamp>,
    ) -> Result<Verified<'a>, CliError> {
        let secrets = candidates(context.config()?, secret);
        // A secret that the scheme cannot use is kept: it may explain the mismatch.
        let keys: Vec<Key> =
            if self.explain { scheme.key(secret.as_bytes()).into_iter().collect() } else { vec![key(scheme, secret)?] };
        let tolerance = self.tolerance.map(Tolerance::both);
        let now = self.at.or(arrived).unwrap_or(context.now);
        let mut verdict = verify(scheme, received, &keys, now, tolerance);
        if let (Err(error), Err(VerifyError::CodeMismatch)) = (scheme.key(secret.as_bytes()), &verdict.signature) {
            verdict.signature = Err(VerifyError::SecretUnusable(error));
        }
        let missing = matches!(verdict.signature, Err(VerifyError::HeaderNotDelivered(_)));
        let explanation = match verdict.refusal().filter(|_| self.explain) {
            Some(VerifyError::OutsideTolerance) => explain_time(scheme, received, now),
            refusal => refusal.map(|_| explain(scheme, received, &secrets)),
        };
        let explanation = explanation.filter(|found| !missing || is_informative(found));
        let expected = if self.show_expected { expected(scheme, received, &keys) } else { Vec::new() };
        let fingerprint = Secret::new(secret.to_owned()).ok().map(|secret| hex::encode(secret.fingerprint().0));
        Ok(Verified { scheme, received, detected, verdict, explanation, expected, fingerprint })
    }

    /// The request, and the time it arrived if it is a kept one.
    fn received(&self, context: &Context) -> Result<(Received, Option<Timestamp>), CliError> {
        if let Some(id) = self.stored {
            let (row, copy) = requests::find(context.existing_store()?.as_ref(), id)?;
            return Ok((inbound::received(&copy), Some(row.at)));
        }
        let mut received = match &self.request {
            Some(path) => self.captured(context, path)?,
            None => Received { method: http::Method::POST, body: self.body(context)?, ..Received::default() },
        };
        let given = request::from_lines(&self.headers, Bytes::new()).map_err(|error| {
            let fault = Exit::Data.error("failed to read a header").cause(Untrusted(&error.to_string()));
            fault.hint("write each as --header 'NAME: VALUE', as it stands in the request")
        })?;
        for (name, value) in &given.headers {
            received.headers.append(name, value.clone());
        }
        if let Some(url) = &self.url {
            received.url = Some(url.clone());
        }
        if let Some(method) = &self.method {
            received.method = method.clone();
        }
        received.registered_id.clone_from(&self.scheme.registered_id);
        Ok((received, None))
    }

    /// The request of a file, with the body of another file if one is named.
    fn captured(&self, context: &Context, path: &str) -> Result<Received, CliError> {
        let captured = request_file::one(context, path, self.which)?;
        let (misses_body, mut request) = (captured.misses_body(), captured.request);
        if self.file.is_some() {
            request.body = self.body(context)?;
        } else if misses_body {
            return Err(request_file::without_body(path, &captured.format));
        }
        request_file::check_length(context, &request);
        Ok(request)
    }

    fn body(&self, context: &Context) -> Result<Bytes, CliError> {
        match &self.event {
            Some(id) => Ok(events::find(context.existing_store()?.as_ref(), id)?.body.into()),
            None => Ok(values::bytes(self.file.as_deref().unwrap_or("-"), MOST_BYTES)?.into()),
        }
    }
}

/// Whether an explanation is worth showing: a request without the signature header has none, unless another header may hold it.
fn is_informative(found: &Explanation) -> bool {
    !found.changes.is_empty() || found.tried > 0
}

/// The headers that would be right for this request, if it has everything that they depend on.
fn expected(scheme: &dyn Scheme, received: &Received, keys: &[Key]) -> Vec<(String, String)> {
    let facts = scheme.facts();
    let text =
        |name: &Option<http::HeaderName>| name.as_ref().and_then(|name| received.the_header(name).ok()).unwrap_or("");
    let claim = scheme.read(received).ok();
    let time = claim.as_ref().and_then(|claim| claim.time).map_or_else(|| text(&facts.time_header), |time| time.text);
    let message = Message {
        method: received.method.as_str(),
        url: received.url.as_deref().unwrap_or(""),
        id: text(&facts.id_header),
        time,
        body: &received.body,
        context: claim.as_ref().map_or("", |claim| &claim.context),
    };
    owned(sign(scheme, &message, keys).unwrap_or_default())
}
