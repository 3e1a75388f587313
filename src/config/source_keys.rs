//! The keys of `[[sources]]`: parsing and display.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::key::{Key, ValueForm, key, set};
use super::text;
use crate::endpoint::{AccessSettings, Authorization, SecretSource, SourceUrl, ValueSource};
use crate::format::did_you_mean;
use crate::inbound::{ForwardTarget, SourceScheme, SourceSettings, SourceTransport};
use crate::signature::{self, Algorithm, Description, Encoding, Generic, TimeForm, Tolerance};

/// A source of webhooks as a `[[sources]]` entry names it. Its secrets are not read yet: it says in which file or
/// variable each is.
#[derive(Clone, Debug)]
pub struct ConfiguredSource {
    /// The source without its secrets.
    pub settings: SourceSettings,
    /// Where its secrets are, newest first.
    pub secrets: Vec<SecretSource>,
    /// The broker it is read from, if it is.
    pub broker: Option<ConfiguredBroker>,
}

/// The message broker from which a source is read: its URL, and how to log in.
#[derive(Clone, Debug)]
pub struct ConfiguredBroker {
    /// The place.
    pub url: SourceUrl,
    /// The login, and the way to it.
    pub access: AccessSettings,
}

/// A `[[sources]]` entry while its keys are read, before it is checked as a whole.
#[derive(Clone)]
pub(super) struct SourceDraft {
    settings: Option<SourceSettings>,
    scheme: String,
    /// The description of a generic scheme.
    description: Description,
    is_described: bool,
    secret: Option<SecretSource>,
    previous_secret: Option<SecretSource>,
    broker: Option<SourceUrl>,
    trust_broker: bool,
    access: AccessSettings,
    rest: SourceSettings,
}

impl Default for SourceDraft {
    fn default() -> Self {
        Self {
            settings: None,
            scheme: signature::STANDARD.to_owned(),
            description: Description::default(),
            is_described: false,
            secret: None,
            previous_secret: None,
            broker: None,
            trust_broker: false,
            access: AccessSettings::default(),
            rest: SourceSettings::new("source").expect("it is a name"),
        }
    }
}

