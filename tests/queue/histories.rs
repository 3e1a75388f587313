//! Random histories of a receiver that hangs, stalls, resets, lies, redirects, limits its rate and is away for a while, against the real
//! worker over real HTTP. Whatever it does: each resource keeps its order, nobody starves, an outage uses up no attempt, and there are
//! never more requests than the rate allows.
//!
//! `SYNCCTL_SEED=n` repeats one history, `SYNCCTL_HISTORIES=n` runs more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::place::{Place, kill, within};
use crate::support::receiver::{Received, Receiver, Reply};
use crate::support::{Chance, seeds};

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_millis(250);
/// In which time everything that can arrive has to, once the outage is over. The stated bound of the starvation rule is a probe for
/// each event that was never attempted, here 40 times at most 0.78 s.
const BOUND: Duration = Duration::from_secs(32);

/// What the receiver makes of an event, whenever it is there at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Good,
    /// Answers shortly before the time is up.
    Slow,
    /// Never answers: poison.
    Hangs,
    /// Answers 500 for ever.
    Fails,
    /// Resets the first connection.
    ResetsOnce,
    /// Announces more than it sends.
    Truncates,
    /// Sends no HTTP the first time.
    GarblesOnce,
    Redirects,
    /// Asks for a pause the first time.
    PausesOnce,
}

const HABITS: [Habit; 14] = [
    Habit::Good,
    Habit::Good,
    Habit::Good,
    Habit::Good,
    Habit::Good,
    Habit::Good,
    Habit::Slow,
    Habit::Hangs,
    Habit::Fails,
    Habit::ResetsOnce,
    Habit::Truncates,
    Habit::GarblesOnce,
    Habit::Redirects,
    Habit::PausesOnce,
];

impl Habit {
    fn reply(self, is_first: bool) -> Reply {
        match self {
            Self::Good => Reply::Status(200),
            Self::Slow => Reply::After(TIMEOUT / 3, Box::new(Reply::Status(204))),
            Self::Hangs => Reply::Hang,
            Self::Fails => Reply::Status(500),
            Self::ResetsOnce if is_first => Reply::Reset,
            Self::Truncates => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_vec()),
            Self::GarblesOnce if is_first => Reply::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
            Self::Redirects => Reply::With(308, vec![("location", "http://127.0.0.1:9/".into())], Vec::new()),
            Self::PausesOnce if is_first => Reply::With(429, vec![("retry-after", "0.2".into())], Vec::new()),
            Self::ResetsOnce | Self::GarblesOnce | Self::PausesOnce => Reply::Status(200),
        }
    }

    /// Whether its event arrives in the end.
    fn arrives(self) -> bool {
        !matches!(self, Self::Hangs | Self::Fails | Self::Redirects)
    }
}

/// How the receiver is away.
#[derive(Clone, Copy, Debug)]
enum Outage {
    Status(u16),
    Resets,
    Hangs,
}

impl Outage {
    fn reply(self) -> Reply {
        match self {
            Self::Status(status) => Reply::Status(status),
            Self::Resets => Reply::Reset,
            Self::Hangs => Reply::Hang,
        }
    }
}

