//! Log records as the store keeps them.

use std::sync::Arc;

use crate::span::{Attributes, Resource, Scope, SpanId, TraceId, Value};

/// A waterfall shows so many below their span; the others are in its detail.
pub(crate) const MOST_ON_ROW: usize = 3;

/// One log record (`opentelemetry.proto.logs.v1.LogRecord`).
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord {
    /// When it happened; when that is not known, when it was observed. Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// The trace during which it was written.
    pub trace_id: Option<TraceId>,
    /// The span during which it was written.
    pub span_id: Option<SpanId>,
    /// 1 to 24 (TRACE is 1, DEBUG 5, INFO 9, WARN 13, ERROR 17, FATAL 21); 0 unknown.
    pub severity_number: i32,
    /// As the source calls it, such as `WARNING`; may be empty.
    pub severity_text: String,
    /// Mostly a string.
    pub body: Value,
    /// Name of the event that it records; empty for an ordinary log line.
    pub event_name: String,
    /// Sorted by key; `exception.type`, `exception.message` and `exception.stacktrace` among them.
    pub attributes: Attributes,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The process it comes from.
    pub resource: Arc<Resource>,
    /// The logger it comes from.
    pub scope: Arc<Scope>,
}

impl LogRecord {
    /// Severity in words of OpenTelemetry: `TRACE` to `FATAL`, or the source's own when the number is unknown.
    #[must_use]
    pub fn severity(&self) -> &str {
        match self.severity_number {
            1..=4 => "TRACE",
            5..=8 => "DEBUG",
            9..=12 => "INFO",
            13..=16 => "WARN",
            17..=20 => "ERROR",
            21..=24 => "FATAL",
            _ => &self.severity_text,
        }
    }

    /// What it says: its body, or the name of the event that it records.
    #[must_use]
    pub fn text(&self) -> String {
        if self.event_name.is_empty() { self.body.to_string() } else { self.event_name.clone() }
    }

    /// Whether it is as severe as ERROR.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity_number >= 17
    }
}
