//! Variants of the signed content: other parts, another time, another URL.

use std::borrow::Cow;
use std::collections::HashSet;
use std::iter;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderName;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::cause::{Cause, Change};
use super::hints::{Hint, Hints};
use super::shape;
use crate::clock::Timestamp;
use crate::signature::Received;
use crate::signature::facts::template;
use crate::signature::facts::{BODY, TIME_BODY, TIME_COLON_BODY, URL_BODY, V0_TIME_BODY};
use crate::signature::message::{feed, path_of};
use crate::signature::registry::schemes;
use crate::signature::schemes::twilio::{with_port, without_port};
use crate::signature::verify::spellings;
use crate::signature::{ContentPart, Message, Scheme, SchemeFacts, TimeForm};

/// The detail of a content that no listed scheme signs.
const RELAYS: &str = "some relays do";

/// The most query pairs that are tried in every order.
const MOST_ORDERED: usize = 5;
/// The most values of a duplicate header that are tried.
const MOST_DOUBLED: usize = 4;

/// Content that may have been signed instead of what the scheme says, and the changes that lead to it.
#[derive(Clone, Debug)]
pub(super) struct ContentVariant {
    pub changes: Vec<Change>,
    /// The parts, if they are not the scheme's own.
    pub parts: Option<Vec<ContentPart>>,
    pub method: String,
    pub url: String,
    pub id: String,
    pub time: String,
    pub context: String,
    /// The hash that replaces the body.
    pub digest: Option<BodyDigest>,
    /// The headers of id and time, if they are not the scheme's own.
    pub moved: [Option<HeaderName>; 2],
    /// Whether it rarely matches, as many variants do.
    pub rare: bool,
    /// Whether it is tried without other changes, because there are many such variants.
    pub alone: bool,
}

impl ContentVariant {
    fn of(message: &Message<'_>) -> Self {
        Self {
            changes: Vec::new(),
            parts: None,
            method: message.method.to_owned(),
            url: message.url.to_owned(),
            id: message.id.to_owned(),
            time: message.time.to_owned(),
            context: message.context.to_owned(),
            digest: None,
            moved: [None, None],
            rare: false,
            alone: false,
        }
    }

    fn because(&self, cause: Cause) -> Self {
        Self { changes: vec![cause.into()], ..self.clone() }
    }

    fn detailed(&self, cause: Cause, detail: String) -> Self {
        Self { changes: vec![Change::new(cause, detail)], ..self.clone() }
    }

    /// Passes the signed content with `body` to `sink`.
    pub(super) fn feed(&self, scheme: &dyn Scheme, body: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let digest = self.digest.map(|digest| digest.of(body));
        let body = digest.as_deref().map_or(body, str::as_bytes);
        let message = Message {
            method: &self.method,
            url: &self.url,
            id: &self.id,
            time: &self.time,
            body,
            context: &self.context,
        };
        match &self.parts {
            Some(parts) => feed(parts, &message, sink),
            None => scheme.feed(&message, sink),
        }
    }
}

/// How a hash of the body is written in content that signs the hash instead of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyDigest {
    /// SHA-256 in hex.
    Hex,
    /// SHA-256 in base64.
    Base64,
}

impl BodyDigest {
    fn of(self, body: &[u8]) -> String {
        let hash = Sha256::digest(body);
        match self {
            Self::Hex => hex::encode(hash),
            Self::Base64 => BASE64.encode(hash),
        }
    }

    const fn placeholder(self) -> &'static str {
        match self {
            Self::Hex => "{sha256 of the body in hex}",
            Self::Base64 => "{sha256 of the body in base64}",
        }
    }
}

