//! Routes and queries, each beside the run before.

use ratatui::text::Line;

use super::{Drawing, first_shown};
use crate::query::OperationStatistics;
use crate::text::{escape, fit, pad, width};
use crate::waterfall::Tone;

/// Columns of a duration, and of a count.
const DURATION: usize = 8;
const COUNT: usize = 6;
/// Of the change of the median: `x1.25`.
const RATIO: usize = 6;
/// Of queries a request with their change: `12.0+11.0`.
const QUERIES: usize = 10;

/// A line of the page; operations can be selected.
enum Entry<'s> {
    Title(&'static str),
    Operation(&'s OperationStatistics),
    NewErrors(String),
}

impl Drawing<'_> {
    pub(super) fn statistics(&self, columns: usize, rows: usize) -> Vec<Line<'static>> {
        let statistics = &self.state.statistics;
        let mut entries = Vec::new();
        for (title, list) in [("ROUTES", &statistics.routes), ("QUERIES", &statistics.queries)] {
            entries.push(Entry::Title(title));
            for operation in list {
                entries.push(Entry::Operation(operation));
                let new: Vec<String> = operation.new_errors().map(escape).collect();
                if !new.is_empty() {
                    entries.push(Entry::NewErrors(new.join(", ")));
                }
            }
        }
        let is_operation = |entry: &Entry<'_>| matches!(entry, Entry::Operation(_));
        let operations: Vec<usize> = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| is_operation(entry))
            .map(|(line, _)| line)
            .collect();
        let selected = operations.get(self.state.statistics_selected).copied();
        let name = columns.saturating_sub(2 + COUNT * 2 + 1 + 3 * (DURATION + 1) + RATIO + QUERIES + 2);
        let ratio = self.theme.glyph('×', 'x');
        let mut lines = vec![self.heading(format!(
            "  {}{:>COUNT$} {:>COUNT$} {:>DURATION$} {:>DURATION$} {:>DURATION$} {:>RATIO$} {:>QUERIES$}",
            pad("", name, ' '),
            "count",
            "errors",
            "p50",
            "p95",
            "p99",
            format!("p50{ratio}"),
            "queries/rq",
        ))];
        if operations.is_empty() {
            let text = "  No requests and no queries yet. Figures are of the traces that are held, of the current run of each service.";
            lines.push(Line::from(self.piece(Tone::Plain, fit(text, columns, self.theme.ellipsis()))));
            return lines;
        }
        let rows = rows.saturating_sub(1);
        let first = first_shown(selected.unwrap_or(0), entries.len(), rows);
        lines.extend(entries.iter().enumerate().skip(first).take(rows).map(|(line, entry)| match entry {
            Entry::Title(title) => Line::from(self.piece(Tone::Strong, format!("  {title}"))),
            Entry::Operation(operation) => self.operation(operation, Some(line) == selected, name, columns),
            Entry::NewErrors(kinds) => {
                let text = format!("      {} new: {kinds}", self.theme.cross());
                Line::from(self.piece(Tone::Error, fit(&text, columns, self.theme.ellipsis())))
            }
        }));
        lines
    }

    fn operation(
        &self,
        entry: &OperationStatistics,
        selected: bool,
        name: usize,
        columns: usize,
    ) -> Line<'static> {
        let figures = entry.percentiles;
        let duration = |nanos: u64| {
            let text = self.theme.duration(nanos);
            format!(" {}{text}", " ".repeat(DURATION.saturating_sub(width(&text))))
        };
        let times = self.theme.glyph('×', 'x');
        let ratio = entry.p50_ratio().map(|ratio| format!("{times}{ratio:.2}")).unwrap_or_default();
        let slower = entry.p50_ratio().is_some_and(|ratio| ratio >= 1.5);
        let queries = match (entry.queries_per_request, entry.queries_change()) {
            (None, _) => String::new(),
            (Some(queries), Some(change)) if change.abs() >= 0.05 => format!("{queries:.1}{change:+.1}"),
            (Some(queries), _) => format!("{queries:.1}"),
        };
        let more_queries = entry.queries_change().is_some_and(|change| change >= 0.5);
        let label = format!("{} {}", escape(&entry.operation.service), escape(&entry.operation.name));
        let tone = |bad: bool| if bad { Tone::Error } else { Tone::Plain };
        self.row(
            selected,
            columns,
            vec![
                self.piece(Tone::Plain, " "),
                self.piece(Tone::Strong, pad(&label, name, self.theme.ellipsis())),
                self.piece(Tone::Plain, format!("{:>COUNT$}", entry.count)),
                self.piece(tone(entry.errors > 0), format!(" {:>COUNT$}", entry.errors)),
                self.piece(
                    Tone::Plain,
                    [figures.p50_nanos, figures.p95_nanos, figures.p99_nanos].map(duration).concat(),
                ),
                self.piece(tone(slower), format!(" {ratio:>RATIO$}")),
                self.piece(tone(more_queries), format!(" {queries:>QUERIES$}")),
            ],
        )
    }
}
