//! A trace in one line of a list.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use super::{is_error, is_health_check};
use crate::forest::{SpanTree, is_orphan};
use crate::span::{Kind, Span, Trace, TraceId};

/// What a list of traces shows of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSummary {
    /// Of the trace.
    pub trace_id: TraceId,
    /// Service of the root; of the main one if there are several: a true root before one whose parent is in a process
    /// that sends nothing here, before one whose parent is missing.
    pub service: String,
    /// Name of the root.
    pub name: String,
    /// Kind of the root.
    pub kind: Kind,
    /// Earliest start of any span, Unix epoch, nanoseconds.
    pub start_unix_nano: u64,
    /// From the earliest start to the latest end.
    pub duration_nanos: u64,
    /// Spans received.
    pub span_count: usize,
    /// Of them, those that ended with an error.
    pub error_count: usize,
    /// As [`http_status`] of the root.
    pub http_status: Option<String>,
    /// All services, the root's first, the others by name.
    pub services: Vec<String>,
    /// Spans whose parent should be in this trace and is not (yet).
    pub missing_parents: usize,
    /// Whether a span without a parent, or with one that is known to be in another process, is there.
    pub has_root: bool,
    /// Whether the root answers a health check.
    pub health_check: bool,
}

impl TraceSummary {
    /// `None` for a trace without spans.
    #[must_use]
    pub fn of(trace: &Trace) -> Option<Self> {
        let tree = SpanTree::of(trace);
        let root = trace.spans.get(tree.main_root(trace)?)?;
        let start_unix_nano = trace.spans.iter().map(|span| span.start_time_unix_nano).min()?;
        let end = trace.spans.iter().map(|span| span.end_time_unix_nano).max()?;
        let others: BTreeSet<&str> = trace
            .spans
            .iter()
            .map(|span| span.service())
            .filter(|service| *service != root.service())
            .collect();
        let ids: HashSet<_> = trace.spans.iter().map(|span| span.span_id).collect();
        let misses_its_parent =
            |span: &Span| is_orphan(span) && span.parent_span_id.is_some_and(|parent| !ids.contains(&parent));
        Some(Self {
            trace_id: trace.trace_id,
            service: root.service().to_owned(),
            name: root.name.clone(),
            kind: root.kind,
            start_unix_nano,
            duration_nanos: end.saturating_sub(start_unix_nano),
            span_count: trace.spans.len(),
            error_count: trace.spans.iter().filter(|span| is_error(span)).count(),
            http_status: http_status(root),
            services: std::iter::once(root.service()).chain(others).map(str::to_owned).collect(),
            missing_parents: trace.spans.iter().filter(|span| misses_its_parent(span)).count(),
            has_root: trace.spans.iter().any(|span| span.is_local_root()),
            health_check: is_health_check(root),
        })
    }

    /// Whether root and parents are all there. More spans may still come: nothing in OTLP says that a trace has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.has_root && self.missing_parents == 0
    }
}

/// Status code of an HTTP or gRPC span, by the stable keys and those that they replaced. Not escaped.
#[must_use]
pub fn http_status(span: &Span) -> Option<String> {
    let keys =
        ["http.response.status_code", "http.status_code", "rpc.response.status_code", "rpc.grpc.status_code"];
    keys.iter().find_map(|key| span.attributes.get(key)).map(ToString::to_string)
}

/// Columns of the list of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortColumn {
    /// When it began.
    Start,
    /// How long it took.
    Duration,
    /// Spans.
    Spans,
    /// Errors.
    Errors,
    /// Service of the root.
    Service,
    /// Name of the root.
    Name,
    /// HTTP status; traces without one come first.
    Status,
}

impl SortColumn {
    /// In the order of the columns.
    pub const ALL: [Self; 7] =
        [Self::Start, Self::Duration, Self::Spans, Self::Errors, Self::Service, Self::Name, Self::Status];

    /// Lower-case, as in a heading or a parameter.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Duration => "duration",
            Self::Spans => "spans",
            Self::Errors => "errors",
            Self::Service => "service",
            Self::Name => "name",
            Self::Status => "status",
        }
    }
}

/// How a list of traces is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortOrder {
    /// By what.
    pub column: SortColumn,
    /// Largest, latest or last in the alphabet first.
    pub descending: bool,
}

impl Default for SortOrder {
    /// The latest trace first.
    fn default() -> Self {
        Self { column: SortColumn::Start, descending: true }
    }
}

