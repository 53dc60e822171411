//! What waits to be written: bounded by bytes, never waited for by those who add.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::ArchiveCounters;
use crate::logs::LogRecord;
use crate::span::Span;

/// What is written in one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) spans: Vec<Arc<Span>>,
    pub(super) logs: Vec<Arc<LogRecord>>,
    bytes: usize,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.logs.is_empty()
    }

    /// Spans and log records.
    pub(super) fn len(&self) -> u64 {
        (self.spans.len() + self.logs.len()) as u64
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    waiting: Batch,
    /// Of the batch that is being written.
    bytes_under_way: usize,
    closed: bool,
    counters: ArchiveCounters,
    failure: Option<String>,
}

impl Queue {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), max_bytes }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds those that fit, and counts the others.
    pub(super) fn add<T>(&self, items: &[(Arc<T>, usize)], part: impl Fn(&mut Batch) -> &mut Vec<Arc<T>>) {
        let mut state = self.lock();
        for (item, bytes) in items {
            if state.closed || state.waiting.bytes + state.bytes_under_way + bytes > self.max_bytes {
                let closed = state.closed;
                state.counters.not_written += 1;
                state.failure.get_or_insert_with(|| match closed {
                    true => "telemetry came after the file was closed".to_owned(),
                    false => "telemetry comes faster than the file can be written".to_owned(),
                });
                continue;
            }
            state.waiting.bytes += bytes;
            part(&mut state.waiting).push(Arc::clone(item));
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Everything that waits; `None` once the queue is closed and empty.
    pub(super) fn take(&self) -> Option<Batch> {
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let batch = std::mem::take(&mut state.waiting);
        state.bytes_under_way = batch.bytes;
        (!batch.is_empty()).then_some(batch)
    }

    /// What became of the batch taken last.
    pub(super) fn done(&self, batch: Batch, result: Result<(), rusqlite::Error>) {
        let count = batch.len();
        // The spans may be the last references; their memory is given back before it counts as free.
        drop(batch);
        let mut state = self.lock();
        state.bytes_under_way = 0;
        match result {
            Ok(()) => state.counters.written += count,
            Err(error) => {
                state.counters.not_written += count;
                state.failure.get_or_insert_with(|| error.to_string());
            }
        }
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    pub(super) fn bytes(&self) -> usize {
        let state = self.lock();
        state.waiting.bytes + state.bytes_under_way
    }

    pub(super) fn counters(&self) -> ArchiveCounters {
        self.lock().counters
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.lock().failure.clone()
    }
}
