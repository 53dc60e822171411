//! OTLP/HTTP as clients of every kind send it.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use otelrs_viewer::metrics::{MetricKind, PointValue, Temporality};
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use prost::Message;
use support::{Answer, PATIENCE, exchange, gzip, request, span};

const PROTOBUF: (&str, &str) = ("Content-Type", "application/x-protobuf");
const JSON: (&str, &str) = ("Content-Type", "application/json");
const GZIP: (&str, &str) = ("Content-Encoding", "gzip");

type Headers<'c> = &'c [(&'c str, &'c str)];

fn start() -> Receiver {
    Receiver::start(ReceiverOptions { max_message_bytes: 64 * 1024, ..ReceiverOptions::free_ports() })
        .unwrap()
}

fn post(receiver: &Receiver, path: &str, headers: Headers<'_>, body: &[u8]) -> Answer {
    exchange(&receiver.http_endpoint(), &format!("POST {path}"), headers, body)
}

#[test]
fn traces_are_stored_in_each_encoding() {
    let protobuf = request("shop", vec![span(1, 1, 0, "GET /orders", 0, 5)]).encode_to_vec();
    let json = br#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeSpans":[{"spans":[{"traceId":"01010101010101010101010101010101","spanId":"0101010101010101",
        "name":"GET /orders"}]}]}]}"#;
    let cases: &[(&str, Headers<'_>, Vec<u8>, &[u8])] = &[
        ("protobuf", &[PROTOBUF], protobuf.clone(), b""),
        ("protobuf, gzip", &[PROTOBUF, GZIP], gzip(&protobuf), b""),
        ("json", &[JSON], json.to_vec(), b"{}"),
        ("json, gzip", &[JSON, GZIP], gzip(json), b"{}"),
        ("json, charset", &[("Content-Type", "Application/JSON; charset=utf-8")], json.to_vec(), b"{}"),
    ];
    for (case, headers, body, expected) in cases {
        let receiver = start();
        let answer = post(&receiver, "/v1/traces", headers, body);
        assert_eq!((answer.status, answer.body.as_slice()), (200, *expected), "{case}");
        let content_type = headers[0].1.split(';').next().unwrap().to_lowercase();
        assert!(answer.head.contains(&format!("content-type: {content_type}")), "{case}: {}", answer.head);
        let traces = receiver.store().wait_until(PATIENCE, |traces| !traces.is_empty()).expect(case);
        assert_eq!(
            (traces[0].spans[0].service(), traces[0].spans[0].name.as_str()),
            ("shop", "GET /orders"),
            "{case}"
        );
        assert_eq!(receiver.counters().refused, 0, "{case}");
    }
}

/// A request whose span has an attribute of arrays within arrays.
fn deeply_nested(levels: usize) -> Vec<u8> {
    let mut value = AnyValue { value: Some(Value::BoolValue(true)) };
    for _ in 0..levels {
        value = AnyValue { value: Some(Value::ArrayValue(ArrayValue { values: vec![value] })) };
    }
    let mut span = span(1, 1, 0, "deep", 0, 5);
    span.attributes = vec![KeyValue { key: "a".to_owned(), value: Some(value), ..Default::default() }];
    request("shop", vec![span]).encode_to_vec()
}

