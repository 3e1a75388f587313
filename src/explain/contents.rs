//! The other contents that may have been signed: other parts, another time, another address.

use std::borrow::Cow;
use std::collections::HashSet;
use std::iter;

use http::HeaderName;
use serde::Deserialize;

use super::cause::{Cause, Change};
use super::hints::{Hint, Hints};
use super::shape;
use crate::clock::Timestamp;
use crate::signature::Received;
use crate::signature::facts::template;
use crate::signature::facts::{BODY, TIME_BODY, TIME_COLON_BODY, URL_BODY, V0_TIME_BODY};
use crate::signature::message::feed;
use crate::signature::registry::schemes;
use crate::signature::twilio::{with_port, without_port};
use crate::signature::verify::spellings;
use crate::signature::{Facts, Message, Part, Scheme, TimeForm};

/// Who signs what no scheme of the table does.
const RELAYS: &str = "some relays do";

/// More values of one header than these are not looked at.
const MOST_DOUBLED: usize = 4;

/// A content to try: which parts, and what they hold.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub changes: Vec<Change>,
    /// The parts, where they are not the scheme's own.
    pub parts: Option<Vec<Part>>,
    pub method: String,
    pub url: String,
    pub id: String,
    pub time: String,
    /// The headers of id and time, where they are not the scheme's own.
    pub moved: [Option<HeaderName>; 2],
    /// Whether it is one of the many that are seldom right.
    pub rare: bool,
}

impl Variant {
    fn of(message: &Message<'_>) -> Self {
        Self {
            changes: Vec::new(),
            parts: None,
            method: message.method.to_owned(),
            url: message.url.to_owned(),
            id: message.id.to_owned(),
            time: message.time.to_owned(),
            moved: [None, None],
            rare: false,
        }
    }

    fn because(&self, cause: Cause) -> Self {
        Self { changes: vec![cause.into()], ..self.clone() }
    }

    /// Hands the content over `body` to `sink`.
    pub(super) fn feed(&self, scheme: &dyn Scheme, body: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let message = Message { method: &self.method, url: &self.url, id: &self.id, time: &self.time, body };
        match &self.parts {
            Some(parts) => feed(parts, &message, sink),
            None => scheme.feed(&message, sink),
        }
    }
}

/// The scheme's own content first, then every single change of it.
pub(super) fn variants(scheme: &dyn Scheme, message: &Message<'_>, received: &Received, hints: &Hints) -> Vec<Variant> {
    let own = Variant::of(message);
    let mut all: Vec<_> = spellings(scheme, message.url)
        .into_iter()
        .map(|url| Variant { url: url.into_owned(), ..own.clone() })
        .collect();
    let facts = scheme.facts();
    if facts.signs(&Part::Time) {
        all.extend(times(&own));
    }
    if facts.signs(&Part::Id) {
        all.extend(id_of_body(&own, message.body));
    }
    if facts.signs(&Part::Url) {
        all.extend(urls(&own));
    }
    if facts.signs(&Part::Method) {
        all.push(Variant { method: own.method.to_lowercase(), ..own.because(Cause::MethodCase) });
    }
    all.extend(doubled(facts, &own, received));
    all.extend(others(scheme, &own));
    all.extend(paths(facts, &own));
    all.extend(elsewhere(facts, &own, hints));
    all
}

/// The second and further values of a header of time or id.
fn doubled(facts: &Facts, own: &Variant, received: &Received) -> Vec<Variant> {
    let others = |name: &Option<HeaderName>, used: &str| -> Vec<(String, Change)> {
        let Some(name) = name else { return Vec::new() };
        let values = received.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let others = values.filter(|value| *value != used).take(MOST_DOUBLED);
        others.map(|value| (value.to_owned(), shape::doubled(name.as_str()))).collect()
    };
    let with = |change| Variant { changes: vec![change], ..own.clone() };
    let times =
        others(&facts.time_header, &own.time).into_iter().map(|(time, change)| Variant { time, ..with(change) });
    let ids = others(&facts.id_header, &own.id).into_iter().map(|(id, change)| Variant { id, ..with(change) });
    times.chain(ids).collect()
}

