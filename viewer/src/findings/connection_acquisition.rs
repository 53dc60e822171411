//! Getting a database connection from its pool takes long.
//!
//! Seen in spans that instrumentation puts around the acquisition, and in the wait times that pools report as metrics.
//! Limit: where neither is there, waiting for a connection is unaccounted time in front of the first query, and is
//! reported as that: nothing tells it from other work.

use std::time::Duration;

use super::index::TraceIndex;
use super::observation::{Observation, Subject, clipped};
use super::{Finding, FindingKind, Thresholds};
use crate::metrics::{PointValue, Series};
use crate::span::{Span, Value};
use crate::text::duration;

/// `db.client.connection.wait_time` (seconds), and its name before the conventions were stable (milliseconds).
const WAIT_TIME: [(&str, f64); 2] =
    [("db.client.connection.wait_time", 1e9), ("db.client.connections.wait_time", 1e6)];

pub(super) fn find(trace: &TraceIndex<'_>, thresholds: &Thresholds, found: &mut Vec<Observation>) {
    for (position, span) in trace.spans() {
        let nanos = span.duration_nanos();
        if is_acquisition(span) && Duration::from_nanos(nanos) >= thresholds.connection_wait {
            let note = format!("took {}", duration(nanos, 'µ'));
            let kind = FindingKind::SlowConnectionAcquisition;
            found.push(Observation::at(span, kind, trace.route(position), &span.name, nanos, note));
        }
    }
}

/// Names that instrumentations give: `HikariDataSource.getConnection` (OpenTelemetry Java, jdbc-datasource),
/// `pg-pool.connect` (Node), `sql.connector.connect` (Go, otelsql), `connect` (Python, SQLAlchemy).
fn is_acquisition(span: &Span) -> bool {
    match span.name.as_str() {
        "pg-pool.connect" | "sql.connector.connect" => true,
        "connect" => {
            span.attributes.get("db.system").or_else(|| span.attributes.get("db.system.name")).is_some()
        }
        name => name.ends_with(".getConnection"),
    }
}

/// A pool whose histogram of waits has, since the point before, a mean of at least the threshold.
pub(super) fn find_in_series(
    series: &Series,
    before: Option<&Series>,
    thresholds: &Thresholds,
) -> Option<Observation> {
    let (_, unit) = WAIT_TIME.into_iter().find(|(name, _)| *name == series.name)?;
    let (count, sum) = since(series, before)?;
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a mean wait is far below 2^53 ns, and a negative one becomes 0"
    )]
    let mean = (sum / count as f64 * unit) as u64;
    if Duration::from_nanos(mean) < thresholds.connection_wait {
        return None;
    }
    let pool = ["db.client.connection.pool.name", "pool.name"];
    let pool = pool.iter().find_map(|key| series.attributes.get(key).and_then(Value::as_str));
    Some(Observation {
        subject: Subject {
            kind: FindingKind::SlowConnectionAcquisition,
            service: clipped(series.resource.service()),
            route: None,
            name: clipped(pool.unwrap_or(&series.name)),
        },
        amount: mean,
        place: None,
        start_time_unix_nano: before
            .map_or(series.point.start_time_unix_nano, |before| before.point.time_unix_nano),
        end_time_unix_nano: series.point.time_unix_nano,
    })
}

/// Waits and their sum since the point before; `None` when there were none.
fn since(series: &Series, before: Option<&Series>) -> Option<(u64, f64)> {
    let totals = |series: &Series| match &series.point.value {
        PointValue::Histogram { count, sum: Some(sum), .. } => Some((*count, *sum)),
        _ => None,
    };
    let (count, sum) = totals(series)?;
    let same_start =
        before.filter(|before| before.point.start_time_unix_nano == series.point.start_time_unix_nano);
    let (count_before, sum_before) = same_start.and_then(totals).unwrap_or((0, 0.0));
    let new = count.checked_sub(count_before).filter(|new| *new > 0)?;
    Some((new, sum - sum_before))
}

pub(super) fn sentence(finding: &Finding) -> String {
    let Finding { subject, service, count, .. } = finding;
    let worst = duration(finding.measure.worst, 'µ');
    match &finding.route {
        Some(route) => {
            format!("{route} of {service} waited up to {worst} in {subject}, {count} times in all.")
        }
        None => format!(
            "The connection pool {subject} of {service} let callers wait {worst} on average at worst."
        ),
    }
}