/// The scheme's own content first, then every single change of it.
pub(super) fn variants(
    scheme: &dyn Scheme,
    message: &Message<'_>,
    received: &Received,
    hints: &Hints,
) -> Vec<ContentVariant> {
    let own = ContentVariant::of(message);
    let mut all: Vec<_> = spellings(scheme, message.url)
        .into_iter()
        .map(|url| ContentVariant { url: url.into_owned(), ..own.clone() })
        .collect();
    let facts = scheme.facts();
    if facts.signs(&ContentPart::Time) {
        all.extend(times(&own));
    }
    if facts.signs(&ContentPart::Id) {
        all.extend(id_of_body(&own, message.body));
    }
    if facts.signs(&ContentPart::Url) {
        all.extend(urls(&own));
    }
    if facts.signs(&ContentPart::Method) {
        all.push(ContentVariant { method: own.method.to_lowercase(), ..own.because(Cause::MethodCase) });
        let others = ["POST", "GET", "PUT", "PATCH", "DELETE"].into_iter().filter(|other| *other != own.method);
        all.extend(others.map(|other| ContentVariant {
            method: other.to_owned(),
            ..own.detailed(Cause::Method, format!("it is `{other}`, and `{}` was verified", own.method))
        }));
    }
    if facts.signs(&ContentPart::Url) {
        all.extend(rewritten_urls(&own, received));
    }
    all.extend(doubled(facts, &own, received));
    all.extend(others(scheme, &own));
    all.extend(digests(facts, &own));
    all.extend(paths(facts, &own));
    all.extend(elsewhere(facts, &own, hints));
    if facts.signs(&ContentPart::Time) {
        let near = near_times(&own.time).into_iter();
        all.extend(near.map(|(change, time)| ContentVariant {
            time,
            changes: vec![change],
            rare: true,
            alone: true,
            ..own.clone()
        }));
    }
    all
}

/// The second and further values of a header of time or id.
fn doubled(facts: &SchemeFacts, own: &ContentVariant, received: &Received) -> Vec<ContentVariant> {
    let others = |name: &Option<HeaderName>, used: &str| -> Vec<(String, Change)> {
        let Some(name) = name else { return Vec::new() };
        let values = received.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let others = values.filter(|value| *value != used).take(MOST_DOUBLED);
        others.map(|value| (value.to_owned(), shape::doubled(name.as_str()))).collect()
    };
    let with = |change| ContentVariant { changes: vec![change], ..own.clone() };
    let times =
        others(&facts.time_header, &own.time).into_iter().map(|(time, change)| ContentVariant { time, ..with(change) });
    let ids = others(&facts.id_header, &own.id).into_iter().map(|(id, change)| ContentVariant { id, ..with(change) });
    times.chain(ids).collect()
}

fn times(own: &ContentVariant) -> Vec<ContentVariant> {
    let variant = |(change, time): (Change, String)| ContentVariant { time, changes: vec![change], ..own.clone() };
    other_times(&own.time).into_iter().filter(|(_, time)| *time != own.time).map(variant).collect()
}

/// Other forms of a time that a sender may have signed.
fn other_times(text: &str) -> Vec<(Change, String)> {
    let mut all = Vec::new();
    let in_millis = TimeForm::Seconds.read(text).or_else(|| Timestamp::parse(text));
    let in_seconds = TimeForm::Millis.read(text).or_else(|| Timestamp::parse(text));
    all.extend(in_millis.map(|at| (Cause::TimeMilliseconds.into(), TimeForm::Millis.write(at))));
    all.extend(in_seconds.map(|at| (Cause::TimeSeconds.into(), TimeForm::Seconds.write(at))));
    let is_millis = text.len() > 11;
    let Some(at) = (if is_millis { TimeForm::Millis.read(text) } else { TimeForm::Seconds.read(text) }) else {
        return all;
    };
    let millis = at.to_string();
    let seconds = millis.split_once('.').map_or(millis.as_str(), |(seconds, _)| seconds);
    let iso = |text: String| (Change::new(Cause::TimeIso, format!("it is `{text}`")), text);
    all.extend([
        iso(millis.clone()),
        iso(format!("{seconds}Z")),
        iso(format!("{seconds}+00:00")),
        iso(seconds.to_owned()),
        iso(format!("{seconds}.000000Z")),
    ]);
    let float = |text: String| (Change::new(Cause::TimeFloat, format!("it is `{text}`")), text);
    all.extend([float(format!("{text}.0")), float(format!("{text}.000"))]);
    all
}

/// Times near this one: the clock read twice, and local time.
fn near_times(text: &str) -> Vec<(Change, String)> {
    let is_millis = text.len() > 11;
    let Some(at) = (if is_millis { TimeForm::Millis.read(text) } else { TimeForm::Seconds.read(text) }) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let unit = if is_millis { 1000 } else { 1 };
    let number = if is_millis { at.as_millis() } else { at.as_seconds() };
    let off = |by: i64| (number + by * unit).to_string();
    all.extend([-1, 1].map(|by| (Change::from(Cause::TimeSecondOff), off(by))));
    for quarters in (-56..=56).filter(|quarters| *quarters != 0 && quarters % 2 == 0) {
        let hours = f64::from(quarters) / 4.0;
        all.push((Change::new(Cause::TimeZone, format!("it is {hours:+} h")), off(i64::from(quarters) * 900)));
    }
    all
}