fn times(own: &Variant) -> Vec<Variant> {
    let text = own.time.as_str();
    let in_millis = TimeForm::Seconds.read(text).or_else(|| Timestamp::parse(text));
    let in_seconds = TimeForm::Millis.read(text).or_else(|| Timestamp::parse(text));
    let millis = in_millis.map(|at| (Cause::TimeMilliseconds, TimeForm::Millis.write(at)));
    let seconds = in_seconds.map(|at| (Cause::TimeSeconds, TimeForm::Seconds.write(at)));
    let changed = millis.into_iter().chain(seconds);
    changed.map(|(cause, time)| Variant { time, ..own.because(cause) }).collect()
}

fn id_of_body(own: &Variant, body: &[u8]) -> Option<Variant> {
    #[derive(Deserialize)]
    struct Body {
        id: String,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    Some(Variant { id: body.id, ..own.because(Cause::IdOfBody) })
}

fn urls(own: &Variant) -> Vec<Variant> {
    let url = own.url.as_str();
    let (path, query) = url.split_once('?').map_or((url, ""), |(path, query)| (path, query));
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let slash = match path.strip_suffix('/') {
        Some(shorter) => format!("{shorter}{query}"),
        None => format!("{path}/{query}"),
    };
    let scheme = match url.strip_prefix("https://") {
        Some(rest) => format!("http://{rest}"),
        None => url.replacen("http://", "https://", 1),
    };
    let changed = [
        (Cause::UrlScheme, Some(scheme)),
        (Cause::UrlPort, with_port(url)),
        (Cause::UrlPort, without_port(url)),
        (Cause::UrlSlash, Some(slash)),
        (Cause::UrlQuery, Some(path.to_owned())),
        (Cause::UrlPath, path_of(url).map(str::to_owned)),
        (Cause::UrlPath, path_of(path).map(str::to_owned)),
    ];
    let variant = |(cause, url): (Cause, Option<String>)| {
        url.filter(|url| *url != own.url).map(|url| Variant { url, ..own.because(cause) })
    };
    changed.into_iter().filter_map(variant).collect()
}

/// The path and query of a URL.
fn path_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = &rest[rest.find('/')?..];
    Some(path.split_once('#').map_or(path, |(path, _)| path))
}

fn text(text: &'static str) -> Part {
    Part::Literal(Cow::Borrowed(text))
}

/// `parts` with `separator` between them.
fn joined(separator: &'static str, parts: &[Part]) -> Vec<Part> {
    let mut all = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        if !all.is_empty() && !separator.is_empty() {
            all.push(text(separator));
        }
        all.push(part.clone());
    }
    all
}

/// Contents that no scheme of the table has, as they were seen in the field.
fn seen() -> Vec<Vec<Part>> {
    use Part::{Body, Id, Time};
    let separators = [".", ":", ",", "\n", "|", ""];
    let with_time = separators.iter().map(|separator| joined(separator, &[Time, Body]));
    let with_both = separators.iter().map(|separator| joined(separator, &[Id, Time, Body]));
    let mut all: Vec<_> = with_time.chain(with_both).collect();
    all.extend([
        joined(".", &[Id, Body]),
        joined("", &[Body, Time]),
        joined(".", &[Body, Time]),
        joined(".", &[Time, Id, Body]),
        joined(":", &[Time, Id, Body]),
    ]);
    all
}

/// Contents with the method, or with the path in the place of the URL.
fn paths(facts: &Facts, own: &Variant) -> Vec<Variant> {
    use Part::{Body, Method, Time, Url};
    if own.url.is_empty() {
        return Vec::new();
    }
    let path = path_of(&own.url).unwrap_or(&own.url);
    let without_query = path.split_once('?').map_or(path, |(path, _)| path);
    let mut known = HashSet::from([(own.url.as_str(), facts.signed.to_vec()), (own.url.as_str(), URL_BODY.to_vec())]);
    let mut all = Vec::new();
    for url in [own.url.as_str(), path, without_query] {
        for parts in [
            joined("", &[Url, Body]),
            joined("", &[Method, Url, Body]),
            joined("\n", &[Method, Url, Body]),
            joined("", &[Method, Url, Time, Body]),
            joined("\n", &[Method, Url, Time, Body]),
            joined("", &[Time, Method, Url, Body]),
        ] {
            let word = if url == own.url { "{url}" } else { "{path}" };
            let detail = format!("it signs {}", shown(&parts).replace("{url}", word));
            let change = Change::new(Cause::OtherContent, detail);
            if usable(&parts, own) && known.insert((url, parts.clone())) {
                let (url, parts) = (url.to_owned(), Some(parts));
                all.push(Variant { changes: vec![change], url, parts, rare: true, ..own.clone() });
            }
        }
    }
    all
}

