//! What is wrong with a rule file.

use std::fmt;

/// One thing that is wrong, as one line: where, what, what is accepted, and what is left out because of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{position}: {problem}; {}", if *.of_rule { "this rule is left out" } else { "no rule of this file is used" })]
pub struct FileError {
    /// The file as it was named.
    pub file: String,
    /// Where in it.
    pub position: Position,
    /// What is wrong.
    pub problem: Problem,
    /// Whether it concerns one rule only.
    pub of_rule: bool,
}

/// A place in a file; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// What is wrong at a place. Texts from the file are shortened and escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not YAML.
    #[error("not YAML: {0}; a value that begins with * & @ [ {{ ! or % must stand in quotes")]
    Syntax(String),
    /// Anchors and aliases are not taken; `*` begins one.
    #[error("anchors and aliases are not accepted; a pattern that begins with * must stand in quotes")]
    Alias,
    /// A second document, or nesting that no rule has.
    #[error("{0} is not accepted; accepted: one document with the key rules")]
    Structure(&'static str),
    /// A key that is not known here.
    #[error("{key} is no key of {of}; accepted: {}", .accepted.join(", "))]
    UnknownKey {
        /// The key.
        key: String,
        /// What has the key.
        of: &'static str,
        /// The keys that there are.
        accepted: &'static [&'static str],
    },
    /// A key that stands there twice.
    #[error("{0} stands here twice; accepted: each key once")]
    DuplicateKey(String),
    /// A value that is not of the form asked for.
    #[error("{key}: {found} is not accepted; accepted: {accepted}")]
    Value {
        /// Whose value.
        key: String,
        /// The value.
        found: String,
        /// What is accepted.
        accepted: &'static str,
    },
    /// Something that a rule needs.
    #[error("the rule {lacks}; accepted: {accepted}")]
    Incomplete {
        /// What it does not say.
        lacks: &'static str,
        /// What is accepted.
        accepted: &'static str,
    },
}

/// A text of the file as a message may show it.
pub(crate) fn shown(text: &str) -> String {
    const MAX: usize = 80;
    let cut: String = text.chars().take(MAX).collect();
    if cut.len() == text.len() { format!("{text:?}") } else { format!("{cut:?}...") }
}
