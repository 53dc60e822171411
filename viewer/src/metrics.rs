//! Metrics as the store keeps them: the latest point of each series.

use std::sync::Arc;

use crate::span::{Attributes, Resource, Scope};

/// One timeseries: a metric with one set of attributes from one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Such as `http.server.request.duration`.
    pub name: String,
    /// Such as `s`; may be empty.
    pub unit: String,
    /// For people; may be empty.
    pub description: String,
    /// What its points mean.
    pub kind: MetricKind,
    /// Sorted by key.
    pub attributes: Attributes,
    /// The latest point received.
    pub point: Point,
    /// The process it comes from.
    pub resource: Arc<Resource>,
    /// The meter it comes from.
    pub scope: Arc<Scope>,
}

/// What a metric's points mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// The value at a time.
    Gauge,
    /// A sum of measurements.
    Sum {
        /// Whether it only grows.
        monotonic: bool,
        /// Since when it counts.
        temporality: Temporality,
    },
    /// Counts in buckets with explicit bounds.
    Histogram(Temporality),
    /// Counts in buckets with bounds of powers.
    ExponentialHistogram(Temporality),
    /// Quantiles computed by the sender.
    Summary,
}

/// `AggregationTemporality`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Temporality {
    /// Not said.
    Unspecified,
    /// Since the point before.
    Delta,
    /// Since the start.
    Cumulative,
}

impl Temporality {
    pub(crate) fn from_otlp(temporality: i32) -> Self {
        match temporality {
            1 => Self::Delta,
            2 => Self::Cumulative,
            _ => Self::Unspecified,
        }
    }
}

/// One data point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Since when it counts; 0 when not said. Unix epoch, nanoseconds.
    pub start_time_unix_nano: u64,
    /// Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// What was measured.
    pub value: PointValue,
}

/// What a point holds.
#[derive(Debug, Clone, PartialEq)]
pub enum PointValue {
    /// `NumberDataPoint.as_int`.
    Int(i64),
    /// `NumberDataPoint.as_double`.
    Double(f64),
    /// A histogram of either kind; what it does not say is `None`.
    Histogram {
        /// Measurements.
        count: u64,
        /// Their sum.
        sum: Option<f64>,
        /// The least.
        min: Option<f64>,
        /// The greatest.
        max: Option<f64>,
        /// Upper bounds of all buckets but the last; empty for an exponential histogram.
        bounds: Vec<f64>,
        /// Measurements in each bucket; of an exponential histogram in the positive ones.
        buckets: Vec<u64>,
    },
    /// A summary.
    Summary {
        /// Measurements.
        count: u64,
        /// Their sum.
        sum: f64,
        /// Quantile (0 to 1) and value.
        quantiles: Vec<(f64, f64)>,
    },
}
