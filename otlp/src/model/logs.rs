//! `logs.proto` as Rust data.

use std::borrow::Cow;

use super::{AnyValue, KeyValue};

/// `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportLogsServiceRequest<'a> {
    /// Field 1.
    pub resource_logs: Vec<ResourceLogs<'a>>,
}

/// `opentelemetry.proto.logs.v1.ResourceLogs`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceLogs<'a> {
    /// `Resource.attributes`.
    pub resource_attributes: Vec<KeyValue<'a>>,
    /// Field 2.
    pub scope_logs: Vec<ScopeLogs<'a>>,
    /// Field 3.
    pub schema_url: Cow<'a, str>,
}

/// `opentelemetry.proto.logs.v1.ScopeLogs`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScopeLogs<'a> {
    /// `InstrumentationScope.name`.
    pub scope_name: Cow<'a, str>,
    /// `InstrumentationScope.version`.
    pub scope_version: Cow<'a, str>,
    /// Field 2.
    pub log_records: Vec<LogRecord<'a>>,
    /// Field 3.
    pub schema_url: Cow<'a, str>,
}

/// `opentelemetry.proto.logs.v1.LogRecord`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogRecord<'a> {
    /// Unix epoch, nanoseconds; 0 unknown.
    pub time_unix_nano: u64,
    /// Unix epoch, nanoseconds; 0 unknown.
    pub observed_time_unix_nano: u64,
    /// `SeverityNumber`: 1 to 24, 0 unknown.
    pub severity_number: i32,
    /// Field 3.
    pub severity_text: Cow<'a, str>,
    /// Field 5.
    pub body: AnyValue<'a>,
    /// Field 6.
    pub attributes: Vec<KeyValue<'a>>,
    /// Field 7.
    pub dropped_attributes_count: u32,
    /// `fixed32 flags`: W3C trace flags.
    pub flags: u32,
    /// All zero means absent.
    pub trace_id: [u8; 16],
    /// All zero means absent.
    pub span_id: [u8; 8],
    /// Field 12.
    pub event_name: Cow<'a, str>,
}
