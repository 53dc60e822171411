//! From the spans of traces to figures of operations.

use std::collections::{BTreeSet, HashMap};

use super::{Operation, OperationStatistics, Statistics};
use crate::forest::SpanTree;
use crate::query::runs::Runs;
use crate::query::{Percentiles, http_status, is_error, is_health_check};
use crate::span::{Kind, Span, Trace, Value};

/// Figures of one run in the making.
#[derive(Default)]
pub(super) struct Gathered {
    routes: HashMap<Operation, Group>,
    queries: HashMap<Operation, Group>,
}

#[derive(Default)]
struct Group {
    durations: Vec<u64>,
    errors: u64,
    error_kinds: BTreeSet<String>,
    /// Database calls that have a request, and the requests.
    calls: u64,
    requests: u64,
}

impl Group {
    fn add(&mut self, span: &Span) {
        self.durations.push(span.duration_nanos());
        if is_error(span) {
            self.errors += 1;
            self.error_kinds.insert(error_kind(span));
        }
    }

    fn statistics(mut self, operation: Operation) -> OperationStatistics {
        #[allow(clippy::cast_precision_loss, reason = "an average for people")]
        let queries_per_request = (self.requests > 0).then(|| self.calls as f64 / self.requests as f64);
        OperationStatistics {
            operation,
            count: self.durations.len() as u64,
            errors: self.errors,
            total_nanos: self.durations.iter().fold(0, |sum, nanos| sum.saturating_add(*nanos)),
            percentiles: Percentiles::of(&mut self.durations),
            queries_per_request,
            error_kinds: self.error_kinds,
            before: None,
        }
    }
}

impl Gathered {
    pub(super) fn statistics(self) -> Statistics {
        let sorted = |groups: HashMap<Operation, Group>| {
            let groups = groups.into_iter();
            let mut list: Vec<_> = groups.map(|(operation, group)| group.statistics(operation)).collect();
            list.sort_by(|a, b| {
                b.total_nanos.cmp(&a.total_nanos).then_with(|| a.operation.cmp(&b.operation))
            });
            list
        };
        Statistics { routes: sorted(self.routes), queries: sorted(self.queries) }
    }
}

/// Adds the spans of a trace to the run that they belong to; older runs than there is room for are left out.
pub(super) fn by_age_of_run(trace: &Trace, mute_health_checks: bool, runs: &Runs, by_age: &mut [Gathered]) {
    let mut calls: HashMap<usize, u64> = HashMap::new();
    let mut calls_by_query: HashMap<(usize, Operation), u64> = HashMap::new();
    let works = works(trace, mute_health_checks);
    let spans = trace.spans.iter().map(|span| &**span).enumerate().zip(works).filter(|(_, work)| !work.muted);
    let spans: Vec<((usize, &Span), Work)> = spans.collect();
    for ((_, span), work) in spans.iter().filter(|((_, span), _)| is_query(span)) {
        let operation = query_operation(span);
        if let Some(run) = by_age.get_mut(runs.age(span)) {
            run.queries.entry(operation.clone()).or_default().add(span);
        }
        if let Some(request) = work.request {
            *calls.entry(request).or_default() += 1;
            *calls_by_query.entry((request, operation)).or_default() += 1;
        }
    }
    for ((index, span), _) in spans.iter().filter(|((_, span), _)| is_request(span)) {
        if let Some(run) = by_age.get_mut(runs.age(span)) {
            let group = run.routes.entry(route_operation(span)).or_default();
            group.add(span);
            group.requests += 1;
            group.calls += calls.get(index).copied().unwrap_or(0);
        }
    }
    for ((request, operation), calls) in calls_by_query {
        let run = trace.spans.get(request).and_then(|request| by_age.get_mut(runs.age(request)));
        if let Some(group) = run.and_then(|run| run.queries.get_mut(&operation)) {
            group.calls += calls;
            group.requests += 1;
        }
    }
}

/// What a span belongs to.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    /// The request that it is part of, in its own service; an index into the trace's spans.
    request: Option<usize>,
    /// A health check, or below one.
    muted: bool,
}

fn works(trace: &Trace, mute_health_checks: bool) -> Vec<Work> {
    let tree = SpanTree::of(trace);
    let mut works = vec![Work::default(); trace.spans.len()];
    for place in tree.in_order() {
        let Some(span) = trace.spans.get(place.index) else { continue };
        let above =
            tree.parent(place.index).and_then(|parent| works.get(parent)).copied().unwrap_or_default();
        let same_service = |request: &usize| {
            trace.spans.get(*request).is_some_and(|request| request.service() == span.service())
        };
        let work = Work {
            request: if is_request(span) { Some(place.index) } else { above.request.filter(same_service) },
            muted: above.muted || mute_health_checks && is_health_check(span),
        };
        if let Some(slot) = works.get_mut(place.index) {
            *slot = work;
        }
    }
    works
}

fn is_request(span: &Span) -> bool {
    matches!(span.kind, Kind::Server | Kind::Consumer)
}

fn is_query(span: &Span) -> bool {
    let system = span.attributes.get("db.system.name").or_else(|| span.attributes.get("db.system"));
    system.is_some() && span.kind != Kind::Server
}

fn text<'s>(span: &'s Span, keys: &[&str]) -> Option<&'s str> {
    keys.iter().find_map(|key| span.attributes.get(key)).and_then(Value::as_str)
}

fn route_operation(span: &Span) -> Operation {
    let route = text(span, &["http.route"]);
    let method = text(span, &["http.request.method", "http.method"]);
    let name = match (method, route) {
        (Some(method), Some(route)) => format!("{method} {route}"),
        _ => span.name.clone(),
    };
    Operation { service: span.service().to_owned(), name }
}

fn query_operation(span: &Span) -> Operation {
    let name = text(span, &["db.query.summary"]).unwrap_or(&span.name).to_owned();
    Operation { service: span.service().to_owned(), name }
}

fn error_kind(span: &Span) -> String {
    let exception = span.events.iter().rev().find(|event| event.name == "exception");
    let class = exception.and_then(|event| event.attributes.get("exception.type"));
    let class = class.or_else(|| span.attributes.get("error.type")).and_then(Value::as_str);
    class.map(str::to_owned).or_else(|| http_status(span)).unwrap_or_else(|| "error".to_owned())
}
