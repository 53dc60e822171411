//! What statements and URLs came to before: an application runs the same few over and over, and reading one costs some
//! thousand instructions.

use std::cell::RefCell;
use std::fmt;

use elsa::FrozenVec;
use rustc_hash::FxHashMap;

use super::dialect::Dialect;
use super::sql::{Statement, analyse};
use super::url::Database;

/// With [`MAX_REMEMBERED`] this bounds the memory to about 2 MiB, and what chosen collisions can cost.
const MAX_ENTRIES: usize = 512;
/// Longer texts are rare, and mostly written by a program: each another.
const MAX_REMEMBERED: usize = 2 * 1024;

/// Bounded: texts that never come again cannot stay for longer than [`Memo::trim`] lets them.
#[derive(Default)]
pub struct Memo {
    statements: Read<(Dialect, Statement)>,
    databases: Read<Database>,
}

impl Memo {
    /// Forgets what is not to be remembered, and all of it where that is too much. To be called between batches, when no
    /// span borrows from it.
    pub fn trim(&mut self) {
        self.statements.trim();
        self.databases.trim();
    }

    /// As [`analyse`].
    pub(crate) fn statement(&self, text: &str, dialect: Dialect) -> &Statement {
        let read = || (dialect, analyse(text, dialect));
        let (of, statement) = self.statements.get(text, read);
        // The same text for a database of another kind is too rare to be worth a place.
        if *of == dialect { statement } else { &self.statements.once.push_get(Box::new(read())).1 }
    }

    /// As [`Database::of_url`].
    pub(crate) fn database(&self, url: &str) -> &Database {
        self.databases.get(url, || Database::of_url(url))
    }

    /// As [`Database::of_product_name`].
    pub(crate) fn product(&self, name: &str) -> &Database {
        self.databases.once.push_get(Box::new(Database::of_product_name(name)))
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (statements, databases) = (self.statements.kept.len(), self.databases.kept.len());
        f.debug_struct("Memo").field("statements", &statements).field("databases", &databases).finish()
    }
}

/// What texts came to, lent out while more are read.
struct Read<T> {
    kept: FrozenVec<Box<T>>,
    /// Where in `kept` a text's is.
    index: RefCell<FxHashMap<String, usize>>,
    /// What is not remembered.
    once: FrozenVec<Box<T>>,
}

impl<T> Read<T> {
    fn get(&self, text: &str, read: impl FnOnce() -> T) -> &T {
        let known = self.index.borrow().get(text).and_then(|index| self.kept.get(*index));
        if let Some(known) = known {
            return known;
        }
        if text.len() > MAX_REMEMBERED || self.kept.len() >= MAX_ENTRIES {
            return self.once.push_get(Box::new(read()));
        }
        self.index.borrow_mut().insert(text.to_owned(), self.kept.len());
        self.kept.push_get(Box::new(read()))
    }

    fn trim(&mut self) {
        self.once.as_mut().clear();
        if self.kept.len() >= MAX_ENTRIES {
            self.index.get_mut().clear();
            self.kept.as_mut().clear();
        }
    }
}

impl<T> Default for Read<T> {
    fn default() -> Self {
        Self { kept: FrozenVec::new(), index: RefCell::default(), once: FrozenVec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_ENTRIES, MAX_REMEMBERED, Memo};
    use crate::jdbc::dialect::Dialect;
    use crate::jdbc::sql::analyse;
    use crate::jdbc::url::Database;

    #[test]
    fn what_is_remembered_is_what_was_read() {
        let memo = Memo::default();
        let text = "SELECT \"a\" FROM t WHERE id = 7";
        for system in ["postgresql", "mysql", "postgresql"] {
            let dialect = Dialect::of(system);
            assert_eq!(*memo.statement(text, dialect), analyse(text, dialect), "{system}");
        }
        let url = "jdbc:postgresql://db:5433/shop";
        assert_eq!(*memo.database(url), Database::of_url(url));
        assert_eq!(*memo.database(url), Database::of_url(url));
    }

    #[test]
    fn statements_that_never_come_again_do_not_pile_up() {
        let mut memo = Memo::default();
        let dialect = Dialect::of("h2database");
        for number in 0..MAX_ENTRIES + 3 {
            memo.statement(&format!("SELECT {number}"), dialect);
        }
        assert_eq!((memo.statements.kept.len(), memo.statements.once.len()), (MAX_ENTRIES, 3));
        memo.trim();
        assert_eq!((memo.statements.kept.len(), memo.statements.once.len()), (0, 0));
        memo.statement("SELECT 1", dialect);
        memo.trim();
        assert_eq!(memo.statements.kept.len(), 1, "only a full one starts anew");
    }

    #[test]
    fn a_long_text_is_read_and_not_kept() {
        let memo = Memo::default();
        let text = format!("SELECT {}", "a, ".repeat(MAX_REMEMBERED));
        assert_eq!(*memo.statement(&text, Dialect::of("h2")), analyse(&text, Dialect::of("h2")));
        assert_eq!(memo.statements.kept.len(), 0);
    }
}
