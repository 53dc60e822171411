//! Contents of spans that come again and again, by what they were made from: a service answers the same requests and asks
//! the same queries all day, and to name and encode one span takes ten times what it takes to recognise it.

use std::hash::Hasher as _;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::encode::{EncodedContent, SpanContent};

/// Bounds the memory, and what chosen collisions can cost.
const MAX_BYTES: usize = 1 << 20;
/// Larger ones are rare: texts that a program writes, each another.
const MAX_ENTRY: usize = 8 << 10;
/// Marks of what was seen once; 8 KiB.
const MARKS: usize = 2048;

/// Bounded. What comes once leaves a mark of four bytes and nothing else.
#[derive(Debug)]
pub struct RecurringContents {
    entries: HashTable<Entry>,
    bytes: usize,
    marks: Box<[u32]>,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    kind: u16,
    /// What it was made from, then the content's two parts: one piece of memory.
    bytes: Box<[u8]>,
    content: usize,
    body: usize,
}

impl Entry {
    fn is_of(&self, made_from: MadeFrom<'_>) -> bool {
        self.kind == made_from.kind && self.bytes.get(..self.content) == Some(made_from.bytes)
    }

    fn content(&self) -> EncodedContent<'_> {
        EncodedContent::split(self.bytes.get(self.content..).unwrap_or_default(), self.body)
    }
}

/// What a content follows from: bytes, and a number that says how they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeFrom<'a> {
    /// How the bytes are read.
    pub kind: u16,
    /// All else that the content depends on.
    pub bytes: &'a [u8],
}

/// A content that is not known; for [`RecurringContents::add`].
#[derive(Debug)]
pub struct Unknown<'a> {
    made_from: MadeFrom<'a>,
    hash: u64,
}

impl RecurringContents {
    /// What was added before.
    ///
    /// # Errors
    /// When nothing was, or it was forgotten.
    pub fn get<'a>(&self, made_from: MadeFrom<'a>) -> Result<EncodedContent<'_>, Unknown<'a>> {
        let hash = hash(made_from);
        let entry = self.entries.find(hash, |entry| entry.is_of(made_from));
        entry.map(Entry::content).ok_or(Unknown { made_from, hash })
    }

    /// Adds a content when it comes for the second time. Where there is no room, all others are forgotten: those that
    /// come again are soon back.
    pub fn add(&mut self, unknown: &Unknown<'_>, content: &SpanContent) {
        let Unknown { made_from, hash } = *unknown;
        let [upper, lower] = [hash >> 32, hash & 0xffff_ffff].map(|half| half as u32);
        let Some(mark) = self.marks.get_mut(lower as usize % MARKS) else { return };
        if std::mem::replace(mark, upper) != upper {
            return;
        }
        let EncodedContent { name_and_kind, body } = content.as_encoded();
        let bytes = [made_from.bytes, name_and_kind, body].concat().into_boxed_slice();
        let size = bytes.len() + size_of::<Entry>();
        if size > MAX_ENTRY {
            return;
        }
        if self.bytes + size > MAX_BYTES {
            self.entries.clear();
            self.bytes = 0;
        }
        self.bytes += size;
        let entry = Entry {
            hash,
            kind: made_from.kind,
            bytes,
            content: made_from.bytes.len(),
            body: name_and_kind.len(),
        };
        self.entries.insert_unique(hash, entry, |entry| entry.hash);
    }
}

impl Default for RecurringContents {
    fn default() -> Self {
        Self { entries: HashTable::new(), bytes: 0, marks: vec![0; MARKS].into_boxed_slice() }
    }
}

fn hash(made_from: MadeFrom<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u16(made_from.kind);
    hasher.write(made_from.bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(name: &str) -> SpanContent {
        let mut content = SpanContent::default();
        content.set(name, 2, |mut body| body.attributes().text("of", name));
        content
    }

    fn of(bytes: &[u8]) -> MadeFrom<'_> {
        MadeFrom { kind: 1, bytes }
    }

    /// One span comes; says whether its content was known.
    fn comes(contents: &mut RecurringContents, made_from: MadeFrom<'_>, content: &SpanContent) -> bool {
        match contents.get(made_from) {
            Ok(known) => {
                assert_eq!(known, content.as_encoded());
                true
            }
            Err(unknown) => {
                contents.add(&unknown, content);
                false
            }
        }
    }

    #[test]
    fn what_comes_for_the_third_time_is_known() {
        let mut contents = RecurringContents::default();
        let known: Vec<bool> =
            (0..4).map(|_| comes(&mut contents, of(b"GET /"), &content("GET /"))).collect();
        assert_eq!(known, [false, false, true, true]);
    }

    #[test]
    fn the_same_bytes_read_in_another_way_are_something_else() {
        let mut contents = RecurringContents::default();
        for _ in 0..3 {
            comes(&mut contents, of(b"x"), &content("one"));
        }
        let other = MadeFrom { kind: 2, bytes: b"x" };
        assert!(!comes(&mut contents, other, &content("two")));
        assert!(!comes(&mut contents, other, &content("two")));
        assert!(comes(&mut contents, other, &content("two")));
        assert!(comes(&mut contents, of(b"x"), &content("one")));
    }

    #[test]
    fn what_comes_once_is_not_kept() {
        let mut contents = RecurringContents::default();
        for number in 0..100_000_u32 {
            comes(&mut contents, of(&number.to_be_bytes()), &content("x"));
        }
        // Two of one mark, one after the other, whose other half is the same too: nearly none.
        assert!(contents.entries.len() < 10, "{} are kept", contents.entries.len());
    }

    #[test]
    fn the_memory_is_bounded_and_what_comes_again_is_back_soon() {
        let mut contents = RecurringContents::default();
        let large = content(&"x".repeat(2_000));
        for number in 0..10_000_u32 {
            for _ in 0..3 {
                comes(&mut contents, of(&number.to_be_bytes()), &large);
            }
            assert!(contents.bytes <= MAX_BYTES);
        }
        let held: usize = contents.entries.iter().map(|entry| entry.bytes.len() + size_of::<Entry>()).sum();
        assert_eq!(held, contents.bytes);
        for _ in 0..2 {
            comes(&mut contents, of(b"0"), &content("0"));
        }
        assert!(comes(&mut contents, of(b"0"), &content("0")));
    }

    #[test]
    fn one_that_is_too_large_is_never_kept() {
        let mut contents = RecurringContents::default();
        let large = content(&"x".repeat(MAX_ENTRY));
        assert!((0..5).all(|_| !comes(&mut contents, of(b"0"), &large)));
        assert_eq!(contents.bytes, 0);
    }
}
