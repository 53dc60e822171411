//! `metrics.proto`. Exemplars are skipped.

use super::DecodeError;
use super::common::{read_attribute, read_resource, read_scope};
use super::wire::{Budget, Message};
use crate::model::metrics::{
    Buckets, ExponentialHistogramDataPoint, ExportMetricsServiceRequest, HistogramDataPoint, Metric,
    MetricData, NumberDataPoint, NumberValue, ResourceMetrics, ScopeMetrics, SummaryDataPoint,
};

/// Decodes an `ExportMetricsServiceRequest` (collector/metrics/v1); `MetricsData` has the same form.
///
/// # Errors
/// The first fault found, with its offset.
pub fn decode_metrics_request(bytes: &[u8]) -> Result<ExportMetricsServiceRequest<'_>, DecodeError> {
    let mut budget = Budget::of(bytes.len());
    let mut request = ExportMetricsServiceRequest::default();
    let mut message = Message::whole(bytes);
    while let Some(field) = message.next_field()? {
        if field.number == 1 {
            let resource_metrics = read_resource_metrics(field.message()?, &mut budget)?;
            budget.push(&mut request.resource_metrics, resource_metrics, field.offset)?;
        }
    }
    Ok(request)
}

fn read_resource_metrics<'a>(
    mut message: Message<'a>,
    budget: &mut Budget,
) -> Result<ResourceMetrics<'a>, DecodeError> {
    let mut resource_metrics = ResourceMetrics::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => read_resource(&field, &mut resource_metrics.resource_attributes, budget)?,
            2 => {
                let scope_metrics = read_scope_metrics(field.message()?, budget)?;
                budget.push(&mut resource_metrics.scope_metrics, scope_metrics, field.offset)?;
            }
            3 => resource_metrics.schema_url = field.string()?,
            _ => {}
        }
    }
    Ok(resource_metrics)
}

fn read_scope_metrics<'a>(
    mut message: Message<'a>,
    budget: &mut Budget,
) -> Result<ScopeMetrics<'a>, DecodeError> {
    let mut scope_metrics = ScopeMetrics::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => read_scope(&field, &mut scope_metrics.scope_name, &mut scope_metrics.scope_version)?,
            2 => {
                let metric = read_metric(field.message()?, budget)?;
                budget.push(&mut scope_metrics.metrics, metric, field.offset)?;
            }
            3 => scope_metrics.schema_url = field.string()?,
            _ => {}
        }
    }
    Ok(scope_metrics)
}

fn read_metric<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<Metric<'a>, DecodeError> {
    let mut metric = Metric::default();
    // `data` is a oneof: the last field on the wire wins.
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => metric.name = field.string()?,
            2 => metric.description = field.string()?,
            3 => metric.unit = field.string()?,
            5 => metric.data = MetricData::Gauge(read_data(field.message()?, read_number, budget)?.points),
            7 => {
                let Data { points, temporality, monotonic } =
                    read_data(field.message()?, read_number, budget)?;
                metric.data = MetricData::Sum { points, temporality, monotonic };
            }
            9 => {
                let Data { points, temporality, .. } = read_data(field.message()?, read_histogram, budget)?;
                metric.data = MetricData::Histogram { points, temporality };
            }
            10 => {
                let Data { points, temporality, .. } = read_data(field.message()?, read_exponential, budget)?;
                metric.data = MetricData::ExponentialHistogram { points, temporality };
            }
            11 => {
                metric.data = MetricData::Summary(read_data(field.message()?, read_summary, budget)?.points)
            }
            _ => {}
        }
    }
    Ok(metric)
}

/// Gauge, Sum, Histogram, ExponentialHistogram and Summary number their fields alike.
struct Data<P> {
    points: Vec<P>,
    temporality: i32,
    monotonic: bool,
}

fn read_data<'a, P>(
    mut message: Message<'a>,
    read_point: impl Fn(Message<'a>, &mut Budget) -> Result<P, DecodeError>,
    budget: &mut Budget,
) -> Result<Data<P>, DecodeError> {
    let mut data = Data { points: Vec::new(), temporality: 0, monotonic: false };
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => {
                let point = read_point(field.message()?, budget)?;
                budget.push(&mut data.points, point, field.offset)?;
            }
            2 => data.temporality = field.int32()?,
            3 => data.monotonic = field.varint()? != 0,
            _ => {}
        }
    }
    Ok(data)
}

