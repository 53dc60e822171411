//! The byte form in which the bridge hands values over: a sequence of entries, read in place.
//!
//! ```text
//! entry := key u8 below 0x80, length in 4 groups of 7 bits, length bytes
//! ```
//! Text is UTF-8; an integer is 10 groups of 7 bits, two's complement. A group is a byte below 0x80, the highest comes
//! first. So a payload of texts and integers is UTF-8 as a whole, and is checked once instead of value by value. A key may
//! be repeated (one entry for each `tracestate` header, say).

use std::borrow::Cow;
use std::iter;

/// Groups of seven bits that hold a length and a whole number.
const LENGTH_GROUPS: usize = 4;
const INT_GROUPS: usize = 10;

/// Key and length of an entry.
const HEADER_LEN: usize = 1 + LENGTH_GROUPS;

/// Keys are below this: one byte of UTF-8 each.
const KEYS: usize = 0x80;

/// A payload, read without copying. What was cut short just ends before the entry that is incomplete.
#[derive(Debug)]
pub struct Payload<'a> {
    bytes: &'a [u8],
    /// All of it, where all of it is UTF-8: then no value needs to be looked at again.
    text: Option<&'a str>,
    /// For each key where its first entry begins, plus one; 0 where there is none.
    first: [u32; KEYS],
}

impl<'a> Payload<'a> {
    /// Wraps the bytes of [`crate::record::Record::payload`]. Reads them once.
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut first = [0; KEYS];
        let mut at = 1_u32;
        for (key, value) in (Entries { rest: bytes }) {
            if let Some(first @ 0) = first.get_mut(usize::from(key)) {
                *first = at;
            }
            at = at.saturating_add(u32::try_from(HEADER_LEN + value.len()).unwrap_or(u32::MAX));
        }
        Self { bytes, text: str::from_utf8(bytes).ok(), first }
    }

    /// All entries, in the order they were written.
    pub fn entries(&self) -> Entries<'a> {
        Entries { rest: self.bytes }
    }

    /// Every value under `key`, in the order they were written.
    pub fn all(&self, key: u8) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let rest = self.rest_from_first(key).unwrap_or_default();
        Entries { rest }.filter(move |entry| entry.0 == key).map(|entry| entry.1)
    }

    /// Every value under `key` as text; see [`Payload::text`].
    pub fn texts(&self, key: u8) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let (whole, length) = (self.text, self.bytes.len());
        let mut entries = Entries { rest: self.rest_from_first(key).unwrap_or_default() };
        iter::from_fn(move || {
            let (_, value) = entries.find(|entry| entry.0 == key)?;
            Some(part_or_lossy(whole, length - entries.rest.len() - value.len(), value))
        })
    }

    /// The first value under `key`.
    #[inline]
    pub fn bytes(&self, key: u8) -> Option<&'a [u8]> {
        Entries { rest: self.rest_from_first(key)? }.next().map(|entry| entry.1)
    }

    /// The first value under `key` as text; bytes that are no UTF-8 become U+FFFD.
    #[inline]
    pub fn text(&self, key: u8) -> Option<Cow<'a, str>> {
        let value = self.bytes(key)?;
        let start = self.first_entry(key)? + HEADER_LEN;
        Some(part_or_lossy(self.text, start, value))
    }

    /// The first value under `key` as text; `None` also when it is no UTF-8.
    pub fn str(&self, key: u8) -> Option<&'a str> {
        match self.text(key)? {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }

    /// The first value under `key` as an integer; `None` also when it is none.
    pub fn int(&self, key: u8) -> Option<i64> {
        int(self.bytes(key)?)
    }

    /// Most keys that are asked for are not there.
    #[inline]
    fn first_entry(&self, key: u8) -> Option<usize> {
        usize::try_from(*self.first.get(usize::from(key))?).ok()?.checked_sub(1)
    }

    #[inline]
    fn rest_from_first(&self, key: u8) -> Option<&'a [u8]> {
        self.bytes.get(self.first_entry(key)?..)
    }
}

/// The value that starts at `start` as a part of what is known to be text, unless a damaged payload parts a character there.
#[inline]
fn part_or_lossy<'a>(whole: Option<&'a str>, start: usize, value: &'a [u8]) -> Cow<'a, str> {
    let part = whole.and_then(|whole| whole.get(start..start + value.len()));
    part.map_or_else(|| String::from_utf8_lossy(value), Cow::Borrowed)
}

/// A whole number as [`PayloadWriter::int`] writes it; `None` of bytes that are none.
pub fn int(bytes: &[u8]) -> Option<i64> {
    let groups: &[u8; INT_GROUPS] = bytes.try_into().ok()?;
    Some(groups.iter().fold(0_u64, |number, group| number << 7 | u64::from(group & 0x7f)).cast_signed())
}

/// The entries of a payload: key and bytes.
#[derive(Debug, Clone)]
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = (u8, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.rest.split_first_chunk::<HEADER_LEN>()?;
        let [key, length @ ..] = *header;
        let length = length.iter().fold(0, |length, group| length << 7 | usize::from(group & 0x7f));
        let (value, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some((key, value))
    }
}

