//! What to instrument: the rule model, the matcher and the plan of a class's edits. Pure.
//!
//! A rule selects (which class, which method) and says which values go to which advice. It has no conditions: what needs
//! an `if` is advice.
#![forbid(unsafe_code)]

pub mod apply;
mod conditional;
pub mod conditions;
pub mod fit;
pub mod gate;
pub mod matcher;
pub mod model;
pub mod pattern;
pub mod plan;
pub mod supertypes;
