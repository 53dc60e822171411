//! The constant pool as it is in the class: offsets of its entries, resolved on demand (JVMS 4.4).

use std::hint::select_unpredictable;

use crate::offsets::Offsets;
use crate::reader::{ParseError, Problem, Reader};

/// Tags of constants (JVMS table 4.4-A).
pub(crate) mod tag {
    pub(crate) const UTF8: u8 = 1;
    pub(crate) const INTEGER: u8 = 3;
    pub(crate) const FLOAT: u8 = 4;
    pub(crate) const LONG: u8 = 5;
    pub(crate) const DOUBLE: u8 = 6;
    pub(crate) const CLASS: u8 = 7;
    pub(crate) const STRING: u8 = 8;
    pub(crate) const FIELD: u8 = 9;
    pub(crate) const METHOD: u8 = 10;
    pub(crate) const INTERFACE_METHOD: u8 = 11;
    pub(crate) const NAME_AND_TYPE: u8 = 12;
    pub(crate) const METHOD_HANDLE: u8 = 15;
    pub(crate) const METHOD_TYPE: u8 = 16;
    pub(crate) const DYNAMIC: u8 = 17;
    pub(crate) const INVOKE_DYNAMIC: u8 = 18;
    pub(crate) const MODULE: u8 = 19;
    pub(crate) const PACKAGE: u8 = 20;
}

/// What a field, method or invokedynamic constant names. Of a dynamic one the owner is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemberConstant<'a> {
    pub(crate) owner: &'a [u8],
    pub(crate) name: &'a [u8],
    pub(crate) descriptor: &'a [u8],
}

/// How many bytes a constant has, tag included, by its tag; of a [`tag::UTF8`] those before its text. Of every byte there is,
/// so that the table is read without a check.
const SIZES: [u16; 256] = {
    let mut sizes = [UNKNOWN; 256];
    let mut kind = 0;
    while kind < sizes.len() {
        sizes[kind] = match kind as u8 {
            tag::UTF8 | tag::CLASS | tag::STRING | tag::METHOD_TYPE | tag::MODULE | tag::PACKAGE => 3,
            tag::METHOD_HANDLE => 4,
            tag::INTEGER | tag::FLOAT | tag::FIELD | tag::METHOD | tag::INTERFACE_METHOD => 5,
            tag::NAME_AND_TYPE | tag::DYNAMIC | tag::INVOKE_DYNAMIC => 5,
            tag::LONG | tag::DOUBLE => WIDE,
            _ => UNKNOWN,
        };
        kind += 1;
    }
    sizes
};

/// A bit for each tag whose constants have as many bytes.
const fn of_size(size: u16) -> u32 {
    let mut tags = 0;
    let mut kind = 0;
    while kind <= LAST {
        if SIZES[kind as usize] == size {
            tags |= 1 << kind;
        }
        kind += 1;
    }
    tags
}

/// Tags of constants of three bytes and more, by how far the text goes; and of those of five.
const THREE: u32 = of_size(3);
const FIVE: u32 = of_size(5);

/// The greatest tag.
const LAST: u8 = tag::PACKAGE;

/// The size of what takes two indices; all else is shorter.
const WIDE: u16 = 9;

/// In the place of a size, for what is no tag.
const UNKNOWN: u16 = u16::MAX;

/// The bytes of a constant that begins with these.
fn length([kind, high, low]: [u8; 3]) -> u32 {
    let text = if kind == tag::UTF8 { u16::from_be_bytes([high, low]) } else { 0 };
    u32::from(SIZES[usize::from(kind)]) + u32::from(text)
}

/// The constant pool of a class, by offset.
#[derive(Debug, Clone)]
pub(crate) struct ConstantPool<'a> {
    bytes: &'a [u8],
    /// The offset of each constant's tag; 0 for index 0 and for the second index of a long or double.
    offsets: Offsets,
    /// The offset of the first byte after the pool.
    end: u32,
}

