//! What is still to be done about a class when it is prepared.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Work for one class name. Loaders are not told apart: the work is looked at again when a class is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Todo {
    /// Its splices call glue, which must be in place before they run.
    pub(crate) glue: bool,
    /// It declares methods of a rule, and its ancestors were not known.
    pub(crate) undecided: bool,
    /// Its splices ask whether it is of a rule's type: what it is, its subclasses are.
    pub(crate) guarded: bool,
    /// It makes spans.
    pub(crate) spans: bool,
    /// Other classes wait for it to be there.
    pub(crate) awaited: bool,
    /// It waits for another class to be there.
    pub(crate) waits: bool,
}

impl Todo {
    fn is_nothing(self) -> bool {
        self == Todo::default()
    }
}

/// Class names with work to do. Looking when there is none costs one load.
#[derive(Default)]
pub(crate) struct Pending {
    count: AtomicUsize,
    classes: Mutex<Classes>,
}

/// By internal name: the work, and how many loads have asked for it.
type Classes = HashMap<Box<[u8]>, (Todo, u32)>;

impl Pending {
    /// Adds work for a class that is being loaded.
    pub(crate) fn add(&self, name: &[u8], todo: Todo) {
        if todo.is_nothing() {
            return;
        }
        let mut classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, loads) = classes.entry(name.into()).or_default();
        known.glue |= todo.glue;
        known.undecided |= todo.undecided;
        known.guarded |= todo.guarded;
        known.spans |= todo.spans;
        known.awaited |= todo.awaited;
        known.waits |= todo.waits;
        *loads += 1;
        self.count.store(classes.len(), Relaxed);
    }

    /// Whether there is any work at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Relaxed) == 0
    }

    /// Takes the work for a class that has been prepared.
    pub(crate) fn take(&self, name: &[u8]) -> Option<Todo> {
        let mut classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        let (todo, loads) = classes.get_mut(name)?;
        let todo = *todo;
        *loads -= 1;
        if *loads == 0 {
            classes.remove(name);
        }
        self.count.store(classes.len(), Relaxed);
        Some(todo)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pending, Todo};

    #[test]
    fn a_class_that_two_loaders_load_is_taken_twice() {
        let pending = Pending::default();
        let glue = Todo { glue: true, ..Todo::default() };
        pending.add(b"a/B", glue);
        pending.add(b"a/B", glue);
        assert_eq!(pending.take(b"a/B"), Some(glue));
        assert_eq!(pending.take(b"a/B"), Some(glue));
        assert_eq!(pending.take(b"a/B"), None);
        assert!(pending.is_empty());
    }
}
