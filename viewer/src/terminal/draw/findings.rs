//! What is wrong with the traces, and what to do about it.

use ratatui::text::Line;

use super::{Drawing, first_shown};
use crate::findings::Finding;
use crate::text::{escape, fit, pad, wrap};
use crate::waterfall::Tone;

const KIND: usize = 22;

impl Drawing<'_> {
    /// The list above; the selected one in full below.
    pub(super) fn findings(&self, columns: usize, rows: usize) -> Vec<Line<'static>> {
        let findings = &self.state.findings;
        if findings.is_empty() {
            let text = "  Nothing found so far. Findings appear here as traces arrive; docs/viewer.md names what is looked for.";
            return vec![
                Line::default(),
                Line::from(self.piece(Tone::Plain, fit(text, columns, self.theme.ellipsis()))),
            ];
        }
        let full =
            self.state.finding().map(|finding| self.finding_in_full(finding, columns)).unwrap_or_default();
        let room = rows.saturating_sub(full.len()).max(rows / 3).max(1);
        let selected = self.state.findings_selected;
        let first = first_shown(selected, findings.len(), room);
        let shown = findings.iter().enumerate().skip(first).take(room);
        let mut lines: Vec<Line<'static>> =
            shown.map(|(index, finding)| self.finding_row(finding, index == selected, columns)).collect();
        lines.extend(full);
        lines
    }

    fn finding_row(&self, finding: &Finding, selected: bool, columns: usize) -> Line<'static> {
        let ellipsis = self.theme.ellipsis();
        let about = match &finding.route {
            Some(route) => {
                format!("{} {}  {}", escape(&finding.service), escape(route), escape(&finding.subject))
            }
            None => format!("{}  {}", escape(&finding.service), escape(&finding.subject)),
        };
        let left = columns.saturating_sub(2 + KIND + 8);
        self.row(
            selected,
            columns,
            vec![
                self.piece(Tone::Error, format!(" {}", pad(finding.kind.code(), KIND, ellipsis))),
                self.piece(Tone::Plain, format!("{:>5}{} ", finding.count, self.theme.glyph('×', 'x'))),
                self.piece(Tone::Plain, fit(&about, left, ellipsis)),
            ],
        )
    }

    fn finding_in_full(&self, finding: &Finding, columns: usize) -> Vec<Line<'static>> {
        let room = columns.saturating_sub(4);
        let line = |tone: Tone, text: String| Line::from(self.piece(tone, format!("  {text}")));
        let mut lines = vec![self.heading(self.theme.glyph('─', '-').to_string().repeat(columns))];
        lines.extend(wrap(&escape(&finding.sentence), room).into_iter().map(|text| line(Tone::Strong, text)));
        lines.extend(wrap(finding.remedy, room).into_iter().map(|text| line(Tone::Plain, text)));
        for evidence in &finding.evidence {
            let held = self.state.list.trace(evidence.trace_id).is_some();
            let note = fit(&escape(&evidence.note), room.saturating_sub(36), self.theme.ellipsis());
            let left = if held { "" } else { " (left)" };
            lines.push(line(Tone::Dim, format!("{}  {note}{left}", evidence.trace_id)));
        }
        lines
    }
}
