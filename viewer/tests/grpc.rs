//! OTLP/gRPC as tonic's client sends it, and as nobody should.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
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
fn metrics_are_answered_and_counted() {
    let receiver = start();
    wait_for(async {
        let mut client = MetricsServiceClient::connect(receiver.grpc_endpoint()).await.unwrap();
        client.export(ExportMetricsServiceRequest::default()).await.unwrap();
    });
    assert_eq!(receiver.counters().metrics, 1);
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