/// The keys of a `[[sources]]` entry.
pub(super) const SOURCE_KEYS: &[Key<SourceDraft>] = &[
    key(
        "name",
        ValueForm::One,
        |d, t| set(&mut d.settings, SourceSettings::new(t).map(Some).map_err(|e| e.to_string())),
        |d| d.settings.as_ref().map(|it| it.name.clone()).unwrap_or_default(),
    ),
    key(
        "broker",
        ValueForm::One,
        |d, t| set(&mut d.broker, broker(t).map(Some)),
        |d| d.broker.as_ref().map(ToString::to_string).unwrap_or_default(),
    ),
    key(
        "trust_broker",
        ValueForm::One,
        |d, t| set(&mut d.trust_broker, text::yes_or_no(t)),
        |d| d.trust_broker.to_string(),
    ),
    key(
        "basic_file",
        ValueForm::Path,
        |d, t| d.log_in(ValueSource::File(text::path_text(t)?)),
        |d| d.login_shown("file"),
    ),
    key(
        "basic_env",
        ValueForm::One,
        |d, t| d.log_in(ValueSource::Env(text::variable_name(t)?)),
        |d| d.login_shown("env"),
    ),
    key(
        "client_cert_file",
        ValueForm::Path,
        |d, t| set(&mut d.access.client_cert_file, text::path_text(t).map(Some)),
        |d| d.access.client_cert_file.clone().unwrap_or_default(),
    ),
    key(
        "client_key_file",
        ValueForm::Path,
        |d, t| set(&mut d.access.client_key_file, text::path_text(t).map(Some)),
        |d| d.access.client_key_file.clone().unwrap_or_default(),
    ),
    key(
        "ca_file",
        ValueForm::Path,
        |d, t| set(&mut d.access.ca_file, text::path_text(t).map(Some)),
        |d| d.access.ca_file.clone().unwrap_or_default(),
    ),
    key("scheme", ValueForm::One, |d, t| set(&mut d.scheme, scheme_name(t)), |d| d.scheme.clone()),
    key(
        "secret_file",
        ValueForm::Path,
        |d, t| place(&mut d.secret, SecretSource::File(text::path_text(t)?)),
        |d| shown(&d.secret),
    ),
    key(
        "secret_env",
        ValueForm::One,
        |d, t| place(&mut d.secret, SecretSource::Env(text::variable_name(t)?)),
        |d| shown(&d.secret),
    ),
    key(
        "previous_secret_file",
        ValueForm::Path,
        |d, t| place(&mut d.previous_secret, SecretSource::File(text::path_text(t)?)),
        |d| shown(&d.previous_secret),
    ),
    key(
        "previous_secret_env",
        ValueForm::One,
        |d, t| place(&mut d.previous_secret, SecretSource::Env(text::variable_name(t)?)),
        |d| shown(&d.previous_secret),
    ),
    key(
        "types",
        ValueForm::List,
        |d, t| set(&mut d.rest.types, text::patterns(t)),
        |d| text::patterns_shown(&d.rest.types),
    ),
    key(
        "networks",
        ValueForm::List,
        |d, t| set(&mut d.rest.networks, text::networks(t)),
        |d| text::joined(&d.rest.networks),
    ),
    key(
        "tolerance",
        ValueForm::One,
        |d, t| set(&mut d.rest.tolerance, text::duration_above_zero(t).map(|it| Some(Tolerance::both(it)))),
        |d| d.rest.tolerance.map(|it| text::duration_shown(it.past)).unwrap_or_default(),
    ),
    key(
        "url",
        ValueForm::One,
        |d, t| set(&mut d.rest.url, url(t).map(Some)),
        |d| d.rest.url.clone().unwrap_or_default(),
    ),
    key(
        "forward_to",
        ValueForm::One,
        |d, t| d.forward(ForwardTarget::Endpoint(text::name(t)?)),
        |d| match &d.rest.forward {
            Some(ForwardTarget::Endpoint(name)) => name.clone(),
            _ => String::new(),
        },
    ),
    key(
        "command",
        ValueForm::One,
        |d, t| d.forward(ForwardTarget::Command(Arc::from(not_blank(t)?))),
        |d| match &d.rest.forward {
            Some(ForwardTarget::Command(command)) => command.to_string(),
            _ => String::new(),
        },
    ),
    key(
        "silence_after",
        ValueForm::One,
        |d, t| set(&mut d.rest.silence_after, text::duration(t).map(|it| Some(it).filter(|it| !it.is_zero()))),
        |d| text::duration_shown(d.rest.silence_after.unwrap_or(Duration::ZERO)),
    ),
    key(
        "type_header",
        ValueForm::One,
        |d, t| set(&mut d.rest.names.type_header, header(t).map(Some)),
        |d| d.rest.names.type_header.as_ref().map(ToString::to_string).unwrap_or_default(),
    ),
    key(
        "type_member",
        ValueForm::One,
        |d, t| set(&mut d.rest.names.type_member, not_blank(t).map(|it| Some(it.to_owned()))),
        |d| d.rest.names.type_member.clone().unwrap_or_default(),
    ),
    key(
        "id_member",
        ValueForm::One,
        |d, t| set(&mut d.rest.names.id_member, not_blank(t).map(|it| Some(it.to_owned()))),
        |d| d.rest.names.id_member.clone().unwrap_or_default(),
    ),
    key(
        "signed",
        ValueForm::One,
        |d, t| d.describe(|it| set(&mut it.signed, Ok(t.to_owned()))),
        |d| d.described(|it| &it.signed),
    ),
    key(
        "signature_header",
        ValueForm::One,
        |d, t| d.describe(|it| set(&mut it.header, Ok(t.to_owned()))),
        |d| d.described(|it| &it.header),
    ),
    key(
        "prefix",
        ValueForm::One,
        |d, t| d.describe(|it| set(&mut it.prefix, Ok(t.to_owned()))),
        |d| d.described(|it| &it.prefix),
    ),
    key(
        "encoding",
        ValueForm::One,
        |d, t| d.describe(|it| set(&mut it.encoding, encoding(t))),
        |d| d.described(|it| if it.encoding == Encoding::Base64 { "base64" } else { "hex" }),
    ),
    key(
        "algorithm",
        ValueForm::One,
        |d, t| d.describe(|it| set(&mut it.algorithm, algorithm(t))),
        |d| d.described(|it| HASHES.iter().find(|(_, hash)| *hash == it.algorithm).map_or("", |(name, _)| *name)),
    ),
    key(
        "id_header",
        ValueForm::One,
        |d, t| d.describe(|it| set(&mut it.id_header, Ok(t.to_owned()))),
        |d| d.described(|it| &it.id_header),
    ),
    key(
        "timestamp_header",
        ValueForm::One,
        |d, t| d.describe(|it| set(&mut it.time_header, Ok(t.to_owned()))),
        |d| d.described(|it| &it.time_header),
    ),
    key(
        "timestamp_unit",
        ValueForm::One,
        |d, t| d.describe(|it| set(&mut it.time_form, time_form(t))),
        |d| d.described(|it| if it.time_form == TimeForm::Millis { "milliseconds" } else { "seconds" }),
    ),
];

