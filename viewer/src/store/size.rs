//! What spans cost in memory, estimated: structures, text, and 16 bytes of overhead an allocation.

use crate::span::{Attributes, Resource, Span, Status, Value};

const ALLOCATION: usize = 16;
/// Index entries of the store for each span.
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
    // The scope is small and mostly shared; counting it for each span errs on the safe side.
    let scope = text_bytes(&span.scope.name) + text_bytes(&span.scope.version);
    INDEX
        + ALLOCATION
        + size_of::<Span>()
        + text_bytes(&span.name)
        + text_bytes(&span.trace_state)
        + attributes_bytes(&span.attributes)
        + events.sum::<usize>()
        + links.sum::<usize>()
        + status
        + scope
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
