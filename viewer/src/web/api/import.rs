//! `POST /api/import` and `DELETE /api/traces`: the only requests that change something, and only this program's memory.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use otelrs_otlp::json::decode_trace_request_json;

use super::{Viewer, failure};

/// Takes OTLP JSON in: one request, or one a line as `otelrs run --json FILE` writes them. All of it or, when part of it
/// is malformed, nothing.
pub(super) async fn import(
    State(viewer): State<Viewer>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A form of another site can send any text, but not this type, without asking first.
    if media_type.split(';').next().is_none_or(|media_type| media_type.trim() != "application/json") {
        let error = "Content-Type must be application/json";
        return failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, &error);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let error = format!("the file is larger than {} bytes; import it in parts", viewer.max_import_bytes);
            return failure(StatusCode::PAYLOAD_TOO_LARGE, &error);
        }
        Err(rejection) => return failure(rejection.status(), &rejection.body_text()),
    };
    match tokio::task::block_in_place(|| take_in(&viewer, &body)) {
        Ok(spans) => Json(serde_json::json!({ "spans": spans })).into_response(),
        Err(error) => failure(StatusCode::BAD_REQUEST, &error),
    }
}

fn take_in(viewer: &Viewer, text: &[u8]) -> Result<usize, String> {
    let requests = match decode_trace_request_json(text) {
        Ok(request) => vec![request],
        Err(whole) => {
            let lines: Vec<&[u8]> =
                text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
            let decoded = lines.iter().enumerate().map(|(index, line)| {
                decode_trace_request_json(line).map_err(|error| format!("line {}: {error}", index + 1))
            });
            match lines.len() {
                0 | 1 => return Err(format!("not OTLP JSON: {whole}")),
                _ => decoded.collect::<Result<_, _>>().map_err(|error| format!("not OTLP JSON: {error}"))?,
            }
        }
    };
    let scopes = requests.iter().flat_map(|request| &request.resource_spans).flat_map(|spans| &spans.scope_spans);
    let spans: usize = scopes.map(|scope| scope.spans.len()).sum();
    if spans == 0 {
        return Err("the file holds no spans: export OTLP JSON, with resourceSpans".to_owned());
    }
    let invalid: u64 = requests.iter().map(|request| viewer.store().take_in(request)).sum();
    Ok(spans.saturating_sub(usize::try_from(invalid).unwrap_or(spans)))
}

/// Forgets what is held.
pub(super) async fn clear(State(viewer): State<Viewer>) -> StatusCode {
    viewer.store().clear();
    StatusCode::NO_CONTENT
}
