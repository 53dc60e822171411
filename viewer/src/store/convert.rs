//! OTLP requests to owned data, before any lock.

use std::sync::Arc;

use otelrs_otlp::model::logs::{self, ExportLogsServiceRequest};
use otelrs_otlp::model::{self, ExportTraceServiceRequest, KeyValue};

use super::shared::Shared;
use super::size::{log_bytes, resource_bytes, scope_bytes, span_bytes};
use crate::logs::LogRecord;
use crate::span::{Dropped, Event, Kind, Link, Resource, Scope, Span, SpanId, Status, TraceId};

/// What one request brings, each piece with what it costs the store.
#[derive(Debug)]
pub(super) struct Batch<T> {
    pub(super) items: Vec<(Arc<T>, usize)>,
    /// Refused for an id that is all zero.
    pub(super) invalid: u64,
}

/// Resources and scopes that several requests share.
#[derive(Debug, Default)]
pub(super) struct Origins {
    resources: Shared<Resource>,
    scopes: Shared<Scope>,
}

impl Origins {
    /// The resource, and what it costs each trace that names it: it lives as long as any of them.
    pub(super) fn resource(&self, attributes: &[KeyValue<'_>]) -> (Arc<Resource>, usize) {
        let resource = Resource { attributes: attributes.into() };
        let bytes = resource_bytes(&resource);
        let (resource, is_new) = self.resources.of(resource, bytes);
        (resource, if is_new { bytes } else { 0 })
    }

    pub(super) fn scope(&self, name: &str, version: &str) -> (Arc<Scope>, usize) {
        let scope = Scope { name: name.to_owned(), version: version.to_owned() };
        let bytes = scope_bytes(&scope);
        let (scope, is_new) = self.scopes.of(scope, bytes);
        (scope, if is_new { bytes } else { 0 })
    }
}

pub(super) fn spans(request: &ExportTraceServiceRequest<'_>, origins: &Origins) -> Batch<Span> {
    let mut batch = Batch { items: Vec::new(), invalid: 0 };
    for resource_spans in &request.resource_spans {
        let (resource, resource_bytes) = origins.resource(&resource_spans.resource_attributes);
        let mut paid_by = None;
        for scope_spans in &resource_spans.scope_spans {
            let (scope, scope_bytes) = origins.scope(&scope_spans.scope_name, &scope_spans.scope_version);
            batch.items.reserve(scope_spans.spans.len());
            for span in &scope_spans.spans {
                if span.trace_id == [0; 16] || span.span_id == [0; 8] {
                    batch.invalid += 1;
                    continue;
                }
                let span = owned_span(span, &resource, &scope);
                let mut bytes = span_bytes(&span) + scope_bytes;
                if paid_by.replace(span.trace_id) != Some(span.trace_id) {
                    bytes += resource_bytes;
                }
                batch.items.push((Arc::new(span), bytes));
            }
        }
    }
    batch
}

fn owned_span(span: &model::Span<'_>, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Span {
    let events = span.events.iter().map(|event| Event {
        time_unix_nano: event.time_unix_nano,
        name: event.name.to_string(),
        attributes: event.attributes.as_slice().into(),
    });
    let links = span.links.iter().map(|link| Link {
        trace_id: TraceId(link.trace_id),
        span_id: SpanId(link.span_id),
        attributes: link.attributes.as_slice().into(),
    });
    Span {
        trace_id: TraceId(span.trace_id),
        span_id: SpanId(span.span_id),
        parent_span_id: SpanId(span.parent_span_id).unless_zero(),
        trace_state: span.trace_state.to_string(),
        flags: span.flags,
        name: span.name.to_string(),
        kind: Kind::from_otlp(span.kind),
        start_time_unix_nano: span.start_time_unix_nano,
        end_time_unix_nano: span.end_time_unix_nano,
        attributes: span.attributes.as_slice().into(),
        events: events.collect(),
        links: links.collect(),
        status: match span.status_code {
            1 => Status::Ok,
            2 => Status::Error(span.status_message.to_string()),
            _ => Status::Unset,
        },
        dropped: Dropped {
            attributes: span.dropped_attributes_count,
            events: span.dropped_events_count,
            links: span.dropped_links_count,
        },
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
    }
}

pub(super) fn log_records(request: &ExportLogsServiceRequest<'_>, origins: &Origins) -> Batch<LogRecord> {
    let mut batch = Batch { items: Vec::new(), invalid: 0 };
    for resource_logs in &request.resource_logs {
        let (resource, resource_bytes) = origins.resource(&resource_logs.resource_attributes);
        for scope_logs in &resource_logs.scope_logs {
            let (scope, scope_bytes) = origins.scope(&scope_logs.scope_name, &scope_logs.scope_version);
            for record in &scope_logs.log_records {
                let record = owned_record(record, &resource, &scope);
                let bytes = log_bytes(&record) + resource_bytes + scope_bytes;
                batch.items.push((Arc::new(record), bytes));
            }
        }
    }
    batch
}

fn owned_record(record: &logs::LogRecord<'_>, resource: &Arc<Resource>, scope: &Arc<Scope>) -> LogRecord {
    LogRecord {
        time_unix_nano: match record.time_unix_nano {
            0 => record.observed_time_unix_nano,
            time => time,
        },
        trace_id: TraceId(record.trace_id).unless_zero(),
        span_id: SpanId(record.span_id).unless_zero(),
        severity_number: record.severity_number,
        severity_text: record.severity_text.to_string(),
        body: (&record.body).into(),
        event_name: record.event_name.to_string(),
        attributes: record.attributes.as_slice().into(),
        dropped_attributes: record.dropped_attributes_count,
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
    }
}
