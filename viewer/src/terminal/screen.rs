//! The real terminal, and giving it back.

use std::io;

use ratatui::layout::Size;
use ratatui::{DefaultTerminal, Frame};

/// Standard output as a screen: raw mode and the alternate screen, until it is dropped or the program panics.
#[derive(Debug)]
pub struct Screen(DefaultTerminal);

impl Screen {
    /// Takes the terminal. A panic from here on gives it back before its message is printed.
    ///
    /// # Errors
    /// When standard output is no terminal.
    pub fn open() -> io::Result<Self> {
        ratatui::try_init().map(Self)
    }

    pub(super) fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    pub(super) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.0.draw(render).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The panic hook gave it back already; a second time would set the cursor back, over the panic's message.
        if !std::thread::panicking() {
            ratatui::restore();
        }
    }
}
