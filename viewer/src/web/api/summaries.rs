//! Summaries of traces, kept until a trace changes: a live list asks several times a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::query::TraceSummary;
use crate::span::{Trace, TraceId};

#[derive(Debug, Default)]
pub(super) struct Summaries {
    /// With the number of spans that they sum up: a trace only grows.
    known: Mutex<HashMap<TraceId, (usize, Option<TraceSummary>)>>,
}

impl Summaries {
    /// One for each trace. Those of other traces are forgotten.
    pub(super) fn of(&self, traces: &[Trace]) -> Vec<Option<TraceSummary>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = HashMap::with_capacity(traces.len());
        let summaries = traces.iter().map(|trace| {
            let spans = trace.spans.len();
            let summary = match known.remove(&trace.trace_id) {
                Some((of, summary)) if of == spans => summary,
                _ => TraceSummary::of(trace),
            };
            next.insert(trace.trace_id, (spans, summary.clone()));
            summary
        });
        let summaries = summaries.collect();
        *known = next;
        summaries
    }
}