fn id_of_body(own: &ContentVariant, body: &[u8]) -> Option<ContentVariant> {
    /// The `id` of an event, read out of its JSON body without the rest.
    #[derive(Deserialize)]
    struct IdMember {
        id: String,
    }
    let body: IdMember = serde_json::from_slice(body).ok()?;
    Some(ContentVariant { id: body.id, ..own.because(Cause::IdOfBody) })
}

fn urls(own: &ContentVariant) -> Vec<ContentVariant> {
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
        url.filter(|url| *url != own.url).map(|url| ContentVariant { url, ..own.because(cause) })
    };
    changed.into_iter().filter_map(variant).collect()
}

/// URLs as proxies and libraries rewrite them: other escapes, another order of the query, another host.
fn rewritten_urls(own: &ContentVariant, received: &Received) -> Vec<ContentVariant> {
    let url = own.url.as_str();
    let mut known = HashSet::from([own.url.clone()]);
    let mut all = Vec::new();
    let mut add = |changes: &[Cause], url: String| {
        if known.insert(url.clone()) {
            let changes = changes.iter().copied().map(Change::from).collect();
            all.push(ContentVariant { url, changes, rare: true, alone: true, ..own.clone() });
        }
    };
    for forwarded in forwarded_urls(url, received) {
        for url in [Some(forwarded.clone()), with_port(&forwarded), without_port(&forwarded)].into_iter().flatten() {
            add(&[Cause::UrlForwarded], url);
        }
    }
    for other in [without_port(url), with_port(url)].into_iter().flatten() {
        let swapped = other_scheme(&other);
        add(&[Cause::UrlScheme, Cause::UrlPort], swapped.clone());
        // An explicit port is not the default of the other scheme.
        for other in
            [without_port(&swapped), without_port(&swapped).and_then(|url| with_port(&url))].into_iter().flatten()
        {
            add(&[Cause::UrlScheme, Cause::UrlPort], other);
        }
    }
    for other in other_escapes(url) {
        add(&[Cause::UrlEscapes], other);
    }
    for ordered in other_orders(url) {
        add(&[Cause::UrlQueryOrder], ordered.clone());
        for other in other_escapes(&ordered) {
            add(&[Cause::UrlQueryOrder, Cause::UrlEscapes], other);
        }
    }
    all
}

fn other_scheme(url: &str) -> String {
    match url.strip_prefix("https://") {
        Some(rest) => format!("http://{rest}"),
        None => url.replacen("http://", "https://", 1),
    }
}

/// The URL with host, scheme, port and prefix from proxy headers.
fn forwarded_urls(url: &str, received: &Received) -> Vec<String> {
    let header = |name: &str| {
        let value = received.headers.get(name)?.to_str().ok()?;
        value.split(',').next().map(|first| first.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let forwarded = header("forwarded").unwrap_or_default();
    let part = |name: &str| {
        let parts = forwarded.split(';').filter_map(|part| part.trim().split_once('='));
        parts
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim_matches('"').to_owned())
            .next()
    };
    let host = header("x-forwarded-host").or_else(|| header("x-original-host")).or_else(|| part("host"));
    let own_host = url.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest).to_owned());
    let scheme = header("x-forwarded-proto").or_else(|| header("x-forwarded-scheme")).or_else(|| part("proto"));
    if host.is_none() && scheme.is_none() && header("x-forwarded-port").is_none() {
        return Vec::new();
    }
    let Some(host) = host.or_else(|| header("host")).or(own_host) else { return Vec::new() };
    let path = path_of(url).unwrap_or("/");
    let prefix = header("x-forwarded-prefix").unwrap_or_default();
    let port = header("x-forwarded-port").map(|port| format!(":{port}")).unwrap_or_default();
    let schemes = scheme.map_or_else(|| vec!["https".to_owned(), "http".to_owned()], |scheme| vec![scheme]);
    let paths =
        [Some(path.to_owned()), Some(format!("{prefix}{path}")), header("x-original-uri"), header("x-original-url")];
    let mut all = Vec::new();
    for scheme in schemes {
        for path in paths.iter().flatten().filter(|path| path.starts_with('/')) {
            all.push(format!("{scheme}://{host}{path}"));
            all.push(format!("{scheme}://{host}{port}{path}"));
        }
    }
    all
}

