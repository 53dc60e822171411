//! Protobuf's wire format: tags, varints, lengths. Nothing here knows a message type.

use std::borrow::Cow;

use super::{DecodeError, DecodeErrorKind, MAX_VALUE_DEPTH};

/// Decoded size may be this many times the input: an empty span is 2 bytes on the wire and some 300 in memory.
const EXPANSION: usize = 32;

/// Decoded size that any message may have, whatever its length.
const FREE_BYTES: usize = 64 * 1024;

/// What the decoded elements may still take in memory.
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    /// Of a message of this length.
    pub(super) fn of(length: usize) -> Self {
        Self { left: length.saturating_mul(EXPANSION).saturating_add(FREE_BYTES) }
    }

    pub(super) fn push<T>(
        &mut self,
        list: &mut Vec<T>,
        element: T,
        offset: usize,
    ) -> Result<(), DecodeError> {
        self.left = self
            .left
            .checked_sub(size_of::<T>())
            .ok_or(DecodeError { offset, kind: DecodeErrorKind::Expansion })?;
        list.push(element);
        Ok(())
    }
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;
const START_GROUP: u8 = 3;
const END_GROUP: u8 = 4;
const FIXED32: u8 = 5;

/// A message being read: what is left of it, and where that starts in the whole.
pub(super) struct Message<'a> {
    bytes: &'a [u8],
    pub(super) base: usize,
}

/// One field as it is on the wire.
pub(super) struct Field<'a> {
    pub(super) offset: usize,
    pub(super) number: u32,
    wire_type: u8,
    scalar: u64,
    payload: &'a [u8],
    payload_offset: usize,
}

impl<'a> Message<'a> {
    /// The whole of what was sent.
    pub(super) fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, base: 0 }
    }

    fn error<T>(&self, kind: DecodeErrorKind) -> Result<T, DecodeError> {
        Err(DecodeError { offset: self.base, kind })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let Some((head, rest)) = self.bytes.split_at_checked(length) else {
            return self.error(DecodeErrorKind::Truncated);
        };
        self.bytes = rest;
        self.base += length;
        Ok(head)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn take_varint(&mut self) -> Result<u64, DecodeError> {
        let start = self.base;
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take_array()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte holds the 64th bit alone.
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError { offset: start, kind: DecodeErrorKind::Varint })
    }

    fn take_tag(&mut self) -> Result<(u32, u8), DecodeError> {
        let start = self.base;
        let tag = self.take_varint()?;
        let wire_type = (tag & 7) as u8;
        match u32::try_from(tag >> 3) {
            Ok(number @ 1..=0x1fff_ffff) if wire_type <= FIXED32 => Ok((number, wire_type)),
            _ => Err(DecodeError { offset: start, kind: DecodeErrorKind::Tag(tag) }),
        }
    }

    pub(super) fn next_field(&mut self) -> Result<Option<Field<'a>>, DecodeError> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let offset = self.base;
        let (number, wire_type) = self.take_tag()?;
        let mut field =
            Field { offset, number, wire_type, scalar: 0, payload: &[], payload_offset: self.base };
        match wire_type {
            VARINT => field.scalar = self.take_varint()?,
            FIXED64 => field.scalar = u64::from_le_bytes(self.take_array()?),
            FIXED32 => field.scalar = u64::from(u32::from_le_bytes(self.take_array()?)),
            LENGTH_DELIMITED => {
                let length = usize::try_from(self.take_varint()?).unwrap_or(usize::MAX);
                field.payload_offset = self.base;
                field.payload = self.take(length)?;
            }
            START_GROUP => self.skip_group(number)?,
            _ => return Err(DecodeError { offset, kind: DecodeErrorKind::Tag(u64::from(number) << 3 | 4) }),
        }
        Ok(Some(field))
    }

    /// Groups are gone from proto3; an old extension may still send one as an unknown field.
    fn skip_group(&mut self, number: u32) -> Result<(), DecodeError> {
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            let start = self.base;
            let (number, wire_type) = self.take_tag()?;
            match wire_type {
                VARINT => drop(self.take_varint()?),
                FIXED64 => drop(self.take(8)?),
                FIXED32 => drop(self.take(4)?),
                LENGTH_DELIMITED => {
                    let length = usize::try_from(self.take_varint()?).unwrap_or(usize::MAX);
                    self.take(length)?;
                }
                START_GROUP if open.len() >= MAX_VALUE_DEPTH => {
                    return Err(DecodeError { offset: start, kind: DecodeErrorKind::Depth });
                }
                START_GROUP => open.push(number),
                END_GROUP if number == innermost => drop(open.pop()),
                _ => {
                    let tag = u64::from(number) << 3 | u64::from(wire_type);
                    return Err(DecodeError { offset: start, kind: DecodeErrorKind::Tag(tag) });
                }
            }
        }
        Ok(())
    }
}

