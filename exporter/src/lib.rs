//! Queue, transport and retry on the agent's own thread.
#![forbid(unsafe_code)]
