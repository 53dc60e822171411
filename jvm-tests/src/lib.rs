//! Fixtures under the agent in real JVMs: their telemetry is received over OTLP and whole span trees are compared.
//!
//! The tests run the shipped library, `target/release/libotelrs.so`, as an application would; they do not link it.
#![forbid(unsafe_code)]

pub mod agent;
pub mod cells;
pub mod classes;
pub mod collectors;
pub mod expected;
pub mod generated;
pub mod handles;
pub mod load;
pub mod process;
pub mod program;
pub mod proxies;
pub mod served;
pub mod traced;
pub mod wait;
