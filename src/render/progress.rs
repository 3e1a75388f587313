//! Progress bars.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::untrusted::Untrusted;

/// Writes whole steps per second; indicatif's own figure has four decimals.
fn write_rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _ = write!(out, "{:.0}", state.per_sec());
}

/// Shows progress as a bar or a spinner, which disappears when it is finished or dropped.
///
/// Its clones move the same bar.
#[derive(Clone, Debug)]
pub struct Progress(Arc<Bar>);

/// A progress bar that is cleared when it is dropped.
#[derive(Debug)]
struct Bar(ProgressBar);

impl Progress {
    pub(super) fn new(target: ProgressDrawTarget, total: Option<u64>, what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(total, target);
        let template = match total {
            Some(_) => "{msg} {bar:30} {pos}/{len}  {rate}/s  eta {eta}",
            None => "{spinner} {msg} {pos}  {elapsed}",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("━╸ ").with_key("rate", write_rate));
        bar.set_message(Untrusted(what).to_string());
        Self(Arc::new(Bar(bar)))
    }

    /// Advances by `steps`.
    pub fn inc(&self, steps: u64) {
        self.0.0.inc(steps);
    }

    /// Changes the number of steps.
    pub fn set_total(&self, total: u64) {
        self.0.0.set_length(total);
    }

    /// Sets the message.
    pub fn set_message(&self, what: &str) {
        self.0.0.set_message(Untrusted(what).to_string());
    }

    /// Redraws at this interval, even without progress.
    pub fn tick_every(&self, every: Duration) {
        if !self.0.0.is_hidden() {
            self.0.0.enable_steady_tick(every);
        }
    }

    /// Hides the bar while `write` writes to the terminal.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.0.suspend(write)
    }

    /// Whether it is invisible.
    pub fn is_hidden(&self) -> bool {
        self.0.0.is_hidden()
    }

    /// Ends it and clears it from the screen.
    pub fn finish(&self) {
        self.0.0.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_foreign_text_safely() {
        let bar = Progress::new(ProgressDrawTarget::hidden(), Some(3), "Delivering\u{1b}");
        assert_eq!(bar.0.0.message(), "Delivering␛");
    }
}
