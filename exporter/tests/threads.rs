//! The exporter runs on the thread it was given and makes no other. Alone in its process, to count threads.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use otelrs_exporter::config::{Batch, Config, Otlp, Protocol, RetryPolicy};
use otelrs_exporter::{Control, Log, ShutdownOutcome, SpanSource};
use otelrs_sdk::resource::Resource;
use otelrs_sdk::span::{Identity, Span, SpanKind, Status};

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

struct Silent;

impl Log for Silent {
    fn warn(&self, _: &'static str, _: &str) {}
    fn debug(&self, _: &str) {}
}

/// One span, then asks for the end. Looks at the threads each time it is asked.
struct OneSpan<'a> {
    given: bool,
    control: &'a Control,
    most_threads: &'a mut usize,
}

impl SpanSource for OneSpan<'_> {
    type Record = ();

    fn drain(&mut self, _: usize, out: &mut Vec<()>) -> usize {
        *self.most_threads = threads().max(*self.most_threads);
        if self.given {
            self.control.shutdown(Duration::ZERO);
            return 0;
        }
        self.given = true;
        out.push(());
        1
    }

    fn scope(&self, (): &()) -> &'static str {
        "otelrs.test"
    }

    fn identity(&self, (): &()) -> Identity {
        Identity {
            trace_id: [1, 1],
            span_id: 1,
            parent_span_id: 0,
            flags: 1,
            start_unix_nano: 1,
            end_unix_nano: 2,
        }
    }

    fn made_from<'a>(&self, (): &'a ()) -> Option<(u16, &'a [u8])> {
        None
    }

    fn finish<'a>(&'a self, (): &'a ()) -> Option<Span<'a>> {
        Some(Span {
            scope: "otelrs.test",
            identity: self.identity(&()),
            trace_state: "".into(),
            name: "x".into(),
            kind: SpanKind::Internal,
            attributes: Vec::new(),
            exceptions: Vec::new(),
            link: None,
            status: Status::Unset,
        })
    }

    fn dropped(&self) -> u64 {
        0
    }
}

/// A name to resolve, connections, answers, waits between retries: all on one thread.
#[test]
fn no_thread_is_made_for_names_sockets_or_timers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
        }
    });
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let config = Config {
            otlp: Otlp {
                protocol,
                protocol_was_set: true,
                endpoint: format!("http://localhost:{port}"),
                ..Otlp::default()
            },
            batch: Batch { schedule_delay: Duration::ZERO, ..Batch::default() },
            retry: RetryPolicy { initial_backoff: Duration::from_millis(1), ..RetryPolicy::default() },
            ..Config::default()
        };
        let control = Control::new();
        let (before, mut most_threads) = (threads(), 0);
        let source = OneSpan { given: false, control: &control, most_threads: &mut most_threads };
        otelrs_exporter::run(config, Resource::default(), source, &control, &Silent);
        assert_eq!(control.stats().failed, 1);
        assert_eq!(control.shutdown(Duration::ZERO), ShutdownOutcome::Flushed);
        assert_eq!((most_threads, threads()), (before, before), "{protocol:?}");
    }
}
