//! Places in message brokers, as their URLs name them.

use std::borrow::Cow;
use std::str::FromStr;

use ::url::Url;
use percent_encoding::percent_decode_str;

/// A stream of Redis: `redis://HOST/DB/STREAM?maxlen=N&wait=N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPlace {
    /// The number of the database.
    pub db: u32,
    /// The key of the stream.
    pub stream: String,
    /// About how many entries the stream keeps; all of them if none.
    pub max_length: Option<u64>,
    /// How many replicas have to have an entry before it counts as delivered.
    pub replicas: Option<u32>,
}

impl StreamPlace {
    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let wrong = || "write redis://HOST/DB/STREAM, such as redis://127.0.0.1/0/events".to_owned();
        if url.host_str().is_none_or(str::is_empty) {
            return Err(wrong());
        }
        let [db, stream] = segments(url)?[..] else { return Err(wrong()) };
        let (db, stream) = (db.parse().map_err(|_| wrong())?, decoded(stream)?);
        if stream.is_empty() {
            return Err(wrong());
        }
        let mut place = Self { db, stream, max_length: None, replicas: None };
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "maxlen" => place.max_length = Some(positive(&name, &value)?),
                "wait" => place.replicas = Some(positive(&name, &value)?),
                _ => return Err(format!("the URL has no parameter `{name}`: it takes maxlen and wait")),
            }
        }
        Ok(place)
    }
}

/// The segments of the path, still encoded.
fn segments(url: &Url) -> Result<Vec<&str>, String> {
    let segments = url.path_segments().ok_or("the URL has no path")?;
    Ok(segments.collect())
}

fn decoded(segment: &str) -> Result<String, String> {
    let text = percent_decode_str(segment).decode_utf8().map(Cow::into_owned);
    text.map_err(|_| "the path of the URL is not UTF-8".to_owned())
}

fn positive<N: FromStr + PartialOrd + Default>(name: &str, value: &str) -> Result<N, String> {
    let number = value.parse().ok().filter(|number| *number > N::default());
    number.ok_or_else(|| format!("`{name}` of the URL is not a number above zero"))
}
