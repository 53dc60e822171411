//! `GET /api/traces/{traceId}/spans/{spanId}`: everything about one span; with `/otlp` behind it, as OTLP JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use otelrs_otlp::json::to_json_line;
use serde::Serialize;

use super::Viewer;
use super::error::ApiError;
use super::trace::{parse_id, trace_of};
use crate::export::to_request;
use crate::logs::LogRecord;
use crate::span::{Attributes, Event, Span, SpanId, Status, Trace};

/// Keys and values as text, in order of the keys.
type Pairs = Vec<(String, String)>;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SpanDetail {
    trace_id: String,
    span_id: String,
    parent_span_id: Option<String>,
    name: String,
    service: String,
    kind: &'static str,
    /// `unset`, `ok` or `error`.
    status: &'static str,
    status_message: String,
    start_unix_nano: String,
    duration_nanos: u64,
    trace_state: String,
    attributes: Pairs,
    events: Vec<EventDetail>,
    logs: Vec<LogDetail>,
    links: Vec<LinkDetail>,
    resource: Pairs,
    scope: ScopeDetail,
    dropped: DroppedDetail,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EventDetail {
    name: String,
    /// Since the span's start; negative for what came before.
    offset_nanos: i64,
    attributes: Pairs,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogDetail {
    severity: String,
    error: bool,
    body: String,
    offset_nanos: i64,
    attributes: Pairs,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkDetail {
    trace_id: String,
    span_id: String,
    attributes: Pairs,
}

#[derive(Debug, Serialize)]
struct ScopeDetail {
    name: String,
    version: String,
}

/// What the sender dropped.
#[derive(Debug, Serialize)]
struct DroppedDetail {
    attributes: u32,
    events: u32,
    links: u32,
}

impl SpanDetail {
    pub(super) fn of(trace: &Trace, span: &Span) -> Self {
        let start = span.start_time_unix_nano;
        let (status, status_message) = match &span.status {
            Status::Unset => ("unset", ""),
            Status::Ok => ("ok", ""),
            Status::Error(message) => ("error", message.as_str()),
        };
        let links = span.links.iter().map(|link| LinkDetail {
            trace_id: link.trace_id.to_string(),
            span_id: link.span_id.to_string(),
            attributes: pairs(&link.attributes),
        });
        Self {
            trace_id: span.trace_id.to_string(),
            span_id: span.span_id.to_string(),
            parent_span_id: span.parent_span_id.map(|parent| parent.to_string()),
            name: span.name.clone(),
            service: span.service().to_owned(),
            kind: span.kind.name(),
            status,
            status_message: status_message.to_owned(),
            start_unix_nano: start.to_string(),
            duration_nanos: span.duration_nanos(),
            trace_state: span.trace_state.clone(),
            attributes: pairs(&span.attributes),
            events: span.events.iter().map(|event| event_detail(event, start)).collect(),
            logs: trace.logs_of(span.span_id).map(|log| log_detail(log, start)).collect(),
            links: links.collect(),
            resource: pairs(&span.resource.attributes),
            scope: ScopeDetail { name: span.scope.name.clone(), version: span.scope.version.clone() },
            dropped: DroppedDetail {
                attributes: span.dropped.attributes,
                events: span.dropped.events,
                links: span.dropped.links,
            },
        }
    }
}

fn pairs(attributes: &Attributes) -> Pairs {
    attributes.iter().map(|(key, value)| (key.to_owned(), value.to_string())).collect()
}

fn offset(time: u64, start: u64) -> i64 {
    let difference = i128::from(time) - i128::from(start);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

fn event_detail(event: &Event, start: u64) -> EventDetail {
    EventDetail {
        name: event.name.clone(),
        offset_nanos: offset(event.time_unix_nano, start),
        attributes: pairs(&event.attributes),
    }
}

fn log_detail(log: &LogRecord, start: u64) -> LogDetail {
    LogDetail {
        severity: log.severity().to_owned(),
        error: log.is_error(),
        body: log.text(),
        offset_nanos: offset(log.time_unix_nano, start),
        attributes: pairs(&log.attributes),
    }
}

/// The span of a path; the first one where a span id was sent twice.
fn span_of(viewer: &Viewer, trace_id: &str, span_id: &str) -> Result<(Trace, Arc<Span>), ApiError> {
    let id = parse_id(span_id).map(SpanId).ok_or_else(|| ApiError::SpanId(span_id.to_owned()))?;
    let trace = trace_of(viewer, trace_id)?;
    let span = trace.spans.iter().find(|span| span.span_id == id).cloned();
    let span = span.ok_or(ApiError::NoSpan(trace.trace_id, id))?;
    Ok((trace, span))
}

pub(super) async fn detail(
    State(viewer): State<Viewer>,
    Path((trace_id, span_id)): Path<(String, String)>,
) -> Result<Json<SpanDetail>, ApiError> {
    let (trace, span) = span_of(&viewer, &trace_id, &span_id)?;
    Ok(Json(SpanDetail::of(&trace, &span)))
}

pub(super) async fn otlp(
    State(viewer): State<Viewer>,
    Path((trace_id, span_id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (_, span) = span_of(&viewer, &trace_id, &span_id)?;
    Ok(([(CONTENT_TYPE, "application/json")], to_json_line(&to_request([&span]))).into_response())
}
