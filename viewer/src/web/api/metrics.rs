//! `GET /api/metrics`: the latest point of each series.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::json;

use super::Viewer;
use crate::metrics::{MetricKind, PointValue, Series};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SeriesLine {
    service: String,
    name: String,
    unit: String,
    description: String,
    /// `gauge`, `sum`, `histogram`, `exponential histogram` or `summary`.
    kind: &'static str,
    attributes: Vec<(String, String)>,
    time_unix_nano: String,
    /// A number, or an object with `count`, `sum` and what else the point has.
    value: serde_json::Value,
}

impl From<&Series> for SeriesLine {
    fn from(series: &Series) -> Self {
        Self {
            service: series.resource.service().to_owned(),
            name: series.name.clone(),
            unit: series.unit.clone(),
            description: series.description.clone(),
            kind: match series.kind {
                MetricKind::Gauge => "gauge",
                MetricKind::Sum { .. } => "sum",
                MetricKind::Histogram(_) => "histogram",
                MetricKind::ExponentialHistogram(_) => "exponential histogram",
                MetricKind::Summary => "summary",
            },
            attributes: series
                .attributes
                .iter()
                .map(|(key, value)| (key.to_owned(), value.to_string()))
                .collect(),
            time_unix_nano: series.point.time_unix_nano.to_string(),
            value: match &series.point.value {
                PointValue::Int(value) => json!(value),
                PointValue::Double(value) => json!(value),
                PointValue::Histogram { count, sum, min, max, bounds, buckets } => {
                    json!({ "count": count, "sum": sum, "min": min, "max": max, "bounds": bounds, "buckets": buckets })
                }
                PointValue::Summary { count, sum, quantiles } => {
                    json!({ "count": count, "sum": sum, "quantiles": quantiles })
                }
            },
        }
    }
}

pub(super) async fn metrics(State(viewer): State<Viewer>) -> Json<serde_json::Value> {
    let series = viewer.store().metrics();
    let lines: Vec<SeriesLine> = series.iter().map(|series| SeriesLine::from(&**series)).collect();
    Json(json!({ "series": lines }))
}
