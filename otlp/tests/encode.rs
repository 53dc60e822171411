//! What `encode` writes, `opentelemetry-proto` reads as the same data, and writes as the same bytes.

use std::borrow::Cow;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest as ProtoRequest;
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use otelrs_otlp::encode::encode_trace_request;
use otelrs_otlp::model::{
    AnyValue, Event, ExportTraceServiceRequest, KeyValue, Link, ResourceSpans, ScopeSpans, Span,
};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

fn encode(request: &ExportTraceServiceRequest<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode_trace_request(request, &mut out);
    out
}

fn of_spans(spans: Vec<Span<'static>>) -> ExportTraceServiceRequest<'static> {
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..Default::default() }] }
}

#[test]
fn an_empty_request_is_no_bytes() {
    assert!(encode(&ExportTraceServiceRequest::default()).is_empty());
}

#[test]
fn a_span_of_defaults_is_an_empty_message_in_its_place() {
    // resource_spans (1) of 4 bytes > scope_spans (2) of 2 bytes > span (2) of 0 bytes.
    assert_eq!(encode(&of_spans(vec![Span::default()])), [0x0a, 4, 0x12, 2, 0x12, 0]);
}

#[test]
fn a_oneof_member_is_written_even_at_its_default() {
    let values = [
        (AnyValue::Empty, vec![0x12, 0]),
        (AnyValue::String("".into()), vec![0x12, 2, 0x0a, 0]),
        (AnyValue::Bool(false), vec![0x12, 2, 0x10, 0]),
        (AnyValue::Int(0), vec![0x12, 2, 0x18, 0]),
        (AnyValue::Bytes(Cow::Borrowed(&[])), vec![0x12, 2, 0x3a, 0]),
    ];
    for (value, expected) in values {
        let attributes = vec![KeyValue { key: "".into(), value: value.clone() }];
        let bytes = encode(&of_spans(vec![Span { attributes, ..Default::default() }]));
        assert!(bytes.ends_with(&expected), "{value:?}: {bytes:x?}");
    }
}

#[test]
fn output_is_appended_to_what_is_there() {
    let mut out = vec![7, 7];
    encode_trace_request(&of_spans(vec![Span::default()]), &mut out);
    assert_eq!(out[..2], [7, 7]);
    assert_eq!(out.len(), 8);
}

/// Lengths around every change of the prefix's width, in members of every guessed width.
#[test]
fn length_prefixes_are_minimal_at_every_size() {
    for length in
        [0, 1, 100, 119, 120, 121, 127, 128, 129, 16_300, 16_383, 16_384, 70_000, 2_097_151, 2_100_000]
    {
        let request = of_spans(vec![Span { name: "x".repeat(length).into(), ..Default::default() }]);
        assert_eq!(encode(&request), proto_request(&request).encode_to_vec(), "name of {length} bytes");
    }
}

proptest! {
    #[test]
    fn any_request_reads_back_as_the_same_data_from_the_same_bytes(request in any_request()) {
        let bytes = encode(&request);
        let expected = proto_request(&request);
        prop_assert_eq!(&ProtoRequest::decode(bytes.as_slice()).unwrap(), &expected);
        prop_assert_eq!(bytes, expected.encode_to_vec());
    }
}

fn any_text() -> impl Strategy<Value = Cow<'static, str>> {
    prop_oneof![3 => "[a-z.]{0,12}", 1 => "\\PC{0,80}"].prop_map(Cow::Owned)
}

/// Doubles without NaN: equality is how the oracle compares.
fn any_value() -> impl Strategy<Value = AnyValue<'static>> {
    let leaf = prop_oneof![
        Just(AnyValue::Empty),
        any_text().prop_map(AnyValue::String),
        any::<bool>().prop_map(AnyValue::Bool),
        any::<i64>().prop_map(AnyValue::Int),
        (-1e300..1e300).prop_map(AnyValue::Double),
        vec(any::<u8>(), 0..20).prop_map(|bytes| AnyValue::Bytes(bytes.into())),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(AnyValue::Array),
            vec((any_text(), inner).prop_map(|(key, value)| KeyValue { key, value }), 0..4)
                .prop_map(AnyValue::KeyValueList),
        ]
    })
}

fn any_attributes() -> impl Strategy<Value = Vec<KeyValue<'static>>> {
    vec((any_text(), any_value()).prop_map(|(key, value)| KeyValue { key, value }), 0..4)
}

fn any_event() -> impl Strategy<Value = Event<'static>> {
    (any::<u64>(), any_text(), any_attributes(), any::<u32>()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    )
}

fn any_link() -> impl Strategy<Value = Link<'static>> {
    (any::<[u8; 16]>(), any::<[u8; 8]>(), any_text(), any_attributes(), any::<u32>(), any::<u32>()).prop_map(
        |(trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags)| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        },
    )
}

fn any_id<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    prop_oneof![Just([0; N]), any::<[u8; N]>()]
}

