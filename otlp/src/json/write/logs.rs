//! Log records.

use super::{Object, any_value, object};
use crate::model::AnyValue;
use crate::model::logs::{ExportLogsServiceRequest, LogRecord, ResourceLogs, ScopeLogs};

/// As [`to_json_line`](super::to_json_line), of log records.
#[must_use]
pub fn logs_to_json_line(request: &ExportLogsServiceRequest<'_>) -> String {
    let mut out = String::with_capacity(256);
    object(&mut out, |o| o.list("resourceLogs", &request.resource_logs, resource_logs));
    out
}

fn resource_logs(o: &mut Object<'_>, value: &ResourceLogs<'_>) {
    o.object("resource", |o| o.attributes(&value.resource_attributes));
    o.list("scopeLogs", &value.scope_logs, scope_logs);
    o.text("schemaUrl", &value.schema_url);
}

fn scope_logs(o: &mut Object<'_>, value: &ScopeLogs<'_>) {
    o.scope(&value.scope_name, &value.scope_version);
    o.list("logRecords", &value.log_records, log_record);
    o.text("schemaUrl", &value.schema_url);
}

fn log_record(o: &mut Object<'_>, record: &LogRecord<'_>) {
    o.quoted_number("timeUnixNano", record.time_unix_nano);
    o.quoted_number("observedTimeUnixNano", record.observed_time_unix_nano);
    o.number("severityNumber", i64::from(record.severity_number));
    o.text("severityText", &record.severity_text);
    if record.body != AnyValue::Empty {
        o.object("body", |o| any_value(o, &record.body));
    }
    o.attributes(&record.attributes);
    o.number("droppedAttributesCount", i64::from(record.dropped_attributes_count));
    o.number("flags", i64::from(record.flags));
    o.id("traceId", &record.trace_id);
    o.id("spanId", &record.span_id);
    o.text("eventName", &record.event_name);
}
