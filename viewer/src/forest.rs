//! The spans of a trace as trees: parents before children, children by start time.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::span::{Span, Trace};

/// Who is whose child, as indices into the spans of the trace. Every span is reached from one root exactly once.
#[derive(Debug)]
pub(crate) struct SpanTree {
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
}

/// A span's place in depth-first order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) index: usize,
    /// 0 for a root.
    pub(crate) depth: usize,
    /// Whether no sibling comes after it.
    pub(crate) last: bool,
}

impl SpanTree {
    /// A parent that is not in the trace makes a root; of spans that are their own ancestors the earliest is the root.
    pub(crate) fn of(trace: &Trace) -> Self {
        let spans = &trace.spans;
        let mut by_id = HashMap::with_capacity(spans.len());
        for (index, span) in spans.iter().enumerate() {
            // A span id sent twice: the first keeps the children.
            by_id.entry(span.span_id).or_insert(index);
        }
        let parent = |(index, span): (usize, &std::sync::Arc<Span>)| {
            let parent = by_id.get(&span.parent_span_id?).copied()?;
            (parent != index).then_some(parent)
        };
        let mut parents: Vec<Option<usize>> = spans.iter().enumerate().map(parent).collect();
        let order = |index: &usize| {
            spans.get(*index).map(|span| (span.start_time_unix_nano, &span.name, span.span_id))
        };
        let mut by_start: Vec<usize> = (0..spans.len()).collect();
        by_start.sort_by(|a, b| order(a).cmp(&order(b)));

        let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
        for index in &by_start {
            let parent = parents.get(*index).copied().flatten();
            if let Some(siblings) = parent.and_then(|parent| children.get_mut(parent)) {
                siblings.push(*index);
            }
        }
        let mut roots = Vec::new();
        let mut reached = vec![false; spans.len()];
        let is_root = |index: &&usize| parents.get(**index).copied().flatten().is_none();
        let true_roots: Vec<usize> = by_start.iter().filter(is_root).copied().collect();
        for root in true_roots.into_iter().chain(by_start) {
            if reached.get(root).copied().unwrap_or(true) {
                continue;
            }
            roots.push(root);
            if let Some(parent) = parents.get_mut(root).and_then(Option::take)
                && let Some(siblings) = children.get_mut(parent)
            {
                siblings.retain(|sibling| *sibling != root);
            }
            let mut stack = vec![root];
            while let Some(index) = stack.pop() {
                if let Some(reached) = reached.get_mut(index) {
                    *reached = true;
                }
                stack.extend(children.get(index).into_iter().flatten());
            }
        }
        Self { parents, children, roots }
    }

    pub(crate) fn parent(&self, index: usize) -> Option<usize> {
        self.parents.get(index).copied().flatten()
    }

    /// By start time.
    pub(crate) fn children(&self, index: usize) -> &[usize] {
        self.children.get(index).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// Depth first. Iterative: a chain of a million spans is no deeper a stack.
    pub(crate) fn in_order(&self) -> Vec<Place> {
        let mut places = Vec::with_capacity(self.parents.len());
        let mut stack: Vec<Place> =
            self.roots.iter().rev().map(|root| Place { index: *root, depth: 0, last: true }).collect();
        while let Some(place) = stack.pop() {
            places.push(place);
            let below = self.children(place.index);
            stack.extend(below.iter().enumerate().rev().map(|(position, child)| Place {
                index: *child,
                depth: place.depth + 1,
                last: position + 1 == below.len(),
            }));
        }
        places
    }

    /// The trace's main root: a true one before a remote-parented one before an orphan, the earliest of them.
    pub(crate) fn main_root(&self, trace: &Trace) -> Option<usize> {
        let spans = self.roots.iter().filter_map(|root| Some((*root, trace.spans.get(*root)?)));
        spans.max_by_key(|(_, span)| rank(span)).map(|(root, _)| root)
    }
}

fn rank(root: &Span) -> (bool, bool, Reverse<u64>) {
    (root.parent_span_id.is_none(), !is_orphan(root), Reverse(root.start_time_unix_nano))
}

/// Whether a root's parent should have been in this trace and is not, or is below it.
pub(crate) fn is_orphan(root: &Span) -> bool {
    root.parent_span_id.is_some() && !root.has_remote_parent()
}

/// A span and its place in the tree.
#[derive(Debug, Clone)]
pub(crate) struct Node<'t> {
    pub(crate) span: &'t Span,
    /// 0 for a root.
    pub(crate) depth: usize,
    /// Whether no sibling comes after it.
    pub(crate) last: bool,
    /// Its parent is neither in the trace nor in another process, or it is its own ancestor.
    pub(crate) orphan: bool,
    pub(crate) has_children: bool,
    /// The parent's service.
    pub(crate) parent_service: Option<&'t str>,
}

/// Every span of the trace exactly once.
pub(crate) fn in_tree_order(trace: &Trace) -> Vec<Node<'_>> {
    let tree = SpanTree::of(trace);
    let node = |place: Place| {
        let span = trace.spans.get(place.index)?;
        let parent = tree.parent(place.index).and_then(|parent| trace.spans.get(parent));
        Some(Node {
            span,
            depth: place.depth,
            last: place.last,
            orphan: place.depth == 0 && is_orphan(span),
            has_children: !tree.children(place.index).is_empty(),
            parent_service: parent.map(|parent| parent.service()),
        })
    };
    tree.in_order().into_iter().filter_map(node).collect()
}

/// As [`SpanTree::main_root`], of spans in tree order.
pub(crate) fn main_root<'t>(nodes: &[Node<'t>]) -> Option<&'t Span> {
    let roots = nodes.iter().filter(|node| node.depth == 0).map(|node| node.span);
    roots.max_by_key(|span| rank(span))
}
