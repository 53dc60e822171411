//! The end: all that was queued is sent, within a bound.

use std::io::Read;
use std::time::{Duration, Instant};

use otelrs_exporter::config::{Config, Protocol, RetryPolicy};
use otelrs_exporter::{Control, ShutdownOutcome, SpanSource, Stats};
use otelrs_sdk::resource::Resource;
use otelrs_sdk::span::{Identity, Span};

use crate::collector::{Collector, RawServer, Reply};
use crate::faults::closed_port;
use crate::harness::{Exporter, Lines, PATIENCE, config, span};

const NEVER: Duration = Duration::from_secs(36_000);

/// Sends nothing until it is asked to end.
fn lazy(endpoint: String) -> Config {
    let mut configuration = config(Protocol::HttpProtobuf, endpoint);
    configuration.batch.schedule_delay = NEVER;
    configuration
}

fn hanging() -> RawServer {
    RawServer::start(|mut stream, _| {
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

#[test]
fn what_was_queued_is_sent_first() {
    let collector = Collector::http([Reply::http(200)]);
    let mut configuration = lazy(collector.endpoint());
    configuration.batch.max_export_batch_size = 100;
    let exporter = Exporter::start(configuration);
    exporter.send((0..1050).map(|_| span("x")));
    assert_eq!(exporter.shutdown(), ShutdownOutcome::Flushed);
    assert_eq!(exporter.control.stats(), Stats { exported: 1050, ..Stats::default() });
    assert_eq!(collector.received().iter().map(|request| request.spans().len()).sum::<usize>(), 1050);
}

#[test]
fn a_hanging_collector_costs_no_more_than_the_bound() {
    let server = hanging();
    let exporter = Exporter::start(lazy(server.endpoint()));
    exporter.send((0..2000).map(|_| span("x")));
    let before = Instant::now();
    let outcome = exporter.control.shutdown(Duration::from_secs(1));
    assert!(before.elapsed() < PATIENCE, "took {:?}", before.elapsed());
    assert_eq!(outcome, ShutdownOutcome::Lost { spans: 2000 });
    assert_eq!(exporter.control.stats().failed, 2000);
    assert!(exporter.line_of("collector-unreachable").contains("spans lost"));
}

#[test]
fn a_request_already_on_its_way_is_cut_to_the_bound() {
    let (arrived, seen) = std::sync::mpsc::channel();
    let server = RawServer::start(move |mut stream, _| {
        arrived.send(()).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut configuration = config(Protocol::HttpProtobuf, server.endpoint());
    configuration.otlp.timeout = NEVER;
    configuration.batch.export_timeout = NEVER;
    configuration.batch.max_export_batch_size = 1;
    let exporter = Exporter::start(configuration);
    exporter.send([span("a"), span("b")]);
    seen.recv().unwrap();
    let outcome = exporter.control.shutdown(Duration::from_secs(1));
    assert_eq!(outcome, ShutdownOutcome::Lost { spans: 2 });
    assert_eq!(exporter.control.stats().failed, 2);
}

#[test]
fn an_absent_collector_does_not_hold_the_end_up() {
    let endpoint = closed_port();
    // The bound has room for an hour's wait before a second attempt: the test would never end.
    let hour = Duration::from_secs(3600);
    let retry = RetryPolicy { initial_backoff: hour, max_backoff: hour, ..RetryPolicy::default() };
    let mut configuration = Config { retry, ..lazy(endpoint) };
    configuration.batch.export_timeout = NEVER;
    let exporter = Exporter::start(configuration);
    // Less than a batch: nothing is tried before the end.
    exporter.send((0..500).map(|_| span("x")));
    assert_eq!(exporter.control.shutdown(NEVER), ShutdownOutcome::Lost { spans: 500 });
}

#[test]
fn a_retry_that_waits_is_made_at_once() {
    let collector = Collector::http([Reply::http(503), Reply::http(200)]);
    let retry = RetryPolicy { initial_backoff: NEVER, max_backoff: NEVER, ..RetryPolicy::default() };
    let mut configuration = Config { retry, ..config(Protocol::HttpProtobuf, collector.endpoint()) };
    configuration.batch.export_timeout = NEVER * 2;
    let exporter = Exporter::start(configuration);
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.retried == 1);
    assert_eq!(exporter.shutdown(), ShutdownOutcome::Flushed);
    assert_eq!(exporter.control.stats(), Stats { exported: 1, retried: 1, ..Stats::default() });
}

#[test]
fn a_collector_that_asks_for_a_short_wait_gets_it_during_the_flush() {
    let collector = Collector::http([Reply::http(503), Reply::http(200)]);
    let exporter = Exporter::start(lazy(collector.endpoint()));
    exporter.send([span("x")]);
    assert_eq!(exporter.shutdown(), ShutdownOutcome::Flushed);
    assert_eq!(exporter.control.stats(), Stats { exported: 1, retried: 1, ..Stats::default() });
}

/// Threads that go on working while the process ends.
struct Endless;

impl SpanSource for Endless {
    type Record = ();

    fn drain(&mut self, max: usize, out: &mut Vec<()>) -> usize {
        out.extend((0..max).map(|_| ()));
        max
    }

    fn scope(&self, (): &()) -> &'static str {
        "otelrs.test"
    }

    fn identity(&self, (): &()) -> Identity {
        span("x").identity
    }

    fn made_from<'a>(&self, (): &'a ()) -> Option<(u16, &'a [u8])> {
        None
    }

    fn finish<'a>(&'a self, (): &'a ()) -> Option<Span<'a>> {
        Some(span("x"))
    }

    fn dropped(&self) -> u64 {
        0
    }
}

#[test]
fn an_application_that_goes_on_does_not_keep_the_flush_from_ending() {
    let collector = Collector::http([Reply::http(200)]);
    let mut configuration = lazy(collector.endpoint());
    configuration.batch.max_queue_size = 100;
    configuration.batch.max_export_batch_size = 50;
    let (control, log) = (Control::new(), Lines::default());
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| otelrs_exporter::run(configuration, Resource::default(), Endless, &control, &log));
        collector.wait_for(3);
        control.shutdown(NEVER)
    });
    assert_eq!(outcome, ShutdownOutcome::Lost { spans: 100 });
    assert_eq!(control.stats().failed, 100);
}

#[test]
fn every_caller_learns_the_same_end() {
    let collector = Collector::http([Reply::http(200)]);
    let exporter = Exporter::start(lazy(collector.endpoint()));
    exporter.send([span("x")]);
    assert_eq!(exporter.shutdown(), ShutdownOutcome::Flushed);
    assert_eq!(exporter.control.shutdown(Duration::ZERO), ShutdownOutcome::Flushed);
}

#[test]
fn a_run_that_never_began_is_not_waited_for_beyond_the_bound() {
    let control = Control::new();
    control.wake();
    assert_eq!(control.shutdown(Duration::from_millis(1)), ShutdownOutcome::TimedOut);
}
