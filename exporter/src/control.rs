//! The handle by which the application's side of the agent wakes the run, ends it, and reads its counts.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::stats::{Counters, Stats};

/// Clonable handle on a run.
#[derive(Clone, Default)]
pub struct Control(Arc<Shared>);

/// How a shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownOutcome {
    /// All that was queued was delivered.
    Flushed,
    /// The run has ended; this many spans of the final flush were lost, and counted.
    Lost {
        /// Spans.
        spans: u64,
    },
    /// The run has not ended within the time; it goes on until the process is gone.
    TimedOut,
}

#[derive(Default)]
struct Shared {
    counters: Counters,
    /// The thread inside `run`.
    thread: OnceLock<Thread>,
    /// Set when a shutdown is asked for: when the flush must be over.
    flush_until: OnceLock<Instant>,
    /// Reaches the run while it waits for a socket, where `unpark` does not.
    interrupt: Notify,
    /// Only the end of the run and those who wait for it take this lock.
    outcome: Mutex<Option<ShutdownOutcome>>,
    ended: Condvar,
}

impl Control {
    /// A handle for one future [`run`](crate::run).
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the run to look at its source now. Lock-free and cheap: for a thread that has just filled a batch.
    pub fn wake(&self) {
        if let Some(thread) = self.0.thread.get() {
            thread.unpark();
        }
    }

    /// Asks for a final flush and waits at most `timeout` for the run to end. The first call sets the flush's bound.
    ///
    /// Takes no lock that a thread of the application could hold.
    pub fn shutdown(&self, timeout: Duration) -> ShutdownOutcome {
        let now = Instant::now();
        // The flush ends a little before the wait for it, so that its losses are counted and said in time.
        let margin = (timeout / 10).min(Duration::from_millis(250));
        self.0.flush_until.get_or_init(|| now + (timeout - margin));
        self.0.interrupt.notify_one();
        self.wake();
        let outcome = self.0.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, _) = self
            .0
            .ended
            .wait_timeout_while(outcome, timeout, |outcome| outcome.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        outcome.unwrap_or(ShutdownOutcome::TimedOut)
    }

    /// What became of the spans so far.
    pub fn stats(&self) -> Stats {
        self.0.counters.read()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Makes this thread the one to wake. What it returns tells those who wait, also when the run unwinds.
    pub(crate) fn begin(&self) -> Running<'_> {
        let _ = self.0.thread.set(thread::current());
        Running { control: self, outcome: ShutdownOutcome::Lost { spans: 0 } }
    }

    /// When the final flush must be over, once a shutdown was asked for.
    pub(crate) fn flush_until(&self) -> Option<Instant> {
        self.0.flush_until.get().copied()
    }

    /// Like [`Control::flush_until`], for a thread that waits in the runtime.
    pub(crate) async fn shutdown_asked(&self) -> Instant {
        loop {
            if let Some(until) = self.flush_until() {
                return until;
            }
            self.0.interrupt.notified().await;
        }
    }

    /// Sleeps on the run's thread until `until`, a wake-up, or a shutdown.
    pub(crate) fn pause(&self, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        if self.flush_until().is_none() && !left.is_zero() {
            thread::park_timeout(left);
        }
    }

    /// Sleeps on the run's thread until `until`; a shutdown that is asked for meanwhile cuts it short. A wait that
    /// begins during the flush is slept out.
    pub(crate) fn pause_before_retry(&self, until: Instant) {
        let flushing = self.flush_until().is_some();
        while flushing || self.flush_until().is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::park_timeout(left);
        }
    }
}

/// A run in progress; dropping it is its end.
pub(crate) struct Running<'a> {
    control: &'a Control,
    outcome: ShutdownOutcome,
}

impl Running<'_> {
    pub(crate) fn end(mut self, outcome: ShutdownOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let shared = &self.control.0;
        *shared.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.outcome);
        shared.ended.notify_all();
    }
}
