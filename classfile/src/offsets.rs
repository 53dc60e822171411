//! Memory for a constant pool's offsets, used again for the next class that the same thread loads.

use std::cell::Cell;

/// More than nearly all classes have constants, and 4 KiB: what each thread that loads a class may keep.
const MOST_KEPT: usize = 1024;

thread_local! {
    static KEPT: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

/// Offsets of constants, and behind them those of methods' names; they go back to their thread when they are dropped.
#[derive(Debug, Clone)]
pub(crate) struct Offsets {
    /// What is behind the methods' names is left of other classes.
    kept: Vec<u32>,
    constants: u32,
    methods: u32,
}

impl Offsets {
    /// Room for as many constants; what is in it is anything. Allocates for the first class of a thread, and for one of
    /// more than [`MOST_KEPT`] constants.
    pub(crate) fn for_constants(count: usize) -> Offsets {
        let kept = if count <= MOST_KEPT {
            // While a thread ends there is nothing kept any more.
            let mut kept = KEPT.try_with(Cell::take).unwrap_or_default();
            if kept.len() < count {
                kept = vec![0; MOST_KEPT];
            }
            kept
        } else {
            let mut own = Vec::with_capacity(count + count / 8);
            own.resize(count, 0);
            own
        };
        Offsets { kept, constants: count as u32, methods: 0 }
    }

    /// The constants' offsets, and room for those of as many methods' names.
    pub(crate) fn with_methods(&mut self, count: usize) -> (&[u32], &mut [u32]) {
        self.methods = count as u32;
        let before = self.constants as usize;
        let end = before + count;
        if self.kept.len() < end {
            self.grow(end);
        }
        let (constants, rest) = self.kept.split_at_mut(before);
        (constants, rest.get_mut(..count).unwrap_or_default())
    }

    #[cold]
    fn grow(&mut self, length: usize) {
        self.kept.reserve_exact(length - self.kept.len());
        self.kept.resize(length, 0);
    }

    pub(crate) fn constants(&self) -> &[u32] {
        self.kept.get(..self.constants as usize).unwrap_or_default()
    }

    pub(crate) fn constants_mut(&mut self) -> &mut [u32] {
        self.kept.get_mut(..self.constants as usize).unwrap_or_default()
    }

    pub(crate) fn method_names(&self) -> &[u32] {
        let before = self.constants as usize;
        self.kept.get(before..before + self.methods as usize).unwrap_or_default()
    }
}

impl Drop for Offsets {
    fn drop(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        if kept.len() == MOST_KEPT {
            let _ = KEPT.try_with(|place| place.set(kept));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_KEPT, Offsets};

    #[test]
    fn there_is_room_for_as_many_as_asked_for() {
        for (constants, methods) in
            [(3, 2), (MOST_KEPT, 0), (MOST_KEPT, 1), (5, MOST_KEPT), (MOST_KEPT + 1, 4), (1, 0)]
        {
            let mut offsets = Offsets::for_constants(constants);
            assert_eq!(offsets.method_names(), []);
            offsets.constants_mut().fill(7);
            let (before, names) = offsets.with_methods(methods);
            assert_eq!(before, vec![7; constants]);
            names.fill(8);
            assert_eq!(offsets.constants(), vec![7; constants]);
            assert_eq!(offsets.method_names(), vec![8; methods]);
        }
    }

    #[test]
    fn two_classes_at_once_have_offsets_of_their_own() {
        let mut first = Offsets::for_constants(2);
        first.constants_mut().fill(1);
        let mut second = Offsets::for_constants(2);
        second.constants_mut().fill(2);
        assert_eq!(first.constants(), [1, 1]);
        assert_eq!(first.clone().constants(), [1, 1]);
    }
}
