//! A trace as the finders walk it: each span once, its parent, its children by start time, its request.

use std::collections::HashMap;
use std::sync::Arc;

use crate::span::{Kind, Span, SpanId, Trace};

/// Index of a span in [`TraceIndex`].
pub(super) type Position = usize;

/// The spans of a trace, linked.
#[derive(Debug)]
pub(super) struct TraceIndex<'t> {
    nodes: Vec<Node<'t>>,
    positions: HashMap<SpanId, Position>,
    /// Positions, parents before children; spans that are their own ancestors are left out.
    order: Vec<Position>,
}

#[derive(Debug)]
struct Node<'t> {
    span: &'t Span,
    parent: Option<Position>,
    /// By start time.
    children: Vec<Position>,
    request: Position,
}

impl<'t> TraceIndex<'t> {
    /// Links the spans. A span id sent twice (a sender that repeats an export) counts once.
    pub(super) fn new(trace: &'t Trace) -> Self {
        let mut nodes: Vec<Node<'t>> = Vec::with_capacity(trace.spans.len());
        let mut positions = HashMap::with_capacity(trace.spans.len());
        for span in trace.spans.iter().map(Arc::as_ref) {
            let position = nodes.len();
            if *positions.entry(span.span_id).or_insert(position) == position {
                nodes.push(Node { span, parent: None, children: Vec::new(), request: position });
            }
        }
        let mut index = Self { nodes, positions, order: Vec::new() };
        index.link();
        index
    }

    fn link(&mut self) {
        for position in 0..self.nodes.len() {
            let parent = self.span(position).and_then(|span| span.parent_span_id);
            let parent = parent.and_then(|id| self.positions.get(&id).copied());
            match parent {
                Some(parent) => {
                    if let Some(node) = self.nodes.get_mut(parent) {
                        node.children.push(position);
                    }
                    if let Some(node) = self.nodes.get_mut(position) {
                        node.parent = Some(parent);
                    }
                }
                None => self.order.push(position),
            }
        }
        let starts: Vec<u64> = self.nodes.iter().map(|node| node.span.start_time_unix_nano).collect();
        let mut next = 0;
        while let Some(&position) = self.order.get(next) {
            next += 1;
            let request = self.request_for(position);
            let Some(node) = self.nodes.get_mut(position) else { continue };
            node.request = request;
            node.children.sort_by_key(|child| starts.get(*child));
            self.order.extend_from_slice(&node.children);
        }
    }

    /// A span that another process asked for, or that nobody did, is a request of its own.
    fn request_for(&self, position: Position) -> Position {
        let Some(node) = self.nodes.get(position) else { return position };
        match node.parent.and_then(|parent| self.nodes.get(parent)) {
            Some(parent)
                if !matches!(node.span.kind, Kind::Server | Kind::Consumer)
                    && parent.span.service() == node.span.service() =>
            {
                parent.request
            }
            _ => position,
        }
    }

    pub(super) fn span(&self, position: Position) -> Option<&'t Span> {
        self.nodes.get(position).map(|node| node.span)
    }

    /// Every span that is not its own ancestor, parents before children.
    pub(super) fn spans(&self) -> impl DoubleEndedIterator<Item = (Position, &'t Span)> {
        self.order.iter().filter_map(|position| Some((*position, self.span(*position)?)))
    }

    /// The number of different spans.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn contains(&self, span_id: SpanId) -> bool {
        self.positions.contains_key(&span_id)
    }

    pub(super) fn parent(&self, position: Position) -> Option<&'t Span> {
        self.span(self.nodes.get(position)?.parent?)
    }

    /// Positions of the children, by start time.
    pub(super) fn children(&self, position: Position) -> &[Position] {
        self.nodes.get(position).map_or(&[], |node| &node.children)
    }

    /// Name of the request's span within the span's service.
    pub(super) fn route(&self, position: Position) -> Option<&'t str> {
        self.span(self.nodes.get(position)?.request).map(|span| span.name.as_str())
    }
}
