//! What the command of `otelrs run --tui` wrote.

use ratatui::text::Line;

use super::Drawing;
use crate::text::{escape, fit};
use crate::waterfall::Tone;

impl Drawing<'_> {
    /// The last lines, or as many further up as was scrolled.
    pub(super) fn output(&self, columns: usize, rows: usize) -> Vec<Line<'static>> {
        let Some(command) = &self.state.command else { return Vec::new() };
        let ending =
            command.ended.as_ref().map(|how| (Tone::Strong, format!("-- the command ended: {how} --")));
        let rows = rows.saturating_sub(usize::from(ending.is_some()));
        let end = command.lines.len().saturating_sub(self.state.output_scroll);
        let first = end.saturating_sub(rows);
        let shown = command.lines.iter().skip(first).take(rows.min(end));
        // A tab is as good as spaces here.
        let lines = shown.map(|line| (Tone::Plain, escape(&line.replace('\t', "    "))));
        let lines = lines.chain(ending);
        lines
            .map(|(tone, text)| Line::from(self.piece(tone, fit(&text, columns, self.theme.ellipsis()))))
            .collect()
    }
}
