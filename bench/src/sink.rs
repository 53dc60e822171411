//! The collector: `bench sink`, a process of its own that takes OTLP over http/protobuf and counts spans. Anything that is
//! not a POST is answered with the count.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use otelrs_otlp::decode::decode_trace_request;
use otelrs_test_support::child::{Child, Stream};
use otelrs_test_support::http;

use crate::affinity;
use crate::connection::Connection;

/// An empty ExportTraceServiceResponse.
const ACCEPTED: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
const REFUSED: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
const START_PATIENCE: Duration = Duration::from_secs(30);
/// When no span has come for so long, none will: agents are told to wait 200 ms at most for a batch to fill.
const QUIET: Duration = Duration::from_millis(1200);
/// A collector that is never quiet is not waited for.
const DRAIN_PATIENCE: Duration = Duration::from_secs(30);

/// How the collector runs.
#[derive(Clone, Debug, Args)]
pub(crate) struct SinkOptions {
    /// The processor to run on.
    #[arg(long)]
    pub(crate) core: Option<usize>,
    /// Milliseconds that each batch waits for its answer.
    #[arg(long, default_value_t = 0)]
    pub(crate) delay: u64,
}

impl SinkOptions {
    /// Serves on a free port, which it prints as `READY port`, until the process is ended.
    ///
    /// # Errors
    /// When no port can be bound.
    pub(crate) fn run(&self) -> Result<()> {
        if let Some(core) = self.core {
            affinity::pin_this_thread(core)?;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        println!("READY {}", listener.local_addr()?.port());
        std::io::stdout().flush()?;
        let (spans, delay) = (Arc::new(AtomicU64::new(0)), Duration::from_millis(self.delay));
        for stream in listener.incoming() {
            let (stream, spans) = (stream?, Arc::clone(&spans));
            thread::spawn(move || {
                if let Err(failure) = serve(stream, &spans, delay) {
                    eprintln!("bench sink: {failure:#}");
                }
            });
        }
        Ok(())
    }
}

fn serve(stream: TcpStream, spans: &AtomicU64, delay: Duration) -> Result<()> {
    let mut connection = Connection::over(stream)?;
    while let Some((is_post, body)) = connection.read_request()? {
        if is_post {
            let counted = count_spans(body);
            let answer = match counted {
                Some(count) => {
                    spans.fetch_add(count, Ordering::Relaxed);
                    ACCEPTED
                }
                None => REFUSED,
            };
            thread::sleep(delay);
            connection.send(answer)?;
        } else {
            let count = spans.load(Ordering::Relaxed).to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", count.len());
            connection.send((head + &count).as_bytes())?;
            return Ok(());
        }
    }
    Ok(())
}

/// Spans of an ExportTraceServiceRequest; nothing for what is none.
fn count_spans(body: &[u8]) -> Option<u64> {
    let request = decode_trace_request(body).ok()?;
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    u64::try_from(scopes.map(|scope| scope.spans.len()).sum::<usize>()).ok()
}

/// A collector in a process of its own; ends when dropped.
#[derive(Debug)]
pub(crate) struct Sink {
    port: u16,
    /// How long no span comes when none will.
    quiet: Duration,
    _process: Child,
}

impl Sink {
    /// Starts one that answers at once, on one processor where one is given.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(core: Option<usize>) -> Result<Self> {
        Self::start_slow(core, 0)
    }

    /// Starts one that lets each batch wait so many milliseconds for its answer.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start_slow(core: Option<usize>, delay: u64) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["sink", "--delay", &delay.to_string()]);
        if let Some(core) = core {
            command.args(["--core", &core.to_string()]);
        }
        let mut process = Child::start_showing_errors("the collector", &mut command)?;
        let port = process.wait_for_line(Stream::Stdout, START_PATIENCE, |line| {
            line.strip_prefix("READY ").and_then(|port| port.trim().parse().ok())
        })?;
        Ok(Self { port, quiet: QUIET + Duration::from_millis(2 * delay), _process: process })
    }

    /// Its port, which answers anything but a POST with the count of spans.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Spans received since it started.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn spans(&self) -> Result<u64> {
        let answer = http::get(self.port, "/", &[])?;
        answer.body.trim().parse().with_context(|| format!("the collector's count: {:?}", answer.body))
    }

    /// Waits until `expected` spans were received, or none came for some time, and returns how many there are.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn drained(&self, expected: u64) -> Result<u64> {
        let started = Instant::now();
        let (mut known, mut since) = (self.spans()?, Instant::now());
        while known < expected && since.elapsed() < self.quiet && started.elapsed() < DRAIN_PATIENCE {
            thread::sleep(Duration::from_millis(20));
            let spans = self.spans()?;
            if spans != known {
                (known, since) = (spans, Instant::now());
            }
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otelrs_otlp::encode::encode_trace_request;
    use otelrs_otlp::model::{ExportTraceServiceRequest, ResourceSpans, ScopeSpans, Span};

    #[test]
    fn spans_of_every_scope_are_counted() {
        let scope = |count| ScopeSpans { spans: vec![Span::default(); count], ..Default::default() };
        let resource = |counts: &[usize]| ResourceSpans {
            scope_spans: counts.iter().map(|count| scope(*count)).collect(),
            ..Default::default()
        };
        let request = ExportTraceServiceRequest { resource_spans: vec![resource(&[1, 2]), resource(&[4])] };
        let mut body = Vec::new();
        encode_trace_request(&request, &mut body);
        assert_eq!(count_spans(&body), Some(7));
        assert_eq!(count_spans(b""), Some(0));
        assert_eq!(count_spans(b"no protobuf"), None);
    }
}
