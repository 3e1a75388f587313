//! `top`: the queue on a live screen, with keys to act on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::context::Context;
use super::exit::{CliError, Exit};
use super::signals::{Signals, block_on};
use super::values;
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::delivery::Trigger;
use crate::event::EventId;
use crate::monitor;
use crate::monitor::pace::{self, Readings};
use crate::render::live::{KeyPress, LiveScreen, Pane, ScreenContent, next_key};
use crate::report::top::{Snapshot, Top, event_lines, top};
use crate::report::why;
use crate::service::figures;
use crate::store::{AttemptFilter, DeliveryFilter, DeliveryId, Page, PendingResult, Replay, Store};

/// The most failures that are listed.
const FAILURES: u64 = 100;
/// The most attempts that latencies are computed from.
const ATTEMPTS: u64 = 500;
/// The window of those attempts.
const LATENCY_WINDOW: Duration = Duration::from_mins(1);
/// The shortest refresh interval.
const SHORTEST: Duration = Duration::from_millis(250);
/// How often the keyboard thread checks whether it should end.
const KEY_WAIT: Duration = Duration::from_millis(100);
/// Rows that a page key moves by.
const PAGE: isize = 10;

/// The command-line arguments of `top`.
#[derive(Debug, clap::Args)]
pub struct TopArgs {
    /// Interval at which the queue is read
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = values::duration)]
    every: Duration,
}

impl TopArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        if !context.screen.supports_full_screen() {
            return Err(Exit::Usage
                .error("`top` needs a terminal on standard input and output")
                .hint("use `syncctl status --watch`, which needs no terminal"));
        }
        let store = context.existing_store()?;
        block_on(async {
            let signals = Signals::listen().map_err(|e| Exit::Io.error("failed to listen for signals").cause(e))?;
            let mut live = LiveScreen::enter(&context.screen).map_err(no_terminal)?;
            let mut session = TopSession::begin(context, store).await?;
            session.run(&mut live, &signals, self.every.max(SHORTEST)).await
        })?;
        Ok(Exit::Done)
    }
}

fn no_terminal(error: std::io::Error) -> CliError {
    Exit::Io.error("failed to use the terminal").cause(error)
}

/// An action in `top` that waits for the operator to confirm it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Confirmation {
    Pause(String),
    Replay(DeliveryId),
}

/// The event whose details `top` shows.
#[derive(Debug)]
struct OpenedEvent {
    title: String,
    lines: Vec<String>,
    scroll: usize,
}

/// The state of `top` between two keys: figures, selected row, open event.
struct TopSession<'a> {
    context: &'a Context,
    store: Arc<dyn Store>,
    title: String,
    readings: Readings,
    snapshot: Snapshot,
    top: Top,
    pane: Pane,
    /// The selection by name and id, so that it survives a change of the list.
    endpoint: Option<String>,
    failure: Option<DeliveryId>,
    message: Option<String>,
    question: Option<Confirmation>,
    opened: Option<OpenedEvent>,
    help: bool,
}

impl<'a> TopSession<'a> {
    async fn begin(context: &'a Context, store: Arc<dyn Store>) -> Result<Self, CliError> {
        let mut readings = Readings::default();
        let snapshot = read(context, &store, &mut readings).await?;
        let top = top(&snapshot, &readings);
        let title = format!("syncctl top: {}", context.config()?.database()?);
        Ok(Self {
            context,
            store,
            title,
            readings,
            snapshot,
            top,
            pane: Pane::default(),
            endpoint: None,
            failure: None,
            message: None,
            question: None,
            opened: None,
            help: false,
        })
    }

    async fn run(&mut self, live: &mut LiveScreen, signals: &Signals, every: Duration) -> Result<(), CliError> {
        let mut keys = Keyboard::start();
        let mut stop = signals.stop.clone();
        let mut read_at = Instant::now() + every;
        loop {
            live.show(&self.view(), self.snapshot.now).map_err(no_terminal)?;
            tokio::select! {
                _ = stop.changed() => return Ok(()),
                key = keys.pressed.recv() => match key {
                    None | Some(KeyPress::Quit) => return Ok(()),
                    Some(KeyPress::Char('q')) if self.question.is_none() => return Ok(()),
                    Some(key) => self.press(key).await,
                },
                () = sleep_until(read_at) => {
                    self.refresh().await;
                    read_at = Instant::now() + every;
                }
            }
        }
    }

