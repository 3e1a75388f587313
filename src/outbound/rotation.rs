//! Trials: which of two secrets a receiver accepts, found out by asking it.
//!
//! A probe is signed and sent as every delivery is, but its body is no event, so that whoever verifies has nothing to apply.
//! The first is signed with a secret nobody has: what the receiver makes of that one tells what it makes of a wrong signature.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::http::{AttemptResult, Client};
use super::{EndpointAccess, EndpointClient, WebhookRequest};
use crate::clock::Clock;
use crate::delivery::Trigger;
use crate::endpoint::EndpointUrl;
use crate::event::IdSource;
use crate::signature::Signer;

/// What a probe says: well-formed, and no event.
const BODY: &[u8] = br#"{"probe":"secret-rotation"}"#;
/// The type in a probe's header. Nobody applies it.
const EVENT_TYPE: &str = "syncctl.probe";
/// The longest one probe may take, whatever the endpoint allows its deliveries.
const LONGEST: Duration = Duration::from_secs(10);
/// Receivers that are asked at the same time.
const AT_ONCE: usize = 4;

/// The two secrets of a rotation, and one that nobody has.
#[derive(Clone, Debug)]
pub struct CandidateSecrets {
    /// The one that is to come.
    pub new: Signer,
    /// The one that is to go.
    pub old: Signer,
    /// One made for this.
    pub random: Signer,
}

/// A receiver that is asked which secrets it accepts.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Where it is.
    pub url: EndpointUrl,
    /// How long one probe may take; never longer than ten seconds.
    pub limit: Duration,
    /// What it is shown beside the signature, and the way to it.
    pub access: EndpointAccess,
}

/// Which secrets a receiver accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// The new one only.
    New,
    /// Both.
    Both,
    /// The old one only.
    Old,
    /// Neither of them.
    Neither,
    /// Whatever it is sent.
    Unverified,
    /// Its answers do not tell.
    Unknown,
}

impl Accepts {
    /// The word for it in JSON and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Both => "both",
            Self::Old => "old",
            Self::Neither => "neither",
            Self::Unverified => "unverified",
            Self::Unknown => "unknown",
        }
    }

    /// Whether deliveries signed with the new one will be accepted.
    pub const fn is_ready(self) -> bool {
        match self {
            Self::New | Self::Both => true,
            Self::Old | Self::Neither | Self::Unverified | Self::Unknown => false,
        }
    }
}

/// What the probes of one receiver came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationCheck {
    /// What follows from its answers.
    pub accepts: Accepts,
    /// Why nothing better follows, where that is not plain.
    pub reason: Option<String>,
    /// What it answered to each probe that was sent.
    pub answers: Answers,
}

/// What was answered to each probe, in words. Foreign text in it is not yet escaped. `None` was not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// To the one signed with the new secret.
    pub new: Option<String>,
    /// To the one signed with the old secret.
    pub old: Option<String>,
    /// To the one signed with a secret nobody has.
    pub random: Option<String>,
}

impl RotationCheck {
    /// A receiver that was not asked, or did not tell.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { accepts: Accepts::Unknown, reason: Some(reason.into()), answers: Answers::default() }
    }
}

