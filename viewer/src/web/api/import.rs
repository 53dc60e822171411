//! `POST /api/import` and `DELETE /api/traces`: the only requests that change something, and only this program's memory.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use otelrs_otlp::json::decode_trace_request_json;
use otelrs_otlp::model::ExportTraceServiceRequest;
use serde::Serialize;

use super::Viewer;
use super::error::ApiError;

/// Spans taken in.
#[derive(Debug, Serialize)]
pub(super) struct Imported {
    spans: u64,
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
    tokio::task::block_in_place(|| take_in(&viewer, &body)).map(|spans| Json(Imported { spans }))
}

fn take_in(viewer: &Viewer, text: &[u8]) -> Result<u64, ApiError> {
    let requests = decode(text)?;
    let scopes =
        requests.iter().flat_map(|request| &request.resource_spans).flat_map(|spans| &spans.scope_spans);
    let spans: u64 = scopes.map(|scope| scope.spans.len() as u64).sum();
    if spans == 0 {
        return Err(ApiError::NoSpans);
    }
    let invalid: u64 = requests.iter().map(|request| viewer.store().take_in(request)).sum();
    Ok(spans.saturating_sub(invalid))
}

fn decode(text: &[u8]) -> Result<Vec<ExportTraceServiceRequest<'static>>, ApiError> {
    let whole = match decode_trace_request_json(text) {
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
            decode_trace_request_json(line)
                .map_err(|source| ApiError::MalformedLine { line: index + 1, source })
        })
        .collect()
}

/// Forgets what is held.
pub(super) async fn clear(State(viewer): State<Viewer>) -> StatusCode {
    viewer.store().clear();
    StatusCode::NO_CONTENT
}
