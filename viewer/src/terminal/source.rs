//! What came to the receiver since the screen looked last.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::state::News;
use crate::receiver::Receiver;
use crate::span::TraceId;
use crate::store::Cursor;

/// Findings, and what depends on the time of day, are looked at this often even when nothing came.
const AT_LEAST: Duration = Duration::from_secs(1);

pub(super) struct Source<'r> {
    receiver: &'r Receiver,
    cursor: Cursor,
    known: HashSet<TraceId>,
    evicted: u64,
    looked_at_findings: Option<Instant>,
}

impl<'r> Source<'r> {
    pub(super) fn new(receiver: &'r Receiver) -> Self {
        Self {
            receiver,
            cursor: Cursor::default(),
            known: HashSet::new(),
            evicted: 0,
            looked_at_findings: None,
        }
    }

    /// `None`: nothing came, and the last time is not a second ago.
    pub(super) fn news(&mut self) -> Option<News> {
        let store = self.receiver.store();
        let (changed, cursor) = store.changes_after(self.cursor, Some(Instant::now()));
        self.cursor = cursor;
        let due = self.looked_at_findings.is_none_or(|looked| looked.elapsed() >= AT_LEAST);
        if changed.is_empty() && !due {
            return None;
        }
        let findings = due.then(|| store.findings());
        if due {
            self.looked_at_findings = Some(Instant::now());
        }
        let counters = store.counters();
        let mut gone = Vec::new();
        if self.evicted != counters.traces_evicted {
            self.evicted = counters.traces_evicted;
            gone = self.known.extract_if(|trace_id| store.trace(*trace_id).is_none()).collect();
        }
        let changed: Vec<_> = changed.into_iter().filter_map(|trace_id| store.trace(trace_id)).collect();
        self.known.extend(changed.iter().map(|trace| trace.trace_id));
        Some(News {
            changed,
            gone,
            counters,
            bytes: store.bytes(),
            max_bytes: store.max_bytes(),
            findings,
            notices: self.receiver.notices(),
            refused: self.receiver.counters().refused,
        })
    }

    /// Forgets every trace, here and in the store.
    pub(super) fn clear(&mut self) {
        self.receiver.store().clear();
        self.known.clear();
    }
}
