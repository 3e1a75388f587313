//! The live screen of `top`: a terminal in raw mode, which is restored in every case.
//!
//! `draw` is a function of the view and keeps no state, so tests draw without a terminal.

mod backend;

use std::fmt;
use std::io;
use std::panic;
use std::time::Duration;

use crossterm::cursor::Show;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};
use ratatui::{Frame, Terminal};

use self::backend::FullScreenBackend;
use super::columns::fitted;
use super::{OutputStyle, Screen, shown_cell};
use crate::report::top::Top;
use crate::report::{Cell, Level, Table};
use crate::untrusted::Untrusted;

/// A key that `top` reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPress {
    /// A character.
    Char(char),
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A screen of rows up.
    PageUp,
    /// A screen of rows down.
    PageDown,
    /// The other table.
    Tab,
    /// Open what is selected.
    Enter,
    /// Back.
    Escape,
    /// Ctrl-C, or the terminal is gone.
    Quit,
    /// The terminal has another size: draw again.
    Resize,
}

/// Which table of `top` has the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The endpoints.
    #[default]
    Endpoints,
    /// The failures.
    Failures,
}

/// What the screen of `top` shows.
#[derive(Debug)]
pub struct ScreenContent<'a> {
    /// The title of the screen: the queue's location.
    pub title: &'a str,
    /// The figures.
    pub top: &'a Top,
    /// The table that has the focus.
    pub pane: Pane,
    /// The selected row of each table.
    pub selected: (usize, usize),
    /// The result of the last action, or a question that waits for `y`.
    pub message: Option<&'a str>,
    /// The open event: its title, its lines, and how many lines are scrolled past.
    pub opened: Option<(&'a str, &'a [String], usize)>,
    /// Whether the help is shown in place of the tables.
    pub help: bool,
}

/// A terminal in raw mode on the alternate screen. Dropping it restores the terminal.
pub struct LiveScreen {
    terminal: Terminal<FullScreenBackend>,
    look: OutputStyle,
}

impl fmt::Debug for LiveScreen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveScreen")
    }
}

impl LiveScreen {
    /// Switches the terminal to raw mode and the alternate screen. A panic restores it before its message is written.
    pub fn enter(screen: &Screen) -> io::Result<Self> {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore_terminal();
            report(info);
        }));
        enable_raw_mode()?;
        // From here on the terminal is restored even if the next step fails.
        let mut live = Self { terminal: Terminal::new(FullScreenBackend::new())?, look: screen.look().clone() };
        execute!(io::stdout(), EnterAlternateScreen)?;
        live.terminal.clear()?;
        Ok(live)
    }

    /// Draws a view; relative times count from `now`.
    pub fn show(&mut self, view: &ScreenContent<'_>, now: crate::clock::Timestamp) -> io::Result<()> {
        self.look.now = now;
        let look = &self.look;
        self.terminal.draw(|frame| draw(frame, view, look)).map(drop)
    }
}

impl Drop for LiveScreen {
    fn drop(&mut self) {
        restore_terminal();
    }
}

