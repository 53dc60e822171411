//! The store of traces, log records and metrics: bounded by bytes, oldest traces leave first, everything that leaves is
//! counted.

mod size;
mod take_in;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use otelrs_otlp::model::ExportTraceServiceRequest;

use crate::findings::{Finding, Thresholds};
use crate::logs::LogRecord;
use crate::metrics::Series;
use crate::span::{Span, Trace, TraceId};
use crate::tree::{TreeOptions, render_tree};

/// Default bound of a store: 64 MiB.
pub const DEFAULT_MAX_BYTES: usize = 64 * 1024 * 1024;

/// What a store has seen. Spans received = spans stored + evicted + invalid; log records received = stored + evicted.
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
    /// Metric data points taken in.
    pub points_received: u64,
    /// Series that left because the store was full.
    pub series_evicted: u64,
}

/// Traces by id. Shared by reference between the receiver and whoever looks.
#[derive(Debug)]
pub struct TraceStore {
    inner: Mutex<Inner>,
    changed: Condvar,
    max_bytes: usize,
    thresholds: Thresholds,
}

#[derive(Debug, Default)]
struct Inner {
    traces: HashMap<TraceId, Entry>,
    /// Trace ids by arrival of their first span: the order of leaving.
    by_arrival: BTreeMap<u64, TraceId>,
    /// Trace ids by arrival of their last span: what a follower has not seen yet.
    by_change: BTreeMap<u64, TraceId>,
    clock: u64,
    wakes: u64,
    bytes: usize,
    counters: Counters,
    logs: VecDeque<Arc<LogRecord>>,
    series: Vec<Arc<Series>>,
    findings: Vec<Finding>,
}

#[derive(Debug)]
struct Entry {
    change: u64,
    bytes: usize,
    spans: Vec<Arc<Span>>,
    logs: Vec<Arc<LogRecord>>,
}

/// `wait_until` ran out of time; shows the traces that were there.
pub struct Timeout {
    /// How long it waited.
    pub waited: Duration,
    /// What was there at the end.
    pub traces: Vec<Trace>,
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.traces.len();
        writeln!(f, "condition not met within {:?}; {count} traces were there:", self.waited)?;
        self.traces
            .iter()
            .try_for_each(|trace| writeln!(f, "{}", render_tree(trace, &TreeOptions::default())))
    }
}

/// As `Display`: this is what `unwrap` shows in a test.
impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Timeout {}

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
        Self { inner: Mutex::default(), changed: Condvar::new(), max_bytes, thresholds }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request's spans in; returns how many were refused for an all-zero id.
    pub fn take_in(&self, request: &ExportTraceServiceRequest<'_>) -> u64 {
        // Conversion, the long part, happens before the lock.
        let batch = take_in::owned_spans(request);
        let mut inner = self.lock();
        inner.counters.requests += 1;
        inner.counters.spans_received += batch.spans.len() as u64 + batch.invalid;
        inner.counters.spans_invalid += batch.invalid;
        for (span, bytes) in batch.spans {
            inner.insert(span, bytes);
        }
        inner.evict_down_to(self.max_bytes);
        drop(inner);
        self.changed.notify_all();
        batch.invalid
    }

    /// All traces, the oldest arrival first.
    #[must_use]
    pub fn traces(&self) -> Vec<Trace> {
        self.lock().snapshot()
    }

    /// One trace, if it is (still) here.
    #[must_use]
    pub fn trace(&self, trace_id: TraceId) -> Option<Trace> {
        self.lock().trace(trace_id)
    }

    /// The log records that belong to no trace, the oldest arrival first; the others are in [`Trace::logs`].
    #[must_use]
    pub fn logs(&self) -> Vec<Arc<LogRecord>> {
        self.lock().logs.iter().cloned().collect()
    }

    /// The latest point of each series, ordered by service, name and attributes.
    #[must_use]
    pub fn metrics(&self) -> Vec<Arc<Series>> {
        self.lock().series.clone()
    }

    /// What is wrong with what was received so far, ordered by kind, the largest first.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        self.lock().findings.clone()
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
        self.lock().counters
    }

    /// Estimated bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Forgets every trace (counters stay): a test's next case starts empty.
    pub fn clear(&self) {
        let mut inner = self.lock();
        // A step of the clock: followers see that something changed.
        let clock = inner.clock + 1;
        *inner = Inner { counters: inner.counters, clock, wakes: inner.wakes, ..Inner::default() };
    }

    /// Traces held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().traces.len()
    }

    /// Whether no trace is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Grows with every change of what is held.
    pub(crate) fn revision(&self) -> u64 {
        self.lock().clock
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
        let mut inner = self.lock();
        loop {
            let (traces, clock) = (inner.snapshot(), inner.clock);
            drop(inner);
            if condition(&traces) {
                return Ok(traces);
            }
            inner = self.lock();
            while inner.clock == clock {
                let Some(left) = timeout.checked_sub(started.elapsed()) else {
                    return Err(Timeout { waited: timeout, traces });
                };
                inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// Ids of the traces that changed after `seen`, and the clock to pass next time; waits for a change, a
    /// [`Self::wake`] after `woken`, or the deadline (`None`: no deadline).
    pub(crate) fn changes_after(&self, seen: Cursor, deadline: Option<Instant>) -> (Vec<TraceId>, Cursor) {
        let mut inner = self.lock();
        while inner.clock == seen.clock && inner.wakes == seen.wakes {
            inner = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(left) => {
                    self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        let changed = inner.by_change.range(seen.clock + 1..).map(|(_, trace_id)| *trace_id).collect();
        (changed, Cursor { clock: inner.clock, wakes: inner.wakes })
    }

    /// Makes a waiting follower look up.
    pub(crate) fn wake(&self) {
        self.lock().wakes += 1;
        self.changed.notify_all();
    }
}

/// How far a follower has read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    clock: u64,
    wakes: u64,
}

impl Inner {
    fn insert(&mut self, span: Span, bytes: usize) {
        self.clock += 1;
        let trace_id = span.trace_id;
        let entry = self.traces.entry(trace_id).or_insert_with(|| {
            self.by_arrival.insert(self.clock, trace_id);
            Entry { change: 0, bytes: 0, spans: Vec::new(), logs: Vec::new() }
        });
        self.by_change.remove(&entry.change);
        entry.change = self.clock;
        self.by_change.insert(self.clock, trace_id);
        entry.spans.push(Arc::new(span));
        entry.bytes += bytes;
        self.bytes += bytes;
    }

    fn evict_down_to(&mut self, max_bytes: usize) {
        while self.bytes > max_bytes {
            let Some((_, trace_id)) = self.by_arrival.pop_first() else { return };
            let Some(entry) = self.traces.remove(&trace_id) else { continue };
            self.by_change.remove(&entry.change);
            self.bytes -= entry.bytes;
            self.counters.traces_evicted += 1;
            self.counters.spans_evicted += entry.spans.len() as u64;
        }
    }

    fn trace(&self, trace_id: TraceId) -> Option<Trace> {
        let entry = self.traces.get(&trace_id)?;
        Some(Trace { trace_id, spans: entry.spans.clone(), logs: entry.logs.clone() })
    }

    fn snapshot(&self) -> Vec<Trace> {
        self.by_arrival.values().filter_map(|trace_id| self.trace(*trace_id)).collect()
    }
}
