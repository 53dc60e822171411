//! Class files: read, skim, plan and splice. Bytes in, bytes out; no JVM and no unsafe code.
//!
//! ```
//! use otelrs_classfile::{Call, ClassFile, MethodEdit, MethodRef, Outcome, Splice, Value, patch};
//!
//! fn hook(bytes: &[u8]) -> Option<Vec<u8>> {
//!     let class = ClassFile::parse(bytes).ok()?;
//!     let target = MethodRef { owner: "a/Advice", name: "exit", descriptor: "(Ljava/lang/Object;)V", interface: false };
//!     let exit = Call { target, values: vec![Value::Returned] };
//!     let splices = vec![Splice::Around { entry: None, exit: Some(exit) }];
//!     let edit = MethodEdit { name: "run", descriptor: "()I", splices };
//!     match patch(&class, &[edit]) {
//!         Outcome::Patched(patched) => Some(patched.bytes),
//!         Outcome::Unchanged | Outcome::Declined(_) => None,
//!     }
//! }
//! assert_eq!(hook(b"no class"), None);
//! ```
//!
//! # What it is not
//!
//! Not a class file library. A general one (ASM, the JDK's ClassFile API) models a class, so that anything can be
//! changed, and writes the model back. Here the class stays bytes: constants are appended, the Code attributes of the
//! methods that are edited are replaced, and every other byte is copied from where it was. What we do not touch we
//! cannot break, and what we do not know (a new attribute of a class, a new kind of module) does not matter.
//!
//! # The passes
//!
//! | pass | module | what it does |
//! |---|---|---|
//! | skim | `class`, `constants` | the offsets of constants, the names, the lengths of members: about 1 us a class |
//! | decode | `code`, `frames`, `method` | of an edited method: where instructions start, which of them jump or return, what frames forget |
//! | weave | `weave`, `values`, `inference`, `assembler` | splices become bytes for three places: entry, before each return, tail |
//! | plan | `layout` | the few places behind which code moves by another distance; branches widened, switches padded, until nothing changes |
//! | emit | `layout`, `rewrite`, `tables` | code, exception table, frames, line and variable tables, type annotations |
//! | assemble | `patch`, `additions` | the class: old bytes, new constants, new Code attributes |
//!
//! Sizes are final before a byte is written: weaving needs no positions, because woven code never jumps. No model of a
//! method is made: what stays as it is is copied in runs, and everything is named by its offset in the original code.
//!
//! # The two position maps
//!
//! Code inserted before an instruction raises the question of what a reference to that instruction now means. There
//! are two answers, and every table needs the right one:
//!
//! - *where the instruction now is* (`Layout::now`): for `Uninitialized` entries of frames, which name a `new`, and for
//!   type annotations of an instruction;
//! - *where a jump to it must go* (`Layout::target`): for branches, switches, handlers, frames, and starts and ends of
//!   exception ranges, lines and variables.
//!
//! Before a return they differ by the exit code: who jumps to the return must run it. At the start they are the same,
//! behind the entry code: who loops back to the first instruction must not enter again. A range ends where a jump to
//! its end would go, so inserted code belongs to the instruction that it precedes.
//!
//! # Advice that throws, without a jump and without data flow
//!
//! A handler needs a frame, and a frame needs the types of all locals, which between two frames only a data flow
//! analysis knows. Three facts make it unnecessary:
//!
//! - Every type may be forgotten. A handler of ours says `top` of all the method's own locals but those that it uses,
//!   and it uses only those that nothing writes and no frame forgets, or copies made at entry.
//! - A guarded range ends in `aconst_null`, and its handler is the next instruction, a `pop`: both ways arrive with one
//!   Throwable on the stack. There is nothing to jump over.
//! - Before a return the operand stack may hold leftovers (the JVM allows it), so that nothing may be joined there. The
//!   handler lies behind the method, finishes what is left to do at the exit, and returns by itself.
//!
//! Exception table: guards first, so that no handler of the application sees what advice throws; then the
//! application's own rows; last the row that catches what leaves the method. The last one does not cover the exits at
//! returns: a return that fails (a monitor still held) has had its exit already.
//!
//! # Hazards
//!
//! - Until `super()` has run, `this` is of a type that no frame behind it can name. The catch-all starts after that
//!   call, which is not the first `invokespecial <init>` but the one made on `this`: `constructor` finds it by running
//!   the code on a machine that tells `this` from all else. Branches before it, and several such calls, are fine.
//! - `long` and `double` take two locals but one entry of a frame: padding is counted in words.
//! - A conditional branch has no wide form. It is negated to jump over a `goto_w`, and the instruction behind needs a
//!   frame; where the class has none there, the edit is declined.
//! - Guards come before the application's rows, and a type annotation of a catch clause names its row by number.
//! - Names are modified UTF-8. Text that is given is converted; names that would differ are declined.
//! - Frames are required from class version 51; in 50 a method with jumps and no frames is left without (the JVM falls
//!   back to inference for the whole class); below they are ignored, and relocated all the same.
//! - A verifier that infers joins the types of each local at a handler, and may load classes to do so. Where one of
//!   them is missing on purpose, the whole class would no longer link. `inference` keeps handlers of ours free of such
//!   joins; where it cannot (an argument of a constructor that is assigned to), the edit is declined.
//! - A damaged class may name a constant beyond its pool, where an edit adds some. In a method that is edited that is
//!   looked for, and declined; in what is copied it is not: such a class, which the JVM would refuse, may then be accepted.
//! - HotSpot never compiles more than 8,000 bytes of code a method: crossing that is declined, however correct.
#![forbid(unsafe_code)]

mod additions;
mod annotations;
mod assembler;
mod bits;
mod class;
mod code;
mod constants;
mod constructor;
mod descriptor;
mod edit;
mod frames;
mod inference;
mod layout;
mod method;
mod offsets;
mod opcodes;
mod outcome;
mod patch;
mod reader;
mod rewrite;
mod tables;
mod values;
mod weave;

pub use class::{
    ACC_ABSTRACT, ACC_FINAL, ACC_INTERFACE, ACC_NATIVE, ACC_PRIVATE, ACC_PROTECTED, ACC_PUBLIC, ACC_STATIC,
    ACC_SYNCHRONIZED, ACC_SYNTHETIC, ClassFile, Member,
};
pub use constants::name_key;
pub use descriptor::MethodShape;
pub use edit::{Call, FieldRef, MethodEdit, MethodRef, Splice, Value};
pub use outcome::{Outcome, Patched, Reason};
pub use patch::patch;
pub use reader::{ParseError, Problem};
pub use rewrite::NEWEST_KNOWN_VERSION;
