//! Matches configured endpoints to stored ones. The same rule serves every change of the endpoints and every preview.
//!
//! A spec with a name matches the stored endpoint of that name, one without a name the one of its URL, currently configured
//! endpoints first. A new name adopts the one endpoint of its URL that no other spec matches, with its waiting deliveries, so
//! that endpoints can be named and renamed. Any other spec is a new endpoint.

use super::{ConfiguredEndpoint, Endpoint, EndpointId, EndpointSettings, EndpointUrl, PausedBy};

/// A configured endpoint, and the stored one that it was matched to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedEndpoint {
    /// The stored endpoint; `None` if it is new.
    pub id: Option<EndpointId>,
    /// Its name. An adopted endpoint is still stored under another name.
    pub name: String,
    /// Where it is.
    pub url: EndpointUrl,
    /// Whether its stored URL differs, so that the state of its circuit does not apply any more.
    pub moved: bool,
    /// Its settings in the configuration.
    pub settings: EndpointSettings,
    /// Who pauses it, if anybody does.
    pub paused_by: Option<PausedBy>,
}

impl ResolvedEndpoint {
    fn unchanged(stored: &Endpoint) -> Self {
        Self {
            id: Some(stored.id),
            name: stored.name.clone(),
            url: stored.url.clone(),
            moved: false,
            settings: stored.settings.clone(),
            paused_by: stored.paused_by,
        }
    }
}

/// The configured endpoints once `specs` is the configuration, in their order.
///
/// Without specs, the configured ones stay as they are. Stored endpoints that are not in the result are no longer configured.
pub fn resolve(specs: &[ConfiguredEndpoint], stored: &[Endpoint]) -> Vec<ResolvedEndpoint> {
    if specs.is_empty() {
        return stored.iter().filter(|it| it.configured).map(ResolvedEndpoint::unchanged).collect();
    }
    let matches = find_stored(specs, stored);
    let mut taken: Vec<String> = stored.iter().map(|it| it.name.clone()).collect();
    taken.extend(specs.iter().filter_map(|spec| spec.name.clone()));
    let mut resolved = Vec::with_capacity(specs.len());
    for (spec, found) in specs.iter().zip(matches) {
        let name = match (&spec.name, found) {
            (Some(name), _) => name.clone(),
            (None, Some(found)) => found.name.clone(),
            (None, None) => free_name(&spec.url.default_name(), &taken),
        };
        taken.push(name.clone());
        resolved.push(ResolvedEndpoint {
            id: found.map(|it| it.id),
            name,
            url: spec.url.clone(),
            moved: found.is_some_and(|it| it.url != spec.url),
            settings: spec.settings.clone(),
            paused_by: paused_by(spec, found),
        });
    }
    resolved
}

/// The stored endpoint of each spec; none is matched twice.
fn find_stored<'a>(specs: &[ConfiguredEndpoint], stored: &'a [Endpoint]) -> Vec<Option<&'a Endpoint>> {
    let mut found: Vec<Option<&Endpoint>> = specs.iter().map(|spec| by_name(spec, stored)).collect();
    for (at, spec) in specs.iter().enumerate().filter(|(_, spec)| spec.name.is_none()) {
        found[at] = free(spec, stored, &found).min_by_key(|it| (!it.configured, it.id));
    }
    for (at, spec) in specs.iter().enumerate().filter(|(_, spec)| spec.name.is_some()) {
        found[at] = found[at].or_else(|| adopted(spec, stored, &found));
    }
    found
}

fn by_name<'a>(spec: &ConfiguredEndpoint, stored: &'a [Endpoint]) -> Option<&'a Endpoint> {
    let name = spec.name.as_ref()?;
    stored.iter().find(|it| it.name == *name)
}

/// The endpoints with a spec's URL that no spec matches yet.
fn free<'a>(
    spec: &ConfiguredEndpoint,
    stored: &'a [Endpoint],
    found: &[Option<&'a Endpoint>],
) -> impl Iterator<Item = &'a Endpoint> + use<'a> {
    let taken: Vec<EndpointId> = found.iter().flatten().map(|it| it.id).collect();
    let url = spec.url.clone();
    stored.iter().filter(move |it| it.url == url && !taken.contains(&it.id))
}

/// The only endpoint that a spec with a new name can match.
fn adopted<'a>(
    spec: &ConfiguredEndpoint,
    stored: &'a [Endpoint],
    found: &[Option<&'a Endpoint>],
) -> Option<&'a Endpoint> {
    let candidates: Vec<&Endpoint> = free(spec, stored, found).collect();
    let configured: Vec<&Endpoint> = candidates.iter().copied().filter(|it| it.configured).collect();
    match (&candidates[..], &configured[..]) {
        ([one], _) | (_, [one]) => Some(one),
        _ => None,
    }
}

