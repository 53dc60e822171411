//! Where a class's own constants are, by encoding.
//!
//! A table of indices into the pool, open addressing, linear probing: a pool of a thousand constants is entered for each
//! class that is patched, at two thirds of what a general hash map of slices takes.

use crate::constants::ConstantPool;

/// The constants of one pool.
#[derive(Debug)]
pub(crate) struct ConstantIndex {
    /// Of a power of two, at most half full; 0, which is no constant's index, where nothing is.
    slots: Vec<u16>,
}

impl ConstantIndex {
    pub(crate) fn of(pool: &ConstantPool<'_>) -> Self {
        let room = (2 * usize::from(pool.count())).next_power_of_two();
        let mut index = ConstantIndex { slots: vec![0; room] };
        for (number, encoded) in pool.encodings() {
            let at = index.place(pool, encoded);
            // Of equal constants the first: javac writes none twice, others do.
            if let Some(free @ 0) = index.slots.get_mut(at) {
                *free = number;
            }
        }
        index
    }

    /// The index of the constant that is encoded so.
    pub(crate) fn get(&self, pool: &ConstantPool<'_>, encoded: &[u8]) -> Option<u16> {
        self.slots.get(self.place(pool, encoded)).copied().filter(|index| *index != 0)
    }

    /// The slot that this constant has, or would have.
    fn place(&self, pool: &ConstantPool<'_>, encoded: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash(encoded) & mask;
        // Half of the slots are free, so the search ends.
        while let Some(index) = self.slots.get(at).filter(|index| **index != 0) {
            if pool.encoding(*index) == Some(encoded) {
                break;
            }
            at = (at + 1) & mask;
        }
        at
    }
}

/// Of the length and the last eight bytes: names that begin alike are common, names of one length that end alike are not.
fn hash(encoded: &[u8]) -> usize {
    // The golden ratio's bits (Knuth, The Art of Computer Programming 3, 6.4): the upper half of the product is well mixed.
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let word = match (encoded.last_chunk(), encoded.first_chunk(), encoded.last_chunk()) {
        (Some(last), ..) => u64::from_le_bytes(*last),
        // Most constants have five bytes.
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => encoded.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    ((word ^ (encoded.len() as u64) << 56).wrapping_mul(GOLDEN) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::ConstantIndex;
    use crate::constants::{ConstantPool, tag};
    use crate::reader::Reader;

    /// Texts, as a pool.
    fn pool(texts: &[String]) -> Vec<u8> {
        let mut bytes = u16::try_from(texts.len() + 1).unwrap().to_be_bytes().to_vec();
        for text in texts {
            bytes.push(tag::UTF8);
            bytes.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
            bytes.extend(text.bytes());
        }
        bytes
    }

    fn encoded(text: &str) -> Vec<u8> {
        [&[tag::UTF8, 0, text.len() as u8], text.as_bytes()].concat()
    }

    #[test]
    fn each_constant_is_found_and_no_other_however_many_share_a_slot() {
        // The same length and the same last eight bytes: one hash for all.
        let texts: Vec<String> = (0..300).map(|number| format!("{number:03}/alike/Name")).collect();
        let bytes = pool(&texts);
        let pool = ConstantPool::parse(&bytes, &mut Reader::new(&bytes, 0)).unwrap();
        let index = ConstantIndex::of(&pool);
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(index.get(&pool, &encoded(text)), Some(number as u16 + 1));
        }
        for absent in ["300/alike/Name", "", "000/alike/Nam", "Name"] {
            assert_eq!(index.get(&pool, &encoded(absent)), None, "{absent}");
        }
    }

    #[test]
    fn of_equal_constants_the_first_is_found() {
        let bytes = pool(&["a".into(), "b".into(), "a".into()]);
        let pool = ConstantPool::parse(&bytes, &mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(ConstantIndex::of(&pool).get(&pool, &encoded("a")), Some(1));
    }

    #[test]
    fn an_empty_pool_has_nothing() {
        let bytes = pool(&[]);
        let pool = ConstantPool::parse(&bytes, &mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(ConstantIndex::of(&pool).get(&pool, &encoded("")), None);
    }
}
