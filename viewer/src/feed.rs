//! Traces as they complete. A trace never says that it is complete: its root has ended and nothing more has come for a
//! moment, or enough time has passed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::span::{Trace, TraceId};
use crate::store::{Cursor, TraceStore};

/// When a trace counts as complete.
#[derive(Debug, Clone, Copy)]
pub struct FeedOptions {
    /// With its root there: this long after its last span.
    pub quiet: Duration,
    /// Without its root: this long after its last span.
    pub rootless_quiet: Duration,
    /// This long after its first span, whatever comes.
    pub bound: Duration,
}

impl Default for FeedOptions {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(500),
            rootless_quiet: Duration::from_secs(3),
            bound: Duration::from_secs(30),
        }
    }
}

/// A trace to show.
#[derive(Debug, Clone)]
pub struct Update {
    /// The trace as it is now.
    pub trace: Trace,
    /// How many of its spans an earlier update had: not 0 when late spans came.
    pub shown_before: usize,
}

/// Follows a store. Traces that the store had before count as arrived when the feed first looks.
#[derive(Debug)]
pub struct Feed {
    store: Arc<TraceStore>,
    options: FeedOptions,
    cursor: Cursor,
    pending: HashMap<TraceId, Pending>,
    shown: HashMap<TraceId, usize>,
    stop: Arc<AtomicBool>,
    finished: bool,
    /// Traces noted so far: the order in which they are shown.
    noted: u64,
}

/// Ends a feed from another thread.
#[derive(Debug, Clone)]
pub struct Stopper {
    store: Arc<TraceStore>,
    stop: Arc<AtomicBool>,
}

impl Stopper {
    /// The feed returns what it still holds, then ends.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.store.wake();
    }
}

#[derive(Debug)]
struct Pending {
    order: u64,
    first: Instant,
    last: Instant,
    has_root: bool,
}

impl Pending {
    fn due(&self, options: &FeedOptions) -> Instant {
        let quiet = if self.has_root { options.quiet } else { options.rootless_quiet };
        (self.last + quiet).min(self.first + options.bound)
    }
}

/// Forget which traces were shown, of those that left the store, beyond this many.
const PRUNE_AT: usize = 10_000;

impl Feed {
    /// Follows this store.
    #[must_use]
    pub fn new(store: Arc<TraceStore>, options: FeedOptions) -> Self {
        Self {
            store,
            options,
            cursor: Cursor::default(),
            pending: HashMap::new(),
            shown: HashMap::new(),
            stop: Arc::default(),
            finished: false,
            noted: 0,
        }
    }

    /// Leaves out what the store has already.
    pub fn skip_what_is_there(&mut self) {
        self.cursor = self.store.cursor();
    }

    /// A handle that ends the feed.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { store: Arc::clone(&self.store), stop: Arc::clone(&self.stop) }
    }

    /// Waits for traces to complete; `None` after [`Stopper::stop`], once everything held was returned.
    pub fn next_updates(&mut self) -> Option<Vec<Update>> {
        while !self.finished {
            let deadline = self.pending.values().map(|pending| pending.due(&self.options)).min();
            // Read before the store: whatever was stored before the stop is part of the last updates.
            let stopping = self.stop.load(Ordering::SeqCst);
            let deadline = if stopping { Some(Instant::now()) } else { deadline };
            let (changed, cursor) = self.store.changes_after(self.cursor, deadline);
            self.cursor = cursor;
            let now = Instant::now();
            for trace_id in changed {
                self.note(trace_id, now);
            }
            self.finished = stopping;
            let updates = self.take_due(now, stopping);
            if !updates.is_empty() {
                return Some(updates);
            }
        }
        None
    }

    fn note(&mut self, trace_id: TraceId, now: Instant) {
        self.noted += 1;
        let first = Pending { order: self.noted, first: now, last: now, has_root: false };
        let pending = self.pending.entry(trace_id).or_insert(first);
        pending.last = now;
        if !pending.has_root {
            let trace = self.store.trace(trace_id);
            pending.has_root = trace.is_some_and(|trace| trace.spans.iter().any(|span| span.is_local_root()));
        }
    }

    fn take_due(&mut self, now: Instant, all: bool) -> Vec<Update> {
        let options = self.options;
        let mut due: Vec<(TraceId, Pending)> =
            self.pending.extract_if(|_, pending| all || pending.due(&options) <= now).collect();
        due.sort_by_key(|(_, pending)| pending.order);
        // A trace that left the store meanwhile is counted there.
        let updates = due.into_iter().filter_map(|(trace_id, _)| {
            let trace = self.store.trace(trace_id)?;
            let shown_before = self.shown.insert(trace_id, trace.spans.len()).unwrap_or(0);
            (shown_before != trace.spans.len()).then_some(Update { trace, shown_before })
        });
        let updates = updates.collect();
        if self.shown.len() > PRUNE_AT {
            self.shown.retain(|trace_id, _| self.store.trace(*trace_id).is_some());
        }
        updates
    }
}
