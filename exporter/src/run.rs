//! The loop on the agent's own thread: collect, send, and at the end flush within a bound.

use std::mem;
use std::time::Instant;

use otelrs_sdk::resource::Resource;

use crate::config::{Config, ExporterKind};
use crate::control::{Control, ShutdownOutcome};
use crate::log::Log;
use crate::otlp::OtlpExporter;
use crate::source::SpanSource;
use crate::stats::add;
use crate::{console, text};

/// Sends what `source` yields until [`Control::shutdown`] is called; then flushes and returns.
///
/// Blocks its thread and makes no other. `control` serves one run only.
pub fn run(config: Config, resource: Resource, source: impl SpanSource, control: &Control, log: &dyn Log) {
    let running = control.begin();
    let mut batches = Batches::new(config, resource, source, control, log);
    let lost_before = batches.collect_until_shutdown();
    batches.flush();
    running.end(match batches.lost() - lost_before {
        0 => ShutdownOutcome::Flushed,
        spans => ShutdownOutcome::Lost { spans },
    });
}

struct Batches<'a, S: SpanSource> {
    config: Config,
    resource: Resource,
    source: S,
    control: &'a Control,
    log: &'a dyn Log,
    otlp: Option<OtlpExporter>,
    to_console: bool,
    /// What was taken from the source and is not sent yet; its memory is kept.
    pending: Vec<S::Record>,
    console_line: Vec<u8>,
    drops_reported: u64,
}

impl<'a, S: SpanSource> Batches<'a, S> {
    fn new(
        mut config: Config,
        resource: Resource,
        source: S,
        control: &'a Control,
        log: &'a dyn Log,
    ) -> Self {
        config.batch.max_export_batch_size = config.batch.max_export_batch_size.max(1);
        let otlp = config.exporters.contains(&ExporterKind::Otlp).then(|| OtlpExporter::new(&config, log));
        let otlp = otlp.and_then(|exporter| match exporter {
            Ok(exporter) => Some(exporter),
            Err(error) => {
                let endpoint = text::one_line(&config.otlp.endpoint);
                log.warn(
                    "endpoint",
                    &format!("otel.exporter.otlp.endpoint={endpoint} {error}; nothing is sent to it"),
                );
                None
            }
        });
        Self {
            to_console: config.exporters.contains(&ExporterKind::Console),
            config,
            resource,
            source,
            control,
            log,
            otlp,
            pending: Vec::new(),
            console_line: Vec::new(),
            drops_reported: 0,
        }
    }

    /// Returns how many spans were lost before the shutdown was asked for.
    fn collect_until_shutdown(&mut self) -> u64 {
        let mut lost_before = self.lost();
        let mut due = Instant::now() + self.config.batch.schedule_delay;
        while self.control.flush_until().is_none() {
            // What is lost in an export that the shutdown cuts short belongs to the shutdown.
            lost_before = self.lost();
            self.take_from_source();
            let full = self.pending.len() >= self.config.batch.max_export_batch_size;
            if full || Instant::now() >= due {
                self.export_pending();
                due = Instant::now() + self.config.batch.schedule_delay;
            } else {
                self.control.pause(due);
            }
        }
        lost_before
    }

    /// Sends what can be queued now, or counts it once the time is up. What threads that are still at work add
    /// meanwhile is counted, so that a busy application can end.
    fn flush(&mut self) {
        let queued = self.pending.len() + self.config.batch.max_queue_size;
        let mut flushed = 0;
        while flushed < queued {
            self.take_from_source();
            if self.pending.is_empty() {
                return;
            }
            flushed += self.pending.len();
            self.export_pending();
        }
        self.source.drain(self.config.batch.max_queue_size, &mut self.pending);
        let late = self.pending.len() as u64;
        if late > 0 && !goes_nowhere(&self.config.exporters) {
            add(&self.control.counters().failed, late);
            self.log.warn("shutdown", &format!("{late} spans lost: they ended during the shutdown"));
        }
    }

    fn lost(&self) -> u64 {
        self.control.stats().failed
    }

    fn take_from_source(&mut self) {
        let room = self.config.batch.max_export_batch_size.saturating_sub(self.pending.len());
        self.source.drain(room, &mut self.pending);
        self.report_drops();
    }

    fn report_drops(&mut self) {
        let dropped = self.source.dropped();
        let new = dropped.saturating_sub(self.drops_reported);
        if new == 0 {
            return;
        }
        self.drops_reported = dropped;
        add(&self.control.counters().dropped, new);
        self.log.warn(
            "queue-full",
            &format!(
                "{new} spans dropped, {dropped} since the start: the queue of {} was full (otel.bsp.max.queue.size)",
                self.config.batch.max_queue_size
            ),
        );
    }

    fn export_pending(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        if goes_nowhere(&self.config.exporters) {
            self.pending.clear();
            return;
        }
        let mut records = mem::take(&mut self.pending);
        let wrote = self.to_console && self.write_to_console(&records);
        let count = records.len() as u64;
        let counters = self.control.counters();
        let Self { source, resource, config, control, log, .. } = self;
        match &mut self.otlp {
            Some(otlp) => otlp.export(source, &records, resource, config, control, *log),
            None if wrote => add(&counters.exported, count),
            None => {
                add(&counters.failed, count);
                self.log.warn("no-exporter", &format!("{count} spans lost: no exporter works"));
            }
        }
        records.clear();
        self.pending = records;
    }

    fn write_to_console(&mut self, records: &[S::Record]) -> bool {
        let Config { privacy, console, .. } = &mut self.config;
        let spans = records.iter().filter_map(|record| self.source.finish(record));
        let written = console::write_spans(spans, *privacy, &mut self.console_line, console.as_mut());
        if let Err(error) = &written {
            self.log.warn("console", &format!("{} spans not shown on the console: {error}", records.len()));
        }
        written.is_ok()
    }
}

fn goes_nowhere(exporters: &[ExporterKind]) -> bool {
    exporters.iter().all(|kind| *kind == ExporterKind::None)
}
