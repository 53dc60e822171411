//! libotelrs.so: attach, class hook pipeline, bridge and natives.
//!
//! The JVM's function tables are known to the `jvmti` module only. Everything else here is safe code over it.
#![deny(unsafe_code)]

mod attach;
mod configuration;
mod deferred;
mod export;
mod fault;
mod glue;
mod guard;
mod hook;
mod host;
#[allow(unsafe_code)]
mod jvmti;
mod loaders;
#[allow(unsafe_code)]
mod memory;
mod natives;
mod pending;
mod restore;
mod retransform;
mod rule_files;
mod stand_down;
mod state;
mod uncovered;
mod unloaded;