    fn view(&self) -> ScreenContent<'_> {
        ScreenContent {
            title: &self.title,
            top: &self.top,
            pane: self.pane,
            selected: (self.selected_endpoint(), self.selected_failure()),
            message: self.message.as_deref(),
            opened: self.opened.as_ref().map(|it| (it.title.as_str(), it.lines.as_slice(), it.scroll)),
            help: self.help,
        }
    }

    /// Reads the queue again. If that fails, the last figures stay and the error is shown.
    async fn refresh(&mut self) {
        match read(self.context, &self.store, &mut self.readings).await {
            Ok(snapshot) => {
                self.snapshot = snapshot;
                self.top = top(&self.snapshot, &self.readings);
            }
            Err(fault) => self.message = Some(format!("the queue could not be read: {}", sentence(&fault))),
        }
    }

    async fn press(&mut self, key: KeyPress) {
        if let Some(question) = self.question.take() {
            self.message = match key {
                KeyPress::Char('y' | 'Y') => Some(self.answer(&question).await),
                _ => None,
            };
            self.refresh().await;
            return;
        }
        match key {
            KeyPress::Resize => {}
            KeyPress::Escape => (self.opened, self.help, self.message) = (None, false, None),
            KeyPress::Char('?') => self.help = !self.help,
            KeyPress::Char('k') | KeyPress::Up => self.step(-1),
            KeyPress::Char('j') | KeyPress::Down => self.step(1),
            KeyPress::PageUp => self.step(-PAGE),
            KeyPress::PageDown => self.step(PAGE),
            KeyPress::Tab => self.pane = if self.pane == Pane::Endpoints { Pane::Failures } else { Pane::Endpoints },
            KeyPress::Enter => self.open().await,
            KeyPress::Char('p') => self.ask_to_pause(),
            KeyPress::Char('r') => self.resume_or_replay().await,
            KeyPress::Char(_) | KeyPress::Quit => {}
        }
    }

    fn selected_endpoint(&self) -> usize {
        let named = |name: &String| self.snapshot.figures.endpoints.iter().position(|row| row.endpoint.name == *name);
        self.endpoint.as_ref().and_then(named).unwrap_or_default()
    }

    fn selected_failure(&self) -> usize {
        let with_id = |id: DeliveryId| self.snapshot.failures.rows.iter().position(|row| row.id == id);
        self.failure.and_then(with_id).unwrap_or_default()
    }

    /// Scrolls the open event, or moves the selection of the active table.
    fn step(&mut self, rows: isize) {
        if let Some(opened) = &mut self.opened {
            opened.scroll = moved(opened.scroll, rows, opened.lines.len());
            return;
        }
        match self.pane {
            Pane::Endpoints => {
                let endpoints = &self.snapshot.figures.endpoints;
                let at = moved(self.selected_endpoint(), rows, endpoints.len());
                self.endpoint = endpoints.get(at).map(|row| row.endpoint.name.clone());
            }
            Pane::Failures => {
                let failures = &self.snapshot.failures.rows;
                let at = moved(self.selected_failure(), rows, failures.len());
                self.failure = failures.get(at).map(|row| row.id);
            }
        }
    }

    /// Opens the event of the selected failure.
    async fn open(&mut self) {
        let Some(row) =
            self.snapshot.failures.rows.get(self.selected_failure()).filter(|_| self.pane == Pane::Failures)
        else {
            return;
        };
        let title = row.event.id.to_string();
        match self.explained(&row.event.id).await {
            Ok(lines) => self.opened = Some(OpenedEvent { title, lines, scroll: 0 }),
            Err(error) => self.message = Some(error.to_string()),
        }
    }

    /// An event in lines: the state of each delivery, and every attempt.
    async fn explained(&self, id: &EventId) -> crate::store::Result<Vec<String>> {
        let Some(detail) = self.store.event(id).await? else { return Ok(vec!["this event was pruned".to_owned()]) };
        let why = why::event(&detail, &self.store.endpoints().await?, SystemClock.now());
        Ok(event_lines(&detail, why.lines))
    }

    fn ask_to_pause(&mut self) {
        let Some(row) = self.snapshot.figures.endpoints.get(self.selected_endpoint()) else { return };
        if self.pane == Pane::Endpoints {
            let name = row.endpoint.name.clone();
            self.message = Some(format!("pause `{name}` and hold {} deliveries? y/n", row.counts.waiting));
            self.question = Some(Confirmation::Pause(name));
        }
    }

    async fn resume_or_replay(&mut self) {
        match self.pane {
            Pane::Endpoints => {
                let Some(row) = self.snapshot.figures.endpoints.get(self.selected_endpoint()) else { return };
                let name = row.endpoint.name.clone();
                self.message = Some(match self.store.resume(&name, SystemClock.now()).await {
                    Ok(_) => format!("`{name}` is resumed"),
                    Err(error) => error.to_string(),
                });
                self.refresh().await;
            }
            Pane::Failures => {
                let Some(row) = self.snapshot.failures.rows.get(self.selected_failure()) else { return };
                let (id, event) = (row.id, &row.event);
                self.message =
                    Some(format!("replay delivery {} ({} {})? y/n", id.0, event.event_type, event.resource.id));
                self.question = Some(Confirmation::Replay(id));
            }
        }
    }

    /// Carries out a confirmed action, and returns what to show.
    async fn answer(&mut self, question: &Confirmation) -> String {
        let now = SystemClock.now();
        match question {
            Confirmation::Pause(name) => match self.store.pause(name, now).await {
                Ok(_) => format!("`{name}` is paused"),
                Err(error) => error.to_string(),
            },
            Confirmation::Replay(id) => {
                let how = Replay { trigger: Trigger::Manual, include_delivered: false, include_pending: true };
                match self.store.replay(vec![*id], how, now).await {
                    Ok(changed) if changed.changed.is_empty() => {
                        format!("delivery {} was not replayed: it is being sent", id.0)
                    }
                    Ok(_) => format!("delivery {} is queued again", id.0),
                    Err(error) => error.to_string(),
                }
            }
        }
    }
}

