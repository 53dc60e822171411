//! Class files: read, skim, plan and splice. Bytes in, bytes out; no JVM and no unsafe code.
//!
//! ```
//! use otelrs_classfile::{ClassFile, Outcome, patch};
//! # fn hook(bytes: &[u8]) -> Option<Vec<u8>> {
//! let class = ClassFile::parse(bytes).ok()?;
//! match patch(&class, &[]) {
//!     Outcome::Patched(patched) => Some(patched.bytes),
//!     Outcome::Unchanged | Outcome::Declined(_) => None,
//! }
//! # }
//! # assert_eq!(hook(b"no class"), None);
//! ```
#![forbid(unsafe_code)]

mod additions;
mod assembler;
mod class;
mod code;
mod constants;
mod constructor;
mod descriptor;
mod edit;
mod frames;
mod layout;
mod method;
mod opcodes;
mod outcome;
mod patch;
mod reader;
mod rewrite;
mod tables;
mod values;
mod weave;

pub use class::{ACC_ABSTRACT, ACC_FINAL, ACC_INTERFACE, ACC_NATIVE, ACC_STATIC, ClassFile, Member};
pub use edit::{Call, FieldRef, MethodEdit, MethodRef, Splice, Value};
pub use outcome::{Outcome, Patched, Reason};
pub use patch::patch;
pub use reader::{ParseError, Problem};
