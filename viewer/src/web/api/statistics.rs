//! `GET /api/statistics`: routes and queries, each compared with the run before.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Viewer;
use super::error::ApiError;
use super::parameters::Parameters;
use crate::query::{OperationStatistics, Statistics};

#[derive(Debug, Serialize)]
pub(super) struct StatisticsDetail {
    routes: Vec<OperationLine>,
    queries: Vec<OperationLine>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OperationLine {
    service: String,
    name: String,
    count: u64,
    errors: u64,
    p50_nanos: u64,
    p95_nanos: u64,
    p99_nanos: u64,
    total_nanos: u64,
    queries_per_request: Option<f64>,
    error_kinds: Vec<String>,
    /// The run before; null when it is not known.
    before: Option<BeforeLine>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BeforeLine {
    count: u64,
    p50_nanos: u64,
    queries_per_request: Option<f64>,
    /// Errors that the run before did not have.
    new_errors: Vec<String>,
}

impl From<&OperationStatistics> for OperationLine {
    fn from(entry: &OperationStatistics) -> Self {
        let before = entry.before.as_ref().map(|before| BeforeLine {
            count: before.count,
            p50_nanos: before.p50_nanos,
            queries_per_request: before.queries_per_request,
            new_errors: entry.new_errors().map(str::to_owned).collect(),
        });
        Self {
            service: entry.operation.service.clone(),
            name: entry.operation.name.clone(),
            count: entry.count,
            errors: entry.errors,
            p50_nanos: entry.percentiles.p50_nanos,
            p95_nanos: entry.percentiles.p95_nanos,
            p99_nanos: entry.percentiles.p99_nanos,
            total_nanos: entry.total_nanos,
            queries_per_request: entry.queries_per_request,
            error_kinds: entry.error_kinds.iter().cloned().collect(),
            before,
        }
    }
}

pub(super) async fn statistics(
    State(viewer): State<Viewer>,
    parameters: Parameters,
) -> Result<Json<StatisticsDetail>, ApiError> {
    let mute = parameters.mutes_health_checks();
    let traces: Vec<_> = parameters.select(&viewer)?.traces.into_iter().map(|(trace, _)| trace).collect();
    let statistics = Statistics::of(&traces, &viewer.baseline, mute);
    let lines = |list: &[OperationStatistics]| list.iter().map(OperationLine::from).collect();
    Ok(Json(StatisticsDetail { routes: lines(&statistics.routes), queries: lines(&statistics.queries) }))
}
