//! What counts as a query, and which two are the same.

use crate::span::{Span, Value};

/// FNV-1a with 64 bits, a character at a time: every query span of every trace is hashed, and long ones are common.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Statements that every transaction or connection has, whatever the data.
const HOUSEKEEPING: [&str; 10] =
    ["begin", "commit", "end", "release", "rollback", "savepoint", "select 1", "set", "show", "start"];

/// A query that a span executed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'s> {
    /// The statement, or what stands for it.
    pub(super) text: &'s str,
    /// A short name of few values, such as `SELECT orders`.
    pub(super) summary: &'s str,
}

impl<'s> Query<'s> {
    /// The query of a database span; `None` for other spans and for statements that only keep house.
    pub(super) fn of(span: &'s Span) -> Option<Self> {
        let text_of = |key: &str| span.attributes.get(key).and_then(Value::as_str);
        text_of("db.system.name").or_else(|| text_of("db.system"))?;
        let summary = text_of("db.query.summary").unwrap_or(&span.name);
        let text = text_of("db.query.text").or_else(|| text_of("db.statement")).unwrap_or(summary);
        (!is_housekeeping(text)).then_some(Self { text, summary })
    }

    /// Equal for texts that differ in literals, white space and the case of letters only.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hash = FNV_OFFSET;
        let mut characters = self.text.chars().peekable();
        let mut in_word = false;
        while let Some(character) = characters.next() {
            let next = match character {
                '\'' => {
                    characters.by_ref().find(|c| *c == '\'');
                    // A doubled quote stands for one inside the literal.
                    while characters.next_if_eq(&'\'').is_some() {
                        characters.by_ref().find(|c| *c == '\'');
                    }
                    '?'
                }
                c if c.is_ascii_digit() && !in_word => {
                    while characters.next_if(|c| c.is_ascii_alphanumeric() || *c == '.').is_some() {}
                    '?'
                }
                c if c.is_whitespace() => {
                    while characters.next_if(|c| c.is_whitespace()).is_some() {}
                    ' '
                }
                c => c.to_ascii_lowercase(),
            };
            in_word = next.is_alphanumeric() || next == '_';
            hash = (hash ^ u64::from(u32::from(next))).wrapping_mul(FNV_PRIME);
        }
        hash
    }
}

fn is_housekeeping(text: &str) -> bool {
    let text = text.trim().trim_end_matches(';');
    HOUSEKEEPING.iter().any(|word| {
        text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !text
                .get(word.len()..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            && (*word != "select 1" || text.len() == word.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_literals_are_one_query() {
        let fingerprint = |text| Query { text, summary: "" }.fingerprint();
        for (a, b, same) in [
            ("SELECT * FROM a WHERE id = 17", "select *  from a where id = 4", true),
            ("SELECT * FROM a WHERE n = 'x''y'", "SELECT * FROM a WHERE n = 'z'", true),
            ("SELECT * FROM a WHERE x = 1.5e3", "SELECT * FROM a WHERE x = 2", true),
            ("SELECT * FROM t1", "SELECT * FROM t2", false),
            ("SELECT a FROM t", "SELECT b FROM t", false),
            ("GET ?", "SET ?", false),
        ] {
            assert_eq!(fingerprint(a) == fingerprint(b), same, "{a} | {b}");
        }
    }

    #[test]
    fn statements_of_every_transaction_are_no_queries() {
        for (text, expected) in [
            ("BEGIN", true),
            ("commit;", true),
            ("SET TIME ZONE 'UTC'", true),
            ("select 1", true),
            ("SELECT 12 FROM dual", false),
            ("SELECT 1 FROM orders", false),
            ("settle", false),
            ("SELECT * FROM orders", false),
        ] {
            assert_eq!(is_housekeeping(text), expected, "{text}");
        }
    }
}