impl<'a> ConstantPool<'a> {
    /// Reads the pool whose `constant_pool_count` is at the reader, and moves the reader behind it.
    pub(crate) fn parse(bytes: &'a [u8], reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let count = reader.u2()?;
        // No JVM hands over more than an `int` counts. An offset and a constant's length are then less than a `u32` holds.
        if i32::try_from(bytes.len()).is_err() {
            return Err(reader.error(Problem::Truncated));
        }
        let mut offsets = Offsets::for_constants(usize::from(count).max(1));
        let mut at = reader.at();
        let mut slots = offsets.constants_mut().iter_mut();
        if let Some(none) = slots.next() {
            *none = 0;
        }
        // This loop is most of what a class costs that no rule is about, and it waits for each constant's tag before it can
        // look at the next. So the three places where that may be are computed beside the tag, and it only selects: a jump by
        // the tag would be foreseen wrongly too often, and a size, from wherever, would still have to be added. Whether a
        // constant ends within the bytes shows at the next one, or behind the loop.
        while let Some(slot) = slots.next() {
            let start = at;
            *slot = start as u32;
            // No constant is shorter.
            let Some(&[kind, high, low]) = bytes.get(start..start + 3).and_then(<[u8]>::first_chunk) else {
                return Err(truncated(bytes, reader.at()));
            };
            let behind_text = start + 3 + usize::from(u16::from_be_bytes([high, low]));
            let is_in = |tags: u32| tags.wrapping_shr(kind.into()) & 1 != 0;
            let behind = select_unpredictable(is_in(THREE), start + 3, start + 5);
            at = select_unpredictable(kind == tag::UTF8, behind_text, behind);
            if is_in(THREE | FIVE) && kind <= LAST {
                continue;
            }
            let size = SIZES[usize::from(kind)];
            if size == UNKNOWN {
                return Err(ParseError { offset: start, problem: Problem::UnknownConstant(kind) });
            }
            at = start + usize::from(size);
            if size < WIDE {
                continue;
            }
            match slots.next() {
                Some(second) => *second = 0,
                None if at <= bytes.len() => {
                    return Err(ParseError { offset: at, problem: Problem::WideConstantAtEnd });
                }
                None => {}
            }
        }
        if at > bytes.len() {
            return Err(truncated(bytes, reader.at()));
        }
        *reader = Reader::new(bytes, at);
        Ok(ConstantPool { bytes, offsets, end: at as u32 })
    }

    /// The class.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// One more than the highest index.
    pub(crate) fn count(&self) -> u16 {
        u16::try_from(self.constants().len()).unwrap_or(u16::MAX)
    }

    pub(crate) fn end(&self) -> usize {
        self.end as usize
    }

    /// Each constant's encoding, tag included, with its index.
    pub(crate) fn encodings(&self) -> impl Iterator<Item = (u16, &'a [u8])> + '_ {
        // In this order: behind the last constant there may be no further index.
        let indexed = self.constants().iter().zip(0..);
        indexed.filter_map(|(offset, index)| Some((index, encoding_at(self.bytes, *offset)?)))
    }

    /// A constant's encoding, tag included.
    pub(crate) fn encoding(&self, index: u16) -> Option<&'a [u8]> {
        encoding_at(self.bytes, *self.constants().get(usize::from(index))?)
    }

