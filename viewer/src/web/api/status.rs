//! `GET /api/viewer`: which program answers, where it receives, what it has seen and holds.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Viewer;

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    program: &'static str,
    version: &'static str,
    pid: u32,
    otlp_http: String,
    otlp_grpc: String,
    bytes: usize,
    max_bytes: usize,
    traces: usize,
    spans_received: u64,
    spans_evicted: u64,
    spans_invalid: u64,
    traces_evicted: u64,
    findings: usize,
    /// Traces still to be looked at for findings.
    unsettled: usize,
    requests_refused: u64,
    notices: Vec<String>,
}

impl Status {
    pub(super) fn of(viewer: &Viewer) -> Self {
        let store = viewer.store();
        let counters = store.counters();
        Self {
            program: "otelrs",
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            otlp_http: viewer.receiver.http_endpoint(),
            otlp_grpc: viewer.receiver.grpc_endpoint(),
            bytes: store.bytes(),
            max_bytes: store.max_bytes(),
            traces: store.trace_count(),
            spans_received: counters.spans_received,
            spans_evicted: counters.spans_evicted,
            spans_invalid: counters.spans_invalid,
            traces_evicted: counters.traces_evicted,
            findings: store.findings().len(),
            unsettled: store.unsettled(),
            requests_refused: viewer.receiver.counters().refused,
            notices: viewer.receiver.notices(),
        }
    }
}

pub(super) async fn viewer(State(viewer): State<Viewer>) -> Json<Status> {
    Json(Status::of(&viewer))
}
