//! Meta, Bitbucket and Intercom, whose headers are those of WebSub (`X-Hub-Signature`), as GitHub's were.

use crate::signature::code::Encoding;
use crate::signature::facts::{Algorithm, SchemeFacts, body};
use crate::signature::received::Received;
use crate::signature::scheme::Scheme;

/// A scheme with the header `X-Hub-Signature` or `X-Hub-Signature-256`, which several services share; members of the
/// body tell which one it is.
#[derive(Debug)]
pub(in crate::signature) struct Hub {
    facts: SchemeFacts,
    /// Members that only bodies of this sender have.
    members: &'static [&'static str],
}

impl Hub {
    /// Meta: Facebook, Instagram, WhatsApp, Messenger.
    pub(in crate::signature) fn meta() -> Self {
        let facts = body("meta", "Meta", "x-hub-signature-256", Encoding::Hex).prefix("sha256=");
        Self { facts, members: &["\"object\"", "\"entry\""] }
    }

    pub(in crate::signature) fn bitbucket() -> Self {
        let facts = body("bitbucket", "Bitbucket", "x-hub-signature", Encoding::Hex).prefix("sha256=");
        Self { facts, members: &[] }
    }

    pub(in crate::signature) fn intercom() -> Self {
        let facts = body("intercom", "Intercom", "x-hub-signature", Encoding::Hex).prefix("sha1=");
        Self { facts: facts.algorithm(Algorithm::HmacSha1), members: &["\"notification_event\""] }
    }
}

impl Scheme for Hub {
    fn facts(&self) -> &SchemeFacts {
        &self.facts
    }

    fn is_named_by(&self, received: &Received) -> bool {
        let value = received.headers.get(&self.facts.header).and_then(|value| value.to_str().ok());
        let is_of_github = received.headers.contains_key("x-github-event");
        let holds = |member: &&str| received.body.windows(member.len()).any(|window| window == member.as_bytes());
        value.is_some_and(|value| value.starts_with(self.facts.prefix.as_ref()))
            && !is_of_github
            && self.members.iter().all(holds)
    }
}
