//! Which traces are to be looked at for findings, and when.
//!
//! Looking takes no lock: a case is taken out under the lock, judged, and given back. While one thread looks at a trace
//! no other does.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::held::{Entry, Held};
use crate::findings::{Findings, Judgement, Recorded, Thresholds, judge};
use crate::span::{Trace, TraceId};

/// Traces to look at when their time has come.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// Traces with spans that nobody looked at.
    unsettled: VecDeque<(Instant, TraceId)>,
    /// Traces of which a parent was not there when they were looked at.
    incomplete: VecDeque<(Instant, TraceId)>,
}

impl Agenda {
    /// A span came for a trace that is not on the agenda.
    pub(super) fn add(&mut self, now: Instant, trace_id: TraceId) {
        self.unsettled.push_back((now, trace_id));
    }

    pub(super) fn len(&self) -> usize {
        self.unsettled.len() + self.incomplete.len()
    }
}

/// A trace to look at.
#[derive(Debug)]
pub(super) struct Case {
    trace: Trace,
    before: Vec<Recorded>,
    parents_had_time: bool,
}

/// A trace that was looked at.
#[derive(Debug)]
pub(super) struct Verdict {
    trace_id: TraceId,
    spans: usize,
    recorded: Vec<Recorded>,
    incomplete: bool,
}

impl Case {
    /// A trace that leaves the store before it has settled; `None` when there is nothing (more) to see in it, or not even
    /// its root.
    pub(super) fn of_leaving(trace_id: TraceId, entry: Entry) -> Option<Self> {
        let seen = entry.judged.spans == entry.spans.len() || entry.judged.under_way || entry.partial;
        if seen || !entry.spans.iter().any(|span| span.is_local_root()) {
            return None;
        }
        let trace = Trace { trace_id, spans: entry.spans, logs: Vec::new() };
        Some(Self { trace, before: entry.judged.recorded, parents_had_time: false })
    }

    /// The long part; needs no lock.
    pub(super) fn judge(self, thresholds: &Thresholds) -> (Self, Judgement) {
        let judgement = judge(&self.trace, thresholds, self.parents_had_time);
        (self, judgement)
    }

    /// Puts what was found in place of what an earlier look found.
    pub(super) fn record(self, judgement: Judgement, findings: &mut Findings) -> Verdict {
        Verdict {
            trace_id: self.trace.trace_id,
            spans: self.trace.spans.len(),
            incomplete: judgement.incomplete && !self.parents_had_time,
            recorded: findings.replace(&self.before, judgement),
        }
    }
}

impl Held {
    /// Takes the cases that are due.
    pub(super) fn take_cases(&mut self, now: Instant, thresholds: &Thresholds) -> Vec<Case> {
        let mut agenda = std::mem::take(&mut self.agenda);
        let mut cases = Vec::new();
        let quiet = |entry: &Entry, time: Duration| now.saturating_duration_since(entry.last_arrival) >= time;
        // Each once: what is put back has its next turn at the next call.
        for _ in 0..agenda.unsettled.len() {
            let Some((since, trace_id)) = agenda.unsettled.pop_front() else { break };
            if now.saturating_duration_since(since) < thresholds.settle {
                agenda.unsettled.push_front((since, trace_id));
                break;
            }
            let Some(entry) = self.traces.get_mut(&trace_id) else { continue };
            if !quiet(entry, thresholds.settle) || entry.judged.under_way {
                agenda.unsettled.push_back((entry.last_arrival, trace_id));
                continue;
            }
            entry.judged.queued = false;
            cases.extend(entry.take_case(trace_id, quiet(entry, thresholds.missing_parent_wait)));
        }
        while let Some((since, trace_id)) = agenda.incomplete.pop_front() {
            if now.saturating_duration_since(since) < thresholds.missing_parent_wait {
                agenda.incomplete.push_front((since, trace_id));
                break;
            }
            // Where more has come, the trace is on the agenda of the unsettled as well.
            let entry =
                self.traces.get_mut(&trace_id).filter(|entry| quiet(entry, thresholds.missing_parent_wait));
            cases.extend(entry.and_then(|entry| entry.take_case(trace_id, true)));
        }
        self.agenda = agenda;
        cases
    }

    /// Keeps with the trace what was found in it, so that it can be taken back.
    pub(super) fn finish(&mut self, verdict: Verdict) {
        let Verdict { trace_id, spans, recorded, incomplete } = verdict;
        let Some(entry) = self.traces.get_mut(&trace_id) else { return };
        let bytes = |recorded: &[Recorded]| size_of_val(recorded);
        let (before, after) = (bytes(&entry.judged.recorded), bytes(&recorded));
        entry.judged.under_way = false;
        entry.judged.spans = spans;
        entry.judged.recorded = recorded;
        entry.bytes = entry.bytes + after - before;
        self.bytes = self.bytes + after - before;
        if incomplete {
            self.agenda.incomplete.push_back((entry.last_arrival, trace_id));
        }
    }
}

impl Entry {
    fn take_case(&mut self, trace_id: TraceId, parents_had_time: bool) -> Option<Case> {
        if self.partial || self.judged.under_way {
            return None;
        }
        self.judged.under_way = true;
        let trace = Trace { trace_id, spans: self.spans.clone(), logs: Vec::new() };
        Some(Case { trace, before: self.judged.recorded.clone(), parents_had_time })
    }
}
