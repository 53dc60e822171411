//! Log requests: what prost and the JSON mapping encode, and what nobody should send.

use std::borrow::Cow;

use opentelemetry_proto::tonic::collector::logs::v1 as collector;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue as ProtoValue, InstrumentationScope, KeyValue as ProtoKeyValue,
};
use opentelemetry_proto::tonic::logs::v1 as logs;
use opentelemetry_proto::tonic::resource::v1::Resource;
use otelrs_otlp::decode::{DecodeErrorKind, decode_logs_request};
use otelrs_otlp::json::{decode_logs_request_json, logs_to_json_line};
use otelrs_otlp::model::logs::{ExportLogsServiceRequest, LogRecord, ResourceLogs, ScopeLogs};
use otelrs_otlp::model::{AnyValue, KeyValue};
use proptest::prelude::*;
use prost::Message;

fn proto_text(key: &str, value: &str) -> ProtoKeyValue {
    let value = ProtoValue { value: Some(Value::StringValue(value.to_owned())) };
    ProtoKeyValue { key: key.to_owned(), value: Some(value), ..Default::default() }
}

fn text(key: &'static str, value: &'static str) -> KeyValue<'static> {
    KeyValue { key: Cow::Borrowed(key), value: AnyValue::String(Cow::Borrowed(value)) }
}

/// Every field with a value of its own.
fn sent() -> collector::ExportLogsServiceRequest {
    collector::ExportLogsServiceRequest {
        resource_logs: vec![logs::ResourceLogs {
            resource: Some(Resource {
                attributes: vec![proto_text("service.name", "shop")],
                ..Default::default()
            }),
            scope_logs: vec![logs::ScopeLogs {
                scope: Some(InstrumentationScope {
                    name: "logger".to_owned(),
                    version: "1.2".to_owned(),
                    ..Default::default()
                }),
                log_records: vec![logs::LogRecord {
                    time_unix_nano: u64::MAX,
                    observed_time_unix_nano: 2,
                    severity_number: 17,
                    severity_text: "ERROR".to_owned(),
                    body: Some(ProtoValue { value: Some(Value::StringValue("no stock".to_owned())) }),
                    attributes: vec![proto_text("exception.type", "Empty")],
                    dropped_attributes_count: 3,
                    flags: 1,
                    trace_id: vec![7; 16],
                    span_id: vec![8; 8],
                    event_name: "stock".to_owned(),
                }],
                schema_url: "scope".to_owned(),
            }],
            schema_url: "resource".to_owned(),
        }],
    }
}

fn expected() -> ExportLogsServiceRequest<'static> {
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource_attributes: vec![text("service.name", "shop")],
            scope_logs: vec![ScopeLogs {
                scope_name: Cow::Borrowed("logger"),
                scope_version: Cow::Borrowed("1.2"),
                log_records: vec![LogRecord {
                    time_unix_nano: u64::MAX,
                    observed_time_unix_nano: 2,
                    severity_number: 17,
                    severity_text: Cow::Borrowed("ERROR"),
                    body: AnyValue::String(Cow::Borrowed("no stock")),
                    attributes: vec![text("exception.type", "Empty")],
                    dropped_attributes_count: 3,
                    flags: 1,
                    trace_id: [7; 16],
                    span_id: [8; 8],
                    event_name: Cow::Borrowed("stock"),
                }],
                schema_url: Cow::Borrowed("scope"),
            }],
            schema_url: Cow::Borrowed("resource"),
        }],
    }
}

#[test]
fn every_field_is_read_from_protobuf_and_json() {
    let sent = sent();
    assert_eq!(decode_logs_request(&sent.encode_to_vec()), Ok(expected()));
    let json = serde_json::to_vec(&sent).unwrap();
    assert_eq!(decode_logs_request_json(&json).unwrap(), expected());
}

#[test]
fn what_is_written_is_read_back_by_us_and_by_the_proto_crate() {
    let line = logs_to_json_line(&expected());
    assert!(!line.contains(char::is_control), "{line:?}");
    assert_eq!(decode_logs_request_json(line.as_bytes()).unwrap(), expected());
    let theirs: collector::ExportLogsServiceRequest = serde_json::from_str(&line).unwrap();
    assert_eq!(decode_logs_request(&theirs.encode_to_vec()), Ok(expected()));
}

#[test]
fn faults_are_named() {
    let mut bad = sent();
    bad.resource_logs[0].scope_logs[0].log_records[0].trace_id.pop();
    let error = decode_logs_request(&bad.encode_to_vec()).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::IdLength { found: 15, expected: 16 });
    let json = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":"high"}]}]}]}"#;
    let error = decode_logs_request_json(json).unwrap_err().to_string();
    assert_eq!(
        error,
        "resourceLogs[0].scopeLogs[0].logRecords[0].severityNumber: expected an integer in range"
    );
}

#[test]
fn a_body_nested_too_deeply_is_refused() {
    let mut body = ProtoValue { value: Some(Value::BoolValue(true)) };
    for _ in 0..33 {
        let values = vec![body];
        let array = opentelemetry_proto::tonic::common::v1::ArrayValue { values };
        body = ProtoValue { value: Some(Value::ArrayValue(array)) };
    }
    let mut request = sent();
    request.resource_logs[0].scope_logs[0].log_records[0].body = Some(body);
    let error = decode_logs_request(&request.encode_to_vec()).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::Depth);
    let json = serde_json::to_vec(&request).unwrap();
    assert!(decode_logs_request_json(&json).unwrap_err().to_string().contains("32 levels deep"));
}

proptest! {
    #[test]
    fn damaged_requests_never_panic(
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = sent().encode_to_vec();
        let position = position.index(bytes.len());
        bytes[position] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Err(error) = decode_logs_request(&bytes) {
            prop_assert!(error.offset <= bytes.len(), "{error} of {}", bytes.len());
        }
    }
}