/// A URL with other escapes.
fn other_escapes(url: &str) -> Vec<String> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Cow::into_owned);
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let with =
        |path: &str, query: Option<String>| query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let own_query = || query.map(str::to_owned);
    let pairs = || query.map(|query| form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>());
    let encoded = |set: &'static AsciiSet, space: &str| {
        let text = |text: &str| utf8_percent_encode(text, set).to_string().replace("%20", space);
        pairs().map(|pairs| {
            pairs.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect::<Vec<_>>().join("&")
        })
    };
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    const COMPONENT: &AsciiSet = &PLAIN.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
    vec![
        url.replace("%20", "+"),
        url.replace('+', "%20"),
        url.replace('\'', "%27"),
        url.replace("%27", "'"),
        decode(url),
        decode(&url.replace('+', " ")),
        with(&decode(path), own_query()),
        with(path, query.map(|query| decode(&query.replace('+', " ")))),
        with(path, query.map(decode)),
        with(path, encoded(PLAIN, "%20")),
        with(path, encoded(PLAIN, "+")),
        with(path, encoded(COMPONENT, "%20")),
        with(path, encoded(COMPONENT, "+")),
        with(path, query.map(lower_escapes)),
        lower_escapes(url),
    ]
}

/// Percent escapes with lower-case digits.
fn lower_escapes(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut made = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        made.extend(["%", &digits.to_ascii_lowercase(), rest]);
    }
    made
}

/// A URL with its query in every other order; with more than five pairs, only sorted and reversed.
fn other_orders(url: &str) -> Vec<String> {
    let Some((path, query)) = url.split_once('?') else { return Vec::new() };
    let pairs: Vec<_> = query.split('&').collect();
    let write = |pairs: &[&str]| format!("{path}?{}", pairs.join("&"));
    if pairs.len() > MOST_ORDERED {
        let (mut sorted, mut reversed) = (pairs.clone(), pairs);
        sorted.sort_unstable();
        reversed.reverse();
        return vec![write(&sorted), write(&reversed)];
    }
    let mut orders: Vec<Vec<&str>> = vec![Vec::new()];
    for pair in pairs {
        let grown = orders.iter().flat_map(|order| {
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, pair);
                longer
            })
        });
        orders = grown.collect();
    }
    orders.iter().map(|order| write(order)).collect()
}

/// Contents with a hash instead of the body.
fn digests(facts: &SchemeFacts, own: &ContentVariant) -> Vec<ContentVariant> {
    use ContentPart::{Body, Id, Method, Time, Url};
    let mut templates = vec![facts.signed.to_vec(), BODY.to_vec(), V0_TIME_BODY.to_vec()];
    for separator in [".", ":", "\n", ""] {
        templates.push(joined(separator, &[Time, Body]));
        templates.push(joined(separator, &[Id, Time, Body]));
        templates.push(joined(separator, &[Method, Url, Body]));
        templates.push(joined(separator, &[Method, Url, Time, Body]));
        templates.push(joined(separator, &[Time, Method, Url, Body]));
    }
    let path = path_of(&own.url).map(str::to_owned);
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for parts in templates.into_iter().filter(|parts| usable(parts, own)) {
        let urls =
            if parts.contains(&Url) { vec![Some(own.url.clone()), path.clone()] } else { vec![Some(own.url.clone())] };
        for url in urls.into_iter().flatten() {
            for digest in [BodyDigest::Hex, BodyDigest::Base64] {
                let detail = format!("it signs {}", shown(&parts).replace("{body}", digest.placeholder()));
                if known.insert((url.clone(), parts.clone(), digest.placeholder())) {
                    let variant = own.detailed(Cause::OtherContent, detail);
                    all.push(ContentVariant {
                        url: url.clone(),
                        digest: Some(digest),
                        parts: Some(parts.clone()),
                        rare: true,
                        ..variant
                    });
                }
            }
        }
    }
    all
}

fn text(text: &'static str) -> ContentPart {
    ContentPart::Literal(Cow::Borrowed(text))
}

/// `parts` with `separator` between them.
fn joined(separator: &'static str, parts: &[ContentPart]) -> Vec<ContentPart> {
    let mut all = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        if !all.is_empty() && !separator.is_empty() {
            all.push(text(separator));
        }
        all.push(part.clone());
    }
    all
}

