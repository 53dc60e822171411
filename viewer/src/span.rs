//! Spans as the store keeps them: owned, with their resource and scope shared.

use std::fmt;
use std::sync::Arc;

use otelrs_otlp::model::{self, AnyValue};

use crate::logs::LogRecord;

/// `Span.flags`: whether the sender knew if the parent is remote (trace.proto, `SpanFlags`).
const CONTEXT_HAS_IS_REMOTE: u32 = 0x100;
/// `Span.flags`: the parent lives in another process.
const CONTEXT_IS_REMOTE: u32 = 0x200;

/// A trace id, never all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub [u8; 16]);

/// A span id, never all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(pub [u8; 8]);

impl TraceId {
    pub(crate) fn unless_zero(self) -> Option<Self> {
        (self.0 != [0; 16]).then_some(self)
    }
}

impl SpanId {
    pub(crate) fn unless_zero(self) -> Option<Self> {
        (self.0 != [0; 8]).then_some(self)
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// The spans and log records received for one trace id, in order of arrival. Cloning copies references.
#[derive(Debug, Clone)]
pub struct Trace {
    /// What the spans share.
    pub trace_id: TraceId,
    /// In order of arrival; [`crate::tree`] and [`crate::waterfall`] order them by parent and time.
    pub spans: Vec<Arc<Span>>,
    /// Log records written during the trace, in order of arrival.
    pub logs: Vec<Arc<LogRecord>>,
}

impl Trace {
    /// The spans of this name.
    pub fn spans_named<'t>(&'t self, name: &'t str) -> impl Iterator<Item = &'t Span> {
        self.spans.iter().map(|span| &**span).filter(move |span| span.name == name)
    }

    /// The log records written during this span.
    pub fn logs_of(&self, span_id: SpanId) -> impl Iterator<Item = &LogRecord> {
        self.logs.iter().map(|log| &**log).filter(move |log| log.span_id == Some(span_id))
    }
}

/// One span.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Unique within the trace.
    pub span_id: SpanId,
    /// `None` for the root of a trace.
    pub parent_span_id: Option<SpanId>,
    /// W3C header text.
    pub trace_state: String,
    /// `Span.flags`: W3C trace flags in the low byte, then `SpanFlags`.
    pub flags: u32,
    /// Such as `GET /orders/{id}`.
    pub name: String,
    /// Role in the trace.
    pub kind: Kind,
    /// Unix epoch, nanoseconds.
    pub start_time_unix_nano: u64,
    /// Unix epoch, nanoseconds.
    pub end_time_unix_nano: u64,
    /// Sorted by key.
    pub attributes: Attributes,
    /// In the sender's order.
    pub events: Vec<Event>,
    /// In the sender's order.
    pub links: Vec<Link>,
    /// How it ended.
    pub status: Status,
    /// Attributes, events and links that the sender dropped.
    pub dropped: Dropped,
    /// The process it comes from.
    pub resource: Arc<Resource>,
    /// The instrumentation it comes from.
    pub scope: Arc<Scope>,
}

impl Span {
    /// `service.name` of the resource, `unknown_service` when it has none.
    #[must_use]
    pub fn service(&self) -> &str {
        self.resource.service()
    }

    /// End minus start, nanoseconds; 0 when a clock ran backwards.
    #[must_use]
    pub fn duration_nanos(&self) -> u64 {
        self.end_time_unix_nano.saturating_sub(self.start_time_unix_nano)
    }

    /// Whether the sender said that the parent lives in another process.
    #[must_use]
    pub fn has_remote_parent(&self) -> bool {
        let remote = CONTEXT_HAS_IS_REMOTE | CONTEXT_IS_REMOTE;
        self.parent_span_id.is_some() && self.flags & remote == remote
    }

    /// Whether the sender says if the parent lives in another process; older SDKs do not.
    #[must_use]
    pub fn knows_whether_parent_is_remote(&self) -> bool {
        self.flags & CONTEXT_HAS_IS_REMOTE != 0
    }

    /// Whether no span above it can come from the same process.
    #[must_use]
    pub fn is_local_root(&self) -> bool {
        self.parent_span_id.is_none() || self.has_remote_parent()
    }
}

/// `SpanKind`; what is unspecified or unknown counts as internal, as the specification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Within one process.
    Internal,
    /// Answers a request.
    Server,
    /// Makes a request.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
}

impl Kind {
    pub(crate) fn from_otlp(kind: i32) -> Self {
        match kind {
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Internal,
        }
    }

