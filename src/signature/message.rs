//! The parts of a request, and the signed content built from them.

use url::form_urlencoded;

use super::facts::ContentPart;

/// The parts of a request from which the signed content is built.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The method, `POST` for nearly every webhook.
    pub method: &'a str,
    /// The URL it is sent to, for the schemes that sign it.
    pub url: &'a str,
    /// The message id; empty in schemes without one.
    pub id: &'a str,
    /// The time as it is written in the request.
    pub time: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// A part that only one scheme uses; empty in all others.
    pub context: &'a str,
}

/// Whether an id can be signed without ambiguity.
pub fn is_id(id: &str) -> bool {
    (1..=256).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'.')
}

/// Passes the bytes of `parts` to `sink`.
pub(crate) fn feed(parts: &[ContentPart], message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
    for part in parts {
        match part {
            ContentPart::Literal(text) => sink(text.as_bytes()),
            ContentPart::Method => sink(message.method.as_bytes()),
            ContentPart::Url => sink(message.url.as_bytes()),
            ContentPart::Path => sink(path_of(message.url).unwrap_or("/").as_bytes()),
            ContentPart::Query(name) => sink(query_value(message.url, name).as_bytes()),
            ContentPart::Id => sink(message.id.as_bytes()),
            ContentPart::Time => sink(message.time.as_bytes()),
            ContentPart::Body => sink(message.body),
            ContentPart::Form => sink(sorted_form(message.body).as_bytes()),
            ContentPart::BodyCrc32 => sink(crc32fast::hash(message.body).to_string().as_bytes()),
            ContentPart::Context(_) => sink(message.context.as_bytes()),
        }
    }
}

/// The path and query of a URL.
pub(crate) fn path_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = &rest[rest.find('/')?..];
    Some(path.split_once('#').map_or(path, |(path, _)| path))
}

/// The first value of a query parameter; empty if there is none.
pub(super) fn query_value(url: &str, name: &str) -> String {
    let query = url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or(query));
    let value = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    value.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Names sorted, each followed by its values, sorted and without repetition, all joined without separators.
fn sorted_form(body: &[u8]) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(body).collect();
    pairs.sort();
    pairs.dedup();
    pairs.into_iter().flat_map(|(name, value)| [name, value]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sorted_by_name_and_value_and_repetitions_count_once() {
        assert_eq!(sorted_form(b"b=2&a=z&a=y&a=z&c=x+y%21"), "ayazb2cx y!");
    }
}
