//! Whether a filter holds.

use super::{Condition, Filter, StatusTest, Term, ValueTest};
use crate::forest::SpanTree;
use crate::query::{http_status, is_error};
use crate::span::{Span, Status, Trace, Value};

impl Filter {
    /// Whether every term holds for this span.
    #[must_use]
    pub fn matches_span(&self, span: &Span, now_unix_nano: u64) -> bool {
        self.terms.iter().all(|term| term.condition.holds_for_span(span, now_unix_nano) != term.negated)
    }

    /// Whether every term holds for this trace.
    #[must_use]
    pub fn matches_trace(&self, trace: &Trace, now_unix_nano: u64) -> bool {
        self.terms.iter().all(|term| term.holds_for_trace(trace, now_unix_nano))
    }
}

impl Term {
    fn holds_for_trace(&self, trace: &Trace, now_unix_nano: u64) -> bool {
        let spans = || trace.spans.iter();
        let start = || spans().map(|span| span.start_time_unix_nano).min().unwrap_or(0);
        let end = || spans().map(|span| span.end_time_unix_nano).max().unwrap_or(0);
        let any = |condition: &Condition| spans().any(|span| condition.holds_for_span(span, now_unix_nano));
        let holds = match &self.condition {
            Condition::Duration(comparison, nanos) => comparison.holds(end().saturating_sub(start()), *nanos),
            Condition::Since(moment) => start() >= moment.unix_nano(now_unix_nano),
            Condition::Until(moment) => start() < moment.unix_nano(now_unix_nano),
            Condition::TraceId(pattern) => pattern.matches(&trace.trace_id.to_string()),
            Condition::Root(pattern) => {
                let root = SpanTree::of(trace).main_root(trace);
                let root = root.and_then(|root| trace.spans.get(root));
                root.is_some_and(|root| pattern.matches(&root.name))
            }
            // No error in any span, not one span without.
            Condition::Status(StatusTest::Ok) => spans().all(|span| !is_error(span)),
            condition => any(condition),
        };
        holds != self.negated
    }
}

impl Condition {
    fn holds_for_span(&self, span: &Span, now_unix_nano: u64) -> bool {
        match self {
            Self::Service(pattern) => pattern.matches(span.service()),
            Self::Name(pattern) => pattern.matches(&span.name),
            Self::Root(pattern) => span.is_local_root() && pattern.matches(&span.name),
            Self::Kind(kind) => span.kind == *kind,
            Self::Status(status) => status.holds(span),
            Self::Duration(comparison, nanos) => comparison.holds(span.duration_nanos(), *nanos),
            Self::Since(moment) => span.start_time_unix_nano >= moment.unix_nano(now_unix_nano),
            Self::Until(moment) => span.start_time_unix_nano < moment.unix_nano(now_unix_nano),
            Self::TraceId(pattern) => pattern.matches(&span.trace_id.to_string()),
            Self::SpanId(pattern) => pattern.matches(&span.span_id.to_string()),
            Self::Scope(pattern) => pattern.matches(&span.scope.name),
            Self::Attribute(key, test) => values(span, key).any(|value| test.holds(value)),
            Self::Text(text) => holds_text(span, text),
        }
    }
}

/// The values that a key has in the span, its resource and its events.
fn values<'s>(span: &'s Span, key: &str) -> impl Iterator<Item = &'s Value> {
    let events = span.events.iter().map(|event| &event.attributes);
    [&span.attributes, &span.resource.attributes]
        .into_iter()
        .chain(events)
        .filter_map(move |list| list.get(key))
}

impl ValueTest {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Like(pattern) => pattern.matches(&value.to_string()),
            Self::Number(comparison, number) => {
                as_number(value).is_some_and(|value| comparison.holds(value, *number))
            }
        }
    }
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        #[allow(clippy::cast_precision_loss, reason = "compared with what a person types")]
        Value::Int(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        Value::String(text) => text.parse().ok(),
        Value::Empty | Value::Bool(_) | Value::Array(_) | Value::Map(_) | Value::Bytes(_) => None,
    }
}

impl StatusTest {
    fn holds(&self, span: &Span) -> bool {
        match self {
            Self::Error => is_error(span),
            Self::Ok => !is_error(span),
            Self::Code(code) => http_status(span).as_ref() == Some(code),
            Self::Class(digit) => {
                http_status(span).is_some_and(|status| status.len() == 3 && status.starts_with(*digit))
            }
        }
    }
}

