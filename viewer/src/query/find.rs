//! Find in a trace: the next span that is looked for, around the end.

use crate::span::{Span, Status};

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the end.
    Forward,
    /// Towards the beginning.
    Backward,
}

/// The position of the next span wanted, in a list in display order, after (or before) position `from`; goes on at the
/// other end, and comes to `from` itself last. `None` when no span is wanted.
pub fn find<'s>(
    spans: &[&'s Span],
    from: usize,
    direction: Direction,
    wanted: impl Fn(&'s Span) -> bool,
) -> Option<usize> {
    let count = spans.len();
    let position = |step: usize| match direction {
        Direction::Forward => (from + step) % count,
        Direction::Backward => (from + count - step) % count,
    };
    (1..=count).map(position).find(|position| spans.get(*position).is_some_and(|span| wanted(span)))
}

/// Whether the span ended with an error.
#[must_use]
pub fn is_error(span: &Span) -> bool {
    matches!(span.status, Status::Error(_))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failed, span};
    use super::*;

    #[test]
    fn the_next_error_is_found_around_the_end() {
        let spans = [
            span(1, 0, "a", 0, 9),
            failed(span(2, 1, "b", 0, 1)),
            span(3, 1, "c", 0, 1),
            failed(span(4, 1, "d", 0, 1)),
        ];
        let spans: Vec<&Span> = spans.iter().collect();
        for (from, forward, backward) in [(0, 1, 3), (1, 3, 3), (2, 3, 1), (3, 1, 1)] {
            assert_eq!(find(&spans, from, Direction::Forward, is_error), Some(forward), "from {from}");
            assert_eq!(find(&spans, from, Direction::Backward, is_error), Some(backward), "from {from}");
        }
        assert_eq!(find(&spans, 2, Direction::Forward, |span| span.name == "c"), Some(2));
        assert_eq!(find(&spans, 0, Direction::Forward, |span| span.name == "e"), None);
        assert_eq!(find(&[], 0, Direction::Backward, is_error), None);
    }
}