impl SourceDraft {
    fn forward(&mut self, to: ForwardTarget) -> Result<(), String> {
        match self.rest.forward {
            None => set(&mut self.rest.forward, Ok(Some(to))),
            Some(_) => Err("give either forward_to or command".to_owned()),
        }
    }

    fn describe(&mut self, change: impl FnOnce(&mut Description) -> Result<(), String>) -> Result<(), String> {
        self.is_described = true;
        change(&mut self.description)
    }

    fn described<'d, T: Into<String>>(&'d self, part: impl FnOnce(&'d Description) -> T) -> String {
        if self.is_described { part(&self.description).into() } else { String::new() }
    }

    pub(super) fn finish(self) -> Result<ConfiguredSource, String> {
        let SourceSettings { name, .. } = self.settings.ok_or("a source without a name")?;
        let scheme = match (self.scheme.as_str(), self.is_described) {
            ("generic", _) => {
                SourceScheme::Described(Arc::new(Generic::new(self.description).map_err(|e| e.to_string())?))
            }
            (_, true) => return Err("signed and the keys that go with it describe the scheme `generic`".to_owned()),
            (named, false) => SourceScheme::Listed(signature::find(named).ok_or("a scheme that does not exist")?),
        };
        if scheme.get().protects().url && self.rest.url.is_none() {
            return Err(format!("the scheme {} signs the URL: say which with url", scheme.get().facts().name));
        }
        let arrival = match (&self.broker, self.trust_broker) {
            (None, false) => SourceTransport::Request,
            (None, true) => return Err("trust_broker without a broker".to_owned()),
            (Some(_), false) => SourceTransport::Broker,
            (Some(_), true) => SourceTransport::TrustedBroker,
        };
        let secrets: Vec<_> = [self.secret, self.previous_secret].into_iter().flatten().collect();
        match (arrival, secrets.is_empty()) {
            (SourceTransport::TrustedBroker, false) => {
                Err("trust_broker with a secret: signatures would not be checked")
            }
            (SourceTransport::Broker, true) => {
                Err("a source without a secret: give secret_file or secret_env, or trust_broker")
            }
            (SourceTransport::Request, true) => Err("a source without a secret: give secret_file or secret_env"),
            _ => Ok(()),
        }?;
        let broker = broker_spec(self.broker, self.access, &self.rest)?;
        Ok(ConfiguredSource { settings: SourceSettings { name, scheme, arrival, ..self.rest }, secrets, broker })
    }

