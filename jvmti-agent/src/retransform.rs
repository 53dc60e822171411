//! Sending loaded classes through the hook again.

use std::collections::HashSet;

use crate::jvmti::{Class, Jni, Jvmti, LoadedClass};
use crate::state;

/// The classes of these names that `is_meant`. They are taken from the JVM's list: to find them by name would initialise
/// them, and starts a thread of `java.lang.VirtualThread`'s.
pub(crate) fn retransform_named(
    jvmti: Jvmti,
    jni: &Jni<'_>,
    names: &[Box<[u8]>],
    is_meant: impl Fn(&LoadedClass<'_>) -> bool,
) {
    let names: HashSet<&[u8]> = names.iter().map(|name| &**name).collect();
    let Ok(mut found) = jvmti.loaded_classes(jni) else { return };
    jni.ensure_local_capacity(found.len());
    found.retain(|loaded| names.contains(&*loaded.name) && is_meant(loaded));
    retransform(jvmti, &found);
}

/// All at once, in one safepoint; one at a time when that fails, because one bad class fails a whole batch. Gives how many
/// stayed as they were.
pub(crate) fn retransform(jvmti: Jvmti, found: &[LoadedClass<'_>]) -> usize {
    let classes: Vec<Class<'_>> = found.iter().map(|loaded| loaded.class).collect();
    let Err(error) = jvmti.retransform(&classes) else { return 0 };
    if let [_, _, ..] = found {
        return found.iter().map(|loaded| retransform(jvmti, std::slice::from_ref(loaded))).sum();
    }
    for loaded in found {
        let name = String::from_utf8_lossy(&loaded.name);
        state::log().debug(format_args!("left {name} alone: {error} at its retransformation"));
    }
    found.len()
}
