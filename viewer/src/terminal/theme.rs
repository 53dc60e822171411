//! Meanings to styles and characters. Colour repeats what a character or word says already: it never says it alone.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span as Piece;

use crate::text::duration;
use crate::waterfall::{Glyphs, Tone};

/// Red stays for errors.
const PALETTE: [Color; 6] =
    [Color::Cyan, Color::Green, Color::Magenta, Color::Yellow, Color::Blue, Color::LightCyan];

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Colours; without them there is bold, dim and reverse.
    pub color: bool,
    /// Characters for bars and branches.
    pub glyphs: Glyphs,
}

impl Theme {
    pub(super) fn glyph(self, unicode: char, ascii: char) -> char {
        if self.glyphs == Glyphs::Unicode { unicode } else { ascii }
    }

    pub(super) fn ellipsis(self) -> char {
        self.glyph('…', '~')
    }

    pub(super) fn cross(self) -> char {
        self.glyph('✗', 'x')
    }

    pub(super) fn duration(self, nanos: u64) -> String {
        duration(nanos, self.glyph('µ', 'u'))
    }

    pub(super) fn style(self, tone: Tone) -> Style {
        let colored = |color: Color| if self.color { Style::new().fg(color) } else { Style::new() };
        match tone {
            Tone::Plain => Style::new(),
            Tone::Dim => Style::new().add_modifier(Modifier::DIM),
            Tone::Strong => Style::new().add_modifier(Modifier::BOLD),
            Tone::Good => colored(Color::Green),
            Tone::Error => colored(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Service(index) => {
                PALETTE.get(index % PALETTE.len()).copied().map_or_else(Style::new, colored)
            }
        }
    }

    /// Text is escaped by who makes it.
    pub(super) fn piece(self, tone: Tone, text: impl Into<String>) -> Piece<'static> {
        Piece::styled(text.into(), self.style(tone))
    }
}