fn read_number<'a>(
    mut message: Message<'a>,
    budget: &mut Budget,
) -> Result<NumberDataPoint<'a>, DecodeError> {
    let mut point = NumberDataPoint::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            2 => point.start_time_unix_nano = field.fixed64()?,
            3 => point.time_unix_nano = field.fixed64()?,
            4 => point.value = NumberValue::Double(field.double()?),
            6 => point.value = NumberValue::Int(field.fixed64()?.cast_signed()),
            7 => read_attribute(&field, &mut point.attributes, 0, budget)?,
            8 => point.flags = field.uint32()?,
            _ => {}
        }
    }
    Ok(point)
}

fn read_histogram<'a>(
    mut message: Message<'a>,
    budget: &mut Budget,
) -> Result<HistogramDataPoint<'a>, DecodeError> {
    let mut point = HistogramDataPoint::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            2 => point.start_time_unix_nano = field.fixed64()?,
            3 => point.time_unix_nano = field.fixed64()?,
            4 => point.count = field.fixed64()?,
            5 => point.sum = Some(field.double()?),
            6 => field.read_fixed64s(&mut point.bucket_counts, |count| count, budget)?,
            7 => field.read_fixed64s(&mut point.explicit_bounds, f64::from_bits, budget)?,
            9 => read_attribute(&field, &mut point.attributes, 0, budget)?,
            10 => point.flags = field.uint32()?,
            11 => point.min = Some(field.double()?),
            12 => point.max = Some(field.double()?),
            _ => {}
        }
    }
    Ok(point)
}

fn read_exponential<'a>(
    mut message: Message<'a>,
    budget: &mut Budget,
) -> Result<ExponentialHistogramDataPoint<'a>, DecodeError> {
    let mut point = ExponentialHistogramDataPoint::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => read_attribute(&field, &mut point.attributes, 0, budget)?,
            2 => point.start_time_unix_nano = field.fixed64()?,
            3 => point.time_unix_nano = field.fixed64()?,
            4 => point.count = field.fixed64()?,
            5 => point.sum = Some(field.double()?),
            6 => point.scale = field.sint32()?,
            7 => point.zero_count = field.fixed64()?,
            8 => point.positive = read_buckets(field.message()?, budget)?,
            9 => point.negative = read_buckets(field.message()?, budget)?,
            10 => point.flags = field.uint32()?,
            12 => point.min = Some(field.double()?),
            13 => point.max = Some(field.double()?),
            14 => point.zero_threshold = field.double()?,
            _ => {}
        }
    }
    Ok(point)
}

fn read_buckets(mut message: Message<'_>, budget: &mut Budget) -> Result<Buckets, DecodeError> {
    let mut buckets = Buckets::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => buckets.offset = field.sint32()?,
            2 => field.read_varints(&mut buckets.bucket_counts, budget)?,
            _ => {}
        }
    }
    Ok(buckets)
}

fn read_summary<'a>(
    mut message: Message<'a>,
    budget: &mut Budget,
) -> Result<SummaryDataPoint<'a>, DecodeError> {
    let mut point = SummaryDataPoint::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            2 => point.start_time_unix_nano = field.fixed64()?,
            3 => point.time_unix_nano = field.fixed64()?,
            4 => point.count = field.fixed64()?,
            5 => point.sum = field.double()?,
            6 => {
                let mut quantile = (0.0, 0.0);
                let mut value = field.message()?;
                while let Some(field) = value.next_field()? {
                    match field.number {
                        1 => quantile.0 = field.double()?,
                        2 => quantile.1 = field.double()?,
                        _ => {}
                    }
                }
                budget.push(&mut point.quantile_values, quantile, field.offset)?;
            }
            7 => read_attribute(&field, &mut point.attributes, 0, budget)?,
            8 => point.flags = field.uint32()?,
            _ => {}
        }
    }
    Ok(point)
}