#[derive(Debug)]
struct History {
    /// By the ids of their events, in the order of emission.
    habits: Vec<(String, String, Habit)>,
    outage: Outage,
    away: (Duration, Duration),
    rate: Option<(u32, u32)>,
    concurrency: usize,
    workers: usize,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let (events, resources) = (12 + chance.below(28), 3 + chance.below(10));
        // What is behind a poison event of its own resource waits for its end, so poison has resources of its own.
        let habits = (0..events).map(|n| {
            let habit = *chance.pick(&HABITS);
            let resource = if habit == Habit::Hangs { 100 + n } else { chance.below(resources) };
            (format!("e{n:02}"), format!("r{resource}"), habit)
        });
        let habits: Vec<_> = habits.collect();
        let outages = [Outage::Status(502), Outage::Status(503), Outage::Status(504), Outage::Resets, Outage::Hangs];
        let from = Duration::from_millis(chance.below(400) as u64);
        let away = (from, from + Duration::from_millis(500 + chance.below(2_000) as u64));
        let rate = chance
            .one_in(2)
            .then(|| (10 + u32::try_from(chance.below(30)).unwrap(), 1 + u32::try_from(chance.below(4)).unwrap()));
        let (concurrency, workers) = (1 + chance.below(10), 1 + chance.below(2));
        Self { habits, outage: *chance.pick(&outages), away, rate, concurrency, workers }
    }

    fn habit(&self, id: &str) -> Habit {
        self.habits.iter().find(|(known, ..)| known == id).unwrap().2
    }

    fn place(&self, url: &str) -> Place {
        let mut place = Place::new();
        let rate = self.rate.map(|(rate, burst)| format!("rate = \"{rate}/s\"\nburst = {burst}\n")).unwrap_or_default();
        // One attempt for the habit of the event, and the four that an outage costs one delivery before the fifth opens the circuit.
        let text = format!(
            "[[endpoints]]\nname = \"there\"\nurl = \"{url}\"\nmax_attempts = 6\ntimeout = \"{}ms\"\nfirst_delay = \"50ms\"\nmax_delay = \"100ms\"\n\
             concurrency = {}\ncircuit_first_probe = \"100ms\"\ncircuit_longest_probe = \"600ms\"\n{rate}",
            TIMEOUT.as_millis(),
            self.concurrency
        );
        std::fs::write(place.path("c.toml"), text).unwrap();
        place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
        place
    }

    fn play(&self) {
        let began = Instant::now();
        let seen = Arc::new(Mutex::new(BTreeMap::<String, u32>::new()));
        let habits: BTreeMap<String, Habit> = self.habits.iter().map(|(id, _, habit)| (id.clone(), *habit)).collect();
        let (outage, away) = (self.outage, self.away);
        let receiver = Receiver::new(move |request| {
            let now = began.elapsed();
            if (away.0..away.1).contains(&now) {
                return outage.reply();
            }
            let mut seen = seen.lock().unwrap();
            let times = seen.entry(request.event_id().to_owned()).or_default();
            *times += 1;
            habits[request.event_id()].reply(*times == 1)
        });
        let place = self.place(&receiver.url("/"));
        place.emit_lines(self.habits.iter().map(|(id, resource, _)| (id.clone(), resource.clone())));
        let mut workers: Vec<_> = (0..self.workers).map(|_| place.spawn(&["process", "--watch", "-q"])).collect();
        within(away.1 + BOUND, "everything ends but poison", || {
            let rows = place.data(&["deliveries", "list", "--limit", "100", "--state", "pending,processing"]);
            rows.as_array().unwrap().iter().all(|row| self.habit(row["eventId"].as_str().unwrap()) == Habit::Hangs)
        });
        for worker in &mut workers {
            kill(worker, "-TERM");
            assert!(worker.wait().unwrap().success());
        }
        self.check(&receiver.requests(), &place.data(&["deliveries", "list", "--limit", "100"]), began);
    }

    fn check(&self, requests: &[Received], deliveries: &Value, began: Instant) {
        for row in deliveries.as_array().unwrap() {
            let habit = self.habit(row["eventId"].as_str().unwrap());
            let wanted: &[&str] = match habit {
                // Once nothing else is answered, the endpoint is the suspect and not the event.
                Habit::Hangs => &["failed", "pending", "processing"],
                _ if habit.arrives() => &["delivered"],
                _ => &["failed"],
            };
            assert!(wanted.contains(&row["state"].as_str().unwrap()), "{habit:?}: {row}");
        }
        // A later event of a resource is never sent before an earlier one has ended.
        let mut latest = BTreeMap::<String, String>::new();
        for request in requests {
            let resource = request.json()["resourceId"].to_string();
            let before = latest.insert(resource.clone(), request.event_id().to_owned());
            assert!(
                before.as_deref() <= Some(request.event_id()),
                "{resource}: {} after {before:?}",
                request.event_id()
            );
        }
        let Some((rate, burst)) = self.rate else { return };
        let times: Vec<f64> = requests.iter().map(|it| it.at.duration_since(began).as_secs_f64()).collect();
        for (at, first) in times.iter().enumerate() {
            let within = times[at..].iter().take_while(|time| **time < first + 1.0).count();
            // A claim and its request are some milliseconds apart: one more may fall into the window.
            let most = usize::try_from(rate + burst).unwrap() + 1;
            assert!(within <= most, "{within} requests within a second, at most {most}: {times:?}");
        }
    }
}

#[test]
fn whatever_the_receiver_does_order_attempts_and_rate_are_kept_and_nobody_starves() {
    for seed in seeds(6) {
        let history = History::new(seed);
        let played = std::panic::catch_unwind(|| history.play());
        if let Err(cause) = played {
            let text = cause.downcast_ref::<String>().cloned().unwrap_or_default();
            panic!("SYNCCTL_SEED={seed}: {text}\n{history:?}");
        }
    }
}
