//! The sources of webhooks: those of the strongest file that names any.

use super::endpoints::origin_of;
use super::file::{Entry, ParsedFile};
use super::loader::Loader;
use super::problem::Problem;
use super::source_keys::{ConfiguredSource, SOURCE_KEYS, SourceDraft};

impl Loader {
    /// The sources; an invalid one is left out and reported as a problem.
    pub(super) fn sources(&mut self, files: &[ParsedFile]) -> Vec<ConfiguredSource> {
        let mut specs = Vec::<ConfiguredSource>::new();
        let strongest = files.iter().map(|file| file.list("sources")).find(|list| !list.is_empty());
        for (at, entries) in strongest.unwrap_or_default().iter().enumerate() {
            let read = self.list_item(SourceDraft::default(), SOURCE_KEYS, entries, &format!("sources[{at}]"));
            let Some(spec) = read.map(SourceDraft::finish) else { continue };
            let twice = |spec: &ConfiguredSource| specs.iter().any(|other| other.settings.name == spec.settings.name);
            match spec {
                Ok(spec) if twice(&spec) => self.problems.push(about(entries, "a second source of this name")),
                Ok(spec) => specs.push(spec),
                Err(reason) => self.problems.push(about(entries, &reason)),
            }
        }
        specs
    }
}

fn about(entries: &[Entry], text: &str) -> Problem {
    Problem::about("sources", &origin_of(entries, "name"), text)
}
