//! Rule files: YAML text to [`FileRule`]s. `docs/rules.md` is the grammar. Read once an attachment: built for size, not speed.
//!
//! A rule with something wrong in it is left out, and all others are used: a file that was right before an edit goes on to
//! do what the edit did not touch. Everything wrong is said at once, each in a line of its own.

#![forbid(unsafe_code)]

mod error;
mod keys;
mod reader;
mod rule;
mod text;
mod yaml;

pub use error::{FileError, Position, Problem};
pub use rule::{Attribute, Carrier, FileRule, Path, Root, SpanAction, SpanKind};

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// The rules that nothing is wrong with, in the file's order.
    pub rules: Vec<FileRule>,
    /// What is wrong, in the file's order.
    pub errors: Vec<FileError>,
}

/// Reads the text of a rule file; `file` is how messages name it.
pub fn parse(file: &str, text: &str) -> RuleFile {
    reader::read(file, text)
}
