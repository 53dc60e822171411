//! Why a request is answered with something else: its status, and a sentence that names what is wrong.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use otelrs_otlp::json::JsonError;

use super::parameters::MAX_FILTER_BYTES;
use crate::findings::UnknownFindingKind;
use crate::query::{FilterError, SortColumn};
use crate::span::{SpanId, TraceId};
use crate::web::access::Refusal;

#[derive(Debug, thiserror::Error)]
pub(in crate::web) enum ApiError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("no such path; docs/viewer-api.md lists them")]
    Path,
    #[error("{0}")]
    QueryString(String),
    #[error("filter: {0}")]
    Filter(#[from] FilterError),
    #[error("filter: longer than {MAX_FILTER_BYTES} bytes")]
    LongFilter,
    #[error("sort: {0:?} is no column; columns are {names}", names = SortColumn::ALL.map(SortColumn::name).join(", "))]
    SortColumn(String),
    #[error("kind: {0}")]
    FindingKind(#[from] UnknownFindingKind),
    #[error("{0:?} is no trace id: 32 hex digits")]
    TraceId(String),
    #[error("{0:?} is no span id: 16 hex digits")]
    SpanId(String),
    #[error("no trace {0}: it was not received, or has left the store")]
    NoTrace(TraceId),
    #[error("no span {1} in trace {0}")]
    NoSpan(TraceId, SpanId),
    #[error("Content-Type must be application/json")]
    MediaType,
    #[error("the file is larger than {0} bytes; import it in parts")]
    TooLarge(usize),
    #[error("the file did not arrive: {0}")]
    Body(String),
    #[error("not OTLP JSON: {0}")]
    Malformed(JsonError),
    #[error("not OTLP JSON: line {line}: {source}")]
    MalformedLine { line: usize, source: JsonError },
    #[error(
        "the file holds no spans and no log records: what is imported is OTLP JSON with resourceSpans or resourceLogs"
    )]
    NoSpans,
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => refusal.status(),
            Self::Path | Self::NoTrace(_) | Self::NoSpan(..) => StatusCode::NOT_FOUND,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// `{"error": "..."}`.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status(), Json(serde_json::json!({ "error": self.to_string() }))).into_response()
    }
}
