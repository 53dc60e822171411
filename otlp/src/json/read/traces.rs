//! `trace.proto`.

use serde_json::Value;

use super::JsonError;
use super::common::{attributes, resource, scope};
use super::reader::Reader;
use crate::model::{Event, ExportTraceServiceRequest, Link, ResourceSpans, ScopeSpans, Span};

/// Decodes an `ExportTraceServiceRequest` in OTLP/JSON.
///
/// # Errors
/// The first fault found, with its path.
pub fn decode_trace_request_json(text: &[u8]) -> Result<ExportTraceServiceRequest<'static>, JsonError> {
    Reader::read(text, |r, mut o| {
        Ok(ExportTraceServiceRequest { resource_spans: r.list(&mut o, "resourceSpans", resource_spans)? })
    })
}

fn resource_spans(r: &mut Reader, value: Value) -> Result<ResourceSpans<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(ResourceSpans {
            resource_attributes: resource(r, &mut o)?,
            scope_spans: r.list(&mut o, "scopeSpans", scope_spans)?,
            schema_url: r.text(&mut o, "schemaUrl")?,
        })
    })
}

fn scope_spans(r: &mut Reader, value: Value) -> Result<ScopeSpans<'static>, JsonError> {
    r.object(value, |r, mut o| {
        let (scope_name, scope_version) = scope(r, &mut o)?;
        Ok(ScopeSpans {
            scope_name,
            scope_version,
            spans: r.list(&mut o, "spans", span)?,
            schema_url: r.text(&mut o, "schemaUrl")?,
        })
    })
}

fn span(r: &mut Reader, value: Value) -> Result<Span<'static>, JsonError> {
    r.object(value, |r, mut o| {
        let (status_message, status_code) = r.member(&mut o, "status", |r, status| {
            r.object(status, |r, mut o| Ok((r.text(&mut o, "message")?, r.int(&mut o, "code")?)))
        })?;
        Ok(Span {
            trace_id: r.id(&mut o, "traceId")?,
            span_id: r.id(&mut o, "spanId")?,
            trace_state: r.text(&mut o, "traceState")?,
            parent_span_id: r.id(&mut o, "parentSpanId")?,
            flags: r.int(&mut o, "flags")?,
            name: r.text(&mut o, "name")?,
            kind: r.int(&mut o, "kind")?,
            start_time_unix_nano: r.int(&mut o, "startTimeUnixNano")?,
            end_time_unix_nano: r.int(&mut o, "endTimeUnixNano")?,
            attributes: attributes(r, &mut o)?,
            dropped_attributes_count: r.int(&mut o, "droppedAttributesCount")?,
            events: r.list(&mut o, "events", event)?,
            dropped_events_count: r.int(&mut o, "droppedEventsCount")?,
            links: r.list(&mut o, "links", link)?,
            dropped_links_count: r.int(&mut o, "droppedLinksCount")?,
            status_message,
            status_code,
        })
    })
}

fn event(r: &mut Reader, value: Value) -> Result<Event<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(Event {
            time_unix_nano: r.int(&mut o, "timeUnixNano")?,
            name: r.text(&mut o, "name")?,
            attributes: attributes(r, &mut o)?,
            dropped_attributes_count: r.int(&mut o, "droppedAttributesCount")?,
        })
    })
}

fn link(r: &mut Reader, value: Value) -> Result<Link<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(Link {
            trace_id: r.id(&mut o, "traceId")?,
            span_id: r.id(&mut o, "spanId")?,
            trace_state: r.text(&mut o, "traceState")?,
            attributes: attributes(r, &mut o)?,
            dropped_attributes_count: r.int(&mut o, "droppedAttributesCount")?,
            flags: r.int(&mut o, "flags")?,
        })
    })
}
