//! The list of traces.

use ratatui::text::Line;

use super::{Drawing, first_shown};
use crate::query::{SortColumn, TraceSummary};
use crate::text::{escape, fit, pad, time_of_day, width};
use crate::waterfall::{Tone, counted};

/// Columns of each figure, and one between each two.
const TIME: usize = 13;
const DURATION: usize = 8;
const COUNT: usize = 5;
const STATUS: usize = 6;

impl Drawing<'_> {
    pub(super) fn traces(&self, columns: usize, rows: usize) -> Vec<Line<'static>> {
        let list = &self.state.list;
        let service = columns.saturating_sub(TIME + DURATION + 2 * COUNT + STATUS + 8).clamp(8, 64) / 4;
        let mut lines = vec![self.trace_headings(service)];
        if list.shown.is_empty() {
            lines.extend(self.no_traces(columns));
            return lines;
        }
        let rows = rows.saturating_sub(1);
        let position = list.position();
        let first = first_shown(position, list.shown.len(), rows);
        let shown = list.shown.iter().enumerate().skip(first).take(rows);
        lines.extend(
            shown.map(|(index, summary)| self.trace_row(summary, index == position, service, columns)),
        );
        lines
    }

    fn trace_headings(&self, service: usize) -> Line<'static> {
        let order = self.state.list.order;
        let arrow =
            if order.descending { self.theme.glyph('▾', 'v') } else { self.theme.glyph('▴', '^') };
        let title = |column: SortColumn, columns: usize| {
            let name = if column == order.column {
                format!("{}{arrow}", column.name())
            } else {
                column.name().to_owned()
            };
            pad(&name, columns, self.theme.ellipsis())
        };
        self.heading(format!(
            "   {} {} {} {} {} {} {}",
            title(SortColumn::Start, TIME),
            title(SortColumn::Duration, DURATION + 1),
            title(SortColumn::Spans, COUNT + 1),
            title(SortColumn::Errors, COUNT + 1),
            title(SortColumn::Status, STATUS + 1),
            title(SortColumn::Service, service),
            title(SortColumn::Name, 8),
        ))
    }

    fn trace_row(
        &self,
        summary: &TraceSummary,
        selected: bool,
        service: usize,
        columns: usize,
    ) -> Line<'static> {
        let ellipsis = self.theme.ellipsis();
        let failed = summary.error_count > 0;
        let (tone, mark) = match (failed, summary.is_complete()) {
            (true, _) => (Tone::Error, self.theme.cross()),
            (false, false) => (Tone::Strong, '?'),
            (false, true) => (Tone::Plain, ' '),
        };
        let right = |text: String, columns: usize| {
            format!("{}{text}", " ".repeat(columns.saturating_sub(width(&text))))
        };
        let errors = if failed { summary.error_count.to_string() } else { String::new() };
        let figures = format!(
            " {} {}  {}  ",
            time_of_day(summary.start_unix_nano),
            right(self.theme.duration(summary.duration_nanos), DURATION),
            right(summary.span_count.to_string(), COUNT),
        );
        let errors = format!("{}  ", right(errors, COUNT));
        let status = escape(summary.http_status.as_deref().unwrap_or(""));
        let status = format!("{}  ", pad(&status, STATUS, ellipsis));
        let left =
            columns.saturating_sub(2 + width(&figures) + width(&errors) + width(&status) + service + 1);
        let mut name = escape(&summary.name);
        if summary.services.len() > 1 {
            name += &format!("  +{}", counted(summary.services.len() - 1, "service"));
        }
        if !summary.is_complete() {
            name = format!("{name}  incomplete");
        }
        let tone_of_errors = if failed { Tone::Error } else { Tone::Plain };
        self.row(
            selected,
            columns,
            vec![
                self.piece(tone, mark.to_string()),
                self.piece(Tone::Plain, figures),
                self.piece(Tone::Error, errors),
                self.piece(tone_of_errors, status),
                self.piece(
                    self.service_tone(&summary.service),
                    pad(&escape(&summary.service), service, ellipsis),
                ),
                self.piece(Tone::Plain, " "),
                self.piece(if failed { Tone::Error } else { Tone::Strong }, fit(&name, left, ellipsis)),
            ],
        )
    }

    /// The same colour for a service wherever it occurs.
    pub(super) fn service_tone(&self, service: &str) -> Tone {
        Tone::Service(
            service.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte))),
        )
    }

    fn no_traces(&self, columns: usize) -> Vec<Line<'static>> {
        let list = &self.state.list;
        let texts = if list.len() > 0 {
            vec![format!(
                "None of {} traces is shown. Esc takes the filter away, m shows health checks.",
                list.len()
            )]
        } else {
            let [senders, browser] = &self.state.endpoints;
            vec![
                "Waiting for traces. Send OTLP to".to_owned(),
                format!("  {}", escape(senders)),
                escape(browser),
                String::new(),
                "otelrs run -- java -jar app.jar   runs an application so that it does.".to_owned(),
            ]
        };
        let line = |text: String| {
            Line::from(self.piece(Tone::Plain, fit(&format!("  {text}"), columns, self.theme.ellipsis())))
        };
        std::iter::once(Line::default()).chain(texts.into_iter().map(line)).collect()
    }
}