/// A row index moved by `rows` within `len` rows.
fn moved(at: usize, rows: isize, len: usize) -> usize {
    at.saturating_add_signed(rows).min(len.saturating_sub(1))
}

fn sentence(fault: &CliError) -> String {
    match fault {
        CliError::ClosedPipe => "the terminal is gone".to_owned(),
        CliError::Store(error) => error.to_string(),
        CliError::Failed(failure) => failure.message.clone(),
    }
}

/// Reads the figures of one refresh.
async fn read(context: &Context, store: &Arc<dyn Store>, readings: &mut Readings) -> Result<Snapshot, CliError> {
    let now: Timestamp = SystemClock.now();
    let reader = Arc::clone(store);
    let limits = context.config()?.health.clone();
    let judged = limits.clone();
    let read = PendingResult::deferred(move || figures::health_figures(reader.as_ref(), &limits, now)).await?;
    readings.add(&read.figures, now);
    let health = monitor::health(&read, &judged, now);
    let (since, latest) = (Some(now.minus(LATENCY_WINDOW)), u32::try_from(ATTEMPTS).ok());
    let recent = AttemptFilter { since, latest, ..AttemptFilter::default() };
    let attempts = store.page_of_attempts(&recent, newest(ATTEMPTS)).await?;
    let troubled = DeliveryFilter { troubled: true, ..DeliveryFilter::default() };
    let failures = store.deliveries(&troubled, newest(FAILURES)).await?;
    Ok(Snapshot { now, figures: read.figures, health, latencies: pace::latencies(&attempts), failures })
}

fn newest(limit: u64) -> Page {
    Page { limit, number: 1, oldest_first: false }
}

/// A thread that reads keys, because reading a terminal blocks. It ends when its receiver is dropped.
struct Keyboard {
    pressed: mpsc::Receiver<KeyPress>,
    done: Arc<AtomicBool>,
}

impl Keyboard {
    fn start() -> Self {
        let (sender, pressed) = mpsc::channel(16);
        let done = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&done);
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let Some(key) = next_key(KEY_WAIT) else { continue };
                if sender.blocking_send(key).is_err() || key == KeyPress::Quit {
                    return;
                }
            }
        });
        Self { pressed, done }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
    }
}
