//! Routes and queries: how often, how long, how many errors, each compared with the run before.

mod gather;

use std::collections::{BTreeMap, BTreeSet};

use super::Percentiles;
use super::baseline::Baseline;
use super::runs::Runs;
use crate::span::Trace;
use gather::{Gathered, by_age_of_run};

/// What is counted together: the requests of one route, or the calls of one query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operation {
    /// Of the spans.
    pub service: String,
    /// `GET /orders/{id}` (method and route; the span's name where it has no route), or `SELECT orders` (the query's
    /// summary, else the span's name).
    pub name: String,
}

/// The current run of each service, measured over the spans that the store holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// Requests answered: SERVER and CONSUMER spans. The one that took most time in all comes first.
    pub routes: Vec<OperationStatistics>,
    /// Database calls: spans with `db.system.name`. The one that took most time in all comes first.
    pub queries: Vec<OperationStatistics>,
}

/// Figures of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationStatistics {
    /// Which.
    pub operation: Operation,
    /// Spans.
    pub count: u64,
    /// Of them, those that ended with an error.
    pub errors: u64,
    /// Of their durations.
    pub percentiles: Percentiles,
    /// Sum of their durations.
    pub total_nanos: u64,
    /// Of a route: database calls below one of its requests, within that service, on average. Of a query: its calls
    /// below a request that makes any. `None` for a query outside of every request.
    pub queries_per_request: Option<f64>,
    /// What errors there were: exception types, else `error.type`, else status codes.
    pub error_kinds: BTreeSet<String>,
    /// The same operation in the run before; `None` when that is not known.
    pub before: Option<Before>,
}

/// An operation in the run before.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Before {
    /// Spans.
    pub count: u64,
    /// Median duration.
    pub p50_nanos: u64,
    /// As [`OperationStatistics::queries_per_request`].
    pub queries_per_request: Option<f64>,
    /// As [`OperationStatistics::error_kinds`].
    pub error_kinds: BTreeSet<String>,
}

impl OperationStatistics {
    /// Kinds of errors that the run before did not have; none when that run is not known.
    pub fn new_errors(&self) -> impl Iterator<Item = &str> {
        let before = self.before.as_ref().map(|before| &before.error_kinds);
        let kinds = before.into_iter().flat_map(|before| self.error_kinds.difference(before));
        kinds.map(String::as_str)
    }

    /// p50 of this run divided by that of the run before.
    #[must_use]
    pub fn p50_ratio(&self) -> Option<f64> {
        let before = self.before.as_ref().map(|before| before.p50_nanos).filter(|nanos| *nanos > 0)?;
        #[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
        Some(self.percentiles.p50_nanos as f64 / before as f64)
    }

    /// Queries a request of this run minus those of the run before.
    #[must_use]
    pub fn queries_change(&self) -> Option<f64> {
        Some(self.queries_per_request? - self.before.as_ref()?.queries_per_request?)
    }

    fn as_before(&self) -> Before {
        Before {
            count: self.count,
            p50_nanos: self.percentiles.p50_nanos,
            queries_per_request: self.queries_per_request,
            error_kinds: self.error_kinds.clone(),
        }
    }
}

impl Statistics {
    /// Of the current run of each service. The run before is the previous instance of the service if the traces hold
    /// spans of it, else the one in `saved`. Exact over the traces given, O(n log n); those that have left the store are
    /// not in it. Health checks are left out if `mute_health_checks`, with all that is below them.
    #[must_use]
    pub fn of(traces: &[Trace], saved: &Baseline, mute_health_checks: bool) -> Self {
        let runs = Runs::of(traces);
        let mut by_age = [Gathered::default(), Gathered::default()];
        for trace in traces {
            by_age_of_run(trace, mute_health_checks, &runs, &mut by_age);
        }
        let [mut statistics, previous] = by_age.map(Gathered::statistics);
        let mut before = saved.clone();
        before.take_over(&previous);
        let Self { routes, queries } = &mut statistics;
        routes.iter_mut().for_each(|route| route.before = before.route(&route.operation).cloned());
        queries.iter_mut().for_each(|query| query.before = before.query(&query.operation).cloned());
        statistics
    }

    /// As the baseline of a later run.
    #[must_use]
    pub fn to_baseline(&self) -> Baseline {
        let entries = |list: &[OperationStatistics]| -> BTreeMap<Operation, Before> {
            list.iter().map(|entry| (entry.operation.clone(), entry.as_before())).collect()
        };
        Baseline::new(entries(&self.routes), entries(&self.queries))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MILLISECOND, failed, query, resource, server, span, trace, with};
    use super::*;
    use crate::span::Span;

