//! `logs.proto`.

use serde_json::Value;

use super::JsonError;
use super::common::{any_value, attributes, resource, scope};
use super::reader::Reader;
use crate::model::logs::{ExportLogsServiceRequest, LogRecord, ResourceLogs, ScopeLogs};

/// Decodes an `ExportLogsServiceRequest` in OTLP/JSON.
///
/// # Errors
/// The first fault found, with its path.
pub fn decode_logs_request_json(text: &[u8]) -> Result<ExportLogsServiceRequest<'static>, JsonError> {
    Reader::read(text, |r, mut o| {
        Ok(ExportLogsServiceRequest { resource_logs: r.list(&mut o, "resourceLogs", resource_logs)? })
    })
}

fn resource_logs(r: &mut Reader, value: Value) -> Result<ResourceLogs<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(ResourceLogs {
            resource_attributes: resource(r, &mut o)?,
            scope_logs: r.list(&mut o, "scopeLogs", scope_logs)?,
            schema_url: r.text(&mut o, "schemaUrl")?,
        })
    })
}

fn scope_logs(r: &mut Reader, value: Value) -> Result<ScopeLogs<'static>, JsonError> {
    r.object(value, |r, mut o| {
        let (scope_name, scope_version) = scope(r, &mut o)?;
        let log_records = r.list(&mut o, "logRecords", log_record)?;
        Ok(ScopeLogs { scope_name, scope_version, log_records, schema_url: r.text(&mut o, "schemaUrl")? })
    })
}

fn log_record(r: &mut Reader, value: Value) -> Result<LogRecord<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(LogRecord {
            time_unix_nano: r.int(&mut o, "timeUnixNano")?,
            observed_time_unix_nano: r.int(&mut o, "observedTimeUnixNano")?,
            severity_number: r.int(&mut o, "severityNumber")?,
            severity_text: r.text(&mut o, "severityText")?,
            body: r.member(&mut o, "body", |r, value| any_value(r, value, 0))?,
            attributes: attributes(r, &mut o)?,
            dropped_attributes_count: r.int(&mut o, "droppedAttributesCount")?,
            flags: r.int(&mut o, "flags")?,
            trace_id: r.id(&mut o, "traceId")?,
            span_id: r.id(&mut o, "spanId")?,
            event_name: r.text(&mut o, "eventName")?,
        })
    })
}
