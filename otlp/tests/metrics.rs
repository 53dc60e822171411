//! Metrics requests: what prost and the JSON mapping encode, and what nobody should send.

use std::borrow::Cow;

use opentelemetry_proto::tonic::collector::metrics::v1 as collector;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue as ProtoValue, InstrumentationScope, KeyValue as ProtoKeyValue,
};
use opentelemetry_proto::tonic::metrics::v1::{self as metrics, metric::Data, number_data_point};
use otelrs_otlp::decode::{DecodeErrorKind, decode_metrics_request};
use otelrs_otlp::json::decode_metrics_request_json;
use otelrs_otlp::model::metrics::*;
use otelrs_otlp::model::{AnyValue, KeyValue};
use proptest::prelude::*;
use prost::Message;

fn proto_attributes() -> Vec<ProtoKeyValue> {
    let value = ProtoValue { value: Some(Value::StringValue("GET".to_owned())) };
    vec![ProtoKeyValue { key: "method".to_owned(), value: Some(value), ..Default::default() }]
}

fn attributes() -> Vec<KeyValue<'static>> {
    vec![KeyValue { key: Cow::Borrowed("method"), value: AnyValue::String(Cow::Borrowed("GET")) }]
}

/// One metric of each kind as prost has it, and as it is to be read.
fn kinds() -> Vec<(Data, MetricData<'static>)> {
    let number = |value| metrics::NumberDataPoint {
        attributes: proto_attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        value: Some(value),
        flags: 1,
        ..Default::default()
    };
    let read_number = |value| NumberDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        value,
        flags: 1,
    };
    let double = || number(number_data_point::Value::AsDouble(-0.5));
    let int = || number(number_data_point::Value::AsInt(-7));
    vec![
        (
            Data::Gauge(metrics::Gauge { data_points: vec![double(), int()] }),
            MetricData::Gauge(vec![
                read_number(NumberValue::Double(-0.5)),
                read_number(NumberValue::Int(-7)),
            ]),
        ),
        (
            Data::Sum(metrics::Sum {
                data_points: vec![int()],
                aggregation_temporality: 2,
                is_monotonic: true,
            }),
            MetricData::Sum {
                points: vec![read_number(NumberValue::Int(-7))],
                temporality: 2,
                monotonic: true,
            },
        ),
        histogram(),
        exponential_histogram(),
        (
            Data::Summary(metrics::Summary {
                data_points: vec![metrics::SummaryDataPoint {
                    attributes: proto_attributes(),
                    start_time_unix_nano: 1,
                    time_unix_nano: 2,
                    count: 3,
                    sum: 4.5,
                    quantile_values: vec![metrics::summary_data_point::ValueAtQuantile {
                        quantile: 0.5,
                        value: 1.5,
                    }],
                    flags: 0,
                }],
            }),
            MetricData::Summary(vec![SummaryDataPoint {
                attributes: attributes(),
                start_time_unix_nano: 1,
                time_unix_nano: 2,
                count: 3,
                sum: 4.5,
                quantile_values: vec![(0.5, 1.5)],
                flags: 0,
            }]),
        ),
    ]
}

fn histogram() -> (Data, MetricData<'static>) {
    let sent = metrics::HistogramDataPoint {
        attributes: proto_attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 3,
        sum: Some(6.5),
        bucket_counts: vec![1, u64::MAX, 0],
        explicit_bounds: vec![0.5, 10.0],
        min: Some(0.25),
        max: Some(5.0),
        ..Default::default()
    };
    let expected = HistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 3,
        sum: Some(6.5),
        bucket_counts: vec![1, u64::MAX, 0],
        explicit_bounds: vec![0.5, 10.0],
        flags: 0,
        min: Some(0.25),
        max: Some(5.0),
    };
    (
        Data::Histogram(metrics::Histogram { data_points: vec![sent], aggregation_temporality: 1 }),
        MetricData::Histogram { points: vec![expected], temporality: 1 },
    )
}

fn exponential_histogram() -> (Data, MetricData<'static>) {
    let buckets =
        metrics::exponential_histogram_data_point::Buckets { offset: -3, bucket_counts: vec![1, 300] };
    let sent = metrics::ExponentialHistogramDataPoint {
        attributes: proto_attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 302,
        sum: None,
        scale: -2,
        zero_count: 1,
        positive: Some(buckets),
        negative: None,
        zero_threshold: 0.125,
        ..Default::default()
    };
    let expected = ExponentialHistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 302,
        scale: -2,
        zero_count: 1,
        positive: Buckets { offset: -3, bucket_counts: vec![1, 300] },
        zero_threshold: 0.125,
        ..Default::default()
    };
    (
        Data::ExponentialHistogram(metrics::ExponentialHistogram {
            data_points: vec![sent],
            aggregation_temporality: 2,
        }),
        MetricData::ExponentialHistogram { points: vec![expected], temporality: 2 },
    )
}

