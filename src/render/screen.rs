//! The screen: standard output and standard error, and how to print on them.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead as _, IsTerminal, Write};

use anstyle::Style;
use indicatif::ProgressDrawTarget;

use super::failure::{Failure, write_failure_json};
use super::progress::Progress;
use super::table::{painted, style_of};
use super::{ColorChoice, Format, OutputStyle, RenderError, TimeStyle, render_to};
use crate::clock::Timestamp;
use crate::report::{Level, Report};
use crate::untrusted::{Untrusted, safe_json};

/// The width of a terminal that does not know its own.
const UNKNOWN_WIDTH: u16 = 100;
/// The smallest width that tables are laid out for.
const LEAST_WIDTH: u16 = 40;

/// The options that decide how output looks: format, colour, times.
#[derive(Clone, Debug)]
pub struct OutputOptions {
    /// The output format.
    pub format: Format,
    /// The columns to show, in order; empty for the default ones.
    pub columns: Vec<String>,
    /// Whether tables have a header line.
    pub headers: bool,
    /// How times are written. By default relative on a terminal, else RFC 3339.
    pub time: Option<TimeStyle>,
    /// When to use colour.
    pub color: ColorChoice,
    /// Whether to say nothing but data, warnings and errors.
    pub quiet: bool,
    /// Whether notes, warnings and errors are lines of JSON, as log lines are.
    pub log_json: bool,
    /// The time that relative times count from.
    pub now: Timestamp,
}

impl OutputOptions {
    /// The defaults of the command line, at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self {
            format: Format::Table,
            columns: Vec::new(),
            headers: true,
            time: None,
            color: ColorChoice::Auto,
            quiet: false,
            log_json: false,
            now,
        }
    }
}

/// What is known of the terminal: whether streams lead to one, its width, the variables that choose colour.
#[derive(Clone, Debug, Default)]
pub struct TerminalInfo {
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// The terminal's width; zero if unknown.
    pub terminal_width: u16,
    /// `COLUMNS`.
    pub columns: Option<OsString>,
    /// `TERM`.
    pub term: Option<OsString>,
    /// `NO_COLOR`.
    pub no_color: Option<OsString>,
    /// `CLICOLOR_FORCE`.
    pub clicolor_force: Option<OsString>,
}

impl TerminalInfo {
    /// Reads the streams and environment of this process.
    pub fn detect() -> Self {
        let stdout_is_terminal = io::stdout().is_terminal();
        Self {
            stdout_is_terminal,
            stderr_is_terminal: io::stderr().is_terminal(),
            // Read only if needed: it may search the terminal database.
            terminal_width: if stdout_is_terminal {
                crossterm::terminal::size().map_or(0, |(width, _)| width)
            } else {
                0
            },
            columns: env::var_os("COLUMNS"),
            term: env::var_os("TERM"),
            no_color: env::var_os("NO_COLOR"),
            clicolor_force: env::var_os("CLICOLOR_FORCE"),
        }
    }

    fn is_dumb(&self) -> bool {
        self.term.as_ref().is_some_and(|term| term == "dumb")
    }

    /// Whether a stream gets colour: by the flag, then `CLICOLOR_FORCE`, `NO_COLOR`, `TERM=dumb`, then whether it is a terminal.
    fn colors(&self, choice: ColorChoice, is_terminal: bool) -> bool {
        let forced = self.clicolor_force.as_ref().is_some_and(|value| !value.is_empty() && value != "0");
        let refused = self.no_color.as_ref().is_some_and(|value| !value.is_empty());
        match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => forced || (!refused && !self.is_dumb() && is_terminal),
        }
    }

    /// The width tables wrap at; a pipe has none.
    fn width(&self) -> Option<u16> {
        let told = self.columns.as_ref().and_then(|value| value.to_str()?.trim().parse().ok());
        let known = [told, Some(self.terminal_width)].into_iter().flatten().find(|width| *width > 0);
        self.stdout_is_terminal.then(|| known.unwrap_or(UNKNOWN_WIDTH).max(LEAST_WIDTH))
    }
}

