//! The same query many times under one parent: "N+1".
//!
//! Two queries are the same when their texts differ in literals only. Limit: instrumentation that puts a span of its own
//! around each query (an object mapper's session, say) gives each of them another parent.

use std::collections::HashMap;

use super::index::TraceIndex;
use super::observation::{Observation, clipped};
use super::query::Query;
use super::{Finding, FindingKind, Thresholds};
use crate::text::duration;

struct Repeats<'t> {
    query: Query<'t>,
    count: u64,
    nanos: u64,
}

pub(super) fn find(trace: &TraceIndex<'_>, thresholds: &Thresholds, found: &mut Vec<Observation>) {
    for (position, parent) in trace.spans() {
        let children = trace.children(position);
        if (children.len() as u64) < thresholds.repeated_query {
            continue;
        }
        let mut queries: HashMap<u64, Repeats<'_>> = HashMap::new();
        for child in children.iter().filter_map(|child| trace.span(*child)) {
            if let Some(query) = Query::of(child) {
                let repeats =
                    queries.entry(query.fingerprint()).or_insert(Repeats { query, count: 0, nanos: 0 });
                repeats.count += 1;
                repeats.nanos = repeats.nanos.saturating_add(child.duration_nanos());
            }
        }
        for repeats in queries.into_values().filter(|repeats| repeats.count >= thresholds.repeated_query) {
            let Repeats { query, count, nanos } = repeats;
            let (took, text) = (duration(nanos, 'µ'), clipped(query.text));
            let note = format!("{count} times under {}, {took} together: {text}", clipped(&parent.name));
            let kind = FindingKind::RepeatedQuery;
            found.push(Observation::at(parent, kind, trace.route(position), query.summary, count, note));
        }
    }
}

pub(super) fn sentence(finding: &Finding) -> String {
    let Finding { subject, measure, .. } = finding;
    let route = finding.route.as_deref().unwrap_or_default();
    match finding.count {
        1 => format!("{route} runs {subject} {} times one by one.", measure.worst),
        count => format!(
            "{route} runs {subject} one by one, up to {} times under one parent; seen under {count} parents.",
            measure.worst
        ),
    }
}
