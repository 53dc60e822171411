//! What tells of most classes, without a lock and without the matcher, that no rule is about them.
//!
//! Every class that is loaded passes here, between two pieces of the JVM's own work that leave nothing of ours in the
//! processor's nearest cache. So it is little code that looks at few places in memory.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use otelrs_classfile::{ClassFile, name_key};
use rustc_hash::FxHashSet;

use crate::model::ANY_METHOD;

/// The superclass of most classes, which no rule asks for.
const OBJECT: &[u8] = b"java/lang/Object";

/// What rules look for, as far as a class tells by itself.
#[derive(Debug, Default)]
pub struct Gate {
    classes: Filter,
    /// Names of methods: those that rules by supertype and by call look for. Most classes declare none of them.
    methods: FxHashSet<&'static [u8]>,
    method_keys: Filter,
    /// Every method is looked for.
    any_method: bool,
    /// Every class passes.
    open: bool,
}

impl Gate {
    /// A class of this name passes, and a class that has it for a direct supertype.
    pub fn add_class(&self, name: &[u8]) {
        self.classes.add(end_of(name));
    }

    /// A class that declares a method of this name passes.
    pub(crate) fn add_method(&mut self, name: &'static str) {
        self.any_method |= name == ANY_METHOD;
        self.method_keys.add(name_key(name.as_bytes()));
        self.methods.insert(name.as_bytes());
    }

    /// Every class passes: what a rule asks is more than names.
    pub(crate) fn open(&mut self) {
        self.open = true;
    }

    /// False for a class that no rule is about. One that passes may still be such a class.
    pub fn lets_pass(&self, class: &ClassFile<'_>) -> bool {
        let is_asked_for = |name: &[u8]| self.classes.may_hold(end_of(name)) && name != OBJECT;
        self.open
            || is_asked_for(class.name())
            || class.super_name().is_some_and(is_asked_for)
            || class.interfaces().any(is_asked_for)
            || self.any_declared_by(class)
    }

    /// Whether the class declares a method of a name that rules look for.
    pub(crate) fn any_declared_by(&self, class: &ClassFile<'_>) -> bool {
        self.any_method
            || (class.method_name_keys().any(|key| self.method_keys.may_hold(key))
                && class.method_names().any(|name| self.methods.contains(name)))
    }
}

/// What tells names of classes apart: their length and their last bytes, in which they differ the most.
fn end_of(name: &[u8]) -> u64 {
    let end = match name.last_chunk() {
        Some(four) => u32::from_le_bytes(*four),
        None => name.iter().fold(0, |end, byte| end << 8 | u32::from(*byte)),
    };
    u64::from(end) << 32 | name.len() as u64
}

/// A bit for each key of a name that is in a set: a name without its bit is not, which takes no hash to see.
///
/// Bits are only ever set, so that whoever learned of a class before it was used finds it here: nothing else is ordered by
/// them.
#[derive(Debug)]
struct Filter {
    bits: [AtomicU64; 32],
}

impl Default for Filter {
    fn default() -> Self {
        Filter { bits: [const { AtomicU64::new(0) }; 32] }
    }
}

impl Filter {
    fn add(&self, key: u64) {
        let (word, bit) = Self::place(key);
        self.bits[word].fetch_or(bit, Relaxed);
    }

    /// False for a key that has not been added.
    fn may_hold(&self, key: u64) -> bool {
        let (word, bit) = Self::place(key);
        self.bits[word].load(Relaxed) & bit != 0
    }

    /// Eleven bits.
    fn place(key: u64) -> (usize, u64) {
        let place = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 53;
        (place as usize >> 6, 1 << (place & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, end_of};

    #[test]
    fn what_was_added_passes() {
        let names = ["", "a", "run", "java/lang/Object", "submit", "a/much/longer/Name"];
        let filter = Filter::default();
        let holds = |name: &&str| filter.may_hold(end_of(name.as_bytes()));
        assert!(!names.iter().any(holds));
        names.iter().for_each(|name| filter.add(end_of(name.as_bytes())));
        assert!(names.iter().all(holds));
        assert!(!holds(&"java/lang/String"));
    }
}
