//! OTLP/JSON: the protobuf JSON mapping with OTLP's changes (ids in hex, enums as numbers, lowerCamelCase keys).
//!
//! Source: OTLP specification 1.x, "JSON Protobuf Encoding".

mod read;
mod write;

pub use read::{JsonError, decode_logs_request_json, decode_metrics_request_json, decode_trace_request_json};
pub use write::{logs_to_json_line, to_json_line};
