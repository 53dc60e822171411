//! The JSON API under `/api` (docs/viewer-api.md): what the page shows and scripts ask for.

mod error;
mod events;
mod findings;
mod import;
mod metrics;
mod parameters;
mod span;
mod statistics;
mod status;
mod summaries;
mod trace;
mod traces;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::sync::watch;

use super::WebOptions;
use crate::query::baseline::Baseline;
use crate::receiver::ReceiverMonitor;
use crate::store::TraceStore;
pub(super) use error::ApiError;
use summaries::Summaries;

/// What every handler has.
#[derive(Debug, Clone)]
pub(super) struct Viewer {
    receiver: ReceiverMonitor,
    max_import_bytes: usize,
    baseline: Arc<Baseline>,
    summaries: Arc<Summaries>,
    stopped: watch::Receiver<bool>,
}

impl Viewer {
    pub(super) fn new(
        receiver: ReceiverMonitor,
        options: &WebOptions,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let baseline = Arc::new(options.baseline.clone());
        let max_import_bytes = options.max_import_bytes;
        Self { receiver, max_import_bytes, baseline, summaries: Arc::default(), stopped }
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
        .route("/traces", get(traces::list).delete(import::clear))
        .route("/traces/{trace_id}", get(trace::detail))
        .route("/traces/{trace_id}/find", get(trace::find))
        .route("/traces/{trace_id}/spans/{span_id}", get(span::detail))
        .route("/traces/{trace_id}/spans/{span_id}/otlp", get(span::otlp))
        .route("/spans", get(traces::spans))
        .route("/export", get(traces::export))
        .route("/statistics", get(statistics::statistics))
        .route("/findings", get(findings::findings))
        .route("/metrics", get(metrics::metrics))
        .route("/import", post(import::import).layer(DefaultBodyLimit::max(max_import_bytes)))
        .fallback(async || ApiError::Path)
        .with_state(viewer)
}
