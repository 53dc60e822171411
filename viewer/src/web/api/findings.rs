//! `GET /api/findings`: what is wrong with the telemetry, the worst of a kind first.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Viewer;
use super::error::ApiError;
use super::parameters::Parameters;
use crate::findings::{Finding, FindingKind, Unit};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FindingLine {
    /// Stable code, such as `repeated-query`.
    kind: &'static str,
    service: String,
    route: Option<String>,
    subject: String,
    sentence: String,
    remedy: &'static str,
    count: u64,
    /// `nanoseconds`, `executions`, `spans` or `values`.
    unit: &'static str,
    total: u64,
    worst: u64,
    first_seen_unix_nano: String,
    last_seen_unix_nano: String,
    evidence: Vec<EvidenceLine>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceLine {
    trace_id: String,
    span_id: String,
    note: String,
}

impl From<&Finding> for FindingLine {
    fn from(finding: &Finding) -> Self {
        let evidence = finding.evidence.iter().map(|evidence| EvidenceLine {
            trace_id: evidence.trace_id.to_string(),
            span_id: evidence.span_id.to_string(),
            note: evidence.note.clone(),
        });
        Self {
            kind: finding.kind.code(),
            service: finding.service.clone(),
            route: finding.route.clone(),
            subject: finding.subject.clone(),
            sentence: finding.sentence.clone(),
            remedy: finding.remedy,
            count: finding.count,
            unit: match finding.measure.unit {
                Unit::Nanoseconds => "nanoseconds",
                Unit::Executions => "executions",
                Unit::Spans => "spans",
                Unit::Values => "values",
            },
            total: finding.measure.total,
            worst: finding.measure.worst,
            first_seen_unix_nano: finding.first_seen_unix_nano.to_string(),
            last_seen_unix_nano: finding.last_seen_unix_nano.to_string(),
            evidence: evidence.collect(),
        }
    }
}

pub(super) fn lines_of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Vec<FindingLine> {
    findings.into_iter().map(FindingLine::from).collect()
}

#[derive(Debug, Serialize)]
pub(super) struct Findings {
    findings: Vec<FindingLine>,
}

pub(super) async fn findings(
    State(viewer): State<Viewer>,
    parameters: Parameters,
) -> Result<Json<Findings>, ApiError> {
    let wanted = parameters.kind.as_deref().map(|kinds| {
        kinds.split(',').map(|kind| kind.trim().parse()).collect::<Result<Vec<FindingKind>, _>>()
    });
    let wanted = wanted.transpose()?;
    let findings = viewer.store().findings();
    let shown =
        findings.iter().filter(|finding| wanted.as_ref().is_none_or(|kinds| kinds.contains(&finding.kind)));
    Ok(Json(Findings { findings: lines_of(shown) }))
}