fn holds_text(span: &Span, text: &str) -> bool {
    let holds = |candidate: &str| candidate.to_lowercase().contains(text);
    let message = match &span.status {
        Status::Error(message) => message,
        Status::Unset | Status::Ok => "",
    };
    let in_events = || {
        span.events.iter().any(|event| {
            holds(&event.name) || event.attributes.iter().any(|(_, value)| holds(&value.to_string()))
        })
    };
    holds(&span.name)
        || holds(span.service())
        || holds(message)
        || span.attributes.iter().any(|(_, value)| holds(&value.to_string()))
        || in_events()
        || holds(&span.trace_id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::testing::{MILLISECOND, failed, query, resource, server, span, trace, with};
    use crate::span::{Event, Kind};

    const NOW: u64 = 1_000_000 * MILLISECOND;

    fn filter(text: &str) -> Filter {
        Filter::parse(text).unwrap()
    }

    fn request() -> Span {
        let exception = Event {
            time_unix_nano: 0,
            name: "exception".to_owned(),
            attributes: [("exception.message", "connection timed out")].into_iter().collect(),
        };
        let attributes = [("http.route", "/orders/{id}"), ("http.response.status_code", "503")];
        let resource = resource(&[("service.name", "Orders"), ("deployment.environment.name", "test")]);
        let start = NOW / MILLISECOND - 60_000;
        Span {
            events: vec![exception],
            resource,
            ..failed(with(server(1, 0, "GET /orders/{id}", start, start + 80), &attributes))
        }
    }

    #[test]
    fn every_term_must_hold_for_a_span() {
        for (text, expected) in [
            ("", true),
            ("service:orders", true),
            ("service:order", false),
            ("-service:orders", false),
            ("!service:stock", true),
            ("service!=stock", true),
            ("name:\"GET /o*\" status:error", true),
            ("name:\"GET /o*\" status:ok", false),
            ("name:orders", false),
            ("kind:server", true),
            ("kind:CLIENT", false),
            ("status:503", true),
            ("status:5xx", true),
            ("status:4xx", false),
            ("duration>50ms", true),
            ("duration>=80ms duration<=80ms", true),
            ("duration<80ms", false),
            ("since:5m", true),
            ("since:10s", false),
            ("until:10s", true),
            ("since:1970-01-01T00:15:40Z", true),
            ("since:1970-01-01T00:15:41Z", false),
            ("http.route=/orders/{id}", true),
            ("http.route:/orders/*", true),
            ("http.response.status_code>=500", true),
            ("http.response.status_code<500", false),
            ("http.route>5", false),
            ("deployment.environment.name=test", true),
            ("exception.message=*timed*", true),
            ("http.route=*", true),
            ("-db.system.name=*", true),
            ("orders", true),
            ("\"Timed Out\"", true),
            ("timed out", true),
            ("-timed", false),
            ("nothing of this", false),
            ("0101010101010101", true),
            ("trace:0101*", true),
            ("span:01010101*", true),
            ("span:02*", false),
            ("scope:\"\"", true),
            ("root:get*", true),
        ] {
            assert_eq!(filter(text).matches_span(&request(), NOW), expected, "{text}");
        }
    }

    #[test]
    fn a_term_holds_for_a_trace_when_a_span_meets_it() {
        let start = NOW / MILLISECOND - 60_000;
        let slow = query(2, 1, "SELECT orders", start, start + 200);
        let trace = trace(1, vec![request(), slow, span(3, 2, "inner", start, start + 1)]);
        for (text, expected) in [
            ("", true),
            // Met by different spans.
            ("status:error db.system.name=h2", true),
            ("-db.system.name=h2", false),
            ("-db.system.name=postgresql", true),
            ("service:shop service:orders", true),
            ("status:ok", false),
            ("-status:ok", true),
            // Of the trace as a whole: 200 ms.
            ("duration>150ms", true),
            ("duration<100ms", false),
            ("root:GET*", true),
            ("root:SELECT*", false),
            ("since:5m", true),
            ("until:5m", false),
        ] {
            assert_eq!(filter(text).matches_trace(&trace, NOW), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let mut span = request();
        span.attributes = [("n", Value::Int(9)), ("d", Value::Double(2.5))].into_iter().collect();
        for (text, expected) in
            [("n>10", false), ("n>8.5", true), ("d<=2.5", true), ("d>2.5", false), ("n=9", true)]
        {
            assert_eq!(filter(text).matches_span(&span, NOW), expected, "{text}");
        }
        assert_eq!(span.kind, Kind::Server);
    }
}
