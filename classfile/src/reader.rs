//! A cursor over bytes that come from outside: each read is checked, each failure carries its offset.

/// Why bytes are not a class file, and where that showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {offset}")]
pub struct ParseError {
    /// Offset in the bytes given, of the item that could not be read.
    pub offset: usize,
    /// What was wrong with it.
    pub problem: Problem,
}

/// What was wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The bytes end before the item does.
    #[error("the bytes end early")]
    Truncated,
    /// The first four bytes are not 0xCAFEBABE (JVMS 4.1).
    #[error("no class file magic")]
    Magic,
    /// A constant's tag is in no class file format up to Java 26 (JVMS 4.4).
    #[error("unknown constant tag {0}")]
    UnknownConstant(u8),
    /// A long or double stands in the pool's last index and has no second one (JVMS 4.4.5). What an edit adds behind it would
    /// have other indices for us than for the JVM.
    #[error("a constant of two indices in the last one")]
    WideConstantAtEnd,
    /// An index does not name a constant of the kind needed.
    #[error("bad constant pool index {0}")]
    BadIndex(u16),
    /// Bytes follow the last class attribute.
    #[error("bytes after the end of the class")]
    TrailingBytes,
}

/// A cursor. It keeps what is left and not where it is, so that a read is checked by one comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// The offset of the end of `rest`.
    end: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at an offset from the start of `bytes`, or at their end where they end before it.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Reader { rest: bytes.get(at..).unwrap_or_default(), end: bytes.len() }
    }

    /// The offset from the start of the bytes.
    pub(crate) fn at(&self) -> usize {
        self.end - self.rest.len()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// An error of this kind at the current offset.
    pub(crate) fn error(&self, problem: Problem) -> ParseError {
        ParseError { offset: self.at(), problem }
    }

    /// As many bytes at once, as one check.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        match self.rest.split_first_chunk::<N>() {
            Some((chunk, rest)) => {
                self.rest = rest;
                Ok(*chunk)
            }
            None => Err(self.error(Problem::Truncated)),
        }
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The error of bytes that end in one of these parts.
    #[cold]
    pub(crate) fn ends_in(mut self, parts: &[usize]) -> ParseError {
        match parts.iter().try_for_each(|part| self.skip(*part)) {
            Ok(()) => self.error(Problem::Truncated),
            Err(error) => error,
        }
    }

    pub(crate) fn u1(&mut self) -> Result<u8, ParseError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u2(&mut self) -> Result<u16, ParseError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u4(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn i4(&mut self) -> Result<i32, ParseError> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], ParseError> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.error(Problem::Truncated)),
        }
    }

    pub(crate) fn skip(&mut self, length: usize) -> Result<(), ParseError> {
        self.take(length).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_big_endian_and_names_the_offset_of_what_is_missing() {
        let mut reader = Reader::new(&[0, 1, 2, 3, 4], 1);
        assert_eq!(reader.u2().unwrap(), 0x0102);
        assert_eq!(reader.u4(), Err(ParseError { offset: 3, problem: Problem::Truncated }));
        assert_eq!(reader.take(2).unwrap(), &[3, 4]);
        assert!(reader.is_at_end());
        assert_eq!(reader.take(usize::MAX), Err(ParseError { offset: 5, problem: Problem::Truncated }));
    }
}
