//! What tests and the development commands share: JDKs found, the product's files, HTTP, pseudo-terminals, figures with their
//! intervals, the JVM's log of safepoints, and child processes (Java fixtures, PostgreSQL, the OpenTelemetry Collector) that end with their owner. Knows nothing of the
//! product but paths.
#![forbid(unsafe_code)]

pub mod cargo;
pub mod child;
pub mod collector;
pub mod fixture;
pub mod http;
pub mod jdk;
pub mod machine;
pub mod net;
pub mod operator;
pub mod paths;
pub mod postgres;
pub mod safepoints;
pub mod sink;
pub mod statistics;
pub mod terminal;

pub use child::{Child, Ended};
pub use collector::Collector;
pub use fixture::FixtureProcess;
pub use http::Response;
pub use jdk::Jdk;
pub use terminal::Terminal;

/// Why a component that a test wants cannot be had on this machine; a test that meets it names itself as skipped.
#[derive(Debug)]
pub struct Unavailable(pub String);

impl std::fmt::Display for Unavailable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}