    /// The bytes from a constant's tag on.
    fn at(&self, index: u16) -> Option<&'a [u8]> {
        from_tag(self.bytes, *self.constants().get(usize::from(index))?)
    }

    fn constants(&self) -> &[u32] {
        self.offsets.constants()
    }

    /// The constants' offsets, and room for those of as many methods' names.
    pub(crate) fn with_methods(&mut self, count: usize) -> (Utf8s<'_>, &mut [u32]) {
        let (constants, names) = self.offsets.with_methods(count);
        (Utf8s { bytes: self.bytes, constants }, names)
    }

    /// The names of the methods whose offsets have been put there.
    pub(crate) fn method_names(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.offsets.method_names().iter().map_while(|offset| text_at(self.bytes, *offset))
    }

    /// The keys of their names.
    pub(crate) fn method_name_keys(&self) -> impl Iterator<Item = u64> + '_ {
        self.offsets.method_names().iter().filter_map(|offset| key_at(self.bytes, *offset))
    }

    /// Whether a Methodref or InterfaceMethodref names exactly this.
    pub(crate) fn names_method(&self, owner: &[u8], name: &[u8], descriptor: &[u8]) -> bool {
        let is_method = |index: &u16| {
            self.entry(*index).is_some_and(|(found, _)| matches!(found, tag::METHOD | tag::INTERFACE_METHOD))
        };
        // By far the most constants fail at the tag, and most of the rest at the name's length.
        (1..self.count())
            .filter(is_method)
            .filter_map(|index| self.member(index))
            .any(|member| member.name == name && member.owner == owner && member.descriptor == descriptor)
    }

    /// A reader behind the tag of the constant at `index`, and that tag.
    fn entry(&self, index: u16) -> Option<(u8, Reader<'a>)> {
        let mut reader = Reader::new(self.at(index)?, 0);
        Some((reader.u1().ok()?, reader))
    }

    fn tagged(&self, index: u16, tag: u8) -> Option<Reader<'a>> {
        self.entry(index).filter(|(found, _)| *found == tag).map(|(_, reader)| reader)
    }

    /// The modified UTF-8 bytes of a Utf8 constant.
    pub(crate) fn utf8(&self, index: u16) -> Option<&'a [u8]> {
        text_at(self.bytes, *self.constants().get(usize::from(index))?)
    }

    /// The internal name (or array descriptor) of a Class constant.
    pub(crate) fn class(&self, index: u16) -> Option<&'a [u8]> {
        match self.at(index)?.first_chunk()? {
            [tag::CLASS, high, low] => self.utf8(u16::from_be_bytes([*high, *low])),
            _ => None,
        }
    }

    /// What a Fieldref, Methodref, InterfaceMethodref or InvokeDynamic constant names.
    pub(crate) fn member(&self, index: u16) -> Option<MemberConstant<'a>> {
        let (found, mut reader) = self.entry(index)?;
        let first = reader.u2().ok()?;
        let owner = match found {
            tag::FIELD | tag::METHOD | tag::INTERFACE_METHOD => self.class(first)?,
            tag::INVOKE_DYNAMIC => &[],
            _ => return None,
        };
        let mut pair = self.tagged(reader.u2().ok()?, tag::NAME_AND_TYPE)?;
        let name = self.utf8(pair.u2().ok()?)?;
        let descriptor = self.utf8(pair.u2().ok()?)?;
        Some(MemberConstant { owner, name, descriptor })
    }
}

/// The bytes from the tag of the constant at an offset on.
fn from_tag(bytes: &[u8], offset: u32) -> Option<&[u8]> {
    // At offset 0 is the magic number, which is no tag.
    bytes.get(offset as usize..).filter(|_| offset != 0)
}

/// The encoding of the constant at an offset.
fn encoding_at(bytes: &[u8], offset: u32) -> Option<&[u8]> {
    let rest = from_tag(bytes, offset)?;
    rest.get(..length(*rest.first_chunk()?) as usize)
}