/// Prints results to stdout and messages to stderr, as the options say.
///
/// Failures to write standard error are ignored: they cannot be reported.
#[derive(Clone, Debug)]
pub struct Screen {
    look: OutputStyle,
    quiet: bool,
    log_json: bool,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
    stderr_color: bool,
    dumb: bool,
}

impl Screen {
    /// A screen on this process's streams.
    pub fn new(options: OutputOptions) -> Self {
        Self::with_terminal(options, &TerminalInfo::detect())
    }

    /// A screen for streams with these properties.
    pub fn with_terminal(options: OutputOptions, terminal: &TerminalInfo) -> Self {
        let color = terminal.colors(options.color, terminal.stdout_is_terminal);
        if color {
            crossterm::style::force_color_output(true);
        }
        let people_look = terminal.stdout_is_terminal && options.format.is_human();
        let time = options.time.unwrap_or(if people_look { TimeStyle::Relative } else { TimeStyle::Iso });
        Self {
            look: OutputStyle {
                format: options.format,
                columns: options.columns,
                headers: options.headers,
                time,
                color,
                width: terminal.width(),
                now: options.now,
            },
            quiet: options.quiet,
            log_json: options.log_json,
            stdout_is_terminal: terminal.stdout_is_terminal,
            stderr_is_terminal: terminal.stderr_is_terminal,
            stderr_color: terminal.colors(options.color, terminal.stderr_is_terminal),
            dumb: terminal.is_dumb(),
        }
    }

    /// The style of reports on it.
    pub(super) fn look(&self) -> &OutputStyle {
        &self.look
    }

    /// Whether `top` can draw on it: a terminal that can move its cursor.
    pub fn supports_full_screen(&self) -> bool {
        self.stdout_is_terminal && !self.dumb && io::stdin().is_terminal()
    }

    /// The output format.
    pub fn format(&self) -> Format {
        self.look.format
    }

