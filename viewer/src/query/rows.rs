//! The rows of a waterfall: spans in the order of the tree, repeats of one query or call in one row.

use std::collections::{HashMap, HashSet};

use super::is_error;
use crate::forest::{SpanTree, is_orphan};
use crate::span::{Kind, Span, SpanId, Trace, Value};

/// Fewer siblings alike are shown one by one.
const FEWEST_REPEATS: usize = 3;

/// What is collapsed. The default shows every span.
#[derive(Debug, Clone, Default)]
pub struct RowOptions {
    /// Three or more siblings of one service, kind, name and query text become one row.
    pub collapse_repeats: bool,
    /// Repeats whose members are shown below their row all the same, by the id of the first member.
    pub expanded: HashSet<SpanId>,
    /// Spans whose descendants are hidden.
    pub folded: HashSet<SpanId>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it shows.
    pub kind: RowKind,
    /// 0 for a root.
    pub depth: usize,
    /// Whether no sibling comes after it.
    pub last: bool,
    /// A root whose parent should have been in the trace.
    pub orphan: bool,
    /// Whether rows below this one are its children.
    pub has_rows_below: bool,
    /// Spans below that are not shown.
    pub hidden_spans: usize,
    /// Errors among the spans that are not shown.
    pub hidden_errors: usize,
}

/// What a row shows; spans are indices into those of the trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKind {
    /// One span.
    Span(usize),
    /// Siblings alike: "12x SELECT orders".
    Repeats {
        /// By start time, three or more.
        spans: Vec<usize>,
        /// Sum of their durations.
        total_nanos: u64,
        /// The longest.
        max_nanos: u64,
        /// Of them, those that ended with an error.
        errors: usize,
        /// Whether they are shown below.
        expanded: bool,
    },
}

impl Row {
    /// The span shown, of repeats the first.
    #[must_use]
    pub fn first_span(&self) -> Option<usize> {
        match &self.kind {
            RowKind::Span(index) => Some(*index),
            RowKind::Repeats { spans, .. } => spans.first().copied(),
        }
    }

    /// Whether the row stands for this span: shows it, or counts it among its repeats.
    #[must_use]
    pub fn shows(&self, span: usize) -> bool {
        match &self.kind {
            RowKind::Span(index) => *index == span,
            RowKind::Repeats { spans, expanded, .. } => !expanded && spans.contains(&span),
        }
    }
}

/// The rows in display order; without options every span has one. O(n log n).
#[must_use]
pub fn rows(trace: &Trace, options: &RowOptions) -> Vec<Row> {
    let tree = SpanTree::of(trace);
    let below = Below::of(trace, &tree);
    let mut rows = Vec::with_capacity(trace.spans.len());
    let mut stack: Vec<Item> = items(trace, tree.roots(), 0, options).collect();
    while let Some(item) = stack.pop() {
        let row = item.row(trace, &tree, &below, options);
        match &row.kind {
            RowKind::Span(index) if row.has_rows_below => {
                stack.extend(items(trace, tree.children(*index), row.depth + 1, options));
            }
            RowKind::Repeats { spans, expanded: true, .. } => {
                stack.extend(each_alone(spans, row.depth + 1));
            }
            RowKind::Span(_) | RowKind::Repeats { .. } => {}
        }
        rows.push(row);
    }
    rows
}

/// A row to come: one span, or several alike.
struct Item {
    spans: Vec<usize>,
    depth: usize,
    last: bool,
}

/// The siblings' rows, the last one first: a stack takes them.
fn items(
    trace: &Trace,
    siblings: &[usize],
    depth: usize,
    options: &RowOptions,
) -> impl Iterator<Item = Item> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    if options.collapse_repeats && siblings.len() >= FEWEST_REPEATS {
        let mut alike: HashMap<Alike<'_>, usize> = HashMap::new();
        for index in siblings {
            let Some(span) = trace.spans.get(*index) else { continue };
            let group = *alike.entry(Alike::of(span)).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(group) {
                group.push(*index);
            }
        }
        // Too few to collapse: each at its own place in time.
        let (repeats, single): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.len() >= FEWEST_REPEATS);
        groups = single.into_iter().flatten().map(|index| vec![index]).chain(repeats).collect();
        let position: HashMap<usize, usize> =
            siblings.iter().enumerate().map(|(position, index)| (*index, position)).collect();
        groups.sort_by_key(|group| group.first().and_then(|first| position.get(first)).copied());
    } else {
        groups.extend(siblings.iter().map(|index| vec![*index]));
    }
    stacked(groups, depth)
}

