//! OTLP requests to owned spans.

use std::sync::Arc;

use otelrs_otlp::model::{self, ExportTraceServiceRequest};

use super::size::{resource_bytes, span_bytes};
use crate::span::{Dropped, Event, Kind, Link, Resource, Scope, Span, SpanId, Status, TraceId};

/// The spans of one request, each with what it costs the store.
pub(super) struct Batch {
    pub(super) spans: Vec<(Span, usize)>,
    pub(super) invalid: u64,
}

pub(super) fn owned_spans(request: &ExportTraceServiceRequest<'_>) -> Batch {
    let mut batch = Batch { spans: Vec::new(), invalid: 0 };
    for resource_spans in &request.resource_spans {
        let resource =
            Arc::new(Resource { attributes: resource_spans.resource_attributes.as_slice().into() });
        let resource_bytes = resource_bytes(&resource);
        // A resource lives as long as any trace that names it, so each such trace pays for it.
        let mut paid_by = None;
        for scope_spans in &resource_spans.scope_spans {
            let scope = Arc::new(Scope {
                name: scope_spans.scope_name.to_string(),
                version: scope_spans.scope_version.to_string(),
            });
            for span in &scope_spans.spans {
                if span.trace_id == [0; 16] || span.span_id == [0; 8] {
                    batch.invalid += 1;
                    continue;
                }
                let span = owned_span(span, &resource, &scope);
                let mut bytes = span_bytes(&span);
                if paid_by.replace(span.trace_id) != Some(span.trace_id) {
                    bytes += resource_bytes;
                }
                batch.spans.push((span, bytes));
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
        parent_span_id: (span.parent_span_id != [0; 8]).then_some(SpanId(span.parent_span_id)),
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
