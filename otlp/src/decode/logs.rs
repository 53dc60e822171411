//! `logs.proto`.

use super::DecodeError;
use super::common::{read_attribute, read_resource, read_scope, read_value};
use super::wire::{Budget, Message};
use crate::model::logs::{ExportLogsServiceRequest, LogRecord, ResourceLogs, ScopeLogs};

/// Decodes an `ExportLogsServiceRequest` (collector/logs/v1); `LogsData` has the same form.
///
/// # Errors
/// The first fault found, with its offset.
pub fn decode_logs_request(bytes: &[u8]) -> Result<ExportLogsServiceRequest<'_>, DecodeError> {
    let mut budget = Budget::of(bytes.len());
    let mut request = ExportLogsServiceRequest::default();
    let mut message = Message::whole(bytes);
    while let Some(field) = message.next_field()? {
        if field.number == 1 {
            let resource_logs = read_resource_logs(field.message()?, &mut budget)?;
            budget.push(&mut request.resource_logs, resource_logs, field.offset)?;
        }
    }
    Ok(request)
}

fn read_resource_logs<'a>(
    mut message: Message<'a>,
    budget: &mut Budget,
) -> Result<ResourceLogs<'a>, DecodeError> {
    let mut resource_logs = ResourceLogs::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => read_resource(&field, &mut resource_logs.resource_attributes, budget)?,
            2 => {
                let scope_logs = read_scope_logs(field.message()?, budget)?;
                budget.push(&mut resource_logs.scope_logs, scope_logs, field.offset)?;
            }
            3 => resource_logs.schema_url = field.string()?,
            _ => {}
        }
    }
    Ok(resource_logs)
}

fn read_scope_logs<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<ScopeLogs<'a>, DecodeError> {
    let mut scope_logs = ScopeLogs::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => read_scope(&field, &mut scope_logs.scope_name, &mut scope_logs.scope_version)?,
            2 => {
                let record = read_record(field.message()?, budget)?;
                budget.push(&mut scope_logs.log_records, record, field.offset)?;
            }
            3 => scope_logs.schema_url = field.string()?,
            _ => {}
        }
    }
    Ok(scope_logs)
}

fn read_record<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<LogRecord<'a>, DecodeError> {
    let mut record = LogRecord::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => record.time_unix_nano = field.fixed64()?,
            2 => record.severity_number = field.int32()?,
            3 => record.severity_text = field.string()?,
            5 => record.body = read_value(field.message()?, 0, budget)?,
            6 => read_attribute(&field, &mut record.attributes, 0, budget)?,
            7 => record.dropped_attributes_count = field.uint32()?,
            8 => record.flags = field.fixed32()?,
            9 => record.trace_id = field.id()?,
            10 => record.span_id = field.id()?,
            11 => record.observed_time_unix_nano = field.fixed64()?,
            12 => record.event_name = field.string()?,
            _ => {}
        }
    }
    Ok(record)
}