fn each_alone(spans: &[usize], depth: usize) -> impl Iterator<Item = Item> {
    stacked(spans.iter().map(|index| vec![*index]).collect(), depth)
}

fn stacked(groups: Vec<Vec<usize>>, depth: usize) -> impl Iterator<Item = Item> {
    let items = groups.into_iter().rev().enumerate();
    items.map(move |(position, spans)| Item { spans, depth, last: depth == 0 || position == 0 })
}

impl Item {
    fn row(self, trace: &Trace, tree: &SpanTree, below: &Below, options: &RowOptions) -> Row {
        let Self { spans, depth, last } = self;
        let first = spans.first().and_then(|first| trace.spans.get(*first));
        let is_in = |set: &HashSet<SpanId>| first.is_some_and(|span| set.contains(&span.span_id));
        let row = |kind, has_rows_below, (hidden_spans, hidden_errors)| {
            let orphan = depth == 0 && first.is_some_and(|span| is_orphan(span));
            Row { kind, depth, last, orphan, has_rows_below, hidden_spans, hidden_errors }
        };
        match *spans.as_slice() {
            [index] => {
                let folded = is_in(&options.folded);
                let has_rows_below = !folded && !tree.children(index).is_empty();
                row(RowKind::Span(index), has_rows_below, if folded { below.of_span(index) } else { (0, 0) })
            }
            _ => {
                let expanded = is_in(&options.expanded);
                let members = || spans.iter().filter_map(|index| trace.spans.get(*index));
                let durations = || members().map(|span| span.duration_nanos());
                let errors = members().filter(|span| is_error(span)).count();
                let (total_nanos, max_nanos) =
                    (durations().fold(0, u64::saturating_add), durations().max().unwrap_or(0));
                let hidden = spans.iter().map(|index| below.of_span(*index));
                let hidden = hidden.fold((0, 0), |sum, below| (sum.0 + below.0, sum.1 + below.1));
                let hidden = if expanded { (0, 0) } else { (hidden.0 + spans.len(), hidden.1 + errors) };
                row(RowKind::Repeats { spans, total_nanos, max_nanos, errors, expanded }, expanded, hidden)
            }
        }
    }
}

/// What makes siblings repeats of each other.
#[derive(PartialEq, Eq, Hash)]
struct Alike<'t> {
    service: &'t str,
    name: &'t str,
    kind: Kind,
    query: Option<&'t str>,
}

impl<'t> Alike<'t> {
    fn of(span: &'t Span) -> Self {
        let query = span.attributes.get("db.query.text").or_else(|| span.attributes.get("db.statement"));
        Self {
            service: span.service(),
            name: &span.name,
            kind: span.kind,
            query: query.and_then(Value::as_str),
        }
    }
}

/// Descendants of each span, and the errors among them.
struct Below(Vec<(usize, usize)>);

impl Below {
    fn of(trace: &Trace, tree: &SpanTree) -> Self {
        let mut below = vec![(0, 0); trace.spans.len()];
        for place in tree.in_order().iter().rev() {
            let own = below.get(place.index).copied().unwrap_or_default();
            let error = trace.spans.get(place.index).is_some_and(|span| is_error(span));
            if let Some(parent) = tree.parent(place.index).and_then(|parent| below.get_mut(parent)) {
                *parent = (parent.0 + own.0 + 1, parent.1 + own.1 + usize::from(error));
            }
        }
        Self(below)
    }

