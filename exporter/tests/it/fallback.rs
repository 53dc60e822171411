//! When nobody chose a protocol, the port decides.

use std::io::{Read, Write};
use std::net::TcpStream;

use otelrs_exporter::config::{Config, Protocol};

use crate::collector::{Collector, RawServer, Reply};
use crate::harness::{Exporter, config, span};

fn unchosen(protocol: Protocol, endpoint: String) -> Config {
    let mut configuration = config(protocol, endpoint);
    configuration.otlp.protocol_was_set = false;
    configuration
}

fn protocol_lines(exporter: &Exporter) -> Vec<String> {
    exporter.warnings().into_iter().filter(|(cause, _)| *cause == "protocol").map(|(_, line)| line).collect()
}

#[test]
fn a_grpc_port_gets_grpc_and_one_line_says_so() {
    let collector = Collector::grpc([Reply::grpc(0)]);
    let exporter = Exporter::start(unchosen(Protocol::HttpProtobuf, collector.endpoint()));
    for count in 1..=3 {
        exporter.send([span("x")]);
        exporter.stats_when(|stats| stats.exported == count);
    }
    assert_eq!(exporter.control.stats().retried, 0);
    let lines = protocol_lines(&exporter);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("does not speak http/protobuf but grpc"), "{lines:?}");
    assert_eq!(exporter.warnings().len(), 1);
}

#[test]
fn an_http_port_gets_http_and_one_line_says_so() {
    let collector = Collector::http([Reply::http(200)]);
    let exporter = Exporter::start(unchosen(Protocol::Grpc, collector.url("http")));
    for count in 1..=3 {
        exporter.send([span("x")]);
        exporter.stats_when(|stats| stats.exported == count);
    }
    assert_eq!(collector.received()[2].target, "/v1/traces");
    assert!(protocol_lines(&exporter)[0].contains("does not speak grpc but http/protobuf"));
    assert_eq!(exporter.warnings().len(), 1);
}

#[test]
fn a_port_that_answers_both_versions_but_has_only_grpc_gets_grpc() {
    // One port before two servers, as a gateway has it: the first bytes of a connection decide.
    let (http, grpc) = (Collector::http([Reply::http(404)]), Collector::grpc([Reply::grpc(0)]));
    let (http_address, grpc_address) = (http.address, grpc.address);
    let server = RawServer::start(move |mut client, _| {
        let mut start = [0; 2];
        client.read_exact(&mut start).unwrap();
        let is_http2 = &start == b"PR";
        let mut upstream = TcpStream::connect(if is_http2 { grpc_address } else { http_address }).unwrap();
        upstream.write_all(&start).unwrap();
        let (mut requests, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut requests, &mut to));
        let _ = std::io::copy(&mut upstream, &mut client);
    });
    let exporter = Exporter::start(unchosen(Protocol::HttpProtobuf, server.endpoint()));
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.exported == 1);
    assert_eq!((http.received().len(), grpc.received().len()), (1, 1));
}

#[test]
fn a_chosen_protocol_is_kept_and_the_other_named() {
    let cases = [
        (Collector::grpc([Reply::grpc(0)]), Protocol::HttpProtobuf, "otel.exporter.otlp.protocol=grpc"),
        (Collector::http([Reply::http(200)]), Protocol::Grpc, "otel.exporter.otlp.protocol=http/protobuf"),
    ];
    for (collector, protocol, advice) in cases {
        let exporter = Exporter::start(config(protocol, collector.endpoint()));
        exporter.send([span("x")]);
        exporter.stats_when(|stats| stats.failed == 1);
        let warnings = exporter.warnings();
        assert!(warnings[0].1.contains(advice), "{warnings:?}");
        assert!(collector.received().is_empty());
    }
}

#[test]
fn a_port_that_speaks_neither_changes_nothing() {
    let server = RawServer::start(|mut stream, _| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let mut configuration = unchosen(protocol, server.endpoint());
        configuration.retry.max_attempts = 1;
        let exporter = Exporter::start(configuration);
        exporter.send([span("x")]);
        exporter.stats_when(|stats| stats.failed == 1);
        assert!(protocol_lines(&exporter).is_empty(), "{:?}", exporter.lines());
    }
}

#[test]
fn an_answer_settles_the_protocol_for_good() {
    // After a good answer over HTTP a 404 is a fault of the collector, not a question of protocol.
    let collector = Collector::http([Reply::http(200), Reply::http(404), Reply::http(200)]);
    let exporter = Exporter::start(unchosen(Protocol::HttpProtobuf, collector.endpoint()));
    exporter.send([span("a")]);
    exporter.stats_when(|stats| stats.exported == 1);
    exporter.send([span("b")]);
    exporter.stats_when(|stats| stats.failed == 1);
    exporter.send([span("c")]);
    exporter.stats_when(|stats| stats.exported == 2);
    assert!(collector.received().iter().all(|request| request.connection == 0));
}
