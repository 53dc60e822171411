//! Giving patched classes back what they were.
//!
//! A retransformation begins with the class as the JVM first got it, or reconstituted it, and lets each agent change it
//! in turn (JVMTI specification, RetransformClasses). With our hook off it gives what there would be without us: the changes
//! of other agents are kept.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::jvmti::{Jni, Jvmti, LoadedClass};
use crate::retransform::retransform;
use crate::state::Agent;

/// Names of the classes that were given splices. Loaders are not told apart: to restore a class that has none changes
/// nothing.
#[derive(Default)]
pub(crate) struct Patched(Mutex<HashSet<Box<[u8]>>>);

impl Patched {
    /// Notes a class by its internal name.
    pub(crate) fn add(&self, name: &[u8]) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.contains(name) {
            names.insert(name.into());
        }
    }

    fn contains(&self, name: &[u8]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }
}

/// The mark of a class that was restored. Loaders have numbers of their own ([`crate::loaders::loader_number`]); no class is
/// a loader.
const RESTORED: i64 = 1;

/// A class on its way through the hook is listed by the JVM a moment later: the list is looked at until it shows nothing
/// new, and at most so often.
const MAX_LOOKS: usize = 8;

/// Restores every patched class that is loaded. The hook must be off. Gives how many kept their splices.
pub(crate) fn restore_all(agent: &Agent, jvmti: Jvmti, jni: &Jni<'_>) -> usize {
    let mut restored: Vec<LoadedClass<'_>> = Vec::new();
    let mut failures = 0;
    for _ in 0..MAX_LOOKS {
        let Ok(mut found) = jvmti.loaded_classes(jni) else { break };
        jni.ensure_local_capacity(found.len());
        found.retain(|loaded| {
            agent.patched.contains(&loaded.name)
                && !is_marked(jvmti, loaded)
                && jvmti.is_modifiable(loaded.class)
        });
        if found.is_empty() {
            break;
        }
        failures += retransform(jvmti, &found);
        found.iter().for_each(|loaded| mark(jvmti, loaded, RESTORED));
        restored.append(&mut found);
    }
    restored.iter().for_each(|loaded| mark(jvmti, loaded, 0));
    failures
}

fn is_marked(jvmti: Jvmti, loaded: &LoadedClass<'_>) -> bool {
    loaded.class.object().is_some_and(|class| jvmti.tag(class) == RESTORED)
}

fn mark(jvmti: Jvmti, loaded: &LoadedClass<'_>, tag: i64) {
    if let Some(class) = loaded.class.object() {
        // A class without its mark is restored again, which changes nothing.
        let _ = jvmti.set_tag(class, tag);
    }
}

#[cfg(test)]
mod tests {
    use super::Patched;

    #[test]
    fn a_class_is_known_by_its_name() {
        let patched = Patched::default();
        patched.add(b"a/B");
        patched.add(b"a/B");
        assert!(patched.contains(b"a/B"));
        assert!(!patched.contains(b"a/C"));
    }
}
