//! What of a statement may leave: its text with every literal masked, and a summary of few words.
//!
//! One hand-written pass over the bytes: a grammar would cost more and refuse what it does not know.

mod keywords;
mod lexer;
mod mask;
mod summary;

use crate::jdbc::dialect::Dialect;
use crate::text::cut;

/// How much of a statement is read, in bytes.
const MAX_STATEMENT: usize = 32 * 1024;

/// A statement as it may leave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// Without literals and comments.
    pub text: String,
    /// Operations and their targets, e.g. `SELECT orders customers`; empty when the statement is none that we know.
    pub summary: String,
    /// What a `CALL` or `EXEC` calls.
    pub procedure: Option<String>,
}

/// Masks and summarises a statement.
pub fn analyse(statement: &str, dialect: Dialect) -> Statement {
    let statement = cut(statement, MAX_STATEMENT);
    let mut mask = mask::Mask::new(statement.len());
    let mut summary = summary::Summary::default();
    for token in lexer::Lexer::new(statement, dialect) {
        mask.push(&token);
        summary.push(&token);
        if mask.stopped() {
            break;
        }
    }
    let (summary, procedure) = summary.finish();
    Statement { text: mask.finish(), summary, procedure }
}

#[cfg(test)]
mod tests;