fn restore_terminal() {
    // A terminal that is gone cannot be restored.
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// The next key within `patience`, if one is pressed. Blocks meanwhile.
pub fn next_key(patience: Duration) -> Option<KeyPress> {
    match event::poll(patience) {
        Ok(true) => {}
        Ok(false) => return None,
        Err(_) => return Some(KeyPress::Quit),
    }
    match event::read() {
        Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => key_of(key.code, key.modifiers),
        Ok(Event::Resize(..)) => Some(KeyPress::Resize),
        Ok(_) => None,
        Err(_) => Some(KeyPress::Quit),
    }
}

fn key_of(code: KeyCode, modifiers: KeyModifiers) -> Option<KeyPress> {
    match code {
        KeyCode::Char('c' | 'd') if modifiers.contains(KeyModifiers::CONTROL) => Some(KeyPress::Quit),
        KeyCode::Char(c) => Some(KeyPress::Char(c)),
        KeyCode::Up => Some(KeyPress::Up),
        KeyCode::Down => Some(KeyPress::Down),
        KeyCode::PageUp => Some(KeyPress::PageUp),
        KeyCode::PageDown => Some(KeyPress::PageDown),
        KeyCode::Tab | KeyCode::BackTab => Some(KeyPress::Tab),
        KeyCode::Enter => Some(KeyPress::Enter),
        KeyCode::Esc => Some(KeyPress::Escape),
        _ => None,
    }
}

/// Columns that may be left out on a narrow terminal, the first one first.
const OPTIONAL_IN_ENDPOINTS: &[&str] = &["p95", "processing", "failing", "p50"];
const OPTIONAL_IN_FAILURES: &[&str] = &["attempts", "event", "failed", "type", "endpoint"];

const HELP: &[(&str, &str)] = &[
    ("Tab", "move between endpoints and failures"),
    ("j k, arrows, PgUp PgDn", "move within a table"),
    ("p", "pause the selected endpoint"),
    ("r", "resume the selected endpoint, or replay the selected failure"),
    ("Enter", "open the event of the selected failure"),
    ("Esc", "close the open view"),
    ("q, Ctrl-C", "quit"),
];

fn draw(frame: &mut Frame<'_>, view: &ScreenContent<'_>, look: &OutputStyle) {
    // A title, headings, up to eight endpoints and a blank line; the failures get the rest.
    let endpoints = u16::try_from(view.top.endpoints.rows.len().clamp(1, 8)).unwrap_or(8) + 3;
    let [title, verdict, queue, forecast, upper, lower, footer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Length(2),
        Constraint::Length(2),
        Constraint::Max(endpoints),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Line::from(text(view.title)).style(bold()), title);
    let (level, sentence) = &view.top.verdict;
    let sentence = Paragraph::new(text(sentence)).wrap(Wrap { trim: true });
    frame.render_widget(sentence.style(style_of(*level, look)), verdict);
    let queue_table = DrawnTable { table: &view.top.queue, selected: None, optional: &["events"] };
    queue_table.draw(frame, queue, look);
    frame.render_widget(Line::from(text(&view.top.forecast)), forecast);
    for (pane, area, table, row, optional) in [
        (Pane::Endpoints, upper, &view.top.endpoints, view.selected.0, OPTIONAL_IN_ENDPOINTS),
        (Pane::Failures, lower, &view.top.failures, view.selected.1, OPTIONAL_IN_FAILURES),
    ] {
        let selected = (view.pane == pane).then_some(row);
        DrawnTable { table, selected, optional }.draw_titled(frame, area, look);
    }
    let keys = "q quit  Tab tables  j/k move  p pause  r resume/replay  Enter open  ? help";
    let line = match view.message {
        Some(message) => Line::from(text(message)).style(bold()),
        None => Line::from(keys).style(style_of(Level::Quiet, look)),
    };
    frame.render_widget(line, footer);
    let body = Rect { height: footer.y.saturating_sub(queue.y), ..queue };
    if view.help {
        let lines: Vec<String> = HELP.iter().map(|(key, what)| format!("{key:<24}{what}")).collect();
        draw_sheet(frame, body, "Keys", &lines, 0);
    } else if let Some((title, lines, scroll)) = view.opened {
        draw_sheet(frame, body, title, lines, scroll);
    }
}

/// Draws a page of text over everything below the first line.
fn draw_sheet(frame: &mut Frame<'_>, area: Rect, title: &str, lines: &[String], scroll: usize) {
    frame.render_widget(Clear, area);
    let [head, body] = Layout::vertical([Constraint::Length(2), Constraint::Min(1)]).areas(area);
    frame.render_widget(Line::from(text(title)).style(bold()), head);
    let lines: Vec<Line<'_>> = lines.iter().skip(scroll).map(|line| Line::from(text(line))).collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), body);
}

/// A table as `top` draws it.
struct DrawnTable<'a> {
    table: &'a Table,
    /// The row that is marked and kept visible.
    selected: Option<usize>,
    /// Columns that may be left out on a narrow terminal.
    optional: &'a [&'a str],
}

impl DrawnTable<'_> {
    /// Draws it below its title.
    fn draw_titled(&self, frame: &mut Frame<'_>, area: Rect, look: &OutputStyle) {
        let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
        let title = text(self.table.title.as_deref().unwrap_or_default());
        // The focused table is marked by a sign, not by colour alone.
        let mark = if self.selected.is_some() { "▸ " } else { "  " };
        frame.render_widget(Line::from(format!("{mark}{title}")).style(bold()), head);
        self.draw(frame, body, look);
    }

    /// Draws its header and as many rows as there is room for.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &OutputStyle) {
        let texts: Vec<Vec<String>> =
            self.table.rows.iter().map(|row| row.iter().map(|cell| shown_cell(cell, look)).collect()).collect();
        let columns = fitted(self.table.columns, &texts, usize::from(area.width), self.optional);
        let headings = columns.iter().map(|column| {
            let heading = &self.table.columns[column.at];
            Span::from(column.placed(heading.header, heading.right))
        });
        let mut lines = vec![Line::from_iter(headings).style(bold())];
        let rows = usize::from(area.height).saturating_sub(1);
        let first = self.selected.map_or(0, |row| (row + 1).saturating_sub(rows));
        for (at, (cells, shown)) in self.table.rows.iter().zip(&texts).enumerate().skip(first).take(rows) {
            let spans = columns.iter().map(|column| {
                let placed = column.placed(&shown[column.at], self.table.columns[column.at].right);
                match &cells[column.at] {
                    Cell::Level(level, _) => Span::styled(placed, style_of(*level, look)),
                    _ => Span::from(placed),
                }
            });
            let style =
                if self.selected == Some(at) { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
            lines.push(Line::from_iter(spans).style(style));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }
}