/// Who pauses the endpoint. Pauses by an operator or by a 410 persist; a pause by the configuration does not.
fn paused_by(spec: &ConfiguredEndpoint, found: Option<&Endpoint>) -> Option<PausedBy> {
    match found.and_then(|it| it.paused_by) {
        None | Some(PausedBy::Configuration) => spec.paused.then_some(PausedBy::Configuration),
        by => by,
    }
}

/// The wanted name, or with `-2`, `-3` if it is taken.
fn free_name(wanted: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|n| format!("{wanted}-{n}"));
    let mut candidates = std::iter::once(wanted.to_owned()).chain(numbered);
    candidates.find(|name| !taken.contains(name)).expect("one of endlessly many names is free")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::delivery::CircuitState;

    fn stored(id: i64, name: &str, url: &str) -> Endpoint {
        Endpoint {
            id: EndpointId(id),
            name: name.to_owned(),
            url: EndpointUrl::parse(url).expect("a URL"),
            settings: EndpointSettings::default(),
            configured: true,
            paused_by: None,
            circuit: CircuitState::default(),
            rate_used_until: super::super::UsedUntil::default(),
            resumed_at: Timestamp::from_millis(0),
            last_success_at: None,
            last_failure_at: None,
        }
    }

    fn spec(name: Option<&str>, url: &str) -> ConfiguredEndpoint {
        ConfiguredEndpoint {
            name: name.map(str::to_owned),
            ..ConfiguredEndpoint::of_url(EndpointUrl::parse(url).expect("a URL"))
        }
    }

    fn ids(specs: &[ConfiguredEndpoint], all: &[Endpoint]) -> Vec<(Option<i64>, String)> {
        resolve(specs, all).into_iter().map(|it| (it.id.map(|id| id.0), it.name)).collect()
    }

    fn is(id: i64, name: &str) -> (Option<i64>, String) {
        (Some(id), name.to_owned())
    }

    const A: &str = "http://a/";
    const B: &str = "http://b/";

    #[test]
    fn names_come_before_urls_and_a_new_name_adopts_the_one_endpoint_of_its_url() {
        let all = [stored(1, "a", A), stored(2, "b", B)];
        assert_eq!(ids(&[spec(Some("a"), B)], &all), [is(1, "a")]);
        assert!(resolve(&[spec(Some("a"), B)], &all)[0].moved);
        assert_eq!(ids(&[spec(None, B)], &all), [is(2, "b")]);
        assert_eq!(ids(&[spec(Some("new"), A)], &all), [is(1, "new")]);
        assert_eq!(ids(&[spec(Some("new"), "http://c/")], &all), [(None, "new".to_owned())]);
    }

    #[test]
    fn no_endpoint_is_found_twice() {
        let all = [stored(1, "a", A)];
        // `a` moves to another URL, and its old URL is configured besides: that one is new.
        assert_eq!(ids(&[spec(None, A), spec(Some("a"), B)], &all), [(None, "a-2".to_owned()), is(1, "a")]);
        // Two new names for one URL: neither can adopt the old endpoint.
        assert_eq!(ids(&[spec(Some("x"), A), spec(Some("y"), A)], &all), [is(1, "x"), (None, "y".to_owned())]);
    }

    #[test]
    fn which_of_two_former_endpoints_a_new_name_means_is_not_guessed() {
        let mut all = [stored(1, "a", A), stored(2, "b", A)];
        assert_eq!(ids(&[spec(Some("x"), A)], &all), [(None, "x".to_owned())]);
        all[0].configured = false;
        assert_eq!(ids(&[spec(Some("x"), A)], &all), [is(2, "x")]);
        assert_eq!(ids(&[spec(None, A)], &all), [is(2, "b")]);
    }

    #[test]
    fn default_names_avoid_those_that_are_stored_or_named_further_on() {
        let all = [stored(1, "h", A)];
        let specs = [spec(None, "http://h/1"), spec(None, "http://h/2"), spec(Some("h-2"), B), spec(None, A)];
        let names: Vec<String> = resolve(&specs, &all).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["h-3", "h-4", "h-2", "h"]);
    }

    #[test]
    fn a_pause_of_the_configuration_ends_with_it_and_others_do_not() {
        let mut all = [stored(1, "a", A)];
        let paused = |all: &[Endpoint], paused| {
            resolve(&[ConfiguredEndpoint { paused, ..spec(Some("a"), A) }], all)[0].paused_by
        };
        assert_eq!(paused(&all, true), Some(PausedBy::Configuration));
        for (by, after) in [
            (PausedBy::Configuration, None),
            (PausedBy::Operator, Some(PausedBy::Operator)),
            (PausedBy::Gone, Some(PausedBy::Gone)),
        ] {
            all[0].paused_by = Some(by);
            assert_eq!(paused(&all, false), after);
        }
    }

    #[test]
    fn without_specs_the_configured_endpoints_stay_as_they_are() {
        let mut all = [stored(1, "a", A), stored(2, "b", B)];
        all[0].configured = false;
        all[1].paused_by = Some(PausedBy::Operator);
        assert_eq!(resolve(&[], &all), [ResolvedEndpoint::unchanged(&all[1])]);
    }
}