    /// Whether `-q` was given.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether standard output is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.stdout_is_terminal
    }

    /// Whether a question can be asked: input and standard error are terminals, and `allowed`.
    pub fn may_ask(&self, allowed: bool) -> bool {
        allowed && self.stderr_is_terminal && io::stdin().is_terminal()
    }

    /// Asks a question on the terminal; anything but `y` or `yes` is no.
    pub fn confirm(&self, question: &str) -> Result<bool, RenderError> {
        let mut err = io::stderr().lock();
        write!(err, "{} [y/N] ", Untrusted(question))?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Sets the time that relative times count from, for reports that are refreshed.
    pub fn set_now(&mut self, now: Timestamp) {
        self.look.now = now;
    }

    /// A time as tables on this screen write it, for lines of text.
    pub fn time(&self, moment: Timestamp) -> String {
        self.look.time.show(moment, self.look.now)
    }

    /// A time that stays true later, for lines that are not refreshed: never relative.
    pub fn full_time(&self, moment: Timestamp) -> String {
        let style = if self.look.time == TimeStyle::Relative { TimeStyle::Iso } else { self.look.time };
        style.show(moment, self.look.now)
    }

    /// Clears the terminal before a report is refreshed; elsewhere reports follow each other.
    pub fn clear(&self) -> Result<(), RenderError> {
        if self.stdout_is_terminal && !self.dumb {
            let mut out = io::stdout().lock();
            out.write_all(b"\x1b[H\x1b[2J\x1b[3J")?;
            out.flush()?;
        }
        Ok(())
    }

    /// Prints a report.
    pub fn report(&self, report: &Report) -> Result<(), RenderError> {
        self.report_to(&mut io::stdout().lock(), report)?;
        report.warnings.iter().for_each(|warning| self.warn(warning));
        report.hints.iter().for_each(|hint| self.hint(hint));
        Ok(())
    }

    /// Prints the confirmation of a change; with `-q` only in formats for machines.
    pub fn report_done(&self, report: &Report) -> Result<(), RenderError> {
        if self.quiet && self.look.format.is_human() { Ok(()) } else { self.report(report) }
    }

    /// Writes bytes to standard output: unchanged into a pipe or file, made safe for a terminal.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), RenderError> {
        self.bytes_to(&mut io::stdout().lock(), bytes)
    }

    /// Prints a note to standard error; not with `-q`.
    pub fn note(&self, text: &str) {
        self.note_to(&mut io::stderr().lock(), text);
    }

    /// Prints a warning to standard error, even with `-q`.
    pub fn warn(&self, text: &str) {
        self.warn_to(&mut io::stderr().lock(), text);
    }

    /// Prints a hint on what to do next, only on a terminal and not with `-q`.
    pub fn hint(&self, text: &str) {
        self.hint_to(&mut io::stderr().lock(), text);
    }

    /// Reports a failure on standard error: in words, or as one line of JSON in the JSON formats.
    pub fn error(&self, failure: &Failure) {
        self.error_to(&mut io::stderr().lock(), failure);
    }

    /// Shows the progress of `what` through `total` steps, or of unknown length; only on a terminal.
    pub fn progress(&self, total: Option<u64>, what: &str) -> Progress {
        let drawn = self.stderr_is_terminal && !self.quiet && !self.dumb;
        let target = if drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Progress::new(target, total, what)
    }

    fn report_to(&self, out: &mut dyn Write, report: &Report) -> Result<(), RenderError> {
        // One buffer, so that a long table is not written line by line.
        let mut out = io::BufWriter::with_capacity(64 * 1024, out);
        let result = render_to(&mut out, report, &self.look);
        // After a failure, the rest must not be written again on drop.
        let _ = out.into_parts();
        result
    }

    fn bytes_to(&self, out: &mut dyn Write, bytes: &[u8]) -> Result<(), RenderError> {
        if self.stdout_is_terminal {
            let text = String::from_utf8_lossy(bytes);
            for (at, line) in text.split('\n').enumerate() {
                write!(out, "{}{}", if at == 0 { "" } else { "\n" }, Untrusted(line))?;
            }
        } else {
            out.write_all(bytes)?;
        }
        Ok(out.flush()?)
    }

    fn note_to(&self, err: &mut dyn Write, text: &str) {
        if !self.quiet {
            let _ = self.write_message(err, "INFO", "", text);
        }
    }

    fn warn_to(&self, err: &mut dyn Write, text: &str) {
        let label = self.label("warning:", style_of(Level::Warning).bold());
        let _ = self.write_message(err, "WARN", &label, text);
    }

    fn hint_to(&self, err: &mut dyn Write, text: &str) {
        if self.stderr_is_terminal && !self.quiet {
            let _ = self.write_message(err, "INFO", &self.label("hint:", style_of(Level::Busy)), text);
        }
    }

    /// Writes a message after its label, or as a log line of this level where those are JSON.
    fn write_message(&self, err: &mut dyn Write, level: &'static str, label: &str, text: &str) -> io::Result<()> {
        match self.log_json {
            true => write_log_line(err, self.look.now, level, text.trim()),
            false => write_lines(err, label, text),
        }
    }

    fn error_to(&self, err: &mut dyn Write, failure: &Failure) {
        let _ = if self.look.format.is_json() || self.log_json {
            write_failure_json(err, failure)
        } else {
            self.write_failure(err, failure)
        };
    }

    fn write_failure(&self, err: &mut dyn Write, failure: &Failure) -> io::Result<()> {
        write_lines(err, &self.label("error:", style_of(Level::Bad).bold()), &failure.message)?;
        for cause in &failure.causes {
            write_lines(err, "  cause: ", cause)?;
        }
        match &failure.hint {
            Some(hint) => write_lines(err, &self.label("hint:", style_of(Level::Busy)), hint),
            None => Ok(()),
        }
    }

    fn label(&self, word: &str, style: Style) -> String {
        format!("{} ", painted(word, style, self.stderr_color))
    }
}

