//! The store of traces, log records and metrics: bounded by bytes, oldest traces leave first, everything that leaves is
//! counted.

mod convert;
mod departed;
mod held;
mod judging;
mod points;
mod series;
mod shared;
mod size;
mod timeout;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use otelrs_otlp::model::ExportTraceServiceRequest;
use otelrs_otlp::model::logs::ExportLogsServiceRequest;
use otelrs_otlp::model::metrics::ExportMetricsServiceRequest;

use crate::archive::{Archive, ArchiveError};
use crate::findings::{Finding, Findings, Thresholds};
use crate::logs::LogRecord;
use crate::metrics::Series;
use crate::span::{Trace, TraceId};
use convert::Origins;
use held::{Entry, Held};
use judging::{Case, Verdict};
use series::SeriesTable;
pub use timeout::Timeout;

/// Default bound of a store: 64 MiB.
pub const DEFAULT_MAX_BYTES: usize = 64 * 1024 * 1024;

/// What a store has seen. Spans received + restored = stored + evicted + invalid; log records received + restored =
/// stored + evicted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Trace requests taken in.
    pub requests: u64,
    /// Spans in them.
    pub spans_received: u64,
    /// Spans refused because their trace or span id is all zero.
    pub spans_invalid: u64,
    /// Traces that left because the store was full.
    pub traces_evicted: u64,
    /// Spans of those traces.
    pub spans_evicted: u64,
    /// Log records taken in.
    pub logs_received: u64,
    /// Log records that left because the store was full, most of them with their trace.
    pub logs_evicted: u64,
    /// Traces taken in from a file; they are the oldest arrivals.
    pub traces_restored: u64,
    /// Spans taken in from a file.
    pub spans_restored: u64,
    /// Log records taken in from a file.
    pub logs_restored: u64,
    /// Metric data points taken in.
    pub points_received: u64,
    /// Series that left because the store was full.
    pub series_evicted: u64,
}

/// Traces by id, log records, series and findings. Shared by reference between the receiver and whoever looks.
///
/// Everything counts against one bound of bytes. Series and findings have an eighth of it each at most; what leaves to
/// make room is the oldest traces (and log records of no trace).
#[derive(Debug)]
pub struct TraceStore {
    held: Mutex<Held>,
    series: Mutex<SeriesTable>,
    // Never locked while another lock is held; `held` may be locked under it.
    findings: Mutex<Findings>,
    origins: Origins,
    changed: Condvar,
    archive: OnceLock<Archive>,
    max_bytes: usize,
    thresholds: Thresholds,
}

/// Share of the bound that series may take, and findings: one part in so many.
const SHARE: usize = 8;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for TraceStore {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_BYTES)
    }
}

