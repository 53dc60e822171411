//! The file `libotelrs.so`: it links the agent, and does nothing else.
//!
//! The last crate of a build decides how much is inlined across all crates once more. This one is compiled for size, so that
//! the agent's own can be compiled for speed.
#![forbid(unsafe_code)]

use otelrs_jvmti_agent as _;
