//! Batching, transport and retry on the agent's own thread.
//!
//! [`run`] is a blocking loop for one thread that the caller makes; nothing in here makes another. It pulls finished
//! spans from a [`SpanSource`], sends them in batches, and ends when [`Control::shutdown`] asks it to.
#![forbid(unsafe_code)]

pub mod config;
mod console;
mod control;
mod encode;
mod log;
mod otlp;
mod payload;
mod retry;
mod run;
mod source;
mod stats;
mod text;
mod transport;

pub use config::Config;
pub use control::{Control, ShutdownOutcome};
pub use encode::BatchEncoder;
pub use log::Log;
pub use run::run;
pub use source::SpanSource;
pub use stats::Stats;
