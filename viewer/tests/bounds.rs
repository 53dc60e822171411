//! One bound of bytes for everything, and what leaves is counted.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use otelrs_otlp::decode::{decode_logs_request, decode_metrics_request, decode_trace_request};
use otelrs_viewer::findings::FindingKind;
use otelrs_viewer::store::TraceStore;
use prost::Message;
use support::{request, span, text};

const BOUND: usize = 256 * 1024;

fn logs(trace: u8, count: usize) -> ExportLogsServiceRequest {
    let record = LogRecord {
        body: Some(AnyValue { value: Some(Value::StringValue("x".repeat(1000))) }),
        trace_id: if trace == 0 { Vec::new() } else { vec![trace; 16] },
        ..Default::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record; count], ..Default::default() }];
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..Default::default() }] }
}

fn metrics(metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { scope_metrics, ..Default::default() }],
    }
}

fn gauge(name: &str, user: usize) -> Metric {
    let point = NumberDataPoint { attributes: vec![text("user", &user.to_string())], ..Default::default() };
    let value = opentelemetry_proto::tonic::metrics::v1::number_data_point::Value::AsInt(1);
    let data_points = vec![NumberDataPoint { value: Some(value), ..point }];
    Metric { name: name.to_owned(), data: Some(Data::Gauge(Gauge { data_points })), ..Default::default() }
}

fn take_metrics(store: &TraceStore, request: &ExportMetricsServiceRequest) {
    store.take_in_metrics(&decode_metrics_request(&request.encode_to_vec()).unwrap());
}

#[test]
fn log_records_leave_with_the_oldest_traces_and_are_counted() {
    let store = TraceStore::new(BOUND);
    let mut sent = (0, 0);
    for trace in 1..=200u8 {
        // Every other request's records belong to no trace.
        let of = if trace % 2 == 0 { trace } else { 0 };
        store.take_in_logs(&decode_logs_request(&logs(of, 3).encode_to_vec()).unwrap());
        let spans = request("shop", vec![span(trace, 1, 0, "GET /orders", 0, 5)]).encode_to_vec();
        store.take_in(&decode_trace_request(&spans).unwrap());
        sent = (sent.0 + 1, sent.1 + 3);
        assert!(store.bytes() <= BOUND, "{}", store.bytes());
    }
    let (traces, loose, counters) = (store.traces(), store.logs(), store.counters());
    let held = loose.len() + traces.iter().map(|trace| trace.logs.len()).sum::<usize>();
    assert_eq!((counters.spans_received, counters.logs_received), sent);
    assert_eq!(counters.logs_evicted + held as u64, counters.logs_received);
    assert_eq!(counters.spans_evicted + traces.len() as u64, counters.spans_received);
    assert!(counters.logs_evicted > 300, "{counters:?}");
    assert_eq!(traces.last().unwrap().trace_id.0[0], 200, "the newest stay");
}

#[test]
fn series_have_a_share_and_those_longest_without_a_point_leave() {
    let store = TraceStore::new(BOUND);
    take_metrics(&store, &metrics(vec![gauge("kept", 0)]));
    for user in 0..500 {
        take_metrics(&store, &metrics(vec![gauge("requests", user), gauge("kept", 0)]));
        assert!(store.bytes() <= BOUND);
    }
    let (held, counters) = (store.metrics(), store.counters());
    assert!(held.iter().any(|series| series.name == "kept"));
    assert_eq!(counters.points_received, 1001);
    assert_eq!(counters.series_evicted + held.len() as u64, 501);
    let findings = store.findings();
    assert_eq!(findings[0].kind, FindingKind::ExplodingCardinality);
    assert_eq!(findings[0].subject, "values of user in the metric requests from a scope without a name");
}

#[test]
fn a_pool_whose_callers_wait_is_found_in_its_metric() {
    let waits = |name: &str, start: u64, count: u64, sum: f64| {
        let point = HistogramDataPoint {
            attributes: vec![text("pool.name", "orders")],
            start_time_unix_nano: start,
            time_unix_nano: 1000 + count,
            count,
            sum: Some(sum),
            ..Default::default()
        };
        let data = Histogram { data_points: vec![point], aggregation_temporality: 2 };
        let data = Some(Data::Histogram(data));
        metrics(vec![Metric { name: name.to_owned(), data, ..Default::default() }])
    };
    let seconds = "db.client.connection.wait_time";
    let cases = [
        ("10 waits of 0.2 s", vec![waits(seconds, 1, 10, 2.0)], 1),
        (
            "of which the unit was milliseconds",
            vec![waits("db.client.connections.wait_time", 1, 10, 2000.0)],
            1,
        ),
        ("short waits", vec![waits(seconds, 1, 10, 0.5)], 0),
        ("long ones after short ones", vec![waits(seconds, 1, 1000, 0.5), waits(seconds, 1, 1001, 0.7)], 1),
        ("none since", vec![waits(seconds, 1, 10, 0.5), waits(seconds, 1, 10, 0.5)], 0),
        ("started again", vec![waits(seconds, 1, 1000, 900.0), waits(seconds, 2, 10, 0.1)], 1),
        ("another histogram", vec![waits("db.client.operation.duration", 1, 10, 20.0)], 0),
        ("no waits at all", vec![waits(seconds, 1, 0, 0.0)], 0),
    ];
    for (case, requests, expected) in cases {
        let store = TraceStore::default();
        requests.iter().for_each(|request| take_metrics(&store, request));
        let findings = store.findings();
        assert_eq!(findings.len(), expected, "{case}: {findings:?}");
        for finding in findings {
            assert_eq!(
                (finding.kind, finding.subject.as_str()),
                (FindingKind::SlowConnectionAcquisition, "orders")
            );
        }
    }
}

#[test]
fn clearing_forgets_everything_but_the_counters() {
    let store = TraceStore::default();
    store.take_in_logs(&decode_logs_request(&logs(0, 3).encode_to_vec()).unwrap());
    take_metrics(&store, &metrics((0..200).map(|user| gauge("requests", user)).collect()));
    let counters = store.counters();
    assert!(!store.findings().is_empty());
    store.clear();
    assert_eq!(
        (store.logs().len(), store.metrics().len(), store.findings().len(), store.bytes()),
        (0, 0, 0, 0)
    );
    assert_eq!(store.counters(), counters);
}
