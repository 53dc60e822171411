//! The exporter against collectors on the loopback that do what collectors do, faults included.
#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in tests, but not in what tests share")]

mod batching;
mod collector;
mod console;
mod fallback;
mod faults;
mod grpc;
mod harness;
mod http;
mod proxy;
mod recurring;
mod shutdown;
mod tls;
