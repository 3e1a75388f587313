//! Checks which of the two secrets of a rotation a receiver accepts, by probing it.
//!
//! A probe is signed and sent like a delivery, but its body is not an event, so that receivers have nothing to apply. The first
//! probe is signed with a random secret: its answer shows how the receiver answers a wrong signature.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::http::{AttemptResult, Connector};
use super::{EndpointAccess, EndpointClient, WebhookRequest};
use crate::clock::Clock;
use crate::endpoint::EndpointUrl;
use crate::event::IdSource;
use crate::signature::Signer;

/// The body of a probe: valid JSON, but not an event.
const BODY: &[u8] = br#"{"probe":"secret-rotation"}"#;
/// The event type in a probe's header, which no receiver applies.
const EVENT_TYPE: &str = "syncctl.probe";
/// The longest time one probe may take, whatever the endpoint's timeout.
const LONGEST: Duration = Duration::from_secs(10);
/// Receivers that are probed at the same time.
const AT_ONCE: usize = 4;

/// The secrets that a rotation check tries: the new one, the old one, and a random one that must be refused.
#[derive(Clone, Debug)]
pub struct CandidateSecrets {
    /// The new one.
    pub new: Signer,
    /// The old one.
    pub old: Signer,
    /// A random one.
    pub random: Signer,
}

/// An endpoint that a rotation check asks which secrets it accepts.
#[derive(Clone, Debug)]
pub struct ProbedReceiver {
    /// Its URL.
    pub url: EndpointUrl,
    /// How long one probe may take; never longer than ten seconds.
    pub limit: Duration,
    /// Its headers, credentials and connection options.
    pub access: EndpointAccess,
}

/// Which secrets of a rotation an endpoint accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptedSecrets {
    /// The new one only.
    New,
    /// Both.
    Both,
    /// The old one only.
    Old,
    /// Neither of them.
    Neither,
    /// Any: it verifies nothing.
    Unverified,
    /// Unknown: its answers do not tell.
    Unknown,
}

impl AcceptedSecrets {
    /// The name in JSON and tables.
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

/// What a rotation check found at one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationCheck {
    /// The conclusion.
    pub accepts: AcceptedSecrets,
    /// The reason, if it is not obvious.
    pub reason: Option<String>,
    /// Its answer to each probe.
    pub answers: ProbeAnswers,
}

/// What an endpoint answered to each secret of a rotation check, in words; `None` for a probe that was not sent.
/// Foreign text in them is not yet escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeAnswers {
    /// To the one signed with the new secret.
    pub new: Option<String>,
    /// To the one signed with the old secret.
    pub old: Option<String>,
    /// To the one signed with the random secret.
    pub random: Option<String>,
}

impl RotationCheck {
    /// The result for a receiver that was not probed, or whose answers do not tell.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { accepts: AcceptedSecrets::Unknown, reason: Some(reason.into()), answers: ProbeAnswers::default() }
    }
}

/// Probes every receiver, a few at a time, and returns the results in order. No probe is repeated.
pub async fn check_all(
    receivers: Vec<ProbedReceiver>,
    candidates: &CandidateSecrets,
    client: &Arc<Connector>,
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

/// Asks one endpoint, by signed test requests, which secrets of a rotation it accepts.
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
        receiver: &ProbedReceiver,
        candidates: &CandidateSecrets,
        client: &Arc<Connector>,
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

    /// Probes the receiver until another probe would tell nothing more.
    async fn ask(&self) -> RotationCheck {
        let mut answers = ProbeAnswers::default();
        let (accepts, reason) = match self.conclude(&mut answers).await {
            Ok(found) => found,
            Err(reason) => (AcceptedSecrets::Unknown, Some(reason)),
        };
        RotationCheck { accepts, reason, answers }
    }

    async fn conclude(&self, answers: &mut ProbeAnswers) -> Result<(AcceptedSecrets, Option<String>), String> {
        let random = self.probe(&self.random, &mut answers.random).await?;
        if is_success(random) {
            let reason = format!("HTTP {random} with a random secret: it checks no signature before it responds");
            return Ok((AcceptedSecrets::Unverified, Some(reason)));
        }
        let to = |what: &'static str| move |said: String| format!("{said} with the {what} secret");
        let new = self.probe(&self.new, &mut answers.new).await.map_err(to("new"))?;
        let old = self.probe(&self.old, &mut answers.old).await.map_err(to("old"))?;
        accepted_secrets(random, new, old).map(|accepts| (accepts, None))
    }

    /// Sends one probe. Returns the status if it may depend on the signature, else an error that describes the answer.
    async fn probe(&self, endpoint_client: &EndpointClient, said: &mut Option<String>) -> Result<u16, String> {
        let now = self.clock.now();
        let (id, body) = (self.ids.next(now), Bytes::from_static(BODY));
        let message = WebhookRequest::test(&id, EVENT_TYPE, &body);
        let AttemptResult { outcome, detail, .. } = endpoint_client.send(&message, self.limit, now).await.result;
        *said = Some(detail.clone());
        outcome.status().filter(|status| may_depend_on_signature(*status)).ok_or(detail)
    }
}

/// Whether a status may come from checking the signature or the content. Any other may come from a proxy or router in front of
/// the receiver, or from a failure of its own.
const fn may_depend_on_signature(status: u16) -> bool {
    is_success(status) || matches!(status, 400 | 401 | 403 | 409 | 422)
}

const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}

/// The conclusion from the answers to the three probes, of which the random one was refused.
///
/// The answer to a wrong signature is 401, 403, or whatever the random one got.
fn accepted_secrets(random: u16, new: u16, old: u16) -> Result<AcceptedSecrets, String> {
    let refuses = |status: u16| matches!(status, 401 | 403);
    let accepted = |status: u16| !refuses(status) && status != random;
    match (accepted(new), accepted(old)) {
        (true, true) => Ok(AcceptedSecrets::Both),
        (true, false) => Ok(AcceptedSecrets::New),
        (false, true) => Ok(AcceptedSecrets::Old),
        (false, false) if refuses(random) => Ok(AcceptedSecrets::Neither),
        // It may accept both secrets, and refuse the body before it checks a signature.
        (false, false) => Err(format!("HTTP {random} with any signature: its response does not depend on it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_follows_from_how_its_answer_differs_from_that_to_a_wrong_signature() {
        for (random, new, old, accepts) in [
            (401, 400, 401, AcceptedSecrets::New),
            (401, 401, 400, AcceptedSecrets::Old),
            (403, 403, 204, AcceptedSecrets::Old),
            (401, 422, 200, AcceptedSecrets::Both),
            (401, 401, 403, AcceptedSecrets::Neither),
            // Some answer 400 to a wrong signature.
            (400, 200, 400, AcceptedSecrets::New),
            (400, 400, 409, AcceptedSecrets::Old),
            (400, 422, 422, AcceptedSecrets::Both),
            (400, 401, 200, AcceptedSecrets::Old),
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
            assert!(may_depend_on_signature(status), "{status}");
        }
        for status in [301, 404, 405, 408, 410, 413, 415, 425, 429, 500, 502, 503, 504] {
            assert!(!may_depend_on_signature(status), "{status}");
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
                &ProbedReceiver { url, limit, access: EndpointAccess::default() },
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
