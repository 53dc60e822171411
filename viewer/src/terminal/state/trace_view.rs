//! One trace: its rows, what is selected, what is looked for.

use crate::forest::SpanTree;
use crate::query::{CriticalPath, Direction, Filter, Row, RowKind, RowOptions, find, rows};
use crate::span::{Span, SpanId, Trace};

#[derive(Debug)]
pub(in crate::terminal) struct TraceView {
    pub(in crate::terminal) trace: Trace,
    pub(in crate::terminal) rows: Vec<Row>,
    pub(in crate::terminal) path: CriticalPath,
    pub(in crate::terminal) selected: usize,
    pub(in crate::terminal) search: Filter,
    pub(in crate::terminal) show_logs: bool,
    /// First line shown of the selected span's detail, when it is open.
    pub(in crate::terminal) detail: Option<usize>,
    options: RowOptions,
    /// Every span, in display order.
    order: Vec<usize>,
}

impl TraceView {
    pub(in crate::terminal) fn new(trace: Trace) -> Self {
        let mut view = Self {
            trace,
            rows: Vec::new(),
            path: CriticalPath::default(),
            selected: 0,
            search: Filter::default(),
            show_logs: true,
            detail: None,
            options: RowOptions { collapse_repeats: true, ..RowOptions::default() },
            order: Vec::new(),
        };
        view.refresh();
        view
    }

    /// More of the trace came.
    pub(in crate::terminal) fn replace(&mut self, trace: Trace) {
        let selected = self.span().map(|span| span.span_id);
        self.trace = trace;
        self.refresh();
        if let Some(span_id) = selected {
            self.select_span_id(span_id);
        }
    }

    fn refresh(&mut self) {
        self.path = CriticalPath::of(&self.trace);
        self.order = rows(&self.trace, &RowOptions::default()).iter().filter_map(Row::first_span).collect();
        self.arrange();
    }

    /// The rows anew, after what is collapsed has changed.
    fn arrange(&mut self) {
        self.rows = rows(&self.trace, &self.options);
        self.selected = self.selected.min(self.rows.len().saturating_sub(1));
    }

    pub(in crate::terminal) fn row_count(&self) -> usize {
        self.rows.len()
    }

    pub(in crate::terminal) fn row(&self) -> Option<&Row> {
        self.rows.get(self.selected)
    }

    fn index(&self) -> Option<usize> {
        self.row()?.first_span()
    }

    /// The selected span, of repeats the first.
    pub(in crate::terminal) fn span(&self) -> Option<&Span> {
        self.trace.spans.get(self.index()?).map(|span| &**span)
    }

    pub(in crate::terminal) fn repeats_are_collapsed(&self) -> bool {
        self.options.collapse_repeats
    }

    pub(in crate::terminal) fn toggle_repeats(&mut self) {
        let index = self.index();
        self.options.collapse_repeats = !self.options.collapse_repeats;
        self.arrange();
        self.select_row_of(index);
    }

    /// Repeats: each of them or one row. A span: what is below it or nothing.
    pub(in crate::terminal) fn toggle_fold(&mut self) {
        let Some(span_id) = self.span().map(|span| span.span_id) else { return };
        let set = match self.row().map(|row| &row.kind) {
            Some(RowKind::Repeats { .. }) => &mut self.options.expanded,
            _ => &mut self.options.folded,
        };
        if !set.remove(&span_id) {
            set.insert(span_id);
        }
        self.arrange();
    }

    fn select_row_of(&mut self, index: Option<usize>) {
        let position = index.and_then(|index| self.rows.iter().position(|row| row.shows(index)));
        self.selected = position.unwrap_or(self.selected).min(self.rows.len().saturating_sub(1));
    }

    pub(in crate::terminal) fn select_span_id(&mut self, span_id: SpanId) {
        let index = self.trace.spans.iter().position(|span| span.span_id == span_id);
        if let Some(index) = index {
            self.reveal(index);
        }
    }

    /// Selects a span, unfolding what hides it.
    fn reveal(&mut self, index: usize) {
        let tree = SpanTree::of(&self.trace);
        let ancestors: Vec<usize> =
            std::iter::successors(tree.parent(index), |parent| tree.parent(*parent)).collect();
        for span in ancestors.iter().filter_map(|ancestor| self.trace.spans.get(*ancestor)) {
            self.options.folded.remove(&span.span_id);
        }
        // Repeats that hold the span or one of its ancestors open one after the other, from the outside.
        for _ in 0..=ancestors.len() {
            self.arrange();
            let holds = |row: &&Row| {
                matches!(row.kind, RowKind::Repeats { expanded: false, .. })
                    && (row.shows(index) || ancestors.iter().any(|ancestor| row.shows(*ancestor)))
            };
            let first = self.rows.iter().find(holds).and_then(Row::first_span);
            let Some(first) = first.and_then(|first| self.trace.spans.get(first)) else { break };
            self.options.expanded.insert(first.span_id);
        }
        let position = self.rows.iter().position(|row| row.kind == RowKind::Span(index));
        self.selected = position.unwrap_or(self.selected);
    }

    /// Goes to the next span wanted; whether there is one.
    pub(in crate::terminal) fn find(&mut self, direction: Direction, wanted: impl Fn(&Span) -> bool) -> bool {
        let spans: Vec<&Span> =
            self.order.iter().filter_map(|index| self.trace.spans.get(*index)).map(|span| &**span).collect();
        let from = self.index().and_then(|index| self.order.iter().position(|other| *other == index));
        let found = find(&spans, from.unwrap_or(0), direction, wanted);
        let index = found.and_then(|position| self.order.get(position).copied());
        if let Some(index) = index {
            self.reveal(index);
        }
        index.is_some()
    }
}
