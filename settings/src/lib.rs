//! The one table of options: name, type, default and text of each; reading and precedence.
//!
//! [`table`] holds what there is, [`Settings::read`] what was asked for, [`reference_markdown`] what the manual says.
//! [`load`] is what a load into a running JVM asks and is answered.
//! Nothing here reads the environment, a file or the JVM: the caller hands the [`Sources`] in.
#![forbid(unsafe_code)]

mod endpoint;
mod instrumentation;
mod java_agent;
mod layers;
pub mod load;
mod notices;
mod option;
mod problem;
mod properties;
mod reference;
mod settings;
pub mod table;
mod value;

pub use endpoint::Protocol;
pub use instrumentation::{INSTRUMENTATIONS, Instrumentation};
pub use layers::{Origin, Sources};
pub use option::{Group, Kind, Opt, variable};
pub use problem::Problem;
pub use reference::reference_markdown;
pub use settings::{Batch, OtlpTraces, Propagators, Sampler, Settings, SpanLimits, TracesExporters};