/// Writes a message in the form of a log line.
fn write_log_line(err: &mut dyn Write, at: Timestamp, level: &'static str, message: &str) -> io::Result<()> {
    let line = serde_json::json!({"timestamp": at, "level": level, "fields": {"message": message}});
    writeln!(err, "{}", safe_json(&line.to_string()))?;
    err.flush()
}

/// Writes `text` after a label, each further line indented by two.
fn write_lines(err: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    for (at, line) in text.trim_end().split('\n').enumerate() {
        writeln!(err, "{}{}", if at == 0 { label } else { "  " }, Untrusted(line).to_string().trim_end())?;
    }
    err.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::untrusted::DANGEROUS;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);

    fn terminal() -> TerminalInfo {
        let terminal = true;
        TerminalInfo { stdout_is_terminal: terminal, stderr_is_terminal: terminal, ..TerminalInfo::default() }
    }

    fn set(value: &str) -> Option<OsString> {
        Some(value.into())
    }

    fn screen(format: Format, quiet: bool, terminal: &TerminalInfo) -> Screen {
        Screen::with_terminal(OutputOptions { format, quiet, ..OutputOptions::at(NOW) }, terminal)
    }

    fn written(write: impl FnOnce(&mut dyn Write)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn colour_follows_the_strongest_who_speaks() {
        let (auto, on) = (ColorChoice::Auto, terminal());
        let forced = TerminalInfo { clicolor_force: set("1"), no_color: set("1"), ..TerminalInfo::default() };
        let refused = TerminalInfo { no_color: set("1"), ..terminal() };
        let dumb = TerminalInfo { term: set("dumb"), ..terminal() };
        assert!(!forced.colors(ColorChoice::Never, true), "the flag beats CLICOLOR_FORCE");
        assert!(refused.colors(ColorChoice::Always, false), "the flag beats NO_COLOR");
        assert!(forced.colors(auto, false), "CLICOLOR_FORCE beats NO_COLOR");
        assert!(!refused.colors(auto, true), "NO_COLOR beats the terminal");
        assert!(!dumb.colors(auto, true), "TERM=dumb beats the terminal");
        assert!(on.colors(auto, true) && !on.colors(auto, false), "else the stream decides");
        let zero = TerminalInfo { clicolor_force: set("0"), ..TerminalInfo::default() };
        assert!(!zero.colors(auto, false), "CLICOLOR_FORCE=0 forces nothing");
        let empty = TerminalInfo { no_color: set(""), ..terminal() };
        assert!(empty.colors(auto, true), "an empty NO_COLOR refuses nothing");
    }

    #[test]
    fn the_width_is_columns_then_the_terminal_then_a_guess_and_never_too_small() {
        let width = |columns: Option<&str>, terminal_width| {
            TerminalInfo { columns: columns.map(Into::into), terminal_width, ..terminal() }.width()
        };
        assert_eq!(width(Some("60"), 80), Some(60));
        assert_eq!(width(Some("wide"), 80), Some(80));
        assert_eq!(width(Some("0"), 80), Some(80));
        assert_eq!(width(None, 0), Some(UNKNOWN_WIDTH));
        assert_eq!(width(None, 7), Some(LEAST_WIDTH));
        assert_eq!(TerminalInfo { columns: set("60"), ..TerminalInfo::default() }.width(), None);
    }

    #[test]
    fn times_are_relative_for_people_at_a_terminal_and_exact_for_everything_else() {
        let time = |format, terminal: &TerminalInfo| screen(format, false, terminal).time(NOW);
        assert_eq!(time(Format::Table, &terminal()), "just now");
        let full = screen(Format::Table, false, &terminal()).full_time(NOW);
        assert_eq!(full, "2024-01-31T12:00:00.000Z", "a line that stays says when in full");
        assert_eq!(time(Format::Table, &TerminalInfo::default()), "2024-01-31T12:00:00.000Z");
        assert_eq!(time(Format::Csv, &terminal()), "2024-01-31T12:00:00.000Z");
        let asked = OutputOptions { time: Some(TimeStyle::Unix), ..OutputOptions::at(NOW) };
        assert_eq!(Screen::with_terminal(asked, &terminal()).time(NOW), "1706702400");
    }

    #[test]
    fn an_error_says_what_why_and_what_next_and_obeys_nothing() {
        let mut failure = Failure::new(10, "no-database", format!("no queue{DANGEROUS}")).with_hint("syncctl init");
        failure.causes = vec!["the file\nis gone".to_owned()];
        let text = written(|err| screen(Format::Table, true, &TerminalInfo::default()).error_to(err, &failure));
        assert!(
            text.starts_with("error: no queue")
                && text.ends_with("\n  cause: the file\n  is gone\nhint: syncctl init\n")
        );
        assert!(!text.contains(|c| DANGEROUS.contains(c)));
    }

    #[test]
    fn with_json_an_error_is_one_line_of_json() {
        let mut failure = Failure::new(78, "config", format!("wrong{DANGEROUS}"));
        failure.causes = vec!["a".to_owned(), "b".to_owned()];
        for format in [Format::Json, Format::Jsonl] {
            let text = written(|err| screen(format, false, &terminal()).error_to(err, &failure));
            assert!(text.ends_with('\n') && text.lines().count() == 1);
            assert!(!text.contains(|c| DANGEROUS.contains(c)));
            let message = format!("wrong{DANGEROUS}");
            let error = json!({"code": 78, "kind": "config", "message": message, "cause": "a: b", "hint": null});
            assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), json!({"error": error}));
        }
    }

    #[test]
    fn a_failure_tells_the_sources_of_its_error_in_order() {
        let error = RenderError::Io(io::Error::other("disk on fire"));
        let failure = Failure::of(74, "io", &error);
        assert_eq!((failure.message, failure.causes), (error.to_string(), vec!["disk on fire".to_owned()]));
    }

    #[test]
    fn hints_go_to_terminals_only_and_quiet_keeps_back_all_but_warnings() {
        let told = |quiet, terminal: &TerminalInfo| {
            let screen = screen(Format::Table, quiet, terminal);
            written(|mut err| {
                screen.note_to(&mut err, "n");
                screen.hint_to(&mut err, "h");
                screen.warn_to(&mut err, "w");
            })
        };
        let plain = TerminalInfo { no_color: set("1"), ..terminal() };
        assert_eq!(told(false, &plain), "n\nhint: h\nwarning: w\n");
        assert_eq!(told(false, &TerminalInfo::default()), "n\nwarning: w\n");
        assert_eq!(told(true, &plain), "warning: w\n");
        assert!(told(false, &terminal()).contains("\u{1b}["));
    }

    #[test]
    fn bytes_are_kept_in_a_pipe_and_made_safe_on_a_terminal() {
        let bytes = b"{\n \"a\": \"\x1b[31m\xff\"}\n";
        let to = |terminal: &TerminalInfo| {
            let mut out = Vec::new();
            screen(Format::Table, false, terminal).bytes_to(&mut out, bytes).expect("written");
            out
        };
        assert_eq!(to(&TerminalInfo::default()), bytes);
        assert_eq!(to(&terminal()), "{\n \"a\": \"␛[31m\u{fffd}\"}\n".as_bytes());
    }

    #[test]
    fn a_screen_reports_a_closed_pipe_once_and_does_not_write_again() {
        /// A stream of a test whose reader is gone.
        struct Closed(usize);
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                self.0 += 1;
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut closed = Closed(0);
        let result = screen(Format::Json, false, &terminal()).report_to(&mut closed, &Report::new(&()));
        assert!(matches!(result, Err(RenderError::ClosedPipe)));
        assert_eq!(closed.0, 1);
    }

    #[test]
    fn progress_is_hidden_unless_somebody_looks() {
        for (terminal, quiet) in [
            (TerminalInfo::default(), false),
            (terminal(), true),
            (TerminalInfo { term: set("dumb"), ..terminal() }, false),
        ] {
            let progress = screen(Format::Table, quiet, &terminal).progress(Some(3), "Delivering");
            assert!(progress.is_hidden());
            progress.inc(1);
            progress.finish();
        }
    }
}
