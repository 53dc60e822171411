//! When a batch is sent, and what is counted.

use std::sync::atomic::Ordering;
use std::time::Duration;

use otelrs_exporter::config::{Config, ExporterKind, Protocol};
use otelrs_exporter::{ShutdownOutcome, Stats};

use crate::collector::{Collector, Reply};
use crate::harness::{Exporter, config, span};

const NEVER: Duration = Duration::from_secs(36_000);

fn batches_of(size: usize, delay: Duration, collector: &Collector) -> Config {
    let mut configuration = config(Protocol::HttpProtobuf, collector.endpoint());
    configuration.batch.max_export_batch_size = size;
    configuration.batch.schedule_delay = delay;
    configuration
}

#[test]
fn a_batch_goes_out_when_it_is_full_and_not_before() {
    let collector = Collector::http([Reply::http(200)]);
    let exporter = Exporter::start(batches_of(10, NEVER, &collector));
    exporter.send((0..3).map(|_| span("x")));
    exporter.send((0..7).map(|_| span("x")));
    assert_eq!(collector.wait_for(1)[0].spans().len(), 10);
    exporter.send((0..25).map(|_| span("x")));
    exporter.stats_when(|stats| stats.exported == 30);
    assert_eq!(exporter.shutdown(), ShutdownOutcome::Flushed);
    let sizes: Vec<usize> = collector.received().iter().map(|request| request.spans().len()).collect();
    assert_eq!(sizes, [10, 10, 10, 5]);
}

#[test]
fn a_batch_that_is_not_full_goes_out_after_the_delay() {
    let collector = Collector::http([Reply::http(200)]);
    let exporter = Exporter::start(batches_of(512, Duration::from_millis(5), &collector));
    exporter.send([span("x")]);
    assert_eq!(exporter.stats_when(|stats| stats.exported == 1), Stats { exported: 1, ..Stats::default() });
}

#[test]
fn nothing_is_sent_when_there_is_nothing() {
    let collector = Collector::http([Reply::http(200)]);
    let exporter = Exporter::start(batches_of(512, Duration::from_millis(1), &collector));
    assert_eq!(exporter.shutdown(), ShutdownOutcome::Flushed);
    assert!(collector.received().is_empty());
}

#[test]
fn drops_of_the_full_queue_are_counted_and_said() {
    let collector = Collector::http([Reply::http(200)]);
    let exporter = Exporter::start(batches_of(512, Duration::from_millis(1), &collector));
    exporter.queue.dropped.store(7, Ordering::Relaxed);
    exporter.control.wake();
    exporter.stats_when(|stats| stats.dropped == 7);
    exporter.queue.dropped.store(9, Ordering::Relaxed);
    exporter.control.wake();
    exporter.stats_when(|stats| stats.dropped == 9);
    exporter.shutdown();
    let lines: Vec<String> = exporter.warnings().into_iter().map(|(_, line)| line).collect();
    assert_eq!(
        lines,
        [
            "7 spans dropped, 7 since the start: the queue of 2048 was full (otel.bsp.max.queue.size)",
            "2 spans dropped, 9 since the start: the queue of 2048 was full (otel.bsp.max.queue.size)",
        ]
    );
}

#[test]
fn without_an_exporter_spans_vanish_silently() {
    let exporters = vec![ExporterKind::None];
    let exporter = Exporter::start(Config { exporters, ..config(Protocol::HttpProtobuf, String::new()) });
    exporter.send([span("x")]);
    assert_eq!(exporter.shutdown(), ShutdownOutcome::Flushed);
    assert_eq!(exporter.control.stats(), Stats::default());
    assert!(exporter.lines().is_empty());
}
