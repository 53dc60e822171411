//! Everything that touches the JVM's function tables: bindings, safe wrappers, and the functions that the JVM calls.
//!
//! The only unsafe code of the project, with the allocator. What leaves this module is safe to call.

#[allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    dead_code,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block
)]
mod bindings;
mod entry;
mod environment;
mod events;
mod jni;
mod native_methods;
mod vm_flags;

pub(crate) use environment::{Class, Jvmti, LoadedClass};
pub(crate) use jni::{Jni, Object};
pub(crate) use native_methods::register as register_natives;
pub(crate) use vm_flags::VmFlags;
