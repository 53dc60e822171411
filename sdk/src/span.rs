//! The finished span in OpenTelemetry's terms: what an advice makes of a record and what an exporter sends.

use std::borrow::Cow;

/// A span that has ended. It borrows what it can from the record that it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Span<'a> {
    /// Instrumentation scope, e.g. `io.opentelemetry.jdbc`-like names; ours are `otelrs.jdbc`.
    pub scope: &'static str,
    /// See [`Identity`].
    pub identity: Identity,
    /// The `tracestate` header, already checked, empty when there was none.
    pub trace_state: Cow<'a, str>,
    /// Low cardinality by construction: never a raw path, query, id or SQL literal.
    pub name: Cow<'a, str>,
    /// See [`SpanKind`].
    pub kind: SpanKind,
    /// In the order they were set; keys are unique.
    pub attributes: Vec<KeyValue<'a>>,
    /// The exceptions seen; each becomes an `exception` event at export.
    pub exceptions: Vec<Exception>,
    /// The span of another trace that this one follows from, if any.
    pub link: Option<Link>,
    /// See [`Status`].
    pub status: Status,
}

/// Which span it is, and when it was: in this each span differs from those that say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// High and low half of the trace id.
    pub trace_id: [u64; 2],
    /// Never 0.
    pub span_id: u64,
    /// 0 when the span has no parent.
    pub parent_span_id: u64,
    /// W3C trace flags in the low byte, OTLP's `has_is_remote`/`is_remote` bits (0x100, 0x200) above.
    pub flags: u32,
    /// Unix epoch, nanoseconds.
    pub start_unix_nano: u64,
    /// Unix epoch, nanoseconds.
    pub end_unix_nano: u64,
}

/// What a link names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// High and low half of the trace id.
    pub trace_id: [u64; 2],
    /// Never 0.
    pub span_id: u64,
    /// As [`Identity::flags`].
    pub flags: u32,
}

/// OpenTelemetry's span kinds that the agent makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Work inside the process.
    Internal,
    /// A request received.
    Server,
    /// A request sent.
    Client,
    /// A message sent.
    Producer,
    /// A message processed.
    Consumer,
}

/// OpenTelemetry's span status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The default.
    Unset,
    /// An error, with a description that is empty unless it holds nothing private.
    Error(String),
}

/// An exception, kept as data; the exporter decides whether it leaves as event, log or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// Fully qualified class name.
    pub class: String,
    /// May hold what a user typed: `None` unless an option allows it.
    pub message: Option<String>,
    /// Frames only; holds no message unless the option allows messages.
    pub stack_trace: Option<String>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyValue<'a> {
    /// A semantic-convention name.
    pub key: Cow<'a, str>,
    /// Its value.
    pub value: Value<'a>,
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Text.
    String(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// A real number.
    Double(f64),
    /// A truth value.
    Bool(bool),
    /// A list of texts.
    Strings(Vec<String>),
}