fn sent(data: Data) -> collector::ExportMetricsServiceRequest {
    let metric = metrics::Metric {
        name: "http.server.request.duration".to_owned(),
        description: "how long".to_owned(),
        unit: "s".to_owned(),
        data: Some(data),
        ..Default::default()
    };
    let scope =
        InstrumentationScope { name: "meter".to_owned(), version: "3".to_owned(), ..Default::default() };
    collector::ExportMetricsServiceRequest {
        resource_metrics: vec![metrics::ResourceMetrics {
            scope_metrics: vec![metrics::ScopeMetrics {
                scope: Some(scope),
                metrics: vec![metric],
                schema_url: "scope".to_owned(),
            }],
            schema_url: "resource".to_owned(),
            ..Default::default()
        }],
    }
}

fn expected(data: MetricData<'static>) -> ExportMetricsServiceRequest<'static> {
    let metric = Metric {
        name: Cow::Borrowed("http.server.request.duration"),
        description: Cow::Borrowed("how long"),
        unit: Cow::Borrowed("s"),
        data,
    };
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource_attributes: Vec::new(),
            scope_metrics: vec![ScopeMetrics {
                scope_name: Cow::Borrowed("meter"),
                scope_version: Cow::Borrowed("3"),
                metrics: vec![metric],
                schema_url: Cow::Borrowed("scope"),
            }],
            schema_url: Cow::Borrowed("resource"),
        }],
    }
}

#[test]
fn every_kind_is_read_from_protobuf_and_json() {
    for (data, read) in kinds() {
        let (sent, expected) = (sent(data), expected(read));
        assert_eq!(decode_metrics_request(&sent.encode_to_vec()).as_ref(), Ok(&expected));
        let json = serde_json::to_string(&sent).unwrap();
        assert_eq!(decode_metrics_request_json(json.as_bytes()).unwrap(), expected, "{json}");
    }
}

#[test]
fn numbers_of_json_may_be_strings() {
    let json = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[
        {"asInt":"-3"},{"asInt":4},{"asDouble":"Infinity"},{"asDouble":1}]}}]}]}]}"#;
    let request = decode_metrics_request_json(json).unwrap();
    let MetricData::Gauge(points) = &request.resource_metrics[0].scope_metrics[0].metrics[0].data else {
        panic!()
    };
    let values: Vec<NumberValue> = points.iter().map(|point| point.value).collect();
    let infinity = NumberValue::Double(f64::INFINITY);
    assert_eq!(values, [NumberValue::Int(-3), NumberValue::Int(4), infinity, NumberValue::Double(1.0)]);
}

#[test]
fn repeated_numbers_may_be_unpacked() {
    // HistogramDataPoint { bucket_counts: 1, then 2 }, one field each as proto2 wrote them.
    let mut point = vec![0x31];
    point.extend(1u64.to_le_bytes());
    point.push(0x31);
    point.extend(2u64.to_le_bytes());
    let nested = [1, 9, 2, 2, 1].iter().fold(point, |payload, field| {
        let mut message = vec![field << 3 | 2, u8::try_from(payload.len()).unwrap()];
        message.extend(payload);
        message
    });
    let request = decode_metrics_request(&nested).unwrap();
    let MetricData::Histogram { points, .. } = &request.resource_metrics[0].scope_metrics[0].metrics[0].data
    else {
        panic!("{request:?}")
    };
    assert_eq!(points[0].bucket_counts, [1, 2]);
}

#[test]
fn packed_numbers_cut_short_are_refused() {
    let mut request = sent(histogram().0).encode_to_vec();
    // The two explicit bounds take 16 bytes after their tag and length: say 15.
    let at = request.windows(2).position(|pair| pair == [0x3a, 16]).unwrap();
    request[at + 1] = 15;
    assert!(decode_metrics_request(&request).is_err());
    let error = decode_metrics_request(&[0x0a, 2, 0x12, 9]).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::Truncated);
}

proptest! {
    #[test]
    fn damaged_requests_never_panic(
        kind in 0..5usize,
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = sent(kinds().swap_remove(kind).0).encode_to_vec();
        let position = position.index(bytes.len());
        bytes[position] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Err(error) = decode_metrics_request(&bytes) {
            prop_assert!(error.offset <= bytes.len(), "{error} of {}", bytes.len());
        }
    }
}
