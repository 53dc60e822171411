//! OTLP over HTTP/1.1: what is sent, and what each answer leads to.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use otelrs_exporter::config::{Compression, Config, Privacy, Protocol, RetryPolicy};
use otelrs_exporter::{ShutdownOutcome, Stats};
use otelrs_sdk::resource::Resource;
use otelrs_sdk::span::{Exception, Identity, KeyValue, Span, Status, Value};

use crate::collector::{Collector, Received, Reply, partial_success};
use crate::harness::{Exporter, config, span};

fn http_config(collector: &Collector) -> Config {
    config(Protocol::HttpProtobuf, collector.endpoint())
}

/// Sends one span to a collector with this script and returns when it is exported or lost.
fn send_one(script: impl Into<Vec<Reply>>) -> (Exporter, Collector, Stats) {
    let collector = Collector::http(script);
    let exporter = Exporter::start(http_config(&collector));
    exporter.send([span("one")]);
    let stats = exporter.stats_when(|stats| stats.exported + stats.failed == 1);
    (exporter, collector, stats)
}

fn names(received: &Received) -> Vec<String> {
    received.spans().into_iter().map(|span| span.name).collect()
}

#[test]
fn a_span_arrives_whole_with_resource_and_scope() {
    let collector = Collector::http([Reply::http(200)]);
    let attributes = vec![KeyValue { key: "service.name".into(), value: Value::String("shop".into()) }];
    let configuration = Config { scope_version: Cow::Borrowed("1.2.3"), ..http_config(&collector) };
    let exporter = Exporter::start_with(configuration, Resource { attributes });
    let request = span("GET /x");
    exporter.send([Span {
        identity: Identity { parent_span_id: 0x2122_2324_2526_2728, flags: 0x301, ..request.identity },
        trace_state: "a=b".into(),
        attributes: vec![
            KeyValue { key: "s".into(), value: Value::String("x".into()) },
            KeyValue { key: "f".into(), value: Value::Double(0.5) },
            KeyValue { key: "b".into(), value: Value::Bool(false) },
            KeyValue { key: "l".into(), value: Value::Strings(vec!["p".into(), "q".into()]) },
        ],
        status: Status::Error("broken".to_owned()),
        ..request
    }]);
    let message = collector.wait_for(1)[0].message();
    let resource_spans = &message.resource_spans[0];
    let resource = &resource_spans.resource.as_ref().unwrap().attributes[0];
    assert_eq!(resource.key, "service.name");
    assert!(resource_spans.schema_url.starts_with("https://opentelemetry.io/schemas/"));
    let scope = resource_spans.scope_spans[0].scope.as_ref().unwrap();
    assert_eq!((scope.name.as_str(), scope.version.as_str()), ("otelrs.test", "1.2.3"));
    let span = &resource_spans.scope_spans[0].spans[0];
    assert_eq!(span.trace_id, (1..=16).collect::<Vec<u8>>());
    assert_eq!(span.span_id, (0x11..=0x18).collect::<Vec<u8>>());
    assert_eq!(span.parent_span_id, (0x21..=0x28).collect::<Vec<u8>>());
    assert_eq!((span.flags, span.kind, span.trace_state.as_str()), (0x301, 2, "a=b"));
    assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano), (1_000_000_000, 1_002_500_000));
    let status = span.status.as_ref().unwrap();
    assert_eq!((status.code, status.message.as_str()), (2, "broken"));
    let values: Vec<_> =
        span.attributes.iter().map(|pair| pair.value.clone().unwrap().value.unwrap()).collect();
    assert_eq!(
        values[..3],
        [ProtoValue::StringValue("x".to_owned()), ProtoValue::DoubleValue(0.5), ProtoValue::BoolValue(false)]
    );
    assert!(matches!(&values[3], ProtoValue::ArrayValue(array) if array.values.len() == 2));
}

#[test]
fn spans_are_grouped_by_scope() {
    let collector = Collector::http([Reply::http(200)]);
    let mut configuration = http_config(&collector);
    configuration.batch.max_export_batch_size = 3;
    configuration.batch.schedule_delay = Duration::from_secs(3600);
    let exporter = Exporter::start(configuration);
    exporter.send([span("a"), Span { scope: "otelrs.jdbc", ..span("b") }, span("c")]);
    let message = collector.wait_for(1)[0].message();
    let groups: Vec<(String, usize)> = message.resource_spans[0]
        .scope_spans
        .iter()
        .map(|group| (group.scope.clone().unwrap().name, group.spans.len()))
        .collect();
    assert_eq!(groups, [("otelrs.test".to_owned(), 2), ("otelrs.jdbc".to_owned(), 1)]);
}

