//! Where finished spans come from.

use otelrs_sdk::span::Span;

/// A queue of finished spans. Implemented by the agent over the ring and the advice.
pub trait SpanSource {
    /// Moves up to `max` finished spans into `out`; returns how many. Never waits for one.
    fn drain(&mut self, max: usize, out: &mut Vec<Span>) -> usize;
    /// Spans dropped so far because the queue was full; never falls.
    fn dropped(&self) -> u64;
}
