//! The constant pool as it is in the class: offsets of its entries, resolved on demand (JVMS 4.4).

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

/// How long a constant is.
#[derive(Clone, Copy)]
struct Form {
    /// Its bytes, tag included; of a [`tag::UTF8`] those before its text; 0 for no tag at all.
    size: u16,
    /// All ones where the two bytes behind the tag are the length of a text.
    text: u16,
}

impl Form {
    /// The bytes of a constant, tag included; the two behind the tag are given.
    fn length(self, behind_tag: [u8; 2]) -> usize {
        usize::from(self.size) + usize::from(u16::from_be_bytes(behind_tag) & self.text)
    }
}

/// By tag; of every byte there is, so that the table is read without a check.
const FORMS: [Form; 256] = {
    let mut forms = [Form { size: 0, text: 0 }; 256];
    let mut kind = 0;
    while kind < forms.len() {
        forms[kind].size = match kind as u8 {
            tag::UTF8 | tag::CLASS | tag::STRING | tag::METHOD_TYPE | tag::MODULE | tag::PACKAGE => 3,
            tag::METHOD_HANDLE => 4,
            tag::INTEGER | tag::FLOAT | tag::FIELD | tag::METHOD | tag::INTERFACE_METHOD => 5,
            tag::NAME_AND_TYPE | tag::DYNAMIC | tag::INVOKE_DYNAMIC => 5,
            tag::LONG | tag::DOUBLE => WIDE,
            _ => 0,
        };
        kind += 1;
    }
    forms[tag::UTF8 as usize].text = u16::MAX;
    forms
};

/// The size of what takes two indices.
const WIDE: u16 = 9;

/// The constant pool of a class, by offset.
#[derive(Debug, Clone)]
pub(crate) struct ConstantPool<'a> {
    bytes: &'a [u8],
    /// The offset of each constant's tag; 0 for index 0 and for the second index of a long or double.
    offsets: Offsets,
    /// The offset of the first byte after the pool.
    end: usize,
}

impl<'a> ConstantPool<'a> {
    /// Reads the pool whose `constant_pool_count` is at the reader, and moves the reader behind it.
    pub(crate) fn parse(bytes: &'a [u8], reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let count = reader.u2()?;
        if u32::try_from(bytes.len()).is_err() {
            return Err(reader.error(Problem::Truncated));
        }
        let mut offsets = Offsets::of_zeros(usize::from(count).max(1));
        let mut rest = bytes.get(reader.at()..).unwrap_or_default();
        // The loop is most of what a class costs that no rule is about: what is left of the bytes is all that it keeps.
        let error = |rest: &[u8], problem| ParseError { offset: bytes.len() - rest.len(), problem };
        let mut slots = offsets.iter_mut().skip(1);
        while let Some(slot) = slots.next() {
            *slot = (bytes.len() - rest.len()) as u32;
            // No constant is shorter.
            let Some([kind, high, low]) = rest.first_chunk() else {
                return Err(error(rest, Problem::Truncated));
            };
            let form = FORMS[usize::from(*kind)];
            if form.size == 0 {
                return Err(error(rest, Problem::UnknownConstant(*kind)));
            }
            let Some(behind) = rest.get(form.length([*high, *low])..) else {
                return Err(error(rest, Problem::Truncated));
            };
            rest = behind;
            if form.size == WIDE && slots.next().is_none() {
                return Err(error(rest, Problem::WideConstantAtEnd));
            }
        }
        let end = bytes.len() - rest.len();
        reader.skip(end - reader.at())?;
        Ok(ConstantPool { bytes, offsets, end })
    }

    /// One more than the highest index.
    pub(crate) fn count(&self) -> u16 {
        u16::try_from(self.offsets.len()).unwrap_or(u16::MAX)
    }

    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// Each constant's encoding, tag included, with its index.
    pub(crate) fn encodings(&self) -> impl Iterator<Item = (u16, &'a [u8])> + '_ {
        (1..self.count()).filter_map(|index| Some((index, self.encoding(index)?)))
    }

    /// A constant's encoding, tag included.
    pub(crate) fn encoding(&self, index: u16) -> Option<&'a [u8]> {
        let offset = *self.offsets.get(usize::from(index))? as usize;
        let rest = self.bytes.get(offset..)?;
        let [kind, high, low] = rest.first_chunk()?;
        let length = FORMS[usize::from(*kind)].length([*high, *low]);
        // At offset 0 is the magic number, which is no tag.
        rest.get(..length).filter(|_| offset != 0)
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
        let offset = *self.offsets.get(usize::from(index))? as usize;
        if offset == 0 {
            return None;
        }
        let mut reader = Reader::new(self.bytes, offset);
        Some((reader.u1().ok()?, reader))
    }

    fn tagged(&self, index: u16, tag: u8) -> Option<Reader<'a>> {
        self.entry(index).filter(|(found, _)| *found == tag).map(|(_, reader)| reader)
    }

    /// Whether a Utf8 constant is at `index`: a fraction of reading it.
    pub(crate) fn is_utf8(&self, index: u16) -> bool {
        let offset = self.offsets.get(usize::from(index)).map_or(0, |offset| *offset as usize);
        // At offset 0 is the magic number.
        self.bytes.get(offset) == Some(&tag::UTF8)
    }

    /// The modified UTF-8 bytes of a Utf8 constant.
    pub(crate) fn utf8(&self, index: u16) -> Option<&'a [u8]> {
        let mut reader = self.tagged(index, tag::UTF8)?;
        let length = reader.u2().ok()?;
        reader.take(usize::from(length)).ok()
    }

    /// The internal name (or array descriptor) of a Class constant.
    pub(crate) fn class(&self, index: u16) -> Option<&'a [u8]> {
        let mut reader = self.tagged(index, tag::CLASS)?;
        self.utf8(reader.u2().ok()?)
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

#[cfg(test)]
mod tests {
    use super::{ConstantPool, tag};
    use crate::reader::{Problem, Reader};

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
}
