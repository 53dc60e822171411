//! Ids, context, span records, samplers, propagators and the ring. Knows no JVM and no wire.
#![forbid(unsafe_code)]

pub mod clock;
pub mod limits;
pub mod log;
pub mod payload;
pub mod propagation;
pub mod record;
pub mod resource;
pub mod ring;
pub mod sampler;
pub mod span;
