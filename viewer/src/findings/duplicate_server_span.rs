//! Two SERVER spans for one request: two instrumentations that do not know of each other.
//!
//! Seen where a SERVER span is the direct child of a SERVER span of the same service, or where two of the same service
//! answer the same parent for the same path, one within the other, from different instrumentations. A service that calls
//! itself has a CLIENT span between. Limit: two instrumentations that both ignore the trace headers, or get none, make
//! two traces, which nothing connects.

use super::index::TraceIndex;
use super::observation::Observation;
use super::{Finding, FindingKind, Thresholds};
use crate::span::{Kind, Span, Value};

pub(super) fn find(trace: &TraceIndex<'_>, _: &Thresholds, found: &mut Vec<Observation>) {
    let mut servers: Vec<&Span> = Vec::new();
    for (position, span) in trace.spans().filter(|(_, span)| span.kind == Kind::Server) {
        let nested = trace
            .parent(position)
            .filter(|parent| parent.kind == Kind::Server && parent.service() == span.service());
        let beside = || servers.iter().copied().find(|other| answer_the_same_request(other, span));
        if let Some(other) = nested.or_else(beside) {
            let note =
                format!("{} by {}, {} by {}", other.name, other.scope.name, span.name, span.scope.name);
            let subject = format!("{} and {}", other.scope.name, span.scope.name);
            let route = Some(other.name.as_str());
            found.push(Observation::at(span, FindingKind::DuplicateServerSpan, route, &subject, 1, note));
        }
        servers.push(span);
    }
}

fn answer_the_same_request(a: &Span, b: &Span) -> bool {
    let contains = |outer: &Span, inner: &Span| {
        outer.start_time_unix_nano <= inner.start_time_unix_nano
            && inner.end_time_unix_nano <= outer.end_time_unix_nano
    };
    a.parent_span_id.is_some()
        && a.parent_span_id == b.parent_span_id
        && a.service() == b.service()
        && (a.scope != b.scope || a.resource != b.resource)
        && path(a).is_some_and(|of_a| path(b) == Some(of_a))
        && (contains(a, b) || contains(b, a))
}

fn path(span: &Span) -> Option<&str> {
    let text_of = |key: &str| span.attributes.get(key).and_then(Value::as_str);
    let target = text_of("url.path").or_else(|| text_of("http.target"))?;
    target.split('?').next()
}

pub(super) fn sentence(finding: &Finding) -> String {
    let route = finding.route.as_deref().unwrap_or_default();
    let requests =
        if finding.count == 1 { "1 request has" } else { &format!("{} requests have", finding.count) };
    format!("{requests} two SERVER spans in {}: {route}, from {}.", finding.service, finding.subject)
}
