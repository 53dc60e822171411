//! `metrics.proto` as Rust data, without exemplars.

use std::borrow::Cow;

use super::KeyValue;

/// `opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportMetricsServiceRequest<'a> {
    /// Field 1.
    pub resource_metrics: Vec<ResourceMetrics<'a>>,
}

/// `opentelemetry.proto.metrics.v1.ResourceMetrics`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceMetrics<'a> {
    /// `Resource.attributes`.
    pub resource_attributes: Vec<KeyValue<'a>>,
    /// Field 2.
    pub scope_metrics: Vec<ScopeMetrics<'a>>,
    /// Field 3.
    pub schema_url: Cow<'a, str>,
}

/// `opentelemetry.proto.metrics.v1.ScopeMetrics`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScopeMetrics<'a> {
    /// `InstrumentationScope.name`.
    pub scope_name: Cow<'a, str>,
    /// `InstrumentationScope.version`.
    pub scope_version: Cow<'a, str>,
    /// Field 2.
    pub metrics: Vec<Metric<'a>>,
    /// Field 3.
    pub schema_url: Cow<'a, str>,
}

/// `opentelemetry.proto.metrics.v1.Metric`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metric<'a> {
    /// Field 1.
    pub name: Cow<'a, str>,
    /// Field 2.
    pub description: Cow<'a, str>,
    /// Field 3, UCUM.
    pub unit: Cow<'a, str>,
    /// The points and what they mean.
    pub data: MetricData<'a>,
}

/// `Metric.data`; `temporality` is `AggregationTemporality`: 0 unspecified, 1 delta, 2 cumulative.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum MetricData<'a> {
    /// Nothing set.
    #[default]
    Empty,
    /// Field 5.
    Gauge(Vec<NumberDataPoint<'a>>),
    /// Field 7.
    Sum {
        /// Field 1.
        points: Vec<NumberDataPoint<'a>>,
        /// Field 2.
        temporality: i32,
        /// Field 3.
        monotonic: bool,
    },
    /// Field 9.
    Histogram {
        /// Field 1.
        points: Vec<HistogramDataPoint<'a>>,
        /// Field 2.
        temporality: i32,
    },
    /// Field 10.
    ExponentialHistogram {
        /// Field 1.
        points: Vec<ExponentialHistogramDataPoint<'a>>,
        /// Field 2.
        temporality: i32,
    },
    /// Field 11.
    Summary(Vec<SummaryDataPoint<'a>>),
}

/// `DataPointFlags`: the point says that there is no value.
pub const NO_RECORDED_VALUE: u32 = 1;

/// `NumberDataPoint`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NumberDataPoint<'a> {
    /// Field 7.
    pub attributes: Vec<KeyValue<'a>>,
    /// Unix epoch, nanoseconds; 0 unknown.
    pub start_time_unix_nano: u64,
    /// Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// `as_double` or `as_int`.
    pub value: NumberValue,
    /// [`NO_RECORDED_VALUE`] or nothing.
    pub flags: u32,
}

/// `NumberDataPoint.value`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum NumberValue {
    /// Nothing set.
    #[default]
    Empty,
    /// Field 4.
    Double(f64),
    /// Field 6.
    Int(i64),
}

/// `HistogramDataPoint`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistogramDataPoint<'a> {
    /// Field 9.
    pub attributes: Vec<KeyValue<'a>>,
    /// Unix epoch, nanoseconds; 0 unknown.
    pub start_time_unix_nano: u64,
    /// Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// Field 4.
    pub count: u64,
    /// Field 5.
    pub sum: Option<f64>,
    /// Field 6.
    pub bucket_counts: Vec<u64>,
    /// Field 7.
    pub explicit_bounds: Vec<f64>,
    /// [`NO_RECORDED_VALUE`] or nothing.
    pub flags: u32,
    /// Field 11.
    pub min: Option<f64>,
    /// Field 12.
    pub max: Option<f64>,
}

/// `ExponentialHistogramDataPoint`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExponentialHistogramDataPoint<'a> {
    /// Field 1.
    pub attributes: Vec<KeyValue<'a>>,
    /// Unix epoch, nanoseconds; 0 unknown.
    pub start_time_unix_nano: u64,
    /// Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// Field 4.
    pub count: u64,
    /// Field 5.
    pub sum: Option<f64>,
    /// Field 6: the base of the buckets is 2^(2^-scale).
    pub scale: i32,
    /// Field 7.
    pub zero_count: u64,
    /// Field 8.
    pub positive: Buckets,
    /// Field 9.
    pub negative: Buckets,
    /// [`NO_RECORDED_VALUE`] or nothing.
    pub flags: u32,
    /// Field 12.
    pub min: Option<f64>,
    /// Field 13.
    pub max: Option<f64>,
    /// Field 14.
    pub zero_threshold: f64,
}

/// `ExponentialHistogramDataPoint.Buckets`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Index of the first.
    pub offset: i32,
    /// Field 2.
    pub bucket_counts: Vec<u64>,
}

/// `SummaryDataPoint`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SummaryDataPoint<'a> {
    /// Field 7.
    pub attributes: Vec<KeyValue<'a>>,
    /// Unix epoch, nanoseconds; 0 unknown.
    pub start_time_unix_nano: u64,
    /// Unix epoch, nanoseconds.
    pub time_unix_nano: u64,
    /// Field 4.
    pub count: u64,
    /// Field 5.
    pub sum: f64,
    /// `ValueAtQuantile`: quantile (0 to 1) and value.
    pub quantile_values: Vec<(f64, f64)>,
    /// [`NO_RECORDED_VALUE`] or nothing.
    pub flags: u32,
}