impl SortOrder {
    /// Sorts; equal ones by start (the latest first), then by id.
    pub fn sort(self, summaries: &mut [TraceSummary]) {
        summaries.sort_by(|a, b| self.compare(a, b));
    }

    /// As [`Self::sort`] orders two.
    #[must_use]
    pub fn compare(self, a: &TraceSummary, b: &TraceSummary) -> Ordering {
        let by_column = match self.column {
            SortColumn::Start => a.start_unix_nano.cmp(&b.start_unix_nano),
            SortColumn::Duration => a.duration_nanos.cmp(&b.duration_nanos),
            SortColumn::Spans => a.span_count.cmp(&b.span_count),
            SortColumn::Errors => a.error_count.cmp(&b.error_count),
            SortColumn::Service => a.service.cmp(&b.service),
            SortColumn::Name => a.name.cmp(&b.name),
            SortColumn::Status => a.http_status.cmp(&b.http_status),
        };
        let by_column = if self.descending { by_column.reverse() } else { by_column };
        by_column.then(b.start_unix_nano.cmp(&a.start_unix_nano)).then(a.trace_id.cmp(&b.trace_id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MILLISECOND, failed, resource, server, span, trace, with};
    use super::*;

    #[test]
    fn a_trace_is_summed_up_by_its_root() {
        let stock = Span {
            resource: resource(&[("service.name", "stock")]),
            ..failed(server(2, 1, "GET /stock", 12, 30))
        };
        let root = with(server(1, 0, "GET /orders", 10, 20), &[("http.response.status_code", "500")]);
        let summary = TraceSummary::of(&trace(7, vec![stock, root])).unwrap();
        let expected = TraceSummary {
            trace_id: TraceId([7; 16]),
            service: "shop".to_owned(),
            name: "GET /orders".to_owned(),
            kind: Kind::Server,
            start_unix_nano: 10 * MILLISECOND,
            duration_nanos: 20 * MILLISECOND,
            span_count: 2,
            error_count: 1,
            http_status: Some("500".to_owned()),
            services: vec!["shop".to_owned(), "stock".to_owned()],
            missing_parents: 0,
            has_root: true,
            health_check: false,
        };
        assert_eq!(summary, expected);
        assert!(summary.is_complete());
        assert_eq!(TraceSummary::of(&trace(7, Vec::new())), None);
    }

    #[test]
    fn a_trace_is_complete_when_root_and_parents_are_there() {
        let remote = Span { flags: 0x300, ..server(2, 9, "remote parent", 0, 1) };
        for (spans, complete) in [
            (vec![span(1, 0, "root", 0, 1)], true),
            (vec![remote], true),
            (vec![span(2, 1, "no root", 0, 1)], false),
            (vec![span(1, 0, "root", 0, 1), span(3, 2, "a parent is missing", 0, 1)], false),
        ] {
            let name = spans[0].name.clone();
            assert_eq!(TraceSummary::of(&trace(1, spans)).unwrap().is_complete(), complete, "{name}");
        }
    }

    #[test]
    fn each_column_sorts_both_ways() {
        let summary = |id, span: Span| TraceSummary::of(&trace(id, vec![span])).unwrap();
        let with_status = |span, code| with(span, &[("http.response.status_code", code)]);
        let quick = summary(1, with_status(failed(server(1, 0, "a", 5, 6)), "500"));
        let slow = summary(2, with_status(server(1, 0, "b", 1, 9), "200"));
        for (column, ascending) in [
            (SortColumn::Start, [2, 1]),
            (SortColumn::Duration, [1, 2]),
            (SortColumn::Errors, [2, 1]),
            (SortColumn::Name, [1, 2]),
            (SortColumn::Status, [2, 1]),
            // Equal: the latest first, whichever way.
            (SortColumn::Spans, [1, 2]),
            (SortColumn::Service, [1, 2]),
        ] {
            let mut list = [quick.clone(), slow.clone()];
            let ids = |list: &[TraceSummary]| [list[0].trace_id.0[0], list[1].trace_id.0[0]];
            SortOrder { column, descending: false }.sort(&mut list);
            assert_eq!(ids(&list), ascending, "{column:?}");
            SortOrder { column, descending: true }.sort(&mut list);
            let reversed = [ascending[1], ascending[0]];
            let tie = matches!(column, SortColumn::Spans | SortColumn::Service);
            assert_eq!(ids(&list), if tie { ascending } else { reversed }, "{column:?} descending");
        }
    }
}
