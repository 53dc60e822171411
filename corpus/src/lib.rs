//! Advice in every method of every class that can be had, and what real JVMs say of it.
//!
//! `./x corpus` is the program; its tests run a sample. A collection of classes (a jar, a JDK) goes through
//! `instrument`, which checks what must hold of every class, and then to the JVMs of `verifier`.
#![forbid(unsafe_code)]

pub mod collection;
pub mod instrument;
pub mod jar;
pub mod origin;
pub mod pinned;
pub mod probe;
pub mod properties;
pub mod report;
pub mod shrunk;
pub mod verifier;