/// Writes what [`Payload`] reads. In production the bridge writes in Java; this is for tests and other producers.
#[derive(Debug, Clone, Default)]
pub struct PayloadWriter {
    bytes: Vec<u8>,
}

impl PayloadWriter {
    /// An empty payload.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a text.
    pub fn text(self, key: u8, value: &str) -> Self {
        self.bytes(key, value.as_bytes())
    }

    /// Appends an integer.
    pub fn int(self, key: u8, value: i64) -> Self {
        self.bytes(key, &groups::<INT_GROUPS>(value.cast_unsigned()))
    }

    /// Appends bytes; a value of 256 MiB or more is cut at the greatest length that the form can name.
    pub fn bytes(mut self, key: u8, value: &[u8]) -> Self {
        let length = value.len().min((1 << (7 * LENGTH_GROUPS)) - 1);
        self.bytes.push(key);
        self.bytes.extend_from_slice(&groups::<LENGTH_GROUPS>(length as u64));
        self.bytes.extend(value.iter().take(length));
        self
    }

    /// The payload as a record holds it.
    pub fn finish(self) -> Box<[u8]> {
        self.bytes.into_boxed_slice()
    }
}

/// The lowest `7 * N` bits of a number.
fn groups<const N: usize>(number: u64) -> [u8; N] {
    std::array::from_fn(|index| (number >> (7 * (N - 1 - index)) & 0x7f) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_written() {
        let bytes = PayloadWriter::new()
            .text(1, "GET")
            .int(2, -7)
            .text(3, "größe")
            .bytes(4, &[0, 0xff])
            .text(3, "")
            .finish();
        let payload = Payload::new(&bytes);
        assert_eq!(payload.text(1).as_deref(), Some("GET"));
        assert_eq!(payload.int(2), Some(-7));
        assert_eq!(payload.text(3).as_deref(), Some("größe"), "the first of a repeated key");
        assert_eq!(payload.texts(3).collect::<Vec<_>>(), ["größe", ""]);
        assert_eq!(payload.bytes(4), Some(&[0, 0xff][..]));
        assert_eq!(payload.text(9), None);
        assert_eq!(payload.entries().map(|entry| entry.0).collect::<Vec<_>>(), [1, 2, 3, 4, 3]);
    }

    #[test]
    fn a_key_that_the_form_does_not_have_is_never_there() {
        let bytes = PayloadWriter::new().int(1, 1).int(1 + 128, 2).int(127, 3).finish();
        let payload = Payload::new(&bytes);
        assert_eq!([1, 127, 129, 255].map(|key| payload.int(key)), [Some(1), Some(3), None, None]);
    }

    #[test]
    fn whole_numbers_of_every_size_come_back() {
        for number in [0, 1, -1, 127, 128, 65_535, i64::MAX, i64::MIN, 0x0123_4567_89ab_cdef] {
            let bytes = PayloadWriter::new().int(1, number).finish();
            assert_eq!(Payload::new(&bytes).int(1), Some(number));
            assert!(str::from_utf8(&bytes).is_ok(), "{number}: checked once, as a whole");
        }
    }

    #[test]
    fn the_byte_form_is_the_one_the_bridge_writes() {
        let bytes = PayloadWriter::new().text(7, "ab").int(8, 258).finish();
        assert_eq!(*bytes, [7, 0, 0, 0, 2, b'a', b'b', 8, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2]);
        let long = PayloadWriter::new().text(7, &"x".repeat(300)).finish();
        assert_eq!(long[..5], [7, 0, 0, 2, 44]);
    }

    #[test]
    fn a_payload_cut_anywhere_ends_before_the_incomplete_entry() {
        let bytes = PayloadWriter::new().text(1, "one").int(2, 2).finish();
        for length in 0..bytes.len() {
            let payload = Payload::new(&bytes[..length]);
            assert_eq!(payload.text(1).is_some(), length >= 8, "cut at {length}");
            assert_eq!(payload.int(2), None, "cut at {length}");
        }
    }

    #[test]
    fn what_is_no_utf8_is_replaced_and_what_is_no_integer_is_absent() {
        let bytes = PayloadWriter::new().bytes(1, &[b'a', 0xff]).bytes(2, &[1, 2, 3]).finish();
        let payload = Payload::new(&bytes);
        assert_eq!(payload.text(1).as_deref(), Some("a\u{fffd}"));
        assert_eq!(payload.int(2), None);
    }

    #[test]
    fn a_length_beyond_the_end_is_not_believed() {
        let payload = Payload::new(&[1, 0x7f, 0x7f, 0x7f, 0x7f, b'x']);
        assert_eq!(payload.entries().count(), 0);
    }

    #[test]
    fn a_length_that_parts_a_character_gives_text_all_the_same() {
        let damaged = [&[1, 0, 0, 0, 2][..], "aé".as_bytes()].concat();
        assert!(str::from_utf8(&damaged).is_ok());
        assert_eq!(Payload::new(&damaged).text(1).as_deref(), Some("a\u{fffd}"));
    }
}
