//! The critical path: what the answer of a trace waited for.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::forest::SpanTree;
use crate::span::{Span, Trace};

/// The chain of work without which the main root could not have ended when it did.
///
/// It is walked from the root's end back in time. A span that still runs at a time waited last for the child that ended
/// last at or before that time; the path follows that child from its end back to its start, and goes on in the parent
/// from there. Time that no such child covers is the span's own. So
///
/// - of *overlapping* children only the one that ended last counts, then the last one that had ended when it began;
/// - an *asynchronous* child, one that ends after its parent, was not waited for and is not on the path. A child of
///   another process (another resource) that seems to end later does so by its clock: it is cut to its parent's time;
/// - other roots of the trace, and what goes on after the root has ended, are not on the path.
///
/// The segments follow one another without gap from the root's start to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CriticalPath {
    segments: Vec<Segment>,
    nanos: Vec<u64>,
    on_path: Vec<bool>,
}

/// A stretch of time that the path spends in one span itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Index into the trace's spans.
    pub span: usize,
    /// Unix epoch, nanoseconds.
    pub start_unix_nano: u64,
    /// Unix epoch, nanoseconds; after the start.
    pub end_unix_nano: u64,
}

/// A span on the way back: what of it lies before `at` is still to be walked.
struct Step {
    span: usize,
    start: u64,
    at: u64,
    /// Children with start and end within this span, the first to end last.
    children: Vec<(usize, u64, u64)>,
    next: usize,
}

impl CriticalPath {
    /// Of the trace's main root. Empty for a trace without spans, or whose root took no time. O(n log n).
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        let tree = SpanTree::of(trace);
        let count = trace.spans.len();
        let mut path = Self { segments: Vec::new(), nanos: vec![0; count], on_path: vec![false; count] };
        let root = tree.main_root(trace);
        let Some((root, span)) = root.and_then(|root| Some((root, trace.spans.get(root)?))) else {
            return path;
        };
        // Iterative: a chain of a million spans is no deeper a stack.
        let mut steps = vec![step(trace, &tree, root, span.start_time_unix_nano, span.end_time_unix_nano)];
        while let Some(step_now) = steps.last_mut() {
            path.enter(step_now.span);
            let Some((child, start, end)) = step_now.next_child() else {
                path.add(step_now.span, step_now.start, step_now.at);
                steps.pop();
                continue;
            };
            path.add(step_now.span, end, step_now.at);
            step_now.at = start;
            steps.push(step(trace, &tree, child, start, end));
        }
        path.segments.reverse();
        path
    }

    /// In order of time.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether the path goes through the span with this index, be it on the way to a child only.
    #[must_use]
    pub fn contains(&self, span: usize) -> bool {
        self.on_path.get(span).copied().unwrap_or(false)
    }

    /// Time that the path spends in the span itself, not in its children.
    #[must_use]
    pub fn nanos_of(&self, span: usize) -> u64 {
        self.nanos.get(span).copied().unwrap_or(0)
    }

    fn enter(&mut self, span: usize) {
        if let Some(on_path) = self.on_path.get_mut(span) {
            *on_path = true;
        }
    }

    fn add(&mut self, span: usize, start: u64, end: u64) {
        if start < end {
            self.segments.push(Segment { span, start_unix_nano: start, end_unix_nano: end });
            if let Some(nanos) = self.nanos.get_mut(span) {
                *nanos += end - start;
            }
        }
    }
}

fn step(trace: &Trace, tree: &SpanTree, span: usize, start: u64, end: u64) -> Step {
    let parent = trace.spans.get(span);
    let within = |child: &usize| {
        let (parent, below) = (parent?, trace.spans.get(*child)?);
        let child_end = below.end_time_unix_nano;
        if child_end > parent.end_time_unix_nano && same_process(parent, below) {
            return None;
        }
        let (child_start, child_end) = (below.start_time_unix_nano.max(start), child_end.min(end));
        (child_start < child_end).then_some((*child, child_start, child_end))
    };
    let mut children: Vec<(usize, u64, u64)> = tree.children(span).iter().filter_map(within).collect();
    children.sort_by_key(|(_, start, end)| (Reverse(*end), Reverse(*start)));
    Step { span, start, at: end, children, next: 0 }
}