    /// The kind of this upper-case name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let kinds = [Self::Internal, Self::Server, Self::Client, Self::Producer, Self::Consumer];
        kinds.into_iter().find(|kind| kind.name() == name)
    }

    /// Upper-case name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "INTERNAL",
            Self::Server => "SERVER",
            Self::Client => "CLIENT",
            Self::Producer => "PRODUCER",
            Self::Consumer => "CONSUMER",
        }
    }
}

/// `Status` of a span.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing was said.
    #[default]
    Unset,
    /// Said to be fine.
    Ok,
    /// Failed, with the message, which may be empty.
    Error(String),
}

/// How much the sender dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Attributes of the span.
    pub attributes: u32,
    /// Events.
    pub events: u32,
    /// Links.
    pub links: u32,
}

/// `Span.Event`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// Such as `exception`.
    pub name: String,
    /// Sorted by key.
    pub attributes: Attributes,
}

/// `Span.Link`.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The linked trace, zero included.
    pub trace_id: TraceId,
    /// The linked span, zero included.
    pub span_id: SpanId,
    /// Sorted by key.
    pub attributes: Attributes,
}

/// What the spans of one process share.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    /// Sorted by key.
    pub attributes: Attributes,
}

impl Resource {
    /// `service.name`, `unknown_service` when it has none.
    #[must_use]
    pub fn service(&self) -> &str {
        self.attributes.get("service.name").and_then(Value::as_str).unwrap_or("unknown_service")
    }
}

/// The instrumentation that made a span.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Such as `io.opentelemetry.jdbc`.
    pub name: String,
    /// Of the instrumentation.
    pub version: String,
}

/// Attributes sorted by key; a key sent twice keeps its last value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(Vec<(String, Value)>);

impl Attributes {
    /// Value of the key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let index = self.0.binary_search_by(|(candidate, _)| candidate.as_str().cmp(key)).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    /// In order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut list: Vec<_> = pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        list.reverse();
        list.sort_by(|(a, _), (b, _)| a.cmp(b));
        list.dedup_by(|(a, _), (b, _)| a == b);
        list.shrink_to_fit();
        Self(list)
    }
}

impl From<&[model::KeyValue<'_>]> for Attributes {
    fn from(list: &[model::KeyValue<'_>]) -> Self {
        // References are sorted, a seventh of what is then made of them; the sort is stable, so the last of equal keys wins.
        let mut sorted: Vec<&model::KeyValue<'_>> = list.iter().collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key));
        let mut owned: Vec<(String, Value)> = Vec::with_capacity(sorted.len());
        for attribute in sorted {
            let value = Value::from(&attribute.value);
            match owned.last_mut() {
                Some((key, last)) if *key == attribute.key => *last = value,
                _ => owned.push((attribute.key.as_ref().to_owned(), value)),
            }
        }
        Self(owned)
    }
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Sent without a value.
    Empty,
    /// Text.
    String(String),
    /// Truth.
    Bool(bool),
    /// 64-bit integer.
    Int(i64),
    /// 64-bit float.
    Double(f64),
    /// Values in order.
    Array(Vec<Value>),
    /// Values by key.
    Map(Attributes),
    /// Octets.
    Bytes(Vec<u8>),
}

impl Value {
    /// The text of a string value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number of an integer value.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<&AnyValue<'_>> for Value {
    fn from(value: &AnyValue<'_>) -> Self {
        match value {
            AnyValue::Empty => Self::Empty,
            AnyValue::String(text) => Self::String(text.to_string()),
            AnyValue::Bool(value) => Self::Bool(*value),
            AnyValue::Int(value) => Self::Int(*value),
            AnyValue::Double(value) => Self::Double(*value),
            AnyValue::Array(values) => Self::Array(values.iter().map(Self::from).collect()),
            AnyValue::KeyValueList(list) => Self::Map(list.as_slice().into()),
            AnyValue::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Text as it is, numbers in decimal, `[a, b]`, `{k=v}`, bytes in hex. Not escaped: see [`crate::text`].
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::String(text) => f.write_str(text),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Double(value) => write!(f, "{value:?}"),
            Self::Array(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(attributes) => {
                f.write_str("{")?;
                for (index, (key, value)) in attributes.iter().enumerate() {
                    write!(f, "{}{key}={value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
            Self::Bytes(bytes) => write_hex(f, bytes),
        }
    }
}
