//! Attributes as JSON objects that a person can query: `attributes ->> '$."http.route"'`.
//!
//! Text, truth and numbers are themselves, arrays are arrays, no value is `null`. What JSON lacks is an object with one
//! member that says what it is: `{"map":{...}}`, `{"bytes":"c0ffee"}`, `{"double":"NaN"}`.

use serde_json::{Map, Number, Value as Json, json};

use crate::span::{Attributes, Event, Link, SpanId, TraceId, Value};

pub(super) fn attributes_to_json(attributes: &Attributes) -> Json {
    Json::Object(attributes.iter().map(|(key, value)| (key.to_owned(), value_to_json(value))).collect())
}

pub(super) fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Empty => Json::Null,
        Value::String(text) => Json::String(text.clone()),
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Double(value) => match Number::from_f64(*value) {
            Some(number) => Json::Number(number),
            None => json!({ "double": value.to_string() }),
        },
        Value::Array(values) => values.iter().map(value_to_json).collect(),
        Value::Map(attributes) => json!({ "map": attributes_to_json(attributes) }),
        Value::Bytes(_) => json!({ "bytes": value.to_string() }),
    }
}

pub(super) fn events_to_json(events: &[Event]) -> Json {
    let event = |event: &Event| {
        json!({
            "time_unix_nano": event.time_unix_nano,
            "name": event.name,
            "attributes": attributes_to_json(&event.attributes),
        })
    };
    events.iter().map(event).collect()
}

pub(super) fn links_to_json(links: &[Link]) -> Json {
    let link = |link: &Link| {
        json!({
            "trace_id": link.trace_id.to_string(),
            "span_id": link.span_id.to_string(),
            "attributes": attributes_to_json(&link.attributes),
        })
    };
    links.iter().map(link).collect()
}

pub(super) fn attributes_of(json: &Json) -> Option<Attributes> {
    json.as_object()?.iter().map(|(key, value)| Some((key.clone(), value_of(value)?))).collect()
}

pub(super) fn value_of(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Empty,
        Json::String(text) => Value::String(text.clone()),
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => Value::Int(value),
            None => Value::Double(number.as_f64()?),
        },
        Json::Array(values) => Value::Array(values.iter().map(value_of).collect::<Option<_>>()?),
        Json::Object(object) => tagged(object)?,
    })
}

fn tagged(object: &Map<String, Json>) -> Option<Value> {
    match object.iter().next()? {
        (tag, value) if tag == "map" => attributes_of(value).map(Value::Map),
        (tag, value) if tag == "bytes" => hex(value.as_str()?).map(Value::Bytes),
        (tag, value) if tag == "double" => value.as_str()?.parse().ok().map(Value::Double),
        _ => None,
    }
}

pub(super) fn events_of(json: &Json) -> Option<Vec<Event>> {
    let event = |event: &Json| {
        Some(Event {
            time_unix_nano: event.get("time_unix_nano")?.as_u64()?,
            name: event.get("name")?.as_str()?.to_owned(),
            attributes: attributes_of(event.get("attributes")?)?,
        })
    };
    json.as_array()?.iter().map(event).collect()
}

pub(super) fn links_of(json: &Json) -> Option<Vec<Link>> {
    let link = |link: &Json| {
        Some(Link {
            trace_id: TraceId(id(link.get("trace_id")?.as_str()?)?),
            span_id: SpanId(id(link.get("span_id")?.as_str()?)?),
            attributes: attributes_of(link.get("attributes")?)?,
        })
    };
    json.as_array()?.iter().map(link).collect()
}

/// An id of exactly this many bytes.
pub(super) fn id<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex(text)?.try_into().ok()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    });
    pairs.collect()
}