#[test]
fn bad_requests_get_their_status_and_harm_nothing() {
    let good = request("shop", vec![span(1, 1, 0, "good", 0, 5)]).encode_to_vec();
    let bomb = gzip(&vec![0; 10 * 1024 * 1024]);
    assert!(bomb.len() < 64 * 1024);
    let members = gzip(&vec![0; 60 * 1024]).repeat(2);
    let trailing = [gzip(&good), b"and more".to_vec()].concat();
    let nested = [b"[".repeat(1000), b"]".repeat(1000)].concat();
    let out_of_range = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"-1"}]}]}]}"#;
    let (deep, empties) = (deeply_nested(40), request("shop", vec![Span::default(); 30_000]).encode_to_vec());
    let receiver = start();
    let cases: &[(&str, &str, Headers<'_>, &[u8], u16)] = &[
        ("protobuf that is none", "POST /v1/traces", &[PROTOBUF], b"\xff\xff\xff", 400),
        ("json that is none", "POST /v1/traces", &[JSON], b"{\"resourceSpans\":", 400),
        ("json of another form", "POST /v1/traces", &[JSON], b"[]", 400),
        ("gzip that is none", "POST /v1/traces", &[PROTOBUF, GZIP], b"plain", 400),
        ("gzip cut short", "POST /v1/traces", &[PROTOBUF, GZIP], &gzip(&good)[..20], 400),
        ("gzip bomb", "POST /v1/traces", &[PROTOBUF, GZIP], &bomb, 413),
        ("too large", "POST /v1/traces", &[PROTOBUF], &vec![0; 65 * 1024], 413),
        ("other media type", "POST /v1/traces", &[("Content-Type", "text/plain")], &good, 415),
        ("no media type", "POST /v1/traces", &[], &good, 415),
        ("other compression", "POST /v1/traces", &[PROTOBUF, ("Content-Encoding", "br")], &good, 415),
        ("logs that are none", "POST /v1/logs", &[PROTOBUF], b"\x0a\x05\x12", 400),
        ("logs in json that are none", "POST /v1/logs", &[JSON], b"{\"resourceLogs\":{}}", 400),
        ("metrics that are none", "POST /v1/metrics", &[PROTOBUF], b"\x0a\x05\x12", 400),
        ("metrics in json that are none", "POST /v1/metrics", &[JSON], b"{\"resourceMetrics\":7}", 400),
        ("a bomb of logs", "POST /v1/logs", &[PROTOBUF, GZIP], &bomb, 413),
        ("a bomb of metrics in json", "POST /v1/metrics", &[JSON, GZIP], &bomb, 413),
        ("a bomb of many members", "POST /v1/traces", &[PROTOBUF, GZIP], &members, 413),
        ("gzip with something behind it", "POST /v1/traces", &[PROTOBUF, GZIP], &trailing, 400),
        ("json nested too deeply", "POST /v1/traces", &[JSON], &nested, 400),
        ("json numbers out of range", "POST /v1/traces", &[JSON], out_of_range, 400),
        ("text that is not UTF-8", "POST /v1/traces", &[JSON], b"{\"resourceSpans\":\"\xff\"}", 400),
        ("values nested too deeply", "POST /v1/traces", &[PROTOBUF], &deep, 400),
        ("spans without content that would fill the memory", "POST /v1/traces", &[PROTOBUF], &empties, 400),
        ("no path", "POST /", &[PROTOBUF], &good, 404),
        ("a path that is nearly right", "POST /v1/trace", &[PROTOBUF], &good, 404),
        ("zipkin", "POST /api/v2/spans", &[JSON], b"[]", 404),
        ("path twice", "POST /v1/traces/v1/traces", &[PROTOBUF], &good, 404),
        ("GET", "GET /v1/traces", &[PROTOBUF], b"", 405),
    ];
    for (case, request_line, headers, body, status) in cases {
        let answer = exchange(&receiver.http_endpoint(), request_line, headers, body);
        assert_eq!(answer.status, *status, "{case}");
        if headers.contains(&JSON) {
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(body["code"], 3, "{case}");
            assert!(!body["message"].as_str().unwrap().is_empty(), "{case}");
        } else {
            // google.rpc.Status: code 3, then the message.
            assert_eq!(answer.body[..3], [0x08, 3, 0x12], "{case}");
        }
    }
    assert_eq!(receiver.counters().refused, cases.len() as u64);
    assert_eq!(post(&receiver, "/v1/traces", &[PROTOBUF], &good).status, 200);
    let store = receiver.shutdown();
    assert_eq!((store.traces().len(), store.logs().len(), store.metrics().len()), (1, 0, 0));
}

#[test]
fn each_wrong_turn_is_told_once_what_to_set() {
    let receiver = start();
    let http = receiver.http_endpoint();
    let cases = [
        ("POST /v1/trace", &http, "a generic endpoint is http://127.0.0.1:"),
        ("POST /v1/traces", &receiver.grpc_endpoint(), "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:"),
    ];
    for (index, (request_line, endpoint, expected)) in cases.iter().enumerate() {
        for _ in 0..3 {
            exchange(endpoint, request_line, &[PROTOBUF], b"");
        }
        let notices = receiver.notices();
        assert_eq!(notices.len(), index + 1, "{request_line}: {notices:?}");
        assert!(notices[index].contains(expected), "{notices:?}");
    }
}