fn any_span() -> impl Strategy<Value = Span<'static>> {
    let identity = (any_id(), any_id(), any_text(), any_id(), any::<u32>(), any_text(), -1..7);
    let times = (any::<u64>(), prop_oneof![Just(0), any::<u64>()]);
    let lists = (any_attributes(), vec(any_event(), 0..3), vec(any_link(), 0..3));
    let ends = (any::<[u32; 3]>(), any_text(), 0..3);
    (identity, times, lists, ends).prop_map(|(identity, times, lists, ends)| Span {
        trace_id: identity.0,
        span_id: identity.1,
        trace_state: identity.2,
        parent_span_id: identity.3,
        flags: identity.4,
        name: identity.5,
        kind: identity.6,
        start_time_unix_nano: times.0,
        end_time_unix_nano: times.1,
        attributes: lists.0,
        events: lists.1,
        links: lists.2,
        dropped_attributes_count: ends.0[0],
        dropped_events_count: ends.0[1],
        dropped_links_count: ends.0[2],
        status_message: ends.1,
        status_code: ends.2,
    })
}

fn any_request() -> impl Strategy<Value = ExportTraceServiceRequest<'static>> {
    let scope = (any_text(), any_text(), vec(any_span(), 0..4), any_text()).prop_map(
        |(scope_name, scope_version, spans, schema_url)| ScopeSpans {
            scope_name,
            scope_version,
            spans,
            schema_url,
        },
    );
    let resource = (any_attributes(), vec(scope, 0..3), any_text()).prop_map(
        |(resource_attributes, scope_spans, schema_url)| ResourceSpans {
            resource_attributes,
            scope_spans,
            schema_url,
        },
    );
    vec(resource, 0..3).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

fn proto_value(value: &AnyValue<'_>) -> common::AnyValue {
    use common::any_value::Value;
    let value = match value {
        AnyValue::Empty => None,
        AnyValue::String(text) => Some(Value::StringValue(text.to_string())),
        AnyValue::Bool(truth) => Some(Value::BoolValue(*truth)),
        AnyValue::Int(number) => Some(Value::IntValue(*number)),
        AnyValue::Double(number) => Some(Value::DoubleValue(*number)),
        AnyValue::Array(values) => {
            Some(Value::ArrayValue(common::ArrayValue { values: values.iter().map(proto_value).collect() }))
        }
        AnyValue::KeyValueList(pairs) => {
            Some(Value::KvlistValue(common::KeyValueList { values: proto_key_values(pairs) }))
        }
        AnyValue::Bytes(bytes) => Some(Value::BytesValue(bytes.to_vec())),
    };
    common::AnyValue { value }
}

fn proto_key_values(attributes: &[KeyValue<'_>]) -> Vec<common::KeyValue> {
    let one = |attribute: &KeyValue<'_>| common::KeyValue {
        key: attribute.key.to_string(),
        value: Some(proto_value(&attribute.value)),
        ..Default::default()
    };
    attributes.iter().map(one).collect()
}

/// All zero means absent.
fn proto_id(id: &[u8]) -> Vec<u8> {
    if id.iter().all(|byte| *byte == 0) { Vec::new() } else { id.to_vec() }
}

fn proto_span(span: &Span<'_>) -> trace::Span {
    let event = |event: &Event<'_>| trace::span::Event {
        time_unix_nano: event.time_unix_nano,
        name: event.name.to_string(),
        attributes: proto_key_values(&event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    };
    let link = |link: &Link<'_>| trace::span::Link {
        trace_id: proto_id(&link.trace_id),
        span_id: proto_id(&link.span_id),
        trace_state: link.trace_state.to_string(),
        attributes: proto_key_values(&link.attributes),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: link.flags,
    };
    let status = trace::Status { message: span.status_message.to_string(), code: span.status_code };
    trace::Span {
        trace_id: proto_id(&span.trace_id),
        span_id: proto_id(&span.span_id),
        trace_state: span.trace_state.to_string(),
        parent_span_id: proto_id(&span.parent_span_id),
        flags: span.flags,
        name: span.name.to_string(),
        kind: span.kind,
        start_time_unix_nano: span.start_time_unix_nano,
        end_time_unix_nano: span.end_time_unix_nano,
        attributes: proto_key_values(&span.attributes),
        dropped_attributes_count: span.dropped_attributes_count,
        events: span.events.iter().map(event).collect(),
        dropped_events_count: span.dropped_events_count,
        links: span.links.iter().map(link).collect(),
        dropped_links_count: span.dropped_links_count,
        status: (status != trace::Status::default()).then_some(status),
    }
}

fn proto_request(request: &ExportTraceServiceRequest<'_>) -> ProtoRequest {
    let scope_spans = |scope_spans: &ScopeSpans<'_>| {
        let scope = common::InstrumentationScope {
            name: scope_spans.scope_name.to_string(),
            version: scope_spans.scope_version.to_string(),
            ..Default::default()
        };
        trace::ScopeSpans {
            scope: (scope != common::InstrumentationScope::default()).then_some(scope),
            spans: scope_spans.spans.iter().map(proto_span).collect(),
            schema_url: scope_spans.schema_url.to_string(),
        }
    };
    let resource_spans = |resource_spans: &ResourceSpans<'_>| {
        let resource = Resource {
            attributes: proto_key_values(&resource_spans.resource_attributes),
            ..Default::default()
        };
        trace::ResourceSpans {
            resource: (resource != Resource::default()).then_some(resource),
            scope_spans: resource_spans.scope_spans.iter().map(scope_spans).collect(),
            schema_url: resource_spans.schema_url.to_string(),
        }
    };
    ProtoRequest { resource_spans: request.resource_spans.iter().map(resource_spans).collect() }
}