#[test]
fn an_exception_is_an_event_and_its_message_leaves_only_when_allowed() {
    let cases: [(bool, &[&str]); 2] = [
        (false, &["exception.type", "exception.stacktrace"]),
        (true, &["exception.type", "exception.message", "exception.stacktrace"]),
    ];
    for (exception_messages, expected) in cases {
        let collector = Collector::http([Reply::http(200)]);
        let privacy = Privacy { exception_messages };
        let exporter = Exporter::start(Config { privacy, ..http_config(&collector) });
        let exception = Exception {
            time_unix_nano: 7,
            class: "java.lang.IllegalStateException".to_owned(),
            message: Some("card 4111".to_owned()),
            stack_trace: Some("at a.B.c(B.java:1)".to_owned()),
        };
        exporter.send([Span { exceptions: vec![exception], ..span("x") }]);
        let event = collector.wait_for(1)[0].spans()[0].events[0].clone();
        assert_eq!((event.name.as_str(), event.time_unix_nano), ("exception", 7));
        let keys: Vec<&str> = event.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
        assert_eq!(keys, expected);
    }
}

#[test]
fn requests_carry_our_headers_and_the_users() {
    let collector = Collector::http([Reply::http(200)]);
    let mut configuration = http_config(&collector);
    let pairs = [("X-Tenant", "a"), ("content-length", "3"), ("bad name", "x"), ("x-bad", "a\nb")];
    configuration.otlp.headers = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let exporter = Exporter::start(configuration);
    exporter.send([span("x")]);
    let received = &collector.wait_for(1)[0];
    assert_eq!(received.target, "/v1/traces");
    assert_eq!(received.header("x-tenant"), Some("a"));
    assert_eq!(received.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(received.header("host"), Some(collector.address.to_string().as_str()));
    let version = concat!("otelrs/", env!("CARGO_PKG_VERSION"));
    assert_eq!(received.header("user-agent"), Some(version));
    let named: Vec<String> = exporter.warnings().into_iter().map(|(_, line)| line).collect();
    for name in ["content-length", "bad name", "x-bad"] {
        assert!(named.iter().any(|line| line.contains(name)), "{name} in {named:?}");
    }
}

#[test]
fn bodies_are_packed_when_asked_for() {
    let collector = Collector::http([Reply::http(200)]);
    let mut configuration = http_config(&collector);
    configuration.otlp.compression = Compression::Gzip;
    let exporter = Exporter::start(configuration);
    exporter.send([span("first")]);
    collector.wait_for(1);
    exporter.send([span("second")]);
    let received = collector.wait_for(2);
    assert!(received.iter().all(|request| request.header("content-encoding") == Some("gzip")));
    assert_eq!(names(&received[0]), ["first"]);
    assert_eq!(names(&received[1]), ["second"]);
}

#[test]
fn the_connection_is_kept_for_the_next_batch() {
    let collector = Collector::http([Reply::http(200)]);
    let exporter = Exporter::start(http_config(&collector));
    for count in 1..=3 {
        exporter.send([span("x")]);
        exporter.stats_when(|stats| stats.exported == count);
    }
    assert!(collector.received().iter().all(|request| request.connection == 0));
}

#[test]
fn the_statuses_of_the_specification_are_tried_again_with_the_same_batch() {
    for status in [429, 502, 503, 504] {
        let (exporter, collector, stats) = send_one([Reply::http(status), Reply::http(200)]);
        assert_eq!(stats, Stats { exported: 1, retried: 1, ..Stats::default() }, "{status}");
        let received = collector.received();
        assert_eq!(received[0].body, received[1].body);
        assert!(exporter.warnings().is_empty(), "{:?}", exporter.warnings());
    }
}

#[test]
fn five_attempts_are_all_and_the_loss_is_counted_and_said() {
    let (exporter, collector, stats) = send_one([Reply::http(503)]);
    assert_eq!(stats, Stats { failed: 1, retried: 4, ..Stats::default() });
    assert_eq!(collector.received().len(), 5);
    let line = exporter.line_of("collector-busy");
    assert!(line.contains("1 spans lost, 1 since the start") && line.contains("(5 attempts)"), "{line}");
}

/// The computed wait is an hour here: only the collector's own wish brings the second attempt in time.
#[test]
fn retry_after_replaces_the_computed_wait() {
    let noon = || SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    for value in ["0", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let collector = Collector::http([Reply::http(429).header("retry-after", value), Reply::http(200)]);
        let hour = Duration::from_secs(3600);
        let retry = RetryPolicy { initial_backoff: hour, max_backoff: hour, ..RetryPolicy::default() };
        let mut configuration = Config { retry, clock: noon, ..http_config(&collector) };
        configuration.batch.export_timeout = Duration::from_secs(36_000);
        let exporter = Exporter::start(configuration);
        exporter.send([span("x")]);
        assert_eq!(exporter.stats_when(|stats| stats.exported == 1).retried, 1);
    }
}

#[test]
fn a_wait_beyond_the_export_timeout_is_not_begun() {
    let collector = Collector::http([Reply::http(503)]);
    let hour = Duration::from_secs(3600);
    let retry = RetryPolicy { initial_backoff: hour, max_backoff: hour, ..RetryPolicy::default() };
    let exporter = Exporter::start(Config { retry, ..http_config(&collector) });
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.failed == 1);
    assert_eq!(collector.received().len(), 1);
}

