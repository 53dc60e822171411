//! Protobuf's wire format: fields, and messages whose length is written behind a guess of its width.
//!
//! Source: the protobuf encoding guide.

pub(crate) const WIRE_VARINT: u8 = 0;
pub(crate) const WIRE_FIXED64: u8 = 1;
pub(crate) const WIRE_LENGTH: u8 = 2;
pub(crate) const WIRE_FIXED32: u8 = 5;

/// How many bytes a message's length prefix will probably take.
#[derive(Clone, Copy)]
pub(crate) struct Width(usize);

impl Width {
    /// Up to 127 bytes: attributes, values, links.
    pub(crate) const SMALL: Self = Self(1);
    /// Up to 16 KiB: spans, events with a stack trace, the resource.
    pub(crate) const RECORD: Self = Self(2);
    /// Up to 2 MiB: the spans of a batch.
    pub(crate) const BATCH: Self = Self(3);
}

/// Writes tag and length of a member message around what `write` appends.
pub(crate) fn message(out: &mut Vec<u8>, field: u8, guess: Width, write: impl FnOnce(&mut Vec<u8>)) {
    const PLACEHOLDER: [u8; 3] = [0; 3];
    out.push(tag_byte(field, WIRE_LENGTH));
    let prefix = out.len();
    let body = prefix + guess.0;
    out.extend_from_slice(PLACEHOLDER.get(..guess.0).unwrap_or(&PLACEHOLDER));
    write(out);
    let end = out.len();
    let length = (end - body) as u64;
    let width = varint_width(length);
    if width > guess.0 {
        out.resize(end + (width - guess.0), 0);
    }
    if width != guess.0 {
        out.copy_within(body..end, prefix + width);
        out.truncate(end - guess.0 + width);
    }
    let mut rest = length;
    for slot in out.iter_mut().skip(prefix).take(width) {
        *slot = low_seven_bits(rest);
        rest >>= 7;
        if rest != 0 {
            *slot |= 0x80;
        }
    }
}

/// A field's tag when its number is below 16, as all are but one.
pub(crate) const fn tag_byte(field: u8, wire: u8) -> u8 {
    field << 3 | wire
}

pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_seven_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(low_seven_bits(value));
}

pub(crate) fn low_seven_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}

pub(crate) fn varint_width(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

pub(crate) fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(tag_byte(field, WIRE_LENGTH));
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

pub(crate) fn string(out: &mut Vec<u8>, field: u8, value: &str) {
    if !value.is_empty() {
        bytes(out, field, value.as_bytes());
    }
}

/// A trace or span id: all zero stands for an absent one and is left out.
pub(crate) fn id<const N: usize>(out: &mut Vec<u8>, field: u8, value: &[u8; N]) {
    if *value != [0; N] {
        bytes(out, field, value);
    }
}

pub(crate) fn uint32(out: &mut Vec<u8>, field: u8, value: u32) {
    if value != 0 {
        out.push(tag_byte(field, WIRE_VARINT));
        varint(out, u64::from(value));
    }
}

/// Negative values are sign-extended to ten bytes, as protobuf wants of an enum.
pub(crate) fn enumeration(out: &mut Vec<u8>, field: u8, value: i32) {
    if value != 0 {
        out.push(tag_byte(field, WIRE_VARINT));
        varint(out, i64::from(value).cast_unsigned());
    }
}

/// The tag comes as bytes: one of these fields has a number above 15.
pub(crate) fn fixed32(out: &mut Vec<u8>, tag: &[u8], value: u32) {
    if value != 0 {
        out.extend_from_slice(tag);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

pub(crate) fn fixed64(out: &mut Vec<u8>, field: u8, value: u64) {
    if value != 0 {
        out.push(tag_byte(field, WIRE_FIXED64));
        out.extend_from_slice(&value.to_le_bytes());
    }
}
