//! Spans.

use super::{Object, object};
use crate::model::{Event, ExportTraceServiceRequest, Link, ResourceSpans, ScopeSpans, Span};

/// One line of OTLP/JSON without its line end: what the collector's file exporter writes for each request.
#[must_use]
pub fn to_json_line(request: &ExportTraceServiceRequest<'_>) -> String {
    let mut out = String::with_capacity(256);
    object(&mut out, |o| o.list("resourceSpans", &request.resource_spans, resource_spans));
    out
}

fn resource_spans(o: &mut Object<'_>, value: &ResourceSpans<'_>) {
    o.object("resource", |o| o.attributes(&value.resource_attributes));
    o.list("scopeSpans", &value.scope_spans, scope_spans);
    o.text("schemaUrl", &value.schema_url);
}

fn scope_spans(o: &mut Object<'_>, value: &ScopeSpans<'_>) {
    o.scope(&value.scope_name, &value.scope_version);
    o.list("spans", &value.spans, span);
    o.text("schemaUrl", &value.schema_url);
}

fn span(o: &mut Object<'_>, span: &Span<'_>) {
    o.id("traceId", &span.trace_id);
    o.id("spanId", &span.span_id);
    o.text("traceState", &span.trace_state);
    o.id("parentSpanId", &span.parent_span_id);
    o.number("flags", i64::from(span.flags));
    o.text("name", &span.name);
    o.number("kind", i64::from(span.kind));
    o.quoted_number("startTimeUnixNano", span.start_time_unix_nano);
    o.quoted_number("endTimeUnixNano", span.end_time_unix_nano);
    o.attributes(&span.attributes);
    o.number("droppedAttributesCount", i64::from(span.dropped_attributes_count));
    o.list("events", &span.events, event);
    o.number("droppedEventsCount", i64::from(span.dropped_events_count));
    o.list("links", &span.links, link);
    o.number("droppedLinksCount", i64::from(span.dropped_links_count));
    if span.status_code != 0 || !span.status_message.is_empty() {
        o.object("status", |o| {
            o.text("message", &span.status_message);
            o.number("code", i64::from(span.status_code));
        });
    }
}

fn event(o: &mut Object<'_>, event: &Event<'_>) {
    o.quoted_number("timeUnixNano", event.time_unix_nano);
    o.text("name", &event.name);
    o.attributes(&event.attributes);
    o.number("droppedAttributesCount", i64::from(event.dropped_attributes_count));
}

fn link(o: &mut Object<'_>, link: &Link<'_>) {
    o.id("traceId", &link.trace_id);
    o.id("spanId", &link.span_id);
    o.text("traceState", &link.trace_state);
    o.attributes(&link.attributes);
    o.number("droppedAttributesCount", i64::from(link.dropped_attributes_count));
    o.number("flags", i64::from(link.flags));
}
