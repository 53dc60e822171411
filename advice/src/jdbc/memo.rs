//! What statements and URLs came to before: an application runs the same few over and over, and reading one costs some
//! thousand instructions.

use std::cell::RefCell;
use std::collections::HashMap;

use super::dialect::Dialect;
use super::sql::{Statement, analyse};
use super::url::Database;

/// With [`MAX_REMEMBERED`] this bounds the memory to about 2 MiB.
const MAX_ENTRIES: usize = 512;
/// Longer texts are rare, and mostly written by a program: each another.
const MAX_REMEMBERED: usize = 2 * 1024;

/// Bounded: when it is full it starts anew, so texts that never come again cannot stay.
#[derive(Debug, Clone, Default)]
pub struct Memo {
    statements: RefCell<HashMap<String, (Dialect, Statement)>>,
    databases: RefCell<HashMap<String, Database>>,
}

impl Memo {
    /// As [`analyse`].
    pub(crate) fn statement(&self, text: &str, dialect: Dialect) -> Statement {
        if text.len() > MAX_REMEMBERED {
            return analyse(text, dialect);
        }
        let mut known = self.statements.borrow_mut();
        match known.get(text) {
            Some((of, statement)) if *of == dialect => statement.clone(),
            _ => {
                let statement = analyse(text, dialect);
                if known.len() >= MAX_ENTRIES {
                    known.clear();
                }
                known.insert(text.to_owned(), (dialect, statement.clone()));
                statement
            }
        }
    }

    /// As [`Database::of_url`].
    pub(crate) fn database(&self, url: &str) -> Database {
        if url.len() > MAX_REMEMBERED {
            return Database::of_url(url);
        }
        let mut known = self.databases.borrow_mut();
        if let Some(database) = known.get(url) {
            return database.clone();
        }
        let database = Database::of_url(url);
        if known.len() >= MAX_ENTRIES {
            known.clear();
        }
        known.insert(url.to_owned(), database.clone());
        database
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_ENTRIES, Memo};
    use crate::jdbc::dialect::Dialect;
    use crate::jdbc::sql::analyse;
    use crate::jdbc::url::Database;

    #[test]
    fn what_is_remembered_is_what_was_read() {
        let memo = Memo::default();
        let text = "SELECT \"a\" FROM t WHERE id = 7";
        for system in ["postgresql", "mysql", "postgresql"] {
            let dialect = Dialect::of(system);
            assert_eq!(memo.statement(text, dialect), analyse(text, dialect), "{system}");
        }
        let url = "jdbc:postgresql://db:5433/shop";
        assert_eq!(memo.database(url), Database::of_url(url));
        assert_eq!(memo.database(url), Database::of_url(url));
    }

    #[test]
    fn statements_that_never_come_again_do_not_pile_up() {
        let memo = Memo::default();
        for number in 0..3 * MAX_ENTRIES {
            memo.statement(&format!("SELECT {number}"), Dialect::of("h2database"));
        }
        assert!(memo.statements.borrow().len() <= MAX_ENTRIES);
    }
}
