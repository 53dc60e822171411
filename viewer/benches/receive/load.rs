//! The sender: traces of eight spans as a web application with a database makes them.

use std::fmt;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

const BATCH: u64 = 512;
const SPANS_A_TRACE: u64 = 8;
const ATTRIBUTES: usize = 12;
/// Of one span on the wire.
const SPAN_BYTES: usize = 600;

/// How much is sent.
pub(crate) struct Load {
    pub(crate) seconds: u64,
    /// Spans a second; 0 as fast as they are taken.
    pub(crate) rate: u64,
    pub(crate) spans: u64,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "spans of {ATTRIBUTES} attributes and {SPAN_BYTES} bytes in batches of {BATCH}, http/protobuf, "
        )?;
        match self.rate {
            0 => write!(f, "as fast as they are taken, ")?,
            rate => write!(f, "{rate} a second, ")?,
        }
        match self.spans {
            u64::MAX => write!(f, "for {} s", self.seconds),
            spans => write!(f, "{spans} in all"),
        }
    }
}

/// Connections that send, each on a thread of its own: what exporters of several processes are.
const SENDERS: u64 = 2;

/// Sends the load and prints how many spans were answered with 200.
pub(crate) fn send(endpoint: &str, load: &Load) {
    let address = endpoint.strip_prefix("http://").unwrap();
    let sent: u64 = std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..SENDERS).map(|sender| scope.spawn(move || send_from(sender, address, load))).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).sum()
    });
    println!("{sent}");
}

/// Every [`SENDERS`]th batch, beginning with the sender's own; how many spans were sent.
fn send_from(sender: u64, address: &str, load: &Load) -> u64 {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let (started, time, mut sent) = (Instant::now(), Duration::from_secs(load.seconds), 0);
    loop {
        let first = (sent * SENDERS) + sender * BATCH;
        if first >= load.spans || (load.spans == u64::MAX && started.elapsed() >= time) {
            return sent;
        }
        let body = batch(first).encode_to_vec();
        if let Some(due) = (first * 1_000_000_000).checked_div(load.rate) {
            std::thread::sleep(Duration::from_nanos(due).saturating_sub(started.elapsed()));
        }
        post(&mut stream, address, &body);
        sent += BATCH;
    }
}

fn post(stream: &mut TcpStream, address: &str, body: &[u8]) {
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-protobuf\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
    assert!(answer[..length].ends_with(b"\r\n\r\n"), "an empty answer in one piece");
}

fn text(key: &str, value: String) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(value)) };
    KeyValue { key: key.to_owned(), value: Some(value), ..Default::default() }
}

fn batch(first: u64) -> ExportTraceServiceRequest {
    let resource = [("service.name", "shop"), ("host.name", "bench"), ("telemetry.sdk.language", "java")];
    let resource = resource.iter().map(|(key, value)| text(key, (*value).to_owned())).collect();
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes: resource, ..Default::default() }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope { name: "bench".to_owned(), ..Default::default() }),
                spans: (first..first + BATCH).map(span).collect(),
                ..Default::default()
            }],
            ..Default::default()
        }],
    }
}

/// The first of eight is the request, which the other seven queries fill.
fn span(number: u64) -> Span {
    let (trace, place) = (number / SPANS_A_TRACE + 1, number % SPANS_A_TRACE);
    let root = (trace * SPANS_A_TRACE).to_be_bytes().to_vec();
    let start = 1_700_000_000_000_000_000 + trace * 1_000_000 + place * 100_000;
    let keys: [&str; ATTRIBUTES - 1] = match place {
        0 => [
            "http.request.method",
            "url.path",
            "url.scheme",
            "server.address",
            "network.protocol.version",
            "client.address",
            "user_agent.original",
            "thread.name",
            "http.route",
            "enduser.pseudo.id",
            "peer",
        ],
        _ => [
            "db.system.name",
            "db.namespace",
            "db.operation.name",
            "db.collection.name",
            "server.address",
            "db.query.summary",
            "thread.name",
            "network.peer.address",
            "db.user",
            "code.function.name",
            "peer",
        ],
    };
    let mut span = Span {
        trace_id: [trace.to_be_bytes(), trace.to_le_bytes()].concat(),
        span_id: (trace * SPANS_A_TRACE + place).to_be_bytes().to_vec(),
        parent_span_id: if place == 0 { Vec::new() } else { root },
        name: if place == 0 {
            format!("GET /orders/{}", trace % 40)
        } else {
            format!("SELECT table_{place}")
        },
        kind: if place == 0 { 2 } else { 3 },
        start_time_unix_nano: start,
        end_time_unix_nano: start + if place == 0 { 900_000 } else { 90_000 },
        attributes: keys.iter().map(|key| text(key, format!("value of {key} {}", number % 50))).collect(),
        ..Default::default()
    };
    // The twelfth, as a statement or a query string would be, fills the span up.
    span.attributes.push(text("db.query.text", String::new()));
    let missing = SPAN_BYTES.saturating_sub(span.encoded_len());
    let filled = format!("SELECT * FROM table_{place} WHERE id = ? {:missing$}", "");
    span.attributes.last_mut().unwrap().value =
        Some(AnyValue { value: Some(Value::StringValue(filled.chars().take(missing).collect())) });
    span
}