#[test]
fn a_body_that_breaks_off_leaves_nothing_and_the_next_request_is_served() {
    let body = request("shop", vec![span(1, 1, 0, "GET /orders", 0, 5)]).encode_to_vec();
    let receiver = start();
    for length in [0, 1, body.len() - 1] {
        let mut stream =
            TcpStream::connect(receiver.http_endpoint().strip_prefix("http://").unwrap()).unwrap();
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body[..length]).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert_eq!(receiver.store().traces().len(), 0);
    assert_eq!(post(&receiver, "/v1/traces", &[PROTOBUF], &body).status, 200);
    assert_eq!(receiver.store().traces().len(), 1);
}

#[test]
fn spans_without_ids_are_a_partial_success() {
    let mut nameless = span(1, 2, 0, "no trace id", 0, 5);
    nameless.trace_id.clear();
    let body = request("shop", vec![span(1, 1, 0, "good", 0, 5), nameless]).encode_to_vec();
    let receiver = start();
    let answer = post(&receiver, "/v1/traces", &[PROTOBUF], &body);
    let response =
        opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse::decode(&*answer.body);
    let partial = response.unwrap().partial_success.unwrap();
    assert_eq!((answer.status, partial.rejected_spans), (200, 1));
    assert!(partial.error_message.contains("all zero"), "{}", partial.error_message);
    let counters = receiver.store().counters();
    assert_eq!((counters.requests, counters.spans_received, counters.spans_invalid), (1, 2, 1));
}

#[test]
fn logs_are_stored_with_their_trace_or_alone() {
    let receiver = start();
    let spans = request("shop", vec![span(1, 1, 0, "GET /orders", 0, 5)]).encode_to_vec();
    let logs = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeLogs":[{"scope":{"name":"logger"},"logRecords":[
        {"timeUnixNano":"7","severityNumber":17,"body":{"stringValue":"no stock"},"eventName":"stock",
         "traceId":"01010101010101010101010101010101","spanId":"0101010101010101",
         "attributes":[{"key":"exception.type","value":{"stringValue":"Empty"}}]},
        {"observedTimeUnixNano":"8","severityText":"note","body":{"stringValue":"started"}}]}]}]}"#;
    assert_eq!(post(&receiver, "/v1/logs", &[JSON, GZIP], &gzip(logs)).status, 200);
    assert!(receiver.store().traces().is_empty(), "a trace is there when a span of it is");
    assert_eq!(post(&receiver, "/v1/traces", &[PROTOBUF], &spans).status, 200);
    let (traces, loose) = (receiver.store().traces(), receiver.store().logs());
    let log = traces[0].logs_of(traces[0].spans[0].span_id).next().unwrap();
    assert_eq!((log.severity(), log.is_error(), log.event_name.as_str()), ("ERROR", true, "stock"));
    assert_eq!((log.time_unix_nano, log.body.as_str()), (7, Some("no stock")));
    assert_eq!(log.attributes.get("exception.type").unwrap().as_str(), Some("Empty"));
    assert_eq!((log.resource.service(), log.scope.name.as_str()), ("shop", "logger"));
    assert_eq!(loose.len(), 1);
    assert_eq!((loose[0].time_unix_nano, loose[0].severity()), (8, "note"));
    let counters = receiver.store().counters();
    assert_eq!((counters.logs_received, receiver.counters().logs), (2, 1));
}

#[test]
fn the_latest_point_of_each_series_is_stored() {
    let receiver = start();
    let body = |value: u32| {
        let gauge = |method: &str, value: u32| {
            format!(
                r#"{{"asInt":"{value}","timeUnixNano":"{value}","attributes":[
                {{"key":"method","value":{{"stringValue":"{method}"}}}}]}}"#
            )
        };
        format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"active","unit":"1",
            "sum":{{"isMonotonic":false,"aggregationTemporality":2,"dataPoints":[{},{}]}}}}]}}]}}]}}"#,
            gauge("GET", value),
            gauge("PUT", 3)
        )
    };
    for value in [5, 6] {
        assert_eq!(post(&receiver, "/v1/metrics", &[JSON], body(value).as_bytes()).status, 200);
    }
    let series = receiver.store().metrics();
    let shown: Vec<_> = series
        .iter()
        .map(|series| (series.attributes.get("method").unwrap().as_str().unwrap(), &series.point.value))
        .collect();
    assert_eq!(shown, [("GET", &PointValue::Int(6)), ("PUT", &PointValue::Int(3))]);
    let kind = MetricKind::Sum { monotonic: false, temporality: Temporality::Cumulative };
    assert_eq!((series[0].name.as_str(), series[0].unit.as_str(), series[0].kind), ("active", "1", kind));
    assert_eq!((receiver.store().counters().points_received, receiver.counters().metrics), (4, 2));
}

