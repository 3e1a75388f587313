//! The endpoints: those of the strongest file that names any, then the URLs of the environment.

use super::endpoint_keys::{ENDPOINT_KEYS, EndpointDraft};
use super::environment::Environment;
use super::file::{Entry, ParsedFile};
use super::loader::Loader;
use super::origin::Sourced;
use super::origin::{Origin, Setting};
use super::problem::Problem;
use super::values::DeliverySection;
use crate::endpoint::{ConfiguredEndpoint, EndpointUrl};
use crate::format::shorten;
use crate::untrusted::Untrusted;

/// The variables that name endpoints by their URLs, strongest first.
const URLS: [&str; 3] = ["SYNCCTL_WEBHOOK_URLS", "SYNCCTL_SYNC_WEBHOOK_URLS", "SYNC_WEBHOOK_URLS"];

impl Loader {
    /// The endpoints; an invalid one is left out and reported as a problem.
    pub(super) fn endpoints(
        &mut self,
        environment: &Environment,
        files: &[ParsedFile],
        delivery: &DeliverySection,
    ) -> Vec<ConfiguredEndpoint> {
        let mut specs = self.named_endpoints(files, delivery);
        let mut said = self.env_values(environment, &URLS).into_iter();
        if let Some(strongest) = said.next() {
            self.add_urls(&mut specs, &strongest, said.next().map(|it| it.origin).as_ref(), delivery);
        }
        specs
    }

    fn named_endpoints(&mut self, files: &[ParsedFile], delivery: &DeliverySection) -> Vec<ConfiguredEndpoint> {
        let mut specs = Vec::<ConfiguredEndpoint>::new();
        let strongest = files.iter().map(|file| file.list("endpoints")).find(|list| !list.is_empty());
        for (at, entries) in strongest.unwrap_or_default().iter().enumerate() {
            let Some(spec) = self.endpoint(entries, delivery, at) else { continue };
            match spec.name.as_ref().filter(|name| specs.iter().any(|other| other.name.as_ref() == Some(name))) {
                Some(name) => {
                    let text = format!("a second endpoint named `{name}`");
                    self.problems.push(Problem::about("name", &origin_of(entries, "name"), &text));
                }
                None => specs.push(spec),
            }
        }
        specs
    }

    fn endpoint(&mut self, entries: &[Entry], delivery: &DeliverySection, at: usize) -> Option<ConfiguredEndpoint> {
        let draft =
            self.list_item(EndpointDraft::new(delivery), ENDPOINT_KEYS, entries, &format!("endpoints[{at}]"))?;
        draft
            .finish()
            .map_err(|reason| self.problems.push(Problem::about("endpoints", &origin_of(entries, ""), &reason)))
            .ok()
    }

    fn add_urls(
        &mut self,
        specs: &mut Vec<ConfiguredEndpoint>,
        said: &Sourced,
        hides: Option<&Origin>,
        delivery: &DeliverySection,
    ) {
        let given = said.text.split(',').map(str::trim).filter(|text| !text.is_empty());
        for (number, text) in given.enumerate() {
            let settings = EndpointDraft::new(delivery).settings;
            let url = EndpointUrl::parse(text).map_err(|invalid| invalid.to_string());
            match url.and_then(|url| settings.check_for(&url).map(|()| url)) {
                Ok(url) if specs.iter().any(|spec| spec.url == url) => {}
                Ok(url) => {
                    self.settings.push(Setting {
                        key: format!("endpoints[{}].url", specs.len()),
                        value: url.to_string(),
                        origin: said.origin.clone(),
                        hides: hides.cloned(),
                    });
                    specs.push(ConfiguredEndpoint { settings, ..ConfiguredEndpoint::of_url(url) });
                }
                Err(invalid) => {
                    let text = format!("URL number {} ({}): {invalid}", number + 1, without_userinfo(text));
                    self.problems.push(Problem::about("SYNC_WEBHOOK_URLS", &said.origin, &text));
                }
            }
        }
    }
}

/// The line of a key in a table, or of the table's first key if it is missing.
pub(super) fn origin_of(entries: &[Entry], key: &str) -> Origin {
    let entry = entries.iter().find(|entry| entry.key == key).or(entries.first());
    entry.map_or(Origin::Default, |entry| entry.origin.clone())
}

/// A URL, maybe an invalid one, without user name and password.
fn without_userinfo(url: &str) -> String {
    let shown = match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &url[..scheme], &url[at..]),
        (None, Some(at)) => format!("…{}", &url[at..]),
        _ => url.to_owned(),
    };
    shorten(&Untrusted(&shown).to_string(), 80)
}
