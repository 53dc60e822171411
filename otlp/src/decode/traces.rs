//! `trace.proto`.

use super::DecodeError;
use super::common::{read_attribute, read_resource, read_scope};
use super::wire::{Budget, Message};
use crate::model::{Event, ExportTraceServiceRequest, Link, ResourceSpans, ScopeSpans, Span};

/// Decodes an `ExportTraceServiceRequest` (collector/trace/v1); `TracesData` has the same form.
///
/// # Errors
/// The first fault found, with its offset.
pub fn decode_trace_request(bytes: &[u8]) -> Result<ExportTraceServiceRequest<'_>, DecodeError> {
    let mut budget = Budget::of(bytes.len());
    let mut request = ExportTraceServiceRequest::default();
    let mut message = Message::whole(bytes);
    while let Some(field) = message.next_field()? {
        if field.number == 1 {
            let mut resource_spans = ResourceSpans::default();
            read_resource_spans(field.message()?, &mut resource_spans, &mut budget)?;
            budget.push(&mut request.resource_spans, resource_spans, field.offset)?;
        }
    }
    Ok(request)
}

fn read_resource_spans<'a>(
    mut message: Message<'a>,
    into: &mut ResourceSpans<'a>,
    budget: &mut Budget,
) -> Result<(), DecodeError> {
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => {
                read_resource(&field, &mut into.resource_attributes, budget)?;
            }
            2 => {
                let mut scope_spans = ScopeSpans::default();
                read_scope_spans(field.message()?, &mut scope_spans, budget)?;
                budget.push(&mut into.scope_spans, scope_spans, field.offset)?;
            }
            3 => into.schema_url = field.string()?,
            _ => {}
        }
    }
    Ok(())
}

fn read_scope_spans<'a>(
    mut message: Message<'a>,
    into: &mut ScopeSpans<'a>,
    budget: &mut Budget,
) -> Result<(), DecodeError> {
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => {
                read_scope(&field, &mut into.scope_name, &mut into.scope_version)?;
            }
            2 => {
                let span = read_span(field.message()?, budget)?;
                budget.push(&mut into.spans, span, field.offset)?;
            }
            3 => into.schema_url = field.string()?,
            _ => {}
        }
    }
    Ok(())
}

fn read_span<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<Span<'a>, DecodeError> {
    let mut span = Span::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => span.trace_id = field.id()?,
            2 => span.span_id = field.id()?,
            3 => span.trace_state = field.string()?,
            4 => span.parent_span_id = field.id()?,
            5 => span.name = field.string()?,
            6 => span.kind = field.int32()?,
            7 => span.start_time_unix_nano = field.fixed64()?,
            8 => span.end_time_unix_nano = field.fixed64()?,
            9 => read_attribute(&field, &mut span.attributes, 0, budget)?,
            10 => span.dropped_attributes_count = field.uint32()?,
            11 => {
                let event = read_event(field.message()?, budget)?;
                budget.push(&mut span.events, event, field.offset)?;
            }
            12 => span.dropped_events_count = field.uint32()?,
            13 => {
                let link = read_link(field.message()?, budget)?;
                budget.push(&mut span.links, link, field.offset)?;
            }
            14 => span.dropped_links_count = field.uint32()?,
            15 => {
                let mut status = field.message()?;
                while let Some(field) = status.next_field()? {
                    match field.number {
                        2 => span.status_message = field.string()?,
                        3 => span.status_code = field.int32()?,
                        _ => {}
                    }
                }
            }
            16 => span.flags = field.fixed32()?,
            _ => {}
        }
    }
    Ok(span)
}

fn read_event<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<Event<'a>, DecodeError> {
    let mut event = Event::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => event.time_unix_nano = field.fixed64()?,
            2 => event.name = field.string()?,
            3 => read_attribute(&field, &mut event.attributes, 0, budget)?,
            4 => event.dropped_attributes_count = field.uint32()?,
            _ => {}
        }
    }
    Ok(event)
}

fn read_link<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<Link<'a>, DecodeError> {
    let mut link = Link::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => link.trace_id = field.id()?,
            2 => link.span_id = field.id()?,
            3 => link.trace_state = field.string()?,
            4 => read_attribute(&field, &mut link.attributes, 0, budget)?,
            5 => link.dropped_attributes_count = field.uint32()?,
            6 => link.flags = field.fixed32()?,
            _ => {}
        }
    }
    Ok(link)
}
