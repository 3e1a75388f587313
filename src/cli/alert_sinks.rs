//! Builds the alert sinks, and the list of certificates to watch, from the configuration.

use std::path::Path;

use crate::clock::Timestamp;
use crate::config::Config;
use crate::network::HttpClient;
use crate::service::alerts::{Alerts, CertificateFile, ExpiringSecret};

/// The alert sinks of the configuration, with their rules.
pub(super) fn alerts(config: &Config) -> Alerts {
    Alerts {
        sinks: config.alert_sinks(),
        limits: config.health.clone(),
        certificates: certificates(config),
        secrets: secrets(config.webhook.rotate_by),
        client: HttpClient::new(config.egress.clone(), config.ca_file.clone()),
        host: Alerts::host_name(),
    }
}

/// The client certificates and the trusted certificates that the configuration names.
pub(super) fn certificates(config: &Config) -> Vec<CertificateFile> {
    let file =
        |purpose: String, path: &Path, is_trusted| CertificateFile { purpose, path: path.to_owned(), is_trusted };
    let mut files: Vec<CertificateFile> =
        config.ca_file.iter().map(|path| file("trusted certificates".to_owned(), path, true)).collect();
    for spec in &config.endpoints {
        let name = spec.name.clone().unwrap_or_else(|| spec.url.default_name());
        let access = &spec.settings.access;
        let own = access.client_cert_file.as_ref().map(|path| (format!("client certificate of {name}"), path, false));
        let trusted = access.ca_file.as_ref().map(|path| (format!("certificates trusted at {name}"), path, true));
        files.extend(own.into_iter().chain(trusted).map(|(purpose, path, it)| file(purpose, path.as_ref(), it)));
    }
    let mut seen = Vec::new();
    files.retain(|file| {
        !seen.contains(&file.path) && {
            seen.push(file.path.clone());
            true
        }
    });
    files
}

fn secrets(webhook: Option<Timestamp>) -> Vec<ExpiringSecret> {
    webhook.into_iter().map(|ends_at| ExpiringSecret { name: "webhook.secret".to_owned(), ends_at }).collect()
}
