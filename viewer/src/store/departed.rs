//! Which traces left the full store lately.

use std::collections::{HashSet, VecDeque};

use crate::span::TraceId;

/// A set and a queue entry.
const BYTES_EACH: usize = 64;

/// The last trace ids that left.
#[derive(Debug)]
pub(super) struct Departed {
    ids: HashSet<TraceId>,
    order: VecDeque<TraceId>,
    capacity: usize,
}

impl Departed {
    pub(super) fn within(bytes: usize) -> Self {
        Self { ids: HashSet::new(), order: VecDeque::new(), capacity: bytes / BYTES_EACH }
    }

    pub(super) fn bytes(&self) -> usize {
        self.order.len() * BYTES_EACH
    }

    pub(super) fn contains(&self, trace_id: TraceId) -> bool {
        self.ids.contains(&trace_id)
    }

    pub(super) fn add(&mut self, trace_id: TraceId) {
        if self.capacity == 0 || !self.ids.insert(trace_id) {
            return;
        }
        self.order.push_back(trace_id);
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}
