//! Spans and traces for unit tests, in milliseconds.

use std::sync::Arc;

use crate::span::{Attributes, Dropped, Kind, Resource, Scope, Span, SpanId, Status, Trace, TraceId, Value};

pub(crate) const MILLISECOND: u64 = 1_000_000;

/// A span that lasts from `start` to `end` ms; ids are one byte repeated, parent 0 is none; service `shop`.
pub(crate) fn span(id: u8, parent: u8, name: &str, start: u64, end: u64) -> Span {
    Span {
        trace_id: TraceId([1; 16]),
        span_id: SpanId([id; 8]),
        parent_span_id: (parent != 0).then_some(SpanId([parent; 8])),
        trace_state: String::new(),
        flags: 0,
        name: name.to_owned(),
        kind: Kind::Internal,
        start_time_unix_nano: start * MILLISECOND,
        end_time_unix_nano: end * MILLISECOND,
        attributes: Attributes::default(),
        events: Vec::new(),
        links: Vec::new(),
        status: Status::Unset,
        dropped: Dropped::default(),
        resource: resource(&[("service.name", "shop")]),
        scope: Arc::new(Scope::default()),
    }
}

pub(crate) fn server(id: u8, parent: u8, name: &str, start: u64, end: u64) -> Span {
    Span { kind: Kind::Server, ..span(id, parent, name, start, end) }
}

/// A database's span: CLIENT with `db.system.name`.
pub(crate) fn query(id: u8, parent: u8, name: &str, start: u64, end: u64) -> Span {
    let span = Span { kind: Kind::Client, ..span(id, parent, name, start, end) };
    with(span, &[("db.system.name", "h2"), ("db.query.summary", name)])
}

/// The span with these attributes and no others.
pub(crate) fn with(span: Span, attributes: &[(&str, &str)]) -> Span {
    Span { attributes: attributes.iter().map(|(key, value)| (*key, Value::from(*value))).collect(), ..span }
}

pub(crate) fn failed(span: Span) -> Span {
    Span { status: Status::Error(String::new()), ..span }
}

pub(crate) fn resource(attributes: &[(&str, &str)]) -> Arc<Resource> {
    let attributes = attributes.iter().map(|(key, value)| (*key, Value::from(*value))).collect();
    Arc::new(Resource { attributes })
}

/// The spans as a trace whose id is this byte repeated.
pub(crate) fn trace(id: u8, spans: Vec<Span>) -> Trace {
    let trace_id = TraceId([id; 16]);
    let spans = spans.into_iter().map(|span| Arc::new(Span { trace_id, ..span })).collect();
    Trace { trace_id, spans, logs: Vec::new() }
}
