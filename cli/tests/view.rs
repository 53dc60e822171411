//! `otelrs view`: traces as they complete, JSON lines for scripts, a clean end.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod support;

use rustix::process::Signal;
use support::{Running, line, lines_of, otelrs, rest, send_span};

/// Starts `otelrs view` on free ports and waits for the line with its HTTP endpoint.
fn start(options: &[&str]) -> (Running, String, impl std::io::BufRead) {
    let mut running =
        Running::start(otelrs().args(["view", "--http-port", "0", "--grpc-port", "0"]).args(options));
    let mut stderr = lines_of(&mut running.0.stderr);
    let first = line(&mut stderr);
    let endpoint = first.split(' ').find(|word| word.starts_with("http://")).expect(&first).to_owned();
    (running, endpoint, stderr)
}

#[test]
fn a_trace_is_shown_as_it_completes_and_the_end_is_clean() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (mut running, endpoint, stderr) = start(&[]);
        let mut stdout = lines_of(&mut running.0.stdout);
        send_span(&endpoint, 1, "GET /orders");
        assert_eq!(line(&mut stdout), "");
        assert_eq!(line(&mut stdout), "● GET /orders  12.0 ms  1 span  shop");
        running.signal(signal);
        assert_eq!(rest(stderr), "otelrs: 1 trace, 1 span received\n");
        assert_eq!(running.exit_code(), Some(0));
    }
}

#[test]
fn a_signal_shows_what_was_still_awaited() {
    let (mut running, endpoint, stderr) = start(&[]);
    send_span(&endpoint, 1, "GET /orders");
    running.signal(Signal::TERM);
    assert!(rest(running.0.stdout.take().unwrap()).contains("● GET /orders"));
    assert_eq!(rest(stderr), "otelrs: 1 trace, 1 span received\n");
    assert_eq!(running.exit_code(), Some(0));
}

#[test]
fn json_lines_come_one_a_request_and_nothing_else() {
    let (mut running, endpoint, stderr) = start(&["--json"]);
    let mut stdout = lines_of(&mut running.0.stdout);
    for trace in 1..=2 {
        send_span(&endpoint, trace, "GET /orders");
        let request: serde_json::Value = serde_json::from_str(&line(&mut stdout)).unwrap();
        let trace_id = &request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"];
        assert_eq!(trace_id, &serde_json::json!(format!("{trace:02x}").repeat(16)));
    }
    running.signal(Signal::TERM);
    assert_eq!(rest(stdout), "");
    assert_eq!(rest(stderr), "otelrs: 2 traces, 2 spans received\n");
    assert_eq!(running.exit_code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    for options in [&["--json"][..], &[]] {
        let (mut running, endpoint, _stderr) = start(options);
        drop(running.0.stdout.take());
        send_span(&endpoint, 1, "GET /orders");
        assert_eq!(running.exit_code(), Some(0), "{options:?}");
    }
}

#[test]
fn a_wrong_port_is_said_once() {
    let (mut running, endpoint, mut stderr) = start(&[]);
    for _ in 0..2 {
        let mut stream = std::net::TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
        let request = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        assert!(rest(stream).starts_with("HTTP/1.1 404"));
    }
    assert!(line(&mut stderr).starts_with("otelrs: no OTLP at /: a generic endpoint is http://127.0.0.1:"));
    running.signal(Signal::TERM);
    assert_eq!(rest(stderr), "otelrs: 0 traces, 0 spans received; 2 requests refused\n");
    assert_eq!(running.exit_code(), Some(0));
}
