//! The span as the request thread leaves it: identity, times, and values nobody has looked at yet.

/// A finished span before its advice has turned it into attributes.
///
/// The request thread only copies; naming, masking and parsing happen on the agent's own thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which advice wrote the payload (`otelrs_advice::Site`).
    pub site: u16,
    /// High and low half of the trace id.
    pub trace_id: [u64; 2],
    /// Never 0.
    pub span_id: u64,
    /// 0 when the span has no parent.
    pub parent_span_id: u64,
    /// W3C trace flags in the low byte; [`Record::PARENT_REMOTE`] above it.
    pub flags: u32,
    /// `CLOCK_MONOTONIC`, nanoseconds (what `System.nanoTime` reads on Linux).
    pub start: u64,
    /// Same clock as `start`.
    pub end: u64,
    /// Which resource made it; 0 is the process's own.
    pub resource: u16,
    /// Values in the form that [`crate::payload`] reads.
    pub payload: Box<[u8]>,
}

impl Record {
    /// The parent came over the wire.
    pub const PARENT_REMOTE: u32 = 1 << 8;
}