/// Contents with a time or an id that stands in a header the scheme does not read.
fn elsewhere(facts: &Facts, own: &Variant, hints: &Hints) -> Vec<Variant> {
    let times = || iter::once(None).chain(hints.times.iter().map(Some));
    let ids = || iter::once(None).chain(hints.ids.iter().map(Some));
    let mut templates = vec![facts.signed.to_vec(), V0_TIME_BODY.to_vec()];
    templates.extend(seen());
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for (id, time) in ids().flat_map(|id| times().map(move |time| (id, time))) {
        let value = |hint: Option<&Hint>, own: &str| hint.map_or(own.to_owned(), |hint| hint.value.clone());
        let headers = [id, time].map(|hint| hint.map(|hint| hint.header.clone()));
        let (id_value, time_value) = (value(id, &own.id), value(time, &own.time));
        let moved = Variant { id: id_value, time: time_value, moved: headers, rare: true, ..own.clone() };
        for parts in &templates {
            let foreign =
                (id.is_none() || parts.contains(&Part::Id)) && (time.is_none() || parts.contains(&Part::Time));
            let new = (moved.id != own.id || moved.time != own.time) && usable(parts, &moved);
            if foreign && new && known.insert((moved.id.clone(), moved.time.clone(), parts.clone())) {
                let changes = vec![found_elsewhere(facts, parts, id, time)];
                all.push(Variant { changes, parts: Some(parts.clone()), ..moved.clone() });
            }
        }
    }
    all
}

fn found_elsewhere(facts: &Facts, parts: &[Part], id: Option<&Hint>, time: Option<&Hint>) -> Change {
    let of = |word: &str, hint: Option<&Hint>| hint.map(|hint| format!("the {word} of `{}`", hint.header));
    let names: Vec<_> = [of("id", id), of("time", time)].into_iter().flatten().collect();
    let names = names.join(" and ");
    if *facts.signed == *parts {
        return Change::new(Cause::OtherPart, format!("it is {names}"));
    }
    Change::new(Cause::OtherContent, format!("it signs {}, with {names}", shown(parts)))
}

/// Parts as a template in one line.
fn shown(parts: &[Part]) -> String {
    template(parts).replace('\n', "\\n")
}

fn others(scheme: &dyn Scheme, own: &Variant) -> Vec<Variant> {
    let facts = scheme.facts();
    let mut known: HashSet<Vec<Part>> = HashSet::from([facts.signed.to_vec()]);
    let listed = [BODY, TIME_BODY, TIME_COLON_BODY, V0_TIME_BODY, URL_BODY]
        .into_iter()
        .map(|parts| (owner(parts), parts.to_vec()))
        .chain(schemes().map(|other| (does(other.facts()), other.facts().signed.to_vec())))
        .chain(seen().into_iter().map(|parts| (RELAYS.to_owned(), parts)));
    let mut all = Vec::new();
    for (owner, parts) in listed {
        let usable = usable(&parts, own);
        if usable && known.insert(parts.clone()) {
            let changes = if parts == BODY {
                vec![Change::from(Cause::BodyAlone)]
            } else {
                vec![Change::new(Cause::OtherContent, format!("it signs {}, as {owner}", shown(&parts)))]
            };
            all.push(Variant { changes, parts: Some(parts), ..own.clone() });
        }
    }
    all
}

/// Who signs these parts.
fn owner(parts: &[Part]) -> String {
    let known = schemes().map(|scheme| scheme.facts()).find(|facts| *facts.signed == *parts);
    known.map_or_else(|| RELAYS.to_owned(), does)
}

fn does(facts: &Facts) -> String {
    format!("{} does", facts.title)
}

/// Whether the request has every part; without them, two contents would be the same.
fn usable(parts: &[Part], own: &Variant) -> bool {
    parts.iter().all(|part| match part {
        Part::Id => !own.id.is_empty(),
        Part::Time => !own.time.is_empty(),
        Part::Url | Part::Form => !own.url.is_empty(),
        Part::Literal(_) | Part::Method | Part::Body => true,
    })
}
