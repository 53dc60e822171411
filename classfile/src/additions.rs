//! Constants appended to a class's pool. What was added is used again; what the class has already only where the pool has
//! no room for both, because entering a thousand constants to find a dozen would be a third of an edit.

use hashbrown::HashTable;

use crate::constants::{ConstantPool, tag};
use crate::edit::{FieldRef, MethodRef};
use crate::outcome::Cause;

/// The class's pool and what has been added to it.
#[derive(Debug)]
pub(crate) struct Additions<'p, 'a> {
    pool: &'p ConstantPool<'a>,
    bytes: Vec<u8>,
    next: u32,
    known: HashTable<Known>,
}

/// A constant that is used again.
#[derive(Debug, Clone, Copy)]
struct Known {
    index: u16,
    /// Where it is among the bytes added; the class's own are found by their index.
    at: u32,
    length: u32,
}

impl<'p, 'a> Additions<'p, 'a> {
    /// Uses what is added again.
    pub(crate) fn new(pool: &'p ConstantPool<'a>) -> Self {
        let next = u32::from(pool.count());
        Additions { pool, bytes: Vec::with_capacity(512), next, known: HashTable::with_capacity(28) }
    }

    /// Uses the class's own constants, too.
    pub(crate) fn sparing(pool: &'p ConstantPool<'a>) -> Self {
        let mut additions = Additions::new(pool);
        for (index, encoded) in pool.encodings() {
            additions.enter(encoded, Known { index, at: 0, length: 0 });
        }
        additions
    }

    /// The new `constant_pool_count`, and the encoded constants that follow the class's own.
    pub(crate) fn finish(self) -> (u16, Vec<u8>) {
        (u16::try_from(self.next).unwrap_or(u16::MAX), self.bytes)
    }

    /// The index of a constant that has just been written behind those that were added.
    fn constant(&mut self, at: usize, indices: u32) -> Result<u16, Cause> {
        let encoded = self.bytes.get(at..).unwrap_or_default();
        let is_it = |known: &Known| encoding(self.pool, &self.bytes, *known) == encoded;
        if let Some(known) = self.known.find(hash(encoded), is_it) {
            self.bytes.truncate(at);
            return Ok(known.index);
        }
        // The count, one more than the highest index, has 16 bits (JVMS 4.1).
        if self.next + indices > 65_535 {
            self.bytes.truncate(at);
            return Err(Cause::PoolFull);
        }
        let index = u16::try_from(self.next).map_err(|_| Cause::PoolFull)?;
        let known = Known { index, at: at as u32, length: encoded.len() as u32 };
        self.next += indices;
        let (pool, bytes) = (self.pool, &self.bytes);
        self.known.insert_unique(hash(encoded), known, |known| hash(encoding(pool, bytes, *known)));
        Ok(index)
    }

    /// Enters a constant of the class's own. Of equal ones the first: javac writes none twice, others do.
    fn enter(&mut self, encoded: &[u8], known: Known) {
        let (pool, bytes) = (self.pool, &self.bytes);
        let is_it = |known: &Known| encoding(pool, bytes, *known) == encoded;
        let hashed = |known: &Known| hash(encoding(pool, bytes, *known));
        self.known.entry(hash(encoded), is_it, hashed).or_insert(known);
    }

    fn pair(&mut self, tag: u8, first: u16, second: u16) -> Result<u16, Cause> {
        let ([a, b], [c, d]) = (first.to_be_bytes(), second.to_be_bytes());
        self.fixed([tag, a, b, c, d], 1)
    }

    fn single(&mut self, tag: u8, index: u16) -> Result<u16, Cause> {
        let [a, b] = index.to_be_bytes();
        self.fixed([tag, a, b], 1)
    }

