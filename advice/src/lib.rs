//! What happens at entry and exit: one folder an instrumented library. Sees values, never JNI.
//!
//! The request thread leaves a [`otelrs_sdk::record::Record`]; [`finish`] turns it into a
//! [`otelrs_sdk::span::Span`] on the agent's own thread, with the stable OpenTelemetry semantic conventions.
#![forbid(unsafe_code)]

mod address;
mod attributes;
mod bridge;
mod exception;
mod executors;
mod finish;
mod guava;
mod http;
mod http_url_connection;
mod java_http_client;
pub mod jdbc;
mod jetty;
pub mod keys;
mod os;
pub mod resource;
pub mod rule_files;
mod rules;
mod site;
mod spring_webmvc;
#[cfg(test)]
mod testing;
mod text;
mod tomcat;

pub use finish::{FinishContext, Options, finish, identity};
pub use os::location_entry;
pub use rules::rules;
pub use site::Site;
