//! The spans of a trace in the order of a tree: parents before children, children by start time.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::span::{Span, Trace};

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

/// Every span of the trace exactly once. Iterative: a chain of a million spans is no deeper a stack.
pub(crate) fn in_tree_order(trace: &Trace) -> Vec<Node<'_>> {
    let spans: Vec<&Span> = trace.spans.iter().map(|span| &**span).collect();
    let mut by_id = HashMap::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        // A span id sent twice: the first keeps the children.
        by_id.entry(span.span_id).or_insert(index);
    }
    let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut roots = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        match span.parent_span_id.and_then(|parent| by_id.get(&parent)) {
            Some(parent) if *parent != index => children.entry(*parent).or_default().push(index),
            _ => roots.push(index),
        }
    }
    let order =
        |index: &usize| spans.get(*index).map(|span| (span.start_time_unix_nano, &span.name, span.span_id));
    for list in children.values_mut() {
        list.sort_by(|a, b| order(a).cmp(&order(b)));
    }
    roots.sort_by(|a, b| order(a).cmp(&order(b)));

    let mut by_start: Vec<usize> = (0..spans.len()).collect();
    by_start.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut nodes: Vec<Node<'_>> = Vec::with_capacity(spans.len());
    let mut placed = vec![false; spans.len()];
    // What no root reaches is a cycle of parents: its earliest span stands in for the root.
    for root in roots.iter().chain(&by_start) {
        let mut stack = vec![(*root, 0, true, None)];
        while let Some((index, depth, last, parent_service)) = stack.pop() {
            let (Some(span), Some(placed)) = (spans.get(index), placed.get_mut(index)) else { continue };
            if std::mem::replace(placed, true) {
                continue;
            }
            let below = children.get(&index).map_or(&[][..], Vec::as_slice);
            for (position, child) in below.iter().enumerate().rev() {
                stack.push((*child, depth + 1, position + 1 == below.len(), Some(span.service())));
            }
            let orphan = depth == 0 && span.parent_span_id.is_some() && !span.has_remote_parent();
            nodes.push(Node { span, depth, last, orphan, has_children: !below.is_empty(), parent_service });
        }
    }
    nodes
}

/// The trace's main root: a true one before a remote-parented one before an orphan, the earliest of them.
pub(crate) fn main_root<'t>(nodes: &[Node<'t>]) -> Option<&'t Span> {
    let roots = nodes.iter().filter(|node| node.depth == 0);
    let best = roots.max_by_key(|node| {
        (node.span.parent_span_id.is_none(), !node.orphan, Reverse(node.span.start_time_unix_nano))
    });
    best.map(|node| node.span)
}