    fn fixed<const N: usize>(&mut self, encoded: [u8; N], indices: u32) -> Result<u16, Cause> {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&encoded);
        self.constant(at, indices)
    }

    /// A Utf8 constant of bytes that are modified UTF-8 already.
    pub(crate) fn utf8(&mut self, text: &[u8]) -> Result<u16, Cause> {
        let [high, low] = u16::try_from(text.len()).map_err(|_| Cause::BadText)?.to_be_bytes();
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&[tag::UTF8, high, low]);
        self.bytes.extend_from_slice(text);
        self.constant(at, 1)
    }

    /// A Class constant of an internal name or array descriptor.
    pub(crate) fn class(&mut self, name: &[u8]) -> Result<u16, Cause> {
        let name = self.utf8(name)?;
        self.single(tag::CLASS, name)
    }

    /// A String constant.
    pub(crate) fn string(&mut self, text: &str) -> Result<u16, Cause> {
        let text = self.utf8(&modified_utf8(text))?;
        self.single(tag::STRING, text)
    }

    pub(crate) fn int(&mut self, value: i32) -> Result<u16, Cause> {
        let [a, b, c, d] = value.to_be_bytes();
        self.fixed([tag::INTEGER, a, b, c, d], 1)
    }

    pub(crate) fn long(&mut self, value: i64) -> Result<u16, Cause> {
        let [a, b, c, d, e, f, g, h] = value.to_be_bytes();
        self.fixed([tag::LONG, a, b, c, d, e, f, g, h], 2)
    }

    pub(crate) fn field(&mut self, field: &FieldRef<'_>) -> Result<u16, Cause> {
        self.member(tag::FIELD, field.owner, field.name, field.descriptor)
    }

    pub(crate) fn method(&mut self, method: &MethodRef<'_>) -> Result<u16, Cause> {
        let tag = if method.interface { tag::INTERFACE_METHOD } else { tag::METHOD };
        self.member(tag, method.owner, method.name, method.descriptor)
    }

    fn member(&mut self, tag: u8, owner: &str, name: &str, descriptor: &str) -> Result<u16, Cause> {
        let owner = self.class(name_bytes(owner)?)?;
        let name = self.utf8(name_bytes(name)?)?;
        let descriptor = self.utf8(name_bytes(descriptor)?)?;
        let name_and_type = self.pair(tag::NAME_AND_TYPE, name, descriptor)?;
        self.pair(tag, owner, name_and_type)
    }
}

/// A constant's encoding, tag included.
fn encoding<'k>(pool: &'k ConstantPool<'_>, bytes: &'k [u8], known: Known) -> &'k [u8] {
    let added = || bytes.get(known.at as usize..(known.at + known.length) as usize);
    let found = if known.index < pool.count() { pool.encoding(known.index) } else { added() };
    found.unwrap_or_default()
}