    fn get_order(id: u8, start: u64, queries: u8) -> Trace {
        let root = with(
            server(1, 0, "GET /orders/{id}", start, start + 10),
            &[("http.request.method", "GET"), ("http.route", "/orders/{id}")],
        );
        let below = (0..queries).map(|number| query(2 + number, 1, "SELECT orders", start, start + 2));
        trace(id, std::iter::once(root).chain(below).collect())
    }

    fn of_instance(instance: &str, trace: Trace) -> Trace {
        let resource = resource(&[("service.name", "shop"), ("service.instance.id", instance)]);
        let moved = |span: &std::sync::Arc<Span>| Span { resource: resource.clone(), ..Span::clone(span) };
        super::super::testing::trace(trace.trace_id.0[0], trace.spans.iter().map(moved).collect())
    }

    #[test]
    fn routes_and_queries_are_counted_with_their_queries_a_request() {
        let stock = Span {
            resource: resource(&[("service.name", "stock")]),
            ..query(9, 1, "SELECT stock, not of this service's request", 0, 1)
        };
        let mut second = get_order(2, 100, 3);
        second.spans.push(stock.into());
        let statistics = Statistics::of(&[get_order(1, 0, 1), second], &Baseline::default(), false);
        let [route] = statistics.routes.as_slice() else { panic!("{statistics:?}") };
        assert_eq!(route.operation.name, "GET /orders/{id}");
        assert_eq!((route.count, route.errors, route.queries_per_request), (2, 0, Some(2.0)));
        assert_eq!((route.percentiles.p50_nanos, route.total_nanos), (10 * MILLISECOND, 20 * MILLISECOND));
        let queries: Vec<(&str, u64, Option<f64>)> = statistics
            .queries
            .iter()
            .map(|query| (query.operation.service.as_str(), query.count, query.queries_per_request))
            .collect();
        assert_eq!(queries, [("shop", 4, Some(2.0)), ("stock", 1, None)]);
    }

    #[test]
    fn errors_have_kinds_and_new_ones_are_named() {
        let root = |id, kind| {
            trace(id, vec![failed(with(server(1, 0, "GET /fail", 0, 10), &[("error.type", kind)]))])
        };
        let first = Statistics::of(&[root(1, "500")], &Baseline::default(), false);
        assert_eq!(first.routes[0].new_errors().count(), 0, "there was no run before");
        let traces = [root(1, "500"), root(2, "java.lang.IllegalStateException")];
        let second = Statistics::of(&traces, &first.to_baseline(), false);
        assert_eq!(second.routes[0].errors, 2);
        assert_eq!(second.routes[0].new_errors().collect::<Vec<_>>(), ["java.lang.IllegalStateException"]);
    }

    #[test]
    fn the_run_before_is_the_instance_before_else_the_saved_one() {
        let saved = Statistics::of(&[get_order(1, 0, 1)], &Baseline::default(), false).to_baseline();
        let change = |traces: &[Trace]| {
            let statistics = Statistics::of(traces, &saved, false);
            (statistics.routes[0].count, statistics.routes[0].queries_change())
        };
        assert_eq!(change(&[of_instance("new", get_order(1, 0, 5))]), (1, Some(4.0)), "saved");
        let before = of_instance("before", get_order(1, 0, 3));
        let after = of_instance("new", get_order(2, 500, 5));
        assert_eq!(change(&[before, after]), (1, Some(2.0)), "seen");
    }

    #[test]
    fn the_ratio_of_medians_is_that_of_the_two_runs() {
        let saved = Statistics::of(&[get_order(1, 0, 1)], &Baseline::default(), false).to_baseline();
        let slower = trace(1, vec![server(1, 0, "GET /orders/{id}", 0, 25)]);
        assert_eq!(Statistics::of(&[slower], &saved, false).routes[0].p50_ratio(), Some(2.5));
        assert_eq!(
            Statistics::of(&[get_order(1, 0, 1)], &Baseline::default(), false).routes[0].p50_ratio(),
            None
        );
    }

    #[test]
    fn muted_health_checks_are_left_out_with_all_below() {
        let health = vec![
            with(server(1, 0, "GET /health", 0, 10), &[("url.path", "/health")]),
            span(2, 1, "check", 0, 5),
            query(3, 2, "SELECT 1", 0, 5),
        ];
        let traces = [get_order(1, 0, 1), trace(2, health)];
        let count = |mute| {
            let statistics = Statistics::of(&traces, &Baseline::default(), mute);
            (statistics.routes.len(), statistics.queries.len())
        };
        assert_eq!((count(false), count(true)), ((2, 2), (1, 1)));
    }
}