impl<'a> Field<'a> {
    fn expect(&self, expected: u8) -> Result<(), DecodeError> {
        if self.wire_type == expected {
            return Ok(());
        }
        let kind = DecodeErrorKind::WireType { field: self.number, found: self.wire_type, expected };
        Err(DecodeError { offset: self.offset, kind })
    }

    pub(super) fn varint(&self) -> Result<u64, DecodeError> {
        self.expect(VARINT).map(|()| self.scalar)
    }

    /// `int32` and enums: sign-extended to 64 bits on the wire, the upper half is dropped.
    pub(super) fn int32(&self) -> Result<i32, DecodeError> {
        self.uint32().map(u32::cast_signed)
    }

    /// `sint32`: zigzag.
    pub(super) fn sint32(&self) -> Result<i32, DecodeError> {
        self.uint32().map(|value| (value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    pub(super) fn uint32(&self) -> Result<u32, DecodeError> {
        self.varint().map(|value| (value & 0xffff_ffff) as u32)
    }

    pub(super) fn fixed64(&self) -> Result<u64, DecodeError> {
        self.expect(FIXED64).map(|()| self.scalar)
    }

    pub(super) fn double(&self) -> Result<f64, DecodeError> {
        self.fixed64().map(f64::from_bits)
    }

    pub(super) fn fixed32(&self) -> Result<u32, DecodeError> {
        self.expect(FIXED32).map(|()| (self.scalar & 0xffff_ffff) as u32)
    }

    pub(super) fn bytes(&self) -> Result<&'a [u8], DecodeError> {
        self.expect(LENGTH_DELIMITED).map(|()| self.payload)
    }

    pub(super) fn string(&self) -> Result<Cow<'a, str>, DecodeError> {
        match std::str::from_utf8(self.bytes()?) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => Err(DecodeError {
                offset: self.payload_offset + error.valid_up_to(),
                kind: DecodeErrorKind::Utf8,
            }),
        }
    }

    pub(super) fn message(&self) -> Result<Message<'a>, DecodeError> {
        Ok(Message { bytes: self.bytes()?, base: self.payload_offset })
    }

    pub(super) fn id<const N: usize>(&self) -> Result<[u8; N], DecodeError> {
        let bytes = self.bytes()?;
        if bytes.is_empty() {
            return Ok([0; N]);
        }
        bytes.try_into().map_err(|_| DecodeError {
            offset: self.payload_offset,
            kind: DecodeErrorKind::IdLength { found: bytes.len(), expected: N },
        })
    }

    /// One element of a `repeated fixed64` or `repeated double`, or all of them packed (proto3's default).
    pub(super) fn read_fixed64s<T>(
        &self,
        into: &mut Vec<T>,
        of: impl Fn(u64) -> T,
        budget: &mut Budget,
    ) -> Result<(), DecodeError> {
        if self.wire_type == FIXED64 {
            return budget.push(into, of(self.scalar), self.offset);
        }
        let mut packed = self.message()?;
        while !packed.bytes.is_empty() {
            let element = of(u64::from_le_bytes(packed.take_array()?));
            budget.push(into, element, self.offset)?;
        }
        Ok(())
    }

    /// One element of a `repeated uint64`, or all of them packed.
    pub(super) fn read_varints(&self, into: &mut Vec<u64>, budget: &mut Budget) -> Result<(), DecodeError> {
        if self.wire_type == VARINT {
            return budget.push(into, self.scalar, self.offset);
        }
        let mut packed = self.message()?;
        while !packed.bytes.is_empty() {
            let element = packed.take_varint()?;
            budget.push(into, element, self.offset)?;
        }
        Ok(())
    }
}
