//! What the store holds, and in which order it leaves.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::departed::Departed;
use super::judging::Agenda;
use super::{Counters, Cursor};
use crate::findings::Recorded;
use crate::logs::LogRecord;
use crate::span::{Span, Trace, TraceId};

#[derive(Debug)]
pub(super) struct Held {
    pub(super) traces: HashMap<TraceId, Entry>,
    /// What arrived, the oldest first: the order of leaving.
    arrivals: VecDeque<Arrival>,
    /// Trace ids by arrival of their last span or log record: what a follower has not seen yet.
    by_change: BTreeMap<u64, TraceId>,
    /// Traces that left lately: what still comes for them is not the whole trace.
    departed: Departed,
    /// Traces to look at for findings.
    pub(super) agenda: Agenda,
    pub(super) clock: u64,
    pub(super) wakes: u64,
    /// How often everything was forgotten: what was taken out before is not of this store any more.
    pub(super) generation: u64,
    /// Of traces and log records.
    pub(super) bytes: usize,
    pub(super) counters: Counters,
}

#[derive(Debug)]
enum Arrival {
    Trace(TraceId),
    /// A log record of no trace, and its bytes.
    Log(Arc<LogRecord>, usize),
}

/// One trace.
#[derive(Debug)]
pub(super) struct Entry {
    change: u64,
    pub(super) bytes: usize,
    pub(super) spans: Vec<Arc<Span>>,
    pub(super) logs: Vec<Arc<LogRecord>>,
    pub(super) last_arrival: Instant,
    /// What came before has left the store.
    pub(super) partial: bool,
    pub(super) judged: Judged,
}

/// How far a trace has been looked at for findings.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// It stands on the agenda as unsettled.
    pub(super) queued: bool,
    /// Somebody looks at it, outside the lock.
    pub(super) under_way: bool,
    /// So many of its spans were looked at.
    pub(super) spans: usize,
    pub(super) recorded: Vec<Recorded>,
}

impl Held {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            traces: HashMap::new(),
            arrivals: VecDeque::new(),
            by_change: BTreeMap::new(),
            departed: Departed::within(max_bytes / 64),
            agenda: Agenda::default(),
            clock: 0,
            wakes: 0,
            generation: 0,
            bytes: 0,
            counters: Counters::default(),
        }
    }

    /// Forgets everything but counters and clocks.
    pub(super) fn clear(&mut self, max_bytes: usize) {
        let (clock, wakes, counters) = (self.clock, self.wakes, self.counters);
        let generation = self.generation + 1;
        *self = Self { clock, wakes, generation, counters, ..Self::new(max_bytes) };
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.departed.bytes()
    }

    pub(super) fn insert_spans(&mut self, spans: Vec<(Arc<Span>, usize)>, now: Instant) {
        let before = self.clock;
        for (span, bytes) in spans {
            let trace_id = span.trace_id;
            let entry = self.touch(trace_id, bytes, before, now);
            entry.spans.push(span);
            if !entry.judged.queued {
                entry.judged.queued = true;
                self.agenda.add(now, trace_id);
            }
        }
    }

    pub(super) fn insert_logs(&mut self, records: Vec<(Arc<LogRecord>, usize)>, now: Instant) {
        let before = self.clock;
        for (record, bytes) in records {
            match record.trace_id {
                Some(trace_id) => self.touch(trace_id, bytes, before, now).logs.push(record),
                None => {
                    self.bytes += bytes;
                    self.arrivals.push_back(Arrival::Log(record, bytes));
                }
            }
        }
    }

    /// The entry of the trace, marked as changed once for each request (which began after clock `before`).
    fn touch(&mut self, trace_id: TraceId, bytes: usize, before: u64, now: Instant) -> &mut Entry {
        let entry = self.traces.entry(trace_id).or_insert_with(|| {
            self.arrivals.push_back(Arrival::Trace(trace_id));
            Entry {
                change: 0,
                bytes: 0,
                spans: Vec::new(),
                logs: Vec::new(),
                last_arrival: now,
                partial: self.departed.contains(trace_id),
                judged: Judged::default(),
            }
        });
        if entry.change <= before {
            self.by_change.remove(&entry.change);
            self.clock += 1;
            entry.change = self.clock;
            entry.last_arrival = now;
            self.by_change.insert(self.clock, trace_id);
        }
        entry.bytes += bytes;
        self.bytes += bytes;
        entry
    }

    /// The traces that have to leave so that no more than `max_bytes` stay; log records of no trace leave with them.
    pub(super) fn evict_down_to(&mut self, max_bytes: usize) -> Vec<(TraceId, Entry)> {
        let mut left = Vec::new();
        while self.bytes() > max_bytes {
            match self.arrivals.pop_front() {
                None => break,
                Some(Arrival::Log(_, bytes)) => {
                    self.bytes -= bytes;
                    self.counters.logs_evicted += 1;
                }
                Some(Arrival::Trace(trace_id)) => {
                    let Some(entry) = self.traces.remove(&trace_id) else { continue };
                    self.by_change.remove(&entry.change);
                    self.departed.add(trace_id);
                    self.bytes -= entry.bytes;
                    self.counters.traces_evicted += u64::from(!entry.spans.is_empty());
                    self.counters.spans_evicted += entry.spans.len() as u64;
                    self.counters.logs_evicted += entry.logs.len() as u64;
                    left.push((trace_id, entry));
                }
            }
        }
        left
    }

    /// A trace of which a span came; log records alone wait for it.
    pub(super) fn trace(&self, trace_id: TraceId) -> Option<Trace> {
        let entry = self.traces.get(&trace_id).filter(|entry| !entry.spans.is_empty())?;
        Some(Trace { trace_id, spans: entry.spans.clone(), logs: entry.logs.clone() })
    }

    /// By arrival.
    pub(super) fn snapshot(&self) -> Vec<Trace> {
        let ids = self.arrivals.iter().filter_map(|arrival| match arrival {
            Arrival::Trace(trace_id) => Some(*trace_id),
            Arrival::Log(..) => None,
        });
        ids.filter_map(|trace_id| self.trace(trace_id)).collect()
    }

    /// Log records of no trace, by arrival.
    pub(super) fn loose_logs(&self) -> Vec<Arc<LogRecord>> {
        let logs = self.arrivals.iter().filter_map(|arrival| match arrival {
            Arrival::Trace(_) => None,
            Arrival::Log(record, _) => Some(Arc::clone(record)),
        });
        logs.collect()
    }

    pub(super) fn changed_after(&self, clock: u64) -> Vec<TraceId> {
        self.by_change.range(clock + 1..).map(|(_, trace_id)| *trace_id).collect()
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor { clock: self.clock, wakes: self.wakes }
    }
}
