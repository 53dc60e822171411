//! What tells most names from those of a set without hashing them.

/// A bit for each key of a name that is in a set: a name without its bit is not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    bits: [u64; 8],
}

impl Filter {
    /// Adds a name to the set.
    pub fn add(&mut self, name: &[u8]) {
        let (word, bit) = Self::key(name);
        self.bits[word] |= bit;
    }

    /// False for a name that has not been added.
    pub fn may_hold(&self, name: &[u8]) -> bool {
        let (word, bit) = Self::key(name);
        self.bits[word] & bit != 0
    }

    /// Nine bits of the length and the last bytes, in which the names of classes differ the most.
    fn key(name: &[u8]) -> (usize, u64) {
        let end = match name.last_chunk() {
            Some(four) => u32::from_le_bytes(*four),
            None => name.iter().fold(0, |end, byte| end << 8 | u32::from(*byte)),
        };
        let key = (end ^ name.len() as u32).wrapping_mul(0x9E37_79B1) >> 23;
        (key as usize >> 6, 1 << (key & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn what_was_added_passes() {
        let names = ["", "a", "run", "java/lang/Object", "submit", "a/much/longer/Name"];
        let mut filter = Filter::default();
        assert!(names.iter().all(|name| !filter.may_hold(name.as_bytes())));
        names.iter().for_each(|name| filter.add(name.as_bytes()));
        assert!(names.iter().all(|name| filter.may_hold(name.as_bytes())));
        assert!(!filter.may_hold(b"java/lang/String"));
    }
}
