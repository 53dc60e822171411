//! A set of offsets or locals: one bit each.

use smallvec::SmallVec;

/// A set of numbers below a bound.
#[derive(Debug, Clone, Default)]
pub(crate) struct BitSet {
    words: SmallVec<[u64; 4]>,
}

impl BitSet {
    /// An empty set of numbers below `bound`, rounded up to a word's bits.
    pub(crate) fn below(bound: usize) -> Self {
        BitSet { words: SmallVec::from_elem(0, bound.div_ceil(64)) }
    }

    /// Whether no number is below the bound.
    pub(crate) fn is_of_none(&self) -> bool {
        self.words.is_empty()
    }

    /// Adds a number; one that is not below the bound is left out.
    pub(crate) fn insert(&mut self, number: u32) {
        if let Some(word) = self.words.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Takes a number out.
    pub(crate) fn remove(&mut self, number: u32) {
        if let Some(word) = self.words.get_mut(number as usize / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 != 0)
    }

    /// The greatest member that is not above `number`.
    pub(crate) fn last_up_to(&self, number: u32) -> Option<u32> {
        let at = number as usize / 64;
        let mut word = self.words.get(at)? & u64::MAX >> (63 - number % 64);
        let mut first = at as u32 * 64;
        while word == 0 {
            first = first.checked_sub(64)?;
            word = *self.words.get(first as usize / 64)?;
        }
        Some(first + word.ilog2())
    }
}

#[cfg(test)]
mod tests {
    use super::BitSet;

    #[test]
    fn members_are_found_and_what_is_not_below_the_bound_is_left_out() {
        let mut set = BitSet::below(130);
        [0, 3, 5, 63, 64, 129, 192].iter().for_each(|&number| set.insert(number));
        [5, 6, 192].iter().for_each(|&number| set.remove(number));
        let members: Vec<u32> = (0..300).filter(|&number| set.contains(number)).collect();
        assert_eq!(members, [0, 3, 63, 64, 129]);
        for (number, last) in [(0, 0), (2, 0), (62, 3), (63, 63), (128, 64), (191, 129)] {
            assert_eq!(set.last_up_to(number), Some(last), "{number}");
        }
        assert_eq!(set.last_up_to(192), None);
        assert_eq!(BitSet::below(64).last_up_to(5), None);
        assert_eq!(BitSet::below(0).last_up_to(0), None);
    }
}
