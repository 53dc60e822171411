//! What is wrong with the telemetry itself, found as traces arrive.
//!
//! A trace is judged once it has settled ([`Thresholds::settle`]) or leaves the store, and again when more of it comes:
//! what an earlier judgement said is taken back first. Names and attribute values are counted span by span.

mod cardinality;
mod connection_acquisition;
mod duplicate_server_span;
mod index;
mod kind;
mod ledger;
mod missing_parent;
mod observation;
mod query;
mod repeated_query;
mod thresholds;
mod unaccounted_time;

pub use kind::{FindingKind, UnknownFindingKind};
pub use thresholds::{Form, Setting, Threshold, ThresholdError, Thresholds};

use std::cmp::Reverse;
use std::sync::Arc;

use crate::metrics::Series;
use crate::span::{Span, SpanId, Trace, TraceId};
use cardinality::Cardinality;
use index::TraceIndex;
use ledger::Ledger;
pub(crate) use ledger::Recorded;
use observation::Observation;

/// One thing that is wrong, over all traces in which it was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What class of thing.
    pub kind: FindingKind,
    /// `service.name` of the spans.
    pub service: String,
    /// Name of the request's span in that service, where the finding is about one route.
    pub route: Option<String>,
    /// What it is about: the span in which time hides, the query, the scope, the span without a parent.
    pub subject: String,
    /// One plain sentence that says what was seen, with figures.
    pub sentence: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// How often it was seen: requests, spans or values, as the sentence says.
    pub count: u64,
    /// By how much.
    pub measure: Measure,
    /// The latest places where it was seen, the newest first, at most [`MAX_EVIDENCE`]; empty for metrics. The traces may
    /// have left the store.
    pub evidence: Vec<Evidence>,
    /// Start of the earliest span concerned, Unix epoch, nanoseconds.
    pub first_seen_unix_nano: u64,
    /// End of the latest span concerned, Unix epoch, nanoseconds.
    pub last_seen_unix_nano: u64,
}

/// So many places are kept for each finding.
pub const MAX_EVIDENCE: usize = 5;

/// The size of a finding; findings of a kind are ranked by `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Of both numbers.
    pub unit: Unit,
    /// Over all occurrences.
    pub total: u64,
    /// Of the worst one.
    pub worst: u64,
}

/// What a [`Measure`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Time.
    Nanoseconds,
    /// Executions of a query.
    Executions,
    /// Spans.
    Spans,
    /// Distinct names or values.
    Values,
}

/// One place where a finding was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The trace.
    pub trace_id: TraceId,
    /// The span to look at.
    pub span_id: SpanId,
    /// What is there, such as `12 times in 48 ms`. Holds text from telemetry: escape it.
    pub note: String,
}

/// What a look at one trace found.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    observations: Vec<Observation>,
    /// A parent is not there (yet): worth another look when the wait is over.
    pub(crate) incomplete: bool,
}

/// Looks at a trace. Takes time in proportion to its spans and their logarithm, and no lock.
pub(crate) fn judge(trace: &Trace, thresholds: &Thresholds, parents_had_time: bool) -> Judgement {
    let index = TraceIndex::new(trace);
    let mut observations = Vec::new();
    unaccounted_time::find(&index, thresholds, &mut observations);
    repeated_query::find(&index, thresholds, &mut observations);
    duplicate_server_span::find(&index, thresholds, &mut observations);
    connection_acquisition::find(&index, thresholds, &mut observations);
    if parents_had_time {
        missing_parent::find(&index, thresholds, &mut observations);
    }
    Judgement { observations, incomplete: missing_parent::is_incomplete(&index) }
}

/// Everything that was found, within a bound of bytes.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Of the store whose traces these are about: what was found in an earlier one's has no place here.
    pub(crate) generation: u64,
    thresholds: Thresholds,
    ledger: Ledger,
    cardinality: Cardinality,
}

impl Findings {
    /// Holds at most `max_bytes`, roughly; findings not seen for the longest time leave first.
    pub(crate) fn new(thresholds: Thresholds, max_bytes: usize) -> Self {
        Self {
            generation: 0,
            thresholds,
            ledger: Ledger::new(max_bytes / 2),
            cardinality: Cardinality::new(&thresholds, max_bytes / 2),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.ledger.bytes() + self.cardinality.bytes()
    }

    /// Counts what each span is judged by on its own.
    pub(crate) fn count_spans<'s>(&mut self, spans: impl Iterator<Item = &'s Arc<Span>>) {
        self.cardinality.count_spans(spans);
    }

    /// Looks at a series' new point; `before` is the point that it replaces.
    pub(crate) fn look_at_series(&mut self, series: &Series, before: Option<&Series>) {
        self.cardinality.count_series(series);
        if let Some(observation) = connection_acquisition::find_in_series(series, before, &self.thresholds) {
            self.ledger.record(observation);
        }
    }

    /// Takes back what an earlier judgement of a trace said and adds what the new one says.
    pub(crate) fn replace(&mut self, before: &[Recorded], judgement: Judgement) -> Vec<Recorded> {
        before.iter().for_each(|recorded| self.ledger.retract(*recorded));
        judgement.observations.into_iter().map(|observation| self.ledger.record(observation)).collect()
    }

    /// Ordered by kind, the largest first.
    pub(crate) fn list(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.ledger.findings().collect();
        for finding in &mut findings {
            finding.sentence = match finding.kind {
                FindingKind::MissingParent => missing_parent::sentence(finding),
                FindingKind::UnaccountedTime => unaccounted_time::sentence(finding),
                FindingKind::RepeatedQuery => repeated_query::sentence(finding),
                FindingKind::DuplicateServerSpan => duplicate_server_span::sentence(finding),
                FindingKind::SlowConnectionAcquisition => connection_acquisition::sentence(finding),
                // Says its own, and is in no ledger.
                FindingKind::ExplodingCardinality => continue,
            };
        }
        findings.extend(self.cardinality.findings());
        findings.sort_by(|a, b| {
            let key = |finding: &Finding| (finding.kind, Reverse(finding.measure.total));
            key(a)
                .cmp(&key(b))
                .then_with(|| (&a.service, &a.route, &a.subject).cmp(&(&b.service, &b.route, &b.subject)))
        });
        findings
    }
}