    fn log_in(&mut self, login: ValueSource) -> Result<(), String> {
        match self.access.authorization {
            None => set(&mut self.access.authorization, Ok(Some(Authorization::Basic(login)))),
            Some(_) => Err("give either basic_file or basic_env".to_owned()),
        }
    }

    fn login_shown(&self, kind: &str) -> String {
        match &self.access.authorization {
            Some(Authorization::Basic(source)) => text::place_shown(Some(source), kind),
            Some(Authorization::Bearer(_)) | None => String::new(),
        }
    }
}

/// The broker of a source, if what goes with it fits.
fn broker_spec(
    url: Option<SourceUrl>,
    access: AccessSettings,
    settings: &SourceSettings,
) -> Result<Option<ConfiguredBroker>, String> {
    let Some(url) = url else {
        return match access == AccessSettings::default() {
            true => Ok(None),
            false => Err("a login or certificates for a broker without a broker".to_owned()),
        };
    };
    if !url.protocol().is_built_in() {
        return Err(format!("this build of syncctl has no support for {}", url.protocol().name()));
    }
    if access.client_cert_file.is_some() != access.client_key_file.is_some() {
        return Err("client_cert_file and client_key_file belong together".to_owned());
    }
    if !settings.networks.is_empty() {
        return Err("networks are for sources over HTTP: a broker does not say where a message came from".to_owned());
    }
    Ok(Some(ConfiguredBroker { url, access }))
}

fn broker(text: &str) -> Result<SourceUrl, String> {
    SourceUrl::parse(text).map_err(|invalid| invalid.to_string())
}

fn place(secret: &mut Option<SecretSource>, source: SecretSource) -> Result<(), String> {
    match secret {
        None => set(secret, Ok(Some(source))),
        Some(_) => Err("a secret is either in a file or in a variable".to_owned()),
    }
}

fn shown(secret: &Option<SecretSource>) -> String {
    secret.as_ref().map(text::secret_shown).unwrap_or_default()
}

fn scheme_name(text: &str) -> Result<String, String> {
    if text == "generic" || signature::find(text).is_some() {
        return Ok(text.to_owned());
    }
    let names: Vec<_> = signature::schemes().map(|scheme| scheme.facts().name.clone()).collect();
    let near = did_you_mean(text, names.iter().map(AsRef::as_ref));
    let hint = near.map_or_else(
        || format!("write one of {}, generic", names.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Err(format!("there is no scheme {}; {hint}", text::quoted(text)))
}

fn url(text: &str) -> Result<String, String> {
    // Signed as written, so it is not normalized.
    crate::endpoint::EndpointUrl::parse_http(text).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

fn not_blank(text: &str) -> Result<&str, String> {
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text) }
}

fn header(text: &str) -> Result<HeaderName, String> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| format!("{} is not the name of a header", text::quoted(text)))
}

fn encoding(text: &str) -> Result<Encoding, String> {
    match text {
        "hex" => Ok(Encoding::Hex),
        "base64" => Ok(Encoding::Base64),
        _ => Err(format!("{} is neither hex nor base64", text::quoted(text))),
    }
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    let found = HASHES.iter().find(|(name, _)| *name == text).map(|(_, hash)| *hash);
    found.ok_or_else(|| format!("{} is none of sha1, sha256, sha512", text::quoted(text)))
}

/// The HMAC hashes that a description can name.
const HASHES: &[(&str, Algorithm)] =
    &[("sha1", Algorithm::HmacSha1), ("sha256", Algorithm::HmacSha256), ("sha512", Algorithm::HmacSha512)];

fn time_form(text: &str) -> Result<TimeForm, String> {
    match text {
        "seconds" => Ok(TimeForm::Seconds),
        "milliseconds" => Ok(TimeForm::Millis),
        _ => Err(format!("{} is neither seconds nor milliseconds", text::quoted(text))),
    }
}
