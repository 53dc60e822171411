//! `GET /api/traces/{traceId}`: the rows of its waterfall; `/find`: the spans that a filter holds for.

use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

use super::Viewer;
use super::error::ApiError;
use super::findings::{FindingLine, lines_of};
use super::parameters::{Parameters, now};
use super::traces::TraceLine;
use crate::logs::{LogRecord, MOST_ON_ROW};
use crate::query::{self, CriticalPath, RowKind, RowOptions, TraceSummary, is_error};
use crate::span::{SpanId, Trace, TraceId};
use crate::waterfall::describe;

/// A row has no room for more.
const MOST_LOG_CHARACTERS: usize = 300;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TraceDetail {
    #[serde(flatten)]
    line: TraceLine,
    /// In display order: parents before children, repeats before their members.
    rows: Vec<RowDetail>,
    /// Findings with evidence in this trace.
    findings: Vec<FindingLine>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RowDetail {
    /// Of repeats, of the first member; so is the rest.
    span_id: String,
    parent_span_id: Option<String>,
    depth: usize,
    /// Index into the trace's services.
    service: usize,
    name: String,
    kind: &'static str,
    /// Since the trace's start.
    offset_nanos: u64,
    duration_nanos: u64,
    failed: bool,
    /// The parent should have been in the trace.
    orphan: bool,
    /// What the name leaves open, escaped.
    detail: Option<String>,
    /// Exception or status message, escaped.
    failure: Option<String>,
    /// The first few records written during the span; none on the row of repeats, whose members have them.
    logs: Vec<LogLine>,
    /// Further records.
    more_logs: usize,
    /// Whether rows below it are its descendants or members.
    expandable: bool,
    /// Stretches of the critical path in the span itself: from and to, nanoseconds since the trace's start.
    critical: Vec<(u64, u64)>,
    repeats: Option<Repeats>,
}

/// A log record below its span.
#[derive(Debug, Serialize)]
struct LogLine {
    severity: String,
    failed: bool,
    /// The first line of what it says.
    text: String,
}

/// "12x SELECT orders".
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Repeats {
    count: usize,
    total_nanos: u64,
    max_nanos: u64,
    errors: usize,
}

impl TraceDetail {
    fn of(trace: &Trace, summary: TraceSummary, findings: Vec<FindingLine>) -> Self {
        let path = CriticalPath::of(trace);
        let start = summary.start_unix_nano;
        let mut critical: HashMap<usize, Vec<(u64, u64)>> = HashMap::new();
        for segment in path.segments() {
            let stretch =
                (segment.start_unix_nano.saturating_sub(start), segment.end_unix_nano.saturating_sub(start));
            critical.entry(segment.span).or_default().push(stretch);
        }
        let mut logs: HashMap<SpanId, Vec<&LogRecord>> = HashMap::new();
        for log in &trace.logs {
            if let Some(span_id) = log.span_id {
                logs.entry(span_id).or_default().push(log);
            }
        }
        // Repeats and their members both: what is folded is the page's affair.
        let options = RowOptions {
            collapse_repeats: true,
            expanded: trace.spans.iter().map(|span| span.span_id).collect(),
            folded: HashSet::new(),
        };
        let rows = query::rows(trace, &options).into_iter().filter_map(|row| {
            let index = row.first_span()?;
            let span = trace.spans.get(index)?;
            let repeats = match &row.kind {
                RowKind::Span(_) => None,
                RowKind::Repeats { spans, total_nanos, max_nanos, errors, .. } => Some(Repeats {
                    count: spans.len(),
                    total_nanos: *total_nanos,
                    max_nanos: *max_nanos,
                    errors: *errors,
                }),
            };
            let members = match &row.kind {
                RowKind::Span(index) => std::slice::from_ref(index),
                RowKind::Repeats { spans, .. } => spans,
            };
            let mut stretches: Vec<(u64, u64)> =
                members.iter().filter_map(|member| critical.get(member)).flatten().copied().collect();
            stretches.sort_unstable();
            let logs = logs.get(&span.span_id).filter(|_| repeats.is_none()).map_or(&[][..], Vec::as_slice);
            Some(RowDetail {
                span_id: span.span_id.to_string(),
                parent_span_id: span.parent_span_id.map(|parent| parent.to_string()),
                depth: row.depth,
                service: summary.services.iter().position(|service| service == span.service()).unwrap_or(0),
                name: span.name.clone(),
                kind: span.kind.name(),
                offset_nanos: span.start_time_unix_nano.saturating_sub(start),
                duration_nanos: extent(trace, members),
                failed: is_error(span),
                orphan: row.orphan,
                detail: describe::detail(span),
                failure: describe::failure(span, usize::MAX),
                logs: logs.iter().take(MOST_ON_ROW).map(|log| log_line(log)).collect(),
                more_logs: logs.len().saturating_sub(MOST_ON_ROW),
                expandable: row.has_rows_below,
                critical: stretches,
                repeats,
            })
        });
        Self { rows: rows.collect(), line: summary.into(), findings }
    }
}

fn log_line(log: &LogRecord) -> LogLine {
    let text = log.text();
    LogLine {
        severity: log.severity().to_owned(),
        failed: log.is_error(),
        text: text.lines().next().unwrap_or_default().chars().take(MOST_LOG_CHARACTERS).collect(),
    }
}

/// From the earliest start to the latest end of these spans.
fn extent(trace: &Trace, members: &[usize]) -> u64 {
    let spans = || members.iter().filter_map(|member| trace.spans.get(*member));
    let start = spans().map(|span| span.start_time_unix_nano).min().unwrap_or(0);
    // An end before its start counts as the start, as in `Span::duration_nanos`.
    let end = spans().map(|span| span.start_time_unix_nano.saturating_add(span.duration_nanos())).max();
    end.unwrap_or(start).saturating_sub(start)
}

/// An id in hex, as OTLP JSON has it; `None` for anything else.
pub(super) fn parse_id<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

pub(super) fn trace_of(viewer: &Viewer, trace_id: &str) -> Result<Trace, ApiError> {
    let id = parse_id(trace_id).map(TraceId).ok_or_else(|| ApiError::TraceId(trace_id.to_owned()))?;
    viewer.store().trace(id).ok_or(ApiError::NoTrace(id))
}

pub(super) async fn detail(
    State(viewer): State<Viewer>,
    Path(trace_id): Path<String>,
) -> Result<Json<TraceDetail>, ApiError> {
    let trace = trace_of(&viewer, &trace_id)?;
    let findings = viewer.store().findings();
    let concerned = findings
        .iter()
        .filter(|finding| finding.evidence.iter().any(|evidence| evidence.trace_id == trace.trace_id));
    let findings = lines_of(concerned);
    let summary = TraceSummary::of(&trace).ok_or(ApiError::NoTrace(trace.trace_id))?;
    Ok(Json(TraceDetail::of(&trace, summary, findings)))
}

/// Ids of the spans of a trace for which a filter holds.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    spans: Vec<String>,
}

pub(super) async fn find(
    State(viewer): State<Viewer>,
    Path(trace_id): Path<String>,
    parameters: Parameters,
) -> Result<Json<Found>, ApiError> {
    let (filter, now) = (parameters.parsed_filter()?, now());
    let trace = trace_of(&viewer, &trace_id)?;
    let spans = trace.spans.iter().filter(|span| filter.matches_span(span, now));
    Ok(Json(Found { spans: spans.map(|span| span.span_id.to_string()).collect() }))
}
