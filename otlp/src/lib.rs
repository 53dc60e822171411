//! The OTLP model, encode and decode side by side. Pure. Traces are encoded and decoded, logs and metrics decoded.
//!
//! Source: opentelemetry-proto 1.x, `opentelemetry/proto/{trace,logs,metrics,common}/v1/*.proto`.
#![forbid(unsafe_code)]

pub mod decode;
pub mod encode;
pub mod json;
pub mod model;
mod protobuf;
pub mod recurring;