impl TraceStore {
    /// An empty store that holds at most `max_bytes` (an estimate of what the allocator holds).
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self::with_thresholds(max_bytes, Thresholds::default())
    }

    /// An empty store whose findings are made from these thresholds on.
    #[must_use]
    pub fn with_thresholds(max_bytes: usize, thresholds: Thresholds) -> Self {
        Self {
            held: Mutex::new(Held::new(max_bytes)),
            series: Mutex::default(),
            findings: Mutex::new(Findings::new(thresholds, max_bytes / SHARE)),
            origins: Origins::default(),
            changed: Condvar::new(),
            archive: OnceLock::new(),
            max_bytes,
            thresholds,
        }
    }

    /// Keeps spans and log records in this file from now on as well, and takes in the newest traces that it has: as many
    /// as fill half of the bound.
    ///
    /// # Errors
    /// The file cannot be used (see [`Archive::open`]), or a row of it cannot be read.
    pub fn keep_in(&self, file: &Path) -> Result<(), ArchiveError> {
        let archive = Archive::open(file, self.max_bytes / SHARE)?;
        let mut bytes = 0;
        let mut restored = archive.newest(|trace| {
            bytes += size::trace_bytes(trace);
            bytes > self.max_bytes / 2
        })?;
        // The oldest leave first again.
        restored.reverse();
        for trace in restored {
            self.restore(trace);
        }
        // A store that has a file already keeps it.
        let _ = self.archive.set(archive);
        Ok(())
    }

    fn restore(&self, trace: Trace) {
        lock(&self.findings).count_spans(trace.spans.iter());
        self.hold(|held, now| {
            held.counters.traces_restored += 1;
            held.counters.spans_restored += trace.spans.len() as u64;
            held.counters.logs_restored += trace.logs.len() as u64;
            held.insert_spans(size::with_bytes(trace.spans, size::span_bytes), now);
            held.insert_logs(size::with_bytes(trace.logs, size::log_bytes), now);
        });
    }

    /// All traces but those taken in from a file, the oldest arrival first.
    #[must_use]
    pub fn received_traces(&self) -> Vec<Trace> {
        let held = lock(&self.held);
        let restored = held.counters.traces_restored.saturating_sub(held.counters.traces_evicted);
        let mut traces = held.snapshot();
        drop(held);
        traces.split_off(usize::try_from(restored).unwrap_or(usize::MAX).min(traces.len()))
    }

    /// How many traces were received: held or left, but for those taken in from a file.
    #[must_use]
    pub fn traces_received(&self) -> u64 {
        let held = lock(&self.held);
        let here = held.traces.values().filter(|entry| !entry.spans.is_empty()).count() as u64;
        (here + held.counters.traces_evicted).saturating_sub(held.counters.traces_restored)
    }

    /// The file in which spans and log records are kept.
    #[must_use]
    pub fn archive(&self) -> Option<&Archive> {
        self.archive.get()
    }

    /// Takes a request's spans in; returns how many were refused for an all-zero id.
    pub fn take_in(&self, request: &ExportTraceServiceRequest<'_>) -> u64 {
        // Conversion, the long part, happens before the lock.
        let batch = convert::spans(request, &self.origins);
        if let Some(archive) = self.archive.get() {
            archive.add_spans(&batch.items);
        }
        lock(&self.findings).count_spans(batch.items.iter().map(|(span, _)| span));
        self.hold(|held, now| {
            held.counters.requests += 1;
            held.counters.spans_received += batch.items.len() as u64 + batch.invalid;
            held.counters.spans_invalid += batch.invalid;
            held.insert_spans(batch.items, now);
        });
        batch.invalid
    }

    /// Takes a request's log records in.
    pub fn take_in_logs(&self, request: &ExportLogsServiceRequest<'_>) {
        let batch = convert::log_records(request, &self.origins);
        if let Some(archive) = self.archive.get() {
            archive.add_logs(&batch.items);
        }
        self.hold(|held, now| {
            held.counters.logs_received += batch.items.len() as u64;
            held.insert_logs(batch.items, now);
        });
    }

    /// Takes a request's data points in: each is the latest of its series.
    pub fn take_in_metrics(&self, request: &ExportMetricsServiceRequest<'_>) {
        let (points, received) = points::series(request, &self.origins);
        let mut evicted = 0;
        for point in points.into_iter().map(Arc::new) {
            let mut series = lock(&self.series);
            let before = series.put(Arc::clone(&point));
            evicted += series.evict_down_to(self.max_bytes / SHARE);
            drop(series);
            lock(&self.findings).look_at_series(&point, before.as_deref());
        }
        self.hold(|held, _| {
            held.counters.points_received += received;
            held.counters.series_evicted += evicted;
        });
    }

    /// Adds something, makes room for it, and looks at the traces whose time has come.
    fn hold(&self, add: impl FnOnce(&mut Held, Instant)) {
        let beside = self.bytes_beside();
        let now = Instant::now();
        let mut held = lock(&self.held);
        add(&mut held, now);
        let left = held.evict_down_to(self.max_bytes.saturating_sub(beside));
        let cases = held.take_cases(now, &self.thresholds);
        let generation = held.generation;
        drop(held);
        self.changed.notify_all();
        self.look_at(generation, cases, left);
    }

    /// Judges what was taken out of the store's `generation`; nothing comes of it when that has been forgotten since.
    fn look_at(&self, generation: u64, cases: Vec<Case>, left: Vec<(TraceId, Entry)>) {
        let leaving = left.into_iter().filter_map(|(trace_id, entry)| Case::of_leaving(trace_id, entry));
        let judged: Vec<_> =
            cases.into_iter().chain(leaving).map(|case| case.judge(&self.thresholds)).collect();
        if judged.is_empty() {
            return;
        }
        let mut findings = lock(&self.findings);
        if findings.generation != generation {
            return;
        }
        let verdicts: Vec<Verdict> =
            judged.into_iter().map(|(case, judgement)| case.record(judgement, &mut findings)).collect();
        drop(findings);
        let mut held = lock(&self.held);
        if held.generation == generation {
            verdicts.into_iter().for_each(|verdict| held.finish(verdict));
        }
    }

    /// All traces, the oldest arrival first.
    #[must_use]
    pub fn traces(&self) -> Vec<Trace> {
        lock(&self.held).snapshot()
    }

    /// One trace, if it is (still) here.
    #[must_use]
    pub fn trace(&self, trace_id: TraceId) -> Option<Trace> {
        lock(&self.held).trace(trace_id)
    }

    /// The log records that belong to no trace, the oldest arrival first; the others are in [`Trace::logs`].
    #[must_use]
    pub fn logs(&self) -> Vec<Arc<LogRecord>> {
        lock(&self.held).loose_logs()
    }

    /// The latest point of each series, ordered by service, name and attributes.
    #[must_use]
    pub fn metrics(&self) -> Vec<Arc<Series>> {
        lock(&self.series).list()
    }

    /// What is wrong with what was received so far, ordered by kind, the largest first. Traces that have not settled
    /// yet have no part in it.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut held = lock(&self.held);
        let (generation, cases) = (held.generation, held.take_cases(Instant::now(), &self.thresholds));
        drop(held);
        self.look_at(generation, cases, Vec::new());
        lock(&self.findings).list()
    }

    /// Traces that are still to be looked at for findings, because more of them may come.
    #[must_use]
    pub fn unsettled(&self) -> usize {
        lock(&self.held).agenda.len()
    }

    /// From when on something is a finding.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// The bound given to [`Self::new`].
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// What the store has seen.
    #[must_use]
    pub fn counters(&self) -> Counters {
        lock(&self.held).counters
    }

    /// Estimated bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes_beside() + lock(&self.held).bytes()
    }

    /// Of series, findings and what waits to be written to the file.
    fn bytes_beside(&self) -> usize {
        let series = lock(&self.series).bytes();
        let queued = self.archive.get().map_or(0, Archive::queued_bytes);
        series + queued + lock(&self.findings).bytes()
    }

    /// Forgets every trace, log record, series and finding (counters stay): a test's next case starts empty.
    pub fn clear(&self) {
        *lock(&self.series) = SeriesTable::default();
        // Both at once: whoever takes a trace out of the new store finds the new findings.
        let mut findings = lock(&self.findings);
        let mut held = lock(&self.held);
        held.clear(self.max_bytes);
        *findings = Findings::new(self.thresholds, self.max_bytes / SHARE);
        findings.generation = held.generation;
    }

    /// Traces held of which a span has come.
    #[must_use]
    pub fn trace_count(&self) -> usize {
        lock(&self.held).traces.values().filter(|entry| !entry.spans.is_empty()).count()
    }

    /// Waits until the condition holds for the traces held, looking again whenever something arrives.
    ///
    /// # Errors
    /// [`Timeout`], with what was there at the end.
    pub fn wait_until(
        &self,
        timeout: Duration,
        mut condition: impl FnMut(&[Trace]) -> bool,
    ) -> Result<Vec<Trace>, Timeout> {
        let started = Instant::now();
        let mut held = lock(&self.held);
        loop {
            let (traces, clock) = (held.snapshot(), held.clock);
            drop(held);
            if condition(&traces) {
                return Ok(traces);
            }
            held = lock(&self.held);
            while held.clock == clock {
                let Some(left) = timeout.checked_sub(started.elapsed()) else {
                    return Err(Timeout { waited: timeout, traces });
                };
                held = self.changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// Ids of the traces that changed after `seen`, and the clock to pass next time; waits for a change, a
    /// [`Self::wake`] after `woken`, or the deadline (`None`: no deadline).
    pub(crate) fn changes_after(&self, seen: Cursor, deadline: Option<Instant>) -> (Vec<TraceId>, Cursor) {
        let mut held = lock(&self.held);
        while held.clock == seen.clock && held.wakes == seen.wakes {
            held = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(held).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(left) => self.changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        (held.changed_after(seen.clock), held.cursor())
    }

    /// Where a follower stands who has seen everything.
    pub(crate) fn cursor(&self) -> Cursor {
        lock(&self.held).cursor()
    }

    /// Makes a waiting follower look up.
    pub(crate) fn wake(&self) {
        lock(&self.held).wakes += 1;
        self.changed.notify_all();
    }
}

/// How far a follower has read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    clock: u64,
    wakes: u64,
}
