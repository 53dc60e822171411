//! Memory for a constant pool's offsets, used again for the next class that the same thread loads.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// More than nearly all classes have constants, and 4 KiB: what each thread that loads a class may keep.
const MOST_KEPT: usize = 1024;

thread_local! {
    static KEPT: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

/// A vector of offsets that goes back to its thread when it is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Offsets(Vec<u32>);

impl Offsets {
    /// As many zeros. Allocates for the first class of a thread, and for one of more than [`MOST_KEPT`] constants.
    pub(crate) fn of_zeros(count: usize) -> Offsets {
        // While a thread ends there is nothing kept any more.
        let mut offsets = KEPT.try_with(Cell::take).unwrap_or_default();
        offsets.clear();
        if count <= MOST_KEPT {
            offsets.reserve(MOST_KEPT);
        }
        offsets.resize(count, 0);
        Offsets(offsets)
    }
}

impl Drop for Offsets {
    fn drop(&mut self) {
        let offsets = std::mem::take(&mut self.0);
        if (1..=MOST_KEPT).contains(&offsets.capacity()) {
            let _ = KEPT.try_with(|kept| kept.set(offsets));
        }
    }
}

impl Deref for Offsets {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.0
    }
}

impl DerefMut for Offsets {
    fn deref_mut(&mut self) -> &mut [u32] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_KEPT, Offsets};

    #[test]
    fn what_one_class_left_is_nothing_to_the_next() {
        for count in [3, MOST_KEPT, 5, MOST_KEPT + 1, 2] {
            let mut offsets = Offsets::of_zeros(count);
            assert_eq!(*offsets, vec![0; count][..]);
            offsets.fill(7);
        }
    }

    #[test]
    fn two_classes_at_once_have_offsets_of_their_own() {
        let first = Offsets::of_zeros(2);
        let mut second = Offsets::of_zeros(2);
        second.fill(7);
        assert_eq!(*first, [0, 0]);
        assert_eq!(*first.clone(), [0, 0]);
    }
}
