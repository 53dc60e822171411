//! What became of the spans: every one that was meant to go somewhere is exported, dropped or failed.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts since the start of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Spans that the collector accepted; without a collector, those that the console showed.
    pub exported: u64,
    /// Spans that never came here because the queue was full.
    pub dropped: u64,
    /// Spans that were refused, given up after the last retry, or not sent before the process ended.
    pub failed: u64,
    /// Attempts that repeated an earlier one.
    pub retried: u64,
}

/// The same, as the run writes them while others read.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) exported: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) retried: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        Stats {
            exported: self.exported.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            failed: self.failed.load(Relaxed),
            retried: self.retried.load(Relaxed),
        }
    }
}

/// Adds to a counter that only the run writes.
pub(crate) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Relaxed);
}