#[test]
fn plain_http_on_the_grpc_port_is_told_what_to_set() {
    let receiver = start();
    let answer = exchange(&receiver.grpc_endpoint(), "POST /v1/traces", &[PROTOBUF], b"");
    let expected = format!("OTEL_EXPORTER_OTLP_ENDPOINT={}", receiver.http_endpoint());
    assert_eq!(answer.status, 415);
    assert!(String::from_utf8(answer.body).unwrap().contains(&expected));
    // Said once, however often it happens.
    exchange(&receiver.grpc_endpoint(), "POST /v1/traces", &[PROTOBUF], b"");
    let notices = receiver.notices();
    assert_eq!((notices.len(), notices[0].contains(&expected)), (1, true), "{notices:?}");
    assert_eq!(receiver.counters().refused, 2);
}

#[test]
fn notices_escape_what_clients_send() {
    let receiver = start();
    exchange(&receiver.http_endpoint(), "POST /\u{9b}2J", &[PROTOBUF], b"");
    assert!(
        receiver.notices().iter().all(|line| !line.contains(char::is_control)),
        "{:?}",
        receiver.notices()
    );
}

#[test]
fn https_is_told_to_be_http() {
    let receiver = start();
    for endpoint in [receiver.http_endpoint(), receiver.grpc_endpoint()] {
        let mut stream = TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(&[22, 3, 1, 0, 200]).unwrap();
        // The connection ends, with an error if what was sent stays unread.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let notices = receiver.notices();
    assert_eq!((notices.len(), notices[0].contains("http://, not https://")), (1, true), "{notices:?}");
}

#[test]
fn a_request_under_way_at_shutdown_is_answered_and_stored() {
    let body = request("shop", vec![span(1, 1, 0, "GET /orders", 0, 5)]).encode_to_vec();
    let receiver = start();
    let endpoint = receiver.http_endpoint();
    let mut stream = TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
    // A first exchange shows that the connection is accepted; the second is cut by the shutdown.
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: {}\r\n",
        body.len()
    );
    stream.write_all(format!("{head}Expect: 100-continue\r\n\r\n").as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let store = std::thread::scope(|scope| {
        let ended = scope.spawn(|| receiver.shutdown());
        // The listener is gone once the shutdown has begun.
        while TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).is_ok() {
            std::thread::yield_now();
        }
        stream.write_all(&body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        ended.join().unwrap()
    });
    assert_eq!(store.traces().len(), 1);
}

#[test]
fn idle_connections_do_not_hold_up_a_shutdown() {
    let receiver = start();
    let connect = |endpoint: String| TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
    let silent = [connect(receiver.http_endpoint()), connect(receiver.grpc_endpoint())];
    let mut kept_alive = connect(receiver.http_endpoint());
    kept_alive.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    kept_alive.read_exact(&mut [0; 12]).unwrap();
    let started = Instant::now();
    receiver.shutdown();
    assert!(started.elapsed() < Duration::from_secs(2), "the bound for requests under way");
    drop(silent);
}

#[test]
fn a_taken_port_is_an_error_only_when_it_was_asked_for() {
    let first = start();
    let port = first.http_endpoint().rsplit(':').next().unwrap().parse().unwrap();
    let taken = ReceiverOptions { http_port: Some(port), ..ReceiverOptions::free_ports() };
    let error = Receiver::start(taken).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot listen on 127.0.0.1:{port} for OTLP/HTTP: ")), "{error}");
    // The usual ports may be free or taken: two receivers start all the same, on ports of their own.
    let usual = [
        Receiver::start(ReceiverOptions::default()).unwrap(),
        Receiver::start(ReceiverOptions::default()).unwrap(),
    ];
    assert_ne!(usual[0].http_endpoint(), usual[1].http_endpoint());
    assert_ne!(usual[0].grpc_endpoint(), usual[1].grpc_endpoint());
}
