//! Finished spans as an OTLP request that borrows from them.

use std::borrow::Cow;

use otelrs_otlp::model;
use otelrs_sdk::resource::Resource;
use otelrs_sdk::span::{Exception, KeyValue, Link, Span, SpanKind, Status, Value};

use crate::config::Privacy;

/// The semantic conventions that our attributes follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.37.0";

/// One request for one batch, its spans grouped by instrumentation scope.
pub(crate) fn request<'a>(
    resource: &'a Resource,
    scope_version: &'a str,
    privacy: Privacy,
    spans: &'a [Span],
) -> model::ExportTraceServiceRequest<'a> {
    let mut scope_spans: Vec<model::ScopeSpans<'a>> = Vec::new();
    for span in spans {
        let converted = self::span(span, privacy);
        // A batch has a handful of scopes: a search is cheaper than a map.
        match scope_spans.iter_mut().find(|group| group.scope_name == span.scope) {
            Some(group) => group.spans.push(converted),
            None => scope_spans.push(model::ScopeSpans {
                scope_name: Cow::Borrowed(span.scope),
                scope_version: Cow::Borrowed(scope_version),
                spans: vec![converted],
                schema_url: Cow::Borrowed(SCHEMA_URL),
            }),
        }
    }
    let resource_spans = model::ResourceSpans {
        resource_attributes: key_values(&resource.attributes),
        scope_spans,
        schema_url: Cow::Borrowed(SCHEMA_URL),
    };
    model::ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

fn span(span: &Span, privacy: Privacy) -> model::Span<'_> {
    let (status_code, status_message) = match &span.status {
        Status::Unset => (0, ""),
        Status::Error(description) => (2, description.as_str()),
    };
    model::Span {
        trace_id: trace_id(span.trace_id),
        span_id: span.span_id.to_be_bytes(),
        trace_state: Cow::Borrowed(&span.trace_state),
        parent_span_id: span.parent_span_id.to_be_bytes(),
        flags: span.flags,
        name: Cow::Borrowed(&span.name),
        kind: kind(span.kind),
        start_time_unix_nano: span.start_unix_nano,
        end_time_unix_nano: span.end_unix_nano,
        attributes: key_values(&span.attributes),
        events: span.exceptions.iter().map(|exception| exception_event(exception, privacy)).collect(),
        links: span.link.iter().map(link).collect(),
        status_message: Cow::Borrowed(status_message),
        status_code,
        ..model::Span::default()
    }
}

fn link(link: &Link) -> model::Link<'_> {
    model::Link {
        trace_id: trace_id(link.trace_id),
        span_id: link.span_id.to_be_bytes(),
        flags: link.flags,
        ..model::Link::default()
    }
}

pub(crate) fn trace_id([high, low]: [u64; 2]) -> [u8; 16] {
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}

fn kind(kind: SpanKind) -> i32 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

/// The `exception` event of the semantic conventions ("Exceptions on spans").
fn exception_event(exception: &Exception, privacy: Privacy) -> model::Event<'_> {
    let message = exception.message.as_ref().filter(|_| privacy.exception_messages);
    let texts = [
        ("exception.type", Some(&exception.class)),
        ("exception.message", message),
        ("exception.stacktrace", exception.stack_trace.as_ref()),
    ];
    let present = texts.into_iter().filter_map(|(key, text)| Some((key, text?)));
    model::Event {
        time_unix_nano: exception.time_unix_nano,
        name: Cow::Borrowed("exception"),
        attributes: present
            .map(|(key, text)| model::KeyValue {
                key: Cow::Borrowed(key),
                value: model::AnyValue::String(Cow::Borrowed(text.as_str())),
            })
            .collect(),
        dropped_attributes_count: 0,
    }
}

fn key_values<'a>(attributes: &'a [KeyValue]) -> Vec<model::KeyValue<'a>> {
    let one = |attribute: &'a KeyValue| model::KeyValue {
        key: Cow::Borrowed(attribute.key.as_ref()),
        value: any_value(&attribute.value),
    };
    attributes.iter().map(one).collect()
}

fn any_value(value: &Value) -> model::AnyValue<'_> {
    match value {
        Value::String(text) => model::AnyValue::String(Cow::Borrowed(text)),
        Value::Int(number) => model::AnyValue::Int(*number),
        Value::Double(number) => model::AnyValue::Double(*number),
        Value::Bool(truth) => model::AnyValue::Bool(*truth),
        Value::Strings(texts) => model::AnyValue::Array(
            texts.iter().map(|text| model::AnyValue::String(Cow::Borrowed(text))).collect(),
        ),
    }
}