/// Of the length and the last eight bytes: names that begin alike are common, names of one length that end alike are not.
fn hash(encoded: &[u8]) -> u64 {
    // The golden ratio's bits (Knuth, The Art of Computer Programming 3, 6.4); both ends of the hash are looked at, and the
    // product's low end is not mixed.
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let word = match (encoded.last_chunk(), encoded.first_chunk(), encoded.last_chunk()) {
        (Some(last), ..) => u64::from_le_bytes(*last),
        // Most constants have five bytes.
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => encoded.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    (word ^ (encoded.len() as u64) << 56).wrapping_mul(GOLDEN).rotate_left(32)
}

/// The bytes of a name, where UTF-8 and modified UTF-8 agree on them.
pub(crate) fn name_bytes(name: &str) -> Result<&[u8], Cause> {
    let differs = |character: char| character == '\0' || character > '\u{ffff}';
    if name.is_empty() || name.contains(differs) { Err(Cause::BadText) } else { Ok(name.as_bytes()) }
}

/// Modified UTF-8 (JVMS 4.4.7): NUL in two bytes, characters outside the basic plane as two surrogates of three.
fn modified_utf8(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for unit in text.encode_utf16() {
        let continued = |shift: u16| 0x80 | (unit >> shift & 0x3f) as u8;
        match unit {
            1..=0x7f => bytes.push(unit as u8),
            0 | 0x80..=0x7ff => bytes.extend([0xc0 | (unit >> 6) as u8, continued(0)]),
            _ => bytes.extend([0xe0 | (unit >> 12) as u8, continued(6), continued(0)]),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::Reader;

    const POOL: [u8; 11] = [0, 3, tag::UTF8, 0, 3, b'a', b'/', b'B', tag::CLASS, 0, 1];

    #[test]
    fn what_was_added_is_used_again_and_what_the_class_has_where_room_is_spared() {
        let pool = ConstantPool::parse(&POOL, &mut Reader::new(&POOL, 0)).unwrap();
        for (mut additions, class, first) in [
            (Additions::new(&pool), 4, vec![1, 0, 3, b'a', b'/', b'B', 7, 0, 3]),
            (Additions::sparing(&pool), 2, vec![]),
        ] {
            let next = pool.count() + if class == 2 { 0 } else { 2 };
            assert_eq!(additions.class(b"a/B"), Ok(class));
            assert_eq!(additions.class(b"a/B"), Ok(class));
            assert_eq!(additions.utf8(b"a"), Ok(next), "a prefix of a constant is another constant");
            assert_eq!(additions.long(7), Ok(next + 1));
            assert_eq!(additions.int(7), Ok(next + 3), "a long takes two indices");
            assert_eq!(additions.long(7), Ok(next + 1));
            let (count, bytes) = additions.finish();
            assert_eq!(count, next + 4);
            assert_eq!(
                bytes,
                [first, vec![1, 0, 1, b'a', 5, 0, 0, 0, 0, 0, 0, 0, 7, 3, 0, 0, 0, 7]].concat()
            );
        }
    }

    #[test]
    fn a_full_pool_takes_nothing_more_but_still_gives_what_it_has() {
        let pool = ConstantPool::parse(&POOL, &mut Reader::new(&POOL, 0)).unwrap();
        let mut additions = Additions::sparing(&pool);
        additions.next = 65_534;
        assert_eq!(additions.long(1), Err(Cause::PoolFull));
        assert_eq!(additions.int(1), Ok(65_534));
        assert_eq!(additions.int(2), Err(Cause::PoolFull));
        assert_eq!(additions.class(b"a/B"), Ok(2));
        assert_eq!(additions.finish().1, [3, 0, 0, 0, 1]);
    }

    #[test]
    fn each_constant_is_found_and_no_other_however_many_share_a_hash() {
        // The same length and the same last eight bytes.
        let texts: Vec<String> = (0..300).map(|number| format!("{number:03}/alike/Name")).collect();
        let mut bytes = u16::try_from(texts.len() + 1).unwrap().to_be_bytes().to_vec();
        for text in &texts {
            bytes.extend([tag::UTF8, 0, text.len() as u8]);
            bytes.extend(text.bytes());
        }
        let pool = ConstantPool::parse(&bytes, &mut Reader::new(&bytes, 0)).unwrap();
        let mut additions = Additions::sparing(&pool);
        for (number, text) in (1..).zip(&texts) {
            assert_eq!(additions.utf8(text.as_bytes()), Ok(number));
        }
        for (number, absent) in (301..).zip(["300/alike/Name", "", "000/alike/Nam", "Name"]) {
            assert_eq!(additions.utf8(absent.as_bytes()), Ok(number), "{absent}");
        }
    }

    #[test]
    fn of_equal_constants_the_first_is_found() {
        let bytes = [0, 4, tag::UTF8, 0, 1, b'a', tag::UTF8, 0, 1, b'b', tag::UTF8, 0, 1, b'a'];
        let pool = ConstantPool::parse(&bytes, &mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(Additions::sparing(&pool).utf8(b"a"), Ok(1));
    }

    #[test]
    fn text_is_modified_utf8() {
        for (text, expected) in [
            ("a\u{7f}", &[0x61, 0x7f][..]),
            ("\0", &[0xc0, 0x80]),
            ("\u{e9}", &[0xc3, 0xa9]),
            ("\u{20ac}", &[0xe2, 0x82, 0xac]),
            ("\u{1f600}", &[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]),
        ] {
            assert_eq!(modified_utf8(text), expected, "{text:?}");
        }
    }
}
