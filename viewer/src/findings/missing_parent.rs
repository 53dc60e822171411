//! A parent that never came.
//!
//! A parent in another process may send its spans to somebody else, so that it counts only where
//! `missing-parent-remote` says so. Limit: a sender that does not set `SpanFlags` leaves open whether the parent is
//! remote; that of a SERVER or CONSUMER span is taken to be.

use super::index::TraceIndex;
use super::observation::Observation;
use super::{Finding, FindingKind, Thresholds};
use crate::span::{Kind, Span};

pub(super) fn find(trace: &TraceIndex<'_>, thresholds: &Thresholds, found: &mut Vec<Observation>) {
    for (position, span) in trace.spans() {
        let Some(parent) = span.parent_span_id.filter(|parent| !trace.contains(*parent)) else { continue };
        if expects_remote_parent(span) && !thresholds.missing_parent_remote {
            continue;
        }
        let note = format!("its parent {parent} did not come");
        let kind = FindingKind::MissingParent;
        found.push(Observation::at(span, kind, trace.route(position), &span.name, 1, note));
    }
}

/// Whether some parent of the trace has not come, of whatever process.
pub(super) fn is_incomplete(trace: &TraceIndex<'_>) -> bool {
    trace.spans().any(|(_, span)| span.parent_span_id.is_some_and(|parent| !trace.contains(parent)))
}

fn expects_remote_parent(span: &Span) -> bool {
    match span.knows_whether_parent_is_remote() {
        true => span.has_remote_parent(),
        false => matches!(span.kind, Kind::Server | Kind::Consumer),
    }
}

pub(super) fn sentence(finding: &Finding) -> String {
    let Finding { count, subject, service, .. } = finding;
    let spans = if *count == 1 { "1 span names a parent" } else { &format!("{count} spans name a parent") };
    format!("{spans} that never came: {subject} of {service}.")
}
