//! What crosses the wire with a request: W3C trace context (strictly as the recommendation asks) and baggage.
//!
//! Values arrive as a server handed them out: one item a header line. Nothing here trusts them.

mod baggage;
mod traceparent;
mod tracestate;

pub use traceparent::{RemoteParent, parse_traceparent, write_traceparent};

/// Header names are compared without regard to case (RFC 9110, 5.1); this is how we write them.
pub const TRACEPARENT: &str = "traceparent";
/// See [`TRACEPARENT`].
pub const TRACESTATE: &str = "tracestate";
/// See [`TRACEPARENT`].
pub const BAGGAGE: &str = "baggage";

/// Which propagators are on (`otel.propagators`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Propagators {
    /// `traceparent` and `tracestate`.
    pub trace_context: bool,
    /// `baggage`.
    pub baggage: bool,
}

impl Propagators {
    /// `otel.propagators=none`.
    pub const NONE: Self = Self { trace_context: false, baggage: false };

    /// The headers these propagators read and write.
    pub fn headers(self) -> &'static [&'static str] {
        match (self.trace_context, self.baggage) {
            (true, true) => &[TRACEPARENT, TRACESTATE, BAGGAGE],
            (true, false) => &[TRACEPARENT, TRACESTATE],
            (false, true) => &[BAGGAGE],
            (false, false) => &[],
        }
    }
}

impl Default for Propagators {
    fn default() -> Self {
        Self { trace_context: true, baggage: true }
    }
}

/// What a request brought along, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// `None`: start a new trace.
    pub parent: Option<RemoteParent>,
    /// To be forwarded as it is; empty when there is nothing to forward.
    pub trace_state: String,
    /// To be forwarded as it is; empty when there is nothing to forward.
    pub baggage: String,
}

/// Reads a request's headers; names in any case, in any order, repeated ones included.
pub fn extract<'a>(
    propagators: Propagators,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Extracted {
    let (mut parents, mut states, mut baggage) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in headers {
        if name.eq_ignore_ascii_case(TRACEPARENT) {
            parents.push(value);
        } else if name.eq_ignore_ascii_case(TRACESTATE) {
            states.push(value);
        } else if name.eq_ignore_ascii_case(BAGGAGE) {
            baggage.push(value);
        }
    }
    extract_values(propagators, &parents, &states, &baggage)
}

/// [`extract`] for one who has the values of each header in hand, one item a header line.
pub fn extract_values<T: AsRef<str>>(
    propagators: Propagators,
    traceparent: &[T],
    tracestate: &[T],
    baggage: &[T],
) -> Extracted {
    let parent = match traceparent {
        // With two of them nobody can say which is right: a new trace.
        [only] if propagators.trace_context => parse_traceparent(only.as_ref()),
        _ => None,
    };
    // Without a valid traceparent its companion means nothing (W3C Trace Context, 3.4).
    let trace_state = parent.and_then(|_| tracestate::merge(tracestate)).unwrap_or_default();
    let baggage = if propagators.baggage { baggage::merge(baggage) } else { String::new() };
    Extracted { parent, trace_state, baggage }
}

#[cfg(test)]
mod tests;
