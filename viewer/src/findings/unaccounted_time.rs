//! Time of a request that no span below it accounts for.
//!
//! Judged are SERVER and CONSUMER spans, and INTERNAL spans that have children: a span without children that somebody put
//! around a piece of work accounts for that work. What a child leaves running after its own end (asynchronous work) still
//! accounts for its parent's time.

use std::time::Duration;

use super::index::{Position, TraceIndex};
use super::observation::{Observation, clipped};
use super::{Finding, FindingKind, Thresholds};
use crate::span::{Kind, Span, Value};
use crate::text::duration;

/// Start and end, Unix epoch, nanoseconds.
type Interval = (u64, u64);

/// Beyond so many separate pieces, what lies between them counts as accounted for: a bound on work, never a false
/// finding.
const MAX_PIECES: usize = 64;

pub(super) fn find(trace: &TraceIndex<'_>, thresholds: &Thresholds, found: &mut Vec<Observation>) {
    // What each span and those below it cover outside the span itself; mostly nothing.
    let mut outside: Vec<Vec<Interval>> = vec![Vec::new(); trace.len()];
    for (position, span) in trace.spans().rev() {
        let covered = covered_below(trace, position, &outside);
        if is_judged(trace, position, span)
            && let Some(hidden) = Hidden::between(span, &covered)
            && hidden.exceeds(span, thresholds)
        {
            let note = hidden.describe(trace, position, span);
            let kind = FindingKind::UnaccountedTime;
            found.push(Observation::at(span, kind, trace.route(position), &span.name, hidden.total, note));
        }
        if let Some(outside) = outside.get_mut(position) {
            *outside = pieces_outside(span, &covered);
        }
    }
}

fn is_judged(trace: &TraceIndex<'_>, position: Position, span: &Span) -> bool {
    match span.kind {
        Kind::Server => true,
        // Receiving is waiting for a message to come.
        Kind::Consumer => {
            span.attributes.get("messaging.operation.type").and_then(Value::as_str) != Some("receive")
        }
        Kind::Internal => !trace.children(position).is_empty(),
        Kind::Client | Kind::Producer => false,
    }
}

/// What the spans below cover, merged and in order.
fn covered_below(trace: &TraceIndex<'_>, position: Position, outside: &[Vec<Interval>]) -> Vec<Interval> {
    let mut pieces: Vec<Interval> = Vec::with_capacity(trace.children(position).len());
    for child in trace.children(position) {
        pieces.extend(trace.span(*child).map(|span| (span.start_time_unix_nano, span.end_time_unix_nano)));
        pieces.extend(outside.get(*child).into_iter().flatten());
    }
    pieces.sort_unstable();
    pieces.dedup_by(|next, before| {
        let joins = next.0 <= before.1;
        if joins {
            before.1 = before.1.max(next.1);
        }
        joins
    });
    pieces
}

fn pieces_outside(span: &Span, covered: &[Interval]) -> Vec<Interval> {
    let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
    let mut pieces = Vec::new();
    for &(from, to) in covered {
        if from < start {
            pieces.push((from, to.min(start)));
        }
        if to > end {
            pieces.push((from.max(end), to));
        }
    }
    match (pieces.first(), pieces.last()) {
        (Some(&(from, _)), Some(&(_, to))) if pieces.len() > MAX_PIECES => vec![(from, to)],
        _ => pieces,
    }
}

/// What is not covered of a span.
struct Hidden {
    total: u64,
    /// The longest piece.
    gap: Interval,
}

impl Hidden {
    fn between(span: &Span, covered: &[Interval]) -> Option<Self> {
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        let mut hidden = Self { total: 0, gap: (start, start) };
        let mut at = start;
        for &(from, to) in covered.iter().chain(&[(end, end)]) {
            let (from, to) = (from.clamp(at, end.max(at)), to.min(end));
            hidden.total += from - at;
            if from - at > hidden.gap.1 - hidden.gap.0 {
                hidden.gap = (at, from);
            }
            at = at.max(to).max(from);
        }
        (hidden.total > 0).then_some(hidden)
    }

    fn exceeds(&self, span: &Span, thresholds: &Thresholds) -> bool {
        let share = u128::from(self.total) * 100
            >= u128::from(span.duration_nanos()) * u128::from(thresholds.unaccounted_share);
        share && Duration::from_nanos(self.total) >= thresholds.unaccounted_time
    }

    fn describe(&self, trace: &TraceIndex<'_>, position: Position, span: &Span) -> String {
        let (from, to) = self.gap;
        let shown = |nanos| duration(nanos, 'µ');
        let mut note = format!("{} of {}", shown(self.total), shown(span.duration_nanos()));
        let children = || trace.children(position).iter().filter_map(|child| trace.span(*child));
        let before = children()
            .filter(|child| child.end_time_unix_nano <= from)
            .max_by_key(|child| child.end_time_unix_nano);
        let after = children().find(|child| child.start_time_unix_nano >= to);
        match (before, after) {
            (None, None) if trace.children(position).is_empty() => {}
            (before, after) => {
                note += &format!(
                    ", the longest piece {} at +{}",
                    shown(to - from),
                    shown(from - span.start_time_unix_nano)
                );
                for (word, neighbour) in [("after", before), ("before", after)] {
                    if let Some(neighbour) = neighbour {
                        note += &format!(" {word} {}", clipped(&neighbour.name));
                    }
                }
            }
        }
        note
    }
}

pub(super) fn sentence(finding: &Finding) -> String {
    let shown = |nanos| duration(nanos, 'µ');
    let route = finding.route.as_deref().unwrap_or_default();
    let (total, worst) = (shown(finding.measure.total), shown(finding.measure.worst));
    let place = match finding.subject == route {
        true => String::new(),
        false => format!(", in its span {}", finding.subject),
    };
    match finding.count {
        1 => format!("{total} of a request {route} lie under no span{place}."),
        count => {
            format!("{total} of {count} requests {route} lie under no span{place}; {worst} in the worst one.")
        }
    }
}