    fn of_span(&self, index: usize) -> (usize, usize) {
        self.0.get(index).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MILLISECOND, failed, query, server, span, trace, with};
    use super::*;

    fn shown(trace: &Trace, options: &RowOptions) -> Vec<String> {
        let line = |row: Row| {
            let name = &trace.spans[row.first_span().unwrap()].name;
            let count = match &row.kind {
                RowKind::Span(_) => String::new(),
                RowKind::Repeats { spans, .. } => format!("{}x ", spans.len()),
            };
            let hidden = match (row.hidden_spans, row.hidden_errors) {
                (0, 0) => String::new(),
                (spans, errors) => format!(" (+{spans}, {errors} errors)"),
            };
            format!("{}{count}{name}{hidden}", "  ".repeat(row.depth))
        };
        rows(trace, options).into_iter().map(line).collect()
    }

    fn n_plus_one() -> Trace {
        trace(
            1,
            vec![
                server(1, 0, "GET /orders", 0, 100),
                query(2, 1, "SELECT orders", 1, 5),
                query(3, 1, "SELECT lines", 10, 20),
                span(4, 1, "price", 20, 30),
                failed(query(5, 1, "SELECT lines", 30, 50)),
                query(6, 1, "SELECT lines", 50, 60),
                span(7, 4, "round", 21, 22),
            ],
        )
    }

    #[test]
    fn repeats_are_one_row_at_the_place_of_the_first() {
        let trace = n_plus_one();
        let mut options = RowOptions { collapse_repeats: true, ..RowOptions::default() };
        let collapsed =
            ["GET /orders", "  SELECT orders", "  3x SELECT lines (+3, 1 errors)", "  price", "    round"];
        assert_eq!(shown(&trace, &options), collapsed);
        let row = rows(&trace, &options).remove(2);
        let RowKind::Repeats { total_nanos, max_nanos, errors, .. } = row.kind else { panic!("{row:?}") };
        assert_eq!((total_nanos / MILLISECOND, max_nanos / MILLISECOND, errors), (40, 20, 1));

        options.expanded.insert(trace.spans[2].span_id);
        let lines = shown(&trace, &options);
        assert_eq!(
            lines[2..6],
            ["  3x SELECT lines", "    SELECT lines", "    SELECT lines", "    SELECT lines"]
        );
        assert_eq!(shown(&trace, &RowOptions::default()).len(), 7, "not asked for");
    }

    #[test]
    fn siblings_that_differ_are_no_repeats() {
        let lines = |id, text| with(query(id, 1, "SELECT lines", 0, 1), &[("db.query.text", text)]);
        let other_parent = vec![
            server(1, 0, "root", 0, 9),
            span(2, 1, "loop", 0, 9),
            query(3, 1, "q", 0, 1),
            query(4, 1, "q", 0, 1),
            query(5, 2, "q", 0, 1),
        ];
        let other_query =
            vec![server(1, 0, "root", 0, 9), lines(2, "a"), lines(3, "a"), lines(4, "b"), lines(5, "b")];
        for spans in [other_parent, other_query] {
            let trace = trace(1, spans);
            let options = RowOptions { collapse_repeats: true, ..RowOptions::default() };
            assert_eq!(rows(&trace, &options).len(), trace.spans.len());
        }
    }

    #[test]
    fn what_is_folded_is_counted() {
        let trace = n_plus_one();
        let mut options = RowOptions::default();
        options.folded.insert(trace.spans[0].span_id);
        assert_eq!(shown(&trace, &options), ["GET /orders (+6, 1 errors)"]);
        options.folded = HashSet::from([trace.spans[3].span_id]);
        assert_eq!(shown(&trace, &options)[3], "  price (+1, 0 errors)");
    }

    #[test]
    fn the_last_sibling_is_marked_after_collapsing() {
        let options = RowOptions { collapse_repeats: true, ..RowOptions::default() };
        let rows = rows(&n_plus_one(), &options);
        let last: Vec<bool> = rows.iter().map(|row| row.last).collect();
        assert_eq!(last, [true, false, false, true, true]);
    }
}
