//! The list of traces: what is there, what of it is shown, which one is selected.

use std::collections::HashMap;

use super::{Criteria, Listed};
use crate::query::{SortOrder, TraceSummary};
use crate::span::{Trace, TraceId};

#[derive(Debug, Default)]
pub(in crate::terminal) struct TraceList {
    all: HashMap<TraceId, Listed>,
    /// What the criteria let through, in the order asked for.
    pub(in crate::terminal) shown: Vec<TraceSummary>,
    pub(in crate::terminal) criteria: Criteria,
    pub(in crate::terminal) order: SortOrder,
    pub(in crate::terminal) mute_health_checks: bool,
    /// Health checks among those that the criteria would let through.
    pub(in crate::terminal) muted: usize,
    /// `None`: whatever comes first.
    selected: Option<TraceId>,
}

impl TraceList {
    pub(in crate::terminal) fn len(&self) -> usize {
        self.all.len()
    }

    pub(in crate::terminal) fn trace(&self, trace_id: TraceId) -> Option<&Trace> {
        self.all.get(&trace_id).map(|listed| &listed.trace)
    }

    pub(in crate::terminal) fn traces(&self) -> Vec<Trace> {
        self.all.values().map(|listed| listed.trace.clone()).collect()
    }

    pub(in crate::terminal) fn take_in(&mut self, changed: Vec<Trace>, gone: &[TraceId]) {
        for trace_id in gone {
            self.all.remove(trace_id);
        }
        for trace in changed {
            if let Some(summary) = TraceSummary::of(&trace) {
                self.all.insert(trace.trace_id, Listed { trace, summary });
            }
        }
    }

    pub(in crate::terminal) fn clear(&mut self) {
        self.all.clear();
        self.shown.clear();
        self.selected = None;
    }

    /// Filters and sorts anew.
    pub(in crate::terminal) fn refresh(&mut self, now_unix_nano: u64) {
        let Criteria { filter, since_unix_nano } = &self.criteria;
        let since = since_unix_nano.unwrap_or(0);
        let mut shown: Vec<TraceSummary> = self
            .all
            .values()
            .filter(|listed| listed.summary.start_unix_nano >= since)
            .filter(|listed| filter.is_empty() || filter.matches_trace(&listed.trace, now_unix_nano))
            .map(|listed| listed.summary.clone())
            .collect();
        let matching = shown.len();
        if self.mute_health_checks {
            shown.retain(|summary| !summary.health_check);
        }
        self.muted = matching - shown.len();
        self.order.sort(&mut shown);
        self.shown = shown;
    }

    /// Position of the selected trace; the first where that one is hidden.
    pub(in crate::terminal) fn position(&self) -> usize {
        let selected =
            self.selected.and_then(|id| self.shown.iter().position(|summary| summary.trace_id == id));
        selected.unwrap_or(0)
    }

    pub(in crate::terminal) fn select(&mut self, position: usize) {
        let summary = self.shown.get(position.min(self.shown.len().saturating_sub(1)));
        self.selected = summary.map(|summary| summary.trace_id).filter(|_| position > 0);
    }

    pub(in crate::terminal) fn selected(&self) -> Option<&Trace> {
        self.trace(self.shown.get(self.position())?.trace_id)
    }
}
