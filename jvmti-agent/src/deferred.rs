//! Classes of the JDK that carry context, left alone until the first class that makes spans: a program without one keeps
//! its `java.lang.Thread` as it is, and starts as fast as without us.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The classes that wait, by internal name. All are of the bootstrap loader, which unloads none.
#[derive(Default)]
pub(crate) struct Deferred {
    due: AtomicBool,
    classes: Mutex<Vec<Box<[u8]>>>,
}

impl Deferred {
    /// Leaves a class for later.
    pub(crate) fn add(&self, name: &[u8]) {
        self.classes.lock().unwrap_or_else(PoisonError::into_inner).push(name.into());
    }

    /// A class has been patched that makes spans.
    pub(crate) fn spans_begin(&self) {
        self.due.store(true, Relaxed);
    }

    /// The classes whose time has come; each is given out once.
    pub(crate) fn take_due(&self) -> Vec<Box<[u8]>> {
        if !self.due.load(Relaxed) {
            return Vec::new();
        }
        std::mem::take(&mut *self.classes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::Deferred;

    #[test]
    fn nothing_is_due_before_there_are_spans_and_nothing_twice() {
        let deferred = Deferred::default();
        deferred.add(b"java/lang/Thread");
        assert!(deferred.take_due().is_empty());
        deferred.spans_begin();
        assert_eq!(deferred.take_due(), [Box::<[u8]>::from(*b"java/lang/Thread")]);
        assert!(deferred.take_due().is_empty());
    }
}
