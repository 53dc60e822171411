//! Loaders that the JVM has unloaded, until what is known of their classes is forgotten.
//!
//! The JVM says so in the middle of a collection (before JDK 16, JDK-8212879), when nothing may be asked of it and threads
//! that hold our locks may be stopped in a call to it. So a loader is only noted then, under a lock that nobody holds while
//! calling the JVM, and forgotten by the next class that is loaded.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use otelrs_rules::supertypes::Loader;

use crate::glue;
use crate::state::{self, Agent};

static NOTED: AtomicBool = AtomicBool::new(false);
static UNLOADED: Mutex<Vec<Loader>> = Mutex::new(Vec::new());

/// Notes what a freed object was tagged with: a loader's number, or the mark of a class, which is below zero.
pub(crate) fn note(tag: i64) {
    let loader = Loader(tag);
    if tag > 0 && loader != Loader::BOOT {
        UNLOADED.lock().unwrap_or_else(PoisonError::into_inner).push(loader);
        NOTED.store(true, Relaxed);
    }
}

/// Forgets what was noted. Costs one load when there is nothing.
pub(crate) fn forget(agent: &Agent) {
    if !NOTED.load(Relaxed) {
        return;
    }
    NOTED.store(false, Relaxed);
    let unloaded = std::mem::take(&mut *UNLOADED.lock().unwrap_or_else(PoisonError::into_inner));
    let facts =
        agent.with_classes(|classes| unloaded.iter().map(|loader| classes.forget(*loader)).sum::<usize>());
    let glue = glue::forget(&unloaded);
    let count = unloaded.len();
    state::log().debug(format_args!(
        "{count} class loaders are unloaded: {facts} facts and {glue} pieces of glue are forgotten"
    ));
}
