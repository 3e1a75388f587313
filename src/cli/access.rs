//! Reads the secrets of an endpoint's access settings: headers, credentials, client certificate, proxy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use zeroize::Zeroizing;

use crate::broker::Credentials;
use crate::config::Config;
use crate::endpoint::{AccessSettings, Authorization, ProxySetting, ValueSource};
use crate::network::tls::ClientCertificate;
use crate::outbound::EndpointAccess;
use crate::outbound::http::{ConnectOptions, Proxy};

/// Reads every value that the settings name. An error names the value that cannot be read, and never shows it.
pub(super) fn resolve(config: &Config, settings: &AccessSettings) -> Result<EndpointAccess, String> {
    let mut headers = Vec::new();
    for header in &settings.headers {
        let value = secret_value(config, &format!("the header {}", header.name), &header.value, "")?;
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|e| e.to_string())?;
        headers.push((name, value));
    }
    match &settings.authorization {
        None => {}
        Some(Authorization::Bearer(source)) => {
            headers.push((AUTHORIZATION, secret_value(config, "the bearer token", source, "Bearer ")?));
        }
        Some(Authorization::Basic(source)) => {
            headers.push((AUTHORIZATION, basic(config, "basic credentials", source)?));
        }
    }
    for (name, text) in [(ACCEPT, &settings.accept), (USER_AGENT, &settings.user_agent)] {
        if let Some(text) = text {
            headers.push((name, HeaderValue::from_str(text).map_err(|e| e.to_string())?));
        }
    }
    let credentials = match &settings.authorization {
        Some(Authorization::Basic(source)) => {
            Credentials::parse(&user_and_password(config, "basic credentials", source)?)
        }
        Some(Authorization::Bearer(_)) | None => None,
    };
    let client_certificate = match (&settings.client_cert_file, &settings.client_key_file) {
        (Some(chain), Some(key)) => Some(ClientCertificate { chain: chain.into(), key: key.into() }),
        _ => None,
    };
    let connect = ConnectOptions {
        ca_file: settings.ca_file.as_ref().map(Into::into),
        client_certificate,
        proxy: proxy(config, settings)?,
    };
    Ok(EndpointAccess { headers, credentials, connect })
}

fn proxy(config: &Config, settings: &AccessSettings) -> Result<Option<Proxy>, String> {
    let url = match &settings.proxy {
        None => return Ok(None),
        Some(ProxySetting::Url(url)) => url.clone(),
        Some(ProxySetting::Environment) => match config.proxy_of_environment() {
            Some(url) => url,
            None => return Ok(None),
        },
    };
    let (host, port) = ProxySetting::host_and_port(&url).map_err(|e| format!("proxy: {e}"))?;
    let authorization = settings.proxy_auth.as_ref().map(|source| basic(config, "the proxy's credentials", source));
    Ok(Some(Proxy { host, port, authorization: authorization.transpose()? }))
}

fn user_and_password(config: &Config, what: &str, source: &ValueSource) -> Result<Zeroizing<String>, String> {
    let text = config.value(what, source).map_err(|e| e.to_string())?;
    if text.contains(':') { Ok(text) } else { Err(format!("{what}: write USER:PASSWORD")) }
}

fn basic(config: &Config, what: &str, source: &ValueSource) -> Result<HeaderValue, String> {
    let text = user_and_password(config, what, source)?;
    sensitive(what, &format!("Basic {}", STANDARD.encode(text.as_bytes())))
}

fn secret_value(config: &Config, what: &str, source: &ValueSource, before: &str) -> Result<HeaderValue, String> {
    let text = config.value(what, source).map_err(|e| e.to_string())?;
    sensitive(what, &format!("{before}{}", text.trim()))
}

fn sensitive(what: &str, text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(text).map_err(|_| format!("{what} is not valid in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