#[test]
fn other_refusals_are_final_and_say_what_to_do() {
    let cases = [
        (Reply::http(400), "400 Bad Request"),
        (Reply::http(401), "otel.exporter.otlp.headers"),
        (Reply::http(404), "otel.exporter.otlp.protocol=grpc"),
        (Reply::http(413), "otel.bsp.max.export.batch.size"),
        (Reply::http(500), "500 Internal Server Error"),
        (
            Reply::http(302).header("location", "http://elsewhere/"),
            "http://elsewhere/, which is not followed",
        ),
        (
            // google.rpc.Status { message: "no\nspans" }
            Reply::http(400).header("content-type", "application/x-protobuf").body(*b"\x12\x08no\nspans"),
            "no spans",
        ),
    ];
    for (reply, said) in cases {
        let (exporter, collector, stats) = send_one([reply]);
        assert_eq!(stats, Stats { failed: 1, ..Stats::default() });
        assert_eq!(collector.received().len(), 1, "{said}");
        let line = exporter.line_of("collector-refused");
        assert!(line.contains(said), "{said:?} in {line:?}");
        assert!(line.contains(&collector.endpoint()), "{line}");
    }
}

#[test]
fn rejected_spans_of_a_partial_success_are_counted_and_said() {
    let reply = Reply::http(200).body(partial_success(2, "too\told"));
    let collector = Collector::http([reply]);
    let mut configuration = http_config(&collector);
    configuration.batch.max_export_batch_size = 3;
    configuration.batch.schedule_delay = Duration::from_secs(3600);
    let exporter = Exporter::start(configuration);
    exporter.send([span("a"), span("b"), span("c")]);
    let stats = exporter.stats_when(|stats| stats.failed > 0);
    assert_eq!(stats, Stats { exported: 1, failed: 2, ..Stats::default() });
    assert_eq!(exporter.line_of("collector-rejected"), "the collector rejected 2 of 3 spans: too old");
}

#[test]
fn a_partial_success_that_claims_nonsense_stays_within_the_batch() {
    for (rejected, exported) in [(99, 0), (-5, 1)] {
        let (_, _, stats) = send_one([Reply::http(200).body(partial_success(rejected, ""))]);
        assert_eq!((stats.exported, stats.failed), (exported, 1 - exported), "{rejected} rejected");
    }
}

#[test]
fn a_warning_without_rejection_is_passed_on() {
    let (exporter, _, stats) = send_one([Reply::http(200).body(partial_success(0, "use v2"))]);
    assert_eq!(stats.exported, 1);
    assert_eq!(exporter.line_of("collector-warning"), "the collector says: use v2");
}

#[test]
fn an_endpoint_that_is_none_is_named_and_the_loss_counted() {
    let exporter = Exporter::start(config(Protocol::HttpProtobuf, "collector:4318".to_owned()));
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.failed == 1);
    assert!(exporter.line_of("endpoint").contains("must begin with http:// or https://"));
    assert_eq!(exporter.shutdown(), ShutdownOutcome::Flushed);
}
