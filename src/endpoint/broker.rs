//! Places in message brokers, as their URLs name them.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

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

/// A consumer group of a stream of Redis: `redis://HOST/DB/STREAM?group=GROUP&dead_letter=STREAM&claim_after=TIME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlace {
    /// The number of the database.
    pub db: u32,
    /// The key of the stream.
    pub stream: String,
    /// The name of the group.
    pub group: String,
    /// The stream for entries that cannot be applied.
    pub dead_letter: Option<String>,
    /// How long an entry may be with a consumer before another takes it.
    pub claim_after: Duration,
}

/// How long an entry may be with a consumer unless the URL says otherwise.
const CLAIM_AFTER: Duration = Duration::from_mins(1);

impl GroupPlace {
    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let wrong = "write redis://HOST/DB/STREAM?group=GROUP, such as redis://127.0.0.1/0/events?group=syncctl";
        let (db, stream) = stream_of(url, wrong)?;
        let mut place = Self { db, stream, group: String::new(), dead_letter: None, claim_after: CLAIM_AFTER };
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "group" => place.group = value.into_owned(),
                "dead_letter" => place.dead_letter = Some(value.into_owned()),
                "claim_after" => place.claim_after = time(&name, &value)?,
                _ => {
                    return Err(format!("the URL has no parameter `{name}`: it takes group, dead_letter, claim_after"));
                }
            }
        }
        let dead_letter = place.dead_letter.as_deref();
        if place.group.is_empty() || dead_letter.is_some_and(str::is_empty) {
            return Err(wrong.to_owned());
        }
        if dead_letter == Some(&place.stream) {
            return Err("dead_letter is the stream itself: what cannot be applied would come again".to_owned());
        }
        Ok(place)
    }
}

/// The number of the database and the key of the stream.
fn stream_of(url: &Url, wrong: &str) -> Result<(u32, String), String> {
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong.to_owned());
    }
    let [db, stream] = segments(url)?[..] else { return Err(wrong.to_owned()) };
    let (db, stream) = (db.parse().map_err(|_| wrong.to_owned())?, decoded(stream)?);
    if stream.is_empty() { Err(wrong.to_owned()) } else { Ok((db, stream)) }
}

impl StreamPlace {
    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let (db, stream) = stream_of(url, "write redis://HOST/DB/STREAM, such as redis://127.0.0.1/0/events")?;
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

fn time(name: &str, value: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(value).ok().filter(|time| time.as_millis() > 0);
    time.ok_or_else(|| format!("`{name}` of the URL is not a time above zero, such as 60s"))
}
