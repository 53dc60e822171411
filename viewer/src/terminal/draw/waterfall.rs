//! A trace: one row a span or set of repeats, below it what it failed with and what was logged.

use std::collections::HashSet;

use ratatui::text::{Line, Span as Piece};

use super::Drawing;
use crate::logs::{LogRecord, MOST_ON_ROW};
use crate::query::{Row, RowKind, Segment, is_error};
use crate::span::{Span, Trace};
use crate::terminal::state::TraceView;
use crate::text::{escape, fit, pad, time_of_day, width};
use crate::waterfall::describe::{detail, failure, status_text};
use crate::waterfall::{Glyphs, Tone, counted};

const STATUS: usize = 5;
const DURATION: usize = 8;
/// Deeper levels are drawn as this many.
const DEEPEST: usize = 12;

/// What all rows of a trace share.
struct Scale<'v> {
    view: &'v TraceView,
    start: u64,
    total: u64,
    service: usize,
    name: usize,
    bar: usize,
    columns: usize,
}

impl Drawing<'_> {
    pub(super) fn waterfall(&self, view: &TraceView, columns: usize, rows: usize) -> Vec<Line<'static>> {
        let trace = &view.trace;
        let start = trace.spans.iter().map(|span| span.start_time_unix_nano).min().unwrap_or(0);
        let end = trace.spans.iter().map(|span| span.end_time_unix_nano).max().unwrap_or(0);
        let several = trace
            .spans
            .iter()
            .any(|span| Some(span.service()) != trace.spans.first().map(|span| span.service()));
        let widest = trace.spans.iter().map(|span| width(&escape(span.service()))).max().unwrap_or(0);
        let service = if several { widest.min(columns / 6) + 1 } else { 0 };
        let left = columns.saturating_sub(3 + service + STATUS + DURATION + 3);
        let bar = (left * 2 / 5).min(80);
        let scale =
            Scale { view, start, total: end.saturating_sub(start), service, name: left - bar, bar, columns };
        let mut lines = self.trace_header(&scale);
        let room = rows.saturating_sub(lines.len());
        lines.extend(self.window(&scale, room));
        lines
    }

    fn trace_header(&self, scale: &Scale<'_>) -> Vec<Line<'static>> {
        let (view, ellipsis) = (scale.view, self.theme.ellipsis());
        let errors = view.trace.spans.iter().filter(|span| is_error(span)).count();
        let path_mark = self.theme.glyph('━', '#');
        let mut text = format!(
            " {}  {}  {}  {}",
            view.trace.trace_id,
            time_of_day(scale.start),
            self.theme.duration(scale.total),
            counted(view.trace.spans.len(), "span"),
        );
        if errors > 0 {
            text += &format!("  {} {errors}", self.theme.cross());
        }
        let mut hints = format!(" {path_mark} critical path   Enter span   e next error   / find");
        if !view.search.is_empty() {
            hints += &format!(": {}   n next", escape(view.search.text()));
        }
        if !view.repeats_are_collapsed() {
            hints += "   repeats one by one";
        }
        vec![
            Line::from(self.piece(Tone::Strong, fit(&text, scale.columns, ellipsis))),
            self.heading(fit(&hints, scale.columns, ellipsis)),
        ]
    }

    /// As many rows around the selected one as there is room for, each with the lines below it.
    fn window(&self, scale: &Scale<'_>, room: usize) -> Vec<Line<'static>> {
        let view = scale.view;
        let branches = Branches::of(&view.rows, self.theme.glyphs);
        let lines_of = |position: usize| {
            let row = view.rows.get(position)?;
            Some(self.lines_of_row(scale, row, position == view.selected, branches.get(position)?))
        };
        let mut lines = lines_of(view.selected).unwrap_or_default();
        let (mut above, mut below) = (view.selected, view.selected + 1);
        let mut before: Vec<Line<'static>> = Vec::new();
        // Half the room above, then all that is left below, then what is still left above.
        for limit in [room / 2, room] {
            while before.len() < limit && lines.len() + before.len() < room && above > 0 {
                above -= 1;
                let more = lines_of(above).unwrap_or_default();
                before.splice(0..0, more);
            }
            while lines.len() + before.len() < room
                && let Some(more) = lines_of(below)
            {
                below += 1;
                lines.extend(more);
            }
        }
        let surplus = (lines.len() + before.len()).saturating_sub(room).min(before.len());
        before.drain(..surplus);
        before.extend(lines);
        before
    }

    fn lines_of_row(&self, scale: &Scale<'_>, row: &Row, selected: bool, guides: &str) -> Vec<Line<'static>> {
        let trace = &scale.view.trace;
        let Some(index) = row.first_span() else { return Vec::new() };
        let Some(span) = trace.spans.get(index) else { return Vec::new() };
        let mut lines = vec![self.span_row(scale, row, span, selected, guides)];
        if let RowKind::Span(_) = row.kind {
            let margin = 3 + scale.service + width(guides);
            lines.extend(self.below_row(scale, span, margin));
        }
        lines
    }

    fn span_row(
        &self,
        scale: &Scale<'_>,
        row: &Row,
        span: &Span,
        selected: bool,
        guides: &str,
    ) -> Line<'static> {
        let ellipsis = self.theme.ellipsis();
        let (members, failed, took) = match &row.kind {
            RowKind::Span(index) => {
                (HashSet::from([*index]), is_error(span), self.theme.duration(span.duration_nanos()))
            }
            RowKind::Repeats { spans, total_nanos, errors, .. } => {
                (spans.iter().copied().collect(), *errors > 0, self.theme.duration(*total_nanos))
            }
        };
        let failed_below = row.hidden_errors > 0;
        let mark = if failed || failed_below { self.theme.cross() } else { ' ' };
        let mark_tone = if failed || failed_below { Tone::Error } else { Tone::Plain };
        let name = pad(&self.label(row, span), scale.name.saturating_sub(width(guides)), ellipsis);
        let status = match row.kind {
            RowKind::Span(_) => status_text(span),
            RowKind::Repeats { errors: 0, .. } => String::new(),
            RowKind::Repeats { errors, .. } => format!("{errors} {}", self.theme.cross()),
        };
        let service_tone = self.service_tone(span.service());
        let service = pad(&escape(span.service()), scale.service.saturating_sub(1), ellipsis);
        let mut pieces = vec![
            self.piece(mark_tone, format!("{mark} ")),
            self.piece(service_tone, format!("{service}{}", if scale.service > 0 { " " } else { "" })),
            self.piece(Tone::Dim, guides.to_owned()),
            self.piece(if failed { Tone::Error } else { Tone::Strong }, name),
            self.piece(
                if failed { Tone::Error } else { Tone::Dim },
                format!(" {} ", pad(&status, STATUS, ellipsis)),
            ),
        ];
        pieces.push(self.bar(scale, &members, if failed { Tone::Error } else { service_tone }));
        let gap = " ".repeat(1 + DURATION.saturating_sub(width(&took)));
        pieces.push(self.piece(Tone::Plain, format!("{gap}{took}")));
        self.row(selected, scale.columns, pieces)
    }

    fn label(&self, row: &Row, span: &Span) -> String {
        let mut label = escape(&span.name);
        if let RowKind::Repeats { spans, max_nanos, .. } = &row.kind {
            let times = self.theme.glyph('×', 'x');
            return format!("{}{times} {label}  max {}", spans.len(), self.theme.duration(*max_nanos));
        }
        if row.orphan {
            label = format!("? {label}");
        }
        if row.hidden_spans > 0 {
            return format!("{label}  [+{}]", row.hidden_spans);
        }
        match detail(span) {
            Some(detail) => format!("{label}  {detail}"),
            None => label,
        }
    }

    /// Where the spans lie in time: thick where they are what the answer waited for.
    fn bar(&self, scale: &Scale<'_>, members: &HashSet<usize>, tone: Tone) -> Piece<'static> {
        let trace: &Trace = &scale.view.trace;
        let (thick, thin) = (self.theme.glyph('━', '#'), self.theme.glyph('─', '-'));
        let mut cells = vec![' '; scale.bar];
        for span in members.iter().filter_map(|index| trace.spans.get(*index)) {
            scale.fill(&mut cells, thin, span.start_time_unix_nano, span.end_time_unix_nano);
        }
        let on_path = |segment: &&Segment| members.contains(&segment.span);
        for segment in scale.view.path.segments().iter().filter(on_path) {
            scale.fill(&mut cells, thick, segment.start_unix_nano, segment.end_unix_nano);
        }
        self.piece(tone, cells.into_iter().collect::<String>())
    }

    /// Why the span failed, and what was logged during it.
    fn below_row(&self, scale: &Scale<'_>, span: &Span, margin: usize) -> Vec<Line<'static>> {
        let ellipsis = self.theme.ellipsis();
        let room = scale.columns.saturating_sub(margin + 4);
        let line = |tone: Tone, mark: char, text: &str| {
            let text = fit(text, room, ellipsis);
            Line::from(self.piece(tone, format!("{}  {mark} {text}", " ".repeat(margin))))
        };
        let mut lines: Vec<Line<'static>> = Vec::new();
        if let Some(failure) = failure(span, room) {
            lines.push(line(Tone::Error, self.theme.cross(), &failure));
        }
        if scale.view.show_logs {
            let logs: Vec<&LogRecord> = scale.view.trace.logs_of(span.span_id).collect();
            for log in logs.iter().take(MOST_ON_ROW) {
                let tone = if log.is_error() { Tone::Error } else { Tone::Dim };
                let text = format!("{} {}", escape(log.severity()), escape(&log.text()));
                lines.push(line(tone, self.theme.glyph('│', '|'), &text));
            }
            if logs.len() > MOST_ON_ROW {
                let more = format!("{} more log lines: Enter shows them", logs.len() - MOST_ON_ROW);
                lines.push(line(Tone::Dim, self.theme.glyph('│', '|'), &more));
            }
        }
        lines
    }
}

impl Scale<'_> {
    /// At least one cell; times outside of the trace are cut.
    fn fill(&self, cells: &mut [char], with: char, start: u64, end: u64) {
        let cell = |unix_nano: u64| {
            let offset = u128::from(unix_nano.saturating_sub(self.start).min(self.total));
            let cell = offset * cells.len() as u128 / u128::from(self.total.max(1));
            usize::try_from(cell).unwrap_or(usize::MAX)
        };
        let from = cell(start).min(cells.len().saturating_sub(1));
        let to = cell(end).clamp(from + 1, cells.len().max(from + 1));
        if let Some(cells) = cells.get_mut(from..to) {
            cells.fill(with);
        }
    }
}

/// Lines from the ancestors to each row, as text.
struct Branches(Vec<String>);

impl Branches {
    fn of(rows: &[Row], glyphs: Glyphs) -> Self {
        let [last_child, child, past, through] = match glyphs {
            Glyphs::Unicode => ["└ ", "├ ", "  ", "│ "],
            Glyphs::Ascii => ["` ", "|-", "  ", "| "],
        };
        let mut open: Vec<bool> = Vec::new();
        let guides = rows.iter().map(|row| {
            open.truncate(row.depth.saturating_sub(1));
            if row.depth > 0 {
                open.push(row.last);
            }
            let hidden = open.len().saturating_sub(DEEPEST);
            let mut text = if hidden > 0 { "~ ".to_owned() } else { String::new() };
            for (level, last) in open.iter().enumerate().skip(hidden) {
                let own = level + 1 == open.len();
                text.push_str(match (own, last) {
                    (true, true) => last_child,
                    (true, false) => child,
                    (false, true) => past,
                    (false, false) => through,
                });
            }
            text
        });
        Self(guides.collect())
    }

    fn get(&self, position: usize) -> Option<&str> {
        self.0.get(position).map(String::as_str)
    }
}
