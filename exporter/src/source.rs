//! Where finished spans come from.

use otelrs_sdk::span::{Identity, Span};

/// A queue of spans that have ended. Implemented by the agent over the ring and the advice.
pub trait SpanSource {
    /// A span as it waits to be sent: it is looked at only when its batch is.
    type Record;
    /// Moves up to `max` records into `out`; returns how many. Never waits for one. No span that [`SpanSource::finish`]
    /// gave is used any more.
    fn drain(&mut self, max: usize, out: &mut Vec<Self::Record>) -> usize;
    /// The instrumentation scope of a record's span.
    fn scope(&self, record: &Self::Record) -> &'static str;
    /// The identity of a record's span.
    fn identity(&self, record: &Self::Record) -> Identity;
    /// What the span follows from, but for its identity and the time of its exceptions: how it is read, and its bytes.
    /// A span of the same is not asked for again and again. `None` where nobody can tell.
    fn made_from<'a>(&self, record: &'a Self::Record) -> Option<(u16, &'a [u8])>;
    /// The span of a record; `None`, and counted by the source, where there can be none.
    fn finish<'a>(&'a self, record: &'a Self::Record) -> Option<Span<'a>>;
    /// Spans dropped so far because the queue was full; never falls.
    fn dropped(&self) -> u64;
}
