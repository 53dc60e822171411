//! The OTLP trace model, encode and decode side by side. Pure.
//!
//! Source: opentelemetry-proto 1.x, `opentelemetry/proto/trace/v1/trace.proto` and `common/v1/common.proto`.
#![forbid(unsafe_code)]

pub mod decode;
pub mod json;
pub mod model;
