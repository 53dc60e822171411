//! `POST /api/import` and `DELETE /api/traces`: the only requests that change something, and only this program's memory.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use otelrs_otlp::json::{JsonError, decode_logs_request_json, decode_trace_request_json};
use otelrs_otlp::model::ExportTraceServiceRequest;
use otelrs_otlp::model::logs::ExportLogsServiceRequest;
use serde::Serialize;

use super::Viewer;
use super::error::ApiError;

/// What was taken in.
#[derive(Debug, Serialize)]
pub(super) struct Imported {
    spans: u64,
    logs: u64,
}

/// Takes OTLP JSON in: one request, or one a line as `otelrs run --json FILE` writes them. All of it or, when part of it
/// is malformed, nothing.
pub(super) async fn import(
    State(viewer): State<Viewer>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Imported>, ApiError> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A form of another site can send any text, but not this type, without asking first.
    if media_type.split(';').next().is_none_or(|media_type| media_type.trim() != "application/json") {
        return Err(ApiError::MediaType);
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge(viewer.max_import_bytes),
        _ => ApiError::Body(rejection.body_text()),
    })?;
    tokio::task::block_in_place(|| take_in(&viewer, &body)).map(Json)
}

fn take_in(viewer: &Viewer, text: &[u8]) -> Result<Imported, ApiError> {
    let requests = decode(text)?;
    let spans: u64 = requests.iter().map(Request::spans).sum();
    let logs: u64 = requests.iter().map(Request::logs).sum();
    if spans + logs == 0 {
        return Err(ApiError::NoSpans);
    }
    let invalid: u64 = requests.iter().map(|request| viewer.store().take_in(&request.traces)).sum();
    requests.iter().for_each(|request| viewer.store().take_in_logs(&request.logs));
    Ok(Imported { spans: spans.saturating_sub(invalid), logs })
}

/// One document, read as both: what it does not have is empty.
struct Request {
    traces: ExportTraceServiceRequest<'static>,
    logs: ExportLogsServiceRequest<'static>,
}

impl Request {
    fn read(text: &[u8]) -> Result<Self, JsonError> {
        Ok(Self { traces: decode_trace_request_json(text)?, logs: decode_logs_request_json(text)? })
    }

    fn spans(&self) -> u64 {
        let scopes = self.traces.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.map(|scope| scope.spans.len() as u64).sum()
    }

    fn logs(&self) -> u64 {
        let scopes = self.logs.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
        scopes.map(|scope| scope.log_records.len() as u64).sum()
    }
}

fn decode(text: &[u8]) -> Result<Vec<Request>, ApiError> {
    let whole = match Request::read(text) {
        Ok(request) => return Ok(vec![request]),
        Err(error) => error,
    };
    let lines =
        text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    if lines.clone().count() < 2 {
        return Err(ApiError::Malformed(whole));
    }
    lines
        .map(|(index, line)| {
            Request::read(line).map_err(|source| ApiError::MalformedLine { line: index + 1, source })
        })
        .collect()
}

/// Forgets what is held.
pub(super) async fn clear(State(viewer): State<Viewer>) -> StatusCode {
    viewer.store().clear();
    StatusCode::NO_CONTENT
}
