//! The checks of the configuration: settings, file modes, secrets.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::config::problems;
use super::super::secret::configured_flaws;
use super::super::values::shown_path;
use crate::config::{Config, ConfiguredSource, Inspection, SecretPlace};
use crate::endpoint::{ResolvedEndpoint, SecretSource};
use crate::format::count;
use crate::inbound::{ForwardTarget, SourceTransport};
use crate::report::doctor::Finding;
use crate::report::settings::ProblemView;
use crate::signature::shell_commands::shell_quote;
use crate::store::Location;

/// The problems that `config validate` finds.
pub(super) fn configuration(inspection: &Inspection) -> Finding {
    let name = "config";
    if let [first, others @ ..] = problems(inspection).as_slice() {
        let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
        let hint = "see everything that is wrong with `syncctl config validate`".to_owned();
        return Finding::fail(name, format!("{}{more}", ProblemView::text(first)))
            .hint(first.hint.clone().unwrap_or(hint));
    }
    let config = &inspection.config;
    let files = config.files.iter().filter(|place| place.found).map(|place| shown_path(&place.path));
    let files = files.collect::<Vec<_>>().join(", ");
    let from = if files.is_empty() { "no file, only the environment".to_owned() } else { files };
    Finding::ok(name, format!("{from}; {}", count(config.endpoints.len(), "endpoint")))
}

/// Checks the modes of files that other users must not read or write.
pub(super) fn permissions(config: &Config) -> Finding {
    let secrets = config.secret_files();
    let writable = config.files.iter().filter(|place| place.found && mode(&place.path) & 0o022 != 0);
    let mut wrong: Vec<_> = writable.map(|place| (place.path.as_path(), "can be written by others", "go-w")).collect();
    let readable = |path: &&PathBuf| mode(path) & 0o077 != 0;
    wrong.extend(secrets.iter().filter(readable).map(|path| (path.as_path(), "can be read by others", "600")));
    let database = config.database().ok().and_then(Location::path).filter(|path| mode(path) & 0o077 != 0);
    // A readable queue exposes the data of events, but no secret that signs.
    let open_database = database.map(|path| (path, "can be read by others", "600"));
    let is_grave = !wrong.is_empty();
    wrong.extend(open_database);
    let Some((path, what, to)) = wrong.first() else {
        return Finding::ok("files", "nobody else can read secrets and queue, or write the configuration");
    };
    let more = if wrong.len() > 1 { format!(" (and {} more)", wrong.len() - 1) } else { String::new() };
    let detail = format!("{} {what} (mode {:04o}){more}", shown_path(path), mode(path));
    let quoted = shell_quote(path.as_os_str().as_bytes()).unwrap_or_default();
    let finding = if is_grave { Finding::fail("files", detail) } else { Finding::warn("files", detail) };
    finding.hint(format!("`chmod {to} {quoted}`"))
}

/// The permission bits of a file; none where it is not there.
fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o777)
}

/// The flaws of the configured secrets. No part of a secret is shown.
pub(super) fn secrets(config: &Config) -> Finding {
    let name = "secrets";
    let shared = config.endpoints.iter().any(|spec| spec.settings.secret == SecretSource::Shared);
    let secret_places = config.secret_places();
    if shared && !secret_places.iter().any(|(key, _)| key == "webhook.secret") {
        return Finding::fail(name, "no webhook secret is configured, and nothing is sent unsigned").hint(
            "make one with `syncctl secret new`, and name its file in WEBHOOK_SECRET_FILE or webhook.secret_file",
        );
    }
    let mut flaws = configured_flaws(config);
    flaws.sort_by_key(|(_, flaw)| !flaw.breaks());
    if let [(key, flaw), others @ ..] = flaws.as_slice() {
        let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
        let detail = format!("{key}: {}{more}", flaw.text());
        let finding = if flaw.breaks() { Finding::fail(name, detail) } else { Finding::warn(name, detail) };
        return finding.hint("make a new one with `syncctl secret new`, and try it with `syncctl secret rotate-plan`");
    }
    let kept = |(key, place): &(String, SecretPlace)| match place {
        SecretPlace::File(path) => format!("{key} in {}", shown_path(path)),
        SecretPlace::Variable(variable) => {
            format!("{key} in the variable {variable}, which every child process inherits")
        }
        SecretPlace::Command => format!("{key} from a command"),
    };
    match secret_places.is_empty() {
        true => Finding::warn(name, "none is configured").hint("`syncctl init` writes one"),
        false => Finding::ok(name, secret_places.iter().map(kept).collect::<Vec<_>>().join("; ")),
    }
}

/// Checks that webhooks of the configured sources can be received; `None` without sources.
pub(super) fn sources(config: &Config, endpoints: &[ResolvedEndpoint]) -> Option<Finding> {
    let name = "sources";
    let lost = config.sources.iter().find_map(|spec| match &spec.settings.forward {
        Some(ForwardTarget::Endpoint(to)) if !endpoints.iter().any(|it| it.name == *to) => {
            Some((&spec.settings.name, to))
        }
        _ => None,
    });
    let found = match (lost, config.webhook_sources()) {
        _ if config.sources.is_empty() => return None,
        (Some((source, to)), _) => {
            Finding::fail(name, format!("{source} forwards to the endpoint `{to}`, which does not exist"))
                .hint("list endpoints with `syncctl endpoints list`")
        }
        (None, Err(error)) => Finding::fail(name, error.to_string()).hint("`serve` does not start without it"),
        (None, Ok(_)) => {
            let shown = |ConfiguredSource { settings, broker, .. }: &ConfiguredSource| {
                let scheme = settings.scheme.get().facts().name.as_ref();
                match (broker, settings.arrival) {
                    (Some(broker), SourceTransport::TrustedBroker) => {
                        format!("{} (trusts {})", settings.name, broker.url)
                    }
                    (Some(broker), _) => format!("{} ({scheme}, from {})", settings.name, broker.url),
                    (None, _) => format!("{} ({scheme})", settings.name),
                }
            };
            Finding::ok(name, config.sources.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
    };
    Some(found)
}
