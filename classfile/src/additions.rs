//! Constants appended to a class's pool; what the class has already is used again.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use crate::constants::{ConstantPool, tag};
use crate::edit::{FieldRef, MethodRef};
use crate::index::ConstantIndex;
use crate::outcome::Cause;

/// The class's pool and what has been added to it.
#[derive(Debug)]
pub(crate) struct Additions<'p, 'a> {
    pool: &'p ConstantPool<'a>,
    bytes: Vec<u8>,
    next: u32,
    /// The class's own, once the first one is asked for.
    own: OnceCell<ConstantIndex>,
    /// What was added, by encoding.
    added: FxHashMap<Vec<u8>, u16>,
}

impl<'p, 'a> Additions<'p, 'a> {
    pub(crate) fn new(pool: &'p ConstantPool<'a>) -> Self {
        let next = u32::from(pool.count());
        Additions { pool, bytes: Vec::new(), next, own: OnceCell::new(), added: FxHashMap::default() }
    }

    /// The new `constant_pool_count`, and the encoded constants that follow the class's own.
    pub(crate) fn finish(self) -> (u16, Vec<u8>) {
        (u16::try_from(self.next).unwrap_or(u16::MAX), self.bytes)
    }

    fn constant(&mut self, encoded: Vec<u8>, indices: u32) -> Result<u16, Cause> {
        let own = self.own.get_or_init(|| ConstantIndex::of(self.pool));
        if let Some(index) = self.added.get(&encoded).copied().or_else(|| own.get(self.pool, &encoded)) {
            return Ok(index);
        }
        // The count, one more than the highest index, has 16 bits (JVMS 4.1).
        if self.next + indices > 65_535 {
            return Err(Cause::PoolFull);
        }
        let index = u16::try_from(self.next).map_err(|_| Cause::PoolFull)?;
        self.bytes.extend_from_slice(&encoded);
        self.next += indices;
        self.added.insert(encoded, index);
        Ok(index)
    }

    fn pair(&mut self, tag: u8, first: u16, second: u16) -> Result<u16, Cause> {
        let ([a, b], [c, d]) = (first.to_be_bytes(), second.to_be_bytes());
        self.constant(vec![tag, a, b, c, d], 1)
    }

    fn single(&mut self, tag: u8, index: u16) -> Result<u16, Cause> {
        let [a, b] = index.to_be_bytes();
        self.constant(vec![tag, a, b], 1)
    }

    /// A Utf8 constant of bytes that are modified UTF-8 already.
    pub(crate) fn utf8(&mut self, text: &[u8]) -> Result<u16, Cause> {
        let length = u16::try_from(text.len()).map_err(|_| Cause::BadText)?;
        let mut encoded = Vec::with_capacity(text.len() + 3);
        encoded.push(tag::UTF8);
        encoded.extend_from_slice(&length.to_be_bytes());
        encoded.extend_from_slice(text);
        self.constant(encoded, 1)
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
        self.constant(vec![tag::INTEGER, a, b, c, d], 1)
    }

    pub(crate) fn long(&mut self, value: i64) -> Result<u16, Cause> {
        let mut encoded = vec![tag::LONG];
        encoded.extend_from_slice(&value.to_be_bytes());
        self.constant(encoded, 2)
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
    fn what_the_class_has_is_used_again_and_what_was_added_too() {
        let pool = ConstantPool::parse(&POOL, &mut Reader::new(&POOL, 0)).unwrap();
        let mut additions = Additions::new(&pool);
        assert_eq!(additions.class(b"a/B"), Ok(2));
        assert_eq!(additions.utf8(b"a"), Ok(3), "a prefix of a constant is another constant");
        assert_eq!(additions.long(7), Ok(4));
        assert_eq!(additions.int(7), Ok(6), "a long takes two indices");
        assert_eq!(additions.long(7), Ok(4));
        let (count, bytes) = additions.finish();
        assert_eq!(count, 7);
        assert_eq!(bytes, [1, 0, 1, b'a', 5, 0, 0, 0, 0, 0, 0, 0, 7, 3, 0, 0, 0, 7]);
    }

    #[test]
    fn a_full_pool_takes_nothing_more_but_still_gives_what_it_has() {
        let pool = ConstantPool::parse(&POOL, &mut Reader::new(&POOL, 0)).unwrap();
        let mut additions = Additions::new(&pool);
        additions.next = 65_534;
        assert_eq!(additions.long(1), Err(Cause::PoolFull));
        assert_eq!(additions.int(1), Ok(65_534));
        assert_eq!(additions.int(2), Err(Cause::PoolFull));
        assert_eq!(additions.class(b"a/B"), Ok(2));
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
