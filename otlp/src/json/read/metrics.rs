//! `metrics.proto`. Exemplars are skipped.

use serde_json::{Map, Value};

use super::JsonError;
use super::common::{attributes, resource, scope};
use super::reader::Reader;
use crate::model::metrics::{
    Buckets, ExponentialHistogramDataPoint, ExportMetricsServiceRequest, HistogramDataPoint, Metric,
    MetricData, NumberDataPoint, NumberValue, ResourceMetrics, ScopeMetrics, SummaryDataPoint,
};

type Object = Map<String, Value>;

/// Decodes an `ExportMetricsServiceRequest` in OTLP/JSON.
///
/// # Errors
/// The first fault found, with its path.
pub fn decode_metrics_request_json(text: &[u8]) -> Result<ExportMetricsServiceRequest<'static>, JsonError> {
    Reader::read(text, |r, mut o| {
        let resource_metrics = r.list(&mut o, "resourceMetrics", resource_metrics)?;
        Ok(ExportMetricsServiceRequest { resource_metrics })
    })
}

fn resource_metrics(r: &mut Reader, value: Value) -> Result<ResourceMetrics<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(ResourceMetrics {
            resource_attributes: resource(r, &mut o)?,
            scope_metrics: r.list(&mut o, "scopeMetrics", scope_metrics)?,
            schema_url: r.text(&mut o, "schemaUrl")?,
        })
    })
}

fn scope_metrics(r: &mut Reader, value: Value) -> Result<ScopeMetrics<'static>, JsonError> {
    r.object(value, |r, mut o| {
        let (scope_name, scope_version) = scope(r, &mut o)?;
        let metrics = r.list(&mut o, "metrics", metric)?;
        Ok(ScopeMetrics { scope_name, scope_version, metrics, schema_url: r.text(&mut o, "schemaUrl")? })
    })
}

fn metric(r: &mut Reader, value: Value) -> Result<Metric<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(Metric {
            name: r.text(&mut o, "name")?,
            description: r.text(&mut o, "description")?,
            unit: r.text(&mut o, "unit")?,
            data: data(r, &mut o)?,
        })
    })
}

fn data(r: &mut Reader, o: &mut Object) -> Result<MetricData<'static>, JsonError> {
    if o.contains_key("gauge") {
        r.member(o, "gauge", |r, gauge| {
            r.object(gauge, |r, mut o| Ok(MetricData::Gauge(r.list(&mut o, "dataPoints", number)?)))
        })
    } else if o.contains_key("sum") {
        r.member(o, "sum", |r, sum| {
            r.object(sum, |r, mut o| {
                let points = r.list(&mut o, "dataPoints", number)?;
                let temporality = r.int(&mut o, "aggregationTemporality")?;
                Ok(MetricData::Sum { points, temporality, monotonic: r.bool(&mut o, "isMonotonic")? })
            })
        })
    } else if o.contains_key("histogram") {
        r.member(o, "histogram", |r, data| {
            r.object(data, |r, mut o| {
                let points = r.list(&mut o, "dataPoints", histogram)?;
                Ok(MetricData::Histogram { points, temporality: r.int(&mut o, "aggregationTemporality")? })
            })
        })
    } else if o.contains_key("exponentialHistogram") {
        r.member(o, "exponentialHistogram", |r, data| {
            r.object(data, |r, mut o| {
                let points = r.list(&mut o, "dataPoints", exponential_histogram)?;
                let temporality = r.int(&mut o, "aggregationTemporality")?;
                Ok(MetricData::ExponentialHistogram { points, temporality })
            })
        })
    } else {
        r.member(o, "summary", |r, data| {
            r.object(data, |r, mut o| Ok(MetricData::Summary(r.list(&mut o, "dataPoints", summary)?)))
        })
    }
}

fn number(r: &mut Reader, value: Value) -> Result<NumberDataPoint<'static>, JsonError> {
    r.object(value, |r, mut o| {
        let value = match r.double(&mut o, "asDouble")? {
            Some(number) => NumberValue::Double(number),
            None if o.contains_key("asInt") => NumberValue::Int(r.int(&mut o, "asInt")?),
            None => NumberValue::Empty,
        };
        Ok(NumberDataPoint {
            attributes: attributes(r, &mut o)?,
            start_time_unix_nano: r.int(&mut o, "startTimeUnixNano")?,
            time_unix_nano: r.int(&mut o, "timeUnixNano")?,
            value,
            flags: r.int(&mut o, "flags")?,
        })
    })
}

fn histogram(r: &mut Reader, value: Value) -> Result<HistogramDataPoint<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(HistogramDataPoint {
            attributes: attributes(r, &mut o)?,
            start_time_unix_nano: r.int(&mut o, "startTimeUnixNano")?,
            time_unix_nano: r.int(&mut o, "timeUnixNano")?,
            count: r.int(&mut o, "count")?,
            sum: r.double(&mut o, "sum")?,
            bucket_counts: r.list(&mut o, "bucketCounts", |r, value| r.int_of(&value))?,
            explicit_bounds: r.list(&mut o, "explicitBounds", |r, value| r.double_of(&value))?,
            flags: r.int(&mut o, "flags")?,
            min: r.double(&mut o, "min")?,
            max: r.double(&mut o, "max")?,
        })
    })
}

fn exponential_histogram(
    r: &mut Reader,
    value: Value,
) -> Result<ExponentialHistogramDataPoint<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(ExponentialHistogramDataPoint {
            attributes: attributes(r, &mut o)?,
            start_time_unix_nano: r.int(&mut o, "startTimeUnixNano")?,
            time_unix_nano: r.int(&mut o, "timeUnixNano")?,
            count: r.int(&mut o, "count")?,
            sum: r.double(&mut o, "sum")?,
            scale: r.int(&mut o, "scale")?,
            zero_count: r.int(&mut o, "zeroCount")?,
            positive: r.member(&mut o, "positive", buckets)?,
            negative: r.member(&mut o, "negative", buckets)?,
            flags: r.int(&mut o, "flags")?,
            min: r.double(&mut o, "min")?,
            max: r.double(&mut o, "max")?,
            zero_threshold: r.double(&mut o, "zeroThreshold")?.unwrap_or_default(),
        })
    })
}

fn buckets(r: &mut Reader, value: Value) -> Result<Buckets, JsonError> {
    r.object(value, |r, mut o| {
        Ok(Buckets {
            offset: r.int(&mut o, "offset")?,
            bucket_counts: r.list(&mut o, "bucketCounts", |r, value| r.int_of(&value))?,
        })
    })
}

fn summary(r: &mut Reader, value: Value) -> Result<SummaryDataPoint<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(SummaryDataPoint {
            attributes: attributes(r, &mut o)?,
            start_time_unix_nano: r.int(&mut o, "startTimeUnixNano")?,
            time_unix_nano: r.int(&mut o, "timeUnixNano")?,
            count: r.int(&mut o, "count")?,
            sum: r.double(&mut o, "sum")?.unwrap_or_default(),
            quantile_values: r.list(&mut o, "quantileValues", |r, value| {
                r.object(value, |r, mut o| {
                    let mut double = |key| r.double(&mut o, key).map(Option::unwrap_or_default);
                    Ok((double("quantile")?, double("value")?))
                })
            })?,
            flags: r.int(&mut o, "flags")?,
        })
    })
}
