//! One occurrence of a finding, before it is added up.

use super::FindingKind;
use crate::span::{Span, SpanId, TraceId};

/// What makes occurrences one finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Subject {
    pub(crate) kind: FindingKind,
    pub(crate) service: String,
    pub(crate) route: Option<String>,
    pub(crate) name: String,
}

/// One occurrence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observation {
    pub(crate) subject: Subject,
    /// In the unit of the kind.
    pub(crate) amount: u64,
    pub(crate) place: Option<Place>,
    pub(crate) start_time_unix_nano: u64,
    pub(crate) end_time_unix_nano: u64,
}

/// Where it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) note: String,
}

impl Observation {
    /// An occurrence at a span.
    pub(crate) fn at(
        span: &Span,
        kind: FindingKind,
        route: Option<&str>,
        name: &str,
        amount: u64,
        note: String,
    ) -> Self {
        let service = clipped(span.service());
        Self {
            subject: Subject { kind, service, route: route.map(clipped), name: clipped(name) },
            amount,
            place: Some(Place { trace_id: span.trace_id, span_id: span.span_id, note }),
            start_time_unix_nano: span.start_time_unix_nano,
            end_time_unix_nano: span.end_time_unix_nano,
        }
    }
}

/// Text of telemetry as findings keep it: at most 200 characters, so that a finding has a bounded size.
pub(crate) fn clipped(text: &str) -> String {
    const LIMIT: usize = 200;
    match text.char_indices().nth(LIMIT) {
        None => text.to_owned(),
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
    }
}
