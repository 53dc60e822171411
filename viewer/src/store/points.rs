//! Metrics requests to series, one for each data point.

use std::sync::Arc;

use otelrs_otlp::model::KeyValue;
use otelrs_otlp::model::metrics::{
    ExponentialHistogramDataPoint, ExportMetricsServiceRequest, HistogramDataPoint, Metric, MetricData,
    NO_RECORDED_VALUE, NumberDataPoint, NumberValue, SummaryDataPoint,
};

use super::convert::Origins;
use crate::metrics::{MetricKind, Point, PointValue, Series, Temporality};
use crate::span::{Resource, Scope};

/// The series of a request's points, in its order; points without a value are left out.
pub(super) fn series(request: &ExportMetricsServiceRequest<'_>, origins: &Origins) -> (Vec<Series>, u64) {
    let mut series = Vec::new();
    let mut received = 0;
    for resource_metrics in &request.resource_metrics {
        let (resource, _) = origins.resource(&resource_metrics.resource_attributes);
        for scope_metrics in &resource_metrics.scope_metrics {
            let (scope, _) = origins.scope(&scope_metrics.scope_name, &scope_metrics.scope_version);
            for metric in &scope_metrics.metrics {
                let maker = Maker { metric, resource: &resource, scope: &scope };
                received += maker.each_point(&mut series);
            }
        }
    }
    (series, received)
}

struct Maker<'m> {
    metric: &'m Metric<'m>,
    resource: &'m Arc<Resource>,
    scope: &'m Arc<Scope>,
}

impl Maker<'_> {
    /// How many points there were, without those left out.
    fn each_point(&self, series: &mut Vec<Series>) -> u64 {
        match &self.metric.data {
            MetricData::Empty => 0,
            MetricData::Gauge(points) => self.add(MetricKind::Gauge, points, number, series),
            MetricData::Sum { points, temporality, monotonic } => {
                let kind = MetricKind::Sum {
                    monotonic: *monotonic,
                    temporality: Temporality::from_otlp(*temporality),
                };
                self.add(kind, points, number, series)
            }
            MetricData::Histogram { points, temporality } => {
                let kind = MetricKind::Histogram(Temporality::from_otlp(*temporality));
                self.add(kind, points, histogram, series)
            }
            MetricData::ExponentialHistogram { points, temporality } => {
                let kind = MetricKind::ExponentialHistogram(Temporality::from_otlp(*temporality));
                self.add(kind, points, exponential_histogram, series)
            }
            MetricData::Summary(points) => self.add(MetricKind::Summary, points, summary, series),
        }
    }

    fn add<'p, P: 'p>(
        &self,
        kind: MetricKind,
        points: &'p [P],
        read: impl Fn(&'p P) -> Option<(&'p [KeyValue<'p>], Point)>,
        series: &mut Vec<Series>,
    ) -> u64 {
        series.extend(points.iter().filter_map(read).map(|(attributes, point)| Series {
            name: self.metric.name.to_string(),
            unit: self.metric.unit.to_string(),
            description: self.metric.description.to_string(),
            kind,
            attributes: attributes.into(),
            point,
            resource: Arc::clone(self.resource),
            scope: Arc::clone(self.scope),
        }));
        points.len() as u64
    }
}

type Read<'p> = Option<(&'p [KeyValue<'p>], Point)>;

fn point(start_time_unix_nano: u64, time_unix_nano: u64, flags: u32, value: PointValue) -> Option<Point> {
    (flags & NO_RECORDED_VALUE == 0).then_some(Point { start_time_unix_nano, time_unix_nano, value })
}

fn number<'p>(from: &'p NumberDataPoint<'p>) -> Read<'p> {
    let value = match from.value {
        NumberValue::Empty => return None,
        NumberValue::Double(value) => PointValue::Double(value),
        NumberValue::Int(value) => PointValue::Int(value),
    };
    Some((&from.attributes, point(from.start_time_unix_nano, from.time_unix_nano, from.flags, value)?))
}

fn histogram<'p>(from: &'p HistogramDataPoint<'p>) -> Read<'p> {
    let value = PointValue::Histogram {
        count: from.count,
        sum: from.sum,
        min: from.min,
        max: from.max,
        bounds: from.explicit_bounds.clone(),
        buckets: from.bucket_counts.clone(),
    };
    Some((&from.attributes, point(from.start_time_unix_nano, from.time_unix_nano, from.flags, value)?))
}

fn exponential_histogram<'p>(from: &'p ExponentialHistogramDataPoint<'p>) -> Read<'p> {
    let value = PointValue::Histogram {
        count: from.count,
        sum: from.sum,
        min: from.min,
        max: from.max,
        bounds: Vec::new(),
        buckets: from.positive.bucket_counts.clone(),
    };
    Some((&from.attributes, point(from.start_time_unix_nano, from.time_unix_nano, from.flags, value)?))
}

fn summary<'p>(from: &'p SummaryDataPoint<'p>) -> Read<'p> {
    let value =
        PointValue::Summary { count: from.count, sum: from.sum, quantiles: from.quantile_values.clone() };
    Some((&from.attributes, point(from.start_time_unix_nano, from.time_unix_nano, from.flags, value)?))
}
