//! What is wrong with the telemetry itself, found as traces arrive.
//!
//! A trace is judged once it has settled ([`Thresholds::settle`]) or leaves the store, and again when more of it comes:
//! what an earlier judgement said is taken back first. Names and attribute values are counted span by span.

mod kind;
mod thresholds;

pub use kind::{FindingKind, UnknownFindingKind};
pub use thresholds::{Form, Threshold, ThresholdError, Thresholds};

use crate::span::{SpanId, TraceId};

/// One thing that is wrong, over all traces in which it was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What class of thing.
    pub kind: FindingKind,
    /// `service.name` of the spans.
    pub service: String,
    /// Name of the request's span in that service, where the finding is about one route.
    pub route: Option<String>,
    /// What it is about: the span in which time hides, the query, the scope, the span without a parent.
    pub subject: String,
    /// One plain sentence that says what was seen, with figures.
    pub sentence: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// How often it was seen: requests, spans or values, as the sentence says.
    pub count: u64,
    /// By how much.
    pub measure: Measure,
    /// The latest places where it was seen, the newest first, at most [`MAX_EVIDENCE`]; empty for metrics. The traces may
    /// have left the store.
    pub evidence: Vec<Evidence>,
    /// Start of the earliest span concerned, Unix epoch, nanoseconds.
    pub first_seen_unix_nano: u64,
    /// End of the latest span concerned, Unix epoch, nanoseconds.
    pub last_seen_unix_nano: u64,
}

/// So many places are kept for each finding.
pub const MAX_EVIDENCE: usize = 5;

/// The size of a finding; findings of a kind are ranked by `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Of both numbers.
    pub unit: Unit,
    /// Over all occurrences.
    pub total: u64,
    /// Of the worst one.
    pub worst: u64,
}

/// What a [`Measure`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Time.
    Nanoseconds,
    /// Executions of a query.
    Executions,
    /// Spans.
    Spans,
    /// Distinct names or values.
    Values,
}

/// One place where a finding was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The trace.
    pub trace_id: TraceId,
    /// The span to look at.
    pub span_id: SpanId,
    /// What is there, such as `12 times in 48 ms`. Holds text from telemetry: escape it.
    pub note: String,
}
