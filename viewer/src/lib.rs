//! Receiver, trace store and terminal views. Knows OTLP and nothing of the agent: it shows any OpenTelemetry source.
//!
//! ```no_run
//! use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
//! use otelrs_viewer::tree::{TreeOptions, render_tree};
//! use std::time::Duration;
//!
//! let receiver = Receiver::start(ReceiverOptions::free_ports())?;
//! println!("OTEL_EXPORTER_OTLP_ENDPOINT={}", receiver.http_endpoint());
//! let traces = receiver.store().wait_until(Duration::from_secs(10), |traces| !traces.is_empty())?;
//! print!("{}", render_tree(&traces[0], &TreeOptions::default()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod archive;
mod connections;
mod export;
pub mod feed;
pub mod findings;
mod forest;
pub mod logs;
pub mod metrics;
pub mod query;
pub mod receiver;
pub mod span;
pub mod store;
pub mod terminal;
pub mod text;
pub mod tree;
pub mod waterfall;
pub mod web;
