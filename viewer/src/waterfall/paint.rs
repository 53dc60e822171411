//! Meanings to ANSI styles, or to nothing.

use anstyle::{AnsiColor, Effects, Style};

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Dim,
    Strong,
    Good,
    Error,
    /// The n-th service of the trace.
    Service(usize),
}

/// Red stays for errors.
const PALETTE: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
];

#[derive(Debug, Clone, Copy)]
pub(super) struct Painter {
    pub(super) color: bool,
}

impl Painter {
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.color || tone == Tone::Plain || text.trim().is_empty() {
            return text.to_owned();
        }
        let style = style(tone);
        format!("{style}{text}{style:#}")
    }
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Dim => Style::new().effects(Effects::DIMMED),
        Tone::Strong => Style::new().effects(Effects::BOLD),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Error => AnsiColor::Red.on_default().effects(Effects::BOLD),
        Tone::Service(index) => {
            PALETTE.get(index % PALETTE.len()).copied().unwrap_or(AnsiColor::Cyan).on_default()
        }
    }
}
