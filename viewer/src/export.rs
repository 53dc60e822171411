//! Stored spans and log records as OTLP requests again, borrowed from the store.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use otelrs_otlp::model::logs::{self, ExportLogsServiceRequest, ResourceLogs, ScopeLogs};
use otelrs_otlp::model::{self, AnyValue, ExportTraceServiceRequest, KeyValue, ResourceSpans, ScopeSpans};

use crate::logs::LogRecord;
use crate::span::{Attributes, Event, Kind, Link, Span, Status, Value};

/// The spans, those of one resource and of one scope together, in order of first appearance.
pub(crate) fn to_request<'s>(
    spans: impl IntoIterator<Item = &'s Arc<Span>>,
) -> ExportTraceServiceRequest<'s> {
    let mut request = ExportTraceServiceRequest::default();
    // The store shares resources and scopes, so that addresses tell them apart.
    let mut resources = HashMap::new();
    let mut scopes = HashMap::new();
    for span in spans {
        let resource_spans = &mut request.resource_spans;
        let resource = *resources.entry(Arc::as_ptr(&span.resource)).or_insert_with(|| {
            let resource_attributes = key_values(&span.resource.attributes);
            resource_spans.push(ResourceSpans { resource_attributes, ..ResourceSpans::default() });
            resource_spans.len() - 1
        });
        let Some(resource_spans) = resource_spans.get_mut(resource) else { continue };
        let scope_spans = &mut resource_spans.scope_spans;
        let scope = *scopes.entry((resource, Arc::as_ptr(&span.scope))).or_insert_with(|| {
            scope_spans.push(ScopeSpans {
                scope_name: Cow::Borrowed(&span.scope.name),
                scope_version: Cow::Borrowed(&span.scope.version),
                ..ScopeSpans::default()
            });
            scope_spans.len() - 1
        });
        if let Some(scope_spans) = scope_spans.get_mut(scope) {
            scope_spans.spans.push(to_span(span));
        }
    }
    request
}

/// The log records, those of one resource and of one scope together where they follow each other.
pub(crate) fn to_logs_request<'s>(
    records: impl IntoIterator<Item = &'s Arc<LogRecord>>,
) -> ExportLogsServiceRequest<'s> {
    let mut request = ExportLogsServiceRequest::default();
    let mut place = None;
    for record in records {
        let (resource, scope) = (Arc::as_ptr(&record.resource), Arc::as_ptr(&record.scope));
        if place != Some((resource, scope)) {
            place = Some((resource, scope));
            request.resource_logs.push(ResourceLogs {
                resource_attributes: key_values(&record.resource.attributes),
                scope_logs: vec![ScopeLogs {
                    scope_name: Cow::Borrowed(&record.scope.name),
                    scope_version: Cow::Borrowed(&record.scope.version),
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            });
        }
        let last = request.resource_logs.last_mut().and_then(|resource| resource.scope_logs.last_mut());
        if let Some(scope_logs) = last {
            scope_logs.log_records.push(to_log_record(record));
        }
    }
    request
}

fn to_log_record(record: &LogRecord) -> logs::LogRecord<'_> {
    logs::LogRecord {
        time_unix_nano: record.time_unix_nano,
        severity_number: record.severity_number,
        severity_text: Cow::Borrowed(&record.severity_text),
        body: any_value(&record.body),
        attributes: key_values(&record.attributes),
        dropped_attributes_count: record.dropped_attributes,
        trace_id: record.trace_id.map_or([0; 16], |id| id.0),
        span_id: record.span_id.map_or([0; 8], |id| id.0),
        event_name: Cow::Borrowed(&record.event_name),
        ..logs::LogRecord::default()
    }
}

fn to_span(span: &Span) -> model::Span<'_> {
    let (status_code, status_message) = match &span.status {
        Status::Unset => (0, ""),
        Status::Ok => (1, ""),
        Status::Error(message) => (2, message.as_str()),
    };
    model::Span {
        trace_id: span.trace_id.0,
        span_id: span.span_id.0,
        trace_state: Cow::Borrowed(&span.trace_state),
        parent_span_id: span.parent_span_id.map_or([0; 8], |parent| parent.0),
        flags: span.flags,
        name: Cow::Borrowed(&span.name),
        kind: match span.kind {
            Kind::Internal => 1,
            Kind::Server => 2,
            Kind::Client => 3,
            Kind::Producer => 4,
            Kind::Consumer => 5,
        },
        start_time_unix_nano: span.start_time_unix_nano,
        end_time_unix_nano: span.end_time_unix_nano,
        attributes: key_values(&span.attributes),
        dropped_attributes_count: span.dropped.attributes,
        events: span.events.iter().map(to_event).collect(),
        dropped_events_count: span.dropped.events,
        links: span.links.iter().map(to_link).collect(),
        dropped_links_count: span.dropped.links,
        status_message: Cow::Borrowed(status_message),
        status_code,
    }
}

fn to_event(event: &Event) -> model::Event<'_> {
    model::Event {
        time_unix_nano: event.time_unix_nano,
        name: Cow::Borrowed(&event.name),
        attributes: key_values(&event.attributes),
        ..model::Event::default()
    }
}

fn to_link(link: &Link) -> model::Link<'_> {
    model::Link {
        trace_id: link.trace_id.0,
        span_id: link.span_id.0,
        attributes: key_values(&link.attributes),
        ..model::Link::default()
    }
}

fn key_values(attributes: &Attributes) -> Vec<KeyValue<'_>> {
    attributes
        .iter()
        .map(|(key, value)| KeyValue { key: Cow::Borrowed(key), value: any_value(value) })
        .collect()
}

fn any_value(value: &Value) -> AnyValue<'_> {
    match value {
        Value::Empty => AnyValue::Empty,
        Value::String(text) => AnyValue::String(Cow::Borrowed(text)),
        Value::Bool(value) => AnyValue::Bool(*value),
        Value::Int(value) => AnyValue::Int(*value),
        Value::Double(value) => AnyValue::Double(*value),
        Value::Array(values) => AnyValue::Array(values.iter().map(any_value).collect()),
        Value::Map(attributes) => AnyValue::KeyValueList(key_values(attributes)),
        Value::Bytes(bytes) => AnyValue::Bytes(Cow::Borrowed(bytes)),
    }
}
