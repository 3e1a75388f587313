//! The URL of a broker source.

use std::fmt;

use ::url::Url;

use super::InvalidEndpoint;
use super::broker_places::{GroupPlace, QueuePlace};
use super::sqs::SqsSource;
use super::url::{EndpointUrl, Protocol, check};

/// The checked URL of the broker queue or stream from which a source is read, without user information or fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceUrl {
    url: Url,
    place: SourcePlace,
}

/// The queue or consumer group that the URL of a source names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourcePlace {
    /// A consumer group of a stream of Redis.
    Group(GroupPlace),
    /// A queue of RabbitMQ.
    Queue(QueuePlace),
    /// A queue of Amazon SQS.
    Sqs(SqsSource),
}

impl SourceUrl {
    /// Checks a URL. Characters that a URL parser would drop silently are refused.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let (url, protocol) = check(text)?;
        let place = match protocol {
            Protocol::Http => Err("webhooks over HTTP come to a route: leave out `broker`".to_owned()),
            Protocol::Redis => GroupPlace::of(&url).map(SourcePlace::Group),
            Protocol::Amqp => QueuePlace::of(&url).map(SourcePlace::Queue),
            Protocol::Sqs => SqsSource::of(&url).map(SourcePlace::Sqs),
        };
        Ok(Self { place: place.map_err(InvalidEndpoint::Broker)?, url })
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The queue or consumer group.
    pub fn place(&self) -> &SourcePlace {
        &self.place
    }

    /// The protocol.
    pub fn protocol(&self) -> Protocol {
        match self.place {
            SourcePlace::Group(_) => Protocol::Redis,
            SourcePlace::Queue(_) => Protocol::Amqp,
            SourcePlace::Sqs(_) => Protocol::Sqs,
        }
    }

    /// The URL without the parameters for reading.
    pub fn origin(&self) -> EndpointUrl {
        let mut url = self.url.clone();
        url.set_query(None);
        let of_sqs = match &self.place {
            SourcePlace::Sqs(source) => Url::parse(&source.queue.own_url()).ok(),
            SourcePlace::Group(_) | SourcePlace::Queue(_) => None,
        };
        EndpointUrl::of_checked(of_sqs.unwrap_or(url))
    }
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_source_is_named_by_what_its_broker_calls_it() {
        let text = "rediss://cache.example.com/3/events?group=platform&dead_letter=events-dead&claim_after=5m";
        let url = SourceUrl::parse(text).expect("a URL");
        let SourcePlace::Group(place) = url.place() else { unreachable!("{url}") };
        assert_eq!((place.db, place.stream.as_str(), place.group.as_str()), (3, "events", "platform"));
        assert_eq!((place.dead_letter.as_deref(), place.claim_after), (Some("events-dead"), Duration::from_mins(5)));
        let origin = url.origin();
        assert_eq!((origin.as_str(), origin.is_secure()), ("rediss://cache.example.com/3/events", true));
        for wrong in [
            "redis://host/0/events",
            "redis://host/0/events?group=",
            "redis://host/0/events?group=g&maxlen=5",
            "redis://host/0/events?group=g&claim_after=0s",
            "redis://host/0/events?group=g&claim_after=soon",
            "redis://host/0/events?group=g&dead_letter=events",
            "http://host/0/events?group=g",
            "amqp://host/app",
            "amqp://host/app/",
            "amqp://host/app/events?routing_key=x",
            "sqs://eu-central-1/123456789012/events?dead_letter=events",
            "sqs://eu-central-1/123456789012/events?dead_letter=",
            "sqs://eu-central-1/123456789012/events?visibility=500ms",
            "sqs://eu-central-1/123456789012/events?visibility=13h",
            "sqs://eu-central-1/123456789012/events?group=g",
        ] {
            assert!(matches!(SourceUrl::parse(wrong), Err(InvalidEndpoint::Broker(_))), "{wrong}");
        }
        let queue = QueuePlace { vhost: "/".to_owned(), queue: "events".to_owned() };
        let url = SourceUrl::parse("amqp://127.0.0.1/%2f/events").expect("a URL");
        assert_eq!(url.place(), &SourcePlace::Queue(queue));
        let text =
            "sqs://eu-central-1/123456789012/events?dead_letter=dead&visibility=90s&endpoint=http://127.0.0.1:9324";
        let url = SourceUrl::parse(text).expect("a URL");
        let SourcePlace::Sqs(source) = url.place() else { unreachable!("{url}") };
        assert_eq!((source.dead_letter.as_deref(), source.visibility), (Some("dead"), Duration::from_secs(90)));
        let origin = "sqs://eu-central-1/123456789012/events?endpoint=http://127.0.0.1:9324";
        assert_eq!(url.origin().as_str(), origin);
        assert_eq!(SourceUrl::parse("redis://:secret@host/0/events?group=g"), Err(InvalidEndpoint::UserInfo));
    }
}