/// The text of the Utf8 constant at an offset.
fn text_at(bytes: &[u8], offset: u32) -> Option<&[u8]> {
    let (head, rest) = bytes.get(offset as usize..)?.split_first_chunk()?;
    match head {
        [tag::UTF8, high, low] => rest.get(..usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

/// What a name begins with and how long it is, as one number: equal names have equal keys.
pub fn name_key(name: &[u8]) -> u64 {
    let mut head = [0; 8];
    head[1..3].copy_from_slice(&(name.len() as u16).to_be_bytes());
    head[3..].iter_mut().zip(name).for_each(|(place, byte)| *place = *byte);
    u64::from_le_bytes(head)
}

/// The key of the text of the Utf8 constant at an offset.
fn key_at(bytes: &[u8], offset: u32) -> Option<u64> {
    let Some(head) = bytes.get(offset as usize..)?.first_chunk::<8>() else {
        return text_at(bytes, offset).map(name_key);
    };
    let [_, high, low, ..] = *head;
    // The tag is not the name's; nor is what follows a short one.
    let after = 8 * (3 + u32::from(u16::from_be_bytes([high, low])));
    let text = u64::MAX.checked_shl(after).map_or(u64::MAX, |rest| !rest);
    Some(u64::from_le_bytes(*head) & text & !0xff)
}

/// The error of bytes that end in one of the constants from `at` on; those before it are of known kinds.
#[cold]
fn truncated(bytes: &[u8], mut at: usize) -> ParseError {
    let fits = |at: &usize| {
        let rest = bytes.get(*at..)?;
        let length = length(*rest.first_chunk()?) as usize;
        (length <= rest.len()).then_some(length)
    };
    while let Some(length) = fits(&at) {
        at += length;
    }
    ParseError { offset: at, problem: Problem::Truncated }
}

/// Where the Utf8 constants are.
#[derive(Clone, Copy)]
pub(crate) struct Utf8s<'p> {
    bytes: &'p [u8],
    constants: &'p [u32],
}

impl Utf8s<'_> {
    /// The offset of the Utf8 constant at `index`: a fraction of reading it.
    pub(crate) fn offset(self, index: u16) -> Option<u32> {
        let offset = *self.constants.get(usize::from(index))?;
        // At offset 0 is the magic number.
        (self.bytes.get(offset as usize) == Some(&tag::UTF8)).then_some(offset)
    }
}

/// For tests: the bytes of a pool of `count`, an `int` each.
#[cfg(test)]
pub(crate) fn ints(count: u8) -> Vec<u8> {
    let mut bytes = vec![0, count];
    (1..count).for_each(|value| bytes.extend([tag::INTEGER, 0, 0, 0, value]));
    bytes
}

#[cfg(test)]
mod tests {
    use super::{ConstantPool, key_at, name_key, tag};
    use crate::reader::{ParseError, Problem, Reader};

    fn parse(pool: &[u8]) -> Result<Vec<u16>, Problem> {
        let mut reader = Reader::new(pool, 0);
        let pool = ConstantPool::parse(pool, &mut reader).map_err(|error| error.problem)?;
        Ok(pool.encodings().map(|(index, _)| index).collect())
    }

    #[test]
    fn a_long_takes_two_indices_and_both_are_the_pools() {
        let long = [tag::LONG, 0, 0, 0, 0, 0, 0, 0, 1];
        let class = [tag::CLASS, 0, 1];
        assert_eq!(parse(&[&[0, 4][..], &long, &class].concat()), Ok(vec![1, 3]));
        assert_eq!(parse(&[&[0, 4][..], &class, &long].concat()), Ok(vec![1, 2]));
        assert_eq!(parse(&[&[0, 3][..], &class, &long].concat()), Err(Problem::WideConstantAtEnd));
    }

    #[test]
    fn the_key_of_a_constant_is_that_of_its_text_whatever_follows() {
        for name in ["", "a", "run", "call", "close", "submit", "aMuchLongerName"] {
            let mut constant = vec![tag::UTF8, 0, name.len() as u8];
            constant.extend(name.bytes());
            for _ in 0..9 {
                assert_eq!(key_at(&constant, 0), Some(name_key(name.as_bytes())), "{name} in {constant:?}");
                constant.push(0xff);
            }
        }
        let keys = ["", "a", "run", "runs", "close", "closer"].map(|name| name_key(name.as_bytes()));
        assert_eq!(std::collections::BTreeSet::from(keys).len(), keys.len());
    }

    #[test]
    fn constants_end_where_their_kind_says() {
        for (pool, expected) in [
            (&[0, 1][..], Ok(vec![])),
            (&[0, 0], Ok(vec![])),
            (&[0, 2, tag::UTF8, 0, 2, b'a', b'b'], Ok(vec![1])),
            (&[0, 2, tag::UTF8, 0, 2, b'a'], Err(Problem::Truncated)),
            (&[0, 2, tag::UTF8, 0], Err(Problem::Truncated)),
            (&[0, 2, tag::METHOD_HANDLE, 1, 0], Err(Problem::Truncated)),
            (&[0, 2, 2, 0, 0, 0, 0], Err(Problem::UnknownConstant(2))),
            (&[0, 2, 33, 0, 0, 0, 0], Err(Problem::UnknownConstant(33))),
        ] {
            assert_eq!(parse(pool), expected, "{pool:?}");
        }
    }

    #[test]
    fn an_error_names_the_constant_that_does_not_fit() {
        let class = [tag::CLASS, 0, 1];
        for (last, offset) in [
            (&[tag::UTF8, 0, 9, b'a'][..], 5),
            (&[tag::UTF8, 0], 5),
            (&[tag::LONG, 0, 0, 0], 5),
            (&[tag::UTF8, 0, 0], 8),
        ] {
            let pool = [&[0, 4][..], &class, last].concat();
            let error = ConstantPool::parse(&pool, &mut Reader::new(&pool, 0)).unwrap_err();
            assert_eq!(error, ParseError { offset, problem: Problem::Truncated }, "{last:?}");
        }
    }
}