/// Foreign text escaped for the terminal.
fn text(foreign: &str) -> String {
    Untrusted(foreign).to_string()
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn style_of(level: Level, look: &OutputStyle) -> Style {
    let color = match level {
        _ if !look.color => return Style::new(),
        Level::Good => Color::Green,
        Level::Busy => Color::Cyan,
        Level::Warning => Color::Yellow,
        Level::Bad => Color::Red,
        Level::Quiet => Color::DarkGray,
    };
    Style::new().fg(color)
}

#[cfg(test)]
mod tests {
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::clock::Timestamp;
    use crate::render::{Format, TimeStyle};
    use crate::report::Column;
    use crate::untrusted::DANGEROUS;

    const COLUMNS: &[Column] = &[
        Column::number("id", "ID"),
        Column::text("type", "TYPE"),
        Column::text("error", "ERROR"),
        Column::number("attempts", "ATTEMPTS"),
    ];

    fn table(rows: usize) -> Table {
        let row = |id: usize| vec![id.into(), "user.created".into(), "HTTP 500: internal error".into(), 3_u32.into()];
        Table::new(COLUMNS, (1..=rows).map(row).collect()).titled("Failures")
    }

    fn screen_of(view: &ScreenContent<'_>, width: u16, height: u16) -> Vec<String> {
        let look = OutputStyle {
            format: Format::Table,
            columns: Vec::new(),
            headers: true,
            time: TimeStyle::Iso,
            color: true,
            width: None,
            now: Timestamp::from_millis(0),
        };
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
        terminal.draw(|frame| draw(frame, view, &look)).expect("drawn");
        let buffer = terminal.backend().buffer();
        let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| line(y).trim_end().to_owned()).collect()
    }

    fn top(rows: usize) -> Top {
        Top {
            verdict: (Level::Bad, format!("unhealthy: {}", &DANGEROUS[..9])),
            queue: table(1),
            forecast: "empty in 22m at this rate".to_owned(),
            endpoints: table(2),
            failures: table(rows),
        }
    }

    fn view(top: &Top) -> ScreenContent<'_> {
        let selected = (0, 0);
        ScreenContent {
            title: "syncctl",
            top,
            pane: Pane::Failures,
            selected,
            message: None,
            opened: None,
            help: false,
        }
    }

    #[test]
    fn a_small_terminal_shows_everything_that_matters_and_no_control_character() {
        let top = top(30);
        let screen = screen_of(&view(&top), 80, 24);
        assert_eq!(screen[0], "syncctl");
        assert!(screen[1].starts_with("unhealthy: ␛␈"), "{screen:#?}");
        assert!(screen.iter().any(|line| line == "empty in 22m at this rate"), "{screen:#?}");
        assert!(screen.iter().any(|line| line.starts_with("▸ Failures")), "{screen:#?}");
        assert!(screen[23].contains("q quit"), "{screen:#?}");
        assert!(screen.iter().flat_map(|line| line.chars()).all(|c| !c.is_control()), "{screen:#?}");
    }

    #[test]
    fn a_selected_row_below_the_end_is_scrolled_into_sight() {
        let top = top(30);
        let screen = screen_of(&ScreenContent { selected: (0, 29), ..view(&top) }, 80, 24);
        assert!(screen.iter().any(|line| line.trim_start().starts_with("30  user.created")), "{screen:#?}");
    }

    #[test]
    fn a_terminal_of_any_size_is_drawn_on() {
        let top = top(3);
        for (width, height) in [(1, 1), (10, 4), (40, 10), (300, 100)] {
            assert_eq!(screen_of(&view(&top), width, height).len(), usize::from(height));
            screen_of(&ScreenContent { help: true, ..view(&top) }, width, height);
        }
    }

    #[test]
    fn an_opened_event_covers_the_tables_and_a_message_the_keys() {
        let top = top(3);
        let lines: Vec<String> = (0..40).map(|line| format!("line {line}")).collect();
        let opened = Some(("evt_1", lines.as_slice(), 3));
        let screen = screen_of(&ScreenContent { opened, message: Some("replayed"), ..view(&top) }, 80, 24);
        assert_eq!((screen[3].as_str(), screen[5].as_str(), screen[23].as_str()), ("evt_1", "line 3", "replayed"));
    }
}
