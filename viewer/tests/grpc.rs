//! OTLP/gRPC as tonic's client sends it, and as nobody should.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric, number_data_point,
};
use otelrs_viewer::metrics::PointValue;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use support::{request, span};
use tonic::Code;
use tonic::codec::CompressionEncoding;

fn start() -> Receiver {
    Receiver::start(ReceiverOptions { max_message_bytes: 64 * 1024, ..ReceiverOptions::free_ports() })
        .unwrap()
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn traces_are_stored_plain_and_compressed() {
    let receiver = start();
    wait_for(async {
        let client = TraceServiceClient::connect(receiver.grpc_endpoint()).await.unwrap();
        let mut zipping = client
            .clone()
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip);
        let mut plain = client;
        let answer = plain.export(request("shop", vec![span(1, 1, 0, "plain", 0, 5)])).await.unwrap();
        assert_eq!(answer.into_inner().partial_success, None);
        zipping.export(request("shop", vec![span(2, 1, 0, "zipped", 0, 5)])).await.unwrap();
    });
    let traces = receiver.shutdown().traces();
    let names: Vec<_> = traces.iter().map(|trace| trace.spans[0].name.as_str()).collect();
    assert_eq!(names, ["plain", "zipped"]);
}

#[test]
fn faults_have_their_code_and_harm_nothing() {
    let receiver = start();
    wait_for(async {
        let mut client = TraceServiceClient::connect(receiver.grpc_endpoint()).await.unwrap();
        let mut bad_id = span(1, 1, 0, "bad", 0, 5);
        bad_id.trace_id = vec![1; 3];
        let status = client.export(request("shop", vec![bad_id])).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("id of 3 bytes, expected 16"), "{}", status.message());

        let large = request("shop", vec![span(1, 1, 0, &"x".repeat(65 * 1024), 0, 5)]);
        assert_eq!(client.export(large.clone()).await.unwrap_err().code(), Code::ResourceExhausted);
        let mut zipping = client.clone().send_compressed(CompressionEncoding::Gzip);
        assert_eq!(zipping.export(large).await.unwrap_err().code(), Code::ResourceExhausted);

        client.export(request("shop", vec![span(2, 1, 0, "good", 0, 5)])).await.unwrap();
    });
    assert_eq!(receiver.counters().refused, 3);
    assert_eq!(receiver.shutdown().traces().len(), 1);
}

#[test]
fn metrics_and_logs_are_stored() {
    let receiver = start();
    let point = NumberDataPoint { value: Some(number_data_point::Value::AsInt(7)), ..Default::default() };
    let data = Some(metric::Data::Gauge(Gauge { data_points: vec![point] }));
    let metrics = vec![Metric { name: "queue.size".to_owned(), data, ..Default::default() }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
    let record = LogRecord { severity_text: "note".to_owned(), time_unix_nano: 9, ..Default::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..Default::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..Default::default() }];
    wait_for(async {
        let client = MetricsServiceClient::connect(receiver.grpc_endpoint()).await.unwrap();
        let mut client = client.send_compressed(CompressionEncoding::Gzip);
        client.export(ExportMetricsServiceRequest { resource_metrics }).await.unwrap();
        let mut client = LogsServiceClient::connect(receiver.grpc_endpoint()).await.unwrap();
        client.export(ExportLogsServiceRequest { resource_logs }).await.unwrap();
    });
    let counters = receiver.counters();
    assert_eq!((counters.metrics, counters.logs), (1, 1));
    let store = receiver.shutdown();
    let (series, logs) = (store.metrics(), store.logs());
    assert_eq!((series[0].name.as_str(), &series[0].point.value), ("queue.size", &PointValue::Int(7)));
    assert_eq!((logs[0].severity(), logs[0].time_unix_nano), ("note", 9));
}

#[test]
fn frames_that_nobody_should_send_have_their_code_and_harm_nothing() {
    let receiver = start();
    let good = prost::Message::encode_to_vec(&request("shop", vec![span(1, 1, 0, "good", 0, 5)]));
    let frame =
        |flag: u8, length: u32, message: &[u8]| [&[flag][..], &length.to_be_bytes(), message].concat();
    let length = u32::try_from(good.len()).unwrap();
    let bomb = support::gzip(&vec![0; 10 * 1024 * 1024]);
    let bomb_length = u32::try_from(bomb.len()).unwrap();
    let traces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let logs = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    let cases: [(&str, &str, &str, Vec<u8>, Code); 8] = [
        ("no frame", traces, "identity", vec![0, 0], Code::InvalidArgument),
        ("longer than it says", traces, "identity", frame(0, length - 1, &good), Code::InvalidArgument),
        ("shorter than it says", traces, "identity", frame(0, u32::MAX, &good), Code::InvalidArgument),
        (
            "compressed by nobody knows what",
            traces,
            "identity",
            frame(1, length, &good),
            Code::InvalidArgument,
        ),
        ("not compressed as it says", traces, "gzip", frame(1, length, &good), Code::InvalidArgument),
        ("a bomb", traces, "gzip", frame(1, bomb_length, &bomb), Code::ResourceExhausted),
        ("logs that are none", logs, "identity", frame(0, 3, b"\x0a\x05\x12"), Code::InvalidArgument),
        (
            "another service",
            "/helloworld.Greeter/SayHello",
            "identity",
            frame(0, 0, b""),
            Code::Unimplemented,
        ),
    ];
    for (case, path, encoding, body, code) in &cases {
        let status = wait_for(grpc_status(&receiver.grpc_endpoint(), path, encoding, body));
        assert_eq!(status, *code as i32, "{case}");
    }
    assert_eq!(receiver.counters().refused, cases.len() as u64);
    assert_eq!(
        wait_for(grpc_status(&receiver.grpc_endpoint(), traces, "identity", &frame(0, length, &good))),
        0
    );
    assert_eq!(receiver.shutdown().traces().len(), 1);
}

/// `grpc-status` of one call with exactly this body.
async fn grpc_status(endpoint: &str, path: &str, encoding: &str, body: &[u8]) -> i32 {
    let address = endpoint.strip_prefix("http://").unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let executor = hyper_util::rt::TokioExecutor::new();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let request = hyper::Request::post(format!("http://{address}{path}"))
        .header("content-type", "application/grpc")
        .header("grpc-encoding", encoding)
        .body(http_body_util::Full::new(bytes::Bytes::copy_from_slice(body)))
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let in_headers = response.headers().get("grpc-status").cloned();
    let trailers = http_body_util::BodyExt::collect(response).await.unwrap().trailers().cloned();
    let status = in_headers.or_else(|| trailers.unwrap_or_default().get("grpc-status").cloned()).unwrap();
    status.to_str().unwrap().parse().unwrap()
}

#[test]
fn grpc_on_the_http_port_is_told_what_to_set() {
    let receiver = start();
    let status = wait_for(async {
        let mut client = TraceServiceClient::connect(receiver.http_endpoint()).await.unwrap();
        client.export(request("shop", Vec::new())).await.unwrap_err()
    });
    let expected = format!("OTEL_EXPORTER_OTLP_ENDPOINT={}", receiver.grpc_endpoint());
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains(&expected), "{}", status.message());
    assert!(receiver.notices()[0].contains(&expected));
}
