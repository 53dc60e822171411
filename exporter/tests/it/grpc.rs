//! OTLP over gRPC: framing, status codes, RetryInfo.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use otelrs_exporter::Stats;
use otelrs_exporter::config::{Compression, Config, Protocol, RetryPolicy};

use crate::collector::{Collector, Reply, partial_success};
use crate::harness::{Exporter, config, span};

fn send_one(script: impl Into<Vec<Reply>>) -> (Exporter, Collector, Stats) {
    let collector = Collector::grpc(script);
    let exporter = Exporter::start(config(Protocol::Grpc, collector.url("http")));
    exporter.send([span("one")]);
    let stats = exporter.stats_when(|stats| stats.exported + stats.failed == 1);
    (exporter, collector, stats)
}

/// `google.rpc.Status` with one detail, a `google.rpc.RetryInfo` of zero seconds and `nanos`.
fn status_with_retry_info(nanos: u8) -> Vec<u8> {
    let type_url = b"type.googleapis.com/google.rpc.RetryInfo";
    let retry_info = [0x0a, 2, 0x10, nanos];
    let mut any = vec![0x0a, type_url.len() as u8];
    any.extend_from_slice(type_url);
    any.extend_from_slice(&[0x12, retry_info.len() as u8]);
    any.extend_from_slice(&retry_info);
    let mut status = vec![0x08, 14, 0x1a, any.len() as u8];
    status.extend_from_slice(&any);
    status
}

#[test]
fn a_call_is_framed_as_grpc_asks() {
    for compression in [Compression::None, Compression::Gzip] {
        let collector = Collector::grpc([Reply::grpc(0)]);
        let mut configuration = config(Protocol::Grpc, collector.url("http"));
        configuration.otlp.compression = compression;
        configuration.otlp.headers = vec![("X-Tenant".to_owned(), "a".to_owned())];
        let exporter = Exporter::start(configuration);
        exporter.send([span("one")]);
        let received = &collector.wait_for(1)[0];
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        assert!(received.target.ends_with(path), "{}", received.target);
        assert_eq!(received.header("te"), Some("trailers"));
        assert_eq!(received.header("content-type"), Some("application/grpc"));
        assert_eq!(received.header("x-tenant"), Some("a"));
        assert_eq!(received.header("grpc-timeout"), Some("30000m"));
        let gzip = compression == Compression::Gzip;
        assert_eq!(received.header("grpc-encoding"), gzip.then_some("gzip"));
        assert_eq!(received.spans()[0].name, "one");
        assert_eq!(exporter.stats_when(|stats| stats.exported == 1).failed, 0);
    }
}

#[test]
fn one_connection_serves_all_batches() {
    let collector = Collector::grpc([Reply::grpc(0)]);
    let exporter = Exporter::start(config(Protocol::Grpc, collector.url("http")));
    for count in 1..=3 {
        exporter.send([span("x")]);
        exporter.stats_when(|stats| stats.exported == count);
    }
    assert!(collector.received().iter().all(|request| request.connection == 0));
}

#[test]
fn unavailable_is_tried_again() {
    let (exporter, _, stats) = send_one([Reply::grpc(14), Reply::grpc(0)]);
    assert_eq!(stats, Stats { exported: 1, retried: 1, ..Stats::default() });
    assert!(exporter.warnings().is_empty());
}

/// The computed wait is an hour here: only RetryInfo brings the second attempt in time.
#[test]
fn retry_info_replaces_the_computed_wait_padded_or_not() {
    let status = status_with_retry_info(1);
    for (code, details) in [(14, STANDARD.encode(&status)), (8, STANDARD_NO_PAD.encode(&status))] {
        let busy = Reply::grpc(code).trailer("grpc-status-details-bin", details);
        let collector = Collector::grpc([busy, Reply::grpc(0)]);
        let hour = Duration::from_secs(3600);
        let retry = RetryPolicy { initial_backoff: hour, max_backoff: hour, ..RetryPolicy::default() };
        let exporter = Exporter::start(Config { retry, ..config(Protocol::Grpc, collector.url("http")) });
        exporter.send([span("x")]);
        assert_eq!(
            exporter.stats_when(|stats| stats.exported + stats.failed == 1).exported,
            1,
            "code {code}"
        );
    }
}

#[test]
fn an_exhausted_resource_without_retry_info_is_final() {
    let (exporter, collector, stats) = send_one([Reply::grpc(8)]);
    assert_eq!(stats, Stats { failed: 1, ..Stats::default() });
    assert_eq!(collector.received().len(), 1);
    assert!(exporter.line_of("collector-refused").contains("RESOURCE_EXHAUSTED"));
}

#[test]
fn a_refusal_in_the_headers_alone_is_final_and_its_message_readable() {
    let refusal = Reply::http(200)
        .header("content-type", "application/grpc")
        .header("grpc-status", "12")
        .header("grpc-message", "unknown%20service%0Aline");
    let (exporter, _, stats) = send_one([refusal]);
    assert_eq!(stats, Stats { failed: 1, ..Stats::default() });
    let line = exporter.line_of("collector-refused");
    assert!(line.contains("UNIMPLEMENTED: unknown service line"), "{line}");
    assert!(line.contains("otel.exporter.otlp.protocol=http/protobuf"), "{line}");
}

#[test]
fn a_partial_success_is_read_from_the_framed_message() {
    let message = partial_success(1, "no");
    let mut body = vec![0, 0, 0, 0, message.len() as u8];
    body.extend_from_slice(&message);
    let (exporter, _, stats) = send_one([Reply::grpc(0).body(body)]);
    assert_eq!(stats, Stats { failed: 1, ..Stats::default() });
    assert_eq!(exporter.line_of("collector-rejected"), "the collector rejected 1 of 1 spans: no");
}

#[test]
fn http_statuses_of_a_proxy_on_the_way_are_understood() {
    let (_, _, stats) = send_one([Reply::http(503), Reply::grpc(0)]);
    assert_eq!(stats, Stats { exported: 1, retried: 1, ..Stats::default() });
    let (exporter, _, stats) = send_one([Reply::http(404)]);
    assert_eq!(stats, Stats { failed: 1, ..Stats::default() });
    assert!(exporter.line_of("collector-refused").contains("without a gRPC status"));
}
