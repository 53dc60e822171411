//! What telemetry costs in memory, estimated: structures, text, and 16 bytes of overhead an allocation.

use std::sync::Arc;

use crate::logs::LogRecord;
use crate::metrics::{PointValue, Series};
use crate::span::{Attributes, Resource, Scope, Span, Status, Trace, Value};

const ALLOCATION: usize = 16;
/// Index entries of the store for each span, log record or series.
const INDEX: usize = 64;

pub(super) fn resource_bytes(resource: &Resource) -> usize {
    ALLOCATION + size_of::<Resource>() + attributes_bytes(&resource.attributes)
}

pub(super) fn span_bytes(span: &Span) -> usize {
    let events = span
        .events
        .iter()
        .map(|event| size_of_val(event) + text_bytes(&event.name) + attributes_bytes(&event.attributes));
    let links = span.links.iter().map(|link| size_of_val(link) + attributes_bytes(&link.attributes));
    let status = match &span.status {
        Status::Error(message) => text_bytes(message),
        Status::Unset | Status::Ok => 0,
    };
    INDEX
        + ALLOCATION
        + size_of::<Span>()
        + text_bytes(&span.name)
        + text_bytes(&span.trace_state)
        + attributes_bytes(&span.attributes)
        + events.sum::<usize>()
        + links.sum::<usize>()
        + status
}

/// Spans and log records, without what they share.
pub(super) fn trace_bytes(trace: &Trace) -> usize {
    let spans = trace.spans.iter().map(|span| span_bytes(span));
    let logs = trace.logs.iter().map(|record| log_bytes(record));
    spans.chain(logs).sum()
}

pub(super) fn with_bytes<T>(items: Vec<Arc<T>>, bytes: impl Fn(&T) -> usize) -> Vec<(Arc<T>, usize)> {
    let sized = items.into_iter().map(|item| {
        let bytes = bytes(&item);
        (item, bytes)
    });
    sized.collect()
}

pub(super) fn scope_bytes(scope: &Scope) -> usize {
    ALLOCATION + size_of::<Scope>() + text_bytes(&scope.name) + text_bytes(&scope.version)
}

pub(super) fn log_bytes(record: &LogRecord) -> usize {
    INDEX
        + ALLOCATION
        + size_of::<LogRecord>()
        + text_bytes(&record.severity_text)
        + text_bytes(&record.event_name)
        + value_bytes(&record.body)
        + attributes_bytes(&record.attributes)
}

/// Resource included: a series may outlive every trace of its process.
pub(super) fn series_bytes(series: &Series) -> usize {
    let point = match &series.point.value {
        PointValue::Int(_) | PointValue::Double(_) => 0,
        PointValue::Histogram { bounds, buckets, .. } => 2 * ALLOCATION + 8 * (bounds.len() + buckets.len()),
        PointValue::Summary { quantiles, .. } => ALLOCATION + 16 * quantiles.len(),
    };
    2 * INDEX
        + ALLOCATION
        + size_of::<Series>()
        + text_bytes(&series.name)
        + text_bytes(&series.unit)
        + text_bytes(&series.description)
        + attributes_bytes(&series.attributes)
        + resource_bytes(&series.resource)
        + point
}

fn text_bytes(text: &str) -> usize {
    if text.is_empty() { 0 } else { ALLOCATION + text.len() }
}

fn attributes_bytes(attributes: &Attributes) -> usize {
    let entries = attributes
        .iter()
        .map(|(key, value)| size_of::<(String, Value)>() + text_bytes(key) + value_bytes(value));
    ALLOCATION + entries.sum::<usize>()
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Empty | Value::Bool(_) | Value::Int(_) | Value::Double(_) => 0,
        Value::String(text) => text_bytes(text),
        Value::Bytes(bytes) => ALLOCATION + bytes.len(),
        Value::Array(values) => {
            ALLOCATION + values.iter().map(|value| size_of::<Value>() + value_bytes(value)).sum::<usize>()
        }
        Value::Map(attributes) => attributes_bytes(attributes),
    }
}
