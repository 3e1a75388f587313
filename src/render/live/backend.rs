//! The terminal that `top` draws on.

use std::io::{self, Stdout};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// The size of a terminal that does not know its own.
const UNKNOWN_SIZE: Size = Size { width: 80, height: 24 };

/// Crossterm's backend, which never asks the terminal where its cursor is: not every terminal answers, and `top` draws on all of
/// the screen without a cursor.
#[derive(Debug)]
pub(super) struct FullScreenBackend {
    inner: CrosstermBackend<Stdout>,
    cursor: Position,
}

impl FullScreenBackend {
    /// The terminal at standard output.
    pub(super) fn new() -> Self {
        Self { inner: CrosstermBackend::new(io::stdout()), cursor: Position::ORIGIN }
    }
}

impl Backend for FullScreenBackend {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = position.into();
        self.inner.set_cursor_position(self.cursor)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        let size = self.inner.size().unwrap_or(UNKNOWN_SIZE);
        Ok(if size.width == 0 || size.height == 0 { UNKNOWN_SIZE } else { size })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}