/// Contents of no listed scheme that were seen in practice.
fn seen() -> Vec<Vec<ContentPart>> {
    use ContentPart::{Body, Id, Time};
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
        joined("", &[Id, Body]),
        joined("", &[Body, Id, Time]),
        [joined("\n", &[Time, Id, Body]), vec![text("\n")]].concat(),
        [joined("\n", &[Time, Body]), vec![text("\n")]].concat(),
    ]);
    all
}

/// Contents with the method, or with the path instead of the URL.
fn paths(facts: &SchemeFacts, own: &ContentVariant) -> Vec<ContentVariant> {
    use ContentPart::{Body, Method, Time, Url};
    if own.url.is_empty() {
        return Vec::new();
    }
    let path = path_of(&own.url).unwrap_or(&own.url);
    let without_query = path.split_once('?').map_or(path, |(path, _)| path);
    let mut known = HashSet::from([(own.url.as_str(), facts.signed.to_vec()), (own.url.as_str(), URL_BODY.to_vec())]);
    let alone = Change::new(Cause::OtherContent, "it signs {url}, and not the body".to_owned());
    let mut all = vec![ContentVariant { changes: vec![alone], parts: Some(vec![Url]), ..own.clone() }];
    for url in [own.url.as_str(), path, without_query] {
        for parts in [
            joined("", &[Url, Body]),
            joined("", &[Method, Url, Body]),
            joined("\n", &[Method, Url, Body]),
            joined("", &[Method, Url, Time, Body]),
            joined("\n", &[Method, Url, Time, Body]),
            joined("", &[Time, Method, Url, Body]),
            joined("", &[Method, Url, Body, Time]),
            joined("\n", &[Time, Method, Url, Body]),
            joined(".", &[Time, Method, Url, Body]),
            joined("", &[Method, Body]),
            joined("", &[Body, Url]),
        ] {
            let word = if url == own.url { "{url}" } else { "{path}" };
            let detail = format!("it signs {}", shown(&parts).replace("{url}", word));
            let change = Change::new(Cause::OtherContent, detail);
            if usable(&parts, own) && known.insert((url, parts.clone())) {
                let (url, parts) = (url.to_owned(), Some(parts));
                all.push(ContentVariant { changes: vec![change], url, parts, rare: true, ..own.clone() });
            }
        }
    }
    all
}

/// Contents with a time or id from a header that the scheme does not read.
fn elsewhere(facts: &SchemeFacts, own: &ContentVariant, hints: &Hints) -> Vec<ContentVariant> {
    let times = || iter::once(None).chain(hints.times.iter().map(Some));
    let ids = || iter::once(None).chain(hints.ids.iter().map(Some));
    let mut templates = vec![facts.signed.to_vec(), V0_TIME_BODY.to_vec()];
    templates.extend(seen());
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for hint in hints.times.iter().filter(|_| !own.url.is_empty()) {
        all.extend(paths_with_time(own, hint));
    }
    for hint in &hints.times {
        all.extend(digests_with_time(own, hint));
    }
    for (id, time) in ids().flat_map(|id| times().map(move |time| (id, time))) {
        let value = |hint: Option<&Hint>, own: &str| hint.map_or(own.to_owned(), |hint| hint.value.clone());
        let headers = [id, time].map(|hint| hint.map(|hint| hint.header.clone()));
        let (id_value, time_value) = (value(id, &own.id), value(time, &own.time));
        let moved = ContentVariant { id: id_value, time: time_value, moved: headers, rare: true, ..own.clone() };
        for parts in &templates {
            let foreign = (id.is_none() || parts.contains(&ContentPart::Id))
                && (time.is_none() || parts.contains(&ContentPart::Time));
            let new = (moved.id != own.id || moved.time != own.time) && usable(parts, &moved);
            if foreign && new && known.insert((moved.id.clone(), moved.time.clone(), parts.clone())) {
                let change = found_elsewhere(facts, parts, id, time);
                let found =
                    ContentVariant { changes: vec![change.clone()], parts: Some(parts.clone()), ..moved.clone() };
                if time.is_some() && id.is_none() {
                    let texts = other_times(&moved.time).into_iter().filter(|(_, text)| *text != moved.time);
                    let with =
                        |(more, time)| ContentVariant { changes: vec![change.clone(), more], time, ..found.clone() };
                    all.extend(texts.map(with));
                }
                all.push(found);
            }
        }
    }
    all
}

