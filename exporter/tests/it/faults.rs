//! Collectors that are absent, slow, broken or hostile.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::time::Duration;

use otelrs_exporter::Stats;
use otelrs_exporter::config::{Config, Protocol, RetryPolicy};

use crate::collector::{Collector, RawServer, Reply, read_request};
use crate::harness::{Exporter, config, eventually, span};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn http_config(endpoint: String) -> Config {
    config(Protocol::HttpProtobuf, endpoint)
}

/// An endpoint that nobody listens on, on an address of its own so that no other test gets the port meanwhile.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.2:0").unwrap();
    format!("http://{}/v1/traces", listener.local_addr().unwrap())
}

#[test]
fn a_refused_connection_is_tried_again_and_then_counted() {
    let endpoint = closed_port();
    let exporter = Exporter::start(http_config(endpoint.clone()));
    exporter.send([span("x")]);
    let stats = exporter.stats_when(|stats| stats.failed == 1);
    assert_eq!(stats, Stats { failed: 1, retried: 4, ..Stats::default() });
    let line = exporter.line_of("collector-unreachable");
    assert!(line.contains(&format!("cannot reach {endpoint}: Connection refused")), "{line}");
}

#[test]
fn a_collector_that_comes_up_late_gets_the_batch() {
    let endpoint = closed_port();
    let retry = RetryPolicy { max_attempts: u32::MAX, ..http_config(String::new()).retry };
    let exporter = Exporter::start(Config { retry, ..http_config(endpoint.clone()) });
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.retried > 0);
    let address = endpoint.trim_start_matches("http://").trim_end_matches("/v1/traces");
    let listener = eventually("the port again", || TcpListener::bind(address).ok());
    let collector = Collector::start_on(listener, Protocol::HttpProtobuf, vec![Reply::http(200)], None);
    assert_eq!(exporter.stats_when(|stats| stats.exported == 1).failed, 0);
    assert_eq!(collector.received()[0].spans()[0].name, "x");
}

#[test]
fn a_name_that_does_not_resolve_is_said() {
    let exporter = Exporter::start(http_config("http://collector.invalid:4318/v1/traces".to_owned()));
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.failed == 1);
    assert!(exporter.line_of("collector-unreachable").contains("cannot resolve collector.invalid"));
}

/// Each treatment of a connection, and whether the batch is tried again.
#[test]
fn answers_that_are_none_neither_hurt_nor_hang() {
    type Treat = fn(&mut std::net::TcpStream);
    let cases: [(&str, Treat, bool); 6] = [
        ("closed at once", |_| {}, true),
        (
            "closed after the request",
            |stream| {
                read_request(stream);
            },
            true,
        ),
        (
            "closed within the head",
            |stream| {
                read_request(stream);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncont").unwrap();
            },
            true,
        ),
        (
            "binary garbage",
            |stream| {
                read_request(stream);
                stream.write_all(&[0xff; 2000]).unwrap();
            },
            false,
        ),
        (
            "text of another protocol",
            |stream| {
                read_request(stream);
                stream.write_all(b"220 mail.example ESMTP\r\n").unwrap();
            },
            false,
        ),
        (
            "an endless head",
            |stream| {
                read_request(stream);
                stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").unwrap();
                while stream.write_all(&[b'x'; 8192]).is_ok() {}
            },
            false,
        ),
    ];
    for (what, treat, retried) in cases {
        let server = RawServer::start(move |mut stream, _| {
            treat(&mut stream);
            // The reading side first: closing with unread bytes would be a reset.
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let exporter = Exporter::start(http_config(server.endpoint()));
        exporter.send([span("x")]);
        let stats = exporter.stats_when(|stats| stats.failed == 1);
        assert_eq!(stats.retried > 0, retried, "{what}: {stats:?} {:?}", exporter.lines());
        assert_eq!(exporter.warnings().len(), 1, "{what}: {:?}", exporter.lines());
    }
}

#[test]
fn a_body_that_breaks_off_does_not_undo_its_status() {
    let server = RawServer::start(|mut stream, _| {
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").unwrap();
    });
    let exporter = Exporter::start(http_config(server.endpoint()));
    exporter.send([span("x")]);
    assert_eq!(exporter.stats_when(|stats| stats.exported == 1), Stats { exported: 1, ..Stats::default() });
}

/// The server would go on for ever: the exporter must be the one who stops.
#[test]
fn an_endless_body_is_discarded_and_its_connection_closed() {
    let server = RawServer::start(|mut stream, _| {
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        let chunk = [b"2000\r\n".as_slice(), &[b'x'; 8192], b"\r\n"].concat();
        while stream.write_all(&chunk).is_ok() {}
    });
    let exporter = Exporter::start(http_config(server.endpoint()));
    for count in 1..=2 {
        exporter.send([span("x")]);
        exporter.stats_when(|stats| stats.exported == count);
    }
}

#[test]
fn an_oversize_grpc_answer_is_refused() {
    let collector = Collector::grpc([Reply::grpc(0).body(vec![0; 5 << 20])]);
    let exporter = Exporter::start(config(Protocol::Grpc, collector.url("http")));
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.failed == 1);
    assert!(exporter.line_of("collector-refused").contains("more than 4194304 bytes"));
}

/// Accepts and never reads; then accepts, reads and never answers.
#[test]
fn a_hanging_collector_is_left_after_the_timeout() {
    for reads in [false, true] {
        let server = RawServer::start(move |mut stream, _| {
            if reads {
                read_request(&mut stream);
            }
            // Ends when the exporter closes its side.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
            let mut configuration = config(protocol, server.endpoint());
            configuration.otlp.timeout = Duration::from_millis(20);
            configuration.retry.max_attempts = 2;
            let exporter = Exporter::start(configuration);
            exporter.send([span("x")]);
            let stats = exporter.stats_when(|stats| stats.failed == 1);
            assert_eq!(stats, Stats { failed: 1, retried: 1, ..Stats::default() });
            let line = exporter.line_of("collector-unreachable");
            assert!(line.contains("no answer from http://127.0.0.1"), "{line}");
        }
    }
}

#[test]
fn a_slow_answer_within_the_timeout_is_good() {
    let server = RawServer::start(|mut stream, _| {
        read_request(&mut stream);
        for byte in OK {
            stream.write_all(&[*byte]).unwrap();
            std::thread::yield_now();
        }
    });
    let exporter = Exporter::start(http_config(server.endpoint()));
    exporter.send([span("x")]);
    assert_eq!(exporter.stats_when(|stats| stats.exported == 1).retried, 0);
}

#[test]
fn a_connection_closed_while_idle_costs_no_retry() {
    let (answered, seen) = std::sync::mpsc::channel();
    let server = RawServer::start(move |mut stream, number| {
        read_request(&mut stream);
        stream.write_all(OK).unwrap();
        let _ = stream.shutdown(Shutdown::Both);
        drop(stream);
        answered.send(number).unwrap();
    });
    let exporter = Exporter::start(http_config(server.endpoint()));
    for count in 1..=3 {
        exporter.send([span("x")]);
        exporter.stats_when(|stats| stats.exported == count);
        seen.recv().unwrap();
    }
    assert_eq!(exporter.control.stats(), Stats { exported: 3, ..Stats::default() });
}
