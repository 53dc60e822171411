//! The model as OTLP/JSON. Fields with their default value are left out, as protobuf's JSON mapping does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::{
    AnyValue, Event, ExportTraceServiceRequest, KeyValue, Link, ResourceSpans, ScopeSpans, Span,
};

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
    o.object("scope", |o| {
        o.text("name", &value.scope_name);
        o.text("version", &value.scope_version);
    });
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

fn key_value(o: &mut Object<'_>, attribute: &KeyValue<'_>) {
    o.text("key", &attribute.key);
    if attribute.value != AnyValue::Empty {
        o.object("value", |o| any_value(o, &attribute.value));
    }
}

/// A member of a oneof is written even when it has its default value: `{"stringValue":""}` is not `{}`.
fn any_value(o: &mut Object<'_>, value: &AnyValue<'_>) {
    match value {
        AnyValue::Empty => {}
        AnyValue::String(text) => push_string(o.key("stringValue"), text),
        AnyValue::Bool(value) => o.key("boolValue").push_str(if *value { "true" } else { "false" }),
        AnyValue::Int(value) => push_string(o.key("intValue"), &value.to_string()),
        AnyValue::Double(value) => push_double(o.key("doubleValue"), *value),
        AnyValue::Array(values) => o.object("arrayValue", |o| o.list("values", values, any_value)),
        AnyValue::KeyValueList(values) => o.object("kvlistValue", |o| o.list("values", values, key_value)),
        AnyValue::Bytes(bytes) => push_string(o.key("bytesValue"), &STANDARD.encode(bytes)),
    }
}

fn object(out: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    fill(&mut Object { out, empty: true });
    out.push('}');
}

/// A JSON object being written.
struct Object<'o> {
    out: &'o mut String,
    empty: bool,
}

impl Object<'_> {
    fn key(&mut self, key: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
        self.out
    }

    fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        object(self.key(key), fill);
    }

    fn list<T>(&mut self, key: &str, values: &[T], fill: impl Fn(&mut Object<'_>, &T)) {
        if values.is_empty() {
            return;
        }
        let out = self.key(key);
        out.push('[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            object(out, |o| fill(o, value));
        }
        out.push(']');
    }

    fn attributes(&mut self, attributes: &[KeyValue<'_>]) {
        self.list("attributes", attributes, key_value);
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            push_string(self.key(key), text);
        }
    }

    fn id(&mut self, key: &str, id: &[u8]) {
        if id.iter().any(|byte| *byte != 0) {
            let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            push_string(self.key(key), &hex);
        }
    }

    fn number(&mut self, key: &str, number: i64) {
        if number != 0 {
            self.key(key).push_str(&number.to_string());
        }
    }

    /// 64-bit integers are strings: a JSON number holds 53 bits.
    fn quoted_number(&mut self, key: &str, number: u64) {
        if number != 0 {
            push_string(self.key(key), &number.to_string());
        }
    }
}

fn push_double(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("\"NaN\"");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" });
    } else {
        out.push_str(&serde_json::Value::from(value).to_string());
    }
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // DEL and C1 controls are legal in JSON; a terminal that shows the line must not obey them.
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
