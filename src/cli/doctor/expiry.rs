//! The checks of certificates and secrets that expire.

use std::path::Path;

use super::super::alert_sinks;
use super::super::values::shown_path;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::format::count;
use crate::network::certificate;
use crate::report::doctor::{Finding, Severity};
use crate::service::alerts::CertificateFile;

const NAME: &str = "expiry";
/// Whatever expires within this many days gets a warning.
const SOON_DAYS: u64 = 30;
const DAY_SECONDS: u64 = 86_400;

/// A finding for each certificate file of the configuration, and for each secret that expires.
pub(super) fn findings(config: &Config, now: Timestamp) -> Vec<Finding> {
    let files = alert_sinks::certificates(config);
    let files = files.iter().map(|file| of_file(file, now));
    let secret = config.webhook.rotate_by.map(|ends_at| {
        let finding = of_end("webhook.secret", ends_at, now);
        hinted(finding, "make a new one with `syncctl secret new`, and see `syncctl secret rotate-plan`")
    });
    files.chain(secret).collect()
}

fn of_file(file: &CertificateFile, now: Timestamp) -> Finding {
    let what = format!("{} ({})", file.purpose, shown_path(&file.path));
    let mut ends = match certificate::ends(&file.path) {
        Ok(ends) => ends,
        Err(why) => return Finding::fail(NAME, format!("{}: {why}", file.purpose)).hint(replace(&file.path)),
    };
    ends.sort_unstable();
    let ended = ends.iter().filter(|end| **end <= now).count();
    let Some(ends_at) = file.decisive(&ends) else { return Finding::fail(NAME, format!("{what}: no certificate")) };
    let finding = of_end(&what, ends_at, now);
    let finding = if finding.severity == Severity::Ok && ended > 0 {
        Finding::warn(NAME, format!("{}; {ended} of {} in it have expired", finding.detail, ends.len()))
    } else {
        finding
    };
    hinted(finding, &replace(&file.path))
}

fn replace(path: &Path) -> String {
    format!("replace the certificate in {}; it is read at the next start or reload", shown_path(path))
}

fn hinted(finding: Finding, hint: &str) -> Finding {
    if finding.severity == Severity::Ok { finding } else { finding.hint(hint) }
}

fn of_end(what: &str, ends_at: Timestamp, now: Timestamp) -> Finding {
    let day = ends_at.to_string();
    let day = day.get(..10).unwrap_or(&day);
    let days = |seconds: u64| count(usize::try_from(seconds / DAY_SECONDS).unwrap_or(usize::MAX), "day");
    let left = ends_at.since(now).as_secs();
    if ends_at <= now {
        let ago = days(now.since(ends_at).as_secs());
        return Finding::fail(NAME, format!("{what}: expired on {day}, {ago} ago"));
    }
    let detail = format!("{what}: {} left, until {day}", days(left));
    if left < SOON_DAYS * DAY_SECONDS { Finding::warn(NAME, detail) } else { Finding::ok(NAME, detail) }
}
