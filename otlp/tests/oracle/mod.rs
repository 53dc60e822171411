//! Any request, and the same request as the `opentelemetry-proto` crate has it.
#![allow(dead_code)]

use std::borrow::Cow;

use opentelemetry_proto::tonic::collector::trace::v1 as collector;
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use otelrs_otlp::model::*;
use proptest::collection::vec;
use proptest::prelude::*;

type Request = ExportTraceServiceRequest<'static>;

pub(crate) fn any_request() -> impl Strategy<Value = Request> {
    vec(any_resource_spans(), 0..3).prop_map(|resource_spans| Request { resource_spans })
}

fn text() -> impl Strategy<Value = Cow<'static, str>> {
    prop_oneof![
        Just(String::new()),
        "[a-z.]{1,8}",
        ".{0,12}",
        Just("\"\\\u{0}\u{1b}[2J\u{9b}é漢\u{1f600}\n".to_owned())
    ]
    .prop_map(Cow::Owned)
}

fn any_value() -> impl Strategy<Value = AnyValue<'static>> {
    let leaf = prop_oneof![
        Just(AnyValue::Empty),
        text().prop_map(AnyValue::String),
        any::<bool>().prop_map(AnyValue::Bool),
        any::<i64>().prop_map(AnyValue::Int),
        (any::<f64>().prop_filter("NaN equals nothing", |d| !d.is_nan())).prop_map(AnyValue::Double),
        vec(any::<u8>(), 0..8).prop_map(|bytes| AnyValue::Bytes(Cow::Owned(bytes))),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(AnyValue::Array),
            vec((text(), inner).prop_map(|(key, value)| KeyValue { key, value }), 0..3)
                .prop_map(AnyValue::KeyValueList),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue<'static>>> {
    vec((text(), any_value()).prop_map(|(key, value)| KeyValue { key, value }), 0..3)
}

fn any_resource_spans() -> impl Strategy<Value = ResourceSpans<'static>> {
    let scope_spans = (text(), text(), vec(any_span(), 0..3), text()).prop_map(
        |(scope_name, scope_version, spans, schema_url)| ScopeSpans {
            scope_name,
            scope_version,
            spans,
            schema_url,
        },
    );
    (attributes(), vec(scope_spans, 0..3), text()).prop_map(
        |(resource_attributes, scope_spans, schema_url)| ResourceSpans {
            resource_attributes,
            scope_spans,
            schema_url,
        },
    )
}

fn any_span() -> impl Strategy<Value = Span<'static>> {
    let event = (any::<u64>(), text(), attributes(), any::<u32>()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    );
    let link = (any::<[u8; 16]>(), any::<[u8; 8]>(), text(), attributes(), any::<u32>(), any::<u32>())
        .prop_map(|(trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags)| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        });
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>(), prop_oneof![Just([0; 8]), any::<[u8; 8]>()]);
    let numbers = (any::<u32>(), 0..6i32, any::<u64>(), any::<u64>(), any::<[u32; 3]>(), 0..3i32);
    (ids, text(), text(), numbers, attributes(), vec(event, 0..2), vec(link, 0..2), text()).prop_map(
        |(ids, trace_state, name, numbers, attributes, events, links, status_message)| Span {
            trace_id: ids.0,
            span_id: ids.1,
            trace_state,
            parent_span_id: ids.2,
            flags: numbers.0,
            name,
            kind: numbers.1,
            start_time_unix_nano: numbers.2,
            end_time_unix_nano: numbers.3,
            attributes,
            dropped_attributes_count: numbers.4[0],
            events,
            dropped_events_count: numbers.4[1],
            links,
            dropped_links_count: numbers.4[2],
            status_message,
            status_code: numbers.5,
        },
    )
}

pub(crate) fn to_proto(request: &Request) -> collector::ExportTraceServiceRequest {
    let resource_spans = request.resource_spans.iter().map(|from| trace::ResourceSpans {
        resource: Some(Resource {
            attributes: to_attributes(&from.resource_attributes),
            ..Default::default()
        }),
        scope_spans: from.scope_spans.iter().map(to_scope_spans).collect(),
        schema_url: from.schema_url.to_string(),
    });
    collector::ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}

fn to_scope_spans(from: &ScopeSpans<'_>) -> trace::ScopeSpans {
    trace::ScopeSpans {
        scope: Some(common::InstrumentationScope {
            name: from.scope_name.to_string(),
            version: from.scope_version.to_string(),
            ..Default::default()
        }),
        spans: from.spans.iter().map(to_span).collect(),
        schema_url: from.schema_url.to_string(),
    }
}

fn to_span(from: &Span<'_>) -> trace::Span {
    let events = from.events.iter().map(|event| trace::span::Event {
        time_unix_nano: event.time_unix_nano,
        name: event.name.to_string(),
        attributes: to_attributes(&event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    });
    let links = from.links.iter().map(|link| trace::span::Link {
        trace_id: to_id(&link.trace_id),
        span_id: to_id(&link.span_id),
        trace_state: link.trace_state.to_string(),
        attributes: to_attributes(&link.attributes),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: link.flags,
    });
    trace::Span {
        trace_id: to_id(&from.trace_id),
        span_id: to_id(&from.span_id),
        trace_state: from.trace_state.to_string(),
        parent_span_id: to_id(&from.parent_span_id),
        flags: from.flags,
        name: from.name.to_string(),
        kind: from.kind,
        start_time_unix_nano: from.start_time_unix_nano,
        end_time_unix_nano: from.end_time_unix_nano,
        attributes: to_attributes(&from.attributes),
        dropped_attributes_count: from.dropped_attributes_count,
        events: events.collect(),
        dropped_events_count: from.dropped_events_count,
        links: links.collect(),
        dropped_links_count: from.dropped_links_count,
        status: (from.status_code != 0 || !from.status_message.is_empty())
            .then(|| trace::Status { message: from.status_message.to_string(), code: from.status_code }),
    }
}

fn to_id(id: &[u8]) -> Vec<u8> {
    if id.iter().all(|byte| *byte == 0) { Vec::new() } else { id.to_vec() }
}

fn to_attributes(from: &[KeyValue<'_>]) -> Vec<common::KeyValue> {
    let attributes = from.iter().map(|from| common::KeyValue {
        key: from.key.to_string(),
        value: (from.value != AnyValue::Empty).then(|| to_value(&from.value)),
        ..Default::default()
    });
    attributes.collect()
}

fn to_value(from: &AnyValue<'_>) -> common::AnyValue {
    use common::any_value::Value;
    let value = match from {
        AnyValue::Empty => None,
        AnyValue::String(text) => Some(Value::StringValue(text.to_string())),
        AnyValue::Bool(value) => Some(Value::BoolValue(*value)),
        AnyValue::Int(value) => Some(Value::IntValue(*value)),
        AnyValue::Double(value) => Some(Value::DoubleValue(*value)),
        AnyValue::Array(values) => {
            Some(Value::ArrayValue(common::ArrayValue { values: values.iter().map(to_value).collect() }))
        }
        AnyValue::KeyValueList(values) => {
            Some(Value::KvlistValue(common::KeyValueList { values: to_attributes(values) }))
        }
        AnyValue::Bytes(bytes) => Some(Value::BytesValue(bytes.to_vec())),
    };
    common::AnyValue { value }
}