impl Step {
    fn next_child(&mut self) -> Option<(usize, u64, u64)> {
        loop {
            let child = *self.children.get(self.next)?;
            self.next += 1;
            if child.2 <= self.at {
                return Some(child);
            }
        }
    }
}

fn same_process(a: &Span, b: &Span) -> bool {
    Arc::ptr_eq(&a.resource, &b.resource) || a.resource == b.resource
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MILLISECOND, resource, span, trace};
    use super::*;

    /// Segments as `id start..end`, in milliseconds.
    fn path(spans: Vec<Span>) -> Vec<String> {
        let trace = trace(1, spans);
        let segments = CriticalPath::of(&trace).segments.into_iter().map(|segment| {
            let (start, end) = (segment.start_unix_nano / MILLISECOND, segment.end_unix_nano / MILLISECOND);
            format!("{} {start}..{end}", trace.spans[segment.span].name)
        });
        segments.collect()
    }

    #[test]
    fn the_path_follows_what_was_waited_for() {
        let root = || span(1, 0, "root", 0, 100);
        let elsewhere = |span: Span| Span { resource: resource(&[("service.name", "stock")]), ..span };
        let cases: Vec<(&str, Vec<Span>, &[&str])> = vec![
            ("no child", vec![root()], &["root 0..100"]),
            (
                "one after the other",
                vec![root(), span(2, 1, "a", 10, 40), span(3, 1, "b", 50, 90)],
                &["root 0..10", "a 10..40", "root 40..50", "b 50..90", "root 90..100"],
            ),
            (
                "in parallel: the last to end",
                vec![root(), span(2, 1, "a", 10, 40), span(3, 1, "b", 10, 90)],
                &["root 0..10", "b 10..90", "root 90..100"],
            ),
            (
                "overlapping: what had ended when the last one began",
                vec![root(), span(2, 1, "a", 5, 20), span(3, 1, "b", 10, 60), span(4, 1, "c", 50, 100)],
                &["root 0..5", "a 5..20", "root 20..50", "c 50..100"],
            ),
            (
                "asynchronous: ends after its parent",
                vec![root(), span(2, 1, "waited for", 10, 40), span(3, 1, "sent off", 50, 150)],
                &["root 0..10", "waited for 10..40", "root 40..100"],
            ),
            (
                "another process's clock is ahead",
                vec![root(), elsewhere(span(2, 1, "call", 60, 120))],
                &["root 0..60", "call 60..100"],
            ),
            (
                "another process's clock is behind",
                vec![span(1, 0, "root", 50, 100), elsewhere(span(2, 1, "call", 0, 60))],
                &["call 50..60", "root 60..100"],
            ),
            (
                "grandchildren",
                vec![root(), span(2, 1, "a", 0, 100), span(3, 2, "b", 20, 100), span(4, 3, "c", 30, 40)],
                &["a 0..20", "b 20..30", "c 30..40", "b 40..100"],
            ),
            ("other roots", vec![root(), span(2, 9, "orphan", 20, 90)], &["root 0..100"]),
            ("nothing", vec![], &[]),
        ];
        for (what, spans, expected) in cases {
            assert_eq!(path(spans), expected, "{what}");
        }
    }

    #[test]
    fn time_on_the_path_adds_up_to_the_roots() {
        let trace =
            trace(1, vec![span(1, 0, "root", 0, 100), span(2, 1, "a", 0, 100), span(3, 2, "b", 20, 60)]);
        let path = CriticalPath::of(&trace);
        let nanos: Vec<u64> = (0..3).map(|index| path.nanos_of(index) / MILLISECOND).collect();
        assert_eq!(nanos, [0, 60, 40]);
        assert!(path.contains(0), "on the way to its child");
        assert!(!path.contains(3));
    }

    #[test]
    fn a_chain_of_many_spans_does_not_overflow_the_stack() {
        let id = |number: usize| crate::span::SpanId((number as u64).to_be_bytes());
        let spans = (1..=100_000).map(|number: usize| Span {
            span_id: id(number),
            parent_span_id: (number > 1).then(|| id(number - 1)),
            ..span(1, 0, "link", 0, 10)
        });
        let path = CriticalPath::of(&trace(1, spans.collect()));
        assert_eq!(path.segments().len(), 1, "the innermost");
    }
}
