//! Queues of Amazon SQS, as their URLs name them.

use std::time::Duration;

use ::url::Url;

use super::access::HeaderSetting;
use super::broker_places::{segments, time};

/// The longest name of a queue.
const MAX_NAME_BYTES: usize = 80;
/// The end of the name of a queue that keeps an order.
const FIFO: &str = ".fifo";
/// How long a message may be with a consumer unless the URL says otherwise.
const VISIBILITY: Duration = Duration::from_mins(1);
/// The longest that SQS hides a message from others.
const MAX_VISIBILITY: Duration = Duration::from_hours(12);
/// The headers of an operator that have room among the ten attributes of a message: the others are its names and signatures.
const MAX_OWN_HEADERS: usize = 3;
/// How to name a queue.
const WRONG: &str = "write sqs://REGION/ACCOUNT/QUEUE, such as sqs://eu-central-1/123456789012/events";

/// A queue of SQS: `sqs://REGION/ACCOUNT/QUEUE?endpoint=URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqsQueue {
    /// The region that has it, for which requests are signed.
    pub region: String,
    /// The number of the account.
    pub account: String,
    /// The name.
    pub name: String,
    /// The scheme, host and port of another server than the region's own.
    endpoint: Option<String>,
}

/// A queue of SQS that is read: `sqs://REGION/ACCOUNT/QUEUE?dead_letter=QUEUE&visibility=TIME&endpoint=URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqsSource {
    /// The queue.
    pub queue: SqsQueue,
    /// The queue of the same account for messages that cannot be applied, if another than the one of its redrive policy.
    pub dead_letter: Option<String>,
    /// How long a message stays hidden from others, if its reader died.
    pub visibility: Duration,
}

impl SqsQueue {
    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let mut queue = Self::without_parameters(url)?;
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "endpoint" => queue.endpoint = Some(endpoint(&value)?),
                _ => return Err(format!("the URL has no parameter `{name}`: it takes endpoint")),
            }
        }
        Ok(queue)
    }

    fn without_parameters(url: &Url) -> Result<Self, String> {
        let region = url.host_str().unwrap_or_default();
        let is_region =
            !region.is_empty() && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let [account, name] = segments(url)?[..] else { return Err(WRONG.to_owned()) };
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if !is_region || url.port().is_some() || !is_account || !is_name(name) {
            return Err(WRONG.to_owned());
        }
        let (region, account, name) = (region.to_owned(), account.to_owned(), name.to_owned());
        Ok(Self { region, account, name, endpoint: None })
    }

    /// The URL of the server that has it, without a path.
    pub fn server(&self) -> String {
        let domain = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        self.endpoint.clone().unwrap_or_else(|| format!("https://sqs.{}.{domain}", self.region))
    }

    /// The URL by which SQS knows the queue.
    pub fn url(&self) -> String {
        format!("{}/{}/{}", self.server(), self.account, self.name)
    }

    /// Whether it keeps the order of the messages of a group.
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(FIFO)
    }

    /// The queue of that name beside it.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self.clone() }
    }

    /// Its URL with no parameter but the server that has it.
    pub(super) fn own_url(&self) -> String {
        let query = self.endpoint.as_ref().map(|it| format!("?endpoint={it}")).unwrap_or_default();
        format!("sqs://{}/{}/{}{query}", self.region, self.account, self.name)
    }
}

impl SqsSource {
    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let queue = SqsQueue::without_parameters(url)?;
        let mut source = Self { queue, dead_letter: None, visibility: VISIBILITY };
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "endpoint" => source.queue.endpoint = Some(endpoint(&value)?),
                "dead_letter" if is_name(&value) => source.dead_letter = Some(value.into_owned()),
                "dead_letter" => return Err("dead_letter is not the name of a queue".to_owned()),
                "visibility" => source.visibility = visibility(&name, &value)?,
                _ => {
                    return Err(format!(
                        "the URL has no parameter `{name}`: it takes dead_letter, visibility, endpoint"
                    ));
                }
            }
        }
        if source.dead_letter.as_ref() == Some(&source.queue.name) {
            return Err("dead_letter is the queue itself: what cannot be applied would come again".to_owned());
        }
        Ok(source)
    }
}

/// The same queue as an `sqs` URL, if this is the https URL by which SQS knows it.
pub(super) fn of_https(url: &Url) -> Option<Url> {
    let host = url.host_str().filter(|_| url.scheme() == "https" && url.port().is_none())?;
    let rest = host.strip_prefix("sqs.")?;
    let region = rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Url::parse(&format!("sqs://{region}{}{query}", url.path())).ok()
}

/// Whether a message has room for headers of an operator, and SQS takes their names.
pub(super) fn check_headers(headers: &[HeaderSetting]) -> Result<(), String> {
    let is_taken = |name: &str| {
        let is_usual = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        let is_reserved = name.starts_with("aws.") || name.starts_with("amazon.");
        is_usual && !is_reserved && !name.starts_with('.') && !name.ends_with('.') && !name.contains("..")
    };
    match headers.iter().find(|header| !is_taken(&header.name)) {
        Some(header) => Err(format!("SQS accepts no attribute named `{}`", header.name)),
        None if headers.len() > MAX_OWN_HEADERS => {
            Err(format!("SQS has room for {MAX_OWN_HEADERS} headers of your own: a message has ten attributes"))
        }
        None => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(FIFO).unwrap_or(name);
    let is_usual = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    !stem.is_empty() && name.len() <= MAX_NAME_BYTES && stem.bytes().all(is_usual)
}

/// The scheme, host and port of a server.
fn endpoint(value: &str) -> Result<String, String> {
    let wrong = || "endpoint is not http://HOST:PORT or https://HOST".to_owned();
    let url = Url::parse(value).map_err(|_| wrong())?;
    let is_bare = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if matches!(url.scheme(), "http" | "https") && is_bare {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(wrong())
    }
}

/// A time in whole seconds, as SQS counts.
fn visibility(name: &str, value: &str) -> Result<Duration, String> {
    let time = time(name, value)?;
    let is_possible = time.subsec_nanos() == 0 && time <= MAX_VISIBILITY;
    if is_possible { Ok(time) } else { Err(format!("`{name}` of the URL is in whole seconds, 12h at most")) }
}
