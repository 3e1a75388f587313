//! Places in message brokers, as their URLs name them.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use ::url::Url;
use percent_encoding::percent_decode_str;

/// The Redis stream to which an endpoint's events go: `redis://HOST/DB/STREAM?maxlen=N&wait=N`.
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

/// The consumer group of a Redis stream from which a source is read:
/// `redis://HOST/DB/STREAM?group=GROUP&dead_letter=STREAM&claim_after=TIME`.
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

/// The RabbitMQ exchange to which an endpoint's events go: `amqp://HOST/VHOST/EXCHANGE?routing_key=KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangePlace {
    /// The virtual host.
    pub vhost: String,
    /// The name of the exchange; empty is the default exchange, whose routing keys are names of queues.
    pub exchange: String,
    /// The routing key of every message; without it, each has the type of its event.
    pub routing_key: Option<String>,
}

/// The RabbitMQ queue from which a source is read: `amqp://HOST/VHOST/QUEUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// The virtual host.
    pub vhost: String,
    /// The name of the queue.
    pub queue: String,
}

/// The bytes that names and routing keys of AMQP may have.
const MAX_SHORT_STRING_BYTES: usize = 255;

impl ExchangePlace {
    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let wrong = "write amqp://HOST/VHOST/EXCHANGE, such as amqp://127.0.0.1/%2F/events; the default exchange is empty and needs routing_key=QUEUE";
        let (vhost, exchange) = vhost_and_name(url, wrong)?;
        let mut place = Self { vhost, exchange, routing_key: None };
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "routing_key" if (1..=MAX_SHORT_STRING_BYTES).contains(&value.len()) => {
                    place.routing_key = Some(value.into_owned());
                }
                "routing_key" => return Err("routing_key has 1 to 255 bytes".to_owned()),
                _ => return Err(format!("the URL has no parameter `{name}`: it takes routing_key")),
            }
        }
        if place.exchange.is_empty() && place.routing_key.is_none() { Err(wrong.to_owned()) } else { Ok(place) }
    }
}

impl QueuePlace {
    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let wrong = "write amqp://HOST/VHOST/QUEUE, such as amqp://127.0.0.1/%2F/events";
        let (vhost, queue) = vhost_and_name(url, wrong)?;
        match url.query_pairs().next() {
            _ if queue.is_empty() => Err(wrong.to_owned()),
            Some((name, _)) => Err(format!("the URL takes no parameter `{name}`")),
            None => Ok(Self { vhost, queue }),
        }
    }
}

/// The virtual host, and the name of what is in it.
fn vhost_and_name(url: &Url, wrong: &str) -> Result<(String, String), String> {
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong.to_owned());
    }
    let [vhost, name] = segments(url)?[..] else { return Err(wrong.to_owned()) };
    let (vhost, name) = (decoded(vhost)?, decoded(name)?);
    if vhost.is_empty() || vhost.len().max(name.len()) > MAX_SHORT_STRING_BYTES {
        return Err(wrong.to_owned());
    }
    Ok((vhost, name))
}

/// The segments of the path, still encoded.
pub(super) fn segments(url: &Url) -> Result<Vec<&str>, String> {
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

pub(super) fn time(name: &str, value: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(value).ok().filter(|time| time.as_millis() > 0);
    time.ok_or_else(|| format!("`{name}` of the URL is not a time above zero, such as 60s"))
}