/// Contents with a time from a header that the scheme does not read, method and path.
fn paths_with_time(own: &ContentVariant, hint: &Hint) -> Vec<ContentVariant> {
    use ContentPart::{Body, Method, Time, Url};
    let path = path_of(&own.url).unwrap_or(&own.url);
    let without_query = path.split_once('?').map_or(path, |(path, _)| path);
    let mut all = Vec::new();
    for url in [own.url.as_str(), path, without_query] {
        let word = if url == own.url { "{url}" } else { "{path}" };
        for separator in ["", ".", ":", "\n", "|"] {
            for parts in [
                vec![Time, Method, Url, Body],
                vec![Method, Url, Time, Body],
                vec![Time, Url, Body],
                vec![Url, Time, Body],
                vec![Method, Url, Body, Time],
            ] {
                let parts = joined(separator, &parts);
                let detail =
                    format!("it signs {}, with the time of `{}`", shown(&parts).replace("{url}", word), hint.header);
                let found = own.detailed(Cause::OtherContent, detail);
                let moved = [None, Some(hint.header.clone())];
                all.push(ContentVariant {
                    url: url.to_owned(),
                    time: hint.value.clone(),
                    parts: Some(parts),
                    moved,
                    rare: true,
                    ..found
                });
            }
        }
    }
    all
}

/// Contents with a time from a header that the scheme does not read, and a hash instead of the body.
fn digests_with_time(own: &ContentVariant, hint: &Hint) -> Vec<ContentVariant> {
    let mut all = Vec::new();
    for parts in [".", ":", "\n", ""].map(|separator| joined(separator, &[ContentPart::Time, ContentPart::Body])) {
        for digest in [BodyDigest::Hex, BodyDigest::Base64] {
            let template = shown(&parts).replace("{body}", digest.placeholder());
            let detail = format!("it signs {template}, with the time of `{}`", hint.header);
            let found = own.detailed(Cause::OtherContent, detail);
            let moved = [None, Some(hint.header.clone())];
            let (parts, digest) = (Some(parts.clone()), Some(digest));
            all.push(ContentVariant {
                time: hint.value.clone(),
                parts,
                digest,
                moved,
                rare: true,
                alone: true,
                ..found
            });
        }
    }
    all
}

fn found_elsewhere(facts: &SchemeFacts, parts: &[ContentPart], id: Option<&Hint>, time: Option<&Hint>) -> Change {
    let of = |word: &str, hint: Option<&Hint>| hint.map(|hint| format!("the {word} of `{}`", hint.header));
    let names: Vec<_> = [of("id", id), of("time", time)].into_iter().flatten().collect();
    let names = names.join(" and ");
    if *facts.signed == *parts {
        return Change::new(Cause::OtherPart, format!("it is {names}"));
    }
    Change::new(Cause::OtherContent, format!("it signs {}, with {names}", shown(parts)))
}

/// Parts as a template in one line.
fn shown(parts: &[ContentPart]) -> String {
    template(parts).replace('\n', "\\n")
}

fn others(scheme: &dyn Scheme, own: &ContentVariant) -> Vec<ContentVariant> {
    let facts = scheme.facts();
    let mut known: HashSet<Vec<ContentPart>> = HashSet::from([facts.signed.to_vec()]);
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
            all.push(ContentVariant { changes, parts: Some(parts), ..own.clone() });
        }
    }
    all
}

/// The schemes that sign these parts, in words.
fn owner(parts: &[ContentPart]) -> String {
    let known = schemes().map(|scheme| scheme.facts()).find(|facts| *facts.signed == *parts);
    known.map_or_else(|| RELAYS.to_owned(), does)
}

fn does(facts: &SchemeFacts) -> String {
    format!("{} does", facts.title)
}

/// Whether the request has every part; otherwise two contents would be equal.
fn usable(parts: &[ContentPart], own: &ContentVariant) -> bool {
    parts.iter().all(|part| match part {
        ContentPart::Id => !own.id.is_empty(),
        ContentPart::Time => !own.time.is_empty(),
        ContentPart::Url | ContentPart::Path | ContentPart::Query(_) | ContentPart::Form => !own.url.is_empty(),
        ContentPart::Context(_) => !own.context.is_empty(),
        ContentPart::Literal(_) | ContentPart::Method | ContentPart::Body | ContentPart::BodyCrc32 => true,
    })
}
