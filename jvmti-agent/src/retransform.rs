//! Sending loaded classes through the hook again.

use crate::jvmti::{Class, Jvmti, LoadedClass};
use crate::state;

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
