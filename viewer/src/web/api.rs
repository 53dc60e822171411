//! The JSON API under `/api` (docs/viewer-api.md): what the page shows and scripts ask for.

mod events;
mod import;
mod status;

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use tokio::sync::watch;

use crate::receiver::ReceiverMonitor;
use crate::store::TraceStore;

/// What every handler has.
#[derive(Debug, Clone)]
pub(super) struct Viewer {
    receiver: ReceiverMonitor,
    max_import_bytes: usize,
    stopped: watch::Receiver<bool>,
}

impl Viewer {
    pub(super) fn new(
        receiver: ReceiverMonitor,
        max_import_bytes: usize,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self { receiver, max_import_bytes, stopped }
    }

    fn store(&self) -> &Arc<TraceStore> {
        self.receiver.store()
    }
}

pub(super) fn routes(viewer: Viewer) -> Router {
    let max_import_bytes = viewer.max_import_bytes;
    Router::new()
        .route("/viewer", get(status::viewer))
        .route("/events", get(events::events))
        .route("/traces", delete(import::clear))
        .route("/import", post(import::import).layer(DefaultBodyLimit::max(max_import_bytes)))
        .fallback(async || failure(StatusCode::NOT_FOUND, &"no such path; docs/viewer-api.md lists them"))
        .with_state(viewer)
}

/// `{"error": "..."}`.
pub(super) fn failure(status: StatusCode, error: &dyn Display) -> Response {
    (status, Json(serde_json::json!({ "error": error.to_string() }))).into_response()
}