/// Asks every receiver, a few at a time, and returns what each came to, in their order. No probe is repeated.
pub async fn check_all(
    receivers: Vec<Receiver>,
    candidates: &CandidateSecrets,
    client: &Arc<Client>,
    clock: &Arc<dyn Clock>,
) -> Vec<RotationCheck> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut trials = vec![RotationCheck::unknown("internal error: the trial panicked"); receivers.len()];
    let mut tasks = JoinSet::new();
    for (place, receiver) in receivers.into_iter().enumerate() {
        let asking = RotationChecker::new(&receiver, candidates, client, clock);
        let slots = Arc::clone(&slots);
        tasks.spawn(async move {
            let _slot = slots.acquire().await;
            match asking {
                Ok(asking) => (place, asking.ask().await),
                Err(why) => (place, RotationCheck::unknown(why)),
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        if let Ok((place, trial)) = done {
            trials[place] = trial;
        }
    }
    trials
}

/// A receiver about to be asked.
struct RotationChecker {
    new: EndpointClient,
    old: EndpointClient,
    random: EndpointClient,
    limit: Duration,
    ids: IdSource,
    clock: Arc<dyn Clock>,
}

impl RotationChecker {
    fn new(
        receiver: &Receiver,
        candidates: &CandidateSecrets,
        client: &Arc<Client>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let endpoint_client =
            |signer: &Signer| EndpointClient::new(&receiver.url, signer.clone(), receiver.access.clone(), client);
        Ok(Self {
            new: endpoint_client(&candidates.new)?,
            old: endpoint_client(&candidates.old)?,
            random: endpoint_client(&candidates.random)?,
            limit: receiver.limit.min(LONGEST),
            ids: IdSource::new(),
            clock: Arc::clone(clock),
        })
    }

    /// Stops at the first answer after which another probe would tell nothing more.
    async fn ask(&self) -> RotationCheck {
        let mut answers = Answers::default();
        let (accepts, reason) = match self.conclude(&mut answers).await {
            Ok(found) => found,
            Err(reason) => (Accepts::Unknown, Some(reason)),
        };
        RotationCheck { accepts, reason, answers }
    }

    async fn conclude(&self, answers: &mut Answers) -> Result<(Accepts, Option<String>), String> {
        let random = self.probe(&self.random, &mut answers.random).await?;
        if is_success(random) {
            let reason = format!("HTTP {random} to a secret nobody has: it checks no signature before it answers");
            return Ok((Accepts::Unverified, Some(reason)));
        }
        let to = |what: &'static str| move |said: String| format!("{said}, to what the {what} secret signed");
        let new = self.probe(&self.new, &mut answers.new).await.map_err(to("new"))?;
        let old = self.probe(&self.old, &mut answers.old).await.map_err(to("old"))?;
        accepted_secrets(random, new, old).map(|accepts| (accepts, None))
    }

    /// Sends one probe. Returns the status if it may tell what the receiver made of the signature, else what came instead.
    async fn probe(&self, endpoint_client: &EndpointClient, said: &mut Option<String>) -> Result<u16, String> {
        let now = self.clock.now();
        let (id, body) = (self.ids.next(now), Bytes::from_static(BODY));
        let message = WebhookRequest {
            id: &id,
            event_type: EVENT_TYPE,
            attempt: 1,
            trigger: Trigger::Manual,
            traceparent: None,
            body: &body,
        };
        let AttemptResult { outcome, detail, .. } = endpoint_client.send(&message, self.limit, now).await.result;
        *said = Some(detail.clone());
        outcome.status().filter(|status| is_telling(*status)).ok_or(detail)
    }
}

/// What a receiver says once it looked at a signature, or at the content behind it. Anything else may come from
/// something before it, such as a proxy or a router, or from a fault of its own.
const fn is_telling(status: u16) -> bool {
    is_success(status) || matches!(status, 400 | 401 | 403 | 409 | 422)
}

const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}

/// What follows from the answers to the three probes, the random one no success.
///
/// A wrong signature is answered by 401 or 403, or by whatever the random one got.
fn accepted_secrets(random: u16, new: u16, old: u16) -> Result<Accepts, String> {
    let refuses = |status: u16| matches!(status, 401 | 403);
    let accepted = |status: u16| !refuses(status) && status != random;
    match (accepted(new), accepted(old)) {
        (true, true) => Ok(Accepts::Both),
        (true, false) => Ok(Accepts::New),
        (false, true) => Ok(Accepts::Old),
        (false, false) if refuses(random) => Ok(Accepts::Neither),
        // It may have both, and find fault with the body before it looks at a signature.
        (false, false) => Err(format!("HTTP {random} whatever the signature: it does not say what it makes of one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_follows_from_how_its_answer_differs_from_that_to_a_wrong_signature() {
        for (random, new, old, accepts) in [
            (401, 400, 401, Accepts::New),
            (401, 401, 400, Accepts::Old),
            (403, 403, 204, Accepts::Old),
            (401, 422, 200, Accepts::Both),
            (401, 401, 403, Accepts::Neither),
            // Some answer 400 to a wrong signature.
            (400, 200, 400, Accepts::New),
            (400, 400, 409, Accepts::Old),
            (400, 422, 422, Accepts::Both),
            (400, 401, 200, Accepts::Old),
        ] {
            assert_eq!(accepted_secrets(random, new, old), Ok(accepts), "{random} {new} {old}");
        }
        for (random, new, old) in [(400, 400, 400), (422, 422, 422), (400, 401, 400)] {
            assert!(accepted_secrets(random, new, old).is_err(), "{random} {new} {old}");
        }
    }

    #[test]
    fn what_may_come_from_before_the_receiver_or_from_a_fault_of_its_own_tells_nothing() {
        for status in [200, 204, 299, 400, 401, 403, 409, 422] {
            assert!(is_telling(status), "{status}");
        }
        for status in [301, 404, 405, 408, 410, 413, 415, 425, 429, 500, 502, 503, 504] {
            assert!(!is_telling(status), "{status}");
        }
    }

    #[test]
    fn a_probe_never_takes_longer_than_ten_seconds() {
        let secret = crate::signature::Secret::new("secret".to_owned()).expect("a secret");
        let signer = Signer::new(&secret, &[&secret]);
        let candidates = CandidateSecrets { new: signer.clone(), old: signer.clone(), random: signer };
        let clock: Arc<dyn Clock> = Arc::new(crate::clock::SystemClock);
        let limit = |limit| {
            let url = EndpointUrl::parse("http://h/").expect("a URL");
            RotationChecker::new(
                &Receiver { url, limit, access: EndpointAccess::default() },
                &candidates,
                &Arc::default(),
                &clock,
            )
            .expect("a place over HTTP")
            .limit
        };
        assert_eq!(limit(Duration::from_mins(5)), Duration::from_secs(10));
        assert_eq!(limit(Duration::from_secs(2)), Duration::from_secs(2));
    }

    #[test]
    fn a_probe_is_json_and_no_event() {
        let json: serde_json::Value = serde_json::from_slice(BODY).expect("JSON");
        assert!(json.is_object() && json.get("id").is_none() && json.get("type").is_none());
    }
}
