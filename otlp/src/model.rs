//! OTLP messages as Rust data. Strings borrow where the source lives long enough.

pub mod logs;
pub mod metrics;

use std::borrow::Cow;

/// `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportTraceServiceRequest<'a> {
    /// Field 1.
    pub resource_spans: Vec<ResourceSpans<'a>>,
}

/// `opentelemetry.proto.trace.v1.ResourceSpans`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceSpans<'a> {
    /// `Resource.attributes`.
    pub resource_attributes: Vec<KeyValue<'a>>,
    /// Field 2.
    pub scope_spans: Vec<ScopeSpans<'a>>,
    /// Field 3.
    pub schema_url: Cow<'a, str>,
}

/// `opentelemetry.proto.trace.v1.ScopeSpans`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScopeSpans<'a> {
    /// `InstrumentationScope.name`.
    pub scope_name: Cow<'a, str>,
    /// `InstrumentationScope.version`.
    pub scope_version: Cow<'a, str>,
    /// Field 2.
    pub spans: Vec<Span<'a>>,
    /// Field 3.
    pub schema_url: Cow<'a, str>,
}

/// `opentelemetry.proto.trace.v1.Span`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Span<'a> {
    /// All zero means absent.
    pub trace_id: [u8; 16],
    /// All zero means absent.
    pub span_id: [u8; 8],
    /// W3C header text.
    pub trace_state: Cow<'a, str>,
    /// All zero means none.
    pub parent_span_id: [u8; 8],
    /// `fixed32 flags`.
    pub flags: u32,
    /// Field 5.
    pub name: Cow<'a, str>,
    /// `SpanKind`: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    pub kind: i32,
    /// Unix epoch, nanoseconds.
    pub start_time_unix_nano: u64,
    /// Unix epoch, nanoseconds.
    pub end_time_unix_nano: u64,
    /// Field 9.
    pub attributes: Vec<KeyValue<'a>>,
    /// Field 10.
    pub dropped_attributes_count: u32,
    /// Field 11.
    pub events: Vec<Event<'a>>,
    /// Field 12.
    pub dropped_events_count: u32,
    /// Field 13.
    pub links: Vec<Link<'a>>,
    /// Field 14.
    pub dropped_links_count: u32,
    /// `Status.message`.
    pub status_message: Cow<'a, str>,
    /// `StatusCode`: 0 unset, 1 ok, 2 error.
    pub status_code: i32,
}

/// `opentelemetry.proto.trace.v1.Span.Event`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event<'a> {
    /// Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// Field 2.
    pub name: Cow<'a, str>,
    /// Field 3.
    pub attributes: Vec<KeyValue<'a>>,
    /// Field 4.
    pub dropped_attributes_count: u32,
}

/// `opentelemetry.proto.trace.v1.Span.Link`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link<'a> {
    /// The linked trace.
    pub trace_id: [u8; 16],
    /// The linked span.
    pub span_id: [u8; 8],
    /// W3C header text.
    pub trace_state: Cow<'a, str>,
    /// Field 4.
    pub attributes: Vec<KeyValue<'a>>,
    /// Field 5.
    pub dropped_attributes_count: u32,
    /// `fixed32 flags`.
    pub flags: u32,
}

/// `opentelemetry.proto.common.v1.KeyValue`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyValue<'a> {
    /// Field 1.
    pub key: Cow<'a, str>,
    /// Field 2.
    pub value: AnyValue<'a>,
}

/// `opentelemetry.proto.common.v1.AnyValue`.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum AnyValue<'a> {
    /// No value set.
    #[default]
    Empty,
    /// Field 1.
    String(Cow<'a, str>),
    /// Field 2.
    Bool(bool),
    /// Field 3.
    Int(i64),
    /// Field 4.
    Double(f64),
    /// Field 5.
    Array(Vec<AnyValue<'a>>),
    /// Field 6.
    KeyValueList(Vec<KeyValue<'a>>),
    /// Field 7.
    Bytes(Cow<'a, [u8]>),
}
