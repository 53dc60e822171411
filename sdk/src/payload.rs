//! The byte form in which the bridge hands values over: a sequence of entries, read in place.
//!
//! ```text
//! entry := key u8, length u32 big endian, length bytes
//! ```
//! Text is UTF-8; an integer is 8 bytes, big endian, two's complement. Big endian because that is what Java's
//! `ByteBuffer` and `DataOutput` write. A key may be repeated (one entry for each `tracestate` header, say).

use std::borrow::Cow;

/// Key and length of an entry.
const HEADER_LEN: usize = 1 + size_of::<u32>();

/// A payload, read without copying. What was cut short just ends before the entry that is incomplete.
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a> {
    bytes: &'a [u8],
    /// Bit n is set when a key is there whose low six bits are n. Most keys that are asked for are not there.
    keys: u64,
}

impl<'a> Payload<'a> {
    /// Wraps the bytes of [`crate::record::Record::payload`]. Reads them once.
    pub fn new(bytes: &'a [u8]) -> Self {
        let keys = Entries { rest: bytes }.fold(0, |keys, (key, _)| keys | bit(key));
        Self { bytes, keys }
    }

    /// All entries, in the order they were written.
    pub fn entries(&self) -> Entries<'a> {
        Entries { rest: self.bytes }
    }

    /// Every value under `key`, in the order they were written.
    pub fn all(&self, key: u8) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let rest = if self.keys & bit(key) == 0 { &[] } else { self.bytes };
        Entries { rest }.filter(move |entry| entry.0 == key).map(|entry| entry.1)
    }

    /// Every value under `key` as text; see [`Payload::text`].
    pub fn texts(&self, key: u8) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.all(key).map(decoded)
    }

    /// The first value under `key`.
    pub fn bytes(&self, key: u8) -> Option<&'a [u8]> {
        self.all(key).next()
    }

    /// The first value under `key` as text; bytes that are no UTF-8 become U+FFFD.
    pub fn text(&self, key: u8) -> Option<Cow<'a, str>> {
        self.bytes(key).map(decoded)
    }

    /// The first value under `key` as an integer; `None` also when it is not 8 bytes long.
    pub fn int(&self, key: u8) -> Option<i64> {
        self.bytes(key)?.try_into().ok().map(i64::from_be_bytes)
    }
}

/// `from_utf8` checks a word at a time where `from_utf8_lossy` looks at each byte.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn bit(key: u8) -> u64 {
    1 << (key & 63)
}

/// The entries of a payload: key and bytes.
#[derive(Debug, Clone)]
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.rest.split_first_chunk::<HEADER_LEN>()?;
        let [key, length @ ..] = *header;
        let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
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
        self.bytes(key, &value.to_be_bytes())
    }

    /// Appends bytes; a value of 4 GiB or more is cut at the greatest length that the form can name.
    pub fn bytes(mut self, key: u8, value: &[u8]) -> Self {
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.bytes.push(key);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend(value.iter().take(length as usize));
        self
    }

    /// The payload as a record holds it.
    pub fn finish(self) -> Box<[u8]> {
        self.bytes.into_boxed_slice()
    }
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
    fn a_key_is_told_from_another_with_the_same_low_bits() {
        let bytes = PayloadWriter::new().int(1, 1).int(1 + 64, 2).finish();
        let payload = Payload::new(&bytes);
        assert_eq!([1, 65, 129].map(|key| payload.int(key)), [Some(1), Some(2), None]);
    }

    #[test]
    fn the_byte_form_is_the_one_the_bridge_writes() {
        let bytes = PayloadWriter::new().text(7, "ab").int(8, 258).finish();
        assert_eq!(*bytes, [7, 0, 0, 0, 2, b'a', b'b', 8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 2]);
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
        let payload = Payload::new(&[1, 0xff, 0xff, 0xff, 0xff, b'x']);
        assert_eq!(payload.entries().count(), 0);
    }
}
