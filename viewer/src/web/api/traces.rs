//! `GET /api/traces`, `GET /api/spans` and `GET /api/export`: what a filter shows.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use otelrs_otlp::json::{logs_to_json_line, to_json_line};
use serde::Serialize;

use super::Viewer;
use super::error::ApiError;
use super::parameters::{Parameters, now};
use super::span::SpanDetail;
use crate::export::{to_logs_request, to_request};
use crate::query::TraceSummary;

/// Traces or spans answered where no limit is asked for.
const DEFAULT_LIMIT: usize = 100;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TraceList {
    /// Traces held.
    total: usize,
    /// Traces that the filter shows, before the limit.
    matched: usize,
    /// Health checks left out of them.
    muted: usize,
    traces: Vec<TraceLine>,
}

/// A trace in one line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TraceLine {
    trace_id: String,
    service: String,
    name: String,
    kind: &'static str,
    /// A string: the number has more digits than JavaScript keeps.
    start_unix_nano: String,
    duration_nanos: u64,
    spans: usize,
    errors: usize,
    status: Option<String>,
    services: Vec<String>,
    complete: bool,
    health_check: bool,
}

impl From<TraceSummary> for TraceLine {
    fn from(summary: TraceSummary) -> Self {
        Self {
            trace_id: summary.trace_id.to_string(),
            complete: summary.is_complete(),
            service: summary.service,
            name: summary.name,
            kind: summary.kind.name(),
            start_unix_nano: summary.start_unix_nano.to_string(),
            duration_nanos: summary.duration_nanos,
            spans: summary.span_count,
            errors: summary.error_count,
            status: summary.http_status,
            services: summary.services,
            health_check: summary.health_check,
        }
    }
}

/// The traces that the parameters ask for, sorted, up to the limit.
pub(super) async fn list(State(viewer): State<Viewer>, parameters: Parameters) -> Result<Response, ApiError> {
    let order = parameters.sort_order()?;
    let selected = parameters.select(&viewer)?;
    let mut summaries: Vec<TraceSummary> = selected.traces.into_iter().map(|(_, summary)| summary).collect();
    order.sort(&mut summaries);
    let matched = summaries.len();
    summaries.truncate(parameters.limit.unwrap_or(DEFAULT_LIMIT));
    let traces = summaries.into_iter().map(TraceLine::from).collect();
    Ok(Json(TraceList { total: selected.total, matched, muted: selected.muted, traces }).into_response())
}

/// The spans that the filter holds for, each asked for itself; the latest first.
pub(super) async fn spans(
    State(viewer): State<Viewer>,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let (filter, now) = (parameters.parsed_filter()?, now());
    let selected = parameters.select_unfiltered(&viewer);
    let spans =
        selected.traces.iter().flat_map(|(trace, _)| trace.spans.iter().map(move |span| (trace, span)));
    let mut spans: Vec<_> = spans.filter(|(_, span)| filter.matches_span(span, now)).collect();
    spans.sort_by_key(|(_, span)| std::cmp::Reverse((span.start_time_unix_nano, span.span_id)));
    let matched = spans.len();
    spans.truncate(parameters.limit.unwrap_or(DEFAULT_LIMIT));
    let spans: Vec<SpanDetail> = spans.into_iter().map(|(trace, span)| SpanDetail::of(trace, span)).collect();
    Ok(Json(serde_json::json!({ "matched": matched, "spans": spans })).into_response())
}

/// The traces that the parameters ask for as OTLP JSON: a line of spans, and one of log records when there are any.
pub(super) async fn export(
    State(viewer): State<Viewer>,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let selected = parameters.select(&viewer)?;
    let traces = || selected.traces.iter().map(|(trace, _)| trace);
    let mut document = to_json_line(&to_request(traces().flat_map(|trace| &trace.spans)));
    if traces().any(|trace| !trace.logs.is_empty()) {
        document.push('\n');
        document.push_str(&logs_to_json_line(&to_logs_request(traces().flat_map(|trace| &trace.logs))));
    }
    let headers =
        [(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, "attachment; filename=\"traces.json\"")];
    Ok((headers, document).into_response())
}
